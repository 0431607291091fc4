# tend.bloat(): its sample against pgstattuple and against what a rewrite really
# saves, on friendly and unfriendly tables.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('bloat', allows_streaming => 1);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
my ($no_contrib) = $node->psql('postgres', 'CREATE EXTENSION pgstattuple');

# name => definition and what is done to it; all tables have an index on id
my @tables = (
	fresh => q{CREATE TABLE fresh (id int, note text); INSERT INTO fresh SELECT i, repeat('x', i % 100) FROM generate_series(1, 100000) i},
	half => q{CREATE TABLE half (id int, note text); INSERT INTO half SELECT i, repeat('x', 50) FROM generate_series(1, 100000) i; CREATE INDEX ON half (id); DELETE FROM half WHERE id % 2 = 0},
	vacuumed => q{CREATE TABLE vacuumed (id int, note text); INSERT INTO vacuumed SELECT i, repeat('x', 50) FROM generate_series(1, 100000) i; CREATE INDEX ON vacuumed (id); DELETE FROM vacuumed WHERE id % 5 <> 0; VACUUM vacuumed},
	clustered => q{CREATE TABLE clustered (id int, note text); INSERT INTO clustered SELECT i, repeat('x', 100) FROM generate_series(1, 200000) i; CREATE INDEX ON clustered (id); DELETE FROM clustered WHERE id < 50000; VACUUM (INDEX_CLEANUP ON) clustered},
	spotted => q{CREATE TABLE spotted (id int, note text); INSERT INTO spotted SELECT i, repeat('x', 100) FROM generate_series(1, 200000) i; CREATE INDEX ON spotted (id); DELETE FROM spotted WHERE id / 5000 % 4 = 3; VACUUM spotted},
	airy => q{CREATE TABLE airy (id int, note text) WITH (fillfactor = 60); INSERT INTO airy SELECT i, repeat('x', 50) FROM generate_series(1, 100000) i},
	wide => q{CREATE TABLE wide (id int, note text); ALTER TABLE wide ALTER note SET STORAGE PLAIN; INSERT INTO wide SELECT i, repeat('x', 4500) FROM generate_series(1, 3000) i},
	toasted => q{CREATE TABLE toasted (id int, note text); ALTER TABLE toasted ALTER note SET STORAGE EXTERNAL; INSERT INTO toasted SELECT i, repeat('x', 6000) FROM generate_series(1, 3000) i; DELETE FROM toasted WHERE id % 3 > 0},
	updated => q{CREATE TABLE updated (id int, note text); INSERT INTO updated SELECT i, 'a' FROM generate_series(1, 30000) i; CREATE INDEX ON updated (note, id); UPDATE updated SET note = 'b'; UPDATE updated SET note = 'c'},
	shuffled => q{CREATE TABLE shuffled (id float8, note text); CREATE INDEX ON shuffled (id); INSERT INTO shuffled SELECT random(), '' FROM generate_series(1, 100000) i},
	gone => q{CREATE TABLE gone (id int, note text); INSERT INTO gone SELECT i, repeat('x', 100) FROM generate_series(1, 50000) i; DELETE FROM gone},
	empty => q{CREATE TABLE empty (id int, note text)},
	tiny => q{CREATE TABLE tiny (id int, note text); INSERT INTO tiny VALUES (1, 'x')},
	part_1 => q{CREATE TABLE parent (id int, note text) PARTITION BY RANGE (id); CREATE TABLE part_1 PARTITION OF parent FOR VALUES FROM (0) TO (100000); INSERT INTO parent SELECT i, repeat('x', 50) FROM generate_series(1, 50000) i; DELETE FROM parent WHERE id > 25000},
);

# What the sample says of one relation
sub measured
{
	my ($name, $pages) = @_;
	my $row = $node->safe_psql('postgres', qq{
		SELECT concat_ws(' ', COALESCE(bloat_ratio, 0), COALESCE(bloat_low, 0), COALESCE(bloat_high, 0), live_tuples, dead_tuples, bytes, pages_read)
		  FROM tend.bloat('$name', $pages) WHERE kind = 'heap'});
	my %m;

	@m{qw(ratio low high live dead bytes read)} = split / /, $row;
	return \%m;
}

sub within
{
	my ($what, $low, $high, $slack) = @_;
	return $what >= $low - $slack && $what <= $high + $slack;
}

# An interval of 95 % misses one time in twenty.  So of five samples two must hold
# what is true: a sound one fails here in one of 30 000 checks, one that is wrong
# does so in all.
sub is_in_interval
{
	my ($true, $sample, $name) = @_;
	my ($held, @seen) = (0);

	while ($held < 2 && @seen < 5)
	{
		my ($low, $high) = $sample->();

		push @seen, "$low .. $high";
		$held++ if within($true, $low, $high, 0.002);
	}
	ok($held == 2, "$name: all pages are in the interval of some") || diag("$true is not in " . join ', ', @seen);
	return;
}

