/*-------------------------------------------------------------------------
 *
 * plan_side_by_side.c
 *	  The comparison of two plans as a table for a terminal.
 *
 * The old plan stands on the left, the new one on the right, and between them
 * the mark of the line.  A column is as wide as its longest line, up to a
 * limit.  Where a line would be longer, both plans lose half of their
 * indentation, and what then is still too long goes on in the next row, whose
 * mark says so again.
 *
 * Of the costs, the total and the rows are shown: "(cost=8.31 rows=1)".  The
 * others are worth less than the place they take; tend.plans has them.
 *
 * Text comes in the encoding of the database.  We cut between characters
 * only, and count columns, not bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_diff.h"
#include "advise/plan_outline.h"
#include "advise/plan_side_by_side.h"
#include "lib/stringinfo.h"

/* Rows that one line may take; a filter may be as long as a book. */
#define MOST_ROWS	6

/* A row of one side is indented so far at most, and goes on that far in. */
#define MOST_INDENT (TEND_PLAN_COLUMN_WIDTH / 2)
#define HANG	4

typedef enum Side
{
	SIDE_OLD,
	SIDE_NEW,
	SIDES
} Side;

typedef struct Layout
{
	const TendPlanRuler *ruler;
	bool		narrow;			/* with half the indentation */
	int			width[SIDES];
	TendPlanRow row;
	void	   *arg;
	StringInfoData out;
} Layout;

/* A line on its way into rows */
typedef struct Flow
{
	char	   *copy;			/* of it, without indentation */
	const char *rest;			/* of that; NULL when nothing is left */
	int			indent;
	int			rows;			/* made of it until now */
} Flow;

/* ---- text ---- */

static int
character_bytes(const TendPlanRuler *ruler, const char *s)
{
	int			bytes = ruler && (unsigned char) *s >= 0x80 ? ruler->bytes(s) : 1;

	/* a text that was cut badly may end within a character */
	return strnlen(s, Max(bytes, 1));
}

/* Control characters are shown as "?", so they have a column, too. */
static int
character_columns(const TendPlanRuler *ruler, const char *s)
{
	return ruler && (unsigned char) *s >= 0x80 ? Max(ruler->columns(s), 0) : 1;
}

static int
text_columns(const TendPlanRuler *ruler, const char *s)
{
	int			columns = 0;

	for (; *s != '\0'; s += character_bytes(ruler, s))
		columns += character_columns(ruler, s);
	return columns;
}

/*
 * How many bytes of a text fit into so many columns.  Rather ends at a space
 * in the second half than within a word.  At least one character is taken:
 * there must be an end.
 */
static int
bytes_that_fit(const TendPlanRuler *ruler, const char *text, int columns)
{
	const char *s = text;
	const char *space = NULL;
	int			used = 0;

	while (*s != '\0')
	{
		used += character_columns(ruler, s);
		if (used > columns && s > text)
			break;
		if (*s == ' ' && used > columns / 2)
			space = s;
		s += character_bytes(ruler, s);
	}
	if (*s == '\0' || *s == ' ' || space == NULL)
		return s - text;
	return space - text;
}

static void
append_visible(StringInfo out, const char *s, int len)
{
	for (int i = 0; i < len; i++)
		appendStringInfoChar(out, (unsigned char) s[i] < ' ' || s[i] == 0x7f ? '?' : s[i]);
}

/* ---- rows ---- */

/* "(cost=0.29..8.31 rows=1 width=4)" becomes "(cost=8.31 rows=1)". */
static void
shorten_costs(char *line)
{
	char	   *costs = line + tend_outline_length(line);
	char	   *total = strstr(costs, "..");
	char	   *width = strstr(costs, " width=");
	char	   *start = strchr(costs, '=');

	if (total == NULL || width == NULL || start == NULL || width < total || total < start ||
		strchr(width, ')') == NULL)
		return;
	total += strlen("..");
	memmove(start + 1, total, width - total);
	strcpy(start + 1 + (width - total), ")");
}

static Flow
begin_flow(const Layout *l, const char *line)
{
	Flow		f = {NULL};
	int			spaces;

	if (line == NULL)
		return f;
	spaces = strspn(line, " ");
	f.indent = Min(l->narrow ? spaces / 2 : spaces, MOST_INDENT);
	f.rest = f.copy = pstrdup(line + spaces);
	shorten_costs(f.copy);
	return f;
}

