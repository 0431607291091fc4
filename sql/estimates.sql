--
-- tend.misestimates: who may see what, what it shows before anything was seen
--
CREATE SCHEMA IF NOT EXISTS tend;
CREATE EXTENSION pg_tend;
SET pg_tend.estimate_sample_rate = 0;

-- nothing is known, or nothing any more
SELECT tend.misestimates_reset() >= 0 AS reset;
SELECT * FROM tend.misestimates;
SELECT tend.misestimates_reset() AS reset;

-- dashboards read these columns
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type,
       col_description(a.attrelid, a.attnum) IS NOT NULL AS described
  FROM pg_attribute a
 WHERE a.attrelid = 'tend.misestimates'::regclass AND a.attnum > 0
 ORDER BY a.attnum;

-- what it costs
SELECT metric, unit, value >= 0 AS value, datname FROM tend.self WHERE part = 'misestimates';
SELECT value AS slots FROM tend.self WHERE part = 'misestimates' AND metric = 'slots';
SELECT sum(value) FILTER (WHERE part = 'misestimates') BETWEEN 1e6 AND 8e6 AS small,
       sum(value) FILTER (WHERE part = 'memory') <= 32 * 1024 * 1024 AS all_of_it
  FROM tend.self WHERE metric = 'reserved';

-- the share of executions that are sampled
SHOW pg_tend.estimate_sample_rate;
SET pg_tend.estimate_sample_rate = 1.01;
SET pg_tend.estimate_sample_rate = -0.01;
SET pg_tend.estimate_sample_rate = 'often';
RESET pg_tend.estimate_sample_rate;
SHOW pg_tend.estimate_sample_rate;

-- the evidence of a table, or of all; a table that is not there
CREATE TABLE lonely (a int);
SELECT tend.misestimates_reset('lonely'), tend.misestimates_reset(NULL) >= 0 AS all,
       tend.misestimates_reset(relation => 'lonely');
SELECT tend.misestimates_reset('missing');
SELECT tend.misestimates_reset(0);
DROP TABLE lonely;

-- members of pg_monitor or pg_read_all_stats may look, nobody but the owner may reset
CREATE ROLE regress_tend_nobody;
CREATE ROLE regress_tend_monitor IN ROLE pg_monitor;
CREATE ROLE regress_tend_stats IN ROLE pg_read_all_stats;
GRANT USAGE ON SCHEMA tend TO regress_tend_nobody;
SET ROLE regress_tend_nobody;
SELECT * FROM tend.misestimates;
SELECT * FROM tend.misestimate_facts();
SELECT tend.misestimates_reset();
SET pg_tend.estimate_sample_rate = 1;
SET ROLE regress_tend_monitor;
SELECT count(*) >= 0 AS may FROM tend.misestimates;
SELECT tend.misestimates_reset();
SET ROLE regress_tend_stats;
SELECT count(*) >= 0 AS may FROM tend.misestimates;
SELECT tend.misestimates_reset();
RESET ROLE;

-- to grant the view alone is not enough
GRANT SELECT ON tend.misestimates TO regress_tend_nobody;
SET ROLE regress_tend_nobody;
SELECT count(*) FROM tend.misestimates;
RESET ROLE;

DROP EXTENSION pg_tend;
DROP SCHEMA tend;
DROP ROLE regress_tend_nobody, regress_tend_monitor, regress_tend_stats;
