#
# iotrace.pl WORK MEMORY BIN ROUNDS SECONDS PARTS
#
# What bench/iotrace measures.  Configurations take turns in each round, and
# begin with another one in the next, so that what else the machine does meets
# all of them.
#
use strict;
use warnings FATAL => 'all';

use BenchFiles;
use BenchReport;
use IO::Handle;
use IPC::Open2;
use POSIX ();
use Time::HiRes qw(sleep time);

my ($work, $memory, $bin, $rounds, $seconds, $parts) = @ARGV;
my %wanted = map { $_ => 1 } split /,/, $parts;
my $helper = "$work/build/pg_tend_iotrace";
my (@background, $server_runs);

# ---- processes ----

# Started, and ready once its output has the words.
sub start
{
	my ($ready, @command) = @_;
	my $log = "$work/background.log";
	unlink $log;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		open STDOUT, '>', $log or die;
		open STDERR, '>&', \*STDOUT or die;
		exec @command or POSIX::_exit(127);
	}
	push @background, $pid;
	for (1 .. 500)
	{
		return $pid if slurp($log) =~ $ready;
		sleep 0.02;
	}
	die "$command[0] did not start: " . slurp($log);
}

sub stop
{
	my ($pid) = @_;
	kill 'INT', $pid;
	waitpid $pid, 0;
	@background = grep { $_ != $pid } @background;
	return slurp("$work/background.log");
}

sub watch { return start(qr/watching/, $helper, '--once', '--seconds', 0, '--pid', @_) }

sub rotated
{
	my ($round, @list) = @_;
	return map { $list[ ($_ + $round) % @list ] } 0 .. $#list;
}

# ---- nanoseconds per call ----

my %calls = (fdatasync => 20000, pwrite64 => 20000, getppid => 50000);

# The first one is watched, or not; the other is somebody else.
sub measure_calls
{
	my (%ns, @programs);
	mkdir "$memory/$_" foreach qw(base base/5);
	for (1 .. 2)
	{
		my ($out, $in);
		my $pid = open2($out, $in, 'sh', '-c', 'cd "$0" && exec "$1"', $memory, "$work/build/calls");
		$in->autoflush;
		push @programs, { in => $in, out => $out, pid => readline($out) + 0 };
	}
	my ($own, $other) = @programs;
	foreach my $round (1 .. $rounds)
	{
		foreach my $state (rotated($round, qw(base foreign traced)))
		{
			my $pid = $state eq 'base' ? undef : watch($state eq 'traced' ? $own->{pid} : $other->{pid});
			foreach my $call (sort keys %calls)
			{
				print { $own->{in} } "$call $calls{$call}\n";
				push @{ $ns{$call}{$state} }, readline($own->{out}) + 0;
			}
			stop($pid) if $pid;
		}
	}
	close $_->{in} foreach @programs;
	return \%ns;
}

# The median of the differences within a round.
sub added
{
	my ($of_call, $state) = @_;
	my @rounds = 0 .. $#{ $of_call->{base} };
	return median(map { $of_call->{$state}[$_] - $of_call->{base}[$_] } @rounds);
}

sub report_calls
{
	my $ns = measure_calls();
	say_line('Nanoseconds per call, medians of %d rounds', $rounds);
	say_line('%-12s %10s %16s %16s', 'call', 'alone', 'foreign adds', 'traced adds');
	foreach my $call (qw(fdatasync pwrite64 getppid))
	{
		say_line('%-12s %10.1f %16.1f %16s', $call, median(@{ $ns->{$call}{base} }), added($ns->{$call}, 'foreign'),
			$call eq 'getppid' ? '-' : sprintf('%.1f', added($ns->{$call}, 'traced')));
	}
	verdict('ns that a traced sync costs', added($ns->{fdatasync}, 'traced'), 1500, 0);
	say_line('');
	return;
}

# ---- a server ----

