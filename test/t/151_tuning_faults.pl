# Tuning survives what happens to servers and tables: crashes, restarts,
# promotion, event triggers, dumps, renaming, roles that go and lost statistics.
# Whatever happens, the ledger says what the options are, and what they were.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";

use PgTend;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Vacuum comes late here, so that only the test has tables vacuumed.  Where it
# does come, the test waits for it rather than have it cancelled.
my $node = tend_node('tuning_faults', allows_streaming => 'logical', conf => <<'END');
autovacuum = on
autovacuum_naptime = 1s
autovacuum_vacuum_threshold = 50000
autovacuum_vacuum_insert_threshold = 50000
autovacuum_analyze_threshold = 50000
deadlock_timeout = 10min
pg_tend.autovacuum_tuning = apply
END
$node->safe_psql('postgres', 'CREATE EXTENSION pg_tend');
create_databases($node, 'shop');
teach($node, $_) foreach 'postgres', 'shop';

# ---- helpers ----

sub ask { return $node->safe_psql('shop', $_[0]); }

# Tables of which something is learnt.  Their rows die, the visits will see.
sub create_tables
{
	my ($datname, @tables) = @_;

	$node->safe_psql($datname, "CREATE TABLE $_ AS SELECT g AS id, repeat('x', 100) AS note FROM generate_series(1, 10000) g")
	  foreach @tables;
	$node->safe_psql($datname, 'SELECT pg_stat_force_next_flush()');
	$node->safe_psql($datname, "VACUUM ANALYZE $_") foreach @tables;
	learn($node, $datname, join(',', @tables), 100);
	return;
}

sub change_rows
{
	my ($on, $datname, @tables) = @_;

	$on->safe_psql($datname, join("\n", (map { "UPDATE $_ SET id = -id WHERE id BETWEEN 1 AND 1000; UPDATE $_ SET id = -id WHERE id < 0;" } @tables),
			'SELECT pg_stat_force_next_flush();'));
	return;
}

# Have visits see changes until a condition is true.
sub work_until
{
	my ($on, $datname, $tables, $condition, $name) = @_;

	foreach (1 .. 60)
	{
		change_rows($on, $datname, @$tables);
		ask_for_visits($on, $datname, 1);
		return ok(1, $name) if $on->safe_psql($datname, "SELECT COALESCE(($condition), false)") eq 't';
	}
	ok(0, $name);
	diag($on->safe_psql($datname, "SELECT table_name, topic, option, proposed_value, blocked_by FROM tend.autovacuum_advice"));
	diag($on->safe_psql($datname, "SELECT * FROM tend.events WHERE kind LIKE 'options%'"));
	return;
}

sub is_changed
{
	my ($table) = @_;

	return "SELECT count(*) > 0 FROM tend.autovacuum_actions WHERE table_name = '$table' AND lease_until IS NULL";
}

# Has each table the options that the ledger says, and none that it does not?
sub agrees
{
	my ($on, $datname, $name) = @_;

	is( $on->safe_psql($datname, <<'SQL'), '', $name);
SELECT string_agg(c.oid::regclass::text, ' ')
  FROM pg_class c
  LEFT JOIN LATERAL (
        SELECT array_agg(option || '=' || new_value ORDER BY option) AS options
          FROM (SELECT DISTINCT ON (option) option, new_value
                  FROM tend.autovacuum_actions a
                 WHERE a.relid = c.oid AND verdict <> 'reverted'
                 ORDER BY option, action_id DESC) o) l ON true
  LEFT JOIN LATERAL (SELECT array_agg(o ORDER BY o) AS options FROM unnest(c.reloptions) o WHERE o ~ '^autovacuum') r ON true
 WHERE c.relkind IN ('r', 'm') AND c.relnamespace <> 'tend'::regnamespace
   AND r.options IS DISTINCT FROM l.options
SQL
	return;
}

# Have tables changed, if need be when neither a visit nor an autovacuum is in the
# way, nor a session that stood still for seconds.
sub apply
{
	my ($on, $datname, @tables) = @_;

	return join ' ', map
		{ ask_past($on, $datname, qr/somebody holds a lock|vacuum is held back|vacuum is running/,
			"SELECT result FROM tend.apply_autovacuum('$_')") } @tables;
}

