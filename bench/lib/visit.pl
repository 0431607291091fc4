#!/usr/bin/perl
#
# visit.pl TABLES ...
#
# The measurements of bench/visit.  Runs in a copy of the sources that is thrown
# away, as a user other than root, the programs of PostgreSQL first in PATH and
# PG_CONFIG set.  Everything it makes lies in tmp_check.
#
use strict;
use warnings FATAL => 'all';

use Cwd qw(getcwd);
use FindBin;
use List::Util qw(max min sum0);
use POSIX ();
use Time::HiRes qw(sleep time);

use lib $FindBin::RealBin;
use BenchFiles;
use BenchReport;
use BenchServer;

$| = 1;

my $idle_visits = 5;
my $changed_visits = 3;
my $sessions = 3;				# of each statement that we compare with

# seconds that one visit may take before we give up
my $patience = 300;

my $out = getcwd() . '/tmp_check';
my $unmeasured = 0;
my ($data, $server);

my $settings = <<'END';
listen_addresses = ''
fsync = off
autovacuum = off
max_locks_per_transaction = 512
max_wal_size = '16GB'
checkpoint_timeout = '1h'
END

# Visits come when they are asked for.
sub start_with
{
	my ($max_tables) = @_;
	$server = start_server({
		name => 'visit', data => $data, preload => 'pg_tend',
		settings => { 'pg_tend.interval' => '1h', 'pg_tend.max_tables' => $max_tables }
	});
	$ENV{PGHOST} = $server->{socket};
	return;
}

# ---- a process of the server ----

# Children of the postmaster whose title matches
sub find_process
{
	my ($title) = @_;
	# a server that starts meanwhile has another one than $server says
	my ($postmaster) = slurp("$data/postmaster.pid") =~ /^(\d+)/ or return;
	foreach my $pid (children({ postmaster => $postmaster }))
	{
		return $pid if slurp("/proc/$pid/cmdline") =~ $title;
	}
	return;
}

# Wait for the next process with this title to come and go; returns the
# largest Pss_Anon seen, in kB, and the number of looks.
sub follow_process
{
	my ($title) = @_;
	my $deadline = time + $patience;
	my ($pid, $peak, $looks) = (undef, 0, 0);

	until ($pid = find_process($title))
	{
		return (0, 0) if time > $deadline;
		sleep 0.002;
	}
	while (slurp("/proc/$pid/smaps_rollup") =~ /^Pss_Anon:\s+(\d+)/m)
	{
		$peak = max($peak, $1);
		$looks++;
		sleep 0.003;
	}
	return ($peak, $looks);
}

# Do something while another process watches for that title.
sub watched
{
	my ($title, $action) = @_;
	pipe my $reader, my $writer or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		close $reader;
		print $writer "@{[ follow_process($title) ]}\n";
		close $writer;
		POSIX::_exit(0);
	}
	close $writer;
	my $result = $action->();
	my ($peak, $looks) = split ' ', <$reader> // '0 0';
	waitpid $pid, 0;
	return ($looks > 0 ? $peak / 1024 : undef, $result);
}

# ---- one visit ----

sub self_facts
{
	my ($database) = @_;
	my $rows = psql($database,
		"SELECT f.metric || '=' || COALESCE(f.value::text, '') FROM tend.self_facts() f"
		  . " WHERE f.part = 'memory' OR f.dboid = (SELECT oid FROM pg_database WHERE datname = current_database())");
	return { map { /^(.*)=(.*)$/ } split /\n/, $rows };
}

sub visits_until_now
{
	my ($database) = @_;
	return psql($database,
		"SELECT CASE WHEN to_regproc('tend.self_facts') IS NULL THEN 0 ELSE 1 END") ?
	  self_facts($database)->{visits} // 0 : 0;
}

