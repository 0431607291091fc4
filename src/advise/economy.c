/*-------------------------------------------------------------------------
 *
 * economy.c
 *	  What is a megabyte of dead rows worth, in page touches?
 *
 * One price for the whole database makes tables comparable: the next page
 * touch goes where it clears the most.  The price follows from how much
 * vacuuming may cost in all, the budget.  Unless the user says otherwise, that
 * is a share of what the popular rule "vacuum at 1 % dead rows" would cost
 * with the same tables: a measure that needs no configuration and fits a
 * laptop as well as a data centre.
 *
 * Limits (the dead ratio target, rounds of autovacuum) are applied before the
 * work is summed, or else the budget would be missed.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/economy.h"

#define FIRST_PRICE			1e-7
#define PRICE_STEP			2.5

/* Of what the rule of 1 % would cost */
#define AUTOMATIC_SHARE		0.4

/* At least so much of what it costs above the least work there is */
#define AUTOMATIC_REST		0.1

/* Memory of the sums, and of the price, in intervals */
#define FADE_INTERVALS		240.0
#define MARKET_INTERVALS	30.0

/* autovacuum_vacuum_threshold, as everybody leaves it */
#define ONE_PERCENT(rows)	(50 + 0.01 * (rows))

static double
nth_price(double n)
{
	return FIRST_PRICE * pow(PRICE_STEP, n);
}

/*
 * Begin another visit.
 */
void
tend_economy_fade(TendEconomy *e)
{
	double		rest = exp(-1 / FADE_INTERVALS);

	for (int i = 0; i < TEND_NUM_PRICES; i++)
		e->work[i] *= rest;
	e->least_work *= rest;
	e->one_percent_work *= rest;
	e->visits = e->visits * rest + 1;
}

/*
 * Add a table with its rates, for so many intervals, to the sums.
 */
void
tend_economy_add(TendEconomy *e, const TendStock *s, double ratio_target, double intervals)
{
	TendRange	range = tend_stock_range(s, ratio_target);
	TendChoices choices = tend_stock_choices(s, range);
	double		one_percent = tend_stock_effort(s, ONE_PERCENT(s->rows));

	/* the sums live long: one bad number would stay */
	if (!isfinite(intervals * one_percent) || !isfinite(intervals * choices.effort[0]))
		return;
	e->tables++;
	for (int i = 0; i < TEND_NUM_PRICES; i++)
		e->work[i] += intervals * choices.effort[tend_stock_cheapest(&choices, nth_price(i))];
	e->least_work += intervals * choices.effort[TEND_CHOICES - 1];
	e->one_percent_work += intervals * one_percent;
}

static double
automatic_budget(const TendEconomy *e)
{
	return Max(AUTOMATIC_SHARE * e->one_percent_work,
			   e->least_work + AUTOMATIC_REST * (e->one_percent_work - e->least_work));
}

/*
 * The highest price at which the work stays within the budget, in page touches
 * per second; a budget below 0 is the automatic one.  NaN without tables.
 */
double
tend_economy_price(const TendEconomy *e, double budget)
{
	int			i = 0;
	double		span;

	if (e->tables == 0 || e->one_percent_work <= 0)
		return NAN;
	if (budget < 0)
		budget = automatic_budget(e);
	else
		budget *= Max(e->visits, 1);
	while (i < TEND_NUM_PRICES && e->work[i] <= budget)
		i++;
	if (i == 0)
		return nth_price(0);
	if (i == TEND_NUM_PRICES)
		return nth_price(TEND_NUM_PRICES - 1);
	/* between two prices, in proportion */
	span = e->work[i] - e->work[i - 1];
	return nth_price(i - 1 + (span > 0 ? (budget - e->work[i - 1]) / span : 0));
}

/*
 * The price after one more visit: it moves slowly, and begins where an
 * earlier visit left it.
 */
TendMarket
tend_market_next(TendMarket market, const TendEconomy *e, double budget, double intervals)
{
	double		price = tend_economy_price(e, budget);
	double		one_percent_work = e->one_percent_work / Max(e->visits, 1);
	double		weight = 1 - exp(-intervals / MARKET_INTERVALS);

	if (isnan(price))
		return market;
	if (isnan(market.bloat_price) || isnan(market.one_percent_work))
	{
		market.bloat_price = price;
		market.one_percent_work = one_percent_work;
		return market;
	}
	market.bloat_price *= exp(weight * log(price / market.bloat_price));
	market.one_percent_work += weight * (one_percent_work - market.one_percent_work);
	return market;
}
