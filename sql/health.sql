--
-- tend.health: what is not well, the worst first
--
CREATE EXTENSION pg_tend;

-- other tests leave dead rows in the catalogs
VACUUM;

-- the checks and their thresholds
SELECT * FROM tend.health_checks;

-- this server is one for tests, and what the session sets is its own business
SET lock_timeout = '1h';
SET statement_timeout = '1h';
SELECT severity, check_name, object, message FROM tend.health WHERE check_name = 'settings';
RESET lock_timeout;
RESET statement_timeout;
SET pg_tend.health_skip = 'settings, pg_tend';
SELECT count(*) FROM tend.health_checks WHERE NOT active;

-- all is well: one row
SELECT severity, check_name, object, value, threshold, message, remedy, unit, setting FROM tend.health;

-- a table with dead rows, under a name that must be quoted
CREATE TABLE "Order ""x""" (id int PRIMARY KEY, v int) WITH (autovacuum_enabled = off);
INSERT INTO "Order ""x""" SELECT i, i FROM generate_series(1, 2000) i;
ANALYZE "Order ""x""";
DELETE FROM "Order ""x""" WHERE id <= 900;
SELECT pg_stat_force_next_flush();
SELECT severity, check_name, object, value > threshold AS above, threshold, unit, message ~ '^\d\d % of the rows of' AS said,
       remedy, setting, evidence ->> 'dead' AS dead
  FROM tend.health WHERE check_name = 'dead rows';

-- below the threshold it is quiet
SET pg_tend.health_dead_ratio = 0.5;
SELECT count(*) FROM tend.health WHERE check_name = 'dead rows';
RESET pg_tend.health_dead_ratio;
DROP TABLE "Order ""x""";

-- indexes: two alike, and more of them than rows are shown
CREATE TABLE orders (id int, at int, note text);
CREATE INDEX orders_at ON orders (at);
CREATE INDEX orders_at_too ON orders (at);
CREATE UNIQUE INDEX orders_id ON orders (id);
CREATE INDEX orders_id_too ON orders (id);
CREATE INDEX orders_note ON orders (lower(note)) WHERE id > 0;
CREATE INDEX orders_note_too    ON   orders (  lower(note)  )   WHERE   id > 0;
-- these are not alike
CREATE INDEX ON orders (at DESC);
CREATE INDEX ON orders (at, id);
CREATE INDEX ON orders (note text_pattern_ops);
CREATE INDEX ON orders (note);
CREATE INDEX ON orders USING hash (at);
CREATE INDEX ON orders (at) WHERE id > 0;
SELECT object, evidence ->> 'twin' AS twin, remedy FROM tend.health
 WHERE check_name = 'duplicate index' ORDER BY object;
SET pg_tend.health_rows = 1;
SELECT severity, check_name, object, message, remedy FROM tend.health WHERE check_name = 'duplicate index';
RESET pg_tend.health_rows;
DROP TABLE orders;

-- an index that failed
CREATE TABLE orders (id int);
INSERT INTO orders VALUES (1), (1);
\set VERBOSITY terse
CREATE UNIQUE INDEX CONCURRENTLY orders_id ON orders (id);
\set VERBOSITY default
SELECT severity, object, evidence ->> 'table' AS table, remedy FROM tend.health WHERE check_name = 'invalid index';
DROP TABLE orders;

-- it changes nothing
BEGIN READ ONLY;
SELECT severity, check_name FROM tend.health;
COMMIT;

-- a limit of the reader is his own
SET statement_timeout = '1ms';
\set VERBOSITY terse
SELECT count(*) FROM tend.health;
\set VERBOSITY default
RESET statement_timeout;

-- thresholds are anybody's
CREATE ROLE regress_tend_monitor IN ROLE pg_monitor;
SET ROLE regress_tend_monitor;
SET pg_tend.health_connections = 0;
SELECT severity, check_name, object, threshold FROM tend.health;
RESET pg_tend.health_connections;
SELECT severity, check_name FROM tend.health;
RESET ROLE;

-- who may not know something is told
CREATE ROLE regress_tend_stats IN ROLE pg_read_all_stats;
SET ROLE regress_tend_stats;
SELECT severity, check_name, message, remedy FROM tend.health;
RESET ROLE;
DROP ROLE regress_tend_monitor, regress_tend_stats;
RESET pg_tend.health_skip;

DROP EXTENSION pg_tend;
DROP SCHEMA tend;
