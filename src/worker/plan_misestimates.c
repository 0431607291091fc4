/*-------------------------------------------------------------------------
 *
 * plan_misestimates.c
 *	  Find the misestimate that goes with a change of plan.
 *
 * It must have been seen in an execution of this query, at the time of the
 * change, and be about a table of one of its plans.  With one execution of a
 * hundred being sampled, it may be known later than the change.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/plan_misestimate.h"
#include "collect/estimate_subject.h"
#include "miscadmin.h"
#include "settings.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "worker/plan_misestimates.h"

static bool
has_query(const TendEstimateEntry *entry, uint64 queryid)
{
	for (int i = 0; i < TEND_ESTIMATE_QUERIES; i++)
	{
		if (entry->queries[i].samples > 0 && entry->queries[i].queryid == queryid)
			return true;
	}
	return false;
}

static bool
has_table(const TendPlanEntry *plan, Oid relid)
{
	for (int i = 0; plan != NULL && i < plan->origin.nrelids; i++)
	{
		if (plan->origin.relids[i] == relid)
			return true;
	}
	return false;
}

static double
suspicion(const TendPlanRecord *record, const TendEstimateEntry *entry)
{
	TendPlanSuspect suspect = {
		.sums = &entry->sums,
		.first_seen = entry->first_seen,
		.last_seen = entry->last_seen
	};

	return tend_plan_suspicion(&suspect, record->change.at, tend_interval);
}

static const TendEstimateEntry *
most_suspicious(const TendPlanRecord *record, const TendPlanEntry *old, const TendPlanEntry *new,
				const TendKnownEstimates *known)
{
	const TendEstimateEntry *worst = NULL;
	double		most = 0;

	for (int i = 0; i < known->n; i++)
	{
		const TendEstimateEntry *entry = &known->entries[i];

		if (!has_query(entry, record->queryid) ||
			(!has_table(old, entry->key.relid) && !has_table(new, entry->key.relid)) ||
			suspicion(record, entry) <= most)
			continue;
		worst = entry;
		most = suspicion(record, entry);
	}
	return worst;
}

static void
describe(TendPlanRecord *record, const TendEstimateEntry *entry)
{
	TendEstimateSubject subject;
	StringInfoData text;
	TendMisestimate m = {
		.key = &entry->key,
		.sums = &entry->sums,
		.columns = subject.quoted_columns
	};

	if (!tend_estimate_subject(&entry->key, &subject))
		return;
	m.table = subject.quoted_table;
	initStringInfo(&text);
	tend_plan_misestimate_words(&text, &m);
	record->misestimate_words = text.data;

	initStringInfo(&text);
	tend_plan_misestimate_json(&text, &m);
	record->misestimate = text.data;
}

/*
 * Name the misestimate that goes with a change, unless that was done.  True if
 * there is something new to say.
 */
bool
tend_plan_find_misestimate(TendPlanRecord *record, const TendPlanEntry *old,
						   const TendPlanEntry *new, TimestampTz now,
						   TendKnownEstimates *known, MemoryContext cxt)
{
	int64		patience = (int64) TEND_SUSPECT_INTERVALS * 2 * tend_interval * USECS_PER_SEC;
	const TendEstimateEntry *entry;
	MemoryContext previous;

	if (record->misestimate != NULL || now - record->change.at > patience)
		return false;
	previous = MemoryContextSwitchTo(cxt);
	if (!known->read)
		known->entries = tend_estimates_list(MyDatabaseId, &known->n);
	known->read = true;
	entry = most_suspicious(record, old, new, known);
	if (entry != NULL)
		describe(record, entry);
	MemoryContextSwitchTo(previous);
	return record->misestimate != NULL;
}
