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
#include "miscadmin.h"
#include "settings.h"
#include "sql.h"
#include "store/events.h"
#include "store/history_ring.h"
#include "worker/visit_tune.h"

/* ---- while tables are looked at ---- */

/* How long to remember what was reverted: a failed proof counts for a week. */
static int64
forget_seconds(void)
{
	return Max((int64) tend_retention, (int64) TEND_WEEK_INTERVALS * tend_interval);
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
	tend_visit_load_measured(visit);
	tend_database_economy(MyDatabaseId, &visit->economy);
	tend_economy_fade(&visit->economy);
	clean_up(visit);
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

/* May leases be given at all? */
static bool
may_lease(const TendVisit *visit)
{
	return visit->reading.horizon.held && !visit->tuning.doubt && !visit->tuning.read_only &&
		!visit->tuning.change_freeze &&
		visit->tuning.ledger.totals.leases_in_hour < tend_max_actions_per_hour;
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
	if (may_lease(visit) && tend_leases(&t->tune, leases) > 0)
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
		tend_visit_changed(visit, &t->facts, psprintf("%s -- %s", tend_change_text(&change), reason.data));
		for (int i = 0; i < n; i++)
		{
			if (proposals[i]->topic == TEND_TOPIC_COST)
				visit->tuning.ledger.totals.cost_granted +=
					proposals[i]->options[0].value - tend_cost_granted(t->tune.managed);
		}
		return true;
	}
	tend_visit_note_problem(visit, &t->facts, &change);
	return false;
}

/* When a lease that is given now will end */
TimestampTz
tend_visit_lease_end(const TendVisit *visit)
{
	return visit->reading.now + (int64) TEND_LEASE_INTERVALS * tend_interval * USECS_PER_SEC;
}

static void
give_leases(TendVisit *visit, const TendTunedTable *t)
{
	TendProposal leases[TEND_NUM_TOPICS];
	const TendProposal *list[TEND_NUM_TOPICS];
	int			n = tend_leases(&t->tune, leases);

	if (n == 0 || !may_lease(visit))
		return;
	for (int i = 0; i < n; i++)
		list[i] = &leases[i];
	if (carry_out(visit, t, list, n, tend_visit_lease_end(visit)))
		visit->tuning.ledger.totals.leases_in_hour++;
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
		visit->tuning.ledger.totals.changes_in_hour++;
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
	context.ledger.totals = visit->tuning.ledger.totals;
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
	if (!tend_visit_care_for_managed(visit))
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
