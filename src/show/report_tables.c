/*-------------------------------------------------------------------------
 *
 * report_tables.c
 *	  tend.report(): dead rows of tables over time, the worst first
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "show/report.h"
#include "sql.h"
#include "utils/builtins.h"

#define MAX_PLOTS	12
#define MAX_ROWS	25
#define MAX_MARKS	120

/*
 * The worst tables of now and of the period.  What their worst moment was is
 * read from a sample of the history, 32 MB of it at most: a table in trouble
 * is in many of its pages.
 */
static const char tables_sql[] =
"WITH peak AS ("
" SELECT h.relid, pg_catalog.max(h.dead_tuples / NULLIF(h.vacuum_threshold, 0)) AS due,"
"        pg_catalog.max(h.dead_tuples) AS dead"
"   FROM tend.table_history h TABLESAMPLE SYSTEM ((SELECT LEAST(100, 100 * 33554432.0 / GREATEST(b.bytes, 1))"
"                                FROM tend.history_bytes() b WHERE b.series = 'table_history')::real) REPEATABLE (1)"
"  WHERE h.at BETWEEN $1 AND $2 GROUP BY h.relid"
"), t AS ("
" SELECT f.*, p.due AS peak_due,"
"        pg_catalog.row_number() OVER (ORDER BY f.freeze_due DESC NULLS LAST, f.table_bytes DESC, f.relid) AS freeze_rank,"
"        pg_catalog.row_number() OVER ("
"        ORDER BY CASE WHEN $2 >= pg_catalog.now() - interval '10 minutes' AND f.verdict NOT IN"
"                      ('ok', 'see primary', 'vacuum due', 'analyze due', 'insert vacuum due', 'vacuum running')"
"                      THEN f.urgency ELSE 0 END DESC,"
"                 f.relid >= 16384 AND f.schema_name <> 'tend' DESC,"
"                 (COALESCE(p.dead, f.dead_tuples) >= 100) DESC,"
"                 GREATEST(p.due, f.vacuum_due) DESC NULLS LAST, f.table_bytes DESC, f.relid) AS rank,"
"        pg_catalog.count(*) OVER () AS tables,"
"        pg_catalog.sum(f.live_tuples) OVER ()::float8 AS all_live,"
"        pg_catalog.sum(f.dead_tuples) OVER ()::float8 AS all_dead,"
"        pg_catalog.sum(f.table_bytes + f.index_bytes + f.toast_bytes) OVER ()::float8 AS all_bytes,"
"        pg_catalog.count(*) FILTER (WHERE f.verdict NOT IN ('ok', 'see primary', 'vacuum running')) OVER () AS due"
"   FROM tend.table_facts() f LEFT JOIN peak p ON p.relid = f.relid)"
"SELECT t.relid, CASE t.schema_name WHEN 'public' THEN '' ELSE t.schema_name || '.' END || t.table_name,"
"       t.live_tuples::float8, t.dead_tuples::float8, t.dead_ratio, t.vacuum_threshold, t.vacuum_due,"
"       (t.table_bytes + t.index_bytes + t.toast_bytes)::float8,"
"       EXTRACT(epoch FROM t.last_vacuum)::float8, t.verdict, t.peak_due::float8,"
"       t.tables, t.all_live, t.all_dead, t.all_bytes, t.due, t.relid >= 16384 AND t.schema_name <> 'tend',"
"       t.freeze_rank, t.freeze_due, t.xid_age::float8"
"  FROM t WHERE t.rank <= 25 OR t.freeze_rank <= 8 ORDER BY t.rank";

typedef struct ReportTable
{
	Oid			relid;
	char	   *name;
	double		live;
	double		dead;
	double		ratio;
	double		threshold;
	double		due;
	double		bytes;
	double		last_vacuum;
	char	   *verdict;
	double		peak_due;
	bool		is_user;
} ReportTable;

/* One table over time */
typedef struct TableLines
{
	TendChartSeries	dead;
	TendChartSeries	threshold;
	double		marks[MAX_MARKS];	/* vacuums */
	int			nmarks;
	int64		vacuums;
	int64		last_vacuums;
	double		last_changes;
	double		worst;			/* dead rows / trigger; NaN: unknown */
	int			rows;
} TableLines;

static void
read_table(ReportTable *t, uint64 row)
{
	bool		isnull;

	t->relid = tend_sql_oid(row, 1);
	t->name = tend_report_words(row, 2);
	t->live = tend_sql_double(row, 3);
	t->dead = tend_sql_double(row, 4);
	t->ratio = tend_sql_double(row, 5);
	t->threshold = tend_sql_double(row, 6);
	t->due = tend_sql_double(row, 7);
	t->bytes = tend_sql_double(row, 8);
	t->last_vacuum = tend_sql_double(row, 9);
	t->verdict = tend_report_words(row, 10);
	t->peak_due = tend_sql_double(row, 11);
	t->is_user = DatumGetBool(tend_sql_datum(row, 17, &isnull));
}

