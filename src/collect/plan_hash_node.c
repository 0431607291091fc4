/*-------------------------------------------------------------------------
 *
 * plan_hash_node.c
 *	  What the nodes of a plan do.
 *
 * Left out, since it follows from what is hashed: the conditions that are
 * checked again after an index whose answer is not exact.  Left out, since it
 * is an estimate or a wish: costs, workers, whether the inner side is unique.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/nodeFuncs.h"
#include "utils/syscache.h"

#include "collect/plan_hash_private.h"

/* ---- pieces of nodes ---- */

/* Where conditions are checked is part of the shape; which they are is not. */
static uint64
add_quals(TendHashWalk *walk, uint64 hash, TendHashSlot slot, List *quals)
{
	if (quals == NIL)
		return hash;
	hash = tend_mix(hash, slot);
	return walk->shape ? hash : tend_mix(hash, tend_hash_quals(walk, quals));
}

/* Keys that are columns of a node's target list */
static uint64
add_keys(TendHashWalk *walk, uint64 hash, TendHashSlot slot, Plan *owner,
		 int nkeys, const AttrNumber *columns)
{
	Plan	   *plan = walk->plan;

	hash = tend_mix(tend_mix(hash, slot), nkeys);
	if (walk->shape || owner == NULL)
		return hash;

	walk->plan = owner;
	for (int i = 0; i < nkeys; i++)
	{
		TargetEntry *target;

		if (columns[i] < 1 || columns[i] > list_length(owner->targetlist))
			continue;
		target = list_nth_node(TargetEntry, owner->targetlist, columns[i] - 1);
		hash = tend_mix(hash, tend_hash_expr(walk, (Node *) target->expr));
	}
	walk->plan = plan;
	return hash;
}

static uint64
add_sort(TendHashWalk *walk, uint64 hash, Sort *sort)
{
	hash = add_keys(walk, hash, SLOT_KEYS, &sort->plan, sort->numCols, sort->sortColIdx);
	if (walk->shape)
		return hash;
	for (int i = 0; i < sort->numCols; i++)
	{
		hash = tend_mix(hash, tend_hash_object(OPEROID, sort->sortOperators[i]));
		hash = tend_mix(hash, sort->nullsFirst[i]);
	}
	return hash;
}

static uint64
add_table(TendHashWalk *walk, uint64 hash, Index rti)
{
	return walk->shape ? hash : tend_mix(hash, tend_hash_table(walk, rti));
}

/* Range table entries that a node stands for, among them joins */
static uint64
add_tables(TendHashWalk *walk, uint64 hash, Bitmapset *relids)
{
	int			rti = -1;

	while ((rti = bms_next_member(relids, rti)) >= 0)
		hash = add_table(walk, hash, rti);
	return hash;
}

static uint64
add_plan(TendHashWalk *walk, uint64 hash, TendHashSlot slot, Plan *plan)
{
	if (plan == NULL)
		return hash;
	return tend_mix(tend_mix(hash, slot), tend_hash_node(walk, plan));
}

/* What comes from a subplan is known by its number, which the query decides. */
static void
note_initplan_params(TendHashWalk *walk, Plan *plan)
{
	ListCell   *lc;

	foreach(lc, plan->initPlan)
	{
		SubPlan    *initplan = lfirst_node(SubPlan, lc);
		uint64		hash = tend_mix(TEND_SEED_PARAM, initplan->plan_id);
		ListCell   *param;

		foreach(param, initplan->setParam)
		{
			hash = tend_mix(hash, T_Param);
			if (lfirst_int(param) < walk->nparams)
				walk->params[lfirst_int(param)] = hash;
		}
	}
}

/* ---- nodes with any number of children ---- */

/* NIL for other nodes */
static List *
members_of(Plan *plan)
{
	if (IsA(plan, Append))
		return ((Append *) plan)->appendplans;
	if (IsA(plan, MergeAppend))
		return ((MergeAppend *) plan)->mergeplans;
	return NIL;
}

