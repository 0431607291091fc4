/*-------------------------------------------------------------------------
 *
 * economy.h
 *	  What is a megabyte of dead rows worth, in page touches?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ECONOMY_H
#define TEND_ECONOMY_H

#include "advise/stock.h"

/* Prices that are tried, each 2.5 times the one before */
#define TEND_NUM_PRICES 33

/*
 * Page touches per second of all tables that were added, WAL included: at
 * each price of bloat, at the dead ratio target, and under the rule of 1 %.
 *
 * A visit sees only the tables with a new row of history.  So a table counts
 * for the intervals since its last one, and the sums of earlier visits fade
 * slowly: together they are those of all tables.
 */
typedef struct TendEconomy
{
	double		visits;			/* in whose sums these are, older ones less */
	int			tables;
	double		work[TEND_NUM_PRICES];
	double		least_work;
	double		one_percent_work;
} TendEconomy;

/* What is known of a database from earlier visits; NaN: nothing */
typedef struct TendMarket
{
	double		bloat_price;	/* page touches per second for a megabyte */
	double		one_percent_work;	/* typical page touches per second of the
									 * rule of 1 % */
} TendMarket;

extern void tend_economy_add(TendEconomy *e, const TendStock *s, double ratio_target,
							 double intervals);
extern void tend_economy_fade(TendEconomy *e);
extern double tend_economy_price(const TendEconomy *e, double budget);
extern TendMarket tend_market_next(TendMarket market, const TendEconomy *e,
								   double budget, double intervals);

#endif							/* TEND_ECONOMY_H */
