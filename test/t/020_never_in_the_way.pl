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
			$node->psql('postgres', $command, stderr => \my $stderr);
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
cmp_ok(scalar(@raced), '<=', 8, 'and these are rare');
note('raced with DROP DATABASE: ' . scalar(@raced));

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

# 3000 tables are three transactions of a visit, and each of them is made to
# last 3 seconds.  All together would be too long for PostgreSQL, which waits
# for 5 seconds.
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
$$ BEGIN PERFORM pg_sleep(3); RETURN NEW; END $$;
CREATE TRIGGER dawdle BEFORE INSERT ON tend.table_history_0 FOR EACH ROW
    WHEN (NEW.table_name IN ('t500', 't1500', 't2500')) EXECUTE FUNCTION dawdle();
COMMIT;
SQL
my $asleep = "SELECT count(*) = 1 FROM pg_stat_activity"
  . " WHERE datname = 'slow' AND backend_type = 'pg_tend visit' AND wait_event = 'PgSleep'";
$node->poll_query_until('postgres', $asleep) or die 'the visit does not begin';
$node->psql('postgres', 'CREATE DATABASE slow_copy TEMPLATE slow', stderr => \my $stderr);
is($stderr, '', 'a long visit ends early for CREATE DATABASE TEMPLATE');
is( $node->safe_psql('postgres',
		"SELECT detail FROM tend.self WHERE datname = 'slow' AND metric = 'last rows written'"),
	'ended early: somebody wanted the database, the extension or its tables',
	'tend.self says so');
$node->poll_query_until('postgres', $asleep) or die 'the next visit does not begin';
$node->psql('postgres', 'DROP DATABASE slow', stderr => \$stderr);
is($stderr, '', 'and for DROP DATABASE');
ok(failures($node, 'postgres') == 0, 'which is no failure');
is_quiet($node, $offset, 'and no error in the log');

# ---- the end ----

# slow_copy has the trigger too
$asleep =~ s/'slow'/'slow_copy'/;
$node->poll_query_until('postgres', $asleep) or die 'the visit to the copy does not begin';
my $start = time;
$node->stop('fast');
cmp_ok(time - $start, '<', 5, 'fast shutdown does not wait for a long visit');
unlike(log_since($node, $offset), qr/aborting any active transactions.*could not finish/s,
	'nor is that visit called a failure');

done_testing();
