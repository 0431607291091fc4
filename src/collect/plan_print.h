/*-------------------------------------------------------------------------
 *
 * plan_print.h
 *	  What printing a plan needs to remember.
 *
 * Private to plan_text.c, which prints the tree, and plan_lines.c, which
 * prints what stands below the first line of a node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_PRINT_H
#define TEND_PLAN_PRINT_H

#include "lib/stringinfo.h"
#include "nodes/plannodes.h"

typedef struct TendPlanPrint
{
	PlannedStmt *stmt;			/* without its constants, unless wanted */
	bool		constants;
	List	   *names;			/* of the range table's entries; NULL: not
								 * used */
	List	   *deparse;		/* context of the server's deparser */
	bool		prefix;			/* columns need the names of their tables */

	int			indent;			/* in steps of two blanks */
	List	   *ancestors;		/* plans and SubPlans above, the nearest first */
	Bitmapset  *printed;		/* subplans */

	StringInfoData out;
	int			max_bytes;		/* may be exceeded; what is too much is cut at
								 * the end */
}			TendPlanPrint;

/* Is there any use in printing more? */
static inline bool
tend_plan_print_full(const TendPlanPrint * p)
{
	return p->out.len > p->max_bytes;
}

extern void tend_plan_print_line(TendPlanPrint * p, const char *label, const char *text);
extern void tend_plan_print_target(TendPlanPrint * p, Plan *plan, Index rti);
extern void tend_plan_print_details(TendPlanPrint * p, Plan *plan);
extern const char *tend_plan_operation(CmdType operation);

#endif							/* TEND_PLAN_PRINT_H */
