/*-------------------------------------------------------------------------
 *
 * reestimate.c
 *	  Plan one node anew, with the statistics of now.
 *
 * The plan says how many rows the planner expected, but not why: what did each
 * clause contribute, was a value of a parameter unknown, were there statistics
 * on several columns?  The same functions of the planner answer, given the
 * same clauses again.
 *
 * They run functions of users on values from statistics, as planning does.
 * The planner does not where these could tell the user what he may not read;
 * it knows that from the query, which we do not have.  So we leave out what
 * the user may not read, unless no function can tell.
 *
 * Errors are the caller's, who runs us guarded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/transam.h"
#include "advise/modifications.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "collect/clause_facts.h"
#include "collect/planner_root.h"
#include "collect/reestimate.h"
#include "collect/row_security.h"
#include "collect/scan_clauses.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "parser/parsetree.h"
#include "pgstat.h"
#include "utils/acl.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"

/* Two estimates are the same if they differ by no more than that. */
#define SAME	1e-6

/* ---- which tables ---- */

/* Tables that the user could read as a whole, or clauses that tell nothing */
static bool
may_know(Oid relid, Oid named, List *clauses)
{
	return pg_class_aclcheck(named, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		!contain_leaked_vars((Node *) clauses);
}

static bool
is_ours(Relation rel)
{
	return RelationGetNamespace(rel) == get_namespace_oid("tend", true);
}

static bool
is_eligible(Relation rel)
{
	char		kind = rel->rd_rel->relkind;

	return RelationGetRelid(rel) >= FirstNormalObjectId &&
		(kind == RELKIND_RELATION || kind == RELKIND_MATVIEW || kind == RELKIND_PARTITIONED_TABLE) &&
		rel->rd_rel->relpersistence != RELPERSISTENCE_TEMP &&
		!tend_has_row_security(RelationGetRelid(rel)) && !is_ours(rel);
}

static Oid
topmost_parent(Relation rel)
{
	if (!rel->rd_rel->relispartition)
		return RelationGetRelid(rel);
	return llast_oid(get_partition_ancestors(RelationGetRelid(rel)));
}

/* The topmost parent in the statement, which is what the user named */
static Oid
named_table(const PlannedStmt *stmt, Index rti)
{
	ListCell   *lc;

	foreach(lc, stmt->appendRelations)
	{
		AppendRelInfo *info = lfirst(lc);

		if (info->child_relid == rti && OidIsValid(info->parent_reloid))
			return named_table(stmt, info->parent_relid);
	}
	return rt_fetch(rti, stmt->rtable)->relid;
}

/* The sum of some counters of a table */
static double
counters(Oid relid, const PGFunction *functions, int n)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += (double) DatumGetInt64(DirectFunctionCall1(functions[i], ObjectIdGetDatum(relid)));
	return sum;
}

/*
 * Rows modified since the last analyze.  Only if the transaction does not want
 * to see all statistics as of one moment: that would be a copy of all of them.
 * What it has seen stays.
 */
static double
modified_rows(Oid relid, double analyzed, double table_rows)
{
	static const PGFunction modified[] = {pg_stat_get_mod_since_analyze};
	static const PGFunction live[] = {pg_stat_get_live_tuples};
	static const PGFunction ever[] = {
		pg_stat_get_tuples_inserted, pg_stat_get_tuples_updated, pg_stat_get_tuples_deleted
	};
	int			consistency = pgstat_fetch_consistency;
	TendModificationFacts facts = {.analyzed = analyzed,.table_rows = table_rows};

	if (consistency == PGSTAT_FETCH_CONSISTENCY_SNAPSHOT)
		return NAN;
	pgstat_fetch_consistency = PGSTAT_FETCH_CONSISTENCY_NONE;
	PG_TRY();
	{
		facts.since_analyze = counters(relid, modified, lengthof(modified));
		facts.live = counters(relid, live, lengthof(live));
		facts.ever = counters(relid, ever, lengthof(ever));
	}
	PG_FINALLY();
	{
		pgstat_fetch_consistency = consistency;
	}
	PG_END_TRY();
	return tend_modifications(&facts);
}

/* ---- columns ---- */

/* The parent has the columns of a partition under the same names. */
static int
parent_column(Oid relid, Oid parent, int column)
{
	char	   *name;

	if (relid == parent || column <= 0)
		return column;
	name = get_attname(relid, column, true);
	return name == NULL ? 0 : get_attnum(parent, name);
}

