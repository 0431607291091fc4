#
# MisestimatesScore.pm
#
# What the advice of each advisor is worth, by what bench/misestimates measured of
# held-out statements.
#
package MisestimatesScore;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use List::Util qw(any max min uniq);

use MisestimatesTruth;

our @EXPORT = qw($worth shown judge_groups naive_advice best_advice by_table advice_on score_advisor diagnose);

# A gain that is worth statistics, how far from the best kind is right, and which
# differences mean nothing
our $worth = 1.5;
my $as_good = 1.3;
my $as_equal = 1.03;

# Errors of fewer rows, or that were met less often, need not be found.
my ($rows_to_see, $times_to_see) = (20, 3);

sub within { my ($few, $many) = @_; my %many = map { $_ => 1 } @$many; return !grep { !$many{$_} } @$few }

sub same { return within($_[0], $_[1]) && within($_[1], $_[0]) }

# ---- what is true ----

# The best definition for a group.  Of those that are as good as can be told, it is
# the one with the fewest columns and kinds.
sub best_definition
{
	my ($group) = @_;
	my @all = exhaustive($group);
	my $most = max(map { gain($group, $_->{key}) } @all);
	my ($best) = sort {
		     @{ $a->{columns} } <=> @{ $b->{columns} }
		  || @{ $a->{kinds} } <=> @{ $b->{kinds} }
		  || gain($group, $b->{key}) <=> gain($group, $a->{key})
		  || $a->{key} cmp $b->{key}
	} grep { gain($group, $_->{key}) * $as_equal >= $most } @all;
	return $best;
}

# Which is the best for each group, whether it is worth it, and whether rounds
# differ about that
sub judge_groups
{
	my ($groups) = @_;
	foreach my $group (@$groups)
	{
		my $best = $group->{best} = best_definition($group);
		$group->{best_gain} = gain($group, $best->{key});
		$group->{useful} = max(map { gain($group, $_->{key}) } exhaustive($group)) >= $worth;
		my @rounds = map {
			mean_error(errors($group, [ $group->{expected}{none}[$_] ]))
			  / mean_error(errors($group, [ $group->{expected}{ $best->{key} }[$_] ]))
		} 0 .. $#{ $group->{expected}{none} };
		$group->{close} = min(@rounds) < $worth && max(@rounds) >= $worth;
	}
}

# ---- advisors ----

# Is a node of the group's plans off by 2 or more?
sub off
{
	my ($group) = @_;
	return $group->{off} // 1 if $group->{cause};
	return any { q_error($_->{planned}, $_->{actual}) >= 2 } @{ $group->{seen} };
}

# All pairs of columns that are used together, of all statements or of those with
# an error
sub naive_advice
{
	my ($groups, $only_off) = @_;
	my %advice;
	foreach my $group (grep { !$only_off || off($_) } @$groups)
	{
		foreach (grep { @$_ == 2 } subsets(@{ $group->{columns} }))
		{
			my $definition = definition($_, \@MisestimatesTruth::default_kinds);
			$advice{"$group->{table} $definition->{key}"} = { table => $group->{table}, made => [$definition] };
		}
	}
	return [ map { $advice{$_} } sort keys %advice ];
}

# What somebody would do who knew everything
sub best_advice
{
	my ($groups) = @_;
	my %advice = map { ("$_->{table} $_->{best}{key}" => { table => $_->{table}, made => [ $_->{best} ] }) }
	  grep { $_->{useful} } @$groups;
	return [ map { $advice{$_} } sort keys %advice ];
}

# Definitions by table
sub by_table
{
	my ($advice) = @_;
	my %tables;
	push @{ $tables{ $_->{table} } }, @{ $_->{made} } foreach @$advice;
	foreach my $definitions (values %tables)
	{
		my %unique = map { $_->{key} => $_ } @$definitions;
		$definitions = [ map { $unique{$_} } sort keys %unique ];
	}
	return \%tables;
}

# Those definitions of advice that are about columns of this group.  Not all of
# them have been tried on it: statistics for GROUP BY do nothing for a filter, nor
# the other way round.
sub advice_on
{
	my ($group, $advice) = @_;
	my %keys = map { $_->{key} => $_ } grep { within($_->{columns}, $group->{columns}) }
	  map { @{ $_->{made} } } grep { $_->{table} eq $group->{table} } @$advice;
	return values %keys;
}

# How many times better an advice alone makes the group that it helps most; undef
# if it is about none that was measured
sub most_gained
{
	my ($advice, $groups) = @_;
	my @gains;
	foreach my $group (grep { $_->{table} eq $advice->{table} } @$groups)
	{
		push @gains, map { gain($group, $_->{key}) } grep { $group->{expected}{ $_->{key} } } advice_on($group, [$advice]);
	}
	return @gains ? max(@gains) : undef;
}

# ---- scores ----

sub share { my ($some, $all) = @_; return $all ? $some / $all : undef }

# The definition of an advice that helps a group most, if it is worth it
sub hit
{
	my ($group, $advice) = @_;
	my ($best) = sort { gain($group, $b->{key}) <=> gain($group, $a->{key}) }
	  grep { $group->{expected}{ $_->{key} } } advice_on($group, $advice);
	return $best && gain($group, $best->{key}) >= $worth ? $best : undef;
}

