#
# AutovacuumLog.pm
#
# What the log of a server says about vacuum and analyze, 15 to 19.  Needs
# log_line_prefix = '%n|%p|%b|' and log_autovacuum_min_duration = 0.
#
package AutovacuumLog;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use List::Util qw(max);

our @EXPORT = qw(read_log read_usage);

# The numbers in one message of VACUUM or ANALYZE.  17 calls misses reads.
# ANALYZE says its WAL from 18 on; before that it is undefined.
sub read_usage
{
	my ($text) = @_;
	my %usage = (hits => 0, misses => 0, dirtied => 0);

	if ($text =~ /buffer usage: (\d+) hits, (\d+) (?:misses|reads), (\d+) dirtied/)
	{
		@usage{qw(hits misses dirtied)} = ($1, $2, $3);
	}
	$usage{wal} = $1 if $text =~ /WAL usage: .*?(\d+) bytes/;
	$usage{elapsed} = $1 if $text =~ /elapsed: ([\d.]+) s/;
	$usage{pages} = $usage{hits} + $usage{misses};
	return \%usage;
}

# Rows that pruning left as dead item identifiers are not among "tuples
# removed" when vacuum removes the identifier, hence both numbers.
sub read_tuples
{
	my ($text) = @_;
	my %tuples = (removed => 0, kept => 0, identifiers => 0, left => 0);

	if ($text =~ /tuples: (\d+) removed, \d+ remain, (\d+) are dead but not yet removable/)
	{
		@tuples{qw(removed kept)} = ($1, $2);
	}
	$tuples{identifiers} = $1 if $text =~ /had (\d+) dead item identifiers removed/;
	# of a vacuum that passed the indexes by
	$tuples{left} = $1 if $text =~ /have (\d+) dead item identifiers/;
	$tuples{useful} = max($tuples{removed}, $tuples{identifiers});
	return \%tuples;
}

sub read_message
{
	my ($at, $text) = @_;

	# only messages of the log level have numbers
	if ($text =~ /\|LOG: +automatic (?:aggressive )?(vacuum|analyze) (?:to prevent wraparound )?of table "([^"]+)"/)
	{
		my %event = (at => $at, kind => $1, table => $2);
		return { %event, %{ read_usage($text) }, $event{kind} eq 'vacuum' ? %{ read_tuples($text) } : () };
	}
	if ($text =~ /canceling autovacuum task/)
	{
		my ($table) = $text =~ /automatic \w+ of table "([^"]+)"/;
		return { at => $at, kind => 'cancel', table => $table // '' };
	}
	# among them settings that the server does not know
	if ($text =~ /\|((?:WARNING|ERROR|FATAL|PANIC): +.*)/)
	{
		return { at => $at, kind => 'complaint', text => $1 };
	}
	return;
}

# A message goes on where lines begin with a tab, and its context is a message
# of the same process that follows.
sub read_log
{
	my ($file) = @_;
	my (@events, $at, $process, $text);
	my $finish = sub {
		push @events, read_message($at, $text) if defined $text;
		undef $text;
	};

	open my $log, '<', $file or die "$file: $!";
	while (my $line = <$log>)
	{
		if ($line =~ /^([\d.]+)\|(\d+)\|[^|]*\|(\w+): /)
		{
			my ($time, $pid, $severity) = ($1, $2, $3);
			if (defined $text && $pid == $process && $severity =~ /^(CONTEXT|DETAIL|HINT|STATEMENT)$/)
			{
				$text .= $line;
				next;
			}
			$finish->();
			($at, $process, $text) = ($time, $pid, $line);
		}
		elsif (defined $text)
		{
			$text .= $line;
		}
	}
	$finish->();
	close $log;
	return @events;
}

1;
