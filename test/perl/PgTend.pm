# What the TAP tests share: a server with pg_tend, and questions to it.
#
# Nothing here sleeps for a fixed time; all waiting is for a state.
package PgTend;

use strict;
use warnings;

# What does not happen within this time does not happen, even on a machine that
# has much else to do.
BEGIN { $ENV{PG_TEST_TIMEOUT_DEFAULT} ||= 180; }

use Carp;
use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(tend_node create_databases take_database drop_database
  alter_system visits visit_status wait_for_status wait_for_visits
  last_error failures next_visit launcher_status wait_for_launcher
  stop_visits
  log_size log_since log_errors is_quiet
  write_bytes patched
  session say_in ask_in has_answered close_session hold_visit
  lock_table teach learn ask_until ask_past ask_for_visits options_of);

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

# Run a command that needs a database for itself; returns its error.  The server
# lets others have 5 seconds to leave: one that had no moment for that long may
# be in the way once.
sub take_database
{
	my ($node, $command) = @_;
	my $stderr;

	foreach (1 .. 2)
	{
		$node->psql('postgres', $command, stderr => \$stderr);
		last if $stderr !~ /is being accessed by other users/;
		note("in the way of $command: $stderr");
	}
	return $stderr;
}

sub drop_database
{
	my ($node, $name) = @_;
	my $error = take_database($node, "DROP DATABASE $name");

	croak $error if $error ne '';
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

# From here on no visit comes, and none is at work, until pg_tend.enabled is on.
# It is asked in a database that has the extension.
sub stop_visits
{
	my ($node, $datname) = @_;

	alter_system($node, 'SET pg_tend.enabled = off');
	$node->poll_query_until($datname // 'postgres',
		"SELECT EXISTS (SELECT FROM tend.self WHERE part = 'launcher' AND metric = 'status' AND detail LIKE 'switched off%')"
		  . " AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_tend visit')")
	  or croak 'visits do not end';
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

# ---- files that are damaged ----

sub write_bytes
{
	my ($file, $content) = @_;

	open my $out, '>:raw', $file or croak "$file: $!";
	print $out $content;
	close $out or croak "$file: $!";
	return;
}

# The content with other bytes at a place
sub patched
{
	my ($content, $at, $bytes) = @_;

	substr($content, $at, length $bytes) = $bytes;
	return $content;
}

# ---- what the log says ----

# What is said where a server ends, or the one from which another receives, or
# where the machine had a moment for nobody, is no error of anybody.
my $said_of_itself = qr/
	FATAL:[ ]+terminating[ ].*[ ]due[ ]to[ ]administrator[ ]command
	| FATAL:[ ]+the[ ]database[ ]system[ ]is[ ]
	| could[ ]not[ ](?:receive[ ]data[ ]from|send[ ]data[ ]to)[ ]WAL[ ]stream
	| the[ ]primary | end-of-streaming
	| autovacuum[ ]worker[ ]took[ ]too[ ]long[ ]to[ ]start
/x;

# Lines of the log that report an error, but not those of sessions, nor what the
# server says of itself.
sub log_errors
{
	my ($node, $offset) = @_;

	return grep { !/\] \S+\.pl (?:ERROR|FATAL)/ && !/$said_of_itself/ }
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
	my ($node, $datname, $user) = @_;
	my %s = (in => '', out => '', err => '', number => 0);

	$s{timer} = IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default);
	$s{run} = IPC::Run::start(
		[ $node->installed_command('psql'), '-XAtq', '-d', $node->connstr($datname),
			defined $user ? ('-U', $user) : () ],
		'<', \$s{in}, '>', \$s{out}, '2>', \$s{err}, $s{timer});
	return \%s;
}

# Send statements, and go on.
sub ask_in
{
	my ($s, $sql) = @_;

	$s->{timer}->start($PostgreSQL::Test::Utils::timeout_default);
	$s->{end} = 'end of answer ' . ++$s->{number};
	$s->{out} = '';
	$s->{in} .= "$sql\n\\echo $s->{end}\n";
	return;
}

# Are they over?
sub has_answered
{
	my ($s) = @_;

	return 1 if !defined $s->{end};
	$s->{run}->pump_nb;
	return $s->{out} =~ /^$s->{end}$/m;
}

# What the statements print
sub say_in
{
	my ($s, $sql) = @_;

	ask_in($s, $sql);
	$s->{run}->pump until $s->{out} =~ /^$s->{end}$/m;
	$s->{out} =~ s/^$s->{end}\n//m;
	$s->{end} = undef;
	chomp(my $answer = $s->{out});
	return $answer;
}

