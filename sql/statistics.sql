--
-- Statistics on several columns: verified on samples, advised, applied, taken back
--
CREATE EXTENSION pg_tend;
SELECT setseed(0.5);

-- b follows from a; c has nothing to do with either; of d, some values come
-- with some of c; e is known only from a and c together
CREATE TABLE place (gone int, id int, a int, b int, c int, d int, e int, f text);
ALTER TABLE place DROP COLUMN gone;
INSERT INTO place
SELECT g, x, x / 10, y, CASE WHEN y < 7 THEN y ELSE (random() * 20)::int END, (x + y) % 8, 'note ' || g
  FROM (SELECT g, (random() * 1000)::int AS x, (random() * 8)::int AS y FROM generate_series(1, 60000) g) r;
ANALYZE place;

-- what is proven twice is advised; only then
SELECT step, kinds <@ '{mcv,dependencies}' AS kinds, gain > 1.5 AS better, state
  FROM tend.verify_statistics('place', '{a,b}');
SELECT step, kinds, gain > 1.5 AS better, state, proof
  FROM tend.verify_statistics('place', '{a,c}');
SELECT step, kinds, gain > 1.5 AS better, state
  FROM tend.verify_statistics('place', '{d,c}');
SELECT schema_name, table_name, columns, q_error_now / q_error_expected > 1.5 AS better,
       proof ~ '^estimated [\d ]+, really [\d ]+; with \((mcv|dependencies)\) [\d ]+; \d+ examples' AS words,
       evidence ? 'sample_rows' AS numbers,
       regexp_replace(command, '\(mcv\)|\(dependencies\)', '(...)') AS command, undo_command, action
  FROM tend.statistics_advice ORDER BY columns;

-- three columns whose pairs say nothing
CREATE TABLE parity AS
SELECT x, y, (x + y) % 6 AS z FROM (SELECT (random() * 5)::int AS x, (random() * 5)::int AS y FROM generate_series(1, 30000)) r;
ANALYZE parity;
SELECT step, gain > 1.5 AS better, state FROM tend.verify_statistics('parity', '{x,y,z}');
SELECT step, gain > 1.5 AS better, state FROM tend.verify_statistics('parity', '{x,y}');

-- nothing was left: neither objects nor counters
SELECT count(*) FROM pg_class WHERE relname LIKE 'pg_tend%';
SELECT count(*) FROM pg_statistic_ext WHERE stxrelid = 'place'::regclass OR stxname LIKE 'pg_tend%';
SELECT analyze_count FROM pg_stat_all_tables WHERE relid = 'place'::regclass;
SELECT count(*) FROM pg_namespace WHERE nspname = pg_my_temp_schema()::regnamespace::text;

-- it is created, and analyzed; the second object gets another name
CREATE STATISTICS place_a_b_stat (ndistinct) ON a, id FROM place;
SELECT action_id, table_name, command ~ '^CREATE STATISTICS public.place_a_b_stat1 ' AS named, result
  FROM tend.apply_statistics('place', '{b,a}');
SELECT stxname FROM pg_statistic_ext WHERE stxrelid = 'place'::regclass ORDER BY 1;
SELECT count(*) FROM tend.statistics_advice WHERE columns = '{a,b}';
SELECT action_id, columns, object_name, verdict, q_error_before > q_error_predicted AS better FROM tend.statistics_actions;

-- what is not proven is not
SELECT tend.apply_statistics('place', '{a,c}');
SELECT tend.apply_statistics('place', '{b,a}');

-- with it, nothing better is to be had
SELECT step, state FROM tend.verify_statistics('place', '{a,b}');

-- taken back
SELECT tend.revert_statistics(1);
SELECT stxname FROM pg_statistic_ext WHERE stxrelid = 'place'::regclass ORDER BY 1;
SELECT verdict, reverted_by LIKE '%by tend.revert_statistics()' AS by FROM tend.statistics_actions;
SELECT tend.revert_statistics(1);
SELECT tend.revert_statistics(2);