# Take back all, if need be after a visit or an autovacuum is over.
sub revert_all
{
	my ($on, $datname) = @_;

	return ask_past($on, $datname, qr/somebody holds a lock/, "SELECT string_agg(DISTINCT result, '; ') FROM tend.revert_all()");
}

my $offset = log_size($node);

# ---- what the server accepts ----

# The server's threshold is five thousand times a table of ten rows.
$node->safe_psql('shop', 'CREATE TABLE few AS SELECT g AS id FROM generate_series(1, 10) g; SELECT pg_stat_force_next_flush()');
ask('ANALYZE few');
learn($node, 'shop', 'few', 1);
is(apply($node, 'shop', 'few'), 'done', 'whatever is proposed, the server accepts it')
  || diag(ask("SELECT option, proposed_value FROM tend.autovacuum_advice WHERE table_name = 'few'"));
is(revert_all($node, 'shop') // '', 'done', 'and it can be taken back');
ask('TRUNCATE tend.autovacuum_actions; DROP TABLE few');

# ---- a crash in the middle of a change ----

create_tables('shop', 'crashed');
my $holder = session($node, 'shop');
say_in($holder, 'SELECT pg_advisory_lock(4712);');
ask(<<'SQL');
CREATE FUNCTION hold_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WHILE NOT pg_catalog.pg_try_advisory_xact_lock(4712) LOOP
        PERFORM pg_catalog.pg_sleep(0.02);
    END LOOP;
    RETURN NEW;
END
$$;
CREATE TRIGGER hold BEFORE INSERT ON tend.autovacuum_actions EXECUTE FUNCTION hold_action();
SQL
my $held = q{SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'pg_tend visit' AND datname = 'shop' AND wait_event = 'PgSleep'};
foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
{
	change_rows($node, 'shop', 'crashed');
	last if $node->poll_query_until('shop', "SELECT tend.request_visit() IS NULL OR true") && ask($held) eq 't';
}
is(ask($held), 't', 'a visit has changed a table, and is about to write that down');
is( ask("SELECT string_agg(mode, ' ') FROM pg_locks WHERE relation = 'crashed'::regclass AND mode = 'ShareUpdateExclusiveLock'"),
	'ShareUpdateExclusiveLock', 'under its lock');
$node->stop('immediate');
close_session($holder);
$node->start;
is(options_of($node, 'shop', 'crashed'), '', 'after a crash at this moment the table is as it was');
is(ask('SELECT count(*) FROM tend.autovacuum_actions'), 0, 'and so is the ledger');
ask('DROP TRIGGER hold ON tend.autovacuum_actions');

# ---- nothing is decided without statistics ----

# Visits see changes, but far from as many rows as the catalog knows of.
sub work_a_little
{
	my ($table) = @_;

	foreach (1 .. 5)
	{
		ask("UPDATE $table SET id = id WHERE id <= 600; SELECT pg_stat_force_next_flush()");
		ask_for_visits($node, 'shop', 1);
	}
	return;
}

work_a_little('crashed');
cmp_ok(ask("SELECT count(*) FROM tend.table_history WHERE table_name = 'crashed'"), '>', 3, 'after a crash, visits see changes');
is(ask('SELECT count(*) FROM tend.autovacuum_advice'), 0, 'without the statistics that the crash took, there is no advice');
is(ask('SELECT count(*) FROM tend.autovacuum_actions'), 0, 'and no change');
ask('ANALYZE crashed');
work_until($node, 'shop', ['crashed'], is_changed('crashed'), 'with statistics again, the table is changed');
agrees($node, 'shop', 'the ledger has it');
$node->restart;
agrees($node, 'shop', 'also after a restart');

create_tables('shop', 'forgotten');
ask('SELECT pg_stat_reset()');
work_a_little('forgotten');
is(ask(is_changed('forgotten')), 'f', 'no decision from the zeros that pg_stat_reset() leaves');
is(ask("SELECT count(*) FROM tend.autovacuum_advice WHERE table_name = 'forgotten'"), 0, 'and no advice');
agrees($node, 'shop', 'what was decided before stays');
ask('ANALYZE');
is(revert_all($node, 'shop'), 'done', 'all can be taken back');
is(options_of($node, 'shop', 'crashed'), '', 'and is as it was');
ask('TRUNCATE tend.autovacuum_actions; DROP TABLE crashed, forgotten');

# ---- event triggers ----

# One that says no
create_tables('shop', 'vetoed', 'other');
ask(<<'SQL');
CREATE FUNCTION veto() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.vetoed') THEN
        RAISE 'not "this" one; ask Björn';
    END IF;
END
$$;
CREATE EVENT TRIGGER veto ON ddl_command_end EXECUTE FUNCTION veto();
SQL
work_until($node, 'shop', [ 'vetoed', 'other' ], "SELECT count(*) > 0 FROM tend.events WHERE kind = 'options refused'",
	'that an event trigger refuses a change is an event');
work_until($node, 'shop', [ 'vetoed', 'other' ], is_changed('other'), 'other tables are changed');
foreach (1 .. 3)
{
	change_rows($node, 'shop', 'vetoed');
	ask_for_visits($node, 'shop', 1);
}
is( ask("SELECT object || ': ' || severity || ' ' || state || ' ' || message FROM tend.events WHERE kind = 'options refused'"),
	'public.vetoed: warning single the server refused: not "this" one; ask Björn', 'it is told once, though tried again');
is(ask(is_changed('vetoed')), 'f', 'the ledger knows nothing of it');
agrees($node, 'shop', 'nor has the table any option');
is(failures($node, 'shop'), 0, 'no visit has failed');
is(ask("SELECT result FROM tend.apply_autovacuum('vetoed')"), 'the server refused: not "this" one; ask Björn', 'a user is told, too');

# or no to taking back
ask('ALTER TABLE other RENAME TO vetoed_too; DROP EVENT TRIGGER veto');
ask("CREATE EVENT TRIGGER veto ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION veto()");
ask(q{CREATE OR REPLACE FUNCTION veto() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$});
is(revert_all($node, 'shop'), 'the server refused: never', 'that it refuses to take a change back is told');
agrees($node, 'shop', 'the change is still in the ledger');
ask('DROP EVENT TRIGGER veto');
is(revert_all($node, 'shop'), 'done', 'without the trigger it can be taken back');
ask('TRUNCATE tend.autovacuum_actions; DROP TABLE vetoed, vetoed_too');

# One that tries to become superuser
ask(<<'SQL');
CREATE ROLE alice;
CREATE ROLE bob;
GRANT CREATE ON SCHEMA public TO alice, bob;
CREATE TABLE spied (who text, tried text, result text);
CREATE TABLE later (i int);
GRANT INSERT ON spied, later TO alice;
CREATE FUNCTION attempt(tried text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE tried;
    INSERT INTO spied VALUES (current_user, tried, 'done');
EXCEPTION WHEN OTHERS THEN
    INSERT INTO spied VALUES (current_user, tried, sqlerrm);
END
$$;
CREATE FUNCTION deferred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.attempt('ALTER ROLE alice SUPERUSER');
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION deferred();
CREATE FUNCTION spy() RETURNS event_trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    PERFORM attempt(s) FROM unnest(ARRAY[
        'ALTER ROLE alice SUPERUSER',
        'SET ROLE postgres',
        'SET LOCAL ROLE bob',
        'RESET ROLE',
        'SET SESSION AUTHORIZATION postgres',
        'RESET SESSION AUTHORIZATION',
        'INSERT INTO tend.autovacuum_actions SELECT * FROM tend.autovacuum_actions',
        'DELETE FROM tend.table_policy',
        'UPDATE pg_authid SET rolsuper = true',
        'INSERT INTO public.later VALUES (1)',
        'CREATE TEMP TABLE trap ()']) s;
END
$$;
SQL
create_tables('shop', 'alices');
ask('ALTER TABLE alices OWNER TO alice; CREATE EVENT TRIGGER spy ON ddl_command_end EXECUTE FUNCTION spy()');
work_until($node, 'shop', ['alices'], is_changed('alices'), 'a table of an ordinary role is changed');
ask('DROP EVENT TRIGGER spy');
is(ask("SELECT string_agg(DISTINCT who, ' ') FROM spied"), 'alice', 'event triggers run as the owner of the table');
is(ask("SELECT string_agg(tried, '; ') FROM spied WHERE result = 'done'"), '', 'and can do nothing that would lead further')
  || diag(ask('SELECT tried, result FROM spied'));
is(ask("SELECT count(DISTINCT tried) FROM spied"), 11, 'all attempts were made') || diag(ask('SELECT * FROM spied'));
is(ask("SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolsuper AND rolname IN ('alice', 'bob')"), '', 'no role has become superuser');

# ---- owners ----

# A role that goes
ask('REASSIGN OWNED BY alice TO bob; DROP OWNED BY alice');
is($node->psql('shop', 'DROP ROLE alice'), 0, 'an owner can be dropped after his tables were given away');
agrees($node, 'shop', 'the table keeps its options');
is(revert_all($node, 'shop'), 'done', 'which can be taken back');
is(options_of($node, 'shop', 'alices'), '', 'and are');

# A role that may not look into the schema of its table
create_tables('shop', 'bobs', 'other');
ask('CREATE SCHEMA closed; ALTER TABLE bobs SET SCHEMA closed; ALTER TABLE closed.bobs OWNER TO bob');
work_until($node, 'shop', [ 'closed.bobs', 'other' ], is_changed('other'), 'other tables are changed');
work_until($node, 'shop', [ 'closed.bobs' ], "SELECT count(*) > 0 FROM tend.events WHERE kind = 'options refused' AND object = 'closed.bobs'",
	'that an owner may not look into the schema of his table is an event');
ask_for_visits($node, 'shop', 2);
is( ask("SELECT message FROM tend.events WHERE kind = 'options refused' AND object = 'closed.bobs'"),
	'the server refused: permission denied for schema closed', 'which is told once');
is(failures($node, 'shop'), 0, 'no visit has failed');
ask('GRANT USAGE ON SCHEMA closed TO bob');
work_until($node, 'shop', ['closed.bobs'], is_changed('bobs'), 'when he may, the table is changed');

# ---- renaming and dropping ----

my $before = ask('SELECT count(*) FROM tend.autovacuum_actions WHERE lease_until IS NULL');
my $told = ask("SELECT count(*) FROM tend.events WHERE kind LIKE 'options%'");
ask('ALTER TABLE other RENAME TO "Öther one"; ALTER TABLE closed.bobs RENAME TO billies; ALTER SCHEMA closed RENAME TO opened');
ask_for_visits($node, 'shop', 2);
agrees($node, 'shop', 'tables and schemas can be renamed');
is(ask('SELECT count(*) FROM tend.autovacuum_actions WHERE lease_until IS NULL'), $before, 'without a new change');
is(ask("SELECT count(*) FROM tend.events WHERE kind LIKE 'options%'"), $told, 'or an event');
is(revert_all($node, 'shop'), 'done', 'all is taken back from tables that were renamed');
is(options_of($node, 'shop', $_), '', "$_ is as it was") foreach '"Öther one"', 'opened.billies';

create_tables('shop', 'dropped', 'moved');
work_until($node, 'shop', [ 'dropped', 'moved' ], is_changed('dropped'), 'a table is changed');
work_until($node, 'shop', [ 'dropped', 'moved' ], is_changed('moved'), 'and another');
ask('ALTER TABLE moved SET UNLOGGED; ALTER TABLE moved SET LOGGED; VACUUM FULL moved; DROP TABLE dropped');
ask_until($node, 'shop', q{SELECT bool_and(verdict = 'reverted' AND reverted_by = 'pg_tend: the table is gone')
	FROM tend.autovacuum_actions WHERE table_name = 'dropped'}, 'the ledger notes that a table is gone');
agrees($node, 'shop', 'a table that was rewritten keeps its options');
is(ask("SELECT count(*) FROM tend.autovacuum_actions WHERE table_name = 'moved' AND lease_until IS NULL AND verdict = 'reverted'"), 0, 'and its place in the ledger');

# ---- dump and restore ----

# originals: some with options of the user
create_tables('shop', 'plain', 'optioned', 'unrestored');
ask('ALTER TABLE optioned SET (vacuum_truncate = off, fillfactor = 80, toast.vacuum_truncate = off)');
ask('CREATE SCHEMA "Other ""schema"""; CREATE TABLE "Other ""schema""".plain AS TABLE plain');
ask('CREATE TABLE passing (i int); INSERT INTO tend.table_policy VALUES (\'passing\', \'off\'), (\'plain\', \'advise\'), (\'"Other ""schema""".plain\', \'apply\'); DROP TABLE passing');
is(apply($node, 'shop', 'plain', 'optioned', 'unrestored'),
	'done done done', 'three tables are changed');
$before = ask('SELECT count(*) FROM tend.autovacuum_actions');

my $file = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-owner', '--exclude-table=unrestored', '-f', $file, $node->connstr('shop') ],
	'pg_dump works with a policy whose table is gone');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $file ],
	'and psql restores it');
