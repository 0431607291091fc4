# A helper in place of pg_tend_iotrace: it speaks the protocol of bpf/iotrace.h,
# as well or as badly as a test wants it to, and has timed what the test says.
#
# It runs as the server's own user, whom the server trusts as it trusts root.
package FakeHelper;

use strict;
use warnings;

use Carp;
use POSIX ();
use PostgreSQL::Test::Utils;
use Socket;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep time);

use constant {
	HELLO_MAGIC => 0x68744754,
	REPLY_MAGIC => 0x72744754,
	SNAPSHOT_MAGIC => 0x73744754,
	VERSION => 1,
	HELLO_SIZE => 896,
	HEADER_SIZE => 4808,
	RECORD_SIZE => 1904,
	BUCKETS => 233,
	# what is said of it, not how it is: a helper that has to wait is not stale
	PERIOD_MS => 30000
};

our %call = (fsync => 0, fdatasync => 1, sync_file_range => 2, syncfs => 3,
	msync => 4, write => 5, sync_write => 6);
our %class = (wal => 0, data => 1, slru => 2, temp => 3, dir => 4, other => 5);

# ---- numbers ----

sub bucket
{
	my ($ns) = @_;
	my $power = int(log($ns) / log(2) + 1e-9);

	return int($ns / 32) if $ns < 256;
	return 232 if $power >= 36;
	return ($power - 7) * 8 + (($ns >> ($power - 3)) & 7);
}

sub checksum
{
	my ($sum, $bytes) = @_;

	foreach my $word (unpack 'Q*', $bytes)
	{
		my $x = $sum ^ $word;
		{ use integer; $x *= 1099511628211; }
		$sum = unpack 'Q', pack 'q', $x;
		$sum ^= $sum >> 29;
	}
	return $sum;
}

# A cell: [type of process, call, class, duration in ns, calls, errors, bytes]
sub record
{
	my ($type, $call, $class, $ns, $calls, $errors, $bytes) = @_;
	my @buckets = (0) x BUCKETS;

	$buckets[ bucket($ns) ] = $calls;
	return pack 'L S S Q4 Q*', $type, $call{$call}, $class{$class},
	  $errors || 0, $ns * $calls, $calls ? $ns : 0, $bytes || 0, @buckets;
}

