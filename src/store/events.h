/*-------------------------------------------------------------------------
 *
 * events.h
 *	  What happened: tend.events.
 *
 * A condition has an "open" event when it begins and a "closed" one when it
 * ends; the last event of a kind and object tells whether it holds.  So the
 * table itself is the memory, and a restart repeats nothing.
 *
 * All functions need a connected SPI and an active snapshot, and return the
 * number of rows written.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_EVENTS_H
#define TEND_EVENTS_H

#include "advise/verdict.h"
#include "store/plan_changes.h"
#include "store/shared.h"

/* Conditions of tables */
typedef enum TendTableCondition
{
	TEND_CONDITION_FREEZE,
	TEND_CONDITION_OVERDUE,
	TEND_NUM_CONDITIONS
} TendTableCondition;

extern void tend_events_load(void);
extern bool tend_event_is_open(TendTableCondition condition, Oid relid);
extern int	tend_event_table(TimestampTz at, TendTableCondition condition, bool holds,
							 const TendTableFacts *table, const TendTableVerdict *verdict);
extern int	tend_events_close_dropped(TimestampTz at);

extern int	tend_events_blockers(TimestampTz at, const TendHorizon *horizon);
extern int	tend_event_wraparound(TimestampTz at, const char *counter, int64 age,
								  const TendWraparound *wraparound);
extern int	tend_event_cancelled(const TendCancelled *cancelled);
extern int	tend_event_statistics_lost(TimestampTz at, int tables);
extern int	tend_event_options_changed(TimestampTz at, const TendTableFacts *table,
									   const char *message);
extern int	tend_event_policies_gone(TimestampTz at);
extern int	tend_event_options_refused(TimestampTz at, const TendTableFacts *table,
									   const char *message);

extern int	tend_event_add(TimestampTz at, const char *severity, const char *kind,
						   const char *object, const char *state, const char *message,
						   const char *details);
extern int	tend_event_plan(TimestampTz at, const TendPlanRecord *record, bool bad);

#endif							/* TEND_EVENTS_H */
