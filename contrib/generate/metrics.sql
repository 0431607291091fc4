-- What the views tend.metrics_* hold, for the files that are printed from them.
\pset format unaligned
\pset tuples_only on
\pset recordsep '\n'
SET client_min_messages = warning;

-- Which of them are about the whole server, so that one database has to be
-- asked only; and how long an answer may be kept, as reading all tables costs
-- more than all else together.
CREATE TEMP TABLE metric_view (name name, of_server bool, keep_seconds int);
INSERT INTO metric_view VALUES
    ('metrics_table', false, 30),
    ('metrics_verdict', false, 30),
    ('metrics_health', false, 60),
    ('metrics_blocker', true, 0),
    ('metrics_wraparound', true, 0),
    ('metrics_queries', false, 0),
    ('metrics_tuning', false, 0),
    ('metrics_io', true, 0),
    ('metrics_io_errors', true, 0),
    ('metrics_checkpoint', true, 0),
    ('metrics_self', false, 0);

-- nothing is forgotten, here or there
DO $$
BEGIN
    IF EXISTS (SELECT FROM metric_view m
                 FULL JOIN (SELECT relname FROM pg_class
                             WHERE relnamespace = 'tend'::regnamespace AND relkind = 'v'
                               AND relname LIKE 'metrics\_%') c ON c.relname = m.name
                WHERE m.name IS NULL OR c.relname IS NULL) THEN
        RAISE EXCEPTION 'this list is not that of the views tend.metrics_*';
    END IF;
END
$$;

CREATE TEMP VIEW metric AS
SELECT m.name AS view,
       m.of_server,
       m.keep_seconds,
       replace(m.name, 'metrics_', 'tend_') AS prefix,
       obj_description(c.oid, 'pg_class') AS meaning,
       a.attname AS "column",
       a.attnum AS number,
       CASE WHEN a.atttypid = 'text'::regtype THEN 'label'
            WHEN a.attname ~ '(^|_)total$' THEN 'counter'
            ELSE 'gauge' END AS kind,
       col_description(c.oid, a.attnum) AS help
  FROM metric_view m
  JOIN pg_class c ON c.relname = m.name AND c.relnamespace = 'tend'::regnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped;

-- no type but those that all collectors take for numbers
DO $$
BEGIN
    IF EXISTS (SELECT FROM metric m
                 JOIN pg_attribute a ON a.attrelid = format('tend.%I', m.view)::regclass AND a.attname = m.column
                WHERE a.atttypid NOT IN ('text'::regtype, 'int4'::regtype, 'int8'::regtype, 'float8'::regtype)) THEN
        RAISE EXCEPTION 'a column of the views tend.metrics_* is neither text nor a number';
    END IF;
END
$$;

-- double quotes of YAML are those of JSON
CREATE FUNCTION pg_temp.quote(t text) RETURNS text LANGUAGE sql AS 'SELECT to_json(t)::text';
