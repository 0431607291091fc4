#!/usr/bin/perl
#
# misestimates.pl [--quick] [--seed N] [--rounds N] [--setting NAME=VALUE]...
#
# The measurements of bench/misestimates: the plan and the order of things.  Runs in
# a copy of the sources that is thrown away, as a user other than root, the programs
# of PostgreSQL first in PATH and PG_CONFIG set.  What Debian packages ship lies in
# data.  Everything it makes lies in tmp_check; tmp_check/results is what is worth
# keeping.
#
use strict;
use warnings FATAL => 'all';

use Cwd qw(getcwd);
use FindBin;
use Getopt::Long;
use JSON::PP;
use List::Util qw(shuffle);

use lib $FindBin::RealBin;
use BenchFiles;
use BenchServer;
use MisestimatesData;
use MisestimatesReport;
use MisestimatesScore;
use MisestimatesTables;
use MisestimatesTend;
use MisestimatesTruth;
use MisestimatesWorkload;

$| = 1;

my %options = (setting => []);
GetOptions(\%options, 'quick', 'seed=i', 'rounds=i', 'setting=s@') or exit 2;
$options{seed} //= 1 + int rand 1_000_000;

my $out = getcwd() . '/tmp_check';
my $results = "$out/results";

# ---- the plan ----

# "rows": of synthetic tables, from - to; "most": of real ones.  "sets": how many sets
# of columns of a real table, by their size.  Constants per set: seen and held out.
my %plan = $options{quick} ?
  (
	rows => [ 20_000, 40_000 ], most => 40_000, sets => { 2 => 8, 3 => 3 }, grouped => 1, seen => 10, held_out => 15,
	rounds => 1, patience => 600
  ) :
  (
	rows => [ 40_000, 120_000 ], most => 120_000, sets => { 2 => 16, 3 => 7, 4 => 2 }, grouped => 3, seen => 20,
	held_out => 30, rounds => 3, patience => 1800
  );
$plan{rounds} = $options{rounds} if $options{rounds};

# autovacuum would make stale statistics fresh
my $common = <<'END';
listen_addresses = ''
fsync = off
autovacuum = off
jit = off
max_wal_size = 16GB
checkpoint_timeout = 1h
shared_buffers = 256MB
END

my %tend = (
	'pg_tend.interval' => '1s',
	'pg_tend.estimate_sample_rate' => 1,
	map { /^(\w+(?:\.\w+)?)=(.*)$/ or die "not a setting: $_\n"; ($1 => $2) } @{ $options{setting} });

sub say_what { print STDERR "$_[0]\n" }

# ---- tables ----

my (@tables, @missing_data);

# A value as COPY reads it
sub copy_text
{
	my ($value) = @_;
	return '\N' unless defined $value;
	return $value =~ s/\\/\\\\/gr =~ s/\t/\\t/gr =~ s/\n/\\n/gr;
}

sub load_real_table
{
	my ($server, $table) = @_;
	my @rows = @{ delete $table->{rows} };
	@rows = (shuffle @rows)[ 0 .. $plan{most} - 1 ] if @rows > $plan{most};
	my $file = "$out/$table->{name}.tsv";
	open my $f, '>:encoding(UTF-8)', $file or die "$file: $!";
	print $f join("\t", map { copy_text($_) } @$_), "\n" foreach @rows;
	close $f or die "$file: $!";
	psql($server, "CREATE TABLE $table->{name} (" . join(', ', @{ $table->{columns} }) . ')');
	psql($server, "\\copy $table->{name} FROM '$file'");
}

sub load_data_set
{
	my ($server, $package) = @_;
	say_what("loading $package");
	foreach my $table (read_data_set($package, getcwd() . "/data/$package"))
	{
		load_real_table($server, $table);
		psql($server, "ANALYZE $table->{name}");
		push @tables, { name => $table->{name}, source => $package, groups => [ real_groups($server, $table->{name}, \%plan) ] };
	}
}

sub load_synthetic
{
	my ($server) = @_;
	say_what('loading synthetic tables');
	foreach my $table (synthetic_tables(@{ $plan{rows} }))
	{
		my $seed = rand;
		psql_script($server, "SELECT setseed($seed) \\g /dev/null\n$table->{sql}");
		push @tables, $table;
	}
	psql($server, 'VACUUM ANALYZE');
	psql($server, $_->{after}) foreach grep { $_->{after} } @tables;
}

sub load
{
	my ($server) = @_;
	foreach my $package (sort keys %data_sets)
	{
		next if -d "data/$package" && eval { load_data_set($server, $package); 1 };
		warn $@ if $@;
		push @missing_data, $package;
	}
	load_synthetic($server);
	psql($server, 'CHECKPOINT');
}

# ---- the order of things ----

my (@groups, @measured, %facts);

sub draw_workload
{
	my ($server) = @_;
	say_what('drawing constants');
	foreach my $table (@tables)
	{
		foreach my $group (@{ $table->{groups} })
		{
			name_group($group, $table);
			$group->{id} = @groups;
			draw_statements($server, $group, \%plan);
			push @groups, $group;
		}
	}
	prepare_truth($server, \@groups);
	@measured = grep { !$_->{cause} } @groups;
}

