/*-------------------------------------------------------------------------
 *
 * column_sample.h
 *	  A sample of some columns of one table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_COLUMN_SAMPLE_H
#define TEND_COLUMN_SAMPLE_H

#include "access/attnum.h"
#include "access/htup.h"
#include "access/tupdesc.h"
#include "advise/dependence.h"

typedef enum TendSampleResult
{
	TEND_SAMPLE_DONE,
	TEND_SAMPLE_GONE,			/* no such table, or a column is gone */
	TEND_SAMPLE_LOCKED,			/* somebody has a lock that conflicts */
	TEND_SAMPLE_PROTECTED,		/* row security */
	TEND_SAMPLE_UNSUITABLE,		/* no table, or a temporary or system one */
	TEND_SAMPLE_SMALL,			/* too few rows to tell anything */
	TEND_SAMPLE_WIDE,			/* most values are too wide for statistics */
	TEND_SAMPLE_SLOW			/* the time was over before there were enough */
} TendSampleResult;

typedef struct TendColumnSample
{
	Oid			relid;
	int			ncolumns;
	AttrNumber	columns[TEND_ESTIMATE_COLUMNS]; /* in the table */
	double		table_rows;		/* as the planner takes it */
	int			nrows;
	int			left_out;		/* with values that are too wide */
	HeapTuple  *rows;			/* of "desc"; values are neither compressed
								 * nor stored elsewhere */
	TupleDesc	desc;			/* the columns in this order, from 1 */

	/* for each column, once hashed */
	uint64	   *hashes[TEND_ESTIMATE_COLUMNS];
	bool	   *nulls[TEND_ESTIMATE_COLUMNS];
} TendColumnSample;

extern TendSampleResult tend_column_sample(Oid relid, const AttrNumber *columns, int ncolumns,
										   TendColumnSample *sample);
extern void tend_column_sample_hash(TendColumnSample *sample);
extern const char *tend_sample_problem(TendSampleResult result);

#endif							/* TEND_COLUMN_SAMPLE_H */
