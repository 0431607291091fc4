/*-------------------------------------------------------------------------
 *
 * plan_misestimate.c
 *	  The misestimate that goes with a change of plan.
 *
 * That a plan is chosen by a wrong number of rows cannot be proved afterwards.
 * What can be told is a fact: at the time of the change, this query was
 * executed with an estimate of one of its tables that was far off.  So the
 * sentence says that, and leaves the conclusion to the reader.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/attribute.h"
#include "advise/plan_evidence.h"
#include "advise/plan_misestimate.h"
#include "advise/words.h"

/* Half of the errors are this large, or plans hardly depend on them. */
#define LEAST_MEDIAN	10.0

/*
 * How well a misestimate explains a change: its typical q-error; 0: it does
 * not.
 */
double
tend_plan_suspicion(const TendPlanSuspect *suspect, TimestampTz change, double interval_seconds)
{
	double		around = TEND_SUSPECT_INTERVALS * interval_seconds * USECS_PER_SEC;
	double		median = tend_estimate_median(suspect->sums);

	if (!tend_estimate_enough(suspect->sums) || !(median >= LEAST_MEDIAN) ||
		(double) (change - suspect->last_seen) > around ||
		(double) (suspect->first_seen - change) > around)
		return 0;
	return median;
}

/* ---- words ---- */

static const char *
cause_words(TendEstimateCause cause)
{
	switch (cause)
	{
		case TEND_CAUSE_CORRELATED:
			return "columns that depend on each other; see tend.statistics_advice";
		case TEND_CAUSE_STALE:
			return "statistics that are older than the data; see tend.misestimates";
		case TEND_CAUSE_TARGET:
			return "a statistics target that is too low; see tend.misestimates";
		case TEND_CAUSE_GENERIC_PLAN:
			return "a plan that was made without the values of its parameters; see tend.misestimates";
		case TEND_CAUSE_EXPRESSION:
			return "an expression without statistics; see tend.misestimates";
		case TEND_CAUSE_JOIN:
			return "values of a join that are not spread evenly; see tend.misestimates";
		case TEND_CAUSE_NOT_COVERABLE:
			return "a condition that no statistics describe; see tend.misestimates";
		case TEND_CAUSE_UNKNOWN:
			break;
	}
	return "the cause of which is not known; see tend.misestimates";
}

static const char *
things(const TendEstimateKey *key, double n)
{
	if (key->kind == TEND_ESTIMATE_GROUPS)
		return n == 1 ? "group of" : "groups of";
	if (key->kind == TEND_ESTIMATE_JOIN)
		return n == 1 ? "row of a join with" : "rows of a join with";
	return n == 1 ? "row of" : "rows of";
}

/* "public.orders (city, zip)" */
static void
say_subject(StringInfo out, const TendMisestimate *m)
{
	appendStringInfoString(out, m->table);
	for (int i = 0; i < m->key->ncolumns; i++)
		appendStringInfo(out, "%s%s", i == 0 ? " (" : ", ", m->columns[i]);
	if (m->key->ncolumns > 0)
		appendStringInfoChar(out, ')');
}

/* One sentence, with the numbers of the worst sample */
void
tend_plan_misestimate_words(StringInfo out, const TendMisestimate *m)
{
	double		expected = Max(rint(m->sums->expected), 1);
	double		actual = Max(rint(m->sums->actual), 0);

	appendStringInfo(out, "In sampled executions, the planner expected %s %s ",
					 tend_word_count(expected).str, things(m->key, expected));
	say_subject(out, m);
	appendStringInfo(out, " where %s came, %s times too %s: %s.", tend_word_count(actual).str,
					 tend_word_count(tend_q_error(m->sums->expected, m->sums->actual)).str,
					 actual > expected ? "few" : "many",
					 cause_words((TendEstimateCause) m->key->cause));
}

/* ---- JSON ---- */

static void
put_text(StringInfo out, const char *name, const char *value)
{
	appendStringInfo(out, "%s\"%s\": ", out->data[out->len - 1] == '{' ? "" : ", ", name);
	tend_json_text(out, value);
}

static void
put_number(StringInfo out, const char *name, double value)
{
	appendStringInfo(out, ", \"%s\": ", name);
	tend_json_number(out, value);
}

static void
put_columns(StringInfo out, const TendMisestimate *m)
{
	appendStringInfoString(out, ", \"columns\": [");
	for (int i = 0; i < m->key->ncolumns; i++)
	{
		appendStringInfoString(out, i > 0 ? ", " : "");
		tend_json_text(out, m->columns[i]);
	}
	appendStringInfoChar(out, ']');
}

void
tend_plan_misestimate_json(StringInfo out, const TendMisestimate *m)
{
	appendStringInfoChar(out, '{');
	put_text(out, "table", m->table);
	put_columns(out, m);
	put_text(out, "cause", tend_estimate_cause_name((TendEstimateCause) m->key->cause));
	put_text(out, "direction", tend_estimate_direction(m->sums));
	put_number(out, "samples", (double) m->sums->samples);
	put_number(out, "median_q_error", tend_estimate_median(m->sums));
	put_number(out, "max_q_error", m->sums->max_q);
	put_number(out, "expected_rows", m->sums->expected);
	put_number(out, "actual_rows", m->sums->actual);
	appendStringInfoChar(out, '}');
}
