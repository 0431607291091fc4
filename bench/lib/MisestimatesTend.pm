#
# MisestimatesTend.pm
#
# What pg_tend says of the workload of bench/misestimates.  Only what the design
# promises is read: two views, one function, one setting.
#
package MisestimatesTend;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP qw(decode_json);
use List::Util qw(shuffle);
use Time::HiRes qw(sleep time);

use BenchFiles;
use BenchServer;
use MisestimatesTruth qw(definition);

our @EXPORT = qw(tend_missing run_workload wait_until_settled read_tend apply_advice);

# Visits in a row that change nothing, before we believe that nothing will
my $quiet_visits = 20;

# What of the contract this server does not have; undef if all is there
sub tend_missing
{
	my ($server) = @_;
	my $missing = psql($server, <<'SQL');
SELECT string_agg(what, ', ')
  FROM (VALUES ('tend.misestimates', to_regclass('tend.misestimates') IS NOT NULL),
               ('tend.statistics_advice', to_regclass('tend.statistics_advice') IS NOT NULL),
               ('tend.apply_statistics()', to_regprocedure('tend.apply_statistics(regclass, name[])') IS NOT NULL),
               ('pg_tend.estimate_sample_rate', current_setting('pg_tend.estimate_sample_rate', true) = '1'))
       AS contract (what, there)
 WHERE there IS NOT TRUE
SQL
	return $missing eq '' ? undef : $missing;
}

# The statements that may be seen, shuffled; returns how many there were.
sub run_workload
{
	my ($server, $groups, $folder) = @_;
	my @statements = shuffle map { map { $_->{run} } @{ $_->{seen} } } @$groups;
	spew("$folder/workload.sql", join '', "\\o /dev/null\n", map { "$_;\n" } @statements);
	psql_file($server, "$folder/workload.sql", 'workload');
	return scalar @statements;
}

my %views = (
	misestimates => 'table_name, columns, clause_shape, cause, remedy',
	statistics_advice => 'table_name, columns, kinds, command');

# What has been found so far; two looks that are equal tell that nothing came between.
sub state_of
{
	my ($server) = @_;
	return join '|', map {
		psql($server, "SELECT md5(string_agg(v::text, ',' ORDER BY v::text)) FROM (SELECT $views{$_} FROM tend.$_) v")
	} sort keys %views;
}

sub visits
{
	my ($server) = @_;
	return psql($server, "SELECT value FROM tend.self WHERE datname = current_database() AND metric = 'visits'") || 0;
}

# Verification goes on visit by visit.  Returns the seconds until the last change.
sub wait_until_settled
{
	my ($server, $patience) = @_;
	my $start = time;
	my ($changed, $state, $since) = ($start, state_of($server), visits($server));
	while (visits($server) < $since + $quiet_visits)
	{
		die sprintf("verification has not settled within %d s\n", $patience) if time > $start + $patience;
		sleep 0.5;
		my $now = state_of($server);
		next if $now eq $state;
		($changed, $state, $since) = (time, $now, visits($server));
	}
	return $changed - $start;
}

sub rows_of
{
	my ($server, $view) = @_;
	return decode_json psql($server, "SELECT COALESCE(json_agg(v), '[]') FROM tend.$view v");
}

sub read_tend
{
	my ($server) = @_;
	return {
		misestimates => rows_of($server, 'misestimates'),
		advice => rows_of($server, 'statistics_advice'),
		cost => psql($server, "SELECT string_agg(format('%s %s', metric, value), ', ') FROM tend.self WHERE part = 'misestimates'")
	};
}

# Statistics objects, each with what CREATE STATISTICS needs to make it again
sub objects
{
	my ($server) = @_;
	return @{ decode_json psql($server, <<'SQL') };
SELECT COALESCE(json_agg(json_build_object('oid', s.oid, 'table', c.relname,
           'list', pg_get_statisticsobjdef_columns(s.oid), 'target', COALESCE(s.stxstattarget, -1),
           'kinds', (SELECT json_agg(CASE kind WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' ELSE 'mcv' END)
                       FROM unnest(s.stxkind) kind WHERE kind <> 'e'),
           'columns', (SELECT json_agg(attname) FROM pg_attribute
                        WHERE attrelid = c.oid AND attnum = ANY (s.stxkeys)),
           'computed', EXISTS (SELECT FROM pg_statistic_ext_data WHERE stxoid = s.oid))), '[]')
  FROM pg_statistic_ext s
  JOIN pg_class c ON c.oid = s.stxrelid
SQL
}

# Definitions of objects that an advice has made, those of several partitions as one
sub made_of
{
	my ($row, @objects) = @_;
	my %same;
	push @{ $same{ join '|', $_->{list}, sort(@{ $_->{kinds} // [] }), $_->{target} } }, $_ foreach @objects;
	return map {
		my ($first, @others) = @$_;
		my %more = (list => $first->{list}, target => $first->{target});
		$more{tables} = [ sort map { $_->{table} } $first, @others ] if @others || $first->{table} ne $row->{table};
		definition($first->{columns} // [], $first->{kinds} // [], %more)
	} map { $same{$_} } sort keys %same;
}

# Let pg_tend apply each of its advices.  They get "made", definitions of what was
# made for them, and "failed" if that is nothing.
sub apply_advice
{
	my ($server, $advice) = @_;
	my %known = map { $_->{oid} => 1 } objects($server);
	foreach my $row (@$advice)
	{
		my $columns = join ', ', map { "'$_'" } @{ $row->{columns} };
		my $applied = eval {
			psql($server, "SELECT tend.apply_statistics($row->{relid}::oid::regclass, ARRAY[$columns]::name[])");
			1;
		};
		my @new = grep { !$known{ $_->{oid} }++ } objects($server);
		$row->{made} = [ made_of($row, grep { $_->{computed} } @new) ];
		$row->{failed} = !$applied ? 'tend.apply_statistics() failed' : @new ? 'the object is empty' : 'no object was made'
		  unless @{ $row->{made} };
	}
}

1;
