# Which nodes of which executions are compared with the planner's estimates:
# all kinds of them, but only those that ran to their end and did what they
# were planned for.  And nothing that happens meanwhile is the user's trouble.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = tend_node('sampling', conf => <<'END');
compute_query_id = on
pg_tend.enabled = off
pg_tend.estimate_sample_rate = 1
pg_tend.track_plans = all
log_min_error_statement = panic
jit = off
max_parallel_workers_per_gather = 0
max_parallel_workers = 8
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'shop');

# Ask without being sampled
sub ask
{
	my ($sql) = @_;
	local $ENV{PGOPTIONS} = '-c pg_tend.estimate_sample_rate=0 -c pg_tend.track_plans=none';

	return $node->safe_psql('shop', $sql);
}

sub metric
{
	return ask("SELECT value FROM tend.self WHERE part = 'misestimates' AND metric = '$_[0]'");
}

# What is known: "table columns cause samples", sorted
sub known
{
	return ask("SELECT string_agg(concat_ws(' ', table_name, array_to_string(columns, ','), cause, samples), '; '"
		  . " ORDER BY table_name, columns, cause) FROM tend.misestimates");
}

# What is known when something was done, and nothing before.  What finds the store
# in use for longer than a moment is dropped: then it is done again.
sub known_after
{
	my ($do) = @_;
	my $dropped;
	my $known;

	do
	{
		ask('SELECT tend.misestimates_reset()');
		$dropped = metric('dropped nodes');
		$do->();
		$known = known();
	} while (metric('dropped nodes') > $dropped);
	return $known;
}

# What execution of a script shows, which may fail
sub shows
{
	my ($sql, $expected, $name) = @_;

	is(known_after(sub { $node->psql('shop', $sql, on_error_stop => 0) }), $expected, $name);
	return;
}

# Does the plan of a statement contain this?  So that each test looks at the
# node that it is about.
sub has_node
{
	my ($settings, $sql, $like) = @_;

	like(ask("$settings EXPLAIN (COSTS off) $sql"), $like, "planned: $like");
	return;
}

ask(<<'SQL');
CREATE TABLE car (id int, make int, model int, name text, price int);
INSERT INTO car SELECT i, i % 100, i % 2000, 'name' || i % 2000, i % 777 FROM generate_series(0, 99999) i;
CREATE INDEX car_make ON car (make);
CREATE INDEX car_model ON car (model);
CREATE INDEX car_both ON car (make, model);
CREATE INDEX car_id ON car (id);
CREATE INDEX car_all ON car (id, make, model);
CREATE INDEX car_part ON car (price) WHERE make = 7;
CREATE TABLE small AS SELECT * FROM car LIMIT 500;
CREATE TABLE maker (id int, country int, land int);
INSERT INTO maker SELECT i, i % 100, i % 100 / 10 FROM generate_series(0, 9999) i;
CREATE TABLE one (id int);
INSERT INTO one VALUES (7);
CREATE TABLE fact (k int, v int);
INSERT INTO fact SELECT CASE WHEN i % 2 = 0 THEN 1 ELSE i % 5000 END, i FROM generate_series(1, 100000) i;
CREATE TABLE dim (k int, name text);
INSERT INTO dim SELECT i, 'dim' || i FROM generate_series(1, 5000) i;
CREATE INDEX fact_k ON fact (k);
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE car, small, maker, one, fact, dim;
SQL

my $seq = 'SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;';
my $index = 'SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;';
my $only = 'SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_indexscan = off;';
my $bitmap = 'SET enable_seqscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off;';
my $parallel = 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;'
  . ' SET min_parallel_table_scan_size = 0; SET min_parallel_index_scan_size = 0; ALTER TABLE car SET (parallel_workers = 2);';
my $both = 'make = 7 AND model = 107';
my $correlated = 'car make,model correlated columns 1';

# ---- all kinds of scans ----

