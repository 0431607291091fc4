# tend.planner_inputs: what the planner knew of the tables of tracked plans,
# with a row when that has changed and none when it has not.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../perl";
use PgTend;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('inputs', conf => <<'END');
compute_query_id = on
max_parallel_workers_per_gather = 0
END
my $offset = log_size($node);

$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');

# Query tables, and wait for a visit that has seen these queries.  The table
# that is queried last is always new, so its row tells of that visit.
my $looks = 0;

sub look_at
{
	my (@tables) = @_;
	my $new = 'sentinel_' . ++$looks;

	$node->safe_psql('postgres', join "\n", "CREATE TABLE $new ();",
		map { "SELECT count(*) FROM $_;" } map { ($_) x 3 } @tables, $new);
	ask_until($node, 'postgres',
		"SELECT EXISTS (SELECT FROM tend.planner_inputs WHERE table_name = 'public.$new')");
	return;
}

sub rows_of
{
	my ($table) = @_;

	return $node->safe_psql('postgres',
		"SELECT count(*) FROM tend.planner_inputs WHERE relid = '$table'::regclass");
}

# Columns of the last row of a table
sub last_row
{
	my ($table, $columns) = @_;

	return $node->safe_psql('postgres',
		"SELECT $columns FROM tend.planner_inputs"
		  . " WHERE relid = '$table'::regclass ORDER BY at DESC LIMIT 1");
}

# Do something, look at a table, and count its new rows.
sub new_rows
{
	my ($table, @sql) = @_;
	my $before = rows_of($table);

	$node->safe_psql('postgres', $_) foreach @sql;
	look_at($table);
	return rows_of($table) - $before;
}

my $indexes = q{(SELECT string_agg(x->>'name' || CASE WHEN (x->>'valid')::bool THEN '' ELSE ' invalid' END, ', ' ORDER BY x->>'name') FROM jsonb_array_elements(indexes) x)};

# One statistic of a column
sub column
{
	my ($table, $name, $statistic) = @_;

	return last_row($table,
		"(SELECT x->>'$statistic' FROM jsonb_array_elements(columns) x WHERE x->>'name' = '$name')");
}

# ---- without statistics ----

$node->safe_psql('postgres', 'CREATE TABLE orders (id int PRIMARY KEY, customer int, note text)');
is(new_rows('orders'), 1, 'a table is noted when a query has used it');
is( last_row('orders', "table_name, last_analyze IS NULL, reltuples, relpages, allvisible, $indexes, columns"),
	'public.orders|t|-1|0|0|orders_pkey|[]',
	'without statistics nothing is said of its columns');
is(new_rows('orders'), 0, 'when nothing has changed there is no row');

# ---- growth ----

$node->safe_psql('postgres',
	"INSERT INTO orders SELECT i, i % 10, 'secret' FROM generate_series(1, 20000) i");
is(new_rows('orders'), 1, 'a table that grew is noted');
is( last_row('orders', "relpages = pg_relation_size('orders') / 8192, reltuples"),
	't|-1', 'with the pages of its file, whatever pg_class says');
is( new_rows('orders',
		"INSERT INTO orders SELECT i, i % 10, 'secret' FROM generate_series(20001, 20500) i"),
	0, 'but not for a few pages');

# ---- analyze ----

is(new_rows('orders', 'ANALYZE orders'), 1, 'an analyze is noted');
is( last_row('orders', 'last_analyze IS NOT NULL, reltuples, jsonb_array_length(columns)'),
	't|20500|3', 'with its time, and what it counted');
is(column('orders', 'id', 'n_distinct'), '-1', 'number of distinct values');
is(column('orders', 'id', 'correlation'), '1', 'correlation');
is(column('orders', 'id', 'top_frequency'), '', 'no most common value where there is none');
is(column('orders', 'customer', 'n_distinct'), '10', 'number of distinct values of another column');
cmp_ok(column('orders', 'customer', 'top_frequency'), '>', 0.09, 'how frequent the most common value is');
is(column('orders', 'customer', 'null_frac'), '0', 'NULLs');
is(column('orders', 'customer', 'target'), '-1', 'the default target of statistics');
is( $node->safe_psql('postgres', "SELECT count(*) FROM tend.planner_inputs p WHERE p::text LIKE '%secret%'"),
	'0', 'but never a value');

