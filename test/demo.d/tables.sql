SELECT table_name AS "table",
       readable(live_tuples) AS "live rows",
       readable(dead_tuples) AS "dead rows",
       round(100 * dead_ratio::numeric, 1) AS "dead %",
       readable(vacuum_threshold) AS "threshold",
       round(vacuum_due::numeric, 1) AS "times that",
       readable(dead_per_second) AS "dying per s",
       verdict
  FROM tend.tables
 WHERE schema_name = 'public' AND relid <> 'before'::regclass
 LIMIT 5;
