/*-------------------------------------------------------------------------
 *
 * reestimate.h
 *	  Plan one node anew, with the statistics of now.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_REESTIMATE_H
#define TEND_REESTIMATE_H

#include "collect/estimate_walk.h"

extern bool tend_reestimate(const QueryDesc *query, const TendSuspect *suspect,
							TendNodeFacts *facts, List **clauses);
extern double tend_expected_rows(Oid relid, List *clauses, double *table_rows);
extern double tend_expected_groups(Oid relid, const AttrNumber *columns, int ncolumns, double rows);

#endif							/* TEND_REESTIMATE_H */
