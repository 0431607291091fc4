# The server's side of pg_tend_iotrace, with a helper that is not one: what it
# has timed is shown, and whatever is wrong with it is said and does no harm.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use FakeHelper;
use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $nowhere = PostgreSQL::Test::Utils::tempdir_short();
my $node = tend_node('iotrace', conf => "pg_tend.iotrace_dir = '$nowhere'\nfsync = on\nwal_level = replica\n");
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'other');

sub status
{
	my ($column) = @_;

	return $node->safe_psql('postgres', "SELECT $column FROM tend.iotrace_status");
}

my $directory = $nowhere;

# Wait for the state, and see that it says what and what to do, and shows nothing.
# All of that is of one moment.
sub state_is
{
	my ($state, $message, $remedy, $name) = @_;
	my @now = ('') x 5;

	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		@now = split /\x01/, status("concat(state, E'\\x01', directory, E'\\x01', attached, E'\\x01', message, E'\\x01', remedy)");
		last if $now[0] eq $state && $now[1] eq $directory;
		select undef, undef, undef, 0.1;
	}
	is("@now[0, 1]", "$state $directory", "$name: the status says so");
	like($now[3], $message, 'and what it has seen');
	like($now[4] // '', $remedy, 'and what to do');
	return if $state =~ /^attached/;
	is($now[2], 'f', 'it is not called attached');
	is($node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM tend.io_latency), (SELECT count(*) FROM tend.io_histogram)'),
		'0|0', 'and there are no rows');
	return;
}

sub look_in
{
	my ($dir) = @_;

	alter_system($node, "SET pg_tend.iotrace_dir = '$dir'");
	$directory = $dir;
	return;
}

# ---- nobody there ----

state_is('no helper', qr{no socket "$nowhere/socket"}, qr/systemctl enable --now pg_tend_iotrace.*--check/, 'without a helper');

# ---- as it should be ----

