-- Print contrib/pgwatch/metrics.yaml:
--   psql -XAtq -f contrib/generate/pgwatch.sql > contrib/pgwatch/metrics.yaml
\ir metrics.sql

SELECT $$# For pgwatch 3 and later, --metrics; see doc/monitoring.md.
# Printed by contrib/generate/pgwatch.sql from the comments in the database.

metrics:$$;
SELECT concat_ws(E'\n',
       '  ' || prefix || ':',
       '    description: ' || pg_temp.quote(meaning),
       '    sqls:',
       '      15: ' || pg_temp.quote(format('SELECT /* pgwatch_generated */ (extract(epoch FROM now()) * 1e9)::int8 AS epoch_ns, %s FROM tend.%s',
                                    string_agg(quote_ident(m.column) || CASE kind WHEN 'label' THEN ' AS tag_' || m.column ELSE '' END,
                                               ', ' ORDER BY number), view)),
       '    gauges:',
       string_agg('      - ' || m.column, E'\n' ORDER BY number) FILTER (WHERE kind = 'gauge'),
       '    is_instance_level: ' || of_server)
  FROM metric m
 GROUP BY view, prefix, meaning, of_server
 ORDER BY view;
SELECT E'presets:\n  pg_tend:\n    description: "what pg_tend knows"\n    metrics:';
SELECT format('      %s: %s', replace(name, 'metrics_', 'tend_'), greatest(keep_seconds, 60))
  FROM metric_view
 ORDER BY name;
