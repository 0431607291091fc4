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
#include "nodes/pg_list.h"

/* Statistics that could be created */
typedef struct TendTrial
{
	int			kinds;			/* TEND_KIND_..., 0: none, the control */
	int			ncolumns;
	AttrNumber	columns[TEND_ESTIMATE_COLUMNS]; /* in the sample, from 1 */
	int			target;			/* -1: the default */
} TendTrial;

/* A question: how many rows have these clauses, or how many groups are there? */
typedef struct TendQuestion
{
	List	   *clauses;		/* on the columns of the sample; NIL: groups */
	int			ncolumns;		/* of the groups */
	AttrNumber	columns[TEND_ESTIMATE_COLUMNS];
	double		table_rows;		/* of a table of so many, 0: of the sample's */
	double		actual;			/* the true answer */
} TendQuestion;

typedef struct TendWhatif
{
	bool		possible;		/* the server can have such statistics */
	double	   *expected;		/* the answer to each question */
} TendWhatif;

extern bool tend_whatif(const TendColumnSample *sample, const TendQuestion *questions, int nquestions,
						const TendTrial *trials, int ntrials, double deadline, TendWhatif *answers);

#endif							/* TEND_WHATIF_H */
