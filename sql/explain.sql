--
-- tend.explain_table: one table in plain words
--
CREATE EXTENSION pg_tend;
CREATE SCHEMA shop;

CREATE TABLE shop.orders (id int) WITH (autovacuum_enabled = off);
INSERT INTO shop.orders SELECT g FROM generate_series(1, 1000) g;
SELECT pg_stat_force_next_flush();
VACUUM ANALYZE shop.orders;
DELETE FROM shop.orders WHERE id <= 600;
SELECT pg_stat_force_next_flush();

-- times and ages differ from run to run
CREATE FUNCTION shop.story(regclass) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT regexp_replace(regexp_replace(line, '[\d.]+ (s|min( \d+ s)?) ago', 'N s ago', 'g'),
                          'ID age .*', 'ID age ...')
      FROM tend.explain_table($1) line
     WHERE line NOT LIKE 'Blockers:%'
$$;
SELECT * FROM shop.story('shop.orders');

-- at most ten lines
SELECT count(*) <= 10 FROM tend.explain_table('shop.orders');

-- a name with a line break stays on its line
CREATE TABLE shop."two
lines" (id int) WITH (autovacuum_enabled = off);
SELECT line FROM tend.explain_table('shop."two
lines"') line LIMIT 1;

-- what is no table is refused with a reason
CREATE TABLE shop.log (at date) PARTITION BY RANGE (at);
CREATE TABLE shop.keyed (id int PRIMARY KEY);
CREATE VIEW shop.seen AS SELECT 1 AS one;
SELECT tend.explain_table('shop.log');
SELECT tend.explain_table('shop.keyed_pkey');
SELECT tend.explain_table('shop.seen');
SELECT tend.explain_table(4294967295::oid::regclass);
SELECT tend.explain_table('shop.nothing');
SELECT tend.explain_table(NULL);

SET client_min_messages = warning;
DROP SCHEMA shop CASCADE;
DROP EXTENSION pg_tend;
DROP SCHEMA tend;
