/*-------------------------------------------------------------------------
 *
 * stand_in.h
 *	  A temporary table that the planner takes for the user's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STAND_IN_H
#define TEND_STAND_IN_H

#include "collect/column_sample.h"

/* Kinds of statistics on several columns, as bits */
#define TEND_KIND_NDISTINCT		(1 << 0)
#define TEND_KIND_DEPENDENCIES	(1 << 1)
#define TEND_KIND_MCV			(1 << 2)

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
extern bool tend_stand_in_add(TendStandIn *stand_in, int kinds, const AttrNumber *columns,
							  int ncolumns, int target);
extern void tend_stand_in_remove(TendStandIn *stand_in);

#endif							/* TEND_STAND_IN_H */