wait_for_status($node, 'restored', 'visited', 'the restored database is visited');
ask_for_visits($node, 'restored', 1);
is($node->safe_psql('restored', 'SELECT count(*) FROM tend.autovacuum_actions'), $before, 'the ledger came along');
agrees($node, 'restored', 'tables have the options that the ledger says');
is( $node->safe_psql('restored', q{SELECT string_agg(DISTINCT reverted_by, '; ') FROM tend.autovacuum_actions WHERE table_name = 'unrestored'}),
	'pg_tend: the table is gone', 'a table that was not restored is noted as gone');
is( $node->safe_psql('restored', q{SELECT count(DISTINCT origin), bool_and(origin LIKE '%/' || (SELECT oid FROM pg_database WHERE datname = 'restored'))
	FROM tend.autovacuum_actions}), '1|t', 'the rows belong to this database now');
is( $node->safe_psql('restored', q{SELECT string_agg(relid || ' ' || tuning, '; ' ORDER BY tuning) FROM tend.table_policy WHERE tuning <> 'off'}),
	'plain advise; "Other ""schema""".plain apply', 'policies came along');
is($node->safe_psql('restored', "SELECT count(*) FROM tend.events WHERE kind LIKE 'options%'"), 0, 'nothing else was done there');
is(revert_all($node, 'restored'), 'done', 'there all can be taken back');
is(options_of($node, 'restored', 'plain'), '', 'a table has no options again');
is( options_of($node, 'restored', 'optioned'), 'vacuum_truncate=off, fillfactor=80|vacuum_truncate=off',
	'another has those of the user, in their order');