# A snapshot for who said hello, with the fields that the test wants otherwise
sub snapshot
{
	my ($hello, %f) = @_;
	my ($pid, $start) = (unpack 'L4 l L q', $hello)[ 4, 6 ];
	my $now = int(clock_gettime(CLOCK_MONOTONIC) * 1e9);
	my @cells = @{ $f{cells} || [] };
	my $records = join '', map { record(@$_) } @cells;
	my $rest = pack 'Q Q q Q q l L l L a32 L L l8 Q4 a768 a3840',
	  $f{heartbeat} || $now, $f{since} || $now, int(time * 1e6), $f{generation} || 1,
	  $f{start} || $start, $f{pid} || $pid, 150000, $$, $pid, '9.9 (fake)',
	  255, $f{attached} // 255, $f{errors} ? @{ $f{errors} } : (0) x 8, 0, 0, 0, 7, '',
	  $f{checkpoints} || '';
	my @head = ($f{magic} || SNAPSHOT_MAGIC, $f{version} || VERSION, 0, HEADER_SIZE, RECORD_SIZE,
		$f{records} // scalar(@cells), $f{period} // PERIOD_MS, 0);
	my $sum = checksum(checksum(0, pack('L2 Q L4 Q', @head) . $rest), $records);

	@head[ 2, 7 ] = ($f{sequence} // 2, $f{checksum} // $sum);
	return pack('L2 Q L4 Q', @head) . $rest . $records;
}

# ---- the process ----

sub reply
{
	my ($self) = @_;

	return pack 'L4 a256 a64 a32 Q', REPLY_MAGIC, $self->{version} || VERSION, 376,
	  $self->{status} || 0, $self->{text} || '', $self->{snapshot}, '9.9 (fake)', $self->{generation};
}

sub put
{
	my ($file, $bytes) = @_;

	open my $out, '>:raw', "$file.new" or die "$file: $!";
	print $out $bytes;
	close $out or die "$file: $!";
	rename "$file.new", $file or die "$file: $!";
	return;
}

# Each cell is a line of the file "cells", which the test writes.
sub cells
{
	my ($self) = @_;

	open my $in, '<', "$self->{dir}/cells" or return [];
	my @cells = map { [split] } <$in>;
	close $in;
	return \@cells;
}

# Its checkpoints are in a file, too, as they are in the snapshot.
sub checkpoints
{
	my ($self) = @_;

	open my $in, '<:raw', "$self->{dir}/checkpoints" or return '';
	return do { local $/; <$in> };
}

# So is the period, in ms.
sub period
{
	my ($self) = @_;

	open my $in, '<', "$self->{dir}/period" or return PERIOD_MS;
	return <$in>;
}

sub beat
{
	my ($self) = @_;

	put("$self->{dir}/$self->{snapshot}", snapshot($self->{hello}, generation => $self->{generation},
			since => $self->{since}, cells => $self->cells, checkpoints => $self->checkpoints,
			period => $self->period,
			%{ $self->{fields} || {} }));
	return;
}

sub answer
{
	my ($self, $peer) = @_;
	my $hello = '';

	recv $peer, $hello, 4096, 0;
	return 0 if length $hello == 0;
	put("$self->{dir}/hello", $hello);
	$self->{hello} = $hello;
	$self->{since} = int(clock_gettime(CLOCK_MONOTONIC) * 1e9);
	return 1 if $self->{mode} eq 'silent';
	return 0 if $self->{mode} eq 'closes';
	sleep $self->{thinks} if $self->{thinks};
	$self->beat unless $self->{mode} eq 'no snapshot';
	send $peer, $self->{mode} eq 'garbage' ? 'I am somebody else' : $self->reply, 0;
	return $self->{status} ? 0 : 1;
}

sub serve
{
	my ($self, $listener) = @_;
	my %peers;

	while (1)
	{
		my $set = '';
		vec($set, fileno $_, 1) = 1 foreach $listener, values %peers;
		select $set, undef, undef, 0.1;
		if (vec($set, fileno $listener, 1) && accept(my $peer, $listener))
		{
			$peers{ fileno $peer } = $peer if $self->answer($peer);
		}
		foreach my $fd (keys %peers)
		{
			next unless vec($set, $fd, 1);
			# nothing more is ever said: it has left
			delete $peers{$fd};
			put("$self->{dir}/left", '');
		}
		$self->beat if %peers && $self->{mode} eq 'good';
	}
	return;
}

# A helper in a directory of its own.  Its mode is good, silent, closes,
# garbage, no snapshot or stream (which is not even the right kind of socket).
# It thinks so many seconds before it answers.
my $generation = 0;

sub new
{
	my ($class, %params) = @_;
	my $self = bless {
		mode => 'good', dir => PostgreSQL::Test::Utils::tempdir_short(),
		snapshot => 'fake-1.snap', generation => ++$generation, %params }, $class;

	# what one before it has left there
	unlink map { "$self->{dir}/$_" } 'socket', 'cells', 'checkpoints', 'period', 'hello', 'left';
	socket my $listener, AF_UNIX, $self->{mode} eq 'stream' ? SOCK_STREAM : SOCK_SEQPACKET, 0
	  or croak "socket: $!";
	bind $listener, pack_sockaddr_un("$self->{dir}/socket") or croak "bind: $!";
	listen $listener, 5 or croak "listen: $!";
	$self->{pid} = fork // croak "fork: $!";
	if ($self->{pid} == 0)
	{
		# not the test's handlers: it must not clean up after itself
		$SIG{PIPE} = 'IGNORE';
		eval { $self->serve($listener) };
		print STDERR "fake helper: $@";
		POSIX::_exit(1);
	}
	close $listener;
	return $self;
}

# What it has timed from now on; since it began, in all
sub has_timed
{
	my ($self, @cells) = @_;

	put("$self->{dir}/cells", join '', map { join(' ', @$_) . "\n" } @cells);
	return;
}

# A checkpoint that began then, in microseconds since 2000, and has synced all of
# its files; its last sync has ended so many seconds ago, after so many
sub has_seen
{
	my ($self, $start, $ago, $syncs) = @_;
	my $last = int((clock_gettime(CLOCK_MONOTONIC) - $ago) * 1e9);

	put("$self->{dir}/checkpoints", pack 'Q q5 Q6 l6', 1, $start, $start + 1000, $start + 2000, $start + 3000, 0,
		500, 900, $syncs, $syncs * 1000000, 2000000, $last, 10, -1, 0, 0, 0, 3);
	return;
}

# Have it promise to write so often from now on; the snapshot says so.
sub promises
{
	my ($self, $ms) = @_;

	put("$self->{dir}/period", $ms);
	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return if (unpack 'x28 L', slurp_file($self->file)) == $ms;
		sleep 0.1;
	}
	croak 'no snapshot is written';
}

sub hello
{
	my ($self) = @_;

	return slurp_file("$self->{dir}/hello");
}

sub file { my ($self) = @_; return "$self->{dir}/$self->{snapshot}"; }
# It has stopped when this returns: nothing of it comes later.
sub pause { my ($self) = @_; kill 'STOP', $self->{pid}; waitpid $self->{pid}, POSIX::WUNTRACED; return; }
sub go_on { my ($self) = @_; kill 'CONT', $self->{pid}; return; }

sub stop
{
	my ($self) = @_;

	return unless $self->{pid};
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	delete $self->{pid};
	return;
}

sub DESTROY { local ($?, $@); $_[0]->stop; return; }

1;
