# The store of plans is small, and may be damaged: what it cannot hold is
# counted, and what it holds outlives an orderly restart.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('store', conf => <<'END');
compute_query_id = on
pg_tend.enabled = off
pg_tend.max_plans = 100
pg_tend.plan_memory = 256kB
autovacuum = off
jit = off
max_connections = 60
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
$node->safe_psql('postgres', "CREATE DATABASE busy TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
$node->safe_psql('busy', 'CREATE EXTENSION pg_tend');
$node->safe_psql('busy', <<'SQL');
CREATE TABLE item (a int PRIMARY KEY, b int, c text);
INSERT INTO item SELECT i, i % 10, 'c' FROM generate_series(1, 1000) i;
ANALYZE item;
SQL

# Ask without being counted
sub ask
{
	my ($sql, $datname) = @_;
	local $ENV{PGOPTIONS} = '-c pg_tend.track_plans=none';

	return $node->safe_psql($datname || 'postgres', $sql);
}

sub becomes_true
{
	my ($condition) = @_;
	local $ENV{PGOPTIONS} = '-c pg_tend.track_plans=none';

	return $node->poll_query_until('postgres', $condition);
}

sub wait_until
{
	my ($condition, $name) = @_;

	return ok(becomes_true($condition), $name);
}

sub plans_metric
{
	return ask("SELECT value FROM tend.self WHERE part = 'plans' AND metric = '$_[0]'");
}

# Executions in the store, and those that only sums know of
my $all_calls = <<'SQL';
(SELECT COALESCE(sum(calls + aborted), 0) FROM tend.plans)
  + (SELECT sum(value) FROM tend.self WHERE part = 'plans'
       AND metric IN ('evicted calls', 'filtered calls', 'dropped calls'))
SQL

sub forget
{
	ask('SELECT tend.plans_reset()', $_) foreach 'busy', 'postgres';
	return;
}

# A statement whose id is its number's: addition and subtraction by its bits
sub one_off
{
	my ($number) = @_;

	return 'SELECT a' . join('', map { $number >> $_ & 1 ? ' + 1' : ' - 1' } 0 .. 13) . " AS x FROM item WHERE a = 1;\n";
}

sub repeated
{
	my ($number) = @_;

	return 'SELECT c' . ' || c' x $number . " AS repeated FROM item WHERE a = 1;\n";
}

sub run { ask("SET pg_tend.track_plans = top;\n" . join('', @_), 'busy'); return; }

my $has_room = "SELECT value <= 90 FROM tend.self WHERE part = 'plans' AND metric = 'slots used'";
my $no_bench = "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'pgbench'";

# ---- many that come once, some that come again and again ----

forget();
my $before = ask("SELECT $all_calls");
my $issued = 0;
my $one_offs = 0;
my $script = '';
foreach my $round (1 .. 40)
{
	$script .= one_off($one_offs++) foreach 1 .. 75;
	$script .= repeated($_) foreach 1 .. 40;
	$issued += 115;
	# sessions come and go, the sooner the less is known of what comes often
	next if $round > 10 && $round % 5 != 0;
	run($script);
	$script = '';
	# the launcher has to be quick; this machine may be busy
	becomes_true($has_room);
}
wait_until("SELECT $all_calls = $before + $issued", 'each of 4600 executions is somewhere')
  or diag(ask("SELECT $all_calls") - $before, " of $issued");
cmp_ok(ask("SELECT sum(calls) FROM tend.plans WHERE query ~ 'repeated'"), '>=', 0.95 * 40 * 40,
	'of 3000 statements that come once, and 40 that come often, the latter are seen: at least 95 % of them');
cmp_ok(plans_metric('filtered calls'), '>', 2000, 'most of the others are only counted');
cmp_ok(plans_metric('slots used'), '<=', 100, 'there is no plan more than slots');
is(ask("SELECT count(*) FROM tend.plans WHERE query ~ 'repeated' AND plan IS NULL"), '0', 'those seen have texts');
cmp_ok(plans_metric('dropped calls'), '<', 0.05 * $issued, 'hardly any was dropped');

# ---- eviction ----

my $launcher = ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_tend launcher'");
kill STOP => $launcher;
my $evicted = plans_metric('evicted plans');
forget();
$before = ask("SELECT $all_calls");
run(map { one_off(5000 + $_) x 2 } 1 .. 300);
wait_until("SELECT $all_calls = $before + 600", 'while the launcher is held, all are counted, too')
  or diag(ask("SELECT $all_calls") - $before);
is(plans_metric('slots used'), '100', 'the store is full');
cmp_ok(plans_metric('dropped calls'), '>', 0, 'what finds no room is counted as dropped');
is(plans_metric('evicted plans'), $evicted, 'nobody else evicts');
kill CONT => $launcher;
run(map { one_off(7000 + $_) x 2 } 1 .. 20);
wait_until($has_room, 'the launcher does');
wait_until("SELECT $all_calls = $before + 640", 'and counts what it evicts');

# What a query used before its present plan is needed to judge that.
forget();
run(('SET enable_indexscan = off; SET enable_bitmapscan = off;' . "SELECT b AS alive FROM item WHERE a = 7;\n") x 3);
run("SELECT b AS alive FROM item WHERE a = 7;\n" x 3);
is(ask("SELECT count(*) FROM tend.plans WHERE query ~ 'alive'"), '2', 'a query with two plans');
$evicted = plans_metric('evicted plans');
run((map { one_off(9000 + $_) x 2 } $_ * 40 .. $_ * 40 + 39), "SELECT b AS alive FROM item WHERE a = 7;\n") foreach 1 .. 10;
wait_until("SELECT value > $evicted FROM tend.self WHERE part = 'plans' AND metric = 'evicted plans'", 'others are evicted');
is(ask("SELECT count(*) FROM tend.plans WHERE query ~ 'alive'"), '2', 'its previous plan stays, used less lately than all others');

# A session that has described a plan describes it again when it was forgotten.
my $s = session($node, 'busy');
say_in($s, "SELECT a AS lasting FROM item WHERE a = 1;\n" x 4 . 'SELECT tend.plans_reset();');
say_in($s, "SELECT a AS lasting FROM item WHERE a = 1;\n" x 70);
is(say_in($s, "SELECT count(*) FROM tend.plans WHERE query ~ 'lasting';"), '1', 'after a reset, texts come back');
close_session($s);

# ---- more text than memory ----

forget();
$script = '';
my $long = sub { return join(', ', map { "b AS " . 'x' x 50 . "_$_[0]_$_" } 1 .. 140) };
foreach my $n (1 .. 60)
{
	$script .= ('SELECT ' . $long->($n) . ' FROM item WHERE ' . join(' AND ', map { "a <> $_" } 1 .. $n) . " LIMIT 1;\n") x 3;
}
run($script);
cmp_ok(plans_metric('text used'), '<=', 256 * 1024, 'texts stay in their memory');
cmp_ok(plans_metric('dropped texts') + plans_metric('evicted plans'), '>', 0, 'some had to go');
is(ask("SELECT COALESCE(max(octet_length(query)) <= 8192, false) AND bool_or(query ~ '…\$') FROM tend.plans WHERE calls > 2", 'busy'), 't',
	'long statements are cut, with a mark');

# ---- what is large and strange ----

forget();
my $failures = plans_metric('failures');
run(<<'SQL');
CREATE TABLE "we""ird 'table\" ("Größe ""x""" int, "a b" int);
CREATE TABLE parts (a int, b int) PARTITION BY RANGE (a);
DO $$ BEGIN FOR i IN 0 .. 499 LOOP
    EXECUTE format('CREATE TABLE "part %s" PARTITION OF parts FOR VALUES FROM (%s) TO (%s)', i, i, i + 1);
END LOOP; END $$;
SQL
my $weird = q{SELECT "Größe ""x""" AS weird FROM "we""ird 'table\" WHERE "a b" = 1;} . "\n";
my $wide = 'SELECT a AS wide FROM item WHERE a IN (' . join(', ', 100000 .. 110000) . ");\n";
my $deep = join(' UNION ALL ', map { "SELECT a FROM item WHERE a = $_" } 1 .. 1000) . ";\n";
my $umlauts = 'SELECT a AS umlauts' . join('', map { ", b AS \"€uro_äöü_$_\"" } 1 .. 600) . " FROM item WHERE a = 1;\n";
cmp_ok(length($wide), '>', 65536, 'a statement of more than 64 kB');
run($weird, $weird, $weird, $wide, $wide, $deep, $deep, $umlauts, $umlauts,
	"SELECT b AS parted FROM parts WHERE b = 1;\n" x 2);
is(plans_metric('failures'), $failures, 'nothing could not be described');
my $texts = sub { return ask("SELECT $_[1] FROM tend.plans WHERE query ~ '$_[0]' AND datname = 'busy' ORDER BY calls DESC LIMIT 1", 'busy') };
is($texts->('AS weird', 'query'), q{SELECT "Größe ""x""" AS weird FROM "we""ird 'table\" WHERE "a b" = $1}, 'names with quotes');
like($texts->('AS weird', 'plan'), qr/Seq Scan on "we""ird 'table\\"/, 'in the plan, too');
is($texts->('AS wide', 'octet_length(query) <= 8192 AND octet_length(plan) <= 16384'), 't', 'a list of 10001 integers');
is($texts->('UNION ALL', 'octet_length(query) <= 8192 AND octet_length(plan) BETWEEN 1000 AND 16384'), 't', '1000 nodes');
is($texts->('AS umlauts', q{octet_length(query) BETWEEN 8180 AND 8192 AND query ~ '…$' AND convert_from(convert_to(query, 'UTF8'), 'UTF8') = query}),
	't', 'a text is cut between two characters');
is($texts->('AS parted', 'octet_length(plan) <= 16384 AND partitions / calls >= 500'), 't', '500 partitions');

# ---- encodings ----

my %name_in = (LATIN1 => "\xe4\xf6\xfc", EUC_JP => "\xc6\xfc\xcb\xdc", SQL_ASCII => "\xff\xfe\x80");
foreach my $encoding (sort keys %name_in)
{
	my $datname = lc "in_$encoding";
	ask("CREATE DATABASE $datname TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	local $ENV{PGCLIENTENCODING} = $encoding;
	my $sql = "SELECT 1 AS \"strange_${encoding}_$name_in{$encoding}\" FROM pg_class WHERE oid = 1;\n";
	$node->safe_psql($datname, $sql x 3);
	# and one that is cut
	my $long_sql = 'SELECT 1' . ", 2 AS \"$name_in{$encoding}\"" x 1500 . " FROM pg_class WHERE oid = 2;\n";
	$node->safe_psql($datname, $long_sql x 3);
}
create_databases($node, 'onlooker');
my $see = "SELECT count(*), bool_or(query ~ 'strange_') FROM tend.plans WHERE datname LIKE 'in_%' AND calls = 3";
wait_until("SELECT count(*) = 6 FROM tend.plans WHERE datname LIKE 'in_%' AND calls = 3", 'statements with high bytes');
is(ask($see), '6|t', 'can be shown in another encoding');
ask("CREATE EXTENSION pg_tend", 'in_latin1');
{
	local $ENV{PGCLIENTENCODING} = 'SQL_ASCII';
	is(ask($see, 'in_latin1'), '6|t', 'in this one, too');
	is(ask("SELECT query FROM tend.plans WHERE query ~ 'strange_LATIN1'", 'in_latin1'),
		"SELECT \$1 AS \"strange_LATIN1_$name_in{LATIN1}\" FROM pg_class WHERE oid = \$2", 'as it was sent in its own');
}

# ---- databases that go ----

ask('ALTER DATABASE in_latin1 ALLOW_CONNECTIONS false; ALTER DATABASE in_euc_jp IS_TEMPLATE true');
drop_database($node, 'in_sql_ascii');
ask('SELECT pg_reload_conf()');
wait_until("SELECT count(*) = 0 FROM tend.plans WHERE datname IS NULL", 'the plans of a dropped database are forgotten');
is(ask("SELECT count(DISTINCT datname) FROM tend.plans WHERE datname IN ('in_latin1', 'in_euc_jp')"), '2',
	'not those of a template, or of one that nobody may connect to');

# ---- the extension comes and goes while plans are tracked ----

my $offset = log_size($node);
foreach (1 .. 5)
{
	$node->safe_psql('onlooker', 'DROP EXTENSION pg_tend; SELECT 1 AS between; CREATE EXTENSION pg_tend; SELECT count(*) FROM tend.plans');
}
is_quiet($node, $offset, 'CREATE and DROP EXTENSION');

# ---- many at once ----

my $file = $node->basedir . '/many.sql';
append_to_file($file, "\\set n random(1, 300)\n\\set w random(1, 5)\n"
	  . "SELECT a FROM item WHERE a = :n;\nUPDATE item SET b = b WHERE a = :n + 300;\n"
	  . join('', map { "\\if :w = $_\nSELECT a, b$_ FROM item, (VALUES (1)) v$_ (b$_)" . " WHERE a = 1 AND b$_ = 1;\n\\endif\n" } 1 .. 5));
forget();
my %bench = (out => '', err => '');
my $bench = IPC::Run::start(
	[ 'pgbench', '-n', '-M', 'prepared', '-c', '8', '-j', '2', '-T', '4', '-f', $file, '-d', $node->connstr('busy') ],
	'<', \undef, '>', \$bench{out}, '2>', \$bench{err}, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
my $resets = 0;
while ($bench->pumpable && $resets < 60)
{
	# else it never knows that it is over
	$bench->pump_nb;
	ask('SELECT tend.plans_reset()', 'busy');
	ask('SELECT count(*) FROM tend.plans');
	$resets++;
}
$bench->finish;
like($bench{out}, qr/number of failed transactions: 0|number of transactions actually processed: [1-9]/, "8 sessions, and $resets resets");
is(ask("SELECT count(*) FROM tend.plans WHERE calls < 0 OR rows < 0 OR total_exec_ms < 0 OR mean_exec_ms > max_exec_ms + 0.001
	OR mean_exec_ms < min_exec_ms - 0.001 OR stddev_exec_ms = 'NaN' OR calls <> (SELECT sum(h) FROM unnest(histogram) h)"),
	'0', 'sums are plausible');

# what they bring in at their end does not belong to what comes now
becomes_true($no_bench);
forget();
$before = ask("SELECT $all_calls");
$node->command_ok([ 'pgbench', '-n', '-M', 'simple', '-c', '30', '-j', '2', '-t', '3', '-f', $file, 'busy' ],
	'30 sessions, which end at once');
wait_until("SELECT $all_calls = $before + 270", 'each brings in what it has done') or diag(ask("SELECT $all_calls") - $before);
$node->command_ok([ 'pgbench', '-n', '-C', '-c', '8', '-j', '2', '-t', '5', '-f', $file, 'busy' ], 'a session for each transaction');
wait_until("SELECT $all_calls = $before + 390", 'as do those') or diag(ask("SELECT $all_calls") - $before);

# cancelled and terminated in the middle of anything
$bench = IPC::Run::start(
	[ 'pgbench', '-n', '-M', 'prepared', '-c', '8', '-j', '2', '-T', '3', '-f', $file, '-d', $node->connstr('busy') ],
	'<', \undef, '>', \$bench{out}, '2>', \$bench{err}, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
for (my $i = 0; $bench->pumpable && $i < 100; $i++)
{
	my $what = $i % 10 == 9 ? 'terminate' : 'cancel';

	$bench->pump_nb;
	ask("SELECT pg_${what}_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench' ORDER BY random() LIMIT 1");
}
eval { $bench->finish };
wait_until($no_bench, 'cancelled or terminated, all end');
is(ask("SELECT count(*) FROM tend.plans WHERE calls < 0 OR aborted < 0 OR calls <> (SELECT sum(h) FROM unnest(histogram) h)"),
	'0', 'sums are plausible');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process crashed');

# ---- restart ----

forget();
run(map { repeated($_) x 3 } 1 .. 20);
run($umlauts x 2);
# what the moment changes is not compared; "last_seen" is
my $picture = "SELECT md5(string_agg(p::text, '|' ORDER BY planid, queryid)) || ' ' || count(*) FROM tend.plans p WHERE datname = 'busy'";
wait_until("SELECT sum(calls) = 62 FROM tend.plans WHERE datname = 'busy' AND query IS NOT NULL", 'there are plans');
my $plans = ask($picture);
my $save_file = $node->data_dir . '/pg_stat/pg_tend_plans.stat';
$offset = log_size($node);
$node->stop('fast');
ok(-s $save_file, 'an orderly shutdown saves them');
my $saved = slurp_file($save_file);
$node->start;
is(ask($picture), $plans, 'after it they are as before, with their texts');
ok(!-e $save_file, 'the file is gone, so that it never is an old one');
is_quiet($node, $offset, 'which needs no word in the log');
$node->stop('smart');
$node->start;
is(ask($picture), $plans, 'after the next one, too');
$node->stop('immediate');
$node->start;
is(ask("SELECT count(*) FROM tend.plans WHERE datname = 'busy'"), '0', 'an immediate shutdown forgets them');
is_quiet($node, $offset, 'without a word, too');

# ---- a damaged file ----

# Start with the file as it is; it must be left alone with one line.
sub ignores
{
	my ($name, $expected) = @_;
	my $from = log_size($node);

	$node->start;
	is(scalar(() = log_since($node, $from) =~ /LOG:  pg_tend/g), 1, "$name: one line in the log");
	like(log_since($node, $from), $expected, "$name: says why");
	is(ask("SELECT count(*) FROM tend.plans WHERE datname = 'busy'"), '0', "$name: nothing of it is taken");
	$node->stop('immediate');
	return;
}

my $damaged = qr/LOG:  pg_tend ignores its saved plans in file "[^"]+": it is damaged/;
my $other = qr/LOG:  pg_tend ignores its saved plans in file "[^"]+": it was written by another version/;

my $length = length $saved;
my ($count) = unpack 'x12 L', $saved;
# a header is: magic, version, size of a record, number of records, bytes, checksum
my @cases = (
	[ 'an empty file', '', $damaged ],
	[ 'half a header', substr($saved, 0, 20), $damaged ],
	[ 'a header alone', substr($saved, 0, 40), $damaged ],
	[ 'half a record', substr($saved, 0, 300), $damaged ],
	[ 'half of it', substr($saved, 0, $length / 2), $damaged ],
	[ 'all but a byte', substr($saved, 0, $length - 1), $damaged ],
	[ 'a byte more', $saved . 'x', $damaged ],
	[ 'something else', "\x55" x 5000, $damaged ],
	[ 'another magic number', patched($saved, 0, 'TPL0'), $damaged ],
	[ 'another major', patched($saved, 4, pack 'L', 130000), $other ],
	[ 'another layout', patched($saved, 8, pack 'L', 17), $other ],
	[ 'a huge count', patched($saved, 12, pack 'L', 4294967295), $damaged ],
	[ 'a count one too low', patched($saved, 12, pack 'L', $count - 1), $damaged ],
	[ 'a huge size', patched($saved, 16, pack 'Q', 2**62), $damaged ],
	[ 'another checksum', patched($saved, 24, pack 'L', 1), $damaged ],
	[ 'one bit', patched($saved, $length - 100, chr(ord(substr $saved, $length - 100, 1) ^ 4)), $damaged ]);
$node->stop('immediate');
foreach my $case (@cases)
{
	my ($name, $content, $expected) = @$case;

	write_bytes($save_file, $content);
	ignores($name, $expected);
}
write_bytes($save_file, $saved);
chmod 0, $save_file;
ignores('a file that cannot be read', qr/LOG:  pg_tend could not read file "[^"]+": Permission denied/);
unlink $save_file;
mkdir $save_file or die $!;
ignores('a directory', $damaged);
rmdir $save_file;
write_bytes($save_file, $saved);
$node->start;
is(ask($picture), $plans, 'the file itself was good');
$node->stop;

# ---- other sizes ----

$node->append_conf('postgresql.conf', 'pg_tend.max_plans = 10000');
is($node->start(fail_ok => 1), 0, 'texts of 10000 plans do not fit into 256 kB');
like(slurp_file($node->logfile), qr/FATAL:  pg_tend.plan_memory is too small for pg_tend.max_plans/, 'the server does not start');
like(slurp_file($node->logfile), qr/DETAIL:  10000 plans need at least 2500 kB/, 'and says how much it needs');
$node->append_conf('postgresql.conf', "pg_tend.max_plans = 200\npg_tend.plan_memory = 64kB");
$node->start;
is(ask("SELECT count(*) FROM tend.plans WHERE datname = 'busy'"), '21', 'with less memory, there are all plans');
cmp_ok(plans_metric('text used'), '<=', 65536, 'and as many texts as fit');
run(map { one_off(12000 + $_) x 2 } 1 .. 150);
wait_until("SELECT value > 140 FROM tend.self WHERE part = 'plans' AND metric = 'slots used'", 'more than 100 plans');
$node->append_conf('postgresql.conf', 'pg_tend.max_plans = 100');
$offset = log_size($node);
$node->restart;
cmp_ok(plans_metric('slots used'), '<=', 100, 'with fewer slots, there are as many as fit');
is_quiet($node, $offset, 'without complaint');
$node->stop;
done_testing();
