# On a standby pg_tend can be read and waits; after promotion it works.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = tend_node('primary', allows_streaming => 1);
$primary->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_tend;
CREATE TABLE orders (id int PRIMARY KEY);
INSERT INTO orders SELECT generate_series(1, 1000);
ANALYZE orders;
SQL
$primary->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', 'INSERT INTO orders SELECT generate_series(1001, 2000)');
ok( $primary->poll_query_until(
		'postgres', "SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'orders' AND inserted = 2000"),
	'the primary is visited');
$primary->safe_psql('postgres', <<'SQL');
INSERT INTO tend.events_0 VALUES (now(), 'notice', 'test', 'orders', 'single', 'a message');
SQL
# a multixact: a standby does not know how much space their members take
my @sharers = map { session($primary, 'postgres') } 1, 2;
say_in($_, 'BEGIN; SELECT FROM orders LIMIT 1 FOR SHARE;') foreach @sharers;
close_session($_) foreach @sharers;
is($primary->safe_psql('postgres', "SELECT max(age) FROM tend.wraparound WHERE counter = 'multixact'"),
	'1', 'there is a multixact');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

# ---- waiting ----

wait_for_launcher($standby, 'waiting: this server is a standby%',
	'on the standby, the launcher says that it waits');
is( $standby->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_tend visit'"),
	'0', 'nothing is visited');
$standby->safe_psql('postgres', 'SELECT tend.request_visit()');
pass('a visit may be asked for');
wait_for_visits($primary, 'postgres', 3);
is(visits($standby, 'postgres'), 0, 'but does not begin, while the primary is visited');
is(failures($standby, 'postgres'), 0, 'nor fail');

# ---- reading ----

is( $standby->safe_psql('postgres', "SELECT live_tuples IS NOT NULL FROM tend.tables WHERE table_name = 'orders'"),
	't', 'tend.tables works on the standby');
unlike( $standby->safe_psql('postgres',
		"SELECT string_agg(verdict || ': ' || advice, '; ') FROM tend.tables WHERE table_name = 'orders'"),
	qr/run (?:VACUUM|ANALYZE)(?!.*primary)/, 'and advises nothing that a standby cannot do');
is($standby->safe_psql('postgres', "SELECT string_agg(DISTINCT verdict, ', ') FROM tend.tables"),
	'see primary', 'no table is due here');
is($standby->safe_psql('postgres', "SELECT DISTINCT autovacuum_limit || ' ' || severity FROM tend.wraparound WHERE counter = 'multixact'"),
	$primary->safe_psql('postgres', "SELECT DISTINCT autovacuum_limit || ' ' || severity FROM tend.wraparound WHERE counter = 'multixact'"),
	'limits and severity of multixacts are as on the primary');
is($standby->safe_psql('postgres', 'SELECT count(*) >= 0 FROM tend.vacuum_blockers'),
	't', 'tend.vacuum_blockers works on the standby');
is( $standby->safe_psql('postgres', 'SELECT string_agg(DISTINCT counter, \' \' ORDER BY counter) FROM tend.wraparound'),
	'multixact xid', 'tend.wraparound works on the standby');
is($standby->safe_psql('postgres', "SELECT message FROM tend.events WHERE kind = 'test'"),
	'a message', 'tend.events shows those of the primary');
is($standby->safe_psql('postgres', "SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'orders'"),
	't', 'tend.table_history too');
like($standby->safe_psql('postgres', "SELECT tend.explain_table('orders')"),
	qr/orders/, 'tend.explain_table works on the standby');
is($standby->safe_psql('postgres', "SELECT count(*) FROM tend.self WHERE part = 'history'"),
	'8', 'tend.self shows the size of the history');

# ---- who holds back vacuum of the primary from here ----

alter_system($standby, 'SET hot_standby_feedback = on', "SET wal_receiver_status_interval = 1");
my $reader = session($standby, 'postgres');
say_in($reader, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM orders;');
ok( $primary->poll_query_until(
		'postgres', 'SELECT count(*) = 1 FROM pg_stat_replication WHERE backend_xmin IS NOT NULL'),
	'a reader on the standby sends feedback');
$primary->safe_psql('postgres', 'INSERT INTO orders VALUES (-1)');
$primary->safe_psql('postgres', 'INSERT INTO orders VALUES (-2)');
ok( $primary->poll_query_until(
		'postgres', "SELECT count(*) = 1 FROM tend.vacuum_blockers WHERE kind = 'standby feedback'"),
	'tend.vacuum_blockers of the primary shows it');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', "SELECT count(*) FROM tend.vacuum_blockers WHERE kind = 'idle in transaction'"),
	'1', 'that of the standby shows the reader itself');
close_session($reader);

is_quiet($standby, 0, 'the standby logs no error');

# ---- history that is not on standbys ----

$primary->safe_psql('postgres', 'SELECT tend.set_history_logged(false)');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
foreach my $view ('tend.tables', 'tend.wraparound', 'tend.vacuum_blockers', 'tend.self', 'tend.health', 'tend.checkpoints', "tend.explain_table('orders')")
{
	my ($ret, $out, $err) = $standby->psql('postgres', "SELECT count(*) > 0 OR true FROM $view");
	is("$out$err", 't', "$view works without it");
}
my ($ret, $out, $err) = $standby->psql('postgres', 'SELECT tend.report()');
like($err, qr/ERROR:  there is no history on this standby to report\nDETAIL:.*set_history_logged\(false\).*\nHINT:  Ask the primary, or/, 'tend.report() says why it does not');
$primary->safe_psql('postgres', 'SELECT tend.set_history_logged(true)');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

# ---- promotion ----

my $offset = log_size($standby);
my $history = "SELECT count(*) FROM tend.table_history WHERE table_name = 'orders'";
$primary->stop;
$standby->promote;
my $before = $standby->safe_psql('postgres', $history);
wait_for_status($standby, 'postgres', 'visited', 'after promotion the visits begin');
wait_for_launcher($standby, 'running', 'the launcher says that it runs');
$standby->safe_psql('postgres', 'INSERT INTO orders SELECT generate_series(3001, 4000)');
ok( $standby->poll_query_until('postgres', "SELECT ($history) > $before"),
	'and go on with the history of the primary');
is($standby->safe_psql('postgres', "SELECT count(*) FROM tend.events WHERE kind = 'statistics lost'"),
	'1', 'one event says that the statistics stayed with the old primary');
is_quiet($standby, $offset, 'promotion logs no error of pg_tend');

$standby->stop;
done_testing();
