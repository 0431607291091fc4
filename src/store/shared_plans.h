/*-------------------------------------------------------------------------
 *
 * shared_plans.h
 *	  The plans of all databases, in shared memory.
 *
 * Callers get copies; no pointer into shared memory leaves this module.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SHARED_PLANS_H
#define TEND_SHARED_PLANS_H

#include "advise/plan_judge.h"

/*
 * What executions did in one interval of the history: TEND_PLAN_INTERVAL
 * visits.  Intervals are numbered from the epoch.
 */
#define TEND_PLAN_INTERVAL		30

typedef struct TendPlanWindow
{
	int64		number;			/* of the interval; 0: none */
	TendPlanCounters counters;
} TendPlanWindow;

/* Known of a plan when it is first seen */
typedef struct TendPlanOrigin
{
	uint64		shapeid;
	bool		generic;
	int			nrelids;
	Oid			relids[TEND_PLAN_RELATIONS];
} TendPlanOrigin;

/* A copy of one plan's entry, without its texts */
typedef struct TendPlanEntry
{
	TendPlanKey key;
	TendPlanOrigin origin;
	TimestampTz first_seen;
	TimestampTz last_seen;		/* when its counters last came in */
	bool		has_texts;
	TendPlanCounters total;
	TendPlanWindow current;		/* the last interval with executions */
	TendPlanWindow previous;	/* the one before that */
	int64		written;		/* the last interval that is in history */
	TendPlanMemory memory;
} TendPlanEntry;

typedef struct TendPlanTexts
{
	char	   *query;			/* palloc'd, as all of them; NULL if none */
	char	   *plan;
	char	   *settings;		/* see tend_planner_settings() */
} TendPlanTexts;

/* Of the store as a whole, since server start */
typedef struct TendPlanStoreInfo
{
	int			slots;
	int			used;
	int64		evicted;		/* plans that had to make room */
	int64		evicted_calls;	/* calls of these */
	int64		filtered_calls; /* of statements seen once while room was
								 * short, which got no entry */
	double		filtered_ms;
	int64		dropped_calls;	/* counted nowhere else: no lock, no room */
	int64		text_blocks;	/* reserved for texts */
	int64		text_blocks_used;
	int64		texts_dropped;	/* for lack of room */
	int64		failures;		/* errors while describing a plan */
	Size		memory_bytes;
} TendPlanStoreInfo;

struct LWLock;
extern Size tend_plans_size(void);
extern void tend_plans_init(void *place, struct LWLock *lock);
extern void tend_plans_attach(void *place);

extern void tend_plans_info(TendPlanStoreInfo *info);
extern TendPlanEntry *tend_plans_list(Oid dboid, int *n);
extern bool tend_plans_texts(const TendPlanKey *key, TendPlanTexts *texts);
extern void tend_plans_set_memory(const TendPlanKey *key, const TendPlanMemory *memory);
extern void tend_plans_set_written(const TendPlanKey *key, int64 number);
extern int64 tend_plans_current_interval(void);
extern int64 tend_plans_reset(Oid dboid);

#endif							/* TEND_SHARED_PLANS_H */
