# Too few background workers: pg_tend says so once, and does no harm.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# The launcher of logical replication takes the first slot, our launcher the
# second, and the visits would need a third.
my $node = tend_node('slots', conf => 'max_worker_processes = 2');
my $offset = 0;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');

sub warnings_in_log
{
	return scalar grep { /WARNING:  pg_tend found no free background worker slot/ }
	  split /\n/, log_since($node, $offset);
}

wait_for_launcher($node, 'waiting: no free background worker slot%',
	'without a slot for visits, tend.self says so');
like(log_since($node, 0), qr/HINT:  You might need to increase max_worker_processes/,
	'the log says what to do');

# each reload is a turn of the launcher, and so is each second
foreach (1 .. 3)
{
	$node->safe_psql('postgres', 'SELECT tend.request_visit()');
	$node->reload;
}
ok( $node->poll_query_until('postgres',
		"SELECT now() - pg_postmaster_start_time() > interval '3 seconds'"),
	'some intervals pass');
is(warnings_in_log(), 1, 'the warning is not repeated');
wait_for_launcher($node, 'waiting%', 'tend.self still says so');
is(visits($node, 'postgres'), 0, 'nothing was visited');
is(failures($node, 'postgres'), 0, 'but no database is blamed for it');
is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM tend.tables'), 't', 'the views work');
# it is for a moment, with each that is tried
my $marked = 1;
foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
	last if !($marked = -e $node->data_dir . '/pg_stat/pg_tend.visit');
	select undef, undef, undef, 0.1;
}
ok(!$marked, 'no visit is marked as begun');

# ---- not even room for the launcher ----

$node->append_conf('postgresql.conf', 'max_worker_processes = 1');
$node->restart;
like( $node->safe_psql('postgres',
		"SELECT detail FROM tend.self WHERE part = 'launcher' AND metric = 'status'"),
	qr/^not running: .*max_worker_processes/,
	'without a slot for the launcher, tend.self says that it does not run');
is($node->safe_psql('postgres', 'SELECT tend.request_visit()'), '', 'a visit may be asked for in vain');
is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM tend.tables'), 't', 'the views work');

# ---- room again ----

$node->append_conf('postgresql.conf', 'max_worker_processes = 3');
$node->restart;
wait_for_status($node, 'postgres', 'visited', 'three slots are enough');
wait_for_launcher($node, 'running', 'and the launcher runs');

$node->stop;
done_testing();
