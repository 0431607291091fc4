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

$node->safe_psql('postgres', 'VACUUM late; DROP TABLE gone');
like(event('vacuum overdue', 'public.late', 'closed', 'after a vacuum it is no longer overdue'),
	qr/^ok\|autovacuum has caught up with public\.late$/, 'and the event says so');
like(event('vacuum overdue', 'public.gone', 'closed', 'nor is one that was dropped'),
	qr/^ok\|public\.gone was dropped$/, 'and the event says that');

# ---- cancelled ----

# slow enough to be caught
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE slow (id int) WITH (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
                                 autovacuum_vacuum_threshold = 10, autovacuum_vacuum_scale_factor = 0);
INSERT INTO slow SELECT generate_series(1, 20000);
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
