/*-------------------------------------------------------------------------
 *
 * other_plan_id.c
 *	  An extension with plan ids of its own, as 18 and later provide for.
 *
 * It gives each plan the id 42, unless it has one, and says at the end of an
 * execution which id the plan has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fmgr.h"
#include "optimizer/planner.h"

#include "../../src/compat.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

#if PG_VERSION_NUM >= 180000

static planner_hook_type previous_planner = NULL;
static ExecutorEnd_hook_type previous_end = NULL;

static PlannedStmt *
plan_with_id(TEND_PLANNER_PARAMS)
{
	PlannedStmt *stmt = previous_planner != NULL ?
		previous_planner(TEND_PLANNER_ARGS) : standard_planner(TEND_PLANNER_ARGS);

	if (stmt->planId == 0)
		stmt->planId = 42;
	return stmt;
}

static void
say_id(QueryDesc *query)
{
	ereport(NOTICE, errmsg("plan id %lld", (long long) query->plannedstmt->planId));
	if (previous_end != NULL)
		previous_end(query);
	else
		standard_ExecutorEnd(query);
}
#endif

void
_PG_init(void)
{
#if PG_VERSION_NUM >= 180000
	previous_planner = planner_hook;
	planner_hook = plan_with_id;
	previous_end = ExecutorEnd_hook;
	ExecutorEnd_hook = say_id;
#endif
}
