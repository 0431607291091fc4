/*-------------------------------------------------------------------------
 *
 * local_plans.c
 *	  The plans that this backend has executed lately.
 *
 * Executions are counted here, in private memory.  Now and then all that has
 * come together is brought into shared memory, under one lock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/local_plans.h"
#include "collect/plan_hash.h"
#include "portability/instr_time.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

/* Plans that are remembered: beyond, those that are not in use are forgotten */
#define MANY_PLANS		256

/* Never more than that: a function with more statements under way is mad */
#define MAX_PLANS		2048

/* Plans with something to bring in: at most */
#define MAX_DIRTY		64

/* A cache in front of the hash table; a power of two */
#define FRONT			16

static HTAB *plans = NULL;
static TendLocalPlan *front[FRONT];
static TendLocalPlan *dirty[MAX_DIRTY];
static int	ndirty = 0;
static int	pending = 0;		/* executions not brought in */

static bool
same_key(const TendPlanKey *a, const TendPlanKey *b)
{
	return a->planid == b->planid && a->queryid == b->queryid &&
		a->userid == b->userid && a->toplevel == b->toplevel && a->dboid == b->dboid;
}

static void
make_table(void)
{
	HASHCTL		ctl = {
		.keysize = sizeof(TendPlanKey),
		.entrysize = sizeof(TendLocalPlan),
		.hcxt = TopMemoryContext
	};

	plans = hash_create("pg_tend plans", 16, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* What is to be known of a plan while it can be looked at */
static void
begin_plan(TendLocalPlan *plan, const TendPlanKey *key, PlannedStmt *stmt)
{
	memset(plan, 0, sizeof(*plan));
	plan->delta.key = *key;
	plan->delta.origin.shapeid = tend_plan_shape(stmt) & PG_INT64_MAX;
	plan->delta.origin.generic = tend_plan_is_generic(stmt);
	plan->delta.origin.nrelids =
		tend_plan_relations(stmt, plan->delta.origin.relids, TEND_PLAN_RELATIONS);
	/* executed before, by another backend: then it is worth describing */
	if (tend_plans_lookup(key, &plan->delta.wants_texts))
	{
		plan->executions = plan->delta.wants_texts ? 1 : 0;
		plan->described = !plan->delta.wants_texts;
	}
}

/*
 * A new entry.  Without memory for it the plan is not counted; the statement
 * goes on.
 */
static TendLocalPlan *
add_plan(const TendPlanKey *key, PlannedStmt *stmt)
{
	MemoryContext cxt = CurrentMemoryContext;
	uint32		holdoff = InterruptHoldoffCount;
	TendLocalPlan *volatile plan = NULL;

	PG_TRY();
	{
		TendLocalPlan new_plan;

		begin_plan(&new_plan, key, stmt);
		if (plans == NULL)
			make_table();
		plan = hash_search(plans, key, HASH_ENTER, NULL);
		*plan = new_plan;
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_OUT_OF_MEMORY)
			PG_RE_THROW();
		InterruptHoldoffCount = holdoff;
		MemoryContextSwitchTo(cxt);
		FlushErrorState();
		tend_plans_count_failure();
	}
	PG_END_TRY();
	return plan;
}

/* The entry of a plan; NULL if there are too many. */
TendLocalPlan *
tend_local_plan(const TendPlanKey *key, PlannedStmt *stmt)
{
	TendLocalPlan **place = &front[key->planid % FRONT];
	TendLocalPlan *plan = *place;

	if (plan != NULL && same_key(&plan->delta.key, key))
		return plan;
	plan = plans != NULL ? hash_search(plans, key, HASH_FIND, NULL) : NULL;
	if (plan == NULL && (plans == NULL || hash_get_num_entries(plans) < MAX_PLANS))
		plan = add_plan(key, stmt);
	if (plan != NULL)
		*place = plan;
	return plan;
}

/* It has been executed, or was about to be. */
void
tend_local_plan_touch(TendLocalPlan *plan)
{
	pending++;
	if (plan->dirty)
		return;
	if (ndirty == MAX_DIRTY)
		tend_local_plans_fold(false);
	if (ndirty == MAX_DIRTY)
	{
		/* nobody lets us in: forget the executions of one plan */
		tend_plans_count_dropped(dirty[0]->delta.counters.calls + dirty[0]->delta.counters.aborted);
		dirty[0]->dirty = false;
		memset(&dirty[0]->delta.counters, 0, sizeof(TendPlanCounters));
		dirty[0] = dirty[--ndirty];
	}
	plan->dirty = true;
	dirty[ndirty++] = plan;
}

int
tend_local_plans_pending(void)
{
	return pending;
}

static void
brought_in(TendLocalPlan *plan)
{
	TendPlanCounters *counters = &plan->delta.counters;

	if (counters->calls > 0)
		plan->mean_ms = counters->total_ms / counters->calls;
	memset(counters, 0, sizeof(*counters));
	plan->delta.folded = false;
	/* an entry may have lost its texts, with another in its place */
	plan->described = plan->cannot_describe || !plan->delta.wants_texts;
	plan->dirty = false;
}

/*
 * Bring in what has come together.  What cannot be brought in now, because
 * somebody else is at it, stays for the next time.
 */
void
tend_local_plans_fold(bool wait)
{
	TendPlanDelta *deltas[MAX_DIRTY];
	instr_time	now;
	int			kept = 0;

	pending = 0;
	if (ndirty == 0)
	{
		tend_plans_set_waiting_texts(wait);
		return;
	}
	INSTR_TIME_SET_CURRENT(now);
	for (int i = 0; i < ndirty; i++)
	{
		deltas[i] = &dirty[i]->delta;
		deltas[i]->age_us = dirty[i]->ended == 0 ? 0 :
			Max((int64) INSTR_TIME_GET_MICROSEC(now) - dirty[i]->ended, 0);
		deltas[i]->folded = false;
	}
	if (tend_plans_fold(deltas, ndirty, wait))
		tend_plans_set_waiting_texts(wait);
	for (int i = 0; i < ndirty; i++)
	{
		if (dirty[i]->delta.folded)
			brought_in(dirty[i]);
		else
			dirty[kept++] = dirty[i];
	}
	ndirty = kept;
}

/* Forget plans that are not in use, when there are many. */
void
tend_local_plans_shrink(void)
{
	HASH_SEQ_STATUS scan;
	TendLocalPlan *plan;

	if (plans == NULL || hash_get_num_entries(plans) < MANY_PLANS)
		return;
	tend_local_plans_fold(false);
	memset(front, 0, sizeof(front));
	hash_seq_init(&scan, plans);
	while ((plan = hash_seq_search(&scan)) != NULL)
	{
		if (!plan->dirty && plan->active == 0)
			(void) hash_search(plans, &plan->delta.key, HASH_REMOVE, NULL);
	}
}
