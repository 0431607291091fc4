/*-------------------------------------------------------------------------
 *
 * plan_evict.c
 *	  Make room in the store of plans.
 *
 * Runs in the launcher only, never in a user's statement.  Plans that were
 * used once go first, then those that were not used for the longest time.
 * What a live query used before its present plan stays as long as possible:
 * without it a change of plan cannot be judged.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "settings.h"
#include "store/plan_evict.h"
#include "store/plans_private.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Slots looked at or removed under one hold of the lock */
#define BATCH		64

/* Databases that are looked for in one turn: at most */
#define MAX_DATABASES	1024

/* A query that was used within so many intervals is alive. */
#define LIVE_INTERVALS	1440

typedef enum Worth
{
	WORTH_ONCE,					/* executed once */
	WORTH_REPEATED,
	WORTH_PREVIOUS				/* plan of a live query before the present one */
} Worth;

typedef struct Candidate
{
	TendPlanKey key;
	TimestampTz last_seen;
	int64		calls;
	Worth		worth;
} Candidate;

static int
compare_query(const Candidate *a, const Candidate *b)
{
	if (a->key.queryid != b->key.queryid)
		return a->key.queryid < b->key.queryid ? -1 : 1;
	if (a->key.dboid != b->key.dboid)
		return a->key.dboid < b->key.dboid ? -1 : 1;
	if (a->key.userid != b->key.userid)
		return a->key.userid < b->key.userid ? -1 : 1;
	if (a->key.toplevel != b->key.toplevel)
		return a->key.toplevel < b->key.toplevel ? -1 : 1;
	return 0;
}

/* By query, the plan used last first */
static int
by_query(const void *p, const void *q)
{
	const Candidate *a = p;
	const Candidate *b = q;
	int			order = compare_query(a, b);

	if (order != 0)
		return order;
	return (a->last_seen < b->last_seen) - (a->last_seen > b->last_seen);
}

/* What is to go first first */
static int
by_worth(const void *p, const void *q)
{
	const Candidate *a = p;
	const Candidate *b = q;

	if (a->worth != b->worth)
		return a->worth < b->worth ? -1 : 1;
	return (a->last_seen > b->last_seen) - (a->last_seen < b->last_seen);
}

static void
appraise(Candidate *all, int n, TimestampTz now)
{
	TimestampTz live_since = now - (int64) LIVE_INTERVALS * tend_interval * USECS_PER_SEC;

	qsort(all, n, sizeof(Candidate), by_query);
	for (int i = 0; i < n; i++)
	{
		/* the second plan of a query is the one before the present one */
		bool		second = i > 0 && compare_query(&all[i - 1], &all[i]) == 0 &&
			(i == 1 || compare_query(&all[i - 2], &all[i]) != 0);

		if (all[i].calls <= 1)
			all[i].worth = WORTH_ONCE;
		else if (second && all[i - 1].last_seen >= live_since)
			all[i].worth = WORTH_PREVIOUS;
		else
			all[i].worth = WORTH_REPEATED;
	}
	qsort(all, n, sizeof(Candidate), by_worth);
}

static Candidate *
read_candidates(int *n)
{
	Candidate  *all = MemoryContextAllocHuge(CurrentMemoryContext,
											 tend_plans->nslots * sizeof(Candidate));

	*n = 0;
	LWLockAcquire(tend_plans->lock, LW_SHARED);
	for (int i = 0; i < tend_plans->nslots; i++)
	{
		PlanSlot   *slot = &tend_plans->slots[i];

		if (!slot->used)
			continue;
		all[*n].key = slot->key;
		SpinLockAcquire(&slot->mutex);
		all[*n].last_seen = slot->last_seen;
		all[*n].calls = slot->total.calls + slot->total.aborted;
		SpinLockRelease(&slot->mutex);
		(*n)++;
	}
	LWLockRelease(tend_plans->lock);
	return all;
}

/* Remove plans, a few under one lock */
static void
remove_plans(const Candidate *plans, int n)
{
	for (int done = 0; done < n; done += BATCH)
	{
		LWLockAcquire(tend_plans->lock, LW_EXCLUSIVE);
		for (int i = done; i < Min(n, done + BATCH); i++)
		{
			PlanSlot   *slot = tend_plans_find_locked(&plans[i].key);

			/* used since we looked: not this one */
			if (slot == NULL || slot->last_seen != plans[i].last_seen)
				continue;
			tend_plans->evicted++;
			tend_plans->evicted_calls += slot->total.calls + slot->total.aborted;
			tend_plans_remove_locked(slot);
		}
		LWLockRelease(tend_plans->lock);
	}
}

