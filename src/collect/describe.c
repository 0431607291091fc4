/*-------------------------------------------------------------------------
 *
 * describe.c
 *	  Write down a plan and its query, once.
 *
 * Looking up names may fail as anything that reads catalogs may: see guarded.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/guarded.h"
#include "collect/local_plans.h"
#include "collect/plan_text.h"
#include "settings.h"

/* Longest texts that are kept, in bytes */
#define MAX_QUERY_BYTES		8192
#define MAX_PLAN_BYTES		16384

typedef struct Description
{
	const TendPlanKey *key;
	const QueryDesc *query;
	const PlannedStmt *statement;
} Description;

static void
write_texts(void *arg)
{
	const Description *d = arg;
	TendPlanTexts texts;

	texts.query = tend_query_text(d->query->sourceText,
								  d->statement->stmt_location, d->statement->stmt_len,
								  tend_plan_constants, MAX_QUERY_BYTES);
	texts.plan = tend_plan_text(d->query->plannedstmt, tend_plan_constants, MAX_PLAN_BYTES);
	texts.settings = tend_planner_settings();
	tend_plans_set_texts(d->key, &texts);
}

/*
 * Describe a plan in the store.  "statement" is what the client sent, if the
 * plan is that of a query inside of it.  Looking up names may wait for locks,
 * as planning may.
 */
void
tend_describe_plan(TendLocalPlan *plan, const QueryDesc *query,
				   const PlannedStmt *statement)
{
	Description d = {&plan->delta.key, query, statement};

	if (!tend_guarded_possible())
		return;

	/*
	 * Texts go to an entry: see whether there is one that has none.  If the
	 * store is in use just now, they wait for it.
	 */
	plan->ended = 0;
	tend_local_plan_touch(plan);
	tend_local_plans_fold(false);
	plan->described = true;
	if (!plan->dirty && !plan->delta.wants_texts)
		return;
	if (!tend_guarded(write_texts, &d))
	{
		plan->cannot_describe = true;
		tend_plans_count_failure();
	}
}
