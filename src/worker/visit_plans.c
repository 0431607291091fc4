/*-------------------------------------------------------------------------
 *
 * visit_plans.c
 *	  The part of a visit that looks at plans.
 *
 * Notes what the planner knows of their tables, has each query judged, writes
 * down what is new of changes of plans, and the history of intervals that are
 * over.  What the judge remembers goes back to shared memory after the commit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/plan_judge.h"
#include "miscadmin.h"
#include "settings.h"
#include "store/events.h"
#include "store/history_ring.h"
#include "store/input_history.h"
#include "store/plan_changes.h"
#include "store/plan_history.h"
#include "store/shared_plans.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "worker/plan_causes.h"
#include "worker/plan_misestimates.h"
#include "worker/visit_plans.h"

/* Rows of history per visit; the rest comes with the next one */
#define MAX_HISTORY_ROWS	500

/* Tables whose inputs are noted per visit: those used since the last one */
#define MAX_TABLES			2000

typedef struct Plans
{
	TendPlanEntry *entries;		/* sorted by query */
	TendPlanCase *cases;		/* of these */
	int			n;
	TendPlanRecord *records;	/* changes that are not over */
	int			nrecords;
	int			max_records;
	TendKnownEstimates estimates;
	TendPlanPolicy policy;
	double		climate;
	int64		interval;
} Plans;

/* ---- queries ---- */

static int
compare_query(const TendPlanKey *a, const TendPlanKey *b)
{
	if (a->queryid != b->queryid)
		return a->queryid < b->queryid ? -1 : 1;
	if (a->userid != b->userid)
		return a->userid < b->userid ? -1 : 1;
	if (a->toplevel != b->toplevel)
		return a->toplevel < b->toplevel ? -1 : 1;
	return 0;
}

static int
by_query(const void *p, const void *q)
{
	return compare_query(&((const TendPlanEntry *) p)->key, &((const TendPlanEntry *) q)->key);
}

/* The number of plans of the query whose first plan is at "first" */
static int
plans_of_query(const Plans *plans, int first)
{
	int			n = 1;

	while (first + n < plans->n &&
		   compare_query(&plans->entries[first].key, &plans->entries[first + n].key) == 0)
		n++;
	return n;
}

static bool
is_record_of(const TendPlanRecord *record, const TendPlanKey *key)
{
	return record->queryid == key->queryid && record->userid == key->userid &&
		record->toplevel == (key->toplevel != 0);
}

/* ---- reading ---- */

static TendPlanCase
case_of(const TendPlanEntry *entry)
{
	TendPlanCase c = {
		.planid = entry->key.planid,
		.shapeid = entry->origin.shapeid,
		.generic = entry->origin.generic,
		.first_seen = entry->first_seen,
		.last_seen = entry->last_seen,
		.totals = tend_plan_sums(&entry->total),
		.memory = entry->memory
	};

	return c;
}

/* Intervals since the last visit, which may have been missed or late */
static double
elapsed_intervals(void)
{
	TendDatabase db;
	double		intervals = 1;

	if (tend_database_get(MyDatabaseId, &db) && db.last.started != 0)
		intervals = (GetCurrentTimestamp() - db.last.started) /
			((double) tend_interval * USECS_PER_SEC);
	return Max(Min(intervals, 1000), 0.1);
}

static void
read_plans(Plans *plans, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	double		elapsed = elapsed_intervals();

	memset(plans, 0, sizeof(*plans));
	plans->entries = tend_plans_list(MyDatabaseId, &plans->n);
	plans->interval = tend_plans_current_interval();
	plans->policy.interval = tend_interval;
	plans->policy.slow_ratio = tend_slow_plan_ratio;
	plans->policy.min_lost_ms = tend_min_time_lost;
	qsort(plans->entries, plans->n, sizeof(TendPlanEntry), by_query);
	plans->cases = MemoryContextAllocHuge(cxt, Max(plans->n, 1) * sizeof(TendPlanCase));
	for (int i = 0; i < plans->n; i++)
		plans->cases[i] = case_of(&plans->entries[i]);
	for (int i = 0; i < plans->n; i += plans_of_query(plans, i))
		tend_plan_watch(&plans->cases[i], plans_of_query(plans, i), elapsed);
	plans->climate = tend_plan_climate(plans->cases, plans->n);
	MemoryContextSwitchTo(old);
}

