#!/usr/bin/perl
#
# autovacuum.pl [--seconds N] [--seeds N] [--first N] [--configurations A,B]
#               [--tuning VALUE] [--setting NAME=VALUE] [--keep]
# autovacuum.pl --report DIR
#
# The measurements of bench/autovacuum: the plan, the configurations, and the
# order of things.  Runs in a copy of the sources that is thrown away, as a user
# other than root, the programs of PostgreSQL first in PATH and PG_CONFIG set.
# Everything it makes lies in tmp_check; tmp_check/results is what is worth
# keeping.
#
use strict;
use warnings FATAL => 'all';

use Cwd qw(abs_path getcwd);
use FindBin;
use Getopt::Long;
use IO::Handle;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);

use lib $FindBin::RealBin;
use AutovacuumReport;
use AutovacuumRun;
use BenchFiles;

$| = 1;

my %options = (seconds => 300, seeds => 3, first => 1, tuning => 'apply', setting => []);
GetOptions(\%options, 'seconds=i', 'seeds=i', 'first=i', 'configurations=s', 'tuning=s', 'setting=s@',
	'keep', 'report=s')
  or exit 2;

my $out = getcwd() . '/tmp_check';
my $results = "$out/results";

# ---- the plan ----

# Transactions per second before and after the shift.  What one transaction
# does is in autovacuum.d.
my @streams = (
	{ name => 'queue', rates => [ 25, 50 ] },
	{ name => 'skewed', rates => [ 60, 30 ] },
	{ name => 'large', rates => [ 30, 45 ] },
	{ name => 'log', rates => [ 20, 10 ] },
	{ name => 'purged', rates => [ 5, 8 ] },
	{ name => 'documents', rates => [ 8, 12 ] });

sub plan
{
	my $seconds = $options{seconds};
	return {
		seconds => $seconds,
		half => POSIX::floor($seconds / 2),
		hold => 0.70 * $seconds,
		release => 0.85 * $seconds,
		checkpoint_every => 30,
		streams => \@streams,
		# each purge deletes as many rows as came since the one before
		purge_every => 20,
		purged_rows => [ map { $_ * 20 } @{ $streams[4]{rates} } ],
		files => abs_path("$FindBin::RealBin/../autovacuum.d"),
		sample => slurp("$FindBin::RealBin/../autovacuum.d/sample.sql")
	};
}

# ---- the configurations ----

my %policies = (
	default => {},
	handtuned => {
		autovacuum_vacuum_scale_factor => 0.01,
		autovacuum_vacuum_insert_scale_factor => 0.01,
		autovacuum_analyze_scale_factor => 0.01
	},
	flat => {
		autovacuum_vacuum_scale_factor => 0,
		autovacuum_vacuum_threshold => 1000
	},
	max_threshold => { autovacuum_vacuum_max_threshold => 1000 },
	pg_tend => {
		shared_preload_libraries => 'pg_tend',
		'pg_tend.interval' => '1s'
	});

sub major
{
	my ($major) = `postgres --version` =~ /(\d+)/;
	return $major;
}

sub chosen_configurations
{
	my @all = grep { $_ ne 'max_threshold' || major() >= 18 } qw(default handtuned flat max_threshold pg_tend);
	return @all unless $options{configurations};
	my @chosen = split /,/, $options{configurations};
	foreach my $name (@chosen)
	{
		die "this PostgreSQL has no configuration $name, but: @all\n" unless grep { $_ eq $name } @all;
	}
	return @chosen;
}

sub add_tend_settings
{
	my $policy = $policies{pg_tend};
	$policy->{'pg_tend.autovacuum_tuning'} = $options{tuning} unless $options{tuning} eq 'none';
	foreach my $setting (@{ $options{setting} })
	{
		my ($name, $value) = $setting =~ /^([\w.]+)=(.*)$/ or die "not NAME=VALUE: $setting\n";
		$policy->{$name} = $value;
	}
}

# The same for all.  Costs of vacuum are those of initdb.  Checkpoints come when
# the plan says so.
my $common = <<'END';
listen_addresses = ''
max_connections = 40
shared_buffers = '64MB'
fsync = off
jit = off
max_wal_size = '8GB'
checkpoint_timeout = '1h'
autovacuum_max_workers = 3
log_autovacuum_min_duration = 0
log_line_prefix = '%n|%p|%b|'
log_checkpoints = on
END

