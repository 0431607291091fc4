# Each kind of tend.vacuum_blockers beside VACUUM itself: while it is listed,
# VACUUM cannot remove what died, and after its remedy it can.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use File::Basename;
use IPC::Run;
use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = tend_node('blockers', allows_streaming => 'logical', conf => <<'END');
max_prepared_transactions = 10
pg_tend.blocker_age = 0
END
my $major = int($node->pg_version);

my @databases = ('postgres', 'other', 'we"ird $db \\ é', 'a=b');
foreach my $datname (@databases)
{
	(my $quoted = $datname) =~ s/"/""/g;
	$node->safe_psql('postgres', qq{CREATE DATABASE "$quoted" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'})
	  unless $datname eq 'postgres';
	$node->safe_psql($datname, 'CREATE EXTENSION pg_tend; CREATE TABLE victim (i int); CREATE TABLE scratch (i int)');
}

# the application name of our sessions
my $me = basename($0);

# ---- helpers ----

# What VACUUM says of a table: rows removed, and dead rows that it had to keep
sub vacuum
{
	my ($datname, $table) = @_;

	$node->psql($datname, "VACUUM (VERBOSE) $table", stderr => \my $said);
	$said =~ /tuples: (\d+) removed, \d+ remain, (\d+) are dead but not yet removable/ or die $said;
	return ($1, $2);
}

sub kill_rows
{
	my ($datname) = @_;

	$node->safe_psql($datname, 'INSERT INTO victim SELECT generate_series(1, 50); DELETE FROM victim');
	return;
}

# A visit of pg_tend, or a standby until its next message, may hold the rows
# for a moment.
sub removes
{
	my ($datname, $name) = @_;
	my ($removed, $kept);

	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		(my $n, $kept) = vacuum($datname, 'victim');
		$removed += $n;
		last if $kept == 0;
		usleep(100_000);
	}
	is($kept, 0, "$name: VACUUM removes all dead rows");
	cmp_ok($removed, '>=', 50, "$name: there were some");
	return;
}

sub keeps
{
	my ($datname, $name) = @_;
	my ($removed, $kept) = vacuum($datname, 'victim');

	is($kept, 50, "$name: VACUUM cannot remove the dead rows");
	return;
}

# All blockers but the visits of pg_tend
sub blockers
{
	my ($columns) = @_;

	return $node->safe_psql('postgres', qq{
		SELECT $columns FROM tend.vacuum_blockers b
		 WHERE NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = b.pid AND a.backend_type LIKE 'pg_tend%')});
}

my $columns = q{concat_ws('|', kind, COALESCE(pid::text, '-'), identifier, COALESCE(datname, '-'), scope, holds)};

sub gone
{
	my ($name) = @_;

	ok( $node->poll_query_until('postgres', q{
			SELECT count(*) = 0 FROM tend.vacuum_blockers b
			 WHERE NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = b.pid AND a.backend_type LIKE 'pg_tend%')}),
		"$name: is gone");
	return;
}

# A visit that stood still for seconds may be blamed for a moment.
sub is_not_blamed
{
	my ($name) = @_;

	ok( $node->poll_query_until('postgres',
			q{SELECT count(*) = 1 FROM tend.explain_table('victim') line WHERE line = 'Blockers: nobody holds back vacuum in this database.'}),
		$name);
	return;
}

# Paste the remedy into psql, as someone connected to database postgres would.
sub apply
{
	my ($on, $remedy, $name) = @_;

	note($remedy);
	$on->psql('postgres', $remedy, stdout => \my $stdout, stderr => \my $stderr, on_error_stop => 0);
	is($stderr, '', "$name: the remedy is a command");
	unlike($stdout, qr/^f$/m, "$name: the remedy works");
	return;
}

sub last_event
{
	my ($object) = @_;

	return "(SELECT state FROM tend.events WHERE kind = 'vacuum blocker' AND object LIKE '$object'"
	  . " ORDER BY at DESC LIMIT 1)";
}

sub wait_for_event
{
	my ($datname, $object, $state, $name) = @_;

	ok($node->poll_query_until($datname, "SELECT COALESCE(" . last_event($object) . " = '$state', false)"),
		"$name: event $state");
	return;
}