foreach (
	[ $seq, 'count(price)', $both, qr/Seq Scan/ ],
	[ $index, 'count(price)', $both, qr/Index Scan using car_both/ ],
	[ "$index DROP INDEX car_both;", 'count(price)', $both, qr/Index Scan using car_model\s+on car\s+Index Cond: \(model = 107\)\s+Filter/ ],
	[ $only, 'count(*)', $both, qr/Index Only Scan/ ],
	[ $bitmap, 'count(price)', $both, qr/Bitmap Heap Scan/ ],
	[ "$bitmap DROP INDEX car_both; SET random_page_cost = 100; SET seq_page_cost = 100;", 'count(price)', $both, qr/BitmapAnd/ ],
	[ "$index DROP INDEX car_both, car_make, car_model;", 'count(id)', "$both AND price >= 0", qr/Index Scan using car_part/ ],
	[ "$bitmap DROP INDEX car_both, car_make, car_model;", 'count(id)', "$both AND price >= 0", qr/Bitmap Index Scan on car_part/ ],
	[ "$seq $parallel", 'count(price)', $both, qr/Parallel Seq Scan/ ],
	[ "$index DROP INDEX car_both, car_make, car_model, car_part, car_all; $parallel", 'count(price)', "$both AND id >= 0", qr/Parallel Index Scan/ ],
	[ "$bitmap DROP INDEX car_both, car_make, car_model; $parallel", 'count(price)', "$both AND id >= 0", qr/Parallel Bitmap Heap Scan/ ])
{
	my ($settings, $what, $where, $like) = @$_;

	has_node("BEGIN; $settings", "SELECT $what FROM car WHERE $where; ROLLBACK", $like);
	my $columns = $where =~ /price/ ? 'make,model,price' : $where =~ /id/ ? 'id,make,model' : 'make,model';
	shows("BEGIN; $settings SELECT $what FROM car WHERE $where; ROLLBACK", "car $columns correlated columns 1", 'and seen');
}
is(ask("SELECT round(actual_rows) FROM tend.misestimates"), '50', 'with the rows of all processes together');

# ---- functions of users ----

# Those of values run once more, not once for each estimate.
ask("CREATE SEQUENCE called; CREATE FUNCTION seven() RETURNS int LANGUAGE sql STABLE AS 'SELECT 7 + 0 * nextval(''called'')::int'");
my $calling = "$index SELECT count(price) FROM car WHERE make = seven() AND model = 107;";
ask($calling);
my $called = ask("SELECT last_value FROM called");
shows("SELECT setval('called', 1, false); $calling", $correlated, 'a condition that calls a function');
is(ask("SELECT last_value FROM called") - $called, '1', 'calls it once more');

# ---- where scans stand ----

shows("SELECT count(*) FROM (SELECT * FROM car WHERE $both OFFSET 0) c", $correlated, 'in a subquery');
shows("WITH c AS MATERIALIZED (SELECT * FROM car WHERE $both) SELECT count(*) FROM c", $correlated, 'in a WITH query');
shows("SELECT count(*) FROM maker WHERE id = ANY (ARRAY (SELECT id FROM car WHERE $both))", $correlated, 'in an array of rows');
shows("SET enable_nestloop = off; SELECT count(*) FROM one JOIN car ON car.make = one.id WHERE $both", $correlated, 'below a hash join');
shows("SELECT * FROM car WHERE $both ORDER BY name LIMIT 1", $correlated, 'below a sort, of which not all is read');
shows("BEGIN; UPDATE car SET price = 1 WHERE $both; ROLLBACK", $correlated, 'of UPDATE');
shows("BEGIN; DELETE FROM car WHERE $both; ROLLBACK", $correlated, 'of DELETE');
shows("BEGIN; INSERT INTO car SELECT * FROM car WHERE $both; ROLLBACK", $correlated, 'of INSERT');
shows("BEGIN; CREATE TABLE new AS SELECT * FROM car WHERE $both; ROLLBACK", $correlated, 'of CREATE TABLE AS');
shows("BEGIN; DECLARE c CURSOR FOR SELECT * FROM car WHERE $both; FETCH ALL FROM c; COMMIT", $correlated, 'of a cursor that is read in one go');
shows("PREPARE p (int, int) AS SELECT count(*) FROM car WHERE make = \$1 AND model = \$2; EXECUTE p(7, 107)", $correlated,
	'of a prepared statement');
append_to_file($node->basedir . '/script', "BEGIN;\nSELECT count(*) FROM car WHERE $both;\nCOMMIT;\n");
is( known_after(sub {
		$node->command_ok([ 'pgbench', '-n', '-M', 'prepared', '-t', '1', '-f', $node->basedir . '/script', $node->connstr('shop') ], 'the extended protocol');
	}),
	$correlated, 'is the same');

# ---- that did not do what was planned ----