sub settings
{
	my (%values) = @_;
	return join '', map { my $value = $values{$_}; $value =~ s/'/''/g; "$_ = '$value'\n" } sort keys %values;
}

# ---- building ----

sub run_logged
{
	my ($what, $command) = @_;
	system("$command >> $out/$what.log 2>&1") == 0
	  or die "$what failed:\n" . `tail -n 40 $out/$what.log`;
}

sub build
{
	run_logged('build', 'make -s -j2 with_llvm=no PG_CONFIG=$PG_CONFIG');
	run_logged('build', "make -s install with_llvm=no DESTDIR=$out/stage PG_CONFIG=\$PG_CONFIG");
}

# One cluster, loaded and stopped; all others are copies of it.
sub make_template
{
	my $data = "$out/template";
	run_logged('template', "initdb -D $data -U $ENV{PGUSER} -A trust -E UTF8 --locale=C --no-sync");
	open my $conf, '>>', "$data/postgresql.conf" or die "postgresql.conf: $!";
	print $conf $common, settings(autovacuum => 'off', unix_socket_directories => $out);
	close $conf;
	start_server($data, "$out/template.server.log");
	psql($out, 'postgres', 'CREATE DATABASE bench');
	run_logged('template',
		"psql -Xq -v ON_ERROR_STOP=1 -h $out -d bench -f $FindBin::RealBin/../autovacuum.d/schema.sql");
	psql($out, 'bench', 'VACUUM (FREEZE, ANALYZE)', 'CHECKPOINT');
	stop_server($data, 'fast');
}

# ---- running ----

my %children;			# process id => name of the run

# Later settings in postgresql.conf win.
sub make_cluster
{
	my ($name, $configuration) = @_;
	my $data = "$out/clusters/$name";
	mkdir $_ foreach "$out/clusters", "$out/s", "$out/s/$name";
	run_logged('template', "cp -a --reflink=auto $out/template $data");
	my %settings = (
		autovacuum => 'on',
		autovacuum_naptime => '1s',
		unix_socket_directories => "$out/s/$name",
		%{ $policies{$configuration} });
	open my $conf, '>>', "$data/postgresql.conf" or die "postgresql.conf: $!";
	print $conf settings(%settings);
	if ($configuration eq 'pg_tend')
	{
		print $conf `bash -c '. test/lib/stage.sh; stage_settings "\$0"' $out/stage`;
		die "no settings for the staged library\n" if $?;
	}
	close $conf;
	return ($data, "$out/s/$name");
}

sub start_run
{
	my ($plan, $seed, $name, $configuration) = @_;
	my $folder = "$results/seed-$seed/$name";
	mkdir $_ foreach "$results/seed-$seed", $folder;
	my ($data, $socket) = make_cluster($name, $configuration);
	pipe my $ready_reader, my $ready or die "pipe: $!";
	pipe my $go, my $go_writer or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		%children = ();
		close $_ foreach $ready_reader, $go_writer;
		# END is not for us
		POSIX::_exit(run_cluster(
			{
				plan => $plan, name => $name, seed => $seed, quiet => $name eq 'quiet',
				tend => $configuration eq 'pg_tend',
				data => $data, socket => $socket, results => $folder
			}, $ready, $go));
	}
	$children{$pid} = $name;
	$go_writer->autoflush;
	return { name => $name, ready => $ready_reader, go => $go_writer };
}

# How busy the machine was: jiffies of all cores, idle and in all
sub machine_jiffies
{
	my (undef, @jiffies) = split ' ', (slurp('/proc/stat') =~ /^(cpu .*)$/m)[0];
	my $sum = 0;
	$sum += $_ foreach @jiffies[ 0 .. 7 ];
	return ($jiffies[3] + $jiffies[4], $sum);
}

sub wait_for_runs
{
	my $failed = 0;
	while (%children)
	{
		my $pid = waitpid -1, 0;
		last if $pid < 0;
		next unless delete $children{$pid};
		$failed = 1 if $?;
	}
	return $failed;
}

# All configurations of one seed, and with the first seed the quiet cluster,
# which has nothing to do and so disturbs nobody.
sub run_seed
{
	my ($plan, $seed, @configurations) = @_;
	my @runs = map { start_run($plan, $seed, $_, $_) } @configurations;
	push @runs, start_run($plan, $seed, 'quiet', 'pg_tend')
	  if $seed == $options{first} && grep { $_ eq 'pg_tend' } @configurations;

	foreach my $run (@runs)
	{
		# what runs then, END ends
		defined readline $run->{ready} or die "$run->{name} did not start\n";
	}
	my ($idle, $sum) = machine_jiffies();
	my $begin = time + 1;
	print { $_->{go} } "$begin\n" foreach @runs;
	close $_->{go} foreach @runs;
	my $failed = wait_for_runs();
	my ($idle_after, $sum_after) = machine_jiffies();
	spew("$results/seed-$seed/machine.json", JSON::PP->new->canonical->encode({
		busy => 1 - ($idle_after - $idle) / ($sum_after - $sum)
	}) . "\n");
	run_logged('template', "rm -rf $out/clusters $out/s") unless $options{keep};
	return $failed;
}

sub measure
{
	my @configurations = chosen_configurations();
	my $plan = plan();
	mkdir $_ foreach $out, $results;
	chmod 0700, $out;
	$ENV{PGUSER} = 'postgres';
	$ENV{PGOPTIONS} = '-c client_min_messages=warning';
	delete $ENV{$_} foreach qw(PGHOST PGPORT PGDATABASE PGDATA);

	add_tend_settings();
	build() if grep { $_ eq 'pg_tend' } @configurations;
	make_template();
	chomp(my $version = `postgres --version`);
	my @seeds = $options{first} .. $options{first} + $options{seeds} - 1;
	spew("$results/plan.json", JSON::PP->new->canonical->pretty->encode({
		%$plan, version => $version, configurations => \@configurations, seeds => \@seeds,
		policies => { map { $_ => $policies{$_} } @configurations }
	}));
	my $failed = 0;
	foreach my $seed (@seeds)
	{
		print STDERR "seed $seed: ", join(', ', @configurations), ", $options{seconds} s each, side by side\n";
		$failed = 1 if run_seed($plan, $seed, @configurations);
		run_logged('template', "rm -rf $out/clusters.$seed; mv $out/clusters $out/clusters.$seed") if $options{keep};
	}
	return $failed;
}

# the servers must not outlive us: each run stops its own
my $main = $$;
$SIG{$_} = sub { exit 1 }
  foreach qw(HUP INT TERM);

END
{
	my $status = $?;
	if ($$ == $main && defined $out)
	{
		kill 'TERM', keys %children;
		wait_for_runs();
		stop_server("$out/template", 'immediate');
		$? = $status;
	}
}

if ($options{report})
{
	exit report($options{report});
}
my $failed = measure();
exit(report($results) || $failed);
