/*-------------------------------------------------------------------------
 *
 * stock.c
 *	  Tests of src/advise/stock.c
 *
 * What the law has to fulfil is checked with many made-up tables; numbers of
 * its own are left to it.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/stock.h"

#define MANY 5000
#define TARGET 0.05

static TendStock
roll_stock(void)
{
	TendStock	s = {
		.rate = given_between(1e-4, 1e4),
		.rows = given_between(1, 1e9),
		.dead_bytes = given_between(8, 2000),
		.price_ratio = given_between(0.05, 20),
		.wal_price = given_dice(2) ? 0 : given_between(1, 100),
		.checkpoint_seconds = given_between(30, 3600),
		.round_seconds = given_between(1, 300)
	};

	s.heap_pages = Max(s.rows * s.dead_bytes / BLCKSZ * given_between(0.5, 20), 1);
	s.index_pages = given_dice(4) == 0 ? 0 : s.heap_pages * given_between(0.01, 3);
	return s;
}

static TendStock
roll_bursts(void)
{
	TendStock	s = roll_stock();

	s.burst_rows = given_between(100, 1e7);
	s.trickle_rows = s.burst_rows * given_between(1e-4, 1);
	return s;
}

/* ---- what comes when ---- */

typedef struct DeadCase
{
	const char *name;
	const char *stock;
	double		threshold;
	double		want;
}			DeadCase;

static const DeadCase deads[] = {
	{"vacuum comes half a round late in the mean", "rate=10 round_seconds=60", 10000, 10300},
	{"and once per round at most", "rate=10 round_seconds=60", 100, 600},
	{"a threshold of half a round is the border", "rate=10 round_seconds=60", 300, 600},
	{"where nothing dies, it finds what the threshold says", "rate=0", 1000, 1000},
	{"it finds a row at least", "rate=0", 0, 1},
	{"a burst is found whole", "rate=1 burst_rows=5000", 100, 5000},
	{"with what trickled before it", "rate=1 burst_rows=5000 trickle_rows=500", 1000, 5500},
	{"a threshold of a whole burst is crossed by it", "rate=1 burst_rows=5000", 5000, 5030},
	{"one above it waits for the second", "rate=1 burst_rows=5000", 5001, 10000},
};

static void
check_dead(void)
{
	for (int i = 0; i < (int) lengthof(deads); i++)
	{
		TendStock	s = given_stock(deads[i].stock);

		tap_number(tend_stock_dead(&s, deads[i].threshold), deads[i].want, deads[i].name);
	}
}

/* ---- prices ---- */

static void
check_prices(void)
{
	TendStock	s = given_stock("");
	TendStock	small = given_stock("heap_pages=1 index_pages=0");
	TendStock	none = given_stock("heap_pages=0 index_pages=0");
	TendStock	dear = given_stock("price_ratio=2");
	double		fixed = tend_stock_pages(&s, 0);
	bool		rises = true;

	tap_ok(fixed >= s.index_pages, "a vacuum reads the indexes, however little it finds");
	tap_ok(tend_stock_pages(&s, 1000) - fixed > 990, "few dead rows lie on pages of their own");
	tap_ok(tend_stock_pages(&s, 1e12) - fixed < 5 * (s.heap_pages + s.index_pages), "many share the pages there are");
	for (double dead = 1; dead < 1e10; dead *= 1.5)
		rises = rises && tend_stock_pages(&s, dead * 1.5) >= tend_stock_pages(&s, dead);
	tap_ok(rises, "more dead rows never cost less");
	tap_number(tend_stock_pages(&dear, 1e4), 2 * tend_stock_pages(&s, 1e4), "a measured price counts for all of it");
	tap_ok(tend_stock_pages(&small, 1) > 1, "even the smallest table costs more than its pages");
	tap_ok(tend_stock_pages(&none, 1) > 0 && tend_stock_pages(&none, 0) > 0, "and so does a table without pages");

	tap_number(tend_stock_vacuums(&s, 9700), 10 / 10000.0, "vacuums per second");
	tap_ok(fabs(tend_stock_work(&s, 9700) * 1000 / tend_stock_pages(&s, 10000) - 1) < 1e-9, "page touches per second");
	tap_number(tend_stock_waste(&s, 9700), 1e6, "bytes of the dead rows when vacuum comes");
	tap_number(tend_stock_effort(&s, 9700), tend_stock_work(&s, 9700), "without WAL the effort is the page touches");
	s.wal_price = 3;
	tap_ok(tend_stock_effort(&s, 9700) > tend_stock_work(&s, 9700), "with it, it is more");
	tap_number(tend_stock_cost(&s, 9700, 0), tend_stock_effort(&s, 9700), "without a price of bloat only the effort counts");
	tap_ok(fabs(tend_stock_cost(&s, 9700, 1024 * 1024) - tend_stock_effort(&s, 9700) - 1e6) < 1e-3,
		   "the price of bloat is per megabyte");

	/* 2 % of the pages, as BYPASS_THRESHOLD_PAGES has it */
	s = given_stock("heap_pages=1000");
	tap_ok(!tend_stock_is_indexed(&s, 19.9), "dead rows on less than 2 % of the pages: indexes are skipped");
	tap_ok(tend_stock_is_indexed(&s, 20), "on 2 % they are not");
}

