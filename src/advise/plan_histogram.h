/*-------------------------------------------------------------------------
 *
 * plan_histogram.h
 *	  What can be read from the histogram of a plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_HISTOGRAM_H
#define TEND_PLAN_HISTOGRAM_H

#include "plan_facts.h"

extern double tend_plan_bucket_end_ms(int bucket);
extern double tend_plan_quantile_ms(const TendPlanCounters *counters, double quantile);

#endif							/* TEND_PLAN_HISTOGRAM_H */
