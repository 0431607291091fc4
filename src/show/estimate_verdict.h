/*-------------------------------------------------------------------------
 *
 * estimate_verdict.h
 *	  What verification says of a misestimate.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATE_VERDICT_H
#define TEND_ESTIMATE_VERDICT_H

#include "advise/estimate_words.h"
#include "store/statistics_verdicts.h"

/* All verdicts, and the advice that follows from them */
typedef struct TendEstimateVerdicts
{
	TendVerdictRow *rows;
	int			nrows;
	TendVerdictRow *advice;
	int			nadvice;
} TendEstimateVerdicts;

extern TendEstimateVerdicts tend_estimate_verdicts(void);
extern void tend_estimate_add_verdict(const TendEstimateVerdicts *verdicts, TendMisestimate *m);

#endif							/* TEND_ESTIMATE_VERDICT_H */