# Is the visit of this process that we think it is, and did it end well?
sub wait_for_report
{
	my ($database, $before) = @_;
	my $deadline = time + $patience;
	while (time < $deadline)
	{
		my $facts = self_facts($database);
		die "visit to $database->{database} failed\n" if $facts->{'failures in a row'};
		return $facts if ($facts->{visits} // 0) > $before;
		sleep 0.05;
	}
	die "no visit to $database->{database} within $patience s\n";
}

# One visit, brought about by $action, by default a request.  $before is the
# number of visits then.
sub visit
{
	my ($database, %how) = @_;
	my $before = $how{before} // visits_until_now($database);
	my $action = $how{action} // sub { psql($database, 'SELECT tend.request_visit()') };

	# the launcher has to have planned the next visit before we ask for it
	sleep 0.3;
	my $lsn = $how{no_wal} ? undef : psql($database, 'SELECT pg_current_wal_insert_lsn()');
	my ($peak, $facts) = watched(qr/^postgres: pg_tend visit to \Q$database->{database}\E\b/, sub {
		$action->();
		$lsn = psql($database, 'SELECT pg_current_wal_insert_lsn()') if $how{wal_after_action};
		return wait_for_report($database, $before);
	});
	return {
		cpu => $facts->{'last CPU'},
		wall => $facts->{'last duration'},
		longest => $facts->{'last longest transaction'},
		tables => $facts->{'last tables'},
		changed => $facts->{'last changed tables'},
		rows => $facts->{'last rows written'},
		memory => $peak,
		wal => defined $lsn ? psql($database, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '$lsn')") / 1024 : undef
	};
}

# Medians of several measurements, but the largest of what must not happen
sub summary
{
	my ($name, @runs) = @_;
	my %sum = (name => $name, runs => scalar @runs);
	foreach my $key (qw(cpu wall longest))
	{
		$sum{$key} = median(grep { defined } map { $_->{$key} } @runs);
	}
	foreach my $key (qw(memory rows changed wal tables))
	{
		$sum{$key} = max(grep { defined } map { $_->{$key} } @runs);
	}
	return \%sum;
}

# ---- locks ----

# Look at the locks of one visit every few milliseconds, in a session of our
# own.  It is another visit than those whose time is taken.
sub visit_locks
{
	my ($database) = @_;
	my $before = visits_until_now($database);
	my $pid = open my $watcher, '-|', 'psql', '-XqAt', '-d', $database->{database}, '-c', <<'SQL', '-c', "SELECT current_setting('bench.locks')"
DO $$
DECLARE
    looks     int := 0;
    most      int := 0;
    modes     text[] := '{}';
    waited    int := 0;
    relations oid[] := '{}';
    others    int;
    l         record;
BEGIN
    FOR i IN 1 .. 100000 LOOP
        SELECT count(*) AS n,
               array_agg(DISTINCT k.mode) FILTER (WHERE k.locktype NOT IN ('virtualxid', 'transactionid')) AS modes,
               count(*) FILTER (WHERE NOT k.granted) AS waiting,
               array_agg(DISTINCT k.relation) FILTER (WHERE k.relation >= 16384) AS relations
          INTO l
          FROM pg_locks k
         WHERE k.pid = (SELECT a.pid FROM pg_stat_activity a
                         WHERE a.backend_type = 'pg_tend visit' AND a.datname = current_database());
        IF l.n > 0 THEN
            looks := looks + 1;
            most := greatest(most, l.n);
            waited := waited + l.waiting;
            modes := ARRAY(SELECT DISTINCT unnest(modes || l.modes) ORDER BY 1);
            relations := ARRAY(SELECT DISTINCT unnest(relations || l.relations));
        ELSE
            EXIT WHEN looks > 0 AND NOT EXISTS
                (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_tend visit' AND datname = current_database());
        END IF;
        COMMIT;
        PERFORM pg_sleep(0.002);
        COMMIT;
    END LOOP;
    -- tables and indexes of ours, and the TOAST tables of either
    SELECT count(*) INTO others
      FROM pg_class c
      LEFT JOIN pg_index x ON x.indexrelid = c.oid
      JOIN pg_class o ON o.oid = COALESCE(x.indrelid, c.oid)
      LEFT JOIN pg_class m ON m.reltoastrelid = o.oid
     WHERE c.oid = ANY (relations)
       AND COALESCE(m.relnamespace, o.relnamespace) <> 'tend'::regnamespace;
    PERFORM set_config('bench.locks', format('%s|%s|%s|%s|%s', looks, most, waited, others, array_to_string(modes, ' ')), false);
END
$$
SQL
	  or die "psql: $!";
	sleep 0.5;
	psql($database, 'SELECT tend.request_visit()');
	my $answer = do { local $/; <$watcher> } // '';
	close $watcher;
	wait_for_report($database, $before);
	my ($looks, $most, $waited, $others, $modes) = $answer =~ /^(\d+)\|(\d+)\|(\d+)\|(\d+)\|(.*)$/m
	  or return;
	return { looks => $looks, most => $most, waited => $waited, others => $others, modes => $modes };
}

# ---- what we compare with ----

# CPU time and memory of a fresh session that runs one statement.  The server
# says itself how much CPU the session has used so far; "total" is with its
# start, as it is for a visit.
sub session
{
	my ($database, $statement) = @_;
	my $file = "$out/session.log";
	my ($peak) = watched(qr/^postgres: \Q$ENV{PGUSER} $database->{database}\E \[local\]/, sub {
		system("psql -Xq -d $database->{database} -c \"SET client_min_messages = log\" -c \"SET log_statement_stats = on\""
			  . " -c \"$statement\" > /dev/null 2> $file") == 0
		  or die "failed: $statement\n" . slurp($file);
	});
	my $log = slurp($file);
	my ($user, $system, $elapsed, $total_user, $total_system);
	while ($log =~ /!\s+([\d.]+) s user, ([\d.]+) s system, ([\d.]+) s elapsed\s+!\s+\[([\d.]+) s user, ([\d.]+) s system total\]/g)
	{
		($user, $system, $elapsed, $total_user, $total_system) = ($1, $2, $3, $4, $5);
	}
	die "the server said nothing of its CPU time: $log\n" unless defined $user;
	return {
		cpu => ($total_user + $total_system) * 1000,
		statement => ($user + $system) * 1000,
		wall => $elapsed * 1000,
		memory => $peak
	};
}

sub compare
{
	my ($database, $name, $statement) = @_;
	return summary($name, map { session($database, $statement) } 1 .. $sessions);
}

# ---- the tables ----

# Sessions of their own for every 5 000 keep the caches of the server small.
sub create_tables
{
	my ($database, $tables) = @_;
	psql($server, "CREATE DATABASE $database->{database}");
	psql($database, 'CREATE SCHEMA bench');
	for (my $first = 1; $first <= $tables; $first += 5000)
	{
		my $last = min($first + 4999, $tables);
		psql($database, <<"SQL");
DO \$\$
BEGIN
    FOR i IN $first .. $last LOOP
        EXECUTE format('CREATE TABLE bench.t%s (id int PRIMARY KEY, n int%s)', i,
                       CASE WHEN i % 3 = 0 THEN ', body text' END);
        EXECUTE format('INSERT INTO bench.t%s SELECT g, g FROM generate_series(1, 10) g', i);
        IF i % 1000 = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END
\$\$
SQL
	}
	# autovacuum, which is off here, would have done this
	psql($database, "VACUUM (ANALYZE) $_") foreach qw(
		pg_class pg_attribute pg_index pg_type pg_depend pg_constraint pg_namespace pg_statistic);
	psql($database, 'CHECKPOINT');
}

sub change_tables
{
	my ($database, $tables) = @_;
	psql($database, <<"SQL");
DO \$\$
BEGIN
    FOR i IN 1 .. $tables BY 100 LOOP
        EXECUTE format('UPDATE bench.t%s SET n = n + 1', i);
    END LOOP;
END
\$\$
SQL
}

# ---- the report ----

sub print_table
{
	my ($reference, @rows) = @_;
	my $format = "%-54s %9s %9s %9s %7s %8s %8s %9s %7s";
	say_line $format, '', 'CPU ms', 'wall ms', 'longest', 'memory', 'tables', 'rows', 'WAL', 'CPU';
	say_line $format, '', '', '', 'tx ms', 'MB', 'changed', 'written', 'kB', 'ratio';
	foreach my $r (@rows)
	{
		say_line $format, $r->{runs} > 1 ? "$r->{name}, median of $r->{runs}" : $r->{name},
		  cell($r->{cpu}, 1), cell($r->{wall}, 1), cell($r->{longest}, 1), cell($r->{memory}, 1),
		  cell($r->{changed}, 0), cell($r->{rows}, 0), cell($r->{wal}, 1),
		  cell($r->{cpu} / $reference->{cpu}, 2);
	}
}

sub print_locks
{
	my ($name, $locks) = @_;
	if (!defined $locks)
	{
		not_measured("locks of $name");
		return;
	}
	say_line "locks, %s: at most %d, %d waited for, %d on users' tables, modes %s (%d looks)",
	  $name, @{$locks}{qw(most waited others modes looks)};
}

# ---- one size ----

sub measure
{
	my ($tables) = @_;
	my $room = max(100000, 2 * $tables);
	my %locks;

	print "\n$tables tables\n";
	begin_report();
	start_with($room);
	my $database = in_database($server, "visit_$tables");
	my $start = time;
	create_tables($database, $tables);
	my $relations = psql($database, 'SELECT count(*) FROM pg_class');
	printf "%d relations, created in %.0f s; shared memory of pg_tend for %d tables\n\n",
	  $relations, time - $start, $room;

	# CREATE EXTENSION brings about the first visit
	my $first = summary('first visit', visit($database,
		before => 0,
		wal_after_action => 1,
		action => sub { psql($database, 'CREATE EXTENSION pg_tend') }));
	my $looked_at = $first->{tables};

	visit($database);
	my $idle = summary('idle visit', map { visit($database) } 1 .. $idle_visits);
	$locks{'idle visit'} = visit_locks($database);

	my $changed;
	if ($tables > 0)
	{
		$changed = summary('visit, 1 % of the tables changed', map {
			change_tables($database, $tables);
			visit($database);
		} 1 .. $changed_visits);
		change_tables($database, $tables);
		$locks{'1 % changed'} = visit_locks($database);
	}

	my $nothing = compare($database, 'session: SELECT 1', 'SELECT 1');
	my $stats = compare($database, 'session: SELECT * FROM pg_stat_all_tables',
		'SELECT * FROM pg_stat_all_tables');
	my $ours = compare($database, 'session: SELECT * FROM tend.tables', 'SELECT * FROM tend.tables');

	# the first visit after a start comes by itself
	my (@after, %evicted);
	my $enough = int($tables * 1.01) + 200;
	foreach ([ 'restarted', $room ], [ "max_tables $enough", $enough ],
		[ 'max_tables ' . int($tables / 10), int($tables / 10) ])
	{
		my ($name, $max_tables) = @$_;
		next if $max_tables < 1000;
		stop_server($server);
		push @after, summary("$name, visit 1", visit($database,
			before => 0,
			wal_after_action => 1,
			no_wal => 1,
			action => sub { start_with($max_tables) }));
		push @after, summary("$name, visit $_", visit($database)) foreach 2 .. 3;
		$evicted{$name} = self_facts($database)->{'tables evicted'};
	}

	print_table($stats, $first, $idle, ($changed // ()), @after, $nothing, $stats, $ours);
	say_line '';
	print_locks($_, $locks{$_}) foreach sort keys %locks;
	say_line "tables evicted in three visits, $_: $evicted{$_}" foreach sort keys %evicted;
	say_line "statement alone, without the start of its session: pg_stat_all_tables %.1f ms, tend.tables %.1f ms",
	  map { $_->{cpu} - $nothing->{cpu} } $stats, $ours;
	say_line "idle visit, per table: %.1f us of CPU", $idle->{cpu} * 1000 / max($looked_at, 1);
	say_line '';

	my $limit = 1000 * max($tables, 10000) / 10000;
	verdict('CPU of an idle visit, ms', $idle->{cpu}, $limit, 1);
	verdict('CPU of the first visit after a restart, ms', $after[0]{cpu}, $limit, 1);
	verdict('CPU of the third visit after a restart, ms', $after[2]{cpu}, $limit, 1);
	verdict('memory of an idle visit, MB', $idle->{memory}, 32, 1);
	verdict('memory of any visit, MB',
		max(map { $_->{memory} // 1e9 } $first, $idle, $changed // (), @after), 32, 1);
	verdict('rows of an idle visit', $idle->{rows}, 0, 0);
	verdict('rows of the first visit after a restart', $after[0]{rows}, 0, 0);
	verdict('locks waited for', sum0(map { $_->{waited} } grep { defined } values %locks), 0, 0);

	my $report = end_report();
	print $report->{text};
	$unmeasured ||= $report->{unmeasured};
	psql($server, "DROP DATABASE $database->{database}");
	stop_server($server);
}

enter_bench();
build_stage();
$data = make_template($settings, sub { });
$ENV{PGOPTIONS} = '-c client_min_messages=warning';
print `postgres --version`;

measure($_) foreach @ARGV;
exit $unmeasured;
