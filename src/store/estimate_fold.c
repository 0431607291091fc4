/*-------------------------------------------------------------------------
 *
 * estimate_fold.c
 *	  Bring what a sampled execution showed into the store of misestimates.
 *
 * Runs in backends that serve users: no lock is waited for, and nothing is
 * allocated.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/attribute.h"
#include "store/estimates_private.h"
#include "store/try_lock.h"
#include "utils/timestamp.h"

/* The place of an example with the same clauses and values, or -1 */
static int
find_example(const EstimateSlot *slot, const TendEstimateExample *example)
{
	for (int i = 0; i < TEND_ESTIMATE_EXAMPLES; i++)
	{
		if (slot->example_worths[i].at != 0 &&
			strncmp(slot->examples[i].clauses, example->clauses, TEND_EXAMPLE_BYTES) == 0)
			return i;
	}
	return -1;
}

/*
 * Keep an example, maybe in place of another.  The same twice would teach
 * nothing: its latest numbers count.
 */
static void
keep_example(EstimateSlot *slot, const TendEstimateDelta *delta, TimestampTz now)
{
	TendWorth	worth = {
		.weight = tend_example_weight(delta->sums.max_q),
		.at = now,
		.under = delta->sums.ln_sum > 0
	};
	int			place = find_example(slot, &delta->example);

	if (place < 0)
		place = tend_example_place(slot->example_worths, TEND_ESTIMATE_EXAMPLES, &worth,
								   tend_estimates_half_life_us());
	slot->example_worths[place] = worth;
	slot->examples[place] = delta->example;
	slot->examples[place].clauses[TEND_EXAMPLE_BYTES - 1] = '\0';
}

static void
add_to_slot(EstimateSlot *slot, const TendEstimateDelta *delta, TimestampTz now)
{
	TendEstimateEntry *entry = &slot->entry;

	entry->last_seen = Max(entry->last_seen, now);
	entry->ms += delta->query.ms;
	tend_estimate_sums_add(&entry->sums, &delta->sums);
	tend_estimate_queries_add(entry->queries, &delta->query);
	if (delta->example.clauses[0] != '\0')
		keep_example(slot, delta, now);
	tend_estimates_weigh_locked(slot);
}

/*
 * Bring in one node.  False if that was not possible within a moment: it is
 * counted, and gone.
 */
bool
tend_estimates_fold(const TendEstimateDelta *delta)
{
	TimestampTz now = GetCurrentTimestamp();
	EstimateSlot *slot;

	if (tend_estimates == NULL)
		return false;
	if (!tend_try_lock(tend_estimates->lock, LW_EXCLUSIVE))
	{
		pg_atomic_fetch_add_u64(&tend_estimates->dropped, 1);
		return false;
	}
	slot = tend_estimates_find_locked(&delta->key);
	if (slot == NULL)
		slot = tend_estimates_add_locked(&delta->key, now);
	add_to_slot(slot, delta, now);
	tend_estimates->folded++;
	LWLockRelease(tend_estimates->lock);
	return true;
}

/* One execution was looked at, which took so long. */
void
tend_estimates_count_execution(double us)
{
	if (tend_estimates == NULL)
		return;
	pg_atomic_fetch_add_u64(&tend_estimates->executions, 1);
	pg_atomic_fetch_add_u64(&tend_estimates->ns, (uint64) (Max(us, 0) * 1000));
}

/* An error came up while looking at one. */
void
tend_estimates_count_failure(void)
{
	if (tend_estimates != NULL)
		pg_atomic_fetch_add_u64(&tend_estimates->failures, 1);
}
