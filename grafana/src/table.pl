# One table in full
use strict;
use warnings FATAL => 'all';
use Common;
use Grafana;

# By name, so that links can be read and hostile values do no harm
my ($schema, $table) = (chosen('schema'), chosen('table'));
my $relid = <<"SQL" =~ s/\s+/ /gr =~ s/ \z//r;
(SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $schema AND c.relname = $table AND c.relkind IN ('r', 'm'))
SQL

my $in_time = 'h.relid = ' . $relid . ' AND $__timeFilter(h.at)';
my %series = (width => 12, interval => '1m');

# What a counter did since the row before, per second; a reset of statistics is a gap
sub rate
{
	my ($counter, $name) = @_;
	return qq(CASE WHEN h.$counter >= lag(h.$counter) OVER w THEN (h.$counter - lag(h.$counter) OVER w)
	       / NULLIF(EXTRACT(epoch FROM h.at - lag(h.at) OVER w), 0)::float8 END AS "$name");
}

# A number of what was predicted or observed
sub number
{
	my ($column, $path, $name) = @_;
	return qq((a.$column #>> '{$path}')::float8 AS "$name");
}

return dashboard(
	uid => 'pgtend-table',
	title => 'pg_tend: table',
	about => 'One table in full: dead rows against its trigger, its age against the limits, what pg_tend says of it, set on it, and proved.',
	from => 'now-24h',
	annotations => [ $events, annotation('What pg_tend set', 'purple', <<"SQL"),
		SELECT a.at AS time, format('%s = %s. %s', a.option, a.new_value, a.reason) AS text,
		       concat_ws(',', 'options set', a.verdict) AS tags
		  FROM tend.autovacuum_actions a
		 WHERE \$__timeFilter(a.at) AND a.schema_name = $schema AND a.table_name = $table
		 ORDER BY a.at DESC LIMIT 200
SQL
		annotation('Vacuums', 'green', <<"SQL") ],
		SELECT v.at AS time, 'vacuum' AS text, 'vacuum' AS tags
		  FROM (SELECT h.at, h.vacuum_count > lag(h.vacuum_count) OVER (ORDER BY h.at) AS came
		          FROM tend.table_history h WHERE $in_time) v
		 WHERE v.came ORDER BY 1 DESC LIMIT 200
SQL
	variables => [
		query_variable('schema', <<'SQL'),
			SELECT n.nspname::text FROM pg_namespace n
			 WHERE n.nspname !~ '^pg_(toast|temp)'
			 ORDER BY n.nspname IN ('pg_catalog', 'information_schema', 'tend'), n.nspname LIMIT 1000
SQL
		query_variable('table', <<"SQL") ],
			SELECT c.relname::text FROM pg_class c
			 WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = $schema)
			   AND c.relkind IN ('r', 'm')
			 ORDER BY c.relname LIMIT 20000
SQL
	rows => [
		line(4,
			stat(
				title => 'Now', width => 24, unit => 'short', text => 1, none => '-', names => 1,
				about => 'The table as the last visit that saw a change wrote it down. "debt" is dead rows / own trigger: autovacuum comes above 1.',
				columns => [
					column('verdict', words => $verdicts),
					column('debt', decimals => 2, colors => steps(green => undef, yellow => 1, red => 2)),
					column('dead', unit => 'percentunit', decimals => 1, colors => steps(green => undef, yellow => 0.1, red => 0.2)),
					column('to freezing', unit => 'percentunit', colors => steps(green => undef, yellow => 0.8, red => 1)),
					column('dying', unit => 'cps'),
					column('size with indexes', unit => 'bytes'),
					column('seen', unit => 'dateTimeFromNow') ],
				sql => <<"SQL")),
					SELECT h.verdict, h.dead_tuples / NULLIF(h.vacuum_threshold, 0)::float8 AS "debt",
					       h.dead_tuples / NULLIF(h.live_tuples + h.dead_tuples, 0)::float8 AS "dead",
					       h.live_tuples AS "live rows", h.dead_per_second AS "dying",
					       h.xid_age / current_setting('autovacuum_freeze_max_age')::float8 AS "to freezing",
					       h.table_bytes + h.index_bytes + h.toast_bytes AS "size with indexes", h.at AS "seen"
					  FROM tend.table_history h
					 WHERE h.relid = $relid
					 ORDER BY h.at DESC LIMIT 1
SQL
		line(8,
			timeseries(
				title => 'Dead rows and the trigger', unit => 'short', %series,
				about => 'Autovacuum comes when dead rows cross the trigger, which follows the size of the table and its options. Above it for long: it is held back, or does not keep up.',
				columns => [ column('dead rows', color => 'orange'), column('trigger', dashed => 1, color => 'red'),
					column('dead rows of TOAST', color => 'yellow') ],
				sql => <<"SQL"),
					SELECT \$__timeGroupAlias(h.at, \$__interval), max(h.dead_tuples) AS "dead rows",
					       max(h.vacuum_threshold) AS "trigger", max(h.toast_dead_tuples) AS "dead rows of TOAST"
					  FROM tend.table_history h
					 WHERE $in_time
					 GROUP BY 1 ORDER BY 1
SQL
			timeseries(
				title => 'Age and the limits', unit => 'short', %series,
				about => 'Age of the oldest transaction ID in the table, the age at which autovacuum freezes it (its own option, or the setting), and the age at which vacuum drops all restraint.',
				columns => [ column('age', color => 'blue'), column('multixact age', color => 'purple'),
					column('autovacuum freezes', dashed => 1, color => 'orange'), column('emergency', dashed => 1, color => 'red') ],
				sql => <<"SQL")),
					SELECT \$__timeGroupAlias(h.at, \$__interval), max(h.xid_age) AS "age", max(h.mxid_age) AS "multixact age",
					       max(f.freeze_max_age) AS "autovacuum freezes",
					       max(current_setting('vacuum_failsafe_age')::bigint) AS "emergency"
					  FROM tend.table_history h
					 CROSS JOIN (SELECT LEAST(current_setting('autovacuum_freeze_max_age')::bigint, max(o.option_value::bigint)) AS freeze_max_age
					               FROM pg_class c CROSS JOIN pg_options_to_table(c.reloptions) o
					              WHERE c.oid = $relid AND o.option_name = 'autovacuum_freeze_max_age') f
					 WHERE $in_time
					 GROUP BY 1 ORDER BY 1
SQL
		line(8,
			timeseries(
				title => 'Inserts and changes against their triggers', unit => 'short', %series,
				about => 'Rows inserted since the last vacuum and modified since the last analyze, each with its trigger.',
				columns => [ column('inserted', color => 'green'), column('trigger of vacuum', dashed => 1, color => 'green'),
					column('modified', color => 'blue'), column('trigger of analyze', dashed => 1, color => 'blue') ],
				sql => <<"SQL"),
					SELECT \$__timeGroupAlias(h.at, \$__interval), max(h.inserts_since_vacuum) AS "inserted",
					       max(h.insert_threshold) AS "trigger of vacuum", max(h.mods_since_analyze) AS "modified",
					       max(h.analyze_threshold) AS "trigger of analyze"
					  FROM tend.table_history h
					 WHERE $in_time
					 GROUP BY 1 ORDER BY 1
SQL
			timeseries(
				title => 'Size', unit => 'bytes', %series, stacked => 1,
				about => 'Table, indexes and TOAST on disk. Growth without growth of live rows is bloat; tend.bloat() measures it, and is not called here, as it reads pages of the table.',
				sql => <<"SQL")),
					SELECT \$__timeGroupAlias(h.at, \$__interval), max(h.table_bytes) AS "table", max(h.index_bytes) AS "indexes",
					       max(h.toast_bytes) AS "TOAST"
					  FROM tend.table_history h
					 WHERE $in_time
					 GROUP BY 1 ORDER BY 1
SQL
		line(8,
			timeseries(
				title => 'Rows per second', unit => 'cps', %series,
				about => 'What was written, from the counters of the server; a gap is a reset of statistics.',
				sql => <<"SQL"),
					SELECT h.at AS time, ${\ rate('inserted', 'inserted')},
					       ${\ rate('updated', 'updated')},
					       ${\ rate('hot_updated', 'of these HOT')},
					       ${\ rate('deleted', 'deleted')}
					  FROM tend.table_history h
					 WHERE $in_time
					WINDOW w AS (ORDER BY h.at)
					 ORDER BY h.at LIMIT 20000
SQL
			table(
				title => 'In plain words', width => 12,
				about => 'tend.explain_table(): how the table is, when vacuum comes, who stops it, and what to do.',
				columns => [ column('the story', wrap => 1) ],
				sql => <<"SQL")),
					SELECT e.line AS "the story"
					  FROM pg_class c CROSS JOIN LATERAL tend.explain_table(c.oid::regclass) e(line)
					 WHERE c.oid = $relid
SQL
		line(8,
			table(
				title => 'What pg_tend set, and the proof', width => 24, none => 'nothing',
				about => 'tend.autovacuum_actions of this table: options, why, and what was predicted and observed for vacuums per hour, pages touched per hour and the bytes that dead rows take. What did not help was taken back.',
				columns => [
					column('at', unit => 'dateTimeAsLocal', width => 170), column('option', width => 270),
					column('verdict', width => 100, words => words(kept => 'green', pending => 'blue', reverted => 'orange')),
					column('reason', wrap => 1),
					(map { column("dead bytes $_", unit => 'bytes', width => 120) } 'before', 'predicted', 'observed'),
					(map { column("pages/h $_", width => 110) } 'before', 'predicted', 'observed') ],
				sql => <<"SQL")),
					SELECT a.at, a.option, a.old_value AS "old", a.new_value AS "new", a.verdict, a.reason,
					       ${\ number('predicted', 'before,bytes', 'dead bytes before')},
					       ${\ number('predicted', 'after,bytes', 'dead bytes predicted')},
					       ${\ number('observed', 'bytes', 'dead bytes observed')},
					       ${\ number('predicted', 'before,pages_per_hour', 'pages/h before')},
					       ${\ number('predicted', 'after,pages_per_hour', 'pages/h predicted')},
					       ${\ number('observed', 'pages_per_hour', 'pages/h observed')},
					       a.reverted_by AS "taken back by"
					  FROM tend.autovacuum_actions a
					 WHERE a.schema_name = $schema AND a.table_name = $table
					 ORDER BY a.at DESC LIMIT 50
SQL
		line(7,
			table(
				title => 'Where the planner is wrong about it', width => 12, none => 'nowhere',
				about => 'tend.misestimates of this table: how many times estimates are off, why, and what helps. 1 is exact.',
				columns => [
					column('columns', width => 180, link => drill('All misestimates', 'pgtend-misestimates')),
					column('off by', decimals => 1, width => 80, colors => steps(green => undef, yellow => 4, red => 16)),
					column('remedy', wrap => 1) ],
				sql => <<"SQL"),
					SELECT array_to_string(m.columns, ', ') AS "columns", m.median_q_error AS "off by", m.cause, m.remedy
					  FROM tend.misestimates m
					 WHERE m.schema_name = $schema AND m.table_name = $table LIMIT 20
SQL
			table(
				title => 'What happened to it', width => 12, none => 'nothing',
				about => 'Events of tend.events that name this table, in the time shown.',
				columns => [ column('at', unit => 'dateTimeAsLocal', width => 170), column('severity', width => 90, words => $severities),
					column('kind', width => 150), column('event', wrap => 1) ],
				sql => <<"SQL")) ]);
					SELECT e.at, e.severity, e.kind, e.state, e.message AS "event"
					  FROM tend.events e
					 WHERE \$__timeFilter(e.at)
					   AND e.object = format('%I.%I', $schema, $table)
					 ORDER BY e.at DESC LIMIT 50
SQL
