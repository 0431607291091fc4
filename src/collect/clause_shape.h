/*-------------------------------------------------------------------------
 *
 * clause_shape.h
 *	  What a clause of a scan is, for statistics.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CLAUSE_SHAPE_H
#define TEND_CLAUSE_SHAPE_H

#include "access/attnum.h"
#include "estimate_facts.h"
#include "nodes/primnodes.h"

typedef struct TendClauseShape
{
	TendClauseClass class;
	AttrNumber	column;			/* 0: none, or several */
	Node	   *variable;		/* what statistics are looked up for, or NULL */
	Node	   *value;			/* that it is compared with, or NULL */
	Oid			opno;			/* variable op value */
	Oid			collation;
} TendClauseShape;

extern void tend_clause_classify(Node *clause, TendClauseShape *shape);

#endif							/* TEND_CLAUSE_SHAPE_H */
