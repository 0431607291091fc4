/*-------------------------------------------------------------------------
 *
 * table_source.h
 *	  The tables that a function is asked for: all of them, the worst, or one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_TABLE_SOURCE_H
#define TEND_TABLE_SOURCE_H

#include "reading.h"

/* Takes one table; what it allocates is freed soon afterwards. */
typedef void (*TendTableTaker) (const TendTableFacts *table, const TendTableSize *size,
								const TendTablePast *past, void *arg);

extern void tend_each_table(const TendReading *reading, TendTableTaker take, void *arg);
extern void tend_worst_tables(const TendReading *reading, int limit, TendTableTaker take,
							  void *arg);
extern void tend_reject_relation(Oid relid);

#endif							/* TEND_TABLE_SOURCE_H */
