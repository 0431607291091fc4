# Freezing: tend.tables, tend.wraparound and tend.events beside a server whose
# transaction IDs are used up quickly.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use Autovacuum;
use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# so that one transaction burns one ID, visits wait until they are wanted
my $node = tend_node('freeze', conf => autovacuum_conf() . <<'END');
autovacuum_freeze_max_age = 130000
vacuum_freeze_min_age = 0
synchronous_commit = off
pg_tend.enabled = off
END
my $major = int($node->pg_version);
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION pg_tend;
	CREATE DATABASE other;
	CREATE PROCEDURE burn(n bigint) LANGUAGE plpgsql AS $$
	BEGIN
		FOR i IN 1 .. n LOOP
			PERFORM pg_current_xact_id();
			COMMIT;
		END LOOP;
	END $$;

	-- together, so that they are of the same age
	BEGIN;
	CREATE TABLE plain (i int);
	CREATE TABLE low (i int) WITH (autovacuum_freeze_max_age = 100000);
	CREATE TABLE low_off (i int) WITH (autovacuum_freeze_max_age = 100000, autovacuum_enabled = off);
	CREATE TABLE high (i int) WITH (autovacuum_freeze_max_age = 160000);
	CREATE TABLE toast_inherits (t text) WITH (autovacuum_freeze_max_age = 100000);
	CREATE TABLE toast_low (t text) WITH (toast.autovacuum_freeze_max_age = 100000);
	COMMIT;});

sub ask { return $node->safe_psql('postgres', @_); }

sub age_of { return ask("SELECT age(relfrozenxid) FROM pg_class WHERE oid = '$_[0]'::regclass"); }

# Let a table become so old.
sub burn_to
{
	my ($table, $age) = @_;

	ask('CALL burn(' . ($age - age_of($table)) . ')');
	return;
}

# autovacuums of tables and TOAST tables
sub ran
{
	my $counts = ask(
		q{SELECT c.relname, pg_stat_get_autovacuum_count(c.oid),
		         COALESCE(pg_stat_get_autovacuum_count(NULLIF(c.reltoastrelid, 0)), 0)
		    FROM pg_class c WHERE c.relkind = 'r'});

	return { map { my ($name, @n) = split /\|/; ($name => "@n") } split /\n/, $counts };
}

sub told { return ask("SELECT $_[1] FROM tend.tables WHERE table_name = '$_[0]'"); }

my @low = qw(low low_off toast_inherits);
my @all = (@low, qw(toast_low plain high));

# ---- before anything is observed ----

is(ask('SELECT DISTINCT xid_age IS NOT NULL, freeze_eta_seconds IS NULL FROM tend.tables'),
	't|t', 'without history there is no date of freezing');
is(ask('SELECT DISTINCT burn_per_hour IS NULL, autovacuum_eta_seconds IS NULL, stop_eta_seconds IS NULL,'
	  . ' autovacuum_eta IS NULL, stop_eta IS NULL FROM tend.wraparound'),
	't|t|t|t|t', 'nor of wraparound');
is(ask('SELECT DISTINCT severity FROM tend.wraparound'), 'ok', 'all databases are young');

# ---- limits ----

my $warn_margin = $major >= 19 ? 100_000_000 : 40_000_000;
my $half = 2**31 - 1;
is(ask("SELECT DISTINCT counter, autovacuum_limit, warn_limit, stop_limit FROM tend.wraparound ORDER BY counter DESC"),
	join("\n",
		join('|', 'xid', 130000, $half - $warn_margin, $half - 3_000_000),
		join('|', 'multixact', 400_000_000, $half - $warn_margin, $half - 3_000_000)),
	'limits are those of the server');
is( ask(q{SELECT datname, counter, age FROM tend.wraparound ORDER BY 1, 2}),
	ask(q{SELECT datname, 'multixact' AS counter, mxid_age(datminmxid) FROM pg_database UNION ALL
	      SELECT datname, 'xid', age(datfrozenxid) FROM pg_database ORDER BY 1, 2}),
	'ages are those of all databases');
is( ask(q{SELECT count(*) FROM tend.tables t JOIN pg_class c ON c.oid = t.relid
	      LEFT JOIN pg_class x ON x.oid = c.reltoastrelid
	      WHERE (t.xid_age, t.mxid_age, t.toast_xid_age, t.toast_mxid_age) IS DISTINCT FROM
	            (age(c.relfrozenxid), mxid_age(c.relminmxid), age(x.relfrozenxid), mxid_age(x.relminmxid))}),
	0, 'ages are those of all tables');