static int
count_members(List *plans)
{
	int			n = 0;
	ListCell   *lc;

	foreach(lc, plans)
	{
		List	   *members = members_of((Plan *) lfirst(lc));

		n += members != NIL ? count_members(members) : 1;
	}
	return n;
}

static int
hash_members(TendHashWalk *walk, List *plans, uint64 *hashes, int n)
{
	ListCell   *lc;

	foreach(lc, plans)
	{
		Plan	   *plan = (Plan *) lfirst(lc);
		List	   *members = members_of(plan);

		if (members == NIL)
			hashes[n++] = tend_hash_node(walk, plan);
		else
		{
			note_initplan_params(walk, plan);
			n = hash_members(walk, members, hashes, n);
		}
	}
	return n;
}

static uint64
hash_children(TendHashWalk *walk, uint64 seed, List *plans)
{
	uint64	   *hashes = palloc((count_members(plans) + 1) * sizeof(uint64));
	int			n = hash_members(walk, plans, hashes, 0);
	uint64		hash = tend_hash_set(seed, hashes, n);

	pfree(hashes);
	return hash;
}

/*
 * Partitions as a set: 50 that are treated alike make the same plan as one,
 * above which the planner removes the Append.  Those of a partition count like
 * those of the table, since the planner flattens some of them.
 */
static uint64
hash_append(TendHashWalk *walk, Plan *plan, List *children)
{
	uint64		seed = tend_mix(TEND_SEED_SET, nodeTag(plan));

	if (plan->parallel_aware)
		seed = tend_mix(seed, SLOT_PARALLEL);
	return hash_children(walk, seed, children);
}

/* Would all of them do the same, with the same index? */
static bool
are_alike(TendHashWalk *walk, List *plans)
{
	bool		shape = walk->shape;
	bool		alike = true;
	uint64		first;
	ListCell   *lc;

	walk->shape = false;
	first = tend_hash_node(walk, linitial(plans));
	for_each_from(lc, plans, 1)
		alike = alike && tend_hash_node(walk, lfirst(lc)) == first;
	walk->shape = shape;
	return alike;
}

/*
 * a = 1 OR a = 2 is done by two scans of an index, and a IN (1, 2) by one; so
 * equal ones are one here, too.  Scans of different indexes are not, not even
 * in the shape.
 */
static uint64
hash_bitmaps(TendHashWalk *walk, Plan *plan, List *children)
{
	uint64		seed = tend_mix(TEND_SEED_SET, nodeTag(plan));
	uint64		hash = hash_children(walk, seed, children);

	if (walk->shape && !are_alike(walk, children))
		hash = tend_mix(seed, hash);
	return hash;
}

/* ---- scans ---- */

static uint64
add_index(TendHashWalk *walk, uint64 hash, Scan *scan, Oid indexid)
{
	return tend_mix(hash, tend_hash_index(walk, indexid, scan->scanrelid));
}

/* Forward and none are the same: the latter is for indexes without an order. */
static uint64
add_direction(uint64 hash, ScanDirection direction)
{
	return tend_mix(hash, ScanDirectionIsBackward(direction));
}

static uint64
add_index_scan(TendHashWalk *walk, uint64 hash, IndexScan *scan)
{
	hash = add_index(walk, hash, &scan->scan, scan->indexid);
	hash = add_direction(hash, scan->indexorderdir);
	hash = add_quals(walk, hash, SLOT_INDEX_COND, scan->indexqualorig);
	return add_quals(walk, hash, SLOT_ORDER_BY, scan->indexorderbyorig);
}

static uint64
add_index_only_scan(TendHashWalk *walk, uint64 hash, IndexOnlyScan *scan)
{
	hash = add_index(walk, hash, &scan->scan, scan->indexid);
	hash = add_direction(hash, scan->indexorderdir);
	hash = add_quals(walk, hash, SLOT_INDEX_COND, scan->indexqual);
	return add_quals(walk, hash, SLOT_ORDER_BY, scan->indexorderby);
}

