/*-------------------------------------------------------------------------
 *
 * plan_lines.c
 *	  What EXPLAIN prints below the first line of a plan node.
 *
 * See plan_text.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "collect/plan_nodes.h"
#include "collect/plan_print.h"
#include "compat.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/typcache.h"

/*
 * One condition can be longer than all the rest.  What is below it says more
 * about a plan than its end.
 */
#define MAX_LINE_BYTES	2000

void
tend_plan_print_line(TendPlanPrint * p, const char *label, const char *text)
{
	int			len = strlen(text);

	appendStringInfoSpaces(&p->out, p->indent * 2);
	appendStringInfoString(&p->out, label);
	appendStringInfoString(&p->out, ": ");
	if (len <= MAX_LINE_BYTES)
		appendBinaryStringInfo(&p->out, text, len);
	else
	{
		appendBinaryStringInfo(&p->out, text, pg_mbcliplen(text, len, MAX_LINE_BYTES));
		appendStringInfoString(&p->out, "...");
	}
	appendStringInfoChar(&p->out, '\n');
}

static void
print_number(TendPlanPrint * p, const char *label, int number)
{
	char text[	16];

	snprintf(text, sizeof(text), "%d", number);
	tend_plan_print_line(p, label, text);
}

/*
 * The name of what a node reads or writes, NULL if it has none but its alias
 */
static char *
target_name(Plan *plan, RangeTblEntry *rte)
{
	List	   *functions;
	Node	   *call;

	switch (nodeTag(plan))
	{
		case T_FunctionScan:
			functions = ((FunctionScan *) plan)->functions;
			if (list_length(functions) != 1)
				return NULL;
			call = ((RangeTblFunction *) linitial(functions))->funcexpr;
			return IsA(call, FuncExpr) ? get_func_name(((FuncExpr *) call)->funcid) : NULL;
		case T_TableFuncScan:
			return TEND_TABLE_FUNC_NAME(((TableFuncScan *) plan)->tablefunc);
		case T_CteScan:
		case T_WorkTableScan:
			return rte->ctename;
		case T_NamedTuplestoreScan:
			return rte->enrname;
		case T_ValuesScan:
		case T_SubqueryScan:
			return NULL;
		default:
			return rte->rtekind == RTE_RELATION ? get_rel_name(rte->relid) : NULL;
	}
}

/* " on table alias" */
void
tend_plan_print_target(TendPlanPrint * p, Plan *plan, Index rti)
{
	RangeTblEntry *rte = rt_fetch(rti, p->stmt->rtable);
	char	   *alias = list_nth(p->names, rti - 1);
	char	   *name = target_name(plan, rte);

	if (alias == NULL)
		alias = rte->eref->aliasname;

	appendStringInfoString(&p->out, " on");
	if (name != NULL)
	{
		appendStringInfoChar(&p->out, ' ');
		appendStringInfoString(&p->out, quote_identifier(name));
	}
	if (name == NULL || strcmp(alias, name) != 0)
	{
		appendStringInfoChar(&p->out, ' ');
		appendStringInfoString(&p->out, quote_identifier(alias));
	}
}

static List *
node_context(TendPlanPrint * p, Plan *plan)
{
	return set_deparse_context_plan(p->deparse, plan, p->ancestors);
}

/* A condition, as a list of what must hold */
static void
print_condition(TendPlanPrint * p, Plan *plan, const char *label, List *conditions, bool prefix)
{
	if (conditions == NIL)
		return;
	tend_plan_print_line(p, label,
						 deparse_expression((Node *) make_ands_explicit(conditions),
											node_context(p, plan), prefix, false));
}

/* ... on the columns of one table */
static void
print_scan_condition(TendPlanPrint * p, Plan *plan, const char *label, List *conditions)
{
	print_condition(p, plan, label, conditions, IsA(plan, SubqueryScan));
}

/* ... on those of more than one, maybe */
static void
print_upper_condition(TendPlanPrint * p, Plan *plan, const char *label, List *conditions)
{
	print_condition(p, plan, label, conditions, p->prefix);
}

/* Column "resno" of what a node returns */
static Expr *
column(Plan *plan, AttrNumber resno)
{
	TargetEntry *target = get_tle_by_resno(plan->targetlist, resno);

	if (target == NULL)
		elog(ERROR, "no target list entry for key %d", resno);
	return target->expr;
}

