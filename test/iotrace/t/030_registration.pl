# Nobody can have others' processes counted, read others' numbers, or bring the
# helper down
use strict;
use warnings FATAL => 'all';

use Iotrace;
use Test::More;

my $pid = start_helper('run');
my $socket = work_path('run/socket');

sub hostile
{
	my ($user, @arguments) = @_;
	my $command = join ' ', as_user($user, build_path('hostile'), $socket, @arguments);
	my $output = qx($command 2>&1);
	chomp $output;
	return $output;
}

my @refused = (
	[ version => qr/^1 the server speaks version 2 of the protocol/ ],
	[ size => qr/^2 hello has/ ],
	[ short => qr/^2 hello has/ ],
	[ long => qr/^2 hello has/ ],
	[ tiny => qr/^2 this is not a hello/ ],
	[ type_name => qr/^2 the name of backend type 3/ ],
	[ terminal => qr/^2 the name of backend type 3/ ],
	[ fields => qr/^2 the fields of CheckpointStats/ ],
	[ negative => qr/^2 the fields of CheckpointStats/ ],
	[ large => qr/^2 the fields of CheckpointStats/ ],
	[ pid => qr/^3 the parent of process/ ]);
like(hostile('postgres', $_->[0]), $_->[1], "hello with a wrong $_->[0] is refused") foreach @refused;
is(hostile('postgres', 'good'), '0 ', 'a right one is not');
like(qx(@{[ build_path('hostile') ]} $socket good), qr/^3 a server does not run as root/, 'root is refused');

# setpriv becomes the child of this program, which is root
like(qx(@{[ join ' ', as_user('postgres', build_path('child_of_other'), $socket) ]}),
	qr/^3 process \d+ or its parent \d+ has another user/,
	'a child of another user\'s process is refused');

# ---- random messages ----

foreach my $seed (1 .. 4)
{
	my $output = hostile('postgres', $seed, 1500);
	like($output, qr/^[\d ]+$/, "1500 hostile messages, seed $seed: $output");
}
ok(kill(0, $pid), 'the helper is still there');
wait_until(sub { my @left = glob work_path('run/*.snap'); return !@left });
is_deeply([ glob work_path('run/*.snap') ], [], 'nothing is left of clusters that are gone');

# ---- silence ----

is(hostile('postgres', 'silent', 40, 8), 8, 'of 40 connections that say nothing, 8 are kept for a while');

# ---- permissions ----

data_directory('server');
data_directory('other', 'nobody');
fake_server('server', 'run');
fake_server('other', 'run', user => 'nobody');
my $mine = answer_of('server', 'run');
my $theirs = answer_of('other', 'run');
order('server', 'call 1 fsync base/5/1 1');
foreach ([ 'postgres', $mine, $theirs ], [ 'nobody', $theirs, $mine ])
{
	my ($user, $own, $foreign) = @$_;
	is((snapshot_text($own, as_user($user)))[1], 0, "$user reads his own snapshot");
	is((snapshot_text($foreign, as_user($user)))[1], 1, "$user cannot read another one");
	foreach my $try (": > $own", ": > $foreign", "rm -f $own", "mv $own $own.x",
		"touch @{[ work_path('run/forged.snap') ]}")
	{
		isnt(system(as_user($user, 'sh', '-c', "{ $try; } 2> /dev/null")), 0, "$user cannot " . ($try =~ s/ .*\// /r));
	}
}
is((stat $mine)[4], 0, 'snapshots belong to root');

is(order('other', 'call 1 fsync base/5/1 2'), 'done', 'calls of the second');
is_deeply(cells($mine), { '1 fsync data' => 1 }, 'are not in the first');
is_deeply(cells($theirs), { '1 fsync data' => 2 }, 'but in the second');

# ---- a snapshot that is not what it should be ----

# Exactly one bit wrong, or an end that is missing
order('server', "call $_ fdatasync base/5/1 1") foreach (1 .. 3);
snapshot($mine);
my $good;
my $broken = work_path('broken.snap');

sub believed_as
{
	my ($content) = @_;
	open my $out, '>', $broken or die;
	print $out $content;
	close $out;
	return (snapshot_text($broken))[1];
}

# it may be written while it is copied
ok(wait_until(sub { $good = slurp($mine); return believed_as($good) == 0 }), 'a copy is believed');
my ($believed, $crashed) = (0, 0);
srand 1;
foreach my $try (1 .. 300)
{
	my $content = $good;
	if ($try % 3 == 0) { $content = substr $good, 0, int rand length $good }
	else
	{
		my $bit = int rand 8 * length $good;
		# from 8 to 15 is the sequence, of which only the lowest bit says something
		$bit = 64 if $bit > 64 && $bit < 128;
		vec($content, $bit, 1) ^= 1;
	}
	my $status = believed_as($content);
	$believed++ if $status == 0;
	$crashed++ if $status > 1;
}
is($believed, 0, 'of 300 broken snapshots, none is believed');
is($crashed, 0, '... and none crashes who reads it');

# ---- --user ----

start_helper('narrow', '--user', 'postgres');
data_directory('narrowed', 'nobody');
fake_server('narrowed', 'narrow', user => 'nobody');
like(order('narrowed', 'hello'), qr/^reply 4 - pg_tend_iotrace was not started for user/,
	'with --user, others are told that it is not for them');
end_server('narrowed');

# ---- too many ----

my @crowd = map { "crowd$_" } 1 .. 16;
foreach (@crowd)
{
	data_directory($_);
	fake_server($_, 'run');
}
my @replies = map { order($_, 'hello') } @crowd;
is(scalar(grep { /^reply 0/ } @replies), 15, 'a user has 16 clusters at most');
like($replies[-1], qr/^reply 5 - there are 16 clusters/, '... and is told so');
end_server($_) foreach @crowd;
is(stop_helper('run'), 0, 'the helper ends well');

done_testing();