static void
to_parent(TendNodeFacts *facts)
{
	for (int i = 0; i < facts->nclauses; i++)
		facts->clauses[i].column = parent_column(facts->scanned, facts->relid,
												 facts->clauses[i].column);
	for (int i = 0; i < facts->ncolumns; i++)
		facts->columns[i] = parent_column(facts->scanned, facts->relid, facts->columns[i]);
}

/* ---- scans ---- */

static double
expected_rows(PlannerInfo *root, const List *clauses, bool extended)
{
	return find_base_rel(root, 1)->tuples * tend_planner_selectivity(root, clauses, extended);
}

static double
generic_rows(const TendPlannerTable *table, List *clauses)
{
	PlannerInfo *root;
	double		rows;

	if (!tend_has_parameter((Node *) clauses, PARAM_EXTERN))
		return NAN;
	root = tend_planner_root(table, NULL);
	rows = expected_rows(root, clauses, true);
	tend_planner_root_done(root);
	return rows;
}

/*
 * What a join gives to a scan is not known.  Who blames the join must have no
 * two other clauses, which might be wrong together.
 */
static bool
plan_joined_scan(const TendPlannerTable *table, List *clauses, TendNodeFacts *facts)
{
	PlannerInfo *root;
	List	   *of_join = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		if (tend_has_parameter(lfirst(lc), PARAM_EXEC))
			of_join = lappend(of_join, lfirst(lc));
	}
	if (list_length(clauses) - list_length(of_join) > 1)
		return false;
	root = tend_planner_root(table, NULL);
	facts->table_rows = find_base_rel(root, 1)->tuples;
	tend_clause_facts(root, of_join, facts);
	tend_planner_root_done(root);
	return true;
}

/* "clauses" get the values of their parameters. */
static bool
plan_scan(const QueryDesc *query, const TendSuspect *suspect, const TendPlannerTable *table,
		  TendNodeFacts *facts, List **clauses)
{
	PlannerInfo *root;

	*clauses = tend_scan_clauses(suspect->state);
	if (*clauses == NIL || !may_know(facts->scanned, named_table(query->plannedstmt, suspect->rti), *clauses))
		return false;
	if (suspect->parameterised)
		return plan_joined_scan(table, *clauses, facts);
	/* functions of values are called here, and not again for each estimate */
	root = tend_planner_root(table, NULL);
	*clauses = (List *) estimate_expression_value(root, (Node *) *clauses);
	root->glob->boundParams = query->params;
	facts->table_rows = find_base_rel(root, 1)->tuples;
	facts->estimated = expected_rows(root, *clauses, true);
	facts->covered = fabs(facts->estimated - expected_rows(root, *clauses, false)) > SAME * facts->estimated;
	facts->generic = generic_rows(table, *clauses);
	tend_clause_facts(root, *clauses, facts);
	*clauses = (List *) estimate_expression_value(root, (Node *) *clauses);
	tend_planner_root_done(root);
	return true;
}

/* ---- groups and joins ---- */

static Var *
column_var(const TendPlannerTable *table, AttrNumber column)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(table->rel), column - 1);

	return makeVar(1, column, att->atttypid, att->atttypmod, att->attcollation, 0);
}

static double
distinct_values(PlannerInfo *root, Var *var)
{
	VariableStatData variable;
	bool		is_default;
	double		n;

	examine_variable(root, (Node *) var, 0, &variable);
	n = get_variable_numdistinct(&variable, &is_default);
	ReleaseVariableStats(variable);
	return n;
}

/*
 * How many groups, given the rows that came?  Statistics on several columns
 * were used if it makes a difference to take them away.
 */
static void
plan_groups(const TendPlannerTable *table, TendNodeFacts *facts)
{
	PlannerInfo *root = tend_planner_root(table, NULL);
	RelOptInfo *rel = find_base_rel(root, 1);
	List	   *vars = NIL;

	facts->table_rows = rel->tuples;
	for (int i = 0; i < facts->ncolumns; i++)
	{
		Var		   *var = column_var(table, facts->columns[i]);

		facts->distinct[i] = distinct_values(root, var);
		vars = lappend(vars, var);
	}
	rel->rows = Min(rel->tuples, facts->input_actual);
	facts->estimated = estimate_num_groups(root, vars, facts->input_actual, NULL, NULL);
	rel->statlist = NIL;
	facts->covered = fabs(facts->estimated -
						  estimate_num_groups(root, vars, facts->input_actual, NULL, NULL)) > SAME * facts->estimated;
	tend_planner_root_done(root);
}

