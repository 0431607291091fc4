/*-------------------------------------------------------------------------
 *
 * verify.h
 *	  Would statistics on several columns cure a misestimate?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VERIFY_H
#define TEND_VERIFY_H

#include "store/shared_estimates.h"
#include "store/statistics_verdicts.h"

/* Keys of the same columns, with other conditions */
#define TEND_VERIFY_KEYS	8

typedef struct TendVerifyTask
{
	Oid			relid;
	TendColumnSet columns;
	bool		groups;
	Oid			object;			/* does this one help? 0: what would? */
	int			timeout_ms;		/* 0: that of the session */

	/* evidence, if there is any */
	int			nkeys;
	TendEstimateKey keys[TEND_VERIFY_KEYS];
	uint8		classes[TEND_ESTIMATE_COLUMNS]; /* TendClauseClass of columns */
	TendEstimateSums sums[TEND_VERIFY_KEYS];
	int64		samples;		/* of all keys */
	int64		right;
	int64		parameters;		/* of the samples, with parameters */
	double		ms;				/* that these took */
	TimestampTz first_seen;
	int			nqueries;
	TendEstimateQuery queries[TEND_ESTIMATE_QUERIES];
} TendVerifyTask;

extern TendVerifyTask tend_verify_task(Oid relid, const TendColumnSet *columns, bool groups,
									   const TendEstimateEntry *entries, int n);
extern void tend_verify(const TendVerifyTask *task, TimestampTz now, TendVerdictRow *row);

#endif							/* TEND_VERIFY_H */
