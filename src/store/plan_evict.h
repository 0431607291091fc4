/*-------------------------------------------------------------------------
 *
 * plan_evict.h
 *	  Make room in the store of plans.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_EVICT_H
#define TEND_PLAN_EVICT_H

extern void tend_plans_tidy(void);
extern bool tend_plans_want_tidy(void);
extern void tend_plans_keep_databases(const Oid *present, int npresent);

#endif							/* TEND_PLAN_EVICT_H */
