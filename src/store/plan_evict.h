/*-------------------------------------------------------------------------
 *
 * plan_evict.h
 *	  Make room in the store of plans.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_EVICT_H
#define TEND_PLAN_EVICT_H

struct Latch;

extern void tend_plans_tidy(void);
extern void tend_plans_want_tidy(void);
extern void tend_plans_set_janitor(struct Latch *latch);
extern Oid *tend_plans_databases(int *n);

#endif							/* TEND_PLAN_EVICT_H */
