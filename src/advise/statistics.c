/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  Which statistics on several columns cure a misestimate?
 *
 * What a kind of statistics is good for can be argued about, but it can also be
 * measured: the examples are planned with each candidate and without any, all on
 * the same fresh sample.  So neither age nor luck of the sample is credited to
 * an object, and one that does not beat the control is not advised.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "port/pg_bitutils.h"

#include "advise/attribute.h"
#include "advise/statistics.h"

/* Less gain than this is none. */
#define SOME_GAIN		1.2

/* Who expects fewer rows than these, expects as good as none. */
#define HARMLESS_ROWS	5.0

/* The control is right if no example is wrong by so many times. */
#define WRONG			2.0
/* Plans without values, from which on we prefer what does not need them */
#define OFTEN_GENERIC	0.5

/* An object that exists: what it has to gain still, and may harm */
#define STILL_USEFUL	1.1
#define USEFUL_FOR_ONE	1.5
#define HARMFUL			1.5
/* Fewer examples do not condemn it. */
#define ENOUGH_EXAMPLES	3

/* Samples after which the effect of an object is judged */
#define ENOUGH_SAMPLES	3
#define IMPROVED		1.5

const TendChoicePolicy tend_choice_policy = {
	.min_gain = 1.5,
	.alike = 1.3,
	.max_harm = 1.5,
	.max_harm_of_one = 4,
	.wins = 2
};

/* ---- choice ---- */

static bool
is_number(double rows)
{
	return isfinite(rows) && rows >= 0;
}

static bool
is_usable(const TendTrials *t, int example)
{
	return is_number(t->actual[example]) && is_number(t->control[example]);
}

/* Weighted geometric mean of the q-errors; NaN: an example could not be planned */
static double
mean_q(const TendTrials *t, const double *estimated)
{
	double		ln = 0;
	double		weight = 0;

	for (int i = 0; i < t->nexamples; i++)
	{
		if (!is_usable(t, i))
			continue;
		if (!is_number(estimated[i]))
			return NAN;
		ln += t->weights[i] * log(tend_q_error(estimated[i], t->actual[i]));
		weight += t->weights[i];
	}
	return weight > 0 ? exp(ln / weight) : NAN;
}

/* By how many times an example becomes worse.  Some rows more harm nobody. */
static double
harm_of(const TendTrials *t, const double *estimated, int example)
{
	double		actual = Max(t->actual[example], HARMLESS_ROWS);

	return tend_q_error(Max(estimated[example], HARMLESS_ROWS), actual) /
		tend_q_error(Max(t->control[example], HARMLESS_ROWS), actual);
}

/*
 * Does a trial make a kind of examples worse?  One may be, by chance: statistics
 * are made of a sample.
 */
static bool
harms(const TendTrials *t, const double *estimated, const TendChoicePolicy *policy)
{
	double		ln[TEND_EXAMPLE_KINDS] = {0};
	int			n[TEND_EXAMPLE_KINDS] = {0};

	for (int i = 0; i < t->nexamples; i++)
	{
		double		harm;

		if (!is_usable(t, i))
			continue;
		harm = harm_of(t, estimated, i);
		if (harm > policy->max_harm_of_one)
			return true;
		ln[t->kinds[i]] += log(harm);
		n[t->kinds[i]]++;
	}
	for (int i = 0; i < TEND_EXAMPLE_KINDS; i++)
	{
		if (n[i] > 0 && exp(ln[i] / n[i]) > policy->max_harm)
			return true;
	}
	return false;
}

static bool
same_columns(const TendCandidate *a, const TendCandidate *b)
{
	return a != NULL && a->ncolumns == b->ncolumns &&
		memcmp(a->columns, b->columns, a->ncolumns * sizeof(int)) == 0;
}

static bool
same_candidate(const TendCandidate *a, const TendCandidate *b)
{
	return same_columns(a, b) && a->kinds == b->kinds && a->target == b->target;
}

/*
 * Of two that are about as good, is the first the better one?  Fewer columns
 * serve more queries; one kind, and a lower target, cost less.  The winner of
 * the round before stays, so that noise does not make it lose its place.
 */
static bool
is_better(const TendTrials *t, int a, double q_a, int b, double q_b)
{
	const TendCandidate *x = &t->trials[a].candidate;
	const TendCandidate *y = &t->trials[b].candidate;
	int			kinds_x = pg_popcount32(x->kinds);
	int			kinds_y = pg_popcount32(y->kinds);

	if (same_candidate(t->winner, x) != same_candidate(t->winner, y))
		return same_candidate(t->winner, x);
	if (x->ncolumns != y->ncolumns)
		return x->ncolumns < y->ncolumns;
	if (kinds_x != kinds_y)
		return kinds_x < kinds_y;
	if (x->target != y->target)
		return x->target < y->target;
	if (t->parameters >= OFTEN_GENERIC && x->kinds != y->kinds)
		return x->kinds == TEND_STATISTICS_DEPENDENCIES;
	return q_a < q_b;
}

