#
# MisestimatesTruth.pm
#
# What statistics on several columns would really do, by trying all of them: made,
# analyzed, held-out statements planned, and dropped.  Nothing of pg_tend takes
# part.
#
package MisestimatesTruth;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP qw(decode_json);
use List::Util qw(max sum uniq);

use BenchServer;

our @EXPORT = qw(
  definition subsets exhaustive prepare_truth measure_group measure_advisors
  q_error errors mean_error gain percentile);

# ---- statistics that could be ----

# "columns": names; "list": as CREATE STATISTICS has them, if they are not columns;
# "tables": if they are not on the table and all of its partitions.  The planner
# takes those of partitions for their scans, and those of the parent for groups.
sub definition
{
	my ($columns, $kinds, %more) = @_;
	my @columns = sort @$columns;
	my %definition = (columns => \@columns, kinds => [ sort @$kinds ], target => -1, list => join(', ', @columns), %more);
	$definition{key} = join '|', $definition{list}, join(' ', @{ $definition{kinds} }), $definition{target},
	  join(' ', @{ $definition{tables} // [] });
	return \%definition;
}

# All sets of two or more of these
sub subsets
{
	my @columns = sort { $a cmp $b } uniq @_;
	return grep { @$_ >= 2 } map {
		my $mask = $_;
		[ map { $columns[$_] } grep { $mask & 1 << $_ } 0 .. $#columns ]
	} 1 .. (1 << @columns) - 1;
}

# What CREATE STATISTICS makes if nobody says what
our @default_kinds = qw(dependencies mcv ndistinct);

# Everything that could help a group: each kind alone, and the default
sub exhaustive
{
	my ($group) = @_;
	my @kinds = $group->{grouped} ? (['ndistinct']) : (['dependencies'], ['mcv']);
	return map { my $columns = $_; map { definition($columns, $_) } @kinds, \@default_kinds } subsets(@{ $group->{columns} });
}

# Objects of a definition: their names, and the SQL that makes them
sub create_objects
{
	my ($prefix, $definition, $group) = @_;
	my $kinds = join ', ', @{ $definition->{kinds} };
	my ($sql, @names) = ('');
	foreach my $table (@{ $definition->{tables} // [ $group->{table}, @{ $group->{partitions} } ] })
	{
		my $name = "bench.$prefix\_$table";
		push @names, $name;
		$sql .= "CREATE STATISTICS $name ($kinds) ON $definition->{list} FROM $table;\n";
		$sql .= "ALTER STATISTICS $name SET STATISTICS $definition->{target};\n" if $definition->{target} >= 0;
	}
	return ($sql, @names);
}

# ---- what really comes ----

sub literal { return "'" . $_[0] =~ s/'/''/gr . "'" }

# How many rows each statement finds; those of one group in one scan
sub count_rows
{
	my ($server, $group) = @_;
	my @statements = grep { $_->{explain} } @{ $group->{seen} }, @{ $group->{held_out} };
	return unless @statements;
	my $counts =
	  $group->{grouped}
	  ? "SELECT count(*) FROM (SELECT DISTINCT " . join(', ', @{ $group->{grouped} }) . " FROM $group->{table}) s"
	  : 'SELECT ' . join(",\n", map { "count(*) FILTER (WHERE $_->{where})" } @statements) . " FROM $group->{table}";
	my @counts = split /\|/, psql_script($server, $counts);
	$statements[$_]{actual} = $counts[ @counts == 1 ? 0 : $_ ] foreach 0 .. $#statements;
}

# Take statements into the server, where they can be planned many times
sub prepare_truth
{
	my ($server, $groups) = @_;
	psql($server, <<'SQL');
CREATE SCHEMA bench;
CREATE TABLE bench.statements (grp int, held_out bool, number int, sql text);
CREATE FUNCTION bench.rows(sql text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || sql INTO plan;
    RETURN plan->0->'Plan'->>'Plan Rows';
END
$$;
SQL
	my $insert = '';
	foreach my $group (@$groups)
	{
		count_rows($server, $group);
		foreach my $part (qw(seen held_out))
		{
			my $number = 0;
			$insert .= sprintf "INSERT INTO bench.statements VALUES (%d, %s, %d, %s);\n", $group->{id},
			  $part eq 'seen' ? 'false' : 'true', $number++, literal($_->{explain})
			  foreach grep { $_->{explain} } @{ $group->{$part} };
		}
	}
	psql_script($server, "BEGIN;\n$insert;COMMIT;\nCREATE INDEX ON bench.statements (grp)");
	planned_as_it_is($server, $_) foreach grep { $_->{seen}[0]{explain} } @$groups;
}

# What the planner expects of the statements that advisors see
sub planned_as_it_is
{
	my ($server, $group) = @_;
	my @rows = @{ decode_json psql($server, rows_sql($group->{id}, 0)) };
	$group->{seen}[$_]{planned} = $rows[$_] foreach 0 .. $#rows;
}

sub rows_sql
{
	my ($id, $held_out) = @_;
	my $which = $held_out ? 'held_out' : 'NOT held_out';
	return "SELECT json_agg(bench.rows(sql) ORDER BY number) FROM bench.statements WHERE grp = $id AND $which;\n";
}

# ---- what statistics do ----

# All are made and computed at once, so that one sample serves all of them.  Then
# for each set of definitions, and for none at all, the rest is dropped for a
# moment.  All groups are of one table.  Returns the rows that were expected: for each set, for none last, and
# for each group.
sub expected_rows
{
	my ($server, $columns, $definitions, $sets, $groups) = @_;
	my $sql = "SET client_min_messages = error;\nBEGIN;\n";
	my %names;
	foreach my $i (0 .. $#$definitions)
	{
		my ($create, @names) = create_objects("s$i", $definitions->[$i], $groups->[0]);
		$sql .= $create;
		$names{ $definitions->[$i]{key} } = \@names;
	}
	$sql .= "ANALYZE $groups->[0]{table} ($columns);\n";
	foreach my $set (@$sets, [])
	{
		my %kept = map { $_->{key} => 1 } @$set;
		my @dropped = map { @{ $names{$_} } } grep { !$kept{$_} } keys %names;
		$sql .= "SAVEPOINT all_of_them;\n";
		$sql .= 'DROP STATISTICS ' . join(', ', @dropped) . ";\n" if @dropped;
		$sql .= rows_sql($_->{id}, 1) foreach @$groups;
		$sql .= "ROLLBACK TO all_of_them;\n";
	}
	my @answers = map { decode_json $_ } split /\n/, psql_script($server, "$sql;ROLLBACK");
	return [ map { [ splice @answers, 0, scalar @$groups ] } @$sets, [] ];
}

# One round: "expected" of a group gets a list of rows for each definition, and for
# "none".
sub measure_group
{
	my ($server, $group, $definitions) = @_;
	my $columns = join ', ', uniq @{ $group->{columns} };
	my $rows = expected_rows($server, $columns, $definitions, [ map { [$_] } @$definitions ], [$group]);
	my @keys = (map({ $_->{key} } @$definitions), 'none');
	push @{ $group->{expected}{ $keys[$_] } }, $rows->[$_][0] foreach 0 .. $#keys;
}

# One round: the same for all statistics that each advisor wants on a table, at once
sub measure_advisors
{
	my ($server, $table, $groups, $advisors) = @_;
	my @names = sort keys %$advisors;
	my %unique = map { $_->{key} => $_ } map { @{ $advisors->{$_}{$table} // [] } } @names;
	my $columns = join ', ', uniq map { @{ $_->{columns} } } @$groups, values %unique;
	my $rows = expected_rows($server, $columns, [ map { $unique{$_} } sort keys %unique ],
		[ map { $advisors->{$_}{$table} // [] } @names ], $groups);
	foreach my $set (0 .. $#names + 1)
	{
		my $name = $names[$set] // 'none';
		push @{ $groups->[$_]{advised}{$name} }, $rows->[$set][$_] foreach 0 .. $#$groups;
	}
}

# ---- errors ----

sub q_error
{
	my ($x, $y) = map { max($_, 1) } @_;
	return max($x / $y, $y / $x);
}

# Of held-out statements, for rows expected in several rounds
sub errors
{
	my ($group, $rounds) = @_;
	return map {
		my $round = $_;
		map { q_error($round->[$_], $group->{held_out}[$_]{actual}) } 0 .. $#$round
	} @$rounds;
}

# Geometric
sub mean_error { return @_ ? exp(sum(map { log } @_) / @_) : undef }

# How many times better a definition makes a group
sub gain
{
	my ($group, $key) = @_;
	return $group->{gain}{$key} //=
	  mean_error(errors($group, $group->{expected}{none})) / mean_error(errors($group, $group->{expected}{$key}));
}

sub percentile
{
	my ($percent, @values) = @_;
	return undef unless @values;
	my @sorted = sort { $a <=> $b } @values;
	return $sorted[ int(($#sorted) * $percent / 100 + 0.5) ];
}

1;
