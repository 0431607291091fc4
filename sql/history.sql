--
-- tend.table_history and tend.database_history: written by visits
--
CREATE EXTENSION pg_tend;

-- a visit when we want it, from begin to end: the first one that ends may have
-- begun before
CREATE PROCEDURE visit() LANGUAGE plpgsql AS $$
DECLARE
    before float8;
    after float8;
BEGIN
    SELECT value INTO before FROM tend.self
     WHERE part = 'visit' AND datname = current_database() AND metric = 'visits';
    FOR i IN 1 .. 3000 LOOP
        PERFORM tend.request_visit();
        PERFORM pg_sleep(0.02);
        SELECT value INTO after FROM tend.self
         WHERE part = 'visit' AND datname = current_database() AND metric = 'visits';
        EXIT WHEN after >= coalesce(before, 0) + 2;
    END LOOP;
    ASSERT after >= coalesce(before, 0) + 2, 'no visit came';
    COMMIT;
END
$$;

CREATE TABLE busy (id int) WITH (autovacuum_enabled = off);
CREATE TABLE quiet (id int) WITH (autovacuum_enabled = off);
INSERT INTO busy SELECT g FROM generate_series(1, 1000) g;
INSERT INTO quiet SELECT g FROM generate_series(1, 1000) g;
SELECT pg_stat_force_next_flush();
ANALYZE busy, quiet;
SELECT pg_stat_force_next_flush();
CALL visit();

-- both are known now; then only one changes.  A visit that has begun already may
-- see that, and its rows have the time of its begin
SELECT DISTINCT table_name FROM tend.table_history WHERE table_name IN ('busy', 'quiet') ORDER BY 1;
CREATE TEMP TABLE mark AS SELECT max(at) AS at FROM tend.table_history WHERE table_name IN ('busy', 'quiet');
DELETE FROM busy WHERE id <= 500;
SELECT pg_stat_force_next_flush();
CALL visit();
SELECT table_name, live_tuples, dead_tuples, vacuum_threshold, verdict
  FROM tend.table_history WHERE table_name IN ('busy', 'quiet') AND at > (SELECT at FROM mark);

-- our own tables are left out: they change because we write them
SELECT count(*) FROM tend.table_history WHERE schema_name = 'tend';

-- the database has a row too, and the rates of tend.tables come from here
SELECT count(*) > 0 AS rows, bool_and(table_count > 60) AS tables, max(next_xid) > min(next_xid) AS moving
  FROM tend.database_history;

-- what has changed since then
SELECT table_name, live_tuples_change, dead_tuples_change, inserted, deleted, vacuums, verdict_then
  FROM tend.changes((SELECT at FROM mark)) WHERE schema_name = 'public';

-- a table that was dropped keeps its history
DROP TABLE quiet;
CALL visit();
SELECT count(*) > 0 AS kept FROM tend.table_history WHERE table_name = 'quiet';

-- rows lie in the slot that the ring names
SELECT count(*) FROM ONLY tend.table_history;
SELECT count(DISTINCT h.tableoid) AS slots, min(h.tableoid::regclass::text) = min('tend.table_history_' || r.slot) AS current
  FROM tend.table_history h, tend.history_ring r WHERE r.series = 'table_history';

-- two transactions in twenty hours: a date too far away for a timestamp
INSERT INTO tend.database_history_0 (at, next_xid, next_mxid)
SELECT now() - interval '20 hours', pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 2, 1;
SELECT bool_and(autovacuum_eta_seconds > 1e11) AS far, bool_and(autovacuum_eta IS NULL) AS no_date
  FROM tend.wraparound WHERE counter = 'xid';

-- unlogged, it is not in publications of all tables
SET client_min_messages = error;
CREATE PUBLICATION everything FOR ALL TABLES;
RESET client_min_messages;
SELECT count(*) FROM pg_publication_tables WHERE schemaname = 'tend';
SELECT tend.set_history_logged(false);
SELECT count(*) FROM pg_publication_tables WHERE schemaname = 'tend';
SELECT tend.set_history_logged(true);
SELECT count(*) FROM pg_publication_tables WHERE schemaname = 'tend';
DROP PUBLICATION everything;

-- sizes are bounded and visible
SELECT part, metric, value BETWEEN 0 AND 3.2e7 AS plausible, unit FROM tend.self
 WHERE part IN ('history', 'memory') ORDER BY 1, 2;

DROP PROCEDURE visit;
DROP TABLE busy;
DROP EXTENSION pg_tend;
DROP SCHEMA tend;
