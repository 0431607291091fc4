/*-------------------------------------------------------------------------
 *
 * verify_task.c
 *	  What is to be verified, and what is known of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "act/verify.h"
#include "advise/attribute.h"

/* Add an entry of the store: other conditions on the same columns. */
static void
add_evidence(TendVerifyTask *task, const TendEstimateEntry *entry)
{
	if (task->nkeys == TEND_VERIFY_KEYS)
		return;
	task->sums[task->nkeys] = entry->sums;
	task->keys[task->nkeys++] = entry->key;
	for (int i = 0; i < task->columns.n; i++)
		task->classes[i] = Max(task->classes[i], entry->key.classes[i]);
	task->samples += entry->sums.samples;
	task->right += entry->sums.right;
	task->parameters += entry->sums.parameters;
	task->ms += entry->ms;
	if (task->first_seen == 0 || entry->first_seen < task->first_seen)
		task->first_seen = entry->first_seen;
	for (int i = 0; i < TEND_ESTIMATE_QUERIES; i++)
	{
		if (entry->queries[i].samples > 0)
			tend_estimate_queries_add(task->queries, &entry->queries[i]);
	}
	task->nqueries = 0;
	while (task->nqueries < TEND_ESTIMATE_QUERIES && task->queries[task->nqueries].samples > 0)
		task->nqueries++;
}

/*
 * A task about columns of a table, with what entries of the store know of them
 */
TendVerifyTask
tend_verify_task(Oid relid, const TendColumnSet *columns, bool groups,
				 const TendEstimateEntry *entries, int n)
{
	TendVerifyTask task = {.relid = relid,.columns = *columns,.groups = groups};

	for (int i = 0; i < n; i++)
	{
		const TendEstimateKey *key = &entries[i].key;

		if (key->relid == relid && key->cause == TEND_CAUSE_CORRELATED &&
			key->kind == (groups ? TEND_ESTIMATE_GROUPS : TEND_ESTIMATE_FILTER) &&
			key->ncolumns == columns->n &&
			memcmp(key->columns, columns->columns, sizeof(int16) * columns->n) == 0)
			add_evidence(&task, &entries[i]);
	}
	return task;
}