# The whole life of a blocker of database postgres that just began
sub prove
{
	my ($name, $want, %params) = @_;
	my $on = $params{on} // $node;

	kill_rows('postgres');
	is(blockers($columns), $want, "$name: listed");
	keeps('postgres', $name);
	like($node->safe_psql('postgres', "SELECT tend.explain_table('victim')"),
		qr/^Blockers: the (?!.*nobody)/m, "$name: tend.explain_table() names it");
	wait_for_event('postgres', $params{event}, 'open', $name) if $params{event};
	apply($on, blockers('remedy'), $name);
	removes('postgres', $name);
	gone($name);
	wait_for_event('postgres', $params{event}, 'closed', $name) if $params{event};
	return;
}

sub run_in { return say_in($_[0], "$_[1];"); }

sub pid_of { return run_in($_[0], 'SELECT pg_backend_pid()'); }

# ---- without blockers ----

kill_rows('postgres');
gone('nobody');
removes('postgres', 'nobody');

# ---- transactions ----

my $s = session($node, 'postgres');
my $pid = pid_of($s);
run_in($s, "SET application_name = 'nightly report'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
$s->{in} .= "SELECT pg_sleep(1000);\n";
$s->{run}->pump_nb;
$node->poll_query_until('postgres', "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $pid");
prove('active transaction', "transaction|$pid|nightly report|postgres|postgres|all tables", event => "pid $pid since %");
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid"),
	1, 'active transaction: its session goes on');
close_session($s);

$s = session($node, 'postgres');
$pid = pid_of($s);
run_in($s, 'BEGIN; INSERT INTO scratch VALUES (1)');
prove('idle transaction that wrote', "idle in transaction|$pid|$me|postgres|postgres|all tables", event => "pid $pid since %");
close_session($s);

