/*-------------------------------------------------------------------------
 *
 * whatif.c
 *	  What would the planner expect if a table had other statistics?
 *
 * All trials are made with one stand-in, so with the same statistics on single
 * columns: what differs is due to the trial.  One of them is the control,
 * without a candidate; otherwise what is owed to fresh statistics would be put
 * down to the new ones.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "act/whatif.h"
#include "as_owner.h"
#include "collect/reestimate.h"
#include "miscadmin.h"
#include "nodes/nodes.h"
#include "store/shared.h"
#include "utils/memutils.h"

static double
ask(const TendStandIn *stand_in, const TendQuestion *q)
{
	double		table_rows;
	double		rows;

	if (q->clauses == NIL)
		return tend_expected_groups(stand_in->relid, q->columns, q->ncolumns,
									q->table_rows > 0 ? q->table_rows : stand_in->sample->table_rows);
	rows = tend_expected_rows(stand_in->relid, copyObject(q->clauses), &table_rows);
	return q->table_rows > 0 && table_rows > 0 ? rows / table_rows * q->table_rows : rows;
}

static double *
ask_all(const TendStandIn *stand_in, const TendWhatif *w)
{
	double	   *expected = palloc(sizeof(double) * w->nquestions);
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend what-if",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	TendIdentity saved = tend_become_owner(stand_in->relid);

	for (int i = 0; i < w->nquestions; i++)
	{
		CHECK_FOR_INTERRUPTS();
		expected[i] = ask(stand_in, &w->questions[i]);
		MemoryContextReset(cxt);
	}
	tend_become_again(saved);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return expected;
}

static double *
no_answers(const TendWhatif *w)
{
	double	   *expected = palloc(sizeof(double) * w->nquestions);

	for (int i = 0; i < w->nquestions; i++)
		expected[i] = NAN;
	return expected;
}

static double *
try(TendStandIn *stand_in, const TendWhatif *w, const TendCandidate *candidate)
{
	Oid			object = tend_stand_in_add(stand_in, candidate);
	double	   *expected;

	if (!OidIsValid(object))
		return no_answers(w);
	expected = ask_all(stand_in, w);
	tend_stand_in_remove(stand_in, object);
	return expected;
}

/*
 * Try statistics one after the other.  Answers are in the current memory
 * context.  False: the time is over.  To be called in a subtransaction that is
 * rolled back whatever comes.
 */
bool
tend_whatif(TendWhatif *w)
{
	TendStandIn stand_in;

	tend_stand_in_create(&stand_in, w->sample);
	w->bare = ask_all(&stand_in, w);
	w->control = w->bare;
	for (int i = 0; i < w->existing->n; i++)
		(void) tend_stand_in_add(&stand_in, &w->existing->like[i]);
	if (w->existing->n > 0)
		w->control = ask_all(&stand_in, w);

	w->with = palloc(sizeof(double *) * Max(w->ncandidates, 1));
	for (int i = 0; i < w->ncandidates; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (tend_monotonic_seconds() > w->deadline)
			return false;
		w->with[i] = try(&stand_in, w, &w->candidates[i]);
	}
	return true;
}
