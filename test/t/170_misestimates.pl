# What the planner gets wrong is found in sampled executions, ascribed to its
# cause, kept over a restart and forgotten with its tables; and no value of the
# data gets anywhere.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('estimates', allows_streaming => 1, conf => <<'END');
compute_query_id = on
pg_tend.estimate_sample_rate = 1
log_min_error_statement = panic
log_error_verbosity = terse
max_parallel_workers_per_gather = 0
jit = off
max_connections = 60
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'shop');

# Everything that is secret has this in it, the numbers too.
my $mark = 's3cr3t';
my $digits = '735173517';

# Ask without being sampled
sub ask
{
	my ($sql, $datname, $server) = @_;
	local $ENV{PGOPTIONS} = '-c pg_tend.estimate_sample_rate=0 -c pg_tend.track_plans=none';

	return ($server || $node)->safe_psql($datname || 'shop', $sql);
}

sub wait_until
{
	my ($condition, $name) = @_;
	local $ENV{PGOPTIONS} = '-c pg_tend.estimate_sample_rate=0 -c pg_tend.track_plans=none';

	return ok($node->poll_query_until('shop', $condition), $name);
}

sub metric
{
	my ($metric, $server) = @_;

	return ask("SELECT value FROM tend.self WHERE part = 'misestimates' AND metric = '$metric'", 'shop', $server);
}

# What is said of a table
sub known
{
	my ($table) = @_;

	return ask("SELECT string_agg(format('%s: %s, %s', array_to_string(columns, ' '), cause,"
		  . " CASE WHEN actual_rows > expected_rows THEN 'more' ELSE 'fewer' END), '; ' ORDER BY columns, cause)"
		  . " FROM tend.misestimates WHERE relid = '$table'::regclass");
}

# Execute statements as samples.  What finds the store in use for longer than a
# moment is dropped: then it is done again.
sub sample
{
	my ($sql, $datname, $server) = @_;
	my $dropped;

	do
	{
		$dropped = metric('dropped nodes', $server);
		($server || $node)->safe_psql($datname || 'shop', $sql);
	} while (metric('dropped nodes', $server) > $dropped);
	return;
}

# Execute it a few times, and see what is said of a table then.
sub learns
{
	my ($table, $sql, $expected, $name) = @_;

	sample("SELECT tend.misestimates_reset('$table');\n" . "$sql;\n" x 3);
	is(known($table), $expected, $name);
	return;
}

# ---- each cause ----

ask(<<"SQL");
CREATE TABLE car (make int, model int, name text);
INSERT INTO car SELECT i % 100, i % 2000, '$mark' || i % 2000 FROM generate_series(0, 99999) i;
CREATE TABLE dice (a int, b int);
INSERT INTO dice SELECT i % 10, i / 10 % 10 FROM generate_series(0, 99999) i;
CREATE TABLE message (id int, state text);
INSERT INTO message SELECT i, 'old' || i % 5 FROM generate_series(1, 5000) i;
CREATE TABLE zipf (v int);
ALTER TABLE zipf ALTER v SET STATISTICS 1;
INSERT INTO zipf SELECT CASE WHEN i % 10 < 5 THEN 0 WHEN i % 10 < 8 THEN 1 ELSE i END FROM generate_series(1, 100000) i;
CREATE TABLE skew (s int);
INSERT INTO skew SELECT CASE WHEN i % 10 < 9 THEN 0 ELSE i END FROM generate_series(1, 100000) i;
CREATE TABLE note (body text);
ALTER TABLE note ALTER body SET STATISTICS 10;
INSERT INTO note SELECT md5(i::text) || CASE WHEN i % 3 = 0 THEN 'special' END || i FROM generate_series(1, 30000) i;
INSERT INTO note SELECT md5(i::text) FROM generate_series(1, 60000) i;
CREATE TABLE customer (id int, name text);
INSERT INTO customer SELECT i, 'name' || i FROM generate_series(1, 2000) i;
CREATE TABLE purchase (customer int, item int);
INSERT INTO purchase SELECT CASE WHEN i % 2 = 0 THEN 1 ELSE i % 2000 + 1 END, i FROM generate_series(1, 100000) i;
ANALYZE car, dice, message, zipf, skew, note, customer, purchase;
BEGIN;
CREATE TABLE loaded AS SELECT i % 100 AS make, i % 2000 AS model FROM generate_series(0, 99999) i;
ANALYZE loaded;
COMMIT;
INSERT INTO message SELECT i, 'new' FROM generate_series(1, 20000) i;
SQL

