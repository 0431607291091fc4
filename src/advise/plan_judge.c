/*-------------------------------------------------------------------------
 *
 * plan_judge.c
 *	  Two sides of a change of plan: which is worse, and is it the plan's
 *	  fault?
 *
 * Time alone proves nothing: a neighbour is noisy, a disk is slow, a query
 * asks for more rows.  So a plan has regressed if it takes longer per row,
 * beyond chance, by more than everything else does, does more work (blocks or
 * CPU time), and costs enough to matter.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_sums.h"

/* A mean is another one from this ratio on. */
#define OTHER_TIME			1.5

/* Work is more from this ratio on, and by so much per call, */
#define MORE_WORK			1.25
#define LEAST_BLOCKS		1.0
#define LEAST_CPU_MS		0.001

/*
 * To wait takes some CPU time, too, and where a call took next to none that is
 * many times as much; so does work beside others that fill the caches.  It is
 * more work if it is this share of the difference.
 */
#define LEAST_CPU_SHARE		0.25

/* and where CPU time is unknown, the new plan may be blamed from this on. */
#define TIME_ALONE			4.0

/* Waiting for blocks explains a difference if it is this share of it. */
#define MOSTLY				0.5

/* An hour, in intervals */
#define HOUR_VISITS			60.0

/* The slower side of a change, and the faster one */
typedef struct Sides
{
	const TendPlanSums *fast_sums;
	const TendPlanSums *slow_sums;
	TendPlanTime fast;
	TendPlanTime slow;
	double		climate;		/* how much slower everything was, at least 1 */
	double		rows;			/* how many times the rows, at least 1 */
	double		lost;			/* ms in 60 intervals */
	bool		same_plan;
} Sides;

/* ---- lookups ---- */

const TendPlanCase *
tend_plan_find(const TendPlanCase *plans, int nplans, uint64 planid)
{
	for (int i = 0; i < nplans; i++)
		if (plans[i].planid == planid)
			return &plans[i];
	return NULL;
}

/* So many visits later, or earlier, as far as timestamps go */
TimestampTz
tend_plan_visits_after(TimestampTz t, double visits, const TendPlanPolicy *policy)
{
	double		usecs = visits * policy->interval * 1e6;
	int64		step = isnan(usecs) ? 0 : (int64) Min(Max(usecs, -1e17), 1e17);

	if (step > 0 && t > PG_INT64_MAX - step)
		return PG_INT64_MAX;
	if (step < 0 && t < PG_INT64_MIN - step)
		return PG_INT64_MIN;
	return t + step;
}

/*
 * The part of "recent" that a plan would have, if visits always saw as many
 * executions as with it.  It grows more slowly than the plan's part of the
 * turns.
 */
static double
filled(const TendPlanCase *plan)
{
	return 1 - pow(1 - plan->memory.share, TEND_PLAN_TURNS_VISITS / TEND_PLAN_RECENT_VISITS);
}

/*
 * Executions of a query in 60 intervals, at its recent rate with this plan: a
 * slow plan is executed less often than what ran before it, of which "recent"
 * is full for an hour.  Of a query that seldom runs, "recent" only holds the
 * last executions: then its whole life tells.
 */
double
tend_plan_rate(const TendPlanCase *plans, int nplans, const TendPlanCase *plan,
			   const TendPlanPolicy *policy)
{
	TendPlanSums recent = {0};
	double		like = tend_plan_per_visit(&plan->memory.recent) / filled(plan);
	double		starts = 0;
	double		visits = 0;
	double		rate;

	for (int i = 0; i < nplans; i++)
	{
		double		lived = ((double) plans[i].last_seen - (double) plans[i].first_seen) /
			(policy->interval * 1e6);

		recent = tend_sums_add(&recent, &plans[i].memory.recent);
		starts += tend_sums_starts(&plans[i].totals);
		visits = Max(visits, lived);
	}
	rate = tend_plan_per_visit(&recent);
	/* not if it is NaN */
	if (like < rate)
		rate = like;
	rate *= HOUR_VISITS;
	if (rint(tend_sums_starts(&recent)) <= TEND_PLAN_FLOOR && visits > HOUR_VISITS)
		rate = Min(rate, starts / visits * HOUR_VISITS);
	return rate;
}

/* ---- work ---- */

static double
ratio_of(double now, double before)
{
	return before > 0 ? now / before : NAN;
}

/* Blocks that a call works with, those of temporary files included */
static double
blocks(const TendPlanSums *s)
{
	return tend_sums_per_call(s, s->blks + s->temp_blks);
}

/* NaN, where something is unknown, compares as false. */
static bool
is_more(double more, double less, double least)
{
	return more >= MORE_WORK * less && more - less >= least;
}

static bool
works_more(const Sides *s)
{
	double		longer = s->slow.mean / s->rows - s->fast.mean;

	return is_more(blocks(s->slow_sums) / s->rows, blocks(s->fast_sums), LEAST_BLOCKS) ||
		is_more(tend_sums_cpu(s->slow_sums) / s->rows, tend_sums_cpu(s->fast_sums),
				Max(LEAST_CPU_SHARE * longer, LEAST_CPU_MS));
}

/* Waiting for blocks is known where track_io_timing is on. */
static bool
waited_for_blocks(const Sides *s)
{
	double		waited = tend_sums_per_call(s->slow_sums, s->slow_sums->read_ms) -
		tend_sums_per_call(s->fast_sums, s->fast_sums->read_ms);

	return waited >= MOSTLY * (s->slow.mean - s->fast.mean);
}

