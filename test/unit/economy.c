/*-------------------------------------------------------------------------
 *
 * economy.c
 *	  Tests of src/advise/economy.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/economy.h"

#define TARGET 0.05
#define MAX_TABLES 30
#define MANY 2000

typedef struct Database
{
	int			n;
	TendStock	stocks[MAX_TABLES];
	TendEconomy economy;
}			Database;

static void
add(Database * d, TendStock s)
{
	d->stocks[d->n++] = s;
	tend_economy_add(&d->economy, &s, TARGET, 1);
}

static TendStock
roll_stock(bool bursts)
{
	TendStock	s = {
		.rate = given_between(1e-3, 1e3),
		.rows = given_between(100, 1e8),
		.dead_bytes = given_between(20, 1000),
		.price_ratio = given_between(0.2, 5),
		.wal_price = given_dice(2) ? 0 : given_between(1, 100),
		.checkpoint_seconds = 300,
		.round_seconds = 60
	};

	s.heap_pages = Max(s.rows * s.dead_bytes / BLCKSZ, 1);
	s.index_pages = given_dice(4) == 0 ? 0 : s.heap_pages * given_between(0.05, 2);
	if (bursts && given_dice(5) == 0)
	{
		s.burst_rows = given_between(100, s.rows);
		s.trickle_rows = s.burst_rows * given_between(1e-3, 0.5);
	}
	return s;
}

static Database
roll_database(bool bursts)
{
	Database	d = {0};
	int			n = 1 + given_dice(MAX_TABLES);

	for (int i = 0; i < n; i++)
		add(&d, roll_stock(bursts));
	return d;
}

/* Page touches per second of all tables at a price, WAL included */
static double
work_at(const Database * d, double price)
{
	double		work = 0;

	for (int i = 0; i < d->n; i++)
	{
		const TendStock *s = &d->stocks[i];

		work += tend_stock_effort(s, tend_stock_best(s, tend_stock_range(s, TARGET), price));
	}
	return work;
}

/* ---- sums ---- */

static void
check_sums(void)
{
	Database	d = {0};
	TendStock	s = given_stock("");

	add(&d, s);
	tap_number(d.economy.tables, 1, "a table is counted");
	tap_number(d.economy.one_percent_work, tend_stock_effort(&s, 50 + 1e5), "the rule of 1 % adds the usual 50 rows");
	tap_ok(fabs(d.economy.least_work / tend_stock_effort(&s, TARGET * 1e7) - 1) < 1e-9, "the least work is that of the target");
	add(&d, s);
	tap_number(d.economy.one_percent_work, 2 * tend_stock_effort(&s, 50 + 1e5), "tables add up");
}

/* ---- the price ---- */

static void
check_price(void)
{
	TendEconomy nothing = {0};
	Database	d = {0};
	TendStock	still = given_stock("rate=0");
	double		before = INFINITY;
	bool		falls = true;

	tap_number(tend_economy_price(&nothing, -1), NAN, "without tables there is no price");
	add(&d, still);
	tap_number(tend_economy_price(&d.economy, -1), NAN, "nor where nothing dies");

	add(&d, given_stock(""));
	tap_ok(tend_economy_price(&d.economy, 0) > 0, "a budget of nothing has the lowest price");
	for (double budget = 1e9; budget > 1e-9; budget /= 1.7)
	{
		double		price = tend_economy_price(&d.economy, budget);

		falls = falls && price <= before;
		before = price;
	}
	tap_ok(falls, "a smaller budget never has a higher price");
	tap_ok(tend_economy_price(&d.economy, INFINITY) > tend_economy_price(&d.economy, 0),
		   "a budget without limit has the highest price");
	tap_ok(isfinite(tend_economy_price(&d.economy, INFINITY)), "which is a number");
}

/* A budget that lies between the least and the most work there is */
static double
roll_budget(const Database * d)
{
	double		least = d->economy.work[0];
	double		most = d->economy.work[TEND_NUM_PRICES - 1];

	return least + (most - least) * given_between(0.01, 0.99);
}

/*
 * How many times the budget is the work, at worst and in the mean?  Bursts
 * are whole: with them the work jumps.
 */
static void
check_budget(bool bursts, double most, double mean, const char *name)
{
	int			above = 0;
	int			left = 0;
	double		sum = 0;

	for (int i = 0; i < MANY; i++)
	{
		Database	d = roll_database(bursts);
		double		budget = roll_budget(&d);
		double		price = tend_economy_price(&d.economy, budget);
		double		work = work_at(&d, price);

		sum += work / budget;
		if (work > most * budget && above++ == 0)
			fprintf(stderr, "# work %.6g for a budget of %.6g, price %.6g\n", work, budget, price);
		/* the next price that is tried would be too much */
		if (!bursts && work_at(&d, price * 2.5 * 1.01) < 0.99 * budget && left++ == 0)
			fprintf(stderr, "# work %.6g of a budget of %.6g is left, price %.6g\n",
					work_at(&d, price * 2.5 * 1.01), budget, price);
	}
	tap_ok(above == 0, psprintf("%s: the work keeps to the budget", name));
	if (!tap_ok(sum / MANY < mean, psprintf("%s: in the mean to the point", name)))
		fprintf(stderr, "# %.6g times the budget\n", sum / MANY);
	if (!bursts)
		tap_ok(left == 0, psprintf("%s: the budget is used", name));
}

