/*-------------------------------------------------------------------------
 *
 * plan_hash_expr.c
 *	  What the expressions of a plan mean.
 *
 * What has no columns is "a value"; x = ANY (value) is x = value; and the
 * order of conditions does not matter.  Columns of lower nodes are followed to
 * the tables they come from, so that target lists need not be hashed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "collect/plan_hash_private.h"

/* ---- objects ---- */

static const char *
name_in(int cache, HeapTuple tuple)
{
	switch (cache)
	{
		case OPEROID:
			return NameStr(((Form_pg_operator) GETSTRUCT(tuple))->oprname);
		case PROCOID:
			return NameStr(((Form_pg_proc) GETSTRUCT(tuple))->proname);
		case OPFAMILYOID:
			return NameStr(((Form_pg_opfamily) GETSTRUCT(tuple))->opfname);
		case COLLOID:
			return NameStr(((Form_pg_collation) GETSTRUCT(tuple))->collname);
		case AMOID:
			return NameStr(((Form_pg_am) GETSTRUCT(tuple))->amname);
		case ENUMOID:
			return NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);
		default:
			return "";
	}
}

/*
 * An operator, function or the like.  Those that initdb or a user created have
 * other OIDs after dump and restore, so these go by name.
 */
uint64
tend_hash_object(int cache, Oid oid)
{
	HeapTuple	tuple;
	uint64		hash;

	if (oid < FirstUnpinnedObjectId && cache != ENUMOID)
		return oid;

	tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return oid;
	hash = tend_hash_string(0, name_in(cache, tuple));
	ReleaseSysCache(tuple);
	return hash;
}

static uint64
hash_bytes(uint64 hash, const char *bytes, Size len)
{
	for (Size i = 0; i < len; i++)
		hash = tend_mix(hash, (unsigned char) bytes[i]);
	return hash;
}

/* A constant of an index's definition */
static uint64
hash_constant(Const *constant)
{
	uint64		hash = tend_mix(T_Const, constant->constisnull);

	if (constant->constisnull)
		return hash;
	if (constant->constbyval)
	{
		if (constant->constlen == sizeof(Oid) &&
			constant->consttype >= FirstUnpinnedObjectId &&
			type_is_enum(constant->consttype))
			return tend_mix(hash, tend_hash_object(ENUMOID,
												   DatumGetObjectId(constant->constvalue)));
		return tend_mix(hash, constant->constvalue);
	}
	return hash_bytes(hash, DatumGetPointer(constant->constvalue),
					  datumGetSize(constant->constvalue, false, constant->constlen));
}

/* ---- columns ---- */

/* The target list to which a Var refers, and the node that has it */
static List *
list_of(Plan *plan, int varno, Plan **owner)
{
	*owner = plan;
	if (varno == INDEX_VAR)
	{
		if (IsA(plan, IndexOnlyScan))
			return ((IndexOnlyScan *) plan)->indextlist;
		if (IsA(plan, ForeignScan))
			return ((ForeignScan *) plan)->fdw_scan_tlist;
		if (IsA(plan, CustomScan))
			return ((CustomScan *) plan)->custom_scan_tlist;
		return NIL;
	}

	if (varno == INNER_VAR)
		*owner = innerPlan(plan);
	else if (IsA(plan, Append))
		*owner = (Plan *) linitial(((Append *) plan)->appendplans);
	else if (IsA(plan, MergeAppend))
		*owner = (Plan *) linitial(((MergeAppend *) plan)->mergeplans);
	else
		*owner = outerPlan(plan);

	return *owner != NULL ? (*owner)->targetlist : NIL;
}

/*
 * A column of a lower node that this node computes.  An expression over such
 * expressions is cut there, lest deep plans take forever.
 */
static uint64
hash_computed(TendHashWalk *walk, Plan *owner, Node *expr)
{
	Plan	   *plan = walk->plan;
	uint64		hash;

	if (walk->resolving)
		return tend_mix(TEND_SEED_COLUMN, nodeTag(expr));

	walk->resolving = true;
	walk->plan = owner;
	hash = tend_hash_expr(walk, expr);
	walk->plan = plan;
	walk->resolving = false;
	return hash;
}

