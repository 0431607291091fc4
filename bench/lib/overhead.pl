#!/usr/bin/perl
#
# overhead.pl [--quick] [--estimates] [--rounds N] [--parts A,B]
#             [--configurations A,B] [--setting NAME=VALUE]... [--store-plans]
#
# The measurements of bench/overhead: the plan, the configurations, and the order
# of things.  Runs in a copy of the sources that is thrown away, as a user other
# than root, the programs of PostgreSQL first in PATH and PG_CONFIG set.
# Everything it makes lies in tmp_check; tmp_check/results is what is worth keeping.
#
use strict;
use warnings FATAL => 'all';

use Cwd qw(getcwd);
use FindBin;
use Getopt::Long;

use lib $FindBin::RealBin;
use BenchFiles;
use BenchServer;
use OverheadMeasure;
use OverheadReport;

$| = 1;

my %options = (setting => []);
GetOptions(\%options, 'quick', 'estimates', 'rounds=i', 'parts=s', 'configurations=s', 'setting=s@', 'store-plans')
  or exit 2;
$options{parts} //= $options{estimates} ? 'instructions,throughput' : 'instructions,throughput,churn,memory';

my $out = getcwd() . '/tmp_check';
my $results = "$out/results";

# ---- the plan ----

my %plan = $options{quick} ?
  (
	rounds => 3, transactions => { prepared => 500, simple => 500, tpcb => 100, scan => 3, join => 3 },
	first_seen => 300,
	seconds => 2, idle => 200
  ) :
  (
	rounds => 7, transactions => { prepared => 2000, simple => 1000, tpcb => 300, scan => 5, join => 5 },
	first_seen => 500,
	seconds => 4, idle => 1000
  );
$plan{rounds} = $options{rounds} if $options{rounds};
$plan{workloads} = $options{estimates} ? [qw(prepared tpcb scan join)] : [qw(prepared simple tpcb)];
@plan{qw(one_off repeated often seldom)} = (8000, 50, 80, 4);

my %wanted = map { $_ => 1 } split /,/, $options{parts};

# ---- configurations ----

# For all.  Nothing that comes by the clock may disturb: no autovacuum, no
# checkpoint.
my $common = <<'END';
listen_addresses = ''
log_connections = on
log_line_prefix = '%p '
fsync = off
autovacuum = off
jit = off
max_wal_size = 16GB
checkpoint_timeout = 1h
shared_buffers = 128MB
max_parallel_workers_per_gather = 0
END

my %pgss = ('pg_stat_statements.max' => 5000, 'pg_stat_statements.track' => 'top');
my %tend = (
	'pg_tend.track_plans' => 'top',
	'pg_tend.max_plans' => 5000,
	map { /^(\w+(?:\.\w+)?)=(.*)$/ or die "not a setting: $_\n"; ($1 => $2) } @{ $options{setting} });

my @configurations = (
	{ name => 'base', preload => '', settings => {}, extensions => [] },
	# the same once more: what differs from base by chance
	{ name => 'base again', preload => '', settings => {}, extensions => [] },
	{ name => 'pgss', preload => 'pg_stat_statements', settings => \%pgss, extensions => ['pg_stat_statements'] },
	{ name => 'pg_tend', preload => 'pg_tend', settings => \%tend, extensions => ['pg_tend'] },
	{
		name => 'both', preload => 'pg_stat_statements, pg_tend', settings => { %pgss, %tend },
		extensions => [ 'pg_stat_statements', 'pg_tend' ]
	});
@configurations = (@configurations[ 0, 1 ], map { sampling($_) } 0, 0.01, 1) if $options{estimates};
push @configurations,
  {
	name => 'store_plans', preload => 'pg_stat_statements, pg_store_plans',
	settings => { %pgss, 'pg_store_plans.max' => 5000 },
	extensions => ['pg_stat_statements'], store_plans => 1
  } if $options{'store-plans'};

# pg_tend with so large a share of executions sampled
sub sampling
{
	my ($rate) = @_;
	return {
		name => "rate_$rate", preload => 'pg_tend', extensions => ['pg_tend'],
		settings => { %tend, 'pg_tend.estimate_sample_rate' => $rate }
	};
}

sub choose_configurations
{
	my %chosen = map { $_ => 1 } split /,/, $options{configurations} // '';
	return unless %chosen;
	@configurations = grep { $chosen{ $_->{name} } || $_->{name} =~ /^base/ || $_->{store_plans} } @configurations;
}

# pg_store_plans comes without its SQL; of its view we need two columns.
my $store_plans_sql = <<'SQL';
CREATE FUNCTION pg_store_plans(OUT userid oid, OUT dbid oid, OUT queryid int8, OUT planid int8, OUT plan text,
    OUT calls int8, OUT total_time float8, OUT min_time float8, OUT max_time float8, OUT mean_time float8,
    OUT stddev_time float8, OUT rows int8, OUT shared_blks_hit int8, OUT shared_blks_read int8,
    OUT shared_blks_dirtied int8, OUT shared_blks_written int8, OUT local_blks_hit int8, OUT local_blks_read int8,
    OUT local_blks_dirtied int8, OUT local_blks_written int8, OUT temp_blks_read int8, OUT temp_blks_written int8,
    OUT shared_blk_read_time float8, OUT shared_blk_write_time float8, OUT local_blk_read_time float8,
    OUT local_blk_write_time float8, OUT temp_blk_read_time float8, OUT temp_blk_write_time float8,
    OUT first_call timestamptz, OUT last_call timestamptz)
