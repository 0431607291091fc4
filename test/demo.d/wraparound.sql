SELECT counter,
       readable(age) AS age,
       round(autovacuum_limit / 1e6) || ' million' AS "freezing forced at",
       readable(burn_per_hour) AS "used per hour",
       COALESCE(to_char(autovacuum_eta, 'YYYY-MM-DD HH24:MI'), 'never') AS "forced on",
       COALESCE(to_char(stop_eta, 'YYYY-MM-DD HH24:MI'), 'never') AS "server stops on",
       severity
  FROM tend.wraparound
 WHERE datname = current_database();
