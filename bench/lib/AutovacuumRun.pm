#
# AutovacuumRun.pm
#
# One cluster of bench/autovacuum through its timeline: the server, the clients,
# the session that looks every second, and what is measured at the end.
#
# A run is a process of its own, so that all configurations can run side by
# side.  It leaves files in its folder of results; AutovacuumReport.pm reads them.
#
package AutovacuumRun;

use strict;
use warnings FATAL => 'all';

use BenchFiles;
use Exporter 'import';
use IPC::Open2;
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

our @EXPORT = qw(run_cluster start_server stop_server psql);

# seconds that the server may take for one answer before we give up
my $patience = 120;

# ---- the server ----

sub start_server
{
	my ($data, $log) = @_;
	system("pg_ctl -w -t 120 -s -D $data -l $log start > $log.ctl 2>&1") == 0
	  or die "the server does not start:\n" . slurp("$log.ctl") . slurp($log);
}

sub stop_server
{
	my ($data, $mode) = @_;
	return unless -e "$data/postmaster.pid";
	system("pg_ctl -w -t 120 -m $mode -D $data stop > /dev/null 2>&1");
}

# CPU seconds of the server: its processes that are alive, and those that have
# ended, which the postmaster has waited for.
sub server_cpu
{
	my ($data) = @_;
	my ($postmaster) = slurp("$data/postmaster.pid") =~ /^(\d+)/ or return;
	my $ticks = 0;
	foreach my $pid ($postmaster, split ' ', slurp("/proc/$postmaster/task/$postmaster/children"))
	{
		# after the name, which may contain blanks: utime is the 12th field,
		# then stime, cutime, cstime
		my @fields = split ' ', (slurp("/proc/$pid/stat") =~ /\) (.*)/s)[0] // next;
		$ticks += $fields[11] + $fields[12];
		$ticks += $fields[13] + $fields[14] if $pid == $postmaster;
	}
	return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

# ---- sessions ----

sub psql
{
	my ($socket, $database, @commands) = @_;
	open my $psql, '-|', 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-h', $socket, '-d', $database,
	  map { ('-c', $_) } @commands
	  or die "psql: $!";
	my $answer = do { local $/; <$psql> } // '';
	close $psql or die "failed: @commands\n";
	chomp $answer;
	return $answer;
}

# A session that stays
sub open_session
{
	my ($run) = @_;
	my $pid = open2(my $out, my $in, 'psql', '-XqAt', '-F', "\t", '-v', 'ON_ERROR_STOP=1',
		'-h', $run->{socket}, '-d', 'bench');
	$in->autoflush;
	my $session = { pid => $pid, in => $in, out => $out };
	push @{ $run->{sessions} }, $session;
	return $session;
}

sub ask
{
	my ($session, $sql) = @_;
	my @rows;
	local $SIG{ALRM} = sub { die "no answer within $patience s: $sql\n" };
	alarm $patience;
	print { $session->{in} } "$sql\n;\n\\echo =done=\n";
	while (defined(my $row = readline $session->{out}))
	{
		chomp $row;
		if ($row eq '=done=')
		{
			alarm 0;
			return @rows;
		}
		push @rows, $row;
	}
	die "session lost: $sql\n";
}

sub close_session
{
	my ($session) = @_;
	close $session->{in};
	close $session->{out};
	waitpid $session->{pid}, 0;
}

# ---- the clients ----

# One process of pgbench with one connection for each stream, so that what it
# does, and when, depends on the seed alone.
sub start_stream
{
	my ($run, $phase, $number, $stream) = @_;
	my $plan = $run->{plan};
	my $name = "$run->{results}/$stream->{name}.$phase";
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		open STDOUT, '>', "$name.out";
		open STDERR, '>&', \*STDOUT;
		exec 'pgbench', '-n', '-c', 1, '-j', 1, '-M', 'prepared', '-h', $run->{socket},
		  '-T', $plan->{half}, '-R', $stream->{rates}[$phase],
		  '--random-seed=' . ($run->{seed} * 1000 + $number * 10 + $phase),
		  '-f', "$plan->{files}/$stream->{name}.pgbench", '-l', "--log-prefix=$name", 'bench'
		  or POSIX::_exit(127);
	}
	$run->{clients}{$pid} = "$stream->{name}.$phase";
}

