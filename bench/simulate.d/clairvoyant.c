/*-------------------------------------------------------------------------
 *
 * clairvoyant.c
 *	  What somebody would do who knows the month in advance.
 *
 * For each table, given the price of bloat: all thresholds of a geometric row
 * are tried over the whole month; the cheapest is the "best constant".  Around
 * it, dynamic programming over days looks for the cheapest sequence of
 * thresholds, one per day.  Its states are the thresholds in force, each with
 * the cheapest table that led to it.  The result is a way of vacuuming that
 * was simulated to the end like any other, so it can be reached; what a change
 * within a day could gain is not in it, nor what thresholds cannot express.
 *
 * Who leaves dead rows behind pays for them what the best constant threshold
 * pays per dead row: the same rate for all policies.
 *
 *-------------------------------------------------------------------------
 */
#include "sim.h"

#define LEAST_THRESHOLD		20.0

/* Days look at so many thresholds to either side of the best constant */
#define BAND				6
/* and a day's threshold is at most so many away from the day before. */
#define STEP				2

/* The row of thresholds of one table */
typedef struct Rules
{
	double		least;
	double		most;
	int			allowed;		/* the highest one that keeps the target */
} Rules;

typedef struct Way
{
	bool		possible;
	double		cost;
	int			segment;
	SimHeap		heap;
	SimSums		half;
} Way;

double
sim_joint(const SimScore *s, double minutes, double price, bool by_stock)
{
	return s->work + price * 60 * minutes * (by_stock ? s->stock : s->reserved);
}

static double
most_rows(const SimTable *t)
{
	double		rows = t->rows;
	double		most = rows;

	for (int i = 0; i < t->nsegments; i++)
	{
		const SimSegment *s = &t->segments[i];

		rows += ((double) s->inserted - s->deleted) * (s[1].start - s->start);
		most = Max(most, rows);
	}
	return most;
}

/* Lower ones than a tenth of where vacuum begins to skip indexes are not tried. */
static Rules
rules_of(const SimTable *t, double target)
{
	double		most = most_rows(t);
	Rules		r = {LEAST_THRESHOLD, Max(most / 2, 2000), 0};

	if (t->index_bytes > 0)
		r.least = Max(r.least, 0.002 * t->rows * t->row_bytes / BLCKSZ);
	r.allowed = (int) floor((SIM_NUM_THRESHOLDS - 1) * log(Max(target * most, r.least) / r.least) /
							log(r.most / r.least));
	return r;
}

static SimRule
nth_rule(Rules r, int n)
{
	SimRule		rule = {
		.threshold = r.least * pow(r.most / r.least, (double) n / (SIM_NUM_THRESHOLDS - 1)),
		.most = INFINITY,
		.insert_threshold = 1000,
		.insert_scale = 0.2
	};

	return rule;
}

/* What it costs to clear a dead row, if that is done at a threshold */
static double
debt_of(const SimTable *t, const SimRule *rule)
{
	SimHeap		h = sim_heap_begin(t);

	return sim_vacuum_effort(t, &h, rule->threshold) / rule->threshold;
}

/* ---- a threshold for each day ---- */

static double
cost_of(const Way *way, double price, double debt)
{
	const SimSums *s = &way->heap.sums;

	return s->work + price * 60 * s->reserved + debt * way->heap.dead;
}

/* One more day under a rule, from the cheapest of the ways that lead there */
static Way
next_day(const SimTable *t, const SimRule *rule, const Way *ways, int i, int day, double price,
		 double debt)
{
	Way			best = {0};

	for (int j = Max(i - STEP, 0); j <= Min(i + STEP, 2 * BAND); j++)
	{
		Way			way = ways[j];

		if (!way.possible)
			continue;
		sim_run(t, &way.heap, rule, &way.segment, day * SIM_DAY, (day + 1) * SIM_DAY);
		way.cost = cost_of(&way, price, debt);
		if (!best.possible || way.cost < best.cost)
			best = way;
	}
	return best;
}

