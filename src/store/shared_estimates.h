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

/* Keys that there is room for */
#define TEND_ESTIMATE_ENTRIES	512

/*
 * Examples of each: the worst and the latest; and drawn by lot, so that they
 * stand for all, of those that were wrong and of those that were right
 */
#define TEND_EXAMPLES_WORST		4
#define TEND_EXAMPLES_DRAWN		8
#define TEND_ESTIMATE_EXAMPLES	(TEND_EXAMPLES_WORST + 2 * TEND_EXAMPLES_DRAWN)
#define TEND_EXAMPLE_BYTES		640

typedef enum TendExampleRole
{
	TEND_EXAMPLE_WORST,
	TEND_EXAMPLE_WRONG,			/* drawn */
	TEND_EXAMPLE_RIGHT			/* drawn */
} TendExampleRole;

/*
 * The clauses of one sampled scan, with the values of parameters, and the Vars
 * of range table entry 1; see collect/scan_clauses.c.  It holds data: no view,
 * event, log line or error may show it, and it is not saved.
 */
typedef struct TendEstimateExample
{
	double		actual;			/* rows, or groups */
	double		table_rows;		/* of the table; of groups, those that were
								 * grouped */
	Oid			scanned;
	TendExampleRole role;
	int			nbytes;			/* 0: groups have none */
	char		clauses[TEND_EXAMPLE_BYTES];
} TendEstimateExample;

/* What one sampled node brings in; it may be one that was right */
typedef struct TendEstimateDelta
{
	TendEstimateKey key;
	TendEstimateSums sums;
	TendStaleNews stale;
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
	TendStaleNews stale;		/* for the history of the table */
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

/* for who samples: is there anything of this table? */
extern bool tend_estimates_watched(Oid relid);

/* false: dropped, and counted as such */
extern bool tend_estimates_fold(const TendEstimateDelta *delta);
extern void tend_estimates_count_execution(double us);
extern void tend_estimates_count_failure(void);

extern void tend_estimates_info(TendEstimateStoreInfo *info);
extern TendEstimateEntry *tend_estimates_list(Oid dboid, int *n);
extern int	tend_estimates_examples(const TendEstimateKey *key, TendEstimateExample *examples);
extern int	tend_estimates_scanned(const TendEstimateKey *key, Oid *relids);
extern Oid *tend_estimates_databases(int *n);
extern void tend_estimates_told(const TendEstimateKey *key, const TendStaleNews *told);

/* these return the number of entries that they removed */
extern int64 tend_estimates_reset(Oid dboid, Oid relid);
extern int64 tend_estimates_forget(const TendEstimateKey *key);
extern void tend_estimates_restart(const TendEstimateKey *key);
extern int64 tend_estimates_expire(TimestampTz before);

#endif							/* TEND_SHARED_ESTIMATES_H */
