-- A day in a small shop, for the dashboards: history as visits write it.  Needs
-- table orders, and that there are no visits any more: they would know better.
SET client_min_messages = warning;
CREATE SCHEMA "we""ird";
CREATE TABLE "we""ird"."o'r""d\er" (id int);

INSERT INTO tend.table_history (at, relid, schema_name, table_name, live_tuples, dead_tuples, vacuum_threshold, insert_threshold,
                                analyze_threshold, inserts_since_vacuum, mods_since_analyze, toast_dead_tuples, dead_per_second,
                                inserted, updated, hot_updated, deleted, vacuum_count, analyze_count, table_bytes, index_bytes,
                                toast_bytes, xid_age, mxid_age, verdict)
SELECT now() - i * interval '10 minutes', c.oid, n.nspname, c.relname, 1000, (1000 - i) % 300, 250, 1200,
       150, 1000 - i, (1000 - i) % 150, 3, 0.5, 10000 - i, 10000 - i, 5000 - i, 10000 - i, 20 - i / 30, 7, 8192 * 100, 8192 * 20,
       8192, 180000000 - i * 1000, 1000 - i, 'vacuum due'
  FROM generate_series(0, 144) i, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname IN ('orders', 'o''r"d\er');
INSERT INTO tend.database_history (at, next_xid, next_mxid, xid_age, live_tuples, dead_tuples, table_count, tables_due)
SELECT now() - i * interval '10 minutes', 1000000 - i, 1, 180000000 - i * 1000, 101000, i % 50 * 100, 72, i % 7 FROM generate_series(0, 144) i;
INSERT INTO tend.events
SELECT now() - interval '3 hours', 'warning', 'vacuum overdue', format('%I.%I', n.nspname, c.relname), 'open', 'It is overdue.', '{}'::jsonb
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname IN ('orders', 'o''r"d\er');

INSERT INTO tend.autovacuum_actions (action_id, change_id, at, relid, schema_name, table_name, topic, option, new_value, reason,
                                     evidence, predicted, observed, verdict, vacuums_then, analyzes_then, origin)
VALUES (1, 1, now() - interval '5 hours', 'orders'::regclass, 'public', 'orders', 'dead rows', 'autovacuum_vacuum_scale_factor', '0.05',
        'It is cheap to vacuum it more often.', '{}',
        '{"before": {"bytes": 1e6, "pages_per_hour": 100}, "after": {"bytes": 2e5, "pages_per_hour": 150}}',
        '{"bytes": 2.1e5, "pages_per_hour": 140, "why": "as predicted"}', 'kept', 3, 3, 'elsewhere');
INSERT INTO tend.statistics_actions (action_id, at, relid, schema_name, table_name, columns, kinds, object, object_schema, object_name,
                                     command, undo_command, reason, q_error_before, q_error_predicted, q_error_since, observed, verdict, origin)
VALUES (1, now() - interval '5 hours', 'orders'::regclass, 'public', 'orders', '{id,zip}', '{dependencies}', 1, 'public', 'orders_id_zip',
        'CREATE STATISTICS', 'DROP STATISTICS', 'It helps.', 40, 1.2, 1.3, 'it helped', 'kept', 'elsewhere');

INSERT INTO tend.plan_history
SELECT now() - i * interval '30 minutes', 1800, 10, 40 + q, 70 + q + i % 2, true, 100, 0, 1000.0 * q, 1, 1, 20, 100, 500, 5, 0, 0, 0, 0.9,
       array_fill(0, ARRAY[24])
  FROM generate_series(0, 47) i, generate_series(1, 4) q;
INSERT INTO tend.plan_change_log
SELECT now() - interval '2 hours' + s.i * interval '10 minutes', now() - interval '2 hours', 10, 42, true, 1, 2, s.verdict, 'open', 0, 'analyze',
       'It is slower.', 'Analyze it.', '{}', 1, 100, 100, 7200000, now(), NULL, '{}', '{}', '{}', 'SELECT * FROM orders WHERE id = $1',
       'Index Scan', 'Seq Scan'
  FROM (VALUES (0, 'undecided'), (1, 'regressed')) s(i, verdict);

INSERT INTO tend.io_history
SELECT now() - i * interval '1 minute', 60, o.operation, o.file_class, o.backend_type, 60, 0, 0, 60 * 0.8, 500, 2000, 5000 + i, 20000,
       array_fill(0, ARRAY[10]) || ARRAY[20, 20, 10, 5, 3, 2] || array_fill(0, ARRAY[12])
  FROM generate_series(0, 300) i,
       (VALUES ('fdatasync', 'wal', 'client backend'), ('fdatasync', 'wal', 'walwriter'), ('fsync', 'data', 'checkpointer')) o(operation, file_class, backend_type);
INSERT INTO tend.checkpoint_history (at, started, kind, reason, sources, write_ms, sync_ms, total_ms, longest_sync_ms, buffers_written, files_synced)
SELECT now() - i * interval '5 minutes', now() - i * interval '5 minutes' - interval '1 minute', 'checkpoint',
       CASE i % 3 WHEN 0 THEN 'wal' ELSE 'time' END, 1, 50000, 700, 60000, 300, 1000, 40
  FROM generate_series(1, 60) i;
