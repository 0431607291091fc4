/*-------------------------------------------------------------------------
 *
 * plan_watch.c
 *	  What a visit learns about plans: what ran since, recently, and usually.
 *
 * Executions go from "latest" (this visit) through "recent" (fading, 5
 * visits) to "base" (fading, a day).  Fading scales all sums alike, so that a
 * mean changes by what comes in and never by what leaves.
 *
 * Which plan a query uses is counted in turns, one for each visit: a plan that
 * takes a thousand times as long is executed a thousand times less, and in
 * executions it would need an hour to outnumber what ran before it.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_sums.h"

/*
 * Time does not fade away the last executions of a query that seldom runs:
 * they are all we know.  Fewer if they are slow, so that the plan of a
 * nightly job is known to be another after two nights.
 */
#define KEPT				5.0
#define KEPT_SLOW			2.5

/* Plans that a climate needs, and the most it is believed */
#define CLIMATE_PLANS		5
#define MOST_CLIMATE		100.0

static double
faded(double visits, double half_life)
{
	return exp2(-Max(visits, 0) / half_life);
}

/* ---- one query ---- */

static TendPlanSums
all_recent(const TendPlanCase *plans, int nplans)
{
	TendPlanSums all = {0};

	for (int i = 0; i < nplans; i++)
		all = tend_sums_add(&all, &plans[i].memory.recent);
	return all;
}

static TendPlanSums
all_latest(const TendPlanCase *plans, int nplans)
{
	TendPlanSums all = {0};

	for (int i = 0; i < nplans; i++)
		all = tend_sums_add(&all, &plans[i].latest);
	return all;
}

static bool
is_slow(const TendPlanSums *s)
{
	return s->ms + s->aborted_ms > TEND_PLAN_SLOW_MS * tend_sums_starts(s);
}

/* The share of "had" that stays, so that "kept" are left with those that came */
static double
what_stays(double fading, double had, double came, double kept)
{
	return had > 0 ? Max(fading, Min((kept - came) / had, 1)) : fading;
}

static double
kept_of(const TendPlanSums *recent, const TendPlanSums *latest)
{
	TendPlanSums all = tend_sums_add(recent, latest);

	return is_slow(&all) ? KEPT_SLOW : KEPT;
}

/*
 * Which share of "recent" stays.  It is the same for all plans of a query, so
 * that they can be compared.
 */
static double
recent_stays(const TendPlanSums *recent, const TendPlanSums *latest, double visits)
{
	return what_stays(faded(visits, TEND_PLAN_RECENT_VISITS), tend_sums_starts(recent),
					  tend_sums_starts(latest), kept_of(recent, latest));
}

static double
base_stays(const TendPlanSums *base, double visits)
{
	return what_stays(faded(visits, TEND_PLAN_DAY_VISITS), tend_sums_starts(base), 0, KEPT);
}

static void
take_latest(TendPlanCase *plan)
{
	TendPlanMemory *m = &plan->memory;

	/* after a reset, what is there has come since */
	plan->latest = tend_sums_reset(&plan->totals, &m->seen) ? plan->totals :
		tend_sums_minus(&plan->totals, &m->seen);
	m->seen = plan->totals;
}

static void
fade(TendPlanCase *plan, double stays, double visits)
{
	TendPlanMemory *m = &plan->memory;
	TendPlanSums leaves = tend_sums_scale(&m->recent, 1 - stays);

	m->base = tend_sums_scale(&m->base, base_stays(&m->base, visits));
	m->base = tend_sums_add(&m->base, &leaves);
	m->recent = tend_sums_scale(&m->recent, stays);
	m->recent = tend_sums_add(&m->recent, &plan->latest);
	m->flips *= faded(visits, TEND_PLAN_DAY_VISITS);
}

/*
 * How much of a turn the visit has: a whole one, if it saw enough executions.
 * Fewer slow ones are enough in place of many fast ones; but where there never
 * were many, each counts alike, else a plan for a few parameters would soon
 * have most of the turns.
 */