/* ---- the range ---- */

typedef struct RangeCase
{
	const char *name;
	const char *stock;
	double		least;
	double		most;
}			RangeCase;

static const RangeCase ranges[] = {
	{"up to the target", "rows=1e6 rate=0 index_pages=0", 20, 50000},
	{"not below half a round", "rows=1e6 rate=100 index_pages=0", 3000, 50000},
	{"half a round is no reason to miss the target", "rows=10000 rate=100 index_pages=0", 500, 500},
	{"not below 20 rows, whatever the target", "rows=10 rate=0 index_pages=0", 20, 20},
	{"with indexes not so low that they are skipped", "rows=1e6 rate=0 heap_pages=10000 index_pages=1", 200, 50000},
	{"without indexes there is nothing to skip", "rows=1e6 rate=0 heap_pages=10000 index_pages=0", 20, 50000},
	{"where the two cross, the lower limit wins", "rows=1000 rate=0 heap_pages=10000 index_pages=1", 200, 200},
};

static void
check_ranges(void)
{
	for (int i = 0; i < (int) lengthof(ranges); i++)
	{
		TendStock	s = given_stock(ranges[i].stock);
		TendRange	r = tend_stock_range(&s, TARGET);

		if (!tap_ok(r.least == ranges[i].least && r.most == ranges[i].most, ranges[i].name))
			fprintf(stderr, "# got %.17g to %.17g\n", r.least, r.most);
	}
}

/* ---- the best threshold ---- */

/* Count stocks that break a rule; report the first. */
static int
report(int broken, const TendStock *s, double price, double threshold)
{
	if (broken == 0)
		fprintf(stderr, "# threshold %.6g at price %.6g: rate=%.6g rows=%.6g heap_pages=%.6g index_pages=%.6g dead_bytes=%.6g price_ratio=%.6g wal_price=%.6g checkpoint_seconds=%.6g round_seconds=%.6g burst_rows=%.6g trickle_rows=%.6g\n",
				threshold, price, s->rate, s->rows, s->heap_pages, s->index_pages, s->dead_bytes,
				s->price_ratio, s->wal_price, s->checkpoint_seconds, s->round_seconds, s->burst_rows, s->trickle_rows);
	return broken + 1;
}

/* The cheapest of many thresholds of the range */
static double
least_cost(const TendStock *s, TendRange r, double price)
{
	double		least = INFINITY;

	for (int i = 0; i <= 200; i++)
		least = Min(least, tend_stock_cost(s, r.least * pow(r.most / r.least, i / 200.0), price));
	return least;
}

static void
check_best(void)
{
	int			outside = 0;
	int			dear_neighbour = 0;
	int			dear = 0;
	int			target = 0;

	for (int i = 0; i < MANY; i++)
	{
		TendStock	s = roll_stock();
		TendRange	r = tend_stock_range(&s, TARGET);
		double		price = given_between(1e-7, 1e5);
		double		best = tend_stock_best(&s, r, price);
		double		cost = tend_stock_cost(&s, best, price);
		double		lower = Max(best / 1.3, r.least);
		double		higher = Min(best * 1.3, r.most);

		if (!(best >= r.least * (1 - 1e-9) && best <= r.most * (1 + 1e-9)))
			outside = report(outside, &s, price, best);
		/* thresholds are tried in steps */
		if (cost > 1.05 * tend_stock_cost(&s, lower, price) ||
			cost > 1.05 * tend_stock_cost(&s, higher, price))
			dear_neighbour = report(dear_neighbour, &s, price, best);
		if (cost > 1.05 * least_cost(&s, r, price))
			dear = report(dear, &s, price, best);
		if (best > Max(TARGET * s.rows, r.least) * (1 + 1e-9))
			target = report(target, &s, price, best);
	}
	tap_ok(outside == 0, "the best threshold lies within the range");
	tap_ok(dear_neighbour == 0, "it costs no more than its neighbours");
	tap_ok(dear == 0, "it costs no more than any other of the range");
	tap_ok(target == 0, "it keeps to the target wherever vacuum can");
}

