/*-------------------------------------------------------------------------
 *
 * whatif.h
 *	  What would the planner expect if a table had other statistics?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_WHATIF_H
#define TEND_WHATIF_H

#include "act/stand_in.h"
#include "collect/existing_statistics.h"
#include "nodes/pg_list.h"

/* A question: how many rows have these clauses, or how many groups are there? */
typedef struct TendQuestion
{
	List	   *clauses;		/* on the columns of the sample; NIL: groups */
	int			ncolumns;		/* of the groups */
	AttrNumber	columns[TEND_ESTIMATE_COLUMNS];
	double		table_rows;		/* of a table of so many, 0: of the sample's */
	double		actual;			/* the true answer */
	double		weight;			/* how many executions it stands for; 0: it
								 * must only not become worse */
	int			kind;			/* those that must not become worse together */
} TendQuestion;

/* All of it: what the planner expects without candidates, and with each */
typedef struct TendWhatif
{
	const TendColumnSample *sample;
	const TendExistingStatistics *existing;
	int			nquestions;
	const TendQuestion *questions;
	int			ncandidates;
	const TendCandidate *candidates;
	double		deadline;		/* tend_monotonic_seconds() */

	/* answers; NaN: the server has no such statistics */
	double	   *bare;			/* with statistics on single columns only */
	double	   *control;		/* with the objects that exist */
	double	  **with;			/* and a candidate */
} TendWhatif;

extern bool tend_whatif(TendWhatif *w);

#endif							/* TEND_WHATIF_H */