sub as_postgres
{
	my @command = @_;
	my ($uid, $gid) = (getpwnam 'postgres')[ 2, 3 ];
	return ('setpriv', "--reuid=$uid", "--regid=$gid", '--clear-groups', @command);
}

sub run
{
	my @command = as_postgres(@_);
	my $output = qx(@command 2>&1 < /dev/null);
	die "@command: $output" if $?;
	return $output;
}

sub sql
{
	my ($sql) = @_;
	my $answer = run("$bin/psql", '-XAtq', '-h', $work, '-d', 'postgres', '-c', "\"$sql\"");
	chomp $answer;
	return $answer;
}

sub start_server
{
	return if $server_runs;
	my $data = "$work/data";
	chown +(getpwnam 'postgres')[ 2, 3 ], $work;
	run("$bin/initdb", '-A', 'trust', '-D', $data);
	open my $conf, '>>', "$data/postgresql.conf" or die;
	print $conf <<"END_CONF";
listen_addresses = ''
unix_socket_directories = '$work'
autovacuum = off
checkpoint_timeout = 1h
max_wal_size = 20GB
shared_buffers = 512MB
END_CONF
	close $conf;
	run("$bin/pg_ctl", '-w', '-D', $data, '-l', "$data/log", 'start', '> /dev/null');
	$server_runs = (split /\n/, slurp("$data/postmaster.pid"))[0];
	run("$bin/pgbench", '-h', $work, '-i', '-q', '-s', 20, 'postgres');
	sql('CHECKPOINT');
	return;
}

END
{
	my $status = $?;
	kill 'KILL', $_ foreach @background;
	system(as_postgres("$bin/pg_ctl", '-m', 'immediate', '-D', "$work/data", 'stop'), '-s') if $server_runs;
	$? = $status;
}

# CPU seconds of the server: children that have ended, and those that live
sub server_cpu
{
	my @fields = split ' ', slurp("/proc/$server_runs/stat") =~ s/.*\) //sr;
	my $ticks = $fields[13] + $fields[14];
	foreach my $child (split ' ', slurp("/proc/$server_runs/task/$server_runs/children"))
	{
		my @of_child = split ' ', slurp("/proc/$child/stat") =~ s/.*\) //sr;
		$ticks += $of_child[11] + $of_child[12] if @of_child;
	}
	return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

# One run: transactions per second, and CPU microseconds per transaction
sub pgbench
{
	my $cpu = server_cpu();
	my $output = run("$bin/pgbench", '-h', $work, '-n', '-N', '-M', 'prepared', '-c', 4, '-j', 1, '-T', $seconds, 'postgres');
	my ($transactions) = $output =~ /actually processed: (\d+)/ or die $output;
	my ($tps) = $output =~ /tps = ([\d.]+)/ or die $output;
	return ($tps, (server_cpu() - $cpu) * 1e6 / $transactions);
}

sub set_timing
{
	my ($value) = @_;
	sql("ALTER SYSTEM SET track_wal_io_timing = $value");
	sql('SELECT pg_reload_conf()');
	return;
}

# ---- does it say what the server says? ----

my %ms_of = (ns => 1e-6, us => 1e-3, ms => 1, s => 1000);

# Statistics of a backend come when it has ended.
sub server_syncs
{
	sleep 1;
	return split /\|/, sql(
		sql('SHOW server_version_num') < 180000
		? 'SELECT wal_sync, wal_sync_time FROM pg_stat_wal'
		: q(SELECT sum(fsyncs), sum(fsync_time) FROM pg_stat_io WHERE object = 'wal'));
}

