/*-------------------------------------------------------------------------
 *
 * plan_fold.c
 *	  Bring what one backend has counted into the store of plans.
 *
 * Runs in backends that serve users: no lock is waited for, and nothing is
 * allocated under it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "plan_counters.h"
#include "store/plan_evict.h"
#include "store/plan_fold.h"
#include "store/plans_private.h"
#include "store/try_lock.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Add to a slot.  Caller holds the lock. */
static void
add_to_slot(PlanSlot *slot, const TendPlanDelta *delta, TimestampTz now, int64 interval)
{
	const TendPlanCounters *counters = &delta->counters;

	SpinLockAcquire(&slot->mutex);
	if (slot->current.number != interval)
	{
		if (slot->current.number != 0)
			slot->previous = slot->current;
		memset(&slot->current, 0, sizeof(slot->current));
		slot->current.number = interval;
	}
	tend_plan_counters_add(&slot->total, counters);
	tend_plan_counters_add(&slot->current.counters, counters);
	/* a session may bring in what it did long ago */
	slot->last_seen = Max(slot->last_seen, now - delta->age_us);
	SpinLockRelease(&slot->mutex);
}

/* To wait for the lock is for processes that exit. */
static bool
acquire(LWLockMode mode, bool wait)
{
	if (!wait)
		return tend_try_lock(tend_plans->lock, mode);
	LWLockAcquire(tend_plans->lock, mode);
	return true;
}

/*
 * A statement that was seen once, while room is short, gets no entry.  One
 * that did not end may be the worst of all: it does.
 */
static bool
filtered(const TendPlanDelta *delta)
{
	const TendPlanCounters *counters = &delta->counters;

	if (counters->calls + counters->aborted > 1 || counters->aborted > 0 ||
		!tend_plans_short_of_room())
		return false;
	if (tend_plans_seen_before(tend_plans_hash(&delta->key)))
		return false;
	pg_atomic_fetch_add_u64(&tend_plans->filtered_calls, counters->calls);
	pg_atomic_fetch_add_u64(&tend_plans->filtered_us, (uint64) (counters->total_ms * 1000));
	return true;
}

/* Add to the plans that have entries; returns the number of the others. */
static int
fold_known(TendPlanDelta **deltas, int n, TimestampTz now, int64 interval)
{
	int			unknown = 0;

	for (int i = 0; i < n; i++)
	{
		PlanSlot   *slot = tend_plans_find_locked(&deltas[i]->key);

		deltas[i]->folded = slot != NULL;
		deltas[i]->wants_texts = slot != NULL && tend_blocks_wanted_locked(slot);
		if (slot == NULL)
		{
			unknown++;
			continue;
		}
		add_to_slot(slot, deltas[i], now, interval);
	}
	return unknown;
}

/* Make entries for the others, which another backend may have done by now. */
static void
fold_new(TendPlanDelta **deltas, int n, TimestampTz now, int64 interval)
{
	for (int i = 0; i < n; i++)
	{
		PlanSlot   *slot;

		if (deltas[i]->folded)
			continue;
		slot = tend_plans_find_locked(&deltas[i]->key);
		if (slot == NULL)
			slot = tend_plans_add_locked(&deltas[i]->key, &deltas[i]->origin,
										 now - deltas[i]->age_us);
		if (slot != NULL)
		{
			add_to_slot(slot, deltas[i], now, interval);
			deltas[i]->wants_texts = tend_blocks_wanted_locked(slot);
		}
		else
			tend_plans_count_dropped(deltas[i]->counters.calls + deltas[i]->counters.aborted);
		deltas[i]->folded = true;
	}
}

/*
 * Bring in all that is possible; says whether that was all.  What is not
 * marked as folded is to be kept and tried again.  With "wait", which only a
 * process that exits may use, it is always all.
 */
bool
tend_plans_fold(TendPlanDelta **deltas, int n, bool wait)
{
	TimestampTz now = GetCurrentTimestamp();
	int64		interval = tend_plans_current_interval();
	int			unknown;

	if (!acquire(LW_SHARED, wait))
		return false;
	unknown = fold_known(deltas, n, now, interval);
	LWLockRelease(tend_plans->lock);

	for (int i = 0; i < n && unknown > 0; i++)
	{
		if (!deltas[i]->folded && filtered(deltas[i]))
		{
			deltas[i]->folded = true;
			unknown--;
		}
	}
	if (unknown == 0)
		return true;
	if (!acquire(LW_EXCLUSIVE, wait))
		return false;
	fold_new(deltas, n, now, interval);
	LWLockRelease(tend_plans->lock);
	tend_plans_want_tidy();
	return true;
}

