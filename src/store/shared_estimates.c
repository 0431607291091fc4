/*-------------------------------------------------------------------------
 *
 * shared_estimates.c
 *	  Evidence of misestimates, in shared memory.
 *
 * This file makes the store, finds slots in it, and copies and forgets them;
 * estimate_fold.c adds to it, estimate_save.c keeps it over a restart.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/attribute.h"
#include "common/hashfn.h"
#include "settings.h"
#include "store/estimates_private.h"
#include "utils/timestamp.h"

/* Slots that are copied or looked at under one hold of the lock */
#define BATCH			32

/* Evidence fades by half in so many intervals, as what plans usually do */
#define HALF_LIFE		1440

EstimateStore *tend_estimates = NULL;

/* ---- making it ---- */

Size
tend_estimates_size(void)
{
	return sizeof(EstimateStore);
}

/* Each process finds it at the same place, unless it was started by exec. */
void
tend_estimates_attach(void *place)
{
	tend_estimates = place;
}

/* Called once, by the postmaster, with zeroed memory */
void
tend_estimates_init(void *place, LWLock *lock)
{
	tend_estimates = place;
	tend_estimates->lock = lock;
	for (int i = 0; i < ESTIMATE_BUCKETS; i++)
		tend_estimates->buckets[i] = NO_ESTIMATE;
	for (int i = 0; i < TEND_ESTIMATE_ENTRIES; i++)
		tend_estimates->slots[i].next = i + 1 < TEND_ESTIMATE_ENTRIES ? i + 1 : NO_ESTIMATE;
	for (int i = 0; i < WATCHED_WORDS; i++)
		pg_atomic_init_u32(&tend_estimates->watched[i], 0);
	pg_atomic_init_u64(&tend_estimates->dropped, 0);
	pg_atomic_init_u64(&tend_estimates->executions, 0);
	pg_atomic_init_u64(&tend_estimates->failures, 0);
	pg_atomic_init_u64(&tend_estimates->ns, 0);
}

/* ---- tables with entries ---- */

static pg_atomic_uint32 *
watched_word(Oid relid, uint32 *bit)
{
	uint32		hash = hash_uint32(relid);

	*bit = UINT32_C(1) << (hash & 31);
	return &tend_estimates->watched[(hash >> 5) & (WATCHED_WORDS - 1)];
}

/* Is there, as far as can be told without a lock, an entry of this table? */
bool
tend_estimates_watched(Oid relid)
{
	uint32		bit;

	return tend_estimates != NULL &&
		(pg_atomic_read_u32(watched_word(relid, &bit)) & bit) != 0;
}

/* The table of a new entry, or a partition of it, has one. */
void
tend_estimates_watch(Oid relid)
{
	uint32		bit;
	pg_atomic_uint32 *word = watched_word(relid, &bit);

	if ((pg_atomic_read_u32(word) & bit) == 0)
		pg_atomic_fetch_or_u32(word, bit);
}

/* What is in no entry any more is nobody's business. */
static void
watch_again_locked(void)
{
	for (int i = 0; i < WATCHED_WORDS; i++)
		pg_atomic_write_u32(&tend_estimates->watched[i], 0);
	for (int i = 0; i < TEND_ESTIMATE_ENTRIES; i++)
	{
		const EstimateSlot *slot = &tend_estimates->slots[i];

		if (!slot->used)
			continue;
		tend_estimates_watch(slot->entry.key.relid);
		for (int j = 0; j < TEND_ESTIMATE_EXAMPLES; j++)
			tend_estimates_watch(slot->examples[j].scanned);
	}
}

/* ---- slots ---- */

static int32 *
bucket_of(const TendEstimateKey *key)
{
	uint32		hash = hash_bytes((const unsigned char *) key, sizeof(*key));

	return &tend_estimates->buckets[hash & (ESTIMATE_BUCKETS - 1)];
}

EstimateSlot *
tend_estimates_find_locked(const TendEstimateKey *key)
{
	for (int32 i = *bucket_of(key); i != NO_ESTIMATE; i = tend_estimates->slots[i].next)
	{
		if (memcmp(&tend_estimates->slots[i].entry.key, key, sizeof(*key)) == 0)
			return &tend_estimates->slots[i];
	}
	return NULL;
}

static void
remove_slot(EstimateSlot *slot)
{
	int32		number = (int32) (slot - tend_estimates->slots);
	int32	   *link = bucket_of(&slot->entry.key);

	while (*link != number)
		link = &tend_estimates->slots[*link].next;
	*link = slot->next;
	slot->used = false;
	slot->next = tend_estimates->free_slot;
	tend_estimates->free_slot = number;
	tend_estimates->used--;

	/* what was seen in queries is nobody's any more */
	memset(slot->examples, 0, sizeof(slot->examples));
	memset(&tend_estimates->worths[number], 0, sizeof(TendWorth));
}