typedef struct Change
{
	const char *name;
	size_t		field;
	double		times;
	double		least;			/* by which the threshold changes */
	double		most;
}			Change;

/* far from all limits, and with more dead rows than pages */
#define FREE_STOCK "rows=1e9 rate=1 heap_pages=100 index_pages=100 round_seconds=0"

static const Change changes[] = {
	{"four times the rate: twice the threshold", offsetof(TendStock, rate), 4, 1.7, 2.4},
	{"a hundredth of the rate: a tenth of the threshold", offsetof(TendStock, rate), 0.01, 0.08, 0.12},
	{"four times the space per dead row: half the threshold", offsetof(TendStock, dead_bytes), 4, 0.42, 0.6},
	{"four times the price of a vacuum: twice the threshold", offsetof(TendStock, price_ratio), 4, 1.7, 2.4},
	{"larger indexes: a higher threshold", offsetof(TendStock, index_pages), 4, 1.3, 2.1},
	{"more rows in the same pages do not matter", offsetof(TendStock, rows), 10, 1, 1},
};

static void
check_changes(void)
{
	TendRange	wide = {1000, 1e6};
	TendStock	a = given_stock(FREE_STOCK);

	for (int i = 0; i < (int) lengthof(changes); i++)
	{
		TendStock	b = a;
		double		ratio;

		*(double *) ((char *) &b + changes[i].field) *= changes[i].times;
		ratio = tend_stock_best(&b, wide, 1e-3) / tend_stock_best(&a, wide, 1e-3);
		if (!tap_ok(ratio >= changes[i].least && ratio <= changes[i].most, changes[i].name))
			fprintf(stderr, "# changes by %.6g\n", ratio);
	}
}

/* The threshold may only move one way with the price, and with the rate. */
static void
check_monotony(void)
{
	int			by_price = 0;
	int			by_rate = 0;
	int			by_target = 0;

	for (int i = 0; i < MANY; i++)
	{
		TendStock	s = roll_stock();
		TendStock	busy = s;
		TendRange	r = tend_stock_range(&s, TARGET);
		double		price = given_between(1e-7, 1e5);
		double		step = pow(r.most / r.least, 1.0 / (TEND_CHOICES - 1)) + 1e-9;
		double		best;

		/* checkpoints do not follow the rate */
		s.wal_price = busy.wal_price = 0;
		best = tend_stock_best(&s, r, price);
		busy.rate *= 4;
		busy.round_seconds /= 4;	/* the same rows per round */
		/* thresholds are tried in steps */
		if (tend_stock_best(&s, r, price * 4) > best)
			by_price = report(by_price, &s, price, best);
		if (tend_stock_best(&busy, r, price) < best / step)
			by_rate = report(by_rate, &s, price, best);
		if (tend_stock_best(&s, tend_stock_range(&s, TARGET / 2), price) > best * step)
			by_target = report(by_target, &s, price, best);
	}
	tap_ok(by_price == 0, "a higher price of bloat never raises the threshold");
	tap_ok(by_rate == 0, "a higher rate never lowers it");
	tap_ok(by_target == 0, "a lower target never raises it");
}

/* ---- bursts ---- */

/* Does the threshold let vacuum come right after a burst? */
static bool
is_within_burst(const TendStock *s, double threshold)
{
	double		cycle = s->burst_rows + s->trickle_rows;
	double		into = fmod(threshold, cycle);

	return into > s->trickle_rows * 0.999 && into < cycle * 0.999;
}

