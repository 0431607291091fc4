/*-------------------------------------------------------------------------
 *
 * describe.c
 *	  Write down a plan and its query, once.
 *
 * Looking up names may fail as anything that reads catalogs may, and a user's
 * statement must not fail with it: so it happens in a subtransaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "collect/local_plans.h"
#include "collect/plan_text.h"
#include "miscadmin.h"
#include "settings.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* Longest texts that are kept, in bytes */
#define MAX_QUERY_BYTES		8192
#define MAX_PLAN_BYTES		16384

static void
write_texts(const TendPlanKey *key, const QueryDesc *query, const PlannedStmt *statement)
{
	TendPlanTexts texts;

	texts.query = tend_query_text(query->sourceText,
								  statement->stmt_location, statement->stmt_len,
								  tend_plan_constants, MAX_QUERY_BYTES);
	texts.plan = tend_plan_text(query->plannedstmt, tend_plan_constants, MAX_PLAN_BYTES);
	texts.settings = tend_planner_settings();
	tend_plans_set_texts(key, &texts);
}

/*
 * Give up, with the state of the transaction as it was, and interrupts held
 * off as before the error, which let them in again.
 */
static void
recover(uint32 holdoff, MemoryContext cxt, ResourceOwner owner)
{
	int			category = ERRCODE_TO_CATEGORY(geterrcode());
	ErrorData  *error = category == ERRCODE_OPERATOR_INTERVENTION ? CopyErrorData() : NULL;

	InterruptHoldoffCount = holdoff;
	FlushErrorState();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	tend_plans_count_failure();
	/* a cancel or a timeout is meant for the user's statement */
	if (error != NULL)
		ReThrowError(error);
}

/*
 * Describe a plan in the store.  "statement" is what the client sent, if the
 * plan is that of a query inside of it.  Looking up names may wait for locks,
 * as planning may; so a cancel request is heeded, and is the statement's.
 */
void
tend_describe_plan(TendLocalPlan *plan, const QueryDesc *query,
				   const PlannedStmt *statement)
{
	MemoryContext old_cxt = CurrentMemoryContext;
	ResourceOwner old_owner = CurrentResourceOwner;
	MemoryContext cxt;
	uint32		holdoff;

	if (!IsTransactionState() || IsInParallelMode() || CritSectionCount > 0)
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

	holdoff = InterruptHoldoffCount;
	cxt = AllocSetContextCreate(old_cxt, "pg_tend texts", ALLOCSET_DEFAULT_SIZES);
	BeginInternalSubTransaction("pg_tend");
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		write_texts(&plan->delta.key, query, statement);
		MemoryContextSwitchTo(old_cxt);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(old_cxt);
		recover(holdoff, old_cxt, old_owner);
		plan->cannot_describe = true;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old_cxt);
	CurrentResourceOwner = old_owner;
	MemoryContextDelete(cxt);
}