static uint64
hash_var(TendHashWalk *walk, Var *var)
{
	Plan	   *plan = walk->plan;

	if (walk->indexed != 0)
		return tend_hash_column(walk, walk->indexed, var->varattno);

	while (IS_SPECIAL_VARNO(var->varno))
	{
		List	   *targets = list_of(plan, var->varno, &plan);
		TargetEntry *target;

		if (var->varattno < 1 || var->varattno > list_length(targets))
			return tend_mix(tend_mix(TEND_SEED_COLUMN, (uint32) var->varno),
							(uint16) var->varattno);

		target = list_nth_node(TargetEntry, targets, var->varattno - 1);
		if (!IsA(target->expr, Var))
			return hash_computed(walk, plan, (Node *) target->expr);
		var = (Var *) target->expr;
	}

	return tend_hash_column(walk, var->varno, var->varattno);
}

/* Their numbers depend on how many partitions were planned before */
static uint64
hash_param(TendHashWalk *walk, Param *param)
{
	if (param->paramkind == PARAM_EXTERN)
		walk->found_param = true;
	if (param->paramkind != PARAM_EXEC)
		return TEND_HASH_VALUE;

	if (param->paramid < walk->nparams && walk->params[param->paramid] != 0)
		return walk->params[param->paramid];
	return TEND_SEED_PARAM;
}

/* ---- operators and other nodes ---- */

typedef struct ArgumentWalk
{
	TendHashWalk *walk;
	uint64		hash;
	bool		has_columns;
} ArgumentWalk;

static bool
hash_argument(Node *node, void *context)
{
	ArgumentWalk *arguments = (ArgumentWalk *) context;
	uint64		hash;

	if (node == NULL)
		return false;
	hash = tend_hash_expr(arguments->walk, node);
	if (hash != TEND_HASH_VALUE)
		arguments->has_columns = true;
	arguments->hash = tend_mix(arguments->hash, hash);
	return false;
}

/*
 * The planner writes a = b or b = a as it needs it, and tells < from > by the
 * operator.
 */
static uint64
hash_operator(TendHashWalk *walk, NodeTag tag, Oid opno, List *args)
{
	uint64		left = tend_hash_expr(walk, linitial(args));
	uint64		right = 0;
	uint64		hash;

	if (list_length(args) > 1)
	{
		right = tend_hash_expr(walk, lsecond(args));
		if (left == TEND_HASH_VALUE && right == TEND_HASH_VALUE)
			return TEND_HASH_VALUE;
	}
	else if (left == TEND_HASH_VALUE)
		return TEND_HASH_VALUE;

	hash = tend_mix(tag, tend_hash_object(OPEROID, opno));
	hash = tend_mix(hash, Min(left, right));
	return tend_mix(hash, Max(left, right));
}

static uint64
hash_function(TendHashWalk *walk, FuncExpr *expr)
{
	ArgumentWalk arguments = {.walk = walk,.hash = T_FuncExpr};
	ListCell   *lc;

	foreach(lc, expr->args)
		hash_argument(lfirst(lc), &arguments);

	if (!arguments.has_columns && walk->indexed == 0)
		return TEND_HASH_VALUE;
	return tend_mix(arguments.hash, tend_hash_object(PROCOID, expr->funcid));
}

/*
 * Conditions as a set, in an array of the caller or one that we make.  Values
 * among others are left out: ($1 IS NULL OR a = $1) means a = 5 when planned
 * for 5.
 */
static uint64
hash_conditions(TendHashWalk *walk, uint64 seed, List *conditions)
{
	uint64		few[8];
	uint64	   *members = few;
	int			n = 0;
	uint64		hash;
	ListCell   *lc;

	if (list_length(conditions) > (int) lengthof(few))
		members = palloc(list_length(conditions) * sizeof(uint64));

	foreach(lc, conditions)
	{
		hash = tend_hash_expr(walk, lfirst(lc));
		if (hash != TEND_HASH_VALUE)
			members[n++] = hash;
	}
	hash = n > 0 ? tend_hash_set(seed, members, n) : TEND_HASH_VALUE;

	if (members != few)
		pfree(members);
	return hash;
}

uint64
tend_hash_quals(TendHashWalk *walk, List *quals)
{
	if (list_length(quals) == 1)
		return tend_hash_expr(walk, linitial(quals));
	return hash_conditions(walk, tend_mix(T_BoolExpr, AND_EXPR), quals);
}

static uint64
hash_bool(TendHashWalk *walk, BoolExpr *expr)
{
	uint64		hash;

	if (expr->boolop != NOT_EXPR)
		return hash_conditions(walk, tend_mix(T_BoolExpr, expr->boolop), expr->args);

	hash = tend_hash_expr(walk, linitial(expr->args));
	return hash == TEND_HASH_VALUE ? hash : tend_mix(tend_mix(T_BoolExpr, NOT_EXPR), hash);
}

