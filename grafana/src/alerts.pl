# What should ring.  Texts of a query are labels and tell alerts apart, so they do not change while one lasts.
use strict;
use warnings FATAL => 'all';
use Grafana;

my %minute = (for => '2m');

return alert_group('pg_tend', '1m',
	alert_rule(%minute,
		uid => 'pgtend_critical', severity => 'critical', title => 'pg_tend: critical', above => 0,
		summary => '{{ $labels.check }}: {{ $labels.object }}',
		about => 'tend.health says that somebody must act now. SELECT message, remedy FROM tend.health has the words and the command; dashboard: pg_tend: overview.',
		sql => <<'SQL'),
			SELECT m.check_name AS "check", m.object, count(*) AS value
			  FROM tend.metrics_health m WHERE m.severity >= 3 GROUP BY 1, 2
SQL
	alert_rule(
		for => '30m',
		uid => 'pgtend_warning', severity => 'warning', title => 'pg_tend: warnings of one check', above => 0,
		summary => '{{ $labels.check }}: {{ $values.A.Value }} findings',
		about => 'tend.health says that somebody should act today. One alert per check, however many tables it is about; dashboard: pg_tend: overview.',
		sql => <<'SQL'),
			SELECT h.check_name AS "check", count(*) AS value
			  FROM tend.health h WHERE h.severity = 'warning' GROUP BY 1
SQL
	alert_rule(%minute,
		uid => 'pgtend_blocker', severity => 'warning', title => 'pg_tend: vacuum is held back', above => 1800,
		summary => '{{ $labels.who }} has held back vacuum for {{ humanizeDuration $values.A.Value }}',
		about => 'Dead rows cannot be removed. SELECT remedy FROM tend.vacuum_blockers has the command that ends it; dashboard: pg_tend: overview.',
		sql => <<'SQL'),
			SELECT b.kind, b.who, max(b.duration_seconds) AS value
			  FROM tend.vacuum_blockers b
			 WHERE b.holds = 'all tables' AND b.duration_seconds IS NOT NULL GROUP BY 1, 2
SQL
	alert_rule(%minute,
		uid => 'pgtend_wraparound', severity => 'critical', title => 'pg_tend: wraparound', above => 0.5,
		summary => '{{ $labels.database }} has used {{ humanizePercentage $values.A.Value }} of its {{ $labels.counter }} IDs',
		about => 'Autovacuum does not keep up with freezing, or somebody holds it back. SELECT * FROM tend.wraparound and tend.vacuum_blockers; dashboard: pg_tend: overview.',
		sql => <<'SQL'),
			SELECT w.datname::text AS "database", w.counter, w.age::float8 / w.stop_limit AS value FROM tend.wraparound w
SQL
	alert_rule(
		for => '10m',
		uid => 'pgtend_plan', severity => 'warning', title => 'pg_tend: a query became slower', above => 60,
		summary => 'query {{ $labels.query }} loses {{ humanizeDuration $values.A.Value }} per hour',
		about => 'Its plan or its speed changed. SELECT explanation, remedy FROM tend.plan_changes says why and what to do; dashboard: pg_tend: plans.',
		sql => <<'SQL'),
			SELECT c.queryid::text AS "query", sum(c.lost_ms_per_hour) / 1000 AS value
			  FROM tend.plan_changes c
			 WHERE c.verdict = 'regressed' AND c.state <> 'resolved' AND c.queryid IS NOT NULL AND c.lost_ms_per_hour IS NOT NULL
			 GROUP BY 1
SQL
	alert_rule(
		for => '5m',
		uid => 'pgtend_wal_sync', severity => 'warning', title => 'pg_tend: syncs of WAL are slow', above => 0.1,
		summary => '99th percentile of WAL syncs is {{ humanizeDuration $values.A.Value }}',
		about => 'Each commit waits for it. Needs pg_tend_iotrace. The event "WAL sync slow" says who else was at work; dashboard: pg_tend: disk.',
		sql => <<'SQL'),
			SELECT 'wal' AS "files", max(h.p99_us) / 1e6 AS value
			  FROM tend.io_history h
			 WHERE h.at > now() - interval '5 minutes' AND h.file_class = 'wal' AND h.operation IN ('fsync', 'fdatasync', 'sync_write')
			HAVING max(h.p99_us) IS NOT NULL
SQL
	alert_rule(
		for => '10m',
		uid => 'pgtend_visits', severity => 'warning', title => 'pg_tend: no visits', above => 5,
		summary => 'pg_tend has not visited {{ $labels.database }} for {{ $values.A.Value }} intervals',
		about => 'History, plans and advice stand still. SELECT * FROM tend.self says why. Not on a standby, where there are no visits.',
		sql => <<'SQL'));
			SELECT current_database()::text AS "database",
			       CASE WHEN pg_is_in_recovery() THEN 0
			            ELSE COALESCE(max(s.value) / EXTRACT(epoch FROM current_setting('pg_tend.interval', true)::interval)::float8, 1000) END AS value
			  FROM tend.self s
			 WHERE s.part = 'visit' AND s.metric = 'last visit' AND s.datname = current_database()
SQL
