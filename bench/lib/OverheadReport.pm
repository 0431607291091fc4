#
# OverheadReport.pm
#
# The tables and budgets of bench/overhead, from its list of results.
#
package OverheadReport;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use List::Util qw(max min);

use BenchReport;
use OverheadMeasure;

our @EXPORT = qw(overhead_report);

# What pg_store_plans 1.9 adds to an execution, a first one or not, in
# instructions: measured earlier on 15.20.
my $store_plans_before = 107_160;

my (%values, @configurations);

# How far the median of so many rounds may be from that of infinitely many: the
# standard error of a median, from the median distance to it, which an outlier
# cannot blow up.
sub uncertainty
{
	my @v = @_;
	return undef if @v < 3;
	my $m = median(@v);
	return 1.2533 * 1.4826 * median(map { abs($_ - $m) } @v) / sqrt(@v);
}

# Values of a configuration by round
sub rounds
{
	my ($part, $row, $configuration) = @_;
	return $values{$part}{$row}{$configuration} // {};
}

# A configuration's values minus, or in times of, those of base in the same round
sub against_base
{
	my ($part, $row, $configuration, $how) = @_;
	my ($its, $base) = (rounds($part, $row, $configuration), rounds($part, $row, 'base'));
	return map { $how eq 'minus' ? $its->{$_} - $base->{$_} : $its->{$_} / $base->{$_} }
	  grep { exists $base->{$_} } sort { $a <=> $b } keys %$its;
}

# ---- tables ----

my %row_names = (
	prepared => '-S prepared', simple => '-S simple', tpcb => 'TPC-B prepared',
	scan => 'scan 100 000', join => 'join 100 000');

sub print_instructions
{
	my ($plan) = @_;
	return unless $values{instructions};
	say_line("\nInstructions in user space, one session, median of %d rounds", $plan->{rounds});
	say_line('%-16s %-14s %12s %12s %8s %22s %8s', '', '', 'per', 'added', '+-', 'from - to', 'ratio');
	say_line('%-16s %-14s %12s %12s %8s %22s %8s', '', '', 'transaction', '', '', '', '');
	foreach my $row (@{ $plan->{workloads} }, 'first seen', 'the same again')
	{
		foreach my $c (@configurations)
		{
			my @added = against_base('instructions', $row, $c, 'minus') or next;
			say_line('%-16s %-14s %12s %12s %8s %22s %8s', $row_names{$row} // $row, $c,
				cell(median(values %{ rounds('instructions', $row, $c) }), 0),
				cell(median(@added), 0), cell(uncertainty(@added), 0),
				sprintf('%.0f - %.0f', min(@added), max(@added)),
				cell(median(against_base('instructions', $row, $c, 'ratio')), 4));
		}
	}
}

sub print_ratios
{
	my ($part, $title, $rows, $decimals) = @_;
	return unless $values{$part};
	say_line("\n%s", $title);
	say_line('%-16s %-14s %12s %8s %8s %18s', '', '', 'median', 'ratio', '+-', 'from - to');
	foreach my $row (@$rows)
	{
		foreach my $c (@configurations)
		{
			my @ratios = against_base($part, $row, $c, 'ratio') or next;
			say_line('%-16s %-14s %12s %8s %8s %18s', $row_names{$row} // $row, $c,
				cell(median(values %{ rounds($part, $row, $c) }), $decimals),
				cell(median(@ratios), 3), cell(uncertainty(@ratios), 3),
				sprintf('%.3f - %.3f', min(@ratios), max(@ratios)));
		}
	}
}

sub print_churn
{
	my ($plan, $times) = @_;
	return unless $values{"churn $times"};
	print_ratios("churn $times",
		sprintf('%d one-off statements, %d others %d times each, one session: us per statement; private memory of the session, kB',
			@{$plan}{qw(one_off repeated)}, $times),
		[qw(CPU elapsed session)], 1);
	my $kept = $values{"kept $times"} or return;
	say_line("\n%-30s %20s %12s %10s", 'Calls that the view still shows', 'of repeated ones', 'of all', 'entries');
	foreach my $view (sort keys %{ $kept->{repeated} })
	{
		say_line('%-30s %20s %12s %10s', $view,
			map { cell(median(values %{ $kept->{ $_->[0] }{$view} }) * $_->[1], $_->[2]) . $_->[3] }
			  [ 'repeated', 100, 1, ' %' ], [ 'all', 100, 1, ' %' ], [ 'entries', 1, 0, '' ]);
	}
}

