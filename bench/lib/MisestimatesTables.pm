#
# MisestimatesTables.pm
#
# The synthetic tables of bench/misestimates: one for each cause of a misestimate
# and each border of what statistics can do.  Sizes, numbers of values and
# strengths are drawn by rand(), values by the server's random().
#
# A table has "sql" that makes it, "after" that is done once it is analyzed,
# "partitions" if there are any, and groups.  A group is a set of columns that statements use together:
#
#	clauses		columns and how they are compared, see MisestimatesWorkload.pm
#	grouped		instead: the columns of GROUP BY
#	run			instead: statements as they are, and "columns" that they use
#	draw		how constants are drawn
#	statement	of the clauses, if it is not to count the rows
#	expect		causes one of which is right, too; if no statistics on several
#				columns help, only these, or none at all.  Where it is missing,
#				there is no right answer then.
#	cause		instead: they are right by construction, and advice is wrong
#				whatever it would do
#	off			with "cause": is a node of a plan off by 2 or more?
#
package MisestimatesTables;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';

our @EXPORT = qw(synthetic_tables);

# ---- what is drawn ----

sub between
{
	my ($low, $high) = @_;
	return $low + int rand($high - $low + 1);
}

# So many values that each has about as many rows as drawn from here to there
sub values_with
{
	my ($rows, $low, $high) = @_;
	return int $rows / between($low, $high);
}

# SQL for an integer below n; the larger the skew, the more often a small one.  1
# is uniform.
sub value
{
	my ($n, $skew) = @_;
	return sprintf 'floor(%d * power(random(), %.2f))::int', $n, $skew // 1;
}

# SQL for an integer below n that depends on another one and on nothing else
sub function_of
{
	my ($expression, $n) = @_;
	return sprintf '((hashint4(%s + %d) & 2147483647) %% %d)', $expression, between(1, 1_000_000), $n;
}

# Numbers or words, whichever the draw says: costs and collations differ, causes
# do not.
sub maybe_text
{
	my ($expression) = @_;
	return rand() < 0.5 ? $expression : "'value ' || ($expression)";
}

# SQL of a table with columns, each an expression that may use those of "drawn".
# Random expressions must be drawn once per row: hence the OFFSET.
sub make_table
{
	my ($name, $rows, $drawn, $columns) = @_;
	my $list = sub { join ', ', map { "$_[0][2 * $_ + 1] AS $_[0][2 * $_]" } 0 .. @{ $_[0] } / 2 - 1 };
	return "CREATE TABLE $name AS SELECT id, " . $list->($columns)
	  . ' FROM (SELECT id, ' . $list->($drawn) . " FROM generate_series(1, $rows) id OFFSET 0) drawn";
}

sub equal { return [ map { [ $_, '=' ] } @_ ] }

# ---- columns that depend on each other, and some that do not ----

