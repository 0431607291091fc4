/*-------------------------------------------------------------------------
 *
 * example.h
 *	  The clauses of a sampled scan, to be tried on a stand-in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_EXAMPLE_H
#define TEND_EXAMPLE_H

#include "access/attnum.h"
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"

extern List *tend_example_clauses(Oid relid, List *clauses, Bitmapset **columns);
extern void tend_example_map(List *clauses, const AttrNumber *columns, int ncolumns);

#endif							/* TEND_EXAMPLE_H */
