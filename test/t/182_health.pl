# tend.health on a server: each check fires where it should, and is quiet before.
# Those about the disk do so where its events are tested, in 180 and 181.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('health', allows_streaming => 1, conf => <<'END');
wal_level = logical
max_prepared_transactions = 5
archive_mode = on
archive_command = '/bin/true'
autovacuum_max_workers = 1
autovacuum_naptime = 1
compute_query_id = on
max_wal_size = 2GB
pg_tend.health_skip = 'settings'
# a visit may be late here
pg_tend.health_visit_delay = 1000
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend; CREATE ROLE monitor LOGIN IN ROLE pg_monitor');
wait_for_visits($node, 'postgres', 1);

# What a check says, as "severity object: message; remedy" lines
sub health
{
	my ($check, $set, $on) = @_;

	$set = join ' ', map { "SET $_;" } split /,\s*/, $set // '';
	return ($on // $node)->safe_psql('postgres',
		"$set SELECT format('%s %s: %s; %s', severity, object, message, remedy) FROM tend.health WHERE check_name = '$check'",
		extra_params => [ '-U', 'monitor' ]);
}

# The answer is like this, soon
sub is_soon
{
	my ($ask, $like, $name) = @_;
	my $answer;

	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		last if ($answer = $ask->()) =~ $like;
		select undef, undef, undef, 0.1;
	}
	like($answer, $like, $name);
	return;
}

# The check says this, soon
sub fires
{
	my ($check, $set, $like, $name) = @_;

	is_soon(sub { health($check, $set) }, $like, "$check: $name");
	return;
}

sub is_ok
{
	my ($check, $set) = @_;

	is(health($check, $set), '', "$check: it is quiet before");
	return;
}

is($node->safe_psql('postgres', "SELECT string_agg(severity || ' ' || check_name || ': ' || message, '; ') FROM tend.health",
		extra_params => [ '-U', 'monitor' ]),
	'ok all checks: all is well', 'a healthy server has one row');
like(health('settings', "pg_tend.health_skip = ''"), qr/critical fsync: .*warning autovacuum: /s,
	'what is skipped is there for who asks');

# ---- data that most of it needs ----

teach($node, 'postgres');
my @setup = (
	'CREATE TABLE big (id int, v int, note text) WITH (autovacuum_enabled = off)',
	q{INSERT INTO big SELECT i, i, 'x' FROM generate_series(1, 450000) i},
	'CREATE INDEX big_id ON big (id)',
	'VACUUM ANALYZE big',
	'CREATE TABLE parts (id int) PARTITION BY RANGE (id)',
	'DO $$ BEGIN FOR i IN 0 .. 39 LOOP EXECUTE format(\'CREATE TABLE parts_%s PARTITION OF parts FOR VALUES FROM (%s) TO (%s)\', i, i * 10, i * 10 + 10); END LOOP; END $$',
	'CREATE TABLE small (id int PRIMARY KEY, v int)',
	'INSERT INTO small SELECT i, i FROM generate_series(1, 2000) i',
	'ANALYZE small');
$node->safe_psql('postgres', $_) foreach @setup;

