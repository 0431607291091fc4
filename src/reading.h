/*-------------------------------------------------------------------------
 *
 * reading.h
 *	  Put together what advise/ needs to judge tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_READING_H
#define TEND_READING_H

#include "advise/verdict.h"

/* What all tables of one reading have in common */
typedef struct TendReading
{
	TimestampTz now;
	TendAutovacuumSettings settings;
	TendHorizon horizon;
	TendRunning running;
	TendBurn	burn;
} TendReading;

extern TendReading tend_reading_begin(void);
extern TendTableCase tend_reading_case(const TendReading *reading,
									   const TendTableFacts *table, double dead_per_second);
extern double tend_current_rate(double rate, double amount, const TendTableDelta *delta);

#endif							/* TEND_READING_H */
