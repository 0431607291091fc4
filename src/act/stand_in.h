/*-------------------------------------------------------------------------
 *
 * stand_in.h
 *	  A temporary table that the planner takes for the user's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STAND_IN_H
#define TEND_STAND_IN_H

#include "advise/candidates.h"
#include "collect/column_sample.h"

struct VacAttrStats;

typedef struct TendStandIn
{
	Oid			relid;
	const TendColumnSample *sample;
	int			nstats;
	struct VacAttrStats *stats[TEND_ESTIMATE_COLUMNS];	/* of columns that have
														 * any */
} TendStandIn;

extern void tend_stand_in_create(TendStandIn *stand_in, const TendColumnSample *sample);
extern Oid	tend_stand_in_add(TendStandIn *stand_in, const TendCandidate *candidate);
extern void tend_stand_in_remove(TendStandIn *stand_in, Oid object);

#endif							/* TEND_STAND_IN_H */
