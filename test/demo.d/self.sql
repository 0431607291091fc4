WITH self AS (
    SELECT max(value) FILTER (WHERE metric = 'reserved') AS reserved,
           max(value) FILTER (WHERE metric = 'visits') AS visits,
           max(value) FILTER (WHERE metric = 'total CPU') AS cpu_ms,
           max(value) FILTER (WHERE metric = 'total rows written') AS rows,
           max(value) FILTER (WHERE metric = 'last tables') AS tables,
           max(value) FILTER (WHERE metric = 'failures in a row') AS failures,
           sum(value) FILTER (WHERE part = 'history') AS history_bytes,
           EXTRACT(epoch FROM now() - pg_postmaster_start_time()) AS seconds
      FROM tend.self
     WHERE datname IS NULL OR datname = current_database()
)
SELECT l.what, l.value
  FROM self
 CROSS JOIN LATERAL (VALUES
    ('shared memory', pg_size_pretty(reserved::numeric)),
    ('visits to this database', format('%s, each looking at %s tables, %s failed', visits, tables, failures)),
    ('CPU time of all visits', format('%s ms: %s ms per visit, %s %% of one core', round(cpu_ms),
                                      round((cpu_ms / visits)::numeric, 1),
                                      round((cpu_ms / 10 / seconds)::numeric, 2))),
    ('the same visits once a minute', (SELECT format('%s %% of one core', round((cpu_ms / visits / 10 / boot_val::int)::numeric, 3))
                                         FROM pg_settings WHERE name = 'pg_tend.interval')),
    ('rows of history written', format('%s, %s on disk with all indexes', rows, pg_size_pretty(history_bytes::numeric)))
 ) l(what, value);
