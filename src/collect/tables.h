/*-------------------------------------------------------------------------
 *
 * tables.h
 *	  Statistics and catalog facts of the tables of this database.
 *
 * All functions need a connected SPI and an active snapshot, and allocate
 * what they return in the given context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_TABLES_H
#define TEND_TABLES_H

#include "facts.h"

extern TendRunning tend_collect_running(void);
extern int	tend_collect_tables(Oid after, int limit, const TendRunning *running,
								MemoryContext cxt, TendTableFacts **tables);
extern int	tend_collect_chosen(const Oid *relids, int n, const TendRunning *running,
								MemoryContext cxt, TendTableFacts **tables);
extern bool tend_collect_table(Oid relid, const TendRunning *running, MemoryContext cxt,
							   TendTableFacts *table);
extern TendTableSize *tend_collect_sizes(const TendTableFacts *tables, int n,
										 MemoryContext cxt);

#endif							/* TEND_TABLES_H */
