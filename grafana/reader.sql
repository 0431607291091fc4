--
-- A role for Grafana, which does not check the SQL that is typed into it.
--
--   psql -f grafana/reader.sql, then \password tend_grafana
--
-- The role may read statistics and what pg_tend knows (pg_monitor), and nothing
-- else: no table of yours.  The settings are a second lock: a session can change
-- them, rights it cannot.
--
\set ON_ERROR_STOP on

BEGIN;
CREATE ROLE tend_grafana LOGIN NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 10;
GRANT pg_monitor TO tend_grafana;
ALTER ROLE tend_grafana SET default_transaction_read_only = on;
ALTER ROLE tend_grafana SET statement_timeout = '10s';
ALTER ROLE tend_grafana SET lock_timeout = '1s';
ALTER ROLE tend_grafana SET idle_in_transaction_session_timeout = '10s';
-- queries of some milliseconds; to compile them would take longer
ALTER ROLE tend_grafana SET jit = off;
ALTER ROLE tend_grafana SET search_path = pg_catalog;
COMMENT ON ROLE tend_grafana IS 'dashboards of pg_tend: reads statistics, and no table';
COMMIT;