double
tend_estimates_half_life_us(void)
{
	return (double) HALF_LIFE * tend_interval * USECS_PER_SEC;
}

/* A new slot, all zero but for its key, at the cost of another if all are used */
EstimateSlot *
tend_estimates_add_locked(const TendEstimateKey *key, TimestampTz now)
{
	int32	   *bucket = bucket_of(key);
	EstimateSlot *slot;
	int32		number;

	if (tend_estimates->free_slot == NO_ESTIMATE)
	{
		number = tend_worth_least(tend_estimates->worths, TEND_ESTIMATE_ENTRIES,
								  tend_estimates_half_life_us());
		remove_slot(&tend_estimates->slots[number]);
		tend_estimates->evicted++;
	}
	number = tend_estimates->free_slot;
	slot = &tend_estimates->slots[number];
	tend_estimates->free_slot = slot->next;
	tend_estimates->used++;

	memset(slot, 0, sizeof(*slot));
	slot->used = true;
	slot->entry.key = *key;
	slot->entry.first_seen = now;
	slot->next = *bucket;
	*bucket = number;
	tend_estimates_watch(key->relid);
	return slot;
}

/* Note what a slot is worth after something of it has changed. */
void
tend_estimates_weigh_locked(EstimateSlot *slot)
{
	TendWorth  *worth = &tend_estimates->worths[slot - tend_estimates->slots];

	worth->weight = tend_estimate_weight(&slot->entry.sums, slot->entry.ms);
	worth->at = slot->entry.last_seen;
}

/* ---- copies ---- */

/* The entries of a database, or of all of them (InvalidOid); allocated here */
TendEstimateEntry *
tend_estimates_list(Oid dboid, int *n)
{
	TendEstimateEntry *entries = palloc(TEND_ESTIMATE_ENTRIES * sizeof(TendEstimateEntry));

	*n = 0;
	for (int first = 0; first < TEND_ESTIMATE_ENTRIES; first += BATCH)
	{
		LWLockAcquire(tend_estimates->lock, LW_SHARED);
		for (int i = first; i < Min(first + BATCH, TEND_ESTIMATE_ENTRIES); i++)
		{
			const EstimateSlot *slot = &tend_estimates->slots[i];

			if (slot->used && (!OidIsValid(dboid) || slot->entry.key.dboid == dboid))
				entries[(*n)++] = slot->entry;
		}
		LWLockRelease(tend_estimates->lock);
	}
	return entries;
}

/*
 * The examples of a key, at most TEND_ESTIMATE_EXAMPLES; returns how many.  What
 * their clauses say of columns held when they were executed: types may have
 * changed, columns may be gone.
 */
int
tend_estimates_examples(const TendEstimateKey *key, TendEstimateExample *examples)
{
	const EstimateSlot *slot;
	int			n = 0;

	LWLockAcquire(tend_estimates->lock, LW_SHARED);
	slot = tend_estimates_find_locked(key);
	for (int i = 0; slot != NULL && i < TEND_ESTIMATE_EXAMPLES; i++)
	{
		if (slot->example_worths[i].at != 0)
			examples[n++] = slot->examples[i];
	}
	LWLockRelease(tend_estimates->lock);
	return n;
}

/*
 * The tables that examples of a key scanned, each once: for a partitioned
 * table its partitions.  At most TEND_ESTIMATE_EXAMPLES; returns how many.
 */
int
tend_estimates_scanned(const TendEstimateKey *key, Oid *relids)
{
	const EstimateSlot *slot;
	int			n = 0;

	LWLockAcquire(tend_estimates->lock, LW_SHARED);
	slot = tend_estimates_find_locked(key);
	for (int i = 0; slot != NULL && i < TEND_ESTIMATE_EXAMPLES; i++)
	{
		int			j = 0;

		if (slot->example_worths[i].at == 0 || !OidIsValid(slot->examples[i].scanned))
			continue;
		while (j < n && relids[j] != slot->examples[i].scanned)
			j++;
		relids[j] = slot->examples[i].scanned;
		n = Max(n, j + 1);
	}
	LWLockRelease(tend_estimates->lock);
	return n;
}

/* The databases that there is evidence of; allocated here */
Oid *
tend_estimates_databases(int *n)
{
	Oid		   *oids = palloc(TEND_ESTIMATE_ENTRIES * sizeof(Oid));

	*n = 0;
	LWLockAcquire(tend_estimates->lock, LW_SHARED);
	for (int i = 0; i < TEND_ESTIMATE_ENTRIES; i++)
	{
		const EstimateSlot *slot = &tend_estimates->slots[i];
		int			j = 0;

		if (!slot->used)
			continue;
		while (j < *n && oids[j] != slot->entry.key.dboid)
			j++;
		oids[j] = slot->entry.key.dboid;
		*n = Max(*n, j + 1);
	}
	LWLockRelease(tend_estimates->lock);
	return oids;
}

