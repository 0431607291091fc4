/*-------------------------------------------------------------------------
 *
 * estimate_words.h
 *	  Misestimates in words.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATE_WORDS_H
#define TEND_ESTIMATE_WORDS_H

#include "estimate_facts.h"
#include "lib/stringinfo.h"

/* A misestimate; names are quoted already where SQL needs it */
typedef struct TendMisestimate
{
	const TendEstimateKey *key;
	const TendEstimateSums *sums;
	const char *table;			/* schema.table */
	const char *const *columns; /* those of the key, in its order */

	/* for the remedy */
	double		table_rows;		/* NaN: unknown */
	const int  *targets;		/* statistics targets in effect; NULL: unknown */
	const char *expression;		/* what statistics are missing on, in
								 * parentheses; NULL: unknown */
	const char *statistics;		/* schema.name of an object to be created;
								 * NULL: leave it to the user */

	/* what became of verification, one of these at most */
	const char *proven;			/* the command that was proven to help */
	const char *refused;		/* why no statistics help */
	const char *exists;			/* that there are some already */
	const char *undecided;		/* why it is not verified yet, if it was tried */
} TendMisestimate;

extern TendEstimateCause tend_estimate_cause(const TendMisestimate *m);
extern const char *tend_estimate_cause_name(TendEstimateCause cause);
extern const char *tend_estimate_direction(const TendEstimateSums *sums);
extern bool tend_estimate_enough(const TendEstimateSums *sums);
extern int	tend_estimate_target(double table_rows, double rows, int target);

extern void tend_clause_shape(StringInfo out, const TendEstimateKey *key, const char *const *columns);
extern void tend_estimate_remedy(StringInfo out, const TendMisestimate *m);
extern void tend_estimate_explain(StringInfo out, const TendMisestimate *m);

#endif							/* TEND_ESTIMATE_WORDS_H */