sub start_phase
{
	my ($run, $phase) = @_;
	my $number = 0;
	start_stream($run, $phase, ++$number, $_) foreach @{ $run->{plan}{streams} };
}

# pgbench adds its process id to the name of its log
sub wait_for_clients
{
	my ($run) = @_;
	foreach my $pid (keys %{ $run->{clients} })
	{
		my $name = delete $run->{clients}{$pid};
		waitpid $pid, 0;
		die "$run->{name}: pgbench of $name failed:\n" . slurp("$run->{results}/$name.out") if $?;
		rename "$run->{results}/$name.$pid", "$run->{results}/$name.log"
		  or die "$name has no log of transactions: $!";
	}
}

# What happens in the background has one connection per statement, so that
# it delays nothing else.
sub start_statement
{
	my ($run, $what, $sql) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		open STDOUT, '>', '/dev/null';
		exec 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-h', $run->{socket}, '-d', 'bench', '-c', $sql
		  or POSIX::_exit(127);
	}
	$run->{statements}{$pid} = $what;
}

sub wait_for_statements
{
	my ($run) = @_;
	foreach my $pid (keys %{ $run->{statements} })
	{
		my $what = delete $run->{statements}{$pid};
		waitpid $pid, 0;
		die "$run->{name}: failed: $what\n" if $?;
	}
}

# ---- the timeline ----

sub mark
{
	my ($run, $what) = @_;
	$run->{marks}{$what} = time;
}

sub sample
{
	my ($run) = @_;
	my $at = sprintf '%.2f', time - $run->{begin};
	print { $run->{samples} } map { "$at\t$_\n" } ask($run->{sampler}, $run->{plan}{sample});
}

