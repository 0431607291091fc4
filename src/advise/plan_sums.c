/*-------------------------------------------------------------------------
 *
 * plan_sums.c
 *	  Sums over executions of a plan, and what follows from them.
 *
 * Sums can be added, subtracted and scaled, so that what happened between two
 * visits, what fades and what a day brought are all of one kind.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_sums.h"

/*
 * Beyond these, arithmetic on sums would overflow.  No server reaches them: a
 * hundred million years in ms, and the square of it.
 */
#define MOST_SUM			1e22
#define MOST_SQUARES		1e44

static double
sane(double value, double most)
{
	/* written so that NaN becomes 0 */
	return value > 0 ? Min(value, most) : 0;
}

/* The counters of a plan as sums. */
TendPlanSums
tend_plan_sums(const TendPlanCounters *c)
{
	TendPlanSums s = {
		.calls = sane(c->calls, MOST_SUM),
		.ms = sane(c->total_ms, MOST_SUM),
		.m2 = sane(c->m2, MOST_SQUARES),
		.rows = sane(c->rows, MOST_SUM),
		.blks = sane((double) c->blks_hit + (double) c->blks_read, MOST_SUM),
		.reads = sane(c->blks_read, MOST_SUM),
		.temp_blks = sane(c->temp_blks, MOST_SUM),
		.partitions = sane(c->partitions, MOST_SUM),
		.read_ms = sane(c->read_ms, MOST_SUM),
		.cpu_ms = sane(c->cpu_ms, MOST_SUM),
		.cpu_wall_ms = sane(c->cpu_wall_ms, MOST_SUM),
		.aborted = sane(c->aborted, MOST_SUM),
		.aborted_ms = sane(c->aborted_ms, MOST_SUM)
	};

	return s;
}

/* ---- arithmetic ---- */

/*
 * A share of the executions, without choosing which: means and scatter stay
 * as they are.
 */
TendPlanSums
tend_sums_scale(const TendPlanSums *s, double factor)
{
	TendPlanSums result = *s;
	double	   *field = (double *) &result;

	for (int i = 0; i < TEND_PLAN_NSUMS; i++)
		field[i] *= factor;
	return result;
}

/*
 * What the means of two groups add to the sum of squares of both together.
 *
 * Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for
 * Computing Sample Variances" (1979).
 */
static double
between_groups(const TendPlanSums *a, const TendPlanSums *b)
{
	double		d;

	if (!(a->calls > 0) || !(b->calls > 0))
		return 0;
	d = a->ms / a->calls - b->ms / b->calls;
	return d * d * (a->calls / (a->calls + b->calls)) * b->calls;
}

TendPlanSums
tend_sums_add(const TendPlanSums *a, const TendPlanSums *b)
{
	TendPlanSums result = *a;
	double	   *field = (double *) &result;
	const double *more = (const double *) b;

	for (int i = 0; i < TEND_PLAN_NSUMS; i++)
		field[i] += more[i];
	result.m2 += between_groups(a, b);
	return result;
}

/* What was added to "part" to make "whole"; rounding never makes it negative */
TendPlanSums
tend_sums_minus(const TendPlanSums *whole, const TendPlanSums *part)
{
	TendPlanSums result = *whole;
	double	   *field = (double *) &result;
	const double *less = (const double *) part;

	for (int i = 0; i < TEND_PLAN_NSUMS; i++)
		field[i] = Max(field[i] - less[i], 0);
	result.m2 = Max(result.m2 - between_groups(part, &result), 0);
	return result;
}

/* Executions are only ever added: did somebody set them back? */
bool
tend_sums_reset(const TendPlanSums *now, const TendPlanSums *before)
{
	/* sums of doubles may be a hair smaller without having been reset */
	return now->calls < before->calls || now->aborted < before->aborted ||
		now->ms < before->ms * (1 - 1e-9);
}

/* Executions, whether they ended or not */
double
tend_sums_starts(const TendPlanSums *s)
{
	return s->calls + s->aborted;
}

/* NaN without calls */
double
tend_sums_per_call(const TendPlanSums *s, double sum)
{
	return s->calls > 0 ? sum / s->calls : NAN;
}

/*
 * CPU time per call, NaN if it was never taken: the share of CPU in those
 * executions that were measured, of the mean of all.
 */
double
tend_sums_cpu(const TendPlanSums *s)
{
	if (!(s->cpu_wall_ms > 0) || !(s->calls > 0))
		return NAN;
	return s->cpu_ms / s->cpu_wall_ms * (s->ms / s->calls);
}

/*
 * Executions in each visit, by what is recent of them: what fades by half in
 * 5 visits holds 1 / (1 - 2^(-1/5)) visits.
 */
double
tend_plan_per_visit(const TendPlanSums *recent)
{
	return tend_sums_starts(recent) * (1 - exp2(-1 / TEND_PLAN_RECENT_VISITS));
}

