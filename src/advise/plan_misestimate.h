/*-------------------------------------------------------------------------
 *
 * plan_misestimate.h
 *	  The misestimate that goes with a change of plan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_MISESTIMATE_H
#define TEND_PLAN_MISESTIMATE_H

#include "advise/estimate_words.h"

/* Evidence has to come from so many intervals around a change. */
#define TEND_SUSPECT_INTERVALS	60

/* Evidence about a query whose plan changed */
typedef struct TendPlanSuspect
{
	const TendEstimateSums *sums;
	TimestampTz first_seen;
	TimestampTz last_seen;
} TendPlanSuspect;

extern double tend_plan_suspicion(const TendPlanSuspect *suspect, TimestampTz change,
								  double interval_seconds);
extern void tend_plan_misestimate_words(StringInfo out, const TendMisestimate *m);
extern void tend_plan_misestimate_json(StringInfo out, const TendMisestimate *m);

#endif							/* TEND_PLAN_MISESTIMATE_H */
