/*-------------------------------------------------------------------------
 *
 * verdict.c
 *	  What is the matter with a table, in one word and one sentence?
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/verdict.h"
#include "advise/words.h"

/* NaN counts as nothing */
static double
larger(double a, double b)
{
	return fmax(isnan(a) ? 0 : a, isnan(b) ? 0 : b);
}

static bool
has_toast(const TendTableCase *tc)
{
	return OidIsValid(tc->facts->toast.relid);
}

/* Freeze limits of heap and TOAST reached, at the observed consumption. */
static double
freeze_eta(const TendHeapFacts *heap, const TendThresholds *t, TendBurn burn)
{
	double		xid = heap->xid_age < 0 ? NAN :
		tend_age_eta(heap->xid_age, t->freeze_max_age, burn.xid_per_second);
	double		mxid = heap->mxid_age < 0 ? NAN :
		tend_age_eta(heap->mxid_age, t->multixact_freeze_max_age, burn.mxid_per_second);

	return fmin(xid, mxid);		/* ignores a NaN beside a number */
}

static double
vacuum_eta(const TendTableCase *tc, const TendThresholds *t)
{
	double		missing = t->vacuum - tc->facts->heap.dead_tuples;

	if (missing < 0)
		return 0;
	if (isnan(tc->dead_per_second))
		return NAN;
	return tc->dead_per_second > 0 ? missing / tc->dead_per_second : INFINITY;
}

/*
 * The age of a heap is dangerous.  As for databases, an age that the settings
 * allow for is not.
 */
static bool
near_wraparound(const TendTableCase *tc, const TendHeapFacts *heap)
{
	return OidIsValid(heap->relid) &&
		(heap->xid_age >= tend_critical_age(&tc->age_policy, tc->settings->freeze_max_age) ||
		 heap->mxid_age >= tend_critical_age(&tc->age_policy, tc->settings->multixact_freeze_max_age));
}

/*
 * Vacuum ran while somebody held the horizon, and dead tuples are still (or
 * again) above the threshold.
 */
static bool
vacuum_was_futile(const TendTableCase *tc, const TendHeapFacts *heap)
{
	return tc->horizon->held && tc->horizon->since != 0 &&
		heap->last_vacuum > tc->horizon->since;
}

/*
 * Autovacuum comes by.  What dies between two of its rounds may be many times
 * the threshold of a small busy table, and is nothing to worry about.
 */
static bool
vacuumed_lately(const TendTableCase *tc, const TendHeapFacts *heap)
{
	return heap->last_vacuum != 0 &&
		tc->now - heap->last_vacuum <= 2 * (int64) tc->settings->naptime_seconds * USECS_PER_SEC;
}

/* Judge the heap or the TOAST table alone. */
static TendVerdictKind
decide_heap(const TendTableCase *tc, const TendHeapFacts *heap, const TendThresholds *t)
{
	if (near_wraparound(tc, heap))
		return TEND_VERDICT_WRAPAROUND;
	if (t->forced)
		return heap->vacuum_running ? TEND_VERDICT_RUNNING : TEND_VERDICT_FREEZE_DUE;
	if (tc->settings->standby)
		return TEND_VERDICT_STANDBY;
	if (t->vacuum_due > 1 && vacuum_was_futile(tc, heap))
		return TEND_VERDICT_BLOCKED;
	if (heap->vacuum_running && (t->vacuum_due > 1 || t->insert_due > 1))
		return TEND_VERDICT_RUNNING;
	if (t->vacuum_due > 1 && !t->enabled)
		return TEND_VERDICT_UNATTENDED;
	if (t->vacuum_due > tc->overdue && !vacuumed_lately(tc, heap))
		return TEND_VERDICT_OVERDUE;
	if (tend_statistics_missing(heap))
		return TEND_VERDICT_STATISTICS_LOST;
	if (t->vacuum_due > 1)
		return TEND_VERDICT_VACUUM_DUE;
	if (t->insert_due > 1 && t->enabled)
		return TEND_VERDICT_INSERT_DUE;
	if (t->analyze_due > 1)
		return t->enabled ? TEND_VERDICT_ANALYZE_DUE : TEND_VERDICT_UNATTENDED;
	return TEND_VERDICT_OK;
}

/*
 * Judge one table.
 */
TendTableVerdict
tend_table_verdict(const TendTableCase *tc)
{
	TendTableVerdict v = {0};

	v.table = tend_table_thresholds(tc->facts, tc->settings);
	v.vacuum_eta_seconds = vacuum_eta(tc, &v.table);
	v.freeze_eta_seconds = freeze_eta(&tc->facts->heap, &v.table, tc->burn);
	v.worst_due = larger(larger(v.table.vacuum_due, v.table.insert_due),
						 larger(v.table.freeze_due, v.table.analyze_due));
	v.kind = decide_heap(tc, &tc->facts->heap, &v.table);
	if (has_toast(tc))
	{
		TendVerdictKind kind;

		v.toast = tend_toast_thresholds(tc->facts, tc->settings);
		v.freeze_eta_seconds = fmin(v.freeze_eta_seconds,
									freeze_eta(&tc->facts->toast, &v.toast, tc->burn));
		v.worst_due = larger(v.worst_due,
							 larger(larger(v.toast.vacuum_due, v.toast.insert_due),
									v.toast.freeze_due));

		/*
		 * The worse of the two is the table's verdict.  That the counters of
		 * TOAST alone are lost is no news: only vacuum can count it again.
		 */
		kind = decide_heap(tc, &tc->facts->toast, &v.toast);
		if (kind == TEND_VERDICT_STATISTICS_LOST)
			kind = TEND_VERDICT_OK;
		v.in_toast = kind > v.kind ||
			(kind == v.kind && v.toast.vacuum_due > v.table.vacuum_due);
		v.kind = Max(kind, v.kind);
	}
	return v;
}

