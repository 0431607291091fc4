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

extern void tend_explain_state(StringInfo out, const TendTableCase *tc,
							   const TendTableVerdict *v, const TendTableSize *size);
extern void tend_explain_line(StringInfo out, const char *text);
extern void tend_explain_todo(StringInfo out, const TendTableCase *tc,
							  const TendTableVerdict *v);

#endif							/* TEND_EXPLAIN_H */