-- what somebody has created by hand is not advised any more
SELECT command AS create_by_hand FROM tend.statistics_advice WHERE columns = '{c,d}' \gset
:create_by_hand
SELECT count(*) FROM tend.statistics_advice WHERE columns = '{c,d}';
DROP STATISTICS place_c_d_stat;

-- nor is it where a column was dropped
CREATE TABLE changed AS SELECT a, b FROM place;
SELECT state FROM tend.verify_statistics('changed', '{a,b}') OFFSET 1;
ALTER TABLE changed DROP COLUMN b;
SELECT count(*) FROM tend.statistics_advice WHERE table_name = 'changed';
DROP TABLE changed;

-- names that need quotes, and columns that differ in case
CREATE SCHEMA "My Shop";
CREATE TABLE "My Shop"."Order's" AS SELECT a AS "A", b AS "a", c AS "c""d" FROM place;
ANALYZE "My Shop"."Order's";
SELECT state FROM tend.verify_statistics('"My Shop"."Order''s"', '{A,a}') OFFSET 1;
SELECT table_name, columns, regexp_replace(command, '\(mcv\)|\(dependencies\)', '(...)') AS command, undo_command
  FROM tend.statistics_advice WHERE schema_name = 'My Shop';
SELECT result FROM tend.apply_statistics('"My Shop"."Order''s"', '{a,A}');

-- a partition: its parent's statistics would not help it
CREATE TABLE part (day int, a int, b int) PARTITION BY RANGE (day);
CREATE TABLE part_1 (b int, day int, a int);
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES FROM (0) TO (100);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (100) TO (200);
INSERT INTO part SELECT CASE WHEN id % 10 = 0 THEN 1 ELSE 101 END, a, b FROM place;
ANALYZE part;
SELECT state FROM tend.verify_statistics('part', '{a,b}') OFFSET 1;
SELECT columns, regexp_replace(command, '\(mcv\)|\(dependencies\)', '(...)', 'g') AS command, undo_command
  FROM tend.statistics_advice WHERE table_name = 'part';
SELECT table_name, result FROM tend.apply_statistics('part', '{a,b}');
SELECT stxrelid::regclass, stxname FROM pg_statistic_ext WHERE stxname LIKE 'part%' ORDER BY 1;

-- what cannot be sampled, or says nothing
CREATE TABLE empty (a int, b int);
CREATE TABLE tiny AS SELECT g % 5 AS a, g % 5 AS b FROM generate_series(1, 100) g;
CREATE TABLE secret AS SELECT a, b FROM place;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE TEMP TABLE mine AS SELECT a, b FROM place;
CREATE VIEW seen AS SELECT a, b FROM place;
CREATE TABLE wide AS SELECT a % 5 AS a, repeat('x', 3000 + a % 5) AS b FROM place LIMIT 1000;
CREATE TABLE odd AS SELECT a % 5 AS a, point(a % 5, 1) AS b, xmlelement(name x, a % 5) AS c FROM place;
ANALYZE empty, tiny, secret, wide, odd;
SELECT t, (tend.verify_statistics(t, '{a,b}')).* FROM unnest('{empty,tiny,secret,mine,seen,wide,odd}'::regclass[]) t;
SELECT step, state, proof FROM tend.verify_statistics('pg_class', '{relname,relkind}');
SELECT tend.verify_statistics('place', '{a}');
SELECT tend.verify_statistics('place', '{a,a}');
SELECT tend.verify_statistics('place', '{a,nothing}');
SELECT tend.verify_statistics('place', '{a,ctid}');
SELECT tend.verify_statistics(0, '{a,b}');

-- arrays, ranges, enums, domains, composites, nulls
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN small AS int CHECK (VALUE >= 0);
CREATE TYPE pair AS (x int, y int);
CREATE TABLE kinds_of_types AS
SELECT a % 20 AS n, ARRAY[a % 20, 1] AS arr, int4range(a % 20, 50) AS rng, (enum_range(NULL::mood))[1 + a % 20 % 3] AS en,
       (a % 20)::small AS dom, ROW(a % 20, 1)::pair AS com, CASE WHEN a % 20 < 15 THEN a % 20 END AS nul,
       (a % 20)::text::varchar(10) AS vc, (a % 2 = 0) AS bo
  FROM place;
