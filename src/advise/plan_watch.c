/*-------------------------------------------------------------------------
 *
 * plan_watch.c
 *	  What a visit learns about plans: what ran since, recently, and usually.
 *
 * Executions go from "latest" (this visit) through "recent" (fading, 5
 * visits) to "base" (fading, a day).  Fading scales all sums alike, so that a
 * mean changes by what comes in and never by what leaves.
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

/*
 * Which share of "recent" stays.  It is the same for all plans of a query, so
 * that their shares mean something.
 */
static double
recent_stays(const TendPlanCase *plans, int nplans, double visits)
{
	TendPlanSums recent = all_recent(plans, nplans);
	TendPlanSums latest = all_latest(plans, nplans);
	double		had = tend_sums_starts(&recent);
	double		came = tend_sums_starts(&latest);
	double		ms = recent.ms + recent.aborted_ms + latest.ms + latest.aborted_ms;
	double		kept = ms > TEND_PLAN_SLOW_MS * (had + came) ? KEPT_SLOW : KEPT;
	double		stays = faded(visits, TEND_PLAN_RECENT_VISITS);

	if (had > 0)
		stays = Max(stays, Min((kept - came) / had, 1));
	return stays;
}

static double
base_stays(const TendPlanSums *base, double visits)
{
	double		had = tend_sums_starts(base);
	double		stays = faded(visits, TEND_PLAN_DAY_VISITS);

	return had > 0 ? Max(stays, Min(KEPT / had, 1)) : stays;
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
 * Take note of what all plans of one query did since the last visit, so many
 * intervals ago.
 */
void
tend_plan_watch(TendPlanCase *plans, int nplans, double visits)
{
	TendPlanSums recent;
	double		stays;

	if (isnan(visits))
		visits = 1;
	for (int i = 0; i < nplans; i++)
		take_latest(&plans[i]);
	stays = recent_stays(plans, nplans, visits);
	for (int i = 0; i < nplans; i++)
		fade(&plans[i], stays, visits);

	recent = all_recent(plans, nplans);
	for (int i = 0; i < nplans; i++)
		plans[i].memory.share = tend_sums_starts(&recent) > 0 ?
			tend_sums_starts(&plans[i].memory.recent) / tend_sums_starts(&recent) : 0;
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
