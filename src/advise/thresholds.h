/*-------------------------------------------------------------------------
 *
 * thresholds.h
 *	  When will the server's autovacuum process a table?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_THRESHOLDS_H
#define TEND_THRESHOLDS_H

#include "facts.h"

/*
 * Trigger points of one heap.  Autovacuum acts when the counter is greater
 * than the threshold, so "due" above 1 means that it acts.  A due is NaN
 * where the trigger is switched off.
 */
typedef struct TendThresholds
{
	bool		enabled;		/* autovacuum looks at the counters at all */
	double		vacuum;			/* dead tuples */
	double		insert;			/* tuples inserted since vacuum, -1: never */
	double		analyze;		/* tuples modified since analyze, -1: never */
	int64		freeze_max_age;
	int64		multixact_freeze_max_age;
	double		vacuum_due;
	double		insert_due;
	double		analyze_due;
	double		freeze_due;		/* the worse of xid and multixact */
	bool		forced;			/* an anti-wraparound vacuum is due */
} TendThresholds;

extern TendThresholds tend_thresholds(const TendHeapFacts *heap,
									  const TendOptions *options,
									  const TendAutovacuumSettings *settings);
extern TendThresholds tend_table_thresholds(const TendTableFacts *table,
											const TendAutovacuumSettings *settings);
extern TendThresholds tend_toast_thresholds(const TendTableFacts *table,
											const TendAutovacuumSettings *settings);

#endif							/* TEND_THRESHOLDS_H */
