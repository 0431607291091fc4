/*-------------------------------------------------------------------------
 *
 * plan_causes.h
 *	  Put together what is known of the two sides of a change of plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_CAUSES_H
#define TEND_PLAN_CAUSES_H

#include "store/plan_changes.h"
#include "store/shared_plans.h"

extern void tend_plan_describe_record(TendPlanRecord *record, const TendPlanEntry *old,
									  const TendPlanEntry *new, MemoryContext cxt);
extern void tend_plan_find_record_cause(TendPlanRecord *record, const TendPlanEntry *old,
										const TendPlanEntry *new, MemoryContext cxt);

#endif							/* TEND_PLAN_CAUSES_H */
