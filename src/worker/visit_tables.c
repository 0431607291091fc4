/*-------------------------------------------------------------------------
 *
 * visit_tables.c
 *	  The step of a visit that looks at tables.
 *
 * A table whose counters are as they were needs nothing.  Of the others, some
 * are worth a row of history, and few of these are worth an event.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/rates.h"
#include "collect/tables.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "settings.h"
#include "store/events.h"
#include "store/table_history.h"
#include "worker/visit.h"
#include "worker/visit_tune.h"

/* So many visits in a row a table must be overdue before an event says so */
#define OVERDUE_VISITS		5

static void
remember(TendVisit *visit, Oid relid, const TendTableMemory *memory)
{
	TendRemembered *r = &visit->remembered[visit->nremembered++];

	r->relid = relid;
	r->memory = *memory;
	r->recorded = false;
}

/* Counters of a table in one number: equal means that nothing happened. */
static uint64
signature(const TendTableFacts *table)
{
	const TendHeapFacts *h = &table->heap;
	const TendHeapFacts *t = &table->toast;
	const int64 counters[] = {
		h->live_tuples, h->dead_tuples, h->inserts_since_vacuum, h->mods_since_analyze,
		h->inserted, h->updated, h->deleted, h->vacuum_count, h->analyze_count,
		h->frozen_xid, h->relpages, (int64) h->reltuples,
		t->dead_tuples, t->inserted, t->deleted, t->vacuum_count, t->frozen_xid
	};

	return hash_bytes_extended((const unsigned char *) counters, sizeof(counters), 0);
}

/* Our own history changes because we write it: that is no news. */
static bool
is_ours(const TendTableFacts *table)
{
	return strcmp(table->schema_name, "tend") == 0;
}

static void
table_events(TendVisit *visit, const TendTableFacts *table, const TendTableVerdict *v,
			 TendTableMemory *memory)
{
	bool		overdue = v->kind == TEND_VERDICT_OVERDUE;

	memory->overdue_visits = overdue ? Min(memory->overdue_visits + 1, PG_UINT16_MAX) : 0;
	if (overdue && memory->overdue_visits < OVERDUE_VISITS)
		overdue = tend_event_is_open(TEND_CONDITION_OVERDUE, table->heap.relid);

	visit->report.rows_written +=
		tend_event_table(visit->reading.now, TEND_CONDITION_OVERDUE, overdue, table, v) +
		tend_event_table(visit->reading.now, TEND_CONDITION_FREEZE,
						 v->table.forced || (OidIsValid(table->toast.relid) && v->toast.forced),
						 table, v);
}

static void
add_totals(TendVisit *visit, const TendTableFacts *table, const TendTableVerdict *v)
{
	visit->totals.tables++;
	visit->totals.live_tuples += table->heap.live_tuples;
	visit->totals.dead_tuples += table->heap.dead_tuples;
	if (v->worst_due > 1)
		visit->totals.tables_due++;
}

static TendTableVerdict
judge(TendVisit *visit, const TendTableFacts *table)
{
	TendTableCase tc = tend_reading_case(&visit->reading, table, NAN);

	return tend_table_verdict(&tc);
}

/*
 * Add a row of history; returns for how many rows the table has wanted other
 * options.
 */
static uint8
record_table(TendVisit *visit, const TendTableFacts *facts, const TendTablePast *past,
			 const TendTableSize *size, uint8 wishes)
{
	TendTunedTable table = {.facts = *facts,.past = *past,.size = *size};
	TendTableVerdict v = judge(visit, facts);

	tend_tuning_look(&table, &visit->tuning, &visit->reading, tend_visit_measured(visit, facts));
	tend_table_history_add(visit->reading.now, facts, size, &v, &table.tune.learnt);
	visit->report.rows_written++;
	return tend_visit_consider(visit, &table, wishes);
}

/* Have its queries been misled since its last row of history? */
static bool
has_news(const TendVisit *visit, Oid relid)
{
	TendStaleNews news;

	return tend_tuning_stale(&visit->tuning, relid, &news);
}

/*
 * Is a table that changed worth a row of history?  Remember it either way.
 */
