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
extern int	tend_clauses_write(List *clauses, char *bytes, int size);
extern List *tend_clauses_read(const char *bytes, int nbytes);

#endif							/* TEND_SCAN_CLAUSES_H */