# Is a definition about as good for a group as the best kind on the same columns,
# or as the best at all?
sub as_good
{
	my ($group, $definition, $same_columns) = @_;
	my @rivals = grep { !$same_columns || same($_->{columns}, $definition->{columns}) } exhaustive($group);
	return gain($group, $definition->{key}) * $as_good >= max(0, map { gain($group, $_->{key}) } @rivals);
}

# A useful group one of whose columns has nothing to do with it
sub bystander { return $_[0]{clauses} && @{ $_[0]{best}{columns} } < uniq @{ $_[0]{columns} } }

sub score_errors
{
	my ($score, $name, $groups) = @_;
	foreach my $when ([ before => 'none' ], [ after => $name ])
	{
		my ($suffix, $set) = @$when;
		my %errors = map { $_->{id} => [ errors($_, $_->{advised}{$set}) ] } @$groups;
		my @useful = grep { $_->{useful} } @$groups;
		$score->{"mean $suffix"} = mean_error(map { mean_error(@{ $errors{ $_->{id} } }) } @useful);
		$score->{"p95 $suffix"} = percentile(95, map { @{ $errors{ $_->{id} } } } @useful);
		$score->{"bystander $suffix"} = percentile(90, map { @{ $errors{ $_->{id} } } } grep { bystander($_) } @useful);
		$score->{errors}{$suffix} = \%errors;
	}
	my ($before, $after) = @{ delete $score->{errors} }{qw(before after)};
	my (@statements, @constants);
	foreach my $id (keys %$before)
	{
		push @statements, [ mean_error(@{ $after->{$id} }) / mean_error(@{ $before->{$id} }), $id ];
		push @constants, map { $after->{$id}[$_] / $before->{$id}[$_] } 0 .. $#{ $before->{$id} };
	}
	($score->{'worst statement'}, $score->{'worst group'}) = @{ (sort { $b->[0] <=> $a->[0] } @statements)[0] };
	$score->{'worst constants'} = max(@constants);
	$score->{'worse constants'} = grep({ $_ > $worth } @constants) / @constants;
}

# "groups" are those that were measured
sub score_advisor
{
	my ($name, $advice, $groups) = @_;
	my %score = (rows => scalar @$advice);
	foreach my $row (@$advice)
	{
		$row->{gained} = most_gained($row, $groups);
		$row->{right} = ($row->{gained} // 0) >= $worth;
	}
	my @useful = grep { $_->{useful} } @$groups;
	my @hits = grep { $_->[1] } map { [ $_, hit($_, $advice) ] } @useful;
	$score{missed} = [ grep { !hit($_, $advice) } @useful ];
	$score{right} = grep { $_->{right} } @$advice;
	$score{precision} = share($score{right}, scalar @$advice);
	$score{recall} = share(scalar @hits, scalar @useful);
	$score{'recall shown'} = share(scalar(grep { shown($_->[0]) } @hits), scalar(grep { shown($_) } @useful));
	$score{kind} = share(scalar(grep { as_good(@$_, 1) } @hits), scalar @hits);
	$score{best} = share(scalar(grep { as_good(@$_, 0) } @hits), scalar @hits);
	score_errors(\%score, $name, $groups);
	return \%score;
}

# ---- causes ----

# Have statements shown an error often enough, and of enough rows, that somebody
# who sees no others can know?
sub shown
{
	my ($group) = @_;
	my @shown = grep {
		max($_->{planned}, $_->{actual}) >= $rows_to_see && q_error($_->{planned}, $_->{actual}) >= 2
	} @{ $group->{seen} };
	return @shown >= $times_to_see;
}

# The causes of which one is right; undef if nobody knows, empty if there is none
sub right_causes
{
	my ($group) = @_;
	return $group->{cause} if $group->{cause};
	my $expect = $group->{expect};
	return $expect if $expect && !@$expect && !$group->{useful};
	return undef unless shown($group);
	return $group->{useful} ? [ 'correlated columns', @{ $expect // [] } ] : $expect;
}

# What pg_tend says first of a group's columns; else, of some of them that no
# other group is about.
sub first_cause
{
	my ($group, $groups, $rows) = @_;
	my @rows = grep { $_->{table_name} =~ /^$group->{table}(_things)?$/ } @$rows;
	if (!$group->{cause})
	{
		@rows = grep { !$group->{grouped} == !($_->{clause_shape} =~ /^(GROUP BY|DISTINCT)/) } @rows;
		my @others = map { $_->{columns} } grep { $_->{table} eq $group->{table} } @$groups;
		my @exact = grep { same($_->{columns}, $group->{columns}) } @rows;
		my @part = grep {
			my $columns = $_->{columns};
			within($columns, $group->{columns}) && !any { same($columns, $_) } @others
		} @rows;
		@rows = @exact ? @exact : @part;
	}
	return @rows ? $rows[0]{cause} : undef;
}

# For each group of which the cause is known: "right" and what was "said"
sub diagnose
{
	my ($groups, $rows) = @_;
	return map {
		my $causes = right_causes($_);
		my $said = first_cause($_, $groups, $rows);
		my $right = @$causes ? any { ($said // '') eq $_ } @$causes : !defined $said || $said eq 'unknown';
		{ group => $_, causes => $causes, said => $said, right => $right ? 1 : 0 }
	} grep { right_causes($_) } @$groups;
}

1;