/* For the section about freezing, which would ask for all tables once more */
static void
keep_oldest(TendReport *r, uint64 row)
{
	int64		rank = tend_sql_int64(row, 18);
	double		due = tend_sql_double(row, 19);

	if (rank > TEND_REPORT_OLDEST || isnan(due))
		return;
	r->noldest = Max(r->noldest, (int) rank);
	r->oldest[rank - 1] = (TendBullet) {tend_report_words(row, 2), due,
		psprintf("%s old, %s its limit", tend_word_count(tend_sql_double(row, 20)).str, tend_word_share(due).str),
		due >= 1 ? "bad" : "data"};
}

/* ---- verdicts ---- */

static const char *
severity_of(const char *verdict)
{
	static const char *const warnings[] = {
		"freeze due", "vacuum blocked", "vacuum overdue", "unattended", "statistics lost"
	};

	if (strcmp(verdict, "wraparound danger") == 0)
		return "critical";
	for (int i = 0; i < (int) lengthof(warnings); i++)
	{
		if (strcmp(verdict, warnings[i]) == 0)
			return "warning";
	}
	return strcmp(verdict, "ok") == 0 ? "ok" : "notice";
}

static void
tell_tables(TendReport *r, const ReportTable *tables, int n)
{
	const ReportTable *worst = NULL;
	int			over = 0;

	for (int i = 0; i < n; i++)
	{
		if (!(tables[i].peak_due >= 2) || !tables[i].is_user)
			continue;
		over++;
		if (worst == NULL || tables[i].peak_due > worst->peak_due)
			worst = &tables[i];
	}
	if (over > 0)
		tend_report_tell(r, psprintf("%d%s table%s had twice the dead rows at which vacuum starts, %s %s",
									 over, n == MAX_ROWS && over == n ? " or more" : "", over == 1 ? "" : "s",
									 worst->name, tend_word_times(worst->peak_due).str));
}

/* ---- one table over time ---- */

static void
add_mark(TendReport *r, TableLines *lines, double at)
{
	/* closer than can be told apart */
	if (lines->nmarks > 0 && at - lines->marks[lines->nmarks - 1] < (r->time.to - r->time.from) / MAX_MARKS)
		return;
	if (lines->nmarks < MAX_MARKS)
		lines->marks[lines->nmarks++] = at;
}

typedef struct Reading
{
	TendReport *r;
	TableLines *lines;
	double		shift;			/* from an earlier period into this one */
} Reading;

/* Counters that fall were reset: what follows is another series. */
static void
add_observation(void *state, uint64 row)
{
	Reading    *reading = state;
	TableLines *lines = reading->lines;
	double		at = tend_sql_double(row, 1) + reading->shift;
	int64		vacuums = tend_sql_int64(row, 4);
	double		changes = tend_sql_double(row, 5);

	if (lines->rows > 0 && changes < lines->last_changes)
	{
		tend_series_break(&lines->dead);
		lines->last_vacuums = 0;
	}
	if (lines->rows > 0 && vacuums > lines->last_vacuums && at >= reading->r->time.from)
	{
		lines->vacuums += vacuums - lines->last_vacuums;
		add_mark(reading->r, lines, at);
	}
	tend_series_add(&lines->dead, at, tend_sql_double(row, 2));
	tend_series_add(&lines->threshold, at, tend_sql_double(row, 3));
	if (at >= reading->r->time.from && tend_sql_double(row, 3) > 0)
		lines->worst = fmax(lines->worst, tend_sql_double(row, 2) / tend_sql_double(row, 3));
	lines->last_vacuums = vacuums;
	lines->last_changes = changes;
	lines->rows++;
}

static void
read_lines(TendReport *r, const TendPeriod *p, Oid relid, TableLines *lines)
{
	Reading		reading = {r, lines, r->period.asked_from - p->asked_from};
	double		hold = 3 * r->interval;

	memset(lines, 0, sizeof(*lines));
	lines->worst = NAN;
	tend_series_begin(&lines->dead, r->time.from, r->time.to, hold);
	tend_series_begin(&lines->threshold, r->time.from, r->time.to, hold);
	tend_report_scan(p, relid, "read tend.table_history",
					 "SELECT EXTRACT(epoch FROM h.at)::float8, h.dead_tuples::float8, h.vacuum_threshold::float8,"
					 " h.vacuum_count, (h.inserted + h.updated + h.deleted)::float8"
					 " FROM ((SELECT b.* FROM tend.table_history b WHERE b.relid = $3 AND b.at < $1 ORDER BY b.at DESC LIMIT 1)"
					 " UNION ALL (SELECT a.* FROM tend.table_history a WHERE a.relid = $3 AND a.at BETWEEN $1 AND $2)) h"
					 " ORDER BY h.at", add_observation, &reading);
	tend_series_end(&lines->dead, p->to + reading.shift);
	tend_series_end(&lines->threshold, p->to + reading.shift);
}