learns('car', 'SELECT count(*) FROM car WHERE make = 7 AND model = 107',
	'make model: correlated columns, more', 'columns that depend on each other');
learns('loaded', 'SELECT count(*) FROM loaded WHERE make = 7 AND model = 107',
	'make model: correlated columns, more', 'and are loaded and analyzed in a transaction');
is( ask("SELECT samples, expected_rows < 5, actual_rows, max_q_error = median_q_error, queries->0->>'samples',"
		  . " abs((queries->0->>'ms')::float8 - sampled_ms) < 0.01, sampled_ms > 0, first_seen <= last_seen, last_seen <= now()"
		  . " FROM tend.misestimates WHERE table_name = 'car'"),
	'3|t|50|t|3|t|t|t|t', 'with numbers that fit together');
is( ask("SELECT count(*) FROM tend.misestimates m, tend.plans p WHERE m.table_name = 'car'"
		  . " AND p.queryid = (m.queries->0->>'queryid')::bigint AND p.query LIKE 'SELECT count(*) FROM car%'"),
	'1', 'and the query that suffers');
learns('car', 'SELECT make, model, count(*) FROM car GROUP BY make, model ORDER BY 3 LIMIT 1',
	'make model: correlated columns, fewer', 'groups of columns that depend on each other');
learns('message', "SELECT count(*) FROM message WHERE state = 'new'",
	'state: stale statistics, more', 'statistics that are stale');
learns('zipf', 'SELECT count(*) FROM zipf WHERE v = 1', 'v: statistics target, more', 'a target that is too low');
learns('skew', 'SET plan_cache_mode = force_generic_plan; PREPARE p (int) AS SELECT count(*) FROM skew WHERE s = $1;'
	  . ' EXECUTE p(0); DEALLOCATE p', 's: generic plan, more', 'a plan that does not look at its parameter');
learns('note', "SELECT count(*) FROM note WHERE body LIKE '%special%'",
	'body: not coverable, more', 'a pattern');
ask("SELECT tend.misestimates_reset('note')");
sample("SELECT count(*) FROM note WHERE length(body) = 32;\n" x 3);
like(known('note'), qr/^(?:body)?: expression, more$/, 'a function of a column');
like(ask("SELECT remedy FROM tend.misestimates WHERE table_name = 'note'"), qr/CREATE STATISTICS \S+ ON \(length\(body\)\) FROM public\.note;/, 'with the command for it');
ask("SELECT tend.misestimates_reset('note')");
sample("SELECT count(*) FROM note WHERE length(body || 'a') = 33;\n" x 3);
unlike(ask("SELECT remedy FROM tend.misestimates WHERE table_name = 'note'"), qr/length/, 'but not one that has a constant in it');
ask("SELECT tend.misestimates_reset()");
sample("SELECT count(*) FROM purchase p JOIN customer c ON c.id = p.customer WHERE c.name = 'name1';\n" x 3);
is( ask("SELECT DISTINCT cause, actual_rows > 100 * expected_rows FROM tend.misestimates"),
	'join|t', 'a join with a frequent value, and nothing else');
is(ask("SELECT count(*) FROM tend.misestimates WHERE num_nulls(clause_shape, direction, cause, remedy, explanation) > 0"),
	'0', 'all have words');

# ---- what is none ----

