/*-------------------------------------------------------------------------
 *
 * plan_columns.c
 *	  Which column of which table a column of a plan is.
 *
 * A finished plan refers to the output of the nodes below by position.  We
 * follow these references down to a scan, and from a partition up to the
 * table that the statement names.  Nothing is allocated and no catalog read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/plan_columns.h"
#include "nodes/pathnodes.h"
#include "nodes/primnodes.h"
#include "parser/parsetree.h"

/* Deeper than that we do not look. */
#define MAX_STEPS	1000

static Node *
strip_relabel(Node *expr)
{
	while (expr != NULL && IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	return expr;
}

static bool
is_relation(const PlannedStmt *stmt, Index rti)
{
	return rt_fetch(rti, stmt->rtable)->rtekind == RTE_RELATION;
}

static AppendRelInfo *
parent_of(const PlannedStmt *stmt, Index rti)
{
	ListCell   *lc;

	foreach(lc, stmt->appendRelations)
	{
		AppendRelInfo *info = lfirst(lc);

		if (info->child_relid == rti)
			return info;
	}
	return NULL;
}

/*
 * From a partition to what the statement names.  Where several inputs came
 * together, that must be one table: the parts of UNION ALL are none.
 */
static bool
climb(const PlannedStmt *stmt, bool several, TendPlanColumn *column)
{
	bool		climbed = false;
	AppendRelInfo *info;

	while ((info = parent_of(stmt, column->rti)) != NULL)
	{
		if (!is_relation(stmt, info->parent_relid))
			return !several;
		if (column->attno <= 0 || column->attno > info->num_child_cols ||
			info->parent_colnos[column->attno - 1] == 0)
			return false;
		column->attno = info->parent_colnos[column->attno - 1];
		column->rti = info->parent_relid;
		climbed = true;
	}
	return climbed || !several;
}

/* Where a reference of a node leads to: the node below, NULL if to none */
static Plan *
child_referred_to(Plan *plan, const Var *var)
{
	if (var->varno == INNER_VAR)
		return innerPlan(plan);
	if (var->varno == OUTER_VAR)
	{
		switch (nodeTag(plan))
		{
			case T_Append:
				return linitial(((Append *) plan)->appendplans);
			case T_MergeAppend:
				return linitial(((MergeAppend *) plan)->mergeplans);
			default:
				return outerPlan(plan);
		}
	}
	if (IsA(plan, SubqueryScan) && (Index) var->varno == ((Scan *) plan)->scanrelid)
		return ((SubqueryScan *) plan)->subplan;
	return NULL;
}

static Node *
output_of(const List *targetlist, AttrNumber resno)
{
	if (resno <= 0 || resno > list_length(targetlist))
		return NULL;
	return strip_relabel((Node *) ((TargetEntry *) list_nth(targetlist, resno - 1))->expr);
}

/* The column that an expression of a node is; false if it is none. */
bool
tend_plan_column(const PlannedStmt *stmt, Plan *plan, Node *expr, TendPlanColumn *column)
{
	bool		several = false;

	expr = strip_relabel(expr);
	for (int i = 0; i < MAX_STEPS && expr != NULL && IsA(expr, Var); i++)
	{
		Var		   *var = (Var *) expr;
		Plan	   *child = child_referred_to(plan, var);

		if (child != NULL)
		{
			several |= IsA(plan, Append) || IsA(plan, MergeAppend);
			expr = output_of(child->targetlist, var->varattno);
			plan = child;
		}
		else if (var->varno == INDEX_VAR && IsA(plan, IndexOnlyScan))
			expr = output_of(((IndexOnlyScan *) plan)->indextlist, var->varattno);
		else if (IS_SPECIAL_VARNO(var->varno) || var->varattno <= 0 || !is_relation(stmt, var->varno))
			return false;
		else
		{
			column->rti = var->varno;
			column->attno = var->varattno;
			return climb(stmt, several, column);
		}
	}
	return false;
}

/* The column that the output of a node is */
bool
tend_plan_output(const PlannedStmt *stmt, Plan *plan, AttrNumber resno, TendPlanColumn *column)
{
	return tend_plan_column(stmt, plan, output_of(plan->targetlist, resno), column);
}
