SELECT table_name AS "table",
       readable(b.dead_tuples) AS "dead before",
       readable(t.dead_tuples) AS "dead now",
       COALESCE(round(EXTRACT(epoch FROM now() - t.last_vacuum)) || ' s ago', 'never') AS "last vacuum",
       b.verdict AS "verdict before",
       t.verdict AS "verdict now"
  FROM tend.tables t
  JOIN before b USING (relid)
 WHERE b.verdict = 'vacuum blocked' AND t.schema_name = 'public'
 ORDER BY b.dead_tuples DESC
 LIMIT 5;
