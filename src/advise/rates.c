/*-------------------------------------------------------------------------
 *
 * rates.c
 *	  Speeds from two observations of the same counters.
 *
 * All times are multiples of pg_tend.interval, so that a test or benchmark
 * may compress time.  What has not been observed for long enough is NaN.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "access/transam.h"
#include "advise/rates.h"
#include "advise/thresholds.h"

/* Memory of the moving average, in intervals: quick to rise, slow to fall. */
#define RISE_INTERVALS		5.0
#define FALL_INTERVALS		30.0

/* Below this many intervals an observed consumption is mostly noise. */
#define MIN_BURN_INTERVALS	5.0

/* A small change is written at the latest after this many intervals. */
#define MAX_SILENCE_INTERVALS	15.0

/* What one would see on a chart: a move by this share of a threshold. */
#define WORTH_DUE			0.01

/* An observation shorter than this share of an interval is ignored. */
#define MIN_OBSERVED		0.5

static bool
went_down(const TendHeapFacts *heap, const TendTablePast *past)
{
	return heap->inserted < past->inserted ||
		heap->updated < past->updated ||
		heap->deleted < past->deleted ||
		heap->vacuum_count < past->vacuum_count ||
		heap->analyze_count < past->analyze_count;
}

/*
 * Compare a table with its last row of history.
 *
 * Tuples that died are the updates that left a dead version for vacuum plus
 * the deletes.  Heap-only updates are usually pruned without vacuum, but
 * where n_dead_tup itself grew by more, not all of them were.
 */
TendTableDelta
tend_table_delta(const TendTableFacts *now_facts, const TendTablePast *past,
				 TimestampTz now)
{
	const TendHeapFacts *heap = &now_facts->heap;
	TendTableDelta d = {.dead_made = NAN,.inserted = NAN,.modified = NAN,.toast_dead_made = NAN};

	if (past->at == 0)
		return d;
	d.reset = went_down(heap, past);
	if (d.reset || now <= past->at)
		return d;

	d.known = true;
	d.seconds = (now - past->at) / (double) USECS_PER_SEC;
	d.inserted = (double) heap->inserted - past->inserted;
	d.dead_made = ((double) heap->updated - past->updated) -
		((double) heap->hot_updated - past->hot_updated) +
		((double) heap->deleted - past->deleted);
	/* vacuum only lowers the counter, but analyze may find more */
	if (heap->analyze_count == past->analyze_count)
		d.dead_made = Max(d.dead_made, (double) heap->dead_tuples - past->dead_tuples);
	d.dead_made = Max(d.dead_made, 0);
	d.modified = d.inserted + ((double) heap->updated - past->updated) +
		((double) heap->deleted - past->deleted);
	/* chunks of TOAST are never updated */
	d.toast_dead_made = Max((double) now_facts->toast.deleted - past->toast_deleted, 0);
	return d;
}

/*
 * Moving average of a rate per second, after "amount" in "seconds".
 *
 * The weight of the new observation is 1 - exp(-t / T), with T as above; an
 * unknown rate is replaced by the first observation that is long enough.
 */
double
tend_rate_next(double rate, double amount, double seconds, double interval_seconds)
{
	double		observed;
	double		memory;

	if (isnan(amount) || seconds < MIN_OBSERVED * interval_seconds || seconds <= 0)
		return rate;
	observed = amount / seconds;
	if (isnan(rate))
		return observed;
	memory = interval_seconds * (observed > rate ? RISE_INTERVALS : FALL_INTERVALS);
	return rate + (observed - rate) * (1 - exp(-seconds / memory));
}

/*
 * Consumption of transaction IDs from an earlier reading, NaN while the
 * reading is too recent.
 */
TendBurn
tend_burn(int64 xids, int64 mxids, double seconds, double interval_seconds)
{
	TendBurn	burn = {NAN, NAN};

	if (seconds < MIN_BURN_INTERVALS * interval_seconds || xids < 0)
		return burn;
	burn.xid_per_second = xids / seconds;
	burn.mxid_per_second = Max(mxids, 0) / seconds;
	return burn;
}

