/*-------------------------------------------------------------------------
 *
 * report_plans.c
 *	  tend.report(): queries whose plan changed
 *
 * Texts are those that tend.plan_changes shows to who asks, once more without
 * constants.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "draw/escape.h"
#include "draw/mask.h"
#include "show/report.h"
#include "sql.h"

#define MAX_LANES	14
#define MAX_CARDS	8
#define MAX_BARS	100
#define QUERY_CHARS	600
#define PLAN_CHARS	6000

static const char changes_sql[] =
"SELECT EXTRACT(epoch FROM c.at)::float8, EXTRACT(epoch FROM c.closed_at)::float8, c.queryid, c.query,"
"       c.old_mean_ms, c.new_mean_ms, c.ratio, c.verdict, c.cause, c.state, c.explanation, c.remedy,"
"       c.old_plan, c.new_plan, c.lost_ms_per_hour, c.usename, c.old_planid = c.new_planid"
"  FROM tend.plan_changes c"
" WHERE c.at <= $2 AND (c.at >= $1 OR c.state <> 'resolved' OR c.closed_at >= $1)"
" ORDER BY c.state = 'resolved', c.verdict <> 'regressed', pg_catalog.abs(c.lost_ms_per_hour) DESC NULLS LAST, c.at DESC"
" LIMIT 100";

typedef struct PlanChange
{
	double		began;
	double		closed;			/* NaN: it is not */
	int64		queryid;
	char	   *query;
	double		old_ms;
	double		new_ms;
	double		ratio;
	char	   *verdict;
	char	   *cause;
	char	   *state;
	char	   *explanation;
	char	   *remedy;
	char	   *old_plan;
	char	   *new_plan;
	double		lost_per_hour;	/* ms */
	bool		same_plan;
} PlanChange;

static void
read_change(PlanChange *c, uint64 row)
{
	char	   *query = tend_report_words(row, 4);
	char	   *old_plan = tend_report_text(row, 13);
	char	   *new_plan = tend_report_text(row, 14);
	bool		isnull;

	c->began = tend_sql_double(row, 1);
	c->closed = tend_sql_double(row, 2);
	c->queryid = tend_sql_int64(row, 3);
	c->query = query == NULL ? psprintf("query %lld", (long long) c->queryid) : unconstify(char *, tend_mask_query(query));
	c->old_ms = tend_sql_double(row, 5);
	c->new_ms = tend_sql_double(row, 6);
	c->ratio = tend_sql_double(row, 7);
	c->verdict = tend_report_words(row, 8);
	c->cause = tend_report_words(row, 9);
	c->state = tend_report_words(row, 10);
	c->explanation = tend_report_words(row, 11);
	c->remedy = tend_report_text(row, 12);
	c->old_plan = old_plan == NULL ? NULL : unconstify(char *, tend_mask_plan(old_plan));
	c->new_plan = new_plan == NULL ? NULL : unconstify(char *, tend_mask_plan(new_plan));
	c->lost_per_hour = tend_sql_double(row, 15);
	c->same_plan = DatumGetBool(tend_sql_datum(row, 17, &isnull));
}

static const char *
css_of(const PlanChange *c)
{
	if (strcmp(c->verdict, "regressed") == 0)
		return "bad";
	return strcmp(c->verdict, "improved") == 0 ? "good" : "calm";
}

static bool
is_open(const PlanChange *c)
{
	return strcmp(c->state, "resolved") != 0;
}

static const char *
speed(const PlanChange *c)
{
	if (isnan(c->ratio) || c->ratio <= 0)
		return c->verdict;
	if (c->ratio >= 1.05)
		return psprintf("%.3g times slower", c->ratio);
	if (c->ratio <= 0.95)
		return psprintf("%.3g times faster", 1 / c->ratio);
	return "as fast as before";
}

/* ---- the line of time ---- */

static void
plot_changes(TendReport *r, const PlanChange *changes, int n)
{
	TendLane	lanes[MAX_LANES];
	TendLaneBar bars[MAX_BARS];
	const PlanChange *of_lane[MAX_LANES];
	int			nlanes = 0;
	int			nbars = 0;
	TendFigure	figure = {
		.id = "plans-lanes",
		.title = "Queries with another plan or another speed, the worst first",
		.note = "A bar lasts from the change until it was over. Red is slower, green is faster, grey is neither or not yet decided.",
	};

	for (int i = 0; i < n && nbars < MAX_BARS; i++)
	{
		const PlanChange *c = &changes[i];
		int			lane;

		/* several changes of a query share a line */
		for (lane = 0; lane < nlanes; lane++)
		{
			if (of_lane[lane]->queryid == c->queryid && strcmp(of_lane[lane]->query, c->query) == 0)
				break;
		}
		if (lane == MAX_LANES)
			continue;
		if (lane == nlanes)
		{
			of_lane[nlanes] = c;
			lanes[nlanes++] = (TendLane) {c->query, speed(c), css_of(c)};
		}
		bars[nbars++] = (TendLaneBar) {
			.lane = lane,
			.from = c->began,
			.to = isnan(c->closed) || is_open(c) ? r->time.to : c->closed,
			.begins = c->began >= r->time.from,
			.lasts = is_open(c) || c->closed > r->time.to,
			.css = css_of(c),
			.tip = psprintf("%s, %s; %s", tend_clock_moment(tend_report_utc_offset, c->began).str, speed(c), c->state)
		};
	}
	figure.description = psprintf("%d queries on a line of time; the first one: %s", nlanes, lanes[0].value);
	tend_lanes(&r->body, &figure, &r->time, lanes, nlanes, bars, nbars);
}

