# What the tests of pg_tend_iotrace share: the helper, servers that only look
# like some, and what is in snapshots.
#
# IOTRACE_BUILD has the programs, IOTRACE_WORK is a folder for this test, which
# any user can reach.
package Iotrace;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use IO::Handle;
use IPC::Open2;
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT = qw(build_path work_path start_helper stop_helper helper_log as_user user_ids wait_until
  fake_server order answer_of end_server data_directory snapshot snapshot_text cells count_of slurp);

# what is awaited comes within this time, or never
my $timeout = 180;
my (%servers, %helpers);

sub build_path { return "$ENV{IOTRACE_BUILD}/$_[0]" }
sub work_path { return "$ENV{IOTRACE_WORK}/$_[0]" }

sub slurp
{
	my ($path) = @_;
	open my $file, '<', $path or return '';
	local $/;
	return <$file> // '';
}

sub wait_until
{
	my ($condition) = @_;
	my $until = time + $timeout;
	while (time < $until)
	{
		my $result = $condition->();
		return $result if $result;
		sleep 0.02;
	}
	return;
}

sub user_ids { return (getpwnam($_[0]))[ 2, 3 ] }

sub as_user
{
	my ($user, @command) = @_;
	my ($uid, $gid) = user_ids($user);
	return ('setpriv', "--reuid=$uid", "--regid=$gid", '--clear-groups', @command);
}

# ---- helper ----

sub start_in_background
{
	my ($log, @command) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		open STDOUT, '>>', $log or die;
		open STDERR, '>&', \*STDOUT or die;
		exec @command or POSIX::_exit(127);
	}
	return $pid;
}

# With the capabilities that its unit gives it, and no others.
sub start_helper
{
	my ($name, @options) = @_;
	my $log = work_path("$name.log");
	my @lowered = ('setpriv', '--bounding-set', '-all,+bpf,+perfmon', '--inh-caps', '-all', '--pdeathsig', 'KILL');
	my $before = () = slurp($log) =~ /serving "/g;

	$helpers{$name} = start_in_background($log, @lowered, build_path('pg_tend_iotrace'),
		'--verbose', '--period', 100, '--dir', work_path($name), @options);
	wait_until(sub {
		my $now = () = slurp($log) =~ /serving "/g;
		return $now > $before;
	}) or die "the helper did not start: " . slurp($log);
	return $helpers{$name};
}

sub helper_log { return slurp(work_path("$_[0].log")) }

sub stop_helper
{
	my ($name, $signal) = @_;
	my $pid = delete $helpers{$name} or return;
	kill $signal // 'TERM', $pid;
	waitpid $pid, 0;
	return $?;
}

# ---- servers ----

sub data_directory
{
	my ($name, $user) = @_;
	my $dir = work_path($name);
	my ($uid, $gid) = user_ids($user // 'postgres');
	foreach my $folder ('', qw(pg_wal pg_wal/archive_status base base/5 base/pgsql_tmp global pg_xact
		pg_multixact pg_multixact/members pg_subtrans pg_commit_ts pg_notify pg_serial pg_logical))
	{
		mkdir "$dir/$folder" or die "$dir/$folder: $!";
		chown $uid, $gid, "$dir/$folder";
	}
	return $dir;
}

# options: user, run (words before the program)
sub fake_server
{
	my ($name, $helper, %options) = @_;
	my ($out, $in);
	my $pid = open2($out, $in, 'sh', '-c', 'cd "$0" && exec "$@"', work_path($name),
		@{ $options{run} // [] },
		as_user($options{user} // 'postgres', build_path('fake_server'), work_path($helper) . '/socket'));
	$in->autoflush;
	$servers{$name} = { pid => $pid, in => $in, out => $out };
	return $pid;
}

sub order
{
	my ($name, $command) = @_;
	my $server = $servers{$name};
	print { $server->{in} } "$command\n";
	local $SIG{ALRM} = sub { die "no answer to $command" };
	alarm $timeout;
	my $answer = readline $server->{out};
	alarm 0;
	chomp $answer if defined $answer;
	return $answer // '(none)';
}

# Hello; gives the snapshot's path, or dies.
sub answer_of
{
	my ($name, $helper) = @_;
	my $answer = order($name, 'hello');
	my ($file) = $answer =~ /^reply 0 (\S+)/ or die "hello of $name: $answer";
	return work_path("$helper/$file");
}

sub end_server
{
	my ($name) = @_;
	my $server = delete $servers{$name};
	close $server->{in};
	waitpid $server->{pid}, 0;
	return;
}

# ---- snapshots ----

sub snapshot_text
{
	my ($path, @run) = @_;
	open my $pipe, '-|', @run, build_path('read_snapshot'), $path or die;
	local $/;
	my $text = <$pipe> // '';
	close $pipe;
	return ($text, $? >> 8);
}

# The next one that begins after now, as a hash.
sub snapshot
{
	my ($path) = @_;
	my $since = time;
	my %found;
	wait_until(sub {
		%found = ();
		my $read = time;
		my ($text, $status) = snapshot_text($path);
		return if $status != 0;
		foreach (split /\n/, $text)
		{
			my ($name, @values) = split / /;
			if ($name eq 'cell') { $found{cell}{"@values[0..2]"} = [ @values[ 3 .. 7 ] ] }
			elsif ($name eq 'checkpoint') { push @{ $found{checkpoints} }, \@values }
			else { $found{$name} = $values[0] }
		}
		return $read - $found{age_ms} / 1000 > $since;
	}) or die "no snapshot $path";
	return \%found;
}

# "TYPE CALL CLASS" => calls, of all cells
sub cells
{
	my ($path) = @_;
	my $cells = snapshot($path)->{cell} // {};
	return { map { $_ => $cells->{$_}[0] } keys %$cells };
}

sub count_of { return cells($_[0])->{ $_[1] } // 0 }

END
{
	my $status = $?;
	end_server($_) foreach keys %servers;
	stop_helper($_) foreach keys %helpers;
	$? = $status;
}

1;