sub hold_horizon
{
	my ($run) = @_;
	$run->{holder} = open_session($run);
	ask($run->{holder}, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM queue');
	mark($run, 'held');
}

sub release_horizon
{
	my ($run) = @_;
	ask($run->{holder}, 'COMMIT');
	mark($run, 'released');
}

sub middle
{
	my ($run) = @_;
	mark($run, 'middle');
	$run->{middle_lsn} = psql($run->{socket}, 'bench', 'SELECT pg_current_wal_insert_lsn()');
}

# Ids are given in order, by one client: those up to a limit are the oldest.
sub purges
{
	my ($run) = @_;
	my $plan = $run->{plan};
	my ($first, @purges) = (0);
	for (my $at = $plan->{purge_every} / 2; $at < $plan->{seconds}; $at += $plan->{purge_every})
	{
		my $rate = $plan->{purged_rows}[ $at < $plan->{half} ? 0 : 1 ];
		$first += $rate * $plan->{purge_every};
		my $sql = "DELETE FROM purged WHERE id <= $first";
		push @purges, [ $at, sub { start_statement($run, 'purge', $sql) } ];
	}
	return @purges;
}

sub checkpoints
{
	my ($run) = @_;
	my $plan = $run->{plan};
	my @checkpoints;
	for (my $at = $plan->{checkpoint_every} / 2; $at < $plan->{seconds}; $at += $plan->{checkpoint_every})
	{
		push @checkpoints, [ $at, sub { start_statement($run, 'checkpoint', 'CHECKPOINT') } ];
	}
	return @checkpoints;
}

sub timeline
{
	my ($run) = @_;
	my $plan = $run->{plan};
	my @timeline = map { [ $_, sub { sample($run) } ] } 1 .. $plan->{seconds} - 1;
	push @timeline, [ $plan->{half}, sub { middle($run) } ];
	if (!$run->{quiet})
	{
		push @timeline,
		  [ 0, sub { start_phase($run, 0) } ],
		  [ $plan->{half}, sub { start_phase($run, 1) } ],
		  [ $plan->{hold}, sub { hold_horizon($run) } ],
		  [ $plan->{release}, sub { release_horizon($run) } ],
		  checkpoints($run),
		  purges($run);
	}
	return sort { $a->[0] <=> $b->[0] } @timeline;
}

sub follow_timeline
{
	my ($run) = @_;
	my $late = 0;
	sleep($run->{begin} - time) if $run->{begin} > time;
	sample($run);
	foreach my $event (timeline($run))
	{
		my $wait = $run->{begin} + $event->[0] - time;
		sleep $wait if $wait > 0;
		$late = -$wait if -$wait > $late;
		die "nobody waits for us\n" if getppid() != $run->{parent};
		$event->[1]->();
	}
	my $rest = $run->{begin} + $run->{plan}{seconds} - time;
	sleep $rest if $rest > 0;
	sample($run);
	mark($run, 'end');
	$run->{facts}{'timeline late by'} = $late;
	wait_for_clients($run);
	wait_for_statements($run);
}

# ---- the end ----

# No more changes from here on: neither by autovacuum nor by pg_tend.
sub quieten
{
	my ($run) = @_;
	my @settings = ("ALTER SYSTEM SET autovacuum = off");
	push @settings, "ALTER SYSTEM SET pg_tend.enabled = off" if $run->{tend};
	psql($run->{socket}, 'bench', @settings, 'SELECT pg_reload_conf()');
	my $deadline = time + $patience;
	while (psql($run->{socket}, 'bench', "SELECT count(*) FROM pg_stat_activity
		WHERE backend_type IN ('autovacuum worker', 'pg_tend visit')") > 0)
	{
		die "$run->{name}: autovacuum does not end\n" if time > $deadline;
		sleep 0.1;
	}
}

# A relation of pg_tend's, with a header, if it exists
sub dump_relation
{
	my ($run, $relation, $order, $more) = @_;
	my $columns = defined $more ? "*, $more" : '*';
	return unless psql($run->{socket}, 'bench', "SELECT to_regclass('$relation') IS NOT NULL") eq 't';
	spew("$run->{results}/$relation.tsv", psql($run->{socket}, 'bench',
		"COPY (SELECT $columns FROM $relation ORDER BY $order) TO STDOUT (FORMAT text, HEADER)") . "\n");
}

sub dump_tend
{
	my ($run) = @_;
	dump_relation($run, 'tend.self', 'part, metric, datname');
	dump_relation($run, 'tend.events', 'at');
	dump_relation($run, 'tend.autovacuum_actions', 'action_id', 'extract(epoch FROM at) AS epoch');
}

# VACUUM VERBOSE, as text
sub vacuum_verbose
{
	my ($run, $table) = @_;
	my $text = `psql -Xq -v ON_ERROR_STOP=1 -h $run->{socket} -d bench -c 'VACUUM (VERBOSE) $table' 2>&1`;
	die "$run->{name}: VACUUM of $table failed: $text\n" if $?;
	return $text;
}

sub sizes
{
	my ($run) = @_;
	my @rows = map { [ split /\|/ ] } split /\n/, psql($run->{socket}, 'bench',
		"SELECT relname, pg_total_relation_size(oid), (xpath('/row/n/text()',
			query_to_xml(format('SELECT count(*) AS n FROM %s', oid::regclass), false, true, '')))[1]
		   FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'");
	return { map { $_->[0] => { size => $_->[1], rows => $_->[2] } } @rows };
}

# Sizes of what is not the workload's: catalogs, and pg_tend's own tables
sub other_sizes
{
	my ($run) = @_;
	return { map { split /\|/ } split /\n/, psql($run->{socket}, 'bench',
		"SELECT relnamespace::regnamespace, sum(pg_total_relation_size(oid)) FROM pg_class
		  WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('pg_catalog', 'tend') GROUP BY 1") };
}

# The debt that a policy leaves, and the size of the same rows after a rewrite
sub close_accounts
{
	my ($run) = @_;
	my $facts = $run->{facts};
	my @tables = sort keys %{ $facts->{loaded} };

	$facts->{closing} = { map { $_ => vacuum_verbose($run, $_) } @tables };
	psql($run->{socket}, 'bench', map { "VACUUM FULL $_" } @tables);
	$facts->{rewritten} = sizes($run);
}

sub wal_since
{
	my ($run, $lsn) = @_;
	return psql($run->{socket}, 'bench', "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '$lsn')");
}

sub measure_end
{
	my ($run) = @_;
	my $facts = $run->{facts};
	$facts->{'scored wal'} = wal_since($run, $run->{middle_lsn});
	$facts->{cpu} = server_cpu("$run->{data}");
	quieten($run);
	dump_tend($run) if $run->{tend};
	$facts->{others} = other_sizes($run);
	close_accounts($run) unless $run->{quiet};
}

# ---- one run ----

sub prepare
{
	my ($run) = @_;
	start_server($run->{data}, "$run->{results}/server.log");
	psql($run->{socket}, 'bench', 'CREATE EXTENSION pg_tend') if $run->{tend};
	$run->{facts}{loaded} = sizes($run);
	$run->{facts}{toast} = { map { reverse split /\|/ } split /\n/, psql($run->{socket}, 'bench',
		"SELECT relname, reltoastrelid::regclass FROM pg_class
		  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltoastrelid <> 0") };
	$run->{facts}{'toast rows'} = psql($run->{socket}, 'bench',
		'SELECT count(*) FROM ' . (grep { $run->{facts}{toast}{$_} eq 'documents' } keys %{ $run->{facts}{toast} })[0]);
	$run->{sampler} = open_session($run);
	open $run->{samples}, '>', "$run->{results}/samples.tsv" or die "samples.tsv: $!";
	my @columns = $run->{plan}{sample} =~ /\bAS (\w+)(?:,?\n)/g;
	print { $run->{samples} } join("\t", 'at', @columns), "\n";
}

sub save_facts
{
	my ($run) = @_;
	my $facts = $run->{facts};
	$facts->{begin} = $run->{begin};
	$facts->{marks} = $run->{marks};
	close $run->{samples};
	spew("$run->{results}/facts.json", JSON::PP->new->canonical->pretty->encode($facts));
}

# Leave nothing running, whatever happened.
sub abandon
{
	my ($run) = @_;
	kill 'KILL', keys %{ $run->{clients} }, keys %{ $run->{statements} },
	  map { $_->{pid} } @{ $run->{sessions} };
	stop_server($run->{data}, 'immediate');
}

# $run: plan, name, seed, tend, quiet, data, socket, results; $ready is told
# when the server is up, $go says when to begin.
sub run_cluster
{
	my ($run, $ready, $go) = @_;
	$run->{$_} //= {} foreach qw(clients statements marks facts);
	$run->{sessions} = [];
	$run->{parent} = getppid();
	$SIG{$_} = sub { die "interrupted\n" }
	  foreach qw(HUP INT TERM);
	my $well = eval {
		prepare($run);
		print $ready "ready\n";
		close $ready;
		$run->{begin} = <$go> // die "nobody waits for us\n";
		chomp $run->{begin};
		follow_timeline($run);
		measure_end($run);
		close_session($_) foreach @{ $run->{sessions} };
		$run->{sessions} = [];
		save_facts($run);
		stop_server($run->{data}, 'fast');
		1;
	};
	my $why = $@;
	abandon($run) unless $well;
	print STDERR "$run->{name}, seed $run->{seed}: $why" unless $well;
	return $well ? 0 : 1;
}

1;