is(told('plain', 'freeze_max_age'), 130000, 'the setting counts');
is(told('low', 'freeze_max_age'), 100000, 'a storage parameter lowers it');
is(told('high', 'freeze_max_age'), 130000, 'and does not raise it');

# ---- at the limit of those that have a low one ----

place_sentinel($node);
burn_to('low', 100000);
is(join(' ', map { age_of($_) } @all), join(' ', (100000) x @all), 'all tables are 100000 old');
is(told($_, 'freeze_due'), 1, "$_: freeze due is 1 at the limit") foreach @low;
is(told('toast_low', 'toast_freeze_due'), 1, 'toast_low: freeze due is 1 at the limit');
cmp_ok(abs(told('toast_low', 'freeze_due') - 10 / 13), '<', 1e-9, 'toast_low: its table has a higher one');
autovacuum_on($node);
pass_round($node);
is(told($_, 'verdict'), 'ok', "$_: ok at the limit") foreach @all;
my $ran = ran();
is($ran->{$_}, '0 0', "$_: autovacuum leaves it alone at the limit") foreach @all;
is(age_of('low'), 100000, 'no transaction ID was used meanwhile');
autovacuum_off($node);

# ---- one transaction more ----

ask('CALL burn(1)');
foreach my $table (@low, 'toast_low')
{
	my $toast = $table =~ /toast/ ? 'toast_' : '';

	cmp_ok(told($table, "${toast}freeze_due"), '>', 1, "$table: freeze due above the limit");
	is(told($table, 'verdict'), 'freeze due', "$table: verdict freeze due");
	is(told($table, 'freeze_eta_seconds'), 0, "$table: freeze due now");
	like(told($table, 'advice'), qr/100 001 old \(limit 100 000\)/, "$table: advice names age and limit");
}
foreach my $table ('plain', 'high')
{
	cmp_ok(told($table, 'freeze_due'), '<', 1, "$table: freeze not due");
	is(told($table, 'verdict'), 'ok', "$table: verdict ok");
}

sub wait_for_events
{
	my ($state, $name, @tables) = @_;

	foreach my $table (@tables)
	{
		ok( $node->poll_query_until('postgres', qq{
				SELECT COALESCE((SELECT state = '$state' FROM tend.events
				                  WHERE kind = 'freeze due' AND object = 'public.$table' ORDER BY at DESC LIMIT 1), false)}),
			"$table: event $state $name");
	}
	return;
}

my ($first_id, $first_time) = split /\|/, ask('SELECT pg_current_xact_id(), EXTRACT(epoch FROM clock_timestamp())');
alter_system($node, 'SET pg_tend.enabled = on');
wait_for_events('open', 'above the limit', @low, 'toast_low');
is(ask("SELECT count(*) FROM tend.events WHERE kind = 'freeze due' AND object IN ('public.plain', 'public.high')"),
	0, 'no event for those below the limit');
is(ask("SELECT DISTINCT severity FROM tend.events WHERE kind = 'freeze due'"), 'warning', 'the events are warnings');
like(ask("SELECT message FROM tend.events WHERE kind = 'freeze due' AND object = 'public.low'"),
	qr/transaction ID age 100 \d+, limit 100 000/, 'the event says why');

place_sentinel($node);
autovacuum_on($node);
pass_round($node);
$ran = ran();
isnt($ran->{$_}, '0 0', "$_: autovacuum came above the limit") foreach @low, 'toast_low';
like($ran->{toast_inherits}, qr/^[1-9]\d* [1-9]/, 'toast_inherits: table and TOAST were frozen');
like($ran->{toast_low}, qr/^0 [1-9]/, 'toast_low: only TOAST was frozen');
is($ran->{$_}, '0 0', "$_: autovacuum leaves it alone below the limit") foreach 'plain', 'high';
is(ask("SELECT count(*) FROM regexp_split_to_table(pg_read_file('" . $node->logfile . "'), '\\n') l"
	  . " WHERE l ~ 'automatic .*vacuum to prevent wraparound of table .postgres\\.public\\.low'") > 0 ? 1 : 0,
	1, 'the server says that it prevents wraparound');
cmp_ok(age_of($_), '<', 10000, "$_: is young again") foreach @low;
isnt(told($_, 'verdict'), 'freeze due', "$_: verdict is no longer freeze due") foreach @low, 'toast_low';
autovacuum_off($node);
wait_for_events('closed', 'after it was frozen', @low, 'toast_low');

# ---- what is consumed ----

