/*-------------------------------------------------------------------------
 *
 * clause_facts.h
 *	  What the planner knows about the clauses of a scan.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CLAUSE_FACTS_H
#define TEND_CLAUSE_FACTS_H

#include "estimate_facts.h"
#include "nodes/pathnodes.h"

extern void tend_clause_facts(PlannerInfo *root, List *clauses, TendNodeFacts *facts);
extern bool tend_has_parameter(Node *clause, ParamKind kind);

#endif							/* TEND_CLAUSE_FACTS_H */
