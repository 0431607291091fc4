#
# MisestimatesReport.pm
#
# The tables and budgets of bench/misestimates.
#
package MisestimatesReport;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use List::Util qw(uniq);

use BenchReport;
use MisestimatesScore;
use MisestimatesTruth;

our @EXPORT = qw(misestimates_report);

# ---- what is true ----

sub kinds_of { return join ' ', @{ $_[0]{kinds} } }

sub print_truth
{
	my ($measured) = @_;
	my @kinds = ('dependencies', 'mcv', 'ndistinct', 'dependencies mcv ndistinct');
	say_line("\nSets of columns that statements use together, and the best statistics for held-out constants");
	say_line('%-16s %6s %7s %6s | %12s %5s %9s %8s', '', 'sets', 'useful', 'close', 'dependencies', 'mcv', 'ndistinct',
		'default');
	foreach my $source (uniq(map { $_->{source} } @$measured), undef)
	{
		my @groups = grep { !defined $source || $_->{source} eq $source } @$measured;
		my @useful = grep { $_->{useful} } @groups;
		my %best;
		$best{ kinds_of($_->{best}) }++ foreach @useful;
		say_line('%-16s %6d %7d %6d | %12d %5d %9d %8d', $source // 'all', scalar @groups, scalar @useful,
			scalar(grep { $_->{close} } @groups), map { $best{$_} // 0 } @kinds);
	}
	say_line('useful: the geometric mean q-error gets %.1f times better; close: rounds differ about that', $worth);
}

# ---- advisors ----

sub before_after
{
	my ($score, $what, $decimals) = @_;
	return join ' -> ', map { cell($score->{"$what $_"}, $decimals) } qw(before after);
}

# A line for each advisor that there is
sub print_each
{
	my ($names, $scores, $missing, $line) = @_;
	foreach my $name (@$names)
	{
		if ($scores->{$name}) { say_line('%-26s %s', $name, $line->($scores->{$name})) }
		else { say_line('%-26s not available: %s', $name, $missing) }
	}
}

sub print_advisors
{
	my ($names, $scores, $missing) = @_;
	say_line("\n%-26s %5s %6s %10s %7s %9s %6s %6s", 'Advice', 'rows', 'right', 'precision', 'recall', 'of shown', 'kind',
		'best');
	print_each($names, $scores, $missing, sub {
		my ($s) = @_;
		return sprintf '%5d %6d %10s %7s %9s %6s %6s', @{$s}{qw(rows right)},
		  map { cell($s->{$_}, 2) } 'precision', 'recall', 'recall shown', 'kind', 'best';
	});

	say_line("\n%-26s %14s %16s %16s %10s %10s %6s  %s", 'Errors before -> after', 'mean', 'p95', 'bystander p90',
		'statement', 'constants', 'worse', 'worst statement');
	print_each($names, $scores, $missing, sub {
		my ($s) = @_;
		return sprintf '%14s %16s %16s %10s %10s %5s%%  %s', before_after($s, 'mean', 2), before_after($s, 'p95', 1),
		  before_after($s, 'bystander', 1), cell($s->{'worst statement'}, 2), cell($s->{'worst constants'}, 1),
		  cell(100 * $s->{'worse constants'}, 1), $s->{'worst name'};
	});
}

# ---- pg_tend ----

sub print_diagnoses
{
	my ($diagnoses) = @_;
	my %causes;
	push @{ $causes{ join(' or ', @{ $_->{causes} }) || 'nothing to say' } }, $_ foreach @$diagnoses;
	say_line("\n%-34s %6s %6s", 'What is the cause', 'sets', 'right');
	foreach my $cause (sort keys %causes)
	{
		say_line('%-34s %6d %6d', $cause, scalar @{ $causes{$cause} }, scalar grep { $_->{right} } @{ $causes{$cause} });
	}
}

sub print_wrong
{
	my ($advice, $score, $diagnoses) = @_;
	my @wrong = grep { !$_->{right} } @$advice;
	say_line("\nWrong advice: %s", @wrong ? '' : 'none');
	say_line('  %s (%s): %s', $_->{table}, join(', ', @{ $_->{columns} }),
		$_->{failed} // join('; ', map { kinds_of($_) . ' on ' . $_->{list} } @{ $_->{made} })
		  . (defined $_->{gained} ? sprintf ', %.2f times better', $_->{gained} : ', which nothing is about that could be measured'))
	  foreach @wrong;
	my @missed = @{ $score->{missed} };
	say_line('Useful, and no advice: %s', @missed ? '' : 'none');
	say_line('  %s: %.1f times better by %s on %s%s', $_->{name}, $_->{best_gain}, kinds_of($_->{best}), $_->{best}{list},
		shown($_) ? '' : '; hardly any statement showed it')
	  foreach @missed;
	my @misread = grep { !$_->{right} } @$diagnoses;
	say_line('Wrong causes: %s', @misread ? '' : 'none');
	say_line('  %s: %s, said %s', $_->{group}{name}, join(' or ', @{ $_->{causes} }) || 'nothing to say', $_->{said} // 'nothing')
	  foreach @misread;
}

sub print_row
{
	my ($row) = @_;
	return unless $row;
	say_line("\nOne row of tend.statistics_advice");
	my $text = sub { ref $_[0] eq 'ARRAY' ? '{' . join(',', @{ $_[0] }) . '}' : ref $_[0] ? JSON::PP->new->canonical->encode($_[0]) : $_[0] // '' };
	say_line('  %-18s %s', $_, $text->($row->{shown}{$_})) foreach sort keys %{ $row->{shown} };
}

# ---- budgets ----

# Of pg_tend's score, or of nothing if there is none
sub budgets
{
	my ($score, $right) = @_;
	my $s = $score // {};
	say_line('');
	verdict('precision of advice, strict', $s->{precision}, 0.95, 2, 1);
	verdict('recall of useful sets', $s->{recall}, 0.85, 2, 1);
	verdict('kind within 1.3 times of the best, share of hits', $s->{kind}, 0.95, 2, 1);
	verdict('useful sets after applying: geometric mean q-error', $s->{'mean after'}, 1.9, 2);
	verdict('useful sets after applying: 95th percentile of q-errors', $s->{'p95 after'}, 25, 1);
	verdict('sets with a bystander after applying: 90th percentile of q-errors', $s->{'bystander after'}, 15, 1);
	verdict('worst statement, times of the q-error without', $s->{'worst statement'}, 1.5, 2);
	verdict('right causes, share', $right, 0.9, 2, 1);
}

# "facts": measured groups, names and scores of advisors, the advice and diagnoses of
# pg_tend or why there are none, and data sets that are missing
sub misestimates_report
{
	my ($facts) = @_;
	begin_report();
	say_line('%s', $facts->{head});
	not_measured("data set of package $_") foreach @{ $facts->{missing_data} };
	print_truth($facts->{measured});
	print_advisors($facts->{names}, $facts->{scores}, $facts->{missing});
	my $score = $facts->{scores}{pg_tend};
	my @diagnoses = @{ $facts->{diagnoses} // [] };
	my $right = @diagnoses ? grep({ $_->{right} } @diagnoses) / @diagnoses : undef;
	if ($score)
	{
		say_line('pg_tend settled after %.0f s; %s', $facts->{settled}, $facts->{cost});
		print_diagnoses(\@diagnoses);
		print_wrong($facts->{advice}, $score, \@diagnoses);
		print_row($facts->{advice}[0]);
	}
	budgets($score, $right);
	return end_report();
}

1;
