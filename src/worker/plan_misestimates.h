/*-------------------------------------------------------------------------
 *
 * plan_misestimates.h
 *	  Find the misestimate that goes with a change of plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_MISESTIMATES_H
#define TEND_PLAN_MISESTIMATES_H

#include "store/plan_changes.h"
#include "store/shared_estimates.h"
#include "store/shared_plans.h"

/* Misestimates of this database, read when they are first wanted */
typedef struct TendKnownEstimates
{
	bool		read;
	int			n;
	TendEstimateEntry *entries;
} TendKnownEstimates;

extern bool tend_plan_find_misestimate(TendPlanRecord *record, const TendPlanEntry *old,
									   const TendPlanEntry *new, TimestampTz now,
									   TendKnownEstimates *known, MemoryContext cxt);

#endif							/* TEND_PLAN_MISESTIMATES_H */
