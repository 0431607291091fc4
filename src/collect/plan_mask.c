/*-------------------------------------------------------------------------
 *
 * plan_mask.c
 *	  A plan without its constants, for printing.
 *
 * Constants are data of users.  Each is replaced by parameter 0, which no
 * statement can have; the server prints it as $0.
 *
 * Only what is printed is copied: the nodes themselves, and those of their
 * expressions that have constants.  Private data of foreign and custom scans
 * is neither copied nor looked at.  The result shares all the rest with the
 * plan, so it is good for reading only, and not for longer than the plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "collect/plan_mask.h"
#include "collect/plan_nodes.h"
#include "compat.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/typcache.h"

static Node *mask_mutator(Node *node, void *context);

static bool
has_constant(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const))
		return true;
#ifdef TEND_HAS_JSON_QUERY
	if (IsA(node, JsonConstructorExpr) &&
		((JsonConstructorExpr *) node)->orig_query != NULL)
		return true;
#endif
	return expression_tree_walker(node, has_constant, context);
}

static Node *
masked_value(Oid type, int32 typmod, Oid collation)
{
	Param	   *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = 0;
	param->paramtype = type;
	param->paramtypmod = typmod;
	param->paramcollid = collation;
	param->location = -1;
	return (Node *) param;
}

/*
 * An anonymous record must remain one: the names of its columns, which
 * expressions around it are printed with, are known from its value alone.  Its
 * columns become NULL.
 */
static Node *
masked_record(Const *constant)
{
	Const	   *result = copyObject(constant);
	HeapTupleHeader record = DatumGetHeapTupleHeader(constant->constvalue);
	TupleDesc	tupdesc = lookup_rowtype_tupdesc_copy(HeapTupleHeaderGetTypeId(record),
													  HeapTupleHeaderGetTypMod(record));
	Datum	   *values = palloc0(sizeof(Datum) * tupdesc->natts);
	bool	   *nulls = palloc(sizeof(bool) * tupdesc->natts);

	memset(nulls, true, sizeof(bool) * tupdesc->natts);
	result->constvalue = heap_copy_tuple_as_datum(heap_form_tuple(tupdesc, values, nulls),
												  tupdesc);
	return (Node *) result;
}

static Node *
masked_constant(Const *constant)
{
	if (constant->consttype == RECORDOID && !constant->constisnull)
		return masked_record(constant);
	return masked_value(constant->consttype, constant->consttypmod, constant->constcollid);
}

/*
 * Functions with a syntax of their own.  Some have a keyword as an argument,
 * which the server insists to find as a constant; it is no data.  For those
 * that we do not know, we fall back to the common syntax of functions.
 */
static Node *
masked_sql_function(FuncExpr *func)
{
	FuncExpr   *result = (FuncExpr *) expression_tree_mutator((Node *) func, mask_mutator, NULL);
	int			keyword = -1;

	switch (func->funcid)
	{
		case F_EXTRACT_TEXT_DATE:
		case F_EXTRACT_TEXT_TIME:
		case F_EXTRACT_TEXT_TIMETZ:
		case F_EXTRACT_TEXT_TIMESTAMP:
		case F_EXTRACT_TEXT_TIMESTAMPTZ:
		case F_EXTRACT_TEXT_INTERVAL:
			keyword = 0;
			break;
		case F_NORMALIZE:
		case F_IS_NORMALIZED:
			keyword = 1;
			break;
		case F_TIMEZONE_INTERVAL_TIMESTAMP:
		case F_TIMEZONE_INTERVAL_TIMESTAMPTZ:
		case F_TIMEZONE_INTERVAL_TIMETZ:
		case F_TIMEZONE_TEXT_TIMESTAMP:
		case F_TIMEZONE_TEXT_TIMESTAMPTZ:
		case F_TIMEZONE_TEXT_TIMETZ:
			break;
		default:
			result->funcformat = COERCE_EXPLICIT_CALL;
	}
	if (keyword >= 0 && keyword < list_length(func->args))
		lfirst(list_nth_cell(result->args, keyword)) = list_nth(func->args, keyword);
	return (Node *) result;
}

