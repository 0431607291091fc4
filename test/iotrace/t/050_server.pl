# A real server, watched with --once, which needs no extension: its calls are
# those that strace saw at the same time, and that it counted itself
use strict;
use warnings FATAL => 'all';

use Iotrace;
use IotraceServer;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => 'no PostgreSQL here' if !has_server();

my $root = server_root();
my $socket = server_socket();

# Returns the pid of the program, which says what it has seen when it is told to end.
sub begin_to_watch
{
	my ($output) = @_;
	my $once = fork // die;
	if ($once == 0)
	{
		open STDOUT, '>', $output;
		open STDERR, '>&', \*STDOUT;
		exec build_path('pg_tend_iotrace'), '--once', '--seconds', 0, '--data-dir', "$root/data"
		  or POSIX::_exit(1);
	}
	wait_until(sub { slurp($output) =~ /watching/ }) or die slurp($output);
	return $once;
}

# By the path, not as the probe does it.
sub class_of
{
	my ($path) = @_;
	return 'dir' if -d $path;
	return 'wal' if $path =~ m{^$root/wal/[^/]+$};
	return 'temp' if $path =~ m{/pgsql_tmp} || $path =~ m{/t\d+_\d+[^/]*$};
	return 'data' if $path =~ m{^$root/data/(base/\d+|global)/} || $path =~ m{/PG_\d+_\d+/};
	return 'slru' if $path =~ m{/pg_(xact|multixact/\w+|subtrans|commit_ts|notify|serial)/[^/]+$};
	return 'other';
}

my %call_of = map { $_ => $_ } qw(fsync fdatasync sync_file_range syncfs msync);
$call_of{$_} = 'write' foreach qw(pwrite64 pwritev pwritev2);

