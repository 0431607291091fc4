/*-------------------------------------------------------------------------
 *
 * visit_tune.c
 *	  The steps of a visit that tune tables.
 *
 * While the visit looks at tables, those that may deserve a change are
 * gathered.  Afterwards each is looked at again, in a transaction of its own,
 * and changed if nothing stands in the way: first what has to be taken back,
 * then what is new, the largest benefit first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "act/change.h"
#include "advise/lease.h"
#include "advise/tune_words.h"
#include "collect/tables.h"
#include "miscadmin.h"
#include "settings.h"
#include "sql.h"
#include "store/events.h"
#include "store/history_ring.h"
#include "store/table_proof.h"
#include "utils/memutils.h"
#include "worker/visit_tune.h"

/* ---- what vacuums cost ---- */

/* Reports taken at a time: as many as there can be */
#define MAX_REPORTS 4096

typedef struct MeasuredEntry
{
	uint64		name_hash;		/* must be first */
	TendMeasured measured;
} MeasuredEntry;

static void
add_report(HTAB *measured, const TendVacuumReport *report)
{
	bool		found;
	MeasuredEntry *entry = hash_search(measured, &report->name_hash, HASH_ENTER, &found);
	TendMeasured *m = &entry->measured;

	if (!found)
		memset(m, 0, sizeof(*m));
	if (report->kind == TEND_REPORT_ANALYZE)
	{
		m->analyzes++;
		m->analyze_pages += report->pages;
		return;
	}
	m->vacuums++;
	m->vacuum_pages += report->pages;
	m->vacuum_wal += report->wal_bytes;
	m->vacuum_ms += report->ms;
}

