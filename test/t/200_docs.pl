# The documentation says what the server says.

use strict;
use warnings;
use File::Basename;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $doc = "$FindBin::Bin/../../doc";
my $node = PostgreSQL::Test::Cluster->new('docs');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_tend'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');

# settings

my $want = $node->safe_psql('postgres', q{
	SELECT format('| `%s` | %s | %s | %s | %s | %s |', name, boot_val, coalesce(unit, ''),
				  CASE WHEN vartype IN ('integer', 'real') THEN min_val || ' .. ' || max_val ELSE '' END,
				  context, short_desc)
	  FROM pg_settings WHERE name LIKE 'pg\_tend.%' ORDER BY name});
my @rows = grep { /^\| `/ } split /\n/, slurp_file("$doc/settings.md");
is(scalar(grep { !/\| \S[^|]+ \|$/ } @rows), 0, 'every setting says when to change it');
s/ [^|]+ \|$// for @rows;
sub squeeze { my $s = shift; $s =~ s/[ \t]+/ /g; return $s; }
is(squeeze(join("\n", @rows)), squeeze($want), 'doc/settings.md lists the settings as they are');

# every setting refuses what is out of range

for my $bad ('pg_tend.interval = 0', "pg_tend.interval = '2d'", "pg_tend.interval = 'soon'",
	'pg_tend.retention = 1', 'pg_tend.history_size = 0', 'pg_tend.max_tables = 10',
	'pg_tend.blocker_age = -1', 'pg_tend.overdue_ratio = 0.5',
	'pg_tend.wraparound_warning_age = 3000000000',
	'pg_tend.wraparound_critical_age = 0', "pg_tend.databases = 'a,,b'",
	"pg_tend.databases = '\"open'", 'pg_tend.enabled = maybe',
	'pg_tend.autovacuum_tuning = always', 'pg_tend.vacuum_io_budget = -2',
	'pg_tend.dead_ratio_target = 0', 'pg_tend.dead_ratio_target = 0.6',
	'pg_tend.estimate_sample_rate = -0.1', 'pg_tend.estimate_sample_rate = 1.1',
	'pg_tend.storm_checkpoints = 1001', 'pg_tend.backend_fsyncs = -1',
	'pg_tend.wal_sync_limit = -1', "pg_tend.file_sync_limit = '2h'",
	"pg_tend.iotrace_dir = 'run/pg_tend'", "pg_tend.iotrace_dir = '/" . 'x' x 99 . "'",
	'pg_tend.max_actions_per_hour = -1', "pg_tend.change_freeze = '8-18'",
	"pg_tend.change_freeze = '08:00-25:00'", "pg_tend.change_freeze = '08:00-18:00,'",
	'pg_tend.health_rows = 0', 'pg_tend.metrics_rows = 0', 'pg_tend.health_dead_ratio = 1.1', 'pg_tend.health_dead_ratio = -0.1',
	"pg_tend.health_idle_in_transaction = '5 apples'", 'pg_tend.health_wal_ratio = 0.5')
{
	my ($ret, $out, $err) = $node->psql('postgres', "ALTER SYSTEM SET $bad");
	like($err, qr/ERROR: .*(invalid value|outside the valid range|requires a)/, "$bad is refused");
}
my ($ret, $out, $err) = $node->psql('postgres', 'ALTER SYSTEM SET pg_tend.intervall = 5');
isnt($ret, 0, 'a setting that does not exist is refused');

# checks of tend.health

my $checks = $node->safe_psql('postgres',
	q{SELECT format('| %s | %s | %s |', check_name, COALESCE('`' || setting || '`', ''), meaning) FROM tend.health_checks});
my @sections = split /\n\n/, slurp_file("$doc/health.md");
my ($table) = grep { /^\| check \|/ } @sections;
$table =~ s/^(?:[^\n]*\n){2}//;
my %anchors = reverse $table =~ /^\| <a id="([^"]*)"><\/a>([^|]*) \|/mg;
$table =~ s/<a id="[^"]*"><\/a>//g;
is($table, $checks, 'doc/health.md lists the checks as they are');
# where the alert rules of contrib/prometheus point to
is_deeply(\%anchors, { map { $_ => lc($_) =~ tr/ /-/r } split /\n/, $node->safe_psql('postgres', 'SELECT check_name FROM tend.health_checks') },
	'and each can be linked to');

# reference

is($node->safe_psql('postgres', slurp_file("$doc/reference.sql")) . "\n",
	slurp_file("$doc/reference.md"), 'doc/reference.md is what the comments say');

# queries in the text: names of columns and functions are right, and arguments have types that fit

# Of a text, the SELECTs in its indented lines
sub queries
{
	my ($text) = @_;
	my @indented = map { /^    (.*)/ ? $1 : '' } split /\n/, $text;

	return map { s/\\(?:g|watch).*//sr =~ s/…/1/gr } join("\n", @indented) =~ /^(SELECT\b.*?(?:;|\\(?:g|watch)[^\n]*))/gms;
}

$node->safe_psql('postgres', 'CREATE TABLE orders (id int, city text, zip text)');
my ($planned, @refused) = (0);
foreach my $file ("$doc/../README.md", sort glob "$doc/*.md")
{
	foreach my $query (queries(slurp_file($file)))
	{
		my ($status, undef, $error) = $node->psql('postgres', "EXPLAIN $query");
		$planned += $status == 0;
		push @refused, basename($file) . ": $query: $error" if $status != 0;
	}
}
cmp_ok($planned, '>', 40, 'the queries of the documentation can be planned');
is(join("\n", @refused), '', 'all of them');

# what monitoring systems are told to ask

my $contrib = "$FindBin::Bin/../../contrib";
foreach (['postgres_exporter', 'prometheus/queries.yaml'], ['sql_exporter', 'prometheus/pg_tend.collector.yml'],
	['pgwatch', 'pgwatch/metrics.yaml'])
{
	my ($name, $file) = @$_;
	my ($printed, $error) = run_command([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', "$contrib/generate/$name.sql", $node->connstr('postgres') ]);
	is($error, '', "contrib/generate/$name.sql runs");
	is("$printed\n", slurp_file("$contrib/$file"), "contrib/$file is what it prints");
}

$node->stop;
done_testing();