const char *
tend_verdict_name(TendVerdictKind kind)
{
	static const char *const names[] = {
		"ok", "see primary", "vacuum running", "analyze due", "insert vacuum due", "vacuum due",
		"statistics lost", "unattended", "vacuum overdue", "vacuum blocked",
		"freeze due", "wraparound danger"
	};

	return names[kind];
}

/* The heap that the verdict is about, and its thresholds */
static const TendHeapFacts *
cause(const TendTableCase *tc, const TendTableVerdict *v, const TendThresholds **t)
{
	*t = v->in_toast ? &v->toast : &v->table;
	return v->in_toast ? &tc->facts->toast : &tc->facts->heap;
}

/* "12 345 dead tuples, 5.2 times the threshold of 2 050" */
static void
dead_sentence(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	const TendThresholds *t;
	const TendHeapFacts *heap = cause(tc, v, &t);

	appendStringInfo(out, "%s dead tuples%s, %s the threshold of %s",
					 tend_word_count(heap->dead_tuples).str,
					 v->in_toast ? " in its TOAST table" : "",
					 tend_word_share(t->vacuum_due).str,
					 tend_word_count(t->vacuum).str);
}

static void
insert_sentence(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	const TendThresholds *t;
	const TendHeapFacts *heap = cause(tc, v, &t);

	appendStringInfo(out, "%s rows inserted%s since the last vacuum, threshold %s",
					 tend_word_count(heap->inserts_since_vacuum).str,
					 v->in_toast ? " into its TOAST table" : "",
					 tend_word_count(t->insert).str);
}

static void
freeze_sentence(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	const TendThresholds *t;
	const TendHeapFacts *heap = cause(tc, v, &t);

	appendStringInfo(out,
					 "oldest transaction ID%s is %s old (limit %s), oldest multixact %s (limit %s)",
					 v->in_toast ? " of its TOAST table" : "",
					 tend_word_count(heap->xid_age).str, tend_word_count(t->freeze_max_age).str,
					 tend_word_count(heap->mxid_age).str, tend_word_count(t->multixact_freeze_max_age).str);
}

static void
unattended_sentence(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	const TendThresholds *t;

	(void) cause(tc, v, &t);
	if (t->vacuum_due > 1)
		dead_sentence(out, tc, v);
	else
		appendStringInfo(out, "%s rows modified since the last analyze",
						 tend_word_count(tc->facts->heap.mods_since_analyze).str);
	if (tc->facts->persistence == 't')
		appendStringInfoString(out, "; autovacuum cannot see temporary tables: VACUUM and ANALYZE it in its session");
	else if (!tc->settings->active)
		appendStringInfoString(out, "; autovacuum or track_counts is off in this server: switch it on, or run VACUUM and ANALYZE yourself");
	else
		appendStringInfo(out, "; %sautovacuum_enabled is off for this table: reset it, or run VACUUM and ANALYZE yourself",
						 v->in_toast && tc->facts->toast.options.any ? "toast." : "");
}

/*
 * One sentence that says why, and what to do.  Nothing for a healthy table.
 */
void
tend_table_advice(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	switch (v->kind)
	{
		case TEND_VERDICT_OK:
			break;
		case TEND_VERDICT_STANDBY:
			appendStringInfoString(out, "this server is a standby: rows are counted and vacuumed on the primary");
			break;
		case TEND_VERDICT_RUNNING:
			appendStringInfoString(out, "vacuum is running now: see pg_stat_progress_vacuum");
			break;
		case TEND_VERDICT_ANALYZE_DUE:
			appendStringInfo(out, "%s rows modified since the last analyze, threshold %s: autovacuum should analyze it soon",
							 tend_word_count(tc->facts->heap.mods_since_analyze).str,
							 tend_word_count(v->table.analyze).str);
			break;
		case TEND_VERDICT_INSERT_DUE:
			insert_sentence(out, tc, v);
			appendStringInfoString(out, ": autovacuum should vacuum it soon");
			break;
		case TEND_VERDICT_VACUUM_DUE:
			dead_sentence(out, tc, v);
			appendStringInfoString(out, ": autovacuum should vacuum it soon");
			break;
		case TEND_VERDICT_STATISTICS_LOST:
			appendStringInfoString(out, "the counters were reset and do not know its dead tuples: run ANALYZE to count them again");
			break;
		case TEND_VERDICT_UNATTENDED:
			unattended_sentence(out, tc, v);
			break;
		case TEND_VERDICT_OVERDUE:
			dead_sentence(out, tc, v);
			appendStringInfoString(out, ": autovacuum does not keep up; see whether its workers are busy, cancelled or throttled, or run VACUUM");
			break;
		case TEND_VERDICT_BLOCKED:
			dead_sentence(out, tc, v);
			appendStringInfo(out, ", and vacuum cannot remove them because of the %s: %s",
							 tc->horizon->who, tc->horizon->remedy);
			break;
		case TEND_VERDICT_FREEZE_DUE:
			freeze_sentence(out, tc, v);
			appendStringInfoString(out, ": autovacuum must freeze it now; run VACUUM (FREEZE) in a quiet hour if it does not start");
			break;
		case TEND_VERDICT_WRAPAROUND:
			freeze_sentence(out, tc, v);
			appendStringInfoString(out, ": run VACUUM (FREEZE) now, and end whatever tend.vacuum_blockers shows first");
			break;
	}
}
