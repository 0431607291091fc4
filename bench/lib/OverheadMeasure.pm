#
# OverheadMeasure.pm
#
# What bench/overhead measures of servers.  Each function appends rows to a list
# of results: { part, row, configuration, round, value, ... }.
#
package OverheadMeasure;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use List::Util qw(max min shuffle);
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

use BenchFiles;
use BenchServer;

our @EXPORT = qw(%workloads measure_instructions measure_throughput measure_churn measure_memory);

# "executions" are those of statements with a plan, in one transaction
our %workloads = (
	prepared => { options => '-S -M prepared', executions => 1 },
	simple => { options => '-S -M simple', executions => 1 },
	tpcb => { options => '-M prepared', executions => 5 },
	scan => { options => '-M prepared -f tmp_check/scan.pgbench', executions => 1 },
	join => { options => '-M prepared -f tmp_check/join.pgbench', executions => 1 });

# ---- statements of many shapes ----

# Three operators that cannot overflow, nine times: 19 683 statements, and no
# constant tells them apart.
sub shape
{
	my ($number, $table, $key) = @_;
	my $sql = "SELECT $key";
	for (1 .. 9)
	{
		$sql .= ' ' . ('|', '&', '#')[ $number % 3 ] . " $key";
		$number = int($number / 3);
	}
	return "$sql FROM $table WHERE $key = 7;\n";
}

# Where results go: psql would have to print them.
my $quiet = "\\o /dev/null\n";

# ---- instructions ----