static const char *
note_of(const TendReport *r, const TableLines *now, const TableLines *before)
{
	StringInfoData note;

	initStringInfo(&note);
	appendStringInfo(&note, "At most %s dead row%s", tend_word_count(now->dead.most).str,
					 now->dead.most == 1 ? "" : "s");
	if (now->worst >= 0.01)
		appendStringInfo(&note, ", %s the trigger", tend_word_share(now->worst).str);
	appendStringInfo(&note, "; %s vacuum%s.", now->vacuums == 0 ? "no" : tend_word_count((double) now->vacuums).str,
					 now->vacuums == 1 ? "" : "s");
	if (r->compares && before->dead.n > 0)
		appendStringInfo(&note, " In the earlier period at most %s.", tend_word_count(before->dead.most).str);
	return note.data;
}

static void
plot_table(TendReport *r, const ReportTable *t, int i, const TableLines *now, const TableLines *before)
{
	const char *severity = severity_of(t->verdict);
	bool		tell = r->period.is_now && strcmp(severity, "ok") != 0;
	TendLineChart chart = {
		.figure = {
			.id = psprintf("table-%d", i),
			.title = t->name,
			.badge = tell ? t->verdict : NULL,
			.badge_css = tend_severity_css(severity),
			.note = note_of(r, now, before),
			.height = 150
		},
		.time = &r->time,
		.limit = NAN,
		.nspans = r->nspans,
		.spans = r->spans,
		.nmarks = now->nmarks,
		.marks = now->marks,
		.ticks = 3
	};

	chart.figure.description = psprintf("Dead rows of %s over time. %s", t->name, chart.figure.note);
	if (r->compares)
		chart.lines[chart.nlines++] = (TendLine) {&before->dead, "earlier", i == 0 ? "earlier period" : NULL, false};
	chart.lines[chart.nlines++] = (TendLine) {&now->dead, "data", "dead rows", true};
	chart.lines[chart.nlines++] = (TendLine) {&now->threshold, "trigger", "trigger", false};
	tend_line_chart(&r->body, &chart);
}

/* A line that lies on the ground says nothing, nor do healthy catalogs. */
static bool
is_worth_a_plot(const ReportTable *t, const TableLines *lines, int plotted)
{
	if (lines->worst >= 1 || plotted == 0)
		return true;
	return t->is_user && (plotted < 3 || lines->worst >= 0.05);
}

/* ---- the whole database ---- */

static void
add_total(void *state, uint64 row)
{
	Reading    *reading = state;

	tend_series_add(&reading->lines->dead, tend_sql_double(row, 1) + reading->shift, tend_sql_double(row, 2));
}

static void
read_total(TendReport *r, const TendPeriod *p, TableLines *lines)
{
	Reading		reading = {r, lines, r->period.asked_from - p->asked_from};

	memset(lines, 0, sizeof(*lines));
	tend_series_begin(&lines->dead, r->time.from, r->time.to, 61 * r->interval);
	tend_report_scan(p, InvalidOid, "read tend.database_history",
					 "SELECT EXTRACT(epoch FROM h.at)::float8, h.dead_tuples::float8 FROM tend.database_history h"
					 " WHERE $3 = 0 AND h.at BETWEEN $1 AND $2 ORDER BY h.at", add_total, &reading);
	tend_series_end(&lines->dead, p->to + reading.shift);
}

static void
plot_total(TendReport *r)
{
	TableLines *now = palloc(sizeof(TableLines));
	TableLines *before = palloc0(sizeof(TableLines));
	TendLineChart chart = {
		.figure = {.id = "tables-total", .title = "Dead rows of the whole database", .height = 190},
		.time = &r->time, .limit = NAN, .nspans = r->nspans, .spans = r->spans, .ticks = 5
	};

	read_total(r, &r->period, now);
	if (now->dead.n < 3)
		return;
	if (r->compares)
	{
		read_total(r, &r->earlier, before);
		chart.lines[chart.nlines++] = (TendLine) {&before->dead, "earlier", "earlier period", false};
	}
	chart.lines[chart.nlines++] = (TendLine) {&now->dead, "data", "dead rows", true};
	chart.figure.note = psprintf("At most %s, at the end %s.%s", tend_word_count(now->dead.most).str,
								 tend_word_count(now->dead.last.value).str,
								 r->nspans > 0 ? " Shaded: somebody held back vacuum." : "");
	chart.figure.description = chart.figure.note;
	tend_line_chart(&r->body, &chart);
}