/* The faster of two windows: a date must not be too late. */
TendBurn
tend_burn_faster(TendBurn a, TendBurn b)
{
	TendBurn	burn;

	/* fmax() ignores a NaN beside a number */
	burn.xid_per_second = fmax(a.xid_per_second, b.xid_per_second);
	burn.mxid_per_second = fmax(a.mxid_per_second, b.mxid_per_second);
	return burn;
}

/* Has anything at all happened to a table since its last row of history? */
bool
tend_history_differs(const TendTableFacts *facts, const TendTablePast *past)
{
	const TendHeapFacts *heap = &facts->heap;

	return past->at == 0 ||
		heap->live_tuples != past->live_tuples ||
		heap->dead_tuples != past->dead_tuples ||
		heap->inserts_since_vacuum != past->inserts_since_vacuum ||
		heap->mods_since_analyze != past->mods_since_analyze ||
		heap->inserted != past->inserted ||
		heap->updated != past->updated ||
		heap->deleted != past->deleted ||
		heap->vacuum_count != past->vacuum_count ||
		heap->analyze_count != past->analyze_count ||
		facts->toast.vacuum_count != past->toast_vacuum_count ||
		heap->frozen_xid != past->frozen_xid ||
		facts->toast.dead_tuples != past->toast_dead_tuples;
}

/* Seconds that a small change may still wait for its row. */
double
tend_history_patience(const TendTableDelta *delta, double interval_seconds)
{
	return Max(MAX_SILENCE_INTERVALS * interval_seconds - delta->seconds, 0);
}

static bool
moved(int64 now, int64 before, double threshold)
{
	/* a trigger that is off, or at 0, still deserves a chart */
	double		step = threshold > 0 ? threshold * WORTH_DUE : 1;

	return fabs((double) now - before) >= step;
}

/*
 * Does a table deserve a new row of history?
 *
 * Yes when a chart would look different: something was vacuumed, analyzed,
 * frozen or reset, or a counter moved by a hundredth of its threshold.
 * Smaller changes wait, but not forever.
 */
bool
tend_history_worth(const TendTableFacts *facts, const TendTablePast *past,
				   const TendTableDelta *delta, const TendAutovacuumSettings *settings,
				   double interval_seconds)
{
	const TendHeapFacts *heap = &facts->heap;
	TendThresholds t;

	if (!tend_history_differs(facts, past))
		return false;
	if (!delta->known)
		return true;
	if (heap->vacuum_count != past->vacuum_count ||
		heap->analyze_count != past->analyze_count ||
		facts->toast.vacuum_count != past->toast_vacuum_count ||
		heap->frozen_xid != past->frozen_xid ||
		tend_history_patience(delta, interval_seconds) <= 0)
		return true;

	t = tend_table_thresholds(facts, settings);
	if (moved(heap->dead_tuples, past->dead_tuples, t.vacuum) ||
		moved(heap->inserts_since_vacuum, past->inserts_since_vacuum, t.insert) ||
		moved(heap->mods_since_analyze, past->mods_since_analyze, t.analyze))
		return true;

	t = tend_toast_thresholds(facts, settings);
	return moved(facts->toast.dead_tuples, past->toast_dead_tuples, t.vacuum);
}

/*
 * Do the statistics of a heap begin after its data?
 *
 * A crash, a promotion or pg_stat_reset() leaves all counters at zero.  The
 * catalog still knows about rows that the counters have never seen, and no
 * vacuum or analyze has corrected the counters since.
 *
 * System catalogs do not count: every new database begins with rows in them
 * that it has copied, and with no statistics.
 */
bool
tend_statistics_missing(const TendHeapFacts *heap)
{
	if (heap->relid < FirstNormalObjectId || heap->reltuples <= 0)
		return false;
	if (heap->last_vacuum != 0 || heap->last_analyze != 0)
		return false;
	return (double) heap->live_tuples + heap->dead_tuples < heap->reltuples / 2;
}
