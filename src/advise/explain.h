/*-------------------------------------------------------------------------
 *
 * explain.h
 *	  The story of one table in plain words.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_EXPLAIN_H
#define TEND_EXPLAIN_H

#include "advise/verdict.h"

extern void tend_explain(StringInfo out, const TendTableCase *tc,
						 const TendTableVerdict *v, const TendTableSize *size);

#endif							/* TEND_EXPLAIN_H */