/* The least error of all trials that do enough and harm nobody */
static double
least_error(const TendTrials *t, const TendChoicePolicy *policy, double q_now, bool *harmful)
{
	double		least = INFINITY;

	for (int i = 0; i < t->ntrials; i++)
	{
		double		q = mean_q(t, t->trials[i].estimated);

		if (!(q * policy->min_gain <= q_now))
			continue;
		if (harms(t, t->trials[i].estimated, policy))
			*harmful = true;
		else
			least = Min(least, q);
	}
	return least;
}

/* Is any trial better than the control by more than chance? */
static bool
gains_anything(const TendTrials *t, double q_now)
{
	for (int i = 0; i < t->ntrials; i++)
	{
		if (mean_q(t, t->trials[i].estimated) * SOME_GAIN <= q_now)
			return true;
	}
	return false;
}

static void
take_best(const TendTrials *t, const TendChoicePolicy *policy, double least, TendChoice *c)
{
	for (int i = 0; i < t->ntrials; i++)
	{
		double		q = mean_q(t, t->trials[i].estimated);

		if (!(q * policy->min_gain <= c->q_now) || q > least * policy->alike ||
			harms(t, t->trials[i].estimated, policy))
			continue;
		if (c->best < 0 || is_better(t, i, q, c->best, c->q_expected))
		{
			c->best = i;
			c->q_expected = q;
		}
	}
}

/* The example that is most wrong without a cure; counts those that can be used */
static void
look_at_examples(const TendTrials *t, TendChoice *c)
{
	for (int i = 0; i < t->nexamples; i++)
	{
		if (!is_usable(t, i))
			continue;
		c->examples++;
		if (c->example < 0 || tend_q_error(t->control[i], t->actual[i]) >
			tend_q_error(t->control[c->example], t->actual[c->example]))
			c->example = i;
	}
}

/*
 * Choose among trials.  To win once may be luck of the sample.
 */
TendChoice
tend_statistics_choose(const TendTrials *trials, const TendChoicePolicy *policy)
{
	TendChoice	c = {
		.verdict = TEND_STATISTICS_NO_EXAMPLES,
		.best = -1,
		.example = -1,
		.q_expected = NAN,
		.gain = NAN
	};
	bool		harmful = false;
	double		least;

	look_at_examples(trials, &c);
	c.q_now = mean_q(trials, trials->control);
	if (c.examples == 0)
		return c;
	if (tend_q_error(trials->control[c.example], trials->actual[c.example]) < WRONG)
	{
		c.verdict = trials->covered ? TEND_STATISTICS_COVERED : TEND_STATISTICS_FRESH;
		return c;
	}
	least = least_error(trials, policy, c.q_now, &harmful);
	take_best(trials, policy, least, &c);
	if (c.best < 0)
	{
		c.verdict = harmful ? TEND_STATISTICS_HARMFUL :
			gains_anything(trials, c.q_now) ? TEND_STATISTICS_NOT_BETTER : TEND_STATISTICS_NO_USE;
		return c;
	}
	c.gain = c.q_now / c.q_expected;
	c.wins = 1;
	if (same_columns(trials->winner, &trials->trials[c.best].candidate))
		c.wins += Max(trials->wins, 0);
	c.verdict = c.wins >= policy->wins ? TEND_STATISTICS_PROVEN : TEND_STATISTICS_AGAIN;
	return c;
}

/* ---- afterwards ---- */

/*
 * Does an object that exists help these examples?  It takes more to condemn
 * one than to leave it: others may need it for values that we have not seen.
 */
TendStatisticsUse
tend_statistics_use(int nexamples, const double *actual, const double *with,
					const double *without, double *gain)
{
	double		ln = 0;
	double		best = 0;
	int			n = 0;

	for (int i = 0; i < nexamples; i++)
	{
		double		q;

		if (!is_number(actual[i]) || !is_number(with[i]) || !is_number(without[i]))
			continue;
		q = tend_q_error(without[i], actual[i]) / tend_q_error(with[i], actual[i]);
		ln += log(q);
		best = Max(best, q);
		n++;
	}
	*gain = n > 0 ? exp(ln / n) : NAN;
	if (n == 0)
		return TEND_USE_UNKNOWN;
	if (*gain >= STILL_USEFUL)
		return TEND_USE_HELPS;
	if (n < ENOUGH_EXAMPLES)
		return TEND_USE_UNKNOWN;
	if (*gain * HARMFUL <= 1)
		return TEND_USE_HARMS;
	return best >= USEFUL_FOR_ONE ? TEND_USE_HELPS : TEND_USE_NONE;
}

/*
 * Did estimates improve?  "since" has the executions since the object was
 * created.  One that was right is taken to be wrong by the square root of 2: all
 * that is known is that it was not twice.
 */
TendStatisticsEffect
tend_statistics_effect(double q_before, const TendEstimateSums *since, double *q_since)
{
	double		n = (double) since->samples + since->right;

	*q_since = n > 0 ? exp((since->ln_abs_sum + since->right * M_LN2 / 2) / n) : NAN;
	if (n < ENOUGH_SAMPLES || !(q_before >= 1) || isnan(*q_since))
		return TEND_EFFECT_PENDING;
	if (*q_since * IMPROVED <= q_before)
		return TEND_EFFECT_IMPROVED;
	return *q_since >= q_before * IMPROVED ? TEND_EFFECT_WORSE : TEND_EFFECT_NONE;
}
