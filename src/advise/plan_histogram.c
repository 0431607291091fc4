/*-------------------------------------------------------------------------
 *
 * plan_histogram.c
 *	  What can be read from the histogram of a plan.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_histogram.h"

/* Upper end of a bucket; the last one has none. */
double
tend_plan_bucket_end_ms(int bucket)
{
	return bucket < TEND_PLAN_BUCKETS - 1 ? ldexp(TEND_PLAN_FIRST_BUCKET_MS, bucket) : INFINITY;
}

/*
 * The time that this share of the executions did not exceed, 0..1; NaN if
 * there were none.  Within a bucket times are taken as evenly spread, and
 * they lie between the shortest and the longest seen; so the error is less
 * than the width of the bucket: a factor of two.
 */
double
tend_plan_quantile_ms(const TendPlanCounters *counters, double quantile)
{
	double		wanted = quantile * counters->calls;
	double		below = 0;

	if (counters->calls <= 0)
		return NAN;
	for (int i = 0; i < TEND_PLAN_BUCKETS; i++)
	{
		double		n = counters->histogram[i];
		double		low = i == 0 ? 0 : tend_plan_bucket_end_ms(i - 1);
		double		high = Min(tend_plan_bucket_end_ms(i), counters->max_ms);

		if (n > 0 && below + n >= wanted)
		{
			low = Max(low, counters->min_ms);
			return Max(low, low + (high - low) * (wanted - below) / n);
		}
		below += n;
	}
	return counters->max_ms;
}