void
tend_estimates_info(TendEstimateStoreInfo *info)
{
	memset(info, 0, sizeof(*info));
	LWLockAcquire(tend_estimates->lock, LW_SHARED);
	info->used = tend_estimates->used;
	info->evicted = tend_estimates->evicted;
	info->folded = tend_estimates->folded;
	LWLockRelease(tend_estimates->lock);
	info->slots = TEND_ESTIMATE_ENTRIES;
	info->dropped = (int64) pg_atomic_read_u64(&tend_estimates->dropped);
	info->executions = (int64) pg_atomic_read_u64(&tend_estimates->executions);
	info->failures = (int64) pg_atomic_read_u64(&tend_estimates->failures);
	info->ms = pg_atomic_read_u64(&tend_estimates->ns) / 1e6;
	info->memory_bytes = tend_estimates_size();
}

/* The history of the table has this now. */
void
tend_estimates_told(const TendEstimateKey *key, const TendStaleNews *told)
{
	EstimateSlot *slot;

	LWLockAcquire(tend_estimates->lock, LW_EXCLUSIVE);
	slot = tend_estimates_find_locked(key);
	if (slot != NULL)
		tend_stale_subtract(&slot->entry.stale, told);
	LWLockRelease(tend_estimates->lock);
}

/* ---- forgetting ---- */

/* Which entries go; what is not given (InvalidOid, DT_NOEND) goes unasked. */
typedef struct Going
{
	Oid			dboid;
	Oid			relid;
	TimestampTz before;			/* last seen before that */
} Going;

static bool
is_going(const TendEstimateEntry *entry, const Going *going)
{
	return (!OidIsValid(going->dboid) || entry->key.dboid == going->dboid) &&
		(!OidIsValid(going->relid) || entry->key.relid == going->relid) &&
		entry->last_seen < going->before;
}

static int64
remove_going(const Going *going)
{
	int64		removed = 0;

	for (int first = 0; first < TEND_ESTIMATE_ENTRIES; first += BATCH)
	{
		LWLockAcquire(tend_estimates->lock, LW_EXCLUSIVE);
		for (int i = first; i < Min(first + BATCH, TEND_ESTIMATE_ENTRIES); i++)
		{
			EstimateSlot *slot = &tend_estimates->slots[i];

			if (!slot->used || !is_going(&slot->entry, going))
				continue;
			remove_slot(slot);
			removed++;
		}
		LWLockRelease(tend_estimates->lock);
	}
	return removed;
}

/* The evidence of a table (or all of a database, or of all of them) goes. */
int64
tend_estimates_reset(Oid dboid, Oid relid)
{
	Going		going = {.dboid = dboid,.relid = relid,.before = DT_NOEND};

	return remove_going(&going);
}

/* What was last seen before that time goes. */
int64
tend_estimates_expire(TimestampTz before)
{
	Going		going = {.before = before};
	int64		removed = remove_going(&going);

	LWLockAcquire(tend_estimates->lock, LW_EXCLUSIVE);
	watch_again_locked();
	LWLockRelease(tend_estimates->lock);
	return removed;
}

/* The evidence of a key goes. */
int64
tend_estimates_forget(const TendEstimateKey *key)
{
	EstimateSlot *slot;

	LWLockAcquire(tend_estimates->lock, LW_EXCLUSIVE);
	slot = tend_estimates_find_locked(key);
	if (slot != NULL)
		remove_slot(slot);
	LWLockRelease(tend_estimates->lock);
	return slot != NULL ? 1 : 0;
}

/*
 * The evidence of a key goes, but not the key: what was right since then
 * counts, too.
 */
void
tend_estimates_restart(const TendEstimateKey *key)
{
	EstimateSlot *slot;

	LWLockAcquire(tend_estimates->lock, LW_EXCLUSIVE);
	slot = tend_estimates_find_locked(key);
	if (slot != NULL)
	{
		slot->entry.first_seen = slot->entry.last_seen = GetCurrentTimestamp();
		memset(&slot->entry.sums, 0, sizeof(slot->entry.sums));
		memset(slot->entry.queries, 0, sizeof(slot->entry.queries));
		slot->entry.ms = 0;
		memset(slot->example_worths, 0, sizeof(slot->example_worths));
		memset(slot->examples, 0, sizeof(slot->examples));
		memset(slot->offered, 0, sizeof(slot->offered));
		tend_estimates_weigh_locked(slot);
	}
	LWLockRelease(tend_estimates->lock);
}
