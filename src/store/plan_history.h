/*-------------------------------------------------------------------------
 *
 * plan_history.h
 *	  What plans did over time: tend.plan_history.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_HISTORY_H
#define TEND_PLAN_HISTORY_H

#include "store/shared_plans.h"

extern int	tend_plan_history_add(TendPlanEntry *entry, int64 now_interval);

#endif							/* TEND_PLAN_HISTORY_H */
