/*-------------------------------------------------------------------------
 *
 * plan_outline.h
 *	  The text of a plan, taken apart into nodes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_OUTLINE_H
#define TEND_PLAN_OUTLINE_H

/* Nodes of the same kind may be the same node in another guise. */
typedef enum TendNodeKind
{
	TEND_NODE_OTHER,
	TEND_NODE_SCAN,				/* of a table, a function, a CTE, ... */
	TEND_NODE_INDEX,			/* of an index, below a bitmap heap scan */
	TEND_NODE_MODIFY,
	TEND_NODE_JOIN,
	TEND_NODE_AGGREGATE,
	TEND_NODE_SORT,
	TEND_NODE_GATHER,
	TEND_NODE_APPEND,
	TEND_NODE_HEADING,			/* "SubPlan 1", "InitPlan 1", "CTE x" */
	TEND_NODE_REST				/* "... and 480 more" */
} TendNodeKind;

/*
 * A node is a line and the details that follow it.  The hashes are of text,
 * without costs and indentation; 0 stands for no text.
 */
typedef struct TendPlanNode
{
	TendNodeKind kind;
	int			line;			/* index of its line */
	int			details;		/* number of lines after that */
	int			indent;			/* of its line */
	uint64 text;				/* the whole line */
	uint64		name;			/* "Index Scan", not saying "Parallel" */
	uint64		relation;		/* what is read or changed, without alias */
	uint64		alias;			/* the same with it */
	uint64		below;			/* relations of it and all nodes below it, in
								 * whatever order */
	uint64		details_text;
} TendPlanNode;

typedef struct TendPlanOutline
{
	char	   *copy;			/* of the text, cut into lines */
	int			nlines;
	char	  **lines;
	int			nnodes;
	TendPlanNode *nodes;		/* every line belongs to one of them */
} TendPlanOutline;

extern void tend_outline_read(TendPlanOutline *outline, const char *text);
extern void tend_outline_free(TendPlanOutline *outline);
extern const char *tend_outline_trim(const char *line);
extern int	tend_outline_length(const char *trimmed);

#endif							/* TEND_PLAN_OUTLINE_H */
