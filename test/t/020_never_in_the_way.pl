# Visits give way to whoever wants the database or the extension for himself.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('in_the_way');
create_databases($node, 'origin');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
$node->safe_psql('origin', 'CREATE TABLE busy AS SELECT generate_series(1, 100) AS n');
wait_for_status($node, 'origin', 'visited', 'visits run');
wait_for_status($node, 'postgres', 'visited', 'in several databases');

# Ask for a visit, then run a command that needs the database for itself, again
# and again.  Returns what went wrong.
sub try_often
{
	my ($times, @commands) = @_;
	my @complaints;

	foreach (1 .. $times)
	{
		# as often as possible a visit has just begun
		$node->safe_psql('origin', 'UPDATE busy SET n = n + 1; SELECT tend.request_visit()');
		foreach my $command (@commands)
		{
			my $stderr = take_database($node, $command);
			push @complaints, $stderr if $stderr =~ /ERROR/;
		}
	}
	return join "\n", @complaints;
}

# PostgreSQL itself waits up to 5 seconds for others to leave, so short visits
# hardly ever do harm; but they must not accumulate either.
my $offset = log_size($node);
is( try_often(10, 'CREATE DATABASE copy TEMPLATE origin', 'DROP DATABASE copy'),
	'', 'CREATE DATABASE TEMPLATE and DROP DATABASE always succeed');
is( try_often(10, 'ALTER DATABASE origin RENAME TO other', 'ALTER DATABASE other RENAME TO origin'),
	'', 'ALTER DATABASE RENAME always succeeds');
wait_for_visits($node, 'postgres', 1);
wait_for_visits($node, 'origin', 1);
pass('visits go on afterwards');

# A visit may just have been started, and find its database gone or renamed.
my @errors = log_errors($node, $offset);
my @raced = grep { /FATAL:  (?:database \d+ does not exist|cannot connect to invalid database|database "\w+" does not exist)/ } @errors;
is_deeply([ grep { my $e = $_; !grep { $e eq $_ } @raced } @errors ],
	[], 'the log shows no error but of visits that came too late to connect');
note('raced with DROP DATABASE: ' . scalar(@raced));

# Where somebody already has the database for himself, none is even started.  It
# would wait at the door, and the launcher with it.  While a visit is under way,
# the next is said to be ten minutes away.
alter_system($node, 'SET pg_tend.interval = 3600');
$node->poll_query_until('postgres', "SELECT min(value) > 1000 FROM tend.self WHERE metric = 'next visit'")
  or die 'visits do not end';
$offset = log_size($node);
my $owner = session($node, 'postgres');
my $renaming = '';
foreach (1 .. 2)
{
	$renaming = say_in($owner, "BEGIN; ALTER DATABASE origin RENAME TO other; SELECT 'renaming';");
	last if $renaming ne '';
	say_in($owner, 'ROLLBACK;');
}
is($renaming, 'renaming', 'a database is being renamed') || diag($owner->{err});
my $visits = visits($node, 'origin');
alter_system($node, 'RESET pg_tend.interval');
wait_for_visits($node, 'postgres', 3);
is(visits($node, 'origin'), $visits, 'meanwhile others are visited, this one is not');
say_in($owner, 'ROLLBACK;');
close_session($owner);
wait_for_visits($node, 'origin', 1);
is_quiet($node, $offset, 'no visit has stood at its door');

# ---- DROP EXTENSION ----

my @complaints;
$offset = log_size($node);
foreach (1 .. 10)
{
	foreach my $sql ('DROP EXTENSION pg_tend', 'CREATE EXTENSION pg_tend')
	{
		$node->psql('origin', $sql, stderr => \my $stderr);
		push @complaints, $stderr if $stderr =~ /ERROR/;
	}
}
is("@complaints", '', 'DROP EXTENSION and CREATE EXTENSION always succeed');
wait_for_status($node, 'origin', 'visited', 'the database is visited in the end');
is_quiet($node, $offset, 'no visit stumbles over an extension that is dropped');

