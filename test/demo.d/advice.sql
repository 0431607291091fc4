SELECT table_name AS "table",
       option,
       COALESCE(current_value, 'not set') AS "now",
       proposed_value AS "proposed",
       readable((predicted -> 'before' ->> 'rows')::float8) AS "rows now",
       readable((predicted -> 'after' ->> 'rows')::float8) AS "then"
  FROM tend.autovacuum_advice
 WHERE schema_name = 'public'
 LIMIT 12;