ask('SELECT tend.misestimates_reset()');
$node->safe_psql('shop', <<'SQL');
SELECT count(*) FROM dice WHERE a = 3 AND b = 4;
SELECT * FROM dice WHERE a = 3 LIMIT 1;
SELECT * FROM car WHERE make = 8 AND model = 108 LIMIT 5;
SELECT EXISTS (SELECT FROM car WHERE make = 9 AND model = 109);
EXPLAIN SELECT count(*) FROM car WHERE make = 7 AND model = 107;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM car WHERE make = 7 AND model = 107;
FETCH 5 FROM c;
COMMIT;
CREATE TEMP TABLE copy AS SELECT * FROM car;
ANALYZE copy;
SELECT count(*) FROM copy WHERE make = 7 AND model = 107;
SELECT count(*) FROM pg_attribute WHERE attnum > 0 AND attnotnull AND atttypid = 26;
ALTER TABLE car ENABLE ROW LEVEL SECURITY;
SELECT count(*) FROM car WHERE make = 7 AND model = 107;
ALTER TABLE car DISABLE ROW LEVEL SECURITY;
SET pg_tend.estimate_sample_rate = 0;
SELECT count(*) FROM car WHERE make = 7 AND model = 107;
SQL
is( ask("SELECT string_agg(format('%s %s %s', table_name, columns, cause), '; ') FROM tend.misestimates"),
	'', 'independent columns, LIMIT, EXISTS, EXPLAIN, cursors, temporary tables, catalogs, row security');
my $sampled = metric('sampled executions');
ask('SELECT count(*) FROM car WHERE make = 7 AND model = 107');
is(metric('sampled executions'), $sampled, 'nothing is sampled with a rate of 0');

# ---- names ----

ask(<<'SQL');
CREATE SCHEMA "Strange Schema";
CREATE TABLE "Strange Schema"."we""ird 'table\" ("Größe ""x""" int, "a b" int);
INSERT INTO "Strange Schema"."we""ird 'table\" SELECT i % 1000, i % 1000 FROM generate_series(1, 50000) i;
ANALYZE "Strange Schema"."we""ird 'table\";
CREATE TABLE part (a int, b int, k int) PARTITION BY LIST (k);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
CREATE TABLE part_2 PARTITION OF part FOR VALUES IN (2) PARTITION BY LIST (a);
CREATE TABLE part_2_1 PARTITION OF part_2 DEFAULT;
INSERT INTO part SELECT i % 1000, i % 1000, i % 2 + 1 FROM generate_series(1, 100000) i;
ANALYZE part;
SQL
sample(<<'SQL' x 3);
SELECT count(*) FROM "Strange Schema"."we""ird 'table\" WHERE "Größe ""x""" = 1 AND "a b" = 1;
SELECT count(*) FROM part WHERE a = 1 AND b = 1 AND k = 2;
SQL
is( ask(q{SELECT schema_name, table_name, columns, clause_shape LIKE '%"Größe ""x"""%"a b"%' FROM tend.misestimates WHERE schema_name LIKE 'S%'}),
	q{Strange Schema|we"ird 'table\\|{"Größe \"x\"","a b"}|t}, 'names with quotes');
is(ask("SELECT DISTINCT table_name FROM tend.misestimates WHERE table_name LIKE 'part%'"), 'part',
	'partitions count for their topmost parent');
ask('ALTER TABLE car RENAME model TO type; ALTER TABLE car RENAME TO vehicle');
sample("SELECT count(*) FROM vehicle WHERE make = 7 AND type = 107;\n");
is(known('vehicle'), 'make type: correlated columns, more', 'names are those of today');
ask('ALTER TABLE vehicle RENAME type TO model; ALTER TABLE vehicle RENAME TO car');
is(known('car'), 'make model: correlated columns, more', 'whatever they were');

# ---- nothing of the data is shown, logged or saved ----

ask(<<"SQL");
CREATE TABLE vault (a text, b text, n bigint, m bigint);
INSERT INTO vault SELECT '$mark' || i % 500, 'x$mark' || i % 500, $digits + i % 500, $digits + i % 500 FROM generate_series(1, 50000) i;
ANALYZE vault;
SQL
sample(<<"SQL" x 3);
SELECT count(*) FROM vault WHERE a = '${mark}7' AND b = 'x${mark}7';
SELECT count(*) FROM vault WHERE n = $digits + 7 AND m = $digits + 7;
SELECT count(*) FROM vault WHERE a LIKE '%${mark}%' AND upper(b) = 'X${mark}7';
SELECT count(*) FROM vault WHERE a || '$mark' = '${mark}7$mark';
SELECT count(*) FROM vault WHERE a IN ('${mark}7', '${mark}8') AND b IN ('x${mark}7', 'x${mark}8') AND n BETWEEN $digits AND $digits + 8;
PREPARE p (text, text) AS SELECT count(*) FROM vault WHERE a = \$1 AND b = \$2;
EXECUTE p('${mark}9', 'x${mark}9');
DEALLOCATE p;
SELECT count(*) FROM vault v JOIN vault w ON v.a = w.a WHERE v.a = '${mark}7' AND v.b = 'x${mark}7';
SELECT a, b, count(*) FROM vault WHERE a > '$mark' GROUP BY a, b HAVING max(a) > '$mark';
SQL
cmp_ok(ask("SELECT count(*) FROM tend.misestimates WHERE table_name = 'vault'"), '>=', 3, 'there is evidence of a table with secrets');
ask_for_visits($node, 'shop', 2);
is( ask("SELECT string_agg(place || ': ' || line, E'\\n') FROM ("
		  . " SELECT 'tend.misestimates', m::text FROM tend.misestimates m UNION ALL"
		  . " SELECT 'tend.self', s::text FROM tend.self s UNION ALL"
		  . " SELECT 'tend.events', e::text FROM tend.events e) a (place, line)"
		  . " WHERE line ~* '$mark' OR line LIKE '%7351735%'"),
	'', 'no value is in a view');
