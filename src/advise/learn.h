/*-------------------------------------------------------------------------
 *
 * learn.h
 *	  What watching a table teaches about it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_LEARN_H
#define TEND_LEARN_H

#include "advise/rates.h"
#include "advise/stock.h"
#include "estimate_facts.h"

/* One observation: a table now, and as it was in the last row of history */
typedef struct TendObservation
{
	const TendTableFacts *facts;
	const TendTablePast *past;
	const TendTableSize *size;
	const TendMeasured *measured;	/* since the last row */
	const TendAutovacuumSettings *settings;
	TimestampTz now;
	double		interval_seconds;
	double		visit_seconds;	/* since the visit before; 0: unknown */
	const TendStaleNews *stale; /* since the last row; NULL: none */
} TendObservation;

extern void tend_learnt_init(TendLearnt *learnt);
extern double tend_average_next(double average, double amount, double seconds,
								double horizon_seconds, double known_seconds);
extern TendLearnt tend_learn(const TendObservation *o);
extern double tend_stale_samples(const TendLearnt *learnt, double interval_seconds);
extern TendStock tend_heap_stock(const TendTableFacts *facts, const TendTableSize *size,
								 const TendLearnt *learnt,
								 const TendAutovacuumSettings *settings);
extern TendStock tend_toast_stock(const TendTableFacts *facts, const TendTableSize *size,
								  const TendLearnt *learnt,
								  const TendAutovacuumSettings *settings);

#endif							/* TEND_LEARN_H */