/*
 * CPU time unknown, blocks the same: only a large factor tells, and only if
 * there is another plan to blame.
 */
static bool
time_alone_tells(const Sides *s)
{
	bool		cpu_known = !isnan(tend_sums_cpu(s->slow_sums)) &&
		!isnan(tend_sums_cpu(s->fast_sums));

	return !cpu_known && !s->same_plan && !waited_for_blocks(s) &&
		s->slow.mean >= TIME_ALONE * s->fast.mean * s->rows * s->climate;
}

/* ---- the verdict ---- */

/* Is the slower side's mean so close that it cannot be twice the other's? */
static TendPlanReason
alike_or_noise(const Sides *s)
{
	double		most = s->slow.mean - s->fast.mean + tend_plan_margin(&s->fast, &s->slow);

	return most < s->fast.mean ? TEND_PLAN_ALIKE : TEND_PLAN_NOISE;
}

/*
 * Why the slower side is slower.  TEND_PLAN_WORSE and TEND_PLAN_NEVER_ENDS:
 * it is the plan.
 */
static TendPlanReason
why_slower(const Sides *s, double min_lost_ms)
{
	double		factor = s->slow.mean / s->fast.mean;
	double		explained = s->rows * s->climate;

	if (!tend_plan_enough(&s->fast) || !tend_plan_enough(&s->slow))
		return TEND_PLAN_FEW_CALLS;
	if (!(factor >= OTHER_TIME))
		return alike_or_noise(s);
	if (!tend_plan_beyond(&s->fast, &s->slow, 1))
		return TEND_PLAN_NOISE;
	if (factor < OTHER_TIME * s->rows)
		return TEND_PLAN_MORE_ROWS;
	if (factor < OTHER_TIME * explained)
		return TEND_PLAN_CLIMATE;
	if (!tend_plan_beyond(&s->fast, &s->slow, explained))
		return TEND_PLAN_NOISE;

	/* the faster one might not be faster, had it been let run */
	if (s->fast.least)
		return TEND_PLAN_FEW_CALLS;
	if (!(s->lost >= min_lost_ms))
		return TEND_PLAN_CHEAP;
	if (s->slow.least)
		return TEND_PLAN_NEVER_ENDS;
	if (works_more(s) || time_alone_tells(s))
		return TEND_PLAN_WORSE;
	return TEND_PLAN_SAME_WORK;
}

static TendPlanVerdict
verdict_of(TendPlanReason reason, bool slower)
{
	switch (reason)
	{
		case TEND_PLAN_WORSE:
		case TEND_PLAN_BETTER:
		case TEND_PLAN_NEVER_ENDS:
			return slower ? TEND_PLAN_REGRESSED : TEND_PLAN_IMPROVED;
		case TEND_PLAN_CHEAP:
		case TEND_PLAN_MORE_ROWS:
		case TEND_PLAN_ALIKE:
			return TEND_PLAN_UNCHANGED;
		case TEND_PLAN_OSCILLATES:
			return TEND_PLAN_PARAMETER_SENSITIVE;
		case TEND_PLAN_FEW_CALLS:
		case TEND_PLAN_NOISE:
		case TEND_PLAN_CLIMATE:
		case TEND_PLAN_SAME_WORK:
			break;
	}
	return TEND_PLAN_UNDECIDED;
}

/* Fill the figures of a change. */
static void
measure(TendPlanChange *c, const TendPlanSums *since, double calls_per_hour)
{
	TendPlanTime before = tend_plan_time(&c->old);
	TendPlanTime after = tend_plan_time(since);

	c->old_mean_ms = before.mean;
	c->new_mean_ms = after.mean;
	c->ratio = ratio_of(after.mean, before.mean);
	c->row_ratio = ratio_of(tend_sums_per_call(since, since->rows),
							tend_sums_per_call(&c->old, c->old.rows));
	c->block_ratio = ratio_of(blocks(since), blocks(&c->old));
	c->cpu_ratio = ratio_of(tend_sums_cpu(since), tend_sums_cpu(&c->old));
	c->lost_ms_per_hour = (after.mean - before.mean) * calls_per_hour;
}

/* More rows only excuse, fewer do not accuse; the same with the climate. */
static double
excuse(double ratio, bool slower)
{
	double		excused = slower ? ratio : 1 / ratio;

	return excused > 1 && excused < INFINITY ? excused : 1;
}

/*
 * Compare what the new plan did since the change with the old one: figures,
 * verdict and reason.  The change's climate is that of the time since.
 */
void
tend_plan_judge(TendPlanChange *c, const TendPlanSums *since,
				double calls_per_hour, const TendPlanPolicy *policy)
{
	TendPlanTime before = tend_plan_time(&c->old);
	TendPlanTime after = tend_plan_time(since);
	bool		slower = !(after.mean < before.mean);
	Sides		s = {
		.fast_sums = slower ? &c->old : since,
		.slow_sums = slower ? since : &c->old,
		.fast = slower ? before : after,
		.slow = slower ? after : before,
		.climate = excuse(c->climate, slower),
		.same_plan = c->old_planid == c->new_planid
	};

	measure(c, since, calls_per_hour);
	s.rows = excuse(c->row_ratio, slower);
	s.lost = slower ? c->lost_ms_per_hour : -c->lost_ms_per_hour;
	c->reason = why_slower(&s, policy->min_lost_ms);
	c->verdict = verdict_of(c->reason, slower);
	if (c->verdict == TEND_PLAN_IMPROVED)
		c->reason = TEND_PLAN_BETTER;
}
