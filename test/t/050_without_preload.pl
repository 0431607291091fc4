# Without shared_preload_libraries everything works that needs no worker.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use List::Util qw(min);
use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('plain');
$node->init(extra => ['--no-sync']);
$node->append_conf('postgresql.conf', "autovacuum_naptime = 1d\nlog_statement = none\n");
$node->start;

is($node->safe_psql('postgres', "LOAD 'pg_tend'"), '', 'the library loads into any session');
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_tend;
CREATE TABLE orders (id int);
INSERT INTO orders SELECT generate_series(1, 1000);
DELETE FROM orders WHERE id <= 80;
SQL
pass('CREATE EXTENSION works');

ok( $node->poll_query_until('postgres',
		"SELECT dead_tuples = 80 AND vacuum_due > 1 AND verdict = 'vacuum due'"
		  . " FROM tend.tables WHERE table_name = 'orders'"),
	'tend.tables works');
is($node->safe_psql('postgres', "SELECT dead_per_second IS NULL FROM tend.tables WHERE table_name = 'orders'"),
	't', 'though nobody has observed any speed');
my $idle = session($node, 'postgres');
say_in($idle, 'BEGIN; SELECT pg_current_xact_id();');
$node->safe_psql('postgres', 'CREATE TABLE another (id int)');
is($node->safe_psql('postgres', "SELECT kind FROM tend.vacuum_blockers"),
	'idle in transaction', 'tend.vacuum_blockers works');
close_session($idle);
is($node->safe_psql('postgres', "SELECT count(*) >= 2 FROM tend.wraparound WHERE severity = 'ok'"),
	't', 'tend.wraparound works');
like($node->safe_psql('postgres', "SELECT tend.explain_table('orders')"), qr/\b80\b/,
	'tend.explain_table works');
is($node->safe_psql('postgres', 'SELECT count(*) FROM tend.events'), '0', 'tend.events works');
is($node->safe_psql('postgres', 'SELECT count(*) FROM tend.history_bytes()'),
	'8', 'tend.history_bytes works');

# each in a session of its own, where nothing has loaded the library before
foreach my $view ('metrics_table', 'metrics_verdict', 'metrics_health', 'metrics_blocker', 'metrics_wraparound',
	'metrics_tuning', 'top', 'health_page')
{
	is($node->safe_psql('postgres', "SELECT count(*) > 0 FROM tend.$view"), 't', "tend.$view works");
}

foreach my $call ('SELECT * FROM tend.self', 'SELECT tend.request_visit()',
	'SELECT * FROM tend.misestimates', 'SELECT tend.misestimates_reset()',
	'SELECT * FROM tend.io_latency', 'SELECT * FROM tend.io_histogram', 'SELECT * FROM tend.checkpoints',
	map { "SELECT * FROM tend.metrics_$_" } 'queries', 'io', 'checkpoint', 'self')
{
	my $status = $node->psql('postgres', $call, stderr => \my $stderr,
		extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	is($status, 3, "$call fails");
	like($stderr, qr/ERROR:  55000: pg_tend has no shared memory in this server/, 'and says why');
	like($stderr, qr/DETAIL:  The library was not loaded when the server started\./, 'and what is missing');
	like($stderr, qr/HINT:  Add "pg_tend" to shared_preload_libraries and restart the server\./,
		'and what to do');
}

is($node->safe_psql('postgres', "SELECT attached, state, remedy FROM tend.iotrace_status"),
	'f|not preloaded|Add "pg_tend" to shared_preload_libraries and restart the server.',
	'tend.iotrace_status says what is missing');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'pg_tend%'"),
	'0', 'no process of pg_tend runs');
is_quiet($node, 0, 'the log shows no error of the server');

# ---- pg_upgrade ----

# The new cluster preloads the library, as it is going to be used.  Its visits
# come each second, but must not begin before pg_upgrade has finished.
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_tend'\npg_tend.interval = 1");
$node->restart;
ok( $node->poll_query_until('postgres',
		"SELECT count(*) > 0 FROM tend.table_history WHERE table_name = 'orders'"),
	'with shared_preload_libraries there is history');
is( $node->safe_psql('postgres', "SELECT detail FROM tend.self WHERE metric = 'library version'"),
	'1.0', 'and tend.self works');
alter_system($node, 'SET pg_tend.enabled = off');
wait_for_launcher($node, 'switched off%', 'which is then left as it is');
my $rows = "SELECT count(*), min(at), max(at) FROM tend.table_history";
# The library lies in a folder of dynamic_library_path here.  For LOAD, with
# which pg_upgrade checks it, $libdir is the server's own.
$node->safe_psql('postgres',
	"UPDATE pg_proc SET probin = 'pg_tend' WHERE probin = '\$libdir/pg_tend'");
my $old_rows = $node->safe_psql('postgres', $rows);
$node->stop;

my $new = tend_node('upgraded', stopped => 1, conf => <<'END');
log_min_messages = debug1
END
my $bindir = $node->config_data('--bindir');
my $workdir = PostgreSQL::Test::Utils::tempdir_short();
chdir $workdir or die "$workdir: $!";
my @pg_upgrade = (
	'pg_upgrade', '--no-sync', '--retain',
	'-d', $node->data_dir, '-D', $new->data_dir, '-b', $bindir, '-B', $bindir,
	'-s', $new->host, '-p', $node->port, '-P', $new->port);
command_ok([ @pg_upgrade, '--check' ], 'pg_upgrade --check finds nothing wrong');
command_ok(\@pg_upgrade, 'pg_upgrade succeeds, although the new server preloads the library');
my @logs = map { glob } $new->data_dir . '/pg_upgrade_output.d/*/log/*',
  $new->data_dir . '/pg_upgrade_output.d/log/*';
my $logs = join '', map { slurp_file($_) } @logs;
cmp_ok(length($logs), '>', 0, 'the logs of its servers are kept');
my @strays = grep { /"pg_tend (?:launcher|visit)/ } split /\n/, $logs;
is(scalar(@strays), 0, 'no database was visited while it was at work')
  || diag(join "\n", @strays[0 .. min(4, $#strays)]);
$new->append_conf('postgresql.conf', 'pg_tend.enabled = off');
$new->start;
is($new->safe_psql('postgres', $rows), $old_rows, 'the history moves along unchanged');
alter_system($new, 'SET pg_tend.enabled = on');
wait_for_status($new, 'postgres', 'visited', 'and visits go on in the new cluster');
is_quiet($new, 0, 'without an error');

$new->stop;
done_testing();
