# Every kind of call to every kind of file is counted where it belongs, as often
# as it was made, and nothing else is
use strict;
use warnings FATAL => 'all';

use Iotrace;
use Test::More;

start_helper('run');
my $dir = data_directory('server');
fake_server('server', 'run');
my $file = answer_of('server', 'run');

my %class_of = (
	'pg_wal/0000000100000000000000AA' => 'wal',
	'pg_wal/archive_status/0000000100000000000000AA.done' => 'other',
	'base/5/1259' => 'data',
	'base/5/t3_1259' => 'temp',
	'base/5/test' => 'data',
	'base/pgsql_tmp/pgsql_tmp77.0' => 'temp',
	'global/pg_control' => 'data',
	'pg_xact/0000' => 'slru',
	'pg_subtrans/0000' => 'slru',
	'pg_commit_ts/0000' => 'slru',
	'pg_notify/0000' => 'slru',
	'pg_serial/0000' => 'slru',
	'pg_multixact/members/0000' => 'slru',
	'pg_logical/replorigin_checkpoint' => 'other',
	'postgresql.auto.conf' => 'other',
	'pg_wal' => 'dir',
	'base/5' => 'dir',
	'.' => 'dir');

# ---- each file, each call ----

my %call_of = map { $_ => $_ } qw(fsync fdatasync sync_file_range syncfs msync);
$call_of{$_} = 'write' foreach qw(pwrite64 pwritev pwritev2);
$call_of{pwritev2_dsync} = 'sync_write';

my %expected;
foreach my $path (sort keys %class_of)
{
	foreach my $call (sort keys %call_of)
	{
		my ($type, $n) = (1 + length($path) % 20, 1 + length($call) % 7);
		my $class = $call eq 'msync' ? 'other' : $class_of{$path};
		# a directory cannot be written to: these calls fail
		order('server', "call $type $call $path $n") eq 'done' or fail("$call of $path");
		$expected{"$type $call_of{$call} $class"} += $n;
	}
}
is_deeply(cells($file), \%expected, 'each call to each file is counted in its cell');

# ---- what else is in a cell ----

order('server', 'call 21 pwrite64 base/5/1 7');
order('server', 'call 21 bad_pwrite base/5/1 3');
order('server', 'call 21 bad_fsync base/5/1 4');
order('server', 'call 21 sync_file_range base/5/1 2');
order('server', 'call 21 pwrite64 pg_wal/1 5 dsync');
my $cell = snapshot($file)->{cell};
is_deeply([ @{ $cell->{'21 write data'} }[ 0 .. 2 ] ], [ 10, 3, 7 * 512 ], 'calls, errors and bytes of writes');
is_deeply([ @{ $cell->{'21 fsync other'} }[ 0 .. 2 ] ], [ 4, 4, 0 ], 'a file that is not open is "other"');
is_deeply([ @{ $cell->{'21 sync_file_range data'} }[ 0 .. 2 ] ], [ 2, 0, 1024 ], 'bytes asked to be written back');
is_deeply([ @{ $cell->{'21 sync_write wal'} }[ 0 .. 2 ] ], [ 5, 0, 5 * 512 ],
	'writes to a file opened with O_DSYNC are syncs');
ok( $cell->{'21 sync_write wal'}[4] > 0
	  && $cell->{'21 sync_write wal'}[3] >= $cell->{'21 sync_write wal'}[4],
	'the longest is not longer than all');

is(order('server', 'call 20 fsync base/5/1 3 high'), 'done', 'the last of 10 000 open files');
is(count_of($file, '20 fsync data'), 3, '... is known, too');

# ---- types ----

order('server', "call $_ fsync base/5/2 1") foreach (0, 22, 24, 4294967295);
my $cells = cells($file);
is($cells->{'0 fsync data'}, 1, 'a process that has no type yet');
is($cells->{'22 fsync data'}, 1, 'the last type');
is($cells->{'23 fsync data'}, 2, 'impossible types are unknown');

# ---- who is not counted ----

my $before = cells($file);
order('server', 'grandchild base/5/3 5');
system('sync', "$dir/base/5/1") == 0 or die;
is_deeply(cells($file), $before, 'neither a grandchild nor another process is counted');

