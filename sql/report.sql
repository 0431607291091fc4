--
-- tend.report(): a page that is complete in itself, whatever is asked for
--
CREATE EXTENSION pg_tend;
SET timezone = 'Europe/Berlin';
\pset format unaligned
\pset tuples_only on

-- nothing was written down yet: it says so, and shows the present
CREATE TEMP TABLE page AS SELECT tend.report() AS html;
SELECT html LIKE '<!DOCTYPE html>%', html LIKE '%</html>' || chr(10), html LIKE '% lang="en"%' FROM page;
SELECT string_agg(m[1], ' ') FROM page, regexp_matches(html, '<section id="(\w+)"', 'g') m;

-- it runs no program, and fetches nothing
SELECT html ~* '<(script|link|img|iframe|object|embed|base|form)\y', html ~* '\son\w+=', html ~* 'javascript:' FROM page;
SELECT DISTINCT m[1] FROM page, regexp_matches(html, '"(\w+://[^"]*)"', 'g') m;
SELECT count(*) FROM page, regexp_matches(html, '(href|src)="[^#]', 'g') m;

-- it is ASCII, so that no encoding matters
SELECT html ~ '[^\x01-\x7f]' FROM page;

-- the time zone is named
SELECT html LIKE '%Times are those of Europe/Berlin (UTC+%' FROM page;

-- times may be upside down, equal, infinite, in the future or not given
CREATE FUNCTION pg_temp.notes(since timestamptz, until timestamptz, c timestamptz DEFAULT NULL, d timestamptz DEFAULT NULL)
RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(m[1], ' ') FROM tend.report(since, until, c, d) r, regexp_matches(r, '<p class="note-box">([^<]*)</p>', 'g') m
$$;
INSERT INTO tend.database_history (at, next_xid, next_mxid) SELECT now() - interval '1 day' * i, 1000 - i, 1 FROM generate_series(0, 9) i;
SELECT pg_temp.notes(now() - interval '1 hour', now());
SELECT pg_temp.notes(now(), now() - interval '1 hour');
SELECT pg_temp.notes(now(), now());
SELECT pg_temp.notes('-infinity', 'infinity');
SELECT pg_temp.notes('infinity', '-infinity');
SELECT pg_temp.notes(now() + interval '1 hour', now() + interval '2 hours');
SELECT pg_temp.notes('2001-01-01', '2001-01-02');
SELECT pg_temp.notes(NULL, NULL);
SELECT pg_temp.notes(now() - interval '1 hour', now(), '2001-01-01', '-infinity');
SELECT tend.report(until => '-infinity') IS NOT NULL, tend.report('4713-01-01 BC', '294276-01-01') IS NOT NULL,
       tend.report(now(), now(), 'infinity', NULL) IS NOT NULL;

-- an earlier period is compared on request
SELECT tend.report() LIKE '%id="compare"%', tend.report(compare_since => now() - interval '5 days') LIKE '%id="compare"%';
SELECT tend.report(compare_since => '1970-01-01') LIKE '%There is no history of that time.%';

-- a table whose name is anything but one
CREATE TABLE "</svg><script>alert('x')</script>" ("&amp;" int);
CREATE SCHEMA U&"\202E""onload=""";
CREATE TABLE U&"\202E""onload="""."bell" (a int);
ALTER TABLE U&"\202E""onload="""."bell" RENAME TO U&"bell\0007\001B[31m]]>";
INSERT INTO tend.table_history (at, relid, schema_name, table_name, live_tuples, dead_tuples, vacuum_threshold,
                                inserted, updated, deleted, vacuum_count, verdict)
SELECT now() - i * interval '10 minutes', t, 'x', 'x', 1000, 5000 - i, 250, 10000 - i, 0, 0, 0, 'ok'
  FROM generate_series(0, 20) i,
       (SELECT oid FROM pg_class WHERE relname ~ '^(</svg>|bell)' AND relkind = 'r') c(t);
INSERT INTO tend.events VALUES (now() - interval '2 hours', 'warning', 'vacuum blocker', '</text><b>', 'open', '"><script>', '{"who": "</title><script>"}');
UPDATE page SET html = tend.report();
SELECT html LIKE '%<figure id="table-1">%', html ~ '<script', html ~ '<b>''', html ~ '[\x07\x1b]' FROM page;
SELECT DISTINCT m[1] FROM page, regexp_matches(html, '<b class="name">([^<]*(?:alert|bell)[^<]*)</b>', 'g') m ORDER BY 1;
SELECT html LIKE '%vacuum blocker: &lt;/title&gt;&lt;script&gt;%' FROM page;

-- texts of queries are without constants, also when they were recorded with them
INSERT INTO tend.plan_change_log
SELECT now(), now() - interval '1 hour', 10, 42, true, 1, 2, 'regressed', 'open', 0, 'analyze', 'It is slow.', NULL, '{}',
       1, 100, 100, 1000, now(), NULL, '{}', '{}', '{}',
       'SELECT * FROM account WHERE pin = 9513 AND owner = ''Jane Secret''', NULL,
       E'Seq Scan on account  (cost=0.00..100.00 rows=1 width=4)\n  Filter: (owner = ''Jane Secret''::text)';
UPDATE page SET html = tend.report();
SELECT html LIKE '%SELECT * FROM account WHERE pin = ? AND owner = ?%', html LIKE '%Filter: (owner = ?::text)%',
       html LIKE '%(cost=0.00..100.00 rows=1 width=4)%', html ~ '9513|Jane' FROM page;

-- who may ask, and what of others he sees
CREATE ROLE regress_tend_nobody;
CREATE ROLE regress_tend_monitor IN ROLE pg_monitor;
CREATE ROLE regress_tend_partly;
GRANT USAGE ON SCHEMA tend TO regress_tend_partly;
GRANT EXECUTE ON FUNCTION tend.report(timestamptz, timestamptz, timestamptz, timestamptz) TO regress_tend_partly;
SET ROLE regress_tend_nobody;
SELECT length(tend.report());
SET ROLE regress_tend_monitor;
SELECT tend.report() LIKE '%SELECT * FROM account%';
-- the rights are those of who asks, not of who granted it
SET ROLE regress_tend_partly;
SELECT length(tend.report());
RESET ROLE;

-- it only reads
BEGIN READ ONLY;
SELECT length(tend.report()) > 10000;
COMMIT;

DROP TABLE "</svg><script>alert('x')</script>";
DROP TABLE U&"\202E""onload=""".U&"bell\0007\001B[31m]]>";
DROP SCHEMA U&"\202E""onload=""";
DROP OWNED BY regress_tend_partly;
DROP ROLE regress_tend_nobody, regress_tend_monitor, regress_tend_partly;
DROP EXTENSION pg_tend;
DROP SCHEMA tend;
