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
#include "common/pg_prng.h"
#include "store/estimates_private.h"
#include "store/try_lock.h"
#include "utils/timestamp.h"

/* ---- examples ---- */

/* The first place of a role */
static int
first_place(TendExampleRole role)
{
	return role == TEND_EXAMPLE_WORST ? 0 :
		TEND_EXAMPLES_WORST + (role == TEND_EXAMPLE_RIGHT ? TEND_EXAMPLES_DRAWN : 0);
}

/*
 * The place of the worst that has the same clauses and values, or -1.  Groups
 * have no clauses, only rows that were grouped.
 */
static int
find_worst(const EstimateSlot *slot, const TendEstimateExample *example)
{
	for (int i = 0; i < TEND_EXAMPLES_WORST; i++)
	{
		const TendEstimateExample *other = &slot->examples[i];

		if (slot->example_worths[i].at != 0 && other->nbytes == example->nbytes &&
			memcmp(other->clauses, example->clauses, example->nbytes) == 0 &&
			(example->nbytes > 0 || other->table_rows == example->table_rows))
			return i;
	}
	return -1;
}

static void
put_example(EstimateSlot *slot, int place, TendExampleRole role,
			const TendEstimateExample *example, const TendWorth *worth)
{
	slot->example_worths[place] = *worth;
	slot->examples[place] = *example;
	slot->examples[place].role = role;
}

/*
 * Among the worst, maybe in place of another.  The same twice would teach
 * nothing: its latest numbers count.
 */
static void
keep_worst(EstimateSlot *slot, const TendEstimateDelta *delta, const TendWorth *worth)
{
	int			place = find_worst(slot, &delta->example);

	if (place < 0)
		place = tend_example_place(slot->example_worths, TEND_EXAMPLES_WORST, worth,
								   tend_estimates_half_life_us());
	put_example(slot, place, TEND_EXAMPLE_WORST, &delta->example, worth);
}

/*
 * Draw lots: whether this one comes in, and whose place it takes.  What comes
 * more often may be there more often.
 */
static void
draw_example(EstimateSlot *slot, const TendEstimateDelta *delta, const TendWorth *worth)
{
	TendExampleRole role = delta->sums.right > 0 ? TEND_EXAMPLE_RIGHT : TEND_EXAMPLE_WRONG;
	int			place = tend_example_lot(slot->offered[role == TEND_EXAMPLE_RIGHT]++, TEND_EXAMPLES_DRAWN,
										 pg_prng_double(&pg_global_prng_state));

	if (place >= 0)
		put_example(slot, first_place(role) + place, role, &delta->example, worth);
}

static void
keep_example(EstimateSlot *slot, const TendEstimateDelta *delta, TimestampTz now)
{
	TendWorth	worth = {
		.weight = tend_example_weight(delta->sums.max_q),
		.at = now,
		.under = delta->sums.ln_sum > 0
	};

	if (delta->key.kind == TEND_ESTIMATE_JOIN || delta->example.nbytes > TEND_EXAMPLE_BYTES ||
		(delta->key.kind == TEND_ESTIMATE_FILTER && delta->example.nbytes <= 0))
		return;
	if (delta->sums.samples > 0)
		keep_worst(slot, delta, &worth);
	draw_example(slot, delta, &worth);
}

/* ---- entries ---- */

static void
add_to_slot(EstimateSlot *slot, const TendEstimateDelta *delta, TimestampTz now)
{
	TendEstimateEntry *entry = &slot->entry;

	tend_estimate_sums_add(&entry->sums, &delta->sums);
	keep_example(slot, delta, now);
	/* what is right keeps nothing alive */
	if (delta->sums.samples == 0)
		return;
	entry->last_seen = Max(entry->last_seen, now);
	tend_estimates_watch(delta->example.scanned);
	entry->ms += delta->query.ms;
	tend_stale_add(&entry->stale, &delta->stale);
	tend_estimate_queries_add(entry->queries, &delta->query);
	tend_estimates_weigh_locked(slot);
	tend_estimates->folded++;
}

/*
 * Bring in one node.  One that was right counts only where others were wrong.
 * False if that was not possible within a moment: it is counted, and gone.
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
	if (slot == NULL && delta->sums.samples > 0)
		slot = tend_estimates_add_locked(&delta->key, now);
	if (slot != NULL)
		add_to_slot(slot, delta, now);
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