# a child that becomes another program
system('cp', '/bin/sync', work_path('sync')) == 0 or die;
chmod 0755, work_path('sync');
is(order('server', 'run ' . work_path('sync') . ' base/5/1'), 'done', 'a program of the same user');
my $after = cells($file);
my $own = 0;
$own += $after->{$_} - ($before->{$_} // 0) foreach keys %$after;
is($own, 1, '... is counted');
SKIP:
{
	skip 'the folder is mounted without set-uid', 2
	  if qx(findmnt -no OPTIONS -T $ENV{IOTRACE_WORK}) =~ /nosuid/;
	chmod 04755, work_path('sync');
	is(order('server', 'run ' . work_path('sync') . ' base/5/1'), 'done', '... set-uid root');
	is_deeply(cells($file), $after, '... but not when it runs as root');
}

# ---- many ----

$before = count_of($file, '1 fsync data');
is(order('server', 'many 500 base/5/4'), 'done', '500 processes that live for one sync each');
is(count_of($file, '1 fsync data') - $before, 500, '... are all counted');

# ---- pg_wal elsewhere, tablespaces ----

data_directory('moved');
my @version = ('PG_15_202209061', 'PG_15_202209061/5', 'PG_15_202209061/pgsql_tmp');
mkdir work_path($_) or die "$_: $!" foreach ('elsewhere', 'space', map { "space/$_" } @version);
system('chown', '-R', 'postgres', work_path('elsewhere'), work_path('space')) == 0 or die;
rmdir work_path($_) or die foreach ('moved/pg_wal/archive_status', 'moved/pg_wal');
symlink work_path('elsewhere'), work_path('moved/pg_wal') or die;
symlink work_path('space'), work_path('moved/pg_tblspc') or die;
fake_server('moved', 'run');
my $moved = answer_of('moved', 'run');
my $untouched = cells($file);
order('moved', 'call 3 fdatasync pg_wal/1 4');
order('moved', "call 3 fdatasync pg_tblspc/$version[1]/1 2");
order('moved', "call 3 pwrite64 pg_tblspc/$version[2]/pgsql_tmp1.0 3");
is_deeply(
	cells($moved),
	{ '3 fdatasync wal' => 4, '3 fdatasync data' => 2, '3 write temp' => 3 },
	'WAL in another folder, and tablespaces, are known by what they are');
is_deeply(cells($file), $untouched, 'clusters do not mix');

# ---- checkpoints ----

order('moved', "checkpoint $_ 2 3 4 " . $_ * 2 . " 6 base/5/1") foreach (100 .. 140);
my @checkpoints = sort { $a->[0] <=> $b->[0] } @{ snapshot($moved)->{checkpoints} };
is(scalar(@checkpoints), 32, 'the last 32 checkpoints are remembered');
is_deeply($checkpoints[0], [ 10, 109, 2, 3, 4, 218, 6, 3, 0, -1 ], 'the oldest, as CheckpointStats had it');
is_deeply($checkpoints[-1], [ 41, 140, 2, 3, 4, 280, 6, 3, 0, -1 ], 'the latest');

# ---- the kernel's own count ----

data_directory('traced');
my $log = work_path('strace.log');
fake_server('traced', 'run',
	run => [ 'strace', '-f', '-qq', '-o', $log, '-e',
		'trace=fsync,fdatasync,sync_file_range,syncfs,msync,pwrite64,pwritev,pwritev2' ]);
my $path = answer_of('traced', 'run');
foreach my $call (sort keys %call_of)
{
	order('traced', "call 4 $call $_ 3") foreach (qw(pg_wal/1 base/5/1 pg_xact/0 base/5));
}
my (%counted, %truth);
my $all = snapshot($path)->{cell};
$counted{ (split / /)[1] } += $all->{$_}[0] foreach keys %$all;
foreach (split /\n/, slurp($log))
{
	$truth{ /RWF_DSYNC/ ? 'sync_write' : $call_of{$1} // $1 }++ if /^\d+ +(\w+)\(/;
}
is_deeply(\%counted, \%truth, 'as many calls of each kind as strace saw');

my $status = snapshot($file);
is($status->{unread_types}, 1, 'the other program has no backend type');
is($status->{$_}, 0, "$_ is 0") foreach qw(unread_files unread_checkpoints lost);

done_testing();
