-- Younger ones are the shop's own transactions, or autovacuum's.
SELECT who,
       lpad(ltrim(readable(xmin_age)), 7) AS "age",
       round(duration_seconds) || ' s' AS "for",
       remedy
  FROM tend.vacuum_blockers
 WHERE duration_seconds > 3;