# Calls that strace saw end, "CALL CLASS" => number
sub read_strace
{
	my ($file, $dsync) = @_;
	my %counts;
	foreach (split /\n/, slurp($file))
	{
		if (/^(\d+) +(\w+)\(\d+<([^>]+)>/)
		{
			my ($pid, $call, $path) = ($1, $call_of{$2}, $3 =~ s/\(deleted\)$//r);
			my $class = class_of($path);
			$call = 'sync_write' if $dsync && $call eq 'write' && $class eq 'wal';
			$counts{"$call $class"}++;
		}
	}
	return \%counts;
}

sub wait_for_sessions_to_end
{
	wait_until(sub { sql(q(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')) eq '1' })
	  or die 'sessions do not end';
	return;
}

# Wait until nobody is at work, and WAL of the last, asynchronous commits is
# written, with that of a commit of ours: then nothing comes of itself.
sub settle
{
	wait_for_sessions_to_end();
	sql(q(SELECT pg_logical_emit_message(true, 'settle', '')));
	wait_for_sessions_to_end();
	return;
}

# Watch a server that has settled with both, do something, and compare.
sub compare
{
	my ($name, $postmaster, $dsync, $work) = @_;
	my $log = work_path("strace-$dsync.log");
	# not the session that asks: it will be gone
	my @pids = ($postmaster, split /\n/, sql(q(SELECT pid FROM pg_stat_activity WHERE backend_type <> 'client backend')));
	my $strace = fork // die;
	if ($strace == 0)
	{
		open STDERR, '>', work_path('strace.err');
		exec 'strace', '-f', '-y', '-qq', '-o', $log, '-e',
		  'trace=fsync,fdatasync,sync_file_range,syncfs,msync,pwrite64,pwritev,pwritev2',
		  map { ('-p', $_) } @pids
		  or POSIX::_exit(1);
	}
	wait_until(sub { !grep { slurp("/proc/$_/status") !~ /TracerPid:\s*[1-9]/ } @pids }) or die 'strace';

	my $output = work_path("once-$dsync.out");
	my $once = begin_to_watch($output);
	$work->();
	settle();
	kill 'INT', $once;
	waitpid $once, 0;
	kill 'INT', $strace;
	waitpid $strace, 0;

	my (%counts, %types);
	foreach (split /\n/, slurp($output))
	{
		next unless /^(\S.*?) +(fsync|fdatasync|sync_file_range|syncfs|msync|write|sync_write) +(\w+) +(\d+) /;
		$counts{"$2 $3"} += $4;
		$types{$1}{"$2 $3"} = $4;
	}
	is_deeply(\%counts, read_strace($log, $dsync), "$name: as many calls of each kind and file as strace saw")
	  or diag slurp($output);
	return (\%counts, \%types);
}

sub wal_syncs
{
	return sql(sql('SHOW server_version_num') < 180000
		? 'SELECT wal_sync FROM pg_stat_wal'
		: q(SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'));
}

# Statistics of a process come a moment later, when it has ended or been idle for
# a while.  There should be at least so many.
sub wal_syncs_at_rest
{
	my ($least) = @_;
	my ($last, $stable) = (-1, 0);
	wait_until(sub {
		my $now = wal_syncs();
		$stable = $now == $last ? $stable + 1 : 0;
		$last = $now;
		return $now >= $least && $stable >= 10;
	});
	return $last;
}

# ---- WAL in another folder, a tablespace, temporary files ----

make_cluster('-X', "$root/wal");
# nobody writes of himself: with more in the WAL, a standby would want to hear of transactions
configure('checkpoint_timeout = 1h', 'wal_level = minimal', 'max_wal_senders = 0', 'bgwriter_lru_maxpages = 0',
	'autovacuum = off', 'work_mem = 64kB', 'temp_buffers = 800kB', 'max_wal_size = 4GB');
mkdir "$root/space" or die;
chown +(user_ids('postgres')), "$root/space";
my $postmaster = start_server();
sql("CREATE TABLESPACE space LOCATION '$root/space'");
server_command('pgbench', '-h', $socket, '-i', '-q', '-s', 1, 'postgres');
settle();
my $before = wal_syncs_at_rest(0);

my ($counts, $types) = compare('fdatasync', $postmaster, 0, sub {
	server_command('pgbench', '-h', $socket, '-n', '-c', 3, '-t', 60, 'postgres');
	sql('CREATE TABLE there TABLESPACE space AS SELECT generate_series(1, 20000) AS i');
	sql('SELECT count(*) FROM (SELECT i FROM there ORDER BY i DESC OFFSET 1) t');
	sql('CREATE TEMP TABLE mine AS SELECT repeat(md5(i::text), 10) FROM there');
	sql('CHECKPOINT');
});
cmp_ok($counts->{'fdatasync wal'}, '>=', 60, 'WAL was synced');
is($counts->{'fdatasync wal'}, wal_syncs_at_rest($before + $counts->{'fdatasync wal'}) - $before, 'as often as the server counted');
ok($counts->{$_}, "there was $_") foreach ('fsync data', 'write wal', 'write data', 'write temp', 'fsync slru');
ok($types->{checkpointer}{'fsync data'}, 'the checkpointer is known by its name');
ok($types->{'client backend'}{'fdatasync wal'}, 'so are backends');
stop_server();

# ---- time ----

# without strace, which changes it
sub watch
{
	my ($work) = @_;
	my $output = work_path('watch.out');
	my $once = begin_to_watch($output);
	$work->();
	kill 'INT', $once;
	waitpid $once, 0;
	return slurp($output);
}

my %ms_of = (ns => 1e-6, us => 1e-3, ms => 1, s => 1000);

sub total_ms
{
	my ($output, $call) = @_;
	my $ms = 0;
	$ms += $1 * $ms_of{$2} while $output =~ /^\S.*? +$call +wal +\d+ +\d+ +[\d.]+ +([\d.]+) (\w+)/gm;
	return $ms;
}

sub wal_sync_ms
{
	return sql(sql('SHOW server_version_num') < 180000
		? 'SELECT wal_sync_time FROM pg_stat_wal'
		: q(SELECT sum(fsync_time) FROM pg_stat_io WHERE object = 'wal'));
}

configure('track_wal_io_timing = on');
$postmaster = start_server();
# the server's clock goes on while a process that has synced waits for a processor
my ($ours, $theirs);
foreach (1 .. 5)
{
	$before = wal_sync_ms();
	my $output = watch(sub {
		server_command('pgbench', '-h', $socket, '-n', '-c', 2, '-t', 200, 'postgres');
		settle();
	});
	sleep 1;
	$ours = total_ms($output, 'fdatasync');
	$theirs = wal_sync_ms() - $before;
	last if abs($ours / $theirs - 1) < 0.03;
}
cmp_ok(abs($ours / $theirs - 1), '<', 0.03, sprintf('time of WAL syncs: %.1f ms, the server says %.1f ms', $ours, $theirs));
stop_server();

# ---- WAL that is synced as it is written ----

configure('wal_sync_method = open_datasync');
$postmaster = start_server();
settle();
($counts, $types) = compare('open_datasync', $postmaster, 1, sub {
	server_command('pgbench', '-h', $socket, '-n', '-c', 2, '-t', 40, 'postgres');
});
cmp_ok($counts->{'sync_write wal'}, '>=', 40, 'WAL was written in sync');
ok(!exists $counts->{'fdatasync wal'}, '... and not synced again');
stop_server();

done_testing();
