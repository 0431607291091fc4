# The fingerprint of a plan: stable over all that changes nothing about what is
# done, and another one when something else is done.

use strict;
use warnings;
use Carp;
use FindBin;
use lib "$FindBin::Bin/../perl";
use File::Temp;
use PgTend;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('fingerprint', conf => <<'END');
pg_tend.track_plans = all
compute_query_id = on
jit = off
max_parallel_workers = 8
END
my $database = 'postgres';

$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');

# ---- asking ----

# Run statements in a session of their own; returns "planid shapeid" of each
# plan of a query that matches.
sub plans_seen
{
	my ($regexp, $sql) = @_;

	$node->safe_psql($database, 'CREATE EXTENSION IF NOT EXISTS pg_tend; SELECT tend.plans_reset()');
	$node->safe_psql($database, $sql);

	my $rows = "FROM tend.plans WHERE datname = '$database'"
	  . " AND query ~ '$regexp' AND query NOT LIKE '%tend.%'";
	$node->poll_query_until('postgres', "SELECT count(*) > 0 $rows") or return;
	return split /\n/,
	  $node->safe_psql('postgres',
		"SELECT DISTINCT planid || ' ' || shapeid $rows ORDER BY 1");
}

# A case is [ statements, settings... ].  All tables of the tests are named
# "item..." or "part...".
sub plans_of
{
	my ($sql, @settings) = @_;

	return plans_seen('item|part', join('', map { "SET $_;\n" } @settings) . $sql);
}

# The one plan of a case
sub plan_of
{
	my @plans = plans_of(@_);

	croak scalar(@plans) . " plans: $_[0]" unless @plans == 1;
	return $plans[0];
}

# The plan that all cases have
sub is_one_plan
{
	my ($name, @cases) = @_;
	my %seen;

	foreach my $case (@cases)
	{
		push @{ $seen{$_} }, $case->[0] foreach plans_of(@$case);
	}
	my @plans = keys %seen;
	is(scalar(@plans), 1, "same plan: $name")
	  or diag(join "\n", map { "$_: " . join('; ', @{ $seen{$_} }) } @plans);
	return;
}

# No case has the plan of another
sub are_different
{
	my ($name, @cases) = @_;
	my %seen;

	push @{ $seen{ plan_of(@$_) } }, "@$_" foreach @cases;
	is(join("\n", map { @$_ > 1 ? @$_ : () } values %seen), '', "other plan: $name");
	return;
}

# The same before and after something was done
sub survives
{
	my ($name, $case, $deed) = @_;
	my $before = plan_of(@$case);

	$deed->();
	is(plan_of(@$case), $before, "same plan: $name");
	return;
}

# The statement changes its plan, but not the shape of it
sub uses_other_index
{
	my ($name, $case, $ddl) = @_;
	my ($planid, $shapeid) = split / /, plan_of(@$case);

	sql($ddl);
	my @after = split / /, plan_of(@$case);
	isnt($after[0], $planid, "other plan: $name");
	is($after[1], $shapeid, "same shape: $name");
	return;
}

sub sql { $node->safe_psql($database, $_[0]); return; }

# What the planner may use: one way only
my @index = ('enable_seqscan = off', 'enable_bitmapscan = off', 'enable_indexonlyscan = off');
my @seq = ('enable_indexscan = off', 'enable_bitmapscan = off', 'enable_indexonlyscan = off');
my @bitmap = ('enable_seqscan = off', 'enable_indexscan = off', 'enable_indexonlyscan = off');
my @only = ('enable_seqscan = off', 'enable_bitmapscan = off');
my @parallel = (
	'parallel_setup_cost = 0', 'parallel_tuple_cost = 0',
	'min_parallel_table_scan_size = 0', 'min_parallel_index_scan_size = 0');
my @hash = ('enable_mergejoin = off', 'enable_nestloop = off');
my @merge = ('enable_hashjoin = off', 'enable_nestloop = off');
my @nested = ('enable_hashjoin = off', 'enable_mergejoin = off');