my %patterns = (
	# one column decides the other, with more combinations than a list holds
	fd_wide => sub {
		my ($rows) = @_;
		my $n = values_with($rows, 25, 80);
		return {
			sql => make_table('fd_wide', $rows, [ a => value($n, 1 + rand) ],
				[ a => maybe_text('a'), b => maybe_text(function_of('a', between(50, 200))) ]),
			groups => [
				{ clauses => equal('a', 'b') },
				{ clauses => [ [ 'a', 'in' ], [ 'b', '=' ] ] },
				{ grouped => [ 'a', 'b' ] } ]
		};
	},
	fd_chain => sub {
		my ($rows) = @_;
		my $b = function_of('a', between(100, 250));
		return {
			sql => make_table('fd_chain', $rows,
				[ a => value(values_with($rows, 30, 60)), other => value(between(5, 30), 2) ],
				[ a => 'a', b => $b, c => function_of($b, between(10, 30)), other => 'other' ]),
			groups => [
				{ clauses => equal('a', 'b', 'c') },
				{ clauses => equal('b', 'c') },
				# a bystander
				{ clauses => equal('a', 'b', 'other') },
				{ clauses => equal('a', 'other') },
				{ grouped => [ 'a', 'b', 'c' ] } ]
		};
	},
	# a few combinations make up most of the table, the rest is anything
	few_frequent => sub {
		my ($rows) = @_;
		my $n = between(300, 1000);
		my $frequent = sprintf '%.2f', 0.7 + rand 0.25;
		return {
			sql => make_table('few_frequent', $rows,
				[ p => value(between(12, 40)), usual => "random() < $frequent", ra => value($n), rb => value($n) ],
				[
					a => 'CASE WHEN usual THEN ' . function_of('p', $n) . ' ELSE ra END',
					b => 'CASE WHEN usual THEN ' . function_of('p', $n) . ' ELSE rb END'
				]),
			groups => [
				{ clauses => equal('a', 'b') },
				{ clauses => [ [ 'a', '=' ], [ 'b', '<>' ] ] },
				{ grouped => [ 'a', 'b' ] } ]
		};
	},
	# neighbours occur together, but neither column decides the other
	neighbours => sub {
		my ($rows) = @_;
		my $n = between(20, 60);
		my $width = between(3, 6);
		return {
			sql => make_table('neighbours', $rows, [ a => value($n, 1 + rand), d => value($width) ],
				[ a => 'a', b => "(a + d) % $n" ]),
			groups => [
				{ clauses => equal('a', 'b') },
				{ clauses => [ [ 'a', 'in' ], [ 'b', 'in' ] ] },
				{ clauses => [ [ 'a', '=' ], [ 'b', 'between' ] ] } ]
		};
	},
	independent_skewed => sub {
		my ($rows) = @_;
		return {
			sql => make_table('independent_skewed', $rows,
				[ a => value(between(60, 200), 3), b => value(between(30, 80), 2.5), c => value(between(5, 20)) ],
				[ a => 'a', b => maybe_text('b'), c => 'c' ]),
			groups => [
				{ clauses => equal('a', 'b'), expect => [] },
				{ clauses => equal('b', 'c'), expect => [] },
				{ clauses => equal('a', 'b', 'c'), expect => [] },
				{ grouped => [ 'b', 'c' ], expect => [] } ]
		};
	},
	# a pair is as rare as it has to be, and still many of them exist
	independent_sparse => sub {
		my ($rows) = @_;
		return {
			sql => make_table('independent_sparse', $rows,
				[ a => value(between(1500, 4000), 1.5), b => value(between(1500, 4000), 1.5) ], [ a => 'a', b => 'b' ]),
			groups => [ { clauses => equal('a', 'b'), expect => [] }, { grouped => [ 'a', 'b' ] } ]
		};
	},
	# three columns of which any two are independent
	parity => sub {
		my ($rows) = @_;
		my $n = between(8, 14);
		return {
			sql => make_table('parity', $rows, [ a => value($n), b => value($n) ],
				[ a => 'a', b => 'b', c => "(a + b) % $n" ]),
			groups => [
				{ clauses => equal('a', 'b', 'c') },
				{ clauses => equal('a', 'b'), expect => [] },
				{ clauses => equal('a', 'c'), expect => [] } ]
		};
	},
	weak => sub {
		my ($rows) = @_;
		my ($n, $share) = (between(15, 40), sprintf '%.2f', 0.02 + rand 0.06);
		return {
			sql => make_table('weak', $rows, [ a => value($n), r => value($n), same => "random() < $share" ],
				[ a => 'a', b => 'CASE WHEN same THEN ' . function_of('a', $n) . ' ELSE r END' ]),
			groups => [ { clauses => equal('a', 'b') }, { grouped => [ 'a', 'b' ] } ]
		};
	},
	moderate => sub {
		my ($rows) = @_;
		my ($n, $share) = (between(30, 200), sprintf '%.2f', 0.3 + rand 0.3);
		return {
			sql => make_table('moderate', $rows, [ a => value($n), r => value($n), same => "random() < $share" ],
				[ a => 'a', b => 'CASE WHEN same THEN ' . function_of('a', $n) . ' ELSE r END' ]),
			groups => [ { clauses => equal('a', 'b') } ]
		};
	},
	# what hardly ever comes together: the planner expects too much
	exclusive => sub {
		my ($rows) = @_;
		my $n = between(4, 8);
		return {
			sql => make_table('exclusive', $rows, [ status => value($n, 1.5), rest => 'random() < 0.001', r => 'random()' ],
				[ status => 'status', open => "(status < $n / 2) <> rest", paid => 'r < 0.6' ]),
			groups => [
				{ clauses => [ [ 'status', '=' ], [ 'open', 'bool' ] ], draw => 'mixed' },
				{ clauses => [ [ 'status', '=' ], [ 'paid', 'bool' ] ], expect => [] } ]
		};
	},
	# constants that the data contradict, half of the time
	contradicted => sub {
		my ($rows) = @_;
		return {
			sql => make_table('contradicted', $rows, [ a => value(between(300, 800)) ],
				[ a => 'a', b => function_of('a', between(40, 100)) ]),
			groups => [ { clauses => equal('a', 'b'), draw => 'half mixed' } ]
		};
	},
	nulls => sub {
		my ($rows) = @_;
		my $empty = sprintf '%.2f', 0.2 + rand 0.4;
		return {
			sql => make_table('nulls', $rows,
				[ empty => "random() < $empty", a => value(between(20, 40)), b => value(between(20, 40)) ],
				[ a => 'CASE WHEN NOT empty THEN a END', b => 'CASE WHEN NOT empty THEN b END' ]),
			groups => [
				{ clauses => [ [ 'a', 'null' ], [ 'b', 'null' ] ] },
				{ clauses => [ [ 'a', '=' ], [ 'b', 'null' ] ] },
				{ clauses => equal('a', 'b') } ]
		};
	},
	# which of many values has none in the other column
	null_wide => sub {
		my ($rows) = @_;
		my $n = values_with($rows, 30, 60);
		return {
			sql => make_table('null_wide', $rows, [ a => value($n), b => value(200) ],
				[ a => 'a', b => 'CASE WHEN ' . function_of('a', 20) . ' > 0 THEN b END' ]),
			groups => [ { clauses => [ [ 'a', '=' ], [ 'b', 'null' ] ], expect => ['not coverable'] } ]
		};
	},
	continuous => sub {
		my ($rows) = @_;
		my $noise = sprintf '%.4f', 0.005 + rand 0.01;
		return {
			sql => make_table('continuous', $rows, [ x => 'random()', y => 'random()' ], [ x => 'x', y => "x + $noise * y" ]),
			groups => [ { clauses => [ [ 'x', '<' ], [ 'y', '>' ] ], draw => 'rows', expect => ['not coverable'] } ]
		};
	},
	days => sub {
		my ($rows) = @_;
		my $days = between(300, 1000);
		return {
			sql => make_table('days', $rows, [ o => value($days), d => value(between(3, 8), 2) ],
				[ ordered => "date '2020-01-01' + o", shipped => "date '2020-01-01' + o + d" ]),
			groups => [
				{ clauses => equal('ordered', 'shipped') },
				{ clauses => [ [ 'ordered', '>' ], [ 'shipped', '<' ] ], draw => 'rows', expect => ['not coverable'] } ]
		};
	},
	partitioned => sub {
		my ($rows) = @_;
		my $make = make_table('loaded', $rows, [ a => value(values_with($rows, 100, 200)) ],
			[ a => 'a', b => function_of('a', between(60, 150)) ]);
		return {
			sql => join(";\n",
				$make, 'CREATE TABLE partitioned (id int, a int, b int) PARTITION BY HASH (id)',
				(map { "CREATE TABLE partitioned_$_ PARTITION OF partitioned FOR VALUES WITH (MODULUS 4, REMAINDER $_)" } 0 .. 3),
				'INSERT INTO partitioned SELECT * FROM loaded', 'DROP TABLE loaded'),
			partitions => [ map { "partitioned_$_" } 0 .. 3 ],
			groups => [ { clauses => equal('a', 'b') } ]
		};
	},
	wide_rows => sub {
		my $rows = int($_[0] / 4);
		return {
			sql => make_table('wide_rows', $rows, [ a => value(values_with($rows, 30, 60)), s => 'random()::text' ],
				[
					a => 'a', b => function_of('a', between(30, 60)),
					body => "(SELECT string_agg(md5(s || i), '') FROM generate_series(1, 100) i)"
				]),
			groups => [ { clauses => equal('a', 'b') } ]
		};
	},
	two_pairs => sub {
		my ($rows) = @_;
		return {
			sql => make_table('two_pairs', $rows, [ a => value(between(100, 300)), c => value(between(30, 60), 1.5) ],
				[ a => 'a', b => function_of('a', 40), c => 'c', d => function_of('c', 12) ]),
			groups => [
				map({ { clauses => equal(@$_) } } [ 'a', 'b' ], [ 'c', 'd' ], [ 'a', 'b', 'c', 'd' ], [ 'a', 'b', 'c' ]),
				map({ { clauses => equal(@$_), expect => [] } } [ 'a', 'c' ], [ 'b', 'd' ]) ]
		};
	},
	# arrays and ranges are compared as a whole
	whole_values => sub {
		my ($rows) = @_;
		return {
			sql => make_table('whole_values', $rows, [ p => value(between(20, 60), 1.3) ],
				[
					tags => "ARRAY['tag ' || p % 7, 'tag ' || p % 11]", during => 'int4range(p, p + 5)',
					kind => function_of('p', 9)
				]),
			groups => [
				{ clauses => equal('tags', 'kind') },
				# there are no most common values of a range
				{ clauses => equal('during', 'kind'), expect => [ 'unknown', 'expression', 'not coverable' ] } ]
		};
	},
	indexed => sub {
		my ($rows) = @_;
		return {
			sql => make_table('indexed', $rows, [ a => value(values_with($rows, 40, 80), 1.3) ],
				[ a => 'a', b => function_of('a', between(50, 100)) ])
			  . ";\nCREATE INDEX ON indexed (a);\nCREATE INDEX ON indexed (b)",
			groups => [ { clauses => equal('a', 'b') } ]
		};
	});

