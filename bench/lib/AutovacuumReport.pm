#
# AutovacuumReport.pm
#
# The report of bench/autovacuum, from a folder of results; so it can be printed
# again.
#
package AutovacuumReport;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP;
use List::Util qw(first max min sum0);

use AutovacuumMeasure;

our @EXPORT = qw(report);

my $MB = 1024 * 1024;
my $unmeasured;

# ---- the report ----

# key, label, decimals
my @metrics = (
	[ 'waste', 'wasted MB, average', 2 ],
	[ 'waste peak', 'wasted MB, peak', 2 ],
	[ 'waste final', 'wasted MB, at the end', 2 ],
	[ 'dead', 'dead rows %, average', 2 ],
	[ 'dead p99', 'dead rows %, p99', 2 ],
	[ 'dead, mean of tables', 'dead rows %, mean of tables', 2 ],
	[ 'queue dead', 'dead rows of queue %, average', 2 ],
	[ 'queue dead p99', 'dead rows of queue %, p99', 2 ],
	[ 'queue dead, free', 'dead rows of queue %, horizon not held', 2 ],
	[ 'vacuums', 'autovacuums', 0 ],
	[ 'vacuum pages', 'vacuum, pages touched, thousands', 1 ],
	[ 'vacuum read', 'vacuum, pages read, thousands', 1 ],
	[ 'vacuum dirtied', 'vacuum, pages dirtied, thousands', 1 ],
	[ 'vacuum wal', 'vacuum, WAL MB', 1 ],
	[ 'closing pages', 'closing VACUUM, pages, thousands', 1 ],
	[ 'closing wal', 'closing VACUUM, WAL MB', 1 ],
	[ 'pages with closing', 'vacuum pages with closing', 1 ],
	[ 'wal with closing', 'vacuum WAL MB with closing', 1 ],
	[ 'analyzes', 'autoanalyzes', 0 ],
	[ 'analyze pages', 'analyze, pages, thousands', 1 ],
	[ 'pages of both', 'vacuum and analyze pages, thousands', 1 ],
	[ 'futile', 'futile vacuums', 0 ],
	[ 'futile pages', 'futile vacuums, pages, thousands', 1 ],
	[ 'held vacuums', 'horizon held: vacuums', 0 ],
	[ 'held futile', 'horizon held: futile vacuums', 0 ],
	[ 'held pages', 'horizon held: pages, thousands', 1 ],
	[ 'free pages', 'horizon not held: pages, thousands', 1 ],
	[ 'visible', 'log all-visible %, average', 1 ],
	[ 'visible final', 'log all-visible %, at the end', 1 ],
	[ 'heap fetches', 'log, heap fetches, thousands', 1 ],
	[ 'scored wal', 'WAL of the cluster, MB', 1 ],
	[ 'latency', 'latency ms, average', 2 ],
	[ 'latency p99', 'latency ms, p99', 2 ],
	[ 'all vacuums', 'whole run: autovacuums', 0 ],
	[ 'all vacuum pages', 'whole run: vacuum pages, thousands', 1 ],
	[ 'cancelled', 'whole run: vacuums cancelled', 0 ],
	[ 'cpu', 'whole run: CPU s of the server', 1 ],
	[ 'changes', 'whole run: changes of tables', 0 ],
	[ 'changes of a table', 'whole run: changes, most of a table', 0 ],
	[ 'changes first half', 'first half: changes, most of a table', 0 ],
	[ 'reverted', 'whole run: changes reverted', 0 ]);

# the more the better
my %more_is_better = map { $_ => 1 } 'visible', 'visible final';

sub cell
{
	my ($value, $decimals) = @_;
	return '-' unless defined $value;
	# the median of two counts may lie between them
	$decimals = 1 if $decimals == 0 && $value != int($value);
	return sprintf("%.${decimals}f", $value);
}

sub worst
{
	my ($key, @values) = @_;
	return $more_is_better{$key} ? min(@values) : max(@values);
}

