# pg_dump takes the definition along and leaves the history; publications of
# all tables take the history along; shutdown is prompt.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('dump', conf => 'wal_level = logical');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'source');
$node->safe_psql('source', 'CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id');
ok( $node->poll_query_until('source',
		"SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'orders'"),
	'there is history');

# ---- pg_dump ----

my ($stdout, $stderr) =
  run_command([ 'pg_dump', '--dbname', $node->connstr('source') ]);
is($stderr, '', 'pg_dump has nothing to complain of');
like($stdout, qr/CREATE EXTENSION IF NOT EXISTS pg_tend/, 'a dump creates the extension');
# what was done to tables is in a dump, as the tables are
my $dumped = qr/tend\.(?:autovacuum_actions|statistics_actions|table_policy) /;
unlike($stdout, qr/COPY (?!$dumped)tend\.|INSERT INTO tend\.|(?:CREATE|ALTER) (?:TABLE|VIEW) tend\./,
	'and has neither history nor definitions of its tables');

my $file = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
append_to_file($file, $stdout);
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok(
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $file ],
	'it restores without an error');
wait_for_status($node, 'restored', 'visited', 'the restored database is visited');
is( $node->safe_psql('restored',
		"SELECT count(*) FROM tend.table_history h WHERE at < (SELECT min(since) FROM tend.history_ring)"),
	'0', 'with a history of its own');
is( $node->safe_psql('restored', <<'SQL'), '0', 'and no table of pg_tend is left out of the extension');
SELECT count(*)
  FROM pg_class c
 WHERE c.relnamespace = 'tend'::regnamespace
   AND c.relkind IN ('r', 'v')
   AND NOT EXISTS (SELECT
                     FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass
                      AND d.objid = c.oid AND d.deptype = 'e')
SQL

# The history may be turned off in dumps of data only, too.
($stdout) = run_command([ 'pg_dump', '--data-only', '--dbname', $node->connstr('source') ]);
unlike($stdout, qr/COPY (?!$dumped)tend\./, 'a dump of data only leaves it out too');

# A dump that runs for long keeps no visit from writing.
my $dumper = session($node, 'source');
say_in($dumper, <<'SQL');
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
DO $$
DECLARE t regclass;
BEGIN
    -- pg_dump locks what it finds
    FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('tend'::regnamespace, 'public'::regnamespace) LOOP
        EXECUTE format('LOCK TABLE %s IN ACCESS SHARE MODE', t);
    END LOOP;
END
$$;
SQL
my $offset = log_size($node);
$node->safe_psql('source', 'INSERT INTO orders SELECT generate_series(1, 1000)');
ok( $node->poll_query_until('source',
		"SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'orders' AND inserted = 2000"),
	'visits write while pg_dump holds its locks');
close_session($dumper);
is_quiet($node, $offset, 'without an error');

# ---- publications ----

# PostgreSQL cannot exempt a table from FOR ALL TABLES before 19.
$node->safe_psql('source', 'CREATE PUBLICATION everything FOR ALL TABLES');
my $published = "SELECT string_agg(DISTINCT regexp_replace(tablename, '_[0-9]+\$', ''), ' ')"
  . " FROM pg_publication_tables WHERE schemaname = 'tend'";
is( $node->safe_psql('source', $published),
	'autovacuum_actions checkpoint_history database_history events history_ring io_history plan_change_log plan_history planner_inputs statistics_actions statistics_verdicts table_history table_policy',
	'a publication FOR ALL TABLES includes the history');
$offset = log_size($node);
alter_system($node, 'SET pg_tend.retention = 10');
ok( $node->poll_query_until('source',
		"SELECT bool_and(slot > 0) FROM tend.history_ring"),
	'the ring turns all the same, which is an UPDATE');
is_quiet($node, $offset, 'without an error');
alter_system($node, 'RESET pg_tend.retention');
$node->safe_psql('source', <<'SQL');
DROP PUBLICATION everything;
CREATE PUBLICATION mine FOR TABLES IN SCHEMA public;
SQL
is($node->safe_psql('source', $published), '', 'one of the tables of a schema does not');

# ---- shutdown ----

# A busy machine needs its time for a checkpoint.  What waits for a visit that
# does not end, does not end either.
my $prompt = $PostgreSQL::Test::Utils::timeout_default;

foreach my $mode ('fast', 'smart')
{
	wait_for_visits($node, 'source', 1);
	$node->safe_psql($_, 'SELECT tend.request_visit()') foreach 'postgres', 'restored', 'source';
	$offset = log_size($node);
	my $start = time;
	$node->stop($mode);
	cmp_ok(time - $start, '<', $prompt, "$mode shutdown is prompt while visits run");
	unlike(log_since($node, $offset), qr/pg_tend could not/, 'and no visit is called a failure');
	$node->start;
}

# even of a visit that waits for somebody else's lock
my ($pid, $holder) = hold_visit($node, 'source');
$offset = log_size($node);
my $start = time;
$node->stop('fast');
cmp_ok(time - $start, '<', $prompt, 'fast shutdown does not wait for a visit that waits');
like(log_since($node, $offset), qr/database system is shut down/, 'and is complete');
ok(!-e $node->data_dir . '/pg_stat/pg_tend.visit', 'no database is blamed for it at the next start');
close_session($holder);

done_testing();