static double
turn_of(const TendPlanSums *recent, const TendPlanSums *latest)
{
	bool		many = rint(tend_plan_per_visit(recent)) >= TEND_PLAN_FLOOR;
	double		enough = many && is_slow(latest) ? TEND_PLAN_SLOW_FLOOR : TEND_PLAN_FLOOR;

	return Min(tend_sums_starts(latest) / enough, 1);
}

/* The visit's turn goes to the plans that its executions used. */
static void
take_turns(TendPlanCase *plans, int nplans, const TendPlanSums *recent,
		   const TendPlanSums *latest, double visits)
{
	double		came = tend_sums_starts(latest);
	double		turn = turn_of(recent, latest);
	double		kept = kept_of(recent, latest) / TEND_PLAN_FLOOR;
	double		had = 0;
	double		all = 0;
	double		left;

	for (int i = 0; i < nplans; i++)
		had += plans[i].memory.turns;
	left = what_stays(Min(faded(turn * visits, TEND_PLAN_TURNS_VISITS),
						  faded(visits, TEND_PLAN_RECENT_VISITS)), had, turn, kept);
	for (int i = 0; i < nplans; i++)
	{
		TendPlanMemory *m = &plans[i].memory;

		m->turns *= left;
		if (came > 0)
			m->turns += turn * (tend_sums_starts(&plans[i].latest) / came);
		all += m->turns;
	}
	for (int i = 0; i < nplans; i++)
	{
		plans[i].share_before = plans[i].memory.share;
		plans[i].memory.share = all > 0 ? plans[i].memory.turns / all : 0;
	}
}

/*
 * Take note of what all plans of one query did since the last visit, so many
 * intervals ago.
 */
void
tend_plan_watch(TendPlanCase *plans, int nplans, double visits)
{
	TendPlanSums recent;
	TendPlanSums latest;
	double		left;

	if (isnan(visits))
		visits = 1;
	for (int i = 0; i < nplans; i++)
		take_latest(&plans[i]);
	recent = all_recent(plans, nplans);
	latest = all_latest(plans, nplans);
	left = recent_stays(&recent, &latest, visits);
	for (int i = 0; i < nplans; i++)
		fade(&plans[i], left, visits);
	take_turns(plans, nplans, &recent, &latest, visits);
}

/* ---- all plans ---- */

/*
 * How many times as long as usual a plan takes now; NaN if not known.  What
 * ran since the last visit says it best.
 */
static double
slowdown(const TendPlanCase *plan)
{
	TendPlanTime now = tend_plan_time(&plan->latest);
	TendPlanTime usual = tend_plan_time(&plan->memory.base);

	if (rint(now.n) < TEND_PLAN_FLOOR)
		now = tend_plan_time(&plan->memory.recent);
	if (rint(now.n) < TEND_PLAN_FLOOR || rint(usual.n) < TEND_PLAN_FLOOR ||
		!(now.mean > 0) || !(usual.mean > 0))
		return NAN;
	return now.mean / usual.mean;
}

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/*
 * How many times as long as usual plans take now, those of all queries: the
 * median, since one neighbour's misery is no climate.  1 if unknown.
 */
double
tend_plan_climate(const TendPlanCase *plans, int nplans)
{
	double	   *factors = palloc(sizeof(double) * Max(nplans, 1));
	double		median = 1;
	int			n = 0;

	for (int i = 0; i < nplans; i++)
	{
		double		factor = slowdown(&plans[i]);

		if (!isnan(factor))
			factors[n++] = factor;
	}
	if (n >= CLIMATE_PLANS)
	{
		qsort(factors, n, sizeof(double), compare_doubles);
		median = (factors[(n - 1) / 2] + factors[n / 2]) / 2;
	}
	pfree(factors);
	return Min(Max(median, 1 / MOST_CLIMATE), MOST_CLIMATE);
}