# A visit that has begun its transaction finishes it, and DROP EXTENSION waits
# for it rather than break it.
my ($pid, $holder) = hold_visit($node, 'origin');
my $dropper = session($node, 'origin');
$dropper->{in} .= "DROP EXTENSION pg_tend;\n\\echo dropped\n";
$dropper->{run}->pump_nb;
ok( $node->poll_query_until(
		'postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'DROP EXTENSION%'"
		  . " AND wait_event_type = 'Lock' AND $pid = ANY (pg_blocking_pids(pid))"),
	'DROP EXTENSION waits for the transaction of a visit');
say_in($holder, 'SELECT pg_advisory_unlock(4711);');
$dropper->{run}->pump until $dropper->{out} =~ /dropped/;
is($dropper->{err}, '', 'and then succeeds');
close_session($_) foreach $holder, $dropper;
is_quiet($node, $offset, 'without an error of the visit');
wait_for_status($node, 'origin', 'without%', 'which saw that the extension went');

# ---- a slow visit ----

# 3000 tables are three transactions of a visit.  The first that writes is made
# to last until somebody wants the database, the next for longer than anybody
# waits.
$node->safe_psql('postgres', 'CREATE DATABASE slow');
$node->safe_psql('slow', <<'SQL');
DO $$
BEGIN
    FOR i IN 1 .. 3000 LOOP
        EXECUTE format('CREATE TABLE t%s (n int)', i);
        IF i % 500 = 0 THEN COMMIT; END IF;
    END LOOP;
END
$$;
SQL
$node->safe_psql('slow', <<'SQL');
BEGIN;
CREATE EXTENSION pg_tend;
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF current_setting('dawdle.once', true) = 'yes' THEN
        PERFORM pg_sleep(1000);
    END IF;
    WHILE NOT EXISTS (SELECT FROM pg_locks
                       WHERE locktype = 'object' AND classid = 'pg_database'::regclass
                         AND objid = (SELECT oid FROM pg_database WHERE datname = current_database())
                         AND mode IN ('ShareLock', 'AccessExclusiveLock')) LOOP
        PERFORM pg_sleep(0.02);
    END LOOP;
    PERFORM set_config('dawdle.once', 'yes', false);
    RETURN NEW;
END
$$;
CREATE TRIGGER dawdle BEFORE INSERT ON tend.table_history_0 FOR EACH ROW
    WHEN (NEW.table_name IN ('t500', 't1500', 't2500')) EXECUTE FUNCTION dawdle();
COMMIT;
SQL
my $asleep = "SELECT count(*) = 1 FROM pg_stat_activity"
  . " WHERE datname = 'slow' AND backend_type = 'pg_tend visit' AND wait_event = 'PgSleep'";
$node->poll_query_until('postgres', $asleep) or die 'the visit does not begin';
is(take_database($node, 'CREATE DATABASE slow_copy TEMPLATE slow'), '',
	'a long visit ends early for CREATE DATABASE TEMPLATE');
is( $node->safe_psql('postgres',
		"SELECT detail FROM tend.self WHERE datname = 'slow' AND metric = 'last rows written'"),
	'ended early: somebody wanted the database, the extension or its tables',
	'tend.self says so');
$node->poll_query_until('postgres', $asleep) or die 'the next visit does not begin';
is(take_database($node, 'DROP DATABASE slow'), '', 'and for DROP DATABASE');
ok(failures($node, 'postgres') == 0, 'which is no failure');
is_quiet($node, $offset, 'and no error in the log');

# ---- the end ----

# slow_copy has the trigger too
$asleep =~ s/'slow'/'slow_copy'/;
$node->poll_query_until('postgres', $asleep) or die 'the visit to the copy does not begin';
ok($node->stop('fast', fail_ok => 1), 'fast shutdown does not wait for a visit without an end');
unlike(log_since($node, $offset), qr/aborting any active transactions.*could not finish/s,
	'nor is that visit called a failure');

done_testing();
