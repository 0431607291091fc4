/*-------------------------------------------------------------------------
 *
 * plan_diff.h
 *	  Two plans side by side.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_DIFF_H
#define TEND_PLAN_DIFF_H

/*
 * Compare two plans as tend_plan_text() writes them (the text format of
 * EXPLAIN).  Calls emit() for each line of the comparison, in order; the lines
 * live until it returns.  mark: ' ' the same, '~' the same node, but
 * something in it differs, '<' only in the old plan, '>' only in the new one.
 * Either side may be NULL (nothing on this side of the line).
 */
typedef void (*TendPlanDiffEmit) (char mark, const char *old_line,
								  const char *new_line, void *arg);

extern void tend_plan_diff(const char *old_plan, const char *new_plan,
						   TendPlanDiffEmit emit, void *arg);

#endif							/* TEND_PLAN_DIFF_H */
