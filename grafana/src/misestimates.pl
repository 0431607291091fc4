# Where is the planner wrong, and what cures it?
use strict;
use warnings FATAL => 'all';
use Common;
use Grafana;

my $chosen = any_of('table', 'm.table_name::text');
my $off_by = steps(green => undef, yellow => 4, red => 16);
my $measure = 'How many times the planner is off: the greater of actual / expected and expected / actual rows. 1 is exact.';

return dashboard(
	uid => 'pgtend-misestimates',
	title => 'pg_tend: misestimates',
	about => 'Where the planner expects other numbers of rows than come, why, and what cures it, as proven on samples. No values of your data are shown.',
	from => 'now-7d',
	refresh => '5m',
	annotations => [ $events ],
	variables => [
		query_variable('table', <<'SQL', all => 1) ],
			SELECT m.table_name::text FROM tend.misestimates m
			UNION SELECT a.table_name::text FROM tend.statistics_advice a
			UNION SELECT s.table_name::text FROM tend.statistics_actions s
			ORDER BY 1 LIMIT 1000
SQL
	rows => [
		line(4,
			stat(
				title => 'Now', width => 24, unit => 'short', names => 1,
				about => 'What was misestimated in sampled executions, the time these took, and cures that are proven.',
				columns => [
					column('worst median', colors => $off_by, decimals => 1), column('sampled time', unit => 'dtdurations'),
					column('proven cures', colors => steps(text => undef, blue => 1)) ],
				sql => <<"SQL")),
					SELECT count(*) AS "misestimates", max(m.median_q_error) AS "worst median",
					       COALESCE(sum(m.sampled_ms), 0) / 1000 AS "sampled time",
					       (SELECT count(*) FROM tend.statistics_advice m WHERE m.action = 'create' AND $chosen) AS "proven cures",
					       (SELECT count(*) FROM tend.statistics_actions m WHERE m.verdict <> 'reverted' AND $chosen) AS "cures in place"
					  FROM tend.misestimates m WHERE $chosen
SQL
		line(9,
			bars(
				title => 'Before and after: advice', width => 12, unit => 'none', by => 'columns', log => 1, none => 'none', decimals => 1,
				about => "tend.statistics_advice: $measure Now, and with the proposed statistics.",
				columns => [ column('now', color => 'orange'), column('with statistics', color => 'green') ],
				sql => <<"SQL"),
					SELECT format('%s (%s)', m.table_name, array_to_string(m.columns, ', ')) AS "columns",
					       m.q_error_now AS "now", m.q_error_expected AS "with statistics"
					  FROM tend.statistics_advice m
					 WHERE m.action = 'create' AND $chosen LIMIT 15
SQL
			bars(
				title => 'Before and after: in place', width => 12, unit => 'none', by => 'columns', log => 1, none => 'none', decimals => 1,
				about => "tend.statistics_actions: $measure Before the statistics were created, as predicted, and as seen since.",
				columns => [ column('before', color => 'orange'), column('predicted', color => 'green'), column('since', color => 'blue') ],
				sql => <<"SQL")),
					SELECT format('%s (%s)', m.table_name, array_to_string(m.columns, ', ')) AS "columns",
					       m.q_error_before AS "before", m.q_error_predicted AS "predicted", m.q_error_since AS "since"
					  FROM tend.statistics_actions m
					 WHERE m.verdict <> 'reverted' AND $chosen
					 ORDER BY m.at DESC LIMIT 15
SQL
		line(8,
			table(
				title => 'Advice, proven', width => 24, none => 'none',
				about => 'tend.statistics_advice: statistics on several columns that repaired estimates twice, on different samples, with the command.',
				columns => [
					name_columns(), column('columns', width => 180), column('kinds', width => 140),
					column('off by now', decimals => 1, width => 100, colors => $off_by),
					column('then', decimals => 1, width => 80, colors => $off_by),
					column('proof', wrap => 1), column('command', wrap => 1) ],
				sql => <<"SQL")),
					SELECT m.schema_name::text AS "schema", m.table_name::text AS "table", array_to_string(m.columns, ', ') AS "columns", m.action,
					       array_to_string(m.kinds, ', ') AS "kinds", m.q_error_now AS "off by now", m.q_error_expected AS "then",
					       m.proof, m.command
					  FROM tend.statistics_advice m
					 WHERE $chosen LIMIT 50
SQL
		line(11,
			table(
				title => 'Misestimates, what costs most time first', width => 24, none => 'none',
				about => "tend.misestimates: $measure Why it is so, and what helps.",
				columns => [
					name_columns(), column('columns', width => 160), column('conditions', width => 200, wrap => 1),
					column('median', decimals => 1, width => 85, colors => $off_by), column('worst', decimals => 1, width => 85),
					column('direction', width => 90), column('cause', width => 150), column('samples', width => 85),
					column('time', unit => 'dtdurations', width => 100), column('last', unit => 'dateTimeFromNow', width => 120),
					column('worst query', width => 170, link => drill('Plans of this query', 'pgtend-plans', query => 'worst query')),
					column('remedy', wrap => 1) ],
				sql => <<"SQL")),
					SELECT m.schema_name::text AS "schema", m.table_name::text AS "table", array_to_string(m.columns, ', ') AS "columns",
					       m.clause_shape AS "conditions", m.median_q_error AS "median", m.max_q_error AS "worst", m.direction, m.cause,
					       m.samples, m.sampled_ms / 1000 AS "time", m.last_seen AS "last",
					       m.queries #>> '{0,queryid}' AS "worst query", m.remedy
					  FROM tend.misestimates m
					 WHERE $chosen LIMIT 50
SQL
		line(8,
			table(
				title => 'What was created, and what came of it', width => 24, none => 'nothing',
				about => 'tend.statistics_actions: statistics that pg_tend created, the proof, and what was observed since.',
				columns => [
					column('at', unit => 'dateTimeAsLocal', width => 160), name_columns(), column('columns', width => 180),
					column('verdict', width => 100, words => words(kept => 'green', pending => 'blue', useless => 'orange', reverted => 'orange')),
					(map { column($_, decimals => 1, width => 90) } 'before', 'predicted', 'since'),
					column('observed', wrap => 1), column('undo', wrap => 1) ],
				sql => <<"SQL")) ]);
					SELECT m.at, m.schema_name::text AS "schema", m.table_name::text AS "table", array_to_string(m.columns, ', ') AS "columns",
					       m.verdict, m.q_error_before AS "before", m.q_error_predicted AS "predicted", m.q_error_since AS "since",
					       m.observed, format('SELECT tend.revert_statistics(%s);', m.action_id) AS "undo"
					  FROM tend.statistics_actions m
					 WHERE $chosen
					 ORDER BY m.at DESC LIMIT 50
SQL
