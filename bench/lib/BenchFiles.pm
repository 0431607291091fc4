#
# BenchFiles.pm
#
# Whole files, read and written.
#
package BenchFiles;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';

our @EXPORT = qw(slurp spew);

# "" where there is none, as in /proc once its process is gone
sub slurp
{
	my ($file) = @_;
	open my $f, '<', $file or return '';
	local $/;
	my $text = <$f>;
	return $text // '';
}

sub spew
{
	my ($file, $text) = @_;
	open my $f, '>', $file or die "$file: $!";
	print $f $text;
	close $f or die "$file: $!";
	return;
}

1;