agrees($node, 'shop', 'the database that was dumped is not concerned');

# new actions get numbers of their own
create_tables('postgres', 'plain');
teach($node, 'restored');
$node->safe_psql('restored', 'CREATE TABLE fresh AS TABLE plain; ANALYZE fresh');
learn($node, 'restored', 'fresh', 100);
is(apply($node, 'restored', 'fresh'), 'done', 'a table of the restored database is changed');
is(ask('SELECT max(action_id) FROM tend.autovacuum_actions') < $node->safe_psql('restored', 'SELECT max(action_id) FROM tend.autovacuum_actions'),
	1, 'under a number that was not used before');

# A policy whose table is gone may meet an index of the same OID elsewhere.
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$node->safe_psql('elsewhere', 'CREATE TABLE met (i int PRIMARY KEY)');
my $oid = $node->safe_psql('elsewhere', "SELECT 'met_pkey'::regclass::oid");
# (visits remove such policies; here the dump is faster)
alter_system($node, 'SET pg_tend.enabled = off');
wait_for_launcher($node, 'switched off%', 'no visit comes in between');
ask("INSERT INTO tend.table_policy VALUES ($oid, 'off')");
$node->command_ok([ 'pg_dump', '--no-owner', '-f', $file, $node->connstr('shop') ], 'pg_dump works once more');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('elsewhere'), '-f', $file ],
	'a policy whose table is gone does not keep a dump from being restored');
