# Is all well, and if not, what first?
use strict;
use warnings FATAL => 'all';
use Common;
use Grafana;

return dashboard(
	uid => 'pgtend-overview',
	title => 'pg_tend: overview',
	about => 'Is all well in this database and its server, and if not, what first? Each row leads to the dashboard that explains it.',
	from => 'now-24h',
	annotations => [ $events, $actions ],
	rows => [
		line(4,
			copy_of('What to do first', stat(
				title => 'Health', width => 4, unit => 'none', words => $severities, first => 'severity',
				about => 'The worst severity that tend.health found: the first row of the table below.')),
			stat(
				title => 'Days to wraparound', width => 4, unit => 'dtdurations', none => 'not in sight',
				about => 'Until the server refuses to assign transaction IDs or multixacts, at the observed consumption, if nothing were frozen. "not in sight": never, or not observed for long enough.',
				colors => steps('red' => undef, 'orange' => 14 * 86400, 'green' => 60 * 86400),
				sql => 'SELECT min(w.stop_eta_seconds) AS "seconds" FROM tend.wraparound w'),
			gauge(
				title => 'Oldest transaction ID', width => 4, unit => 'percentunit', min => 0, max => 1,
				about => 'Age of the oldest unfrozen ID of any database, as share of what stops the server. Autovacuum begins to freeze at about 10 %, at 80 % it is an emergency.',
				colors => steps('green' => undef, 'yellow' => 0.25, 'red' => 0.5),
				sql => 'SELECT max(w.age::float8 / w.stop_limit) AS "share of the limit" FROM tend.wraparound w'),
			stat(
				title => 'Vacuum held back for', width => 4, unit => 'dtdurations', none => 'by nobody',
				about => 'How long the oldest transaction, slot or standby has kept dead rows from being removed; who it is stands below.',
				colors => steps('green' => undef, 'yellow' => 300, 'red' => 3600),
				sql => q(SELECT max(b.duration_seconds) AS "seconds" FROM tend.vacuum_blockers b WHERE b.holds = 'all tables')),
			stat(
				title => 'Tables due', width => 4, unit => 'short', none => 'not visited yet',
				about => 'Tables that are due for vacuum, analyze or freezing, at the last visit that saw a change.',
				colors => steps('green' => undef, 'yellow' => 10, 'red' => 100),
				sql => 'SELECT h.tables_due AS "tables" FROM tend.database_history h ORDER BY h.at DESC LIMIT 1'),
			gauge(
				title => 'Autovacuum workers', width => 4, unit => 'percentunit', min => 0, max => 1,
				about => 'Share of autovacuum_max_workers that is busy, in all databases. All busy for long while tables wait: autovacuum does not keep up.',
				colors => steps('green' => undef, 'yellow' => 0.7, 'red' => 1),
				sql => <<'SQL')),
					SELECT count(*)::float8 / current_setting('autovacuum_max_workers')::int AS "busy"
					  FROM pg_stat_activity a WHERE a.backend_type = 'autovacuum worker'
SQL
		line(9,
			table(
				title => 'What to do first', width => 24,
				about => 'tend.health, the worst first: what is the matter, and what to run or do about it. One row "ok" when all is well. Read a remedy before you run it.',
				columns => [
					column('severity', width => 90, words => $severities),
					column('check', width => 190, link => drill('The dashboard that explains it', 'pgtend-${__data.fields.see}')),
					column('object', width => 230), column('what is the matter', wrap => 1), column('remedy', wrap => 1),
					column('see', width => 110) ],
				sql => <<'SQL')),
					SELECT h.severity, h.check_name AS "check", h.object, h.message AS "what is the matter", h.remedy,
					       CASE WHEN h.check_name IN ('plan regression', 'slow query', 'spilling', 'partitions not pruned') THEN 'plans'
					            WHEN h.check_name IN ('misestimate', 'wasted scan', 'stale statistics') THEN 'misestimates'
					            WHEN h.check_name IN ('checkpoint storm', 'requested checkpoints', 'slow sync', 'pg_wal', 'archiver') THEN 'disk'
					            WHEN h.check_name IN ('vacuum overdue', 'dead rows', 'freeze due', 'statistics lost', 'autovacuum cancelled',
					                                  'HOT updates', 'bloated table', 'bloated index') THEN 'tables'
					            ELSE 'overview' END AS see
					  FROM tend.health h LIMIT 50
SQL
		line(8,
			database_trend(
				title => 'Autovacuum debt',
				about => 'Tables past a trigger of autovacuum, and the share of all rows that is dead. A debt that only grows means that autovacuum does not keep up, or is held back.',
				columns => [ column('dead rows', unit => 'percentunit', axis => 'right', color => 'orange'),
					column('tables due', color => 'blue') ],
				values => [ 'tables due' => q(h.tables_due),
					'dead rows' => q(h.dead_tuples / NULLIF(h.live_tuples + h.dead_tuples, 0)::float8) ]),
			database_trend(
				title => 'Age of the oldest transaction ID in this database',
				about => 'Against the age at which autovacuum freezes, even when switched off, and the age at which it drops all restraint (vacuum_failsafe_age).',
				columns => [ column('age', color => 'blue'), column('autovacuum freezes', dashed => 1, color => 'orange'),
					column('emergency', dashed => 1, color => 'red') ],
				values => [ 'age' => q(h.xid_age),
					'autovacuum freezes' => q(current_setting('autovacuum_freeze_max_age')::bigint),
					'emergency' => q(current_setting('vacuum_failsafe_age')::bigint) ])),
		line(8,
			table(
				title => 'Who holds back vacuum', width => 12, none => 'nobody',
				about => 'tend.vacuum_blockers: transactions, prepared ones, slots and standbys that keep dead rows from being removed, the oldest first, with the command that ends it. Empty is good.',
				columns => [
					column('kind', width => 150), column('who', wrap => 1),
					column('for', unit => 'dtdurations', width => 120, colors => steps(text => undef, yellow => 300, red => 3600)),
					column('transactions', width => 110), column('scope', width => 100), column('remedy', wrap => 1) ],
				sql => <<'SQL'),
					SELECT b.kind, b.who, b.duration_seconds AS "for", b.xmin_age AS "transactions",
					       b.scope::text AS scope, b.remedy
					  FROM tend.vacuum_blockers b LIMIT 20
SQL
			table(
				title => 'Freeze forecast', width => 12,
				about => 'tend.wraparound: how far each database is from running out of transaction IDs and multixacts, and when autovacuum will have to freeze.',
				columns => [
					column('database', width => 120), column('counter', width => 80),
					column('of the limit', unit => 'percentunit', meter => 1, width => 150,
						colors => steps(green => undef, yellow => 0.25, red => 0.5)),
					column('freezing in', unit => 'dtdurations', none => 'never', width => 120),
					column('stop in', unit => 'dtdurations', none => 'never', width => 120,
						colors => steps(red => undef, orange => 14 * 86400, green => 60 * 86400)),
					column('severity', width => 90, words => $severities) ],
				sql => <<'SQL')),
					SELECT w.datname::text AS "database", w.counter, w.severity, w.age::float8 / w.stop_limit AS "of the limit",
					       w.burn_per_hour AS "per hour", w.autovacuum_eta_seconds AS "freezing in",
					       w.stop_eta_seconds AS "stop in",
					       -- to look for it means to look at all tables
					       CASE WHEN w.severity <> 'ok' THEN w.oldest_table END AS "oldest table"
					  FROM tend.wraparound w LIMIT 50
SQL
		line(8,
			table(
				title => 'Vacuums at work', width => 12, none => 'none',
				about => 'Autovacuum workers and VACUUM commands in this database: what they do, how far they are, and whether they wait. Often empty.',
				columns => [ name_columns(), column('done', unit => 'percentunit', meter => 1, width => 120),
					column('for', unit => 'dtdurations', width => 110) ],
				sql => <<'SQL'),
					SELECT n.nspname::text AS "schema", c.relname::text AS "table", p.phase,
					       p.heap_blks_scanned / NULLIF(p.heap_blks_total, 0)::float8 AS "done",
					       EXTRACT(epoch FROM clock_timestamp() - a.xact_start)::float8 AS "for",
					       CASE WHEN a.wait_event_type = 'Lock' THEN 'a lock' WHEN a.wait_event = 'VacuumDelay' THEN 'its cost delay'
					            ELSE a.wait_event END AS "waits for",
					       a.backend_type AS "process"
					  FROM pg_stat_progress_vacuum p
					  JOIN pg_class c ON c.oid = p.relid
					  JOIN pg_namespace n ON n.oid = c.relnamespace
					  LEFT JOIN pg_stat_activity a ON a.pid = p.pid
					 WHERE p.datid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
					 ORDER BY a.xact_start LIMIT 20
SQL
			table(
				title => 'What happened', width => 12, none => 'nothing',
				about => 'The last events of tend.events in the time shown; they are marks in all plots, too.',
				columns => [
					column('at', unit => 'dateTimeAsLocal', width => 170), column('severity', width => 90, words => $severities),
					column('kind', width => 150), column('event', wrap => 1) ],
				sql => <<'SQL')) ]);
					SELECT e.at, e.severity, e.kind, e.state, e.message AS "event"
					  FROM tend.events e
					 WHERE $__timeFilter(e.at)
					 ORDER BY e.at DESC LIMIT 50
SQL
