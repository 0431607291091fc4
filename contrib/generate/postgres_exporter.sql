-- Print contrib/prometheus/queries.yaml:
--   psql -XAtq -f contrib/generate/postgres_exporter.sql > contrib/prometheus/queries.yaml
\ir metrics.sql

SELECT $$# For prometheus-postgres-exporter, --extend.query-path; see doc/monitoring.md.
# Printed by contrib/generate/postgres_exporter.sql from the comments in the database.
$$;
SELECT concat_ws(E'\n', NULL,
       prefix || ':',
       '  query: ' || pg_temp.quote(format('SELECT %s FROM tend.%s',
                                           string_agg(name, ', ' ORDER BY number), view)),
       CASE WHEN of_server THEN '  master: true' END,
       CASE WHEN keep_seconds > 0 THEN '  cache_seconds: ' || keep_seconds END,
       '  metrics:',
       string_agg(format(E'    - %s:\n        usage: "%s"\n        description: %s',
                         "column", upper(kind), pg_temp.quote(help)), E'\n' ORDER BY number), '')
  FROM (SELECT m.*, quote_ident(m.column) AS name FROM metric m) m
 GROUP BY view, prefix, of_server, keep_seconds
 ORDER BY view;