is(take_database($node, 'DROP DATABASE elsewhere'), '', 'the other database is dropped');
alter_system($node, 'RESET pg_tend.enabled');
ask_until($node, 'shop', "SELECT count(*) = 0 FROM tend.table_policy WHERE relid = $oid", 'a visit removes the policy');
ask("DELETE FROM tend.table_policy");

# ---- two databases ----

work_until($node, 'postgres', ['plain'], is_changed('plain'), 'a table of another database is changed');
agrees($node, $_, "the ledger of $_ is about its own tables") foreach 'postgres', 'shop';
is(revert_all($node, 'postgres'), 'done', 'what is taken back in one');
is(ask("SELECT count(*) > 0 FROM tend.autovacuum_actions WHERE verdict <> 'reverted'"), 't', 'stays in the other');

# ---- logical replication ----

# FOR ALL TABLES has no exceptions before 19, and takes our tables along.  The
# other side has a ledger, history and policies of its own.
create_databases($node, 'publisher', 'subscriber');
foreach my $datname ('publisher', 'subscriber')
{
	$node->safe_psql($datname, 'CREATE TABLE published (id int PRIMARY KEY)');
	teach($node, $datname);
	create_tables($datname, 'tuned');
}
is(apply($node, 'subscriber', 'tuned'), 'done', 'a table of a subscriber is changed');
$node->safe_psql('publisher', "CREATE PUBLICATION everything FOR ALL TABLES; SELECT pg_create_logical_replication_slot('slot', 'pgoutput')");
(my $publisher = $node->connstr('publisher')) =~ s/'/''/g;
$node->safe_psql('subscriber', "CREATE SUBSCRIPTION subscribed CONNECTION '$publisher' PUBLICATION everything WITH (create_slot = false, slot_name = 'slot', copy_data = false)");
is(apply($node, 'publisher', 'tuned'), 'done', 'and one of its publisher');
$node->safe_psql('publisher', 'INSERT INTO published VALUES (1)');
$node->poll_query_until('subscriber', 'SELECT EXISTS (SELECT FROM published) OR apply_error_count > 0 FROM pg_stat_subscription_stats')
  or die 'nothing is replicated';
