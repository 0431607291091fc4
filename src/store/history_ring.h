/*-------------------------------------------------------------------------
 *
 * history_ring.h
 *	  The rings of tables in which history is kept.
 *
 * All functions need a connected SPI and an active snapshot.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_HISTORY_RING_H
#define TEND_HISTORY_RING_H

#include "datatype/timestamp.h"

typedef enum TendSeries
{
	TEND_SERIES_TABLES,
	TEND_SERIES_DATABASE,
	TEND_SERIES_EVENTS,
	TEND_SERIES_PLANS,
	TEND_SERIES_PLAN_CHANGES,
	TEND_SERIES_INPUTS,
	TEND_SERIES_IO,
	TEND_SERIES_CHECKPOINTS,
	TEND_NUM_SERIES
} TendSeries;

extern void tend_ring_open(void);
extern void tend_ring_turn(TimestampTz now);
extern const char *tend_ring_slot_name(TendSeries series);
extern const char *tend_ring_series_name(TendSeries series);
extern bool tend_ring_readable(TendSeries series);
extern int64 tend_ring_bytes(TendSeries series, int64 *max_bytes);

#endif							/* TEND_HISTORY_RING_H */
