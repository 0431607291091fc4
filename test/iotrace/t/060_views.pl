# The real helper and a real server with pg_tend: what the views show is what
# the server counts, whoever of the two ends and comes back
#
# IOTRACE_CONF has the settings with which the server finds pg_tend.
use strict;
use warnings FATAL => 'all';

use Iotrace;
use IotraceServer;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'no PostgreSQL with pg_tend here' if !has_server() || !$ENV{IOTRACE_CONF};

sub set
{
	my ($setting) = @_;
	sql("ALTER SYSTEM SET $setting");
	sql('SELECT pg_reload_conf()');
	return;
}

sub state_is
{
	my ($state, $name) = @_;
	ok(wait_until(sub { sql('SELECT state FROM tend.iotrace_status') eq $state }), $name)
	  or diag(sql('SELECT state, message, remedy FROM tend.iotrace_status'));
	return;
}

# The server's own count; segments that are made or recycled are not in it.
sub wal_syncs_of_server
{
	return sql('SELECT sum(fsyncs) FROM pg_stat_io WHERE object = \'wal\' AND context = \'normal\'')
	  if sql('SHOW server_version_num') >= 180000;
	return sql('SELECT wal_sync FROM pg_stat_wal');
}

# Nothing where the snapshot is late, which on a busy machine it may be
sub wal_syncs_of_probe
{
	return sql("SELECT (SELECT coalesce(sum(calls), 0) FROM tend.io_latency WHERE file_class = 'wal' AND operation = 'fdatasync')"
		  . " FROM tend.iotrace_status WHERE state = 'attached'") || 0;
}

# Both, once nothing moves any more
sub quiet
{
	my ($before, $now) = ('', '');
	wait_until(sub {
		sleep 1.5;
		$before = $now;
		$now = wal_syncs_of_server() . ' ' . wal_syncs_of_probe();
		return $now eq $before && $now !~ / 0$/;
	});
	return split / /, $now;
}

# ---- attached ----

make_cluster();
configure(slurp($ENV{IOTRACE_CONF}), "shared_preload_libraries = 'pg_tend'",
	"pg_tend.iotrace_dir = '@{[ work_path('run') ]}'", 'pg_tend.interval = 1', 'wal_sync_method = fdatasync');

start_helper('run');
start_server();
sql('CREATE EXTENSION pg_tend');
state_is('attached', 'the server finds the helper');
# on a busy machine the snapshot may be late for a moment, and then tells nothing
ok(wait_until(sub { sql('SELECT missing_probes FROM tend.iotrace_status') eq '{}' }), 'all calls are timed')
  or diag(sql('SELECT state, message, missing_probes FROM tend.iotrace_status'));

# ---- counts ----

# nothing of ours writes meanwhile
set('pg_tend.enabled = off');
sql('CREATE TABLE t (i int)');
my ($server0, $probe0) = quiet();
sql('INSERT INTO t VALUES (1)') for 1 .. 100;
my ($server1, $probe1) = quiet();
cmp_ok($server1 - $server0, '>=', 100, 'each commit syncs the WAL');
is($probe1 - $probe0, $server1 - $server0, 'and the view has each');
is(sql('SELECT count(*) FROM tend.io_latency WHERE p50_us > p99_us OR p99_us > max_us OR mean_us > max_us'), '0', 'quantiles are in order');
my $starter = "SELECT backend_type FROM tend.io_latency WHERE backend_type NOT IN ('client backend', 'walwriter', 'checkpointer',"
  . " 'background writer', 'background worker', 'startup', 'starting', 'archiver', 'io worker', 'autovacuum launcher')";
is(sql($starter), '', 'each call is that of a process that there is');

# ---- checkpoints ----

set('pg_tend.enabled = on');
my $last = 'FROM tend.checkpoints WHERE finished IS NOT NULL ORDER BY started DESC LIMIT 1';

# Make a checkpoint, and wait until the probe has told of it; returns who has.
sub checkpoint_sources
{
	my $before = sql(q(SELECT coalesce(max(started), '-infinity') FROM tend.checkpoints));
	sql('INSERT INTO t SELECT generate_series(1, 1000)');
	sql('CHECKPOINT');
	wait_until(sub { sql("SELECT count(*) FROM tend.checkpoints WHERE started > '$before' AND source ~ 'probe'") });
	return sql("SELECT source $last");
}

# The server's times are also those of opening files, and of waiting for a
# processor; that may be long, but not in each of five.
my ($sources, $fit);
foreach (1 .. 5)
{
	$sources = checkpoint_sources();
	$fit = sql("SELECT timed_syncs >= files_synced AND timed_longest_ms > 0 AND timed_sync_ms BETWEEN sync_ms / 2 AND total_ms $last");
	last if $sources ne 'log and probe' || $fit eq 't';
}
is($sources, 'log and probe', 'of a checkpoint both tell');
is($fit, 't', 'and they fit together') or diag(sql("SELECT * $last"));
set('log_checkpoints = off');
# the checkpointer may not have heard of that at once
foreach (1 .. 5)
{
	$sources = checkpoint_sources();
	last if $sources eq 'probe';
}
is($sources, 'probe', 'without the log the probe tells') or diag(sql("SELECT * $last"));
is(sql("SELECT files_synced > 0 AND write_ms >= 0 AND sync_ms > 0 AND total_ms >= write_ms + sync_ms $last"), 't', 'the same')
  or diag(sql("SELECT * $last"));
set('log_checkpoints = on');

# ---- ends ----

stop_helper('run', 'KILL');
state_is('no helper', 'a helper that was killed is missed');
is(sql('SELECT count(*) FROM tend.io_latency'), '0', 'and nothing old is shown');
start_helper('run');
state_is('attached', 'it comes back');
sql('INSERT INTO t VALUES (1)');
ok(wait_until(sub { wal_syncs_of_probe() > 0 }), 'and counts again');
ok(wait_until(sub { sql("SELECT count(DISTINCT at) > 1 FROM tend.io_history WHERE backend_type = 'client backend'") eq 't' }),
	'the history has both');

stop_server();
start_server();
state_is('attached', 'a server that was restarted registers again');
sql('INSERT INTO t VALUES (1)');
ok(wait_until(sub { wal_syncs_of_probe() > 0 }), 'and is counted');
is(sql("SELECT count(*) FROM tend.checkpoints WHERE reason = 'shutdown'"), '1', 'the checkpoint of its shutdown is there');

# a session may just be about to end when the server is stopped
unlike(slurp(server_root() . '/server.log'), qr/ERROR|WARNING|PANIC|FATAL(?!:  terminating .* due to administrator command)/, 'the log of the server is clean');
stop_server();
is(stop_helper('run'), 0, 'the helper ends in peace');
done_testing();
