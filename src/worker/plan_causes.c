/*-------------------------------------------------------------------------
 *
 * plan_causes.c
 *	  Put together what is known of the two sides of a change of plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/plan_cause.h"
#include "advise/plan_sums.h"
#include "collect/planner_inputs.h"
#include "settings.h"
#include "store/input_history.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "worker/plan_causes.h"

/* A plan that became slow is compared with what was known so long before. */
#define BEFORE_INTERVALS	60

/*
 * Counters of a session come in late, as if an old plan had been in use for
 * longer: its last visits say nothing about what it was made from.
 */
#define LATE_INTERVALS		2

/* The texts of a change, which outlive the plans */
void
tend_plan_describe_record(TendPlanRecord *record, const TendPlanEntry *old,
						  const TendPlanEntry *new, MemoryContext cxt)
{
	MemoryContext previous = MemoryContextSwitchTo(cxt);
	TendPlanTexts old_texts = {0};
	TendPlanTexts new_texts = {0};

	if (old != NULL)
		(void) tend_plans_texts(&old->key, &old_texts);
	if (new != NULL)
		(void) tend_plans_texts(&new->key, &new_texts);
	record->query = new_texts.query != NULL ? new_texts.query : old_texts.query;
	record->old_plan = old_texts.plan;
	record->new_plan = new_texts.plan;
	MemoryContextSwitchTo(previous);
}

static void
fill_side(TendPlanSide *side, const TendPlanEntry *entry, uint64 planid, const char *plan)
{
	TendPlanTexts texts = {0};

	memset(side, 0, sizeof(*side));
	side->planid = planid;
	side->plan = plan;
	if (entry == NULL)
		return;
	side->shapeid = entry->origin.shapeid;
	side->generic = entry->origin.generic;
	(void) tend_plans_texts(&entry->key, &texts);
	side->settings = texts.settings;
	if (side->plan == NULL)
		side->plan = texts.plan;
}

static TimestampTz
intervals_before(TimestampTz at, int n)
{
	return at - (int64) n * tend_interval * USECS_PER_SEC;
}

/*
 * What the planner knew when the old plan was last made: at the latest some
 * time before it was last used, but not before there was anything to know.
 */
static TimestampTz
time_of_old(const TendPlanChange *change, const TendPlanEntry *old)
{
	TimestampTz last = change->at - 1;
	TimestampTz first;

	if (change->old_planid == change->new_planid)
		return intervals_before(change->at, BEFORE_INTERVALS);
	if (old == NULL)
		return intervals_before(last, LATE_INTERVALS);
	last = Min(last, old->last_seen - 1);
	/* noted by the next visit */
	first = intervals_before(old->first_seen, -1);
	return Max(intervals_before(last, LATE_INTERVALS), Min(first, last));
}

/*
 * What was noted of the visibility map is as old as the last vacuum or
 * analyze: where an index-only scan depends on it, look.
 */
static void
look_at_visibility(const TendPlanSide *side, TendTableInputs *tables)
{
	if (side->plan == NULL || strstr(side->plan, "Index Only Scan") == NULL)
		return;
	for (int i = 0; i < side->ntables; i++)
	{
		double		now = tend_collect_allvisible(tables[i].relid);

		if (!isnan(now))
			tables[i].allvisible = now;
	}
}

/* Find the cause of a change, from all that is known of both sides. */
void
tend_plan_find_record_cause(TendPlanRecord *record, const TendPlanEntry *old,
							const TendPlanEntry *new, MemoryContext cxt)
{
	const TendPlanEntry *any = new != NULL ? new : old;
	TendPlanSide old_side;
	TendPlanSide new_side;
	TendPlanFinding finding;

	fill_side(&old_side, old, record->change.old_planid, record->old_plan);
	fill_side(&new_side, new, record->change.new_planid, record->new_plan);
	old_side.sums = record->change.old;
	if (new != NULL)
	{
		TendPlanSums totals = tend_plan_sums(&new->total);

		new_side.sums = tend_sums_minus(&totals, &record->change.start);
	}
	if (any != NULL)
	{
		TendTableInputs *tables;

		old_side.ntables = tend_inputs_read(any->origin.relids, any->origin.nrelids,
											time_of_old(&record->change, old), true, &tables);
		old_side.tables = tables;
		new_side.ntables = tend_inputs_read(any->origin.relids, any->origin.nrelids,
											GetCurrentTimestamp(), false, &tables);
		new_side.tables = tables;
		look_at_visibility(&new_side, tables);
	}
	tend_plan_find_cause(&old_side, &new_side, &finding);
	record->cause = tend_plan_cause_name(finding.cause);
	record->cause_words = MemoryContextStrdup(cxt, finding.words);
	record->cause_evidence = MemoryContextStrdup(cxt, finding.evidence);
	record->remedy = MemoryContextStrdup(cxt, finding.remedy);
}