while (my ($name, $sql) = splice @tables, 0, 2)
{
	$node->safe_psql('postgres', $_) foreach grep { /\S/ } split /;\s*/, $sql;
	my $some = measured($name, 200);
	my $all = measured($name, 1000000);

	ok($some->{read} <= 200, "$name: no more pages are read than asked for");
	is_in_interval($all->{ratio}, sub { @{ measured($name, 200) }{qw(low high)} }, $name);
	ok($some->{high} - $some->{low} < 0.25, "$name: the interval is narrow");
	is($all->{low}, $all->{high}, "$name: who has read all pages is certain");

	SKIP:
	{
		skip 'pgstattuple is not there', 2 if $no_contrib;
		my ($live, $dead) = split /\|/, $node->safe_psql('postgres',
			"SELECT tuple_count, dead_tuple_count FROM pgstattuple('$name')");
		is($all->{live}, $live, "$name: live rows are those of pgstattuple");
		# line pointers without a row are dead to us
		ok($all->{dead} >= $dead, "$name: dead rows, too");
	}

	# what is true is what a rewrite saves
	$node->safe_psql('postgres', "VACUUM FULL $name");
	my $after = $node->safe_psql('postgres', "SELECT pg_relation_size('$name')");
	my $saved = $all->{bytes} ? 1 - $after / $all->{bytes} : 0;
	ok(within($all->{ratio}, $saved, $saved, 0.02), "$name: a rewrite saves what was said")
	  || diag("said $all->{ratio}, saved $saved");
	ok(measured($name, 200)->{low} < 0.02, "$name: then nothing is left to save");
}

# ---- B-trees ----

$node->safe_psql('postgres', $_) foreach (
	'CREATE TABLE keys (id float8, word text)',
	'CREATE INDEX keys_id ON keys (id); CREATE INDEX keys_word ON keys (word); CREATE INDEX keys_hash ON keys USING hash (id)',
	q{INSERT INTO keys SELECT random(), repeat(chr(97 + i % 26), 20) || i FROM generate_series(1, 100000) i});

sub index_row
{
	my ($index, $pages) = @_;
	return split /\|/, $node->safe_psql('postgres',
		"SELECT bloat_ratio, bloat_low, bloat_high, bytes FROM tend.bloat('keys', $pages) WHERE relation = 'public.$index'");
}

foreach my $step ('random order', 'four of five are deleted')
{
	if ($step ne 'random order')
	{
		$node->safe_psql('postgres', 'DELETE FROM keys WHERE id > 0.2');
		$node->safe_psql('postgres', 'VACUUM keys');
	}
	foreach my $index ('keys_id', 'keys_word')
	{
		my ($ratio, $low, $high, $bytes) = index_row($index, 1000000);

		is_in_interval($ratio, sub { (index_row($index, 150))[ 1, 2 ] }, "$index, $step");
		# a copy is what REINDEX would make of it
		my $after = $node->safe_psql('postgres', qq{
			BEGIN; CREATE INDEX anew ON keys (} . ($index eq 'keys_id' ? 'id' : 'word') . qq{);
			SELECT pg_relation_size('anew'); ROLLBACK});
		my $saved = 1 - $after / $bytes;
		ok(within($ratio, $saved, $saved, 0.05), "$index, $step: REINDEX saves what was said")
		  || diag("said $ratio, saved $saved");
	}
}
is($node->safe_psql('postgres', "SELECT note FROM tend.bloat('keys') WHERE kind = 'hash'"),
	'not measured: only heaps and B-trees are', 'of what it does not know it says so');
like($node->safe_psql('postgres', "SELECT string_agg(kind, ' ' ORDER BY kind) FROM tend.bloat('toasted')"),
	qr/btree heap toast/, 'TOAST and its index are measured, too');
is($node->safe_psql('postgres', "SELECT sum(pages_read) <= 300 AND min(ms) >= 0 FROM tend.bloat('toasted', 100)"),
	't', 'the cost is bounded and shown');

# ---- who may, and what cannot be ----

sub fails_with
{
	my ($sql, $like, $name) = @_;
	my ($ret, $out, $err) = $node->psql('postgres', $sql);
	like($err, $like, $name);
	return;
}

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE owner; CREATE ROLE monitor IN ROLE pg_monitor; CREATE ROLE scanner IN ROLE pg_stat_scan_tables; CREATE ROLE other;
GRANT USAGE ON SCHEMA tend TO owner, other;
GRANT EXECUTE ON FUNCTION tend.bloat(regclass, int) TO owner, other;
ALTER TABLE half OWNER TO owner;
CREATE VIEW a_view AS SELECT 1;
SQL
foreach my $role ('owner', 'monitor', 'scanner')
{
	is($node->safe_psql('postgres', "SET ROLE $role; SELECT count(*) > 0 FROM tend.bloat('half')"), 't', "$role may");
}
fails_with("SET ROLE other; SELECT * FROM tend.bloat('half')", qr/permission denied for table half/, 'others may not');
fails_with("SELECT * FROM tend.bloat('parent')", qr/is a partitioned table.*partitions/s, 'a partitioned table has no pages');
fails_with("SELECT * FROM tend.bloat('a_view')", qr/not a table/, 'nor has a view');
fails_with("SELECT * FROM tend.bloat(0::regclass)", qr/no relation with OID 0/, 'nor what does not exist');
fails_with("SELECT * FROM tend.bloat('half', -1)", qr/at least 1/, 'a sample has pages');

my $s = session($node, 'postgres');
say_in($s, 'BEGIN; LOCK TABLE half IN ACCESS EXCLUSIVE MODE;');
fails_with("SET statement_timeout = '180s'; SELECT * FROM tend.bloat((SELECT oid FROM pg_class WHERE relname = 'half'))",
	qr/"half" is locked/, 'it waits for nobody');
close_session($s);

# ---- on a standby ----

$node->safe_psql('postgres', 'CREATE UNLOGGED TABLE fleeting (id int)');
$node->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
is( $standby->safe_psql('postgres', "SELECT bloat_ratio IS NOT NULL FROM tend.bloat('keys') WHERE kind = 'heap'"),
	't', 'it works on a standby');
my ($ret, $out, $err) = $standby->psql('postgres', "SELECT * FROM tend.bloat('fleeting')");
like($err, qr/unlogged, and empty on a standby/, 'but for unlogged tables');
is_quiet($standby, 0, 'and logs nothing');
$standby->stop;
$node->stop;
done_testing();
