/*-------------------------------------------------------------------------
 *
 * report_compare.c
 *	  tend.report(): this period and an earlier one
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "draw/mask.h"
#include "show/report.h"
#include "sql.h"

/* What can be compared.  More of each of them is worse, or says nothing. */
static const char measures_sql[] =
"SELECT d.dead, d.most_dead, d.due, d.xids * 3600 / NULLIF(d.seconds, 0), e.blockers, e.cancelled,"
"       p.calls * 3600 / NULLIF(p.seconds, 0), p.ms / NULLIF(p.calls, 0), c.worse"
"  FROM (SELECT pg_catalog.avg(h.dead_tuples)::float8 AS dead, pg_catalog.max(h.dead_tuples)::float8 AS most_dead,"
"               pg_catalog.max(h.tables_due)::float8 AS due, (pg_catalog.max(h.next_xid) - pg_catalog.min(h.next_xid))::float8 AS xids,"
"               EXTRACT(epoch FROM pg_catalog.max(h.at) - pg_catalog.min(h.at))::float8 AS seconds"
"          FROM tend.database_history h WHERE h.at BETWEEN $1 AND $2) d,"
"       (SELECT pg_catalog.count(*) FILTER (WHERE e.kind = 'vacuum blocker' AND e.state = 'open')::float8 AS blockers,"
"               pg_catalog.count(*) FILTER (WHERE e.kind = 'autovacuum cancelled')::float8 AS cancelled"
"          FROM tend.events e WHERE e.at BETWEEN $1 AND $2) e,"
"       (SELECT pg_catalog.sum(h.calls)::float8 AS calls, pg_catalog.sum(h.total_exec_ms) AS ms,"
"               EXTRACT(epoch FROM pg_catalog.max(h.at) - pg_catalog.min(h.at))::float8 + pg_catalog.max(h.interval_seconds) AS seconds"
"          FROM tend.plan_history h WHERE h.at BETWEEN $1 AND $2 AND h.toplevel) p,"
"       (SELECT pg_catalog.count(*) FILTER (WHERE c.verdict = 'regressed')::float8 AS worse"
"          FROM tend.plan_changes c WHERE c.at BETWEEN $1 AND $2) c";

#define NUM_MEASURES 9

typedef struct Measure
{
	const char *name;
	TendWord	(*word) (double value);
} Measure;

static const Measure measures[NUM_MEASURES] = {
	{"Dead rows, on average", tend_word_count},
	{"Dead rows, at most", tend_word_count},
	{"Tables due at a time, at most", tend_word_count},
	{"Transaction IDs per hour", tend_word_count},
	{"Times that vacuum was held back", tend_word_count},
	{"Autovacuums cancelled", tend_word_count},
	{"Executions per hour", tend_word_count},
	{"Mean time of an execution", tend_word_ms},
	{"Queries that got slower", tend_word_count}
};

static void
read_measures(const TendPeriod *p, double *values)
{
	tend_report_select_of(p, "read history", measures_sql);
	for (int i = 0; i < NUM_MEASURES; i++)
		values[i] = tend_sql_double(0, i + 1);
	tend_sql_done();
}

static const char *
change_of(double before, double now)
{
	if (isnan(before) || isnan(now))
		return NULL;
	if (before == now)
		return "the same";
	if (before == 0)
		return "new";
	if (now == 0)
		return "gone";
	if (now / before >= 2 || now / before <= 0.5)
		return psprintf("%.3g times as %s", now > before ? now / before : before / now, now > before ? "much" : "little");
	return psprintf("%+.0f %%", 100 * (now / before - 1));
}

static void
put_measures(TendReport *r)
{
	static const TendColumn columns[] = {
		{.name = "Measure"}, {.name = "Earlier", .is_number = true}, {.name = "Now", .is_number = true}, {.name = "Change", .is_number = true}
	};
	double		before[NUM_MEASURES];
	double		now[NUM_MEASURES];

	read_measures(&r->earlier, before);
	read_measures(&r->period, now);
	tend_table_begin(&r->body, "The whole database", columns, lengthof(columns));
	for (int i = 0; i < NUM_MEASURES; i++)
	{
		const char *cells[] = {
			measures[i].name,
			isnan(before[i]) ? NULL : pstrdup(measures[i].word(before[i]).str),
			isnan(now[i]) ? NULL : pstrdup(measures[i].word(now[i]).str),
			change_of(before[i], now[i])
		};

		tend_table_row(&r->body, columns, cells, lengthof(columns));
	}
	tend_table_end(&r->body);
}

/* ---- queries ---- */

typedef struct QueryTime
{
	int64		queryid;
	double		calls;
	double		ms;
} QueryTime;

#define MAX_QUERIES		400
#define SHOWN_QUERIES	10

