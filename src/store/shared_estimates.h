/*-------------------------------------------------------------------------
 *
 * shared_estimates.h
 *	  Evidence of misestimates, in shared memory.
 *
 * Callers get copies; no pointer into shared memory leaves this module.
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
	double		actual;			/* rows, or groups */
	double		table_rows;		/* of the table; of groups, those that were
								 * grouped */
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

/* A copy of an entry, without its examples */
typedef struct TendEstimateEntry
{
	TendEstimateKey key;
	TimestampTz first_seen;
	TimestampTz last_seen;
	TendEstimateSums sums;
	double		ms;				/* that all its sampled executions took */
	TendEstimateQuery queries[TEND_ESTIMATE_QUERIES];	/* worst first */
} TendEstimateEntry;

/* Of the store as a whole, since server start */
typedef struct TendEstimateStoreInfo
{
	int			slots;
	int			used;
	int64		evicted;		/* entries that had to make room */
	int64		folded;			/* misestimated nodes that came in */
	int64		dropped;		/* those that did not: the store was in use */
	int64		executions;		/* that were sampled */
	int64		failures;		/* errors while looking at one */
	double		ms;				/* that looking took */
	Size		memory_bytes;
} TendEstimateStoreInfo;

struct LWLock;
extern Size tend_estimates_size(void);
extern void tend_estimates_init(void *place, struct LWLock *lock);
extern void tend_estimates_attach(void *place);

/* for who samples; false: dropped, and counted as such */
extern bool tend_estimates_fold(const TendEstimateDelta *delta);
extern void tend_estimates_count_execution(double us);
extern void tend_estimates_count_failure(void);

extern void tend_estimates_info(TendEstimateStoreInfo *info);
extern TendEstimateEntry *tend_estimates_list(Oid dboid, int *n);
extern int	tend_estimates_examples(const TendEstimateKey *key, TendEstimateExample *examples);
extern Oid *tend_estimates_databases(int *n);

/* these return the number of entries that they removed */
extern int64 tend_estimates_reset(Oid dboid, Oid relid);
extern int64 tend_estimates_forget(const TendEstimateKey *key);
extern int64 tend_estimates_expire(TimestampTz before);

#endif							/* TEND_SHARED_ESTIMATES_H */
