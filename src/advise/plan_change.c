/*-------------------------------------------------------------------------
 *
 * plan_change.c
 *	  Notice that a query changed its plan, or that a plan became slow.
 *
 * A new plan is no change: a share of the visits that moved is.  Executions are
 * counted when they begin, since the worst plan never ends.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_sums.h"

/* A plan with this share of a query's turns is its plan. */
#define CURRENT_SHARE		0.6

/* Two plans with at least this share each, in so many visits: mixed */
#define MIXED_SHARE			0.2
#define MIXED_VISITS		5

/* The third flip within a day; the earlier ones have faded a bit */
#define OSCILLATION_FLIPS	2.5

/* Visits in a row that a plan is slow, and if its executions are aborted */
#define SLOW_VISITS			3
#define SLOW_VISITS_ABORTED	2

/* Counters of visits do not need to go further. */
#define MOST_VISITS			10000

/* What tend_plan_change() was given */
typedef struct Query
{
	TendPlanCase *plans;
	int			nplans;
	const TendPlanChange *known;
	int			nknown;
	TimestampTz now;
	double		climate;
	const TendPlanPolicy *policy;
} Query;

/* ---- what a change begins with ---- */

/*
 * "since": what the new plan has done so far that belongs to the change.  It
 * is judged at once, as far as that goes.
 */
static void
begin(TendPlanChange *c, const Query *q, TimestampTz at, const TendPlanSums *old,
	  uint64 old_planid, const TendPlanCase *new, const TendPlanSums *since)
{
	memset(c, 0, sizeof(*c));
	c->at = at;
	c->old_planid = old_planid;
	c->new_planid = new->planid;
	c->climate = q->climate > 0 ? q->climate : 1;
	c->old = *old;
	c->start = tend_sums_minus(&new->totals, since);
	tend_plan_judge(c, since, tend_plan_rate(q->plans, q->nplans, new, q->policy), q->policy);
	if (c->verdict != TEND_PLAN_UNDECIDED)
	{
		c->decided_at = q->now;
		c->decided = new->totals;
	}
}

static void
call_mixed(TendPlanChange *c, const Query *q)
{
	c->verdict = TEND_PLAN_PARAMETER_SENSITIVE;
	c->reason = TEND_PLAN_OSCILLATES;
	c->state = TEND_PLAN_CONFIRMED;
	c->decided_at = q->now;
}

static bool
known_mixed(const Query *q)
{
	for (int i = 0; i < q->nknown; i++)
		if (q->known[i].state != TEND_PLAN_RESOLVED &&
			q->known[i].verdict == TEND_PLAN_PARAMETER_SENSITIVE)
			return true;
	return false;
}

/* Is a change to this plan being followed? */
static bool
known_to(const Query *q, uint64 planid)
{
	for (int i = 0; i < q->nknown; i++)
		if (q->known[i].state != TEND_PLAN_RESOLVED &&
			q->known[i].verdict != TEND_PLAN_PARAMETER_SENSITIVE &&
			q->known[i].new_planid == planid)
			return true;
	return false;
}

/* ---- the current plan ---- */

static TendPlanCase *
current_plan(const Query *q)
{
	TendPlanCase *current = NULL;

	for (int i = 0; i < q->nplans; i++)
	{
		TimestampTz since = q->plans[i].memory.current_since;

		if (since != 0 && (current == NULL || since > current->memory.current_since))
			current = &q->plans[i];
	}
	return current;
}

/* The plan with the largest share, other than "except"; NULL if none has any */
static TendPlanCase *
largest_plan(const Query *q, const TendPlanCase *except)
{
	TendPlanCase *largest = NULL;

	for (int i = 0; i < q->nplans; i++)
		if (&q->plans[i] != except && q->plans[i].memory.share > 0 &&
			(largest == NULL || q->plans[i].memory.share > largest->memory.share))
			largest = &q->plans[i];
	return largest;
}

/*
 * Enough to be seen: executions that failed count, too.  All of a new plan, if
 * the old one has not been executed since, apart from the visit in which the
 * new one came; else what is recent, which fades.
 */
static bool
started_enough(const TendPlanCase *new, const TendPlanCase *old, const TendPlanPolicy *policy)
{
	const TendPlanSums *s =
		old->last_seen <= tend_plan_visits_after(new->first_seen, 1, policy) ?
		&new->totals : &new->memory.recent;
	double		starts = tend_sums_starts(s);
	TendPlanTime t = {.n = starts,.mean = starts > 0 ? (s->ms + s->aborted_ms) / starts : 0};

	return tend_plan_enough(&t);
}

static void
make_current(const Query *q, TendPlanCase *new, double flips)
{
	for (int i = 0; i < q->nplans; i++)
	{
		q->plans[i].memory.current_since = 0;
		q->plans[i].memory.flips = 0;
		q->plans[i].memory.mixed_visits = 0;
	}
	/* 0 would say that it is not */
	new->memory.current_since = q->now != 0 ? q->now : 1;
	new->memory.flips = flips;
}

/* ---- flips ---- */

/*
 * All that a plan did belongs to the change if the plan is younger than the
 * one it replaces, and most of it was recent; else what is recent.
 */
static bool
is_young(const TendPlanCase *new, const TendPlanCase *old)
{
	return new->first_seen > old->first_seen &&
		tend_sums_starts(&new->totals) <= 2 * tend_sums_starts(&new->memory.recent);
}

/*
 * Has another plan taken over?  True if that is a change to report; the one
 * that belongs to an oscillation that is known is not.
 */