/* With nine tenths in use, back to eight */
static int
number_to_remove(void)
{
	int			slots = tend_plans->nslots;
	int			used = tend_plans->used;

	return used > slots / 10 * 9 ? used - slots / 5 * 4 : 0;
}

static bool
short_of_blocks(void)
{
	return tend_plans->blocks_used > tend_plans->nblocks / 10 * 9;
}

/*
 * Blocks for texts may run out before slots do.  Then plans lose their texts
 * in the same order, but keep their counters; they are not described again
 * while there is no more room than this makes.
 */
static void
drop_texts(const Candidate *plans, int n)
{
	int			enough = tend_plans->nblocks / 5 * 4;

	for (int done = 0; done < n && tend_plans->blocks_used > enough; done += BATCH)
	{
		LWLockAcquire(tend_plans->lock, LW_EXCLUSIVE);
		for (int i = done; i < Min(n, done + BATCH) && tend_plans->blocks_used > enough; i++)
		{
			PlanSlot   *slot = tend_plans_find_locked(&plans[i].key);

			if (slot == NULL || slot->texts == NO_BLOCK)
				continue;
			tend_blocks_free_locked(slot);
			slot->blocks_missing = tend_plans->nblocks / 4;
			pg_atomic_fetch_add_u64(&tend_plans->texts_dropped, 1);
		}
		LWLockRelease(tend_plans->lock);
	}
}

/*
 * Make room if it is short.  Called in each turn of the launcher, for which a
 * backend wakes it.
 */
void
tend_plans_tidy(void)
{
	MemoryContext cxt;
	MemoryContext old;
	Candidate  *all;
	int			n;
	int			wanted;

	pg_atomic_write_u32(&tend_plans->tidy_wanted, 0);
	tend_plans_filter_clear();
	wanted = number_to_remove();
	if (wanted == 0 && !short_of_blocks())
		return;

	cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend eviction", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(cxt);
	all = read_candidates(&n);
	appraise(all, n, GetCurrentTimestamp());
	remove_plans(all, Min(wanted, n));
	if (short_of_blocks())
		drop_texts(all, n);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

/* The process that makes room is woken by this latch; NULL: there is none. */
void
tend_plans_set_janitor(Latch *latch)
{
	tend_plans->janitor = latch;
}

/*
 * Have the launcher make room, if it is short.  Called by backends, under no
 * lock: a latch of a process that is gone does no harm.
 */
void
tend_plans_want_tidy(void)
{
	Latch	   *janitor = tend_plans->janitor;
	uint32		no = 0;

	if ((number_to_remove() > 0 || short_of_blocks()) && janitor != NULL &&
		pg_atomic_compare_exchange_u32(&tend_plans->tidy_wanted, &no, 1))
		SetLatch(janitor);
}

/* ---- removing on demand ---- */

/* Remove the plans of a database, or all (InvalidOid); returns their number. */
int64
tend_plans_reset(Oid dboid)
{
	int64		removed = 0;

	LWLockAcquire(tend_plans->lock, LW_EXCLUSIVE);
	for (int i = 0; i < tend_plans->nslots; i++)
	{
		PlanSlot   *slot = &tend_plans->slots[i];

		if (slot->used && (!OidIsValid(dboid) || slot->key.dboid == dboid))
		{
			tend_plans_remove_locked(slot);
			removed++;
		}
	}
	LWLockRelease(tend_plans->lock);
	return removed;
}

static bool
is_among(const Oid *oids, int n, Oid oid)
{
	/* most often it is that of the slot before */
	while (n > 0 && oids[n - 1] != oid)
		n--;
	return n > 0;
}

/* The databases that plans are of; allocated here */
Oid *
tend_plans_databases(int *n)
{
	Oid		   *oids = palloc(MAX_DATABASES * sizeof(Oid));

	*n = 0;
	for (int first = 0; first < tend_plans->nslots; first += BATCH)
	{
		LWLockAcquire(tend_plans->lock, LW_SHARED);
		for (int i = first; i < Min(first + BATCH, tend_plans->nslots); i++)
		{
			const PlanSlot *slot = &tend_plans->slots[i];

			if (slot->used && *n < MAX_DATABASES && !is_among(oids, *n, slot->key.dboid))
				oids[(*n)++] = slot->key.dboid;
		}
		LWLockRelease(tend_plans->lock);
	}
	return oids;
}
