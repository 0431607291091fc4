# What Grafana would send to the server: the queries of our dashboards and alert
# rules, their variables and macros replaced as Grafana's PostgreSQL data source
# replaces them, as far as we read in its source: both ways in which releases quote.
#
# Needs no server: bench/face uses it, too.
package GrafanaQueries;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use JSON::PP ();

our @EXPORT = qw(read_dashboards read_alert_rules queries_of panels_of expand variables_of);

sub slurp
{
	my ($file) = @_;
	open my $f, '<:raw', $file or croak "$file: $!";
	local $/;
	return scalar <$f>;
}

# Dashboards by file name
sub read_dashboards
{
	my ($folder) = @_;
	my %dashboards = map { (m{([^/]+)$})[0] => JSON::PP->new->utf8->decode(slurp($_)) } glob "$folder/*.json";
	croak "no dashboards in $folder" unless %dashboards;
	return \%dashboards;
}

sub read_alert_rules
{
	my ($file) = @_;
	require CPAN::Meta::YAML;
	my $yaml = CPAN::Meta::YAML->read_string(slurp($file)) or croak "$file: " . CPAN::Meta::YAML->errstr;
	return map { @{ $_->{rules} } } @{ $yaml->[0]{groups} };
}

sub panels_of
{
	my ($dashboard) = @_;
	return grep { $_->{type} ne 'row' } @{ $dashboard->{panels} };
}

# Variables that are queries
sub variables_of
{
	my ($dashboard) = @_;
	return grep { $_->{type} eq 'query' } @{ $dashboard->{templating}{list} };
}

# All queries of a dashboard: what, sql, and format (table, time_series, variable, annotation)
sub queries_of
{
	my ($dashboard) = @_;
	my @queries;

	foreach my $panel (panels_of($dashboard))
	{
		push @queries, { what => "panel \"$panel->{title}\"", sql => $_->{rawSql}, format => $_->{format}, panel => $panel }
		  foreach grep { defined $_->{rawSql} } @{ $panel->{targets} };
	}
	push @queries, { what => "variable $_->{name}", sql => $_->{query}, format => 'variable' } foreach variables_of($dashboard);
	push @queries, { what => "annotation \"$_->{name}\"", sql => $_->{target}{rawSql}, format => 'annotation' }
	  foreach @{ $dashboard->{annotations}{list} };
	return @queries;
}

# ---- variables: in the browser ----

# As ${name:sqlstring} does it.  "double" is what Grafana does to double quotes
# in some releases.
sub quoted
{
	my ($value, $double) = @_;
	$value =~ s/'/''/g;
	$value =~ s/"/\\"/g if $double;
	return "'$value'";
}

# A value is a text, a list of texts, or { raw => ... }: the value of "All"
sub sqlstring
{
	my ($value, $double) = @_;
	return $value->{raw} if ref $value eq 'HASH';
	return join ',', map { quoted($_, $double) } ref $value ? @$value : $value;
}

# ---- macros: in Grafana's server ----

sub seconds_of
{
	my ($interval) = @_;
	my ($n, $unit) = $interval =~ /^'?(\d+)(ms|s|m|h|d)'?$/ or croak "no interval: $interval";
	return $n * { ms => 0.001, s => 1, m => 60, h => 3600, d => 86400 }->{$unit};
}

sub macro
{
	my ($name, $arguments, $o) = @_;
	my @a = map { s/^ +| +$//gr } split /,/, $arguments, -1;

	return "$a[0] BETWEEN '$o->{from}' AND '$o->{to}'" if $name eq '__timeFilter';
	return "'$o->{from}'" if $name eq '__timeFrom';
	return "'$o->{to}'" if $name eq '__timeTo';
	if ($name =~ /^__timeGroup(Alias)?$/)
	{
		my $s = seconds_of($a[1]);
		return "floor(extract(epoch from $a[0])/$s)*$s" . ($1 ? ' AS "time"' : '');
	}
	croak "unknown macro $name";
}

# expand(sql, from => ..., to => ..., interval => '5m', variables => { name => value }, double => ...)
sub expand
{
	my ($sql, %o) = @_;
	my $variables = $o{variables} // {};

	$sql =~ s/\$__interval\b/$o{interval}/g;
	croak "a variable without :sqlstring in: $sql" if $sql =~ /\$\{(?!\w+:sqlstring\})|\[\[|\$(?!__)[a-z]\w*/;
	$sql =~ s/\$\{(\w+):sqlstring\}/exists $variables->{$1} ? sqlstring($variables->{$1}, $o{double}) : croak "no variable $1"/ge;
	$sql =~ s/\$__timeGroup\(([^)]*)\),/\$__timeGroupAlias($1),/g;
	$sql =~ s/\$([_a-zA-Z0-9]+)\(([^)]*)\)/macro($1, $2, \%o)/ge;
	return $sql;
}

1;