is($node->safe_psql('subscriber', 'SELECT count(*) FROM published'), 1, 'which does not stop the replication');
is( $node->safe_psql('subscriber', "SELECT count(*) FROM tend.autovacuum_actions WHERE origin NOT LIKE '%/' || (SELECT oid FROM pg_database WHERE datname = 'subscriber')"),
	0, 'and is no news in the ledger there');
is( $node->safe_psql('subscriber', 'SELECT count(*) FROM tend.table_history h WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = h.relid)'),
	0, 'nor is what was seen of the publisher\'s tables in the history');
agrees($node, 'subscriber', 'the options of the subscriber are its own');
$node->safe_psql('subscriber', 'ALTER SUBSCRIPTION subscribed DISABLE; ALTER SUBSCRIPTION subscribed SET (slot_name = NONE); DROP SUBSCRIPTION subscribed');
$node->poll_query_until('publisher', "SELECT NOT active FROM pg_replication_slots WHERE slot_name = 'slot'") or die 'the slot is in use';
$node->safe_psql('publisher', "SELECT pg_drop_replication_slot('slot'); DROP PUBLICATION everything");

# ---- a user acts while a visit is under way ----

# It has read the ledger, but not yet the tables behind the first thousand.
create_databases($node, 'large');
teach($node, 'large');
create_tables('large', 'early');
$node->safe_psql('large', 'DO $$ BEGIN FOR i IN 1 .. 1000 LOOP EXECUTE format(\'CREATE TABLE filler_%s ()\', i); END LOOP; END $$');
create_tables('large', 'late', 'late_too');
is(apply($node, 'large', 'late', 'late_too'),
	'done done', 'two tables are changed');
