/*-------------------------------------------------------------------------
 *
 * statistics.h
 *	  Which statistics on several columns cure a misestimate?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STATISTICS_H
#define TEND_STATISTICS_H

#include "advise/candidates.h"
#include "lib/stringinfo.h"

/* Kinds of examples that are told apart */
#define TEND_EXAMPLE_KINDS	16

/* A candidate, and the rows that the planner expects with it */
typedef struct TendTrial
{
	TendCandidate candidate;
	const double *estimated;	/* of each example; NaN: it could not be
								 * planned */
} TendTrial;

/*
 * What trials are to be judged by.  The control has the same fresh statistics
 * as the trials, but none of the candidates.
 */
typedef struct TendTrials
{
	int			nexamples;
	const double *actual;		/* rows or groups of each example */
	const double *weights;		/* how much each stands for; 0: for nothing,
								 * it must not become worse */
	const int  *kinds;			/* those of one kind must not become worse on
								 * average; from 0, below TEND_EXAMPLE_KINDS */
	const double *control;		/* what the planner expects without */
	bool		covered;		/* an object that exists was used by that */
	double		parameters;		/* share of executions with generic plans */
	int			ntrials;
	const TendTrial *trials;
	const TendCandidate *winner;	/* of the round before, NULL: none */
	int			wins;			/* rounds in a row that its columns have won */
} TendTrials;

typedef struct TendChoicePolicy
{
	double		min_gain;		/* by how many times the error must shrink */
	double		alike;			/* candidates that differ by less are equal,
								 * and the simplest is taken */
	double		max_harm;		/* no kind of examples may become worse by
								 * more */
	double		max_harm_of_one;	/* and no example by more than this */
	int			wins;			/* rounds in a row that a winner needs */
} TendChoicePolicy;

extern const TendChoicePolicy tend_choice_policy;

typedef struct TendChoice
{
	TendStatisticsVerdict verdict;
	int			best;			/* trial, -1: none */
	int			wins;			/* with this round */
	double		q_now;			/* geometric means over the examples */
	double		q_expected;		/* with the best trial; NaN: none */
	double		gain;
	int			examples;		/* that could be used */
	int			example;		/* the one that is most wrong now */
} TendChoice;

extern TendChoice tend_statistics_choose(const TendTrials *trials, const TendChoicePolicy *policy);

/* Does an object that exists still help? */
typedef enum TendStatisticsUse
{
	TEND_USE_UNKNOWN,
	TEND_USE_HELPS,
	TEND_USE_NONE,
	TEND_USE_HARMS
} TendStatisticsUse;

extern TendStatisticsUse tend_statistics_use(int nexamples, const double *actual,
											 const double *with, const double *without, double *gain);

/* Did estimates improve since an object was created? */
typedef enum TendStatisticsEffect
{
	TEND_EFFECT_PENDING,
	TEND_EFFECT_IMPROVED,
	TEND_EFFECT_NONE,
	TEND_EFFECT_WORSE
} TendStatisticsEffect;

extern TendStatisticsEffect tend_statistics_effect(double q_before, const TendEstimateSums *since,
												   double *q_since);

/* words */
extern const char *tend_statistics_kind_name(int kind);
extern void tend_statistics_kinds_text(StringInfo out, int kinds);
extern const char *tend_statistics_verdict_text(TendStatisticsVerdict verdict);
extern TendStatisticsVerdict tend_statistics_verdict_of(const char *text);
extern const char *tend_statistics_use_name(TendStatisticsUse use);
extern const char *tend_statistics_effect_name(TendStatisticsEffect effect);
extern void tend_statistics_proof(StringInfo out, const TendTrials *trials,
								  const TendChoice *choice, int64 queries, double ms_per_day);

#endif							/* TEND_STATISTICS_H */