my $schema = <<'SQL';
CREATE TYPE state AS ENUM ('open', 'closed');
CREATE FUNCTION half(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 2';
CREATE FUNCTION near(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN RETURN abs($1 - $2) < 2; END';
CREATE OPERATOR === (FUNCTION = near, LEFTARG = int, RIGHTARG = int);
CREATE TABLE item (a int PRIMARY KEY, b int, c text, s state, d int);
CREATE TABLE item_of (a int, n int);
CREATE INDEX item_half ON item (half(d)) WHERE s = 'open';
CREATE INDEX item_of_a ON item_of (a);
SQL
my $rows = <<'SQL';
INSERT INTO item SELECT i, i % 100, 'c' || i,
       CASE WHEN i % 10 = 0 THEN 'open' ELSE 'closed' END::state, i FROM generate_series(1, 5000) i;
INSERT INTO item_of SELECT i % 5000, i FROM generate_series(1, 20000) i;
VACUUM ANALYZE item, item_of;
SQL
sql($schema);
sql($rows);

my $by_key = 'SELECT b FROM item WHERE a = 1';
my $join = 'SELECT count(*) FROM item JOIN item_of ON item.a = item_of.a WHERE item.b < 50';

# ---- constants ----

is_one_plan('another literal', [ $by_key, @index ], [ 'SELECT b FROM item WHERE a = 4711', @index ]);
is_one_plan(
	'IN lists of any length, by an index',
	map { [ "SELECT b FROM item WHERE a IN ($_)", @index ] } 1, '1, 2, 3', join(', ', 1 .. 60));
is_one_plan(
	'IN lists of any length, by a bitmap',
	map { [ "SELECT c FROM item WHERE a IN ($_)", @bitmap ] } 1, '1, 2, 3', join(', ', 1 .. 60));
is_one_plan(
	'IN and NOT IN lists of any length, as a filter',
	map { [ "SELECT c FROM item WHERE b IN ($_) AND d NOT IN ($_)", @seq ] } 1, '1, 2, 3');
is_one_plan(
	'lists of rows',
	map { [ "SELECT c FROM item WHERE (b, d) IN ($_)", @seq ] } '(1, 2), (2, 3)', '(1, 2), (2, 3), (3, 4)');
is_one_plan(
	'a value however it is written',
	map { [ "SELECT b FROM item WHERE a = $_", @index ] } '7', '7 + 1', 'length(current_user)');
is_one_plan(
	'an own operator',
	map { [ "SELECT b FROM item WHERE d === $_", @seq ] } 7, 12);
is_one_plan(
	'LIMIT', map { [ "SELECT b FROM item ORDER BY a LIMIT $_", @index ] } 1, 1000);

# ---- generic and custom, and all ways to a plan ----

my $prepare = 'PREPARE p (int) AS SELECT b FROM item WHERE a = $1; EXECUTE p(1); EXECUTE p(2);';
is_one_plan(
	'prepared, generic and custom',
	[ $by_key, @index ],
	[ $prepare, @index, 'plan_cache_mode = force_custom_plan' ],
	[ $prepare, @index, 'plan_cache_mode = force_generic_plan' ],
	[ $prepare . join('', map { "EXECUTE p($_);" } 3 .. 9), @index ]);
is_one_plan(
	'optional conditions, generic and custom',
	map {
		[
			'PREPARE p (int, int) AS SELECT c FROM item WHERE ($1 IS NULL OR b = $1) AND d > $2; EXECUTE p(1, 2);',
			@seq, "plan_cache_mode = $_" ]
	} 'force_custom_plan', 'force_generic_plan');
is_one_plan('a cursor',
	[ "BEGIN; DECLARE c CURSOR FOR $by_key; FETCH c; COMMIT;", @index ], [ $by_key, @index ]);
is_one_plan('CREATE TABLE AS',
	[ "CREATE TEMP TABLE itemized AS $by_key;", @index ], [ $by_key, @index ]);
is_one_plan('a function',
	[ "DO \$\$ DECLARE i int := 1; r int; BEGIN SELECT b INTO r FROM item WHERE a = i; END \$\$", @index ],
	[ $by_key, @index ]);
is_one_plan('EXPLAIN ANALYZE', [ "EXPLAIN ANALYZE $by_key", @index ], [ $by_key, @index ]);

foreach my $dml (
	'UPDATE item SET b = %1$d WHERE a = %1$d',
	'DELETE FROM item WHERE a = -%1$d',
	'INSERT INTO item (a) VALUES (-%1$d) ON CONFLICT (a) DO NOTHING',
	'INSERT INTO item_of SELECT a, b FROM item WHERE a = -%1$d',
	'MERGE INTO item USING item_of o ON item.a = o.a AND o.a = -%1$d'
	  . ' WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING')
{
	is_one_plan($dml =~ s/%1\$d/…/gr, map { [ sprintf($dml, $_), @index, @nested ] } 1, 2);
}
sql('DELETE FROM item WHERE a < 0');

# ---- maintenance and names ----

survives('REINDEX CONCURRENTLY', [ $by_key, @index ],
	sub { sql('REINDEX INDEX CONCURRENTLY item_pkey') });
survives('REINDEX CONCURRENTLY, arbiter of a conflict',
	[ 'INSERT INTO item (a) VALUES (1) ON CONFLICT (a) DO NOTHING' ],
	sub { sql('REINDEX TABLE CONCURRENTLY item') });
survives('VACUUM FULL and ANALYZE', [ $join, @hash ], sub { sql('VACUUM FULL item; ANALYZE') });
survives('restart', [ $join, @hash ], sub { $node->restart });

{
	my $case = [ 'SELECT c FROM item WHERE half(d) = 5 AND s = \'open\'', @index ];
	my $renamed = 'SELECT c FROM other.goods AS item WHERE half(price) = 5 AND s = \'open\'';
	my $before = plan_of(@$case);

	sql(<<'SQL');
CREATE SCHEMA other;
ALTER TABLE item SET SCHEMA other;
ALTER TABLE other.item RENAME TO goods;
ALTER TABLE other.goods RENAME d TO price;
ALTER INDEX other.item_half RENAME TO goods_half;
SQL
	is(plan_of($renamed, @index), $before, 'same plan: renamed table, schema, column and index');
	sql(<<'SQL');
ALTER TABLE other.goods RENAME price TO d;
ALTER TABLE other.goods RENAME TO item;
ALTER TABLE other.item SET SCHEMA public;
ALTER INDEX goods_half RENAME TO item_half;
DROP SCHEMA other;
SQL
}

# Into a database where all OIDs are others
{
	my $dump = File::Temp->new;
	my @cases = (
		[ 'SELECT c FROM item WHERE half(d) = 5 AND s = \'open\'', @index ],
		[ 'SELECT c FROM item WHERE d === 5 ORDER BY c', @seq ],
		[ $join, @hash ]);
	my @before = map { plan_of(@$_) } @cases;

	$node->run_log([ 'pg_dump', '-d', $node->connstr('postgres'), '-N', 'tend', '-f', $dump->filename,
			'-t', 'item*' ]);
	$node->safe_psql('postgres', 'CREATE DATABASE copy');
	$database = 'copy';
	sql("CREATE TABLE shift (); $schema; DROP TABLE item, item_of;");
	$node->run_log([ 'psql', '-q', '-d', $node->connstr('copy'), '-f', $dump->filename ]);
	sql('ANALYZE');
	my @after = map { plan_of(@$_) } @cases;
	is("@after", "@before", 'same plans: dump and restore');
	$database = 'postgres';
}

# ---- partitions ----

# Partitions get other numbers for the columns, and are partitioned themselves.
my $partitions = 30;
sql(<<"SQL");
CREATE TABLE part (k int, v int, w text, x int) PARTITION BY RANGE (k);
CREATE TABLE part_0 (gone int, w text, x int, k int NOT NULL, v int);
ALTER TABLE part_0 DROP gone;
ALTER TABLE part ATTACH PARTITION part_0 FOR VALUES FROM (0) TO (1000);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (1000) TO (2000) PARTITION BY LIST (x);
CREATE TABLE part_1_a PARTITION OF part_1 FOR VALUES IN (0, 1, 2, 3, 4);
CREATE TABLE part_1_b PARTITION OF part_1 DEFAULT;
DO \$\$ BEGIN FOR i IN 2 .. $partitions LOOP
    EXECUTE format('CREATE TABLE part_%s PARTITION OF part FOR VALUES FROM (%s) TO (%s)', i, i * 1000, i * 1000 + 1000);
END LOOP; END \$\$;
CREATE INDEX part_k ON part (k, (v + 1)) WHERE w IS NOT NULL;
CREATE INDEX part_v ON part (v);
CREATE TABLE part_of (LIKE part) PARTITION BY RANGE (k);
DO \$\$ BEGIN FOR i IN 0 .. $partitions LOOP
    EXECUTE format('CREATE TABLE part_of_%s PARTITION OF part_of FOR VALUES FROM (%s) TO (%s)', i, i * 1000, i * 1000 + 1000);
END LOOP; END \$\$;
INSERT INTO part SELECT i, i % 7, 'w' || i, i % 10 FROM generate_series(0, ($partitions + 1) * 1000 - 1) i;
INSERT INTO part_of SELECT * FROM part;
ANALYZE part, part_of;
SQL

# below one partition, two, three of one that is partitioned, and all
my @below = (500, 1100, 2100, 1_000_000);

sub for_any_number_of_partitions
{
	my ($name, $sql, @settings) = @_;

	is_one_plan("any number of partitions: $name",
		map { [ $sql =~ s/\$/$_/gr, @settings, 'max_parallel_workers_per_gather = 0' ] } @below);
	return;
}

for_any_number_of_partitions('sequential scan', 'SELECT sum(v) FROM part WHERE k < $', @seq);
for_any_number_of_partitions('index scan', 'SELECT sum(v) FROM part WHERE k < $ AND v + 1 = 3 AND w IS NOT NULL', @index);
for_any_number_of_partitions('bitmap scan', 'SELECT sum(v) FROM part WHERE k < $ AND v + 1 = 3 AND w IS NOT NULL', @bitmap);
for_any_number_of_partitions('in order of the partitions', 'SELECT k, v FROM part WHERE k < $ AND w IS NOT NULL ORDER BY k LIMIT 5', @index);
for_any_number_of_partitions('sorted afterwards', 'SELECT k, v FROM part WHERE k < $ ORDER BY x LIMIT 5', @seq);
for_any_number_of_partitions('merged', 'SELECT k, v FROM part WHERE k < $ ORDER BY v LIMIT 5', @index);
for_any_number_of_partitions('what comes after them',
	'SELECT count(*) FROM part p, (SELECT a, random() r FROM item WHERE b < 3 OFFSET 0) i WHERE p.k < $ AND p.v = i.a',
	@seq, @hash);
for_any_number_of_partitions('correlated subquery',
	'SELECT count(*) FROM part p WHERE k < $ AND v > (SELECT count(*) FROM item_of i WHERE i.a = p.k AND i.n < p.x)', @index);
for_any_number_of_partitions('nested loop',
	'SELECT count(*) FROM part p JOIN item i ON i.a = p.v WHERE p.k < $', @nested, @index, 'enable_memoize = off', 'enable_material = off');
for_any_number_of_partitions('hash join', 'SELECT count(*) FROM part p JOIN part_of o USING (k, v) WHERE p.k < $ AND o.k < $', @seq, @hash);
for_any_number_of_partitions('partitionwise join',
	'SELECT count(*) FROM part_of p JOIN part_of o USING (k) WHERE p.k < $ AND o.k < $',
	@seq, @hash, 'enable_partitionwise_join = on');
for_any_number_of_partitions('UPDATE', 'UPDATE part SET w = w || \'.\' WHERE k < $ AND v = 10', @seq);
for_any_number_of_partitions('DELETE', 'DELETE FROM part WHERE k < $ AND v = 10', @seq);

# one partition needs no partial aggregates
is_one_plan('two or more partitions: partitionwise aggregate',
	map {
		[
			"SELECT v, count(*) FROM part_of WHERE k < $_ GROUP BY v",
			@seq, 'enable_partitionwise_aggregate = on', 'enable_sort = off',
			'max_parallel_workers_per_gather = 0' ]
	} 1100, 1_000_000);
is_one_plan('pruned at run time',
	map {
		[
			'PREPARE p (int) AS SELECT sum(v) FROM part WHERE k < $1; EXECUTE p(500); EXECUTE p(20000);',
			@seq, 'max_parallel_workers_per_gather = 0', "plan_cache_mode = $_" ]
	} 'force_custom_plan', 'force_generic_plan');
are_different(
	'partitions that are treated differently',
	[ 'SELECT sum(v) FROM part WHERE k < 500 AND w IS NOT NULL', @index, 'max_parallel_workers_per_gather = 0' ],
	[ 'SELECT sum(v) FROM part WHERE k < 500 AND w IS NOT NULL', @seq, 'max_parallel_workers_per_gather = 0' ]);

# ---- workers ----

my $parallel = 'SELECT sum(b) FROM item WHERE d > 7';
sql('ALTER TABLE item SET (parallel_workers = 6)');
is_one_plan(
	'workers, planned and launched',
	[ $parallel, @seq, @parallel, 'max_parallel_workers_per_gather = 1' ],
	[ $parallel, @seq, @parallel, 'max_parallel_workers_per_gather = 4' ],
	[ $parallel, @seq, @parallel, 'max_parallel_workers_per_gather = 4', 'max_parallel_workers = 0' ]);
are_different(
	'with workers and without',
	map { [ $parallel, @seq, @parallel, "max_parallel_workers_per_gather = $_" ] } 0, 2);
sql('ALTER TABLE item RESET (parallel_workers)');
is_one_plan('parallel scans of any number of partitions',
	map { [ "SELECT sum(v) FROM part WHERE k < $_", @seq, @parallel, 'max_parallel_workers_per_gather = 2' ] } @below);

# ---- joins ----

are_different('join method', [ $join, @hash ], [ $join, @merge ], [ $join, @nested ]);
are_different('memoized or not',
	map { [ 'SELECT count(i.c) FROM item o LEFT JOIN item i ON i.a = o.b', @nested, "enable_memoize = $_" ] } 'on', 'off');
{
	my $case = [ 'SELECT count(*) FROM item i JOIN item_of o ON o.a = i.a', @hash ];
	my ($planid, $shapeid) = split / /, plan_of(@$case);

	# the smaller table is the one to hash
	sql('CREATE TABLE kept AS SELECT * FROM item_of; DELETE FROM item_of WHERE n > 100; VACUUM ANALYZE item_of;');
	my @after = split / /, plan_of(@$case);
	sql('INSERT INTO item_of SELECT * FROM kept WHERE n > 100; DROP TABLE kept; VACUUM ANALYZE item_of;');
	isnt($after[0], $planid, 'other plan: the other side is hashed');
	is($after[1], $shapeid, 'same shape: the other side is hashed');
}

# ---- access paths ----

are_different(
	'access path',
	[ 'SELECT a FROM item WHERE a = 5', @index ],
	[ 'SELECT a FROM item WHERE a = 5', @seq ],
	[ 'SELECT a FROM item WHERE a = 5', @bitmap ],
	[ 'SELECT a FROM item WHERE a = 5', @only ]);
are_different(
	'direction of the scan',
	[ 'SELECT a FROM item ORDER BY a LIMIT 1', @index ],
	[ 'SELECT a FROM item ORDER BY a DESC LIMIT 1', @index ]);
are_different(
	'tid scan',
	[ 'SELECT a FROM item WHERE ctid = \'(0,1)\'' ],
	[ 'SELECT a FROM item WHERE ctid = \'(0,1)\'', 'enable_tidscan = off' ]);
are_different(
	'groups by hashing or sorting',
	[ 'SELECT b, count(*) FROM item GROUP BY b', 'enable_sort = off' ],
	[ 'SELECT b, count(*) FROM item GROUP BY b', 'enable_hashagg = off' ]);
are_different(
	'sorted in one go or in steps',
	map { [ 'SELECT a, b FROM item ORDER BY a, b LIMIT 5', @index, "enable_incremental_sort = $_" ] } 'on', 'off');
are_different(
	'subplan hashed or not',
	map { [ 'SELECT a FROM item WHERE a NOT IN (SELECT n FROM item_of)', "work_mem = '$_'" ] } '64MB', '64kB');
are_different(
	'columns of a filter',
	map { [ "SELECT c FROM item WHERE $_ > 1", @seq ] } 'b', 'd');
are_different(
	'keys of a sort',
	map { [ "SELECT c FROM item ORDER BY $_", @seq ] } 'b', 'd', 'b DESC', 'b, d');

# ---- indexes ----

my $two = 'SELECT c FROM item WHERE b = 7 AND d = 107';
sql('CREATE INDEX item_x ON item (b)');
uses_other_index('on another column', [ $two, @index ], 'DROP INDEX item_x; CREATE INDEX item_x ON item (d)');
uses_other_index('that is unique', [ $two, @index ], 'DROP INDEX item_x; CREATE UNIQUE INDEX item_x ON item (d)');
uses_other_index('in falling order', [ $two, @index ], 'DROP INDEX item_x; CREATE INDEX item_x ON item (d DESC)');
uses_other_index('with more columns', [ $two, @index ], 'DROP INDEX item_x; CREATE INDEX item_x ON item (d, c)');
uses_other_index('with included columns', [ $two, @index ], 'DROP INDEX item_x; CREATE INDEX item_x ON item (d) INCLUDE (c)');
uses_other_index('of another kind', [ $two, @index ], 'DROP INDEX item_x; CREATE INDEX item_x ON item USING hash (d)');
uses_other_index('of some rows', [ $two, @index ], 'DROP INDEX item_x; CREATE INDEX item_x ON item (d) WHERE d > 10');
uses_other_index('of other rows', [ $two, @index ], 'DROP INDEX item_x; CREATE INDEX item_x ON item (d) WHERE d > 20');
survives('an index made again', [ $two, @index ],
	sub { sql('CREATE INDEX item_y ON item (d) WHERE d > 20; DROP INDEX item_x; ALTER INDEX item_y RENAME TO item_x') });
sql('DROP INDEX item_x; CREATE INDEX item_x ON item (c COLLATE "C")');
uses_other_index('with other operators',
	[ 'SELECT b FROM item WHERE c COLLATE "C" = \'c7\'', @index ],
	'DROP INDEX item_x; CREATE INDEX item_x ON item (c COLLATE "C" text_pattern_ops)');
sql('DROP INDEX item_x; CREATE INDEX item_x ON item (half(b)) WHERE s = \'open\'');
survives('constants of a definition', [ 'SELECT c FROM item WHERE half(b) = 5 AND s = \'open\'', @index ],
	sub { sql('REINDEX INDEX CONCURRENTLY item_x') });

# In the index or after it: the condition on d moves.
{
	my $case = [ $two, @index ];

	sql('DROP INDEX item_x; CREATE INDEX item_x ON item (b, d)');
	my ($planid, $shapeid) = split / /, plan_of(@$case);
	sql('DROP INDEX item_x; CREATE INDEX item_x ON item (b) INCLUDE (d)');
	my @after = split / /, plan_of(@$case);
	isnt($after[0], $planid, 'other plan: where a condition is checked');
	isnt($after[1], $shapeid, 'other shape: where a condition is checked');
	sql('DROP INDEX item_x');
}

# ---- foreign tables ----

sub has_extension
{
	my ($name) = @_;

	return $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = '$name'");
}

SKIP:
{
	skip 'file_fdw is not there', 2 unless has_extension('file_fdw');
	my $file = File::Temp->new;

	print $file "1\n2\n";
	close $file;
	chmod 0644, $file->filename;
	sql(<<"SQL");
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE item_file (a int) SERVER files OPTIONS (filename '@{[ $file->filename ]}', format 'csv');
SQL
	is_one_plan('file_fdw', map { [ "SELECT a FROM item_file WHERE a > $_" ] } 1, 2);
	are_different('file_fdw', [ 'SELECT a FROM item_file WHERE a > 1' ], [ 'SELECT a FROM item_file' ]);
}

SKIP:
{
	skip 'postgres_fdw is not there', 4 unless has_extension('postgres_fdw');

	sql(<<"SQL");
CREATE EXTENSION postgres_fdw;
CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host '@{[ $node->host ]}', port '@{[ $node->port ]}', dbname 'copy');
CREATE USER MAPPING FOR CURRENT_USER SERVER self;
CREATE FOREIGN TABLE far_item (a int, b int) SERVER self OPTIONS (table_name 'item');
CREATE FOREIGN TABLE far_item_of (a int, n int) SERVER self OPTIONS (table_name 'item_of');
SQL
	is_one_plan('postgres_fdw', map { [ "SELECT b FROM far_item WHERE a = $_" ] } 1, 2);
	is_one_plan('postgres_fdw, a join', map { [ "SELECT count(*) FROM far_item JOIN far_item_of USING (a) WHERE n = $_" ] } 1, 2);
	is_one_plan('postgres_fdw, DML', map { [ "UPDATE far_item SET b = $_ WHERE a = $_" ] } 1, 2);
	are_different('postgres_fdw, condition sent or not',
		[ 'SELECT b FROM far_item WHERE a = 1' ], [ 'SELECT b FROM far_item WHERE a = 1 + random()' ]);
}

done_testing();
