#
# MisestimatesData.pm
#
# The real data of bench/misestimates, from what Debian packages ship: one folder
# for each package, as it would be installed.  Makes of it tables that people
# could have in a database.
#
package MisestimatesData;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';

our @EXPORT = qw(%data_sets read_data_set);

# What each package becomes.  "read" returns tables: a name, columns with their
# types, and rows, whose undefined values are NULL.
our %data_sets = (
	'unicode-data' => { about => 'characters of Unicode and their properties', read => \&read_unicode },
	'ieee-data' => { about => 'network addresses and to whom they were given', read => \&read_ieee },
	'wordnet-base' => { about => 'meanings of English words and what relates them', read => \&read_wordnet });

sub lines_of
{
	my ($file) = @_;
	open my $f, '<:encoding(UTF-8)', $file or die "$file: $!\n";
	chomp(my @lines = <$f>);
	return @lines;
}

# ---- Unicode ----

# beyond are private use and a few tags
my $last_code = 0x32000;

# A property by code point, from lines as "0041..005A ; value # comment"
sub unicode_property
{
	my ($file) = @_;
	my @property;
	foreach (lines_of($file))
	{
		my ($first, $last, $value) = /^([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*([^#]*?)\s*(?:#|$)/ or next;
		next if hex($first) > $last_code;
		@property[ hex($first) .. hex($last // $first) ] = ($value) x (hex($last // $first) - hex($first) + 1);
	}
	return \@property;
}

sub read_unicode
{
	my ($folder) = @_;
	my $ucd = "$folder/usr/share/unicode";
	my %property = map { $_ => unicode_property("$ucd/$_.txt") }
	  qw(Blocks Scripts DerivedAge EastAsianWidth LineBreak);
	my (@rows, $range);
	foreach (lines_of("$ucd/UnicodeData.txt"))
	{
		my ($code, $name, $category, $combining, $bidi, $decomposition, undef, undef, $numeric, $mirrored, undef, undef, $upper) = split /;/;
		next if hex($code) > $last_code || $name =~ /Private|Surrogate/;
		if ($name =~ /First>$/)
		{
			$range = hex $code;
			next;
		}
		my $first = $name =~ /Last>$/ ? $range : hex $code;
		my $kind = $decomposition eq '' ? undef : $decomposition =~ /^<(\w+)>/ ? $1 : 'canonical';
		my $number = $numeric =~ m{^(-?\d+)(?:/(\d+))?$} ? sprintf('%.4f', $1 / ($2 // 1)) : undef;
		foreach my $c ($first .. hex $code)
		{
			push @rows,
			  [
				$c, $category, $combining, $bidi, $kind, $number, $mirrored eq 'Y' ? 't' : 'f',
				($upper // '') eq '' ? 'f' : 't',
				map { $property{$_}[$c] } qw(Blocks Scripts DerivedAge EastAsianWidth LineBreak)
			  ];
		}
	}
	return {
		name => 'characters',
		columns => [
			'code int', 'category text', 'combining_class int', 'bidi_class text', 'decomposition text',
			'number numeric', 'mirrored bool', 'has_uppercase bool', 'block text', 'script text', 'age text',
			'width text', 'line_break text' ],
		rows => \@rows
	};
}

# ---- network addresses ----

# Records of a file with commas, where a value in quotes may go over lines
sub csv_records
{
	my ($text) = @_;
	my (@records, @record);
	while ($text =~ /\G(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|\z)/g)
	{
		my ($value, $end) = ($1 // $2, $3);
		$value =~ s/""/"/g;
		push @record, $value;
		next if $end eq ',';
		push @records, [@record] if @record > 1;
		@record = ();
		last if $end eq '';
	}
	return @records;
}

# "9295 PROTOTYPE DRIVE RENO NV US 89511": the country is the last word of two
# capitals, the place the word before it
sub address_parts
{
	my ($address) = @_;
	return unless $address =~ /^(.*\S)\s+([A-Z]{2})(?:\s+(\S.*))?$/;
	my ($street, $country, $postcode) = ($1, $2, $3);
	my ($place) = $street =~ /(\S+)$/;
	return ($country, $postcode, lc $place);
}

sub read_ieee
{
	my ($folder) = @_;
	my @rows;
	foreach my $file (qw(oui mam oui36 iab))
	{
		my ($head, @records) = csv_records(join "\n", lines_of("$folder/usr/share/ieee-data/$file.csv"));
		foreach (@records)
		{
			my ($registry, $assignment, $organization, $address) = @$_;
			s/\s+/ /g, s/^ | $//g foreach $organization, $address;
			my ($country, $postcode, $place) = address_parts($address);
			push @rows,
			  [
				$registry, $assignment, substr($assignment, 0, 2), $organization,
				$address eq '' ? undef : $address, $country, $postcode, $place
			  ];
		}
	}
	return {
		name => 'assignments',
		columns => [
			'registry text', 'assignment text', 'prefix text', 'organization text', 'address text', 'country text',
			'postcode text', 'place text' ],
		rows => \@rows
	};
}

# ---- words ----

# One line of WordNet: numbers of words are hexadecimal, of pointers decimal
sub synset
{
	my ($line) = @_;
	my ($data, $gloss) = split / \| /, $line, 2;
	my @fields = split ' ', $data;
	my %synset = (gloss => $gloss // '');
	(@synset{qw(offset file part)}, my $words) = splice @fields, 0, 4;
	$synset{words} = hex $words;
	splice @fields, 0, 2 * $synset{words};
	my $pointers = shift @fields;
	push @{ $synset{pointers} }, [ splice @fields, 0, 4 ] foreach 1 .. $pointers;
	$synset{frames} = $fields[0] // 0;
	return \%synset;
}

sub synset_row
{
	my ($s) = @_;
	my ($broader) = grep { $_->[0] =~ /^\@/ } @{ $s->{pointers} };
	my @words = split ' ', $s->{gloss};
	return [
		$s->{part} . $s->{offset}, $s->{part}, $s->{file}, $s->{words}, scalar @{ $s->{pointers} // [] }, $s->{frames} + 0,
		$broader ? $broader->[2] . $broader->[1] : undef, scalar @words, $s->{gloss} =~ /"/ ? 't' : 'f'
	];
}

sub read_wordnet
{
	my ($folder) = @_;
	my @synsets = map { synset($_) } grep { /^\d/ }
	  map { lines_of("$folder/usr/share/wordnet/data.$_") } qw(noun verb adj adv);
	# pointers do not tell the satellites of an adjective apart
	my %file = map { ($_->{part} eq 's' ? 'a' : $_->{part}) . $_->{offset} => $_->{file} } @synsets;
	my @pointers;
	foreach my $s (@synsets)
	{
		push @pointers,
		  map {
			my ($symbol, $offset, $part, $between) = @$_;
			[
				$symbol, $s->{part}, $s->{file}, $part, $file{ $part . $offset }, $between eq '0000' ? 'f' : 't',
				hex substr($between, 0, 2), hex substr($between, 2, 2)
			]
		  } @{ $s->{pointers} };
	}
	return (
		{
			name => 'synsets',
			columns => [
				'synset text', 'part text', 'file text', 'words int', 'pointers int', 'frames int', 'broader text',
				'gloss_words int', 'has_example bool' ],
			rows => [ map { synset_row($_) } @synsets ]
		},
		{
			name => 'pointers',
			columns => [
				'symbol text', 'part text', 'file text', 'target_part text', 'target_file text', 'lexical bool',
				'word int', 'target_word int' ],
			rows => \@pointers
		});
}

# The tables of a package's files
sub read_data_set
{
	my ($package, $folder) = @_;
	return $data_sets{$package}{read}->($folder);
}

1;
