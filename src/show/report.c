/*-------------------------------------------------------------------------
 *
 * report.c
 *	  tend.report(): one page with everything
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "settings.h"
#include "show/report.h"
#include "sql.h"
#include "store/history_ring.h"
#include "store/shared.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(tend_report);

static double
unix_seconds(TimestampTz at)
{
	if (TIMESTAMP_IS_NOBEGIN(at))
		return -INFINITY;
	if (TIMESTAMP_IS_NOEND(at))
		return INFINITY;
	return at / 1e6 + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * 86400.0;
}

/* NaN for NULL */
static double
time_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NAN : unix_seconds(PG_GETARG_TIMESTAMPTZ(i));
}

/* NaN without any */
static double
history_begins(void)
{
	double		at;

	tend_sql_select("read tend.database_history",
					"SELECT EXTRACT(epoch FROM pg_catalog.min(h.at))::float8 FROM tend.database_history h",
					0, NULL, NULL);
	at = tend_sql_double(0, 1);
	tend_sql_done();
	return at;
}

static void
set_periods(TendReport *r, FunctionCallInfo fcinfo)
{
	double		history = history_begins();
	TendPeriodWish wish = {time_argument(fcinfo, 0), time_argument(fcinfo, 1), r->now, history};
	TendPeriodWish earlier = {time_argument(fcinfo, 2), time_argument(fcinfo, 3), r->now, history};

	r->period = tend_period(&wish);
	r->time = (TendTimeAxis) {r->period.from, r->period.to, tend_report_utc_offset};
	r->compares = !isnan(earlier.since);
	if (r->compares)
	{
		/* as long as this one, unless told */
		if (isnan(earlier.until))
			earlier.until = earlier.since + (r->period.to - r->period.from);
		r->earlier = tend_period(&earlier);
	}
}

static void
write_sections(TendReport *r)
{
	static void (*const sections[]) (TendReport *) = {
		tend_report_compare,
		tend_report_events,
		tend_report_tables,
		tend_report_freeze,
		tend_report_plans,
		tend_report_estimates,
		tend_report_disk,
		tend_report_actions,
		tend_report_about
	};

	for (int i = 0; i < (int) lengthof(sections); i++)
		sections[i] (r);
}

static void
check_history(void)
{
	if (!tend_ring_readable(TEND_SERIES_DATABASE))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no history on this standby to report"),
				 errdetail("It was taken out of the WAL with tend.set_history_logged(false)."),
				 errhint("Ask the primary, or run SELECT tend.set_history_logged(true) there. tend.health works here, too.")));
}

/*
 * tend.report(since, until, compare_since, compare_until) - a page of HTML
 */
Datum
tend_report(PG_FUNCTION_ARGS)
{
	TendReport *r = palloc0(sizeof(TendReport));
	StringInfoData page;
	text	   *result;

	initStringInfo(&r->body);
	initStringInfo(&r->story);
	initStringInfo(&page);
	r->now = unix_seconds(GetCurrentTimestamp());
	r->interval = tend_interval;
	r->loaded = tend_shared_loaded();

	check_history();
	SPI_connect();
	set_periods(r, fcinfo);
	tend_report_health(r);
	write_sections(r);
	tend_report_head(&page, r);
	SPI_finish();

	appendBinaryStringInfo(&page, r->body.data, r->body.len);
	appendStringInfoString(&page, "</main>\n");
	tend_page_end(&page);
	result = cstring_to_text_with_len(page.data, page.len);
	PG_RETURN_TEXT_P(result);
}
