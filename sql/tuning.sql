--
-- Autovacuum tuning by hand: advice, apply, revert
--
CREATE EXTENSION pg_tend;
CREATE SCHEMA shop;
SET search_path = shop;
SET client_min_messages = warning;

-- no visit comes in between
ALTER SYSTEM SET pg_tend.enabled = off;
SELECT pg_reload_conf();
DO $$
BEGIN
    FOR i IN 1 .. 3000 LOOP
        EXIT WHEN (SELECT detail LIKE 'switched off%' FROM tend.self
                    WHERE part = 'launcher' AND metric = 'status')
              AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'pg_tend visit');
        PERFORM tend.request_visit(), pg_sleep(0.02), pg_stat_clear_snapshot();
    END LOOP;
END
$$;

-- What visits learn in a day, in a moment: a row of history as they write it.
-- Rows of these tables die at this rate, per second; more columns may be given.
CREATE PROCEDURE learn(tables regclass[], dead float8, more jsonb DEFAULT '{}') LANGUAGE sql AS $$
    INSERT INTO tend.table_history_0
    SELECT r.*
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL jsonb_populate_record(NULL::tend.table_history_0, jsonb_build_object(
           'at', clock_timestamp(), 'relid', c.oid, 'schema_name', n.nspname, 'table_name', c.relname,
           'observed_seconds', 86400, 'dead_per_second', dead,
           'dead_per_second_hour', dead, 'dead_per_second_day', dead,
           'live_tuples', pg_stat_get_live_tuples(c.oid), 'dead_tuples', pg_stat_get_dead_tuples(c.oid),
           'inserted', pg_stat_get_tuples_inserted(c.oid), 'updated', pg_stat_get_tuples_updated(c.oid),
           'hot_updated', pg_stat_get_tuples_hot_updated(c.oid), 'deleted', pg_stat_get_tuples_deleted(c.oid),
           'vacuum_count', pg_stat_get_vacuum_count(c.oid), 'analyze_count', pg_stat_get_analyze_count(c.oid)) || more) r
     WHERE c.oid = ANY (tables)
$$;

-- The server of this test vacuums once a day; at this price of dead rows it
-- should be at some hundred of them.
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 10000) g;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE orders;
INSERT INTO tend.database_history_0 (at, next_xid, next_mxid, bloat_price, one_percent_pages_per_second)
SELECT now(), pg_snapshot_xmax(pg_current_snapshot())::text::bigint, 1, 1000, 0.001;

-- numbers are left out where they depend on the size of a row on disk
CREATE VIEW advice AS
SELECT table_name, topic, option, current_value, regexp_replace(command, '= [0-9.e-]+', '= N', 'g') AS command
  FROM tend.autovacuum_advice WHERE schema_name <> 'tend' ORDER BY 1, 2, 3;
CREATE VIEW options AS
SELECT c.relname, c.reloptions, t.reloptions AS toast
  FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
 WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'm');
CREATE VIEW changed AS
SELECT relname,
       regexp_replace(reloptions::text, '=[0-9.e-]+', '=N', 'g') AS reloptions,
       regexp_replace(toast::text, '=[0-9.e-]+', '=N', 'g') AS toast
  FROM options ORDER BY relname;
CREATE VIEW ledger AS
SELECT action_id, change_id, table_name, topic, option, old_value IS NULL AS new, verdict, reverted_by
  FROM tend.autovacuum_actions ORDER BY action_id;
CREATE FUNCTION apply(t regclass, dry_run bool DEFAULT false) RETURNS TABLE (table_name text, command text, result text)
LANGUAGE sql AS $$
    SELECT table_name, regexp_replace(command, '= [0-9.e-]+', '= N', 'g'), result
      FROM tend.apply_autovacuum(t, dry_run) ORDER BY 1, 2
$$;

--
-- Advice
--

-- nothing is advised about a table that nobody has watched,
SELECT * FROM advice;
-- or that stood still
CALL learn('{orders}', 0, '{"modified_per_second_day": 0, "inserts_per_second_day": 0}');
SELECT * FROM advice;
SELECT * FROM tend.apply_autovacuum('orders');