static uint64
add_bitmap_index_scan(TendHashWalk *walk, uint64 hash, BitmapIndexScan *scan)
{
	hash = add_index(walk, hash, &scan->scan, scan->indexid);
	return add_quals(walk, hash, SLOT_INDEX_COND, scan->indexqualorig);
}

/* Of a query that is sent away we know what the wrapper gave the planner. */
static uint64
add_foreign_scan(TendHashWalk *walk, uint64 hash, ForeignScan *scan)
{
	hash = tend_mix(hash, scan->operation);
	hash = add_tables(walk, hash, scan->fs_relids);
	hash = add_quals(walk, hash, SLOT_REMOTE_COND, scan->fdw_recheck_quals);
	return add_quals(walk, hash, SLOT_REMOTE_EXPRS, scan->fdw_exprs);
}

static uint64
add_custom_scan(TendHashWalk *walk, uint64 hash, CustomScan *scan)
{
	ListCell   *lc;

	hash = tend_hash_string(hash, scan->methods->CustomName);
	hash = add_tables(walk, hash, scan->custom_relids);
	hash = add_quals(walk, hash, SLOT_CUSTOM_EXPRS, scan->custom_exprs);
	foreach(lc, scan->custom_plans)
		hash = add_plan(walk, hash, SLOT_OUTER, lfirst(lc));
	return hash;
}

static uint64
add_scan(TendHashWalk *walk, uint64 hash, Scan *scan)
{
	hash = add_table(walk, hash, scan->scanrelid);

	switch (nodeTag(scan))
	{
		case T_IndexScan:
			return add_index_scan(walk, hash, (IndexScan *) scan);
		case T_IndexOnlyScan:
			return add_index_only_scan(walk, hash, (IndexOnlyScan *) scan);
		case T_BitmapIndexScan:
			return add_bitmap_index_scan(walk, hash, (BitmapIndexScan *) scan);
		case T_TidScan:
			return add_quals(walk, hash, SLOT_TID_COND, ((TidScan *) scan)->tidquals);
		case T_TidRangeScan:
			return add_quals(walk, hash, SLOT_TID_COND, ((TidRangeScan *) scan)->tidrangequals);
		case T_SubqueryScan:
			return add_plan(walk, hash, SLOT_OUTER, ((SubqueryScan *) scan)->subplan);
		case T_CteScan:
			return tend_mix(hash, ((CteScan *) scan)->ctePlanId);
		case T_ForeignScan:
			return add_foreign_scan(walk, hash, (ForeignScan *) scan);
		case T_CustomScan:
			return add_custom_scan(walk, hash, (CustomScan *) scan);
		default:
			return hash;
	}
}

/* ---- joins ---- */

/* From here on, the inner side's parameters mean the outer side's columns. */
static void
note_nestloop_params(TendHashWalk *walk, NestLoop *join)
{
	ListCell   *lc;

	foreach(lc, join->nestParams)
	{
		NestLoopParam *param = lfirst_node(NestLoopParam, lc);

		if (param->paramno < walk->nparams)
			walk->params[param->paramno] = tend_hash_expr(walk, (Node *) param->paramval);
	}
}

static uint64
add_join(TendHashWalk *walk, uint64 hash, Join *join)
{
	hash = tend_mix(hash, join->jointype);
	hash = add_quals(walk, hash, SLOT_JOIN_FILTER, join->joinqual);

	switch (nodeTag(join))
	{
		case T_NestLoop:
			note_nestloop_params(walk, (NestLoop *) join);
			return hash;
		case T_HashJoin:
			return add_quals(walk, hash, SLOT_HASH_CLAUSES, ((HashJoin *) join)->hashclauses);
		default:
			return add_quals(walk, hash, SLOT_MERGE_CLAUSES, ((MergeJoin *) join)->mergeclauses);
	}
}

/* ---- other nodes ---- */