ANALYZE kinds_of_types;
SELECT c, v.state, v.gain > 1.5 AS better
  FROM unnest('{arr,rng,en,dom,com,nul,vc,bo}'::name[]) c
 CROSS JOIN LATERAL (SELECT * FROM tend.verify_statistics('kinds_of_types', ARRAY['n', c]) OFFSET 1) v;

-- the type of somebody: its comparison raises an error, with a value in it
CREATE TYPE evil AS (v int);
CREATE FUNCTION evil_cmp(a evil, b evil) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF a.v = 3 OR b.v = 3 THEN
        RAISE EXCEPTION 'the secret is %', a.v;
    END IF;
    RETURN btint4cmp(a.v, b.v);
END
$$;
CREATE FUNCTION evil_lt(a evil, b evil) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT public.evil_cmp(a, b) < 0';
CREATE FUNCTION evil_eq(a evil, b evil) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT public.evil_cmp(a, b) = 0';
CREATE FUNCTION evil_gt(a evil, b evil) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT public.evil_cmp(a, b) > 0';
CREATE FUNCTION evil_le(a evil, b evil) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT public.evil_cmp(a, b) <= 0';
CREATE FUNCTION evil_ge(a evil, b evil) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT public.evil_cmp(a, b) >= 0';
CREATE OPERATOR = (LEFTARG = evil, RIGHTARG = evil, FUNCTION = evil_eq, RESTRICT = eqsel, COMMUTATOR = =);
CREATE OPERATOR < (LEFTARG = evil, RIGHTARG = evil, FUNCTION = evil_lt, RESTRICT = scalarltsel);
CREATE OPERATOR > (LEFTARG = evil, RIGHTARG = evil, FUNCTION = evil_gt, RESTRICT = scalargtsel);
CREATE OPERATOR <= (LEFTARG = evil, RIGHTARG = evil, FUNCTION = evil_le, RESTRICT = scalarltsel);
CREATE OPERATOR >= (LEFTARG = evil, RIGHTARG = evil, FUNCTION = evil_ge, RESTRICT = scalargtsel);
CREATE OPERATOR CLASS evil_ops DEFAULT FOR TYPE evil USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 evil_cmp(evil, evil);
CREATE TABLE has_evil AS SELECT a % 20 AS a, ROW(a % 20)::evil AS b FROM place LIMIT 2000;
SELECT step, state, proof FROM tend.verify_statistics('has_evil', '{a,b}');
SELECT state, reason FROM tend.statistics_verdicts WHERE relid = 'has_evil'::regclass;

-- it runs as the table's owner, who cannot get more rights by it
CREATE ROLE regress_tend_evil;
CREATE TABLE evidence_of_evil (who name, restricted text);
GRANT INSERT, SELECT ON evidence_of_evil TO regress_tend_evil;
CREATE OR REPLACE FUNCTION evil_cmp(a evil, b evil) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    note text := 'not restricted';
BEGIN
    IF NOT EXISTS (SELECT FROM public.evidence_of_evil) THEN
        BEGIN
            PERFORM pg_catalog.set_config('role', 'postgres', false);
        EXCEPTION WHEN OTHERS THEN
            note := SQLERRM;
        END;
        RAISE WARNING '% %, %', current_user, pg_catalog.current_setting('search_path'), note;
        INSERT INTO public.evidence_of_evil VALUES (current_user, note);
    END IF;
    RETURN pg_catalog.btint4cmp(a.v, b.v);
END
$$;
ALTER TABLE has_evil OWNER TO regress_tend_evil;
SELECT state FROM tend.verify_statistics('has_evil', '{a,b}');
-- which was rolled back
SELECT count(*) FROM evidence_of_evil;

