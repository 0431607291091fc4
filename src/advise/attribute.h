/*-------------------------------------------------------------------------
 *
 * attribute.h
 *	  Why the planner was wrong about one node of a plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ATTRIBUTE_H
#define TEND_ATTRIBUTE_H

#include "estimate_facts.h"

/* What one node showed */
typedef struct TendFinding
{
	TendEstimateKey key;		/* "dboid" is left to the caller */
	double		expected;		/* rows or groups by the statistics of now, or
								 * by the plan if the plan is to blame */
	double		actual;
	double		q_error;
	bool		parameter;		/* a clause of the key compares with one */
	bool		right;			/* no error: see tend_attribute_right() */
	double		modified;		/* rows modified since the last analyze, NaN */
} TendFinding;

extern double tend_q_error(double a, double b);
extern bool tend_worth_a_look(double planned, double actual, double table_rows);
extern bool tend_attribute(const TendNodeFacts *node, TendFinding *finding);
extern bool tend_attribute_right(const TendNodeFacts *node, TendFinding *finding);

extern void tend_estimate_count(TendEstimateSums *sums, const TendFinding *finding);
extern void tend_estimate_sums_add(TendEstimateSums *sums, const TendEstimateSums *more);
extern double tend_estimate_median(const TendEstimateSums *sums);
extern void tend_estimate_queries_add(TendEstimateQuery *queries, const TendEstimateQuery *more);

extern void tend_stale_count(TendStaleNews *news, const TendFinding *finding, double ms);
extern void tend_stale_add(TendStaleNews *news, const TendStaleNews *more);
extern void tend_stale_subtract(TendStaleNews *news, const TendStaleNews *told);

#endif							/* TEND_ATTRIBUTE_H */
