/*-------------------------------------------------------------------------
 *
 * example.c
 *	  The clauses of a sampled scan, to be tried on a stand-in.
 *
 * Whoever may read a table can write a clause with a function of his own, and
 * the planner runs functions.  We plan with the rights of the table's owner,
 * so only clauses are taken that compare columns with values, by operators
 * that the owner, or a superuser, has made, as have their functions: others
 * have no statistics on several columns anyway.
 *
 * Types and operators may have been dropped or altered since the scan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "act/example.h"
#include "as_owner.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

typedef struct Reader
{
	Oid			relid;
	Oid			owner;
	Bitmapset  *columns;		/* that are met */
} Reader;

/* ---- what may be planned ---- */

static bool
is_trusted_maker(Oid maker, Oid owner)
{
	return maker == owner || superuser_arg(maker);
}

static bool
is_trusted_function(Oid function, Oid owner)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			maker;

	if (!HeapTupleIsValid(tuple))
		return false;
	maker = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return is_trusted_maker(maker, owner);
}

/* Whoever makes an operator says which function it calls, and which others. */
static bool
is_trusted_alone(Oid operator, Oid owner)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	Oid			maker;
	Oid			function;

	if (!HeapTupleIsValid(tuple))
		return false;
	maker = ((Form_pg_operator) GETSTRUCT(tuple))->oprowner;
	function = ((Form_pg_operator) GETSTRUCT(tuple))->oprcode;
	ReleaseSysCache(tuple);
	return is_trusted_maker(maker, owner) && is_trusted_function(function, owner);
}

/*
 * The planner runs the functions of the negator (neqsel) and of the commutator
 * (scalarltsel, if the value stands on the left), too.
 */
static bool
is_trusted(Oid operator, Oid owner)
{
	Oid			negator = get_negator(operator);
	Oid			commutator = get_commutator(operator);

	return is_trusted_alone(operator, owner) &&
		(!OidIsValid(negator) || is_trusted_alone(negator, owner)) &&
		(!OidIsValid(commutator) || is_trusted_alone(commutator, owner));
}

static bool
is_column(const Var *var, Reader *reader)
{
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (var->varno != 1 || var->varlevelsup != 0 || var->varattno <= 0 ||
		get_attname(reader->relid, var->varattno, true) == NULL)
		return false;
	get_atttypetypmodcoll(reader->relid, var->varattno, &type, &typmod, &collation);
	if (var->vartype != type || var->varcollid != collation)
		return false;
	reader->columns = bms_add_member(reader->columns, var->varattno);
	return true;
}

static bool is_plain(Node *node, Reader *reader);

static bool
are_plain(List *nodes, Reader *reader)
{
	ListCell   *lc;

	foreach(lc, nodes)
	{
		if (!is_plain(lfirst(lc), reader))
			return false;
	}
	return true;
}

static bool
is_plain(Node *node, Reader *reader)
{
	check_stack_depth();
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			return is_column((Var *) node, reader);
		case T_Const:
			return SearchSysCacheExists1(TYPEOID, ObjectIdGetDatum(((Const *) node)->consttype));
		case T_RelabelType:
			return is_plain((Node *) ((RelabelType *) node)->arg, reader);
		case T_OpExpr:
			return is_trusted(((OpExpr *) node)->opno, reader->owner) &&
				are_plain(((OpExpr *) node)->args, reader);
		case T_ScalarArrayOpExpr:
			return is_trusted(((ScalarArrayOpExpr *) node)->opno, reader->owner) &&
				are_plain(((ScalarArrayOpExpr *) node)->args, reader);
		case T_NullTest:
			return !((NullTest *) node)->argisrow &&
				is_plain((Node *) ((NullTest *) node)->arg, reader);
		case T_BooleanTest:
			return is_plain((Node *) ((BooleanTest *) node)->arg, reader);
		case T_BoolExpr:
			return are_plain(((BoolExpr *) node)->args, reader);
		default:
			return false;
	}
}

/*
 * The clauses of an example if they can be tried, else NIL; adds the columns
 * that they are about.
 */
List *
tend_example_clauses(Oid relid, List *clauses, Bitmapset **columns)
{
	Reader		reader = {.relid = relid,.owner = tend_owner_of(relid)};

	if (!OidIsValid(reader.owner) || !are_plain(clauses, &reader))
		return NIL;
	*columns = bms_union(*columns, reader.columns);
	return clauses;
}

/* ---- on the stand-in ---- */

typedef struct Mapping
{
	const AttrNumber *columns;
	int			n;
} Mapping;

static bool
map_walker(Node *node, Mapping *mapping)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		for (int i = 0; i < mapping->n; i++)
		{
			if (var->varattno == mapping->columns[i])
			{
				var->varattno = i + 1;
				var->varnosyn = 0;
				var->varattnosyn = 0;
				return false;
			}
		}
		elog(ERROR, "column %d is not in the sample", var->varattno);
	}
	return expression_tree_walker(node, map_walker, mapping);
}

/*
 * Have the clauses speak of a table that has these columns only, in this
 * order.  May be done once.
 */
void
tend_example_map(List *clauses, const AttrNumber *columns, int ncolumns)
{
	Mapping		mapping = {.columns = columns,.n = ncolumns};

	(void) map_walker((Node *) clauses, &mapping);
}
