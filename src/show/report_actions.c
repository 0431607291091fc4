/*-------------------------------------------------------------------------
 *
 * report_actions.c
 *	  tend.report(): what pg_tend set on tables, and what came of it
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "draw/bullet.h"
#include "show/report.h"
#include "sql.h"

#define MAX_PLOTS	9
#define MAX_ROWS	30

/* One row per change; those with a proof first */
static const char actions_sql[] =
"SELECT x.*, pg_catalog.count(*) OVER (), pg_catalog.count(*) FILTER (WHERE x.verdict = 'kept') OVER (),"
"       pg_catalog.count(*) FILTER (WHERE x.verdict = 'reverted') OVER ()"
"  FROM (SELECT CASE pg_catalog.min(a.schema_name) WHEN 'public' THEN '' ELSE pg_catalog.min(a.schema_name) || '.' END || pg_catalog.min(a.table_name),"
"       a.topic, pg_catalog.string_agg(a.option || ' = ' || a.new_value, ', ' ORDER BY a.action_id),"
"       EXTRACT(epoch FROM pg_catalog.min(a.at))::float8, pg_catalog.min(a.verdict) AS verdict, pg_catalog.min(a.reason),"
"       pg_catalog.min(a.observed ->> 'why'), pg_catalog.min(a.reverted_by),"
"       pg_catalog.min((a.predicted -> 'before' ->> 'rows')::float8),"
"       pg_catalog.min((a.predicted -> 'after' ->> 'rows')::float8), pg_catalog.min((a.observed ->> 'rows')::float8),"
"       pg_catalog.min((a.predicted -> 'before' ->> 'pages_per_hour')::float8),"
"       pg_catalog.min((a.predicted -> 'after' ->> 'pages_per_hour')::float8), pg_catalog.min((a.observed ->> 'pages_per_hour')::float8),"
"       pg_catalog.min(a.action_id) AS action_id"
"  FROM tend.autovacuum_actions a"
" WHERE a.at <= $2 AND (a.at >= $1 OR a.reverted_at >= $1 OR a.verdict <> 'reverted')"
" GROUP BY a.change_id, a.relid, a.topic, a.origin"
" ORDER BY pg_catalog.min(a.observed ->> 'rows') IS NULL, pg_catalog.min(a.at) DESC, pg_catalog.min(a.action_id)) x LIMIT 30";

typedef struct Action
{
	char	   *table;
	char	   *topic;
	char	   *options;
	double		at;
	char	   *verdict;
	char	   *reason;
	char	   *why;
	char	   *reverted_by;
	double		rows[3];		/* before, predicted, observed */
	double		pages[3];
	int64		action_id;
} Action;

static void
read_action(Action *a, uint64 row)
{
	a->table = tend_report_words(row, 1);
	a->topic = tend_report_words(row, 2);
	a->options = tend_report_words(row, 3);
	a->at = tend_sql_double(row, 4);
	a->verdict = tend_report_words(row, 5);
	a->reason = tend_report_words(row, 6);
	a->why = tend_report_words(row, 7);
	a->reverted_by = tend_report_words(row, 8);
	for (int i = 0; i < 3; i++)
	{
		a->rows[i] = tend_sql_double(row, 9 + i);
		a->pages[i] = tend_sql_double(row, 12 + i);
	}
	a->action_id = tend_sql_int64(row, 15);
}

static const char *
css_of(const char *verdict)
{
	return strcmp(verdict, "kept") == 0 ? "good" : strcmp(verdict, "reverted") == 0 ? "warn" : "calm";
}

/* ---- the proof ---- */

static void
plot_action(TendReport *r, const Action *a, int i)
{
	static const char *const names[] = {"before", "predicted", "observed"};
	static const char *const styles[] = {"calm", "data", "good"};
	bool		analyze = strcmp(a->topic, "analyze") == 0;
	TendBullet	bullets[3];
	TendScale	scale = tend_scale_from_zero(fmax(fmax(a->rows[0], a->rows[1]), a->rows[2]));
	TendFigure	figure = {
		.id = psprintf("action-%d", i),
		.title = a->table,
		.badge = a->verdict,
		.badge_css = css_of(a->verdict),
		.note = psprintf("%s when %s starts; pages it touches per hour.",
						 analyze ? "Changed rows" : "Dead rows", analyze ? "analyze" : "vacuum")
	};

	for (int j = 0; j < 3; j++)
	{
		bullets[j] = (TendBullet) {names[j], a->rows[j],
			isnan(a->rows[j]) ? "not yet known" :
			isnan(a->pages[j]) ? psprintf("%s rows", tend_word_short(a->rows[j]).str) :
			psprintf("%s rows, %s pages/h", tend_word_short(a->rows[j]).str, tend_word_short(a->pages[j]).str),
			styles[j]};
	}
	figure.description = psprintf("%s: %s; %s: %s; %s: %s", names[0], bullets[0].text,
								  names[1], bullets[1].text, names[2], bullets[2].text);
	tend_bullets(&r->body, &figure, &scale, bullets, 3, NULL, 0);
}

