/*-------------------------------------------------------------------------
 *
 * local_plans.h
 *	  The plans that this backend has executed lately.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_LOCAL_PLANS_H
#define TEND_LOCAL_PLANS_H

#include "executor/execdesc.h"
#include "store/plan_fold.h"

typedef struct TendLocalPlan
{
	TendPlanDelta delta;		/* begins with the key */
	bool		dirty;			/* has something to bring in */
	bool		described;		/* as far as known, there is nothing to do */
	bool		cannot_describe;	/* it was an error */
	int64		ended;			/* the last execution, in microseconds of
								 * INSTR_TIME_SET_CURRENT(); 0: goes on */
	int			active;			/* executions going on */
	uint32		executions;		/* seen by this backend */
	double		mean_ms;		/* of those last brought in */
} TendLocalPlan;

extern TendLocalPlan *tend_local_plan(const TendPlanKey *key, PlannedStmt *stmt);
extern void tend_local_plan_touch(TendLocalPlan *plan);
extern void tend_local_plans_fold(bool wait);
extern int	tend_local_plans_pending(void);
extern void tend_local_plans_shrink(void);
extern void tend_describe_plan(TendLocalPlan *plan, const QueryDesc *query,
							   const PlannedStmt *statement);

#endif							/* TEND_LOCAL_PLANS_H */