# runs that were measured, of one configuration
sub runs_of
{
	my ($all, $configuration) = @_;
	return grep { defined } map { $_->{$configuration} } @$all;
}

sub values_of
{
	my ($all, $configuration, $key) = @_;
	return map { $_->{m}{$key} } runs_of($all, $configuration);
}

sub print_row
{
	my ($label, @cells) = @_;
	printf "%-38s" . " %18s" x @cells . "\n", $label, @cells;
}

sub print_medians
{
	my ($plan, $all) = @_;
	my $several = @{ $plan->{seeds} } > 1;
	print_row($several ? "second half, median (worst) of seeds" : 'second half', @{ $plan->{configurations} });
	foreach my $metric (@metrics)
	{
		my ($key, $label, $decimals) = @$metric;
		print_row($label, map {
			my @values = values_of($all, $_, $key);
			!@values ? '-'
			  : cell(median(@values), $decimals) . ($several ? ' (' . cell(worst($key, @values), $decimals) . ')' : '')
		} @{ $plan->{configurations} });
	}
	print "\n";
}

sub print_seeds
{
	my ($plan, $all) = @_;
	return if @{ $plan->{seeds} } < 2;
	print_row("each seed (@{ $plan->{seeds} })", @{ $plan->{configurations} });
	foreach my $metric (@metrics)
	{
		my ($key, $label, $decimals) = @$metric;
		print_row($label, map { join ' ', map { cell($_, $decimals) } values_of($all, $_, $key) } @{ $plan->{configurations} });
	}
	print "\n";
}