shows("SELECT * FROM car WHERE $both LIMIT 5", '', 'stopped by LIMIT');
shows("SELECT * FROM car WHERE $both LIMIT 5000", $correlated, 'but not if there was no more');
shows("SET plan_cache_mode = force_custom_plan; $parallel $seq SELECT * FROM car WHERE $both LIMIT 5", '', 'stopped by LIMIT, with workers');
shows("BEGIN; DECLARE c CURSOR FOR SELECT * FROM car WHERE $both; FETCH 5 FROM c; COMMIT", '', 'a cursor that is not read to its end');
shows("BEGIN; DECLARE c CURSOR FOR SELECT * FROM car WHERE $both; FETCH 5 FROM c; FETCH ALL FROM c; COMMIT", '', 'a cursor that is read in parts');
shows("SELECT EXISTS (SELECT FROM car WHERE $both)", '', 'EXISTS');
shows("SELECT count(*) FROM one WHERE EXISTS (SELECT FROM car WHERE $both AND price <> one.id)", '', 'the inner side of a semijoin');
shows("SELECT count(*) FROM car WHERE $both AND (SELECT id = 0 FROM one)", '', 'what is never executed');
shows('SELECT count(*) FROM car WHERE make = (SELECT id FROM one) AND model = 107', '', 'a value that only execution knows');
shows("SELECT count(*) FROM car TABLESAMPLE BERNOULLI (100) WHERE $both", '', 'a sample of a table');
has_node($seq, "SELECT count(*) FROM car WHERE ctid < '(100000,0)' AND $both", qr/Tid Range Scan/);
shows("$seq SELECT count(*) FROM car WHERE ctid < '(100000,0)' AND $both", '', 'a range of row identifiers');
shows("SELECT count(*) FROM generate_series(1, 100000) g WHERE g % 2 = 0", '', 'rows of a function');
shows("SELECT count(*) FROM small WHERE $both", '', 'a small table');
shows("EXPLAIN SELECT count(*) FROM car WHERE $both", '', 'EXPLAIN');
shows("WITH gone AS (DELETE FROM one RETURNING id) SELECT count(*) FROM car WHERE $both AND false", '', 'a statement that goes on after its end');
ask('INSERT INTO one SELECT 7 WHERE NOT EXISTS (SELECT FROM one)');
shows("BEGIN; INSERT INTO car SELECT c.* FROM car c, generate_series(1, 400) WHERE $both; ROLLBACK", '',
	'a table that grew by the statement');
shows("SELECT count(*) FROM car WHERE $both; SELECT 1 / 0 FROM car WHERE $both", $correlated, 'a statement that fails');

# ---- joins and groups ----

my $join = "SELECT count(*) FROM fact JOIN dim USING (k) WHERE dim.name = 'dim1'";
has_node('SET enable_hashjoin = off; SET enable_mergejoin = off;', $join, qr/Nested Loop.*Index/s);
shows("SET enable_hashjoin = off; SET enable_mergejoin = off; $join", 'fact k join 1', 'a nested loop that takes values');
has_node('SET enable_nestloop = off; SET enable_mergejoin = off;', $join, qr/Hash Join/);
shows("SET enable_nestloop = off; SET enable_mergejoin = off; $join", 'fact k join 1', 'a hash join');
has_node("SET enable_nestloop = off; SET enable_mergejoin = off; $parallel ALTER TABLE fact SET (parallel_workers = 2);", $join, qr/Gather.*Hash Join/s);
shows("SET enable_nestloop = off; SET enable_mergejoin = off; $parallel $join", 'fact k join 1', 'a hash join with workers');

# each process scans it again and again, from its begin to its end
ask('CREATE TABLE lookup AS SELECT i AS k, i % 30 AS flag FROM generate_series(1, 60) i; ANALYZE lookup;'
	  . ' CREATE TABLE outside AS SELECT i AS k FROM generate_series(1, 3000) i; ALTER TABLE outside SET (parallel_workers = 2); ANALYZE outside');
my $loop = 'SELECT count(*) FROM outside o LEFT JOIN lookup l ON o.k >= l.k AND l.flag = 7';
my $plainly = "$parallel SET enable_material = off; SET enable_memoize = off;";
has_node($plainly, $loop, qr/Nested Loop.*Gather.*Parallel Seq Scan on outside.*Gather.*Parallel Seq Scan on lookup/s);
$node->safe_psql('shop', "$plainly $loop");
ask('ALTER TABLE lookup SET (parallel_workers = 0)');
has_node($plainly, $loop, qr/Gather.*Nested Loop.*Parallel Seq Scan on outside.* Seq Scan on lookup/s);
$node->safe_psql('shop', "$plainly $loop");
# again, where this finds the store in use
foreach (1 .. 20)
{
	$node->safe_psql('shop', 'SELECT count(*) FROM car WHERE price < 0');
	last if ask("SELECT count(*) FROM tend.wasted_scans WHERE table_name = 'car'");
}
is(ask("SELECT string_agg(table_name, ' ') FROM tend.wasted_scans WHERE table_name IN ('lookup', 'car')"), 'car',
	'a small table that is scanned often by workers is not a large scan');

