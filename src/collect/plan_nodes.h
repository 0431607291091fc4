/*-------------------------------------------------------------------------
 *
 * plan_nodes.h
 *	  What the kinds of plan nodes have in common, in one table.
 *
 * Private to the files that print plans.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_NODES_H
#define TEND_PLAN_NODES_H

#include "nodes/plannodes.h"

/* Of the children of an Append and its like, only the first are printed */
#define TEND_PLAN_CHILDREN	20

#define TEND_PLAN_SHOWN		3
#define TEND_PLAN_HIDDEN	7

/*
 * Where the fields of a plan node are that lie beyond those of struct Plan.
 * Offsets; 0: none.
 */
typedef struct TendPlanNode
{
	NodeTag		tag;
	size_t		size;
	const char *name;			/* as EXPLAIN begins the node's line */

	uint16		child;			/* a Plan */
	uint16		children;		/* a List of Plans */

	/* expressions that are printed, or that printed ones may refer to */
	uint16		shown[TEND_PLAN_SHOWN + 1];

	/* other expressions; the server finds subplans in them, too */
	uint16		hidden[TEND_PLAN_HIDDEN + 1];
} TendPlanNode;

#define TEND_PLAN_FIELD(plan, offset) (*(void **) ((char *) (plan) + (offset)))

extern const TendPlanNode *tend_plan_node(const Plan *plan);

#endif							/* TEND_PLAN_NODES_H */
