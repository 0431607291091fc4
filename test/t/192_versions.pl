# What says which version this is, and which server it needs, says the same.
use strict;
use warnings;

use FindBin;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = "$FindBin::RealBin/../..";

sub said
{
	my ($file, $pattern) = @_;
	my ($found) = slurp_file("$top/$file") =~ $pattern;

	return $found;
}

# ---- the version ----

my $version = said('pg_tend.control', qr/^default_version = '(\d+\.\d+)'$/m);
ok(defined $version, 'the control file has a version') || BAIL_OUT('no version');
is(said('src/version.h', qr/^#define TEND_VERSION "(.*)"$/m), $version, 'the library has it, too');
is(said('debian/changelog', qr/\Apg-tend \((.*)-\d+\) /), $version, 'and the packages of Debian');
is(said('CHANGELOG.md', qr/^## (\S+)/m), $version, 'and the newest entry of the changelog');

my $meta = eval { decode_json(slurp_file("$top/META.json")) };
ok($meta, 'META.json is JSON') || diag($@);
is($meta->{version}, "$version.0", 'and of this version, with the three parts that PGXN wants');
is($meta->{provides}{pg_tend}{version}, "$version.0", 'as is the extension in it');

# ---- the server ----

my $oldest = said('src/compat.h', qr/^#if PG_VERSION_NUM < (\d+)0000$/m);
ok(defined $oldest, 'the sources refuse older servers');
is($meta->{prereqs}{runtime}{requires}{PostgreSQL}, "$oldest.0.0", 'which META.json asks for');
is(said('debian/pgversions', qr/\A(\d+)\+$/m), $oldest, 'and the packages');

# ---- what the specification of META.json, version 1, demands ----

foreach my $field (qw(name abstract version maintainer license provides meta-spec))
{
	ok($meta->{$field}, "META.json has $field");
}
is($meta->{license}, 'postgresql', 'the licence is one of its words');
ok($meta->{'meta-spec'}{version} =~ /^1\.0\.\d+$/, 'it follows version 1');
ok(-e "$top/$meta->{provides}{pg_tend}{$_}", "the $_ that it names exists") foreach qw(file docfile);
is(scalar(grep { length > 255 || m{[/\\[:cntrl:]]} } @{ $meta->{tags} }), 0, 'its tags are words');
is($meta->{abstract}, $meta->{provides}{pg_tend}{abstract}, 'the extension is what the distribution is');

# ---- the packages ----

my $control = slurp_file("$top/debian/control.in");
my $made = slurp_file("$top/debian/control");
my ($major) = $made =~ /^Package: postgresql-(\d+)-pg-tend$/m;
$control =~ s/PGVERSION/$major/g;
is($made, $control, 'debian/control is made of debian/control.in');

done_testing();