-- when rows die, it is
CALL learn('{orders}', 0.005);
SELECT * FROM advice;
SELECT DISTINCT blocked_by, regexp_replace(undo_command, '= [0-9.e-]+', '= N', 'g') AS undo_command FROM tend.autovacuum_advice;
SELECT DISTINCT reason ~ '^18 rows die per hour, and a vacuum touches about .* pages: every .* is better than every' AS reason,
       (predicted #>> '{before,threshold}')::float8 AS before,
       (predicted #>> '{after,threshold}')::float8 BETWEEN 100 AND 400 AS after,
       (predicted #>> '{after,bytes}')::float8 < (predicted #>> '{before,bytes}')::float8 AS less_waste,
       evidence ->> 'rows' AS rows
  FROM tend.autovacuum_advice;

-- a dry run changes nothing, and may be done where nothing can be changed
BEGIN READ ONLY;
SELECT * FROM apply('orders', dry_run => true);
SELECT * FROM tend.apply_autovacuum('orders');
ROLLBACK;
SELECT * FROM options;
SELECT * FROM ledger;
SELECT managed FROM tend.tables WHERE relid = 'orders'::regclass;

--
-- Apply and revert
--

SELECT * FROM apply('orders');
SELECT * FROM changed;
SELECT * FROM ledger;
SELECT managed, cardinality(overrides) AS overrides FROM tend.tables WHERE relid = 'orders'::regclass;

-- what is said was set
SELECT bool_and(o.option || '=' || o.new_value = ANY (p.reloptions)) AS same
  FROM tend.autovacuum_actions o JOIN pg_class p ON p.oid = o.relid;

-- now there is nothing more to change
SELECT * FROM advice;
SELECT * FROM tend.apply_autovacuum('orders');

-- a reason is kept with the numbers of that time
SELECT reason <> '' AS reason, evidence ? 'dead_per_second' AS evidence, predicted ? 'after' AS predicted, observed, lease_until
  FROM tend.autovacuum_actions;

-- one action takes back its topic
SELECT tend.revert(action_id) FROM ledger WHERE option = 'autovacuum_vacuum_scale_factor';
SELECT * FROM options;
SELECT regexp_replace(reverted_by, '^.*, by', '..., by') AS by, reverted_at IS NOT NULL AS at, verdict FROM tend.autovacuum_actions;
SELECT managed FROM tend.tables WHERE relid = 'orders'::regclass;
\set VERBOSITY terse
SELECT tend.revert(min(action_id)) FROM ledger;
SELECT tend.revert(0);
\set VERBOSITY default

-- the advice is still there, but the worker will leave it alone
SELECT DISTINCT topic, blocked_by FROM tend.autovacuum_advice;
-- who asks for it gets it
SELECT result FROM apply('orders');

-- a transaction that is rolled back leaves neither options nor actions
TRUNCATE tend.autovacuum_actions;
ALTER TABLE orders RESET (autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);
BEGIN;
SELECT result FROM apply('orders');
ROLLBACK;
SELECT * FROM options;
SELECT * FROM ledger;

-- two changes of a topic: the second remembers the first
SELECT result FROM apply('orders');
CALL learn('{orders}', 0.00005);
UPDATE tend.database_history_0 SET bloat_price = 1;
SELECT * FROM advice;
CREATE TEMP TABLE first_values AS SELECT reloptions FROM options WHERE relname = 'orders';
SELECT result FROM apply('orders');
SELECT option, old_value IS NULL AS new, verdict, observed FROM tend.autovacuum_actions ORDER BY action_id;
SELECT regexp_replace(tend.revert(max(action_id)), '= [0-9.e-]+', '= N', 'g') FROM ledger WHERE verdict <> 'reverted';
SELECT reloptions = (SELECT reloptions FROM first_values) AS the_first FROM options WHERE relname = 'orders';
SELECT verdict, count(*) FROM ledger GROUP BY 1 ORDER BY 1;
-- to take back the first is to take back both
SELECT result FROM apply('orders');
SELECT tend.revert(min(action_id)) FROM ledger;
SELECT * FROM options;
SELECT verdict, count(*) FROM ledger GROUP BY 1 ORDER BY 1;
-- where an earlier change had set the same values, no statement is needed
SELECT result FROM apply('orders');
INSERT INTO tend.autovacuum_actions
SELECT (jsonb_populate_record(a, jsonb_build_object('action_id', action_id + 100, 'change_id', change_id + 100, 'old_value', new_value))).*
  FROM tend.autovacuum_actions a WHERE verdict <> 'reverted';
SELECT tend.revert(max(action_id)) FROM ledger;
SELECT verdict, count(*) FROM ledger WHERE action_id > 100 GROUP BY 1;
SELECT command ~ 'RESET' AS reset, result FROM tend.revert_all();
TRUNCATE tend.autovacuum_actions;
UPDATE tend.database_history_0 SET bloat_price = 1000;

--
-- Whose options are they
--

-- options of the user about other things stay as they are, in their order
ALTER TABLE orders SET (log_autovacuum_min_duration = 0, fillfactor = 90, vacuum_truncate = off, toast.vacuum_truncate = off);
CREATE TEMP TABLE originals AS SELECT * FROM options;
CALL learn('{orders}', 0.005, '{"modified_per_second_day": 1, "inserts_per_second_day": 1}');
SELECT * FROM advice;
SELECT * FROM apply('orders');
SELECT * FROM changed;
SELECT table_name, regexp_replace(command, '= [0-9.e-]+', '= N', 'g') AS command, result FROM tend.revert_all() ORDER BY 2;
SELECT * FROM options EXCEPT SELECT * FROM originals;
SELECT * FROM tend.revert_all();
ALTER TABLE orders RESET (log_autovacuum_min_duration, fillfactor, vacuum_truncate, toast.vacuum_truncate);

-- every topic: TOAST with dead rows, inserts, and a vacuum that takes too long
CREATE TABLE busy (id int, doc text, note text);
ALTER TABLE busy ALTER doc SET STORAGE EXTERNAL;
INSERT INTO busy SELECT g, CASE WHEN g <= 300 THEN repeat('x', 4000) END, repeat('y', 500) FROM generate_series(1, 5000) g;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE busy;
CREATE PROCEDURE learn_all() LANGUAGE sql AS $$
    CALL learn('{busy}', 0.002, '{"modified_per_second_day": 0.11, "inserts_per_second_day": 1,
                                 "toast_dead_per_second_hour": 0.0003, "toast_dead_per_second_day": 0.0003,
                                 "vacuum_ms": 1e9}')
$$;
-- without visits, what is known of a table gets old
CALL learn('{orders}', 0);
CALL learn_all();
SELECT table_name, topic, string_agg(option, ', ' ORDER BY option) AS options FROM advice GROUP BY 1, 2 ORDER BY 1, 2;

-- an option of the user keeps us from its topic, and no other, but TOAST
-- inherits from the table
CREATE FUNCTION topics_with(option text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    topics text;
BEGIN
    EXECUTE format('ALTER TABLE busy SET (%s)', option);
    topics := (SELECT string_agg(DISTINCT topic, ', ' ORDER BY topic) FROM tend.autovacuum_advice WHERE table_name = 'busy');
    EXECUTE format('ALTER TABLE busy RESET (%s)', split_part(option, ' = ', 1));
    RETURN topics;
END
$$;
SELECT o AS "option of the user", topics_with(o) AS advice_about FROM unnest(ARRAY[
    'fillfactor = 100',
    'autovacuum_enabled = on',
    'autovacuum_enabled = off',
    'autovacuum_vacuum_threshold = 50',
    'autovacuum_vacuum_scale_factor = 0.2',
    'autovacuum_vacuum_insert_threshold = 1000',
    'autovacuum_vacuum_insert_scale_factor = 0.2',
    'autovacuum_freeze_min_age = 50000000',
    'autovacuum_analyze_threshold = 50',
    'autovacuum_analyze_scale_factor = 0.1',
    'autovacuum_vacuum_cost_limit = 200',
    'autovacuum_vacuum_cost_delay = 2',
    'toast.autovacuum_vacuum_threshold = 50',
    'toast.autovacuum_vacuum_scale_factor = 0.2',
    'toast.autovacuum_enabled = off',
    'toast.autovacuum_vacuum_cost_delay = 2']) WITH ORDINALITY u(o, n) ORDER BY n;

-- so does the largest threshold, which came with 18
SELECT topics_with(CASE WHEN current_setting('server_version_num')::int >= 180000 THEN 'autovacuum_vacuum_max_threshold = 1000'
                        ELSE 'autovacuum_vacuum_threshold = 1000' END);

-- what other tables were given leaves less cost limit for this one: of each its
-- latest counts, and eight times the server's limit is for all together
INSERT INTO tend.autovacuum_actions
SELECT (jsonb_populate_record(a, jsonb_build_object('action_id', n, 'change_id', n, 'relid', 'orders'::regclass::oid, 'topic', 'cost',
       'option', 'autovacuum_vacuum_cost_limit', 'old_value', NULL, 'new_value', limits, 'verdict', 'kept'))).*
  FROM tend.autovacuum_actions a, unnest('{400, 700, 800}'::int[], '{1001, 1002, 1003}'::int[]) u(limits, n)
 WHERE action_id = (SELECT max(action_id) FROM tend.autovacuum_actions);
SELECT topic, proposed_value FROM tend.autovacuum_advice WHERE table_name = 'busy' AND topic = 'cost';
UPDATE tend.autovacuum_actions SET new_value = 801 WHERE action_id = 1003;
SELECT topic, proposed_value FROM tend.autovacuum_advice WHERE table_name = 'busy' AND topic = 'cost';
DELETE FROM tend.autovacuum_actions WHERE action_id > 1000;

-- all of it in one statement, and back
CREATE TEMP TABLE busy_original AS SELECT * FROM options;
SELECT * FROM apply('busy');
SELECT * FROM changed WHERE relname = 'busy';
SELECT topic, count(*), count(DISTINCT change_id) AS changes FROM ledger WHERE table_name = 'busy' GROUP BY 1 ORDER BY 1;
SELECT split_part(command, ' ', 4) AS command, count(*), result FROM tend.revert_all() GROUP BY 1, 3;
SELECT * FROM options EXCEPT SELECT * FROM busy_original;

-- what the user changed after us is his: it stays when all is taken back
CALL learn_all();
SELECT result FROM apply('busy');
ALTER TABLE busy SET (autovacuum_vacuum_threshold = 12345);
SELECT DISTINCT topic FROM ledger WHERE verdict <> 'reverted' ORDER BY 1;
SELECT tend.revert(max(action_id)) FROM ledger WHERE option = 'autovacuum_vacuum_threshold';
SELECT table_name, result, count(*), count(command) AS commands FROM tend.revert_all() GROUP BY 1, 2 ORDER BY 2;
SELECT * FROM changed WHERE relname = 'busy';
SELECT DISTINCT topic, regexp_replace(reverted_by, '^.*, by', '..., by') AS by FROM tend.autovacuum_actions
 WHERE change_id = (SELECT max(change_id) FROM tend.autovacuum_actions) ORDER BY 1;
SELECT count(*) FROM ledger WHERE verdict <> 'reverted';
ALTER TABLE busy RESET (autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor);
SELECT * FROM options EXCEPT SELECT * FROM busy_original;

-- large tables of one age that would be frozen together; this is not their
-- real size and age
BEGIN;
CREATE TABLE large1 (id int);
CREATE TABLE large2 (id int);
CREATE TABLE large3 (id int) WITH (autovacuum_freeze_max_age = 150000000);
CREATE TABLE large4 (id int) WITH (autovacuum_multixact_freeze_max_age = 150000000);
SET LOCAL allow_system_table_mods = on;
UPDATE pg_class SET relpages = 20000, relfrozenxid = ((relfrozenxid::text::bigint - 100000000 + 4294967296) % 4294967296)::text::xid
 WHERE relname ~ '^large\d';
SELECT table_name, topic, option, proposed_value::bigint BETWEEN 110000000 AND 199999999 AS lower FROM tend.autovacuum_advice WHERE table_name ~ '^large\d' ORDER BY 1;
ROLLBACK;

--
-- Policies
--

TRUNCATE tend.autovacuum_actions;
CALL learn('{busy}', 0);
CALL learn('{orders}', 0.005);
INSERT INTO tend.table_policy (relid, tuning, note) VALUES ('orders', 'off', 'we know better');
SELECT * FROM advice;
-- who asks for it by name gets it all the same
SELECT * FROM apply('orders', dry_run => true);
SELECT * FROM apply(NULL, dry_run => true);
UPDATE tend.table_policy SET tuning = 'advise';
SELECT DISTINCT blocked_by FROM tend.autovacuum_advice WHERE table_name = 'orders';
UPDATE tend.table_policy SET tuning = 'apply';
SELECT DISTINCT blocked_by FROM tend.autovacuum_advice WHERE table_name = 'orders';
UPDATE tend.table_policy SET tuning = NULL;
SELECT DISTINCT blocked_by FROM tend.autovacuum_advice WHERE table_name = 'orders';

-- a target of one's own
UPDATE tend.table_policy SET dead_ratio_target = 0.001;
SELECT DISTINCT evidence ->> 'dead_ratio_target' AS target
  FROM tend.autovacuum_advice WHERE table_name = 'orders';
DELETE FROM tend.table_policy;

-- the nearest partitioned table counts
CREATE TABLE log (at date, note text) PARTITION BY RANGE (at);
CREATE TABLE log_2025 PARTITION OF log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY RANGE (at);
CREATE TABLE log_2025_01 PARTITION OF log_2025 FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO log SELECT '2025-01-01', repeat('x', 100) FROM generate_series(1, 10000);
INSERT INTO log SELECT '2026-01-01', repeat('x', 100) FROM generate_series(1, 10000);
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE log;
CALL learn('{log_2025_01, log_2026}', 0.005);
CREATE VIEW log_advice AS SELECT DISTINCT table_name, blocked_by FROM tend.autovacuum_advice WHERE table_name LIKE 'log%' ORDER BY 1;
SELECT * FROM log_advice;
INSERT INTO tend.table_policy VALUES ('log', 'off');
SELECT * FROM log_advice;
INSERT INTO tend.table_policy VALUES ('log_2025', 'advise');
SELECT * FROM log_advice;
INSERT INTO tend.table_policy VALUES ('log_2025_01', NULL, 0.3);
INSERT INTO tend.table_policy VALUES ('log_2026', 'apply');
SELECT * FROM log_advice;
-- options belong to the partitions
SELECT * FROM tend.apply_autovacuum('log');
DELETE FROM tend.table_policy;
DROP TABLE log CASCADE;

-- what cannot have a policy
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE abroad (id int) SERVER nowhere;
CREATE SEQUENCE numbers;
CREATE TYPE pair AS (a int, b int);
CREATE FUNCTION policy(t regclass, tuning text DEFAULT 'apply', target float8 DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tend.table_policy VALUES (t, tuning, target);
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT t, policy(t) FROM unnest('{abroad, advice, numbers, orders_pkey, pair, pg_catalog.pg_class,
    information_schema.sql_features, tend.events, tend.autovacuum_actions, tend.table_policy}'::regclass[]) t;
SELECT policy((SELECT reltoastrelid FROM pg_class WHERE oid = 'orders'::regclass)::regclass) ~ '^42809 "pg_toast.pg_toast_\d+" cannot have a policy$' AS refused;
SELECT policy(NULL);
SELECT tuning, policy('orders', tuning) FROM unnest('{on, APPLY, "", yes}'::text[]) tuning;
SELECT target, policy('orders', 'apply', target) FROM unnest('{0, -1, 0.0009, 0.51, 1, 5, NaN, Infinity, -Infinity}'::float8[]) target;
SELECT policy('orders', 'apply', 0.5), policy('busy', NULL, 0.001), policy('orders');
UPDATE tend.table_policy SET relid = 'advice' WHERE relid = 'orders'::regclass;
DELETE FROM tend.table_policy;
SELECT * FROM tend.apply_autovacuum('advice');
SELECT * FROM tend.apply_autovacuum('pg_class');
SELECT * FROM tend.apply_autovacuum('tend.events');
SELECT * FROM tend.apply_autovacuum(4294967295::oid::regclass);

--
-- Names and kinds
--

CREATE SCHEMA "sch""ma; 'x' \";
CREATE TABLE "sch""ma; 'x' \"."ün ""quoted""
two 'lines'; DROP TABLE orders; --" AS SELECT g AS id, repeat('x', 100) AS note FROM generate_series(1, 10000) g;
CREATE TABLE "select" AS SELECT g AS id, repeat('x', 100) AS note FROM generate_series(1, 10000) g;
CREATE MATERIALIZED VIEW "Report" AS SELECT g AS id, repeat('x', 100) AS note FROM generate_series(1, 10000) g;
CREATE UNLOGGED TABLE cache AS SELECT g AS id, repeat('x', 100) AS note FROM generate_series(1, 10000) g;
CREATE TEMP TABLE scratch AS SELECT g AS id, repeat('x', 100) AS note FROM generate_series(1, 10000) g;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE;
CALL learn('{orders, busy}', 0);
SELECT array_agg(oid) AS tables FROM pg_class WHERE relname ~ '^ün' OR relname IN ('select', 'Report', 'cache', 'scratch') \gset
CALL learn(:'tables', 0.005);
SELECT * FROM apply(NULL);
SELECT * FROM changed WHERE reloptions IS NOT NULL;
SELECT table_name, command, result FROM tend.revert_all() ORDER BY 1;
SELECT count(*) FROM pg_class WHERE reloptions::text ~ 'autovacuum_vacuum_threshold';

--
-- Who may do what
--

CREATE ROLE regress_tend_monitor IN ROLE pg_monitor;
CREATE ROLE regress_tend_owner;
GRANT USAGE ON SCHEMA shop TO regress_tend_monitor, regress_tend_owner;
ALTER TABLE cache OWNER TO regress_tend_owner;
TRUNCATE tend.autovacuum_actions;

-- a monitoring role reads
SET ROLE regress_tend_monitor;
SELECT table_name, option FROM tend.autovacuum_advice WHERE table_name IN ('cache', 'select') ORDER BY 1, 2;
SELECT count(*) FROM tend.autovacuum_actions;
SELECT count(*) FROM tend.table_policy;
-- and does nothing
SELECT * FROM tend.apply_autovacuum('cache', dry_run => true);
SELECT * FROM tend.revert_all();
SELECT tend.revert(1);
INSERT INTO tend.table_policy VALUES ('cache', 'apply');
UPDATE tend.autovacuum_actions SET verdict = 'reverted';
SELECT nextval('tend.autovacuum_action_id');
RESET ROLE;

-- who may call the functions still needs to be owner
GRANT EXECUTE ON FUNCTION tend.apply_autovacuum(regclass, bool), tend.revert(bigint), tend.revert_all() TO pg_monitor;
SET ROLE regress_tend_monitor;
SELECT table_name, result FROM tend.apply_autovacuum('cache');
SELECT result, count(*) FROM tend.apply_autovacuum() WHERE table_name LIKE 'shop.%' GROUP BY 1;
RESET ROLE;
SELECT * FROM changed WHERE reloptions IS NOT NULL;
SELECT * FROM ledger;

-- the owner does not see what there is to do without pg_monitor
GRANT USAGE ON SCHEMA tend TO regress_tend_owner;
GRANT EXECUTE ON FUNCTION tend.apply_autovacuum(regclass, bool), tend.revert(bigint), tend.revert_all() TO regress_tend_owner;
SET ROLE regress_tend_owner;
\set VERBOSITY terse
SELECT result FROM tend.apply_autovacuum('cache');
\set VERBOSITY default
RESET ROLE;

-- with it he changes his tables, and only these, and cannot write the ledger
GRANT pg_monitor TO regress_tend_owner;
SET ROLE regress_tend_owner;
SELECT table_name, result FROM tend.apply_autovacuum() WHERE table_name LIKE 'shop.%' ORDER BY 1;
SELECT table_name, option FROM tend.autovacuum_actions ORDER BY action_id;
INSERT INTO tend.autovacuum_actions SELECT * FROM tend.autovacuum_actions;
DELETE FROM tend.autovacuum_actions;
SELECT current_user;
RESET ROLE;
SELECT result FROM apply('"select"');

-- nor take back what is not his
SET ROLE regress_tend_owner;
\set VERBOSITY terse
SELECT tend.revert(max(action_id)) FROM tend.autovacuum_actions;
\set VERBOSITY default
SELECT table_name, result FROM tend.revert_all() ORDER BY 1;
RESET ROLE;
SELECT * FROM changed WHERE reloptions IS NOT NULL;
SELECT table_name, verdict, reverted_by FROM tend.autovacuum_actions ORDER BY action_id;
SELECT table_name, result FROM tend.revert_all();

--
-- Good-bye
--

-- while something of ours is in force, to drop the record is worth a warning
CALL learn('{orders}', 0.005);
SELECT result FROM apply('orders');
SELECT result FROM apply('"select"');
DROP VIEW advice, ledger, log_advice;
BEGIN;
DROP EXTENSION pg_tend;
ROLLBACK;
BEGIN;
DROP SCHEMA tend CASCADE;
ROLLBACK;
SELECT count(*) FROM tend.autovacuum_actions WHERE verdict = 'pending';
-- a table that is gone needs no warning
DROP TABLE "select";
BEGIN;
DROP EXTENSION pg_tend;
ROLLBACK;
SELECT table_name, result FROM tend.revert_all() ORDER BY 1;
SELECT * FROM options WHERE reloptions IS NOT NULL OR toast IS NOT NULL;
SELECT DISTINCT reverted_by FROM tend.autovacuum_actions WHERE table_name = 'select' AND verdict = 'reverted' AND reverted_by !~ ', by ';

ALTER SYSTEM RESET pg_tend.enabled;
SELECT pg_reload_conf();
DROP EXTENSION pg_tend;
DROP SCHEMA tend;
DROP SCHEMA shop, "sch""ma; 'x' \" CASCADE;
DROP FOREIGN DATA WRAPPER nothing CASCADE;
DROP ROLE regress_tend_monitor, regress_tend_owner;