my $before = column('orders', 'customer', 'n_distinct');
# a visit may come in between, too
cmp_ok(
	new_rows('orders',
		'UPDATE orders SET customer = id',
		'ALTER TABLE orders ALTER customer SET STATISTICS 50',
		'ANALYZE orders'),
	'>', 0, 'an analyze that finds something else is noted');
is( column('orders', 'customer', 'n_distinct') . ' ' . column('orders', 'customer', 'target'),
	'-1 50', 'with what it found, and the new target');
is( $node->safe_psql('postgres', <<'SQL'), $before, 'what was known before is still there');
SELECT x->>'n_distinct'
  FROM (SELECT * FROM tend.planner_inputs WHERE relid = 'orders'::regclass ORDER BY at DESC OFFSET 1 LIMIT 1) p,
       jsonb_array_elements(columns) x WHERE x->>'name' = 'customer'
SQL

# Analyze tells that it was there before it commits.
my $analyzing = session($node, 'postgres');
$node->safe_psql('postgres', 'UPDATE orders SET customer = 7');
say_in($analyzing, 'BEGIN; ANALYZE orders;');
look_at('orders');
is(column('orders', 'customer', 'n_distinct'), '-1', 'before an analyze is committed the old statistics hold');
say_in($analyzing, 'COMMIT;');
close_session($analyzing);
look_at('orders');
is(column('orders', 'customer', 'n_distinct'), '1', 'the new ones are seen once it is');

my $analyzed = last_row('orders', 'last_analyze');
$node->safe_psql('postgres', 'SELECT pg_stat_reset()');
is(new_rows('orders'), 0, 'that statistics were reset is not noted');
is(new_rows('orders', 'CREATE INDEX orders_customer ON orders (customer)'), 1, 'a new index is');
is(last_row('orders', 'last_analyze'), $analyzed, 'the time of the last analyze is not lost');

# ---- indexes ----

is(last_row('orders', $indexes), 'orders_customer, orders_pkey', 'the new index is known');
is( new_rows('orders', "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_customer'::regclass"),
	1, 'an index that becomes invalid is noted');
is(last_row('orders', $indexes), 'orders_customer invalid, orders_pkey', 'as such');
is(new_rows('orders', 'DROP INDEX orders_customer'), 1, 'a dropped one is noted');
is(last_row('orders', $indexes), 'orders_pkey', 'it is gone');

# ---- pages that are all visible ----

is(new_rows('orders', 'VACUUM orders'), 1, 'a vacuum that made pages all visible is noted');
is(last_row('orders', "allvisible = (SELECT relallvisible FROM pg_class WHERE oid = 'orders'::regclass) AND allvisible > 100"),
	't', 'with their number');
is(new_rows('orders', 'VACUUM orders'), 0, 'another one is not');
my $visible = last_row('orders', 'allvisible');
is(new_rows('orders', 'UPDATE orders SET customer = 8', 'ANALYZE orders'), 1, 'that an update undid it, is');
cmp_ok(last_row('orders', 'allvisible'), '<', $visible / 2, 'by the numbers of the next analyze');

# ---- partitioned tables ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE measures (day int, sensor int) PARTITION BY RANGE (day);
CREATE TABLE measures_old PARTITION OF measures FOR VALUES FROM (0) TO (100);
CREATE TABLE measures_new PARTITION OF measures FOR VALUES FROM (100) TO (200) PARTITION BY LIST (sensor);
CREATE TABLE measures_new_1 PARTITION OF measures_new FOR VALUES IN (1);
CREATE TABLE measures_new_2 PARTITION OF measures_new DEFAULT;
CREATE INDEX measures_day ON measures (day);
INSERT INTO measures SELECT i % 200, i % 3 FROM generate_series(1, 30000) i;
ANALYZE measures;
SQL
look_at('measures', 'measures_new_1');
is( last_row('measures', "reltuples, relpages = (SELECT sum(pg_relation_size(oid)) / 8192 FROM pg_class WHERE relname ~ '^measures_(old|new_.)\$'), $indexes"),
	'30000|t|measures_day', 'a partitioned table has the rows and pages of its partitions, and its own indexes');
