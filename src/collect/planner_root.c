/*-------------------------------------------------------------------------
 *
 * planner_root.c
 *	  Ask the planner about one table, outside of planning.
 *
 * The planner's functions for selectivity want to see a query that is being
 * planned.  We give them the least of one: its only table is range table entry
 * 1.  Opening a table and its indexes waits for nobody.
 *
 * The rights are the owner's: it is the caller's part to see to it that what
 * functions of users learn from statistics, they may know.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "collect/planner_root.h"
#include "compat.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"
#include "partitioning/partdesc.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Lock the indexes, which the planner opens; false if somebody keeps us out. */
static bool
lock_indexes(TendPlannerTable *table)
{
	ListCell   *lc;

	foreach(lc, RelationGetIndexList(table->rel))
	{
		if (!ConditionalLockRelationOid(lfirst_oid(lc), AccessShareLock))
			return false;
		table->indexes = lappend_oid(table->indexes, lfirst_oid(lc));
	}
	return true;
}

/* Without "lock" the caller has one on the table. */
bool
tend_planner_table_open(TendPlannerTable *table, Oid relid, bool inherited, bool lock)
{
	memset(table, 0, sizeof(*table));
	table->inherited = inherited;
	if (lock && !ConditionalLockRelationOid(relid, AccessShareLock))
		return false;
	table->locked = lock;
	table->rel = try_relation_open(relid, NoLock);
	if (table->rel != NULL && lock_indexes(table))
		return true;
	tend_planner_table_close(table);
	return false;
}

void
tend_planner_table_close(TendPlannerTable *table)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
		UnlockRelationOid(lfirst_oid(lc), AccessShareLock);
	if (table->rel == NULL)
		return;
	relation_close(table->rel, table->locked ? AccessShareLock : NoLock);
	table->rel = NULL;
}

static RangeTblEntry *
make_entry(const TendPlannerTable *table)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(table->rel);
	rte->relkind = table->rel->rd_rel->relkind;
	rte->rellockmode = NoLock;	/* of its indexes, too */
	rte->inh = table->inherited;
	rte->inFromCl = true;
	rte->eref = makeAlias("table", NIL);
	return rte;
}

PlannerInfo *
tend_planner_root(const TendPlannerTable *table, ParamListInfo params)
{
	PlannerInfo *root = makeNode(PlannerInfo);
	RangeTblEntry *rte = make_entry(table);
	RelOptInfo *rel;

	root->glob = makeNode(PlannerGlobal);
	root->glob->boundParams = params;
	root->parse = makeNode(Query);
	root->parse->commandType = CMD_SELECT;
	root->parse->rtable = list_make1(rte);
	tend_check_as_user(root->parse, rte, table->rel->rd_rel->relowner);
	root->query_level = 1;
	root->planner_cxt = CurrentMemoryContext;
	root->wt_param_id = -1;
	setup_simple_rel_arrays(root);
	rel = build_simple_rel(root, 1, NULL);

	/* the planner would add up its partitions */
	if (table->inherited)
		rel->tuples = Max(table->rel->rd_rel->reltuples, 0);
	rel->rows = rel->tuples;
	return root;
}

void
tend_planner_root_done(PlannerInfo *root)
{
	if (root->glob->partition_directory != NULL)
		DestroyPartitionDirectory(root->glob->partition_directory);
	root->glob->partition_directory = NULL;
}

/*
 * The share of rows that AND clauses let through, with or without statistics
 * on several columns.  Those are for clauses in RestrictInfos only, in which
 * selectivities are remembered: so we make new ones each time.
 */
double
tend_planner_selectivity(PlannerInfo *root, const List *clauses, bool extended)
{
	List	   *infos = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
		infos = lappend(infos, make_simple_restrictinfo(root, (Expr *) lfirst(lc)));
	return clauselist_selectivity_ext(root, infos, 0, JOIN_INNER, NULL, extended);
}
