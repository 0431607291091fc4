--
-- tend.tables: what vacuum needs to do, table by table
--
CREATE EXTENSION pg_tend;
CREATE SCHEMA shop;
SET search_path = shop;

-- autovacuum is off for these tables, so that nothing interferes
CREATE TABLE orders (id int, note text) WITH (autovacuum_enabled = off);
INSERT INTO orders SELECT g, 'x' FROM generate_series(1, 1000) g;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE orders;
DELETE FROM orders WHERE id <= 300;
SELECT pg_stat_force_next_flush();

CREATE VIEW seen AS
SELECT table_name, live_tuples, dead_tuples, vacuum_threshold, round(vacuum_due::numeric, 3) AS due,
       autovacuum_enabled AS on, verdict, overrides
  FROM tend.tables WHERE schema_name = 'shop';

-- 50 + 0.2 * 1000
SELECT * FROM seen;
SELECT dead_ratio, mods_since_analyze, analyze_threshold, inserts_since_vacuum, insert_threshold,
       managed, kind, persistence, is_partition, toast_relid IS NOT NULL AS toast
  FROM tend.tables WHERE relid = 'orders'::regclass;

-- sizes are those of the files
SELECT table_bytes = pg_table_size('orders') - toast_bytes AS table,
       index_bytes = pg_indexes_size('orders') AS index,
       toast_bytes = pg_total_relation_size(toast_relid) AS toast
  FROM tend.tables WHERE relid = 'orders'::regclass;

-- storage parameters win over settings, those of TOAST are shown as such
ALTER TABLE orders SET (autovacuum_vacuum_threshold = 7, autovacuum_vacuum_scale_factor = 0.5,
                        autovacuum_vacuum_insert_threshold = -1, autovacuum_freeze_max_age = 1000000,
                        toast.autovacuum_vacuum_threshold = 9, fillfactor = 90);
SELECT vacuum_threshold, insert_threshold, insert_due, freeze_max_age,
       toast_vacuum_threshold, overrides
  FROM tend.tables WHERE relid = 'orders'::regclass;

-- without any option of its own TOAST takes those of the table
ALTER TABLE orders RESET (toast.autovacuum_vacuum_threshold);
SELECT toast_vacuum_threshold, toast_insert_threshold FROM tend.tables WHERE relid = 'orders'::regclass;
ALTER TABLE orders SET (toast.vacuum_truncate = off);
SELECT toast_vacuum_threshold, toast_insert_threshold FROM tend.tables WHERE relid = 'orders'::regclass;

-- every kind of relation that autovacuum knows, and no other
CREATE MATERIALIZED VIEW report WITH (autovacuum_enabled = off) AS SELECT 1 AS one;
CREATE UNLOGGED TABLE cache (id int) WITH (autovacuum_enabled = off);
CREATE TEMP TABLE scratch (id int);
CREATE TABLE log (at date) PARTITION BY RANGE (at);
CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
    WITH (autovacuum_enabled = off);
CREATE SEQUENCE numbers;
SELECT table_name, kind, persistence, is_partition, autovacuum_enabled
  FROM tend.tables WHERE schema_name = 'shop' OR relid = 'scratch'::regclass
 ORDER BY table_name;

-- an empty table has no ratio, an unanalyzed one no rows
SELECT table_name, dead_ratio, vacuum_threshold, analyze_threshold, verdict
  FROM tend.tables WHERE relid = 'cache'::regclass;

-- names are what they are
CREATE TABLE "Ünï ""quoted"" 'x' \ ; --" (id int) WITH (autovacuum_enabled = off);
CREATE TABLE "sixty-three-bytes-0123456789-0123456789-0123456789-0123456789-63" (id int)
    WITH (autovacuum_enabled = off);
CREATE TABLE "two
lines" (id int) WITH (autovacuum_enabled = off);
SELECT table_name, length(table_name) FROM tend.tables
 WHERE schema_name = 'shop' AND table_name ~ '[^a-z_0-9]' ORDER BY 1;

-- a table that is locked by somebody is read all the same (see the isolation
-- tests); one that is dropped is gone
DROP TABLE cache;
SELECT count(*) FROM tend.tables WHERE table_name = 'cache';

-- one row for each table of the database
SELECT count(*) = (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'm')) AS complete
  FROM tend.tables;

-- the worst comes first
SELECT table_name, verdict FROM tend.tables WHERE schema_name = 'shop' LIMIT 2;

-- the search path is not trusted
CREATE FUNCTION shop.age(xid) RETURNS int LANGUAGE sql AS 'SELECT 42';
CREATE FUNCTION shop.pg_stat_get_dead_tuples(oid) RETURNS bigint LANGUAGE sql AS 'SELECT 42::bigint';
SET search_path = shop, pg_catalog;
SELECT dead_tuples, xid_age < 42000 AND xid_age <> 42 AS own FROM tend.tables WHERE relid = 'orders'::regclass;
SET search_path = shop;

-- dashboards ask for the worst only, and get the same
SELECT (SELECT count(*) FROM tend.table_facts(5)) AS five, (SELECT count(*) FROM tend.table_facts(0)) AS zero,
       (SELECT count(*) FROM tend.table_facts(-1)) AS negative,
       (SELECT count(*) FROM tend.table_facts(2147483647)) = (SELECT count(*) FROM tend.tables) AS all_of_them;
SELECT table_name, verdict FROM tend.table_facts(20) WHERE schema_name = 'shop' ORDER BY urgency DESC, worst_due DESC LIMIT 1;
SELECT (SELECT array_agg(urgency ORDER BY urgency) FROM tend.table_facts(20))
     = (SELECT array_agg(urgency ORDER BY urgency)
          FROM (SELECT urgency FROM tend.table_facts() ORDER BY urgency DESC LIMIT 20) w) AS same;

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
DROP EXTENSION pg_tend;
DROP SCHEMA tend;
