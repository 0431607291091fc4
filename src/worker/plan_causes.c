/*-------------------------------------------------------------------------
 *
 * plan_causes.c
 *	  Put together what is known of the two sides of a change of plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/plan_cause.h"
#include "advise/plan_sums.h"
#include "settings.h"
#include "store/input_history.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "worker/plan_causes.h"

/* A plan that became slow is compared with what was known so long before. */
#define BEFORE_INTERVALS	60

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

/*
 * What the planner knew when the old plan was last made: at the latest when it
 * was last used.
 */
static TimestampTz
time_of_old(const TendPlanChange *change, const TendPlanEntry *old)
{
	TimestampTz before = change->at;

	if (change->old_planid == change->new_planid)
		return before - (int64) BEFORE_INTERVALS * tend_interval * USECS_PER_SEC;
	if (old != NULL && old->last_seen < before)
		before = old->last_seen;
	return before - 1;
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
	}
	tend_plan_find_cause(&old_side, &new_side, &finding);
	record->cause = tend_plan_cause_name(finding.cause);
	record->cause_words = MemoryContextStrdup(cxt, finding.words);
	record->cause_evidence = MemoryContextStrdup(cxt, finding.evidence);
	record->remedy = MemoryContextStrdup(cxt, finding.remedy);
}