/* COLLATE, DESC, USING and NULLS, where they are not what one expects */
static void
append_sort_options(StringInfo buf, Expr *expr, Oid operator, Oid collation, bool nulls_first)
{
	Oid			type = exprType((Node *) expr);
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
	bool		reverse = false;

	if (OidIsValid(collation) && collation != get_typcollation(type))
	{
		char	   *name = get_collation_name(collation);

		if (name != NULL)
			appendStringInfo(buf, " COLLATE %s", quote_identifier(name));
	}

	if (operator == entry->gt_opr)
	{
		appendStringInfoString(buf, " DESC");
		reverse = true;
	}
	else if (operator != entry->lt_opr)
	{
		char	   *name = get_opname(operator);

		if (name != NULL)
			appendStringInfo(buf, " USING %s", name);
		(void) get_equality_op_for_ordering_op(operator, &reverse);
	}

	if (nulls_first && !reverse)
		appendStringInfoString(buf, " NULLS FIRST");
	else if (!nulls_first && reverse)
		appendStringInfoString(buf, " NULLS LAST");
}

/* Columns of what "plan" returns, and how they are sorted if operators are given */
typedef struct KeyList
{
	Plan	   *plan;
	int			n;
	AttrNumber *columns;
	Oid		   *operators;
	Oid		   *collations;
	bool	   *nulls_first;
}			KeyList;

static void
append_keys(TendPlanPrint * p, StringInfo buf, const KeyList * keys)
{
	List	   *context = node_context(p, keys->plan);

	for (int i = 0; i < keys->n; i++)
	{
		Expr	   *expr = column(keys->plan, keys->columns[i]);

		if (i > 0)
			appendStringInfoString(buf, ", ");
		appendStringInfoString(buf, deparse_expression((Node *) expr, context, p->prefix, true));
		if (keys->operators != NULL)
			append_sort_options(buf, expr, keys->operators[i], keys->collations[i],
								keys->nulls_first[i]);
	}
}

static void
print_keys(TendPlanPrint * p, const char *label, const KeyList * keys)
{
	StringInfoData buf;

	if (keys->n <= 0)
		return;
	initStringInfo(&buf);
	append_keys(p, &buf, keys);
	tend_plan_print_line(p, label, buf.data);
}

static void
print_sort_keys(TendPlanPrint * p, Plan *plan, const Sort *sort)
{
	KeyList		keys = {
		plan, sort->numCols, sort->sortColIdx, sort->sortOperators,
		sort->collations, sort->nullsFirst
	};

	print_keys(p, "Sort Key", &keys);
}

static void
print_incremental_sort_keys(TendPlanPrint * p, IncrementalSort *sort)
{
	KeyList		presorted = {
		.plan = (Plan *) sort,
		.n = sort->nPresortedCols,
		.columns = sort->sort.sortColIdx
	};

	print_sort_keys(p, (Plan *) sort, &sort->sort);
	print_keys(p, "Presorted Key", &presorted);
}

static void
print_merge_keys(TendPlanPrint * p, MergeAppend *merge)
{
	KeyList		keys = {
		(Plan *) merge, merge->numCols, merge->sortColIdx, merge->sortOperators,
		merge->collations, merge->nullsFirst
	};

	print_keys(p, "Sort Key", &keys);
}

/* One grouping set: columns of "source", by their place in the keys of agg */
static void
print_grouping_set(TendPlanPrint * p, Plan *source, const Agg *agg, List *set, const char *label)
{
	List	   *context = node_context(p, source);
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, set)
	{
		Expr	   *expr = column(source, agg->grpColIdx[lfirst_int(lc)]);

		if (foreach_current_index(lc) > 0)
			appendStringInfoString(&buf, ", ");
		appendStringInfoString(&buf, deparse_expression((Node *) expr, context, p->prefix, true));
	}
	tend_plan_print_line(p, label, set == NIL ? "()" : buf.data);
}

/* The sets of one pass over the input, which is sorted for it if sort is given */
static void
print_grouping_sets(TendPlanPrint * p, Plan *source, const Agg *agg, const Sort *sort)
{
	bool		hashed = agg->aggstrategy == AGG_HASHED || agg->aggstrategy == AGG_MIXED;
	ListCell   *lc;

	if (sort != NULL)
	{
		print_sort_keys(p, source, sort);
		p->indent++;
	}
	foreach(lc, agg->groupingSets)
		print_grouping_set(p, source, agg, lfirst(lc), hashed ? "Hash Key" : "Group Key");
	if (sort != NULL)
		p->indent--;
}

