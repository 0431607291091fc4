# Which queries changed their plan, what did it cost, and why?
use strict;
use warnings FATAL => 'all';
use Common;
use Grafana;

my $chosen = any_of('query', 'h.queryid::text');
my $plan_verdicts = words(regressed => 'red', improved => 'green', unchanged => 'text', undecided => 'blue',
	'parameter-sensitive' => 'yellow');
my $this_query = drill('Only this query', 'pgtend-plans', query => 'query');

return dashboard(
	uid => 'pgtend-plans',
	title => 'pg_tend: plans',
	about => 'Which queries changed their plan or became slow, what that costs, why, and whether it is over; and what takes most time.',
	from => 'now-24h',
	annotations => [ $events ],
	variables => [
		query_variable('query', <<'SQL', all => 1, about => 'queryid, as in pg_stat_statements') ],
			SELECT q.queryid::text AS "__value", left(format('%s %s', q.queryid, regexp_replace(left(q.query, 200), '\s+', ' ', 'g')), 100) AS "__text"
			  FROM (SELECT p.queryid, min(p.query) AS query, sum(p.total_exec_ms) AS ms
			          FROM tend.plans p WHERE p.datname = current_database() GROUP BY p.queryid
			        UNION ALL
			        SELECT c.queryid, min(c.query), 0 FROM tend.plan_changes c
			         WHERE c.queryid NOT IN (SELECT p.queryid FROM tend.plans p WHERE p.queryid IS NOT NULL) GROUP BY c.queryid) q
			 WHERE q.queryid IS NOT NULL
			 ORDER BY q.ms DESC LIMIT 300
SQL
	rows => [
		line(4,
			stat(
				title => 'Now', width => 24, unit => 'short', names => 1,
				about => 'Queries that are slower than before and not over yet, the time that costs per hour, those that became faster, and plans in memory.',
				columns => [
					column('slower now', colors => steps(green => undef, orange => 1, red => 5)),
					column('lost per hour', unit => 'dtdurations', colors => steps(green => undef, orange => 60, red => 900)) ],
				sql => <<'SQL')),
					SELECT count(*) FILTER (WHERE c.verdict = 'regressed' AND c.state <> 'resolved') AS "slower now",
					       COALESCE(sum(c.lost_ms_per_hour) FILTER (WHERE c.verdict = 'regressed' AND c.state <> 'resolved'), 0) / 1000 AS "lost per hour",
					       count(*) FILTER (WHERE c.verdict = 'improved') AS "faster",
					       (SELECT count(*) FROM tend.plans p WHERE p.datname = current_database()) AS "plans in memory"
					  FROM tend.plan_changes c
SQL
		line(8,
			state_timeline(
				title => 'Plan changes', width => 24, unit => 'none', none => 'none',
				about => 'Each query whose plan or speed changed in the time shown: red while it is slower, blue while nobody knows yet, green when it is faster or over.',
				words => words(0 => [ 'over', 'green' ], 1 => [ 'faster', 'semi-dark-green' ], 2 => [ 'not decided', 'blue' ], 3 => [ 'slower', 'red' ]),
				sql => <<'SQL')),
					SELECT l.at AS time,
					       left(format('%s %s', l.queryid, regexp_replace(left(l.query, 200), '\s+', ' ', 'g')), 80) AS metric,
					       CASE WHEN l.state = 'resolved' THEN 0 WHEN l.verdict = 'improved' THEN 1
					            WHEN l.verdict = 'regressed' THEN 3 ELSE 2 END AS value
					  FROM tend.plan_change_log l
					 WHERE $__timeFilter(l.at)
					 ORDER BY l.at LIMIT 500
SQL
		line(10,
			table(
				title => 'Regressions and other changes, what hurts now first', width => 24, none => 'none',
				about => 'tend.plan_changes that began in the time shown or are not over: why, what it costs, and what to do. SELECT tend.plan_diff(old, new) shows both plans side by side.',
				columns => [
					column('began', unit => 'dateTimeAsLocal', width => 160),
					column('query', width => 170, link => $this_query),
					column('verdict', width => 110, words => $plan_verdicts), column('state', width => 90), column('cause', width => 130),
					column('before', unit => 'ms', width => 90), column('since', unit => 'ms', width => 90),
					column('times', decimals => 1, width => 75, colors => steps(green => undef, yellow => 1.5, red => 3)),
					column('lost per hour', unit => 'dtdurations', width => 120),
					column('text', wrap => 1, width => 300), column('why', wrap => 1), column('remedy', wrap => 1) ],
				sql => <<"SQL")),
					SELECT c.at AS "began", c.queryid::text AS "query", c.verdict, c.state, c.cause, c.old_mean_ms AS "before",
					       c.new_mean_ms AS "since", c.ratio AS "times", c.lost_ms_per_hour / 1000 AS "lost per hour",
					       left(c.query, 300) AS "text", c.explanation AS "why", c.remedy,
					       c.old_planid::text AS "old plan", c.new_planid::text AS "new plan"
					  FROM tend.plan_changes c
					 WHERE (\$__timeFilter(c.at) OR c.state <> 'resolved')
					   AND ${\ any_of('query', 'c.queryid::text')}
					 LIMIT 50
SQL
		line(9,
			timeseries(
				title => 'Time by query', width => 12, unit => 's', interval => '30m', style => 'bars', stacked => 1,
				about => 'Execution time of the eight queries that took most in the time shown, per point.',
				sql => <<"SQL"),
					WITH h AS MATERIALIZED (
					    SELECT h.at, h.queryid, h.total_exec_ms FROM tend.plan_history h
					     WHERE \$__timeFilter(h.at) AND $chosen
					), top AS (SELECT h.queryid FROM h GROUP BY 1 ORDER BY sum(h.total_exec_ms) DESC LIMIT 8)
					SELECT \$__timeGroupAlias(h.at, \$__interval), 'query ' || h.queryid AS metric,
					       sum(h.total_exec_ms) / 1000 AS value
					  FROM h WHERE h.queryid IN (SELECT top.queryid FROM top)
					 GROUP BY 1, 2 ORDER BY 1
SQL
			timeseries(
				title => 'Mean time by plan', width => 12, unit => 'ms', interval => '30m', log => 1,
				about => 'Mean time of an execution with each of the ten plans that took most, in the time shown. Choose one query above to see its plans take turns.',
				sql => <<"SQL")),
					WITH h AS MATERIALIZED (
					    SELECT h.at, h.queryid, h.planid, h.total_exec_ms, h.calls FROM tend.plan_history h
					     WHERE \$__timeFilter(h.at) AND $chosen
					), top AS (SELECT h.planid FROM h GROUP BY 1 ORDER BY sum(h.total_exec_ms) DESC LIMIT 10)
					SELECT \$__timeGroupAlias(h.at, \$__interval), format('query %s plan %s', h.queryid, h.planid) AS metric,
					       sum(h.total_exec_ms) / NULLIF(sum(h.calls), 0)::float8 AS value
					  FROM h WHERE h.planid IN (SELECT top.planid FROM top)
					 GROUP BY 1, 2 ORDER BY 1
SQL
		line(10,
			table(
				title => 'What takes most time', width => 24,
				about => 'tend.plans of this database: which plans took most time since each was first seen.',
				columns => [
					column('query', width => 170, link => $this_query), column('plan', width => 170),
					column('total', unit => 's', width => 90), column('mean', unit => 'ms', width => 90), column('p95', unit => 'ms', width => 90),
					column('calls', width => 90), column('failed', width => 70), column('current', width => 80),
					column('hits', unit => 'percentunit', width => 70), column('spilled', unit => 'bytes', width => 90),
					column('last', unit => 'dateTimeFromNow', width => 120), column('text', wrap => 1) ],
				sql => <<"SQL")) ]);
					SELECT h.queryid::text AS "query", h.planid::text AS "plan", h.total_exec_ms / 1000 AS "total", h.mean_exec_ms AS "mean",
					       h.p95_exec_ms AS "p95", h.calls, h.aborted AS "failed",
					       CASE WHEN h.is_current THEN 'yes' ELSE 'no' END AS "current",
					       h.shared_blks_hit / NULLIF(h.shared_blks_hit + h.shared_blks_read, 0)::float8 AS "hits",
					       h.temp_blks_written * current_setting('block_size')::bigint AS "spilled", h.last_seen AS "last",
					       left(h.query, 300) AS "text"
					  FROM tend.plans h
					 WHERE h.datname = current_database() AND $chosen
					 ORDER BY h.total_exec_ms DESC LIMIT 25
SQL
