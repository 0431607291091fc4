# What pg_tend shows arrives where it is collected: the real exporter asks a
# real server, a real Prometheus asks the exporter, and its alerts ring.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../../perl";

use CPAN::Meta::YAML;
use FakeHelper;
use HTTP::Tiny;
use IPC::Run;
use JSON::PP;
use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $contrib = "$FindBin::RealBin/../../../contrib";
my $dir = PostgreSQL::Test::Utils::tempdir();
my %processes;

# ---- programs of our own ----

# They end with us, and are ended below.
sub launch
{
	my ($name, $environment, @command) = @_;

	local %ENV = (%ENV, %$environment);
	$processes{$name} = IPC::Run::start([ 'setpriv', '--pdeathsig', 'KILL', @command ],
		'<', \undef, '>', "$dir/$name.log", '2>&1');
	return;
}

sub ask
{
	my ($url) = @_;
	my $answer = HTTP::Tiny->new(timeout => 10)->get($url);

	return $answer->{success} ? $answer->{content} : undef;
}

# Wait until a function says yes
sub wait_for
{
	my ($name, $test) = @_;
	my $end = time + $PostgreSQL::Test::Utils::timeout_default;

	while (time < $end)
	{
		my $answer = $test->();
		return pass($name) && $answer if $answer;
		sleep 0.2;
	}
	fail($name);
	diag(map { my @log = split /^/, slurp_file("$dir/$_.log"); ("$_.log:\n", splice @log, @log > 10 ? -10 : 0) } sort keys %processes);
	return;
}

sub promtool
{
	my ($name, @arguments) = @_;
	my $output = '';

	ok(IPC::Run::run([ 'promtool', @arguments ], '<', \undef, '>&', \$output), $name) || diag($output);
	return $output;
}

sub yaml
{
	my ($file) = @_;

	return CPAN::Meta::YAML->read("$contrib/$file")->[0];
}

# ---- a server with troubles ----

my $helper = FakeHelper->new;
my $node = tend_node('primary', allows_streaming => 1,
	conf => "pg_tend.iotrace_dir = '$helper->{dir}'\nmax_prepared_transactions = 2");
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'shop');
$node->safe_psql('postgres', 'CREATE ROLE reader LOGIN IN ROLE pg_monitor');
$node->safe_psql('shop', <<'SQL');
CREATE TABLE orders (id int);
INSERT INTO orders SELECT generate_series(1, 20000);
CREATE TABLE "na""me \ with
a line, and ä" (id int);
INSERT INTO "na""me \ with
a line, and ä" SELECT generate_series(1, 20000);
ANALYZE;
DELETE FROM orders WHERE id % 2 = 0;
DELETE FROM "na""me \ with
a line, and ä";
CHECKPOINT;
SQL
$helper->has_timed([ 0, 'fdatasync', 'wal', 3000000, 50 ]);
$node->poll_query_until('shop', 'SELECT count(*) > 0 FROM tend.metrics_io') or die 'nothing is timed';
wait_for_visits($node, 'shop', 2);
$node->poll_query_until('shop', q{SELECT max(vacuum_due_ratio) > 2 FROM tend.metrics_table}) or die 'no dead rows';

# ---- the exporter ----

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $metrics_url = "http://127.0.0.1:$port/metrics";
my $page;

# answers need not be kept for a minute here
(my $impatient = slurp_file("$contrib/prometheus/queries.yaml")) =~ s/cache_seconds: \d+/cache_seconds: 1/g;
append_to_file("$dir/queries.yaml", $impatient);
launch('exporter', { DATA_SOURCE_NAME => 'user=reader dbname=shop sslmode=disable host=' . $node->host . ' port=' . $node->port },
	'prometheus-postgres-exporter', "--web.listen-address=127.0.0.1:$port", '--disable-default-metrics',
	'--disable-settings-metrics', "--extend.query-path=$dir/queries.yaml");
wait_for('the exporter answers', sub { ($page = ask($metrics_url)) && $page =~ /^tend_/m });
my $seconds = time;
ask($metrics_url);
diag(sprintf 'a scrape takes %.0f ms', 1000 * (time - $seconds));
is(join("\n", grep { !/^(?:ts=\S+ caller=\S+ )?level=info/ && !/depre/i } split /\n/, slurp_file("$dir/exporter.log")), '', 'and complains of nothing');
unlike($page, qr/^pg_exporter_user_queries_load_error\S* 1/m, 'it takes queries.yaml');
like($page, qr/^pg_exporter_last_scrape_error 0/m, 'no query fails');