static int
read_queries(const TendPeriod *p, QueryTime *queries)
{
	int			n = (int) tend_report_select_of(p, "read tend.plan_history",
												"SELECT h.queryid, pg_catalog.sum(h.calls)::float8, pg_catalog.sum(h.total_exec_ms)"
												"  FROM tend.plan_history h WHERE h.at BETWEEN $1 AND $2 AND h.toplevel"
												" GROUP BY 1 ORDER BY 3 DESC LIMIT 400");

	for (int i = 0; i < n; i++)
		queries[i] = (QueryTime) {tend_sql_int64(i, 1), tend_sql_double(i, 2), tend_sql_double(i, 3)};
	tend_sql_done();
	return n;
}

/* In both periods; what changed the time of the server most comes first */
typedef struct QueryChange
{
	int64		queryid;
	double		before;			/* mean, in ms */
	double		now;
	double		calls;			/* now */
	double		weight;
	char	   *text;
} QueryChange;

static int
by_weight(const void *a, const void *b)
{
	double		x = ((const QueryChange *) a)->weight;
	double		y = ((const QueryChange *) b)->weight;

	return x < y ? 1 : x > y ? -1 : 0;
}

static int
match_queries(const QueryTime *before, int nbefore, const QueryTime *now, int nnow, QueryChange *changes)
{
	int			n = 0;

	for (int i = 0; i < nnow; i++)
	{
		for (int j = 0; j < nbefore; j++)
		{
			QueryChange *c = &changes[n];

			if (before[j].queryid != now[i].queryid || before[j].calls < 1 || now[i].calls < 1)
				continue;
			*c = (QueryChange) {now[i].queryid, before[j].ms / before[j].calls, now[i].ms / now[i].calls, now[i].calls, 0, NULL};
			c->weight = fabs(c->now - c->before) * c->calls;
			n++;
			break;
		}
	}
	qsort(changes, n, sizeof(QueryChange), by_weight);
	return Min(n, SHOWN_QUERIES);
}

/* As far as PostgreSQL shows them to who asks */
static void
name_queries(TendReport *r, QueryChange *changes, int n)
{
	uint64		known;

	if (!r->loaded)
		return;
	known = tend_report_select(r, "read tend.plans",
							   "SELECT p.queryid, pg_catalog.min(p.query) FROM tend.plans p"
							   " WHERE p.datname = pg_catalog.current_database() AND p.queryid IS NOT NULL GROUP BY 1");
	for (uint64 i = 0; i < known; i++)
	{
		int64		queryid = tend_sql_int64(i, 1);

		for (int j = 0; j < n; j++)
		{
			if (changes[j].queryid == queryid)
				changes[j].text = tend_report_words(i, 2);
		}
	}
	tend_sql_done();
}

static void
put_queries(TendReport *r)
{
	static const TendColumn columns[] = {
		{.name = "Query"}, {.name = "Earlier", .is_number = true}, {.name = "Now", .is_number = true}, {.name = "Change", .is_number = true},
		{.name = "Executions now", .is_number = true}
	};
	QueryTime  *before = palloc(sizeof(QueryTime) * MAX_QUERIES);
	QueryTime  *now = palloc(sizeof(QueryTime) * MAX_QUERIES);
	QueryChange *changes = palloc(sizeof(QueryChange) * MAX_QUERIES);
	int			nbefore = read_queries(&r->earlier, before);
	int			n = match_queries(before, nbefore, now, read_queries(&r->period, now), changes);

	if (n == 0)
		return;
	name_queries(r, changes, n);
	tend_table_begin(&r->body, "Queries of both periods: mean time of an execution; where most time was lost or won first", columns, lengthof(columns));
	for (int i = 0; i < n; i++)
	{
		const QueryChange *c = &changes[i];
		const char *cells[] = {
			c->text == NULL ? psprintf("query %lld", (long long) c->queryid) :
			psprintf("%.200s", tend_mask_query(c->text)),
			pstrdup(tend_word_ms(c->before).str),
			pstrdup(tend_word_ms(c->now).str),
			change_of(c->before, c->now),
			pstrdup(tend_word_count(c->calls).str)
		};

		tend_table_row(&r->body, columns, cells, lengthof(columns));
	}
	tend_table_end(&r->body);
}

void
tend_report_compare(TendReport *r)
{
	if (!r->compares)
		return;
	tend_section_begin(&r->body, "compare", "Compared with the earlier period");
	tend_paragraph(&r->body, "", psprintf("Earlier is %s to %s. In the plots of tables it is the dotted line, moved to this period.",
										  tend_clock_moment(tend_report_utc_offset, r->earlier.from).str,
										  tend_clock_moment(tend_report_utc_offset, r->earlier.to).str));
	if (r->earlier.state != TEND_PERIOD_OBSERVED)
		tend_paragraph(&r->body, "plain", "There is no history of that time.");
	else
	{
		put_measures(r);
		put_queries(r);
	}
	tend_section_end(&r->body);
}