sub print_tables
{
	my ($plan, $all) = @_;
	my %names = map { $_ => 1 } map { keys %{ $_->{tables} } } map { runs_of($all, $_) } @{ $plan->{configurations} };
	print_row('second half, each table, medians:', @{ $plan->{configurations} });
	print_row('wasted MB | dead % | vacuums | k pages', ('') x @{ $plan->{configurations} });
	foreach my $name (sort keys %names)
	{
		print_row("  $name", map {
			my @tables = map { $_->{tables}{$name} // {} } runs_of($all, $_);
			my $typical = sub {
				my ($key, $decimals, $absent) = @_;
				return cell(median(map { $_->{$key} // $absent } @tables), $decimals);
			};
			join '|', $typical->('waste', 2), $typical->('dead', 1), $typical->('vacuums', 0, 0), $typical->('vacuum pages', 1, 0)
		} @{ $plan->{configurations} });
	}
	print "\n";
}

# The same work for all?
sub print_work
{
	my ($plan, $all) = @_;
	my ($most, $lag) = (0, 0);
	print_row('transactions, all seeds', @{ $plan->{configurations} });
	foreach my $stream (map { $_->{name} } @{ $plan->{streams} })
	{
		print_row("  $stream", map { sum0(map { $_->{transactions}{$stream} } runs_of($all, $_)) } @{ $plan->{configurations} });
		foreach my $seed (@$all)
		{
			my @counts = map { $_->{transactions}{$stream} } grep { defined } values %$seed;
			$most = max($most, max(@counts) / max(1, min(@counts)) - 1) if @counts;
		}
	}
	print_row('  lag behind schedule, ms, worst', map { cell(max(0, map { $_->{lag} } runs_of($all, $_)), 2) } @{ $plan->{configurations} });
	printf "  transactions differ by at most %.2f %%%s\n", 100 * $most, $most > 0.01 ? ': NOT THE SAME WORK' : '';
	foreach my $configuration (@{ $plan->{configurations} })
	{
		foreach my $run (runs_of($all, $configuration))
		{
			print "  $configuration LAGS: $run->{lag} ms on average in a stream\n" if $run->{lag} > 20;
			printf "  %s: our own clock was late by %.1f s\n", $configuration, $run->{facts}{'timeline late by'}
			  if $run->{facts}{'timeline late by'} > 1;
		}
	}
	print "\n";
}

sub print_complaints
{
	my ($plan, $all) = @_;
	foreach my $configuration (@{ $plan->{configurations} })
	{
		my %count;
		$count{ $_->{text} }++ foreach map { @{ $_->{complaints} } } runs_of($all, $configuration);
		print "server log, $configuration: $_ ($count{$_} times)\n" foreach sort keys %count;
	}
}

sub self_metric
{
	my ($run, $metric) = @_;
	my $row = first { $_->{metric} eq $metric && ($_->{datname} // '') eq 'bench' } @{ $run->{self} // [] };
	return defined $row ? $row->{value} : undef;
}

sub print_tend
{
	my ($all) = @_;
	my @runs = runs_of($all, 'pg_tend') or return;
	my $cost = sub {
		my ($metric) = @_;
		return median(map { self_metric($_, $metric) } @runs);
	};
	printf "pg_tend: %s visits of %s ms of CPU, %s rows written, tables of its own %s MB\n",
	  cell($cost->('visits'), 0), cell(ratio($cost->('total CPU'), $cost->('visits')), 1), cell($cost->('total rows written'), 0),
	  cell(median(map { ($_->{facts}{others}{tend} // 0) / $MB } @runs), 1);
	foreach my $run (@runs)
	{
		my $changes = $run->{changes};
		print "pg_tend, changes of each table (first half + second half): ",
		  join(', ', map { "$_ $changes->{$_}[0]+$changes->{$_}[1]" } sort keys %$changes) || 'none', "\n";
	}
	print "pg_tend has no ledger tend.autovacuum_actions: changes are those seen in pg_class\n" unless defined $runs[0]{ledger};
	print "\n";
}

sub verdict
{
	my ($what, $value, $limit, $decimals, $below) = @_;
	if (!defined $value)
	{
		$unmeasured = 1;
		print "NOT MEASURED  $what\n";
		return;
	}
	my $well = $below ? $value < $limit : $value <= $limit;
	printf "%-12s  %s: %.*f (%s %s)\n", $well ? 'PASS' : 'OVER BUDGET', $what, $decimals, $value,
	  $below ? 'below' : 'at most', $limit;
}

# The median over seeds of what one seed's run of pg_tend has to another's.
# Without a limit, for information.
sub against
{
	my ($all, $other, $key, $what, $limit, $below) = @_;
	my @ratios = map { $_->{pg_tend} && $_->{$other} ? ratio($_->{pg_tend}{m}{$key}, $_->{$other}{m}{$key}) : undef } @$all;
	my @known = grep { defined } @ratios;
	my $seeds = @known > 1 ? ', worst seed ' . cell(max(@known), 2) : '';
	if (defined $limit)
	{
		verdict("pg_tend / $other, $what$seeds", median(@known), $limit, 2, $below);
	}
	else
	{
		printf "%-12s  pg_tend / $other, $what$seeds: %s\n", '', cell(median(@known), 2);
	}
}

sub most
{
	my ($key, @runs) = @_;
	return @runs ? max(map { $_->{m}{$key} } @runs) : undef;
}

sub print_budgets
{
	my ($plan, $all, $quiet) = @_;
	my %has = map { $_ => 1 } @{ $plan->{configurations} };
	return unless $has{pg_tend};
	my @runs = runs_of($all, 'pg_tend');

	if ($has{handtuned})
	{
		against($all, 'handtuned', 'waste', 'wasted bytes', 1);
		against($all, 'handtuned', 'queue dead', 'dead ratio of the queue', 1);
		against($all, 'handtuned', 'vacuum pages', 'vacuum pages', 0.4);
		against($all, 'handtuned', 'pages with closing', 'vacuum pages with the closing VACUUM');
		against($all, 'handtuned', 'free pages', 'vacuum pages while the horizon is not held');
		against($all, 'handtuned', 'vacuum wal', 'vacuum WAL', 0.6);
		against($all, 'handtuned', 'wal with closing', 'vacuum WAL with the closing VACUUM');
		against($all, 'handtuned', 'analyze pages', 'analyze pages');
		against($all, 'handtuned', 'held futile', 'futile vacuums while the horizon is held', 0.1);
	}
	if ($has{default})
	{
		against($all, 'default', 'waste', 'wasted bytes', 1, 1);
		against($all, 'default', 'dead, mean of tables', 'dead ratio, mean of tables', 1, 1);
		against($all, 'default', 'analyze pages', 'analyze pages');
		against($all, 'default', 'latency p99', 'latency, p99');
	}
	verdict('autovacuums cancelled', most('cancelled', @runs), 0, 0);
	verdict('changes of one table under constant load (first half)', most('changes first half', @runs), 2, 0);
	verdict('log pages not all-visible at the end, %, median', median(map { 100 - $_->{m}{'visible final'} } @runs), 3, 1);
	verdict('changes without any writes', $quiet ? $quiet->{m}{changes} : undef, 0, 0);
}

# ---- all of it ----

sub load_seed
{
	my ($plan, $folder) = @_;
	my %runs;
	foreach my $configuration (@{ $plan->{configurations} })
	{
		my $run = load_run($plan, "$folder/$configuration");
		if (!defined $run)
		{
			$unmeasured = 1;
			print "NOT MEASURED  $configuration in $folder\n";
			next;
		}
		$runs{$configuration} = measure_run($run);
	}
	return \%runs;
}

sub load_quiet
{
	my ($plan, $folder) = @_;
	my $run = load_run($plan, $folder) // return;
	add_changes($run, $run->{m});
	$run->{m}{vacuums} = grep { $_->{kind} eq 'vacuum' } @{ $run->{log} };
	return $run;
}

# Every number of every run, for other programs
sub write_metrics
{
	my ($file, $plan, $all) = @_;
	open my $f, '>', $file or die "$file: $!";
	print $f join("\t", qw(seed configuration metric value)), "\n";
	foreach my $i (0 .. $#$all)
	{
		foreach my $configuration (sort keys %{ $all->[$i] })
		{
			my $m = $all->[$i]{$configuration}{m};
			print $f map { join("\t", $plan->{seeds}[$i], $configuration, $_, $m->{$_} // '') . "\n" } sort keys %$m;
		}
	}
	close $f;
}

sub print_report
{
	my ($folder, $plan, $all) = @_;
	my $quiet = load_quiet($plan, "$folder/seed-$plan->{seeds}[0]/quiet");
	my @busy = map { (read_json("$folder/seed-$_/machine.json") // {})->{busy} } @{ $plan->{seeds} };

	printf "%s\n%d s per seed, the horizon held from %d to %d s, the machine busy by %s\n\n", $plan->{version},
	  $plan->{seconds}, $plan->{hold}, $plan->{release}, join ', ', map { defined $_ ? sprintf('%.0f %%', 100 * $_) : '-' } @busy;
	print_work($plan, $all);
	print_medians($plan, $all);
	print_seeds($plan, $all);
	print_tables($plan, $all);
	print_complaints($plan, $all);
	print_tend($all);
	printf "quiet: %d s without a write, %d vacuums, %d changes\n\n", $plan->{seconds}, $quiet->{m}{vacuums}, $quiet->{m}{changes}
	  if $quiet;
	print_budgets($plan, $all, $quiet);
}

# Print the report, and leave it in report.txt and metrics.tsv.  Returns 1 if
# something was not measured.
sub report
{
	my ($folder) = @_;
	my $plan = read_json("$folder/plan.json") // die "$folder holds no results\n";
	$unmeasured = 0;
	open my $report, '>', \my $text or die "report: $!";
	my $before = select $report;
	my @all = map { load_seed($plan, "$folder/seed-$_") } @{ $plan->{seeds} };
	print_report($folder, $plan, \@all);
	select $before;
	close $report;

	print $text;
	open my $file, '>', "$folder/report.txt" or die "report.txt: $!";
	print $file $text;
	close $file;
	write_metrics("$folder/metrics.tsv", $plan, \@all);
	return $unmeasured;
}

1;
