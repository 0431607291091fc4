SELECT table_name AS "table",
       topic,
       string_agg(replace(option, 'autovacuum_', '') || ' = ' || new_value, ', ' ORDER BY action_id) AS "was set",
       readable((predicted -> 'before' ->> 'rows')::float8) AS "rows before",
       readable((predicted -> 'after' ->> 'rows')::float8) AS "predicted",
       readable((observed ->> 'rows')::float8) AS "observed",
       verdict
  FROM tend.autovacuum_actions
 GROUP BY change_id, table_name, topic, predicted, observed, verdict
 ORDER BY observed IS NULL, change_id
 LIMIT 8;
