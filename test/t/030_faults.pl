# What fails is tried again, harms nothing else, and is said once.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('faults', conf => 'restart_after_crash = on');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'victim');
$node->safe_psql('victim', 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS n');
wait_for_status($node, 'victim', 'visited', 'visits run');
my $oid = $node->safe_psql('postgres', "SELECT oid FROM pg_database WHERE datname = 'victim'");

my $tell_once = qr/LOG:  pg_tend could not/;

sub lines_like
{
	my ($offset, $pattern) = @_;

	return scalar grep { /$pattern/ } split /\n/, log_since($node, $offset);
}

# After three failures the next visit is 4 seconds away, then 8 and so on; while
# a visit is under way it is ten minutes.
sub waits_longer
{
	ok( $node->poll_query_until(
			'postgres', "SELECT value > 2 AND value <= 64 FROM tend.self"
			  . " WHERE datname = 'victim' AND metric = 'next visit'"),
		'each failure lets the database wait for longer');
	return;
}

# ---- what administrators set for all sessions ----

my $offset = log_size($node);
alter_system($node,
	map { "SET $_" } 'default_transaction_read_only = on',
	'statement_timeout = 1', 'lock_timeout = 1',
	'idle_in_transaction_session_timeout = 1',
	'default_transaction_isolation = serializable',
	"search_path = ''", 'row_security = off',
	'default_transaction_deferrable = on', 'stats_fetch_consistency = snapshot');
{
	local $ENV{PGOPTIONS} = '-c statement_timeout=0 -c lock_timeout=0'
	  . ' -c default_transaction_read_only=off -c idle_in_transaction_session_timeout=0'
	  . ' -c default_transaction_isolation=read\ committed -c default_transaction_deferrable=off';
	$node->safe_psql('victim', 'CREATE TABLE public.under_settings AS SELECT generate_series(1, 1000) AS n');
	# a visit lasts longer than statement_timeout
	my ($pid, $holder) = hold_visit($node, 'victim');
	say_in($holder, 'SELECT pg_sleep(0.05); SELECT pg_advisory_unlock(4711);');
	close_session($holder);
	ok( $node->poll_query_until(
			'victim',
			"SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'under_settings'"),
		'read-only default, serializable, timeouts of 1 ms: visits still write history');
	wait_for_visits($node, 'victim', 2);
	alter_system($node, 'RESET ALL');
}
is_quiet($node, $offset, 'and do not fail');
is(failures($node, 'victim'), 0, 'not even for a while');

# ---- a visit is ended by hand ----

$offset = log_size($node);
my ($pid, $holder) = hold_visit($node, 'victim');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
wait_for_status($node, 'victim', '%failed', 'a terminated visit counts as failed');
is(last_error($node, 'victim'),
	'the visit could not connect or was ended; the server log may say why', 'tend.self tells why');
close_session($holder);
wait_for_status($node, 'victim', 'visited', 'it is tried again');
is(failures($node, 'victim'), 0, 'and then the failure is history');
is(lines_like($offset, $tell_once), 1, 'the log tells it in one line');

# ---- history cannot be written ----

# With a trigger, since no disk gets full here.
$node->safe_psql('victim', <<'SQL');
CREATE TABLE first (n int);
CREATE TABLE second (n int);
SQL
ok( $node->poll_query_until(
		'victim', "SELECT count(*) = 2 FROM tend.table_history WHERE table_name IN ('first', 'second')"),
	'two tables have history');
$offset = log_size($node);
$node->safe_psql('victim', <<'SQL');
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'no space left on device' USING ERRCODE = 'disk_full', HINT = 'Check free disk space.'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON tend.table_history_0 FOR EACH ROW
    WHEN (NEW.table_name = 'second') EXECUTE FUNCTION full_disk();
BEGIN;
INSERT INTO first SELECT generate_series(1, 1000);
INSERT INTO second SELECT generate_series(1, 1000);
COMMIT;
SQL
ok( $node->poll_query_until(
		'postgres', "SELECT value >= 3 FROM tend.self"
		  . " WHERE datname = 'victim' AND metric = 'failures in a row'"),
	'a full disk lets visits fail');
is(visit_status($node, 'victim'), 'the last visit failed', 'tend.self says so');
is(last_error($node, 'victim'), 'no space left on device', 'with the message');
is(lines_like($offset, $tell_once), 1, 'the log tells it once, however often it fails');
is(lines_like($offset, qr/HINT:  Check free disk space/), 1, 'with the hint');
waits_longer();
wait_for_visits($node, 'postgres', 2);
pass('other databases are visited');
$node->safe_psql('victim', 'DROP TRIGGER full_disk ON tend.table_history_0; SELECT tend.request_visit()');
wait_for_status($node, 'victim', 'visited', 'after the repair, visits go on');
is( $node->safe_psql('victim',
		"SELECT count(*) FROM tend.table_history WHERE table_name = 'second' AND inserted = 1000"),
	'1', 'and write what could not be written');
# a table is remembered only once its row is committed
is( $node->safe_psql('victim',
		"SELECT count(*) FROM tend.table_history WHERE table_name = 'first' AND inserted = 1000"),
	'1', 'even of the tables that came before it');

# ---- the launcher is ended by hand ----

my $launcher = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_tend launcher'";
my $old_launcher = $node->safe_psql('postgres', $launcher);
# PostgreSQL starts it again after 10 seconds, but not before we have looked.
my $asker = session($node, 'postgres');
my $status = '';
say_in($asker, 'SELECT 1;');
my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
kill STOP => $postmaster;
say_in($asker, "SELECT pg_terminate_backend($old_launcher);");
foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
	$status = say_in($asker,
		"SELECT detail FROM tend.self WHERE part = 'launcher' AND metric = 'status';");
	last if $status eq 'stopped';
	select undef, undef, undef, 0.1;
}
kill CONT => $postmaster;
is($status, 'stopped', 'tend.self says that the launcher has stopped');
close_session($asker);
# meanwhile the next fault

