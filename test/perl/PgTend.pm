# What the TAP tests share: a server with pg_tend, and questions to it.
#
# Nothing here sleeps for a fixed time; all waiting is for a state.
package PgTend;

use strict;
use warnings;

# What does not happen within this time does not happen.
BEGIN { $ENV{PG_TEST_TIMEOUT_DEFAULT} ||= 30; }

use Carp;
use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(tend_node create_databases
  alter_system visits visit_status wait_for_status wait_for_visits
  last_error failures next_visit launcher_status wait_for_launcher
  log_size log_since log_errors is_quiet
  session say_in close_session hold_visit);

# ---- servers ----

# A server whose visits come each second.  Autovacuum is off, so that nothing
# but the test moves a counter.
sub tend_node
{
	my ($name, %params) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(
		allows_streaming => $params{allows_streaming},
		extra => [ '--no-sync' ]);
	$node->append_conf('postgresql.conf', <<"END");
shared_preload_libraries = 'pg_tend'
pg_tend.interval = 1
autovacuum = off
max_worker_processes = 16
log_statement = none
@{[ $params{conf} || '' ]}
END
	$node->start unless $params{stopped};
	return $node;
}

sub create_databases
{
	my ($node, @names) = @_;

	foreach my $name (@names)
	{
		$node->safe_psql('postgres', "CREATE DATABASE $name");
		$node->safe_psql($name, 'CREATE EXTENSION pg_tend');
	}
	return;
}

# Change settings and have all processes read them.
sub alter_system
{
	my ($node, @settings) = @_;

	$node->safe_psql('postgres', join "\n",
		(map { "ALTER SYSTEM $_;" } @settings), 'SELECT pg_reload_conf();');
	return;
}

# ---- tend.self, asked in database postgres, which must have the extension ----

sub metric
{
	my ($node, $datname, $metric, $column) = @_;

	return $node->safe_psql('postgres',
		"SELECT $column FROM tend.self"
		  . " WHERE part = 'visit' AND datname = '$datname' AND metric = '$metric'");
}

sub visits { return metric(@_, 'visits', 'value') || 0; }
sub failures { return metric(@_, 'failures in a row', 'value') || 0; }
sub next_visit { return metric(@_, 'next visit', 'value'); }
sub visit_status { return metric(@_, 'status', 'detail'); }
sub last_error { return metric(@_, 'last error', 'detail'); }

sub launcher_status
{
	my ($node) = @_;

	return $node->safe_psql('postgres',
		"SELECT detail FROM tend.self WHERE part = 'launcher' AND metric = 'status'");
}

sub wait_for_launcher
{
	my ($node, $like, $name) = @_;

	ok( $node->poll_query_until(
			'postgres',
			"SELECT detail LIKE '$like' FROM tend.self"
			  . " WHERE part = 'launcher' AND metric = 'status'"),
		$name);
	return;
}

sub wait_for_status
{
	my ($node, $datname, $like, $name) = @_;

	ok( $node->poll_query_until(
			'postgres',
			"SELECT COALESCE(bool_or(detail LIKE '$like'), false) FROM tend.self"
			  . " WHERE part = 'visit' AND datname = '$datname' AND metric = 'status'"),
		$name) || diag('it is: ' . visit_status($node, $datname));
	return;
}

# Wait until so many more visits to a database have ended well.
sub wait_for_visits
{
	my ($node, $datname, $more) = @_;
	my $wanted = visits($node, $datname) + $more;

	$node->poll_query_until(
		'postgres',
		"SELECT COALESCE(max(value), 0) >= $wanted FROM tend.self"
		  . " WHERE part = 'visit' AND datname = '$datname' AND metric = 'visits'")
	  or croak "no visit to $datname";
	return;
}

# ---- server log ----

sub log_size
{
	my ($node) = @_;

	return -s $node->logfile;
}

sub log_since
{
	my ($node, $offset) = @_;

	return slurp_file($node->logfile, $offset);
}

# Lines of the log that report an error, but not those of sessions.
sub log_errors
{
	my ($node, $offset) = @_;

	return grep { !/\] \S+\.pl (?:ERROR|FATAL)/ }
	  grep { /(?:ERROR|FATAL|PANIC|WARNING):  / }
	  split /\n/, log_since($node, $offset);
}

sub is_quiet
{
	my ($node, $offset, $name) = @_;

	is(join("\n", log_errors($node, $offset)), '', $name);
	return;
}

# ---- sessions that stay open ----

sub session
{
	my ($node, $datname) = @_;
	my %s = (in => '', out => '', err => '', number => 0);

	$s{timer} = IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default);
	$s{run} = IPC::Run::start(
		[ $node->installed_command('psql'), '-XAtq', '-d', $node->connstr($datname) ],
		'<', \$s{in}, '>', \$s{out}, '2>', \$s{err}, $s{timer});
	return \%s;
}

# What the statements print
sub say_in
{
	my ($s, $sql) = @_;
	my $end = 'end of answer ' . ++$s->{number};

	$s->{timer}->start($PostgreSQL::Test::Utils::timeout_default);
	$s->{out} = '';
	$s->{in} .= "$sql\n\\echo $end\n";
	$s->{run}->pump until $s->{out} =~ /^$end$/m;
	$s->{out} =~ s/^$end\n//m;
	chomp(my $answer = $s->{out});
	return $answer;
}

# The server may have ended it already.
sub close_session
{
	my ($s) = @_;

	eval { $s->{in} .= "\\q\n"; $s->{run}->finish; };
	return;
}

# Have a visit begin and wait: returns its pid, and a session that holds it
# until it is closed.
sub hold_visit
{
	my ($node, $datname) = @_;
	my $s = session($node, $datname);
	my $waiting = "SELECT pid FROM pg_stat_activity"
	  . " WHERE backend_type = 'pg_tend visit' AND datname = '$datname'"
	  . " AND wait_event = 'PgSleep'";

	say_in($s, 'SELECT pg_advisory_lock(4711);');
	$node->safe_psql($datname, <<'SQL');
CREATE OR REPLACE FUNCTION public.hold_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WHILE NOT pg_catalog.pg_try_advisory_xact_lock(4711) LOOP
        PERFORM pg_catalog.pg_sleep(0.02);
    END LOOP;
    RETURN NEW;
END
$$;
DO $$
DECLARE
    slot regclass;
BEGIN
    FOR slot IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'tend.database_history'::regclass LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER hold BEFORE INSERT ON %s EXECUTE FUNCTION public.hold_visit()', slot);
    END LOOP;
END
$$;
SQL
	# worth a row of tend.database_history
	$node->safe_psql($datname, 'DO $$ BEGIN FOR i IN 1 .. 50 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$');
	$node->poll_query_until('postgres', "SELECT EXISTS ($waiting)")
	  or croak "no visit to $datname waits";
	return ($node->safe_psql('postgres', $waiting), $s);
}

1;
