/*-------------------------------------------------------------------------
 *
 * thresholds.c
 *	  When will the server's autovacuum process a table?
 *
 * This is the server's own rule (relation_needs_vacanalyze() and its caller
 * do_autovacuum() in autovacuum.c), single precision included, so that a
 * table which we call due is due for the server too:
 *
 *	vacuum	= threshold + scale factor * reltuples, at most max threshold
 *	insert	= insert threshold + insert scale factor * reltuples
 *			  * share of pages not all-frozen (PostgreSQL 18 and later)
 *	analyze	= threshold + scale factor * reltuples
 *
 * A storage parameter wins over the setting; freeze ages only downwards.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/thresholds.h"

static float
choose(double option, double setting)
{
	return (float) (isnan(option) ? setting : option);
}

/*
 * The counter's share of its threshold, NaN where the trigger is off.  The
 * server compares the two as float4.  Below a threshold of 1 the first tuple
 * is already one too many.
 */
static double
due(int64 counter, double threshold)
{
	return threshold < 0 ? NAN : (float) counter / Max(threshold, 0.5);
}

static double
age_due(int64 age, int64 limit)
{
	if (age < 0)
		return NAN;
	return age / Max((double) limit, 0.5);
}

static float
unfrozen_share(const TendHeapFacts *heap)
{
	if (heap->relpages <= 0 || heap->all_frozen_pages <= 0)
		return 1;
	return 1 - (float) Min(heap->all_frozen_pages, heap->relpages) / heap->relpages;
}

static void
freeze_limits(TendThresholds *t, const TendHeapFacts *heap,
			  const TendOptions *options, const TendAutovacuumSettings *settings)
{
	t->freeze_max_age = isnan(options->freeze_max_age) ? settings->freeze_max_age :
		Min(settings->freeze_max_age, (int64) options->freeze_max_age);
	t->multixact_freeze_max_age = isnan(options->multixact_freeze_max_age) ?
		settings->multixact_freeze_max_age :
		Min(settings->multixact_freeze_max_age, (int64) options->multixact_freeze_max_age);

	t->freeze_due = fmax(age_due(heap->xid_age, t->freeze_max_age),
						 age_due(heap->mxid_age, t->multixact_freeze_max_age));
	t->forced = heap->xid_age > t->freeze_max_age ||
		heap->mxid_age > t->multixact_freeze_max_age;
}

/*
 * Thresholds of one heap under the given storage parameters.
 */
TendThresholds
tend_thresholds(const TendHeapFacts *heap, const TendOptions *options,
				const TendAutovacuumSettings *settings)
{
	TendThresholds t = {0};
	float		reltuples = (float) Max(heap->reltuples, 0);
	float		vacuum;
	float		vacuum_max = choose(options->vacuum_max_threshold, settings->vacuum_max_threshold);
	float		insert_base = choose(options->insert_threshold, settings->insert_threshold);

	vacuum = choose(options->vacuum_threshold, settings->vacuum_threshold) +
		choose(options->vacuum_scale_factor, settings->vacuum_scale_factor) * reltuples;
	if (vacuum_max >= 0 && vacuum > vacuum_max)
		vacuum = vacuum_max;

	t.vacuum = vacuum;
	t.insert = insert_base < 0 ? -1 : insert_base +
		choose(options->insert_scale_factor, settings->insert_scale_factor) *
		reltuples * unfrozen_share(heap);
	t.analyze = choose(options->analyze_threshold, settings->analyze_threshold) +
		choose(options->analyze_scale_factor, settings->analyze_scale_factor) * reltuples;

	t.enabled = options->enabled && settings->active;
	t.vacuum_due = due(heap->dead_tuples, t.vacuum);
	t.insert_due = due(heap->inserts_since_vacuum, t.insert);
	t.analyze_due = due(heap->mods_since_analyze, t.analyze);
	freeze_limits(&t, heap, options, settings);
	return t;
}

/*
 * Autovacuum cannot see another session's temporary table, and never processes
 * one, not even to prevent wraparound.
 */
static void
leave_temporary(const TendTableFacts *table, TendThresholds *t)
{
	if (table->persistence == 't')
		t->enabled = t->forced = false;
}

/* The main table's thresholds.  ANALYZE refuses pg_statistic. */
TendThresholds
tend_table_thresholds(const TendTableFacts *table, const TendAutovacuumSettings *settings)
{
	TendThresholds t = tend_thresholds(&table->heap, &table->heap.options, settings);

	if (table->is_statistic)
	{
		t.analyze = -1;
		t.analyze_due = NAN;
	}

	leave_temporary(table, &t);
	return t;
}

/*
 * The TOAST table's thresholds.  It takes all options from the main table
 * when it has no option whatsoever of its own, and none otherwise.  TOAST
 * tables are never analyzed.
 */
TendThresholds
tend_toast_thresholds(const TendTableFacts *table, const TendAutovacuumSettings *settings)
{
	TendThresholds t = tend_thresholds(&table->toast,
									   table->toast.options.any ?
									   &table->toast.options : &table->heap.options,
									   settings);

	t.analyze = -1;
	t.analyze_due = NAN;
	leave_temporary(table, &t);
	return t;
}
