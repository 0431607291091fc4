# The prices of automatic vacuums and analyzes: each that was finished is seen
# once, and nothing else is.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../perl";
use PgTend;
use PostgreSQL::Test::Utils;
use Test::More;

# Autovacuum does what a table asks for itself, and has its first round when
# it is let.  Whoever waits for a lock on a table does not disturb it.
my $node = tend_node('prices', conf => <<'END');
autovacuum = on
autovacuum_naptime = 1d
autovacuum_vacuum_threshold = 2000000000
autovacuum_vacuum_insert_threshold = -1
autovacuum_analyze_threshold = 2000000000
autovacuum_vacuum_cost_delay = 0
autovacuum_freeze_max_age = 100000
log_autovacuum_min_duration = 0
track_activity_query_size = 100
synchronous_commit = off
deadlock_timeout = 10min
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
alter_system($node, 'SET log_autoanalyze_min_duration = 0') if int($node->pg_version) >= 19;
$node->safe_psql('postgres', <<'SQL');
-- while it has a row, analyze does not end
CREATE TABLE gate (id int);
CREATE FUNCTION pass(id int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    WHILE EXISTS (SELECT FROM public.gate) LOOP
        PERFORM pg_catalog.pg_sleep(0.02);
    END LOOP;
    RETURN id;
END
$$;
SQL

my $vacuum = 'autovacuum_vacuum_threshold = 10, autovacuum_vacuum_scale_factor = 0';
my $analyze = 'autovacuum_analyze_threshold = 10, autovacuum_analyze_scale_factor = 0';
my $slow = 'autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1';

# A table with work for autovacuum.  Where that is slow, it lasts for half a
# second per 1000 rows.
sub work_for_autovacuum
{
	my ($table, $options, $rows) = @_;

	$rows //= 2000;
	$node->safe_psql('postgres', <<"SQL");
CREATE TABLE $table (id int) WITH ($options);
INSERT INTO $table SELECT generate_series(1, $rows);
DELETE FROM $table;
SQL
	return;
}

sub price
{
	my ($metric) = @_;

	return $node->safe_psql('postgres',
		"SELECT value FROM tend.self WHERE part = 'vacuum prices' AND metric = '$metric'");
}

sub autovacuum_on { alter_system($node, 'SET autovacuum_naptime = 1'); return; }

# Returns when no worker is left.
sub autovacuum_off
{
	alter_system($node, 'SET autovacuum_naptime = 86400');
	$node->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'")
	  or die 'autovacuum does not end';
	return;
}

# What autovacuum has done, by the server's own count: "vacuums|analyzes"
sub done
{
	my ($table) = @_;

	return $node->safe_psql('postgres',
		"SELECT autovacuum_count, autoanalyze_count FROM pg_stat_all_tables WHERE relid = '$table'::regclass");
}

sub wait_until_done
{
	my ($table, $count) = @_;

	$node->poll_query_until('postgres',
		"SELECT autovacuum_count || '|' || autoanalyze_count FROM pg_stat_all_tables WHERE relid = '$table'::regclass",
		$count)
	  or die "autovacuum of $table is at " . done($table);
	return;
}

# Let autovacuum do its work with one table, and see what was seen of it.
my $expected = 0;

sub is_seen
{
	my ($seen, $name) = @_;

	$expected += $seen;
	is(price('seen'), $expected, $name);
	return;
}

sub let_work
{
	my ($table, $count, $seen, $name) = @_;

	autovacuum_on();
	wait_until_done($table, $count);
	autovacuum_off();
	is_seen($seen, $name);
	return;
}

sub wait_for
{
	my ($what, $query) = @_;

	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM $query") or die "no $what";
	return;
}

is(price('seen'), '0', 'nothing is seen at first');

# What autovacuum tells is seen without visits, too, and a snapshot of theirs may
# keep a vacuum from removing what is dead: then the next round vacuums again.
wait_for_status($node, 'postgres', 'visited', 'a visit goes well');
alter_system($node, 'SET pg_tend.enabled = off');
wait_for_launcher($node, 'switched off%', 'it was the last');

# ---- what is finished ----

work_for_autovacuum('vacuumed', $vacuum);
let_work('vacuumed', '1|0', 1, 'a vacuum is seen');
work_for_autovacuum('analyzed', $analyze);
let_work('analyzed', '0|1', 1, 'an analyze is seen');
work_for_autovacuum('"Beides, größer (to prevent wraparound)"', "$vacuum, $analyze");
let_work('"Beides, größer (to prevent wraparound)"', '1|1', 2, 'both are seen apart');

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE toasted (t text) WITH (toast.autovacuum_vacuum_threshold = 10, toast.autovacuum_vacuum_scale_factor = 0);
ALTER TABLE toasted ALTER t SET STORAGE EXTERNAL;
INSERT INTO toasted SELECT repeat('x', 10000) FROM generate_series(1, 20);
DELETE FROM toasted;
SQL
my $toast = $node->safe_psql('postgres', "SELECT reltoastrelid::regclass FROM pg_class WHERE relname = 'toasted'");
let_work($toast, '1|0', 1, 'the vacuum of a TOAST table is seen');
is(done('toasted'), '0|0', 'and is not that of its table');

work_for_autovacuum('one', $vacuum);
work_for_autovacuum('two', "$vacuum, $analyze");
work_for_autovacuum('three', $analyze);
autovacuum_on();
wait_until_done('one', '1|0');
wait_until_done('two', '1|1');
wait_until_done('three', '0|1');
autovacuum_off();
is_seen(4, 'so is all that one round does');

$node->safe_psql('postgres', "CREATE TABLE parent (id int) WITH ($analyze)");
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent SELECT generate_series(1, 100);
INSERT INTO child SELECT generate_series(1, 100);
SQL
let_work('parent', '0|1', 1, 'an analyze of a parent with its children is one');

# ---- what is not ----

my $s = session($node, 'postgres');

# Autovacuum is cancelled by hand, which does not need deadlock_timeout.  Whoever
# waits for the lock then has it, lest another worker takes the table.
sub cancel
{
	my ($table) = @_;
	my $offset = log_size($node);

	alter_system($node, 'SET autovacuum_naptime = 86400');
	ask_in($s, "BEGIN; LOCK TABLE $table IN SHARE UPDATE EXCLUSIVE MODE;");
	$s->{run}->pump_nb;
	wait_for('lock', "pg_locks WHERE relation = '$table'::regclass AND NOT granted");
	$node->safe_psql('postgres',
		"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'");
	$node->wait_for_log(qr/canceling autovacuum task/, $offset);
	autovacuum_off();
	say_in($s, 'COMMIT;');
	return;
}

work_for_autovacuum('cancelled', "$vacuum, $slow", 200000);
autovacuum_on();
wait_for('vacuum', "pg_stat_progress_vacuum WHERE relid = 'cancelled'::regclass");
cancel('cancelled');
is(done('cancelled'), '0|0', 'a vacuum was cancelled');
is_seen(0, 'it is not seen');
$node->safe_psql('postgres', 'DROP TABLE cancelled');

work_for_autovacuum('half', "$vacuum, $analyze");
$node->safe_psql('postgres', <<'SQL');
INSERT INTO half SELECT generate_series(1, 100);
CREATE INDEX ON half (pass(id));
INSERT INTO gate VALUES (1);
SQL
autovacuum_on();
wait_for('analyze', "pg_stat_progress_analyze WHERE relid = 'half'::regclass");
is_seen(1, 'a vacuum is seen while the analyze of the same table goes on');
cancel('half');
is(done('half'), '1|0', 'the analyze was cancelled');
is_seen(0, 'it is not seen');
$node->safe_psql('postgres', 'TRUNCATE gate; ALTER TABLE half SET (autovacuum_enabled = off)');

work_for_autovacuum('locked', "$vacuum, $analyze");
work_for_autovacuum('other', $vacuum);
my $offset = log_size($node);
say_in($s, 'BEGIN; LOCK TABLE locked IN SHARE UPDATE EXCLUSIVE MODE;');
autovacuum_on();
$node->wait_for_log(qr/skipping vacuum of "locked" --- lock not available/, $offset);
wait_until_done('other', '1|0');
autovacuum_off();
is(done('locked'), '0|0', 'a vacuum was skipped for want of a lock');
is_seen(1, 'it is not seen, but another is');
say_in($s, 'COMMIT; DROP TABLE locked;');

# who waits for the lock has it when the vacuum ends, before analyze asks for it
work_for_autovacuum('outrun', "$vacuum, $analyze, $slow", 10000);
$offset = log_size($node);
autovacuum_on();
say_in($s, <<'SQL');
BEGIN;
DO $$
BEGIN
    WHILE NOT EXISTS (SELECT FROM pg_stat_progress_vacuum WHERE relid = 'outrun'::regclass) LOOP
        PERFORM pg_sleep(0.02);
        PERFORM pg_stat_clear_snapshot();
    END LOOP;
    LOCK TABLE outrun IN SHARE UPDATE EXCLUSIVE MODE;
END
$$;
SQL
$node->wait_for_log(qr/skipping analyze of "outrun" --- lock not available/, $offset);
autovacuum_off();
is(done('outrun'), '1|0', 'an analyze was skipped for want of a lock after the vacuum');
is_seen(1, 'only the vacuum is seen');
say_in($s, 'COMMIT; ALTER TABLE outrun SET (autovacuum_enabled = off); ALTER TABLE outrun RESET (autovacuum_vacuum_cost_delay);');
close_session($s);

# ---- whose name is not known ----

my $long = 'a_name_that_is_as_long_as_the_server_allows_names_to_be_of_tables';
$node->safe_psql('postgres', "CREATE SCHEMA another_$long");
work_for_autovacuum("another_$long.$long", $vacuum);
let_work("another_$long.$long", '1|0', 0, 'a name that does not fit into the activity is not seen');
$node->safe_psql('postgres', "DROP TABLE another_$long.$long");

alter_system($node, 'SET track_activities = off');
work_for_autovacuum('untracked', "$vacuum, $analyze");
let_work('untracked', '1|1', 0, 'nor is anything without activities');
alter_system($node, 'RESET track_activities');

is( price('seen'),
	$node->safe_psql('postgres', <<'SQL'), 'what is seen is what the server counts');
SELECT sum(autovacuum_count + autoanalyze_count) FROM pg_stat_all_tables WHERE relname <> 'untracked'
SQL

# ---- all tables, to prevent wraparound ----

$node->safe_psql('postgres', 'DO $$ BEGIN FOR i IN 1 .. 100010 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$');
my $old = 'FROM pg_class WHERE age(relfrozenxid) > 50000 AND relfrozenxid <> 0';
autovacuum_on();
$node->poll_query_until('postgres', "SELECT count(*) = 0 $old")
  or die 'old: ' . $node->safe_psql('postgres', "SELECT array_agg(oid::regclass) $old");
autovacuum_off();

my @lines = grep { /LOG:  automatic (?:aggressive )?(?:vacuum|analyze) / } split /\n/, log_since($node, 0);
ok((grep { /vacuum to prevent wraparound/ } @lines) > 50, 'many vacuums to prevent wraparound were logged');
# the long name once, what was not tracked twice; and the parent has two lines
is(price('seen'), @lines - 4, 'each that was logged is seen');
cmp_ok(price('dropped'), '<=', 5, 'few are dropped, if any');

$node->stop;
done_testing();