static void
end_flow(Flow *f)
{
	if (f->copy != NULL)
		pfree(f->copy);
}

/* Put the next row of a line into its column; returns the columns it took. */
static int
flow_row(Layout *l, Flow *f, int width)
{
	int			indent = f->indent + (f->rows > 0 ? HANG : 0);
	int			len;
	int			columns;
	char	   *text;

	if (f->rest == NULL)
		return 0;
	if (f->rows == MOST_ROWS)
	{
		appendStringInfo(&l->out, "%*s...", indent, "");
		f->rest = NULL;
		return indent + 3;
	}
	len = bytes_that_fit(l->ruler, f->rest, Max(width - indent, 1));
	text = pnstrdup(f->rest, len);

	columns = text_columns(l->ruler, text);
	pfree(text);
	appendStringInfoSpaces(&l->out, indent);
	append_visible(&l->out, f->rest, len);
	f->rest += len;
	f->rest += strspn(f->rest, " ");
	if (*f->rest == '\0')
		f->rest = NULL;
	f->rows++;
	return indent + columns;
}

static void
finish_row(Layout *l)
{
	while (l->out.len > 0 && l->out.data[l->out.len - 1] == ' ')
		l->out.data[--l->out.len] = '\0';
	l->row(l->out.data, l->arg);
	resetStringInfo(&l->out);
}

static void
lay_out(char mark, const char *old_line, const char *new_line, void *arg)
{
	Layout	   *l = (Layout *) arg;
	Flow		old_flow = begin_flow(l, old_line);
	Flow		new_flow = begin_flow(l, new_line);

	do
	{
		int			used = flow_row(l, &old_flow, l->width[SIDE_OLD]);

		appendStringInfoSpaces(&l->out, Max(l->width[SIDE_OLD] - used, 0));
		appendStringInfo(&l->out, " %c ", mark);
		flow_row(l, &new_flow, l->width[SIDE_NEW]);
		finish_row(l);
	} while (old_flow.rest != NULL || new_flow.rest != NULL);
	end_flow(&old_flow);
	end_flow(&new_flow);
}

/* ---- widths ---- */

static void
measure(Layout *l, Side side, const char *line)
{
	Flow		f = begin_flow(l, line);

	if (f.rest != NULL)
		l->width[side] = Max(l->width[side], f.indent + text_columns(l->ruler, f.rest));
	end_flow(&f);
}

static void
measure_both(char mark pg_attribute_unused(), const char *old_line, const char *new_line, void *arg)
{
	measure((Layout *) arg, SIDE_OLD, old_line);
	measure((Layout *) arg, SIDE_NEW, new_line);
}

static void
find_widths(Layout *l, const char *const headings[], const char *old_plan, const char *new_plan)
{
	for (int side = 0; side < SIDES; side++)
	{
		l->width[side] = 0;
		measure(l, side, headings[side]);
	}
	tend_plan_diff(old_plan, new_plan, measure_both, l);
}

void
tend_plan_side_by_side(const char *old_heading, const char *old_plan,
					   const char *new_heading, const char *new_plan,
					   const TendPlanRuler *ruler, TendPlanRow row, void *arg)
{
	const char *const headings[SIDES] = {old_heading, new_heading};
	Layout		l = {.ruler = ruler,.row = row,.arg = arg};

	initStringInfo(&l.out);
	find_widths(&l, headings, old_plan, new_plan);
	if (Max(l.width[SIDE_OLD], l.width[SIDE_NEW]) > TEND_PLAN_COLUMN_WIDTH)
	{
		l.narrow = true;
		find_widths(&l, headings, old_plan, new_plan);
	}
	for (int side = 0; side < SIDES; side++)
		l.width[side] = Min(l.width[side], TEND_PLAN_COLUMN_WIDTH);

	lay_out(' ', old_heading, new_heading, &l);
	for (int i = 0; i < l.width[SIDE_OLD] + l.width[SIDE_NEW] + 3; i++)
		appendStringInfoChar(&l.out, '-');
	finish_row(&l);
	tend_plan_diff(old_plan, new_plan, lay_out, &l);
	pfree(l.out.data);
}
