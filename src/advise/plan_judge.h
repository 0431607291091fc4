/*-------------------------------------------------------------------------
 *
 * plan_judge.h
 *	  Which query changed its plan, did it hurt, and is it over?
 *
 * Each visit calls, in this order: tend_plan_watch() for each query with all
 * its plans, tend_plan_climate() once with the plans of all queries, and for
 * each query tend_plan_follow() for the changes that are not over, then
 * tend_plan_change().
 *
 *	plan_sums.c		arithmetic on sums of executions, and what is chance
 *	plan_watch.c	what ran since the last visit, recently, and usually
 *	plan_judge.c	compares two sides: the verdict
 *	plan_change.c	notices changes
 *	plan_follow.c	follows them until they are over
 *	plan_words.c	says it
 *
 * All times of this kind are counted in visits ("intervals"), so that tests
 * can compress them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_JUDGE_H
#define TEND_PLAN_JUDGE_H

#include "plan_facts.h"

/*
 * Sums over executions, whole or fading.  The same units as TendPlanCounters;
 * doubles, since fading makes fractions.
 */
typedef struct TendPlanSums
{
	double		calls;
	double		ms;
	double		m2;				/* sum of squared differences from the mean */
	double		rows;
	double		blks;			/* hit and read */
	double		reads;			/* read only */
	double		temp_blks;
	double		partitions;
	double		read_ms;
	double		cpu_ms;
	double		cpu_wall_ms;
	double		aborted;
	double		aborted_ms;
} TendPlanSums;

/* The number of them, for storing sums as an array */
#define TEND_PLAN_NSUMS	((int) (sizeof(TendPlanSums) / sizeof(double)))

/*
 * What the judge remembers of a plan from visit to visit; kept in shared
 * memory beside the plan's counters, and zero at first.
 */
typedef struct TendPlanMemory
{
	TendPlanSums seen;			/* totals at the last visit */
	TendPlanSums recent;		/* fading, about the last 5 visits */
	TendPlanSums base;			/* fading, about the last day (1440 visits),
								 * what left "recent" */
	double		turns;			/* visits whose executions used it, by their
								 * part in each; fading */
	double		share;			/* of the turns of all the query's plans, 0..1 */
	double		flips;			/* of the query, fading over a day; kept by
								 * the current plan */
	TimestampTz current_since;	/* when it became the query's current plan, 0
								 * if it is not */
	int			slow_visits;	/* in a row, above the baseline's limit */
	int			mixed_visits;	/* in a row that another plan had a large
								 * share, too; below 0: that none had; kept by
								 * the current plan */
} TendPlanMemory;

/* One plan of one query, as the judge sees it */
typedef struct TendPlanCase
{
	uint64		planid;
	uint64		shapeid;
	bool		generic;		/* made without looking at parameters */
	TimestampTz first_seen;
	TimestampTz last_seen;
	TendPlanSums totals;		/* since it was first seen */
	TendPlanMemory memory;		/* in and out */
	TendPlanSums latest;		/* since the last visit; out */
	double		share_before;	/* before the last visit; out */
} TendPlanCase;

typedef enum TendPlanVerdict
{
	TEND_PLAN_UNDECIDED,
	TEND_PLAN_REGRESSED,
	TEND_PLAN_IMPROVED,
	TEND_PLAN_UNCHANGED,
	TEND_PLAN_PARAMETER_SENSITIVE
} TendPlanVerdict;

typedef enum TendPlanState
{
	TEND_PLAN_OPEN,
	TEND_PLAN_CONFIRMED,
	TEND_PLAN_RESOLVED
} TendPlanState;

/* Why a verdict is what it is: becomes words and evidence */
typedef enum TendPlanReason
{
	TEND_PLAN_FEW_CALLS,		/* below the floor of calls on one side */
	TEND_PLAN_NOISE,			/* the difference may be chance */
	TEND_PLAN_CHEAP,			/* the difference costs too little to matter */
	TEND_PLAN_MORE_ROWS,		/* longer because it returns more rows */
	TEND_PLAN_CLIMATE,			/* everything became slower or faster */
	TEND_PLAN_SAME_WORK,		/* longer, for the same blocks and CPU time:
								 * it waited */
	TEND_PLAN_WORSE,
	TEND_PLAN_BETTER,
	TEND_PLAN_ALIKE,
	TEND_PLAN_OSCILLATES,		/* plans come and go with the parameters */
	TEND_PLAN_NEVER_ENDS		/* executions of the new plan are aborted */
} TendPlanReason;

/* A change of plan, or a plan that became slow, from notice to end */
typedef struct TendPlanChange
{
	TimestampTz at;				/* when it began, as far as known */
	uint64		old_planid;
	uint64		new_planid;		/* the same: the plan stayed and became slow */
	TendPlanVerdict verdict;
	TendPlanState state;
	TendPlanReason reason;
	TimestampTz decided_at;		/* 0 while undecided */
	TimestampTz closed_at;		/* 0 until resolved */
	double		old_mean_ms;	/* NaN when unknown, as all below */
	double		new_mean_ms;
	double		ratio;			/* of the means */
	double		row_ratio;		/* of rows per call */
	double		block_ratio;	/* of blocks per call */
	double		cpu_ratio;		/* of CPU time per call */
	double		climate;		/* factor by which other plans became slower */
	double		lost_ms_per_hour;	/* time lost in 60 intervals, at the
									 * recent rate of calls */
	TendPlanSums old;			/* the old plan before the change */
	TendPlanSums start;			/* totals of the new plan at its begin */
	TendPlanSums decided;		/* totals of the new plan at the verdict */
} TendPlanChange;

typedef struct TendPlanPolicy
{
	double		interval;		/* seconds between visits */
	double		slow_ratio;		/* pg_tend.slow_plan_ratio, 3 */
	double		min_lost_ms;	/* pg_tend.min_time_lost: in 60 intervals */
} TendPlanPolicy;

extern TendPlanSums tend_plan_sums(const TendPlanCounters *counters);
extern void tend_plan_watch(TendPlanCase *plans, int nplans, double visits);
extern double tend_plan_climate(const TendPlanCase *plans, int nplans);
extern bool tend_plan_change(TendPlanCase *plans, int nplans,
							 const TendPlanChange *known, int nknown,
							 TimestampTz now, double climate,
							 const TendPlanPolicy *policy, TendPlanChange *change);
extern bool tend_plan_follow(TendPlanChange *change,
							 const TendPlanCase *plans, int nplans,
							 TimestampTz now, double climate,
							 const TendPlanPolicy *policy);
extern const char *tend_plan_verdict_name(TendPlanVerdict verdict);
extern const char *tend_plan_state_name(TendPlanState state);
extern void tend_plan_explain(const TendPlanChange *change, char *buffer, size_t size);

#endif							/* TEND_PLAN_JUDGE_H */
