/*-------------------------------------------------------------------------
 *
 * report_estimates.c
 *	  tend.report(): where the planner was wrong, and what cures it
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "draw/dumbbell.h"
#include "draw/page.h"
#include "show/report.h"
#include "sql.h"

#define MAX_ROWS 14

/*
 * Cured ones first, then proposed cures, then what has none.  The numbers of
 * rows of a verified one are those of its worst example.
 */
static const char estimates_sql[] =
"WITH verified AS ("
" SELECT a.relid, a.schema_name, a.table_name, a.columns, v.evidence, a.q_error_before, a.q_error_predicted, a.q_error_since,"
"        a.verdict AS state, COALESCE(a.observed, a.reason) AS words, a.command, 1 AS part, NULL::float8 AS cost"
"   FROM tend.statistics_actions a"
"   LEFT JOIN LATERAL (SELECT s.evidence FROM tend.statistics_verdicts s"
"          WHERE s.relid = a.relid AND s.evidence ? 'estimated' AND (SELECT pg_catalog.array_agg(c.attname ORDER BY c.attname)"
"                FROM pg_catalog.pg_attribute c WHERE c.attrelid = s.relid AND c.attnum = ANY (s.advised))"
"              = (SELECT pg_catalog.array_agg(u ORDER BY u) FROM pg_catalog.unnest(a.columns) u) LIMIT 1) v ON true"
"  WHERE a.at <= $2 AND COALESCE(a.reverted_at, $2) >= $1 AND a.verdict <> 'reverted'"
" UNION ALL"
" SELECT p.relid, p.schema_name, p.table_name, p.columns, p.evidence, p.q_error_now, p.q_error_expected, NULL,"
"        'proposed', p.proof, p.command, 2, p.sampled_ms"
"   FROM tend.statistics_advice p WHERE p.evidence ? 'estimated'"
")"
"SELECT CASE x.schema_name WHEN 'public' THEN '' ELSE x.schema_name || '.' END || x.table_name"
"       || ' (' || pg_catalog.array_to_string(x.columns, ', ') || ')',"
"       (x.evidence ->> 'estimated')::float8, (x.evidence ->> 'actual')::float8, (x.evidence ->> 'expected')::float8,"
"       x.q_error_before, x.q_error_predicted, x.q_error_since, x.state, x.words, x.command"
"  FROM verified x ORDER BY x.part, x.cost DESC NULLS LAST, x.q_error_before DESC LIMIT 14";

static const char uncured_sql[] =
"SELECT CASE m.schema_name WHEN 'public' THEN '' ELSE m.schema_name || '.' END || m.table_name"
"       || COALESCE(' (' || NULLIF(pg_catalog.array_to_string(m.columns, ', '), '') || ')', ''),"
"       m.expected_rows, m.actual_rows, NULL::float8, m.median_q_error, NULL::float8, NULL::float8, m.cause, m.explanation, m.remedy,"
"       m.samples, m.sampled_ms, pg_catalog.count(*) OVER ()"
"  FROM tend.misestimates m WHERE m.last_seen >= $1 AND m.first_seen <= $2 LIMIT 14";

typedef struct Estimate
{
	char	   *name;
	double		expected;
	double		actual;
	double		cured;
	double		before;			/* times off */
	double		predicted;
	double		since;
	char	   *state;
	char	   *words;
	char	   *command;
} Estimate;

static void
read_estimate(Estimate *e, uint64 row)
{
	e->name = tend_report_words(row, 1);
	e->expected = tend_sql_double(row, 2);
	e->actual = tend_sql_double(row, 3);
	e->cured = tend_sql_double(row, 4);
	e->before = tend_sql_double(row, 5);
	e->predicted = tend_sql_double(row, 6);
	e->since = tend_sql_double(row, 7);
	e->state = tend_report_words(row, 8);
	e->words = tend_report_words(row, 9);
	e->command = tend_report_text(row, 10);
}

static int
read_estimates(TendReport *r, const char *what, const char *sql, Estimate *estimates)
{
	int			n = (int) Min(tend_report_select(r, what, sql), MAX_ROWS);

	for (int i = 0; i < n; i++)
		read_estimate(&estimates[i], i);
	tend_sql_done();
	return n;
}

/* ---- the plot ---- */

static const char *
rows_in_words(const Estimate *e)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "%s estimated, %s really", tend_word_short(e->expected).str,
					 tend_word_short(e->actual).str);
	if (!isnan(e->cured))
		appendStringInfo(&text, ", %s cured", tend_word_short(e->cured).str);
	return text.data;
}

