/*-------------------------------------------------------------------------
 *
 * shared_plans.c
 *	  The plans of all databases, in shared memory.
 *
 * This file makes the store, finds slots in it and copies them out;
 * plan_fold.c adds to it, plan_evict.c makes room, plan_save.c keeps it over a
 * restart.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "settings.h"
#include "storage/shmem.h"
#include "store/plans_private.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Slots that are copied under one hold of the lock */
#define LIST_BATCH		64

PlanStore  *tend_plans = NULL;

/* ---- making it ---- */

static int
number_of_blocks(void)
{
	return (int) ((Size) tend_plan_memory * 1024 / sizeof(PlanBlock));
}

static int
number_of_buckets(void)
{
	return (int) pg_nextpower2_32((uint32) tend_max_plans);
}

Size
tend_plans_size(void)
{
	Size		size = MAXALIGN(sizeof(PlanStore));

	size = add_size(size, MAXALIGN(mul_size(number_of_buckets(), sizeof(int32))));
	size = add_size(size, MAXALIGN(mul_size(tend_max_plans, sizeof(PlanSlot))));
	return add_size(size, mul_size(number_of_blocks(), sizeof(PlanBlock)));
}

/* Each process finds it at the same place, unless it was started by exec. */
void
tend_plans_attach(void *place)
{
	tend_plans = place;
}

/* Called once, by the postmaster, with zeroed memory */
void
tend_plans_init(void *place, LWLock *lock)
{
	char	   *end = place;

	tend_plans = place;
	tend_plans->lock = lock;
	tend_plans->nslots = tend_max_plans;
	tend_plans->nbuckets = number_of_buckets();
	tend_plans->nblocks = number_of_blocks();
	end += MAXALIGN(sizeof(PlanStore));
	tend_plans->buckets = (int32 *) end;
	end += MAXALIGN(tend_plans->nbuckets * sizeof(int32));
	tend_plans->slots = (PlanSlot *) end;
	end += MAXALIGN(tend_plans->nslots * sizeof(PlanSlot));
	tend_plans->blocks = (PlanBlock *) end;

	for (int i = 0; i < tend_plans->nbuckets; i++)
		tend_plans->buckets[i] = NO_SLOT;
	for (int i = 0; i < tend_plans->nslots; i++)
	{
		SpinLockInit(&tend_plans->slots[i].mutex);
		tend_plans->slots[i].texts = NO_BLOCK;
		tend_plans->slots[i].next = i + 1 < tend_plans->nslots ? i + 1 : NO_SLOT;
	}
	for (int i = 0; i < tend_plans->nblocks; i++)
		tend_plans->blocks[i].next = i + 1 < tend_plans->nblocks ? i + 1 : NO_BLOCK;

	pg_atomic_init_u32(&tend_plans->tidy_wanted, 0);
	pg_atomic_init_u32(&tend_plans->sketch_bits_set, 0);
	pg_atomic_init_u64(&tend_plans->filtered_calls, 0);
	pg_atomic_init_u64(&tend_plans->filtered_us, 0);
	pg_atomic_init_u64(&tend_plans->dropped_calls, 0);
	pg_atomic_init_u64(&tend_plans->texts_dropped, 0);
	pg_atomic_init_u64(&tend_plans->failures, 0);
	for (int i = 0; i < SKETCH_WORDS; i++)
		pg_atomic_init_u32(&tend_plans->sketch[i], 0);
}

/* ---- slots ---- */

uint64
tend_plans_hash(const TendPlanKey *key)
{
	return hash_bytes_extended((const unsigned char *) key, sizeof(*key), 0);
}

static int32 *
bucket_of(const TendPlanKey *key)
{
	return &tend_plans->buckets[tend_plans_hash(key) & (tend_plans->nbuckets - 1)];
}

PlanSlot *
tend_plans_find_locked(const TendPlanKey *key)
{
	for (int32 i = *bucket_of(key); i != NO_SLOT; i = tend_plans->slots[i].next)
	{
		if (memcmp(&tend_plans->slots[i].key, key, sizeof(*key)) == 0)
			return &tend_plans->slots[i];
	}
	return NULL;
}

/* A new slot, all zero but for what is given; NULL if none is free */
PlanSlot *
tend_plans_add_locked(const TendPlanKey *key, const TendPlanOrigin *origin, TimestampTz now)
{
	int32		number = tend_plans->free_slot;
	int32	   *bucket = bucket_of(key);
	PlanSlot   *slot;

	if (number == NO_SLOT)
		return NULL;
	slot = &tend_plans->slots[number];
	tend_plans->free_slot = slot->next;
	tend_plans->used++;

	slot->used = true;
	slot->key = *key;
	slot->origin = *origin;
	slot->first_seen = slot->last_seen = now;
	slot->texts = NO_BLOCK;
	slot->blocks_missing = 0;
	slot->written = 0;
	memset(&slot->total, 0, sizeof(slot->total));
	memset(&slot->current, 0, sizeof(slot->current));
	memset(&slot->previous, 0, sizeof(slot->previous));
	memset(&slot->memory, 0, sizeof(slot->memory));
	slot->next = *bucket;
	*bucket = number;
	return slot;
}

void
tend_plans_remove_locked(PlanSlot *slot)
{
	int32		number = (int32) (slot - tend_plans->slots);
	int32	   *link = bucket_of(&slot->key);

	while (*link != number)
		link = &tend_plans->slots[*link].next;
	*link = slot->next;
	tend_blocks_free_locked(slot);
	slot->used = false;
	slot->next = tend_plans->free_slot;
	tend_plans->free_slot = number;
	tend_plans->used--;
}

/*
 * With four fifths in use, statements that were seen once are kept out.  Read
 * without the lock: near the border either answer is right.
 */
