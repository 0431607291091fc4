/*-------------------------------------------------------------------------
 *
 * clause_facts.c
 *	  What the planner knows about the clauses of a scan.
 *
 * Each clause is planned alone, and the statistics it is planned with are
 * looked at.  Bounds of one column belong together, as they do for the
 * planner: alone they say nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_statistic.h"
#include "collect/clause_facts.h"
#include "collect/clause_shape.h"
#include "collect/planner_root.h"
#include "commands/vacuum.h"
#include "compat.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"

/* Most common values and nulls that are at least so much are all there is. */
#define ALL_VALUES	0.99

static bool
is_parameter(Node *node, void *context)
{
	const ParamKind *kind = context;

	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == *kind)
		return true;
	return expression_tree_walker(node, is_parameter, context);
}

/* Does it compare with a parameter of this kind? */
bool
tend_has_parameter(Node *clause, ParamKind kind)
{
	return is_parameter(clause, &kind);
}

/* ---- statistics targets ---- */

static int
column_target(Oid relid, AttrNumber column)
{
	HeapTuple	tuple = column > 0 ? SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
													 Int16GetDatum(column)) : NULL;
	int			target = -1;

	if (HeapTupleIsValid(tuple))
	{
		target = tend_attribute_target(tuple);
		ReleaseSysCache(tuple);
	}
	return target < 0 ? default_statistics_target : target;
}

/* ---- values that statistics have never seen ---- */

/* How a clause compares values of the column with its own */
typedef struct Comparison
{
	TendClauseClass class;
	Oid			collation;
	Datum		value;
	FmgrInfo	op;				/* of a range clause */
	FmgrInfo	less;			/* of an equality clause */
	FmgrInfo	greater;
} Comparison;

/* What values of the column have been seen, in the sense of a comparison */
typedef struct Seen
{
	bool		met;			/* one that meets a range clause */
	bool		at_most;		/* one that is not greater */
	bool		at_least;		/* one that is not less */
} Seen;

static bool
compares(FmgrInfo *op, const Comparison *c, Datum seen)
{
	return DatumGetBool(FunctionCall2Coll(op, c->collation, seen, c->value));
}

static void
see(Comparison *c, Datum value, Seen *seen)
{
	if (c->class == TEND_CLAUSE_RANGE)
	{
		seen->met = seen->met || compares(&c->op, c, value);
		return;
	}
	seen->at_most = seen->at_most || !compares(&c->greater, c, value);
	seen->at_least = seen->at_least || !compares(&c->less, c, value);
}

/* The operators that order the operands of an equality operator */
static bool
find_order(Oid equality, Comparison *c)
{
	List	   *families = get_mergejoin_opfamilies(equality);
	Oid			left;
	Oid			right;
	Oid			less;
	Oid			greater;

	if (families == NIL)
		return false;
	op_input_types(equality, &left, &right);
	less = get_opfamily_member(linitial_oid(families), left, right, BTLessStrategyNumber);
	greater = get_opfamily_member(linitial_oid(families), left, right, BTGreaterStrategyNumber);
	if (!OidIsValid(less) || !OidIsValid(greater))
		return false;
	fmgr_info(get_opcode(less), &c->less);
	fmgr_info(get_opcode(greater), &c->greater);
	return true;
}

static bool
find_comparison(PlannerInfo *root, const TendClauseShape *shape, Comparison *c)
{
	Node	   *value = shape->value != NULL ? estimate_expression_value(root, shape->value) : NULL;

	if (value == NULL || !IsA(value, Const) || ((Const *) value)->constisnull ||
		!OidIsValid(shape->opno))
		return false;
	c->class = shape->class;
	c->collation = shape->collation;
	c->value = ((Const *) value)->constvalue;
	if (shape->class == TEND_CLAUSE_EQUAL)
		return find_order(shape->opno, c);
	if (shape->class == TEND_CLAUSE_RANGE)
		fmgr_info(get_opcode(shape->opno), &c->op);
	return shape->class == TEND_CLAUSE_RANGE;
}

