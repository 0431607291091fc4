/*-------------------------------------------------------------------------
 *
 * visit_managed.c
 *	  The step of a visit that cares for tables that pg_tend has changed.
 *
 * What somebody else has changed is his; what is unsafe or did not help is
 * taken back; leases end with their blocker.  Each table is looked at once
 * more in a transaction of its own: somebody may have acted meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "act/change.h"
#include "advise/lease.h"
#include "advise/tune_words.h"
#include "settings.h"
#include "store/events.h"
#include "store/history_ring.h"
#include "store/table_proof.h"
#include "worker/visit_tune.h"

/* ---- saying so ---- */

/* An event that says what was changed, or left to somebody else */
void
tend_visit_changed(TendVisit *visit, const TendTableFacts *facts, const char *message)
{
	visit->report.rows_written += tend_event_options_changed(visit->reading.now, facts, message);
}

/* Write down that a change failed for a reason that will not pass by itself. */
void
tend_visit_note_problem(TendVisit *visit, const TendTableFacts *facts, const TendChange *change)
{
	if (change->result == TEND_ALTER_FAILED)
		visit->report.rows_written +=
			tend_event_options_refused(visit->reading.now, facts, tend_change_problem(change));
}

/* ---- while tables are looked at ---- */

/* Vacuums of a topic since its last change; counters may have been reset. */
static int64
cycles_since(int64 now, int64 then)
{
	return now >= then ? now - then : now;
}

static bool
is_provable(const TendLedgerTable *t, TendTopic topic, const TendTableFacts *facts, bool held)
{
	const TendHeapFacts *heap = topic == TEND_TOPIC_TOAST ? &facts->toast : &facts->heap;

	if (!t->pending[topic] || held)
		return false;
	if (topic == TEND_TOPIC_ANALYZE)
		return cycles_since(facts->heap.analyze_count, t->analyzes_then[topic]) >= TEND_PROOF_CYCLES;
	if (topic == TEND_TOPIC_FREEZE)
		return facts->heap.xid_age < 0 ||
			cycles_since(heap->vacuum_count, t->managed.vacuums_then[topic]) >= 1;
	return cycles_since(heap->vacuum_count, t->managed.vacuums_then[topic]) >= TEND_PROOF_CYCLES;
}

/* Has somebody else changed what we had set? */
static void
look_for_edits(TendLedgerTable *t, const TendTableFacts *facts)
{
	for (int i = 0; i < TEND_NUM_OPTIONS; i++)
	{
		double		value = tend_option_current(facts, i);
		TendTopic	topic = tend_option_topic(i);

		if (!t->managed.options[i].ours)
			continue;
		if (isnan(value))
			t->reset[topic] = true;
		else if (fabs(value - t->managed.options[i].value) > 1e-9 * fabs(value))
			t->edited[topic] = true;
	}
}

/*
 * A proof needs a time in which vacuum could work.  Shorter transactions are
 * everywhere.
 */
static bool
vacuum_is_held(const TendVisit *visit)
{
	const TendHorizon *h = &visit->reading.horizon;

	return h->held && (h->since == 0 ||
					   visit->reading.now - h->since >= (int64) tend_interval * USECS_PER_SEC);
}

/*
 * Has the user given the table options that TOAST would take from it, if it
 * had none of ours?
 */
static bool
hides_options_from_toast(const TendLedgerTable *t, const TendTableFacts *facts)
{
	int			ours = 0;

	for (int i = 0; i < TEND_NUM_OPTIONS; i++)
		ours += t->managed.options[i].ours && !isnan(tend_option_current(facts, i));
	return tend_ledger_is_in_force(t, TEND_TOPIC_TOAST) && facts->noverrides > ours;
}

static void
watch(const TendVisit *visit, TendLedgerTable *t, const TendTableFacts *facts,
	  const TendTableVerdict *v)
{
	bool		held = vacuum_is_held(visit);

	t->seen = true;
	if (!t->in_force)
		return;
	t->in_doubt = visit->tuning.doubt || tend_table_in_doubt(v);
	look_for_edits(t, facts);
	t->hides_from_toast = hides_options_from_toast(t, facts);
	for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
	{
		t->provable[topic] = is_provable(t, topic, facts, held);
		t->lease_over[topic] = t->lease_until[topic] != 0 &&
			(!tend_lease_may_last(&visit->reading.horizon, tend_freeze_due(v)) ||
			 t->lease_until[topic] < visit->reading.now);
	}
}