static void
plot_estimates(TendReport *r, const char *id, const char *title, const char *note,
			   const Estimate *estimates, int n)
{
	TendDumbbell rows[MAX_ROWS];
	int			drawn = 0;
	TendFigure	figure = {.id = id, .title = title, .note = note, .description = ""};

	for (int i = 0; i < n; i++)
	{
		const Estimate *e = &estimates[i];

		if (isnan(e->expected) || isnan(e->actual))
			continue;
		rows[drawn++] = (TendDumbbell) {e->name, rows_in_words(e), e->expected, e->actual, e->cured,
			strcmp(e->state, "kept") == 0};
	}
	if (drawn == 0)
		return;
	figure.description = psprintf("%d pairs of numbers of rows on a logarithmic scale; the first one: %s", drawn, rows[0].text);
	tend_dumbbells(&r->body, &figure, rows, drawn);
}

/* ---- in numbers ---- */

static const char *
times_off(double q)
{
	return isnan(q) ? NULL : q < 1.05 ? "exact" : psprintf("%.3g times", q);
}

static void
put_cures(TendReport *r, const Estimate *estimates, int n)
{
	static const TendColumn columns[] = {
		{.name = "Columns"}, {.name = "State"}, {.name = "Off before", .is_number = true},
		{.name = "Predicted", .is_number = true}, {.name = "Off since", .is_number = true}, {.name = "Proof", .is_long = true}, {.name = "Command", .is_code = true}
	};

	tend_table_begin(&r->body, "Statistics on several columns. Off: how many times more or fewer rows came than expected, a geometric mean",
					 columns, lengthof(columns));
	for (int i = 0; i < n; i++)
	{
		const Estimate *e = &estimates[i];
		const char *cells[] = {e->name, e->state, times_off(e->before), times_off(e->predicted),
		times_off(e->since), e->words, e->command};

		tend_table_row(&r->body, columns, cells, lengthof(columns));
	}
	tend_table_end(&r->body);
}

static void
put_uncured(TendReport *r, const Estimate *estimates, int n)
{
	static const TendColumn columns[] = {
		{.name = "Where"}, {.name = "Typically off", .is_number = true}, {.name = "Cause"},
		{.name = "Explanation", .is_long = true}, {.name = "What helps", .is_code = true}
	};

	tend_table_begin(&r->body, "Misestimates in sampled executions, those that cost most time first", columns, lengthof(columns));
	for (int i = 0; i < n; i++)
	{
		const Estimate *e = &estimates[i];
		const char *cells[] = {e->name, times_off(e->before), e->state, e->words, e->command};

		tend_table_row(&r->body, columns, cells, lengthof(columns));
	}
	tend_table_end(&r->body);
}

static void
put_section(TendReport *r, const Estimate *cures, int ncures, const Estimate *others, int nothers)
{
	if (!r->loaded)
		tend_paragraph(&r->body, "plain", "Estimates are not sampled, as pg_tend is not in shared_preload_libraries.");
	if (ncures == 0 && nothers == 0)
	{
		tend_paragraph(&r->body, "plain", "No misestimates were seen in sampled executions.");
		return;
	}
	tend_paragraph(&r->body, "", "The planner chooses by the number of rows that it expects. The longer the line between what it expected and what came, the more likely its choice was a bad one; "
				   "the scale is logarithmic, each step is ten times as much.");
	tend_dumbbell_legend(&r->body);
	plot_estimates(r, "estimates-cured", "With a proven cure", "The worst example of each, tried on a sample of the table; a filled diamond is a cure that is in place.",
				   cures, ncures);
	plot_estimates(r, "estimates-open", "As seen in executions", "The means of the misestimated executions that were sampled.", others, nothers);
	if (ncures > 0)
		put_cures(r, cures, ncures);
	if (nothers > 0)
		put_uncured(r, others, nothers);
}

void
tend_report_estimates(TendReport *r)
{
	Estimate	cures[MAX_ROWS];
	Estimate	others[MAX_ROWS];
	int			ncures = read_estimates(r, "read tend.statistics_advice", estimates_sql, cures);
	int			nothers = r->loaded ? read_estimates(r, "read tend.misestimates", uncured_sql, others) : 0;
	int			applied = 0;

	for (int i = 0; i < ncures; i++)
		applied += strcmp(cures[i].state, "kept") == 0;
	tend_report_tile(r, "Misestimates", psprintf("%d%s", nothers, nothers == MAX_ROWS ? " or more" : ""),
					 psprintf("%d cured, %d with a proven cure", applied, ncures - applied));

	tend_section_begin(&r->body, "estimates", "Where the planner was wrong, and what cures it");
	put_section(r, cures, ncures, others, nothers);
	tend_section_end(&r->body);
}