# check, settings of the session, what is done, what it says, how that is
# undone, what is done before each look: vacuum leaves rows that somebody sees
my @cases = (
	[ 'connections', 'pg_tend.health_connections = 0', '', qr/warning connections: \d+ of \d+ connections are in use/ ],
	[ 'prepared transaction', 'pg_tend.health_prepared_age = 0', q{BEGIN; CREATE TABLE p (); PREPARE TRANSACTION 'left'},
		qr/prepared transaction 'left'.*ROLLBACK PREPARED 'left';/, q{ROLLBACK PREPARED 'left'} ],
	[ 'replication slot', 'pg_tend.health_slot_size = 0', q{SELECT pg_create_physical_replication_slot('forgotten', true)},
		qr/slot forgotten, which nobody uses, retains .*pg_drop_replication_slot\('forgotten'\)/, q{SELECT pg_drop_replication_slot('forgotten')} ],
	[ 'dead rows', '', 'DELETE FROM small WHERE id > 1000', qr/notice public\.small: 50 % of the rows .*VACUUM public\.small;/ ],
	[ 'vacuum overdue', '', '', qr/public\.small: .*autovacuum or track_counts is off/ ],
	[ 'stale statistics', '', 'CREATE TABLE raw (id int); INSERT INTO raw SELECT generate_series(1, 5000)',
		qr/public\.raw: 5 000 rows of public\.raw changed since it was analyzed, which was never; ANALYZE public\.raw;/ ],
	[ 'partitioned table statistics', '', 'INSERT INTO parts SELECT i % 400 FROM generate_series(1, 4000) i; ANALYZE parts_1', qr/ANALYZE public\.parts;/ ],
	[ 'HOT updates', '', 'CREATE INDEX small_v ON small (v); DO $$ BEGIN FOR i IN 1 .. 12 LOOP UPDATE small SET v = v + 1; END LOOP; END $$',
		qr/notice public\.small: .* were HOT/ ],
	[ 'autovacuum cancelled', '', q{INSERT INTO tend.events_0 SELECT now(), 'notice', 'autovacuum cancelled', 'public.small', 'single', 'x', NULL FROM generate_series(1, 3)},
		qr/autovacuum of public\.small was cancelled 3 times/ ],
	[ 'plan regression', '', q{
		INSERT INTO tend.plan_change_log_0 SELECT now(), now(), 10, 77, true, 1, 2, 'regressed', 'confirmed', 1, 'index dropped', 'five times slower', NULL, '{}', 1, 5, 5, 1000,
			now(), NULL, '{}', '{}', '{}', 'SELECT 1', 'a', 'b'},
		qr/warning query 77 of \w+: .*five times slower; SELECT tend\.plan_diff\(1, 2\);/ ],
	[ 'slow query', '', q{
		INSERT INTO tend.plan_change_log_0 SELECT now(), now(), 10, 78, true, 3, 3, 'regressed', 'open', 1, 'unknown', 'slow', 'look', '{}', 1, 5, 5, 1000,
			now(), NULL, '{}', '{}', '{}', 'SELECT 2', 'a', 'a'},
		qr/notice query 78 of \w+: .*slow; look/ ],
	[ 'misestimate', '', q{
		INSERT INTO tend.statistics_verdicts SELECT 'big'::regclass, '{1,2}', false, 0, 'proven', NULL, '{1,2}', 4, 0, ARRAY['big'::regclass::oid], 20, 1.1, 'was 20 times off', '{}', 2, now(), now(), '{}', 10, 5},
		qr/public\.big \(id, v\): .*was 20 times off; CREATE STATISTICS/ ],
	[ 'spilling', 'pg_tend.health_spill = 8', q{SET work_mem = '64kB'; SELECT count(*) FROM (SELECT * FROM big ORDER BY v DESC OFFSET 0) s},
		qr/warning query -?\d+ of \w+: .*writes \d+ .* to temporary files in each of 1 executions.*SET work_mem/ ],
	[ 'partitions not pruned', '', join(';', ('SELECT count(*) FROM parts') x 12), qr/40 partitions in its plan/ ],
	[ 'wasted scan', '', join(';', 'SET pg_tend.estimate_sample_rate = 1', ('SELECT * FROM big WHERE v = 17') x 4),
		qr/4 sampled sequential scans of public\.big read 450 000 rows each and kept 1.*CREATE INDEX CONCURRENTLY ON public\.big \(v\);/ ],
	[ 'unused index', '', q{
		INSERT INTO tend.database_history_0 (at, next_xid, next_mxid) SELECT now() - interval '1 day', pg_snapshot_xmax(pg_current_snapshot())::text::bigint, 1;
		CREATE INDEX big_young ON big (v);
		CALL public.learn('{big}', 0, '{"modified_per_second_day": 1, "table_bytes": 20000000}')}, qr/index public\.big_id .* was not used.*DROP INDEX CONCURRENTLY public\.big_id;/ ],
	[ 'bloated table', '', q{CALL public.learn('{big}', 0, '{"table_bytes": 200000000, "updated": 9999999}')}, qr/notice public\.big: .*a row takes 444 bytes of the table, and took [1-9]\d on .*tend\.bloat\('public\.big'\)/ ],
	[ 'correlation lost', '', q{
		INSERT INTO tend.planner_inputs_0 SELECT now() - i * interval '1 min', 'big'::regclass, 'public.big', now(), 450000, 2000, 0, '[]',
			format('[{"name": "id", "correlation": %s}]', 0.1 + i * 0.89)::jsonb, i FROM generate_series(0, 1) i},
		qr/public\.big: .*order of index big_id: correlation of id fell from [01]\.\d\d to 0\.10.*CLUSTER public\.big USING big_id;/ ],
	[ 'bloated index', '', 'DELETE FROM big WHERE id % 10 > 0', qr/index public\.big_id has .*REINDEX INDEX CONCURRENTLY public\.big_id;/,
		undef, 'VACUUM (ANALYZE, INDEX_CLEANUP ON) big' ],
	[ 'requested checkpoints', '', join(';', ('CHECKPOINT') x 12), qr/\d+ % of \d+ checkpoints in 24 min came before their time, 0 as WAL .* on request.*who runs CHECKPOINT/ ],
	[ 'statistics lost', '', 'CREATE TABLE old (id int); INSERT INTO old SELECT generate_series(1, 2000); VACUUM old; SELECT pg_stat_reset()', qr/public\.old: .*ANALYZE public\.old;/ ],
);