/*
 * A subplan by its number, which the query decides; the plan itself is hashed
 * elsewhere.  What its parameters stand for is known from now on.
 */
static uint64
hash_subplan(TendHashWalk *walk, SubPlan *subplan)
{
	uint64		hash = tend_mix(T_SubPlan, subplan->plan_id);
	ListCell   *param;
	ListCell   *arg;

	hash = tend_mix(hash, subplan->subLinkType);
	hash = tend_mix(hash, subplan->useHashTable);
	if (subplan->testexpr != NULL)
		hash = tend_mix(hash, tend_hash_expr(walk, subplan->testexpr));

	forboth(param, subplan->parParam, arg, subplan->args)
	{
		uint64		value = tend_hash_expr(walk, lfirst(arg));

		if (lfirst_int(param) < walk->nparams)
			walk->params[lfirst_int(param)] = value;
		hash = tend_mix(hash, value);
	}
	return hash;
}

static uint64
hash_aggregate(TendHashWalk *walk, Oid function, List *args, Expr *filter)
{
	uint64		hash = tend_mix(T_Aggref, tend_hash_object(PROCOID, function));
	ListCell   *lc;

	foreach(lc, args)
		hash = tend_mix(hash, tend_hash_expr(walk, lfirst(lc)));
	if (filter != NULL)
		hash = tend_mix(hash, tend_hash_expr(walk, (Node *) filter));
	return hash;
}

/* What tells nodes of a type from each other, beside their arguments */
static uint64
variant_of(Node *node)
{
	switch (nodeTag(node))
	{
		case T_NullTest:
			return ((NullTest *) node)->nulltesttype;
		case T_BooleanTest:
			return ((BooleanTest *) node)->booltesttype;
		case T_MinMaxExpr:
			return ((MinMaxExpr *) node)->op;
		case T_FieldSelect:
			return ((FieldSelect *) node)->fieldnum;
		case T_RowCompareExpr:
			return tend_hash_object(OPEROID, linitial_oid(((RowCompareExpr *) node)->opnos));
		default:
			return 0;
	}
}

static uint64
hash_other(TendHashWalk *walk, Node *node)
{
	ArgumentWalk arguments = {.walk = walk};

	arguments.hash = tend_mix(nodeTag(node), variant_of(node));
	expression_tree_walker(node, hash_argument, &arguments);
	if (!arguments.has_columns && walk->indexed == 0)
		return TEND_HASH_VALUE;
	return arguments.hash;
}

static uint64
hash_compound(TendHashWalk *walk, Node *node)
{
	check_stack_depth();

	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			return hash_operator(walk, nodeTag(node), ((OpExpr *) node)->opno,
								 ((OpExpr *) node)->args);
		case T_ScalarArrayOpExpr:

			/*
			 * a IN (1, 2) like a IN (1), which is a = 1; and so NOT IN, which
			 * has another operator
			 */
			return hash_operator(walk, T_OpExpr, ((ScalarArrayOpExpr *) node)->opno,
								 ((ScalarArrayOpExpr *) node)->args);
		case T_FuncExpr:
			return hash_function(walk, (FuncExpr *) node);
		case T_BoolExpr:
			return hash_bool(walk, (BoolExpr *) node);
		case T_SubPlan:
			return hash_subplan(walk, (SubPlan *) node);
		case T_Aggref:
			return hash_aggregate(walk, ((Aggref *) node)->aggfnoid,
								  ((Aggref *) node)->args, ((Aggref *) node)->aggfilter);
		case T_WindowFunc:
			return hash_aggregate(walk, ((WindowFunc *) node)->winfnoid,
								  ((WindowFunc *) node)->args, ((WindowFunc *) node)->aggfilter);
		default:
			return hash_other(walk, node);
	}
}

uint64
tend_hash_expr(TendHashWalk *walk, Node *node)
{
	for (;;)
	{
		if (node == NULL)
			return TEND_HASH_VALUE;
		switch (nodeTag(node))
		{
			case T_Const:
				return walk->indexed == 0 ? TEND_HASH_VALUE : hash_constant((Const *) node);
			case T_Param:
				return hash_param(walk, (Param *) node);
			case T_Var:
				return hash_var(walk, (Var *) node);
			case T_RelabelType:
				node = (Node *) ((RelabelType *) node)->arg;
				break;
			case T_TargetEntry:
				node = (Node *) ((TargetEntry *) node)->expr;
				break;
			default:
				return hash_compound(walk, node);
		}
	}
}