static void
check_bursts(void)
{
	int			outside = 0;
	int			before = 0;
	int			few = 0;
	int			dear = 0;
	int			target = 0;

	for (int i = 0; i < MANY; i++)
	{
		TendStock	s = roll_bursts();
		TendRange	r = tend_stock_range(&s, TARGET);
		double		price = given_between(1e-7, 1e5);
		double		best = tend_stock_best(&s, r, price);
		double		cycle = s.burst_rows + s.trickle_rows;
		double		cost = tend_stock_cost(&s, best, price);

		if (!(best >= 20))
			outside = report(outside, &s, price, best);
		/* of bursts that vacuum can tell from what trickles in */
		if (s.trickle_rows < 0.5 * s.burst_rows && s.burst_rows > 200 && !is_within_burst(&s, best))
			before = report(before, &s, price, best);
		if (tend_stock_dead(&s, best + cycle) <= r.most &&
			cost > 1.25 * tend_stock_cost(&s, best + cycle, price))
			dear = report(dear, &s, price, best);
		if (best > cycle && tend_stock_dead(&s, best - cycle) >= r.least && cost > 1.25 * tend_stock_cost(&s, best - cycle, price))
			dear = report(dear, &s, price, best);
		if (tend_stock_dead(&s, best) < r.least * (1 - 1e-9) && ceil(r.least / cycle) * cycle <= r.most)
			few = report(few, &s, price, best);
		if (ceil(best / cycle) > 1 && ceil(best / cycle) * cycle > r.most * 1.001)
			target = report(target, &s, price, best);
	}
	tap_ok(outside == 0, "no burst leads to a threshold below 20 rows");
	tap_ok(before == 0, "vacuum comes after a burst, not before it");
	tap_ok(few == 0, "not after so few dead rows that it would skip the indexes");
	tap_ok(dear == 0, "to wait for a burst more or less does not pay");
	tap_ok(target == 0, "bursts gather only as far as the target allows, beyond the first");
}

static void
check_burst_sizes(void)
{
	TendStock	s = given_stock("rate=3 burst_rows=10000 trickle_rows=0");
	TendRange	r = {20, 500000};
	double		dear = tend_stock_best(&s, r, 1e5);
	double		cheap = tend_stock_best(&s, r, 1e-7);

	tap_ok(dear > 0 && dear < 10000, "at a high price: after each burst");
	tap_ok(cheap > 10000 && cheap <= 500000, "at a low price: after several of them");
	tap_ok(is_within_burst(&s, dear) && is_within_burst(&s, cheap), "in the midst of a burst either way");
	s = given_stock("rate=3 burst_rows=10000 trickle_rows=1000");
	tap_ok(is_within_burst(&s, tend_stock_best(&s, r, 1e5)), "what trickles in between does not lead to a vacuum before");
}

/* ---- absurd numbers ---- */

static void
check_absurd(void)
{
	int			nan_best = 0;
	int			nan_dead = 0;

	for (int i = 0; i < 200000; i++)
	{
		TendStock	s;
		double		price = given_absurd();
		TendRange	r;
		double		best;

		for (size_t f = 0; f < sizeof(s) / sizeof(double); f++)
			((double *) &s)[f] = given_dice(3) ? given_between(1e-3, 1e6) : given_absurd();
		r = tend_stock_range(&s, TARGET);
		best = tend_stock_best(&s, r, price);
		/* rows and pages that are numbers give a range of numbers */
		if (fabs(s.rows) < 1e100 && fabs(s.heap_pages) < 1e100 && s.burst_rows < 1e100 && (s.burst_rows <= 0 || s.burst_rows > 1) &&
			s.trickle_rows >= 0 && s.trickle_rows < 1e100 && !isfinite(best))
			nan_best = report(nan_best, &s, price, best);
		if (isnan(tend_stock_dead(&s, 100)) && isfinite(s.burst_rows) && isfinite(s.trickle_rows))
			nan_dead = report(nan_dead, &s, price, best);
		(void) tend_stock_cost(&s, best, price);
		(void) tend_stock_vacuums(&s, best);
		(void) tend_stock_is_indexed(&s, best);
	}
	tap_ok(nan_best == 0, "absurd rates and prices lead to a threshold that is a number");
	tap_ok(nan_dead == 0, "and to a number of dead rows");
}

int
main(void)
{
	check_dead();
	check_prices();
	check_ranges();
	check_best();
	check_changes();
	check_monotony();
	check_bursts();
	check_burst_sizes();
	check_absurd();
	return tap_done();
}
