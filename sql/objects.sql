--
-- What CREATE EXTENSION brings: everything is commented, nothing with a side
-- effect is for everybody
--
CREATE EXTENSION pg_tend;

SELECT extname, extversion, extrelocatable, nspname
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
 WHERE extname = 'pg_tend';

CREATE TEMP VIEW member AS
SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS object
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
   AND extname = 'pg_tend' AND d.classid <> 'pg_type'::regclass;

-- no object is without a comment
SELECT object FROM member WHERE obj_description(objid, classid::regclass::name) IS NULL;

-- no column of a table or view is without one
-- (what inherits shares its parent's)
SELECT c.relname, a.attname
  FROM member m
  JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
 WHERE c.relkind IN ('r', 'v') AND col_description(c.oid, a.attnum) IS NULL
   AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
 ORDER BY 1, a.attnum;

-- nobody but the owner may do anything without a grant
SELECT object FROM member m
  JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
 WHERE has_function_privilege('public', p.oid, 'EXECUTE')
 ORDER BY 1;
SELECT object FROM member m
  JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
 WHERE has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE');

-- functions that run queries do not trust the search path
SELECT p.proname, p.proconfig
  FROM member m
  JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
 ORDER BY 1;

-- dashboards read these columns
SELECT c.relname, string_agg(a.attname, ' ' ORDER BY a.attnum) AS columns
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
 WHERE c.relnamespace = 'tend'::regnamespace
   AND (c.relkind = 'v' OR c.relname IN ('table_history', 'database_history', 'events'))
 GROUP BY 1 ORDER BY 1;

-- history is not part of a dump; what was done to tables is, and the user's word
SELECT c.oid::regclass AS dumped
  FROM pg_extension e CROSS JOIN unnest(extconfig) t(oid) JOIN pg_class c ON c.oid = t.oid
 WHERE extname = 'pg_tend'
 ORDER BY c.relname;

-- all of it goes again; the schema stays, as it was made for us and not by us
DROP EXTENSION pg_tend;
SELECT count(*) FROM pg_class WHERE relnamespace = 'tend'::regnamespace;
DROP SCHEMA tend;

-- the schema of somebody else is not trusted
\set SHOW_CONTEXT never
CREATE ROLE regress_tend_squatter;
CREATE SCHEMA tend AUTHORIZATION regress_tend_squatter;
CREATE EXTENSION pg_tend;
DROP SCHEMA tend;

-- nor is one where somebody else may create what we would use
CREATE SCHEMA tend;
GRANT CREATE ON SCHEMA tend TO regress_tend_squatter;
CREATE EXTENSION pg_tend;
REVOKE CREATE ON SCHEMA tend FROM regress_tend_squatter;
GRANT CREATE ON SCHEMA tend TO PUBLIC;
CREATE EXTENSION pg_tend;
REVOKE CREATE ON SCHEMA tend FROM PUBLIC;

-- or has created it before
CREATE FUNCTION tend.concat(text, int) RETURNS text LANGUAGE sql AS 'SELECT $1';
CREATE EXTENSION pg_tend;
DROP SCHEMA tend CASCADE;
DROP ROLE regress_tend_squatter;
