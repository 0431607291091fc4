/*-------------------------------------------------------------------------
 *
 * shared_estimates.h
 *	  Evidence of misestimates, in shared memory.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SHARED_ESTIMATES_H
#define TEND_SHARED_ESTIMATES_H

#include "estimate_facts.h"

/* Keys that there is room for, and examples of each */
#define TEND_ESTIMATE_ENTRIES	512
#define TEND_ESTIMATE_EXAMPLES	4
#define TEND_EXAMPLE_BYTES		1500

/*
 * The clauses of one sampled scan, as nodeToString() writes their list, with
 * the values of parameters, and the Vars of range table entry 1.  It holds
 * data: no view, event, log line or error may show it, and it is not saved.
 */
typedef struct TendEstimateExample
{
	double		actual;			/* rows */
	double		table_rows;		/* of which so many */
	Oid			scanned;
	char		clauses[TEND_EXAMPLE_BYTES];	/* empty: they do not fit */
} TendEstimateExample;

/* What one sampled node brings in */
typedef struct TendEstimateDelta
{
	TendEstimateKey key;
	TendEstimateSums sums;
	TendEstimateQuery query;
	TendEstimateExample example;
} TendEstimateDelta;

/* A copy of an entry */
typedef struct TendEstimateEntry
{
	TendEstimateKey key;
	TimestampTz first_seen;
	TimestampTz last_seen;
	TendEstimateSums sums;
	TendEstimateQuery queries[TEND_ESTIMATE_QUERIES];	/* worst first */
} TendEstimateEntry;

extern Size tend_estimates_size(void);
extern void tend_estimates_init(bool found);	/* at server start, locks held */

extern bool tend_estimates_fold(const TendEstimateDelta *delta);	/* false: dropped */
extern TendEstimateEntry *tend_estimates_list(Oid dboid, int *n);
extern int	tend_estimates_examples(const TendEstimateKey *key, TendEstimateExample *examples);
extern int64 tend_estimates_reset(Oid dboid, Oid relid);
extern void tend_estimates_forget(const TendEstimateKey *key);

#endif							/* TEND_SHARED_ESTIMATES_H */
