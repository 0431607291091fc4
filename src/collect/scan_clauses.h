/*-------------------------------------------------------------------------
 *
 * scan_clauses.h
 *	  The clauses of a scan, as the planner had them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SCAN_CLAUSES_H
#define TEND_SCAN_CLAUSES_H

#include "nodes/execnodes.h"

extern List *tend_scan_clauses(PlanState *state);
extern bool tend_clauses_write(List *clauses, char *text, size_t size);

#endif							/* TEND_SCAN_CLAUSES_H */