# A statement that locks a table without standing in the queue: whoever waits for
# autovacuum has it cancelled.
sub lock_table
{
	my ($table, $mode) = @_;

	return <<"SQL";
DO \$\$
BEGIN
    LOOP
        BEGIN
            LOCK TABLE $table IN $mode MODE NOWAIT;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.02);
        END;
    END LOOP;
END
\$\$;
SQL
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
	$node->safe_psql($datname,
		'DO $$ BEGIN FOR i IN 1 .. 50 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$;'
		  . ' SELECT tend.request_visit();');
	# between two naps it does not wait
	my $pid = '';
	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		last if ($pid = $node->safe_psql('postgres', $waiting)) ne '';
		select undef, undef, undef, 0.1;
	}
	croak "no visit to $datname waits" if $pid eq '';
	return ($pid, $s);
}

# ---- what visits have learnt ----

# Let a database be taught.  Dead rows are dear in it: at about this price, the
# tables of our tests should be vacuumed early.
sub teach
{
	my ($node, $datname) = @_;

	$node->safe_psql($datname, <<'SQL');
CREATE OR REPLACE PROCEDURE public.learn(tables regclass[], dead float8, more jsonb DEFAULT '{}') LANGUAGE sql AS $$
    INSERT INTO tend.table_history_0
    SELECT r.*
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL jsonb_populate_record(NULL::tend.table_history_0, jsonb_build_object(
           'at', clock_timestamp(), 'relid', c.oid, 'schema_name', n.nspname, 'table_name', c.relname,
           'observed_seconds', 86400, 'dead_per_second', dead,
           'dead_per_second_hour', dead, 'dead_per_second_day', dead,
           'live_tuples', pg_stat_get_live_tuples(c.oid), 'dead_tuples', pg_stat_get_dead_tuples(c.oid),
           'inserted', pg_stat_get_tuples_inserted(c.oid), 'updated', pg_stat_get_tuples_updated(c.oid),
           'hot_updated', pg_stat_get_tuples_hot_updated(c.oid), 'deleted', pg_stat_get_tuples_deleted(c.oid),
           'vacuum_count', pg_stat_get_vacuum_count(c.oid) + pg_stat_get_autovacuum_count(c.oid),
           'analyze_count', pg_stat_get_analyze_count(c.oid) + pg_stat_get_autoanalyze_count(c.oid)) || more) r
     WHERE c.oid = ANY (tables)
$$;
INSERT INTO tend.database_history_0 (at, next_xid, next_mxid, bloat_price, one_percent_pages_per_second)
SELECT clock_timestamp(), pg_snapshot_xmax(pg_current_snapshot())::text::bigint, 1, 1000, 0.001;
SQL
	return;
}

# Rows of a table die at this rate per second, as if seen for a day.
sub learn
{
	my ($node, $datname, $tables, $dead, $more) = @_;

	$more //= '{}';
	$node->safe_psql($datname, "CALL public.learn('{$tables}', $dead, '$more')");
	return;
}

# Wait until a condition is true, with one visit to the database after another.
sub ask_until
{
	my ($node, $datname, $condition, $name) = @_;
	my $ok = $node->poll_query_until($datname,
		"WITH v AS MATERIALIZED (SELECT tend.request_visit()) SELECT COALESCE(($condition), false) FROM v");

	ok($ok, $name) if defined $name;
	croak "never: $condition" unless $ok || defined $name;
	return;
}

# The answer once it no longer tells of an obstacle that goes by itself: if that
# stays, the answer tells.
sub ask_past
{
	my ($node, $datname, $obstacle, $sql) = @_;
	my $answer;

	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		$answer = $node->safe_psql($datname, $sql);
		last if $answer !~ $obstacle;
		select undef, undef, undef, 0.05;
	}
	return $answer;
}

# So many whole visits, without waiting for their time
sub ask_for_visits
{
	my ($node, $datname, $more) = @_;
	my $wanted = visits($node, $datname) + $more + 1;

	ask_until($node, $datname,
		"SELECT max(value) >= $wanted FROM tend.self WHERE part = 'visit'"
		  . " AND datname = '$datname' AND metric = 'visits'");
	return;
}

# Storage parameters of a table, and those of its TOAST table behind a "|"
sub options_of
{
	my ($node, $datname, $table) = @_;

	return $node->safe_psql($datname, <<"SQL");
SELECT concat_ws('|', array_to_string(c.reloptions, ', '), array_to_string(t.reloptions, ', '))
  FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = '$table'::regclass
SQL
}

1;