foreach my $case (@cases)
{
	my ($check, $set, $sql, $like, $undo, $each) = @$case;
	# a visit finds out that these queries do not exist
	my $invented = $check =~ /^(?:plan regression|slow query)$/;

	stop_visits($node) if $invented;
	is_ok($check, $check eq 'connections' ? '' : $set) if defined $sql && $sql ne '';
	$node->safe_psql('postgres', $_) foreach grep { /\S/ } $check =~ /spilling|wasted|HOT|prepared/ ? $sql // '' : split /;/, $sql // '';
	is_soon(sub { $node->safe_psql('postgres', $each) if defined $each; health($check, $set) }, $like, "$check: and fires");
	$node->safe_psql('postgres', $undo) if defined $undo;
	alter_system($node, 'RESET pg_tend.enabled') if $invented;
}

# ---- what is not counted yet is no bloat ----

sub reloaded
{
	my ($bytes, $inserted) = @_;

	$node->safe_psql('postgres', "CALL public.learn('{reloaded}', 0, '{\"live_tuples\": 1000000, \"table_bytes\": $bytes, \"inserted\": $inserted}')");
	return $node->safe_psql('postgres', q{SELECT reason FROM tend.maintenance_advice WHERE kind = 'bloated table' AND table_name = 'reloaded'});
}

# CREATE TABLE AS is counted at its end; visits would see the table as it is
stop_visits($node);
$node->safe_psql('postgres', 'CREATE TABLE reloaded AS SELECT i FROM generate_series(1, 20000) i; ANALYZE reloaded');
is(reloaded(@$_), '', "of a table that is reloaded: $_->[2]") foreach
  [ 141_000_000, 1_000_000, 'before' ], [ 0, 1_000_000, 'TRUNCATE; COMMIT in a procedure' ],
  [ 120_000_000, 1_000_000, 'as it is filled' ], [ 141_000_000, 2_000_000, 'when all is counted' ],
  [ 900_000_000, 2_000_000, 'a large transaction runs' ];
like(reloaded(900_000_000, 2_000_001), qr/^a row takes 900 bytes of the table, and took 141 on/, 'but if that stays, it is');
alter_system($node, 'RESET pg_tend.enabled');

# ---- when it is nothing that nobody used an index ----

$node->safe_psql('postgres', q{CALL public.learn('{big}', 0, '{"modified_per_second_day": 1}')});
is_ok('unused index', '');

# ---- indexes that only look alike ----

$node->safe_psql('postgres', $_) foreach
  'CREATE TABLE alike (a int, b text, r int4range)',
  'CREATE INDEX alike_brin ON alike USING brin (a)', 'CREATE INDEX alike_brin_8 ON alike USING brin (a) WITH (pages_per_range = 8)',
  'CREATE INDEX alike_minmax ON alike USING brin (a int4_minmax_multi_ops)', 'CREATE INDEX alike_minmax_8 ON alike USING brin (a int4_minmax_multi_ops (values_per_range = 8))',
  'CREATE INDEX alike_hash ON alike USING hash (a)', 'CREATE INDEX alike_a ON alike (a)', 'CREATE INDEX alike_more ON alike (a) INCLUDE (b)',
  'CREATE INDEX alike_desc ON alike (a DESC)', 'CREATE INDEX alike_part ON alike (a) WHERE a > 7', 'CREATE INDEX alike_other ON alike (a) WHERE a > 8',
  'CREATE INDEX alike_c ON alike (b COLLATE "C")', 'CREATE INDEX alike_pattern ON alike (b text_pattern_ops)', 'CREATE INDEX alike_lower ON alike (lower(b))', 'CREATE INDEX alike_upper ON alike (upper(b))',
  'ALTER TABLE alike ADD CONSTRAINT alike_later UNIQUE (b) DEFERRABLE', 'CREATE UNIQUE INDEX alike_nulls ON alike (b) NULLS NOT DISTINCT', 'CREATE UNIQUE INDEX alike_now ON alike (b)';
sub duplicates
{
	return join ' ', sort(health('duplicate index', 'pg_tend.health_duplicate_index_size = 0') =~ /DROP INDEX CONCURRENTLY public\.(alike_\w+)/g);
}

