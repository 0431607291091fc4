/*-------------------------------------------------------------------------
 *
 * existing_statistics.h
 *	  The statistics on several columns that a table has already.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_EXISTING_STATISTICS_H
#define TEND_EXISTING_STATISTICS_H

#include "access/attnum.h"
#include "advise/candidates.h"
#include "nodes/bitmapset.h"

#define TEND_MAX_EXISTING	16

typedef struct TendExistingStatistics
{
	int			n;
	Oid			objects[TEND_MAX_EXISTING];
	TendCandidate like[TEND_MAX_EXISTING];	/* columns are places in the list
											 * that was asked about */
} TendExistingStatistics;

extern void tend_existing_statistics(Oid relid, const AttrNumber *columns, int ncolumns,
									 TendExistingStatistics *existing);
extern Bitmapset *tend_statistics_columns(Oid relid);

#endif							/* TEND_EXISTING_STATISTICS_H */
