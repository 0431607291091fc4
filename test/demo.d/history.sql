-- History has a row where something changed; in between the last one holds.
WITH clock AS (
    SELECT generate_series(date_trunc('second', min(at)), max(at), '1 second') + interval '1 second' AS until
      FROM tend.database_history
), series AS (
    SELECT t.name, c.until, COALESCE(h.dead_tuples, 0) AS dead, h.vacuum_count,
           max(h.dead_tuples) OVER (PARTITION BY t.name) AS most
      FROM clock c
     CROSS JOIN (VALUES ('job_queue'), ('stock_item'), ('document'), ('pgbench_tellers')) t(name)
      LEFT JOIN LATERAL
           (SELECT * FROM tend.table_history h
             WHERE h.relid = t.name::regclass AND h.at < c.until
             ORDER BY h.at DESC LIMIT 1) h ON true
)
SELECT name AS "dead rows of",
       string_agg(substr(:'ramp', 1 + floor(7 * dead / greatest(most, 1.0))::int, 1), '' ORDER BY until)
           AS "one character per second",
       readable(max(most)) AS "at most",
       max(vacuum_count)::text AS vacuums
  FROM series
 GROUP BY name
UNION ALL
SELECT 'vacuum held back',
       string_agg(CASE WHEN h.blocker_xmin_age > 100 THEN 'x' ELSE '-' END, '' ORDER BY c.until),
       NULL, NULL
  FROM clock c
  LEFT JOIN LATERAL
       (SELECT * FROM tend.database_history h WHERE h.at < c.until
         ORDER BY h.at DESC LIMIT 1) h ON true
 ORDER BY 3 DESC NULLS LAST;
