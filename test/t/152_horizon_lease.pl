# While somebody holds back vacuum, busy tables are not vacuumed in vain: their
# thresholds are raised for that time, and are afterwards what they were.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('horizon_lease', conf => <<'END');
autovacuum_naptime = 1s
autovacuum_max_workers = 6
autovacuum_vacuum_cost_delay = 0
autovacuum_analyze_threshold = 1000000
synchronous_commit = off
pg_tend.autovacuum_tuning = advise
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
teach($node, 'postgres');

sub ask { return $node->safe_psql('postgres', $_[0]); }

# ---- the load ----

# tuned before: has options of ours; fresh: has none; aged: half of its way to
# freezing is over; theirs: the user has spoken; advised: not to be changed.
my @busy = qw(tuned fresh toasted aged theirs advised);
$node->safe_psql('postgres', <<"SQL") foreach @busy;
CREATE TABLE $_ (id int PRIMARY KEY, n int, doc text);
ALTER TABLE $_ ALTER doc SET STORAGE EXTERNAL;
INSERT INTO $_ SELECT g, g FROM generate_series(1, 5000) g;
SQL
$node->safe_psql('postgres', <<'SQL');
UPDATE toasted SET doc = repeat('x', 4000) WHERE id <= 500;
CREATE TABLE filled (id int, n int);
INSERT INTO filled SELECT g, g FROM generate_series(1, 20000) g;
ALTER TABLE aged SET (autovacuum_freeze_max_age = 100000);
ALTER TABLE theirs SET (autovacuum_vacuum_threshold = 50);
ALTER TABLE fresh SET (vacuum_truncate = on, fillfactor = 95);
INSERT INTO tend.table_policy VALUES ('advised', 'advise'), ('tuned', 'apply');
CREATE FUNCTION work(tables regclass[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t regclass;
    first int := 1 + random() * 4900;
BEGIN
    FOREACH t IN ARRAY tables LOOP
        EXECUTE format('UPDATE %s SET n = n + 10000 WHERE id BETWEEN $1 AND $1 + 49', t) USING first;
    END LOOP;
    UPDATE toasted SET doc = repeat('y', 4000) WHERE id BETWEEN first / 10 AND first / 10 + 9;
    INSERT INTO filled SELECT g, g FROM generate_series(1, 200) g;
    -- columns come and go: catalogs die, too
    CREATE TEMP TABLE passing (a int, b int, c int, d int, e int, f int, g int, h int, i int, j int) ON COMMIT DROP;
    PERFORM pg_stat_force_next_flush();
END
$$;
SQL
$node->safe_psql('postgres', "CREATE INDEX ON $_ (n)") foreach @busy;
$node->safe_psql('postgres', 'VACUUM ANALYZE');
$node->safe_psql('postgres', 'DO $$ BEGIN FOR i IN 1 .. 56000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$');
# not earlier: what prepares a table would have its vacuum cancelled
alter_system($node, 'SET autovacuum = on');

my $load;

sub begin_load
{
	$load = session($node, 'postgres');
	say_in($load, 'SET client_min_messages = warning;');
	$load->{in} .= "SELECT work('{" . join(',', @busy) . "}') \\watch 0.1\n";
	$load->{timer}->start(1000);
	$load->{run}->pump_nb;
	return;
}

# ---- helpers ----

my $blocker;

sub wait_for
{
	my ($condition, $name) = @_;

	ok($node->poll_query_until('postgres', $condition), $name)
	  || diag(ask("SELECT action_id, table_name, option, old_value, new_value, verdict, reverted_by, lease_until FROM tend.autovacuum_actions ORDER BY 1"));
	$load->{out} = '' if $load;
	return;
}

# May the visits change anything?  They end leases in any case.
sub let_change
{
	my ($how_many) = @_;

	alter_system($node, "SET pg_tend.max_actions_per_hour = $how_many");
	wait_for_visits($node, 'postgres', 2);
	return;
}

# Hold back vacuum, for so long that it counts.
sub block
{
	$blocker = session($node, 'postgres');
	say_in($blocker, "SET application_name = 'long report'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;");
	$node->poll_query_until('postgres', "SELECT duration_seconds > 4 FROM tend.vacuum_blockers WHERE identifier = 'long report'")
	  or die 'nothing is held back';
	let_change(1000);
	return;
}

sub unblock
{
	let_change(0);
	say_in($blocker, 'COMMIT;');
	close_session($blocker);
	return;
}

sub vacuums
{
	my ($table) = @_;

	return ask("SELECT vacuum_count + autovacuum_count FROM pg_stat_user_tables WHERE relname = '$table'");
}

sub leased
{
	my ($table, $topic) = @_;

	return "SELECT count(*) > 0 FROM tend.autovacuum_actions WHERE table_name = '$table'"
	  . " AND topic = '$topic' AND lease_until IS NOT NULL AND verdict <> 'reverted'";
}

# Ours may have changed their order.
sub options
{
	my ($table) = @_;
	my @options = split /, /, options_of($node, 'postgres', $table);

	return join(', ', (grep { !/^autovacuum/ } @options), sort grep { /^autovacuum/ } @options);
}

my %original = map { $_ => options($_) } @busy, 'filled';

sub are_as_before
{
	my ($name, $at_once) = @_;

	my $left = q{SELECT count(*) = 0 FROM tend.autovacuum_actions WHERE lease_until IS NOT NULL AND verdict <> 'reverted'};

	$at_once ? is(ask($left), 't', "$name: there is no lease") : wait_for($left, "$name: no lease is left");
	is(options($_), $original{$_}, "$name: the options of $_ are what they were")
	  foreach @busy, 'filled';
	return;
}

my $offset = log_size($node);

# ---- before ----

# Only this table has options of its own.
learn($node, 'postgres', 'tuned', 500);
begin_load();
wait_for(q{SELECT count(*) > 0 FROM tend.autovacuum_actions WHERE table_name = 'tuned' AND topic = 'dead rows'},
	'a busy table is tuned');
let_change(0);
$node->safe_psql('postgres', "DELETE FROM tend.table_policy WHERE relid = 'tuned'::regclass");
alter_system($node, 'SET pg_tend.autovacuum_tuning = apply');
# its proof is another story
ask("UPDATE tend.autovacuum_actions SET verdict = 'kept' WHERE verdict = 'pending'");
$original{$_} = options($_) foreach @busy, 'filled';
like($original{tuned}, qr/autovacuum_vacuum_threshold/, 'it has options');
is($original{fresh}, 'vacuum_truncate=on, fillfactor=95', 'others have none of ours yet');

# ---- a blocker ----

my $blocked_at = ask('SELECT clock_timestamp()');
block();
wait_for(leased('tuned', 'dead rows'), 'the threshold of a busy table is raised');
wait_for(leased('fresh', 'dead rows'), 'that of one without options, too');
wait_for(leased('toasted', 'toast'), 'that of a TOAST table, too');
wait_for(leased('filled', 'inserts'), 'and that of a table that is only filled');
my %vacuums = map { $_ => vacuums($_) } 'tuned', 'fresh', 'aged';
my $control = $vacuums{aged} + 6;

is( ask("SELECT count(*) FROM tend.autovacuum_actions WHERE lease_until IS NOT NULL AND NOT (verdict = 'pending' AND lease_until > now()"
		  . " AND new_value::float8 > COALESCE(old_value::float8, 0) AND option ~ 'threshold' AND reason ~ 'long report')"),
	0, 'each lease raises a threshold, for a time, and names the blocker')
  || diag(ask("SELECT option, old_value, new_value, verdict, lease_until, reason FROM tend.autovacuum_actions WHERE lease_until IS NOT NULL"));
is( ask(q{SELECT bool_and(COALESCE(c.reloptions, '{}') || COALESCE(t.reloptions, '{}') @> ARRAY[replace(a.option, 'toast.', '') || '=' || a.new_value])
	FROM (SELECT DISTINCT ON (relid, option) * FROM tend.autovacuum_actions WHERE verdict <> 'reverted' ORDER BY relid, option, action_id DESC) a
	JOIN pg_class c ON c.oid = a.relid LEFT JOIN pg_class t ON t.oid = c.reltoastrelid}),
	't', 'options and ledger agree');
is(ask("SELECT vacuum_threshold > dead_tuples FROM tend.tables WHERE table_name = 'tuned'"), 't', 'no vacuum is due');

# the aged table goes on being vacuumed in each round, which tells the time
wait_for("SELECT autovacuum_count >= $control FROM pg_stat_user_tables WHERE relname = 'aged'",
	'a table that has to be frozen soon is vacuumed all the same');
cmp_ok(vacuums($_) - $vacuums{$_}, '<=', 2, "meanwhile $_ is vacuumed hardly ever") foreach 'tuned', 'fresh';
is(ask("SELECT string_agg(DISTINCT table_name, ' ') FROM tend.autovacuum_actions WHERE table_name IN ('aged', 'theirs', 'advised')"),
	'', 'an aged table, one with options of the user, and one that is not to be changed have no lease');
cmp_ok(ask("SELECT max(vacuum_count) - min(vacuum_count) FROM tend.table_history WHERE table_name = 'tuned'"
		  . " AND at > (SELECT min(at) FROM tend.autovacuum_actions WHERE table_name = 'tuned' AND lease_until IS NOT NULL)"),
	'<=', 3, 'history shows few vacuums since the lease began');
is( ask("SELECT count(*) FROM tend.autovacuum_actions WHERE at > '$blocked_at'::timestamptz + interval '3 seconds' AND lease_until IS NULL"),
	0, 'no threshold is lowered, nor anything else tuned');
learn($node, 'postgres', 'advised', 500);
is( ask("SELECT string_agg(DISTINCT blocked_by, '; ') FROM tend.autovacuum_advice WHERE table_name = 'advised' AND topic = 'dead rows'"),
	'vacuum is held back: to vacuum more often would be in vain, see tend.vacuum_blockers', 'the advice says why not');
is( ask(q{SELECT string_agg(DISTINCT object, ' ') FROM tend.events WHERE kind = 'options refused'}), '', 'no system catalog is tried');

# a lease of which less than half is left is renewed as long as its blocker is there
ask("UPDATE tend.autovacuum_actions SET lease_until = now() + interval '25 seconds' WHERE table_name = 'tuned' AND lease_until IS NOT NULL AND verdict <> 'reverted'");
wait_for("SELECT min(lease_until) > now() + interval '30 seconds' FROM tend.autovacuum_actions WHERE table_name = 'tuned' AND lease_until IS NOT NULL AND verdict <> 'reverted'",
	'a lease is renewed');

# ---- tuning is switched off meanwhile ----

# Leases end in any mode, and are renewed in one only.
alter_system($node, 'SET pg_tend.autovacuum_tuning = advise');
wait_for_visits($node, 'postgres', 2);
ask("UPDATE tend.autovacuum_actions SET lease_until = now() + CASE table_name WHEN 'fresh' THEN interval '5 seconds' ELSE interval '1 hour' END WHERE lease_until IS NOT NULL AND verdict <> 'reverted'");
wait_for("SELECT NOT (" . leased('fresh', 'dead rows') . ')', 'where pg_tend only advises, a lease runs out');
is(ask("SELECT string_agg(DISTINCT reverted_by, '; ') FROM tend.autovacuum_actions WHERE table_name = 'fresh' AND lease_until IS NOT NULL"),
	'pg_tend: the lease is over', 'the ledger says so');
is(options('fresh'), $original{fresh}, 'and the options are what they were');
is(ask("SELECT count(*) FROM tend.vacuum_blockers WHERE identifier = 'long report'"), 1, 'although the blocker is there');
is(ask(leased('tuned', 'dead rows')), 't', 'another lease has some time left');

# ---- the blocker goes ----

unblock();
are_as_before('the blocker goes');
is( ask("SELECT string_agg(DISTINCT reverted_by, '; ') FROM tend.autovacuum_actions WHERE lease_until IS NOT NULL AND table_name <> 'fresh'"),
	'pg_tend: the blocker is gone', 'the ledger says why');
is( ask("SELECT count(*) FROM tend.autovacuum_actions WHERE table_name = 'tuned' AND lease_until IS NULL AND verdict = 'reverted'"),
	0, 'what was tuned before is not taken back');
my $seen = ask("SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'tuned'");
wait_for("SELECT autovacuum_count > $seen FROM pg_stat_user_tables WHERE relname = 'tuned'", 'the table is vacuumed again');
alter_system($node, 'SET pg_tend.autovacuum_tuning = apply');

# ---- the user's hand ----

block();
wait_for(leased('tuned', 'dead rows'), 'a second blocker: a lease');
wait_for(leased('fresh', 'dead rows'), 'a second');
wait_for(leased('filled', 'inserts'), 'and a third');
wait_for(leased('toasted', $_), "and one more: $_") foreach 'dead rows', 'toast';
ask('BEGIN;' . lock_table('filled', 'SHARE UPDATE EXCLUSIVE') . "ALTER TABLE filled SET (autovacuum_vacuum_insert_threshold = 4321); COMMIT");
$original{filled} = 'autovacuum_vacuum_insert_threshold=4321';
wait_for("SELECT bool_and(verdict = 'reverted') AND bool_or(reverted_by = 'changed by hand') FROM tend.autovacuum_actions WHERE table_name = 'filled'",
	'what the user changes during a lease is his');

wait_for(q{WITH r AS MATERIALIZED (SELECT * FROM tend.revert_all()) SELECT count(*) FILTER (WHERE result <> 'done') = 0 FROM r},
	'all can be taken back during a lease');
$original{tuned} = '';
wait_for_visits($node, 'postgres', 4);
are_as_before('by hand, some visits later', 1);

# ---- a crash meanwhile ----

# As if nobody had ever taken anything back
ask('SELECT FROM tend.revert_all()');
ask('TRUNCATE tend.autovacuum_actions');
wait_for(leased('tuned', 'dead rows'), 'a lease');
wait_for(leased('fresh', 'dead rows'), 'and another');
ask('CHECKPOINT');
isnt(options('fresh'), $original{fresh}, 'a table has another threshold');
alter_system($node, 'SET pg_tend.max_actions_per_hour = 0', 'SET pg_tend.enabled = off');
$load->{run}->kill_kill;
undef $load;
$node->stop('immediate');
close_session($blocker);
$node->start;
isnt(options('fresh'), $original{fresh}, 'and has it after a crash');
alter_system($node, 'RESET pg_tend.enabled');
are_as_before('after the crash');

is_quiet($node, $offset, 'no visit has logged an error');
unlike(log_since($node, 0), qr/canceling autovacuum task/, 'and no autovacuum was cancelled');
$node->stop;
done_testing();
