# What tend.plans counts is what was executed: as pg_stat_statements has it,
# whoever of the two was loaded first, and with what it does not have, the
# executions that failed.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('counters', stopped => 1, conf => <<'END');
pg_tend.estimate_sample_rate = 1
compute_query_id = on
pg_tend.track_plans = all
pg_tend.enabled = off
pg_stat_statements.track = all
auto_explain.log_min_duration = 0
auto_explain.log_analyze = on
auto_explain.log_buffers = on
auto_explain.log_nested_statements = on
jit = off
max_parallel_workers = 8
track_functions = none
END
my @orders = (
	'pg_stat_statements, auto_explain, pg_tend',
	'pg_tend, auto_explain, pg_stat_statements');
my $major;

sub load_libraries
{
	my ($libraries) = @_;

	$node->append_conf('postgresql.conf', "shared_preload_libraries = '$libraries'");
	$node->restart;
	return;
}

# Run statements in a session of their own; they may fail.
sub run
{
	my ($sql, @settings) = @_;

	$node->psql('counted', join('', map { "SET $_;\n" } @settings) . $sql, on_error_stop => 0);
	return;
}

# Twice, so that it has a text: the second session comes when the first one has
# told what it did.
sub run_twice
{
	foreach (1 .. 2)
	{
		run(@_);
		wait_for_sessions();
	}
	return;
}

sub wait_for_sessions
{
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity
		WHERE datname = 'counted' AND backend_type = 'client backend'})
	  or die 'a session does not end';
	return;
}

sub forget
{
	$node->safe_psql('counted', 'SELECT tend.plans_reset()');
	$node->safe_psql('postgres', 'SELECT pg_stat_statements_reset()');
	return;
}

# What the statements that match did: "calls aborted rows" and whether clients
# sent them
sub tracked
{
	my ($match) = @_;

	return <<"SQL";
SELECT COALESCE(string_agg(concat_ws(' ', calls, aborted, rows, what), ', ' ORDER BY what), 'nothing')
  FROM (SELECT sum(calls) AS calls, sum(aborted) AS aborted, sum(rows) AS rows,
               CASE WHEN toplevel THEN 'top' ELSE 'nested' END AS what
          FROM tend.plans WHERE datname = 'counted' AND query ~ '$match' GROUP BY toplevel) p
SQL
}

# A session may be gone a moment before its last executions are in.
sub is_tracked
{
	my ($match, $expected, $name) = @_;
	my $sql = tracked($match);

	ok($node->poll_query_until('postgres', $sql, $expected), $name) or diag(
		$node->safe_psql('postgres', $sql), "\n",
		$node->safe_psql('postgres',
			"SELECT toplevel, calls, aborted, rows, query FROM tend.plans WHERE datname = 'counted' ORDER BY query"));
	return;
}

# ---- as pg_stat_statements counts ----

# Utility statements have no plan, though pg_stat_statements has them; those
# that carry a query are counted by us as that query, and are looked at below.
my $utility = '^(create|drop|declare|fetch|close|copy|call|do|begin|commit|rollback|savepoint|release|set|reset'
  . '|prepare|deallocate|explain|vacuum|analyze|truncate|execute|alter|refresh|end|start)';

# Rows of cursors in functions: before 16 pg_stat_statements has those of the
# last fetch only.
my $differences = <<"SQL";
WITH ours AS (
  SELECT queryid, toplevel, sum(calls) AS calls, sum(rows) AS rows,
         sum(shared_blks_hit + shared_blks_read) AS blocks
    FROM tend.plans WHERE datname = 'counted' AND calls > 0 GROUP BY 1, 2),
theirs AS (
  SELECT s.queryid, s.toplevel, calls, rows, shared_blks_hit + shared_blks_read AS blocks, s.query
    FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid AND d.datname = 'counted'
   WHERE s.query !~* '$utility' AND s.query !~ 'carried|plans_reset')