sub print_memory
{
	my ($plan) = @_;
	return unless $values{memory};
	say_line("\nMemory with %d idle sessions", $plan->{idle});
	say_line('%-14s %16s %16s %16s %14s %14s', '', 'Pss_Anon', 'added by all', 'Private_Dirty', 'added by all', 'shared, added');
	say_line('%-14s %16s %16s %16s %14s %14s', '', 'kB per session', 'MB', 'kB per session', 'MB', 'kB');
	foreach my $c (@configurations)
	{
		next unless %{ rounds('memory', 'Pss_Anon', $c) };
		my @cells;
		foreach my $row (qw(Pss_Anon Private_Dirty))
		{
			my $added = median(against_base('memory', $row, $c, 'minus'));
			push @cells, cell(rounds('memory', $row, $c)->{1}, 1), cell($added * $plan->{idle} / 1024, 1);
		}
		say_line('%-14s %16s %16s %16s %14s %14s', $c, @cells, cell(median(against_base('memory', 'shared', $c, 'minus')), 0));
	}
}

# ---- budgets ----

sub added
{
	my ($row, $configuration) = @_;
	return median(against_base('instructions', $row, $configuration, 'minus'));
}

sub instruction_budgets
{
	my $pgss = added('prepared', 'pgss');
	my $ours = added('prepared', 'pg_tend');
	say_line('');
	verdict('instructions added to a prepared execution, goal: half of pg_stat_statements', $ours, $pgss / 2, 0)
	  if defined $pgss;
	verdict('instructions added to a prepared execution, limit: pg_stat_statements', $ours, $pgss, 0)
	  if defined $pgss;

	my $store_plans = added('first seen', 'store_plans');
	my $with_pgss = added('first seen', 'pgss');
	$store_plans -= $with_pgss if defined $store_plans && defined $with_pgss;
	my $source = defined $store_plans ? '' : ' as measured earlier';
	my $limit = 0.3 * ($store_plans // $store_plans_before);
	verdict("instructions added to a first execution, limit: 30 % of pg_store_plans$source",
		added('first seen', 'pg_tend'), $limit, 0);
	# what is put off is not saved
	verdict("instructions added to a second execution, limit: 30 % of pg_store_plans$source",
		added('the same again', 'pg_tend'), $limit, 0);
	my $noise = uncertainty(against_base('instructions', 'prepared', 'pg_tend', 'minus'));
	say_line('%-12s  differences of %.0f instructions per prepared execution can be told (2 standard errors)',
		'', 2 * $noise)
	  if defined $noise;
}

# What sampling adds to a statement, in percent of what it costs with the library
# and a rate of 0
sub sampling_adds
{
	my ($part, $row, $rate) = @_;
	my ($with, $without) = (rounds($part, $row, "rate_$rate"), rounds($part, $row, 'rate_0'));
	return median(map { 100 * ($with->{$_} / $without->{$_} - 1) } grep { $without->{$_} } keys %$with);
}

sub sampling_budgets
{
	my ($plan) = @_;
	say_line('');
	foreach my $part (grep { $values{$_} } qw(instructions cpu))
	{
		foreach my $row (@{ $plan->{workloads} })
		{
			my $what = "$part added to $row_names{$row} by a sample rate of";
			# of few executions that are counted, chance samples none or too many
			verdict("$what 0.01, %", sampling_adds($part, $row, 0.01), 1, 2)
			  unless $part eq 'instructions' && $plan->{transactions}{$row} < 100;
			my $all = sampling_adds($part, $row, 1);
			say_line('%-12s  %s 1, %%: %.2f', '', $what, $all) if defined $all;
		}
	}
}

sub churn_budgets
{
	my ($plan) = @_;
	foreach my $times (@{$plan}{qw(often seldom)})
	{
		next unless $values{"churn $times"};
		my $kept = $values{"kept $times"}{repeated} // {};
		my @kept = map { median(values %{ $kept->{$_} }) } grep { /: pg_tend$/ } keys %$kept;
		verdict("calls of statements repeated $times times that tend.plans still has, %",
			@kept ? 100 * min(@kept) : undef, 95, 1, 1);
	}
}

sub memory_budget
{
	my $shared = median(against_base('memory', 'shared', 'pg_tend', 'minus'));
	verdict('shared memory, MB', defined $shared ? $shared / 1024 : undef, 32, 1);
}

sub overhead_report
{
	my ($measured, $plan, $version, $names) = @_;
	begin_report();
	%values = ();
	@configurations = @$names;
	$values{ $_->{part} }{ $_->{row} }{ $_->{configuration} }{ $_->{round} } = $_->{value} foreach @$measured;

	say_line('%s', $version);
	print_instructions($plan);
	print_ratios('cpu', "CPU time of sessions, 8 at a time, us per transaction, median of $plan->{rounds} rounds",
		$plan->{workloads}, 1);
	print_ratios('tps', "Transactions per second, 8 sessions, median of $plan->{rounds} rounds",
		$plan->{workloads}, 0);
	print_churn($plan, $_) foreach @{$plan}{qw(often seldom)};
	print_memory($plan);
	sampling_budgets($plan) if grep { $_ eq 'rate_0' } @configurations;
	if (grep { $_ eq 'pg_tend' } @configurations)
	{
		instruction_budgets() if $values{instructions};
		churn_budgets($plan);
		memory_budget() if $values{memory};
	}
	return end_report();
}

1;
