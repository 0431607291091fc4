/*-------------------------------------------------------------------------
 *
 * plan_columns.h
 *	  Which column of which table a column of a plan is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_COLUMNS_H
#define TEND_PLAN_COLUMNS_H

#include "access/attnum.h"
#include "nodes/plannodes.h"

typedef struct TendPlanColumn
{
	Index		rti;			/* of the range table */
	AttrNumber	attno;
} TendPlanColumn;

extern bool tend_plan_column(const PlannedStmt *stmt, Plan *plan, Node *expr,
							 TendPlanColumn *column);
extern bool tend_plan_output(const PlannedStmt *stmt, Plan *plan, AttrNumber resno,
							 TendPlanColumn *column);

#endif							/* TEND_PLAN_COLUMNS_H */
