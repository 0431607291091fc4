/*-------------------------------------------------------------------------
 *
 * history.h
 *	  The history tables of one database.
 *
 * All functions need a connected SPI and an active snapshot.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_HISTORY_H
#define TEND_HISTORY_H

#include "advise/verdict.h"
#include "facts.h"

typedef enum TendSeries
{
	TEND_SERIES_TABLES,
	TEND_SERIES_DATABASE,
	TEND_SERIES_EVENTS,
	TEND_NUM_SERIES
} TendSeries;

/* Totals of one visit */
typedef struct TendDatabaseTotals
{
	int64		live_tuples;
	int64		dead_tuples;
	int			tables;
	int			tables_due;
	int64		xid_age;		/* of datfrozenxid */
	int64		mxid_age;		/* of datminmxid */
} TendDatabaseTotals;

extern void tend_history_open(void);
extern void tend_history_turn(TimestampTz now);
extern const char *tend_history_slot(TendSeries series);

extern void tend_history_recall(const TendTableFacts *tables, int n, TendTablePast *pasts);
extern void tend_history_add(TimestampTz at, const TendTableFacts *table,
							 const TendTableSize *size, const TendTableVerdict *verdict,
							 double dead_per_second, double inserts_per_second);
extern bool tend_history_add_database(TimestampTz at, const TendDatabaseTotals *totals,
									  const TendHorizon *horizon);
extern int64 tend_history_bytes_of(TendSeries series, int64 *max_bytes);
extern const char *tend_history_series_name(TendSeries series);
extern TendBurn tend_history_burn(TimestampTz now);

#endif							/* TEND_HISTORY_H */