# Instructions of the session that has run under this name, once it has ended.
# pgbench opens one more, which does next to nothing.
sub session_instructions
{
	my ($server, $name, $log_offset) = @_;
	my $deadline = time + 60;
	my %pids = map { $_ => 1 }
	  log_since($server, $log_offset) =~ /^(\d+) LOG:  connection authorized:.* application_name=\Q$name\E$/mg;
	my $most;
	die "no session $name\n" unless %pids;
	foreach my $pid (keys %pids)
	{
		my $count;
		# the last line that callgrind writes, when all else is done
		until (($count) = slurp("$server->{profiles}/$pid") =~ /^totals: (\d+)/m)
		{
			die "callgrind says nothing of session $name\n" if time > $deadline;
			sleep 0.05;
		}
		$most = max($most // 0, $count);
	}
	return $most;
}

sub log_length { return length slurp($_[0]{log}) }

# Instructions of a session that runs a script so many times
sub pgbench_instructions
{
	my ($server, $workload, $transactions, $seed, $name) = @_;
	my $offset = log_length($server);
	local $ENV{PGHOST} = $server->{socket};
	local $ENV{PGAPPNAME} = $name;
	run_logged('pgbench',
		"pgbench -n -c 1 -t $transactions --random-seed=$seed $workloads{$workload}{options}");
	return session_instructions($server, $name, $offset);
}

sub statements_instructions
{
	my ($server, $file, $name) = @_;
	my $offset = log_length($server);
	psql_file($server, $file, $name);
	return session_instructions($server, $name, $offset);
}

# The start of a session, its caches and its end are in both of two runs, the
# second of which is twice as long: what is left is the transactions.
sub measure_instructions
{
	my ($results, $configuration, $round, $plan, $folder) = @_;
	my $server = start_server({ %$configuration, profiles => "$folder/callgrind" });
	my $add = sub {
		my ($row, $value) = @_;
		push @$results, { part => 'instructions', row => $row, configuration => $configuration->{name},
			round => $round, value => $value };
	};

	# what is read for the first time is no statement's fault
	psql($server, 'SELECT sum(abalance) FROM pgbench_accounts');
	foreach my $workload (@{ $plan->{workloads} })
	{
		my $n = $plan->{transactions}{$workload};
		pgbench_instructions($server, $workload, min($n, 20), $round, "$workload.warm");
		my $once = pgbench_instructions($server, $workload, $n, $round, "$workload.once");
		my $twice = pgbench_instructions($server, $workload, 2 * $n, $round, "$workload.twice");
		$add->($workload, ($twice - $once) / $n);
	}

	my $n = $plan->{first_seen};
	my $number = 0;
	my %session;
	foreach my $name (qw(once twice))
	{
		my $count = $name eq 'once' ? $n : 2 * $n;
		spew("$folder/$name.sql",
			$quiet . join '', map { shape($number++, 'pgbench_accounts', 'aid') } 1 .. $count);
		$session{$name} = statements_instructions($server, "$folder/$name.sql", "first.$name");
	}
	$add->('first seen', ($session{twice} - $session{once}) / $n);
	# the second one's statements once more: what they cost without being new
	my $again = statements_instructions($server, "$folder/twice.sql", 'again.twice');
	$add->('the same again', ($again - ($session{once} - ($session{twice} - $session{once}))) / (2 * $n));
	stop_server($server, 'immediate');
}

# ---- CPU time and throughput ----

# Returns a function that returns the CPU seconds of sessions that began since,
# once the postmaster has waited for all of them: only then does it know.
sub cpu_clock
{
	my ($server) = @_;
	my %others = map { $_ => 1 } children($server);
	my $cpu = child_cpu($server);
	return sub {
		my $deadline = time + 30;
		while (grep { !$others{$_} } children($server))
		{
			die "sessions of $server->{name} do not end\n" if time > $deadline;
			sleep 0.02;
		}
		return child_cpu($server) - $cpu;
	};
}

sub measure_throughput
{
	my ($results, $servers, $round, $plan) = @_;
	foreach my $workload (@{ $plan->{workloads} })
	{
		# each configuration is first as often as any other
		my @order = map { $servers->[ ($_ + $round) % @$servers ] } 0 .. $#$servers;
		foreach my $server (@order)
		{
			local $ENV{PGHOST} = $server->{socket};
			my $cpu = cpu_clock($server);
			my $said = `pgbench -n -c 8 -j 1 -T $plan->{seconds} --random-seed=$round $workloads{$workload}{options} 2>&1`;
			die "pgbench failed: $said\n" if $?;
			my ($transactions) = $said =~ /actually processed: (\d+)/ or die "pgbench says: $said\n";
			my ($tps) = $said =~ /^tps = ([\d.]+)/m or die "pgbench says: $said\n";
			my %row = (row => $workload, configuration => $server->{name}, round => $round);
			push @$results,
			  { %row, part => 'cpu', value => $cpu->() * 1e6 / $transactions },
			  { %row, part => 'tps', value => $tps };
		}
	}
}

# ---- churn ----

# 8000 statements that come once, and among them 50 that come so many times, in
# an order that is the same for all
sub churn_statements
{
	my ($plan, $times) = @_;
	srand 4;
	my @one_off = map { shape($_, 'pgbench_accounts', 'aid') } shuffle 0 .. $plan->{one_off} - 1;
	my @repeated = map { shape($_, 'pgbench_tellers', 'tid') } 0 .. $plan->{repeated} - 1;
	return shuffle @one_off, map { @repeated } 1 .. $times;
}

sub churn_queries
{
	my ($server) = @_;
	my %views;
	$views{pgss} = [ 'pg_stat_statements', 'calls' ] if $server->{preload} =~ /pg_stat_statements/;
	$views{pg_tend} = [ 'tend.plans', 'calls' ]
	  if $server->{preload} =~ /pg_tend/ && psql($server, "SELECT to_regclass('tend.plans')") ne '';
	$views{store_plans} = [ 'pg_store_plans p JOIN pg_stat_statements s USING (dbid, userid, queryid)', 'p.calls' ]
	  if $server->{preload} =~ /pg_store_plans/;
	return \%views;
}

sub measure_churn
{
	my ($results, $configuration, $round, $plan, $times, $folder) = @_;
	my $server = start_server($configuration);
	my @statements = churn_statements($plan, $times);
	my $count = @statements;
	my $after = "SELECT pg_backend_pid() AS pid \\gset\n\\setenv PID :pid\n"
	  . "\\! grep -E '^(Pss_Anon|Private_Dirty)' /proc/\$PID/smaps_rollup\n";
	spew("$folder/churn.sql", join '', $quiet, @statements, $after);
	my %row = (configuration => $server->{name}, round => $round);

	psql($server, 'SELECT sum(abalance) FROM pgbench_accounts');
	my $cpu = cpu_clock($server);
	my $start = time;
	my $said = psql_file($server, "$folder/churn.sql", 'churn');
	my $elapsed = time - $start;
	my $part = "churn $times";
	push @$results,
	  { %row, part => $part, row => 'CPU', value => $cpu->() * 1e6 / $count },
	  { %row, part => $part, row => 'elapsed', value => $elapsed * 1e6 / $count };
	push @$results, { %row, part => $part, row => 'session', value => $1 } if $said =~ /Pss_Anon:\s+(\d+)/;

	my $views = churn_queries($server);
	foreach my $view (sort keys %$views)
	{
		my ($from, $calls) = @{ $views->{$view} };
		my ($kept, $all, $entries) = split /\|/, psql($server, <<"SQL");
SELECT COALESCE(sum($calls) FILTER (WHERE query ~ 'pgbench_tellers'), 0),
       COALESCE(sum($calls) FILTER (WHERE query ~ 'pgbench_(tellers|accounts) where'
                                       OR query ~ 'pgbench_(tellers|accounts) WHERE'), 0),
       count(*)
  FROM $from
 WHERE query ~ '^SELECT .id '
SQL
		my %view = (%row, part => "kept $times", configuration => "$server->{name}: $view");
		push @$results,
		  { %view, row => 'repeated', value => $kept / ($plan->{repeated} * $times) },
		  { %view, row => 'all', value => $all / $count },
		  { %view, row => 'entries', value => $entries };
	}
	stop_server($server, 'immediate');
}

# ---- memory ----

# Many sessions that have run the statements of both workloads once and wait
sub measure_memory
{
	my ($results, $configuration, $plan, $folder) = @_;
	my $sessions = $plan->{idle};
	my $server = start_server({ %$configuration,
		settings => { %{ $configuration->{settings} }, max_connections => $sessions + 20 } });
	spew("$folder/idle.pgbench", <<'END');
SELECT abalance FROM pgbench_accounts WHERE aid = 1;
SELECT t.tbalance, b.bbalance FROM pgbench_tellers t JOIN pgbench_branches b USING (bid) WHERE t.tid = 1;
UPDATE pgbench_accounts SET abalance = abalance WHERE aid = :client_id + 1;
\sleep 2000 s
END
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		$ENV{PGHOST} = $server->{socket};
		open STDOUT, '>', "$folder/idle.log";
		open STDERR, '>&', \*STDOUT;
		exec 'pgbench', '-n', '-c', $sessions, '-j', 1, '-t', 1, '-M', 'prepared', '-f', "$folder/idle.pgbench"
		  or POSIX::_exit(1);
	}
	my $deadline = time + 300;
	while (psql($server, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench' AND state = 'idle' AND query ~ '^UPDATE'") < $sessions)
	{
		die "no $sessions idle sessions:\n" . slurp("$folder/idle.log")
		  if time > $deadline || waitpid($pid, WNOHANG) != 0;
		sleep 0.2;
	}
	# what sessions do when they have been idle for a while, they have done
	sleep 3;
	my %sum;
	my @pids = split /\n/, psql($server, "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgbench'");
	foreach my $backend (@pids)
	{
		my $kb = session_memory($backend);
		$sum{$_} += $kb->{$_} // 0 foreach qw(Pss_Anon Private_Dirty);
	}
	kill 'TERM', $pid;
	waitpid $pid, 0;
	push @$results, map { { part => 'memory', row => $_, configuration => $server->{name}, round => 1,
		value => $sum{$_} / @pids } } keys %sum;

	# all that the server has reserved: much of it is allocated without a name
	my $shared = psql($server, 'SELECT sum(allocated_size) FROM pg_shmem_allocations');
	push @$results, { part => 'memory', row => 'shared', configuration => $server->{name}, round => 1,
		value => $shared / 1024 };
	stop_server($server, 'immediate');
}

1;
