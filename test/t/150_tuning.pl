# The worker tunes tables under load: what it sets, why, and whether it helped;
# when it leaves them alone; and that the user's hand is above its own.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('tuning', conf => <<'END');
autovacuum_naptime = 1s
deadlock_timeout = 50ms
pg_tend.autovacuum_tuning = off
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'idle');

# ---- the load ----

my @busy = qw(hot by_policy advised switched_off theirs locked edited resetted parted_1);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE parted (id int, n int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000000);
SQL
$node->safe_psql('postgres', <<"SQL") foreach @busy;
CREATE TABLE IF NOT EXISTS $_ (id int, n int);
CREATE INDEX ON $_ (id);
CREATE INDEX ON $_ (n);
INSERT INTO $_ SELECT g, g FROM generate_series(1, 5000) g;
SQL
$node->safe_psql('postgres', 'ALTER TABLE theirs SET (autovacuum_vacuum_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.1, fillfactor = 90)');
my $their_options = options_of($node, 'postgres', 'theirs');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE altered_each_time (name regclass);
CREATE FUNCTION work(tables regclass[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t regclass;
    first int := 1 + random() * 4900;
BEGIN
    FOREACH t IN ARRAY tables LOOP
        EXECUTE format('UPDATE %s SET n = n + 10000 WHERE id BETWEEN $1 AND $1 + 49', t) USING first;
    END LOOP;
    PERFORM pg_stat_force_next_flush();
END
$$;
CREATE FUNCTION alter_each_time() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t regclass;
BEGIN
    FOR t IN SELECT name FROM altered_each_time LOOP
        -- who waits for autovacuum has it cancelled
        EXECUTE format('LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE NOWAIT', t);
        EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_threshold = %s)', t, 1000 + (random() * 1000)::int);
    END LOOP;
EXCEPTION WHEN lock_not_available THEN
    NULL;
END
$$;
SQL
$node->safe_psql('postgres', 'VACUUM ANALYZE');
teach($node, 'postgres');
learn($node, 'postgres', join(',', @busy), 500, '{"modified_per_second_day": 500}');

# An idle database, in which something was learnt once
$node->safe_psql('idle', <<'SQL');
CREATE TABLE still (id int PRIMARY KEY, note text);
INSERT INTO still SELECT g, repeat('x', 100) FROM generate_series(1, 10000) g;
SQL
$node->safe_psql('idle', 'VACUUM ANALYZE');
teach($node, 'idle');
learn($node, 'idle', 'still', 100, '{"modified_per_second_day": 1000}');

# Now that all tables are ready, only pg_tend could get in the way of autovacuum.
alter_system($node, 'SET autovacuum = on');

my $user = session($node, 'postgres');
say_in($user, 'SET default_transaction_read_only = off;');
$user->{in} .= "SELECT work('{" . join(',', @busy) . "}'), alter_each_time() \\watch 0.1\n";
$user->{timer}->start(1000);
$user->{run}->pump_nb;

# ---- helpers ----

sub ask { return $node->safe_psql('postgres', $_[0]); }

# So many visits with enough time between them for the load
sub pass_visits
{
	my ($more) = @_;

	wait_for_visits($node, 'postgres', $more);
	$user->{out} = '';
	return;
}

sub changed_tables
{
	return ask(q{SELECT COALESCE(string_agg(DISTINCT table_name, ' ' ORDER BY table_name), '') FROM tend.autovacuum_actions});
}

# What the advice says stands in the way, when no vacuum does
sub is_blocked_by
{
	my ($table, $what, $name) = @_;

	ok( $node->poll_query_until('postgres', "SELECT COALESCE(bool_and(blocked_by LIKE '$what%'), false) FROM tend.autovacuum_advice"
			  . " WHERE table_name = '$table' AND topic = 'dead rows'"),
		$name) || diag(ask("SELECT topic, option, blocked_by FROM tend.autovacuum_advice WHERE table_name = '$table'"));
	return;
}

# What is tuned because rows die.  A session that stands still for seconds holds
# back vacuum, and earns tables a lease.
my $tuned = "topic = 'dead rows' AND lease_until IS NULL";

# Wait for a change of the options of a table by the worker
sub wait_for_change
{
	my ($table, $name) = @_;

	ok( $node->poll_query_until('postgres', "SELECT count(*) > 0 FROM tend.autovacuum_actions WHERE table_name = '$table' AND $tuned"),
		$name) || diag(ask("SELECT table_name, option, blocked_by FROM tend.autovacuum_advice ORDER BY 1"));
	return;
}

sub is_yielded
{
	my ($table, $how, $name) = @_;

	ok( $node->poll_query_until('postgres', <<"SQL"), $name) || diag(ask("SELECT topic, verdict, reverted_by FROM tend.autovacuum_actions WHERE table_name = '$table'"));
SELECT COALESCE(bool_and(verdict = 'reverted' AND reverted_by = '$how'), false)
  FROM tend.autovacuum_actions WHERE table_name = '$table' AND $tuned
SQL
	like(ask("SELECT string_agg(message, '; ') FROM tend.events WHERE kind = 'options changed' AND object = 'public.$table' AND message !~ '^ALTER'"),
		qr/dead rows were $how: pg_tend leaves them alone/, 'an event says so');
	return;
}

my $offset = log_size($node);

# ---- off ----

pass_visits(4);
is(ask('SELECT count(*) FROM tend.autovacuum_advice'), 0, 'off: there is no advice');
is(changed_tables(), '', 'and nothing is changed');

# ---- advise ----

alter_system($node, 'SET pg_tend.autovacuum_tuning = advise');
pass_visits(4);
is( ask(q{SELECT string_agg(DISTINCT table_name, ' ' ORDER BY table_name) FROM tend.autovacuum_advice WHERE topic = 'dead rows' AND schema_name = 'public'}),
	join(' ', sort grep { $_ ne 'theirs' } @busy), 'advise: there is advice, but not on what the user has set');
is_blocked_by('hot', 'mode advise', 'it says that somebody has to act');
is(changed_tables(), '', 'and nothing is changed');

# ---- one table by policy ----

$node->safe_psql('postgres', <<'SQL');
INSERT INTO tend.table_policy (relid, tuning) VALUES
    ('by_policy', 'apply'), ('parted', 'apply'), ('advised', 'advise'), ('switched_off', 'off');
SQL
wait_for_change('by_policy', 'a table whose policy is to apply is changed while the setting is to advise');
wait_for_change('parted_1', 'a partition too, by the policy of its parent');
is(changed_tables(), 'by_policy parted_1', 'and no other');

# ---- when nothing may be changed ----

my $holder = session($node, 'postgres');
say_in($holder, 'SET default_transaction_read_only = off; BEGIN;' . lock_table('locked', 'SHARE UPDATE EXCLUSIVE'));

alter_system($node, 'SET default_transaction_read_only = on', 'SET pg_tend.autovacuum_tuning = apply');
pass_visits(5);
is(changed_tables(), 'by_policy parted_1', 'default_transaction_read_only in the configuration: nothing is changed');
is_blocked_by('hot', 'the server is read-only', 'and the advice says so');

alter_system($node, q{SET pg_tend.change_freeze = '11:00-23:00, 22:00-12:00'}, 'RESET default_transaction_read_only');
pass_visits(5);
is(changed_tables(), 'by_policy parted_1', 'change_freeze: nothing is changed');
is_blocked_by('hot', 'no changes wanted at this time', 'and the advice says so');

# By policy two changes were made; this hour is over when the limit is raised.
alter_system($node, 'SET pg_tend.max_actions_per_hour = 0', 'RESET pg_tend.change_freeze');
pass_visits(5);
is(changed_tables(), 'by_policy parted_1', 'max_actions_per_hour = 0: nothing is changed');
is_blocked_by('hot', 'enough changes in this hour', 'and the advice says so');

# ---- apply ----

alter_system($node, 'RESET pg_tend.max_actions_per_hour');
wait_for_change('hot', 'apply: the options of a busy table are set');
is( ask(q{SELECT bool_and(c.reloptions @> ARRAY[a.option || '=' || a.new_value])
	FROM (SELECT DISTINCT ON (relid, option) * FROM tend.autovacuum_actions WHERE verdict <> 'reverted' ORDER BY relid, option, action_id DESC) a
	JOIN pg_class c ON c.oid = a.relid}),
	't', 'the table has the options that the ledger says');
like( ask(q{SELECT string_agg(severity || ' ' || state || ' ' || message, '; ') FROM tend.events WHERE kind = 'options changed' AND object = 'public.hot'}),
	qr/\bnotice single ALTER TABLE public\.hot SET \(autovacuum_vacuum_threshold = \d+.*\); -- .* rows die per second, and a vacuum touches about/,
	'an event has the statement and the reason');
like(log_since($node, $offset),
	qr/LOG:  pg_tend changed autovacuum options of table "public\.hot": ALTER TABLE public\.hot SET \(autovacuum_vacuum_threshold = \d+.*\);\n.*DETAIL:  Reason: .* rows die per second.*\.\n.*HINT:  To undo it: ALTER TABLE public\.hot RESET \(autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor.*\);$/m,
	'and the log, with the statement that takes it back');
is(ask("SELECT managed FROM tend.tables WHERE table_name = 'hot'"), 't', 'tend.tables says that it is ours');

# ---- a lock on the table ----

is(ask("SELECT count(*) FROM tend.autovacuum_actions WHERE table_name = 'locked'"), 0, 'a table that is locked is not changed');
is(ask("SELECT count(*) FROM tend.events WHERE kind = 'options refused'"), 0, 'which is worth no event');
ok( $node->poll_query_until('postgres', "SELECT string_agg(DISTINCT result, '; ') LIKE 'somebody holds a lock%' FROM tend.apply_autovacuum('locked')"),
	'nor by a user who asks for it');
# A visit that waits does so for half a second, the next one as well.
ok( $node->poll_query_until('postgres', "SELECT max(value) < 500 FROM tend.self"
		  . " WHERE part = 'visit' AND datname = 'postgres' AND metric = 'last longest transaction'"),
	'no visit waits for it');
is(failures($node, 'postgres'), 0, 'or fails');
say_in($holder, 'COMMIT;');
wait_for_change('locked', 'when the lock is gone, it is changed');

# even if pg_class itself is locked
say_in($holder, 'BEGIN;' . lock_table('pg_class', 'EXCLUSIVE'));
is(ask("SELECT bool_and(result LIKE 'somebody holds a lock%') FROM tend.revert_all()"), 't',
	'a lock on pg_class is not waited for');
say_in($holder, 'COMMIT;');

# ---- the user's hand ----

wait_for_change('edited', 'a third table is changed');
wait_for_change('resetted', 'a fourth');
$node->safe_psql('postgres', 'BEGIN;' . lock_table('resetted', 'SHARE UPDATE EXCLUSIVE') . <<'SQL');
ALTER TABLE resetted RESET (autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor, autovacuum_analyze_threshold, autovacuum_analyze_scale_factor);
COMMIT;
INSERT INTO altered_each_time VALUES ('edited');
SQL
is_yielded('edited', 'changed by hand', 'what the user changes is his');
is_yielded('resetted', 'reset by hand', 'what the user resets too');
my $actions = "SELECT count(*), max(action_id) FROM tend.autovacuum_actions WHERE table_name IN ('edited', 'resetted') AND $tuned";
my $yielded = ask($actions);
my $events = q{SELECT count(*) FROM tend.events WHERE kind LIKE 'options%' AND object IN ('public.edited', 'public.resetted') AND message LIKE '%dead rows were%'};
my $told = ask($events);

# ---- proof ----

# Where autovacuum comes too late for some seconds, the change is taken back, and
# made again half a minute later.
ok( $node->poll_query_until('postgres',
		"SELECT bool_or(verdict = 'kept') FROM tend.autovacuum_actions WHERE table_name = 'hot' AND $tuned"),
	'after three vacuums the change is kept')
  || diag(ask("SELECT option, verdict, predicted, observed FROM tend.autovacuum_actions WHERE table_name = 'hot'"));
is( ask(qq{SELECT count(*) FROM tend.autovacuum_actions WHERE table_name = 'hot' AND $tuned
	AND NOT (predicted #> '{after}' ?& '{threshold,per_hour,pages_per_hour,rows,bytes}'
	AND observed ?& '{threshold,per_hour,pages_per_hour,rows,bytes,cycles,seconds,why}'
	AND (observed ->> 'cycles')::float8 >= 2)}),
	0, 'what was observed is in the terms of what was predicted');

# ---- it comes to rest ----

pass_visits(5);
is(ask($actions), $yielded, 'what is the user\'s stays as he has it, though he changes it again and again');
is(ask($events), $told, 'and no event repeats it');
is_blocked_by('resetted', 'taken back by hand', 'what he took back is advised, but not done');
is(options_of($node, 'postgres', 'resetted') !~ /autovacuum_vacuum/, 1, 'and stays reset');
is(options_of($node, 'postgres', 'theirs'), $their_options, 'what the user has set is never touched');
is(options_of($node, 'postgres', $_), '', "$_ is never changed") foreach 'advised', 'switched_off';
is( ask(q{SELECT max(n) <= 2 FROM (SELECT count(DISTINCT change_id) AS n FROM tend.autovacuum_actions
	WHERE lease_until IS NULL AND reverted_by IS DISTINCT FROM 'pg_tend: it did not help' GROUP BY relid) c}),
	't', 'under constant load no table is changed more than twice');

# ---- nothing happens where nothing happens ----

cmp_ok(visits($node, 'idle'), '>', 20, 'an idle database was visited all the time');
is($node->safe_psql('idle', 'SELECT count(*) FROM tend.autovacuum_actions'), 0, 'none of its tables was changed');
is($node->safe_psql('idle', "SELECT count(*) FROM tend.events WHERE kind LIKE 'options%'"), 0, 'nor anything said');
is(options_of($node, 'idle', 'still'), '', 'not even one of which something had been learnt');

# ---- all of it back ----

$node->safe_psql('postgres', 'TRUNCATE altered_each_time');
close_session($holder);
ok( $node->poll_query_until('postgres',
		q{WITH r AS MATERIALIZED (SELECT * FROM tend.revert_all()) SELECT count(*) FILTER (WHERE result <> 'done') = 0 FROM r}),
	'all can be taken back while visits and vacuums go on');
pass_visits(4);
is( ask(q{SELECT string_agg(relname, ' ') FROM pg_class WHERE relkind IN ('r', 'm', 't') AND oid >= 16384
	AND relname NOT IN ('theirs', 'edited') AND relnamespace <> 'tend'::regnamespace AND reloptions IS NOT NULL}),
	'', 'then no table has options any more');
is(ask("SELECT count(*) FROM tend.autovacuum_actions WHERE verdict <> 'reverted'"), 0, 'and none are set again');

# psql does not listen while it repeats
$user->{run}->kill_kill;
is_quiet($node, $offset, 'the log has no error');
unlike(log_since($node, 0), qr/canceling autovacuum task/, 'and no autovacuum was cancelled');
is(ask("SELECT count(*) FROM tend.events WHERE kind = 'autovacuum cancelled'"), 0, 'nor noticed to be');

$node->stop;
done_testing();