wait_for_status($node, 'large', 'visited', 'visits run');
$node->safe_psql('large', <<'SQL');
CREATE FUNCTION hold_early() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WHILE NOT pg_catalog.pg_try_advisory_xact_lock(4712) LOOP
        PERFORM pg_catalog.pg_sleep(0.02);
    END LOOP;
    RETURN NEW;
END
$$;
CREATE TRIGGER hold BEFORE INSERT ON tend.table_history_0 FOR EACH ROW WHEN (NEW.table_name = 'early') EXECUTE FUNCTION hold_early();
SQL
$holder = session($node, 'large');
say_in($holder, 'SELECT pg_advisory_lock(4712);');
change_rows($node, 'large', 'early');
ask_until($node, 'large', q{SELECT count(*) > 0 FROM pg_stat_activity
	WHERE backend_type = 'pg_tend visit' AND datname = 'large' AND wait_event = 'PgSleep'}, 'a visit is under way');
$node->safe_psql('large', "ALTER SYSTEM SET pg_tend.autovacuum_tuning = advise; SELECT pg_reload_conf()");
my $again = $node->safe_psql('large', "SELECT result FROM tend.apply_autovacuum('late')");
is($again, 'done', 'meanwhile a user has a table changed for the second time')
  || diag($node->safe_psql('large', "SELECT * FROM tend.autovacuum_advice"));
is($node->safe_psql('large', "SELECT string_agg(tend.revert(a), ' ') ~ 'RESET' FROM (SELECT min(action_id) FROM tend.autovacuum_actions WHERE table_name = 'late_too') r(a)"),
	't', 'and takes back a change of another');
say_in($holder, 'SELECT pg_advisory_unlock(4712);');
close_session($holder);
ask_for_visits($node, 'large', 1);
is( $node->safe_psql('large', q{SELECT string_agg(DISTINCT verdict || COALESCE(' ' || reverted_by, ''), '; ') FROM tend.autovacuum_actions
	WHERE table_name = 'late' AND action_id = (SELECT max(action_id) FROM tend.autovacuum_actions WHERE table_name = 'late')}),
	'pending', 'the visit does not take his change for a stranger\'s');
agrees($node, 'large', 'options and ledger agree');
is( $node->safe_psql('large', "SELECT string_agg(message, '; ') FROM tend.events WHERE kind = 'options changed' AND message !~ '^ALTER'"),
	'', 'nor is there an event that says so');
alter_system($node, 'SET pg_tend.autovacuum_tuning = apply');

# ---- standby and promotion ----

$node->backup('backup', backup_options => [ '--checkpoint', 'fast' ]);
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
create_tables('shop', 'streamed');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
wait_for_launcher($standby, 'waiting%', 'the launcher of a standby waits');
is($standby->safe_psql('shop', 'SELECT count(*) FROM tend.autovacuum_advice'), 0, 'a standby has no advice');
my ($ret, $out, $err) = $standby->psql('shop', "SELECT tend.apply_autovacuum('streamed')");
like($err, qr/cannot execute tend\.apply_autovacuum\(\) in a read-only transaction/, 'and cannot be changed');
($ret, $out, $err) = $standby->psql('shop', "SELECT tend.revert_all()");
like($err, qr/cannot execute tend\.revert_all\(\) in a read-only transaction/, 'nor can anything be taken back');
agrees($standby, 'shop', 'it has the ledger and the options of the primary');
$node->stop;
$standby->promote;
wait_for_status($standby, 'shop', 'visited', 'after promotion visits begin');
$standby->safe_psql('shop', 'ANALYZE');
agrees($standby, 'shop', 'ledger and options are as they were');
work_until($standby, 'shop', ['streamed'], is_changed('streamed'), 'and tuning goes on');
agrees($standby, 'shop', 'under the same ledger');
is(revert_all($standby, 'shop'), 'done', 'in which all can be taken back');

is_quiet($node, $offset, 'no visit has logged an error');
is_quiet($standby, 0, 'nor one to the standby');
$standby->stop;
done_testing();
