/*-------------------------------------------------------------------------
 *
 * input_history.h
 *	  tend.planner_inputs: what the planner knew of tables, over time.
 *
 * All functions need a connected SPI and an active snapshot; recording also
 * needs tend_ring_open() in the same transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_INPUT_HISTORY_H
#define TEND_INPUT_HISTORY_H

#include "advise/plan_cause.h"

extern int	tend_inputs_record(TimestampTz now, const Oid *relids, int nrelids);
extern int	tend_inputs_read(const Oid *relids, int nrelids, TimestampTz at, bool earliest,
							 TendTableInputs **tables);

#endif							/* TEND_INPUT_HISTORY_H */