/* XMLROOT(value, VERSION text, STANDALONE keyword): the keyword must remain. */
static Node *
masked_xmlroot(XmlExpr *expr)
{
	XmlExpr    *result = (XmlExpr *) expression_tree_mutator((Node *) expr, mask_mutator, NULL);

	if (list_length(expr->args) == 3)
		lfirst(list_nth_cell(result->args, 2)) = lthird(expr->args);
	return (Node *) result;
}

#ifdef TEND_HAS_JSON_QUERY
static Node *
masked_json_constructor(JsonConstructorExpr *expr)
{
	JsonConstructorExpr *result =
		(JsonConstructorExpr *) expression_tree_mutator((Node *) expr, mask_mutator, NULL);

	if (expr->orig_query != NULL)
		result->orig_query = mask_mutator(expr->orig_query, NULL);
	return (Node *) result;
}
#endif

static Node *
mask_mutator(Node *node, void *context)
{
	if (node == NULL)
		return NULL;

	switch (nodeTag(node))
	{
		case T_Const:
			return masked_constant((Const *) node);
		case T_FuncExpr:
			if (((FuncExpr *) node)->funcformat == COERCE_SQL_SYNTAX)
				return masked_sql_function((FuncExpr *) node);
			break;
		case T_XmlExpr:
			if (((XmlExpr *) node)->op == IS_XMLROOT)
				return masked_xmlroot((XmlExpr *) node);
			break;
#ifdef TEND_HAS_JSON_QUERY
		case T_JsonConstructorExpr:
			return masked_json_constructor((JsonConstructorExpr *) node);
		case T_Query:
			return (Node *) query_tree_mutator((Query *) node, mask_mutator, context, 0);
#endif
		default:
			break;
	}
	return expression_tree_mutator(node, mask_mutator, context);
}

/* An expression, or a list of them, without constants */
void *
tend_plan_mask_expression(void *expr)
{
	return has_constant(expr, NULL) ? mask_mutator(expr, NULL) : expr;
}

static Plan *masked_plan(Plan *plan);

static List *
masked_children(List *plans)
{
	List	   *result = list_copy(plans);
	ListCell   *lc;

	foreach(lc, result)
	{
		/* the others are counted, but not printed */
		if (foreach_current_index(lc) >= TEND_PLAN_CHILDREN)
			break;
		lfirst(lc) = masked_plan(lfirst(lc));
	}
	return result;
}

static Plan *
masked_plan(Plan *plan)
{
	const TendPlanNode *node;
	Plan	   *result;

	if (plan == NULL)
		return NULL;
	check_stack_depth();

	node = tend_plan_node(plan);
	if (node == NULL)
		result = copyObject(plan);
	else
	{
		result = palloc(node->size);
		memcpy(result, plan, node->size);
		for (const uint16 *field = node->shown; *field != 0; field++)
			TEND_PLAN_FIELD(result, *field) = tend_plan_mask_expression(TEND_PLAN_FIELD(plan, *field));
		if (node->child != 0)
			TEND_PLAN_FIELD(result, node->child) =
				masked_plan(TEND_PLAN_FIELD(plan, node->child));
		if (node->children != 0)
			TEND_PLAN_FIELD(result, node->children) =
				masked_children(TEND_PLAN_FIELD(plan, node->children));
	}
	result->targetlist = tend_plan_mask_expression(plan->targetlist);
	result->qual = tend_plan_mask_expression(plan->qual);
	result->lefttree = masked_plan(plan->lefttree);
	result->righttree = masked_plan(plan->righttree);
	return result;
}

/*
 * The statement with its constants replaced in all that is printed of it.  Its
 * range table has none: the planner removes expressions from there.
 */
PlannedStmt *
tend_plan_mask(PlannedStmt *stmt)
{
	PlannedStmt *result = palloc(sizeof(PlannedStmt));
	ListCell   *lc;

	memcpy(result, stmt, sizeof(PlannedStmt));
	result->planTree = masked_plan(stmt->planTree);
	result->subplans = list_copy(stmt->subplans);
	foreach(lc, result->subplans)
		lfirst(lc) = masked_plan(lfirst(lc));
	return result;
}
