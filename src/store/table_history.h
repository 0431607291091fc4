/*-------------------------------------------------------------------------
 *
 * table_history.h
 *	  tend.table_history: statistics of tables over time.
 *
 * All functions need a connected SPI and an active snapshot; adding also
 * needs tend_ring_open() in the same transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_TABLE_HISTORY_H
#define TEND_TABLE_HISTORY_H

#include "advise/verdict.h"

extern void tend_table_history_recall(const TendTableFacts *tables, int n,
									  TendTablePast *pasts);
extern void tend_table_history_add(TimestampTz at, const TendTableFacts *table,
								   const TendTableSize *size,
								   const TendTableVerdict *verdict,
								   const TendLearnt *learnt);

#endif							/* TEND_TABLE_HISTORY_H */