SELECT concat_ws(' ', theirs.query, CASE WHEN toplevel THEN 'top' ELSE 'nested' END,
       'calls', ours.calls, theirs.calls, 'rows', ours.rows, theirs.rows, 'blocks', ours.blocks, theirs.blocks)
  FROM theirs LEFT JOIN ours USING (queryid, toplevel)
 WHERE ours.calls IS DISTINCT FROM theirs.calls
    OR ours.rows IS DISTINCT FROM theirs.rows
       AND NOT (theirs.query ~ 'by_cursor' AND current_setting('server_version_num')::int < 160000)
    OR ours.blocks IS DISTINCT FROM theirs.blocks
 ORDER BY 1
SQL

sub agrees
{
	my ($name, $least) = @_;
	my $wrong;

	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		$wrong = $node->safe_psql('postgres', $differences);
		last if $wrong eq '';
		select(undef, undef, undef, 0.1);
	}
	is($wrong, '', $name);
	my $compared = $node->safe_psql('postgres',
		"SELECT count(*) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
		  . " WHERE datname = 'counted' AND query !~* '$utility'");
	cmp_ok($compared, '>=', $least, "$compared statements were compared");
	return;
}

my $schema = <<'SQL';
CREATE TABLE item (a int PRIMARY KEY, b int, c text);
INSERT INTO item SELECT i, i % 10, repeat('x', 100) FROM generate_series(1, 5000) i;
CREATE TABLE log (n int, what text);
CREATE TABLE parent (a int PRIMARY KEY);
CREATE TABLE child (a int REFERENCES parent DEFERRABLE INITIALLY DEFERRED, b int REFERENCES parent);
CREATE TABLE plain (a int, b int);
ANALYZE item;
CREATE FUNCTION in_sql(int) RETURNS bigint LANGUAGE sql VOLATILE AS
    'SELECT count(*) FROM item WHERE b = $1 AND random() >= 0';
CREATE FUNCTION set_in_sql(int) RETURNS SETOF item LANGUAGE sql VOLATILE AS
    'UPDATE item SET c = c WHERE a <= $1 RETURNING *';