unlike(slurp_file($node->logfile), qr/pg_tend.*(?:$mark|7351735)/i, 'nor in what pg_tend logs');

# ---- who may see what ----

ask(<<'SQL');
CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
CREATE ROLE onlooker LOGIN;
GRANT USAGE ON SCHEMA tend TO onlooker;
GRANT SELECT ON tend.misestimates TO onlooker;
GRANT EXECUTE ON FUNCTION tend.misestimate_facts() TO onlooker;
SQL
is(ask('SET ROLE monitor; SELECT count(*) > 0, count(*) FILTER (WHERE queries IS NULL) FROM tend.misestimates'), 't|0',
	'a member of pg_monitor sees all');
is(ask('SET ROLE onlooker; SELECT count(*) > 0, count(queries) FROM tend.misestimates'), 't|0',
	'who is given the view sees no ids of others\' queries');

# ---- what is gone is forgotten ----

my $slots = "(SELECT value FROM tend.self WHERE part = 'misestimates' AND metric = 'slots used')";
create_databases($node, 'fleeting');
ask('SELECT tend.misestimates_reset()');
ask('CREATE TABLE twin (a int, b int); INSERT INTO twin SELECT i % 1000, i % 1000 FROM generate_series(1, 50000) i; ANALYZE twin', $_)
  foreach 'shop', 'fleeting';
sample("SELECT count(*) FROM twin WHERE a = 1 AND b = 1;\n", $_) foreach 'shop', 'fleeting';
is(known('twin'), 'a b: correlated columns, more', 'a table');
is(ask('SELECT count(*) FROM tend.misestimates'), '1', 'that of another database is not seen here');
is(metric('slots used'), '2', 'both are remembered');
drop_database($node, 'fleeting');
wait_until("SELECT $slots = 1", 'a dropped database is forgotten');
ask('ALTER TABLE twin DROP COLUMN b');
is(known('twin'), '', 'a misestimate of a dropped column is not shown');
wait_until("SELECT $slots = 0", 'and forgotten by the next visit');
ask('ALTER TABLE twin ADD b int; UPDATE twin SET b = a; ANALYZE twin');
sample("SELECT count(*) FROM twin WHERE a = 1 AND b = 1;\n");
is(metric('slots used'), '1', 'it is seen again');
ask('DROP TABLE twin');
is(ask("SELECT count(*) FROM tend.misestimates"), '0', 'that of a dropped table is not shown');
wait_until("SELECT $slots = 0", 'and forgotten by the next visit, too');
learns('message', "SELECT count(*) FROM message WHERE state = 'new'", 'state: stale statistics, more', 'stale statistics');
ask('ANALYZE message');
wait_until("SELECT count(*) = 0 FROM tend.misestimates WHERE table_name = 'message'", 'are over when they are renewed');
$node->safe_psql('shop', "SELECT count(*) FROM message WHERE state = 'new';\n");
is(known('message'), '', 'and do not come back');

