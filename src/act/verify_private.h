/*-------------------------------------------------------------------------
 *
 * verify_private.h
 *	  One verification, for the files of act/ that carry it out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VERIFY_PRIVATE_H
#define TEND_VERIFY_PRIVATE_H

#include "act/verify.h"
#include "act/whatif.h"
#include "collect/column_sample.h"

/* Questions: those of executions, filled up with drawn ones */
#define TEND_MAX_ASKED	(TEND_VERIFY_KEYS * TEND_ESTIMATE_EXAMPLES)
#define TEND_MAX_DRAWN	16
#define TEND_MAX_QUESTIONS	(TEND_MAX_ASKED + TEND_MAX_DRAWN + 1)

typedef struct TendVerification
{
	const TendVerifyTask *task;
	MemoryContext cxt;			/* what outlives subtransactions */
	Oid			target;			/* the table, or one of its partitions */
	TendColumnSet sampled;		/* the columns first, then those of examples */
	int			nquestions;
	TendQuestion questions[TEND_MAX_QUESTIONS];
	TendSampleResult result;
	TendColumnSample sample;
	TendExistingStatistics existing;
	TendCandidates chosen;
	TendWhatif	whatif;
	double		object_groups;	/* that the columns of the object have; 0: it
								 * does not tell */
	bool		any_example;	/* of the questions, one is of an execution */
	bool		slow;			/* the trials took too long */
	double		began;
} TendVerification;

extern bool tend_verify_questions(TendVerification *v, TendVerdictRow *row);
extern void tend_verify_ask_groups(TendVerification *v, double table_rows, double actual, double weight);
extern void tend_verify_judge(const TendVerification *v, int code, TimestampTz now, TendVerdictRow *row);

#endif							/* TEND_VERIFY_PRIVATE_H */
