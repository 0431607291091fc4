/*-------------------------------------------------------------------------
 *
 * plan_id.c
 *	  How a plan keeps its fingerprint.
 *
 * It is computed once, when the plan is made.  From 18 on a plan has a place
 * for it.  Before, and where another extension has taken that place, we append
 * an item to the list of objects on which the plan depends: it is copied with
 * the plan, and has a negative cache number, so that it never equals that of
 * a catalog that changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/plan_hash.h"
#include "collect/plan_id.h"
#include "compat.h"

/*
 * 63 bits: as a bigint it is positive, and 31 bits of it fit into a negative
 * int.
 */
static uint64
compute(PlannedStmt *stmt)
{
	uint64		id = tend_plan_hash(stmt) & PG_INT64_MAX;

	return id != 0 ? id : 1;
}

static PlanInvalItem *
item_of(PlannedStmt *stmt)
{
	PlanInvalItem *last = stmt->invalItems != NIL ? llast_node(PlanInvalItem, stmt->invalItems) : NULL;

	return last != NULL && last->cacheId < 0 ? last : NULL;
}

/* Give a new plan its id. */
void
tend_plan_id_set(PlannedStmt *stmt)
{
	uint64		id = compute(stmt);
	PlanInvalItem *item;

	if (tend_stmt_take_plan_id(stmt, id))
		return;
	item = makeNode(PlanInvalItem);
	item->cacheId = -1 - (int) (id >> 32);
	item->hashValue = (uint32) id;
	stmt->invalItems = lappend(stmt->invalItems, item);
}

/* The id of a plan; computed anew if it was made behind our back. */
uint64
tend_plan_id_get(PlannedStmt *stmt)
{
	PlanInvalItem *item = item_of(stmt);
	uint64		id;

	if (item != NULL)
		return (uint64) (uint32) (-1 - item->cacheId) << 32 | item->hashValue;
	id = tend_stmt_plan_id(stmt);
	return id != 0 ? id : compute(stmt);
}