# of a partitioned table only the partitions are analyzed by themselves
ask(<<'SQL');
CREATE TABLE parcel (id int, state text) PARTITION BY RANGE (id);
CREATE TABLE parcel_1 PARTITION OF parcel FOR VALUES FROM (0) TO (100000) WITH (autovacuum_enabled = off);
INSERT INTO parcel SELECT i, 'sent' FROM generate_series(1, 5000) i;
ANALYZE parcel;
INSERT INTO parcel SELECT i, 'lost' FROM generate_series(5001, 9000) i;
SELECT pg_stat_force_next_flush();
SQL
learns('parcel', "SELECT count(*) FROM parcel WHERE state = 'lost'", 'state: stale statistics, more', 'stale statistics of a partition');
ask('ANALYZE parcel_1');
wait_until("SELECT count(*) = 0 FROM tend.misestimates WHERE table_name = 'parcel'", 'are over when the partition is analyzed');

# ---- more than there is room for, and many at once ----

ask('CREATE TABLE wide (' . join(', ', map { "c$_ int" } 1 .. 35) . ');'
	  . 'INSERT INTO wide SELECT ' . join(', ', ('i % 300') x 35) . ' FROM generate_series(1, 3000) i; ANALYZE wide');
my $often = "SELECT count(*) FROM car WHERE make = 7 AND model = 107;\n";
my @pairs = map { my $i = $_; map { "SELECT count(*) FROM wide WHERE c$i BETWEEN 0 AND 30 AND c$_ BETWEEN 0 AND 30;\n" } $i + 1 .. 35 } 1 .. 34;
$node->safe_psql('shop', $often x 20 . join('', @pairs));
is(metric('slots used'), '512', '595 pairs of columns fill the store');
# some may have found the store in use
cmp_ok(metric('evicted'), '>', 40, 'some make room');
is(known('car'), 'make model: correlated columns, more', 'but not what is seen often');

my $file = $node->basedir . '/many.sql';
append_to_file($file, "\\set i random(0, 99)\n$often"
	  . "SELECT count(*) FROM car WHERE make = :i AND model = 100 + :i;\nSELECT count(*) FROM wide WHERE c1 = :i AND c2 = :i AND c3 = :i;\n");
