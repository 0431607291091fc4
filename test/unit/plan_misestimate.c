/*-------------------------------------------------------------------------
 *
 * plan_misestimate.c
 *	  Tests of src/advise/plan_misestimate.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/attribute.h"
#include "advise/plan_misestimate.h"

#define MINUTE (60 * USECS_PER_SEC)

static void
count(TendEstimateSums *sums, double expected, double actual, int n)
{
	TendFinding f = {.expected = expected,.actual = actual,.q_error = tend_q_error(expected, actual)};

	for (int i = 0; i < n; i++)
		tend_estimate_count(sums, &f);
}

/* ---- which one ---- */

typedef struct SuspectCase
{
	const char *name;
	double		actual;			/* where 10 rows were expected */
	int			samples;
	int			first_seen;		/* minutes after the change */
	int			last_seen;
	double		want;
}			SuspectCase;

static const SuspectCase suspects[] = {
	{"an error of 30 times at the time of the change", 300, 5, -5, 5, 30},
	{"one of five times hardly changes a plan", 50, 5, -5, 5, 0},
	{"one sample of thirty times may be chance", 300, 1, 0, 0, 0},
	{"one of two hundred is enough", 2000, 1, 0, 0, 200},
	{"it was seen last an hour before", 300, 5, -500, -60, 30},
	{"or longer ago", 300, 5, -500, -61, 0},
	{"it came up within an hour", 300, 5, 60, 90, 30},
	{"or later", 300, 5, 61, 90, 0},
};

static void
check_suspects(void)
{
	for (int i = 0; i < (int) lengthof(suspects); i++)
	{
		const		SuspectCase *c = &suspects[i];
		TendEstimateSums sums = {0};
		TendPlanSuspect suspect = {
			.sums = &sums,
			.first_seen = GIVEN_NOW + c->first_seen * MINUTE,
			.last_seen = GIVEN_NOW + c->last_seen * MINUTE
		};
		double		got;

		count(&sums, 10, c->actual, c->samples);
		got = tend_plan_suspicion(&suspect, GIVEN_NOW, GIVEN_INTERVAL);
		tap_ok(c->want == 0 ? got == 0 : got > c->want / 1.5 && got <= c->want, c->name);
	}
}

/* The typical error counts, not the worst. */
static void
check_typical(void)
{
	TendEstimateSums sums = {0};
	TendPlanSuspect suspect = {.sums = &sums,.first_seen = GIVEN_NOW,.last_seen = GIVEN_NOW};

	tap_ok(tend_plan_suspicion(&suspect, GIVEN_NOW, GIVEN_INTERVAL) == 0, "without samples there is none");
	count(&sums, 10, 30, 20);
	count(&sums, 1, 100000, 1);
	tap_ok(tend_plan_suspicion(&suspect, GIVEN_NOW, GIVEN_INTERVAL) == 0, "one large error among many small ones is none");
}

/* ---- words ---- */

typedef struct WordsCase
{
	TendEstimateKind kind;
	TendEstimateCause cause;
	int			ncolumns;
	double		expected;
	double		actual;
	const char *words;
}			WordsCase;

static const WordsCase words[] = {
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_CORRELATED, 2, 12, 4310,
	"In sampled executions, the planner expected 12 rows of public.orders (city, \"Zip\") where 4 310 came, 359 times too few: columns that depend on each other; see tend.statistics_advice."},
	{TEND_ESTIMATE_GROUPS, TEND_CAUSE_CORRELATED, 2, 5000, 100,
	"In sampled executions, the planner expected 5 000 groups of public.orders (city, \"Zip\") where 100 came, 50 times too many: columns that depend on each other; see tend.statistics_advice."},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_STALE, 0, 0.001, 500,
	"In sampled executions, the planner expected 1 row of public.orders where 500 came, 500 times too few: statistics that are older than the data; see tend.misestimates."},
	{TEND_ESTIMATE_JOIN, TEND_CAUSE_JOIN, 1, 100, 0,
	"In sampled executions, the planner expected 100 rows of a join with public.orders (city) where 0 came, 100 times too many: values of a join that are not spread evenly; see tend.misestimates."},
};

static const char *const columns[] = {"city", "\"Zip\""};

static void
check_words(void)
{
	for (int i = 0; i < (int) lengthof(words); i++)
	{
		const		WordsCase *c = &words[i];
		TendEstimateKey key = {.kind = c->kind,.cause = c->cause,.ncolumns = c->ncolumns};
		TendEstimateSums sums = {0};
		TendMisestimate m = {.key = &key,.sums = &sums,.table = "public.orders",.columns = columns};
		StringInfoData out;

		count(&sums, c->expected, c->actual, 1);
		initStringInfo(&out);
		tend_plan_misestimate_words(&out, &m);
		tap_text(out.data, c->words, psprintf("words, %s", tend_estimate_cause_name(c->cause)));
	}
	for (int cause = 0; cause <= TEND_CAUSE_UNKNOWN; cause++)
	{
		TendEstimateKey key = {.cause = cause};
		TendEstimateSums sums = {.samples = 1,.expected = 1,.actual = 100};
		TendMisestimate m = {.key = &key,.sums = &sums,.table = "t",.columns = columns};
		StringInfoData out;

		initStringInfo(&out);
		tend_plan_misestimate_words(&out, &m);
		tap_contains(out.data, "100 times too few: ", psprintf("there are words for %s", tend_estimate_cause_name(cause)));
	}
}

static void
check_json(void)
{
	TendEstimateKey key = {.cause = TEND_CAUSE_CORRELATED,.ncolumns = 2};
	TendEstimateSums sums = {0};
	TendMisestimate m = {.key = &key,.sums = &sums,.table = "public.\"or\\ders\"",.columns = columns};
	StringInfoData out;

	count(&sums, 10, 1000, 1);
	initStringInfo(&out);
	tend_plan_misestimate_json(&out, &m);
	tap_text(out.data, "{\"table\": \"public.\\\"or\\\\ders\\\"\", \"columns\": [\"city\", \"\\\"Zip\\\"\"], "
			 "\"cause\": \"correlated columns\", \"direction\": \"too low\", \"samples\": 1, \"median_q_error\": 100, "
			 "\"max_q_error\": 100, \"expected_rows\": 10, \"actual_rows\": 1000}", "the same as JSON");
}

int
main(void)
{
	check_suspects();
	check_typical();
	check_words();
	check_json();
	return tap_done();
}