/* ---- time ---- */

/*
 * How long executions took, including those that were aborted if they had
 * already run for longer than the others took: that is a lower bound.  Those
 * that failed sooner say nothing about how long the plan takes.  Timeouts
 * take the same time each, so they scatter only by being other than the rest.
 */
TendPlanTime
tend_plan_time(const TendPlanSums *s)
{
	TendPlanSums lost = {.calls = s->aborted,.ms = s->aborted_ms};
	TendPlanSums all = *s;
	TendPlanTime t;
	double		mean = tend_sums_per_call(s, s->ms);

	/* not below the mean, nor NaN */
	if (s->aborted > 0 && !(s->aborted_ms / s->aborted <= mean))
	{
		all = tend_sums_add(s, &lost);
		t.least = s->aborted >= s->calls;
	}
	else
		t.least = false;
	t.n = all.calls;
	t.mean = tend_sums_per_call(&all, all.ms);
	t.m2 = all.m2;
	return t;
}

/* Fading makes fractions: the nearest whole number counts. */
bool
tend_plan_enough(const TendPlanTime *t)
{
	double		floor = t->mean > TEND_PLAN_SLOW_MS ? TEND_PLAN_SLOW_FLOOR : TEND_PLAN_FLOOR;

	return rint(t->n) >= floor;
}

/* ---- chance ---- */

/* The variance of single executions, and how well it is known */
typedef struct Scatter
{
	double		variance;
	double		df;				/* degrees of freedom */
} Scatter;

/* Scatter that is so many times larger is another one (F-test, 95 %) */
#define OTHER_SCATTER		4.0

/*
 * The scatter of x, which has too few executions to know it alone.
 *
 * Times scatter in proportion to their mean, more or less, so that the other
 * side tells something, too: they share a coefficient of variation, unless
 * x's own is clearly larger.  It is never taken to be smaller than x's own,
 * else one slow execution of two could look like two slow ones.
 */
static Scatter
shared_scatter(const TendPlanTime *x, const TendPlanTime *y)
{
	double		own = x->n > 1 ? x->m2 / (x->n - 1) : 0;
	Scatter		s = {.variance = INFINITY,.df = x->n + y->n - 2};

	if (!(s.df > 0) || !(x->mean > 0) || !(y->mean > 0))
		return s;
	s.variance = (x->m2 + y->m2 * (x->mean / y->mean) * (x->mean / y->mean)) / s.df;
	if (own > OTHER_SCATTER * s.variance)
		s.df = x->n - 1;
	s.variance = Max(s.variance, own);
	return s;
}

static Scatter
scatter(const TendPlanTime *x, const TendPlanTime *y)
{
	Scatter		s;

	if (rint(x->n) < TEND_PLAN_FLOOR)
		return shared_scatter(x, y);
	s.df = x->n - 1;
	s.variance = x->m2 / s.df;
	return s;
}

/*
 * Two-sided limit of Student's t for 99 %: exact for few degrees of freedom,
 * then Abramowitz and Stegun, 26.7.5, with z = 2.5758.
 */
static double
student_limit(double df)
{
	static const double few[] = {63.657, 9.925, 5.841, 4.604};

	/* written so that NaN has no limit */
	if (!(df >= 1))
		return INFINITY;
	if (df < 5)
		return few[(int) df - 1];
	return 2.5758 + 4.9166 / df + 8.8350 / (df * df) + 12.14 / (df * df * df);
}

/*
 * Half of the width of the 99 % confidence interval of the difference of two
 * means: Welch, "The generalization of Student's problem when several
 * different population variances are involved" (1947), and Satterthwaite's
 * degrees of freedom (1946).
 *
 * One slow execution among n moves the mean by just one standard error, so
 * that it never decides alone.
 */
double
tend_plan_margin(const TendPlanTime *a, const TendPlanTime *b)
{
	Scatter		sa = scatter(a, b);
	Scatter		sb = scatter(b, a);
	double		va = sa.variance / a->n;
	double		vb = sb.variance / b->n;
	double		df;

	if (!(va + vb < INFINITY))
		return INFINITY;
	if (va + vb <= 0)
		return 0;

	/* in shares, so that squares cannot overflow */
	va /= va + vb;
	vb = 1 - va;
	df = 1 / (va * va / sa.df + vb * vb / sb.df);
	return student_limit(df) * sqrt(sa.variance / a->n + sb.variance / b->n);
}

/* Is "slow" more than "factor" times as long as "fast", beyond chance? */
bool
tend_plan_beyond(const TendPlanTime *fast, const TendPlanTime *slow, double factor)
{
	TendPlanTime less = *slow;

	less.mean /= factor;
	less.m2 /= factor * factor;
	return less.mean - fast->mean > tend_plan_margin(fast, &less);
}
