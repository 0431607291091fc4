/*-------------------------------------------------------------------------
 *
 * whatif.c
 *	  What would the planner expect if a table had other statistics?
 *
 * All trials are made with one stand-in, so with the same statistics on single
 * columns: what differs is due to the trial.  One trial should be the control,
 * without statistics on several columns; otherwise what is owed to fresh
 * statistics would be put down to the new ones.
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
									stand_in->sample->table_rows);
	/* it simplifies clauses in place */
	rows = tend_expected_rows(stand_in->relid, copyObject(q->clauses), &table_rows);
	return q->table_rows > 0 && table_rows > 0 ? rows / table_rows * q->table_rows : rows;
}

static void
ask_all(const TendStandIn *stand_in, const TendQuestion *questions, int n, double *expected)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend what-if",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	TendIdentity saved = tend_become_owner(stand_in->relid);

	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		expected[i] = ask(stand_in, &questions[i]);
		MemoryContextReset(cxt);
	}
	tend_become_again(saved);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

/*
 * Try statistics one after the other.  Answers are in the current memory
 * context.  False: the time is over.  To be called in a subtransaction that is
 * rolled back whatever comes.
 */
bool
tend_whatif(const TendColumnSample *sample, const TendQuestion *questions, int nquestions,
			const TendTrial *trials, int ntrials, double deadline, TendWhatif *answers)
{
	TendStandIn stand_in;

	tend_stand_in_create(&stand_in, sample);
	for (int i = 0; i < ntrials; i++)
	{
		const TendTrial *trial = &trials[i];
		TendWhatif *answer = &answers[i];

		CHECK_FOR_INTERRUPTS();
		if (tend_monotonic_seconds() > deadline)
			return false;
		answer->expected = palloc0(sizeof(double) * Max(nquestions, 1));
		answer->possible = trial->kinds == 0 ||
			tend_stand_in_add(&stand_in, trial->kinds, trial->columns, trial->ncolumns, trial->target);
		if (!answer->possible)
			continue;
		ask_all(&stand_in, questions, nquestions, answer->expected);
		if (trial->kinds != 0)
			tend_stand_in_remove(&stand_in);
	}
	return true;
}
