/*-------------------------------------------------------------------------
 *
 * rates.h
 *	  Speeds from two observations of the same counters.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_RATES_H
#define TEND_RATES_H

#include "facts.h"

/* How a table's counters moved since its last row of history. */
typedef struct TendTableDelta
{
	bool		known;			/* there is a past, and its time is before now */
	bool		reset;			/* some counter went down: statistics were
								 * lost */
	double		seconds;		/* 0 if not known */
	double		dead_made;		/* tuples that died, NaN if not known */
	double		inserted;		/* NaN if not known */
	double		modified;		/* rows inserted, updated or deleted */
	double		toast_dead_made;
} TendTableDelta;

extern TendTableDelta tend_table_delta(const TendTableFacts *now_facts,
									   const TendTablePast *past, TimestampTz now);
extern double tend_rate_next(double rate, double amount, double seconds,
							 double interval_seconds);
extern TendBurn tend_burn(int64 xids, int64 mxids, double seconds,
						  double interval_seconds);
extern TendBurn tend_burn_faster(TendBurn a, TendBurn b);
extern bool tend_history_differs(const TendTableFacts *facts, const TendTablePast *past);
extern double tend_history_patience(const TendTableDelta *delta, double interval_seconds);
extern bool tend_history_worth(const TendTableFacts *facts, const TendTablePast *past,
							   const TendTableDelta *delta,
							   const TendAutovacuumSettings *settings,
							   double interval_seconds);
extern bool tend_statistics_missing(const TendHeapFacts *heap);

#endif							/* TEND_RATES_H */
