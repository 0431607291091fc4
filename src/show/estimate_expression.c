/*-------------------------------------------------------------------------
 *
 * estimate_expression.c
 *	  The expression that statistics are missing on.
 *
 * It is taken from the examples of a misestimate, which hold values.  So only
 * an expression that is made of columns, functions and operators is shown: one
 * with a constant in it, which may be a secret, is not.
 *
 * What the examples refer to may have been dropped or altered since.  Nobody is
 * to get an error for that, so each node is looked up before it is printed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "collect/scan_clauses.h"
#include "nodes/bitmapset.h"
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "show/estimate_expression.h"
#include "storage/lmgr.h"
#include "store/shared_estimates.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

typedef struct Search
{
	Bitmapset  *wanted;			/* columns; NULL: any */
	Node	   *found;
	bool		several;		/* which one it is cannot be told */
} Search;

/* ---- may it be shown, and used for statistics? ---- */

static bool
is_column(const Var *var, Oid relid)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (var->varno != 1 || var->varlevelsup != 0 || var->varattno <= 0 ||
		!SearchSysCacheExists2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(var->varattno)))
		return false;
	get_atttypetypmodcoll(relid, var->varattno, &type, &typmod, &collation);
	return var->vartype == type;
}

/* Statistics are for functions that always say the same. */
static bool
is_immutable(Oid function)
{
	return SearchSysCacheExists1(PROCOID, ObjectIdGetDatum(function)) &&
		func_volatile(function) == PROVOLATILE_IMMUTABLE;
}

static bool
exists_type(Oid type)
{
	return SearchSysCacheExists1(TYPEOID, ObjectIdGetDatum(type));
}

/* A walker: true if there is a node that may not be shown */
static bool
is_hidden(Node *node, void *relid)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_List:
			break;
		case T_Var:
			return !is_column((Var *) node, *(Oid *) relid);
		case T_FuncExpr:
			if (!is_immutable(((FuncExpr *) node)->funcid) ||
				!exists_type(((FuncExpr *) node)->funcresulttype))
				return true;
			break;
		case T_OpExpr:
			/* get_opcode() is InvalidOid for one that is gone */
			if (!is_immutable(get_opcode(((OpExpr *) node)->opno)))
				return true;
			break;
		case T_RelabelType:
			if (!exists_type(((RelabelType *) node)->resulttype))
				return true;
			break;
		default:
			return true;
	}
	return expression_tree_walker(node, is_hidden, relid);
}

/* ---- finding it ---- */

static bool
note_columns(Node *node, void *columns)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		*(Bitmapset **) columns = bms_add_member(*(Bitmapset **) columns,
												 Max(((Var *) node)->varattno, 0));
	return expression_tree_walker(node, note_columns, columns);
}

/* Is this side of a comparison an expression of the wanted columns? */
static void
consider(Node *node, Search *search)
{
	Bitmapset  *columns = NULL;

	if (IsA(node, Var) || (IsA(node, RelabelType) && IsA(((RelabelType *) node)->arg, Var)))
		return;
	(void) note_columns(node, &columns);
	if (columns == NULL || (search->wanted != NULL && !bms_equal(columns, search->wanted)) ||
		equal(node, search->found))
		return;
	search->several |= search->found != NULL;
	search->found = node;
}

static void
search_clause(Node *clause, Search *search)
{
	List	   *args = NIL;
	ListCell   *lc;

	if (IsA(clause, OpExpr))
		args = ((OpExpr *) clause)->args;
	else if (IsA(clause, ScalarArrayOpExpr))
		args = ((ScalarArrayOpExpr *) clause)->args;
	foreach(lc, args)
		consider(lfirst(lc), search);
}

static void
search_examples(const TendEstimateKey *key, Search *search)
{
	TendEstimateExample *examples = palloc(sizeof(TendEstimateExample) * TEND_ESTIMATE_EXAMPLES);
	int			n = tend_estimates_examples(key, examples);

	for (int i = 0; i < n; i++)
	{
		ListCell   *lc;

		/* the columns of a partition may have other numbers */
		if (examples[i].scanned != key->relid)
			continue;
		foreach(lc, tend_clauses_read(examples[i].clauses, examples[i].nbytes))
			search_clause(lfirst(lc), search);
	}
}

/* ---- printing it ---- */

/* NULL if somebody keeps others from reading the table: we wait for no lock. */
static char *
print_expression(Node *expr, Oid relid)
{
	char	   *name;
	char	   *text = NULL;

	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return NULL;
	name = get_rel_name(relid);
	if (name != NULL && !is_hidden(expr, &relid))
	{
		text = deparse_expression(expr, deparse_context_for(name, relid), false, false);

		/* operators bring their own */
		if (!IsA(expr, OpExpr))
			text = psprintf("(%s)", text);
	}

	UnlockRelationOid(relid, AccessShareLock);
	return text;
}

/*
 * The expression that a misestimate of cause "expression" is about, in
 * parentheses.  NULL if it cannot be told, or not be shown.
 */
char *
tend_estimate_expression(const TendEstimateKey *key)
{
	Search		search = {0};

	if (key->cause != TEND_CAUSE_EXPRESSION)
		return NULL;
	for (int i = 0; i < key->ncolumns; i++)
		search.wanted = bms_add_member(search.wanted, key->columns[i]);
	search_examples(key, &search);
	if (search.found == NULL || search.several)
		return NULL;
	return print_expression(search.found, key->relid);
}
