/*-------------------------------------------------------------------------
 *
 * planner_root.h
 *	  Ask the planner about one table, outside of planning.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLANNER_ROOT_H
#define TEND_PLANNER_ROOT_H

#include "nodes/params.h"
#include "nodes/pathnodes.h"
#include "utils/relcache.h"

/* A table and its indexes, with locks on all of them */
typedef struct TendPlannerTable
{
	Relation	rel;
	bool		inherited;		/* with its partitions */
	bool		locked;			/* the table, by us */
	List	   *indexes;		/* that we locked */
} TendPlannerTable;

extern bool tend_planner_table_open(TendPlannerTable *table, Oid relid, bool inherited, bool lock);
extern void tend_planner_table_close(TendPlannerTable *table);

extern PlannerInfo *tend_planner_root(const TendPlannerTable *table, ParamListInfo params);
extern void tend_planner_root_done(PlannerInfo *root);
extern double tend_planner_selectivity(PlannerInfo *root, const List *clauses, bool extended);

#endif							/* TEND_PLANNER_ROOT_H */
