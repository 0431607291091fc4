# Visits verify statistics on several columns: with the conditions of sampled
# executions, without a trace, whatever the table's types and other sessions do.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('statistics', allows_streaming => 1, conf => <<'END');
pg_tend.estimate_sample_rate = 1
log_min_messages = log
max_prepared_transactions = 1
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'shop');

# ---- helpers ----

sub ask { return $node->safe_psql('shop', $_[0]); }

# A table whose statistics are fresh, and known to be
sub create_table
{
	my ($name, $select) = @_;

	ask("CREATE TABLE $name AS $select");
	ask("SELECT pg_stat_force_next_flush()");
	ask("VACUUM ANALYZE $name");
	ask("SELECT pg_stat_force_next_flush()");
	return;
}

# Run queries with a number in them.
sub query
{
	my ($sql, @numbers) = @_;

	ask(join ";\n", map { my $n = $_; $sql =~ s/#/$n/gr } @numbers);
	return;
}

sub verdict
{
	my ($table, $more) = @_;

	return "SELECT count(*) > 0 FROM tend.statistics_verdicts WHERE relid = '$table'::regclass AND $more";
}

# What must prevent a verdict has to be there before a visit looks.
sub leave_alone
{
	my ($table) = @_;

	ask("INSERT INTO tend.table_policy (relid, statistics) VALUES ('$table', 'off')");
	return;
}

sub leave_alone_no_more
{
	my ($table) = @_;

	ask("DELETE FROM tend.table_policy WHERE relid = '$table'::regclass");
	return;
}

sub until_verdict
{
	my ($table, $more, $name) = @_;

	ask_until($node, 'shop', '(' . verdict($table, $more) . ')', $name);
	return;
}

# What a table's counters and catalog entries say
sub traces
{
	my ($table) = @_;

	return ask(<<"SQL");
SELECT s.n_mod_since_analyze, s.n_live_tup, s.n_dead_tup, s.analyze_count, s.last_analyze, s.vacuum_count, s.n_tup_ins,
       c.reltuples, c.relpages, c.xmin,
       (SELECT count(*) FROM pg_statistic_ext), (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_type),
       (SELECT count(*) FROM pg_namespace), (SELECT count(*) FROM pg_depend),
       (SELECT string_agg(ctid || xmin::text, ' ' ORDER BY ctid) FROM pg_statistic WHERE starelid = c.oid)
  FROM pg_stat_all_tables s JOIN pg_class c ON c.oid = s.relid WHERE c.oid = '$table'::regclass
SQL
}

# ---- from executions to advice ----

create_table('zip', 'SELECT g AS id, g % 1000 AS zip, g % 1000 / 10 AS city, g % 7 AS other FROM generate_series(1, 100000) g');
query('SELECT count(*) FROM zip WHERE zip = # AND city = # / 10', 101 .. 110);
my $before = traces('zip');
my $log = -s $node->logfile;
ask_until($node, 'shop', "(SELECT count(*) > 0 FROM tend.statistics_advice WHERE table_name = 'zip')",
	'a functional dependency is proven');
is( ask(<<'SQL'), '{zip,city}|{dependencies}|t|t|1|t', 'by the kind that helps, with its proof');
SELECT columns, kinds, q_error_now > 10, q_error_expected < 2, cardinality(queries),
       proof ~ '^estimated [12], really \d+; with \(dependencies\) \d+; .* 1 query' FROM tend.statistics_advice
SQL
is(ask('SELECT command FROM tend.statistics_advice'),
	'CREATE STATISTICS public.zip_zip_city_stat (dependencies) ON zip, city FROM public.zip; ANALYZE public.zip (zip, city);',
	'and the command');
is(traces('zip'), $before, 'no counter, catalog row or statistics of the table is another');
is(ask("SELECT wins FROM tend.statistics_verdicts WHERE relid = 'zip'::regclass"), '2', 'it took two verifications');
is_quiet($node, $log, 'without a word in the log');

# conditions that "dependencies" cannot take
create_table('event',
	'SELECT k, CASE WHEN k < 4 THEN k ELSE abs(hashint4(g + 1)) % 40 END AS state'
	  . ' FROM (SELECT g, abs(hashint4(g)) % 20 AS k FROM generate_series(1, 100000) g) r');
query('SELECT count(*) FROM event WHERE k = # AND state = #', 0 .. 3);
until_verdict('event', "state = 'proven'", 'a correlation without a functional dependency is proven');
is(ask("SELECT DISTINCT kinds FROM tend.statistics_advice WHERE table_name = 'event' AND columns = '{k,state}'"), '{mcv}', 'by a list of values');

# three columns, pairs of which say nothing
create_table('parity', 'SELECT x, y, (x + y) % 6 AS z FROM (SELECT g % 6 AS x, g / 6 % 6 AS y FROM generate_series(1, 60000) g) r');
query('SELECT count(*) FROM parity WHERE x = # AND y = 2 AND z = (# + 2) % 6', 0 .. 5);
until_verdict('parity', "state = 'proven'", 'three columns are');
is(ask("SELECT columns FROM tend.statistics_advice WHERE table_name = 'parity'"), '{x,y,z}', 'all of them');

# groups and filter: one object
query('SELECT count(*) FROM (SELECT DISTINCT zip, city FROM zip) d', 1 .. 4);
until_verdict('zip', "groups AND state = 'proven'", 'groups are proven, too');
is(ask("SELECT string_agg(kinds::text, ' ') FROM tend.statistics_advice WHERE table_name = 'zip'"),
	'{ndistinct,dependencies}', 'by the same object');

# ---- no advice ----

create_table('covered', 'SELECT g % 1000 AS a, g % 1000 / 10 AS b FROM generate_series(1, 50000) g');
leave_alone('covered');
query('SELECT count(*) FROM covered WHERE a = # AND b = # / 10', 101 .. 104);
ask('CREATE STATISTICS covered_by (dependencies) ON a, b FROM covered; ANALYZE covered');
leave_alone_no_more('covered');
until_verdict('covered', "object = 0 AND state = 'refuted' AND reason LIKE '%exist, and the estimates are right'",
	'what is covered already is not advised');
ask_until($node, 'shop', "(SELECT count(*) > 0 FROM tend.statistics_verdicts WHERE object <> 0 AND relid = 'covered'::regclass AND state = 'applied')",
	'the object is found to help');

create_table('useless', 'SELECT g % 10 AS a, g / 10 % 10 AS b FROM generate_series(1, 50000) g');
ask('CREATE STATISTICS of_no_use ON a, b FROM useless; ANALYZE useless');
until_verdict('useless', "state = 'useless'", 'one that does not help is found');
is(ask("SELECT action, command, undo_command FROM tend.statistics_advice WHERE table_name = 'useless'"),
	'drop|DROP STATISTICS public.of_no_use;|CREATE STATISTICS public.of_no_use ON a, b FROM public.useless;', 'and advised to drop');

create_table('hidden', 'SELECT g % 1000 AS a, g % 1000 / 10 AS b FROM generate_series(1, 50000) g');
leave_alone('hidden');
query('SELECT count(*) FROM hidden WHERE a = # AND b = # / 10', 101 .. 104);
ask('ALTER TABLE hidden ENABLE ROW LEVEL SECURITY');
leave_alone_no_more('hidden');
until_verdict('hidden', "state = 'unverified' AND reason = 'the table has row security'", 'row security is respected');

create_table('left_alone', 'SELECT g % 1000 AS a, g % 1000 / 10 AS b FROM generate_series(1, 50000) g');
leave_alone('left_alone');
query('SELECT count(*) FROM left_alone WHERE a = # AND b = # / 10', 101 .. 104);
ask_for_visits($node, 'shop', 3);
is(ask(verdict('left_alone', 'true')), 'f', 'a table may be left alone');

# ---- code of who may only read ----

# Its operator is run by the planner for each of the most common values.
create_table('visited', 'SELECT g % 50 AS zip, g % 50 / 5 AS city FROM generate_series(1, 50000) g');
ask(<<'SQL');
CREATE ROLE stranger;
GRANT SELECT ON visited TO stranger;
CREATE SCHEMA strange AUTHORIZATION stranger;
SET ROLE stranger;
CREATE FUNCTION strange.same(int, int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF $1 = 47 THEN
        RAISE LOG 'compared with the rights of %', current_user;
    END IF;
    RETURN $1 = $2;
END $$;
CREATE OPERATOR strange.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = strange.same, RESTRICT = eqsel, COMMUTATOR = OPERATOR(strange.===));
SQL
$log = -s $node->logfile;
query("SET ROLE stranger; SELECT count(*) FROM visited WHERE zip OPERATOR(strange.===) # AND city = # / 5", 999, 1 .. 4);
like(log_since($node, $log), qr/compared with the rights of stranger/, 'the planner runs the operator of a stranger for the stranger');
until_verdict('visited', "state = 'proven'", 'his executions are evidence');
unlike(log_since($node, $log), qr/compared with the rights of (?!stranger)/, 'but his operator is run for nobody else');

# Nor are those that his operators lead the planner to.
create_table('negated', 'SELECT g % 50 AS zip, g % 50 / 5 AS city, g % 50 / 2 AS other FROM generate_series(1, 50000) g');
ask(<<'SQL');
GRANT SELECT ON negated TO stranger;
SET ROLE stranger;
CREATE FUNCTION strange.noted(int, int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE LOG 'led to with the rights of %', current_user;
    RETURN $1 < $2;
END $$;
CREATE OPERATOR strange.<>% (LEFTARG = int, RIGHTARG = int, FUNCTION = pg_catalog.int4ne, RESTRICT = neqsel, NEGATOR = OPERATOR(strange.==%));
CREATE OPERATOR strange.==% (LEFTARG = int, RIGHTARG = int, FUNCTION = strange.noted, RESTRICT = eqsel, NEGATOR = OPERATOR(strange.<>%));
CREATE OPERATOR strange.>% (LEFTARG = int, RIGHTARG = int, FUNCTION = pg_catalog.int4gt, RESTRICT = scalargtsel, COMMUTATOR = OPERATOR(strange.<%));
CREATE OPERATOR strange.<% (LEFTARG = int, RIGHTARG = int, FUNCTION = strange.noted, RESTRICT = scalarltsel, COMMUTATOR = OPERATOR(strange.>%));
SQL
foreach my $case ([ 'negator', 'other OPERATOR(strange.<>%) 24' ], [ 'commutator', '24 OPERATOR(strange.>%) other' ])
{
	my ($what, $condition) = @$case;

	ask("DELETE FROM tend.statistics_verdicts WHERE relid = 'negated'::regclass; SELECT tend.misestimates_reset('negated')");
	$log = -s $node->logfile;
	query("SET ROLE stranger; SELECT count(*) FROM negated WHERE zip = # AND city = # / 5 AND $condition", 1 .. 4);
	like(log_since($node, $log), qr/led to with the rights of stranger/, "the planner runs the $what");
	until_verdict('negated', "verified_at IS NOT NULL AND state <> 'likely'", 'his executions are looked at');
	unlike(log_since($node, $log), qr/led to with the rights of (?!stranger)/, 'but it is run for nobody else');
}

# Rows that a parent's row security hides are not told to his operator.
ask(<<'SQL');
CREATE TABLE tenants (tenant text, zip int, city int) PARTITION BY LIST (tenant);
CREATE TABLE tenants_all PARTITION OF tenants DEFAULT;
INSERT INTO tenants SELECT CASE WHEN g % 50 < 20 THEN 'his' ELSE 'secret' END, g % 50, g % 50 / 5 FROM generate_series(1, 50000) g;
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenants USING (tenant = 'his');
GRANT SELECT ON tenants TO stranger;
ANALYZE tenants;
SQL
$log = -s $node->logfile;
query('SET ROLE stranger; SELECT count(*) FROM tenants WHERE zip OPERATOR(strange.===) # AND city = # / 5', 7 .. 9);
unlike(log_since($node, $log), qr/compared with/, 'what row security of a parent hides stays hidden');
query('SELECT count(*) FROM tenants WHERE zip = # AND city = # / 5', 7 .. 9);
is(ask("SELECT count(*) FROM tend.misestimates WHERE table_name ~ '^tenants'"), '0', 'and is no evidence');
is(ask("SELECT DISTINCT proof FROM tend.verify_statistics('tenants', '{zip,city}')"), 'the table has row security', 'nor is it sampled');
ask('DROP TABLE tenants');

# ---- objects on partitions, and for groups ----

create_table('grouped', 'SELECT a, a / 10 * 10 + abs(hashint4(g)) % 10 AS b FROM (SELECT g, g % 100 AS a FROM generate_series(1, 100000) g) r');
ask('CREATE STATISTICS grouped_by (ndistinct, dependencies) ON a, b FROM grouped; ANALYZE grouped');
until_verdict('grouped', "object <> 0 AND state IN ('applied', 'useless')", 'an object that only groups need is looked at');
is(ask("SELECT state FROM tend.statistics_verdicts WHERE relid = 'grouped'::regclass AND object <> 0"), 'applied', 'and may stay');
ask('DROP TABLE grouped');

ask(<<'SQL');
CREATE TABLE parent (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE parent_all PARTITION OF parent DEFAULT;
INSERT INTO parent SELECT g % 10, g / 10 % 10 FROM generate_series(1, 20000) g;
INSERT INTO tend.table_policy (relid, statistics) VALUES ('parent', 'off');
CREATE STATISTICS parent_stat ON a, b FROM parent_all;
ANALYZE parent;
SQL
ask_for_visits($node, 'shop', 3);
is(ask(verdict('parent_all', 'true')), 'f', 'partitions of a table that is left alone are, too');
ask("INSERT INTO tend.table_policy (relid, statistics) VALUES ('parent_all', 'advise')");
until_verdict('parent_all', 'true', 'unless they have a policy of their own');
ask('DROP TABLE parent');

# ---- a transaction that is prepared ----

is(ask("BEGIN; SELECT count(*) > 0 FROM tend.verify_statistics('zip', '{zip,city}'); PREPARE TRANSACTION 'verified'; ROLLBACK PREPARED 'verified'"),
	't', 'who has verified may prepare his transaction');

# ---- other people's locks ----

create_table('busy', 'SELECT g % 1000 AS a, g % 1000 / 10 AS b FROM generate_series(1, 50000) g');
leave_alone('busy');
query('SELECT count(*) FROM busy WHERE a = # AND b = # / 10', 101 .. 104);
my $s = session($node, 'shop');
say_in($s, 'BEGIN; LOCK TABLE busy IN ACCESS EXCLUSIVE MODE;');
leave_alone_no_more('busy');
ask_for_visits($node, 'shop', 3);
is(ask(verdict('busy', "state = 'proven'")), 'f', 'a locked table is not waited for');
is(failures($node, 'shop'), 0, 'nor does a visit fail');
say_in($s, 'COMMIT;');
until_verdict('busy', "state = 'proven'", 'it is verified later');

# ---- types with code of their own ----

# A type whose comparison waits while we hold a lock
ask(<<'SQL');
CREATE TYPE slow AS (v int);
CREATE FUNCTION slow_cmp(a slow, b slow) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    WHILE NOT pg_catalog.pg_try_advisory_xact_lock_shared(815) LOOP
        PERFORM pg_catalog.pg_sleep(0.02);
    END LOOP;
    RETURN pg_catalog.btint4cmp(a.v, b.v);
END $$;
CREATE FUNCTION slow_lt(slow, slow) RETURNS bool LANGUAGE sql AS 'SELECT public.slow_cmp($1, $2) < 0';
CREATE FUNCTION slow_le(slow, slow) RETURNS bool LANGUAGE sql AS 'SELECT public.slow_cmp($1, $2) <= 0';
CREATE FUNCTION slow_eq(slow, slow) RETURNS bool LANGUAGE sql AS 'SELECT public.slow_cmp($1, $2) = 0';
CREATE FUNCTION slow_ge(slow, slow) RETURNS bool LANGUAGE sql AS 'SELECT public.slow_cmp($1, $2) >= 0';
CREATE FUNCTION slow_gt(slow, slow) RETURNS bool LANGUAGE sql AS 'SELECT public.slow_cmp($1, $2) > 0';
CREATE OPERATOR < (LEFTARG = slow, RIGHTARG = slow, FUNCTION = slow_lt, RESTRICT = scalarltsel);
CREATE OPERATOR <= (LEFTARG = slow, RIGHTARG = slow, FUNCTION = slow_le, RESTRICT = scalarltsel);
CREATE OPERATOR = (LEFTARG = slow, RIGHTARG = slow, FUNCTION = slow_eq, RESTRICT = eqsel);
CREATE OPERATOR >= (LEFTARG = slow, RIGHTARG = slow, FUNCTION = slow_ge, RESTRICT = scalargtsel);
CREATE OPERATOR > (LEFTARG = slow, RIGHTARG = slow, FUNCTION = slow_gt, RESTRICT = scalargtsel);
CREATE OPERATOR CLASS slow_ops DEFAULT FOR TYPE slow USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 slow_cmp(slow, slow);
SQL
create_table('slowly', 'SELECT g % 20 AS a, ROW(g % 20)::slow AS b FROM generate_series(1, 2000) g');
my $verify = "SELECT state FROM tend.verify_statistics('slowly', '{a,b}')";
my $waiting = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'shop' AND wait_event = 'PgSleep'";
my $verifier = session($node, 'shop');

sub begin_to_verify
{
	ask_in($verifier, "$verify;");
	$verifier->{run}->pump_nb;
	return;
}

say_in($s, 'SELECT pg_advisory_lock(815);');
begin_to_verify();
ok($node->poll_query_until('shop', $waiting), 'a verification is in the middle');
is(ask("SELECT count(*) FROM pg_locks WHERE relation = 'slowly'::regclass"), '0', 'it has no lock on the table');
$node->safe_psql('shop', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT state FROM tend.verify%' AND state = 'active' AND pid <> pg_backend_pid()");
ok($node->poll_query_until('shop', "SELECT NOT ($waiting)"), 'and can be cancelled');
say_in($verifier, 'SELECT 1;');
like($verifier->{err}, qr/canceling statement due to user request/, 'which is said');
is(ask("SELECT count(*) FROM pg_class WHERE relname LIKE 'pg_tend %'"), '0', 'and nothing is left');

# altered in the middle
begin_to_verify();
ok($node->poll_query_until('shop', $waiting), 'another one is in the middle');
ask("SET lock_timeout = '5s'; ALTER TABLE slowly ADD COLUMN c int");
say_in($s, 'SELECT pg_advisory_unlock(815);');
$verifier->{run}->pump until has_answered($verifier);
like($verifier->{out}, qr/^(?:likely\n)?proven$/m, 'the table may be altered');
say_in($s, 'SELECT pg_advisory_lock(815);');
begin_to_verify();
ok($node->poll_query_until('shop', $waiting), 'another one is in the middle');
ask("SET lock_timeout = '5s'; DROP TABLE slowly");
say_in($s, 'SELECT pg_advisory_unlock(815);');
$verifier->{run}->pump until has_answered($verifier);
unlike($verifier->{out}, qr/proven/, 'or dropped, which proves nothing');
ok(ask('SELECT 1'), 'and does no harm');

# A visit that takes too long gives up, and goes on with others.
create_table('slower', 'SELECT g % 20 AS a, g % 20 AS c, ROW(g % 20)::slow AS b FROM generate_series(1, 2000) g');
say_in($s, 'SELECT pg_advisory_lock(815);');
ask('CREATE STATISTICS slower_stat ON a, b FROM slower');
ask_until($node, 'shop',
	"(SELECT count(*) > 0 FROM tend.statistics_verdicts WHERE relid = 'slower'::regclass AND state = 'failed' AND reason = 'it takes too long')",
	'a comparison that never ends is given up');
say_in($s, 'SELECT pg_advisory_unlock(815);');
is(failures($node, 'shop'), 0, 'the visit does not fail');
ask('DROP TABLE slower');

# ---- applied, where the user wants that ----

ask("UPDATE tend.table_policy SET statistics = 'apply'; DELETE FROM tend.table_policy WHERE relid <> 'left_alone'::regclass");
ask_until($node, 'shop', "(SELECT count(*) > 0 FROM tend.statistics_actions WHERE table_name = 'left_alone')", 'a visit creates what is proven');
is(ask("SELECT stxname FROM pg_statistic_ext WHERE stxrelid = 'left_alone'::regclass"), 'left_alone_a_b_stat', 'there it is');
is(ask('SELECT count(*) FROM tend.statistics_actions'), '1', 'and nowhere else');
ask_until($node, 'shop', "(SELECT observed = 'it is being watched' FROM tend.statistics_actions)", 'it is watched');
is(ask("SELECT count(*) FROM tend.misestimates WHERE table_name = 'left_alone'"), '0', 'evidence of the time before is forgotten');
query('SELECT count(*) FROM left_alone WHERE a = # AND b = # / 10', 101 .. 104);
is(ask("SELECT count(*) FROM tend.misestimates WHERE table_name = 'left_alone'"), '0', 'and none has come since');
ask_until($node, 'shop', "(SELECT verdict = 'kept' AND observed LIKE 'improved: of _ sampled executions since, none was misestimated; by % times before' FROM tend.statistics_actions)",
	'executions that are right prove it');
ask("SELECT tend.misestimates_reset('left_alone')");
ask("UPDATE tend.statistics_actions SET verdict = 'pending', observed = 'it is being watched', at = at - interval '1 hour'");
ask_until($node, 'shop', "(SELECT verdict = 'kept' AND observed = 'no misestimate was seen since' FROM tend.statistics_actions)",
	'if nothing comes for 60 intervals it is kept, too');

# what the owner may not create
ask('CREATE ROLE cashier; CREATE SCHEMA closed; GRANT USAGE ON SCHEMA closed TO cashier');
create_table('closed.till', 'SELECT g % 1000 AS a, g % 1000 / 10 AS b FROM generate_series(1, 50000) g');
ask('ALTER TABLE closed.till OWNER TO cashier');
ask("INSERT INTO tend.table_policy (relid, statistics) VALUES ('closed.till', 'apply')");
query('SELECT count(*) FROM closed.till WHERE a = # AND b = # / 10', 101 .. 104);
until_verdict('closed.till', "state = 'failed' AND reason = 'it could not be created: the server refused: permission denied for schema closed' AND next_at > now()",
	'an owner who may not create statistics is told why');
like(slurp_file($node->logfile), qr/LOG:  pg_tend could not create statistics: the server refused: permission denied for schema closed/, 'in the log, too');
ask('DROP TABLE closed.till; DROP SCHEMA closed');

# somebody drops it
query('SELECT count(*) FROM busy WHERE a = # AND b = # / 10', 101 .. 104);
is(ask("SELECT result FROM tend.apply_statistics('busy', '{a,b}')"), 'done', 'by hand');
ask('DROP STATISTICS busy_a_b_stat');
ask_until($node, 'shop', "(SELECT verdict = 'reverted' AND reverted_by = 'dropped by hand' FROM tend.statistics_actions WHERE table_name = 'busy')",
	'what was dropped by hand is known');

# ---- what is kept where ----

my $advice = "SELECT string_agg(command, ' ' ORDER BY command) FROM tend.statistics_advice";
my $known = ask($advice);
$node->restart;
is(ask($advice), $known, 'advice survives a restart');
my $dump = $node->backup_dir . '/../shop.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('shop') ], 'it can be dumped');
my $dumped = slurp_file($dump);
like($dumped, qr/left_alone_a_b_stat/, 'with what was created');
unlike($dumped, qr/COPY tend\.statistics_verdicts/, 'but not with verdicts');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'and restored');
is( $node->safe_psql('restored', "SELECT tend.revert_statistics(action_id) FROM tend.statistics_actions WHERE table_name = 'left_alone'"),
	'DROP STATISTICS public.left_alone_a_b_stat;', 'there it can be taken back, too');

# ---- a standby ----

$node->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
is($standby->safe_psql('shop', $advice), $known, 'a standby shows the advice');
my ($rc, $out, $err) = $standby->psql('shop', "SELECT tend.verify_statistics('zip', '{zip,city}')");
like($err, qr/cannot execute tend\.verify_statistics\(\) in a read-only transaction/, 'and verifies nothing');
$standby->stop;

# ---- the end ----

ask('DROP EXTENSION pg_tend');
is(ask("SELECT string_agg(stxname, ' ' ORDER BY stxname COLLATE \"C\") FROM pg_statistic_ext"),
	'covered_by left_alone_a_b_stat of_no_use', 'statistics stay where they are without us');
close_session($_) foreach $s, $verifier;

done_testing();