/*
 * Note what this visit sees of a table that pg_tend has changed before.
 */
void
tend_visit_watch(TendVisit *visit, const TendTableFacts *facts, const TendTableVerdict *v)
{
	TendLedgerTable *t = tend_ledger_find(&visit->tuning.ledger, facts->heap.relid);

	if (t != NULL)
		watch(visit, t, facts, v);
}

/* ---- taking back ---- */

static void
take_back(TendVisit *visit, const TendTableFacts *facts, TendLedgerTable *t, TendTopic topic,
		  int64 change_id, const char *by)
{
	TendChange	change = tend_change_restore(facts, &t->managed, topic, change_id,
											 visit->reading.now, by);

	if (change.result == TEND_ALTER_DONE)
		tend_visit_changed(visit, facts, psprintf("%s -- %s", tend_change_text(&change), by));
	tend_visit_note_problem(visit, facts, &change);
}

static void
end_lease(TendVisit *visit, const TendTableFacts *facts, TendLedgerTable *t, TendTopic topic)
{
	const char *by = visit->reading.horizon.held ? TEND_BY_EXPIRY : TEND_BY_LEASE;
	TendChange	change = tend_change_end_lease(facts, &t->managed, topic, visit->reading.now, by);

	if (change.result == TEND_ALTER_DONE)
		tend_visit_changed(visit, facts, psprintf("%s -- %s", tend_change_text(&change), by));
	tend_visit_note_problem(visit, facts, &change);
}

static void
prove(TendVisit *visit, const TendTableFacts *facts, TendLedgerTable *t, TendTopic topic)
{
	TendClaim	claim;
	TendObserved seen;
	TendOutcome observed;
	TimestampTz since;
	int64		change_id;
	StringInfoData why;
	StringInfoData json;
	bool		keep;

	if (!tend_ledger_claim(facts->heap.relid, topic, &claim, &since, &change_id) ||
		!tend_table_proof_read(facts->heap.relid, topic, since, &seen) ||
		!tend_proof_is_due(&claim, &seen))
		return;
	/* that nothing is seen would prove nothing */
	if (claim.reason == TEND_REASON_MISLED && tend_estimate_sample_rate <= 0)
		return;
	initStringInfo(&why);
	initStringInfo(&json);
	keep = tend_proof(&claim, &seen, &observed, &why);
	tend_observed_json(&json, &observed, &seen, why.data);
	tend_ledger_observed(facts->heap.relid, topic, json.data, keep);
	if (!keep && t->applies)
		take_back(visit, facts, t, topic, change_id, TEND_BY_PROOF);
}

/* Topics whose options somebody else has changed are his. */
static void
yield_to_user(TendVisit *visit, const TendTableFacts *facts, TendLedgerTable *t, TendTopic topic)
{
	const char *by = t->edited[topic] ? TEND_BY_OTHER_HAND : TEND_BY_RESET_HAND;

	tend_ledger_revert_from(facts->heap.relid, topic, 0, visit->reading.now, by);
	/* the candidates of this visit are yet to come */
	t->managed.hands_off_until[topic] = TEND_HANDS_OFF_FOR_GOOD;
	t->managed.changed_at[topic] = visit->reading.now;
	for (int i = 0; i < TEND_NUM_OPTIONS; i++)
	{
		if (tend_option_topic(i) == topic)
			t->managed.options[i].ours = false;
	}
	tend_visit_changed(visit, facts, psprintf("autovacuum options for %s were %s: pg_tend leaves them alone",
											  tend_topic_name(topic), by));
}

static bool
needs_care(const TendLedgerTable *t)
{
	bool		any = t->in_doubt || !t->seen || t->hides_from_toast;

	for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
		any = any || t->edited[topic] || t->reset[topic] || t->provable[topic] || t->lease_over[topic];
	return t->in_force && any;
}

