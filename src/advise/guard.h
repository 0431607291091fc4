/*-------------------------------------------------------------------------
 *
 * guard.h
 *	  May a proposal be carried out now?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_GUARD_H
#define TEND_GUARD_H

#include "advise/tune.h"

/* What stands between a proposal and the table; the first that applies */
typedef enum TendBlock
{
	TEND_BLOCK_NONE,
	TEND_BLOCK_OFF,
	TEND_BLOCK_WRAPAROUND,
	TEND_BLOCK_BY_HAND,
	TEND_BLOCK_HORIZON,
	TEND_BLOCK_COOL_DOWN,
	TEND_BLOCK_NO_CYCLE,
	TEND_BLOCK_RUNNING,
	TEND_BLOCK_ADVISE,
	TEND_BLOCK_READ_ONLY,
	TEND_BLOCK_CHANGE_FREEZE,
	TEND_BLOCK_UNSTEADY,
	TEND_BLOCK_BUDGET
} TendBlock;

/* A proposal must stand for so many observations. */
#define TEND_STEADY_WISHES	3

typedef struct TendGuardCase
{
	const TendTableCase *table;
	const TendManaged *managed; /* NULL: nothing done before */
	TendTuningMode mode;
	bool		doubt;			/* the database is near wraparound */
	bool		read_only;		/* the server is for reading */
	bool		change_freeze;	/* the user wants no changes now */
	bool		by_hand;		/* the user asks for it: no waiting */
	int			wishes;			/* observations in a row that wanted a change */
	int			actions_left;	/* in this hour */
	double		interval_seconds;
} TendGuardCase;

extern bool tend_horizon_is_stuck(const TendHorizon *horizon, TimestampTz now,
								  double interval_seconds);
extern double tend_freeze_due(const TendTableVerdict *v);
extern bool tend_table_in_doubt(const TendTableVerdict *v);
extern TendBlock tend_guard(const TendGuardCase *g, const TendProposal *p);
extern const char *tend_block_text(TendBlock block);

#endif							/* TEND_GUARD_H */
