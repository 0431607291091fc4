# History stays within its time and size, whatever the clock and readers do.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = tend_node('ring', conf => "pg_tend.retention = 10s");
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend; CREATE TABLE clock (n int)');
create_databases($node, 'wide');

# have a table change, and be seen
sub tick
{
	$node->safe_psql('postgres', 'INSERT INTO clock SELECT generate_series(1, 1000); SELECT pg_stat_force_next_flush()');
	$node->poll_query_until('postgres',
		"SELECT COALESCE(max(inserted) = pg_stat_get_tuples_inserted('clock'::regclass), false)"
		  . " FROM tend.table_history WHERE table_name = 'clock'")
	  or die 'the change is not seen';
	return;
}

sub slot
{
	return $node->safe_psql('postgres',
		"SELECT slot FROM tend.history_ring WHERE series = 'table_history'");
}

tick();
$node->safe_psql('postgres', "CREATE TABLE first_row AS SELECT min(at) AS at FROM tend.table_history");

# ---- size ----

# A slot that has room stays, however small the whole is allowed to be.
# An empty slot has indexes too, which must not count for more than it may have.
alter_system($node, 'SET pg_tend.history_size = 10', 'SET pg_tend.retention = 3600');
wait_for_visits($node, 'wide', 1);
my $slots = "SELECT string_agg(series || ' ' || slot, ', ' ORDER BY series) FROM tend.history_ring";
my $slots_before = $node->safe_psql('wide', $slots);
wait_for_visits($node, 'wide', 4);
is($node->safe_psql('wide', $slots), $slots_before,
	'a quiet database keeps its slots, even with the smallest pg_tend.history_size');

# As if each visit had written somewhat more than fits into one slot.  While it
# writes, no visit can empty the slot.
$node->safe_psql('wide', <<'SQL');
CREATE FUNCTION write_history(OUT written bigint, OUT kept bigint) LANGUAGE plpgsql AS $$
DECLARE
    slot regclass := (SELECT 'tend.table_history_' || r.slot FROM tend.history_ring r WHERE series = 'table_history');
BEGIN
    EXECUTE format('LOCK TABLE %s IN ROW EXCLUSIVE MODE', slot);
    written := -pg_total_relation_size(slot);
    EXECUTE format('INSERT INTO %s (at, relid, schema_name, table_name)'
                   ' SELECT clock_timestamp(), 1, %L, %L FROM generate_series(1, 2800)',
                   slot, 'public', repeat('x', 250));
    written := written + pg_total_relation_size(slot);
    kept := (SELECT sum(bytes) FROM tend.history_bytes());
END
$$;
SQL
my $bytes = 'SELECT sum(bytes) FROM tend.history_bytes()';
my $mb = 1024 * 1024;
alter_system($node, 'SET pg_tend.history_size = 10');
my $max = 0;
my $written = 0;
foreach (1 .. 16)
{
	my ($new, $kept) = split /\|/, $node->safe_psql('wide', 'SELECT * FROM write_history()');
	$written += $new;
	$max = $kept if $kept > $max;
	ask_for_visits($node, 'wide', 1);
}
note("written: $written bytes, at most kept: $max bytes");
cmp_ok($written, '>', 12 * $mb, 'when much is written');
cmp_ok($max, '<', 10.5 * $mb, 'history stays within pg_tend.history_size');
cmp_ok($node->safe_psql('wide', $bytes), '>', 5 * $mb, 'and what is left is most of that');
is( $node->safe_psql('wide',
		"SELECT max(value) <= 10 * 1024 * 1024 FROM tend.self WHERE part = 'history'"),
	't', 'tend.self shows the size');
alter_system($node, 'RESET pg_tend.history_size', 'SET pg_tend.retention = 10');

# ---- time ----

ok( $node->poll_query_until('postgres',
		"SELECT min(t.at) > min(f.at) FROM tend.table_history t, first_row f"),
	'rows that are older than pg_tend.retention go away');
is( $node->safe_psql('postgres',
		"SELECT sum(n_tup_del) || ' ' || sum(n_tup_upd) FROM pg_stat_user_tables"
		  . " WHERE schemaname = 'tend' AND relname ~ 'history_[0-9]|events_[0-9]'"),
	'0 0', 'by TRUNCATE: not one row was deleted or updated');
