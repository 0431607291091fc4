/*-------------------------------------------------------------------------
 *
 * report_events.c
 *	  tend.report(): who held back vacuum, and what else happened
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "show/report.h"
#include "sql.h"

#define MAX_LANES	12
#define MAX_BARS	600

/*
 * A condition lasts from its event to the next one of the same object.  What
 * is about plans and options has sections of its own.
 */
static const char events_sql[] =
"WITH o AS ("
" SELECT e.*, pg_catalog.lead(e.at) OVER (PARTITION BY e.kind, e.object ORDER BY e.at) AS next_at"
"   FROM tend.events e"
"  WHERE e.at <= $2 AND e.kind NOT IN ('options changed', 'plan regressed', 'query slow')"
"), g AS ("
" SELECT o.kind, o.severity, o.message, o.state, o.at >= $1 AS begins,"
"        o.state = 'open' AND o.next_at IS NULL AS lasts,"
"        CASE o.state WHEN 'open' THEN o.object ELSE '' END AS lane_key,"
"        CASE o.state WHEN 'open' THEN COALESCE(o.details ->> 'who', o.object) END AS who,"
"        EXTRACT(epoch FROM GREATEST(o.at, $1))::float8 AS began,"
"        EXTRACT(epoch FROM CASE o.state WHEN 'open' THEN COALESCE(o.next_at, $2) ELSE o.at END)::float8 AS ended"
"   FROM o"
"  WHERE (o.state = 'open' AND COALESCE(o.next_at, $2) >= $1)"
"     OR (o.state = 'single' AND o.at >= $1)"
"), l AS ("
" SELECT g.kind, g.lane_key, pg_catalog.count(*) OVER () AS lanes, pg_catalog.row_number() OVER ("
"        ORDER BY pg_catalog.sum(g.ended - g.began) DESC, pg_catalog.count(*) DESC, g.kind, g.lane_key) AS lane"
"   FROM g GROUP BY g.kind, g.lane_key)"
"SELECT l.lane, g.kind, g.who, g.severity, g.begins, g.began, g.ended, g.lasts, l.lanes, g.message"
"  FROM g JOIN l USING (kind, lane_key)"
" ORDER BY l.lane, g.began LIMIT 600";

typedef struct EventLanes
{
	TendLane	lanes[MAX_LANES];
	double		seconds[MAX_LANES];
	int			events[MAX_LANES];
	int			nlanes;
	TendLaneBar bars[MAX_BARS];
	int			nbars;
	int64		all_lanes;
} EventLanes;

static const char *
css_of(const char *severity)
{
	return strcmp(severity, "critical") == 0 ? "bad" : strcmp(severity, "warning") == 0 ? "warn" : "calm";
}

static void
add_span(TendReport *r, const TendLaneBar *bar)
{
	if (r->nspans < TEND_REPORT_MAX_SPANS)
		r->spans[r->nspans++] = (TendSpan) {bar->from, bar->to, bar->tip};
}

static void
add_event(TendReport *r, EventLanes *e, uint64 row)
{
	int			lane = (int) tend_sql_int64(row, 1) - 1;
	const char *kind = tend_report_words(row, 2);
	const char *who = tend_report_words(row, 3);
	bool		isnull;
	TendLaneBar bar = {
		.lane = lane,
		.from = tend_sql_double(row, 6),
		.to = tend_sql_double(row, 7),
		.begins = DatumGetBool(tend_sql_datum(row, 5, &isnull)),
		.lasts = DatumGetBool(tend_sql_datum(row, 8, &isnull)),
		.css = css_of(tend_report_text(row, 4)),
		.tip = tend_report_words(row, 10)
	};

	if (strcmp(kind, "vacuum blocker") == 0)
		add_span(r, &bar);
	e->all_lanes = tend_sql_int64(row, 9);
	if (lane >= MAX_LANES)
		return;
	if (lane >= e->nlanes)
	{
		e->nlanes = lane + 1;
		e->lanes[lane].name = who == NULL ? kind : psprintf("%s: %s", kind, who);
		e->lanes[lane].css = bar.css;
	}
	e->seconds[lane] += bar.to - bar.from;
	e->events[lane]++;
	e->bars[e->nbars++] = bar;
}

static void
value_lanes(EventLanes *e)
{
	for (int i = 0; i < e->nlanes; i++)
	{
		if (e->seconds[i] >= 1)
			e->lanes[i].value = psprintf("%s", tend_word_duration(e->seconds[i]).str);
		else
			e->lanes[i].value = e->events[i] == 1 ? "once" : psprintf("%d times", e->events[i]);
		if (e->lanes[i].name == NULL)
			e->lanes[i].name = "unknown";
	}
}

/* Overlapping times count once. */
static void
tell_blockers(TendReport *r)
{
	double		seconds = 0;
	double		end = r->time.from;

	for (int i = 0; i < r->nspans; i++)
	{
		double		from = Max(r->spans[i].from, end);

		seconds += Max(r->spans[i].to - from, 0);
		end = Max(end, r->spans[i].to);
	}
	if (r->nspans > 0)
		tend_report_tell(r, psprintf("vacuum was held back for %s%s", r->nspans == TEND_REPORT_MAX_SPANS ? "at least " : "",
									 tend_word_duration(seconds).str));
}

static int
by_from(const void *a, const void *b)
{
	double		x = ((const TendSpan *) a)->from;
	double		y = ((const TendSpan *) b)->from;

	return x < y ? -1 : x > y ? 1 : 0;
}

void
tend_report_events(TendReport *r)
{
	EventLanes *e = palloc0(sizeof(EventLanes));
	uint64		n = tend_report_select(r, "read tend.events", events_sql);
	TendFigure	figure = {
		.id = "events-lanes",
		.title = "Conditions and events, the longest first",
		.note = "A bar is as long as the condition lasted; a dot is where it began, a line at its end: it was not over.",
	};

	for (uint64 i = 0; i < n && e->nbars < MAX_BARS; i++)
		add_event(r, e, i);
	tend_sql_done();
	qsort(r->spans, r->nspans, sizeof(TendSpan), by_from);

	tend_section_begin(&r->body, "events", "What got in the way");
	if (n == 0)
	{
		tend_paragraph(&r->body, "plain", "Nothing held back vacuum, and nothing else out of the ordinary was noted in this time.");
		tend_section_end(&r->body);
		return;
	}
	value_lanes(e);
	tell_blockers(r);
	tend_paragraph(&r->body, "", "As long as a transaction, a prepared transaction or a replication slot holds on to old rows, vacuum cannot remove them, however often it comes. "
				   "The same times are shaded in the plots of tables below.");
	figure.description = psprintf("%d lines of time; the first one: %s, %s", e->nlanes,
								  e->lanes[0].name, e->lanes[0].value);
	tend_lanes(&r->body, &figure, &r->time, e->lanes, e->nlanes, e->bars, e->nbars);
	if (e->all_lanes > e->nlanes)
		tend_paragraph(&r->body, "plain", psprintf("Shown are %d of %lld; all are in tend.events.",
												   e->nlanes, (long long) e->all_lanes));
	tend_section_end(&r->body);
}
