/*-------------------------------------------------------------------------
 *
 * plan_hash.h
 *	  Fingerprint of what a plan means.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_HASH_H
#define TEND_PLAN_HASH_H

#include "nodes/plannodes.h"

/* Never 0 */
extern uint64 tend_plan_hash(PlannedStmt *stmt);

/*
 * The same without tables, indexes and conditions; only where conditions are
 * checked counts.  Plans with the same hash have the same shape.  Never 0
 */
extern uint64 tend_plan_shape(PlannedStmt *stmt);

/* Does the plan use parameters of the statement, as only generic ones do? */
extern bool tend_plan_is_generic(PlannedStmt *stmt);

/*
 * Tables and partitioned parents of a plan, the ones with most pages first,
 * at most max.
 */
extern int	tend_plan_relations(PlannedStmt *stmt, Oid *relids, int max);

#endif							/* TEND_PLAN_HASH_H */
