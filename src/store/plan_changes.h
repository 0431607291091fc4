/*-------------------------------------------------------------------------
 *
 * plan_changes.h
 *	  Changes of plans, from notice to end: tend.plan_change_log.
 *
 * All functions need a connected SPI, an active snapshot and open rings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_CHANGES_H
#define TEND_PLAN_CHANGES_H

#include "advise/plan_judge.h"

/* Whose change of which query; with change.at it is unique. */
typedef struct TendPlanRecord
{
	Oid			userid;
	uint64		queryid;
	bool		toplevel;
	TendPlanChange change;

	/* texts are NULL where unknown */
	const char *cause;
	const char *cause_words;	/* one sentence; "" if there is none to say */
	const char *cause_evidence; /* a JSON object */
	const char *misestimate;	/* that goes with it: a JSON object */
	const char *misestimate_words;	/* one sentence */
	const char *remedy;
	const char *query;
	const char *old_plan;
	const char *new_plan;
} TendPlanRecord;

extern TendPlanRecord *tend_plan_changes_load(MemoryContext cxt, int *n);
extern int	tend_plan_changes_add(TimestampTz now, const TendPlanRecord *record);

#endif							/* TEND_PLAN_CHANGES_H */
