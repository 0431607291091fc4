# Checkpoints and what they tell of the disk: why each came, storms and whose
# they are, spikes; over restarts, on a standby and after its promotion.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('primary', allows_streaming => 1, conf => <<'END');
pg_tend.iotrace_dir = ''
fsync = on
max_wal_size = 2GB
checkpoint_timeout = 1h
full_page_writes = on
pg_tend.file_sync_limit = 0
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'other');

# Until one comes by time, half a minute passes, and that is the least there is.
my $slow = tend_node('timed', conf => "pg_tend.iotrace_dir = ''\ncheckpoint_timeout = 30s\n");
$slow->safe_psql('postgres', 'CREATE EXTENSION pg_tend');

sub last_reason
{
	my ($on, $kind) = @_;

	return $on->safe_psql('postgres',
		"SELECT reason FROM tend.checkpoints WHERE kind = '$kind' AND finished IS NOT NULL ORDER BY started DESC LIMIT 1");
}

sub events
{
	my ($kind) = @_;

	return "SELECT string_agg(state, ' ' ORDER BY at) FROM tend.events WHERE kind = '$kind'";
}

# Has it ended?  Where a visit is late, it may end and begin again.
sub is_over
{
	my ($kind) = @_;

	return "SELECT COALESCE((" . events($kind) . ") ~ '^open closed( open closed)*\$', false)";
}

sub opened
{
	my ($kind, $column) = @_;

	return $node->safe_psql('postgres',
		"SELECT $column FROM tend.events WHERE kind = '$kind' AND state = 'open' ORDER BY at LIMIT 1");
}

# ---- one row each, as in the log ----

my $offset = log_size($node);
$node->safe_psql('postgres', 'CREATE TABLE t AS SELECT generate_series(1, 10000) AS i');
$node->safe_psql('postgres', 'CHECKPOINT');
is(last_reason($node, 'checkpoint'), 'requested', 'one that was asked for');
my @told = log_since($node, $offset) =~
  /checkpoint complete.*: wrote (\d+) buffers.*?; (\d+) WAL file\(s\) added, (\d+) removed, (\d+) recycled; write=([\d.]+) s, sync=([\d.]+) s, total=([\d.]+) s; sync files=(\d+), longest=([\d.]+) s/;
is( $node->safe_psql('postgres', <<'SQL'), join('|', @told), 'its numbers are those of the log');
SELECT buffers_written, segments_added, segments_removed, segments_recycled,
       round((ceil(write_ms) / 1000)::numeric, 3), round((ceil(sync_ms) / 1000)::numeric, 3),
       round((ceil(total_ms) / 1000)::numeric, 3), files_synced, round((ceil(longest_sync_ms) / 1000)::numeric, 3)
  FROM tend.checkpoints ORDER BY started DESC LIMIT 1
SQL
foreach my $db ('postgres', 'other')
{
	ok($node->poll_query_until($db, "SELECT EXISTS (SELECT FROM tend.checkpoint_history WHERE buffers_written = $told[0])"),
		"the history of $db has it");
	is($node->safe_psql($db, 'SELECT count(*) - count(DISTINCT started) FROM tend.checkpoints'), '0', 'once');
}

# ---- over restarts ----

$node->restart;
is(last_reason($node, 'checkpoint'), 'shutdown', 'the one of a shutdown is there after the restart');
is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM tend.checkpoints WHERE reason = 'requested'"), 't', 'those before it, too');
foreach my $db ('postgres', 'other')
{
	ok($node->poll_query_until($db, "SELECT EXISTS (SELECT FROM tend.checkpoint_history WHERE reason = 'shutdown')"),
		"and in the history of $db");
}
$node->safe_psql('postgres', 'SELECT pg_switch_wal()');
$node->stop('immediate');
$node->start;
is(last_reason($node, 'checkpoint'), 'end of recovery', 'after a crash, one that ends recovery');
foreach my $db ('postgres', 'other')
{
	ok( $node->poll_query_until($db,
			"SELECT array_agg(DISTINCT reason) \@> '{requested,shutdown,end of recovery}' FROM tend.checkpoint_history"),
		"all get into the history of $db");
}

# ---- a spike ----

