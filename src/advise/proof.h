/*-------------------------------------------------------------------------
 *
 * proof.h
 *	  Did a change do what was predicted?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PROOF_H
#define TEND_PROOF_H

#include "advise/tune.h"
#include "lib/stringinfo.h"

/* A change and what was predicted of it */
typedef struct TendClaim
{
	TendTopic	topic;
	TendReason	reason;
	TendOutcome now;			/* before the change */
	TendOutcome then;			/* predicted */
	double		bloat_price;	/* at that time */
} TendClaim;

/* What happened since; NaN: unknown */
typedef struct TendObserved
{
	double		seconds;
	double		cycles;			/* vacuums, or analyzes */
	double		pages_per_cycle;
	double		made;			/* rows that died, or that came */
	double		rows;			/* the most dead rows at a time */
	double		vacuum_ms;
	double		stale;			/* sampled executions that statistics misled */
} TendObserved;

/* Cycles after which the proof is made */
#define TEND_PROOF_CYCLES	3

extern bool tend_proof_is_due(const TendClaim *claim, const TendObserved *seen);
extern bool tend_proof(const TendClaim *claim, const TendObserved *seen,
					   TendOutcome *observed, StringInfo why);

#endif							/* TEND_PROOF_H */
