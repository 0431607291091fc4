/*-------------------------------------------------------------------------
 *
 * plan_follow.c
 *	  Follow a change of plan until it is over.
 *
 *	open		until a verdict stands: it may change
 *	confirmed	as many executions again say the same
 *	resolved	another plan runs, the time is back, or nobody asks any more
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_sums.h"

/* The mean is back where it was up to this ratio. */
#define BACK				1.2

/* Another plan must be the current one for so many visits. */
#define REPLACED_VISITS		3.0

/*
 * A mixture: after "recent" was filled so many times by the new plan, in so
 * many visits, the old one still has this share of the turns.  A flip would
 * have left it less than 15 %, even if visits before it saw many executions,
 * and those after it only one each.
 */
#define MIXED_FILLS			3.0
#define MIXED_VISITS		25.0
#define MIXED_SHARE			0.2

/* A mixture is over when one plan has this share, in so many visits. */
#define SINGLE_SHARE		0.9
#define SINGLE_VISITS		60

/*
 * Nobody waits for a verdict for longer than a day, or so many times the
 * usual time between two executions, but a month at most; for what is decided,
 * or where executions come but do not decide, so many times longer.
 */
#define PATIENCE_GAPS		3.0
#define MOST_PATIENCE		(30 * TEND_PLAN_DAY_VISITS)
#define LONG_PATIENCE		7.0

typedef struct Follow
{
	TendPlanChange *change;
	const TendPlanCase *plans;
	int			nplans;
	const TendPlanCase *old;	/* NULL: no longer stored */
	const TendPlanCase *new;	/* the same */
	TimestampTz now;
	double		climate;
	const TendPlanPolicy *policy;
} Follow;

/* Time does not go back, whatever the clock does. */
static TimestampTz
later(TimestampTz now, TimestampTz than)
{
	return Max(now, than);
}

static bool
passed(const Follow *f, TimestampTz since, double visits)
{
	return f->now >= tend_plan_visits_after(since, visits, f->policy);
}

static void
resolve(const Follow *f)
{
	TendPlanChange *c = f->change;

	c->state = TEND_PLAN_RESOLVED;
	c->closed_at = later(f->now, Max(c->at, c->decided_at) + 1);
}

static bool
is_same_plan(const TendPlanChange *c)
{
	return c->old_planid == c->new_planid;
}

/* This visit's executions took no longer than those before the change. */
static bool
is_calm(const Follow *f)
{
	TendPlanTime latest = tend_plan_time(&f->new->latest);

	return latest.n > 0 && !latest.least && latest.mean <= BACK * f->change->old_mean_ms;
}

/* ---- judging again ---- */

static void
decide(const Follow *f, const TendPlanChange *judged)
{
	TendPlanChange *c = f->change;

	*c = *judged;
	c->decided = f->new->totals;
	c->decided_at = c->verdict == TEND_PLAN_UNDECIDED ? 0 : later(f->now, c->at);
}

/* The climate of the whole time since the change, weighted by executions */
static void
average_climate(const Follow *f, const TendPlanSums *since)
{
	TendPlanChange *c = f->change;
	double		all = tend_sums_starts(since);
	double		latest = Min(tend_sums_starts(&f->new->latest), all);
	double		now = f->climate > 0 ? f->climate : 1;

	if (!(c->climate > 0))
		c->climate = now;
	if (all > 0)
		c->climate += (now - c->climate) * (latest / all);
}

/*
 * A verdict stands, if what came after it says the same.  If that says
 * something else, the first executions were special, for example because
 * nothing was in cache: then they do not count.
 */
static void
confirm(const Follow *f, double rate)
{
	TendPlanChange *c = f->change;
	TendPlanChange trial = *c;
	TendPlanSums fresh = tend_sums_minus(&f->new->totals, &c->decided);

	tend_plan_judge(&trial, &fresh, rate, f->policy);
	if (trial.verdict == c->verdict)
		c->state = TEND_PLAN_CONFIRMED;
	else if (trial.verdict != TEND_PLAN_UNDECIDED)
	{
		trial.start = c->decided;
		decide(f, &trial);
	}
}

static void
judge_again(const Follow *f)
{
	TendPlanChange *c = f->change;
	TendPlanChange judged;
	TendPlanSums since;
	double		rate = tend_plan_rate(f->plans, f->nplans, f->new, f->policy);

	if (tend_sums_reset(&f->new->totals, &c->start) ||
		tend_sums_reset(&f->new->totals, &c->decided))
	{
		memset(&c->start, 0, sizeof(c->start));
		memset(&c->decided, 0, sizeof(c->decided));
	}
	since = tend_sums_minus(&f->new->totals, &c->start);
	average_climate(f, &since);
	judged = *c;
	tend_plan_judge(&judged, &since, rate, f->policy);
	if (judged.verdict != c->verdict)
		decide(f, &judged);
	else
	{
		*c = judged;
		if (c->verdict != TEND_PLAN_UNDECIDED)
			confirm(f, rate);
	}
}

/*
 * Only what ran can change a verdict.  When a plan that was slow is no longer
 * slow, that is the end, and tells nothing about why it was.
 */
static bool
is_worth_judging(const Follow *f)
{
	return tend_sums_starts(&f->new->latest) > 0 && !(is_same_plan(f->change) && is_calm(f));
}

/* ---- mixtures ---- */

/*
 * The old plan does not go away, though the new one has run for long, and
 * still runs: if it does not, the old plan is back, which is no mixture.
 */