static bool
ran_since_last_visit(const TendPlanCase *c)
{
	return c->latest.calls > 0 || c->latest.aborted > 0;
}

/* What the planner knows of the tables that were used since the last visit */
static int
note_inputs(const Plans *plans, MemoryContext cxt)
{
	Oid		   *relids = MemoryContextAlloc(cxt, sizeof(Oid) * (MAX_TABLES + TEND_PLAN_RELATIONS));
	int			n = 0;

	for (int i = 0; i < plans->n && n < MAX_TABLES; i++)
	{
		const TendPlanEntry *entry = &plans->entries[i];

		/* a statement that comes once has nothing to be compared with */
		if (!entry->has_texts || !ran_since_last_visit(&plans->cases[i]))
			continue;
		for (int j = 0; j < entry->origin.nrelids; j++)
			relids[n++] = entry->origin.relids[j];
	}
	return n > 0 ? tend_inputs_record(GetCurrentTimestamp(), relids, n) : 0;
}

/* ---- changes ---- */

static const TendPlanEntry *
find_plan(const Plans *plans, int first, int n, uint64 planid)
{
	for (int i = first; i < first + n; i++)
	{
		if (plans->entries[i].key.planid == planid)
			return &plans->entries[i];
	}
	return NULL;
}

static TendPlanRecord *
new_record(Plans *plans, MemoryContext cxt)
{
	if (plans->nrecords == plans->max_records)
	{
		int			max = Max(plans->max_records * 2, 16);
		TendPlanRecord *records = MemoryContextAlloc(cxt, sizeof(TendPlanRecord) * max);

		if (plans->nrecords > 0)
			memcpy(records, plans->records, sizeof(TendPlanRecord) * plans->nrecords);
		plans->records = records;
		plans->max_records = max;
	}
	memset(&plans->records[plans->nrecords], 0, sizeof(TendPlanRecord));
	return &plans->records[plans->nrecords++];
}

/* Write a change, and an event where people should know. */
static int
write_record(TimestampTz now, const TendPlanRecord *record, const TendPlanChange *before)
{
	bool		was_bad = before != NULL && before->verdict == TEND_PLAN_REGRESSED &&
		before->state != TEND_PLAN_RESOLVED;
	bool		is_bad = record->change.verdict == TEND_PLAN_REGRESSED &&
		record->change.state != TEND_PLAN_RESOLVED;
	int			rows = tend_plan_changes_add(now, record);

	if (is_bad != was_bad)
		rows += tend_event_plan(now, record, is_bad);
	return rows;
}

/* Follow the changes of a query that are not over. */
static int
follow_changes(Plans *plans, int first, int n, TimestampTz now, MemoryContext cxt)
{
	int			rows = 0;

	for (int i = 0; i < plans->nrecords; i++)
	{
		TendPlanRecord *record = &plans->records[i];
		TendPlanChange before = record->change;
		const TendPlanEntry *old = find_plan(plans, first, n, before.old_planid);
		const TendPlanEntry *new = find_plan(plans, first, n, before.new_planid);
		bool		moved;

		if (!is_record_of(record, &plans->entries[first].key))
			continue;
		moved = tend_plan_follow(&record->change, &plans->cases[first], n, now,
								 plans->climate, &plans->policy);
		if (!tend_plan_find_misestimate(record, old, new, now, &plans->estimates, cxt) && !moved)
			continue;
		/* what was not worth an answer may be now */
		if (record->change.verdict != before.verdict)
			tend_plan_find_record_cause(record, old, new, cxt);
		rows += write_record(now, record, &before);
	}
	return rows;
}

