\x
SELECT query,
       round(old_mean_ms::numeric, 2) AS "ms before",
       round(new_mean_ms::numeric, 2) AS "ms now",
       verdict,
       cause,
       state
  FROM tend.plan_changes
 WHERE cause = 'index dropped';
