/*-------------------------------------------------------------------------
 *
 * plan_text.c
 *	  Print a plan as EXPLAIN does, without its constants.
 *
 * The server's own EXPLAIN cannot be used.  It wants the state of a running
 * plan, and it calls foreign and custom scans, which print constants.  So this
 * follows src/backend/commands/explain.c, with these differences:
 *
 *	- what only a running plan knows is missing: "Subplans Removed", "Planned
 *	  Partitions", what foreign and custom scans tell of themselves;
 *	- of many partitions the first ones are printed, and of a long condition
 *	  the beginning;
 *	- printing stops when the text is as long as it may be.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "collect/plan_mask.h"
#include "collect/plan_nodes.h"
#include "collect/plan_print.h"
#include "collect/plan_text.h"
#include "compat.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

/* Up to so many names are compared with each other; a hash table costs more */
#define FEW_NAMES	8

static void print_plan(TendPlanPrint * p, Plan *plan, const char *name);

/* Range table entries whose names are printed, as the server chooses them */
static Bitmapset *
add_relations(Bitmapset *used, Plan *plan)
{
	const TendPlanNode *node;

	if (plan == NULL)
		return used;
	check_stack_depth();

	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
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
			used = bms_add_member(used, ((Scan *) plan)->scanrelid);
			break;
		case T_ForeignScan:
			used = bms_add_members(used, TEND_FOREIGN_RELIDS((ForeignScan *) plan));
			break;
		case T_CustomScan:
			used = bms_add_members(used, ((CustomScan *) plan)->custom_relids);
			break;
		case T_ModifyTable:
			used = bms_add_member(used, ((ModifyTable *) plan)->nominalRelation);
			if (((ModifyTable *) plan)->exclRelRTI)
				used = bms_add_member(used, ((ModifyTable *) plan)->exclRelRTI);
			/* columns of RETURNING, which subplans may use */
			if (plan->targetlist)
				used = bms_add_member(used,
									  linitial_int(((ModifyTable *) plan)->resultRelations));
			break;
		case T_Append:
			used = bms_add_members(used, ((Append *) plan)->apprelids);
			break;
		case T_MergeAppend:
			used = bms_add_members(used, ((MergeAppend *) plan)->apprelids);
			break;
		default:
			break;
	}

	used = add_relations(used, plan->lefttree);
	used = add_relations(used, plan->righttree);
	node = tend_plan_node(plan);
	if (node != NULL && node->child != 0)
		used = add_relations(used, TEND_PLAN_FIELD(plan, node->child));
	if (node != NULL && node->children != 0)
	{
		ListCell   *lc;

		foreach(lc, (List *) TEND_PLAN_FIELD(plan, node->children))
		{
			if (foreach_current_index(lc) >= TEND_PLAN_CHILDREN)
				break;
			used = add_relations(used, lfirst(lc));
		}
	}
	return used;
}