$s = session($node, 'postgres');
$pid = pid_of($s);
run_in($s, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT count(*) FROM scratch');
prove('idle transaction that reads', "idle in transaction|$pid|$me|postgres|postgres|all tables", event => "pid $pid since %");
close_session($s);

$s = session($node, 'postgres');
$pid = pid_of($s);
run_in($s, 'BEGIN; DECLARE c CURSOR FOR SELECT * FROM pg_class; FETCH c');
prove('open cursor', "idle in transaction|$pid|$me|postgres|postgres|all tables", event => "pid $pid since %");
close_session($s);

# holds nothing: its snapshot was released after each command
$s = session($node, 'postgres');
run_in($s, 'BEGIN; SELECT count(*) FROM scratch');
kill_rows('postgres');
is(blockers($columns), '', 'idle transaction without snapshot: not listed');
removes('postgres', 'idle transaction without snapshot');
close_session($s);

# ---- prepared transactions ----

my $gid = q{it's "mine" \ :'x' $$ é};
(my $literal = $gid) =~ s/'/''/g;
$node->safe_psql('postgres', "BEGIN; INSERT INTO scratch VALUES (1); PREPARE TRANSACTION '$literal'");
prove('prepared transaction', "prepared transaction|-|$gid|postgres|postgres|all tables", event => 'prepared transaction %');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_prepared_xacts'), 0, 'prepared transaction: rolled back');

# In other databases it holds back only those, and can only be ended there.
foreach my $datname (@databases[ 1 .. $#databases ])
{
	my $name = "prepared transaction in $datname";

	$node->safe_psql($datname, "BEGIN; INSERT INTO scratch VALUES (1); PREPARE TRANSACTION '$literal'");
	kill_rows($datname);
	kill_rows('postgres');
	is(blockers($columns), "prepared transaction|-|$gid|$datname|$datname|all tables", "$name: listed");
	keeps($datname, $name);
	removes('postgres', "$name, in postgres");
	wait_for_event($datname, 'prepared transaction %', 'open', $name);
	apply($node, blockers('remedy'), $name);
	is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_prepared_xacts'), 0, "$name: the remedy ends it");
	$node->psql($datname, "ROLLBACK PREPARED '$literal'");
	removes($datname, $name);
	gone($name);
	wait_for_event($datname, 'prepared transaction %', 'closed', $name);
}

# ---- another database ----

$s = session($node, 'other');
$pid = pid_of($s);
run_in($s, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
kill_rows('other');
kill_rows('postgres');
is(blockers($columns), "idle in transaction|$pid|$me|other|other|all tables", 'snapshot in another database: listed as such');
removes('postgres', 'snapshot in another database');
keeps('other', 'snapshot in another database, there');
is_not_blamed('snapshot in another database: not blamed here');
wait_for_event('other', "pid $pid since %", 'open', 'snapshot in another database');
is($node->safe_psql('postgres', 'SELECT ' . last_event("pid $pid since %")), '', 'snapshot in another database: no event here');
apply($node, blockers('remedy'), 'snapshot in another database');
removes('other', 'snapshot in another database, there');
close_session($s);

# ---- vacuum itself ----

$node->safe_psql('postgres',
	'CREATE TABLE big WITH (fillfactor = 10) AS SELECT i, repeat(\'x\', 200) FROM generate_series(1, 10000) i');
$s = session($node, 'postgres');
$pid = pid_of($s);
run_in($s, 'SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1; SET vacuum_cost_page_miss = 100; SET vacuum_cost_page_hit = 100');
$s->{in} .= "VACUUM big;\n";
$s->{run}->pump_nb;
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_progress_vacuum WHERE pid = $pid"),
	'vacuum: is running');
kill_rows('postgres');
is($node->safe_psql('postgres', "SELECT backend_xmin IS NOT NULL FROM pg_stat_activity WHERE pid = $pid"),
	't', 'vacuum: has a snapshot');
is(blockers($columns), '', 'vacuum: not listed');
removes('postgres', 'vacuum');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_progress_vacuum WHERE pid = $pid"), 1,
	'vacuum: was running all the time');
is($node->safe_psql('postgres', "SELECT vacuum_running FROM tend.tables WHERE table_name = 'big'"), 't',
	'vacuum: tend.tables shows it');
$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
close_session($s);

# ---- parallel workers ----

$s = session($node, 'postgres');
$pid = pid_of($s);
run_in($s, 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;'
	  . ' SET max_parallel_workers_per_gather = 2; BEGIN ISOLATION LEVEL REPEATABLE READ');
$s->{in} .= "SELECT count(pg_sleep(0.1)) FROM big;\n";
$s->{run}->pump_nb;
ok($node->poll_query_until('postgres',
		"SELECT count(*) > 0 FROM pg_stat_activity WHERE leader_pid = $pid AND backend_xmin IS NOT NULL"),
	'parallel query: workers with snapshots are running');
prove('parallel query', "transaction|$pid|$me|postgres|postgres|all tables");
close_session($s);

# ---- logical replication ----

sub vacuum_catalog
{
	$node->safe_psql('postgres', 'CREATE TABLE gone (); DROP TABLE gone');
	my ($removed, $kept) = vacuum('postgres', 'pg_catalog.pg_class');
	return $kept > 0 ? 'keeps' : 'removes';
}

sub wait_for_catalog
{
	my ($name) = @_;

	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return pass("$name: VACUUM removes dead rows of catalogs") if vacuum_catalog() eq 'removes';
		usleep(100_000);
	}
	return fail("$name: VACUUM removes dead rows of catalogs");
}

# what a visit writes before there is the publication could not be decoded
$node->safe_psql('postgres', $_) foreach 'CREATE PUBLICATION p', "SELECT pg_create_logical_replication_slot('decoded', 'pgoutput')";
kill_rows('postgres');
is(blockers($columns), 'replication slot|-|decoded|postgres|cluster|system catalogs', 'logical slot: listed');
removes('postgres', 'logical slot');
is(vacuum_catalog(), 'keeps', 'logical slot: VACUUM cannot remove dead rows of catalogs');
is_not_blamed('logical slot: not blamed for a table');
wait_for_event('postgres', 'replication slot decoded%', 'open', 'logical slot') if $major >= 17;

# a consumer makes it the walsender's; the walsender itself holds nothing
my $consumer = IPC::Run::start(
	[
		$node->installed_command('pg_recvlogical'), '-d', $node->connstr('postgres'), '--slot=decoded',
		'--start', '--no-loop', '-f', '/dev/null', '-o', 'proto_version=1', '-o', 'publication_names=p'
	],
	'<', \undef, '>', \my $out, '2>', \my $err);
ok($node->poll_query_until('postgres', "SELECT active_pid IS NOT NULL FROM pg_replication_slots WHERE slot_name = 'decoded'"),
	'logical walsender: is running') || diag($err);
$pid = $node->safe_psql('postgres', "SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'decoded'");
kill_rows('postgres');
is(blockers($columns), "replication slot|$pid|decoded|postgres|cluster|system catalogs", 'logical walsender: only its slot is listed');
removes('postgres', 'logical walsender');
apply($node, blockers('remedy'), 'logical walsender');
$consumer->finish;
ok($node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pg_stat_replication'), 'logical walsender: the remedy ends it');
$node->poll_query_until('postgres', "SELECT NOT active FROM pg_replication_slots WHERE slot_name = 'decoded'");
apply($node, blockers('remedy'), 'logical slot');
wait_for_catalog('logical slot');
gone('logical slot');
wait_for_event('postgres', 'replication slot decoded%', 'closed', 'logical slot') if $major >= 17;

# ---- standbys ----

$node->backup('base');
$node->safe_psql('postgres', "SELECT pg_create_physical_replication_slot('standby_slot')");
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', <<'END');
hot_standby_feedback = on
wal_receiver_status_interval = 1s
primary_slot_name = 'standby_slot'
END
$standby->start;
$node->wait_for_catchup($standby);

# A snapshot on the standby, held back on the primary.  Returns the walsender.
sub hold_on_standby
{
	my ($xmin) = @_;

	$s = session($standby, 'postgres');
	run_in($s, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM victim');
	my $held = run_in($s, 'SELECT pg_snapshot_xmin(pg_current_snapshot())');
	$node->poll_query_until('postgres', "SELECT COALESCE(($xmin)::text = '$held', false)")
	  or die 'the standby does not say what it needs';
	return $node->safe_psql('postgres', 'SELECT pid FROM pg_stat_replication');
}

my $slot_xmin = "SELECT xmin FROM pg_replication_slots WHERE slot_name = 'standby_slot'";
$pid = hold_on_standby($slot_xmin);
prove('standby with slot', "replication slot|$pid|standby_slot|-|cluster|all tables", on => $standby);
close_session($s);

hold_on_standby($slot_xmin);
$standby->stop('immediate');
close_session($s);
$node->poll_query_until('postgres', 'SELECT bool_and(NOT active) FROM pg_replication_slots');
prove('abandoned slot', 'replication slot|-|standby_slot|-|cluster|all tables',
	event => $major >= 17 ? 'replication slot standby_slot' : undef);

$standby->append_conf('postgresql.conf', "primary_slot_name = ''");
$standby->start;
$node->wait_for_catchup($standby);
$pid = hold_on_standby('SELECT backend_xmin FROM pg_stat_replication');
kill_rows('other');
keeps('other', 'standby without slot, in another database');
prove('standby without slot', "standby feedback|$pid|standby|-|cluster|all tables", on => $standby);
close_session($s);

$standby->stop;
# ---- a database whose name is a trap ----

# psql ends its own commands at a line break, so no \connect can name it safely
my $trap = qq{x\nCREATE ROLE trapped;\n--};
if ($node->psql('postgres', qq{CREATE DATABASE "$trap" TEMPLATE template0}, stderr => \my $refused) == 0)
{
	$node->safe_psql($trap, "BEGIN; CREATE TABLE t (i int); PREPARE TRANSACTION 'trap'");
	$node->safe_psql('postgres', 'SELECT pg_current_xact_id()') for 1 .. 2;
	my $remedy = $node->safe_psql('postgres',
		"SELECT remedy FROM tend.vacuum_blockers WHERE identifier = 'trap'");
	like($remedy, qr/^-- in the database with OID \d+:\nROLLBACK PREPARED 'trap';$/,
		'the remedy for a database whose name breaks the line names it by its OID');
	$node->psql('postgres', $remedy, stderr => \my $said);
	is($node->safe_psql('postgres', "SELECT count(*) FROM pg_roles WHERE rolname = 'trapped'"),
		'0', 'and runs nothing of the name');
	$node->safe_psql($trap, "ROLLBACK PREPARED 'trap'");
}
else
{
	# newer servers may refuse such names
	like($refused, qr/database name/, 'the server refuses a database name that breaks the line');
}

$node->stop;
done_testing();