static void
load_measured(TendVisit *visit)
{
	HASHCTL		ctl = {.keysize = sizeof(uint64),.entrysize = sizeof(MeasuredEntry)};
	TendVacuumReport *reports = palloc(sizeof(TendVacuumReport) * MAX_REPORTS);
	int			n = tend_report_take(MyDatabaseId, reports, MAX_REPORTS);

	ctl.hcxt = visit->visit_cxt;
	visit->measured = hash_create("pg_tend prices", 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (int i = 0; i < n; i++)
		add_report(visit->measured, &reports[i]);
	pfree(reports);
}

static const TendMeasured *
find_measured(TendVisit *visit, const char *schema_name, const char *table_name)
{
	uint64		hash = tend_report_hash(schema_name, table_name);
	MeasuredEntry *entry = hash_search(visit->measured, &hash, HASH_FIND, NULL);

	return entry != NULL ? &entry->measured : NULL;
}

/*
 * What the vacuums of a table and of its TOAST table cost since the last
 * visit; NULL if there was none.  The result is overwritten by the next call.
 */
const TendMeasured *
tend_visit_measured(TendVisit *visit, const TendTableFacts *table)
{
	static TendMeasured sum;
	const TendMeasured *heap = find_measured(visit, table->schema_name, table->table_name);
	const TendMeasured *toast;
	char		toast_name[NAMEDATALEN];

	snprintf(toast_name, sizeof(toast_name), "pg_toast_%u", table->heap.relid);
	toast = find_measured(visit, "pg_toast", toast_name);
	if (heap == NULL && toast == NULL)
		return NULL;
	memset(&sum, 0, sizeof(sum));
	if (heap != NULL)
		sum = *heap;
	if (toast != NULL)
	{
		sum.toast_vacuums = toast->vacuums;
		sum.toast_vacuum_pages = toast->vacuum_pages;
		sum.toast_vacuum_wal = toast->vacuum_wal;
	}
	return &sum;
}

/* ---- while tables are looked at ---- */

/* How long to remember what was reverted: a failed proof counts for a week. */
static int64
forget_seconds(void)
{
	return Max((int64) tend_retention, (int64) 10080 * tend_interval);
}

/* Policies of tables that are gone, and changes of which nobody will ask */
static void
clean_up(TendVisit *visit)
{
	TimestampTz now = visit->reading.now;
	uint64		gone = tend_sql_select("read tend.table_policy",
									   "SELECT relid::oid FROM tend.table_policy p WHERE NOT EXISTS"
									   " (SELECT FROM pg_catalog.pg_class c WHERE c.oid = p.relid)",
									   0, NULL, NULL);

	tend_sql_done();
	if (gone > 0)
		visit->report.rows_written += tend_event_policies_gone(now);
	if (visit->tuning.ledger.tables != NULL)
		visit->report.rows_written +=
			tend_ledger_forget(now - forget_seconds() * USECS_PER_SEC) +
			tend_ledger_rename();
}

void
tend_visit_tune_begin(TendVisit *visit)
{
	tend_ring_open();
	visit->report.rows_written += tend_ledger_adopt(visit->reading.now);
	visit->tuning = tend_tuning_begin(&visit->reading, visit->read_only, visit->visit_cxt);
	load_measured(visit);
	tend_database_economy(MyDatabaseId, &visit->economy);
	tend_economy_fade(&visit->economy);
	clean_up(visit);
}

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

/* Keep the candidates with the largest benefit. */
static void
add_candidate(TendVisit *visit, Oid relid, uint8 wishes, double benefit)
{
	int			least = 0;

	if (visit->ncandidates < TEND_MAX_CANDIDATES)
		least = visit->ncandidates++;
	else
	{
		for (int i = 1; i < visit->ncandidates; i++)
		{
			if (visit->candidates[i].benefit < visit->candidates[least].benefit)
				least = i;
		}
		if (visit->candidates[least].benefit >= benefit)
			return;
	}
	visit->candidates[least].relid = relid;
	visit->candidates[least].wishes = wishes;
	visit->candidates[least].benefit = benefit;
}

/* ---- leases ---- */

/*
 * A lease that a topic of this table should have: fills a proposal.
 */
static bool
wants_lease(const TendTunedTable *t, TendTopic topic, TendOptionId option, TendProposal *p)
{
	bool		toast = topic == TEND_TOPIC_TOAST;
	const TendHeapFacts *heap = toast ? &t->facts.toast : &t->facts.heap;
	const TendOptions *options = toast && heap->options.any ? &heap->options : &t->facts.heap.options;
	TendTableVerdict v = tend_table_verdict(&t->table);
	const TendThresholds *now = toast ? &v.toast : &v.table;
	bool		insert = topic == TEND_TOPIC_INSERT;
	TendLeaseCase l = {
		.horizon = t->table.horizon,
		.counter = insert ? heap->inserts_since_vacuum : heap->dead_tuples,
		.threshold = insert ? now->insert : now->vacuum,
		.rate = insert ? t->tune.learnt.inserts_fast :
		toast ? t->tune.learnt.toast_dead_hour : t->tune.learnt.dead_fast,
		.freeze_due = tend_freeze_due(&v),
		.now = t->table.now,
		.interval_seconds = t->tune.interval_seconds
	};
	double		base = insert ? options->insert_threshold : options->vacuum_threshold;
	double		setting = insert ? t->table.settings->insert_threshold : t->table.settings->vacuum_threshold;
	double		wanted;

	/* vacuum after inserts is switched off: that is somebody's will */
	if (l.threshold < 0)
		return false;
	wanted = tend_lease_threshold(&l);
	if (wanted <= l.threshold)
		return false;
	memset(p, 0, sizeof(*p));
	p->topic = topic;
	p->reason = TEND_REASON_LEASE;
	p->now.threshold = l.threshold;
	p->then.threshold = wanted;
	/* the share of the table stays as it is */
	tend_proposal_add(p, option,
					  tend_round_option(rint(wanted - l.threshold + (isnan(base) ? setting : base))));
	return true;
}

/* The user took back what we did here. */
static bool
is_hands_off(const TendTunedTable *t, TendTopic topic)
{
	return t->ledger != NULL && t->ledger->managed.hands_off_until[topic] > t->table.now;
}

/* May leases be given at all? */
static bool
may_lease(const TendVisit *visit)
{
	return visit->reading.horizon.held && !visit->tuning.doubt && !visit->tuning.read_only &&
		!visit->tuning.change_freeze &&
		visit->tuning.ledger.leases_in_hour < tend_max_actions_per_hour;
}

/* The leases that a table should have; returns how many */
static int
wanted_leases(const TendTunedTable *t, TendProposal *proposals)
{
	static const struct
	{
		TendTopic	topic;
		TendOptionId option;
	}			leases[] = {
		{TEND_TOPIC_DEAD, TEND_OPTION_VACUUM_THRESHOLD},
		{TEND_TOPIC_INSERT, TEND_OPTION_INSERT_THRESHOLD},
		{TEND_TOPIC_TOAST, TEND_OPTION_TOAST_VACUUM_THRESHOLD}
	};
	int			n = 0;

	if (!tend_tune_is_possible(&t->table))
		return 0;
	for (int i = 0; i < (int) lengthof(leases); i++)
	{
		if (tend_tune_is_open(&t->tune, leases[i].topic) &&
			!is_hands_off(t, leases[i].topic) &&
			wants_lease(t, leases[i].topic, leases[i].option, &proposals[n]))
			n++;
	}
	return n;
}

/* For so many intervals counts a table that was not seen for longer. */
#define MOST_INTERVALS 60

static void
add_to_economy(TendVisit *visit, const TendTunedTable *t)
{
	const TendAutovacuumSettings *settings = &visit->reading.settings;
	TendStock	heap = tend_heap_stock(&t->facts, &t->size, &t->tune.learnt, settings);
	TendStock	toast = tend_toast_stock(&t->facts, &t->size, &t->tune.learnt, settings);

	double		intervals = (visit->reading.now - t->past.at) /
		((double) tend_interval * USECS_PER_SEC);

	intervals = Min(Max(intervals, 0), MOST_INTERVALS);
	if (heap.rate > 0)
		tend_economy_add(&visit->economy, &heap, t->tune.dead_ratio_target, intervals);
	if (OidIsValid(t->facts.toast.relid) && toast.rate > 0)
		tend_economy_add(&visit->economy, &toast, t->tune.dead_ratio_target, intervals);
}

/*
 * Add a table with its new row of history to the economy, and to the
 * candidates if it wants other options.  Returns for how many rows it has.
 */
uint8
tend_visit_consider(TendVisit *visit, const TendTunedTable *t, uint8 wishes)
{
	TendProposal leases[TEND_NUM_TOPICS];
	TendTuning	tuning;
	double		benefit = 0;

	if (tend_tune_is_watched(&t->tune))
		add_to_economy(visit, t);
	if (t->mode != TEND_TUNING_APPLY)
		return 0;
	if (may_lease(visit) && wanted_leases(t, leases) > 0)
		add_candidate(visit, t->facts.heap.relid, wishes, INFINITY);

	tuning = tend_tune(&t->tune);
	if (tuning.nproposals == 0)
		return 0;
	wishes = Min(wishes + 1, PG_UINT8_MAX);
	for (int i = 0; i < tuning.nproposals; i++)
		benefit += tuning.proposals[i].benefit;
	if (wishes >= TEND_STEADY_WISHES)
		add_candidate(visit, t->facts.heap.relid, wishes, benefit);
	return wishes;
}

/* ---- acting ---- */

static void
changed(TendVisit *visit, const TendTableFacts *facts, const char *message)
{
	visit->report.rows_written += tend_event_options_changed(visit->reading.now, facts, message);
}

/* Write down that a change failed for a reason that will not pass by itself. */
static void
note_problem(TendVisit *visit, const TendTableFacts *facts, const TendChange *change)
{
	if (change->result == TEND_ALTER_FAILED)
		visit->report.rows_written +=
			tend_event_options_refused(visit->reading.now, facts, tend_change_problem(change));
}

static bool
carry_out(TendVisit *visit, const TendTunedTable *t, const TendProposal *const *proposals, int n,
		  TimestampTz lease_until)
{
	TendChange	change = tend_change_apply(&t->tune, proposals, n, lease_until);

	if (change.result == TEND_ALTER_DONE)
	{
		StringInfoData reason;

		initStringInfo(&reason);
		tend_proposal_reason(&reason, &t->tune, proposals[0]);
		changed(visit, &t->facts, psprintf("%s -- %s", change.command, reason.data));
		for (int i = 0; i < n; i++)
		{
			if (proposals[i]->topic == TEND_TOPIC_COST)
				visit->tuning.ledger.cost_granted += proposals[i]->options[0].value;
		}
		return true;
	}
	note_problem(visit, &t->facts, &change);
	return false;
}

static TimestampTz
lease_end(const TendVisit *visit)
{
	return visit->reading.now + (int64) TEND_LEASE_INTERVALS * tend_interval * USECS_PER_SEC;
}

static void
give_leases(TendVisit *visit, const TendTunedTable *t)
{
	TendProposal leases[TEND_NUM_TOPICS];
	const TendProposal *list[TEND_NUM_TOPICS];
	int			n = wanted_leases(t, leases);

	if (n == 0 || !may_lease(visit))
		return;
	for (int i = 0; i < n; i++)
		list[i] = &leases[i];
	if (carry_out(visit, t, list, n, lease_end(visit)))
		visit->tuning.ledger.leases_in_hour++;
}

static void
apply_proposals(TendVisit *visit, const TendTunedTable *t, uint8 wishes)
{
	TendTuning	tuning = tend_tune(&t->tune);
	const TendProposal *list[TEND_NUM_TOPICS];
	TendGuardCase guard = tend_tuning_guard(t, &visit->tuning, wishes);
	int			n = 0;

	for (int i = 0; i < tuning.nproposals; i++)
	{
		if (tend_guard(&guard, &tuning.proposals[i]) == TEND_BLOCK_NONE)
			list[n++] = &tuning.proposals[i];
	}
	if (n > 0 && carry_out(visit, t, list, n, 0))
		visit->tuning.ledger.changes_in_hour++;
}

/* One candidate, in its own transaction; false: the visit has to end. */
static bool
act_on_candidate(TendVisit *visit, const TendCandidate *candidate)
{
	TendTunedTable t;
	TendTuningContext context;

	if (!tend_visit_begin(visit))
		return false;
	tend_ring_open();
	/* somebody may have acted on it by hand since the visit began */
	context = visit->tuning;
	context.ledger = tend_ledger_load_table(candidate->relid, visit->reading.now, tend_interval,
											visit->cxt);
	context.ledger.changes_in_hour = visit->tuning.ledger.changes_in_hour;
	context.ledger.cost_granted = visit->tuning.ledger.cost_granted;
	if (tend_tuning_fetch(&t, candidate->relid, &context, &visit->reading, visit->cxt))
	{
		if (isinf(candidate->benefit))
			give_leases(visit, &t);
		else
			apply_proposals(visit, &t, candidate->wishes);
	}
	tend_visit_commit(visit);
	return true;
}

static int
by_benefit(const void *a, const void *b)
{
	double		x = ((const TendCandidate *) a)->benefit;
	double		y = ((const TendCandidate *) b)->benefit;

	return x > y ? -1 : x < y;
}

/* Large tables may stand still and want to be frozen apart all the same. */
static void
add_storm_candidates(TendVisit *visit)
{
	const TendStorm *storm = &visit->tuning.storm;

	for (int i = 0; i < storm->n && visit->tuning.somebody_applies; i++)
	{
		TendLedgerTable *t = tend_ledger_find(&visit->tuning.ledger, storm->tables[i].relid);

		/* once is enough */
		if ((t == NULL || !tend_ledger_is_in_force(t, TEND_TOPIC_FREEZE)) &&
			tend_storm_concerns(storm, i, visit->reading.settings.freeze_max_age))
			add_candidate(visit, storm->tables[i].relid, 0, 0);
	}
}

/* ---- taking back ---- */

static void
take_back(TendVisit *visit, const TendTableFacts *facts, TendLedgerTable *t, TendTopic topic,
		  int64 change_id, const char *by)
{
	TendChange	change = tend_change_restore(facts, &t->managed, topic, change_id,
											 visit->reading.now, by);

	if (change.result == TEND_ALTER_DONE)
		changed(visit, facts, psprintf("%s -- %s", change.command, by));
	note_problem(visit, facts, &change);
}

static void
end_lease(TendVisit *visit, const TendTableFacts *facts, TendLedgerTable *t, TendTopic topic)
{
	const char *by = visit->reading.horizon.held ? TEND_BY_EXPIRY : TEND_BY_LEASE;
	TendChange	change = tend_change_end_lease(facts, &t->managed, topic, visit->reading.now, by);

	if (change.result == TEND_ALTER_DONE)
		changed(visit, facts, psprintf("%s -- %s", change.command, by));
	note_problem(visit, facts, &change);
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
		!tend_table_proof_read(facts->heap.relid, topic, since, &seen))
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
	changed(visit, facts, psprintf("autovacuum options for %s were %s: pg_tend leaves them alone",
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

/* Leases go on while their blocker does. */
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
		for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
		{
			if (t->seen && t->lease_until[topic] != 0 && !t->lease_over[topic] &&
				t->lease_until[topic] < half)
				tend_ledger_renew_lease(t->relid, topic, lease_end(visit));
		}
	}
	tend_visit_commit(visit);
	return true;
}

static bool
care_for_managed(TendVisit *visit)
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

/*
 * After all tables were looked at: set the price, take back, and change.
 * False if the visit has to end.
 */
bool
tend_visit_tune(TendVisit *visit)
{
	visit->tuning.market = tend_market_next(visit->tuning.market, &visit->economy,
											tend_vacuum_io_budget, 1);
	tend_database_set_economy(MyDatabaseId, &visit->economy);
	if (!care_for_managed(visit))
		return false;
	add_storm_candidates(visit);
	qsort(visit->candidates, visit->ncandidates, sizeof(TendCandidate), by_benefit);
	for (int i = 0; i < visit->ncandidates; i++)
	{
		if (!act_on_candidate(visit, &visit->candidates[i]))
			return false;
	}
	return true;
}
