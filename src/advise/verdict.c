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

static bool
near_wraparound(const TendTableCase *tc, const TendHeapFacts *heap)
{
	return OidIsValid(heap->relid) &&
		Max(heap->xid_age, heap->mxid_age) >= tc->age_policy.critical_age;
}

/*
 * Vacuum ran while somebody held the horizon, and dead tuples are still (or
 * again) above the threshold.
 */
static bool
vacuum_was_futile(const TendTableCase *tc)
{
	TimestampTz last = tc->facts->heap.last_vacuum;

	return tc->horizon->held && tc->horizon->since != 0 &&
		last > tc->horizon->since;
}

static bool
statistics_lost(const TendTableCase *tc)
{
	return tend_statistics_missing(&tc->facts->heap);
}

static TendVerdictKind
decide(const TendTableCase *tc, const TendTableVerdict *v)
{
	bool		toast = has_toast(tc);
	bool		running = tc->facts->heap.vacuum_running || tc->facts->toast.vacuum_running;
	double		vacuum_due = larger(v->table.vacuum_due, toast ? v->toast.vacuum_due : 0);
	double		insert_due = larger(v->table.insert_due, toast ? v->toast.insert_due : 0);

	if (near_wraparound(tc, &tc->facts->heap) || near_wraparound(tc, &tc->facts->toast))
		return TEND_VERDICT_WRAPAROUND;
	if (v->table.forced || (toast && v->toast.forced))
		return running ? TEND_VERDICT_RUNNING : TEND_VERDICT_FREEZE_DUE;
	if (vacuum_due > 1 && vacuum_was_futile(tc))
		return TEND_VERDICT_BLOCKED;
	if (running && (vacuum_due > 1 || insert_due > 1))
		return TEND_VERDICT_RUNNING;
	if (vacuum_due > 1 && !v->table.enabled)
		return TEND_VERDICT_UNATTENDED;
	if (vacuum_due > tc->overdue)
		return TEND_VERDICT_OVERDUE;
	if (statistics_lost(tc))
		return TEND_VERDICT_STATISTICS_LOST;
	if (vacuum_due > 1)
		return TEND_VERDICT_VACUUM_DUE;
	if (insert_due > 1 && v->table.enabled)
		return TEND_VERDICT_INSERT_DUE;
	if (v->table.analyze_due > 1)
		return v->table.enabled ? TEND_VERDICT_ANALYZE_DUE : TEND_VERDICT_UNATTENDED;
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
	if (has_toast(tc))
	{
		v.toast = tend_toast_thresholds(tc->facts, tc->settings);
		v.freeze_eta_seconds = fmin(v.freeze_eta_seconds,
									freeze_eta(&tc->facts->toast, &v.toast, tc->burn));
		v.worst_due = larger(v.worst_due,
							 larger(larger(v.toast.vacuum_due, v.toast.insert_due),
									v.toast.freeze_due));
	}
	v.kind = decide(tc, &v);
	return v;
}

const char *
tend_verdict_name(TendVerdictKind kind)
{
	static const char *const names[] = {
		"ok", "vacuum running", "analyze due", "insert vacuum due", "vacuum due",
		"statistics lost", "unattended", "vacuum overdue", "vacuum blocked",
		"freeze due", "wraparound danger"
	};

	return names[kind];
}

/* "12 345 dead tuples, 5.2 times the threshold of 2 050" */
static void
dead_sentence(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	bool		in_toast = has_toast(tc) &&
		larger(v->toast.vacuum_due, 0) > larger(v->table.vacuum_due, 0);
	const TendHeapFacts *heap = in_toast ? &tc->facts->toast : &tc->facts->heap;
	const TendThresholds *t = in_toast ? &v->toast : &v->table;

	appendStringInfo(out, "%s dead tuples%s, %s the threshold of %s",
					 tend_word_count(heap->dead_tuples).str,
					 in_toast ? " in its TOAST table" : "",
					 tend_word_times(t->vacuum_due).str,
					 tend_word_count(t->vacuum).str);
}

static void
freeze_sentence(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	int64		xid = Max(tc->facts->heap.xid_age, tc->facts->toast.xid_age);
	int64		mxid = Max(tc->facts->heap.mxid_age, tc->facts->toast.mxid_age);

	appendStringInfo(out,
					 "oldest transaction ID is %s old (limit %s), oldest multixact %s (limit %s)",
					 tend_word_count(xid).str, tend_word_count(v->table.freeze_max_age).str,
					 tend_word_count(mxid).str, tend_word_count(v->table.multixact_freeze_max_age).str);
}

static void
unattended_sentence(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	if (v->table.vacuum_due > 1)
		dead_sentence(out, tc, v);
	else
		appendStringInfo(out, "%s rows modified since the last analyze",
						 tend_word_count(tc->facts->heap.mods_since_analyze).str);
	if (tc->facts->persistence == 't')
		appendStringInfoString(out, "; autovacuum cannot see temporary tables: VACUUM and ANALYZE it in its session");
	else if (!tc->settings->active)
		appendStringInfoString(out, "; autovacuum or track_counts is off in this server: switch it on, or run VACUUM and ANALYZE yourself");
	else
		appendStringInfoString(out, "; autovacuum_enabled is off for this table: reset it, or run VACUUM and ANALYZE yourself");
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
		case TEND_VERDICT_RUNNING:
			appendStringInfoString(out, "vacuum is running now: see pg_stat_progress_vacuum");
			break;
		case TEND_VERDICT_ANALYZE_DUE:
			appendStringInfo(out, "%s rows modified since the last analyze, threshold %s: autovacuum should analyze it soon",
							 tend_word_count(tc->facts->heap.mods_since_analyze).str,
							 tend_word_count(v->table.analyze).str);
			break;
		case TEND_VERDICT_INSERT_DUE:
			appendStringInfo(out, "%s rows inserted since the last vacuum, threshold %s: autovacuum should vacuum it soon",
							 tend_word_count(tc->facts->heap.inserts_since_vacuum).str,
							 tend_word_count(v->table.insert).str);
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