static void
care_for_topic(TendVisit *visit, const TendTableFacts *facts, TendLedgerTable *t, TendTopic topic)
{
	bool		ours = tend_ledger_is_in_force(t, topic);

	if (t->edited[topic] || t->reset[topic])
		yield_to_user(visit, facts, t, topic);
	else if (t->in_doubt && ours && topic != TEND_TOPIC_FREEZE && topic != TEND_TOPIC_COST)
		take_back(visit, facts, t, topic, 0, TEND_BY_SAFETY);
	else if (topic == TEND_TOPIC_TOAST && t->hides_from_toast)
		take_back(visit, facts, t, topic, 0, TEND_BY_YIELD);
	else if (t->lease_over[topic])
		end_lease(visit, facts, t, topic);
	else if (t->provable[topic])
		prove(visit, facts, t, topic);
}

/* The table is gone: so are its options. */
static void
forget(TendVisit *visit, Oid relid)
{
	for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
		tend_ledger_revert_from(relid, topic, 0, visit->reading.now, TEND_BY_DROP);
}

/* What is in force on a table now: somebody may have acted since we looked. */
static TendLedgerTable *
reload(TendVisit *visit, const TendTunedTable *table)
{
	TendLedger	ledger = tend_ledger_load_table(table->facts.heap.relid, visit->reading.now,
												tend_interval, visit->cxt);
	TendLedgerTable *t = tend_ledger_find(&ledger, table->facts.heap.relid);
	TendTableVerdict v = tend_table_verdict(&table->table);

	if (t == NULL || !t->in_force)
		return NULL;
	watch(visit, t, &table->facts, &v);
	t->applies = table->mode == TEND_TUNING_APPLY && !visit->tuning.read_only &&
		!visit->tuning.change_freeze;
	return t;
}

/* One table on which something is in force, in its own transaction */
static bool
care_for_table(TendVisit *visit, Oid relid)
{
	TendTunedTable table;
	TendLedgerTable *t;

	if (!tend_visit_begin(visit))
		return false;
	tend_ring_open();
	if (!tend_tuning_fetch(&table, relid, &visit->tuning, &visit->reading, visit->cxt))
		forget(visit, relid);
	else if ((t = reload(visit, &table)) != NULL)
	{
		for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
			care_for_topic(visit, &table.facts, t, topic);
	}
	tend_visit_commit(visit);
	return true;
}

/* Leases go on while their blocker does, where pg_tend may give them at all. */
static bool
renew_leases(TendVisit *visit)
{
	HASH_SEQ_STATUS status;
	TendLedgerTable *t;
	TimestampTz half = visit->reading.now +
		(int64) TEND_LEASE_INTERVALS / 2 * tend_interval * USECS_PER_SEC;

	if (!tend_visit_begin(visit))
		return false;
	hash_seq_init(&status, visit->tuning.ledger.tables);
	while ((t = hash_seq_search(&status)) != NULL)
	{
		bool		applies = tend_tuning_mode(&visit->tuning, t->relid) == TEND_TUNING_APPLY;

		for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
		{
			if (applies && t->seen && t->lease_until[topic] != 0 && !t->lease_over[topic] &&
				t->lease_until[topic] < half)
				tend_ledger_renew_lease(t->relid, topic, tend_visit_lease_end(visit));
		}
	}
	tend_visit_commit(visit);
	return true;
}

/*
 * Do what is due for the tables that pg_tend has changed before.  False if the
 * visit has to end.
 */
bool
tend_visit_care_for_managed(TendVisit *visit)
{
	HASH_SEQ_STATUS status;
	TendLedgerTable *t;
	TendLedgerTable **needy;
	int			n = 0;

	if (visit->tuning.ledger.tables == NULL)
		return true;
	/* a scan of the hash table would not survive the transactions */
	needy = MemoryContextAlloc(visit->visit_cxt, sizeof(TendLedgerTable *) *
							   hash_get_num_entries(visit->tuning.ledger.tables));
	hash_seq_init(&status, visit->tuning.ledger.tables);
	while ((t = hash_seq_search(&status)) != NULL)
	{
		if (needs_care(t))
			needy[n++] = t;
	}
	for (int i = 0; i < n; i++)
	{
		if (!care_for_table(visit, needy[i]->relid))
			return false;
	}
	return renew_leases(visit);
}
