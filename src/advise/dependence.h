/*-------------------------------------------------------------------------
 *
 * dependence.h
 *	  Do columns depend on each other, as a sample of their rows shows?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DEPENDENCE_H
#define TEND_DEPENDENCE_H

#include "estimate_facts.h"

/* More rows of a sample than these are not looked at, and fewer say nothing. */
#define TEND_SAMPLE_ROWS		30000
#define TEND_SAMPLE_MIN_ROWS	300

/* Rows of a table, each value as a hash; it stays the caller's */
typedef struct TendSample
{
	int			nrows;
	int			ncolumns;
	const uint64 *hashes[TEND_ESTIMATE_COLUMNS];
	const bool *nulls[TEND_ESTIMATE_COLUMNS];	/* NULL: there are none */
	double		table_rows;		/* NaN: as many as in the sample */
} TendSample;

/* The same, prepared; about 2.5 MB for 30 000 rows of eight columns */
typedef struct TendCodes TendCodes;

/* What some columns of a sample show together */
typedef struct TendDependence
{
	int			ncolumns;
	int			columns[TEND_ESTIMATE_COLUMNS]; /* their places in the sample,
												 * ascending */
	double		excess;			/* by how many times the product of
								 * frequencies is wrong for a row on average
								 * (geometric mean), beyond chance; 1: not */
	double		reach;			/* ln of that which the most common
								 * combinations account for, of the target */
	double		reach_more;		/* the same with TEND_TARGET_STEP times the
								 * target */
	double		groups;			/* combinations in the table */
	double		groups_expected;	/* of independent columns, as the planner
									 * computes it */
	double		groups_q;		/* how wrong that is */
	bool		near_unique;	/* values of a column hardly repeat */
} TendDependence;

/* What the others determine */
typedef struct TendDegrees
{
	double		degree[TEND_ESTIMATE_COLUMNS];	/* share of the rows whose
												 * other columns have one
												 * value of this one */
	double		chance[TEND_ESTIMATE_COLUMNS];	/* the same when this one is
												 * shuffled */
} TendDegrees;

#define TEND_TARGET_STEP	10

extern TendCodes * tend_codes_make(const TendSample *sample);
extern void tend_codes_free(TendCodes * codes);
extern int	tend_codes_rows(const TendCodes * codes);
extern int	tend_codes_columns(const TendCodes * codes);

extern void tend_dependence_measure(TendCodes * codes, const int *columns, int ncolumns,
									int target, TendDependence *d);
extern void tend_dependence_degrees(TendCodes * codes, const int *columns, int ncolumns,
									TendDegrees *degrees);

#endif							/* TEND_DEPENDENCE_H */
