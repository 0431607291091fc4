\x
SELECT table_name,
       columns,
       clause_shape,
       samples,
       round(median_q_error) AS "times off",
       direction,
       cause
  FROM tend.misestimates
 WHERE relid = 'address'::regclass;
