/*-------------------------------------------------------------------------
 *
 * estimates.h
 *	  Compare the planner's estimates with what came, in some executions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATES_H
#define TEND_ESTIMATES_H

#include "executor/execdesc.h"
#include "settings.h"

/* private to the function below */
extern int64 tend_estimates_countdown;
extern double tend_estimates_rate;
extern bool tend_estimates_draw(const QueryDesc *query);

/* Time that executions took, in ms, of which sampling may take its share */
extern double tend_estimates_executed_ms;

/* Is this execution, which is about to begin, to be sampled? */
static inline bool
tend_estimates_due(const QueryDesc *query)
{
	if (tend_estimate_sample_rate == tend_estimates_rate && --tend_estimates_countdown >= 0)
		return false;
	return tend_estimates_draw(query);
}

extern void tend_estimates_look(QueryDesc *query, bool ended, uint64 queryid, double ms);

#endif							/* TEND_ESTIMATES_H */
