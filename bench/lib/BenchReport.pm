#
# BenchReport.pm
#
# A report that grows line by line, and what a budget says in it.
#
package BenchReport;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';

our @EXPORT = qw(begin_report end_report say_line median cell verdict not_measured);

my ($text, $unmeasured);

sub begin_report
{
	($text, $unmeasured) = ('', 0);
}

sub end_report
{
	return { text => $text, unmeasured => $unmeasured };
}

sub say_line
{
	my ($format, @arguments) = @_;
	$text .= sprintf "$format\n", @arguments;
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	return undef unless @sorted;
	my $middle = int(@sorted / 2);
	return @sorted % 2 ? $sorted[$middle] : ($sorted[ $middle - 1 ] + $sorted[$middle]) / 2;
}

sub cell
{
	my ($value, $decimals) = @_;
	return defined $value ? sprintf("%.${decimals}f", $value) : '-';
}

sub not_measured
{
	my ($what) = @_;
	$unmeasured = 1;
	say_line('%-12s  %s', 'NOT MEASURED', $what);
}

sub verdict
{
	my ($what, $value, $limit, $decimals, $at_least) = @_;
	return not_measured($what) if !defined $value;
	my $good = $at_least ? $value >= $limit : $value <= $limit;
	say_line('%-12s  %s: %.*f, budget %s %.*f', $good ? 'PASS' : 'OVER BUDGET', $what, $decimals, $value,
		$at_least ? 'at least' : 'at most', $decimals, $limit);
}

1;
