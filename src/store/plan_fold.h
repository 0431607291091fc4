/*-------------------------------------------------------------------------
 *
 * plan_fold.h
 *	  Bring what one backend has counted into the store of plans.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_FOLD_H
#define TEND_PLAN_FOLD_H

#include "store/shared_plans.h"

/* What a backend has counted since it last brought it in */
typedef struct TendPlanDelta
{
	TendPlanKey key;
	TendPlanOrigin origin;
	TendPlanCounters counters;
	int64		age_us;			/* since the last of these executions */
	bool		folded;			/* out: nothing is left to bring in */
	bool		wants_texts;	/* out: it has an entry, which is to be
								 * described */
} TendPlanDelta;

extern bool tend_plans_fold(TendPlanDelta **deltas, int n, bool wait);
extern bool tend_plans_lookup(const TendPlanKey *key, bool *wants_texts);
extern void tend_plans_set_texts(const TendPlanKey *key, const TendPlanTexts *texts);
extern void tend_plans_set_waiting_texts(bool wait);
extern bool tend_plans_have_room(void);
extern void tend_plans_count_dropped(int64 calls);
extern void tend_plans_count_failure(void);

#endif							/* TEND_PLAN_FOLD_H */
