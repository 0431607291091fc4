/*-------------------------------------------------------------------------
 *
 * plan_mask.h
 *	  A plan without its constants, for printing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_MASK_H
#define TEND_PLAN_MASK_H

#include "nodes/plannodes.h"

extern PlannedStmt *tend_plan_mask(PlannedStmt *stmt);
extern void *tend_plan_mask_expression(void *expr);

#endif							/* TEND_PLAN_MASK_H */
