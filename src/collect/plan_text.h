/*-------------------------------------------------------------------------
 *
 * plan_text.h
 *	  A plan and its query as text, without their constants.
 *
 * Results are palloc'd in the current memory context.  The functions may
 * raise errors as any catalog access may.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_TEXT_H
#define TEND_PLAN_TEXT_H

#include "nodes/plannodes.h"

/*
 * The plan as EXPLAIN shows it, with costs.  Constants are shown as $0 unless
 * wanted.  Not longer than max_bytes: cut between lines, with a last line that
 * says so.  Of long conditions and of many partitions only the beginning.
 */
extern char *tend_plan_text(PlannedStmt *stmt, bool constants, int max_bytes);

/*
 * The statement at location in a string of one or more, with constants
 * replaced by $1, $2, … after the parameters it has, unless they are wanted;
 * comments and white space around it removed.  Not longer than max_bytes: cut
 * at a character border, "…" or "..." appended by the encoding.
 */
extern char *tend_query_text(const char *source, int location, int len,
							 bool constants, int max_bytes);

/*
 * Lines "name = value" of those settings that change plans and do not have
 * their default, sorted by name.
 */
extern char *tend_planner_settings(void);

#endif							/* TEND_PLAN_TEXT_H */