/* ---- each of the worst ---- */

static void
put_plan(StringInfo out, const char *heading, const char *plan)
{
	appendStringInfo(out, "<div><b>%s</b><pre class=\"plan\">%s</pre></div>\n", tend_escape(heading),
					 plan == NULL ? "not known" : tend_escape_clipped(plan, PLAN_CHARS));
}

static void
put_card(TendReport *r, const PlanChange *c)
{
	StringInfo	out = &r->body;

	appendStringInfo(out, "<div class=\"change\">\n<p><span class=\"badge %s\">%s</span> <b>%s</b>, from %s to %s; cause: %s; %s</p>\n",
					 css_of(c), tend_escape(c->verdict), tend_escape(speed(c)),
					 tend_escape_word(tend_word_ms(c->old_ms)), tend_escape_word(tend_word_ms(c->new_ms)),
					 tend_escape(c->cause),
					 is_open(c) ? "not over" : tend_escape(psprintf("over since %s", tend_clock_moment(tend_report_utc_offset, c->closed).str)));
	appendStringInfo(out, "<p class=\"query\"><code>%s</code></p>\n", tend_escape_clipped(c->query, QUERY_CHARS));
	if (c->explanation != NULL)
		tend_paragraph(out, "", c->explanation);
	if (c->remedy != NULL && is_open(c))
		appendStringInfo(out, "<pre>%s</pre>\n", tend_escape_clipped(c->remedy, QUERY_CHARS));
	if (!c->same_plan)
	{
		appendStringInfoString(out, "<details><summary>Both plans</summary>\n<div class=\"pair\">\n");
		put_plan(out, "Before", c->old_plan);
		put_plan(out, "After", c->new_plan);
		appendStringInfoString(out, "</div></details>\n");
	}
	appendStringInfoString(out, "</div>\n");
}

/* Those of which something is known to be said */
static void
put_cards(TendReport *r, const PlanChange *changes, int n)
{
	int			shown = 0;

	for (int i = 0; i < n && shown < MAX_CARDS; i++)
	{
		if (strcmp(css_of(&changes[i]), "calm") == 0)
			continue;
		put_card(r, &changes[i]);
		shown++;
	}
	if (shown < n)
		tend_paragraph(&r->body, "plain", psprintf("%d other%s: see tend.plan_changes.", n - shown,
												   n - shown == 1 ? " change got neither slower nor faster, or was left out for room" :
												   " changes got neither slower nor faster, or were left out for room"));
}

static void
tile_changes(TendReport *r, const PlanChange *changes, int n)
{
	int			worse = 0;
	int			open = 0;
	int			first = 0;

	for (int i = 0; i < n; i++)
	{
		bool		regressed = strcmp(changes[i].verdict, "regressed") == 0;

		if (regressed && (worse == 0 || changes[i].ratio > changes[first].ratio))
			first = i;
		worse += regressed;
		open += regressed && is_open(&changes[i]);
	}
	if (worse > 0)
		tend_report_tell(r, psprintf("%d %s got slower, the worst %s", worse, worse == 1 ? "query" : "queries", speed(&changes[first])));
	tend_report_tile(r, "Slower queries", psprintf("%d", worse),
					 n == 0 ? "no plan changed" : psprintf("%d of them still are; %d%s changes in all", open, n, n == 100 ? " or more" : ""));
}

void
tend_report_plans(TendReport *r)
{
	uint64		n = tend_report_select(r, "read tend.plan_changes", changes_sql);
	PlanChange *changes = palloc0(sizeof(PlanChange) * Max(n, 1));

	for (uint64 i = 0; i < n; i++)
		read_change(&changes[i], i);
	tend_sql_done();
	tile_changes(r, changes, (int) n);

	tend_section_begin(&r->body, "plans", "Queries whose plan changed");
	if (!r->loaded)
		tend_paragraph(&r->body, "plain", "Plans are not tracked, as pg_tend is not in shared_preload_libraries.");
	if (n == 0)
	{
		tend_paragraph(&r->body, "plain", "No query changed its plan in this time, as far as pg_tend saw, and none became slow with the same one.");
		tend_section_end(&r->body);
		return;
	}
	tend_paragraph(&r->body, "", "The planner chooses anew when statistics, indexes or settings change. Usually nobody notices; these queries did. "
				   "Times are means per execution, compared with what the same query took before.");
	plot_changes(r, changes, (int) n);
	put_cards(r, changes, (int) n);
	tend_section_end(&r->body);
}
