-- One row for each table, as bench/autovacuum reads it every second.
-- Sizes are in bytes, of all forks; counters are totals since the load.
SELECT c.relname AS name,
       pg_relation_size(c.oid) + pg_relation_size(c.oid, 'fsm') + pg_relation_size(c.oid, 'vm') AS heap,
       pg_indexes_size(c.oid) AS indexes,
       pg_total_relation_size(c.reltoastrelid) AS toast,
       s.n_dead_tup AS dead,
       s.n_tup_ins AS inserted,
       s.n_tup_upd AS updated,
       s.n_tup_hot_upd AS hot_updated,
       s.n_tup_del AS deleted,
       t.n_dead_tup AS toast_dead,
       t.n_tup_ins AS toast_inserted,
       t.n_tup_del AS toast_deleted,
       s.n_mod_since_analyze AS modified,
       s.autovacuum_count + COALESCE(t.autovacuum_count, 0) AS autovacuums,
       s.autoanalyze_count AS autoanalyzes,
       (SELECT sum(i.idx_tup_fetch) FROM pg_stat_user_indexes i WHERE i.relid = c.oid) AS heap_fetches,
       (SELECT m.all_visible FROM pg_visibility_map_summary(c.oid) m) AS all_visible,
       pg_relation_size(c.oid) / current_setting('block_size')::int AS pages,
       COALESCE(array_to_string(c.reloptions, ' '), '') || COALESCE(' toast: ' || array_to_string(o.reloptions, ' '), '') AS options
  FROM pg_class c
  JOIN pg_stat_all_tables s ON s.relid = c.oid
  LEFT JOIN pg_class o ON o.oid = c.reltoastrelid
  LEFT JOIN pg_stat_all_tables t ON t.relid = c.reltoastrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
 ORDER BY c.relname