static void
check_automatic(void)
{
	int			falling = 0;
	int			above = 0;

	for (int i = 0; i < MANY; i++)
	{
		Database	d = roll_database(given_dice(2));
		double		work = work_at(&d, tend_economy_price(&d.economy, -1));

		for (int p = 1; p < TEND_NUM_PRICES; p++)
			falling += d.economy.work[p] < 0.98 * d.economy.work[p - 1];
		if (work > 1.5 * Max(d.economy.one_percent_work, d.economy.least_work) && above++ == 0)
			fprintf(stderr, "# work %.6g, with 1 %% %.6g, at least %.6g\n",
					work, d.economy.one_percent_work, d.economy.least_work);
	}
	tap_ok(falling == 0, "a higher price never means less work");
	tap_ok(above == 0, "the automatic budget costs no more than the rule of 1 %, or the least there is");
}

/* ---- the market ---- */

static void
check_market(void)
{
	TendMarket	unknown = {NAN, NAN};
	TendEconomy nothing = {0};
	Database	d = {0};
	Database	quiet = {0};
	TendMarket	first;
	TendMarket	m;
	double		price;

	add(&d, given_stock("rate=10"));
	price = tend_economy_price(&d.economy, 50);

	m = tend_market_next(unknown, &nothing, 50, 1);
	tap_ok(isnan(m.bloat_price) && isnan(m.one_percent_work), "a market without tables stays unknown");
	first = tend_market_next(unknown, &d.economy, 50, 1);
	tap_number(first.bloat_price, price, "the first visit sets the price");
	tap_number(first.one_percent_work, d.economy.one_percent_work, "and the scale of benefits");
	m = tend_market_next(first, &nothing, 50, 1);
	tap_ok(m.bloat_price == first.bloat_price && m.one_percent_work == first.one_percent_work,
		   "a visit that sees no table changes nothing");
	m = tend_market_next(first, &d.economy, 50, 1);
	tap_ok(fabs(m.bloat_price / price - 1) < 1e-9, "the same tables keep the price");

	first.bloat_price = price * 100;
	m = tend_market_next(first, &d.economy, 50, 1);
	tap_ok(m.bloat_price < first.bloat_price && m.bloat_price > price * 50, "another price is followed slowly");
	m = tend_market_next(first, &d.economy, 50, 1e6);
	tap_ok(fabs(m.bloat_price / price - 1) < 1e-9, "after a long time entirely");
	first.bloat_price = price / 100;
	m = tend_market_next(first, &d.economy, 50, 1);
	tap_ok(m.bloat_price > first.bloat_price && m.bloat_price < price / 50, "upwards as well as downwards");

	/* visits that see all tables, and then an hour of others that see few */
	m = first = tend_market_next(unknown, &d.economy, -1, 1);
	quiet.economy = d.economy;
	for (int i = 0; i < 60; i++)
	{
		tend_economy_fade(&quiet.economy);
		m = tend_market_next(m, &quiet.economy, -1, 1);
	}
	tap_ok(fabs(log(m.bloat_price / first.bloat_price)) < 0.1, "an hour in which little happens does not move the price");
	for (int i = 0; i < 300; i++)
		first = tend_market_next(first, &d.economy, 500, 1);
	tap_ok(fabs(first.bloat_price / tend_economy_price(&d.economy, 500) - 1) < 0.01, "a new budget has its price after some hours");

	/* a price whose scale got lost */
	m = (TendMarket)
	{
		price, NAN
	};
	m = tend_market_next(m, &d.economy, 50, 1);
	tap_ok(!isnan(m.one_percent_work), "a market that lost its scale learns it again");
}

/* ---- absurd numbers ---- */

static void
check_absurd(void)
{
	int			outside = 0;
	int			poisoned = 0;

	for (int i = 0; i < 50000; i++)
	{
		TendEconomy e = {0};
		TendMarket	m = {given_between(1e-7, 1e5), given_between(1e-3, 1e6)};
		double		price;

		for (int t = 0; t < 3; t++)
		{
			TendStock	s;

			for (size_t f = 0; f < sizeof(s) / sizeof(double); f++)
				((double *) &s)[f] = given_dice(3) ? given_between(1e-3, 1e6) : given_absurd();
			tend_economy_add(&e, &s, TARGET, 1);
		}
		price = tend_economy_price(&e, given_absurd());
		if (!isnan(price) && !(price >= 1e-8 && price <= 1e8) && outside++ == 0)
			fprintf(stderr, "# price %.6g\n", price);
		m = tend_market_next(m, &e, given_absurd(), 1);
		if (!(m.bloat_price > 0 && isfinite(m.bloat_price)) && poisoned++ == 0)
			fprintf(stderr, "# price %.6g, work under the rule of 1 %% %.6g\n", m.bloat_price, e.one_percent_work);
	}
	tap_ok(outside == 0, "absurd tables have a price within bounds");
	tap_ok(poisoned == 0, "and do not spoil the market's");
}

int
main(void)
{
	check_sums();
	check_price();
	check_budget(false, 1.5, 1.01, "without bursts");
	check_budget(true, 3, 1.02, "with bursts");
	check_automatic();
	check_market();
	check_absurd();
	return tap_done();
}
