-- Print doc/reference.md from the comments of a database that has pg_tend:
--   psql -XAtq -f doc/reference.sql > doc/reference.md
\pset format unaligned
\pset tuples_only on

SELECT E'# Reference\n\nPrinted from the comments in the database by `doc/reference.sql`; a test compares the two.\n\n## Views and tables\n';

SELECT format(E'### tend.%s\n\n%s.\n\n| column | type | meaning |\n|---|---|---|\n%s\n',
              c.relname, upper(left(d, 1)) || substr(d, 2),
              string_agg(format('| `%s` | %s | %s |', a.attname,
                                replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz'),
                                replace(col_description(c.oid, a.attnum), '|', '\|')),
                         E'\n' ORDER BY a.attnum))
  FROM pg_class c
 CROSS JOIN obj_description(c.oid, 'pg_class') d
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'tend'::regnamespace AND c.relkind IN ('v', 'r')
   AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
 GROUP BY c.oid, c.relname, d
 ORDER BY c.relname <> 'tables', c.relname;

SELECT E'## Functions\n\n| function | returns | meaning |\n|---|---|---|';

SELECT format('| `tend.%s(%s)` | %s | %s |', p.proname, replace(pg_get_function_arguments(p.oid), 'timestamp with time zone', 'timestamptz'),
              CASE WHEN p.proretset THEN 'rows' ELSE format_type(p.prorettype, NULL) END,
              replace(obj_description(p.oid, 'pg_proc'), '|', '\|'))
  FROM pg_proc p
 WHERE p.pronamespace = 'tend'::regnamespace AND (p.proargmodes @> '{o}') IS NOT TRUE
 ORDER BY p.proname;

SELECT E'\nOther functions of the schema are the inside of these views.';