/* A join is as its columns are: nothing can be planned anew without the rest. */
static void
plan_join(const TendPlannerTable *table, TendNodeFacts *facts)
{
	facts->table_rows = Max(table->rel->rd_rel->reltuples, 0);
	for (int i = 0; i < facts->ncolumns; i++)
	{
		TendClauseFacts *clause = &facts->clauses[facts->nclauses++];

		clause->class = TEND_CLAUSE_EQUAL;
		clause->column = facts->columns[i];
		clause->rows = NAN;
	}
}

/* ---- all of them ---- */

static bool
plan_node(const QueryDesc *query, const TendSuspect *suspect, const TendPlannerTable *table,
		  TendNodeFacts *facts, List **clauses)
{
	bool		is_scan = suspect->kind == TEND_ESTIMATE_FILTER || suspect->parameterised;

	facts->relid = topmost_parent(table->rel);
	if (is_scan && !plan_scan(query, suspect, table, facts, clauses))
		return false;
	/* the sizes of partitions are known to the planner, but not to us */
	if (!is_scan && table->inherited && table->rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return false;
	if (suspect->kind == TEND_ESTIMATE_GROUPS)
		plan_groups(table, facts);
	else if (!is_scan)
		plan_join(table, facts);
	facts->modified = modified_rows(facts->scanned, table->rel->rd_rel->reltuples,
									facts->table_rows);
	to_parent(facts);
	return true;
}

/*
 * Find out what there is to know about a node; false if that is nothing.
 * "clauses" are those of a scan, with values, NIL for others.
 */
bool
tend_reestimate(const QueryDesc *query, const TendSuspect *suspect,
				TendNodeFacts *facts, List **clauses)
{
	const RangeTblEntry *rte = rt_fetch(suspect->rti, query->plannedstmt->rtable);
	bool		is_scan = suspect->kind == TEND_ESTIMATE_FILTER || suspect->parameterised;
	TendPlannerTable table;
	bool		known;

	memset(facts, 0, sizeof(*facts));
	*clauses = NIL;
	facts->kind = suspect->kind;
	facts->scanned = rte->relid;
	facts->planned = suspect->planned;
	facts->actual = suspect->actual;
	facts->estimated = facts->generic = NAN;
	facts->input_planned = suspect->input_planned;
	facts->input_actual = suspect->input_actual;
	facts->ncolumns = suspect->ncolumns;
	for (int i = 0; i < suspect->ncolumns; i++)
		facts->columns[i] = suspect->columns[i];
	if (!tend_planner_table_open(&table, rte->relid, !is_scan && rte->inh, true))
		return false;
	known = is_eligible(table.rel) && plan_node(query, suspect, &table, facts, clauses);
	tend_planner_table_close(&table);
	return known;
}

/*
 * The rows that the planner expects of clauses joined by AND, with Vars of
 * range table entry 1; NaN if it cannot be asked without waiting.  The caller
 * holds a lock on the table.
 */
double
tend_expected_rows(Oid relid, List *clauses, double *table_rows)
{
	TendPlannerTable table;
	PlannerInfo *root;
	double		rows;

	*table_rows = NAN;
	if (!tend_planner_table_open(&table, relid, false, false))
		return NAN;
	root = tend_planner_root(&table, NULL);
	*table_rows = find_base_rel(root, 1)->tuples;
	rows = expected_rows(root, clauses, true);
	tend_planner_root_done(root);
	tend_planner_table_close(&table);
	return rows;
}

/*
 * The groups that the planner expects so many rows of a table to have; NaN as
 * above.
 */
double
tend_expected_groups(Oid relid, const AttrNumber *columns, int ncolumns, double rows)
{
	TendPlannerTable table;
	PlannerInfo *root;
	List	   *vars = NIL;
	double		groups;

	if (!tend_planner_table_open(&table, relid, false, false))
		return NAN;
	root = tend_planner_root(&table, NULL);
	for (int i = 0; i < ncolumns; i++)
		vars = lappend(vars, column_var(&table, columns[i]));
	find_base_rel(root, 1)->rows = rows;
	groups = estimate_num_groups(root, vars, rows, NULL, NULL);
	tend_planner_root_done(root);
	tend_planner_table_close(&table);
	return groups;
}
