--
-- Who sees what
--
CREATE EXTENSION pg_tend;
CREATE ROLE regress_tend_nobody;
CREATE ROLE regress_tend_monitor IN ROLE pg_monitor;
CREATE ROLE regress_tend_stats IN ROLE pg_read_all_stats;

-- each view and function by each role: does it answer?
CREATE FUNCTION pg_temp.try(what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT count(*) FROM ' || what;
    RETURN 'ok';
EXCEPTION WHEN insufficient_privilege THEN
    RETURN SQLERRM;
END
$$;
CREATE TEMP TABLE thing (what text);
INSERT INTO thing VALUES ('tend.tables'), ('tend.vacuum_blockers'), ('tend.wraparound'),
    ('tend.table_history'), ('tend.database_history'), ('tend.events'), ('tend.self'),
    ('tend.changes()'), ('tend.explain_table(''pg_class'')'), ('tend.request_visit()'), ('tend.announce()'),
    ('tend.health'), ('tend.health_checks'), ('tend.wasted_scans'), ('tend.bloat(''pg_class'')'), ('tend.table_history_0'), ('tend.autovacuum_advice'), ('tend.maintenance_advice'), ('tend.autovacuum_actions'),
    ('tend.table_policy'), ('tend.apply_autovacuum()'), ('tend.revert_all()'), ('tend.revert(0)'),
    ('tend.statistics_advice'), ('tend.statistics_verdicts'), ('tend.statistics_actions'),
    ('tend.verify_statistics(''pg_class'', ''{relname,relkind}'')'), ('tend.apply_statistics(''pg_class'', ''{relname,relkind}'')'),
    ('tend.revert_statistics(0)'), ('tend.io_latency'), ('tend.io_histogram'), ('tend.checkpoints'),
    ('tend.iotrace_status'), ('tend.io_history'), ('tend.checkpoint_history'),
    ('tend.report()'), ('tend.metrics_table'), ('tend.metrics_verdict'), ('tend.metrics_health'), ('tend.metrics_blocker'), ('tend.metrics_wraparound'),
    ('tend.metrics_queries'), ('tend.metrics_tuning'), ('tend.metrics_io'), ('tend.metrics_io_errors'), ('tend.metrics_checkpoint'), ('tend.metrics_self'),
    ('tend.top'), ('tend.health_page'), ('tend.sparkline(''{1}'')');
GRANT SELECT ON thing TO PUBLIC;

SET ROLE regress_tend_nobody;
SELECT what, pg_temp.try(what) FROM thing;
RESET ROLE;
SET ROLE regress_tend_monitor;
SELECT what, pg_temp.try(what) FROM thing;
RESET ROLE;
SET ROLE regress_tend_stats;
SELECT what, pg_temp.try(what) FROM thing;
RESET ROLE;

-- nobody but the owner writes history
SET ROLE regress_tend_monitor;
INSERT INTO tend.events SELECT now(), 'ok', 'x', 'x', 'single', 'x', NULL;
DELETE FROM tend.table_history;
TRUNCATE tend.events;
UPDATE tend.history_ring SET slot = 0;
RESET ROLE;

-- to grant a view alone is not enough
GRANT USAGE ON SCHEMA tend TO regress_tend_nobody;
GRANT SELECT ON tend.vacuum_blockers TO regress_tend_nobody;
SET ROLE regress_tend_nobody;
SELECT count(*) FROM tend.vacuum_blockers;
RESET ROLE;

DROP EXTENSION pg_tend;
DROP SCHEMA tend;
DROP ROLE regress_tend_nobody, regress_tend_monitor, regress_tend_stats;