# ---- a database that nobody can connect to ----

my $version_file = $node->data_dir . "/base/$oid/PG_VERSION";
$offset = log_size($node);
rename $version_file, "$version_file.away" or die "$version_file: $!";
wait_for_launcher($node, 'running', 'a terminated launcher comes back');
isnt($node->safe_psql('postgres', $launcher), $old_launcher, 'as a new process');
ok( $node->poll_query_until(
		'postgres', "SELECT value >= 3 FROM tend.self"
		  . " WHERE datname = 'victim' AND metric = 'failures in a row'"),
	'a visit that cannot connect fails');
like(last_error($node, 'victim'), qr/could not connect/, 'tend.self says so');
waits_longer();
is(lines_like($offset, $tell_once), 1, 'pg_tend tells it once');
cmp_ok(lines_like($offset, qr/FATAL: /), '<=', failures($node, 'victim') + 1,
	'PostgreSQL tells it once per attempt');
wait_for_visits($node, 'postgres', 2);
pass('other databases are visited');
rename "$version_file.away", $version_file or die "$version_file: $!";
$node->safe_psql('victim', 'SELECT tend.request_visit()');
wait_for_status($node, 'victim', 'visited', 'when it can be connected to again, visits go on');

# ---- a visit brings the server down ----

$node->safe_psql('victim', 'CREATE TABLE remembered AS SELECT generate_series(1, 1000) AS n');
ok( $node->poll_query_until(
		'victim', "SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'remembered'"),
	'there is history');
$node->safe_psql('victim', 'CHECKPOINT');
foreach my $crash (1, 2)
{
	my $wait = 60 * 2**$crash;

	$offset = log_size($node);
	($pid, $holder) = hold_visit($node, 'victim');
	# intervals that last until we have looked, and known to the postmaster
	alter_system($node, 'SET pg_tend.interval = 60');
	$node->poll_query_until('postgres', 'SHOW pg_tend.interval', '1min') or die 'no reload';
	kill KILL => $pid;
	$node->wait_for_log(qr/database system is ready to accept connections/, $offset);
	close_session($holder);
	wait_for_launcher($node, 'running', "after crash $crash the launcher is back by itself");
	like(log_since($node, $offset), qr/LOG:  pg_tend leaves database $oid alone for $wait seconds/,
		"the log says that the database is left alone for $wait seconds");
	cmp_ok(next_visit($node, 'victim'), '>', $wait / 2, 'as does tend.self');
	is(visit_status($node, 'victim'), 'the last visit failed', 'which also says that its visit failed');
}
ask_for_visits($node, 'postgres', 1);
is(visits($node, 'victim'), 0, 'other databases are visited, this one is not');
is( $node->safe_psql('victim',
		"SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'remembered'"),
	't', 'its history is intact');
$node->safe_psql('victim', 'SELECT tend.request_visit()');
wait_for_status($node, 'victim', 'visited', 'someone may ask for a visit earlier');
alter_system($node, 'RESET pg_tend.interval');
$offset = log_size($node);
$node->restart;
wait_for_status($node, 'victim', 'visited', 'after an orderly restart it is visited at once');
unlike(log_since($node, $offset), qr/leaves database/, 'as nothing is left of the crash');

# ---- statistics are lost ----

$node->safe_psql('victim', <<'SQL');
CREATE TABLE dying (n int) WITH (autovacuum_enabled = off);
INSERT INTO dying SELECT generate_series(1, 1000);
ANALYZE dying;
DELETE FROM dying WHERE n <= 500;
SQL
ok( $node->poll_query_until(
		'victim',
		"SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'dying' AND dead_tuples = 500"),
	'a table with dead rows is in the history');
alter_system($node, 'SET pg_tend.enabled = off');
wait_for_launcher($node, 'switched off%', 'no visit is under way');
# visits commit asynchronously: their last moments may get lost
$node->safe_psql('victim', 'CHECKPOINT');
my $rows = "SELECT count(*) FROM tend.table_history";
my $rows_before = $node->safe_psql('victim', $rows);
my $lost = "SELECT count(*) FROM tend.events WHERE kind = 'statistics lost' AND state = 'single'";
my $lost_before = $node->safe_psql('victim', $lost);
$offset = log_size($node);
$node->stop('immediate');
$node->start;
is($node->safe_psql('victim', $rows), $rows_before, 'an immediate shutdown loses no history');
unlike(log_since($node, $offset), qr/leaves database/, 'nor is a database blamed for it');
is( $node->safe_psql('victim', "SELECT verdict FROM tend.tables WHERE table_name = 'dying'"),
	'statistics lost', 'tend.tables sees that the statistics of the table are lost');
alter_system($node, 'RESET pg_tend.enabled');
ok($node->poll_query_until('victim', $lost, $lost_before + 1), 'the next visit records an event');
is( $node->safe_psql('victim',
		"SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'dying' AND dead_tuples = 500"),
	't', 'the history still has what was known before');
is( $node->safe_psql('victim',
		"SELECT count(*) FROM tend.table_history WHERE dead_per_second < 0 OR inserts_per_second < 0"),
	'0', 'counters that went down give no negative rate');
$node->safe_psql('victim', 'ANALYZE dying');
is( $node->safe_psql('victim', "SELECT verdict <> 'statistics lost' FROM tend.tables WHERE table_name = 'dying'"),
	't', 'ANALYZE brings the table back');
wait_for_visits($node, 'victim', 2);
is($node->safe_psql('victim', $lost), $lost_before + 1, 'the event is not repeated');

$node->stop;
done_testing();