-- for the owner, and with the right to
CREATE ROLE regress_tend_owner;
GRANT USAGE ON SCHEMA tend TO regress_tend_owner;
GRANT SELECT ON place TO regress_tend_owner;
SET ROLE regress_tend_owner;
SELECT tend.verify_statistics('place', '{a,b}');
RESET ROLE;
GRANT EXECUTE ON FUNCTION tend.verify_statistics(regclass, name[]), tend.apply_statistics(regclass, name[]),
    tend.revert_statistics(bigint) TO regress_tend_owner;
SET ROLE regress_tend_owner;
SELECT tend.verify_statistics('place', '{a,b}');
SELECT tend.apply_statistics('place', '{a,b}');
RESET ROLE;
CREATE SCHEMA owned AUTHORIZATION regress_tend_owner;
CREATE TABLE owned.place AS SELECT a, b FROM place;
ALTER TABLE owned.place OWNER TO regress_tend_owner;
DO $$ BEGIN EXECUTE format('REVOKE TEMP ON DATABASE %I FROM PUBLIC', current_database()); END $$;
SET ROLE regress_tend_owner;
SELECT state FROM tend.verify_statistics('owned.place', '{a,b}');
SELECT table_name, result FROM tend.apply_statistics('owned.place', '{a,b}');
SELECT tend.revert_statistics(2);
SELECT * FROM tend.statistics_verdicts;
RESET ROLE;
SELECT stxname, stxowner::regrole FROM pg_statistic_ext WHERE stxrelid = 'owned.place'::regclass;
DO $$ BEGIN EXECUTE format('GRANT TEMP ON DATABASE %I TO PUBLIC', current_database()); END $$;

-- partitions that are somebody else's, or not partitions any more
CREATE TABLE owned.part (day int, a int, b int) PARTITION BY RANGE (day);
CREATE TABLE owned.part_1 PARTITION OF owned.part DEFAULT;
INSERT INTO owned.part SELECT 1, a, b FROM place;
ANALYZE owned.part;
ALTER TABLE owned.part OWNER TO regress_tend_owner;
SET ROLE regress_tend_owner;
SELECT state FROM tend.verify_statistics('owned.part', '{a,b}') OFFSET 1;
SELECT tend.apply_statistics('owned.part', '{a,b}');
RESET ROLE;
ALTER TABLE owned.part DETACH PARTITION owned.part_1;
SELECT count(*) FROM tend.statistics_advice WHERE table_name = 'part' AND schema_name = 'owned';
SELECT tend.apply_statistics('owned.part', '{a,b}');
SELECT stxname FROM pg_statistic_ext WHERE stxrelid = 'owned.part_1'::regclass;

-- in a transaction that is read only
BEGIN READ ONLY;
SELECT tend.verify_statistics('place', '{a,b}');
ROLLBACK;
-- in one that goes on
BEGIN;
SELECT count(*) FROM tend.verify_statistics('place', '{a,b}');
SELECT mode FROM pg_locks WHERE relation = 'place'::regclass;
SELECT current_user = session_user AS same_user, current_setting('search_path') AS path;
ROLLBACK;

-- a policy
INSERT INTO tend.table_policy (relid, statistics) VALUES ('place', 'never');
INSERT INTO tend.table_policy (relid, statistics) VALUES ('place', 'off');
DELETE FROM tend.table_policy;

DROP SCHEMA "My Shop", owned CASCADE;
DROP TABLE place, parity, part, empty, tiny, secret, mine, wide, odd, kinds_of_types, has_evil, evidence_of_evil CASCADE;
SELECT count(*) FROM tend.statistics_advice;
DROP TYPE mood, pair CASCADE;
DROP TYPE evil CASCADE;
DROP DOMAIN small;
DROP OWNED BY regress_tend_owner, regress_tend_evil;
DROP EXTENSION pg_tend;
DROP SCHEMA tend;
DROP ROLE regress_tend_owner, regress_tend_evil;