static void
print_group_keys(TendPlanPrint * p, Plan *plan, int n, AttrNumber *columns)
{
	KeyList		keys = {.plan = plan,.n = n,.columns = columns};

	print_keys(p, "Group Key", &keys);
}

static void
print_aggregate_keys(TendPlanPrint * p, Agg *agg)
{
	Plan	   *source = outerPlan(agg);
	ListCell   *lc;

	/* the keys are columns of the child plan */
	p->ancestors = lcons(agg, p->ancestors);
	if (agg->groupingSets != NIL)
	{
		print_grouping_sets(p, source, agg, NULL);
		foreach(lc, agg->chain)
		{
			Agg		   *next = lfirst(lc);

			print_grouping_sets(p, source, next, (Sort *) next->plan.lefttree);
		}
	}
	else
		print_group_keys(p, source, agg->numCols, agg->grpColIdx);
	p->ancestors = list_delete_first(p->ancestors);
}

static void
print_simple_group_keys(TendPlanPrint * p, Group *group)
{
	p->ancestors = lcons(group, p->ancestors);
	print_group_keys(p, outerPlan(group), group->numCols, group->grpColIdx);
	p->ancestors = list_delete_first(p->ancestors);
}

/* Partition and order of a window, which are columns of the child plan */
static void
append_window_keys(TendPlanPrint * p, StringInfo buf, WindowAgg *wagg)
{
	KeyList		partition = {
		.plan = outerPlan(wagg),.n = wagg->partNumCols,.columns = wagg->partColIdx
	};
	KeyList		order = {
		.plan = outerPlan(wagg),.n = wagg->ordNumCols,.columns = wagg->ordColIdx
	};

	p->ancestors = lcons(wagg, p->ancestors);
	if (partition.n > 0)
	{
		appendStringInfoString(buf, "PARTITION BY ");
		append_keys(p, buf, &partition);
	}
	if (order.n > 0)
	{
		appendStringInfoString(buf, partition.n > 0 ? " ORDER BY " : "ORDER BY ");
		append_keys(p, buf, &order);
	}
	p->ancestors = list_delete_first(p->ancestors);
}

static void
print_window(TendPlanPrint * p, WindowAgg *wagg, const char *name)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s AS (", quote_identifier(name));
	append_window_keys(p, &buf, wagg);
	if (wagg->frameOptions & FRAMEOPTION_NONDEFAULT)
	{
		if (wagg->partNumCols > 0 || wagg->ordNumCols > 0)
			appendStringInfoChar(&buf, ' ');
		appendStringInfoString(&buf, TEND_WINDOW_FRAME(wagg, node_context(p, (Plan *) wagg),
													   p->prefix));
	}
	appendStringInfoChar(&buf, ')');
	tend_plan_print_line(p, "Window", buf.data);
}

/* Where plans have names for windows, EXPLAIN describes them. */
static void
print_window_details(TendPlanPrint * p, WindowAgg *wagg)
{
	const char *name = TEND_WINDOW_NAME(wagg);
	Plan	   *plan = &wagg->plan;

	if (name != NULL)
		print_window(p, wagg, name);
	else
		print_upper_condition(p, plan, "Filter", plan->qual);
	print_upper_condition(p, plan, "Run Condition", wagg->runConditionOrig);
	if (name != NULL)
		print_upper_condition(p, plan, "Filter", plan->qual);
}

/* Expressions with commas between them */
static void
append_list(TendPlanPrint * p, StringInfo buf, Plan *plan, List *exprs)
{
	List	   *context = node_context(p, plan);
	ListCell   *lc;

	foreach(lc, exprs)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(buf, ", ");
		appendStringInfoString(buf, deparse_expression(lfirst(lc), context, p->prefix, false));
	}
}

static void
print_memoize(TendPlanPrint * p, Memoize *memoize)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_list(p, &buf, (Plan *) memoize, memoize->param_exprs);
	tend_plan_print_line(p, "Cache Key", buf.data);
	tend_plan_print_line(p, "Cache Mode", memoize->binary_mode ? "binary" : "logical");
}

