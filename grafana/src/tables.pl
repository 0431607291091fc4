# Which tables need something, the worst first?
use strict;
use warnings FATAL => 'all';
use Common;
use Grafana;

return dashboard(
	uid => 'pgtend-tables',
	title => 'pg_tend: tables',
	about => 'Which tables need vacuum, analyze or freezing, the worst first. A click on a name shows that table in full.',
	from => 'now-24h',
	annotations => [ $events, $actions ],
	variables => [
		query_variable('schema', <<'SQL', all => 1) ],
			SELECT n.nspname::text FROM pg_namespace n
			 WHERE n.nspname !~ '^pg_(toast|temp)'
			 ORDER BY n.nspname IN ('pg_catalog', 'information_schema', 'tend'), n.nspname LIMIT 1000
SQL
	rows => [
		line(4,
			stat(
				title => 'The database', width => 24, unit => 'short', none => 'not visited yet', names => 1,
				about => 'Totals of this database, at the last visit that saw a change.',
				columns => [
					column('dead', unit => 'percentunit', decimals => 1, colors => steps(green => undef, yellow => 0.1, red => 0.2)),
					column('due', colors => steps(green => undef, yellow => 10, red => 100)) ],
				sql => <<'SQL')),
					SELECT h.table_count AS "tables", h.tables_due AS "due", h.live_tuples AS "live rows", h.dead_tuples AS "dead rows",
					       h.dead_tuples / NULLIF(h.live_tuples + h.dead_tuples, 0)::float8 AS "dead"
					  FROM tend.database_history h ORDER BY h.at DESC LIMIT 1
SQL
		line(8,
			database_trend(
				title => 'Dead rows',
				about => 'Dead rows of all tables of this database. Teeth are vacuums; a slope without teeth is somebody who holds them back.',
				columns => [ column('dead rows', color => 'orange') ],
				values => [ 'dead rows' => q(h.dead_tuples) ]),
			database_trend(
				title => 'Tables that are due',
				about => 'Tables past a trigger of autovacuum. Up to the number of workers, that is its work in progress; many more for long are a debt.',
				columns => [ column('due', color => 'blue'), column('workers', dashed => 1, color => 'green') ],
				values => [ 'due' => q(h.tables_due),
					'workers' => q(current_setting('autovacuum_max_workers')::int) ])),
		line(20,
			table(
				title => 'Tables, the worst first', width => 24,
				about => 'The 300 tables of this database that need attention most, as tend.tables ranks them; a smaller database is shown whole. "debt" is dead rows / own trigger: autovacuum comes above 1. The filter of schemas chooses among these.',
				columns => [
					name_columns(),
					column('verdict', width => 140, words => $verdicts),
					column('debt', decimals => 2, meter => 3, width => 150, colors => steps(green => undef, yellow => 1, red => 2)),
					column('dead', unit => 'percentunit', width => 80, decimals => 1, colors => steps(text => undef, yellow => 0.1, red => 0.2)),
					column('dead rows', width => 95), column('trigger', width => 90),
					column('vacuum in', unit => 'dtdurations', width => 110, none => '-'),
					column('to freezing', unit => 'percentunit', meter => 1, width => 120, colors => steps(green => undef, yellow => 0.8, red => 1)),
					column('freezing in', unit => 'dtdurations', width => 110, none => '-'),
					column('size', unit => 'bytes', width => 90), column('indexes', unit => 'bytes', width => 90),
					column('last vacuum', unit => 'dateTimeFromNow', width => 120, none => 'never'),
					column('advice', wrap => 1) ],
				sql => <<"SQL")) ]);
					SELECT t.schema_name::text AS "schema", t.table_name::text AS "table", t.verdict,
					       t.vacuum_due AS "debt", t.dead_ratio AS "dead", t.dead_tuples AS "dead rows",
					       t.vacuum_threshold AS "trigger", t.vacuum_eta_seconds AS "vacuum in",
					       t.freeze_due AS "to freezing", t.freeze_eta_seconds AS "freezing in",
					       t.table_bytes + t.toast_bytes AS "size", t.index_bytes AS "indexes",
					       t.last_vacuum AS "last vacuum", t.advice
					  FROM tend.table_facts(300) t
					 WHERE ${\ any_of('schema', 't.schema_name::text')}
					 ORDER BY t.urgency DESC, t.worst_due DESC NULLS LAST, t.schema_name, t.table_name
SQL
