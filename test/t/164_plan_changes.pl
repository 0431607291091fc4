# tend.plan_changes, end to end: for each cause something that has just this
# cause, and what looks like a regression and is none.
#
# Each scenario has a table and a query of its own.  All of them run side by
# side: first for some visits with their old plans, then everything happens at
# once, and in the end what can be undone is undone, by the remedies.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../perl";
use PgTend;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = tend_node('plan_changes', conf => <<'END');
compute_query_id = on
jit = off
max_parallel_workers_per_gather = 0
max_connections = 30
shared_buffers = 128MB
pg_tend.min_time_lost = 10
END
my $offset = log_size($node);
my $watch = session($node, 'postgres');

# what it asks takes longer and longer
say_in($watch, 'SET pg_tend.track_plans = none;');

sub ask
{
	my ($sql) = @_;

	return say_in($watch, "$sql;");
}

# ---- clients ----

# The queries of each client, which it sends again and again.  Its role has the
# same name.  What becomes slow with the same plan is seen soon if there are
# some executions per visit, even on a busy machine.
my %queries = (
	one => {
		dropped => 'SELECT sum(f) FROM dropped WHERE v = 17',
		invalid => 'SELECT sum(f) FROM invalid WHERE v = 17',
		created => 'SELECT sum(f) FROM created WHERE v = 17',
		as_fast => 'SELECT sum(f) FROM as_fast WHERE v < 2000',
		misjudged => 'SELECT sum(f) FROM misjudged WHERE v = 17',
		analyzed => 'SELECT sum(f) FROM analyzed WHERE v = 0',
		targeted => 'SELECT sum(b.f) FROM targeted a JOIN targeted b ON b.id = a.id WHERE a.v = 17',
	},
	two => {
		grown => 'SELECT sum(f) FROM grown WHERE v < 0',
		# so much for each row that it takes in proportion longer to make more of them
		more_rows => q{COPY (SELECT md5(repeat(filler, 50)) FROM more_rows WHERE v < 100) TO '/dev/null'},
		doubled => q{COPY (SELECT md5(repeat(filler, 50)) FROM doubled WHERE v < 100) TO '/dev/null'},
		mixed => 'SELECT sum(f) FROM mixed WHERE v = 0; SELECT sum(f) FROM mixed WHERE v = 1001',
		napping => 'SELECT take_nap()',
		control => 'SELECT sum(f) FROM control WHERE v < 0',
	},
	scanner => {
		visible => 'SELECT count(v) FROM visible WHERE v < 10000',
		hot => 'SELECT count(v) FROM hot WHERE v < 10000',
	},
	preparer => {
		generic => 'DEALLOCATE ALL; PREPARE generic(int) AS '
		  . 'SELECT f FROM generic WHERE v = $1 ORDER BY id LIMIT 1; EXECUTE generic(17)',
	},
	planner => { in_role => 'SELECT sum(f) FROM in_role WHERE v = 17' },
	pruner => { parted => join '; ', ('SELECT sum(v) FROM parted WHERE id BETWEEN 20000 AND 20100') x 3 },
	# four places of a frame that are far apart: on disk, each is a block to read
	spiller => { spilled => join '; ', (<<'SQL' =~ s/\s+\z//r) x 3 },
SELECT count(a + b + c + d)
	FROM (SELECT first_value(id) OVER w AS a, nth_value(id, 200) OVER w AS b,
			nth_value(id, 1200) OVER w AS c, last_value(id) OVER w AS d
		FROM spilled WINDOW w AS (ROWS BETWEEN 1000 PRECEDING AND 1000 FOLLOWING)) s
SQL
	hurried => { never => 'SELECT count(*) FROM never a JOIN never b USING (v) WHERE a.id < 3000' },
	# so long that what a busy machine adds is little beside it
	waiter => { locked => 'SELECT id, pg_sleep(0.01) FROM locked WHERE id = 7 FOR UPDATE' },
);
my %settings = (
	scanner => [ 'enable_seqscan = off', 'enable_bitmapscan = off' ],
	hurried => [ 'statement_timeout = 100', 'enable_hashjoin = off', 'enable_mergejoin = off' ],
);
# Since 19 a scan marks what it finds all visible, so that nothing stays slow.
my @mapped = ask('SHOW server_version_num') < 190000 ? qw(visible hot) : ();
delete $_->{scanner} foreach @mapped ? () : (\%queries, \%settings);

# They wait most of the time.  The others come one after the other: what takes
# longer because the machine is busy is no regression.
my %aside = map { $_ => 1 } qw(hurried waiter locker);
my %client;
# seconds between two rounds, if not a tenth
my %pause;

sub is_idle
{
	my ($name) = @_;

	return has_answered($client{$name}{session});
}

sub connect_client
{
	my ($name) = @_;

	close_session($client{$name}{session}) if $client{$name};
	$client{$name} = { session => session($node, 'postgres', $name), next => 0 };
	return;
}

sub send_round
{
	my ($name) = @_;
	my $client = $client{$name};

	return if !is_idle($name) || time < $client->{next};
	ask_in($client->{session}, join '',
		map { "$queries{$name}{$_};\n" } sort keys %{ $queries{$name} });
	$client->{next} = time + ($pause{$name} || 0.1);
	return;
}

sub send_rounds
{
	my @queue = sort { $client{$a}{next} <=> $client{$b}{next} } grep { !$aside{$_} } keys %client;

	send_round($_) foreach grep { $client{$_} } sort keys %aside;
	send_round($queue[0]) unless grep { !is_idle($_) } @queue;
	return;
}

# How long does an execution of "control" take, which nothing happens to, on the
# average since the last time that this was asked?
my ($control_calls, $control_ms) = (0, 0);

sub control_mean
{
	my ($calls, $ms) = split /\|/, ask("SELECT sum(calls), sum(total_exec_ms) FROM tend.plans WHERE query ~ 'FROM control'");
	my $mean = ($ms - $control_ms) / ($calls - $control_calls || 1);

	($control_calls, $control_ms) = ($calls, $ms);
	return $mean;
}

# Copy what is said at one moment, since visits may write at any: "changes" and
# "events", and to "told" what was expected and has not been told before.
sub look
{
	ask(<<'SQL');
BEGIN ISOLATION LEVEL REPEATABLE READ;
TRUNCATE changes, events;
INSERT INTO changes SELECT * FROM tend.plan_changes WHERE closed_at IS NULL OR closed_at > (SELECT at FROM begun);
INSERT INTO events SELECT DISTINCT ON (kind, object) * FROM tend.events ORDER BY kind, object, at DESC;
INSERT INTO told
SELECT DISTINCT ON (e.name) e.name, c.*
  FROM expected e
  JOIN changes c ON c.query ~ format('\mFROM %s\M', e.name) AND c.usename <> 'locker'
                AND c.verdict ~ format('^(%s)$', e.verdict) AND c.cause = e.cause
                AND strpos(c.explanation, e.explanation) > 0
                AND starts_with(COALESCE(c.remedy, ''), e.remedy)
                -- what is open may become something else when the reason for it goes away
                AND (c.state <> 'open' OR c.verdict = 'undecided')
 WHERE e.name NOT IN (SELECT name FROM told)
 ORDER BY e.name, c.at;
COMMIT
SQL
	return;
}

# Have all clients at work until a condition is true of what is said.
sub work_until
{
	my ($condition, $seconds) = @_;
	my $end = time + ($seconds || 2 * $PostgreSQL::Test::Utils::timeout_default);
	my $look = 0;

	while (time < $end)
	{
		send_rounds();
		sleep 0.002;
		next if time < $look;
		look();
		return 1 if ask("SELECT COALESCE(($condition), false)") eq 't';
		$look = time + 0.5;
	}
	return 0;
}

# ---- tables ----

my $rows = 10000;

# "v" as given, in an order that is not the table's
sub table
{
	my ($name, $v, @indexes) = @_;
	my ($fillfactor, $width) = $name eq 'hot' ? (40, 400) : (100, 40);

	return "CREATE TABLE $name (id int, v int, f int, filler text) WITH (fillfactor = $fillfactor)",
	  "INSERT INTO $name SELECT i, $v, 1, repeat('x', $width) FROM generate_series(1, $rows) i",
	  (map { "CREATE INDEX ${name}_$_ ON $name ($_)" } @indexes),
	  "VACUUM ANALYZE $name";
}

my $unique = "i * 7919::bigint % $rows";
my $skewed = 'CASE WHEN i % 1000 = 1 THEN i ELSE 0 END';

my @schema = (
	'CREATE EXTENSION pg_tend',
	(map { table($_, $unique, 'v') } qw(dropped invalid as_fast in_role misjudged never visible hot)),
	(map { table($_, $unique) } qw(created grown control)),
	(map { table($_, 'i % 1000') } qw(more_rows doubled)),
	table('mixed', $skewed, 'v'),
	table('generic', 'CASE WHEN i > 9990 THEN 17 WHEN i % 3 = 0 THEN 1 ELSE 0 END', 'v', 'id'),
	table('targeted', 'CASE WHEN i % 5000 = 1 THEN 17 WHEN i % 3 = 0 THEN 1 ELSE 0 END', 'v', 'id'),
	table('locked', $unique, 'id'),
	# all the same when it was analyzed, all different since
	table('analyzed', '0', 'v'), "UPDATE analyzed SET v = id * 7919::bigint % $rows",
	'CREATE TABLE spilled (id int, filler text)',
	"INSERT INTO spilled SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i",
	'VACUUM ANALYZE spilled',
	'CREATE TABLE parted (id int, v int) PARTITION BY RANGE (id)',
	(map { "CREATE TABLE parted_$_ PARTITION OF parted FOR VALUES FROM (${_}0000) TO (${_}9999)" } 1 .. 9),
	'INSERT INTO parted SELECT p * 10000 + i, i FROM generate_series(1, 9) p, generate_series(1, 4000) i WHERE p <> 2 OR i < 100',
	'VACUUM ANALYZE parted',
	# a function that sleeps once, when it is told to
	'CREATE TABLE nap (seconds float8)',
	<<'SQL',
CREATE FUNCTION take_nap() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    n float8;
BEGIN
    DELETE FROM nap RETURNING seconds INTO n;
    PERFORM pg_catalog.pg_sleep(n) WHERE n IS NOT NULL;
    RETURN 1;
END
$$
SQL
	(map { "CREATE ROLE $_ LOGIN SUPERUSER" } 'locker', keys %queries),
	(map { my $role = $_; map { "ALTER ROLE $role SET $_" } @{ $settings{$role} } } keys %settings));

ask(join ";\n", @schema);
ask(<<'SQL');
CREATE TEMP TABLE changes AS TABLE tend.plan_changes WITH NO DATA;
CREATE TEMP TABLE events AS TABLE tend.events WITH NO DATA;
CREATE TEMP TABLE told AS SELECT ''::text AS name, * FROM changes;
-- what was over before is of no interest
CREATE TEMP TABLE begun AS SELECT '-infinity'::timestamptz AS at;
CREATE TEMP TABLE expected (name text, verdict text, cause text, explanation text, remedy text)
SQL

# ---- the old plans ----

# So many visits and executions that there is something to compare with.  If the
# machine kept one of them waiting for so long that what becomes slow would not
# stand out, we begin again.  Two become very slow, and are uneven before.
my $has_warmed_up = sprintf <<'SQL', scalar(map { keys %$_ } values %queries);
SELECT (SELECT max(value) >= %%d FROM tend.self WHERE part = 'visit' AND metric = 'visits')
   AND count(DISTINCT (usename, query)) = %d AND min(calls) >= 30
   AND bool_and(mean_exec_ms < CASE WHEN usename IN ('hurried', 'spiller') THEN 10 ELSE 4 END * min_exec_ms + 0.1)
   AND NOT EXISTS (SELECT FROM changes WHERE verdict <> 'parameter-sensitive' AND state <> 'resolved')
  FROM tend.plans WHERE usename <> current_user
SQL

connect_client($_) foreach keys %queries;
foreach my $attempt (1 .. 3)
{
	last if work_until(sprintf($has_warmed_up, visits($node, 'postgres') + 12), 60);
	diag("attempt $attempt, because of: ", ask('SELECT calls, min_exec_ms, mean_exec_ms, query FROM tend.plans WHERE usename <> current_user'));
	ask('SELECT tend.plans_reset()') if $attempt < 3;
}
is( ask(q{SELECT string_agg(query, ', ') FROM changes
	WHERE verdict <> 'parameter-sensitive' AND (old_planid <> new_planid OR verdict = 'regressed')}),
	'', 'nothing has changed yet');
my $control_before = control_mean();

# ---- what happens ----

ask($_) foreach (
	'UPDATE begun SET at = now()',
	'DROP INDEX dropped_v',
	"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'invalid_v'::regclass",
	'CREATE INDEX created_v ON created (v)',
	'DROP INDEX as_fast_v; CREATE INDEX as_fast_v_id ON as_fast (v, id)',
	'ALTER TABLE misjudged ALTER v SET (n_distinct = 1); ANALYZE misjudged',
	'ANALYZE analyzed',
	'ALTER TABLE targeted ALTER v SET STATISTICS 1; ANALYZE targeted',
	'INSERT INTO grown SELECT g.* FROM grown g, generate_series(1, 9)',
	'INSERT INTO more_rows SELECT m.* FROM more_rows m, generate_series(1, 8)',
	'INSERT INTO doubled SELECT * FROM doubled',
	'INSERT INTO nap VALUES (1)',
	'UPDATE visible SET f = 2',
	'UPDATE hot SET f = 2',
	'ALTER ROLE planner SET random_page_cost = 100000',
	'ALTER ROLE pruner SET enable_partition_pruning = off',
	"ALTER ROLE spiller SET work_mem = '64kB'",
	'DROP INDEX never_v');
say_in($client{preparer}{session}, $queries{preparer}{generic} . ';');
$queries{preparer}{generic} = 'EXECUTE generic(17)';
# else it would have a CPU to itself, and everything would be slower than before
$pause{hurried} = 0.4;
# for longer than two rounds of "waiter": whichever of them comes first, that waits
$queries{locker}{locker} = 'BEGIN; SELECT FROM locked WHERE id = 7 FOR UPDATE; SELECT pg_sleep(0.25); COMMIT';
connect_client($_) foreach qw(planner pruner spiller locker);

# query => verdict (either of two, if a busy machine may leave it in doubt), cause, part of the explanation and of the remedy
my %expected = (
	dropped => [ 'regressed', 'index dropped',
		'Index dropped_v of public.dropped, which the old plan used, does not exist any more',
		'CREATE INDEX CONCURRENTLY dropped_v ON public.dropped USING btree (v)' ],
	invalid => [ 'regressed', 'index dropped',
		'Index invalid_v of public.invalid, which the old plan used, is invalid now',
		'REINDEX INDEX CONCURRENTLY public.invalid_v' ],
	created => [ 'improved', 'index created',
		'Index created_v of public.created, which the new plan uses, is new', '' ],
	as_fast => [ 'unchanged|undecided|improved', 'index dropped', 'Index as_fast_v of', '' ],
	misjudged => [ 'regressed', 'analyze',
		'Table public.misjudged was analyzed between the two plans: distinct values of column v 10 000 to 1', '' ],
	analyzed => [ 'improved', 'analyze', 'distinct values of column v 1 to 10 000', '' ],
	targeted => [ 'regressed', 'statistics target',
		'The statistics target of column v of public.targeted was -1 and is 1',
		'ALTER TABLE public.targeted ALTER COLUMN v SET STATISTICS -1; ANALYZE public.targeted' ],
	grown => [ 'regressed', 'table grew', 'times as large as it was: 8248 kB, before 832 kB', '' ],
	more_rows => [ 'unchanged|undecided', 'table grew', 'times as large', '' ],
	mixed => [ 'parameter-sensitive', 'unknown', 'Several plans come and go', '' ],
	visible => [ 'regressed', 'visibility map lost', 'The plan is the same', 'VACUUM public.visible' ],
	hot => [ 'regressed', 'visibility map lost', 'all visible, and 0 % are now', 'VACUUM public.hot' ],
	generic => [ 'regressed', 'generic plan', 'one value of column v of public.generic is in',
		'SET plan_cache_mode = force_custom_plan' ],
	in_role => [ 'regressed', 'setting changed',
		'random_page_cost was the default when the old plan was made, and 100000 for the new one', '' ],
	parted => [ 'regressed', 'partition pruning lost', 'An execution goes to 9 partitions', '' ],
	spilled => [ 'regressed', 'spilled', 'A sort or hash does not fit into memory', 'Raise work_mem' ],
	never => [ 'regressed', 'index dropped', 'Most executions are aborted before they end',
		'CREATE INDEX CONCURRENTLY never_v ON public.never USING btree (v)' ],
	locked => [ 'undecided', 'unknown', 'so that it waits for locks, for the disk or for CPU time', '' ],
);

delete @expected{qw(visible hot)} unless @mapped;

foreach my $name (sort keys %expected)
{
	ask("INSERT INTO expected VALUES (" . join(', ', map { "\$q\$$_\$q\$" } $name, @{ $expected{$name} }) . ')');
}

sub of_query
{
	my ($name) = @_;

	return "query ~ '\\mFROM $name\\M' AND usename <> 'locker'";
}

# What must not be said while all of this is
my $of_no_change = q{SELECT string_agg(query, ', ') FROM changes WHERE query ~ 'take_nap|doubled' AND verdict = 'regressed'};
my $of_no_regression = <<'SQL';
SELECT string_agg(format('%s of %s', e.kind, COALESCE((SELECT max(query) FROM changes WHERE e.object = format('query %s of %s', queryid, usename)), e.object)), ', ')
  FROM events e
 WHERE e.kind IN ('plan regressed', 'query slow') AND e.state = 'open'
   AND NOT EXISTS (SELECT FROM changes c WHERE e.object = format('query %s of %s', c.queryid, c.usename)
                   AND (e.kind = 'plan regressed') = (c.old_planid <> c.new_planid)
                   AND c.verdict = 'regressed' AND c.state <> 'resolved')
SQL

work_until("(SELECT count(*) FROM told) = (SELECT count(*) FROM expected) AND ($of_no_change) IS NULL AND ($of_no_regression) IS NULL");

# Where the whole machine has become slower meanwhile, more rows take longer than
# so many times the time; later, what has its old plan is not back where it was.
my %in_doubt;

sub doubt_if_slower
{
	my @names = @_;
	my $mean = control_mean();

	note("control: $mean ms, before: $control_before ms");
	return if $mean <= 1.2 * $control_before;
	diag("the machine has become slower, @names may tell");
	$in_doubt{$_} = 1 foreach @names;
	return;
}

sub not_in_doubt
{
	return join '', map { " AND query !~ 'FROM $_\\M'" } sort keys %in_doubt;
}

doubt_if_slower(qw(more_rows doubled));

foreach my $name (sort keys %expected)
{
	my ($verdict, $cause, $explanation, $remedy) = @{ $expected{$name} };

	$verdict .= '|regressed' if $in_doubt{$name};
	my @row = split /\|/, ask('SELECT verdict, cause, explanation, remedy, evidence FROM ('
		. "SELECT * FROM told WHERE name = '$name' UNION ALL SELECT '', * FROM changes WHERE " . of_query($name) . ') c'
		. " ORDER BY name = '', state = 'resolved', at LIMIT 1");

	like(join(', ', map { $_ // '' } @row[ 0, 1 ]), qr/^(?:$verdict), \Q$cause\E$/, "$name: $verdict, $cause") or diag(join "\n", @row);
	like($row[2] // '', qr/\Q$explanation\E/, "$name: explanation");
	like($row[3] // '', qr/^\Q$remedy\E/, "$name: remedy");
}
note(ask("SELECT round(ratio::numeric, 1), cause, query FROM changes ORDER BY ratio"));
is(ask($of_no_change . not_in_doubt()), '', 'one slow execution is no change, nor is twice the time for twice the rows');
# neither that a plan is slow for a moment nor what was before is another one of these
is( ask(q{SELECT string_agg(query, ', ') FROM (SELECT query FROM changes WHERE state <> 'resolved'
		GROUP BY usename, query, old_planid, new_planid HAVING count(*) > 1) q}),
	'', 'each change has one row');
is( ask(q{SELECT bool_and(jsonb_typeof(evidence->'cause') = 'object' AND (evidence->>'climate')::float8 > 0) FROM changes}),
	't', 'evidence of each is an object');
is( ask(q{SELECT string_agg(DISTINCT COALESCE(e.state, 'no event') || ' ' || (c.old_planid <> c.new_planid)::text, ', ')
	FROM changes c
	LEFT JOIN events e ON e.object = format('query %s of %s', c.queryid, c.usename)
		AND e.kind = CASE WHEN c.old_planid <> c.new_planid THEN 'plan regressed' ELSE 'query slow' END
	WHERE c.verdict = 'regressed' AND c.state <> 'resolved'}),
	'open false, open true', 'each regression has an event that is open');
is(ask($of_no_regression), '', 'and nothing else has one');

my $diff = ask("SELECT tend.plan_diff(old_planid, new_planid, queryid) FROM told WHERE name = 'dropped'");
like($diff, qr/old plan -?\d+, mean .*new plan -?\d+, mean/, 'plan_diff: a heading');
like($diff, qr/Index Scan using dropped_v on dropped .* ~ .*Seq Scan on dropped/, 'plan_diff: the nodes that differ, side by side');
note($diff);

# ---- and back ----

# Remedies that are statements
my @pasted = (qw(dropped invalid targeted never), @mapped);
my %remedy = map { $_ => ask("SELECT remedy FROM told WHERE name = '$_'") } @pasted;
ask($_) foreach map { split /;/ } values %remedy;
# Here there is a visit each second, whose snapshot VACUUM may have met.
foreach my $name (@mapped)
{
	my $vacuumed = "SELECT relallvisible = relpages FROM pg_class WHERE relname = '$name'";

	ask($remedy{$name}) until ask($vacuumed) eq 't';
}
ask($_) foreach (
	'ALTER TABLE misjudged ALTER v RESET (n_distinct); ANALYZE misjudged',
	map { "ALTER ROLE $_ RESET ALL" } qw(planner pruner spiller));
ask_in($client{preparer}{session}, 'SET plan_cache_mode = force_custom_plan;');
close_session(delete($client{locker})->{session});
connect_client($_) foreach qw(planner pruner spiller);

my @over = (@pasted, qw(misjudged generic in_role parted spilled locked));
my %is_over = map
	{ $_ => 'EXISTS (SELECT FROM changes WHERE ' . of_query($_)
		. " AND verdict = '$expected{$_}[0]' AND state = 'resolved')" } @over;
# nine times the rows went on all the time, and at times take longer than that
$in_doubt{more_rows} = 1;
sub regressed
{
	return "SELECT string_agg(DISTINCT query, ', ') FROM changes WHERE verdict = 'regressed' AND state <> 'resolved'" . not_in_doubt();
}
sub with_open_event
{
	return q{SELECT string_agg(DISTINCT query, ', ') FROM events e JOIN changes c ON e.object = format('query %s of %s', c.queryid, c.usename)
		WHERE e.kind IN ('plan regressed', 'query slow') AND e.state = 'open'} . not_in_doubt();
}
my $grown = 'SELECT sum(f) FROM grown WHERE v < $1';

work_until(join ' AND ', values %is_over, map { "($_) = '$grown'" } regressed(), with_open_event());
doubt_if_slower(qw(doubled spilled locked), @mapped);
foreach my $name (@over)
{
	is(ask("SELECT $is_over{$name}"), 't', "$name: resolved") unless $in_doubt{$name};
}
is(ask(regressed()), $grown, 'what cannot be undone stays');
is(ask(with_open_event()), $grown, 'and its event open; all others are closed');

close_session($_) foreach $watch, map { $_->{session} } values %client;
is(failures($node, 'postgres'), 0, 'no visit failed');
is_quiet($node, $offset, 'and nothing was an error');
$node->stop;
done_testing();
