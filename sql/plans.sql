-- what queries were executed with, what that cost, and who may see it
CREATE SCHEMA IF NOT EXISTS tend;
CREATE EXTENSION pg_tend;
SET jit = off;
CREATE TABLE account (id int PRIMARY KEY, owner text, balance int);
INSERT INTO account SELECT g, 'owner ' || g, g FROM generate_series(1, 2000) g;
ANALYZE account;
SELECT tend.plans_reset() >= 0 AS reset;

-- All statements below are executed five times: a plan has its text after two,
-- or later if a visit looks at the plans at that moment.

-- one entry for one plan, whatever the constants; none of them is kept
\o /dev/null
SELECT 'SELECT balance FROM account WHERE id = ' || i FROM generate_series(11, 15) i \gexec
SELECT 'SELECT balance FROM account WHERE id IN (19, 20) AND owner <> ''my secret'' /* another secret */'
  FROM generate_series(1, 5) \gexec
\o
SELECT query, calls, rows, aborted, toplevel, generic, is_current FROM tend.plans
 WHERE query LIKE '%FROM account WHERE%' ORDER BY query COLLATE "C";
SELECT count(*) AS leaking FROM tend.plans WHERE query LIKE '%secret%' OR plan LIKE '%secret%';

-- the same query with another plan: another id, another shape
SET enable_indexscan = off;
SET enable_bitmapscan = off;
\o /dev/null
SELECT 'SELECT balance FROM account WHERE id = 17' FROM generate_series(1, 5) \gexec
\o
RESET enable_indexscan;
RESET enable_bitmapscan;
SELECT count(*) AS plans, count(DISTINCT queryid) AS queries, count(DISTINCT shapeid) AS shapes,
       sum(calls) AS calls, count(*) FILTER (WHERE is_current) AS current
  FROM tend.plans WHERE query = 'SELECT balance FROM account WHERE id = $1';
SELECT regexp_replace(plan, ' \(cost.*?\)', '', 'g') AS plan,
       rtrim(replace(settings, 'jit = off', ''), E'\n') AS settings -- the default since 19
  FROM tend.plans
 WHERE query = 'SELECT balance FROM account WHERE id = $1' ORDER BY plan COLLATE "C";

-- side by side
SELECT line FROM tend.plans_side_by_side('old',
    'Sort  (cost=1.00..2.00 rows=3 width=4)' || chr(10) ||
    '  Sort Key: a' || chr(10) ||
    '  ->  Index Scan using i on t  (cost=1.00..2.00 rows=3 width=4)' || chr(10) ||
    '        Index Cond: (b = $0)',
    'new',
    'Sort  (cost=9.00..20.00 rows=3 width=4)' || chr(10) ||
    '  Sort Key: a' || chr(10) ||
    '  ->  Seq Scan on t  (cost=1.00..12.00 rows=3 width=4)' || chr(10) ||
    '        Filter: (b = $0)') AS line;
SELECT count(*) > 3 AS lines FROM tend.plan_diff(
    (SELECT planid FROM tend.plans WHERE query = 'SELECT balance FROM account WHERE id = $1' AND plan LIKE 'Index%'),
    (SELECT planid FROM tend.plans WHERE query = 'SELECT balance FROM account WHERE id = $1' AND plan LIKE 'Seq%'));
SELECT tend.plan_diff(1, 2);

-- executions that fail are counted apart
SELECT 'SELECT balance / (balance - balance) FROM account WHERE id = 17' FROM generate_series(1, 5) \gexec
SELECT calls, aborted, aborted_ms > 0 AS took_time FROM tend.plans WHERE query LIKE 'SELECT balance /%';

-- functions, on request
CREATE FUNCTION total() RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT sum(balance) FROM account); END $$;
SELECT total();
SELECT count(*) AS of_functions FROM tend.plans WHERE NOT toplevel;
SET pg_tend.track_plans = 'all';
\o /dev/null
SELECT 'SELECT total()' FROM generate_series(1, 5) \gexec
\o
SELECT toplevel, calls FROM tend.plans WHERE query LIKE '%sum(balance)%' AND query NOT LIKE '%tend%';
RESET pg_tend.track_plans;

-- everybody sees his own statements, and no others' if he may not
CREATE ROLE regress_tend_reader;
GRANT USAGE ON SCHEMA tend TO regress_tend_reader;
GRANT SELECT ON tend.plans TO regress_tend_reader;
GRANT SELECT ON account TO regress_tend_reader;
SET ROLE regress_tend_reader;
\o /dev/null
SELECT 'SELECT count(*) FROM account WHERE owner = ''owner 1''' FROM generate_series(1, 5) \gexec
\o
SELECT usename = current_user AS own, queryid IS NULL AS hidden, query, count(*) > 0 AS some FROM tend.plans
 WHERE query LIKE '%account WHERE owner%' OR query LIKE '<%' GROUP BY 1, 2, 3 ORDER BY 1;
SELECT tend.plans_reset();
SET pg_tend.plan_constants = on;
SET pg_tend.track_plans = none;
RESET ROLE;

-- with constants, for whoever wants them
SET pg_tend.plan_constants = on;
SELECT tend.plans_reset() > 0 AS reset;
\o /dev/null
SELECT 'SELECT balance FROM account WHERE owner = ''owner 42''' FROM generate_series(1, 5) \gexec
\o
SELECT query, plan LIKE '%owner 42%' AS in_plan FROM tend.plans WHERE query LIKE 'SELECT balance%';

DROP OWNED BY regress_tend_reader;
DROP ROLE regress_tend_reader;
DROP FUNCTION total();
DROP TABLE account;
DROP EXTENSION pg_tend;
DROP SCHEMA tend;