static void
best_days(const SimTable *t, int days, Rules rules, int around, int highest, double price,
		  double debt, SimLedger *ledger)
{
	Way			ways[2 * BAND + 1];
	Way			next[2 * BAND + 1];
	int			best = -1;

	for (int i = 0; i <= 2 * BAND; i++)
		ways[i] = (Way)
	{
		.possible = true,.heap = sim_heap_begin(t)
	};
	for (int d = 0; d < days; d++)
	{
		for (int i = 0; i <= 2 * BAND; i++)
		{
			SimRule		rule = nth_rule(rules, Min(around - BAND + i, highest));

			next[i] = next_day(t, &rule, ways, i, d, price, debt);
			if (d + 1 == days / 2)
			{
				next[i].half = next[i].heap.sums;
				next[i].half.dead = next[i].heap.dead;
			}
		}
		memcpy(ways, next, sizeof(ways));
	}
	for (int i = 0; i <= 2 * BAND; i++)
	{
		if (best < 0 || ways[i].cost < ways[best].cost)
			best = i;
	}
	memset(&ledger->at[0], 0, sizeof(SimSums));
	ledger->at[1] = ways[best].half;
	ledger->at[2] = ways[best].heap.sums;
	ledger->at[2].dead = ways[best].heap.dead;
}

/* ---- constant thresholds ---- */

static int
best_constant(const SimLedger *ledgers, SimSpan span, int days, int highest, double price,
			  bool by_stock, const double *debts, double *cost)
{
	double		minutes = sim_span_minutes(span, days);
	int			best = -1;

	for (int n = 0; n <= highest; n++)
	{
		SimScore	s = sim_score(&ledgers[n], span, days, debts[n]);
		double		joint = sim_joint(&s, minutes, price, by_stock);

		if (best >= 0 && joint >= *cost)
			continue;
		best = n;
		*cost = joint;
	}
	return best;
}

/* The better one of a constant threshold and one for each day */
static void
fill_best(const SimTable *t, int days, Rules rules, const SimLedger *ledgers, int highest,
		  double price, double *debts, SimOutcome *o, SimPolicy policy)
{
	SimLedger	daily;
	double		cost;
	int			best = best_constant(ledgers, SIM_WHOLE, days, highest, price, false, debts, &cost);

	best_days(t, days, rules, best, highest, price, debts[0], &daily);
	for (SimSpan span = 0; span < SIM_NUM_SPANS; span++)
	{
		SimScore	by_day = sim_score(&daily, span, days, debts[0]);

		best = best_constant(ledgers, span, days, highest, price, false, debts, &cost);
		o->score[policy][span] = sim_joint(&by_day, sim_span_minutes(span, days), price, false) < cost ?
			by_day : sim_score(&ledgers[best], span, days, debts[0]);
		if (policy == SIM_CLAIRVOYANT)
			o->score[SIM_BEST_CONSTANT][span] = sim_score(&ledgers[best], span, days, debts[0]);
	}
}

/*
 * Fills the scores of the best constant and of both clairvoyants, and returns
 * what a dead row costs that is left behind.
 */
double
sim_clairvoyant(const SimTable *t, int days, double price, double target, SimOutcome *o,
				SimFrontierTable *f)
{
	SimLedger	ledgers[SIM_NUM_THRESHOLDS];
	double		debts[SIM_NUM_THRESHOLDS];
	Rules		rules = rules_of(t, target);
	double		debt;
	double		cost;
	int			best;

	for (int n = 0; n < SIM_NUM_THRESHOLDS; n++)
	{
		SimRule		rule = nth_rule(rules, n);

		sim_run_days(t, &rule, days, &ledgers[n]);
		debts[n] = debt_of(t, &rule);
	}
	best = best_constant(ledgers, SIM_WHOLE, days, SIM_NUM_THRESHOLDS - 1, price, false, debts, &cost);
	o->best_threshold = nth_rule(rules, best).threshold;
	debt = debts[best];
	/* from now on the same for all, those of the best included */
	for (int n = 0; n < SIM_NUM_THRESHOLDS; n++)
		debts[n] = debt;
	fill_best(t, days, rules, ledgers, SIM_NUM_THRESHOLDS - 1, price, debts, o, SIM_CLAIRVOYANT);
	if (best + BAND <= rules.allowed)
		memcpy(o->score[SIM_KEEPER], o->score[SIM_CLAIRVOYANT], sizeof(o->score[0]));
	else
		fill_best(t, days, rules, ledgers, Max(Min(rules.allowed, SIM_NUM_THRESHOLDS - 1), 0), price,
				  debts, o, SIM_KEEPER);
	best_constant(ledgers, SIM_HALF, days, SIM_NUM_THRESHOLDS - 1, price, true, debts, &o->best_by_stock);
	for (int n = 0; n < SIM_NUM_THRESHOLDS; n++)
	{
		SimScore	s = sim_score(&ledgers[n], SIM_HALF, days, debts[n]);

		f->work[n] = (float) s.work;
		f->reserved[n] = (float) s.reserved;
	}
	return debt;
}