CREATE FUNCTION in_plpgsql(n int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    r record;
    total int := 0;
BEGIN
    FOR r IN SELECT a AS by_cursor FROM item WHERE a <= n LOOP
        total := total + r.by_cursor;
    END LOOP;
    PERFORM count(*) FROM item WHERE b = n;
    INSERT INTO log VALUES (n, 'plpgsql');
    EXECUTE 'SELECT count(*) FROM log WHERE n > $1' USING n;
    RETURN total;
END $$;
CREATE FUNCTION catches(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        PERFORM 1 / (a - a) FROM item WHERE a = n AND c > 'catches';
    EXCEPTION WHEN division_by_zero THEN
        INSERT INTO log SELECT n, 'caught' FROM item WHERE a = 1;
    END;
    RETURN n;
END $$;
CREATE FUNCTION trigger_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log VALUES (NEW.a, 'trigger');
    RETURN NEW;
END $$;
CREATE TRIGGER before BEFORE INSERT OR UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION trigger_log();
CREATE TRIGGER after AFTER INSERT OR UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION trigger_log();
CREATE PROCEDURE commits(n int) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. n LOOP
        INSERT INTO log VALUES (i, 'procedure');
        IF i % 2 = 0 THEN COMMIT; ELSE ROLLBACK; END IF;
    END LOOP;
END $$;
SQL

my $work = <<'SQL';
SELECT count(*) FROM item WHERE a < 1000;
SELECT count(*) FROM item WHERE a < 4000;
PREPARE p (int) AS SELECT * FROM item WHERE a = $1;
EXECUTE p(1); EXECUTE p(2); EXECUTE p(3); EXECUTE p(4); EXECUTE p(5); EXECUTE p(6); EXECUTE p(7); EXECUTE p(8);
SELECT 1 AS one\; SELECT count(*) FROM log\; SELECT 2 AS one;
INSERT INTO item SELECT i, i, 'new' FROM generate_series(6001, 6100) i;
UPDATE item SET b = b + 1 WHERE a > 6000 RETURNING a;
DELETE FROM item WHERE a > 6050;
INSERT INTO item VALUES (1, 1, 'again') ON CONFLICT (a) DO UPDATE SET b = item.b RETURNING *;
MERGE INTO item i USING (SELECT generate_series(6040, 6060) AS a) s ON i.a = s.a
  WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.a, 0, 'merged');
WITH gone AS (DELETE FROM item WHERE a > 6000 RETURNING *) INSERT INTO log SELECT a, 'gone' FROM gone;
SELECT in_sql(1), in_sql(2);
SELECT count(*) FROM set_in_sql(20);
SELECT * FROM set_in_sql(3) LIMIT 1;
SELECT in_plpgsql(100), in_plpgsql(200);
SELECT catches(n) FROM generate_series(1, 3) n;
INSERT INTO plain SELECT i, i FROM generate_series(1, 20) i;
UPDATE plain SET b = 0 WHERE a <= 3;
DO $$ BEGIN PERFORM in_plpgsql(5); INSERT INTO log VALUES (0, 'do'); END $$;
CALL commits(5);
INSERT INTO parent SELECT generate_series(1, 10) ON CONFLICT DO NOTHING;
INSERT INTO child SELECT i, i FROM generate_series(1, 10) i;
DELETE FROM child;
DELETE FROM parent WHERE a = 1;
BEGIN;
SELECT count(*) FROM item WHERE b = 1;
SAVEPOINT s;
SELECT count(*) FROM item WHERE b = 2;
SELECT 1 / (a - a) FROM item WHERE a = 1;
ROLLBACK TO s;
SELECT count(*) FROM item WHERE b = 3;
RELEASE s;
COMMIT;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT count(*), sum(length(c)) FROM item WHERE c < 'z';
SELECT a, c FROM item WHERE c > 'z' ORDER BY c;
SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid;
SQL

foreach my $order (@orders)
{
	note($order);
	if ($order eq $orders[0])
	{
		$node->append_conf('postgresql.conf', "shared_preload_libraries = '$order'");
		$node->start;
		$major = int($node->pg_version);
		$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend; CREATE EXTENSION pg_stat_statements');
		create_databases($node, 'counted');
		$node->safe_psql('counted', $schema);
	}
	else
	{
		load_libraries($order);
	}

	forget();
	run_twice($work);
	agrees("calls, rows and blocks are those of pg_stat_statements: $order", 30);
	is( $node->safe_psql('postgres',
			"SELECT count(*) > 0 FROM tend.plans WHERE plan ~ 'Gather' AND datname = 'counted'"),
		't', 'parallel plans were among them');

	# prepared by the protocol
	forget();
	my $script = $node->basedir . '/prepared.sql';
	PostgreSQL::Test::Utils::append_to_file($script,
		"SELECT * FROM item WHERE a = :client_id + 1;\nUPDATE item SET b = b WHERE a = 7 + :client_id;\n");
	foreach my $mode (qw(prepared extended simple))
	{
		$node->command_ok(
			[ 'pgbench', '-n', '-M', $mode, '-c', '4', '-t', '50', '-f', $script, 'counted' ],
			"pgbench, $mode");
	}
	agrees("and so by the protocol: $order", 2);
	unlink $script;

	# only what clients send
	forget();
	run($work, 'pg_tend.track_plans = top', 'pg_stat_statements.track = top');
	agrees("and so without what functions run: $order", 20);
	is_tracked('^(INSERT INTO log|SELECT a AS by_cursor)', 'nothing', 'which is not tracked');

	# what carries a query
	forget();
	run_twice(<<'SQL');
CREATE TABLE carried AS SELECT * FROM item WHERE a <= 10;
DROP TABLE carried;
COPY (SELECT -a AS carried FROM item WHERE a <= 30) TO '/dev/null';
BEGIN;
DECLARE carried CURSOR FOR SELECT a FROM item WHERE a <= 100;
FETCH 7 FROM carried;
MOVE 5 FROM carried;
FETCH 3 FROM carried;
COMMIT;
CREATE MATERIALIZED VIEW carried_view AS SELECT b FROM item WHERE a <= 12;
REFRESH MATERIALIZED VIEW carried_view;
DROP MATERIALIZED VIEW carried_view;
SQL
	is_tracked('^CREATE TABLE carried', '2 0 20 top', "CREATE TABLE AS: $order");
	is_tracked('AS carried', '2 0 60 top', 'COPY (query) TO');
	is_tracked('^DECLARE carried', '2 0 30 top', 'DECLARE CURSOR, with the rows of all its fetches');
	is_tracked('^CREATE MATERIALIZED VIEW carried', '2 0 24 top', 'CREATE MATERIALIZED VIEW');

	forget();
	run_twice(<<'SQL');
EXPLAIN SELECT a AS explained FROM item;
EXPLAIN (ANALYZE) SELECT a AS explained FROM item;
PREPARE q AS SELECT a AS explained FROM item;
EXPLAIN EXECUTE q;
SQL
	is_tracked('explained', '2 0 10000 nested', 'EXPLAIN counts for nothing, EXPLAIN ANALYZE as a statement of another');
}

# ---- executions that fail ----

$node->safe_psql('counted', <<'SQL');
CREATE FUNCTION fails(n int) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN (SELECT 1 / (a - n) FROM item WHERE a = n AND c <> 'fails');
END $$;
CREATE FUNCTION fails_in_sql(n int) RETURNS SETOF int LANGUAGE sql VOLATILE AS
    'SELECT 1 / (a - n) FROM item WHERE a <= n AND c <> $$deep$$';
CREATE FUNCTION survives(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        RETURN fails(n);
    EXCEPTION WHEN division_by_zero THEN
        PERFORM count(*) FROM item WHERE a = n AND c <> 'survived';
        RETURN -1;
    END;
END $$;
CREATE FUNCTION fails_parallel(n int) RETURNS int LANGUAGE plpgsql PARALLEL SAFE AS
    'BEGIN IF n = 4321 THEN RAISE EXCEPTION ''no''; END IF; RETURN n; END';
CREATE TABLE picky (n int CHECK (n < 0));
CREATE FUNCTION fails_late() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM count(*) FROM item WHERE a = 17; RAISE EXCEPTION ''late''; END';
CREATE TABLE late (n int);
CREATE TRIGGER late AFTER INSERT ON late FOR EACH ROW EXECUTE FUNCTION fails_late();
SQL

# After each failure the client's next statement is the client's: it has its
# mark.  Each is run twice, so that it has a text.
my $next = 0;

sub fails_as
{
	my ($name, $sql, @tracked) = @_;
	my $mark = 'next_' . ++$next;

	$sql .= "\nSELECT '$mark' AS $mark, fails_parallel(1);\n";
	foreach (1 .. 10)
	{
		forget();
		run($sql . $sql);
		# on a busy machine, the time may be over before the execution begins
		last unless $sql =~ /statement_timeout/;
		wait_for_sessions();
		last if $node->safe_psql('postgres', tracked($tracked[0])) eq $tracked[1];
	}
	while (my ($match, $expected) = splice @tracked, 0, 2)
	{
		is_tracked($match, $expected, "$name: $match");
	}
	is_tracked($mark, '2 0 2 top', "$name, and the next statement");
	return;
}

fails_as('an error', 'SELECT 1 / (a - 7) FROM item WHERE a = 7;', 'a - ', '0 2 0 top');
fails_as('an error after some rows', 'SELECT 1 / (a - 3000) FROM item ORDER BY a;', 'a - ', '0 2 0 top');
fails_as('a constraint', 'INSERT INTO picky VALUES (1);', 'picky', '0 2 0 top');
fails_as('an error in a function', 'SELECT fails(9);', '^SELECT fails\(', '0 2 0 top', 'c <> ', '0 2 0 nested');
fails_as('an error in an SQL function', 'SELECT * FROM fails_in_sql(9);',
	'FROM fails_in_sql', '0 2 0 top', 'c <> ', '0 2 0 nested');
fails_as('an error in a trigger that comes after', 'INSERT INTO late VALUES (1);',
	'INSERT INTO late', '0 2 0 top', 'FROM item WHERE a =', '2 0 2 nested');
fails_as('an error that a function catches', 'SELECT survives(9);',
	'^SELECT survives', '2 0 2 top', 'SELECT .1 / .a - n', '0 2 0 nested',
	'count.*c <> ', '2 0 2 nested');
fails_as('an error in a block that catches it', 'DO $$ BEGIN PERFORM fails(9); EXCEPTION WHEN OTHERS THEN NULL; END $$;',
	'SELECT fails\(', '0 2 0 nested');
fails_as('an error in a procedure', 'DO $$ BEGIN COMMIT; PERFORM 1 / (a - 7) FROM item WHERE a = 7; END $$;',
	'a - ', '0 2 0 nested');
fails_as('an error while planning', "SELECT count(*) FROM item WHERE a = 1 / 0;", '= \$1 / ', 'nothing');
fails_as('an error in a parallel worker', <<'SQL', 'sum\(fails_parallel', '0 2 0 top');
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SELECT sum(fails_parallel(a)) FROM item;
RESET ALL;
SQL
fails_as('statement_timeout', 'SET statement_timeout = 100; SELECT count(pg_sleep(10)) FROM item; RESET statement_timeout;',
	'pg_sleep', '0 2 0 top');
fails_as('statement_timeout in a subtransaction', <<'SQL', 'pg_sleep', '0 2 0 top', 'sum', '2 0 2 top');
BEGIN; SAVEPOINT s; SET LOCAL statement_timeout = 100; SELECT count(pg_sleep(10)) FROM item; ROLLBACK TO s;
SELECT sum(a) FROM item; COMMIT;
SQL
fails_as('statement_timeout in a function', <<'SQL', '^SELECT slow', '0 2 0 top', '^SELECT pg_sleep', '0 2 0 nested');
CREATE OR REPLACE FUNCTION slow() RETURNS void LANGUAGE sql VOLATILE AS 'SELECT pg_sleep(10) FROM item';
SET statement_timeout = 100; SELECT slow(); RESET statement_timeout;
SQL
fails_as('a cursor whose fetch fails', <<'SQL', '^DECLARE', '0 2 0 top');
BEGIN; DECLARE broken CURSOR FOR SELECT 1 / (a - 5) FROM item; FETCH 2 FROM broken; FETCH 10 FROM broken; ROLLBACK;
SQL
# it did nothing wrong, but did not end either
fails_as('a cursor that a rollback closes', <<'SQL', '^DECLARE', '0 2 0 top');
BEGIN; DECLARE forgotten CURSOR FOR SELECT a + 1 FROM item; FETCH 2 FROM forgotten; ROLLBACK;
SQL
fails_as('a cursor that a commit closes', <<'SQL', '^DECLARE', '2 0 4 top');
BEGIN; DECLARE closed CURSOR FOR SELECT a + 1 FROM item; FETCH 2 FROM closed; COMMIT;
SQL
# COMMIT executes it anew, for all its rows
fails_as('a cursor that outlives its transaction', <<'SQL', '^DECLARE', '2 0 10004 top', 'sum', '2 0 2 top');
BEGIN; DECLARE held CURSOR WITH HOLD FOR SELECT a + 1 FROM item; FETCH 2 FROM held; COMMIT;
FETCH 2 FROM held; SELECT sum(b) FROM item; CLOSE held;
SQL
fails_as('a cursor of a subtransaction', <<'SQL', '^DECLARE', '0 2 0 top', 'sum', '2 0 2 top');
BEGIN; SAVEPOINT s; DECLARE inner_one CURSOR FOR SELECT a + 1 FROM item; FETCH 2 FROM inner_one; ROLLBACK TO s;
SELECT sum(b) FROM item; COMMIT;
SQL
fails_as('CREATE TABLE AS', 'CREATE TABLE never AS SELECT 1 / (a - 9) AS x FROM item;', 'never', '0 2 0 top');
fails_as('COPY', q{COPY (SELECT 1 / (a - 9) AS x FROM item) TO '/dev/null';}, '^COPY', '0 2 0 top');
fails_as('EXPLAIN ANALYZE', 'EXPLAIN ANALYZE SELECT 1 / (a - 9) AS x FROM item;', 'EXPLAIN', '0 2 0 nested');
fails_as('one of several in a string', 'SELECT sum(a) FROM item\; SELECT 1 / (a - 9) FROM item\; SELECT sum(b) FROM item;',
	'sum\(a', '2 0 2 top', 'a - ', '0 2 0 top', 'sum\(b', 'nothing');

# ---- from outside ----

foreach my $how (qw(cancel terminate))
{
	forget();
	foreach (1 .. 2)
	{
		my $s = session($node, 'counted');
		my $pid = say_in($s, 'SELECT pg_backend_pid();');
		$s->{in} .= "SELECT count(pg_sleep(60)) FROM item WHERE a = $_;\n";
		$s->{run}->pump_nb;
		$node->poll_query_until('postgres', "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $pid");
		$node->safe_psql('postgres', "SELECT pg_${how}_backend($pid)");
		say_in($s, "SELECT 'after' AS after_cancel FROM item WHERE a = 1;") if $how eq 'cancel';
		close_session($s);
	}
	is_tracked('count\(pg_sleep', '0 2 0 top', "pg_${how}_backend");
	is_tracked('after_cancel', '2 0 2 top', 'after which the session goes on') if $how eq 'cancel';
}
is( $node->safe_psql('postgres',
		"SELECT bool_and(aborted_ms > 0 AND total_exec_ms = 0 AND mean_exec_ms IS NULL) FROM tend.plans WHERE query ~ 'count\\(pg_sleep'"),
	't', 'how long they had run is known');

# A session stays one that can be cancelled, whatever it cannot describe.
my $stubborn = session($node, 'counted');
$node->safe_psql('counted', <<'SQL');
CREATE FUNCTION not_a_statement(n int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE x int;
BEGIN
    x := max(b + n) FROM item WHERE a IN (1, 2) GROUP BY b ORDER BY 1 LIMIT 1;
    RETURN x;
END $$;
CREATE TYPE secretive;
CREATE FUNCTION secretive_in(cstring) RETURNS secretive LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION secretive_out(secretive) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'shell_out';
CREATE TYPE secretive (INPUT = secretive_in, OUTPUT = secretive_out, LIKE = int4);
CREATE FUNCTION known(secretive) RETURNS boolean LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN true; END';
SQL
my $failures = "SELECT value FROM tend.self WHERE part = 'plans' AND metric = 'failures'";
my $before = $node->safe_psql('postgres', $failures);
say_in($stubborn, 'SELECT not_a_statement(n) FROM generate_series(1, 3) n; SET pg_tend.plan_constants = on;'
	  . ' SET auto_explain.log_min_duration = -1;');
is(say_in($stubborn, q{SELECT count(*) FROM item WHERE a = 1 AND known('42'::secretive);}), '1',
	"a plan whose description fails is executed") foreach 1 .. 3;
is($node->safe_psql('postgres', $failures) - $before, 1, 'and the failure is counted, once');
say_in($stubborn, "SET statement_timeout = 100;\nSELECT pg_sleep(20);");
like($stubborn->{err}, qr/canceling statement due to statement timeout/, 'the session can be cancelled afterwards');
close_session($stubborn);
is_tracked('^x := max', '3 0 3 nested', 'an expression of PL/pgSQL has a text');

# ---- settings ----

forget();
run(<<'SQL');
SET pg_tend.track_plans = none;
SELECT a AS none FROM item WHERE a = 1; SELECT a AS none FROM item WHERE a = 1;
SELECT in_plpgsql(1);
SET pg_tend.track_plans = top;
SELECT -a AS top FROM item WHERE a = 1; SELECT -a AS top FROM item WHERE a = 1;
SELECT in_plpgsql(1); SELECT in_plpgsql(2);
SET pg_tend.track_plans = 'all';
SELECT a + 1 AS all_of_them FROM item WHERE a = 1; SELECT a + 1 AS all_of_them FROM item WHERE a = 1;
BEGIN; DECLARE c CURSOR FOR SELECT a, b FROM item; FETCH 3 FROM c;
SET pg_tend.track_plans = none; FETCH 4 FROM c; COMMIT; SET pg_tend.track_plans = 'all';
BEGIN; DECLARE c CURSOR FOR SELECT a, b FROM item; FETCH 5 FROM c; COMMIT;
SET pg_tend.track_plans = none;
SELECT a - 1 AS none FROM item WHERE a = 1; SELECT a - 1 AS none FROM item WHERE a = 1;
SET pg_tend.track_plans = 'all';
SELECT in_plpgsql(3); SELECT in_plpgsql(4);
SQL
is_tracked('none', 'nothing', 'track_plans = none');
is_tracked('AS top', '2 0 2 top', 'track_plans = top');
is_tracked('^SELECT in_plpgsql', '4 0 4 top', 'both count what clients send');
is_tracked('INSERT INTO log', '2 0 2 nested', 'track_plans = all counts what functions run');
is_tracked('AS all_of_them', '2 0 2 top', 'and tells the one from the other');
is_tracked('^DECLARE c', '2 0 12 top', 'a cursor is followed to its end');

# A function that switches tracking on in the middle of things
run(<<'SQL', 'pg_tend.track_plans = none');
DO $$ BEGIN PERFORM set_config('pg_tend.track_plans', 'all', true); PERFORM a FROM item WHERE a = 5; END $$;
SELECT 1;
DO $$ BEGIN PERFORM set_config('pg_tend.track_plans', 'all', false);
  PERFORM set_config('pg_tend.track_plans', 'none', false); END $$;
SET pg_tend.track_plans = 'all';
SELECT a AS back_to_normal, b, c FROM item WHERE a = 1; SELECT a AS back_to_normal, b, c FROM item WHERE a = 1;
SQL
is_tracked('back_to_normal', '2 0 2 top', 'switching in a block does no harm');

# ---- a new plan for an old statement ----

# The id is carried by the plan, and must be that of the plan that is executed.
foreach my $copy (@{ copying_settings() })
{
	forget();
	my $s = session($node, 'counted');
	my $plans = sub {
		say_in($s, $_[0]);
		return say_in($s, "SELECT string_agg(concat_ws(' ', planid, calls), ', ' ORDER BY first_seen) FROM tend.plans WHERE query ~ 'replanned';");
	};
	say_in($s, "$copy SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;"
		  . " DROP INDEX IF EXISTS item_b; PREPARE replanned (int) AS SELECT count(c) AS replanned FROM item WHERE b = \$1;");
	my ($seq) = $plans->('EXECUTE replanned(100); EXECUTE replanned(101);') =~ /^(\S+) 2$/;
	like($seq, qr/^\d+$/, "a prepared statement has a plan $copy");
	my ($index) = $plans->('CREATE INDEX item_b ON item (b); EXECUTE replanned(1000); EXECUTE replanned(1000);') =~ /^$seq 2, (\S+) 2$/;
	isnt($index, undef, 'after a new index it is another');
	like($plans->('DROP INDEX item_b; EXECUTE replanned(1000);'), qr/^$seq 3, $index 2$/, 'without it, the old one again');
	like($plans->('CREATE INDEX item_b ON item (b); ANALYZE item; EXECUTE replanned(1000);'), qr/^$seq 3, $index 3$/,
		'and back');
	say_in($s, 'DROP INDEX item_b;');
	close_session($s);
}

# Does the server copy the trees of plans to find what cannot be copied?
sub copying_settings
{
	my $can = $node->safe_psql('postgres', "SELECT count(*) FROM pg_settings WHERE name = 'debug_copy_parse_plan_trees'");

	note('this server cannot copy all plans') unless $can;
	return [ '', $can ? 'SET debug_copy_parse_plan_trees = on;' : () ];
}

# ---- who may see what ----

forget();
$node->safe_psql('counted', <<'SQL');
CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher;
CREATE ROLE ordinary LOGIN; CREATE ROLE stranger LOGIN;
GRANT SELECT ON item TO ordinary;
GRANT USAGE ON SCHEMA tend TO ordinary; GRANT SELECT ON tend.plans TO ordinary;
SQL
run("SELECT a AS whose FROM item WHERE a = 1;\n" x 2);
run("SET ROLE ordinary;\n" . "SELECT a AS whose FROM item WHERE a = 1;\n" x 2);
my $whose = "SELECT usename, query, plan ~ 'Index', queryid IS NULL FROM tend.plans"
  . " WHERE datname = 'counted' AND (query ~ 'whose' OR usename <> current_user) AND calls = 2 ORDER BY usename = 'ordinary' DESC";
# from where what we ask is no statement of that kind
$node->poll_query_until('postgres', "SELECT sum(calls) = 4 FROM tend.plans WHERE datname = 'counted' AND query ~ 'whose'");
my $me = $node->safe_psql('counted', 'SELECT current_user');
is($node->safe_psql('counted', "SET ROLE watcher; $whose"),
	"ordinary|SELECT a AS whose FROM item WHERE a = \$1|t|f\n$me|SELECT a AS whose FROM item WHERE a = \$1|t|f",
	'a member of pg_monitor sees everything');
is($node->safe_psql('counted', "SET ROLE ordinary; $whose"),
	"ordinary|SELECT a AS whose FROM item WHERE a = \$1|t|f\n$me|<insufficient privilege>|f|t",
	'others see their own statements');
$node->psql('counted', 'SET ROLE stranger; SELECT * FROM tend.plans', stderr => \my $stderr);
like($stderr, qr/permission denied/, 'and nothing without a grant');
$node->psql('counted', 'SET ROLE ordinary; SELECT tend.plans_reset()', stderr => \$stderr);
like($stderr, qr/permission denied/, 'nobody resets the plans by accident');
$node->psql('counted', "SET ROLE ordinary; SET pg_tend.plan_constants = on", stderr => \$stderr);
like($stderr, qr/permission denied/, 'or lets constants be kept');

# ---- without ids of queries ----

my $offset = log_size($node);
alter_system($node, 'SET compute_query_id = off');
$node->wait_for_log(qr/pg_tend does not track plans/, $offset);
forget();
run("SELECT a AS nameless FROM item WHERE a = 1;\nSELECT in_plpgsql(1);\n" x 2);
is($node->safe_psql('counted', "SELECT count(*) FROM tend.plans WHERE datname = 'counted'"), '0',
	'queries without ids are not tracked');
is($node->safe_psql('counted', "SELECT value, detail FROM tend.self WHERE part = 'plans' AND metric = 'query ids'"),
	'0|no plan is tracked: set compute_query_id to auto or on', 'tend.self says so');
alter_system($node, 'SET log_checkpoints = off') foreach 1 .. 3;
is(scalar(() = log_since($node, $offset) =~ /pg_tend does not track plans/g), 1, 'the log says it once');
alter_system($node, 'RESET compute_query_id');

# the parallel workers of sessions
is_deeply([ grep { !/ERROR:  (?:no|could not (?:attach to dynamic shared area|map dynamic shared memory segment))$/ } log_errors($node, 0) ],
	[], 'no error but those of sessions');
$node->stop;
done_testing();
