/*-------------------------------------------------------------------------
 *
 * shared_scans.h
 *	  Sequential scans with conditions, in sampled executions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SHARED_SCANS_H
#define TEND_SHARED_SCANS_H

#include "access/attnum.h"
#include "datatype/timestamp.h"

/* Columns of its conditions that are remembered */
#define TEND_SCAN_COLUMNS	3

typedef struct TendScan
{
	Oid			dboid;			/* InvalidOid: none */
	Oid			relid;
	double		scans;
	double		rows_read;
	double		rows_kept;
	int			ncolumns;		/* of the scan that threw away most */
	AttrNumber	columns[TEND_SCAN_COLUMNS];
	double		worst;			/* rows that it threw away */
	TimestampTz last_seen;
} TendScan;

extern void tend_scans_add(const TendScan *scan, TimestampTz forget_before);
extern TendScan *tend_scans_copy(Oid dboid, int *n);

#endif							/* TEND_SHARED_SCANS_H */