static bool
is_among(const char *name, List *names)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (lfirst(lc) != NULL && strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/*
 * Names of the entries used, NULL for the others.  The server makes them
 * unique; for few names that are so already we do not ask it.
 */
static List *
range_table_names(List *rtable, Bitmapset *used)
{
	List	   *names = NIL;
	ListCell   *lc;

	if (list_length(rtable) > FEW_NAMES)
		return select_rtable_names_for_explain(rtable, used);

	foreach(lc, rtable)
	{
		RangeTblEntry *rte = lfirst(lc);
		char	   *name = NULL;

		/* all have one if none is used; the server does it that way */
		if (used != NULL && !bms_is_member(foreach_current_index(lc) + 1, used))
			 /* no name */ ;
		else if (rte->alias)
			name = rte->alias->aliasname;
		else if (rte->rtekind == RTE_RELATION)
			name = get_rel_name(rte->relid);
		else if (rte->rtekind != RTE_JOIN)
			name = rte->eref->aliasname;

		if (name != NULL && is_among(name, names))
			return select_rtable_names_for_explain(rtable, used);
		names = lappend(names, name);
	}
	return names;
}

/* Result relations are printed, if not by name, then by that of their entry */
static void
add_targets(Bitmapset **opened, Plan *plan)
{
	ListCell   *lc;

	if (!IsA(plan, ModifyTable))
		return;
	foreach(lc, ((ModifyTable *) plan)->resultRelations)
	{
		if (foreach_current_index(lc) >= TEND_PLAN_CHILDREN)
			break;
		*opened = bms_add_member(*opened, lfirst_int(lc));
	}
}

/*
 * The server's deparser opens each table of the range table, and is quadratic
 * in their columns.  Spare it the partitions that are not printed.
 */
static List *
shorter_range_table(PlannedStmt *stmt, Bitmapset *used)
{
	List	   *rtable = stmt->rtable;
	RangeTblEntry *nothing;
	ListCell   *lc;

	if (list_length(stmt->appendRelations) <= TEND_PLAN_CHILDREN)
		return rtable;

	used = bms_copy(used);
	add_targets(&used, stmt->planTree);
	foreach(lc, stmt->subplans)
	{
		if (lfirst(lc) != NULL)
			add_targets(&used, lfirst(lc));
	}

	nothing = makeNode(RangeTblEntry);
	nothing->rtekind = RTE_RESULT;
	nothing->eref = makeAlias("*RESULT*", NIL);
	rtable = list_copy(rtable);
	foreach(lc, stmt->appendRelations)
	{
		Index		child = lfirst_node(AppendRelInfo, lc)->child_relid;

		if (!bms_is_member(child, used))
			lfirst(list_nth_cell(rtable, child - 1)) = nothing;
	}
	return rtable;
}

static List *
deparse_context(PlannedStmt *stmt, Bitmapset *used, List *names)
{
	PlannedStmt shorter = *stmt;

	shorter.rtable = shorter_range_table(stmt, used);
	return deparse_context_for_plan_tree(&shorter, names);
}

/* More than one entry?  The one for GROUP BY does not count. */
static bool
needs_prefix(List *rtable)
{
	if (list_length(rtable) != 2)
		return list_length(rtable) > 2;
	return !TEND_IS_GROUP_RTE((RangeTblEntry *) linitial(rtable)) &&
		!TEND_IS_GROUP_RTE((RangeTblEntry *) lsecond(rtable));
}

static void
print_aggregate(TendPlanPrint * p, const Agg *agg)
{
	if (DO_AGGSPLIT_SKIPFINAL(agg->aggsplit))
		appendStringInfoString(&p->out, "Partial ");
	else if (DO_AGGSPLIT_COMBINE(agg->aggsplit))
		appendStringInfoString(&p->out, "Finalize ");

	switch (agg->aggstrategy)
	{
		case AGG_PLAIN:
			appendStringInfoString(&p->out, "Aggregate");
			break;
		case AGG_SORTED:
			appendStringInfoString(&p->out, "GroupAggregate");
			break;
		case AGG_HASHED:
			appendStringInfoString(&p->out, "HashAggregate");
			break;
		case AGG_MIXED:
			appendStringInfoString(&p->out, "MixedAggregate");
			break;
	}
}

/* What comes between the name and "Join" */
static const char *
join_type(JoinType type)
{
	if (TEND_IS_RIGHT_ANTI(type))
		return "Right Anti";
	if (TEND_IS_RIGHT_SEMI(type))
		return "Right Semi";
	switch (type)
	{
		case JOIN_LEFT:
			return "Left";
		case JOIN_FULL:
			return "Full";
		case JOIN_RIGHT:
			return "Right";
		case JOIN_SEMI:
			return "Semi";
		case JOIN_ANTI:
			return "Anti";
		default:
			return "???";
	}
}

static void
print_join(TendPlanPrint * p, const char *name, Join *join)
{
	appendStringInfoString(&p->out, name);
	if (join->jointype != JOIN_INNER)
		appendStringInfo(&p->out, " %s Join", join_type(join->jointype));
	else if (!IsA(join, NestLoop))
		appendStringInfoString(&p->out, " Join");
}

static void
print_set_operation(TendPlanPrint * p, const SetOp *setop)
{
	appendStringInfoString(&p->out, setop->strategy == SETOP_HASHED ? "HashSetOp" : "SetOp");
	switch (setop->cmd)
	{
		case SETOPCMD_INTERSECT:
			appendStringInfoString(&p->out, " Intersect");
			break;
		case SETOPCMD_INTERSECT_ALL:
			appendStringInfoString(&p->out, " Intersect All");
			break;
		case SETOPCMD_EXCEPT:
			appendStringInfoString(&p->out, " Except");
			break;
		case SETOPCMD_EXCEPT_ALL:
			appendStringInfoString(&p->out, " Except All");
			break;
	}
}

const char *
tend_plan_operation(CmdType operation)
{
	switch (operation)
	{
		case CMD_INSERT:
			return "Insert";
		case CMD_UPDATE:
			return "Update";
		case CMD_DELETE:
			return "Delete";
		case CMD_MERGE:
			return "Merge";
		default:
			return "???";
	}
}

static void
print_foreign_scan(TendPlanPrint * p, const ForeignScan *scan)
{
	appendStringInfo(&p->out, "Foreign %s",
					 scan->operation == CMD_SELECT ? "Scan" :
					 tend_plan_operation(scan->operation));
}

static void
print_custom_scan(TendPlanPrint * p, const CustomScan *scan)
{
	appendStringInfoString(&p->out, "Custom Scan");
	if (scan->methods->CustomName)
		appendStringInfo(&p->out, " (%s)", scan->methods->CustomName);
}

/* What the node is, without its target */
static void
print_node_name(TendPlanPrint * p, Plan *plan)
{
	const TendPlanNode *node = tend_plan_node(plan);
	const char *name = node != NULL ? node->name : "???";

	switch (nodeTag(plan))
	{
		case T_Agg:
			print_aggregate(p, (Agg *) plan);
			break;
		case T_NestLoop:
		case T_HashJoin:
		case T_MergeJoin:
			print_join(p, name, (Join *) plan);
			break;
		case T_SetOp:
			print_set_operation(p, (SetOp *) plan);
			break;
		case T_ModifyTable:
			appendStringInfoString(&p->out,
								   tend_plan_operation(((ModifyTable *) plan)->operation));
			break;
		case T_ForeignScan:
			print_foreign_scan(p, (ForeignScan *) plan);
			break;
		case T_CustomScan:
			print_custom_scan(p, (CustomScan *) plan);
			break;
		default:
			appendStringInfoString(&p->out, name);
	}
}

static void
print_index(TendPlanPrint * p, const char *before, Oid indexid)
{
	char	   *name = get_rel_name(indexid);

	appendStringInfoString(&p->out, before);
	appendStringInfoString(&p->out, name != NULL ? quote_identifier(name) : "???");
}

static void
print_node_target(TendPlanPrint * p, Plan *plan)
{
	Index		rti = 0;

	switch (nodeTag(plan))
	{
		case T_IndexScan:
			if (ScanDirectionIsBackward(((IndexScan *) plan)->indexorderdir))
				appendStringInfoString(&p->out, " Backward");
			print_index(p, " using ", ((IndexScan *) plan)->indexid);
			rti = ((Scan *) plan)->scanrelid;
			break;
		case T_IndexOnlyScan:
			if (ScanDirectionIsBackward(((IndexOnlyScan *) plan)->indexorderdir))
				appendStringInfoString(&p->out, " Backward");
			print_index(p, " using ", ((IndexOnlyScan *) plan)->indexid);
			rti = ((Scan *) plan)->scanrelid;
			break;
		case T_BitmapIndexScan:
			print_index(p, " on ", ((BitmapIndexScan *) plan)->indexid);
			break;
		case T_SeqScan:
		case T_SampleScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
		case T_SubqueryScan:
		case T_FunctionScan:
		case T_TableFuncScan:
		case T_ValuesScan:
		case T_CteScan:
		case T_WorkTableScan:
		case T_ForeignScan:
		case T_CustomScan:
			rti = ((Scan *) plan)->scanrelid;
			break;
		case T_ModifyTable:
			rti = ((ModifyTable *) plan)->nominalRelation;
			break;
		default:
			break;
	}
	/* a foreign or custom scan of a join has no target */
	if (rti > 0)
		tend_plan_print_target(p, plan, rti);
}

/*
 * Round to a multiple of 1/scale as printf does: exactly.  Costs often end with
 * a five; whether that is a little more or less than a half tells the part of
 * the product that is too small for a double.
 */
static double
rounded(double number, double scale)
{
	double		scaled = number * scale;
	double		whole = floor(scaled);
	double		rest = scaled - whole;

	if (rest == 0.5)
	{
		double		error = fma(number, scale, -scaled);

		if (error == 0)
			return rint(scaled);
		return error > 0 ? whole + 1 : whole;
	}
	return rest > 0.5 ? whole + 1 : whole;
}

/*
 * A cost, as %.2f prints it, or a number of rows, as %.0f.  printf would be a
 * third of the price of printing a small plan.
 */
static void
append_number(StringInfo out, double number, int decimals)
{
	double		scale = decimals == 0 ? 1 : 100;
	char		digits[MAXINT8LEN + 1];
	int			len;

	if (!(number >= 0 && number < 1e12))
	{
		appendStringInfo(out, "%.*f", decimals, number);
		return;
	}
	len = pg_lltoa((int64) rounded(number, scale), digits);
	if (decimals == 0)
	{
		appendBinaryStringInfo(out, digits, len);
		return;
	}
	/* zeros up to one before the point */
	for (; len <= decimals; len++)
	{
		memmove(digits + 1, digits, len);
		digits[0] = '0';
	}
	appendBinaryStringInfo(out, digits, len - decimals);
	appendStringInfoChar(out, '.');
	appendBinaryStringInfo(out, digits + len - decimals, decimals);
}

static void
print_estimates(TendPlanPrint * p, const Plan *plan)
{
	appendStringInfoString(&p->out, "  (cost=");
	append_number(&p->out, plan->startup_cost, 2);
	appendStringInfoString(&p->out, "..");
	append_number(&p->out, plan->total_cost, 2);
	appendStringInfoString(&p->out, " rows=");
	append_number(&p->out, plan->plan_rows, 0);
	appendStringInfoString(&p->out, " width=");
	append_number(&p->out, plan->plan_width, 0);
	appendStringInfoString(&p->out, ")\n");
}

static void
print_first_line(TendPlanPrint * p, Plan *plan)
{
	if (p->indent > 0)
	{
		appendStringInfoSpaces(&p->out, p->indent * 2);
		appendStringInfoString(&p->out, "->  ");
		p->indent += 2;
	}
	if (plan->parallel_aware)
		appendStringInfoString(&p->out, "Parallel ");
	if (plan->async_capable)
		appendStringInfoString(&p->out, "Async ");
	print_node_name(p, plan);
	print_node_target(p, plan);
	print_estimates(p, plan);
	p->indent++;
}

/*
 * SubPlans of an expression, those in their arguments before themselves, as
 * the executor finds them.  The arguments of GROUPING() are not evaluated.
 */
static bool
collect_subplans(Node *node, void *context)
{
	List	  **result = context;

	if (node == NULL || IsA(node, GroupingFunc))
		return false;
	if (IsA(node, SubPlan))
	{
		(void) expression_tree_walker(node, collect_subplans, context);
		*result = lappend(*result, node);
		return false;
	}
	return expression_tree_walker(node, collect_subplans, context);
}

static List *
node_subplans(TendPlanPrint * p, Plan *plan)
{
	const TendPlanNode *node = tend_plan_node(plan);
	List	   *result = NIL;
	List	   *hidden = NIL;

	if (p->stmt->subplans == NIL || IsA(plan, BitmapIndexScan))
		return NIL;

	collect_subplans((Node *) plan->targetlist, &result);
	collect_subplans((Node *) plan->qual, &result);
	if (node == NULL)
		return result;
	for (const uint16 *field = node->shown; *field != 0; field++)
		collect_subplans(TEND_PLAN_FIELD(plan, *field), &result);
	for (const uint16 *field = node->hidden; *field != 0; field++)
		collect_subplans(TEND_PLAN_FIELD(plan, *field), &hidden);

	/* these were not masked, and their arguments may be printed within them */
	if (!p->constants)
		hidden = tend_plan_mask_expression(hidden);
	return list_concat(result, hidden);
}

/* Each subplan is printed once, though more than one node may refer to it. */
static void
print_subplans(TendPlanPrint * p, List *subplans)
{
	ListCell   *lc;

	foreach(lc, subplans)
	{
		SubPlan    *subplan = lfirst_node(SubPlan, lc);
		Plan	   *plan = list_nth(p->stmt->subplans, subplan->plan_id - 1);

		if (plan == NULL || bms_is_member(subplan->plan_id, p->printed))
			continue;
		p->printed = bms_add_member(p->printed, subplan->plan_id);

		p->ancestors = lcons(subplan, p->ancestors);
		print_plan(p, plan, TEND_SUBPLAN_NAME(subplan));
		p->ancestors = list_delete_first(p->ancestors);
	}
}

static void
print_child_list(TendPlanPrint * p, List *children)
{
	ListCell   *lc;

	foreach(lc, children)
	{
		if (foreach_current_index(lc) >= TEND_PLAN_CHILDREN)
		{
			appendStringInfoSpaces(&p->out, p->indent * 2);
			appendStringInfo(&p->out, "... and %d more\n",
							 list_length(children) - TEND_PLAN_CHILDREN);
			break;
		}
		print_plan(p, lfirst(lc), NULL);
	}
}

static void
print_children(TendPlanPrint * p, Plan *plan)
{
	const TendPlanNode *node = tend_plan_node(plan);

	p->ancestors = lcons(plan, p->ancestors);
	print_subplans(p, plan->initPlan);
	if (plan->lefttree)
		print_plan(p, plan->lefttree, NULL);
	if (plan->righttree)
		print_plan(p, plan->righttree, NULL);
	if (node != NULL && node->children != 0)
		print_child_list(p, TEND_PLAN_FIELD(plan, node->children));
	if (node != NULL && node->child != 0)
		print_plan(p, TEND_PLAN_FIELD(plan, node->child), NULL);
	print_subplans(p, node_subplans(p, plan));
	p->ancestors = list_delete_first(p->ancestors);
}

/* "name" is that of a subplan. */
static void
print_plan(TendPlanPrint * p, Plan *plan, const char *name)
{
	int			indent = p->indent;

	if (tend_plan_print_full(p))
		return;
	check_stack_depth();

	if (name != NULL)
	{
		appendStringInfoSpaces(&p->out, p->indent * 2);
		appendStringInfo(&p->out, "%s\n", name);
		p->indent++;
	}
	print_first_line(p, plan);
	tend_plan_print_details(p, plan);
	print_children(p, plan);
	p->indent = indent;
}

/* Cut after the last line that leaves room to say so. */
static void
cut_lines(StringInfo out, int max_bytes)
{
	static const char note[] = "... cut";
	int			len;

	if (out->len > 0 && out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
	if (out->len <= max_bytes)
		return;

	len = Max(max_bytes - (int) strlen(note), 0);
	while (len > 0 && out->data[len - 1] != '\n')
		len--;
	out->len = len;
	out->data[len] = '\0';
	if (len + (int) strlen(note) <= max_bytes)
		appendStringInfoString(out, note);
}

char *
tend_plan_text(PlannedStmt *stmt, bool constants, int max_bytes)
{
	TendPlanPrint p = {.constants = constants,.max_bytes = max_bytes};
	Bitmapset  *used = NULL;
	Plan	   *plan;
	ListCell   *lc;

	p.stmt = constants ? stmt : tend_plan_mask(stmt);
	plan = p.stmt->planTree;

	used = add_relations(used, plan);
	foreach(lc, p.stmt->subplans)
		used = add_relations(used, lfirst(lc));
	p.names = range_table_names(p.stmt->rtable, used);
	p.deparse = deparse_context (p.stmt, used, p.names);

	p.prefix = needs_prefix(p.stmt->rtable);

	/* A Gather for tests of the server, which EXPLAIN does not show either */
	if (IsA(plan, Gather) && ((Gather *) plan)->invisible)
		plan = plan->lefttree;

	initStringInfo(&p.out);
	print_plan(&p, plan, NULL);
	cut_lines(&p.out, max_bytes);
	return p.out.data;
}