static bool
is_mixture(const Follow *f)
{
	const TendPlanChange *c = f->change;
	TendPlanSums since;

	if (f->old == NULL || f->new == NULL || f->old == f->new ||
		!(tend_sums_starts(&f->new->latest) > 0) || !(f->old->share_before >= MIXED_SHARE) ||
		!passed(f, c->at, MIXED_VISITS))
		return false;
	since = tend_sums_minus(&f->new->totals, &c->start);
	return tend_sums_starts(&since) >=
		MIXED_FILLS * tend_sums_starts(&f->new->memory.recent);
}

static void
call_mixture(const Follow *f)
{
	TendPlanChange *c = f->change;

	c->verdict = TEND_PLAN_PARAMETER_SENSITIVE;
	c->reason = TEND_PLAN_OSCILLATES;
	c->state = TEND_PLAN_CONFIRMED;
	c->decided_at = later(f->now, c->at);
	c->decided = f->new->totals;
}

static bool
is_single(const Follow *f)
{
	for (int i = 0; i < f->nplans; i++)
	{
		const TendPlanMemory *m = &f->plans[i].memory;

		if (m->current_since != 0 && m->mixed_visits <= -SINGLE_VISITS &&
			m->share > SINGLE_SHARE)
			return true;
	}
	return false;
}

/* ---- is it over? ---- */

/* Has another plan than the new one become current, some visits ago? */
static bool
was_replaced(const Follow *f)
{
	if (f->new != NULL && f->new->memory.current_since != 0)
		return false;
	for (int i = 0; i < f->nplans; i++)
	{
		TimestampTz since = f->plans[i].memory.current_since;

		/* else it was before, and the new one never was */
		if (since != 0 && since > f->change->at)
			return passed(f, since, REPLACED_VISITS);
	}
	return false;
}

/* What was slow takes no longer than before, now and recently. */
static bool
is_back(const Follow *f)
{
	const TendPlanChange *c = f->change;
	bool		was_slow = c->verdict == TEND_PLAN_REGRESSED || is_same_plan(c) ||
		((c->reason == TEND_PLAN_CLIMATE || c->reason == TEND_PLAN_SAME_WORK) && c->ratio > 1);
	TendPlanTime recent;

	if (!was_slow || f->new == NULL || !is_calm(f))
		return false;
	recent = tend_plan_time(&f->new->memory.recent);
	return !recent.least && tend_plan_enough(&recent) && recent.mean <= BACK * c->old_mean_ms;
}

/* Visits between two executions, as far as known */
static double
usual_gap(const TendPlanCase *plan, const TendPlanPolicy *policy)
{
	double		starts = plan != NULL ? tend_sums_starts(&plan->totals) : 0;

	if (starts < 2)
		return 0;
	return ((double) plan->last_seen - (double) plan->first_seen) /
		(policy->interval * 1e6) / (starts - 1);
}

/* Nobody runs it any more, or no verdict will come. */
static bool
is_hopeless(const Follow *f)
{
	const TendPlanChange *c = f->change;
	TimestampTz last = f->new != NULL ? Max(c->at, f->new->last_seen) : c->at;
	TendPlanTime old = tend_plan_time(&c->old);
	double		gap = Max(usual_gap(f->old, f->policy), usual_gap(f->new, f->policy));
	double		patience = Min(Max(TEND_PLAN_DAY_VISITS, PATIENCE_GAPS * gap), MOST_PATIENCE);

	if (c->verdict != TEND_PLAN_UNDECIDED)
		return passed(f, later(last, c->decided_at), LONG_PATIENCE * patience);
	if (!tend_plan_enough(&old) && passed(f, c->at, patience))
		return true;
	return passed(f, last, patience) || passed(f, c->at, LONG_PATIENCE * patience);
}

/*
 * It was confirmed that there is nothing to do.  A plan that takes longer for
 * good is not told again, until that has become its baseline.
 */
static bool
is_settled(const Follow *f, TendPlanState state)
{
	const TendPlanChange *c = f->change;

	if (state != TEND_PLAN_CONFIRMED ||
		(c->verdict != TEND_PLAN_IMPROVED && c->verdict != TEND_PLAN_UNCHANGED))
		return false;
	return !is_same_plan(c) ||
		passed(f, c->decided_at, LONG_PATIENCE * TEND_PLAN_DAY_VISITS);
}

/*
 * Look at a change again.  True if its verdict, state or reason is another
 * one now.
 */
bool
tend_plan_follow(TendPlanChange *change, const TendPlanCase *plans, int nplans,
				 TimestampTz now, double climate, const TendPlanPolicy *policy)
{
	TendPlanChange before = *change;
	Follow		f = {
		change, plans, nplans,
		tend_plan_find(plans, nplans, change->old_planid),
		tend_plan_find(plans, nplans, change->new_planid),
		now, climate, policy
	};
	bool		mixed = change->verdict == TEND_PLAN_PARAMETER_SENSITIVE;

	if (change->state == TEND_PLAN_RESOLVED)
		return false;
	if (!mixed && change->state == TEND_PLAN_OPEN && f.new != NULL && is_worth_judging(&f))
		judge_again(&f);
	if (!mixed && is_mixture(&f))
		call_mixture(&f);
	else if (mixed ? is_single(&f) || is_hopeless(&f) :
			 is_settled(&f, before.state) || was_replaced(&f) || is_back(&f) || is_hopeless(&f))
		resolve(&f);
	return change->verdict != before.verdict || change->state != before.state ||
		change->reason != before.reason;
}
