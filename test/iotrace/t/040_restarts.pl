# Helper and servers come and go in any order
use strict;
use warnings FATAL => 'all';

use Iotrace;
use Test::More;

# ---- helper goes ----

start_helper('run');
data_directory('server');
my $postmaster = fake_server('server', 'run');
my $file = answer_of('server', 'run');
order('server', 'call 1 fsync base/5/1 3');
my $first = snapshot($file);
is($first->{cell}{'1 fsync data'}[0], 3, 'counted');
is($first->{start}, 424242, 'the snapshot has the start time of the server');

stop_helper('run', 'KILL');
like((snapshot_text($file))[0], qr/^age_ms/, 'after kill -9 the snapshot is still there');
ok(wait_until(sub { (snapshot_text($file))[0] =~ /^age_ms (\d+)/ && $1 > 300 }), '... and becomes stale');
order('server', 'call 1 fsync base/5/1 2');

start_helper('run');
ok(!-e $file, 'the next helper removes what was left');
my $again = answer_of('server', 'run');
is($again, $file, 'the same server gets the same file');
order('server', 'call 1 fsync base/5/1 4');
my $second = snapshot($file);
is($second->{cell}{'1 fsync data'}[0], 4, 'which counts anew');
isnt($second->{generation}, $first->{generation}, '... and says so');

# ---- connection goes ----

order('server', 'goodbye');
order('server', 'call 1 fsync base/5/1 5');
is(count_of($file, '1 fsync data'), 9, 'a cluster without a connection is still counted');
answer_of('server', 'run');
my $third = snapshot($file);
is($third->{cell}{'1 fsync data'}[0], 9, 'who says hello again finds his numbers');
is($third->{generation}, $second->{generation}, '... of the same generation');
answer_of('server', 'run');
order('server', 'call 1 fsync base/5/1 1');
is(count_of($file, '1 fsync data'), 10, 'a second connection takes the place of the first');

# ---- server goes ----

kill 'KILL', $postmaster;
ok(wait_until(sub { !-e $file }), 'when the postmaster is killed, the snapshot goes');
end_server('server');
data_directory('server2');
fake_server('server2', 'run');
my $new = answer_of('server2', 'run');
order('server2', 'call 1 fsync base/5/1 1');
is_deeply(cells($new), { '1 fsync data' => 1 }, 'the next server starts from zero');

# ---- one per folder ----

my $output = qx(@{[ build_path('pg_tend_iotrace') ]} --dir @{[ work_path('run') ]} 2>&1);
isnt($?, 0, 'a second helper for the same folder does not start');
like($output, qr/another pg_tend_iotrace serves/, '... and says why');
order('server2', 'call 1 fsync base/5/1 1');
is(count_of($new, '1 fsync data'), 2, '... nor does it disturb the first');

# ---- a good end ----

is(stop_helper('run'), 0, 'TERM ends it');
is_deeply([ glob work_path('run/*') ], [ work_path('run/lock') ], '... and leaves neither socket nor snapshots');

# ---- folders that will not do ----

foreach (
	[ 'writable', sub { mkdir $_[0]; chmod 0777, $_[0] }, qr/nobody else may write/ ],
	[ 'foreign', sub { mkdir $_[0]; chown user_ids('postgres'), $_[0] }, qr/must belong to us/ ],
	[ 'link', sub { symlink '/var', $_[0] }, qr/cannot open/ ],
	[ 'missing/folder', sub { }, qr/cannot make/ ],
	[ 'x' x 120, sub { }, qr/too long/ ])
{
	my ($name, $make, $said) = @$_;
	$make->(work_path($name));
	$output = qx(@{[ build_path('pg_tend_iotrace') ]} --dir @{[ work_path($name) ]} 2>&1);
	ok($? != 0 && $output =~ $said, 'not in a folder that is ' . substr($name, 0, 20)) or diag $output;
}

# ---- no room for snapshots ----

mkdir work_path('full');
system('mount', '-t', 'tmpfs', '-o', 'size=64k,mode=755', 'none', work_path('full')) == 0
  or die 'tmpfs cannot be mounted';
start_helper('full');
data_directory('server3');
fake_server('server3', 'full');
my $small = answer_of('server3', 'full');
order('server3', "call $_ fsync base/5/1 1") foreach (1 .. 15);
is(scalar(keys %{ cells($small) }), 15, 'a snapshot in a small folder');
order('server3', "call $_ fdatasync base/5/1 1") foreach (1 .. 20);
ok(wait_until(sub { helper_log('full') =~ /cannot be written: No space/ }), 'a full folder is said');
is((snapshot_text($small))[1], 1, '... and nobody believes half a snapshot');
end_server('server3');
stop_helper('full');
system('umount', work_path('full'));

# ---- kernels that lack something ----

start_helper('partly', '--pretend-missing', 'fsync,pwritev2');
like(helper_log('partly'), qr/fsync is not timed: the kernel has no tracepoint/, 'what is missing is said');
data_directory('server4');
fake_server('server4', 'partly');
my $partly = answer_of('server4', 'partly');
order('server4', "call 1 $_ base/5/1 3") foreach qw(fsync fdatasync);
my $s = snapshot($partly);
is($s->{cell}{'1 fdatasync data'}[0], 3, 'what is there is counted');
ok(!exists $s->{cell}{'1 fsync data'}, 'what is not there is not');
is($s->{wanted}, 0xff, 'the snapshot says what was wanted');
is($s->{attached}, 0xff & ~(1 | 1 << 7), '... what is attached');
is($s->{error_of_fsync}, 2, '... and why not');

# ---- another pid namespace ----

start_helper('run');
data_directory('inner');
fake_server('inner', 'run', run => [qw(unshare --pid --fork --kill-child --mount-proc)]);
my $inner = answer_of('inner', 'run');
order('inner', 'call 1 fsync base/5/1 6');
$s = snapshot($inner);
is($s->{cell}{'1 fsync data'}[0], 6, 'a server in a container is counted');
cmp_ok($s->{pid}, '<', 10, '... and finds its own pid in the snapshot');

done_testing();
