/*-------------------------------------------------------------------------
 *
 * plan_facts.h
 *	  The nouns of plan tracking, which all layers share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_FACTS_H
#define TEND_PLAN_FACTS_H

#include "datatype/timestamp.h"

/*
 * Whose plan of which query.  Hashed and compared as bytes: the padding must
 * be zero.
 */
typedef struct TendPlanKey
{
	Oid			dboid;
	Oid			userid;
	uint64		queryid;
	uint64		planid;
	uint64		toplevel;		/* 1, or 0 when run by a function */
} TendPlanKey;

/*
 * Buckets of the histogram of execution times.  Bucket 0 is below 8 µs, each
 * next one ends at twice the time, and the last one has no end (from 9 min).
 */
#define TEND_PLAN_BUCKETS		28
#define TEND_PLAN_FIRST_BUCKET_MS	0.008

/* What executions of a plan did.  Times in ms, blocks of 8 kB. */
typedef struct TendPlanCounters
{
	int64		calls;			/* executions that ended */
	int64		aborted;		/* executions that never ended: error, cancel,
								 * timeout */
	double		total_ms;
	double		m2;				/* sum of squared differences from the mean */
	double		min_ms;
	double		max_ms;
	double		aborted_ms;		/* how long the aborted ones had run */
	int64		rows;
	int64		blks_hit;
	int64		blks_read;
	int64		temp_blks;		/* written to temporary files */
	int64		partitions;		/* partitions in the plan, over all calls */
	double		read_ms;		/* waiting for blocks; 0 unless
								 * track_io_timing is on */
	double		cpu_ms;			/* CPU time of the executions whose CPU time
								 * was taken (the long ones, and samples) */
	double		cpu_wall_ms;	/* elapsed time of the same executions */
	uint64		histogram[TEND_PLAN_BUCKETS];
} TendPlanCounters;

/* Tables of a plan that are looked at for causes */
#define TEND_PLAN_RELATIONS		8

#endif							/* TEND_PLAN_FACTS_H */
