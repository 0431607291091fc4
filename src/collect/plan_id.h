/*-------------------------------------------------------------------------
 *
 * plan_id.h
 *	  How a plan keeps its fingerprint.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_ID_H
#define TEND_PLAN_ID_H

#include "nodes/plannodes.h"

extern void tend_plan_id_set(PlannedStmt *stmt);
extern uint64 tend_plan_id_get(PlannedStmt *stmt);

#endif							/* TEND_PLAN_ID_H */
