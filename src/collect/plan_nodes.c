/*-------------------------------------------------------------------------
 *
 * plan_nodes.c
 *	  What the kinds of plan nodes have in common, in one table.
 *
 * The server has walkers for expressions, and one for the states of a running
 * plan, but none for plans.  Node types that we do not know, of a later
 * major, are missing here, and the users of this table print them with what
 * struct Plan says.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/plan_nodes.h"

/* The frequent ones first */
static const TendPlanNode plan_nodes[] = {
	{
		.tag = T_IndexScan,
		.size = sizeof(IndexScan),
		.name = "Index Scan",
		.shown = {offsetof(IndexScan, indexqualorig), offsetof(IndexScan, indexorderbyorig)}
	},
	{
		.tag = T_SeqScan,
		.size = sizeof(SeqScan),
		.name = "Seq Scan"
	},
	{
		.tag = T_ModifyTable,
		.size = sizeof(ModifyTable),
		.name = "Modify",
		.shown = {offsetof(ModifyTable, onConflictWhere), offsetof(ModifyTable, exclRelTlist)},
		.hidden = {offsetof(ModifyTable, withCheckOptionLists),
			offsetof(ModifyTable, returningLists), offsetof(ModifyTable, onConflictSet),
		offsetof(ModifyTable, mergeActionLists)}
	},
	{
		.tag = T_Result,
		.size = sizeof(Result),
		.name = "Result",
		.shown = {offsetof(Result, resconstantqual)}
	},
	{
		.tag = T_IndexOnlyScan,
		.size = sizeof(IndexOnlyScan),
		.name = "Index Only Scan",
		.shown = {offsetof(IndexOnlyScan, indexqual), offsetof(IndexOnlyScan, indexorderby),
		offsetof(IndexOnlyScan, indextlist)},
		.hidden = {offsetof(IndexOnlyScan, recheckqual)}
	},
	{
		.tag = T_NestLoop,
		.size = sizeof(NestLoop),
		.name = "Nested Loop",
		.shown = {offsetof(NestLoop, join.joinqual)}
	},
	{
		.tag = T_HashJoin,
		.size = sizeof(HashJoin),
		.name = "Hash",
		.shown = {offsetof(HashJoin, join.joinqual), offsetof(HashJoin, hashclauses)}
	},
	{
		.tag = T_Hash,
		.size = sizeof(Hash),
		.name = "Hash",
		.hidden = {offsetof(Hash, hashkeys)}
	},
	{
		.tag = T_Sort,
		.size = sizeof(Sort),
		.name = "Sort"
	},
	{
		.tag = T_Limit,
		.size = sizeof(Limit),
		.name = "Limit",
		.hidden = {offsetof(Limit, limitOffset), offsetof(Limit, limitCount)}
	},
	{
		.tag = T_Agg,
		.size = sizeof(Agg),
		.name = "Aggregate"
	},
	{
		.tag = T_BitmapHeapScan,
		.size = sizeof(BitmapHeapScan),
		.name = "Bitmap Heap Scan",
		.shown = {offsetof(BitmapHeapScan, bitmapqualorig)}
	},
	{
		/* its subplans are those of the heap scan, and printed there */
		.tag = T_BitmapIndexScan,
		.size = sizeof(BitmapIndexScan),
		.name = "Bitmap Index Scan",
		.shown = {offsetof(BitmapIndexScan, indexqualorig)}
	},
	{
		.tag = T_MergeJoin,
		.size = sizeof(MergeJoin),
		.name = "Merge",
		.shown = {offsetof(MergeJoin, join.joinqual), offsetof(MergeJoin, mergeclauses)}
	},
	{
		.tag = T_Append,
		.size = sizeof(Append),
		.name = "Append",
		.children = offsetof(Append, appendplans)
	},
	{
		.tag = T_MergeAppend,
		.size = sizeof(MergeAppend),
		.name = "Merge Append",
		.children = offsetof(MergeAppend, mergeplans)
	},
	{
		.tag = T_SubqueryScan,
		.size = sizeof(SubqueryScan),
		.name = "Subquery Scan",
		.child = offsetof(SubqueryScan, subplan)
	},
	{
		.tag = T_FunctionScan,
		.size = sizeof(FunctionScan),
		.name = "Function Scan",
		.hidden = {offsetof(FunctionScan, functions)}
	},
	{
		.tag = T_ValuesScan,
		.size = sizeof(ValuesScan),
		.name = "Values Scan",
		.hidden = {offsetof(ValuesScan, values_lists)}
	},
	{
		.tag = T_CteScan,
		.size = sizeof(CteScan),
		.name = "CTE Scan"
	},
	{
		.tag = T_Memoize,
		.size = sizeof(Memoize),
		.name = "Memoize",
		.shown = {offsetof(Memoize, param_exprs)}
	},
	{
		.tag = T_Material,
		.size = sizeof(Material),
		.name = "Materialize"
	},
	{
		.tag = T_Gather,
		.size = sizeof(Gather),
		.name = "Gather"
	},
	{
		.tag = T_GatherMerge,
		.size = sizeof(GatherMerge),
		.name = "Gather Merge"
	},
	{
		.tag = T_Group,
		.size = sizeof(Group),
		.name = "Group"
	},
	{
		.tag = T_Unique,
		.size = sizeof(Unique),
		.name = "Unique"
	},
	{
		.tag = T_WindowAgg,
		.size = sizeof(WindowAgg),
		.name = "WindowAgg",
		.shown = {offsetof(WindowAgg, runConditionOrig), offsetof(WindowAgg, startOffset),
		offsetof(WindowAgg, endOffset)}
	},
	{
		.tag = T_IncrementalSort,
		.size = sizeof(IncrementalSort),
		.name = "Incremental Sort"
	},
	{
		.tag = T_LockRows,
		.size = sizeof(LockRows),
		.name = "LockRows"
	},
	{
		.tag = T_BitmapAnd,
		.size = sizeof(BitmapAnd),
		.name = "BitmapAnd",
		.children = offsetof(BitmapAnd, bitmapplans)
	},
	{
		.tag = T_BitmapOr,
		.size = sizeof(BitmapOr),
		.name = "BitmapOr",
		.children = offsetof(BitmapOr, bitmapplans)
	},
	{
		.tag = T_ForeignScan,
		.size = sizeof(ForeignScan),
		.name = "Foreign Scan",
		.shown = {offsetof(ForeignScan, fdw_scan_tlist)},
		.hidden = {offsetof(ForeignScan, fdw_exprs), offsetof(ForeignScan, fdw_recheck_quals)}
	},
	{
		.tag = T_CustomScan,
		.size = sizeof(CustomScan),
		.name = "Custom Scan",
		.children = offsetof(CustomScan, custom_plans),
		.shown = {offsetof(CustomScan, custom_scan_tlist)},
		.hidden = {offsetof(CustomScan, custom_exprs)}
	},
	{
		.tag = T_ProjectSet,
		.size = sizeof(ProjectSet),
		.name = "ProjectSet"
	},
	{
		.tag = T_SetOp,
		.size = sizeof(SetOp),
		.name = "SetOp"
	},
	{
		.tag = T_RecursiveUnion,
		.size = sizeof(RecursiveUnion),
		.name = "Recursive Union"
	},
	{
		.tag = T_WorkTableScan,
		.size = sizeof(WorkTableScan),
		.name = "WorkTable Scan"
	},
	{
		.tag = T_TidScan,
		.size = sizeof(TidScan),
		.name = "Tid Scan",
		.shown = {offsetof(TidScan, tidquals)}
	},
	{
		.tag = T_TidRangeScan,
		.size = sizeof(TidRangeScan),
		.name = "Tid Range Scan",
		.shown = {offsetof(TidRangeScan, tidrangequals)}
	},
	{
		.tag = T_SampleScan,
		.size = sizeof(SampleScan),
		.name = "Sample Scan",
		.shown = {offsetof(SampleScan, tablesample)}
	},
	{
		.tag = T_TableFuncScan,
		.size = sizeof(TableFuncScan),
		.name = "Table Function Scan",
		.hidden = {offsetof(TableFuncScan, tablefunc)}
	},
	{
		.tag = T_NamedTuplestoreScan,
		.size = sizeof(NamedTuplestoreScan),
		.name = "Named Tuplestore Scan"
	},
};

/* NULL for a node that we do not know */
const TendPlanNode *
tend_plan_node(const Plan *plan)
{
	for (int i = 0; i < (int) lengthof(plan_nodes); i++)
	{
		if (plan_nodes[i].tag == nodeTag(plan))
			return &plan_nodes[i];
	}
	return NULL;
}