static uint64
add_agg(TendHashWalk *walk, uint64 hash, Agg *agg)
{
	ListCell   *lc;

	hash = tend_mix(hash, agg->aggstrategy);
	hash = tend_mix(hash, agg->aggsplit);
	hash = add_keys(walk, hash, SLOT_KEYS, outerPlan(agg), agg->numCols, agg->grpColIdx);
	hash = tend_mix(hash, list_length(agg->groupingSets));

	/* further rounds over the input, for grouping sets */
	foreach(lc, agg->chain)
	{
		Agg		   *round = lfirst_node(Agg, lc);

		hash = tend_mix(tend_mix(hash, round->aggstrategy), round->numCols);
	}
	return hash;
}

static uint64
add_window(TendHashWalk *walk, uint64 hash, WindowAgg *window)
{
	hash = add_keys(walk, hash, SLOT_KEYS, outerPlan(window),
					window->partNumCols, window->partColIdx);
	hash = add_keys(walk, hash, SLOT_ORDER_KEYS, outerPlan(window),
					window->ordNumCols, window->ordColIdx);
	return add_quals(walk, hash, SLOT_RUN_CONDITION, window->runCondition);
}

/* Unique indexes that decide what a conflict is, of the table itself */
static uint64
add_arbiters(TendHashWalk *walk, uint64 hash, ModifyTable *modify)
{
	int			n = 0;
	uint64	   *members;
	ListCell   *lc;

	if (modify->arbiterIndexes == NIL)
		return hash;

	members = palloc(list_length(modify->arbiterIndexes) * sizeof(uint64));
	foreach(lc, modify->arbiterIndexes)
		members[n++] = tend_hash_index(walk, lfirst_oid(lc), modify->nominalRelation);

	hash = tend_mix(hash, SLOT_ARBITERS);
	hash = tend_mix(hash, tend_hash_set(TEND_SEED_SET, members, n));
	pfree(members);
	return hash;
}

static uint64
add_modify(TendHashWalk *walk, uint64 hash, ModifyTable *modify)
{
	hash = tend_mix(hash, modify->operation);
	hash = tend_mix(hash, modify->onConflictAction);
	hash = add_table(walk, hash, modify->nominalRelation);
	return add_arbiters(walk, hash, modify);
}

static uint64
add_memoize(TendHashWalk *walk, uint64 hash, Memoize *memoize)
{
	hash = tend_mix(hash, memoize->binary_mode);
	return add_quals(walk, hash, SLOT_CACHE_KEYS, memoize->param_exprs);
}

static uint64
add_set_operation(TendHashWalk *walk, uint64 hash, SetOp *setop)
{
	return tend_mix(tend_mix(hash, setop->cmd), setop->strategy);
}

static uint64
add_other(TendHashWalk *walk, uint64 hash, Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_Result:
			return add_quals(walk, hash, SLOT_ONE_TIME_FILTER,
							 (List *) ((Result *) plan)->resconstantqual);
		case T_ModifyTable:
			return add_modify(walk, hash, (ModifyTable *) plan);
		case T_RecursiveUnion:
			return tend_mix(hash, ((RecursiveUnion *) plan)->numCols);
		case T_Memoize:
			return add_memoize(walk, hash, (Memoize *) plan);
		case T_Sort:
			return add_sort(walk, hash, (Sort *) plan);
		case T_IncrementalSort:
			hash = tend_mix(hash, ((IncrementalSort *) plan)->nPresortedCols);
			return add_sort(walk, hash, (Sort *) plan);
		case T_Group:
			return add_keys(walk, hash, SLOT_KEYS, outerPlan(plan),
							((Group *) plan)->numCols, ((Group *) plan)->grpColIdx);
		case T_Unique:
			return add_keys(walk, hash, SLOT_KEYS, plan,
							((Unique *) plan)->numCols, ((Unique *) plan)->uniqColIdx);
		case T_Agg:
			return add_agg(walk, hash, (Agg *) plan);
		case T_WindowAgg:
			return add_window(walk, hash, (WindowAgg *) plan);
		case T_SetOp:
			return add_set_operation(walk, hash, (SetOp *) plan);
		case T_Limit:
			return tend_mix(hash, ((Limit *) plan)->limitOption);
		default:
			/* of nodes that we do not know: what all have */
			return hash;
	}
}