bool
tend_plans_short_of_room(void)
{
	return tend_plans->used >= tend_plans->nslots / 5 * 4;
}

/* ---- copies ---- */

static void
copy_slot(TendPlanEntry *entry, PlanSlot *slot)
{
	entry->key = slot->key;
	entry->origin = slot->origin;
	entry->first_seen = slot->first_seen;
	entry->has_texts = slot->texts != NO_BLOCK;
	SpinLockAcquire(&slot->mutex);
	entry->last_seen = slot->last_seen;
	entry->total = slot->total;
	entry->current = slot->current;
	entry->previous = slot->previous;
	entry->written = slot->written;
	entry->memory = slot->memory;
	SpinLockRelease(&slot->mutex);
}

/* All plans of a database, or of all of them (InvalidOid) */
TendPlanEntry *
tend_plans_list(Oid dboid, int *n)
{
	TendPlanEntry *entries;
	int			room;

	/* some more may come before we hold the lock again */
	LWLockAcquire(tend_plans->lock, LW_SHARED);
	room = tend_plans->used + tend_plans->used / 8 + 16;
	LWLockRelease(tend_plans->lock);
	entries = MemoryContextAllocHuge(CurrentMemoryContext, room * sizeof(TendPlanEntry));
	*n = 0;
	for (int first = 0; first < tend_plans->nslots; first += LIST_BATCH)
	{
		LWLockAcquire(tend_plans->lock, LW_SHARED);
		for (int i = first; i < Min(first + LIST_BATCH, tend_plans->nslots) && *n < room; i++)
		{
			PlanSlot   *slot = &tend_plans->slots[i];

			if (slot->used && (!OidIsValid(dboid) || slot->key.dboid == dboid))
				copy_slot(&entries[(*n)++], slot);
		}
		LWLockRelease(tend_plans->lock);
	}
	return entries;
}

static char *
next_text(int32 len, char **end)
{
	char	   *text = *end;

	if (len < 0)
		return NULL;
	*end += len + 1;
	return text;
}

/* The texts of a plan.  False if there is no such plan, or it has none. */
bool
tend_plans_texts(const TendPlanKey *key, TendPlanTexts *texts)
{
	int			max = 0;
	char	   *bytes = NULL;
	char	   *copied = NULL;
	char	   *end;
	int32		lens[3];
	PlanSlot   *slot;

	memset(texts, 0, sizeof(*texts));

	/* texts are written once, but the plan may be another when we come back */
	for (;;)
	{
		int			needed = 0;

		LWLockAcquire(tend_plans->lock, LW_SHARED);
		slot = tend_plans_find_locked(key);
		for (int32 i = slot != NULL ? slot->texts : NO_BLOCK; i != NO_BLOCK;
			 i = tend_plans->blocks[i].next)
			needed += BLOCK_BYTES;
		if (needed > 0 && needed <= max)
			copied = tend_blocks_copy_locked(slot, bytes, max);
		LWLockRelease(tend_plans->lock);
		if (needed == 0)
			return false;
		if (copied != NULL)
			break;
		max = needed;
		bytes = palloc(max);
	}
	memcpy(lens, bytes, sizeof(lens));
	end = bytes + sizeof(lens);
	texts->query = next_text(lens[0], &end);
	texts->plan = next_text(lens[1], &end);
	texts->settings = next_text(lens[2], &end);
	return true;
}

/* What the judge remembers of a plan; nothing if the plan is gone */
void
tend_plans_set_memory(const TendPlanKey *key, const TendPlanMemory *memory)
{
	PlanSlot   *slot;

	LWLockAcquire(tend_plans->lock, LW_SHARED);
	slot = tend_plans_find_locked(key);
	if (slot != NULL)
	{
		SpinLockAcquire(&slot->mutex);
		slot->memory = *memory;
		SpinLockRelease(&slot->mutex);
	}
	LWLockRelease(tend_plans->lock);
}

/* The intervals up to this one are in history. */
void
tend_plans_set_written(const TendPlanKey *key, int64 number)
{
	PlanSlot   *slot;

	LWLockAcquire(tend_plans->lock, LW_SHARED);
	slot = tend_plans_find_locked(key);
	if (slot != NULL)
	{
		SpinLockAcquire(&slot->mutex);
		slot->written = number;
		SpinLockRelease(&slot->mutex);
	}
	LWLockRelease(tend_plans->lock);
}

/* Number of the interval of the history that we are in */
int64
tend_plans_current_interval(void)
{
	return GetCurrentTimestamp() / ((int64) TEND_PLAN_INTERVAL * tend_interval * USECS_PER_SEC) + 1;
}

void
tend_plans_info(TendPlanStoreInfo *info)
{
	LWLockAcquire(tend_plans->lock, LW_SHARED);
	info->slots = tend_plans->nslots;
	info->used = tend_plans->used;
	info->evicted = tend_plans->evicted;
	info->evicted_calls = tend_plans->evicted_calls;
	info->text_blocks = tend_plans->nblocks;
	info->text_blocks_used = tend_plans->blocks_used;
	LWLockRelease(tend_plans->lock);
	info->filtered_calls = (int64) pg_atomic_read_u64(&tend_plans->filtered_calls);
	info->filtered_ms = pg_atomic_read_u64(&tend_plans->filtered_us) / 1000.0;
	info->dropped_calls = (int64) pg_atomic_read_u64(&tend_plans->dropped_calls);
	info->texts_dropped = (int64) pg_atomic_read_u64(&tend_plans->texts_dropped);
	info->failures = (int64) pg_atomic_read_u64(&tend_plans->failures);
	info->memory_bytes = tend_plans_size();
}
