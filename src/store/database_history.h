/*-------------------------------------------------------------------------
 *
 * database_history.h
 *	  tend.database_history: totals of the database and counters of the cluster.
 *
 * All functions need a connected SPI and an active snapshot; adding also
 * needs tend_ring_open() in the same transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DATABASE_HISTORY_H
#define TEND_DATABASE_HISTORY_H

#include "advise/economy.h"

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

extern bool tend_database_history_add(TimestampTz at, const TendDatabaseTotals *totals,
									  const TendHorizon *horizon, const TendMarket *market);
extern TendMarket tend_database_history_market(void);
extern TendBurn tend_database_history_burn(TimestampTz now);

#endif							/* TEND_DATABASE_HISTORY_H */
