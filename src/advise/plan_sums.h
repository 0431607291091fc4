/*-------------------------------------------------------------------------
 *
 * plan_sums.h
 *	  Sums over executions, and what follows from them; for the plan_*.c of
 *	  this folder.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_SUMS_H
#define TEND_PLAN_SUMS_H

#include "advise/plan_judge.h"

/* Executions that are enough to speak of a mean, */
#define TEND_PLAN_FLOOR			5
/* and if each takes longer than this */
#define TEND_PLAN_SLOW_FLOOR	2
#define TEND_PLAN_SLOW_MS		1000.0

/* "recent" fades by half in so many visits, "base" in a day */
#define TEND_PLAN_RECENT_VISITS	5.0
#define TEND_PLAN_DAY_VISITS	1440.0

/*
 * Turns fade by half in so many visits that saw enough executions, so that a
 * new plan has 60 % of them after five.  Visits that saw fewer make no more
 * haste than "recent" does: a few executions of another plan may be chance.
 */
#define TEND_PLAN_TURNS_VISITS	3.5

/* How long executions took */
typedef struct TendPlanTime
{
	double		n;
	double		mean;			/* ms; NaN if n is 0 */
	double		m2;
	bool		least;			/* most were aborted: they would have taken
								 * longer */
} TendPlanTime;

extern TendPlanSums tend_sums_scale(const TendPlanSums *s, double factor);
extern TendPlanSums tend_sums_add(const TendPlanSums *a, const TendPlanSums *b);
extern TendPlanSums tend_sums_minus(const TendPlanSums *whole, const TendPlanSums *part);
extern bool tend_sums_reset(const TendPlanSums *now, const TendPlanSums *before);
extern double tend_sums_starts(const TendPlanSums *s);
extern double tend_sums_per_call(const TendPlanSums *s, double sum);
extern double tend_sums_cpu(const TendPlanSums *s);
extern double tend_plan_per_visit(const TendPlanSums *recent);
extern TendPlanTime tend_plan_time(const TendPlanSums *s);
extern bool tend_plan_enough(const TendPlanTime *t);
extern double tend_plan_margin(const TendPlanTime *a, const TendPlanTime *b);
extern bool tend_plan_beyond(const TendPlanTime *fast, const TendPlanTime *slow,
							 double factor);

/* plan_judge.c */
extern void tend_plan_judge(TendPlanChange *change, const TendPlanSums *since,
							double calls_per_hour, const TendPlanPolicy *policy);
extern double tend_plan_rate(const TendPlanCase *plans, int nplans,
							 const TendPlanCase *plan, const TendPlanPolicy *policy);
extern const TendPlanCase *tend_plan_find(const TendPlanCase *plans, int nplans,
										  uint64 planid);
extern TimestampTz tend_plan_visits_after(TimestampTz t, double visits,
										  const TendPlanPolicy *policy);

#endif							/* TEND_PLAN_SUMS_H */