static bool
notice_flip(const Query *q, TendPlanChange *c)
{
	TendPlanCase *old = current_plan(q);
	TendPlanCase *new = largest_plan(q, NULL);
	TendPlanSums before;
	double		flips;
	bool		young;

	if (new == NULL || new == old)
		return false;
	if (old == NULL)
	{
		make_current(q, new, 0);
		return false;
	}
	if (new->memory.share < CURRENT_SHARE || !started_enough(new, old, q->policy))
		return false;

	flips = old->memory.flips + 1;
	before = tend_sums_add(&old->memory.base, &old->memory.recent);
	young = is_young(new, old);
	make_current(q, new, flips);
	if (known_mixed(q))
		return false;
	begin(c, q, young && new->first_seen < q->now ? new->first_seen : q->now,
		  &before, old->planid, new, young ? &new->totals : &new->memory.recent);
	if (flips >= OSCILLATION_FLIPS)
		call_mixed(c, q);
	return true;
}

/* ---- two plans at a time ---- */

/*
 * Count this visit, if its executions used several plans, or only the current
 * one.  Not by "recent", where each flip is a mixture for a while.  If they
 * used another one, or are too few, that is no mixture, but nor is it the
 * current plan alone.
 */
static void
count_mixed(const Query *q, TendPlanCase *current)
{
	int		   *visits = &current->memory.mixed_visits;
	double		all = 0;
	double		least;
	int			large = 0;

	for (int i = 0; i < q->nplans; i++)
		all += tend_sums_starts(&q->plans[i].latest);
	if (all <= 0)
		return;
	least = MIXED_SHARE * all;
	for (int i = 0; i < q->nplans; i++)
		large += tend_sums_starts(&q->plans[i].latest) >= least;
	if (large == 1 && tend_sums_starts(&current->latest) >= least)
		*visits = Max(Min(*visits, 0) - 1, -MOST_VISITS);
	else if (large > 1 && all >= TEND_PLAN_FLOOR)
		*visits = Min(Max(*visits, 0) + 1, MOST_VISITS);
	else
		*visits = Max(*visits, 0);
}

static bool
notice_mixture(const Query *q, TendPlanChange *c)
{
	TendPlanCase *current = current_plan(q);
	TendPlanCase *other = largest_plan(q, current);
	TendPlanSums before;
	int			visits;

	if (current == NULL)
		return false;
	count_mixed(q, current);
	visits = current->memory.mixed_visits;
	if (visits < MIXED_VISITS || other == NULL || known_mixed(q))
		return false;
	before = tend_sums_add(&current->memory.base, &current->memory.recent);
	begin(c, q, tend_plan_visits_after(q->now, 1 - visits, q->policy), &before,
		  current->planid, other, &other->memory.recent);
	call_mixed(c, q);
	return true;
}

/* ---- the same plan, slow ---- */

/* Counts visits in a row; those without executions neither count nor break. */
static void
count_slow(TendPlanCase *plan, double slow_ratio)
{
	TendPlanTime now = tend_plan_time(&plan->latest);
	TendPlanTime usual = tend_plan_time(&plan->memory.base);

	if (tend_sums_starts(&plan->latest) <= 0)
		return;
	if (tend_plan_enough(&usual) && now.mean > slow_ratio * usual.mean)
		plan->memory.slow_visits = Min(Max(plan->memory.slow_visits, 0) + 1, MOST_VISITS);
	else
		plan->memory.slow_visits = 0;
}

/* For long enough, beyond chance, and dear enough? */
static bool
is_slow(const Query *q, const TendPlanCase *plan)
{
	TendPlanTime latest = tend_plan_time(&plan->latest);
	TendPlanTime usual = tend_plan_time(&plan->memory.base);
	TendPlanTime now = tend_plan_enough(&latest) ? latest : tend_plan_time(&plan->memory.recent);
	double		lost = (now.mean - usual.mean) * tend_plan_rate(q->plans, q->nplans, plan, q->policy);

	if (latest.n <= 0 ||
		plan->memory.slow_visits < (latest.least ? SLOW_VISITS_ABORTED : SLOW_VISITS))
		return false;
	return tend_plan_enough(&now) && tend_plan_beyond(&usual, &now, 1) &&
		lost >= q->policy->min_lost_ms;
}

/* One plan at a time; the next visit finds the next one. */
static bool
notice_slow(const Query *q, TendPlanChange *c)
{
	TendPlanCase *slow = NULL;

	for (int i = 0; i < q->nplans; i++)
	{
		TendPlanCase *plan = &q->plans[i];

		count_slow(plan, Max(q->policy->slow_ratio, 1));
		if (slow == NULL && is_slow(q, plan) && !known_to(q, plan->planid))
			slow = plan;
	}
	if (slow == NULL)
		return false;

	/* "recent" still holds much of the time before: only the latest counts */
	begin(c, q, tend_plan_visits_after(q->now, 1 - slow->memory.slow_visits, q->policy),
		  &slow->memory.base, slow->planid, slow, &slow->latest);
	c->at = Max(c->at, Min(slow->first_seen, q->now));
	return true;
}

/*
 * Has one query changed its plan, or has a plan become slow?  True if "change"
 * begins now.  "known" are the changes of this query that are not over.
 */
bool
tend_plan_change(TendPlanCase *plans, int nplans,
				 const TendPlanChange *known, int nknown,
				 TimestampTz now, double climate,
				 const TendPlanPolicy *policy, TendPlanChange *change)
{
	Query		q = {plans, nplans, known, nknown, now, climate, policy};
	TendPlanChange other;
	bool		flip = notice_flip(&q, change);

	/* all of them count visits, though only one change is told */
	if (notice_mixture(&q, flip ? &other : change))
		return true;
	return notice_slow(&q, flip ? &other : change) || flip;
}