is( $node->safe_psql('postgres',
		"SELECT sum(n_dead_tup) FROM pg_stat_user_tables"
		  . " WHERE schemaname = 'tend' AND relname ~ 'history_[0-9]|events_[0-9]'"),
	'0', 'so history leaves nothing for vacuum');

# ---- a reader ----

my $offset = log_size($node);
my $reader = session($node, 'postgres');
say_in($reader, 'BEGIN; SELECT count(*) FROM tend.table_history;');
my $slot = slot();
my $since = "SELECT extract(epoch FROM now() - since) > 3 FROM tend.history_ring WHERE series = 'table_history'";
ok($node->poll_query_until('postgres', $since), 'while someone reads, the ring does not turn');
is(slot(), $slot, 'it stays where it is');
my $rows = "SELECT count(*) FROM tend.table_history";
my $rows_before = $node->safe_psql('postgres', $rows);
tick();
cmp_ok($node->safe_psql('postgres', $rows), '>', $rows_before, 'but visits go on and write');
is(failures($node, 'postgres'), 0, 'and do not fail');
say_in($reader, 'COMMIT;');
close_session($reader);
ok( $node->poll_query_until('postgres',
		"SELECT slot <> $slot FROM tend.history_ring WHERE series = 'table_history'"),
	'when the reader has gone, the ring turns');
is_quiet($node, $offset, 'without an error');

# ---- the clock is set back ----

alter_system($node, 'SET pg_tend.retention = 3600');
tick();
# what looks like a clock that was an hour ahead
$node->safe_psql('postgres', <<'SQL');
UPDATE tend.table_history SET at = at + interval '1 hour';
UPDATE tend.database_history SET at = at + interval '1 hour';
UPDATE tend.events SET at = at + interval '1 hour';
UPDATE tend.history_ring SET since = since + interval '1 hour';
SQL
$slot = slot();
my $now = $node->safe_psql('postgres', 'SELECT now()');
tick();
tick();
is( $node->safe_psql('postgres',
		"SELECT count(*) >= 2 FROM tend.table_history"
		  . " WHERE table_name = 'clock' AND at BETWEEN '$now' AND now()"),
	't', 'after the clock was set back, history goes on with the new time');
is( $node->safe_psql('postgres', 'SELECT bool_and(since <= now()) FROM tend.history_ring'),
	't', 'the ring counts from now');
is(slot(), $slot, 'and empties nothing');
is( $node->safe_psql('postgres',
		"SELECT count(*) FROM tend.table_history WHERE at >= '$now'"
		  . " AND (dead_per_second < 0 OR inserts_per_second < 0)"),
	'0', 'no rate is negative');
is( $node->safe_psql('postgres',
		'SELECT count(*) FROM tend.wraparound WHERE burn_per_hour < 0 OR stop_eta_seconds < 0'),
	'0', 'nor is the consumption of transaction IDs');
is( $node->safe_psql('postgres',
		"SELECT count(*) FROM tend.tables WHERE dead_per_second < 0 OR vacuum_eta_seconds < 0"),
	'0', 'nor anything that tend.tables expects');
is(failures($node, 'postgres'), 0, 'no visit fails');
is_quiet($node, $offset, 'the log shows no error');

# ---- another version ----

$node->safe_psql('postgres', "UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'pg_tend'");
wait_for_status($node, 'postgres', 'its extension is of another version than the library: run ALTER EXTENSION%',
	'objects of another version than the library are noticed, with what to do');
my $database_rows = "SELECT (SELECT count(*) FROM tend.table_history) + (SELECT count(*) FROM tend.database_history)";
$rows_before = $node->safe_psql('postgres', $database_rows);
$node->safe_psql('postgres', 'INSERT INTO clock SELECT generate_series(1, 1000); SELECT tend.request_visit()');
wait_for_visits($node, 'wide', 2);
is($node->safe_psql('postgres', $database_rows), $rows_before, 'nothing is written into them');
$node->safe_psql('postgres', "UPDATE pg_extension SET extversion = '1.0' WHERE extname = 'pg_tend'");
wait_for_status($node, 'postgres', 'visited', 'when the versions agree again, visits go on');
is_quiet($node, $offset, 'none of this is an error');

$node->stop;
done_testing();