# ---- other causes: correlation is not to blame, or nothing is wrong ----

# Independent columns whose statistics are otherwise good
sub independent
{
	my ($name, $rows) = @_;
	return make_table($name, $rows, [ a => value(between(50, 150), 1.5), b => value(between(8, 20)) ], [ a => 'a', b => 'b' ]);
}

# One column decides the other
sub dependent
{
	my ($name, $rows) = @_;
	return make_table($name, $rows, [ a => value(between(500, 1000)) ], [ a => 'a', b => function_of('a', between(60, 100)) ]);
}

# Statements with a constant below n in the place of each ?
sub with_values
{
	my ($count, $sql, @limits) = @_;
	return map {
		my @values = map { int rand $_ } @limits;
		$sql =~ s/\?/shift @values/ger
	} 1 .. $count;
}

my %causes = (
	stale_values => sub {
		my ($rows) = @_;
		my $late = int($rows * (0.4 + rand 0.4));
		return {
			sql => independent('stale_values', $rows),
			after => "INSERT INTO stale_values SELECT $rows + id, 1000 + id % 3, id % 8 FROM generate_series(1, $late) id",
			groups => [
				{
					run => [ with_values(20, 'SELECT count(*) FROM stale_values WHERE a = 1000 + ? AND b = ?', 3, 8) ],
					columns => [ 'a', 'b' ], cause => ['stale statistics']
				} ]
		};
	},
	stale_range => sub {
		my ($rows) = @_;
		my $late = int($rows * (0.4 + rand 0.4));
		return {
			sql => independent('stale_range', $rows),
			after => "INSERT INTO stale_range SELECT $rows + id, id % 50, id % 8 FROM generate_series(1, $late) id",
			groups => [
				{
					run => [ with_values(20, "SELECT count(*) FROM stale_range WHERE id > $rows + ? AND b = ?", $late / 2, 8) ],
					columns => [ 'id', 'b' ], cause => ['stale statistics']
				} ]
		};
	},
	# more values that are frequent than the column's list has room for
	low_target => sub {
		my ($rows) = @_;
		my $values = between(2000, 4000);
		return {
			sql => make_table('low_target', $rows,
				[ few => 'random() < 0.5', common => value(20), rare => value($values), b => value(4) ],
				[ a => 'CASE WHEN few THEN common ELSE 20 + rare END', b => 'b' ])
			  . ";\nALTER TABLE low_target ALTER a SET STATISTICS " . between(3, 6),
			groups => [
				{
					run => [ with_values(20, 'SELECT count(*) FROM low_target WHERE a = ? AND b = ?', 20, 4) ],
					columns => [ 'a', 'b' ], cause => ['statistics target']
				} ]
		};
	},
	expression => sub {
		my ($rows) = @_;
		return {
			sql => independent('expression', $rows),
			groups => [
				{
					run => [ with_values(20, 'SELECT count(*) FROM expression WHERE a % 4 = ? AND b = ?', 4, 8) ],
					columns => [ 'a', 'b' ], cause => ['expression']
				} ]
		};
	},
	function => sub {
		my ($rows) = @_;
		return {
			sql => make_table('function', $rows, [ a => value(6, 1.5), c => value(2) ],
				[ a => "CASE c WHEN 0 THEN 'Name ' || a ELSE 'NAME ' || a END" ]),
			groups => [
				{
					run => [ with_values(20, "SELECT count(*) FROM function WHERE lower(a) = 'name ?'", 6) ],
					columns => ['a'], cause => ['expression']
				} ]
		};
	},
	# a pattern that is rarer than the histogram can tell
	pattern => sub {
		my ($rows) = @_;
		return {
			sql => make_table('pattern', $rows, [ a => 'md5(random()::text)', b => value(3) ],
				[ a => "CASE WHEN id % 300 < 3 THEN a || 'needle' || b ELSE a END" ]),
			groups => [
				{
					run => [ with_values(20, "SELECT count(*) FROM pattern WHERE a LIKE '%needle?%'", 3) ],
					columns => ['a'], cause => [ 'expression', 'not coverable' ]
				} ]
		};
	},
	two_columns => sub {
		my ($rows) = @_;
		return {
			sql => make_table('two_columns', $rows, [ a => value(1000), same => 'random() < 0.5', d => value(300) ],
				[ a => 'a', b => 'CASE WHEN same THEN a ELSE a + d END' ]),
			groups => [
				{
					run => [ ('SELECT count(*) FROM two_columns WHERE a = b') x 10 ],
					columns => [ 'a', 'b' ], cause => [ 'expression', 'not coverable' ]
				} ]
		};
	},
	generic_plan => sub {
		my ($rows) = @_;
		return {
			sql => make_table('generic_plan', $rows, [ often => 'random() < 0.7', a => value(1000), b => value(4) ],
				[ a => 'CASE WHEN often THEN 0 ELSE a END', b => 'b' ]),
			groups => [
				{
					run => [
						join ";\n",
						'SET plan_cache_mode = force_generic_plan',
						'PREPARE generic AS SELECT count(*) FROM generic_plan WHERE a = $1 AND b = $2',
						with_values(20, 'EXECUTE generic (0, ?)', 4),
						'DEALLOCATE generic',
						'RESET plan_cache_mode' ],
					columns => [ 'a', 'b' ], cause => ['generic plan']
				} ]
		};
	},
	# the best things sell best: no table alone can tell
	join_skew => sub {
		my ($rows) = @_;
		my $things = between(1000, 3000);
		my $best = between(10, 30);
		return {
			sql => make_table('join_skew', $rows, [ thing => value($things, 4), b => value(10) ], [ thing => 'thing', b => 'b' ])
			  . ";\n"
			  . make_table('join_skew_things', $things, [ r => 'random()' ],
				[ thing => 'id - 1', grade => "CASE WHEN id <= $best THEN 'best' ELSE 'grade ' || floor(10 * r) END" ]),
			groups => [
				{
					run => [
						with_values(20,
							"SELECT count(*) FROM join_skew JOIN join_skew_things USING (thing) WHERE grade = 'best' AND b = ?", 10)
					],
					columns => [ 'thing', 'b' ], cause => ['join']
				} ]
		};
	},
	nested_loop => sub {
		my ($rows) = @_;
		my $things = between(2000, 4000);
		return {
			sql => make_table('nested_loop', $rows, [ thing => value($things, 5) ], [ thing => 'thing' ])
			  . ";\nCREATE INDEX ON nested_loop (thing);\n"
			  . make_table('nested_loop_things', $things, [ r => 'random()' ], [ thing => 'id - 1', best => 'id <= 5' ]),
			groups => [
				{
					run => [
						join ";\n",
						'SET enable_hashjoin = off',
						'SET enable_mergejoin = off',
						('SELECT count(*) FROM nested_loop JOIN nested_loop_things USING (thing) WHERE best') x 20,
						'RESET enable_hashjoin',
						'RESET enable_mergejoin' ],
					columns => ['thing'], cause => ['join']
				} ]
		};
	},
	# what did not run to its end says nothing
	limited => sub {
		my ($rows) = @_;
		return {
			sql => dependent('limited', $rows),
			groups => [ { clauses => equal('a', 'b'), statement => 'SELECT * FROM limited WHERE %s LIMIT 3', cause => [] } ]
		};
	},
	existing => sub {
		my ($rows) = @_;
		return {
			sql => dependent('existing', $rows),
			groups => [
				{ clauses => equal('a', 'b'), statement => 'SELECT EXISTS (SELECT 1 FROM existing WHERE %s)', cause => [] } ]
		};
	},
	never_run => sub {
		my ($rows) = @_;
		return {
			sql => dependent('never_run', $rows),
			groups => [
				{
					clauses => equal('a', 'b'),
					statement => "SELECT CASE WHEN clock_timestamp() < '2000-01-01' THEN (SELECT count(*) FROM never_run WHERE %s) END",
					cause => []
				} ]
		};
	},
	covered => sub {
		my ($rows) = @_;
		return {
			sql => dependent('covered', $rows)
			  . ";\nCREATE STATISTICS covered_already (dependencies) ON a, b FROM covered",
			groups => [ { clauses => equal('a', 'b'), draw => 'rows', cause => [], off => 0 } ]
		};
	},
	row_security => sub {
		my ($rows) = @_;
		return {
			sql => dependent('row_security', $rows)
			  . ";\nALTER TABLE row_security ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
			groups => [ { clauses => equal('a', 'b'), cause => [] } ]
		};
	},
	# too small to matter
	tiny => sub {
		return {
			sql => make_table('tiny', between(20, 60), [ a => value(5) ], [ a => 'a', b => 'a' ]),
			groups => [ { clauses => equal('a', 'b'), cause => [] } ]
		};
	},
	empty => sub {
		return {
			sql => 'CREATE TABLE empty (a int, b int)',
			groups => [
				{
					run => [ with_values(10, 'SELECT count(*) FROM empty WHERE a = ? AND b = ?', 9, 9) ],
					columns => [ 'a', 'b' ], cause => [], off => 0
				} ]
		};
	});

# All tables, in an order that does not depend on the draw
sub synthetic_tables
{
	my ($least, $most) = @_;
	my %tables = (%patterns, %causes);
	return map { { name => $_, source => 'synthetic', %{ $tables{$_}->(between($least, $most)) } } } sort keys %tables;
}

1;