/* Is there an entry?  False also when the lock is not to be had. */
bool
tend_plans_lookup(const TendPlanKey *key, bool *wants_texts)
{
	PlanSlot   *slot;

	*wants_texts = false;
	if (!acquire(LW_SHARED, false))
		return false;
	slot = tend_plans_find_locked(key);
	if (slot != NULL)
		*wants_texts = tend_blocks_wanted_locked(slot);
	LWLockRelease(tend_plans->lock);
	return slot != NULL;
}

/*
 * The texts as one string of bytes: three lengths, -1 for none, then each with
 * its terminating zero.
 */
static char *
serialize(const TendPlanTexts *texts, int *len)
{
	const char *all[3];
	int32		lens[3];
	char	   *bytes;
	char	   *end;

	all[0] = texts->query;
	all[1] = texts->plan;
	all[2] = texts->settings;
	*len = sizeof(lens);
	for (int i = 0; i < 3; i++)
	{
		lens[i] = all[i] != NULL ? (int32) strlen(all[i]) : -1;
		*len += lens[i] + 1;
	}
	bytes = palloc(*len);
	memcpy(bytes, lens, sizeof(lens));
	end = bytes + sizeof(lens);
	for (int i = 0; i < 3; i++)
	{
		if (all[i] == NULL)
			continue;
		memcpy(end, all[i], lens[i] + 1);
		end += lens[i] + 1;
	}
	return bytes;
}

/*
 * Texts that could not be written yet, because somebody else was at the store.
 * They are written when the session brings in something, at the latest when it
 * ends: the plan may never be executed again.
 */
static struct
{
	TendPlanKey key;
	char	   *bytes;			/* NULL: there are none */
	int			len;
}			waiting;

static void
forget_waiting(void)
{
	if (waiting.bytes != NULL)
		pfree(waiting.bytes);
	waiting.bytes = NULL;
}

static void
let_wait(const TendPlanKey *key, const char *bytes, int len)
{
	forget_waiting();
	waiting.bytes = MemoryContextAllocExtended(TopMemoryContext, len, MCXT_ALLOC_NO_OOM);
	if (waiting.bytes == NULL)
		return;
	memcpy(waiting.bytes, bytes, len);
	waiting.key = *key;
	waiting.len = len;
}

/* False if the lock is not to be had; "known": there is an entry */
static bool
write_texts(const TendPlanKey *key, const char *bytes, int len, bool wait, bool *known)
{
	PlanSlot   *slot;

	if (!acquire(LW_EXCLUSIVE, wait))
		return false;
	slot = tend_plans_find_locked(key);
	if (slot != NULL && slot->texts == NO_BLOCK &&
		!tend_blocks_write_locked(slot, bytes, len))
		pg_atomic_fetch_add_u64(&tend_plans->texts_dropped, 1);
	LWLockRelease(tend_plans->lock);
	tend_plans_want_tidy();
	*known = slot != NULL;
	return true;
}

/* Give an entry its texts, now or soon. */
void
tend_plans_set_texts(const TendPlanKey *key, const TendPlanTexts *texts)
{
	int			len;
	char	   *bytes = serialize(texts, &len);
	bool		known;

	if (!write_texts(key, bytes, len, false, &known) || !known)
		let_wait(key, bytes, len);
	pfree(bytes);
}

/*
 * The session has brought in all it has: so the entry that texts wait for is
 * there, or never will be.
 */
void
tend_plans_set_waiting_texts(bool wait)
{
	bool		known;

	if (waiting.bytes != NULL &&
		write_texts(&waiting.key, waiting.bytes, waiting.len, wait, &known))
		forget_waiting();
}

/* Do statements that were seen once get an entry? */
bool
tend_plans_have_room(void)
{
	return !tend_plans_short_of_room();
}

void
tend_plans_count_dropped(int64 calls)
{
	pg_atomic_fetch_add_u64(&tend_plans->dropped_calls, calls);
}

void
tend_plans_count_failure(void)
{
	pg_atomic_fetch_add_u64(&tend_plans->failures, 1);
}
