/*-------------------------------------------------------------------------
 *
 * candidates.h
 *	  Which statistics on several columns are worth a trial?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CANDIDATES_H
#define TEND_CANDIDATES_H

#include "advise/dependence.h"

/* Kinds of an object, added up */
#define TEND_STATISTICS_NDISTINCT		1
#define TEND_STATISTICS_DEPENDENCIES	2
#define TEND_STATISTICS_MCV				4

/* Sets of columns that are tried, and objects in all */
#define TEND_CANDIDATE_SETS		6
#define TEND_CANDIDATES			24

/* An object that could be created */
typedef struct TendCandidate
{
	int			ncolumns;
	int			columns[TEND_ESTIMATE_COLUMNS]; /* places in the sample */
	int			kinds;
	int			target;			/* 0: the default */
} TendCandidate;

/* What came of looking for a cure; words in advise/statistics_words.c */
typedef enum TendStatisticsVerdict
{
	TEND_STATISTICS_PROVEN,
	TEND_STATISTICS_TRY,		/* there are candidates */
	TEND_STATISTICS_AGAIN,		/* won once, has to win again */
	TEND_STATISTICS_TOO_SMALL,
	TEND_STATISTICS_NEAR_UNIQUE,
	TEND_STATISTICS_INDEPENDENT,
	TEND_STATISTICS_NO_KIND,
	TEND_STATISTICS_GENERIC,
	TEND_STATISTICS_NO_EXAMPLES,
	TEND_STATISTICS_FRESH,		/* the control is right */
	TEND_STATISTICS_COVERED,	/* and that with an object that exists */
	TEND_STATISTICS_NO_USE,		/* no trial gains anything */
	TEND_STATISTICS_NOT_BETTER, /* or not enough */
	TEND_STATISTICS_HARMFUL,
	TEND_NUM_STATISTICS_VERDICTS
} TendStatisticsVerdict;

/* For whom statistics are looked for */
typedef struct TendNeed
{
	TendEstimateKind kind;
	uint8		classes[TEND_ESTIMATE_COLUMNS]; /* TendClauseClass of each
												 * column of the sample */
	double		parameters;		/* share of the executions whose plan did not
								 * know the values */
	int			target;			/* that an object would get, if none is set:
								 * the highest of its columns */
	void		(*breathe) (void);	/* called every few milliseconds; NULL:
									 * not */
} TendNeed;

/* Candidates, best first, and what they were chosen by */
typedef struct TendCandidates
{
	TendStatisticsVerdict verdict;
	TendDependence strongest;	/* of all sets, none: 0 columns */
	int			n;
	TendCandidate candidates[TEND_CANDIDATES];
} TendCandidates;

extern void tend_candidates_choose(TendCodes *codes, const TendNeed *need, TendCandidates *chosen);

#endif							/* TEND_CANDIDATES_H */