my $groups = 'maker country,land correlated columns 1';
foreach (
	[ 'SET enable_sort = off;', 'SELECT country, land FROM maker GROUP BY country, land', qr/HashAggregate/ ],
	[ 'SET enable_hashagg = off;', 'SELECT country, land, count(*) FROM maker GROUP BY country, land', qr/GroupAggregate/ ],
	[ 'SET enable_hashagg = off;', 'SELECT country, land FROM maker GROUP BY country, land', qr/Group / ],
	[ 'SET enable_hashagg = off;', 'SELECT DISTINCT country, land FROM maker', qr/Unique/ ],
	[ '', 'SELECT country, land FROM maker GROUP BY country, land HAVING count(*) > 1000', qr/Filter/ ],
	[ '', 'SELECT count(*) FROM (SELECT DISTINCT land, country FROM maker) m', qr/Aggregate.*Aggregate/s ],
	[ "$parallel ALTER TABLE maker SET (parallel_workers = 2);", 'SELECT country, land, count(*) FROM maker GROUP BY country, land', qr/Finalize/ ])
{
	my ($settings, $sql, $like) = @$_;

	my $planned = ask("BEGIN; $settings EXPLAIN (COSTS off) $sql; ROLLBACK");
	like($planned, $like, "planned: $like");
	shows("BEGIN; $settings $sql; ROLLBACK", $groups, 'groups');
}
shows('SET enable_hashagg = off; SELECT country, land, count(*) FROM maker GROUP BY country, land LIMIT 1', '', 'groups of which not all are made');
shows('SELECT country, land, count(*) FROM maker GROUP BY CUBE (country, land)', '', 'groups by several sets of columns');
shows('SELECT m.country, o.id, count(*) FROM maker m, one o GROUP BY 1, 2', '', 'groups by columns of two tables');
shows('SELECT country, land + 0, count(*) FROM maker GROUP BY 1, 2', '', 'groups by expressions');

# ---- partitions ----

ask(<<'SQL');
CREATE TABLE part (make int, model int, at int) PARTITION BY RANGE (at);
CREATE TABLE part_1 (at int, model int, gone int, make int);
ALTER TABLE part_1 DROP gone;
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES FROM (0) TO (50000);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (50000) TO (100000) PARTITION BY RANGE (at);
CREATE TABLE part_2a PARTITION OF part_2 FOR VALUES FROM (50000) TO (100000);
INSERT INTO part SELECT i % 100, i % 1000, i FROM generate_series(0, 99999) i;
SELECT pg_stat_force_next_flush();
ANALYZE part;
SQL
shows("SELECT count(*) FROM part WHERE $both", 'part make,model correlated columns 2', 'partitions count for the table, with its columns');
shows("SELECT count(*) FROM part WHERE $both AND at < 50000", 'part make,model,at correlated columns 1', 'so does one');
shows("SELECT count(*) FROM part_2a WHERE $both", 'part make,model correlated columns 1', 'under its own name, too');
shows('SELECT make, model, count(*) FROM part GROUP BY 1, 2', 'part make,model correlated columns 1', 'groups of all partitions');

# ---- functions ----

ask("CREATE FUNCTION inner_one() RETURNS bigint LANGUAGE plpgsql AS \$\$ DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM car WHERE $both; RETURN n; END \$\$");
shows('SELECT inner_one()', $correlated, 'statements of functions');
shows("DO \$\$ BEGIN IF EXISTS (SELECT FROM car WHERE $both) THEN NULL; END IF; END \$\$", '', 'but not one that is stopped');
shows('SET pg_tend.track_plans = top; SELECT inner_one()', '', 'if they are tracked');
shows("SET pg_tend.track_plans = none; SELECT count(*) FROM car WHERE $both", '', 'and none without');

# ---- rights ----