static bool
weigh_table(TendVisit *visit, const TendTableFacts *table, const TendTablePast *past,
			TendTableMemory *memory)
{
	TendTableDelta delta = tend_table_delta(table, past, visit->reading.now);
	bool		news = has_news(visit, table->heap.relid);
	bool		worth = tend_history_worth(table, past, &delta, &visit->reading.settings,
										   tend_interval) ||
		(news && tend_history_patience(&delta, tend_interval) <= 0);

	if (delta.reset)
		visit->statistics_lost++;
	memory->pending = !worth && (news || tend_history_differs(table, past));
	if (memory->pending)
		memory->look_again = tend_monotonic_seconds() +
			tend_history_patience(&delta, tend_interval);
	remember(visit, table->heap.relid, memory);
	return worth;
}

/*
 * Record those of the tables that changed since the last visit, as far as
 * they are worth it.
 */
static void
record_changed(TendVisit *visit, TendTableFacts *changed, TendTableMemory *memories, int n)
{
	TendTablePast *pasts = MemoryContextAlloc(visit->cxt, sizeof(TendTablePast) * n);
	TendRemembered **remembered = MemoryContextAlloc(visit->cxt, sizeof(TendRemembered *) * n);
	TendTableSize *sizes;
	int			nworth = 0;

	tend_table_history_recall(changed, n, pasts);
	for (int i = 0; i < n; i++)
	{
		if (!weigh_table(visit, &changed[i], &pasts[i], &memories[i]))
			continue;
		remembered[nworth] = &visit->remembered[visit->nremembered - 1];
		pasts[nworth] = pasts[i];
		changed[nworth++] = changed[i];
	}
	visit->report.changed += n;
	if (nworth == 0)
		return;

	/* sizes are the expensive part */
	sizes = tend_collect_sizes(changed, nworth, visit->cxt);
	for (int i = 0; i < nworth; i++)
	{
		remembered[i]->memory.wishes = record_table(visit, &changed[i], &pasts[i], &sizes[i],
													remembered[i]->memory.wishes);
		remembered[i]->recorded = true;
	}
}

/* Is there anything to do for a table that we know from the last visit? */
static bool
needs_look(const TendVisit *visit, Oid relid, const TendTableMemory *before, uint64 now_signature)
{
	if (before->signature != now_signature)
		return true;
	if (before->pending)
		return tend_monotonic_seconds() >= before->look_again;
	return has_news(visit, relid);
}

/*
 * Say that statistics were lost, in the transaction that writes the new
 * counters: the next visit will find nothing strange in them.
 */
static void
record_lost(TendVisit *visit)
{
	if (visit->statistics_lost > 0 && !visit->statistics_reported)
	{
		visit->report.rows_written +=
			tend_event_statistics_lost(visit->reading.now, visit->statistics_lost);
		visit->statistics_reported = true;
	}
	visit->statistics_lost = 0;
}

/*
 * Look at one chunk of tables; returns the last OID, or InvalidOid at the end.
 */
Oid
tend_visit_tables(TendVisit *visit, Oid after)
{
	TendTableFacts *tables;
	int			n = tend_collect_tables(after, TEND_VISIT_CHUNK, &visit->reading.running, visit->cxt, &tables);
	Oid			last = n == TEND_VISIT_CHUNK ? tables[n - 1].heap.relid : InvalidOid;
	TendTableMemory *memories = MemoryContextAlloc(visit->cxt, sizeof(TendTableMemory) * Max(n, 1));
	int			nchanged = 0;

	for (int i = 0; i < n; i++)
	{
		TendTableMemory memory = {0};
		TendTableMemory before;
		bool		known = tend_table_recall(MyDatabaseId, tables[i].heap.relid, &before);
		TendTableVerdict v = judge(visit, &tables[i]);

		add_totals(visit, &tables[i], &v);
		if (known)
			memory = before;
		memory.signature = signature(&tables[i]);
		table_events(visit, &tables[i], &v, &memory);
		tend_visit_watch(visit, &tables[i], &v);
		if (is_ours(&tables[i]))
			continue;
		if (!known || needs_look(visit, tables[i].heap.relid, &before, memory.signature))
		{
			/* gather the changed ones at the beginning */
			memories[nchanged] = memory;
			tables[nchanged++] = tables[i];
		}
		else if (before.overdue_visits != memory.overdue_visits)
			remember(visit, tables[i].heap.relid, &memory);
	}
	if (nchanged > 0)
		record_changed(visit, tables, memories, nchanged);
	record_lost(visit);
	visit->report.tables += n;
	return last;
}