is(duplicates(), 'alike_now', 'duplicate index: only one that forbids less');
$node->safe_psql('postgres', $_) foreach 'CREATE INDEX alike_full ON alike (a) WITH (fillfactor = 70)', 'CREATE INDEX alike_again ON alike (lower(b))', 'CREATE INDEX alike_third ON alike (lower(b))';
is(duplicates(), 'alike_again alike_full alike_now alike_third', 'duplicate index: each once, and not the oldest');
$node->safe_psql('postgres', 'DROP TABLE alike');

# ---- sessions ----

is_ok('idle in transaction', '');
is_ok('vacuum blocked', '');
my $idle = session($node, 'postgres');
say_in($idle, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id();');
$node->safe_psql('postgres', 'INSERT INTO raw VALUES (1)');
fires('idle in transaction', 'pg_tend.health_idle_in_transaction = 0', qr/pid \d+ \(.*\) has done nothing for .*pg_terminate_backend\(\d+\)/, 'names the session');
alter_system($node, 'SET pg_tend.blocker_age = 0');
fires('vacuum blocked', '', qr/idle transaction of pid \d+ .* holds back vacuum of all tables.*pg_terminate_backend/, 'names the blocker');
alter_system($node, 'RESET pg_tend.blocker_age');
close_session($idle);

# ---- WAL ----

is_ok('archiver', '');
is_ok('pg_wal', '');
alter_system($node, "SET archive_command = '/bin/false'");
$node->safe_psql('postgres', 'INSERT INTO raw VALUES (2); SELECT pg_switch_wal()') for 1 .. 5;
fires('archiver', '', qr/warning archiver: archiving of \w+ fails/, 'fails');
alter_system($node, "SET max_wal_size = '32MB'");
fires('pg_wal', 'pg_tend.health_wal_ratio = 1', qr/pg_wal has .* the archiver does not get rid of it/, 'grows');
alter_system($node, "SET archive_command = '/bin/true'", 'RESET max_wal_size');

# ---- settings, and pg_tend itself ----

foreach my $rule (
	[ 'random_page_cost = 0.5', qr/notice random_page_cost: / ],
	[ 'track_counts = off, autovacuum = on', qr/warning autovacuum: autovacuum is on and track_counts is off/ ],
	[ "effective_cache_size = '512kB'", qr/notice effective_cache_size: / ])
{
	my ($set, $like) = @$rule;

	unlike(health('settings', "pg_tend.health_skip = ''"), $like, "settings: quiet before $set");
	alter_system($node, map { "SET $_" } split /, /, $set);
	fires('settings', "pg_tend.health_skip = ''", $like, $set);
	alter_system($node, map { "RESET " . s/ =.*//r } split /, /, $set);
}
$node->safe_psql('postgres', 'ALTER ROLE monitor SET random_page_cost = 0.5; ALTER DATABASE postgres SET effective_cache_size = $$512kB$$');
unlike(health('settings', "pg_tend.health_skip = ''"), qr/random_page_cost|effective_cache_size/, 'what is set for a role or a database is not of the server');
$node->safe_psql('postgres', 'ALTER ROLE monitor RESET ALL; ALTER DATABASE postgres RESET ALL');
is_ok('pg_tend', '');
alter_system($node, 'SET pg_tend.enabled = off');
fires('pg_tend', '', qr/notice launcher: visits are switched off/, 'says that it is off');
alter_system($node, 'SET pg_tend.enabled = on', "SET pg_tend.databases = 'template1'");
fires('pg_tend', '', qr/notice visits: pg_tend\.databases does not name this database/, 'says that this database is left out');
alter_system($node, 'RESET pg_tend.databases');

# ---- autovacuum at work ----

is_ok('autovacuum throttled', 'pg_tend.health_autovacuum_duration = 0');
is_ok('autovacuum saturated', 'pg_tend.health_autovacuum_queue = 0');
$node->safe_psql('postgres', 'ALTER TABLE big RESET (autovacuum_enabled)');
$node->safe_psql('postgres', 'VACUUM (ANALYZE)');
$node->safe_psql('postgres', 'UPDATE big SET v = v + 1');
alter_system($node, 'SET autovacuum_analyze_threshold = 2000000000', 'SET autovacuum = on', 'SET autovacuum_vacuum_cost_delay = 100', 'SET autovacuum_vacuum_cost_limit = 1');
fires('autovacuum throttled', 'pg_tend.health_autovacuum_duration = 0', qr/autovacuum of [\w.]+ has run for .* and rests/, 'fires');
fires('autovacuum saturated', 'pg_tend.health_autovacuum_queue = 0', qr/all 1 autovacuum workers are busy.*autovacuum_vacuum_cost_limit = 4;/, 'fires');
create_databases($node, 'elsewhere');
# a setting of the server does not help who has options of his own
alter_system($node, 'RESET autovacuum_vacuum_cost_delay', 'RESET autovacuum_vacuum_cost_limit');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'});
$node->safe_psql('postgres', 'ALTER TABLE big SET (autovacuum_vacuum_cost_delay = 99, autovacuum_vacuum_cost_limit = 1); UPDATE big SET v = v + 1');
fires('autovacuum throttled', 'pg_tend.health_autovacuum_duration = 0',
	qr/autovacuum of public\.big has run .*: 99 ms after each 1 of cost, as options of the table say.*ALTER TABLE public\.big SET \(autovacuum_vacuum_cost_limit = 4\);/, 'knows options of tables');
is_soon(sub { $node->safe_psql('elsewhere', "SET pg_tend.health_autovacuum_duration = 0; SELECT message FROM tend.health WHERE check_name = 'autovacuum throttled'") },
	qr/^autovacuum of table \d+ of database postgres has run/, 'a table of another database has no name');
alter_system($node, 'SET autovacuum = off');
$node->safe_psql('postgres', 'ALTER TABLE big RESET (autovacuum_vacuum_cost_delay, autovacuum_vacuum_cost_limit)');

# ---- nobody keeps it waiting ----

my $locker = session($node, 'postgres');
say_in($locker, 'BEGIN; LOCK TABLE big, small IN ACCESS EXCLUSIVE MODE;');
is($node->safe_psql('postgres', "SET statement_timeout = '180s'; SELECT count(*) FROM tend.health WHERE message LIKE 'this could not%'"),
	'0', 'locks on tables are no obstacle');
say_in($locker, 'LOCK TABLE tend.plan_change_log IN ACCESS EXCLUSIVE MODE;');
is($node->safe_psql('postgres', "SET statement_timeout = '180s'; SELECT string_agg(check_name, ', ' ORDER BY check_name) FROM tend.health WHERE message LIKE 'this could not be checked: canceling statement due to lock timeout'"),
	'plan regression, slow query', 'a check that cannot be made says so, and the others go on');
close_session($locker);

# ---- wraparound; a transaction in progress keeps it old ----

is_ok('wraparound', '');
is_ok('freeze due', '');
$node->append_conf('postgresql.conf', 'autovacuum_freeze_max_age = 100000');
$node->restart;
my $old = session($node, 'postgres');
say_in($old, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id();');
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE burn ();
DO $$ BEGIN FOR i IN 1 .. 101000 LOOP BEGIN INSERT INTO burn DEFAULT VALUES; RAISE EXCEPTION USING ERRCODE = 'P0001'; EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$;
SQL
fires('wraparound', '', qr/notice \w+, xid: the oldest transaction ID of database \w+ is \d+ \d+ old/, 'fires');
fires('freeze due', '', qr/VACUUM \(FREEZE\) /, 'fires');
close_session($old);

# ---- a standby ----

$node->safe_psql('postgres', 'VACUUM FREEZE');
$node->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
# what it replays has a time only if it is committed while it runs
$node->safe_psql('postgres', 'INSERT INTO raw VALUES (3)');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is(health('replication lag', '', $standby), '', 'replication lag: a standby that keeps up is quiet');
is($standby->safe_psql('postgres', "SELECT count(*) FROM tend.health WHERE message LIKE 'this could not%'", extra_params => [ '-U', 'monitor' ]),
	'0', 'all checks work on a standby');
is_ok('replication backlog', 'pg_tend.health_replication_backlog = 1');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$node->safe_psql('postgres', 'CREATE TABLE more AS SELECT i, repeat(\'x\', 100) FROM generate_series(1, 50000) i');
ok( $standby->poll_query_until('postgres', 'SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()'), 'replay is paused');
like(health('replication lag', 'pg_tend.health_replication_lag = 0', $standby), qr/this standby shows what was committed .* replay is paused; SELECT pg_wal_replay_resume/, 'replication lag: the standby says why');
fires('replication backlog', 'pg_tend.health_replication_backlog = 1', qr/standby.* of WAL behind, most of it received and not yet replayed/, 'fires');

# without history
$node->safe_psql('postgres', 'SELECT tend.set_history_logged(false)');
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', "SELECT string_agg(message, '; ') FROM tend.health WHERE message LIKE 'this could not%'"),
	'', 'nor does it need history there');
is_quiet($standby, 0, 'the standby logs no error');
$standby->stop;
$node->stop;
done_testing();