static int
plot_tables(TendReport *r, const ReportTable *tables, int n)
{
	TableLines *now = palloc(sizeof(TableLines));
	TableLines *before = palloc0(sizeof(TableLines));
	int			plotted = 0;

	for (int i = 0; i < n && plotted < MAX_PLOTS; i++)
	{
		read_lines(r, &r->period, tables[i].relid, now);
		if (now->dead.n == 0 || !is_worth_a_plot(&tables[i], now, plotted))
			continue;
		if (r->compares)
			read_lines(r, &r->earlier, tables[i].relid, before);
		if (plotted == 0)
			tend_small_multiples_begin(&r->body);
		plot_table(r, &tables[i], plotted++, now, before);
	}
	if (plotted > 0)
		tend_small_multiples_end(&r->body);
	return plotted;
}

/* ---- the same in numbers ---- */

static const TendColumn columns[] = {
	{.name = "Table"}, {.name = "Size", .is_number = true}, {.name = "Live rows", .is_number = true}, {.name = "Dead rows", .is_number = true},
	{.name = "Dead share", .is_number = true}, {.name = "Trigger", .is_number = true}, {.name = "At its peak", .is_number = true},
	{.name = "Last vacuum", .is_number = true}, {.name = "Verdict"}
};

static const char *
word(TendWord w, double value)
{
	return isnan(value) ? NULL : pstrdup(w.str);
}

static void
put_numbers(TendReport *r, const ReportTable *tables, int n, int64 all)
{
	tend_table_begin(&r->body, psprintf("The worst of %s tables, as they are now. "
										"Trigger: dead rows at which autovacuum starts. At its peak: dead rows as a share of it, at the worst moment of the period.",
										tend_word_count((double) all).str),
					 columns, lengthof(columns));
	for (int i = 0; i < n; i++)
	{
		const ReportTable *t = &tables[i];
		double		peak = fmax(t->peak_due, t->due);
		bool		is_healthy = strcmp(severity_of(t->verdict), "ok") == 0 && !(peak >= 1);
		const char *cells[] = {
			t->name,
			word(tend_word_bytes(t->bytes), t->bytes),
			word(tend_word_count(t->live), t->live),
			word(tend_word_count(t->dead), t->dead),
			isnan(t->ratio) ? NULL : psprintf("%.1f %%", t->ratio * 100),
			word(tend_word_count(t->threshold), t->threshold),
			word(tend_word_times(peak), peak),
			isnan(t->last_vacuum) ? "never" :
			psprintf("%s ago", tend_word_duration(r->now - t->last_vacuum).str),
			t->verdict
		};

		if (t->is_user || !is_healthy)
			tend_table_row(&r->body, columns, cells, lengthof(columns));
	}
	tend_table_end(&r->body);
}

void
tend_report_tables(TendReport *r)
{
	ReportTable tables[MAX_ROWS];
	uint64		read = tend_report_select(r, "read tend.tables", tables_sql);
	int			n = (int) Min(read, MAX_ROWS);
	int64		all = n > 0 ? tend_sql_int64(0, 12) : 0;

	for (int i = 0; i < n; i++)
		read_table(&tables[i], i);
	for (uint64 i = 0; i < read; i++)
		keep_oldest(r, i);
	if (n > 0)
	{
		double		live = tend_sql_double(0, 13);
		double		dead = tend_sql_double(0, 14);

		tend_report_tile(r, "Tables", pstrdup(tend_word_count((double) all).str),
						 psprintf("%s, %lld of them due for something", tend_word_bytes(tend_sql_double(0, 15)).str,
								  (long long) tend_sql_int64(0, 16)));
		tend_report_tile(r, "Dead rows", pstrdup(tend_word_short(dead).str),
						 psprintf("%.1f %% of all rows now", 100 * dead / Max(live + dead, 1)));
	}
	tend_sql_done();
	tell_tables(r, tables, n);

	tend_section_begin(&r->body, "tables", "Tables: dead rows and when vacuum comes");
	tend_paragraph(&r->body, "", "Each update and delete leaves a dead row behind. When their number (the area) reaches the trigger (the dashed line), autovacuum comes and removes them; "
				   "each tick below a plot is a vacuum. An area that stays above its line is a table that vacuum cannot keep up with, or that somebody holds back (shaded).");
	plot_total(r);
	if (plot_tables(r, tables, n) == 0)
		tend_paragraph(&r->body, "plain", "No history of tables was written in this time.");
	if (n > 0)
		put_numbers(r, tables, n, all);
	tend_section_end(&r->body);
}