static uint64
add_details(TendHashWalk *walk, uint64 hash, Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapIndexScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
		case T_SubqueryScan:
		case T_FunctionScan:
		case T_ValuesScan:
		case T_TableFuncScan:
		case T_CteScan:
		case T_NamedTuplestoreScan:
		case T_WorkTableScan:
		case T_ForeignScan:
		case T_CustomScan:
			return add_scan(walk, hash, (Scan *) plan);
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			return add_join(walk, hash, (Join *) plan);
		default:
			return add_other(walk, hash, plan);
	}
}

/* ---- is the plan generic? ---- */

static bool
contains_statement_param(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramkind == PARAM_EXTERN;
	return expression_tree_walker(node, contains_statement_param, context);
}

/* Expressions beside the target list that are not hashed, at most 4 */
static void
other_expressions(Plan *plan, void **found)
{
	switch (nodeTag(plan))
	{
		case T_ModifyTable:
			found[0] = ((ModifyTable *) plan)->onConflictSet;
			found[1] = ((ModifyTable *) plan)->onConflictWhere;
			found[2] = ((ModifyTable *) plan)->returningLists;
			found[3] = ((ModifyTable *) plan)->mergeActionLists;
			break;
		case T_SampleScan:
			found[0] = ((SampleScan *) plan)->tablesample;
			break;
		case T_FunctionScan:
			found[0] = ((FunctionScan *) plan)->functions;
			break;
		case T_ValuesScan:
			found[0] = ((ValuesScan *) plan)->values_lists;
			break;
		case T_TableFuncScan:
			found[0] = ((TableFuncScan *) plan)->tablefunc;
			break;
		case T_WindowAgg:
			found[0] = ((WindowAgg *) plan)->startOffset;
			found[1] = ((WindowAgg *) plan)->endOffset;
			break;
		case T_Limit:
			found[0] = ((Limit *) plan)->limitOffset;
			found[1] = ((Limit *) plan)->limitCount;
			break;
		default:
			break;
	}
}

static void
look_for_params(TendHashWalk *walk, Plan *plan)
{
	void	   *expressions[4] = {0};

	if (walk->found_param)
		return;
	other_expressions(plan, expressions);
	walk->found_param = contains_statement_param((Node *) plan->targetlist, NULL);
	for (int i = 0; i < (int) lengthof(expressions) && !walk->found_param; i++)
		walk->found_param = contains_statement_param(expressions[i], NULL);
}

/* ---- a node and all below it ---- */

uint64
tend_hash_node(TendHashWalk *walk, Plan *plan)
{
	uint64		hash;

	if (plan == NULL)
		return 0;
	check_stack_depth();

	walk->plan = plan;
	if (plan->initPlan != NIL)
		note_initplan_params(walk, plan);
	if (walk->find_params)
		look_for_params(walk, plan);

	switch (nodeTag(plan))
	{
		case T_Append:
		case T_MergeAppend:
			return hash_append(walk, plan, members_of(plan));
		case T_BitmapAnd:
			return hash_bitmaps(walk, plan, ((BitmapAnd *) plan)->bitmapplans);
		case T_BitmapOr:
			return hash_bitmaps(walk, plan, ((BitmapOr *) plan)->bitmapplans);
		default:
			break;
	}

	hash = tend_mix(nodeTag(plan), plan->parallel_aware ? SLOT_PARALLEL : 0);
	hash = add_quals(walk, hash, SLOT_FILTER, plan->qual);
	hash = add_details(walk, hash, plan);
	hash = add_plan(walk, hash, SLOT_OUTER, plan->lefttree);
	return add_plan(walk, hash, SLOT_INNER, plan->righttree);
}