my $queries = yaml('prometheus/queries.yaml');
my (%kinds, @wrong);
foreach my $prefix (sort keys %$queries)
{
	my %usage = map { my ($column) = keys %$_; ($column => $_->{$column}{usage}) } @{ $queries->{$prefix}{metrics} };
	my @labels = sort grep { $usage{$_} eq 'LABEL' } keys %usage;

	foreach my $column (grep { $usage{$_} ne 'LABEL' } sort keys %usage)
	{
		my $metric = "${prefix}_$column";
		my @lines = $page =~ /^\Q$metric\E(\{.*\}|) \S+$/mg;
		my %names = map { $_ => 1 } map { /(\w+)="(?:[^"\\]|\\.)*"/g } @lines;

		delete $names{server};
		push @wrong, "$metric does not arrive" unless @lines;
		push @wrong, "$metric has other labels" unless join(' ', sort keys %names) eq join(' ', @labels);
		push @wrong, "$metric is of another type" unless $page =~ /^# TYPE $metric \L$usage{$column}\E$/m;
		push @wrong, "$metric has no help" unless $page =~ /^# HELP $metric \S/m;
		push @wrong, "$metric has " . @lines . ' series' if @lines > 40;
		$kinds{ $usage{$column} }++;
	}
}
is(join("\n", @wrong), '', 'every metric of queries.yaml arrives, with its type, help and labels');
cmp_ok($kinds{COUNTER}, '>', 5, 'there are counters');
cmp_ok($kinds{GAUGE}, '>', 40, 'and gauges');
like($page, qr/^tend_table_dead_rows\{datname="shop",relname="orders",schemaname="public",server="[^"]*"\} 10000$/m, 'a table with its dead rows');
like($page, qr/^tend_table_dead_rows\{datname="shop",relname="na\\"me \\\\ with\\na line, and \xc3\xa4",/m, 'a hostile name arrives as it is');
like($page, qr/^tend_io_p99_seconds\{.*operation="fdatasync".*\} 0\.00[23]/m, 'syncs, in seconds');
unlike($page, qr/SELECT/, 'no text of a query is in it');

# promtool is asked about ours only
my $ours = join '', grep { /^(?:# (?:HELP|TYPE) )?tend_/ } map { "$_\n" } split /\n/, $page;
my $output = '';
ok(IPC::Run::run([ 'promtool', 'check', 'metrics' ], '<', \$ours, '>&', \$output), 'promtool finds nothing about the metrics');
is($output, '', 'not even a remark');

# ---- the rules ----

promtool('the rules are rules', 'check', 'rules', "$contrib/prometheus/alerts.yaml");
PostgreSQL::Test::Utils::system_or_bail('cp', "$contrib/prometheus/alerts.yaml", "$FindBin::RealBin/../alerts_test.yaml", $dir);
promtool('they ring when they should, and only then', 'test', 'rules', "$dir/alerts_test.yaml");

# what they ask for exists, and so do the places that they send people to
my $alerts = slurp_file("$contrib/prometheus/alerts.yaml");
my %known = map { my $prefix = $_; map { my ($column) = keys %$_; ("${prefix}_$column" => 1) } @{ $queries->{$prefix}{metrics} } } keys %$queries;
my @asked = map { /\b(tend_\w+)/g } $alerts =~ /^\s+expr: (.*)$/mg;
cmp_ok(scalar(@asked), '>', 10, 'rules ask for metrics');
is(join(' ', grep { !$known{$_} } @asked), '', 'all of them are in queries.yaml');
my @tested = slurp_file("$FindBin::RealBin/../alerts_test.yaml") =~ /alertname: (\w+)/g;
my @rules = $alerts =~ /- alert: (\w+)/g;
is(join(' ', grep { my $rule = $_; !grep { $_ eq $rule } @tested } @rules), '', 'each rule has a test');
is(scalar(() = $alerts =~ /runbook_url:/g), scalar(@rules), 'and a runbook');

# ---- Prometheus ----

my $prometheus_port = PostgreSQL::Test::Cluster::get_free_port();
my $api = "http://127.0.0.1:$prometheus_port/api/v1";
# the same rules, which need not wait for minutes
(my $fast = $alerts) =~ s/for: \d+[mh]/for: 1s/g;
append_to_file("$dir/fast.yaml", $fast);
append_to_file("$dir/prometheus.yml", <<"END");
global:
  # and what a scrape may take
  scrape_interval: 3s
  evaluation_interval: 1s
rule_files: [fast.yaml]
scrape_configs:
  - job_name: postgres
    static_configs:
      - targets: ['127.0.0.1:$port']
END
promtool('the configuration is one', 'check', 'config', "$dir/prometheus.yml");
launch('prometheus', {}, 'prometheus', "--config.file=$dir/prometheus.yml", "--storage.tsdb.path=$dir/tsdb",
	"--web.listen-address=127.0.0.1:$prometheus_port", '--web.console.templates=/nonexistent', '--web.console.libraries=/nonexistent');

sub alerts
{
	my $answer = ask("$api/alerts") // return { labels => { alertname => 'Not asked: Prometheus does not answer' } };

	return @{ decode_json($answer)->{data}{alerts} };
}

my ($alert) = grep { $_ } wait_for('dead rows ring', sub {
	(grep { $_->{state} eq 'firing' && $_->{labels}{alertname} eq 'TendHealthWarning' && $_->{labels}{object} =~ /orders/ } alerts())[0] });
SKIP: {
	skip 'no alert', 4 unless ref $alert;
	like($alert->{annotations}{summary}, qr/in database shop: public\.orders$/, 'with their name');
	like($alert->{annotations}{remedy}, qr/SELECT message, remedy FROM tend\.health/, 'and what to run');
	my ($anchor) = $alert->{annotations}{runbook_url} =~ /^doc\/health\.md#([a-z-]+)$/;
	ok($anchor, 'and where to read on');
	is($alert->{labels}{severity}, 'warning', 'and how urgent it is');
}
# they do ring for a moment where a scrape is late
wait_for('pg_tend is at work', sub { !grep { $_->{labels}{alertname} =~ /Missing|Not/ } alerts() });

# ---- somebody forgets a transaction: another alert; he ends it: it is over ----

$node->safe_psql('shop', "BEGIN; INSERT INTO orders VALUES (1); PREPARE TRANSACTION 'forgotten'");
$node->append_conf('postgresql.conf', 'pg_tend.health_prepared_age = 1');
$node->reload;
sub forgotten { return grep { ($_->{labels}{check_name} // '') eq 'prepared transaction' } alerts(); }
wait_for('a prepared transaction rings', sub { forgotten() });
$node->safe_psql('shop', "ROLLBACK PREPARED 'forgotten'");
wait_for('and no longer when it is gone', sub { defined ask("$api/alerts") && !forgotten() });

# ---- the other two: their queries, as the reader, on a standby too ----

$node->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', "pg_tend.iotrace_dir = ''");
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));

my $collector = yaml('prometheus/pg_tend.collector.yml');
my %query = map { $_->{query_name} => $_->{query} } @{ $collector->{queries} };
my $pgwatch = yaml('pgwatch/metrics.yaml');

sub columns_of
{
	my ($server, $sql) = @_;

	my $answer = $server->safe_psql('shop', $sql, extra_params => [ '-U', 'reader', '-P', 'tuples_only=off', '-P', 'footer=off' ]);
	return (split /\n/, $answer)[0];
}

is($collector->{collector_name}, 'pg_tend', 'the collector has its name');
@wrong = ();
foreach my $metric (@{ $collector->{metrics} })
{
	push @wrong, "$metric->{metric_name}: $_" foreach grep { !defined $metric->{$_} } qw(type help query_ref values);
	push @wrong, "$metric->{metric_name} is not in queries.yaml" unless $known{ $metric->{metric_name} };
	push @wrong, "$metric->{metric_name} has no query" unless $query{ $metric->{query_ref} };
	push @wrong, "$metric->{metric_name} is a $metric->{type}" unless $metric->{type} eq ($metric->{metric_name} =~ /_total$/ ? 'counter' : 'gauge');
}
is(join("\n", @wrong), '', 'the collector is complete');
foreach my $server ($node, $standby)
{
	my $name = $server->name;

	@wrong = ();
	foreach my $prefix (sort keys %query)
	{
		my %there = map { $_ => 1 } split /\|/, columns_of($server, $query{$prefix});
		push @wrong, "$prefix has no $_" foreach grep { !$there{$_} }
		  map { (@{ $_->{values} }, @{ $_->{key_labels} || [] }) } grep { $_->{query_ref} eq $prefix } @{ $collector->{metrics} };
	}
	is(join("\n", @wrong), '', "$name: sql_exporter finds its columns");

	@wrong = ();
	foreach my $metric (sort keys %{ $pgwatch->{metrics} })
	{
		my $m = $pgwatch->{metrics}{$metric};
		my @there = split /\|/, columns_of($server, $m->{sqls}{15});

		push @wrong, "$metric does not begin with epoch_ns" unless $there[0] eq 'epoch_ns';
		push @wrong, "$metric: $_" foreach grep { my $gauge = $_; !grep { $_ eq $gauge } @there } @{ $m->{gauges} };
		push @wrong, "$metric: not both" unless $m->{description} && $m->{is_instance_level} =~ /^(?:true|false)$/;
	}
	is(join("\n", @wrong), '', "$name: pgwatch finds its columns");
}
is(join(' ', sort keys %{ $pgwatch->{metrics} }), join(' ', sort keys %$queries), 'pgwatch asks for the same');
is(join(' ', sort keys %{ $pgwatch->{presets}{pg_tend}{metrics} }), join(' ', sort keys %$queries), 'its preset has all');

# ---- names that are not UTF-8 must not get to who takes them for that ----

$node->safe_psql('postgres', "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
$node->safe_psql('bytes', <<'SQL');
CREATE EXTENSION pg_tend;
DO $$ BEGIN EXECUTE format('CREATE TABLE %I (id int)', convert_from('\x61e4', 'SQL_ASCII')); END $$;
SQL
is($node->safe_psql('bytes', q{SET pg_tend.metrics_rows = 1000; SELECT relname FROM tend.metrics_table WHERE schemaname = 'public'}),
	'a\344', 'bytes without a meaning are written as numbers');

foreach my $process (values %processes)
{
	$process->kill_kill;
}
$standby->stop;
$node->stop;

done_testing();