/* Does the value of a clause lie beyond all values that statistics hold? */
static bool
is_beyond(PlannerInfo *root, const TendClauseShape *shape, HeapTuple stats, const AttStatsSlot *common)
{
	AttStatsSlot histogram;
	Comparison	c;
	Seen		seen = {0};
	double		share = ((Form_pg_statistic) GETSTRUCT(stats))->stanullfrac;
	bool		has_histogram;

	if (!find_comparison(root, shape, &c))
		return false;
	has_histogram = get_attstatsslot(&histogram, stats, STATISTIC_KIND_HISTOGRAM, InvalidOid,
									 ATTSTATSSLOT_VALUES);
	if (has_histogram && histogram.nvalues > 0)
	{
		see(&c, histogram.values[0], &seen);
		see(&c, histogram.values[histogram.nvalues - 1], &seen);
		free_attstatsslot(&histogram);
	}
	for (int i = 0; i < common->nvalues; i++)
	{
		see(&c, common->values[i], &seen);
		share += common->numbers[i];
	}
	/* a column without either has other statistics, or none */
	if (!has_histogram && (common->nvalues == 0 || share < ALL_VALUES))
		return false;
	return c.class == TEND_CLAUSE_RANGE ? !seen.met : !(seen.at_most && seen.at_least);
}

/* ---- one clause ---- */

/* ANALYZE looks for common values of all types but these. */
static bool
has_no_list(Oid type)
{
	return type_is_range(type) || type_is_multirange(type);
}

static void
look_at_statistics(PlannerInfo *root, const TendClauseShape *shape, TendClauseFacts *facts)
{
	VariableStatData variable;
	AttStatsSlot common = {0};

	facts->target = column_target(planner_rt_fetch(1, root)->relid, shape->column);
	facts->no_statistics = true;
	if (shape->variable == NULL)
		return;
	examine_variable(root, shape->variable, 0, &variable);
	if (HeapTupleIsValid(variable.statsTuple))
	{
		facts->no_statistics = false;
		(void) get_attstatsslot(&common, variable.statsTuple, STATISTIC_KIND_MCV, InvalidOid,
								ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
		facts->no_list = has_no_list(variable.vartype);
		facts->list_full = facts->target > 0 && common.nvalues >= facts->target;
		facts->beyond = is_beyond(root, shape, variable.statsTuple, &common);
		free_attstatsslot(&common);
	}
	else if (variable.isunique)
		facts->no_statistics = false;
	ReleaseVariableStats(variable);
}

static void
add_clause(PlannerInfo *root, const TendClauseShape *shape, List *clauses, TendNodeFacts *facts)
{
	TendClauseFacts *f;

	if (facts->nclauses == TEND_ESTIMATE_CLAUSES)
	{
		facts->more_clauses = true;
		return;
	}
	f = &facts->clauses[facts->nclauses++];
	f->class = shape->class;
	f->column = shape->column;
	f->parameter = tend_has_parameter((Node *) clauses, PARAM_EXTERN);
	f->rows = facts->table_rows * tend_planner_selectivity(root, clauses, true);
	look_at_statistics(root, shape, f);
}

/* ---- all clauses ---- */

static bool
is_bound(const TendClauseShape *shape)
{
	return shape->class == TEND_CLAUSE_RANGE && shape->column != 0;
}

/*
 * The bounds of a column, from the first one on; the others are taken off the
 * list.
 */
static List *
take_bounds(List *clauses, TendClauseShape *shapes, int first)
{
	List	   *bounds = NIL;

	for (int i = first; i < list_length(clauses); i++)
	{
		if (!is_bound(&shapes[i]) || shapes[i].column != shapes[first].column)
			continue;
		bounds = lappend(bounds, list_nth(clauses, i));
		if (i > first)
			shapes[i].column = -1;
	}
	return bounds;
}

/* Fill in what is to be known of each clause; "table_rows" must be there. */
void
tend_clause_facts(PlannerInfo *root, List *clauses, TendNodeFacts *facts)
{
	TendClauseShape *shapes = palloc0(sizeof(TendClauseShape) * list_length(clauses));
	ListCell   *lc;

	foreach(lc, clauses)
		tend_clause_classify(lfirst(lc), &shapes[foreach_current_index(lc)]);
	foreach(lc, clauses)
	{
		int			i = foreach_current_index(lc);

		if (shapes[i].column < 0)
			continue;
		add_clause(root, &shapes[i],
				   is_bound(&shapes[i]) ? take_bounds(clauses, shapes, i) : list_make1(lfirst(lc)),
				   facts);
	}
}
