#
# MisestimatesWorkload.pm
#
# Which columns the statements of bench/misestimates use together, and with which
# constants.  Constants are drawn twice: for the statements that advisors see, and
# for those that are held out to judge by.
#
package MisestimatesWorkload;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP qw(decode_json);
use List::Util qw(shuffle uniq);

use BenchServer;

our @EXPORT = qw(real_groups name_group draw_statements);

# ---- columns that real tables are asked for ----

# Columns that can be asked for together: neither one value nor almost unique
sub usable_columns
{
	my ($server, $table) = @_;
	return @{ decode_json psql($server, <<"SQL") };
SELECT COALESCE(json_agg(json_build_object('name', attname, 'range', typcategory = 'N' AND values >= 20,
                                           'bool', typcategory = 'B', 'nulls', null_frac > 0) ORDER BY attnum), '[]')
  FROM pg_class c
  JOIN pg_attribute a ON attrelid = c.oid
  JOIN pg_type t ON t.oid = atttypid
  JOIN pg_stats s USING (attname)
 CROSS JOIN LATERAL (SELECT CASE WHEN n_distinct < 0 THEN -n_distinct * reltuples ELSE n_distinct END) d (values)
 WHERE relname = '$table' AND tablename = '$table' AND values >= 2 AND values < reltuples / 3
SQL
}

# Mostly equality, and all else that statistics on several columns can hold
sub any_clause
{
	my ($column) = @_;
	my $r = rand;
	my $how = $column->{bool} ? 'bool'
	  : $r < 0.08 ? 'in'
	  : $r < 0.12 ? '<>'
	  : $r < 0.2 && $column->{nulls} ? 'null'
	  : $r < 0.3 && $column->{range} ? ('<', '>', 'between')[ rand 3 ]
	  : '=';
	return [ $column->{name}, $how ];
}