RETURNS SETOF record AS 'pg_store_plans', 'pg_store_plans_1_9' LANGUAGE C;
CREATE VIEW pg_store_plans AS SELECT * FROM pg_store_plans();
SQL

# All tables of pgbench in shared buffers and frozen, and two scripts that read
# more than a row
sub load_pgbench
{
	my ($server) = @_;
	spew("$out/scan.pgbench", "SELECT count(*) FROM pgbench_accounts WHERE abalance > 0;\n");
	spew("$out/join.pgbench",
		"SELECT count(*) FROM pgbench_accounts a JOIN pgbench_accounts b USING (aid) WHERE a.bid = 1;\n");
	local $ENV{PGHOST} = $server->{socket};
	run_logged('template', 'pgbench -q -i -s 1');
	psql($server, 'VACUUM (FREEZE, ANALYZE)');
	psql($server, 'CHECKPOINT');
}

# A data directory for each configuration, with its extensions
sub prepare
{
	my ($template, $c) = @_;
	(my $folder = $c->{name}) =~ tr/ /_/;
	$c->{prepared} = "$out/prepared_$folder";
	run_logged('template', "cp -a $template $c->{prepared}");
	my $server = start_server({ %$c, name => $folder, data => $c->{prepared} });
	psql($server, "CREATE EXTENSION $_") foreach @{ $c->{extensions} };
	# a server starts with settings that nobody knows, and they do nothing
	psql($server, "SHOW $_") foreach keys %{ $c->{settings} };
	psql($server, $store_plans_sql) if $c->{store_plans};
	stop_server($server);
	unlink glob "$c->{prepared}/pg_stat/*.stat $c->{prepared}/pg_stat/pg_*";
	$c->{name} = $folder;
}

# As new for each use, so that all of them see the same rows in the same places
sub fresh
{
	my ($c, $kind) = @_;
	my $data = "$out/data_$kind" . '_' . $c->{name};
	run_logged('template', "rm -rf $data && cp -a $c->{prepared} $data");
	return { %$c, data => $data };
}

# ---- the order of things ----

my @measured;

sub keep_numbers
{
	spew("$results/numbers.tsv", join '', "part\trow\tconfiguration\tround\tvalue\n",
		map { join("\t", @{$_}{qw(part row configuration round value)}) . "\n" } @measured);
}

# Whoever stops us early shall have the rounds until then.
sub say_what
{
	my ($part, $round) = @_;
	keep_numbers();
	print STDERR "$part, round $round of $plan{rounds}\n";
}

sub instructions
{
	die "there is no valgrind\n" unless valgrind();
	foreach my $round (1 .. $plan{rounds})
	{
		say_what('instructions', $round);
		foreach my $c (@configurations)
		{
			my $folder = "$results/$c->{name}";
			mkdir $folder;
			# of the last round, its profiles stay
			run_logged('template', "rm -rf $folder/callgrind");
			measure_instructions(\@measured, fresh($c, 'cg'), $round, \%plan, $folder);
		}
	}
}

sub throughput
{
	my @servers = map { start_server(fresh($_, 'tps')) } @configurations;
	# a first round that does not count warms up
	foreach my $round (0 .. $plan{rounds})
	{
		say_what('throughput', $round);
		my @results;
		measure_throughput(\@results, \@servers, $round, \%plan);
		push @measured, @results if $round > 0;
	}
	stop_server($_, 'immediate') foreach @servers;
}

sub churn
{
	foreach my $round (1 .. $plan{rounds})
	{
		say_what('churn', $round);
		foreach my $c (map { $configurations[ ($_ + $round) % @configurations ] } 0 .. $#configurations)
		{
			measure_churn(\@measured, fresh($c, 'churn'), $round, \%plan, $_, $results) foreach @plan{qw(often seldom)};
		}
	}
}

sub memory
{
	measure_memory(\@measured, fresh($_, 'memory'), \%plan, $results) foreach @configurations;
}

enter_bench();
mkdir $results;

choose_configurations();
build_stage();
if ($options{'store-plans'})
{
	chomp(my $libdir = `pg_config --pkglibdir`);
	run_logged('build', "cp pg_store_plans.so $out/stage$libdir/");
}
my $template = make_template($common, \&load_pgbench);
prepare($template, $_) foreach @configurations;

# What fails takes nothing away from the other parts.
my $unmeasured = 0;
my %parts = (instructions => \&instructions, throughput => \&throughput, churn => \&churn, memory => \&memory);
foreach my $part (grep { $wanted{$_} } qw(instructions throughput churn memory))
{
	next if eval { $parts{$part}->(); 1 };
	print "NOT MEASURED  $part: $@";
	$unmeasured = 1;
	stop_all();
}
keep_numbers();
chomp(my $version = `postgres --version`);
my $report = overhead_report(\@measured, \%plan, $version, [ map { $_->{name} } @configurations ]);
print $report->{text};
spew("$results/report.txt", $report->{text});
exit($unmeasured || $report->{unmeasured});
