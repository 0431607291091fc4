/*-------------------------------------------------------------------------
 *
 * estimates_private.h
 *	  The layout of the store of misestimates, for the files of store/ that
 *	  work on it.
 *
 * Slots are found by a hash table with chains; free ones are in a list.  What
 * they are worth stands in an array of its own: so to look for the one that
 * has to go reads 12 kB, not megabytes.  All sizes are fixed.
 *
 * Lock protocol: all but the counters of type pg_atomic is protected by the
 * lock.  A backend that serves a user takes it conditionally, for some copies
 * of 2 kB at most, and drops what it cannot bring in.  Readers hold it for a
 * few slots at a time.  Under the lock only copy; never allocate or ereport.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATES_PRIVATE_H
#define TEND_ESTIMATES_PRIVATE_H

#include "advise/estimate_keep.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "store/shared_estimates.h"

#define NO_ESTIMATE		(-1)

/* a power of two */
#define ESTIMATE_BUCKETS	1024

/* Words of a set of tables, in which each has one bit, maybe that of another */
#define WATCHED_WORDS		64

typedef struct EstimateSlot
{
	int32		next;			/* in the chain, or in the list of free slots */
	bool		used;
	TendEstimateEntry entry;
	TendWorth	example_worths[TEND_ESTIMATE_EXAMPLES]; /* at = 0: a free place */
	TendEstimateExample examples[TEND_ESTIMATE_EXAMPLES];	/* by role */
	int64		offered[2];		/* to be drawn: wrong ones, and right ones */
} EstimateSlot;

typedef struct EstimateStore
{
	LWLock	   *lock;

	int			used;
	int32		free_slot;
	int64		evicted;
	int64		folded;
	int32		buckets[ESTIMATE_BUCKETS];
	TendWorth	worths[TEND_ESTIMATE_ENTRIES];	/* of the slots */
	EstimateSlot slots[TEND_ESTIMATE_ENTRIES];

	pg_atomic_uint32 watched[WATCHED_WORDS];	/* tables with entries */
	pg_atomic_uint64 dropped;
	pg_atomic_uint64 executions;
	pg_atomic_uint64 failures;
	pg_atomic_uint64 ns;
} EstimateStore;

/* NULL when the library was not loaded at server start */
extern EstimateStore *tend_estimates;

extern void tend_estimates_watch(Oid relid);
extern EstimateSlot *tend_estimates_find_locked(const TendEstimateKey *key);
extern EstimateSlot *tend_estimates_add_locked(const TendEstimateKey *key, TimestampTz now);
extern void tend_estimates_weigh_locked(EstimateSlot *slot);
extern double tend_estimates_half_life_us(void);

#endif							/* TEND_ESTIMATES_PRIVATE_H */