my %bench = (out => '', err => '');
my $bench = IPC::Run::start(
	[ 'pgbench', '-n', '-c', '8', '-j', '2', '-T', '4', '-f', $file, '-d', $node->connstr('shop') ],
	'<', \undef, '>', \$bench{out}, '2>', \$bench{err}, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
my $resets = 0;
while ($bench->pumpable && $resets < 40)
{
	# else it never knows that it is over
	$bench->pump_nb;
	ask('SELECT tend.misestimates_reset(); SELECT count(*) FROM tend.misestimates');
	$resets++;
}
$bench->finish;
like($bench{out}, qr/number of transactions actually processed: [1-9]/, "8 sessions, and $resets resets");
ask('SELECT tend.misestimates_reset()');
my ($folded, $dropped) = (metric('misestimated nodes'), metric('dropped nodes'));
$node->command_ok([ 'pgbench', '-n', '-c', '8', '-j', '2', '-t', '50', '-f', $file, '-d', $node->connstr('shop') ], '8 sessions again');
is( ask("SELECT sum(samples) FROM tend.misestimates"),
	metric('misestimated nodes') - $folded, 'what came in is there');
cmp_ok(metric('misestimated nodes') + metric('dropped nodes') - $folded - $dropped, '>=', 400, 'what was seen came in or was dropped');
is( ask("SELECT count(*) FROM tend.misestimates WHERE NOT median_q_error BETWEEN 1 AND max_q_error * 1.0001"
		  . " OR (SELECT sum((q->>'samples')::int) FROM jsonb_array_elements(queries) q) > samples"),
	'0', 'sums are plausible');
$bench = IPC::Run::start(
	[ 'pgbench', '-n', '-c', '8', '-j', '2', '-T', '3', '-f', $file, '-d', $node->connstr('shop') ],
	'<', \undef, '>', \$bench{out}, '2>', \$bench{err}, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
for (my $i = 0; $bench->pumpable && $i < 60; $i++)
{
	my $what = $i % 10 == 9 ? 'terminate' : 'cancel';

	$bench->pump_nb;
	ask("SELECT pg_${what}_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench' ORDER BY random() LIMIT 1");
}
eval { $bench->finish };
wait_until("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'pgbench'", 'cancelled or terminated, all end');
is(metric('failures'), '0', 'nothing failed');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process crashed');

# ---- restart ----

sample("SELECT tend.misestimates_reset();\n" . "SELECT count(*) FROM vault WHERE a = '${mark}7' AND b = 'x${mark}7';\n$often" x 4);
# Once a visit has proven it, the remedy is another one.
my $picture = q{SELECT md5(string_agg((to_jsonb(m) - 'remedy')::text, E'\n' ORDER BY relid, columns, cause)) || ' ' || count(*) FROM tend.misestimates m};
my $before = ask($picture);
like($before, qr/ 2$/, 'there are misestimates');
my $save_file = $node->data_dir . '/pg_stat/pg_tend_estimates.stat';
my $offset = log_size($node);
$node->stop('fast');
ok(-s $save_file, 'an orderly shutdown saves them');
my $saved = slurp_file($save_file);
unlike($saved, qr/$mark|7351735|CONST|OPEXPR/, 'without anything of the data, or of a condition');
$node->start;
is(ask($picture), $before, 'after it they are as before');
ok(!-e $save_file, 'the file is gone, so that it never is an old one');
is_quiet($node, $offset, 'which needs no word in the log');
sample($often);
is(ask("SELECT samples FROM tend.misestimates WHERE table_name = 'car'"), '5', 'and go on');
$node->stop('immediate');
$node->start;
is(ask('SELECT count(*) FROM tend.misestimates'), '0', 'an immediate shutdown forgets them');
is_quiet($node, $offset, 'without a word, too');

# ---- a damaged file ----

my $damaged = qr/LOG:  pg_tend ignores its saved misestimates in file "[^"]+": it is damaged/;
my $other = qr/LOG:  pg_tend ignores its saved misestimates in file "[^"]+": it was written by another version/;
my $length = length $saved;
# a header is: magic, version, size of a record, number of records, bytes, checksum
my @cases = (
	[ 'an empty file', '', $damaged ],
	[ 'half a header', substr($saved, 0, 20), $damaged ],
	[ 'half of it', substr($saved, 0, $length / 2), $damaged ],
	[ 'a byte more', $saved . 'x', $damaged ],
	[ 'that of the plans', patched($saved, 0, pack 'L', 0x54504c31), $damaged ],
	[ 'another major', patched($saved, 4, pack 'L', 130000), $other ],
	[ 'another layout', patched($saved, 8, pack 'L', 17), $other ],
	[ 'a huge count', patched($saved, 12, pack 'L', 4294967295), $damaged ],
	[ 'a count one too low', patched($saved, 12, pack 'L', 1), $damaged ],
	[ 'one bit', patched($saved, $length - 100, chr(ord(substr $saved, $length - 100, 1) ^ 4)), $damaged ]);
# a visit in the middle of that would say a word, too
alter_system($node, 'SET pg_tend.enabled = off');
wait_for_launcher($node, 'switched off%', 'visits are switched off');
$node->stop('immediate');
foreach my $case (@cases)
{
	my ($name, $content, $expected) = @$case;
	my $from = log_size($node);

	write_bytes($save_file, $content);
	$node->start;
	is(scalar(() = log_since($node, $from) =~ /LOG:  pg_tend/g), 1, "$name: one line in the log");
	like(log_since($node, $from), $expected, "$name: says why");
	is(ask('SELECT count(*) FROM tend.misestimates'), '0', "$name: nothing of it is taken");
	$node->stop('immediate');
}
write_bytes($save_file, $saved);
$node->start;
is(ask($picture), $before, 'the file itself was good');

# ---- on a standby ----

$node->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
is(ask('SELECT count(*) FROM tend.misestimates', 'shop', $standby), '0', 'a standby knows nothing of what the primary executes');
sample("SELECT tend.misestimates_reset();\n" . $often x 3, 'shop', $standby);
is( ask("SELECT array_to_string(columns, ' '), cause, samples FROM tend.misestimates", 'shop', $standby),
	'make model|correlated columns|3', 'but what is executed there');
is(ask('SELECT tend.misestimates_reset()', 'shop', $standby), '1', 'which can be reset');
is(ask($picture), $before, 'and is nothing to the primary');
unlike(slurp_file($_->logfile), qr/terminated by signal|PANIC|TRAP/, 'no crash') foreach $node, $standby;
$standby->stop;
$node->stop;
done_testing();