alter_system($node, 'SET pg_tend.file_sync_limit = 0.001');
# one that is at work may not have heard of it
wait_for_visits($node, 'postgres', 2);
$node->safe_psql('postgres', 'INSERT INTO t SELECT generate_series(1, 1000); CHECKPOINT');
ok($node->poll_query_until('postgres', events('sync spike'), 'single'), 'a sync that takes long is an event');
like($node->safe_psql('postgres', "SELECT message FROM tend.events WHERE kind = 'sync spike'"),
	qr/^the sync of one file took \d+ ms in a checkpoint \(reason: requested\)/, 'that says where');
alter_system($node, 'RESET pg_tend.file_sync_limit');
wait_for_visits($node, 'postgres', 2);
is($node->safe_psql('postgres', events('sync spike')), 'single', 'and is not repeated');

# ---- a storm of checkpoints ----

is($node->safe_psql('postgres', "SELECT count(*) FROM tend.events WHERE kind LIKE '% storm'"), '0', 'no storm yet');
alter_system($node, "SET max_wal_size = '32MB'");
# it lasts until all have seen it
my ($event, $of_other, $said) = ('', '', '');
foreach (1 .. 5 * $PostgreSQL::Test::Utils::timeout_default)
{
	# one segment after the other
	$node->safe_psql('postgres', 'INSERT INTO t VALUES (1); SELECT pg_switch_wal(); INSERT INTO t VALUES (1); SELECT pg_switch_wal()');
	$event = $node->safe_psql('postgres', events('checkpoint storm'));
	$of_other = $node->safe_psql('other', events('checkpoint storm'));
	$said ||= $node->safe_psql('postgres', "SELECT message FROM tend.health WHERE check_name = 'checkpoint storm'");
	last if $event ne '' && $of_other ne '' && $said ne '';
	select undef, undef, undef, 0.2;
}
is(last_reason($node, 'checkpoint'), 'wal', 'checkpoints that WAL asks for');
like($event, qr/^open/, 'are a storm when they are many');
my $message = opened('checkpoint storm', 'message');
like($message, qr/^checkpoint storm: WAL has asked for \d+ checkpoints in \d+ s, one every [\d.]+ s, where checkpoint_timeout is 1 h/, 'it says how many');
like($message, qr/autovacuum wrote 0 % of .* it comes from the sessions/, 'and whose it is');
like(opened('checkpoint storm', "details ->> 'remedy'"), qr/^ALTER SYSTEM SET max_wal_size = '\d+GB'/, 'and what to do');
# at another moment, so with other numbers
my ($now, $then) = map { s/\d+(\.\d+)?( [kM]B)?/N/gr } $said, $message;
is($now, $then, 'tend.health says the same');
is($node->safe_psql('postgres', events('autovacuum storm')), '', 'autovacuum has nothing to do with it');
ok($node->poll_query_until('postgres', is_over('checkpoint storm')), 'it ends when they end');
is($node->safe_psql('postgres', "SELECT count(*) FROM tend.health WHERE check_name = 'checkpoint storm'"), '0', 'tend.health is quiet again');
ok($node->poll_query_until('other', is_over('checkpoint storm')), 'other databases know of it, too');

# ---- a storm of autovacuum ----

alter_system($node, "SET max_wal_size = '2GB'");
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE big (i int, filler text) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
INSERT INTO big SELECT g, repeat('x', 400) FROM generate_series(1, 200000) g;
SQL
# Where autovacuum is slow, or a visit late, it may be none: then once more.
foreach my $eighth (0 .. 3)
{
	my $vacuums = $node->safe_psql('postgres', "SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'big'");

	alter_system($node, 'SET autovacuum = off', "SET max_wal_size = '2GB'");
	$node->safe_psql('postgres', "DELETE FROM big WHERE i % 8 IN ($eighth, $eighth + 4); CHECKPOINT");
	# what the sessions wrote leaves the window
	wait_for_visits($node, 'postgres', 12);
	alter_system($node, "SET max_wal_size = '32MB'", 'SET pg_tend.storm_checkpoints = 2', 'SET autovacuum_naptime = 1', 'SET autovacuum_vacuum_cost_delay = 0', 'SET autovacuum = on');
	$node->poll_query_until('postgres', "SELECT autovacuum_count > $vacuums FROM pg_stat_user_tables WHERE relname = 'big'");
	last if $node->safe_psql('postgres', events('autovacuum storm')) ne '';
	wait_for_visits($node, 'postgres', 3);
	last if $node->safe_psql('postgres', events('autovacuum storm')) ne '';
}
like($node->safe_psql('postgres', events('autovacuum storm')), qr/^open/, 'where autovacuum writes the WAL, it is a storm of autovacuum');
$message = opened('autovacuum storm', 'message');
like($message, qr/^autovacuum storm: WAL has asked for \d+ checkpoints .* most comes from autovacuum$/, 'and the event says so');
alter_system($node, 'SET autovacuum = off', "SET max_wal_size = '2GB'");
ok($node->poll_query_until('postgres', is_over('autovacuum storm')), 'and when it is over');