ask(<<'SQL');
CREATE ROLE guest; GRANT SELECT (make, model) ON car TO guest;
CREATE FUNCTION leaky(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN $1 = $2; END $$;
CREATE OPERATOR ==== (LEFTARG = int, RIGHTARG = int, FUNCTION = leaky, RESTRICT = eqsel);
SQL
shows("SET ROLE guest; SELECT count(make) FROM car WHERE make ==== 7 AND model = 107", '', 'nothing that a function could tell a user');
shows("SET ROLE guest; SELECT count(make) FROM car WHERE $both", $correlated, 'but what none can');
shows("SELECT count(make) FROM car WHERE make ==== 7 AND model = 107", $correlated, 'and what the user may read');

# ---- what users do meanwhile ----

# Its operator does something else once the statement has run.
ask(<<'SQL');
CREATE FUNCTION moody(int, int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    CASE current_setting('user.mood', true)
        WHEN 'fail' THEN RAISE EXCEPTION 'not today';
        WHEN 'sleep' THEN PERFORM set_config('user.mood', '', false); PERFORM pg_sleep(1);
        WHEN 'forever' THEN PERFORM pg_sleep(100);
        WHEN 'talk' THEN PERFORM 'talkative' FROM one;
        ELSE NULL;
    END CASE;
    RETURN $1 = $2;
END $$;
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = moody, RESTRICT = eqsel);
SQL

sub moody { return "SELECT count(*), set_config('user.mood', '$_[0]', false) FROM car WHERE make === 7 AND model = 107"; }

my $failures = metric('failures');
shows(moody('good'), $correlated, 'an operator of a user');
my ($rc, $out, $err) = $node->psql('shop', 'BEGIN; SAVEPOINT s; ' . moody('fail') . "; SELECT 'alive'; COMMIT");
like($out, qr/50\|fail\n?.*alive/s, 'an error in it is not that of the statement');
is($err, '', 'nor said to the user');
is(metric('failures') - $failures, 1, 'but counted');
($rc, $out, $err) = $node->psql('shop', "SET statement_timeout = '2s'; " . moody('forever'));
like($err, qr/canceling statement due to statement timeout/, 'a timeout is');
$node->safe_psql('shop', moody('talk'));
is(ask("SELECT count(*) FROM tend.plans WHERE query ~ 'talkative'"), '0', 'what runs in a look is not tracked');
ask('CREATE FUNCTION nested_look() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN ' . moody('sleep') . ' INTO r; RETURN r.count; END $$');
my $wall = time;
$node->safe_psql('shop', 'SELECT nested_look()');
$wall = 1000 * (time - $wall);
ok($node->poll_query_until('shop', "SELECT count(*) = 1 FROM tend.plans WHERE query ~ '^SELECT nested_look'"), 'tracked');
cmp_ok(ask("SELECT sum(total_exec_ms) FROM tend.plans WHERE query ~ '^SELECT nested_look'"), '<', $wall - 1000,
	'nor is its time that of the statement around it');

# ---- how often ----

sub sampled
{
	my ($sql) = @_;
	my $before = metric('sampled executions');

	$node->safe_psql('shop', $sql);
	return metric('sampled executions') - $before;
}

is(sampled('SET pg_tend.estimate_sample_rate = 0;' . 'SELECT 1;' x 100), 0, 'a rate of 0 does nothing');
is(sampled('SELECT 1;' x 100), 100, 'a rate of 1 takes all');
# a session that the machine stops in an early look has no time left for others
my $some = 0;
my $sessions = 0;
while ($some <= 10 && $sessions < 20)
{
	$some += sampled('SET pg_tend.estimate_sample_rate = 0.3;' . 'SELECT 1;' x 300);
	$sessions++;
}
ok($some > 10 && $some < 200 * $sessions, "a rate of 0.3 takes some: $some");
is(sampled(moody('sleep') . '; SET pg_tend.estimate_sample_rate = 0.3;' . 'SELECT 1;' x 300), 1,
	'none after a look that took long');
my $known;
do
{
	$wall = time;
	$known = known_after(sub { $node->safe_psql('shop', 'SET pg_tend.estimate_sample_rate = 0.9999;' . "SELECT count(*) FROM car WHERE $both;" x 10) });
} while (time - $wall >= 1);
is($known, $correlated, 'the same is not looked at twice in a second');
is($node->psql('shop', "SET ROLE guest; SET pg_tend.estimate_sample_rate = 1"), 3, 'users cannot set it');
$node->stop;
done_testing();
