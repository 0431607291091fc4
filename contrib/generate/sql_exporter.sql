-- Print contrib/prometheus/pg_tend.collector.yml:
--   psql -XAtq -f contrib/generate/sql_exporter.sql > contrib/prometheus/pg_tend.collector.yml
\ir metrics.sql

SELECT format($$# A collector of sql_exporter (burningalchemist's); see doc/monitoring.md.
# Printed by contrib/generate/sql_exporter.sql from the comments in the database.

collector_name: pg_tend
min_interval: %ss
metrics:$$, max(keep_seconds)) FROM metric_view;
SELECT format(E'  - metric_name: %s_%s\n    type: %s\n    help: %s\n    key_labels:\n%s\n    values:\n      - %s\n    query_ref: %s\n',
              m.prefix, m.column, m.kind, pg_temp.quote(m.help),
              (SELECT string_agg('      - ' || l.column, E'\n' ORDER BY l.number) FROM metric l WHERE l.view = m.view AND l.kind = 'label'),
              m.column, m.prefix)
  FROM metric m
 WHERE m.kind <> 'label'
 ORDER BY m.view, m.number;
SELECT 'queries:';
SELECT format(E'  - query_name: %s\n    query: %s', prefix,
              pg_temp.quote(format('SELECT %s FROM tend.%s', string_agg(quote_ident(m.column), ', ' ORDER BY number), view)))
  FROM metric m
 GROUP BY view, prefix
 ORDER BY view;