# ---- sessions that sync themselves ----

# a queue of 16 files, which nobody empties while the checkpointer is held
$node->append_conf('postgresql.conf', "shared_buffers = '128kB'\npg_tend.backend_fsyncs = 1\n");
$node->restart;
my $sessions_sync = "SELECT count(*) FROM tend.health WHERE check_name = 'backend fsyncs' AND message ~ '^sessions synced [\\d ]+ data files themselves'";
is($node->safe_psql('postgres', $sessions_sync), '0', 'sessions do not sync');
my $checkpointer = "FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
my $pid = $node->safe_psql('postgres', "SELECT pid $checkpointer");
($said, $event) = (0, '');
for (my $round = 1; $round <= 20 && !($said && $event); $round++)
{
	# where it waits for work, and holds no lock
	$node->poll_query_until('postgres', "SELECT wait_event = 'CheckpointerMain' $checkpointer");
	kill 'STOP', $pid;
	$node->safe_psql('postgres', "DO \$\$ BEGIN FOR i IN 1 .. 100 LOOP EXECUTE format('CREATE TABLE files_${round}_%s AS SELECT generate_series(1, 300) i', i); END LOOP; END \$\$");
	kill 'CONT', $pid;
	for (my $wait = 0; $wait < 15 && !($said && $event); $wait++)
	{
		select undef, undef, undef, 0.2;
		$said ||= $node->safe_psql('postgres', $sessions_sync);
		$event = $node->safe_psql('postgres', events('backend fsyncs'));
	}
}
ok($said, 'they do when the queue is full: tend.health says so');
like($event, qr/^open/, 'and it is an event');
$node->append_conf('postgresql.conf', "shared_buffers = '16MB'\npg_tend.backend_fsyncs = 100\n");
$node->restart;

# ---- a standby ----

$node->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->safe_psql('postgres', 'INSERT INTO t SELECT generate_series(1, 1000); CHECKPOINT');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
$standby->safe_psql('postgres', 'CHECKPOINT');
is(last_reason($standby, 'restartpoint'), 'requested', 'a standby has restartpoints');
is($standby->safe_psql('postgres', "SELECT count(*) FROM tend.checkpoints WHERE kind = 'checkpoint'"), '0', 'and not the checkpoints of the primary');
is($standby->safe_psql('postgres', 'SELECT count(*) > 0 FROM tend.checkpoint_history'), 't', 'which are in the history');
is($standby->safe_psql('postgres', 'SELECT state FROM tend.iotrace_status'), 'off', 'the status can be read there');
$node->safe_psql('postgres', 'SELECT tend.set_history_logged(false)');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', "SELECT count(*) > 0 FROM tend.checkpoints"), 't', 'even when the history is not on standbys');
$node->safe_psql('postgres', 'SELECT tend.set_history_logged(true)');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is_quiet($standby, 0, 'the standby logs no error');

$node->stop;
$standby->promote;
ok( $standby->poll_query_until('postgres', "SELECT count(*) > 0 FROM tend.checkpoint_history WHERE kind = 'restartpoint'"),
	'after promotion its restartpoints get into the history');
$standby->safe_psql('postgres', 'CHECKPOINT');
is(last_reason($standby, 'checkpoint'), 'requested', 'and it makes checkpoints');

is_quiet($standby, 0, 'without an error');

# ---- by time, in the end ----

ok($slow->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM tend.checkpoints WHERE reason = 'time')"),
	'one that comes by time is there while it runs');
$slow->stop;
$standby->stop;
done_testing();