static void
print_sample(TendPlanPrint * p, SampleScan *scan)
{
	TableSampleClause *sample = scan->tablesample;
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s (", get_func_name(sample->tsmhandler));
	append_list(p, &buf, (Plan *) scan, sample->args);
	appendStringInfoChar(&buf, ')');
	if (sample->repeatable)
	{
		appendStringInfoString(&buf, " REPEATABLE (");
		append_list(p, &buf, (Plan *) scan, list_make1(sample->repeatable));
		appendStringInfoChar(&buf, ')');
	}
	tend_plan_print_line(p, "Sampling", buf.data);
}

/* The quals of a TID scan are alternatives. */
static List *
alternatives(List *quals)
{
	return list_length(quals) > 1 ? list_make1(make_orclause(quals)) : quals;
}

static void
print_workers(TendPlanPrint * p, int workers, Bitmapset *params)
{
	StringInfoData buf;
	int			param = -1;

	print_number(p, "Workers Planned", workers);
	if (!TEND_SHOWS_GATHER_PARAMS || bms_is_empty(params))
		return;

	initStringInfo(&buf);
	while ((param = bms_next_member(params, param)) >= 0)
		appendStringInfo(&buf, "%s$%d", buf.len > 0 ? ", " : "", param);
	tend_plan_print_line(p, "Params Evaluated", buf.data);
}

/* The tables that are written to, unless it is the one in the first line */
static void
print_result_relations(TendPlanPrint * p, ModifyTable *modify)
{
	List	   *targets = modify->resultRelations;
	ListCell   *lc;

	if (list_length(targets) == 1 && linitial_int(targets) == (int) modify->nominalRelation)
		return;

	foreach(lc, targets)
	{
		RangeTblEntry *rte = rt_fetch(lfirst_int(lc), p->stmt->rtable);

		appendStringInfoSpaces(&p->out, p->indent * 2);
		if (foreach_current_index(lc) >= TEND_PLAN_CHILDREN)
		{
			appendStringInfo(&p->out, "... and %d more\n",
							 list_length(targets) - TEND_PLAN_CHILDREN);
			break;
		}
		if (rte->relkind == RELKIND_FOREIGN_TABLE)
			appendStringInfoString(&p->out, "Foreign ");
		appendStringInfoString(&p->out, tend_plan_operation(modify->operation));
		tend_plan_print_target(p, (Plan *) modify, lfirst_int(lc));
		appendStringInfoChar(&p->out, '\n');
	}
}

static void
print_conflict(TendPlanPrint * p, ModifyTable *modify)
{
	StringInfoData buf;
	ListCell   *lc;

	if (modify->onConflictAction == ONCONFLICT_NONE)
		return;
	tend_plan_print_line(p, "Conflict Resolution",
						 modify->onConflictAction == ONCONFLICT_NOTHING ? "NOTHING" :
						 modify->onConflictAction == ONCONFLICT_UPDATE ? "UPDATE" : "SELECT");

	initStringInfo(&buf);
	foreach(lc, modify->arbiterIndexes)
	{
		char	   *name = get_rel_name(lfirst_oid(lc));

		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", name != NULL ? name : "???");
	}
	if (buf.len > 0)
		tend_plan_print_line(p, "Conflict Arbiter Indexes", buf.data);
	print_upper_condition(p, (Plan *) modify, "Conflict Filter",
						  (List *) modify->onConflictWhere);
}

/* Lines of scans that come before the filter */
static void
print_scan_details(TendPlanPrint * p, Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			print_scan_condition(p, plan, "Index Cond", ((IndexScan *) plan)->indexqualorig);
			print_scan_condition(p, plan, "Order By", ((IndexScan *) plan)->indexorderbyorig);
			break;
		case T_IndexOnlyScan:
			print_scan_condition(p, plan, "Index Cond", ((IndexOnlyScan *) plan)->indexqual);
			print_scan_condition(p, plan, "Order By", ((IndexOnlyScan *) plan)->indexorderby);
			break;
		case T_BitmapIndexScan:
			print_scan_condition(p, plan, "Index Cond",
								 ((BitmapIndexScan *) plan)->indexqualorig);
			break;
		case T_BitmapHeapScan:
			print_scan_condition(p, plan, "Recheck Cond",
								 ((BitmapHeapScan *) plan)->bitmapqualorig);
			break;
		case T_TidScan:
			print_scan_condition(p, plan, "TID Cond", alternatives(((TidScan *) plan)->tidquals));
			break;
		case T_TidRangeScan:
			print_scan_condition(p, plan, "TID Cond", ((TidRangeScan *) plan)->tidrangequals);
			break;
		case T_SampleScan:
			print_sample(p, (SampleScan *) plan);
			break;
		default:
			break;
	}
	print_scan_condition(p, plan, "Filter", plan->qual);
}

