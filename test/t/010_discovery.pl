# Databases are found, visited, left out and found again by themselves.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('discovery', conf => 'pg_tend.interval = 1h');
my $offset = log_size($node);

# ---- at once, whatever the interval ----

$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
wait_for_status($node, 'postgres', 'visited',
	'CREATE EXTENSION is noticed at commit, even with an interval of an hour');
wait_for_launcher($node, 'running', 'the launcher says that it runs');
is( $node->safe_psql('postgres', 'SELECT count(*) > 0 FROM tend.database_history'),
	't', 'the first visit writes history');

$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', 'BEGIN; CREATE EXTENSION pg_tend; ROLLBACK;');
is(visit_status($node, 'second'), '',
	'a CREATE EXTENSION that is rolled back announces nothing');
$node->safe_psql('second', 'CREATE EXTENSION pg_tend');
wait_for_status($node, 'second', 'visited', 'a second database is noticed likewise');

$node->safe_psql('second', 'SELECT tend.request_visit()');
ok( $node->poll_query_until(
		'postgres',
		"SELECT value = 2 FROM tend.self WHERE datname = 'second' AND metric = 'visits'"),
	'a visit may be asked for before the interval is over');

# Nor is a request lost while another database is visited, the later in a round.
my $in_the_way = session($node, 'second');
say_in($in_the_way, 'BEGIN; LOCK TABLE pg_extension; SELECT tend.request_visit();');
$node->poll_query_until('postgres',
	"SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_tend visit'"
	  . " AND datname = 'second' AND wait_event_type = 'Lock'")
  or die 'no visit to the second database';
my $visits_before = visits($node, 'postgres');
$node->safe_psql('postgres', 'SELECT tend.request_visit()');
# so that the launcher wakes, sees that the visit goes on, and falls asleep again
select undef, undef, undef, 0.5;
say_in($in_the_way, 'COMMIT;');
close_session($in_the_way);
ok($node->poll_query_until('postgres', "SELECT value > $visits_before FROM tend.self WHERE datname = 'postgres' AND metric = 'visits'"),
	'a visit may be asked for while another database is visited');

# The announcement must not get lost while a visit ends that still found no
# extension.  The launcher is stopped so that it notices both at once.
SKIP:
{
	$node->safe_psql('postgres', 'CREATE DATABASE late');
	my $locker = session($node, 'late');
	say_in($locker, 'BEGIN; LOCK TABLE pg_extension;');
	$node->reload;    # wakes the launcher
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_tend visit'"
		  . " AND datname = 'late' AND wait_event_type = 'Lock'")
	  or skip 'no visit to the new database', 1;
	my $launcher = $node->safe_psql('postgres',
		"SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_tend launcher'");
	kill STOP => $launcher;
	say_in($locker, 'COMMIT;');
	$node->poll_query_until('postgres',
		"SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_tend visit')");
	say_in($locker, 'CREATE EXTENSION pg_tend;');
	kill CONT => $launcher;
	wait_for_status($node, 'late', 'visited',
		'CREATE EXTENSION is noticed even while a visit that saw no extension ends');
	close_session($locker);
}

# ---- what the interval brings ----

alter_system($node, 'SET pg_tend.interval = 1');
ok( $node->poll_query_until(
		'postgres',
		"SELECT value >= 4 FROM tend.self WHERE datname = 'second' AND metric = 'visits'"),
	'a shorter pg_tend.interval takes effect with a reload');
foreach my $datname ('postgres', 'second')
{
	$node->safe_psql($datname, 'SELECT tend.request_visit()');
}

is(take_database($node, 'CREATE DATABASE copy TEMPLATE second'), '', 'a database is copied');
wait_for_status($node, 'copy', 'visited',
	'a copy of a database that has the extension is visited too');

# ---- databases that are never visited ----

is(take_database($node, "CREATE DATABASE $_ TEMPLATE second"), '', "and as $_")
  foreach 'shut', 'model';
$node->safe_psql('postgres', <<'END');
ALTER DATABASE shut ALLOW_CONNECTIONS false;
ALTER DATABASE model IS_TEMPLATE true;
END
ok( $node->poll_query_until(
		'postgres',
		"SELECT NOT EXISTS (SELECT FROM tend.self WHERE datname IN ('shut', 'model'))"),
	'templates and databases that allow no connections are not even listed');
my $log = log_size($node);
wait_for_visits($node, 'postgres', 3);
unlike(log_since($node, $log), qr/shut|model|template[01]/,
	'visits to the others go on, and the log says nothing about them');
$node->safe_psql('postgres',
	'ALTER DATABASE shut ALLOW_CONNECTIONS true; ALTER DATABASE model IS_TEMPLATE false;');
wait_for_status($node, 'shut', 'visited', 'they are visited once connections are allowed');
wait_for_status($node, 'model', 'visited', 'or once they are no templates any more');

# ---- pg_tend.databases ----

alter_system($node, "SET pg_tend.databases = 'postgres, second'");
wait_for_status($node, 'copy', 'not named%', 'pg_tend.databases narrows what is visited');
my ($copy, $second) = (visits($node, 'copy'), visits($node, 'second'));
wait_for_visits($node, 'second', 2);
is(visits($node, 'copy'), $copy, 'a database that is not named is left alone');
alter_system($node, 'RESET pg_tend.databases');
wait_for_status($node, 'copy', 'visited', 'and is visited again after pg_tend.databases was reset');

# ---- pg_tend.enabled ----

alter_system($node, 'SET pg_tend.enabled = off');
wait_for_launcher($node, 'switched off%', 'pg_tend.enabled = off takes effect with a reload');
ok( $node->poll_query_until(
		'postgres',
		"SELECT min(value) > 2.5 FROM tend.self WHERE metric = 'last visit'"),
	'no visit begins for several intervals while pg_tend is off');
alter_system($node, 'RESET pg_tend.enabled');
wait_for_launcher($node, 'running', 'pg_tend.enabled = on lets it run again');
wait_for_visits($node, 'postgres', 1);
pass('visits go on');

# ---- the extension goes and comes ----

$node->safe_psql('second', 'CREATE TABLE kept AS SELECT generate_series(1, 1000)');
ok( $node->poll_query_until(
		'second', "SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'kept'"),
	'a table gets history');
$node->safe_psql('second', 'DROP EXTENSION pg_tend');
wait_for_status($node, 'second', 'without%', 'DROP EXTENSION is noticed');
$node->safe_psql('second', 'CREATE EXTENSION pg_tend');
wait_for_status($node, 'second', 'visited', 'CREATE EXTENSION again is noticed at once');
ok( $node->poll_query_until(
		'second', "SELECT count(*) = 1 FROM tend.table_history WHERE table_name = 'kept'"),
	'the table gets history again, although nothing changed in it');

is(take_database($node, 'DROP DATABASE copy'), '', 'a database is dropped');
ok( $node->poll_query_until(
		'postgres', "SELECT count(*) = 0 FROM tend.self_facts() f"
		  . " WHERE f.dboid <> 0 AND f.dboid NOT IN (SELECT oid FROM pg_database)"),
	'a dropped database is forgotten');

# a visit may have been at the door of a database that was closed or dropped
my $at_door = qr/FATAL:  database (?:"shut" is not currently accepting connections|(?:\d+|"copy") does not exist)/;
is( join("\n", grep { !/$at_door/ } log_errors($node, $offset)), '',
	'nothing of this puts an error into the log');

$node->stop;
done_testing();
