/*-------------------------------------------------------------------------
 *
 * statistics_watch.h
 *	  Did estimates improve since statistics were created?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STATISTICS_WATCH_H
#define TEND_STATISTICS_WATCH_H

#include "store/shared_estimates.h"
#include "store/statistics_verdicts.h"

extern int	tend_statistics_watch(const TendVerdictRow *rows, int nrows,
								  const TendEstimateEntry *entries, int nentries, TimestampTz now);

#endif							/* TEND_STATISTICS_WATCH_H */
