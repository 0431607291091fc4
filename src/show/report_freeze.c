/*-------------------------------------------------------------------------
 *
 * report_freeze.c
 *	  tend.report(): how far transaction IDs are from running out
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "show/report.h"
#include "sql.h"

#define MAX_COUNTERS	8

/* ---- all databases ---- */

static void
tile_wraparound(TendReport *r, double age, double limit, double eta)
{
	tend_report_tile(r, "Oldest transaction", pstrdup(tend_word_short(age).str),
					 psprintf("%.0f %% of the age at which freezing is forced%s", 100 * age / limit,
							  isnan(eta) ? "" : psprintf(", reached in %s", tend_word_duration(eta).str)));
}

static double
plot_databases(TendReport *r)
{
	TendBullet	bullets[MAX_COUNTERS];
	uint64		n = tend_report_select(r, "read tend.wraparound",
									   "SELECT datname, counter, age::float8, autovacuum_limit::float8, stop_limit::float8,"
									   " autovacuum_eta_seconds, stop_eta_seconds, severity, oldest_table,"
									   " datname = pg_catalog.current_database()"
									   " FROM tend.wraparound WHERE age > 0 OR counter = 'xid'");
	int			shown = (int) Min(n, MAX_COUNTERS);
	double		forced = 2e8;
	double		stop = 2.1e9;
	TendScale	scale;
	TendLimit	limits[2];
	TendFigure	figure = {
		.id = "freeze-databases",
		.title = "Age of the oldest ID in each database",
		.note = "The whole width is what there is: at its right end the server refuses to write.",
		.description = "Bars of the ages of the oldest transaction ID and multixact ID of each database, with the limits of autovacuum and of the server"
	};

	for (uint64 i = 0; i < n; i++)
	{
		char	   *datname = tend_report_words(i, 1);
		char	   *counter = tend_report_words(i, 2);
		double		age = tend_sql_double(i, 3);
		bool		isnull;
		bool		is_xid = strcmp(counter, "xid") == 0;
		double		limit = tend_sql_double(i, 4);
		char	   *name = psprintf("%s, %s", datname, is_xid ? "transactions" : "multixacts");

		stop = tend_sql_double(i, 5);
		if (is_xid)
			forced = limit;
		if (is_xid && DatumGetBool(tend_sql_datum(i, 10, &isnull)))
			tile_wraparound(r, age, limit, tend_sql_double(i, 6));
		if (i < MAX_COUNTERS)
			bullets[i] = (TendBullet) {name, age,
				psprintf("%s%s", tend_word_count(age).str,
						 isnan(tend_sql_double(i, 6)) || age >= limit ? "" :
						 psprintf(", forced freezing in %s", tend_word_duration(tend_sql_double(i, 6)).str)),
				age >= limit ? "bad" : "data"};
	}
	tend_sql_done();
	limits[0] = (TendLimit) {forced, psprintf("autovacuum freezes by force: %s", tend_word_count(forced).str)};
	limits[1] = (TendLimit) {stop, psprintf("the server stops: %s", tend_word_count(stop).str)};
	scale = (TendScale) {0, 2147483648.0, false};
	tend_bullets(&r->body, &figure, &scale, bullets, shown, limits, 2);
	if ((uint64) shown < n)
		tend_paragraph(&r->body, "plain", psprintf("Shown are the oldest %d of %lld.", shown, (long long) n));
	return forced;
}

/* ---- this database over time ---- */

static void
add_age(void *state, uint64 row)
{
	tend_series_add(state, tend_sql_double(row, 1), tend_sql_double(row, 2));
}

static void
plot_age(TendReport *r, double forced)
{
	TendChartSeries *age = palloc(sizeof(TendChartSeries));
	TendChartSeries *limit = palloc(sizeof(TendChartSeries));
	TendLineChart chart = {
		.figure = {.id = "freeze-age", .title = "Age of the oldest transaction ID of this database over time", .height = 180},
		.time = &r->time, .limit = NAN, .nlines = 1, .ticks = 5
	};

	tend_series_begin(age, r->time.from, r->time.to, 70 * r->interval);
	tend_report_scan(&r->period, InvalidOid, "read tend.database_history",
					 "SELECT EXTRACT(epoch FROM h.at)::float8, h.xid_age::float8 FROM tend.database_history h"
					 " WHERE $3 = 0 AND h.at BETWEEN $1 AND $2 ORDER BY h.at", add_age, age);
	if (age->n < 2)
		return;
	tend_series_end(age, r->time.to);
	tend_series_begin(limit, r->time.from, r->time.to, INFINITY);
	tend_series_add(limit, r->time.from, forced);
	tend_series_end(limit, r->time.to);
	chart.lines[0] = (TendLine) {age, "data", "age, in transactions", true};
	if (forced <= 4 * age->most)
		chart.lines[chart.nlines++] = (TendLine) {limit, "trigger", "forced freezing", false};
	chart.figure.note = psprintf("At most %s%s.", tend_word_count(age->most).str,
								 chart.nlines > 1 ? "" :
								 psprintf("; the limit of %s lies far above what is drawn", tend_word_count(forced).str));
	chart.figure.description = chart.figure.note;
	tend_line_chart(&r->body, &chart);
}

/* ---- tables ---- */

static void
plot_tables(TendReport *r)
{
	TendLimit	limits[] = {{1, "autovacuum freezes by force"}};
	TendScale	scale;
	TendFigure	figure = {
		.id = "freeze-tables",
		.title = "The oldest tables of this database",
		.note = "Each against its own limit, which storage parameters may lower.",
		.description = "Bars of the age of the oldest tables, each as a share of the age at which autovacuum freezes it"
	};

	if (r->noldest == 0 || r->oldest[0].value < 0.1)
	{
		tend_paragraph(&r->body, "plain", "No table of this database has a tenth of the age at which autovacuum freezes it by force.");
		return;
	}
	scale = (TendScale) {0, fmax(1.25, r->oldest[0].value * 1.1), false};
	tend_bullets(&r->body, &figure, &scale, r->oldest, r->noldest, limits, 1);
}

void
tend_report_freeze(TendReport *r)
{
	double		forced;

	tend_section_begin(&r->body, "freeze", "Freezing: distance from wraparound");
	tend_paragraph(&r->body, "", "Transaction IDs are a circle of two billion in each direction. Rows must be frozen before the circle closes: autovacuum does it by itself, by force where a table has grown old. "
				   "This is how things are now.");
	forced = plot_databases(r);
	plot_age(r, forced);
	plot_tables(r);
	tend_section_end(&r->body);
}
