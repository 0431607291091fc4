/*-------------------------------------------------------------------------
 *
 * plan_counters.h
 *	  Count executions of a plan.
 *
 * The mean of squared differences is kept as "m2", which loses no digits:
 * one value at a time by the method of Welford (Technometrics 4(3), 1962), two
 * groups at a time by that of Chan, Golub and LeVeque (Stanford report
 * STAN-CS-79-773, 1979).
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_COUNTERS_H
#define TEND_PLAN_COUNTERS_H

#include "plan_facts.h"
#include "port/pg_bitutils.h"

/* The bucket of an execution time in microseconds */
static inline int
tend_plan_bucket(uint64 us)
{
	uint64		units = us >> 3;	/* of 8 µs, as TEND_PLAN_FIRST_BUCKET_MS */
	int			bucket = units == 0 ? 0 : pg_leftmost_one_pos64(units) + 1;

	return bucket < TEND_PLAN_BUCKETS ? bucket : TEND_PLAN_BUCKETS - 1;
}

/* Count one execution that took so long. */
static inline void
tend_plan_count_time(TendPlanCounters *counters, double ms)
{
	double		old_mean;

	if (counters->calls == 0)
	{
		counters->calls = 1;
		counters->total_ms = counters->min_ms = counters->max_ms = ms;
	}
	else
	{
		old_mean = counters->total_ms / counters->calls;
		counters->calls++;
		counters->total_ms += ms;
		counters->m2 += (ms - old_mean) * (ms - counters->total_ms / counters->calls);
		if (ms < counters->min_ms)
			counters->min_ms = ms;
		if (ms > counters->max_ms)
			counters->max_ms = ms;
	}
	counters->histogram[tend_plan_bucket((uint64) (ms * 1000))]++;
}

/* Add what other executions of the same plan did. */
static inline void
tend_plan_counters_add(TendPlanCounters *sum, const TendPlanCounters *more)
{
	if (more->calls > 0 && sum->calls > 0)
	{
		double		n1 = (double) sum->calls;
		double		n2 = (double) more->calls;
		double		delta = more->total_ms / n2 - sum->total_ms / n1;

		sum->m2 += more->m2 + delta * delta * n1 * n2 / (n1 + n2);
		sum->min_ms = Min(sum->min_ms, more->min_ms);
		sum->max_ms = Max(sum->max_ms, more->max_ms);
	}
	else if (more->calls > 0)
	{
		sum->m2 = more->m2;
		sum->min_ms = more->min_ms;
		sum->max_ms = more->max_ms;
	}
	sum->calls += more->calls;
	sum->aborted += more->aborted;
	sum->total_ms += more->total_ms;
	sum->aborted_ms += more->aborted_ms;
	sum->rows += more->rows;
	sum->blks_hit += more->blks_hit;
	sum->blks_read += more->blks_read;
	sum->temp_blks += more->temp_blks;
	sum->partitions += more->partitions;
	sum->read_ms += more->read_ms;
	sum->cpu_ms += more->cpu_ms;
	sum->cpu_wall_ms += more->cpu_wall_ms;
	for (int i = 0; i < TEND_PLAN_BUCKETS; i++)
		sum->histogram[i] += more->histogram[i];
}

#endif							/* TEND_PLAN_COUNTERS_H */
