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

extern int	tend_collect_tables(Oid after, int limit, MemoryContext cxt,
								TendTableFacts **tables);
extern bool tend_collect_table(Oid relid, MemoryContext cxt, TendTableFacts *table);
extern TendTableSize *tend_collect_sizes(const TendTableFacts *tables, int n,
										 MemoryContext cxt);

#endif							/* TEND_TABLES_H */