sub report_agreement
{
	start_server();
	set_timing('on');
	my (@ratios, $differences);
	say_line('WAL syncs, with track_wal_io_timing = on');
	say_line('%10s %10s %14s %14s', 'calls', 'counted', 'server, ms', 'iotrace, ms');
	foreach my $round (1 .. $rounds)
	{
		my @before = server_syncs();
		my $pid = watch($server_runs);
		pgbench();
		my @after = server_syncs();
		my ($calls, $ms) = (0, 0);
		my $output = stop($pid);
		while ($output =~ /^\S.*? +fdatasync +wal +(\d+) +\d+ +[\d.]+ +([\d.]+) (\w+)/gm)
		{
			$calls += $1;
			$ms += $2 * $ms_of{$3};
		}
		my ($server_calls, $server_ms) = map { $after[$_] - $before[$_] } 0, 1;
		say_line('%10d %10d %14.1f %14.1f', $server_calls, $calls, $server_ms, $ms);
		$differences += abs($calls - $server_calls);
		push @ratios, abs($ms / $server_ms - 1) * 100;
	}
	verdict('calls that one side counted and the other did not', $differences, 0, 0);
	verdict('difference of the total time, %', median(@ratios), 2, 2);
	say_line('');
	set_timing('off');
	return;
}

# ---- throughput ----

my $bpftrace = <<'END_PROGRAM';
tracepoint:syscalls:sys_enter_fdatasync, tracepoint:syscalls:sys_enter_fsync /comm == "postgres"/
{ @start[tid] = nsecs; }
tracepoint:syscalls:sys_exit_fdatasync, tracepoint:syscalls:sys_exit_fsync /@start[tid]/
{ @latency = hist(nsecs - @start[tid]); delete(@start[tid]); }
interval:s:1 { printf("running\n"); }
END_PROGRAM

sub installed { return system("command -v $_[0] > /dev/null") == 0 }

# each begins, and gives what ends it
my %configurations = (
	base => sub { return sub { } },
	iotrace => sub { my $pid = watch($server_runs); return sub { stop($pid) } },
	'iotrace, syncs only' => sub {
		my $pid = watch($server_runs, '--without', 'pwrite64,pwritev,pwritev2');
		return sub { stop($pid) };
	},
	track_wal_io_timing => sub { set_timing('on'); return sub { set_timing('off') } },
	bpftrace => sub {
		my $pid = start(qr/running/, 'bpftrace', '-B', 'line', '-e', $bpftrace);
		return sub { stop($pid) };
	},
	# -f follows the backends that pgbench is about to start
	strace => sub {
		my $pid = start(qr/attached/, 'strace', '-f', '-c', '-e', 'trace=fsync,fdatasync', '-p', $server_runs);
		return sub { stop($pid) };
	});

sub report_throughput
{
	my (%tps, %cpu);
	my @names = ('base', 'iotrace', 'iotrace, syncs only', 'track_wal_io_timing', grep { installed($_) } qw(bpftrace strace));
	start_server();
	pgbench();
	foreach my $round (1 .. $rounds)
	{
		foreach my $name (rotated($round, @names))
		{
			my $end = $configurations{$name}->();
			my ($tps, $cpu) = pgbench();
			push @{ $tps{$name} }, $tps;
			push @{ $cpu{$name} }, $cpu;
			$end->();
		}
	}
	say_line('pgbench -N -M prepared -c 4, %d rounds of %d s; medians, and of the ratios to base within a round',
		$rounds, $seconds);
	say_line('%-22s %10s %8s %16s %8s', '', 'tps', 'ratio', 'CPU us per tx', 'ratio');
	foreach my $name (@names)
	{
		my @ratios = map {
			my $of = $_;
			median(map { $of->{$name}[$_] / $of->{base}[$_] } 0 .. $rounds - 1)
		} \%tps, \%cpu;
		say_line('%-22s %10.0f %8.3f %16.1f %8.3f', $name, median(@{ $tps{$name} }), $ratios[0],
			median(@{ $cpu{$name} }), $ratios[1]);
	}
	foreach my $missing (grep { !installed($_) } qw(bpftrace strace))
	{
		not_measured("$missing is not installed");
	}
	say_line('');
	return;
}

begin_report();
report_calls() if $wanted{calls};
report_agreement() if $wanted{agreement};
report_throughput() if $wanted{throughput};
my $report = end_report();
print $report->{text};
exit $report->{unmeasured};