static void
print_join_details(TendPlanPrint * p, Plan *plan)
{
	if (IsA(plan, HashJoin))
		print_upper_condition(p, plan, "Hash Cond", ((HashJoin *) plan)->hashclauses);
	else if (IsA(plan, MergeJoin))
		print_upper_condition(p, plan, "Merge Cond", ((MergeJoin *) plan)->mergeclauses);
	print_upper_condition(p, plan, "Join Filter", ((Join *) plan)->joinqual);
	print_upper_condition(p, plan, "Filter", plan->qual);
}

/* Lines of the other nodes that come before the filter */
static void
print_upper_details(TendPlanPrint * p, Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_Sort:
			print_sort_keys(p, plan, (Sort *) plan);
			break;
		case T_IncrementalSort:
			print_incremental_sort_keys(p, (IncrementalSort *) plan);
			break;
		case T_MergeAppend:
			print_merge_keys(p, (MergeAppend *) plan);
			break;
		case T_Agg:
			print_aggregate_keys(p, (Agg *) plan);
			break;
		case T_Group:
			print_simple_group_keys(p, (Group *) plan);
			break;
		case T_WindowAgg:
			print_window_details(p, (WindowAgg *) plan);
			return;
		case T_Result:
			print_upper_condition(p, plan, "One-Time Filter",
								  (List *) ((Result *) plan)->resconstantqual);
			break;
		case T_Memoize:
			print_memoize(p, (Memoize *) plan);
			break;
		case T_ModifyTable:
			print_result_relations(p, (ModifyTable *) plan);
			print_conflict(p, (ModifyTable *) plan);
			return;
		default:
			break;
	}
	print_upper_condition(p, plan, "Filter", plan->qual);
}

static void
print_gather_details(TendPlanPrint * p, Plan *plan)
{
	print_scan_condition(p, plan, "Filter", plan->qual);
	if (IsA(plan, Gather))
	{
		print_workers(p, ((Gather *) plan)->num_workers, ((Gather *) plan)->initParam);
		if (((Gather *) plan)->single_copy)
			tend_plan_print_line(p, "Single Copy", "true");
	}
	else
		print_workers(p, ((GatherMerge *) plan)->num_workers,
					  ((GatherMerge *) plan)->initParam);
}

/* Was this node, rather than one below it, forbidden by a setting? */
static bool
is_disabled(Plan *plan)
{
	const TendPlanNode *node = tend_plan_node(plan);
	int			below = 0;
	ListCell   *lc;

	if (TEND_DISABLED_NODES(plan) == 0)
		return false;
	if (plan->lefttree)
		below += TEND_DISABLED_NODES(plan->lefttree);
	if (plan->righttree)
		below += TEND_DISABLED_NODES(plan->righttree);
	if (node != NULL && node->child != 0)
		below += TEND_DISABLED_NODES((Plan *) TEND_PLAN_FIELD(plan, node->child));
	if (node != NULL && node->children != 0)
	{
		foreach(lc, (List *) TEND_PLAN_FIELD(plan, node->children))
			below += TEND_DISABLED_NODES((Plan *) lfirst(lc));
	}
	return TEND_DISABLED_NODES(plan) > below;
}

void
tend_plan_print_details(TendPlanPrint * p, Plan *plan)
{
	if (is_disabled(plan))
		tend_plan_print_line(p, "Disabled", "true");

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
		case T_TableFuncScan:
		case T_ValuesScan:
		case T_CteScan:
		case T_NamedTuplestoreScan:
		case T_WorkTableScan:
		case T_ForeignScan:
		case T_CustomScan:
			print_scan_details(p, plan);
			break;
		case T_NestLoop:
		case T_HashJoin:
		case T_MergeJoin:
			print_join_details(p, plan);
			break;
		case T_Gather:
		case T_GatherMerge:
			print_gather_details(p, plan);
			break;
		default:
			print_upper_details(p, plan);
	}
}