static void
plot_actions(TendReport *r, const Action *actions, int n)
{
	int			plotted = 0;

	for (int i = 0; i < n && plotted < MAX_PLOTS; i++)
	{
		if (isnan(actions[i].rows[2]) || isnan(actions[i].rows[0]))
			continue;
		if (plotted == 0)
			tend_small_multiples_begin(&r->body);
		plot_action(r, &actions[i], plotted++);
	}
	if (plotted > 0)
		tend_small_multiples_end(&r->body);
}

/* ---- all of them ---- */

static const char *
outcome(const Action *a)
{
	StringInfoData text;

	initStringInfo(&text);
	if (a->why != NULL)
		appendStringInfo(&text, "%s. ", a->why);
	if (a->reverted_by != NULL)
		appendStringInfo(&text, "Taken back: %s.", a->reverted_by);
	else
		appendStringInfo(&text, "To undo: SELECT tend.revert(%lld);", (long long) a->action_id);
	return text.data;
}

static void
put_actions(TendReport *r, const Action *actions, int n, int64 all)
{
	static const TendColumn columns[] = {
		{.name = "Table"}, {.name = "When"}, {.name = "What was set", .is_code = true},
		{.name = "Why", .is_long = true}, {.name = "Verdict"}, {.name = "What came of it", .is_long = true}
	};

	tend_table_begin(&r->body, psprintf("%d of %lld changes, those with a proof first", n, (long long) all),
					 columns, lengthof(columns));
	for (int i = 0; i < n; i++)
	{
		const Action *a = &actions[i];
		const char *cells[] = {a->table, pstrdup(tend_clock_moment(tend_report_utc_offset, a->at).str),
		a->options, a->reason, a->verdict, outcome(a)};

		tend_table_row(&r->body, columns, cells, lengthof(columns));
	}
	tend_table_end(&r->body);
}

/* What is advised, and nobody does: the first few */
static void
put_advice(TendReport *r)
{
	static const TendColumn columns[] = {
		{.name = "Table"}, {.name = "Why", .is_long = true}, {.name = "Command", .is_code = true}
	};
	uint64		n = tend_report_select(r, "read tend.autovacuum_proposals()",
									   "SELECT CASE p.schema_name WHEN 'public' THEN '' ELSE p.schema_name || '.' END || p.table_name,"
									   " pg_catalog.min(p.reason), p.command FROM tend.autovacuum_proposals() p"
									   " WHERE p.blocked_by IS NOT NULL"
									   " GROUP BY p.relid, p.schema_name, p.table_name, p.topic, p.command"
									   " ORDER BY pg_catalog.max(p.benefit) DESC, p.command LIMIT 5");

	if (n > 0)
		tend_table_begin(&r->body, "What it would set now, the most useful first; all of it is in tend.autovacuum_advice",
						 columns, lengthof(columns));
	for (uint64 i = 0; i < n; i++)
	{
		const char *cells[] = {tend_report_words(i, 1), tend_report_words(i, 2), tend_report_text(i, 3)};

		tend_table_row(&r->body, columns, cells, lengthof(columns));
	}
	if (n > 0)
		tend_table_end(&r->body);
	tend_sql_done();
}

void
tend_report_actions(TendReport *r)
{
	uint64		n = tend_report_select(r, "read tend.autovacuum_actions", actions_sql);
	Action	   *actions = palloc0(sizeof(Action) * Max(n, 1));
	int64		all = n > 0 ? tend_sql_int64(0, 16) : 0;

	for (uint64 i = 0; i < n; i++)
		read_action(&actions[i], i);
	tend_report_tile(r, "Changes made", psprintf("%lld", (long long) all),
					 n == 0 ? "none; it advises, unless told to apply" :
					 psprintf("%lld proved right and kept, %lld taken back",
							  (long long) tend_sql_int64(0, 17), (long long) tend_sql_int64(0, 18)));
	tend_sql_done();
	if (all > 0)
		tend_report_tell(r, psprintf("pg_tend changed options %lld %s", (long long) all, all == 1 ? "time" : "times"));

	tend_section_begin(&r->body, "actions", "What pg_tend changed, and what came of it");
	if (n == 0)
		tend_paragraph(&r->body, "plain", "pg_tend set no option of any table in this time.");
	else
	{
		tend_paragraph(&r->body, "", "Each change of autovacuum options begins with a prediction. After three vacuums it is compared with what was observed: "
					   "what does not hold is taken back. Shorter bars are better: fewer dead rows to read past.");
		plot_actions(r, actions, (int) n);
		put_actions(r, actions, (int) n, all);
	}
	if (r->period.is_now)
		put_advice(r);
	tend_section_end(&r->body);
}
