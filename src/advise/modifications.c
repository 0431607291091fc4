/*-------------------------------------------------------------------------
 *
 * modifications.c
 *	  How many rows were modified since the last analyze?
 *
 * The server's counter is wrong after the most usual of all loads: insert, then
 * analyze, in the same transaction or within a second.  What a session has done
 * is counted when it commits, and comes in up to a second later; ANALYZE sets
 * the counter to zero at once.  So rows that it has seen are counted after it.
 * Two traces of that are left.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/modifications.h"

double
tend_modifications(const TendModificationFacts *facts)
{
	double		modified = facts->since_analyze;

	/* ANALYZE counted rows as live, and then they came in: twice as many */
	modified -= Max(facts->live - facts->table_rows, 0);

	/*
	 * Everything was modified after the analyze, which found rows all the
	 * same.  (That holds if the counters are as old as the table.)
	 */
	if (facts->since_analyze >= facts->ever && facts->ever >= facts->analyzed)
		modified = Min(modified, facts->ever - Max(facts->analyzed, 0));
	return Max(modified, 0);
}