# steadily, so that every window of time sees the same
foreach (1 .. 300)
{
	ask('CALL burn(20)');
	last if ask("SELECT burn_per_hour > 0 FROM tend.wraparound WHERE datname = 'postgres' AND counter = 'xid'") eq 't';
}
my ($id, $time, $burn) = split /\|/, ask(
	q{SELECT pg_current_xact_id(), EXTRACT(epoch FROM clock_timestamp()), burn_per_hour
	    FROM tend.wraparound WHERE datname = 'postgres' AND counter = 'xid'});
my $burnt = ($id - $first_id) / ($time - $first_time) * 3600;
note("burnt $burnt per hour, observed $burn");
cmp_ok($burn, '>', $burnt / 3, 'consumption is observed');
cmp_ok($burn, '<', $burnt * 3, 'and not exaggerated');
is(ask("SELECT count(DISTINCT burn_per_hour) FROM tend.wraparound WHERE counter = 'xid'"), 1,
	'consumption is that of the whole server');

my ($eta, $age) = split /\|/, told('plain', 'freeze_eta_seconds, xid_age');
cmp_ok($eta, '>', (130000 - $age) / $burn * 3600 / 3, 'the date of freezing is not too early');
cmp_ok($eta, '<', (130000 - $age) / $burn * 3600 * 3, 'the date of freezing is not too late');
is( ask(q{SELECT abs(stop_eta_seconds / ((stop_limit - age) / burn_per_hour * 3600) - 1) < 1e-6,
	             abs(autovacuum_eta_seconds / ((autovacuum_limit - age) / burn_per_hour * 3600) - 1) < 1e-6,
	             abs(EXTRACT(epoch FROM stop_eta - now()) / stop_eta_seconds - 1) < 1e-6
	        FROM tend.wraparound WHERE datname = 'postgres' AND counter = 'xid'}),
	't|t|t', 'dates are what is left by consumption');

# ---- at the limit of the server ----

alter_system($node, 'SET pg_tend.enabled = off');
wait_for_launcher($node, 'switched off%', 'no visit uses a transaction ID');
place_sentinel($node);
burn_to('plain', 130000);
is(told($_, 'freeze_due'), 1, "$_: freeze due is 1 at the server's limit") foreach 'plain', 'high';
is(ask("SELECT severity FROM tend.wraparound WHERE datname = 'postgres' AND counter = 'xid'"),
	'notice', 'the database is beyond it');
cmp_ok(told('pg_am', 'freeze_due'), '>', 1, 'pg_am is beyond it');
is(ask("SELECT oldest_table FROM tend.wraparound WHERE datname = 'other' AND counter = 'xid'"),
	'', 'the oldest table of another database is not known');
my $oldest = ask("SELECT oldest_table FROM tend.wraparound WHERE datname = 'postgres' AND counter = 'xid'");
is(age_of($oldest), ask("SELECT age(datfrozenxid) FROM pg_database WHERE datname = 'postgres'"),
	'the oldest table is as old as the database');

my $before = ran();
autovacuum_on($node);
pass_round($node);
is(age_of('plain'), 130000, 'no transaction ID was used meanwhile');
$ran = ran();
isnt($ran->{pg_am}, $before->{pg_am}, 'autovacuum came to pg_am');
is($ran->{$_}, '0 0', "$_: autovacuum leaves it alone at the server's limit") foreach 'plain', 'high';

# Once beyond the limit, the server starts a worker even if autovacuum is off;
# so it stays on here.
ask('CALL burn(1)');
pass_round($node);
$ran = ran();
like($ran->{$_}, qr/^[1-9]/, "$_: autovacuum came above the server's limit") foreach 'plain', 'high';
ok($node->poll_query_until('postgres', "SELECT max(age(datfrozenxid)) <= 130000 FROM pg_database"),
	'no database is beyond the limit any more');
autovacuum_off($node);

# ---- events of the database ----

# short of the next multiple of 65536, at which the server would help itself
ask('CALL burn(' . (130100 - ask("SELECT age(datfrozenxid) FROM pg_database WHERE datname = 'postgres'")) . ')');
alter_system($node, 'SET pg_tend.enabled = on');
my $event = "SELECT count(*) > 0 FROM tend.events WHERE kind = 'wraparound' AND object = 'xid'";
ok($node->poll_query_until('postgres', "$event AND state = 'open' AND severity = 'notice'"),
	'an event tells that the database is beyond the limit');
autovacuum_on($node);
ok($node->poll_query_until('postgres', "$event AND state = 'closed' AND severity = 'ok'"),
	'and another that it is well again');
autovacuum_off($node);

$node->stop;
done_testing();