# So many sets of columns, each of another kind than the others
sub some_sets
{
	my ($count, $size, @columns) = @_;
	my %seen;
	return () if @columns < $size;
	return grep { !$seen{ join ' ', map { $_->{name} } @$_ }++ } map {
		my %chosen = map { $_ => 1 } (shuffle 0 .. $#columns)[ 0 .. $size - 1 ];
		[ @columns[ sort { $a <=> $b } keys %chosen ] ]
	} 1 .. $count;
}

# "sets": how many sets of 2, 3, ... columns, and "grouped" of GROUP BY
sub real_groups
{
	my ($server, $table, $plan) = @_;
	my @columns = usable_columns($server, $table);
	my @groups;
	foreach my $size (sort keys %{ $plan->{sets} })
	{
		push @groups, map { { clauses => [ map { any_clause($_) } @$_ ] } } some_sets($plan->{sets}{$size}, $size, @columns);
	}
	push @groups, map { { grouped => [ map { $_->{name} } @$_ ] } } map { some_sets($plan->{grouped}, $_, @columns) } 2, 3;
	return @groups;
}

# What all of them have: table with its partitions, columns, and how people would call it
sub name_group
{
	my ($group, $table) = @_;
	$group->{table} = $table->{name};
	$group->{partitions} = $table->{partitions} // [];
	$group->{source} = $table->{source};
	$group->{columns} //= $group->{grouped} // [ map { $_->[0] } @{ $group->{clauses} } ];
	$group->{name} = "$table->{name}: "
	  . ($group->{grouped} ? 'GROUP BY ' . join(', ', @{ $group->{grouped} })
		: $group->{clauses} ? join(', ', map { join ' ', @$_ } @{ $group->{clauses} })
		: join(', ', @{ $group->{columns} }));
}

# ---- constants ----

# Rows of the table, and of its combinations of values: the former are met as
# often as they come, each of the latter as often as the others
sub values_of
{
	my ($server, $group) = @_;
	my @columns = uniq @{ $group->{columns} };
	my $texts = join ', ', map { "$_\::text" } @columns;
	my $seed = rand;
	# bytes stay bytes: they go back as they came
	my @pools = map { JSON::PP->new->decode($_) } split /\n/, psql_script($server, <<"SQL");
SELECT setseed($seed) \\g /dev/null
SELECT COALESCE(json_agg(json_build_array($texts)), '[]') FROM (SELECT * FROM $group->{table} ORDER BY random() LIMIT 500) s;
SELECT COALESCE(json_agg(json_build_array($texts)), '[]')
  FROM (SELECT * FROM (SELECT DISTINCT @{[ join ', ', @columns ]} FROM $group->{table}) d ORDER BY random() LIMIT 200) s;
SQL
	my %position = map { $columns[$_] => $_ } 0 .. $#columns;
	return { rows => $pools[0], distinct => $pools[1], position => \%position };
}

# For each way to draw: the share of rows, and of combinations; what is left takes
# each constant from another row.
my %shares = (usual => [ 0.6, 0.3 ], rows => [ 1, 0 ], 'half mixed' => [ 0.5, 0 ], mixed => [ 0.2, 0.2 ]);

# A function from the name of a column to a value
sub draw_row
{
	my ($values, $draw) = @_;
	my ($rows, $distinct) = @{ $shares{$draw} };
	my $any = sub { $_[0][ rand @{ $_[0] } ] };
	my $r = rand;
	my $row = $r < $rows ? $any->($values->{rows}) : $r < $rows + $distinct ? $any->($values->{distinct}) : undef;
	return sub { ($row // $any->($values->{rows}))->[ $values->{position}{ $_[0] } ] };
}

sub quoted { return "'" . $_[0] =~ s/'/''/gr . "'" }

# The other constants of a clause that has several: any rows'
sub others
{
	my ($values, $column, $count) = @_;
	return grep { defined } map { $values->{rows}[ rand @{ $values->{rows} } ][ $values->{position}{$column} ] } 1 .. $count;
}

sub clause_sql
{
	my ($clause, $row, $values) = @_;
	my ($column, $how) = @$clause;
	my $value = $row->($column);
	return "$column IS " . (defined $value ? 'NOT ' : '') . 'NULL' if $how eq 'null';
	return "$column IS NULL" if !defined $value;
	return $value eq 'true' ? $column : "NOT $column" if $how eq 'bool';
	return "$column IN (" . join(', ', map { quoted($_) } uniq $value, others($values, $column, 2)) . ')' if $how eq 'in';
	if ($how eq 'between')
	{
		my ($other) = (others($values, $column, 3), $value);
		return "$column BETWEEN SYMMETRIC " . quoted($value) . ' AND ' . quoted($other);
	}
	my %operators = ('=' => '=', '<>' => '<>', '<' => '<=', '>' => '>=');
	return "$column $operators{$how} " . quoted($value);
}

sub draw_where
{
	my ($group, $values) = @_;
	my $row = draw_row($values, $group->{draw} // 'usual');
	return join ' AND ', map { clause_sql($_, $row, $values) } @{ $group->{clauses} };
}

# ---- statements ----

# A statement has "run", as clients send it; and where rows can be counted, the
# same as a scan: "from" and "where", or "columns" that are grouped.
sub filter_statement
{
	my ($group, $values) = @_;
	my $where = draw_where($group, $values);
	return {
		where => $where,
		explain => "SELECT * FROM $group->{table} WHERE $where",
		run => sprintf($group->{statement} // "SELECT count(*) FROM $group->{table} WHERE %s", $where)
	};
}

# Sets "seen" and "held_out" of a group
sub draw_statements
{
	my ($server, $group, $plan) = @_;
	if ($group->{run})
	{
		$group->{seen} = [ map { { run => $_ } } @{ $group->{run} } ];
		$group->{held_out} = [];
	}
	elsif ($group->{grouped})
	{
		my $list = join ', ', @{ $group->{grouped} };
		my $sql = "SELECT $list, count(*) FROM $group->{table} GROUP BY $list";
		$group->{seen} = [ map { { run => $sql, explain => $sql } } 1 .. 5 ];
		$group->{held_out} = [ { explain => $sql } ];
	}
	else
	{
		my $values = values_of($server, $group);
		$group->{seen} = [ map { filter_statement($group, $values) } 1 .. $plan->{seen} ];
		$group->{held_out} = [ map { filter_statement($group, $values) } 1 .. ($group->{cause} ? 0 : $plan->{held_out}) ];
	}
}

1;