/* Has the query changed its plan, or become slow? */
static int
notice_change(Plans *plans, int first, int n, TimestampTz now, MemoryContext cxt)
{
	const TendPlanKey *key = &plans->entries[first].key;
	TendPlanChange *known = MemoryContextAlloc(cxt, sizeof(TendPlanChange) * Max(plans->nrecords, 1));
	TendPlanChange change;
	TendPlanRecord *record;
	const TendPlanEntry *old;
	const TendPlanEntry *new;
	int			nknown = 0;
	bool		changed;

	for (int i = 0; i < plans->nrecords; i++)
	{
		if (is_record_of(&plans->records[i], key))
			known[nknown++] = plans->records[i].change;
	}
	changed = tend_plan_change(&plans->cases[first], n, known, nknown, now, plans->climate,
							   &plans->policy, &change);
	pfree(known);
	if (!changed)
		return 0;
	record = new_record(plans, cxt);
	record->userid = key->userid;
	record->queryid = key->queryid;
	record->toplevel = key->toplevel != 0;
	record->change = change;
	old = find_plan(plans, first, n, change.old_planid);
	new = find_plan(plans, first, n, change.new_planid);
	tend_plan_describe_record(record, old, new, cxt);
	tend_plan_find_record_cause(record, old, new, cxt);
	(void) tend_plan_find_misestimate(record, old, new, now, &plans->estimates, cxt);
	return write_record(now, record, NULL);
}

/*
 * A query whose plans have all been evicted or reset cannot be followed any
 * further: its changes are over.
 */
static int
close_lost(Plans *plans, TimestampTz now)
{
	int			rows = 0;

	for (int i = 0; i < plans->nrecords; i++)
	{
		TendPlanRecord *record = &plans->records[i];
		TendPlanChange before = record->change;
		bool		found = record->change.state == TEND_PLAN_RESOLVED;

		for (int j = 0; j < plans->n && !found; j++)
			found = is_record_of(record, &plans->entries[j].key);
		if (found)
			continue;
		record->change.state = TEND_PLAN_RESOLVED;
		record->change.closed_at = now;
		rows += write_record(now, record, &before);
	}
	return rows;
}

static int
judge_queries(Plans *plans, MemoryContext cxt)
{
	TimestampTz now = GetCurrentTimestamp();
	int			rows = 0;
	int			n;

	plans->records = tend_plan_changes_load(cxt, &plans->nrecords);
	plans->max_records = plans->nrecords;
	rows += close_lost(plans, now);
	for (int i = 0; i < plans->n; i += n)
	{
		n = plans_of_query(plans, i);
		rows += follow_changes(plans, i, n, now, cxt);
		rows += notice_change(plans, i, n, now, cxt);
	}
	return rows;
}

/* ---- the step ---- */

static int
write_history(Plans *plans)
{
	int			rows = 0;

	for (int i = 0; i < plans->n && rows < MAX_HISTORY_ROWS; i++)
		rows += tend_plan_history_add(&plans->entries[i], plans->interval);
	return rows;
}

/* What was written is committed: remember what it was written from. */
static void
remember(const Plans *plans)
{
	for (int i = 0; i < plans->n; i++)
	{
		const TendPlanEntry *entry = &plans->entries[i];

		if (memcmp(&entry->memory, &plans->cases[i].memory, sizeof(TendPlanMemory)) != 0)
			tend_plans_set_memory(&entry->key, &plans->cases[i].memory);
		tend_plans_set_written(&entry->key, entry->written);
	}
}

/* Look at the plans of this database.  False if the visit has to end. */
bool
tend_visit_plans(TendVisit *visit)
{
	Plans		plans;
	MemoryContext cxt;

	if (!tend_visit_begin(visit))
		return false;
	tend_ring_open();
	cxt = AllocSetContextCreate(visit->visit_cxt, "pg_tend plans", ALLOCSET_DEFAULT_SIZES);
	read_plans(&plans, cxt);
	visit->report.rows_written += note_inputs(&plans, cxt);
	visit->report.rows_written += judge_queries(&plans, cxt);
	visit->report.rows_written += write_history(&plans);
	tend_visit_commit(visit);
	remember(&plans);
	MemoryContextDelete(cxt);
	return true;
}
