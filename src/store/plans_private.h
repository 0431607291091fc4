/*-------------------------------------------------------------------------
 *
 * plans_private.h
 *	  The layout of the store of plans, for the files of store/ that work on it.
 *
 * Slots are found by a hash table with chains; free ones are in a list.  Texts
 * lie in chains of small blocks, so that nothing can be fragmented.  All sizes
 * are fixed at server start.
 *
 * Lock protocol:
 *	- add or remove a slot, set or remove its texts: lock, exclusive;
 *	- find a slot and use it: lock, shared;
 *	- read or write counters, windows, last_seen, memory and written: lock as
 *	  above, plus the slot's mutex;
 *	- the sketch and the counters of type pg_atomic: no lock.
 *
 * A backend that serves a user takes the lock conditionally, or not at all
 * before it exits; it keeps what it could not bring in.  The launcher evicts,
 * a few slots at a time.  Under lock and mutex only copy; never allocate or
 * ereport.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLANS_PRIVATE_H
#define TEND_PLANS_PRIVATE_H

#include "port/atomics.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/spin.h"
#include "store/shared_plans.h"

#define NO_SLOT			(-1)
#define NO_BLOCK		(-1)

#define BLOCK_BYTES		252

/* Bits that remember statements that were seen once; see plan_filter.c */
#define SKETCH_BITS		(1 << 18)
#define SKETCH_WORDS	(SKETCH_BITS / 32)

typedef struct PlanBlock
{
	int32		next;
	char		bytes[BLOCK_BYTES];
} PlanBlock;

typedef struct PlanSlot
{
	/* protected by the lock */
	int32		next;			/* in the chain, or in the list of free slots */
	bool		used;
	int32		texts;			/* first block */
	int32		blocks_missing; /* texts that needed so many did not fit */
	TendPlanKey key;
	TendPlanOrigin origin;
	TimestampTz first_seen;

	/* protected by mutex */
	slock_t		mutex;
	TimestampTz last_seen;
	TendPlanCounters total;
	TendPlanWindow current;
	TendPlanWindow previous;
	int64		written;
	TendPlanMemory memory;
} PlanSlot;

typedef struct PlanStore
{
	LWLock	   *lock;

	/* constant */
	int			nslots;
	int			nbuckets;		/* a power of two */
	int			nblocks;
	int32	   *buckets;		/* all processes map shared memory at the same
								 * place */
	PlanSlot   *slots;
	PlanBlock  *blocks;

	/* protected by the lock */
	int			used;
	int32		free_slot;
	int			blocks_used;
	int32		free_block;
	int64		evicted;
	int64		evicted_calls;

	/*
	 * of the launcher, the only one who changes it; PGPROCs stay where they
	 * are
	 */
	Latch	   *volatile janitor;

	pg_atomic_uint32 tidy_wanted;
	pg_atomic_uint32 sketch_bits_set;
	pg_atomic_uint64 filtered_calls;
	pg_atomic_uint64 filtered_us;
	pg_atomic_uint64 dropped_calls;
	pg_atomic_uint64 texts_dropped;
	pg_atomic_uint64 failures;
	pg_atomic_uint32 sketch[SKETCH_WORDS];
} PlanStore;

/* NULL when the library was not loaded at server start */
extern PlanStore *tend_plans;

extern PlanSlot *tend_plans_find_locked(const TendPlanKey *key);
extern PlanSlot *tend_plans_add_locked(const TendPlanKey *key, const TendPlanOrigin *origin,
									   TimestampTz now);
extern void tend_plans_remove_locked(PlanSlot *slot);
extern bool tend_plans_short_of_room(void);
extern uint64 tend_plans_hash(const TendPlanKey *key);

/* plan_blocks.c */
extern bool tend_blocks_write_locked(PlanSlot *slot, const char *bytes, int len);
extern char *tend_blocks_copy_locked(const PlanSlot *slot, char *into, int max);
extern void tend_blocks_free_locked(PlanSlot *slot);
extern bool tend_blocks_wanted_locked(const PlanSlot *slot);

/* plan_filter.c */
extern bool tend_plans_seen_before(uint64 hash);
extern void tend_plans_filter_clear(void);

#endif							/* TEND_PLANS_PRIVATE_H */