my $helper = FakeHelper->new;
$helper->has_timed([ 0, 'write', 'wal', 300, 1 ]);
look_in($helper->{dir});
state_is('attached', qr/^attached$/, qr/^$/, 'with a helper');
my @hello = unpack 'L4 l L q Q2 L2 l13 L Q2 a768', $helper->hello;
is(length $helper->hello, FakeHelper::HELLO_SIZE, 'hello has its size');
is($hello[0], FakeHelper::HELLO_MAGIC, 'it is a hello');
is($hello[3], $node->safe_psql('postgres', "SELECT current_setting('server_version_num')"), 'of this version of the server');
is($hello[4], (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0], 'of this postmaster');
is((stat $node->data_dir . '/pg_wal')[1], $hello[26], 'with the inode of pg_wal');
my @types = map { s/\0.*//sr } unpack '(a32)24', $hello[27];
my ($backend) = grep { $types[$_] eq 'client backend' } 0 .. 23;
my ($writer) = grep { $types[$_] eq 'walwriter' } 0 .. 23;
my ($checkpointer) = grep { $types[$_] eq 'checkpointer' } 0 .. 23;
ok($backend && $writer, 'with the names of the types of processes');
is($checkpointer, $hello[10], 'and which one is the checkpointer');
my @fields = @hello[ 11 .. 23 ];
is(scalar(grep { $_ < -1 || $_ > $hello[9] - 4 } @fields), 0, 'and where to find what in CheckpointStats');
is(status('helper_version'), '9.9 (fake)', 'the status has its version');
is(status('lost_calls'), 7, 'and what it has lost');
ok($node->poll_query_until('postgres', 'SELECT snapshot_age_ms BETWEEN 0 AND 1000 FROM tend.iotrace_status'), 'and how old the snapshot is');

$helper->has_timed(
	[ $backend, 'fdatasync', 'wal', 1000000, 100 ],
	[ $backend, 'write', 'data', 5000, 10, 2, 81920 ],
	[ $writer, 'fdatasync', 'temp', 2000, 4 ],
	[ $writer, 'fdatasync', 'dir', 2000, 5 ],
	[ 0, 'fsync', 'other', 2000, 1 ],
	[ 23, 'fsync', 'slru', 90000000000, 1 ]);
my $latency = "SELECT operation, file_class, backend_type, calls, errors, bytes, total_ms, mean_us, max_us"
  . " FROM tend.io_latency";
ok( $node->poll_query_until('postgres', "SELECT EXISTS ($latency WHERE calls = 100)"), 'the next snapshot is shown');
is($node->safe_psql('postgres', $latency), <<'END' =~ s/\n\z//r, 'as it is, the worst first, with classes as documented');
fsync|slru|unknown|1|0|0|90000|90000000|90000000
fdatasync|wal|client backend|100|0|0|100|1000|1000
write|data|client backend|10|2|81920|0.05|5|5
fdatasync|other|walwriter|9|0|0|0.018|2|2
fsync|other|starting|1|0|0|0.002|2|2
END
is($node->safe_psql('postgres', 'SELECT bool_and(abs(p50_us - mean_us) / mean_us <= 0.0625 AND abs(p99_us - mean_us) / mean_us <= 0.0625)'
		  . " FROM tend.io_latency WHERE operation <> 'fsync' OR file_class <> 'slru'"), 't', 'quantiles are within 6.25 %');
is($node->safe_psql('postgres', 'SELECT count(*) FROM tend.io_latency l JOIN'
		  . ' (SELECT operation, file_class, backend_type, sum(calls) AS calls FROM tend.io_histogram GROUP BY 1, 2, 3) h'
		  . ' USING (operation, file_class, backend_type) WHERE h.calls = l.calls'), '5', 'histograms add up to it');
is($node->safe_psql('postgres', "SELECT le_us FROM tend.io_histogram WHERE file_class = 'slru'"), 'Infinity', 'the last bucket has no end');
is($node->safe_psql('postgres', "SELECT le_us FROM tend.io_histogram WHERE file_class = 'wal'"), '1048.576', 'the others have one');
is($node->safe_psql('postgres', 'SELECT since BETWEEN pg_postmaster_start_time() AND now() FROM tend.io_latency LIMIT 1'), 't', 'since is when counting began');
is($node->safe_psql('other', 'SELECT sum(calls) FROM tend.io_latency'), '121', 'each database shows the same');

# ---- history ----

my $sum = "SELECT sum(calls) FROM tend.io_history WHERE backend_type = 'client backend' AND file_class = 'wal'";
foreach my $db ('postgres', 'other')
{
	ok($node->poll_query_until($db, "$sum", '100'), "$db has the calls in its history");
}
$helper->has_timed([ $backend, 'fdatasync', 'wal', 8000000, 140 ]);
foreach my $db ('postgres', 'other')
{
	# what was 1 ms is 8 ms now: so 140 calls are new, and 100 have gone
	ok($node->poll_query_until($db, "$sum", '240'), 'and what comes later, once');
}
is($node->safe_psql('postgres', "SELECT round(p50_us / 500) * 0.5, histogram[16] FROM tend.io_history WHERE calls = 140"),
	'8|140', 'with quantiles and a histogram of their own');
wait_for_visits($node, 'postgres', 2);
is($node->safe_psql('postgres', $sum), '240', 'an interval without calls has no row');

foreach my $command ('CREATE DATABASE copy TEMPLATE other', 'DROP DATABASE copy', 'DROP DATABASE other')
{
	is(take_database($node, $command), '', "no database is kept from being copied or dropped: $command");
}

# ---- it stops, it dies, it comes back ----

$helper->promises(200);
$helper->pause;
state_is('stale', qr/the snapshot is .* s old, though it is written every 0.2 s/, qr/restart pg_tend_iotrace/, 'when it hangs');
$helper->go_on;
state_is('attached', qr/^attached$/, qr/^$/, 'when it goes on');
$helper->stop;
state_is('no helper', qr/has closed the connection|nobody listens/, qr/systemctl enable/, 'when it is killed');
# an interval ends after it began to count and before it says so
my $next = FakeHelper->new(dir => $helper->{dir}, snapshot => 'another.snap', thinks => 2.5);
$next->has_timed([ $backend, 'fdatasync', 'wal', 1000000, 30 ]);
state_is('attached', qr/^attached$/, qr/^$/, 'when it is started again');
ok($node->poll_query_until('postgres', $sum, '270'), 'the history goes on, though counting began anew');

$node->restart;
state_is('attached', qr/^attached$/, qr/^$/, 'when the server is started again');
isnt((unpack 'L4 l L q', $next->hello)[6], $hello[6], 'it says hello with its new start');
$started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

look_in('');
state_is('off', qr/iotrace_dir is empty/, qr/RESET pg_tend.iotrace_dir/, 'when it is switched off');
ok(wait_for_file("$next->{dir}/left"), 'the helper is left');
$next->stop;

sub wait_for_file
{
	my ($file) = @_;

	foreach (1 .. 200) { return 1 if -e $file; select undef, undef, undef, 0.05; }
	return 0;
}

# ---- helpers that are none ----

my @bad = (
	[ 'of another version', { version => 2, status => 1 }, 'wrong version', qr/speaks version 2 .* library version 1/, qr/library of the same version/ ],
	[ 'that serves others', { status => 4, text => 'not user 26' }, 'refused', qr/serves other users only: not user 26/, qr/--user/ ],
	[ 'that is full', { status => 5, text => '64 clusters' }, 'refused', qr/no room for another cluster: 64 clusters/, qr/restart/ ],
	[ 'that refuses with bad words', { status => 6, text => "\e[31m" }, 'refused', qr/it did not say why/, qr/--check/ ],
	[ 'that refuses without a reason known', { status => 77 }, 'refused', qr/did not say why/, qr/--check/ ],
	[ 'that talks nonsense', { mode => 'garbage' }, 'wrong socket', qr/does not speak the protocol/, qr/iotrace_dir/ ],
	[ 'of another kind', { mode => 'stream' }, 'wrong socket', qr/another program/, qr/iotrace_dir/ ],
	[ 'that hangs up', { mode => 'closes' }, 'no helper', qr/has closed the connection/, qr/systemctl/ ],
	[ 'that says nothing', { mode => 'silent' }, 'helper silent', qr/does not answer/, qr/restart/ ],
	[ 'that points elsewhere', { snapshot => '../../etc/passwd', mode => 'no snapshot' }, 'wrong socket', qr/does not speak the protocol/, qr/iotrace_dir/ ],
	[ 'without a snapshot', { mode => 'no snapshot' }, 'no snapshot', qr/No such file/, qr/df / ],
	[ 'that could not attach all', { fields => { attached => 254, errors => [ 2, (0) x 7 ] } }, 'attached in part', qr/fsync \(this kernel does not have the tracepoint/, qr/--check/ ]);

foreach my $case (@bad)
{
	my ($name, $params, @want) = @$case;
	my $bad = FakeHelper->new(%$params);

	look_in($bad->{dir});
	state_is(@want, "a helper $name");
}

my $closed = FakeHelper->new;
chmod 0000, $closed->{dir};
look_in($closed->{dir});
state_is('no permission', qr/may not connect/, qr/chmod 755/, 'a directory that is closed');
chmod 0700, $closed->{dir};
state_is('attached', qr/^attached$/, qr/^$/, 'one that is opened');
is(status('missing_probes'), '{}', 'all calls are timed');

# ---- snapshots that are none ----

my $cells = [ [ $backend, 'fsync', 'wal', 1000, 5 ] ];
my $file = $closed->file;
my $hello = $closed->hello;
$closed->pause;

sub damaged
{
	my ($state, $message, $name, $bytes) = @_;

	FakeHelper::put($file, $bytes);
	state_is($state, $message, qr/./, $name);
	is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'and the server lives');
	return;
}

my $bad = 'snapshot not believed';
my $good = FakeHelper::snapshot($hello, cells => $cells);
damaged($bad, qr/too short/, 'an empty snapshot', '');
damaged($bad, qr/too short/, 'half a header', substr $good, 0, 2000);
damaged($bad, qr/truncated/, 'half a record', substr $good, 0, 5000);
damaged($bad, qr/not a snapshot/, 'another file', 'x' x 10000);
damaged($bad, qr/wrong checksum/, 'a changed byte', substr($good, 0, 6000) . 'x' . substr($good, 6001));
damaged($bad, qr/truncated/, 'more records than there are', FakeHelper::snapshot($hello, records => 4000000000));
damaged($bad, qr/another version/, 'another version', FakeHelper::snapshot($hello, version => 2));
damaged($bad, qr/of another server/, 'that of another server', FakeHelper::snapshot($hello, pid => 1));
damaged($bad, qr/of another server/, 'that of another start', FakeHelper::snapshot($hello, start => 5));
damaged($bad, qr/impossible numbers/, 'impossible numbers', FakeHelper::snapshot($hello, cells => [ [ 3, 'fsync', 'wal', 1000, 2**62 ] ]));
damaged($bad, qr/impossible record/, 'an impossible process', FakeHelper::snapshot($hello, cells => [ [ 99, 'fsync', 'wal', 1000, 1 ] ]));
damaged('snapshot not written', qr/never complete/, 'one that is never finished', FakeHelper::snapshot($hello, sequence => 3));
damaged('stale', qr/old/, 'one of the future', FakeHelper::snapshot($hello, heartbeat => 2**60, since => 1));
damaged('stale', qr/old/, 'one of long ago', FakeHelper::snapshot($hello, heartbeat => 2, since => 1));

unlink $file;
symlink '/etc/passwd', $file;
state_is($bad, qr/not a regular file of root's/, qr/ls -l/, 'a link');
unlink $file;
POSIX::mkfifo($file, 0600);
state_is($bad, qr/not a regular file of root's/, qr/ls -l/, 'a pipe, which nobody waits for');
unlink $file;
mkdir $file;
state_is($bad, qr/not a regular file of root's/, qr/ls -l/, 'a directory');
rmdir $file;
FakeHelper::put($file, FakeHelper::snapshot($hello, cells => $cells, heartbeat => 2, since => 1));
truncate $file, 2**40;
state_is('stale', qr/old/, qr/df/, 'a terabyte of nothing behind it is not read');
chmod 0000, $file;
state_is('no snapshot', qr/Permission denied/, qr/chmod/, 'one that is closed');
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'the server has never been restarted');
$closed->stop;

# ---- what it tells of the disk ----

my $watcher = FakeHelper->new;
look_in($watcher->{dir});
state_is('attached', qr/^attached$/, qr/^$/, 'a good helper at last');
$node->safe_psql('postgres', 'CREATE TABLE busy (i int)');
my $event = "SELECT string_agg(state, ' ' ORDER BY at) FROM tend.events WHERE kind = 'WAL sync slow'";
my $opened = "FROM tend.events WHERE kind = 'WAL sync slow' AND state = 'open' ORDER BY at LIMIT 1";
my $health = "SELECT string_agg(format('%s %s %s %s', severity, check_name, object, message), '; ' ORDER BY check_name) FROM tend.health WHERE check_name ~ 'sync'";
is($node->safe_psql('postgres', $health), '', 'tend.health is quiet');

# A visit that is late does not see each interval, so it goes on until that was seen.
sub times_until
{
	my ($seen, @what) = @_;

	foreach my $hundreds (1 .. 5 * $PostgreSQL::Test::Utils::timeout_default)
	{
		$watcher->has_timed([ @what, 100 * $hundreds ]);
		last if $seen->();
		select undef, undef, undef, 0.2;
	}
	return;
}

my ($said, $happened);
times_until(sub {
	$said = $node->safe_psql('postgres', $health);
	$happened = $node->safe_psql('postgres', $event);
	return $said =~ /WAL sync slow/ && $happened ne '';
}, $backend, 'fdatasync', 'wal', 250000000);
is($happened, 'open', 'slow syncs of WAL are an event');
like($said, qr/^warning WAL sync slow cluster one in a hundred syncs of WAL takes 2[45]\d\.\d ms[^;]*; [^;]*$/, 'and in tend.health');
like($node->safe_psql('postgres', "SELECT message $opened"),
	qr/one in a hundred syncs of WAL takes 2[45]\d\.\d ms or more, the longest 250.0 ms, where 100 ms are the limit/, 'with numbers');
is($node->safe_psql('postgres', "SELECT details ->> 'wal_sync_max_ms' $opened"), '250', 'and details');
ok($node->poll_query_until('postgres', $event, 'open closed'), 'which ends when they have ended');
times_until(sub { ($said = $node->safe_psql('postgres', $health)) =~ /slow sync/ }, $checkpointer, 'fsync', 'data', 150000000);
like($said, qr/^warning slow sync fsync of data by checkpointer in an interval of the last 10 s, one of a hundred calls .* took 1\d\d ms or longer/, 'slow syncs of data are in tend.health, and whose they are');

# ---- a checkpoint whose last sync hangs looks as if it were over ----

# It takes its time; CHECKPOINT has it hurry up.
$node->safe_psql('postgres', 'CREATE TABLE many (t text)');
$node->safe_psql('postgres', 'INSERT INTO many SELECT repeat($$x$$, 500) FROM generate_series(1, 20000)');
my $backup = session($node, 'postgres');
ask_in($backup, "SELECT pg_backup_start('slow', false);");
has_answered($backup);
my $running = 'SELECT (extract(epoch FROM started - $$2000-01-01 00:00:00Z$$) * 1000000)::bigint FROM tend.checkpoints WHERE finished IS NULL';
ok($node->poll_query_until('postgres', "SELECT EXISTS ($running)"), 'a checkpoint runs');
my $start = $node->safe_psql('postgres', $running);
my $of_it = 'FROM tend.checkpoints WHERE started = $$2000-01-01 00:00:00Z$$::timestamptz + ' . "$start * interval '1 microsecond'";
$watcher->has_seen($start, 10, 77);
wait_for_visits($node, 'postgres', 3);
is($node->safe_psql('postgres', "SELECT count(*), count(finished) $of_it"), '1|0', 'it is not over before the server says so');
$node->safe_psql('postgres', 'CHECKPOINT');
ok($node->poll_query_until('postgres', "SELECT bool_or(timed_syncs = 77) $of_it"), 'then it has what the probe timed');
is($node->safe_psql('postgres', "SELECT count(*), count(finished), min(reason) $of_it"), '1|1|requested', 'once, with its reason');
ok($node->poll_query_until('postgres', "SELECT string_agg(h.reason, ' ') = 'requested' FROM tend.checkpoint_history h JOIN (SELECT started $of_it) c USING (started)"),
	'the history has that, too');
say_in($backup, 'SELECT FROM pg_backup_stop(false);');
close_session($backup);

# each commit syncs the WAL, and the helper does not count it: that is said of the
# last interval only, so commits go on
my $state;
foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
	$node->safe_psql('postgres', join "\n", ('INSERT INTO busy VALUES (1);') x 50);
	last if ($state = status('state')) eq 'counts nothing';
}
is($state, 'counts nothing', 'a probe that sees nothing of what the server counts is found out');

# a visit may have been at the door of a database that was dropped
is(join("\n", grep { !/FATAL:  database (?:\d+|"copy"|"other") does not exist/ } log_errors($node, 0)), '', 'the log shows no error');
is($node->safe_psql('postgres', 'SELECT count(*) FROM tend.self WHERE metric = $$last error$$'), '0', 'nor does tend.self');
$node->stop;
done_testing();