is( column('measures', 'sensor', 'n_distinct') . ' ' . column('measures_new_1', 'sensor', 'n_distinct'),
	'3 1', 'its statistics are those of the whole');
is(new_rows('measures', 'DROP TABLE measures_new_2'), 1, 'a partition less is noted');
is(last_row('measures', 'reltuples'), '20000', 'so are its rows');

# ---- names, and many of everything ----

my $odd = q{"odd ""schema"" %s"."odd 'table' \\\\"};
$node->safe_psql('postgres', <<"SQL");
CREATE SCHEMA "odd ""schema"" %s";
CREATE TABLE $odd ("odd ""column""" int);
CREATE INDEX "odd ""index""" ON $odd ("odd ""column""");
INSERT INTO $odd SELECT 1 FROM generate_series(1, 100);
ANALYZE $odd;
SQL
look_at($odd);
is( $node->safe_psql('postgres', <<'SQL'), 't|odd "index"|odd "column"', 'odd names are kept as they are');
SELECT table_name::regclass = relid, indexes->0->>'name', columns->0->>'name'
  FROM tend.planner_inputs WHERE table_name LIKE '"odd%'
SQL

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE wide (id int);
INSERT INTO wide VALUES (1);
DO $$
BEGIN
    FOR i IN 1 .. 70 LOOP
        EXECUTE format('ALTER TABLE wide ADD c%s int DEFAULT 1', i);
        EXECUTE format('CREATE INDEX ON wide (c%s)', i);
    END LOOP;
END
$$;
ANALYZE wide;
SQL
look_at('wide');
is(last_row('wide', 'jsonb_array_length(indexes), jsonb_array_length(columns)'),
	'64|64', 'of many indexes and columns the first are kept');

# ---- what is no table, and locks ----

$node->safe_psql('postgres', <<'SQL');
CREATE VIEW orders_view AS SELECT * FROM orders;
SQL
# no visit can see one that is gone before its transaction is over
$node->safe_psql('postgres', <<'SQL');
CREATE TEMP TABLE passing (id int);
SELECT count(*) FROM passing;
SELECT count(*) FROM passing;
SELECT count(*) FROM passing;
BEGIN;
CREATE TABLE gone (id int);
SELECT count(*) FROM gone;
SELECT count(*) FROM gone;
SELECT count(*) FROM gone;
DROP TABLE gone;
COMMIT;
SQL
look_at('orders_view');
is( $node->safe_psql('postgres',
		"SELECT count(*) FROM tend.planner_inputs WHERE table_name ~ 'passing|orders_view|gone'"),
	'0', 'views, temporary tables and tables that are gone have no rows');

# While somebody has our own table, visits come again later: so the one that
# sees these queries finds their tables locked.
my $delay = session($node, 'postgres');
my $locker = session($node, 'postgres');
my $rows = rows_of('orders');
say_in($delay, 'BEGIN; LOCK tend.history_ring;');
$node->safe_psql('postgres', join ' ', 'INSERT INTO orders SELECT generate_series(30001, 130000);',
	('SELECT count(*) FROM orders; SELECT count(*) FROM measures;') x 3);
say_in($locker, 'BEGIN; LOCK orders, measures;');
is(rows_of('orders'), $rows, 'a visit that has to see what changed');
say_in($delay, 'COMMIT;');
close_session($delay);
wait_for_visits($node, 'postgres', 2);
is(rows_of('orders'), $rows, 'does not wait for a table that is locked');
close_session($locker);
$node->safe_psql('postgres', 'SELECT count(*) FROM orders; SELECT count(*) FROM orders;');
ask_until($node, 'postgres',
	"SELECT count(*) > $rows FROM tend.planner_inputs"
	  . " WHERE relid = (SELECT oid FROM pg_class WHERE relname = 'orders')",
	'but comes back to it when it is used again');

is(failures($node, 'postgres'), 0, 'no visit failed');
is_quiet($node, $offset, 'and nothing was an error');

$node->stop;
done_testing();