# A copy of the template that runs
sub start_copy
{
	my ($template, $name, $preload, $settings) = @_;
	run_logged('template', "cp -a $template $out/data_$name");
	return start_server({ name => $name, data => "$out/data_$name", preload => $preload, settings => $settings });
}

# What pg_tend advises; undef if it cannot
sub ask_tend
{
	my ($template) = @_;
	my $server = start_copy($template, 'pg_tend', 'pg_tend', \%tend);
	psql($server, 'CREATE EXTENSION pg_tend');
	my $missing = tend_missing($server);
	if (defined $missing)
	{
		stop_server($server);
		die "$missing missing\n";
	}
	say_what('running the workload with pg_tend');
	my $statements = run_workload($server, \@groups, $results);
	say_what("$statements scripts ran; waiting for verification");
	$facts{settled} = wait_until_settled($server, $plan{patience});
	my $said = read_tend($server);
	spew("$results/$_.json", JSON::PP->new->pretty->canonical->encode($said->{$_})) foreach qw(misestimates advice);
	# what exists already and should go is advice, too, but none that can be scored
	my @advice = map { { relid => $_->{relid}, table => $_->{table_name}, columns => $_->{columns}, shown => $_ } }
	  grep { $_->{command} =~ /\bCREATE STATISTICS\b/ } @{ $said->{advice} };
	say_what(scalar(@advice) . ' rows of advice; applying them');
	apply_advice($server, \@advice);
	stop_server($server);
	@facts{qw(misestimates cost)} = @{$said}{qw(misestimates cost)};
	return \@advice;
}

# Each definition alone on each group, then each advisor's on each table
sub measure
{
	my ($server, $advice) = @_;
	foreach my $round (1 .. $plan{rounds})
	{
		say_what("measuring " . @measured . " sets of columns, round $round of $plan{rounds}");
		foreach my $group (@measured)
		{
			my %definitions = map { $_->{key} => $_ } exhaustive($group), advice_on($group, $advice // []);
			measure_group($server, $group, [ map { $definitions{$_} } sort keys %definitions ]);
		}
	}
	judge_groups(\@measured);

	my %advisors = (
		'every pair used together' => naive_advice(\@groups, 0),
		'all pairs of a wrong node' => naive_advice(\@groups, 1),
		'who knows everything' => best_advice(\@measured),
		$advice ? (pg_tend => $advice) : ());
	my %by_table = map { $_ => by_table($advisors{$_}) } keys %advisors;
	foreach my $round (1 .. $plan{rounds})
	{
		say_what("applying what is advised, round $round of $plan{rounds}");
		foreach my $table (@tables)
		{
			my @of_table = grep { $_->{table} eq $table->{name} } @measured or next;
			measure_advisors($server, $table->{name}, \@of_table, \%by_table);
		}
	}
	foreach my $name (keys %advisors)
	{
		my $score = $facts{scores}{$name} = score_advisor($name, $advisors{$name}, \@measured);
		$score->{'worst name'} = $groups[ delete $score->{'worst group'} ]{name};
	}
}

# Each number of each set
sub keep_numbers
{
	my @lines = ("source\tset\tcause\tdefinition\tround\tq_error\n");
	foreach my $group (@measured)
	{
		foreach my $key (sort keys %{ $group->{expected} })
		{
			my $rounds = $group->{expected}{$key};
			push @lines, map {
				join("\t", $group->{source}, $group->{name}, $group->{useful} ? 'useful' : '', $key, $_ + 1,
					sprintf '%.3f', mean_error(errors($group, [ $rounds->[$_] ]))) . "\n"
			} 0 .. $#$rounds;
		}
	}
	spew("$results/numbers.tsv", join '', @lines);
}

enter_bench();
mkdir $results;

srand $options{seed};
build_stage();
my $template = make_template($common, \&load);
my $plain = start_copy($template, 'plain', '', { max_parallel_workers_per_gather => 0 });
draw_workload($plain);

my $advice = eval { ask_tend($template) };
chomp($facts{missing} = $@ || 'no reason known') unless $advice;
say_what("pg_tend: $facts{missing}") unless $advice;
measure($plain, $advice);
stop_server($plain);

keep_numbers();
chomp(my $version = `postgres --version`);
my $report = misestimates_report({
	%facts,
	head => sprintf('%s, seed %d, %d tables, %d sets of columns, of which %d measured in %d rounds', $version, $options{seed},
		scalar @tables, scalar @groups, scalar @measured, $plan{rounds}),
	measured => \@measured, missing_data => \@missing_data, advice => $advice,
	names => [ 'every pair used together', 'all pairs of a wrong node', 'pg_tend', 'who knows everything' ],
	diagnoses => $advice ? [ diagnose(\@groups, $facts{misestimates}) ] : undef
});
print $report->{text};
spew("$results/report.txt", $report->{text});
exit $report->{unmeasured};
