# Events of autovacuum: it falls behind, catches up, is cancelled.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../perl";
use PgTend;
use PostgreSQL::Test::Utils;
use Test::More;

# autovacuum is on, but its first round is far away
my $node = tend_node('events', conf => <<'END');
autovacuum = on
autovacuum_naptime = 1d
deadlock_timeout = 100ms
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');

sub event
{
	my ($kind, $object, $state, $name) = @_;

	ok( $node->poll_query_until('postgres',
			"SELECT count(*) = 1 FROM tend.events"
			  . " WHERE kind = '$kind' AND object = '$object' AND state = '$state'"),
		$name);
	return $node->safe_psql('postgres',
		"SELECT severity || '|' || message FROM tend.events"
		  . " WHERE kind = '$kind' AND object = '$object' AND state = '$state'");
}

# ---- overdue ----

$node->safe_psql('postgres', <<'SQL');
CREATE TABLE late (id int);
INSERT INTO late SELECT generate_series(1, 1000);
CREATE TABLE gone (LIKE late);
INSERT INTO gone SELECT generate_series(1, 1000);
CREATE TABLE due (LIKE late);
INSERT INTO due SELECT generate_series(1, 1000);
ANALYZE late, gone, due;
DELETE FROM late WHERE id <= 501;
DELETE FROM gone WHERE id <= 501;
DELETE FROM due WHERE id <= 500;
SQL
my $text = event('vacuum overdue', 'public.late', 'open',
	'a table that stays above twice its threshold is overdue');
like($text, qr/^warning\|autovacuum falls behind on public\.late: 501 dead tuples, 2\.0 times its threshold of 250$/,
	'the event gives the numbers');
event('vacuum overdue', 'public.gone', 'open', 'and so is another');
wait_for_visits($node, 'postgres', 6);
is($node->safe_psql('postgres', "SELECT count(*) FROM tend.events WHERE object = 'public.due'"),
	'0', 'one at twice its threshold is not');
is( $node->safe_psql('postgres', "SELECT count(*) FROM tend.events WHERE object = 'public.late'"),
	'1', 'what lasts is said once');

$node->restart;
wait_for_visits($node, 'postgres', 6);
is( $node->safe_psql('postgres', "SELECT count(*) FROM tend.events WHERE object = 'public.late'"),
	'1', 'and not again after a restart');

$node->safe_psql('postgres', 'ALTER TABLE late RENAME TO later');
$node->safe_psql('postgres', 'VACUUM later');
$node->safe_psql('postgres', 'DROP TABLE gone');
like(event('vacuum overdue', 'public.late', 'closed',
		'after a vacuum it is no longer overdue, under the name that it had'),
	qr/^ok\|autovacuum has caught up with public\.later$/, 'and the event says its name of now');
like(event('vacuum overdue', 'public.gone', 'closed', 'nor is one that was dropped'),
	qr/^ok\|public\.gone was dropped$/, 'and the event says that');

wait_for_visits($node, 'postgres', 3);
is($node->safe_psql('postgres', "SELECT count(*) FROM tend.events WHERE kind = 'vacuum overdue'"),
	'4', 'each condition was opened and closed once');

# ---- a clock that was set back ----

$node->safe_psql('postgres', <<'SQL');
INSERT INTO tend.events_0 SELECT now() + interval '1 hour', 'warning', 'vacuum overdue', 'public.once', 'open', 'was once',
                                 '{"relid": "4294967290"}';
SQL
like(event('vacuum overdue', 'public.once', 'closed', 'an event of the future is closed'),
	qr/public\.once was dropped/, 'as the table is gone');
wait_for_visits($node, 'postgres', 3);
is($node->safe_psql('postgres', "SELECT count(*) FROM tend.events WHERE object = 'public.once'"),
	'2', 'once');

# ---- a transaction between its statements ----

alter_system($node, 'SET pg_tend.blocker_age = 1');
my $s = session($node, 'postgres');
my $gate = session($node, 'postgres');
my $pid = say_in($s, 'SELECT pg_backend_pid();');
my $blocker = "SELECT count(*) = 1 FROM tend.events WHERE kind = 'vacuum blocker'"
  . " AND object LIKE 'pid $pid since %' AND state = ";
say_in($gate, 'SELECT pg_advisory_lock(4711);');
say_in($s, 'BEGIN;');
# under READ COMMITTED it holds back vacuum only as long as a statement lasts
ask_in($s, 'SELECT pg_advisory_lock(4711);');
$s->{run}->pump_nb;
foreach (1 .. 3)
{
	$node->safe_psql('postgres', 'SELECT pg_current_xact_id()');
}
ok($node->poll_query_until('postgres', $blocker . "'open'"), 'a transaction with a long statement is a blocker');
close_session($gate);
say_in($s, 'SELECT 1;');
is($node->safe_psql('postgres', "SELECT count(*) FROM tend.vacuum_blockers WHERE kind <> 'transaction'"),
	'0', 'between its statements it holds back nothing');
wait_for_visits($node, 'postgres', 3);
is($node->safe_psql('postgres', $blocker . "'closed'"), 'f', 'but is not gone as long as it lasts');
say_in($s, 'COMMIT;');
ok($node->poll_query_until('postgres', $blocker . "'closed'"), 'and is gone afterwards');
close_session($s);

# ---- cancelled ----

# slow enough to be caught: some minutes
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE slow (id int) WITH (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
                                 autovacuum_vacuum_threshold = 10, autovacuum_vacuum_scale_factor = 0);
INSERT INTO slow SELECT generate_series(1, 500000);
DELETE FROM slow;
SQL
alter_system($node, 'SET autovacuum_naptime = 1');
ok( $node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_progress_vacuum WHERE relid = 'slow'::regclass"),
	'autovacuum is at work');
is( $node->safe_psql('postgres', "SELECT vacuum_running FROM tend.tables WHERE table_name = 'slow'"),
	't', 'tend.tables shows it');
$node->safe_psql('postgres', 'ALTER TABLE slow SET (autovacuum_enabled = off)');
like(event('autovacuum cancelled', 'public.slow', 'single', 'a lock that is wanted cancels it'),
	qr/^notice\|autovacuum of public\.slow was cancelled/, 'and the event says so');
is( $node->safe_psql('postgres', "SELECT value FROM tend.self WHERE part = 'cancelled autovacuums' AND metric = 'seen'"),
	'1', 'tend.self has counted it');

$node->stop;
done_testing();
