/*-------------------------------------------------------------------------
 *
 * plan_diff.c
 *	  Two plans side by side.
 *
 * What a person wants to see is which table is read in another way, and what
 * was put on top of what.  So the nodes of both plans, in the order of their
 * lines, are paired as words of two sentences are: no pair crosses another,
 * and the pairs that have most in common win.  What is read weighs most: a
 * scan pairs with a scan of the same table only, and a join with one of the
 * same tables, whatever its method.  A node put between two others then stands
 * alone, and what is below it still finds its partner.  The details of paired
 * nodes are paired in the same way.
 *
 * Trees could be matched more strictly, parents with parents.  That shows
 * less: where the order of joins changed, tables would lose their partners.
 *
 * Time and memory grow with the product of the two lengths, after what is
 * equal at the beginning and at the end was set aside.  1000 nodes against 1000
 * others take some 20 ms; MAX_CELLS bounds what damaged or huge texts may take.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_diff.h"
#include "advise/plan_outline.h"

/* One byte each.  Beyond that, the lines between equal ends stay unpaired. */
#define MAX_CELLS	(INT64CONST(4) * 1024 * 1024)

#define NO_PARTNER	(-1)

typedef struct Comparison
{
	TendPlanOutline old_plan;
	TendPlanOutline new_plan;
	TendPlanDiffEmit emit;
	void	   *arg;
	int			old_at;			/* details: of which nodes */
	int			new_at;
} Comparison;

/*
 * How much two things have in common: 0 if they cannot be paired, PERFECT if
 * nothing fits better.
 */
#define PERFECT 16
typedef int (*Likeness) (const Comparison *c, int o, int n);

/* ---- pairing two sequences ---- */

typedef enum Step
{
	STEP_PAIR,
	STEP_OLD,
	STEP_NEW
} Step;

/*
 * The best step from each cell (o, n): from old thing o and new thing n on.
 * Runs from the end to the beginning, so that the steps can then be walked
 * forwards.  Row "width" of steps belongs to o, as "best" does.
 */
static void
find_steps(const Comparison *c, Likeness likeness, int first, int rows, int width, uint8 *steps)
{
	int		   *best = palloc0((width + 1) * sizeof(int));

	for (int o = rows - 1; o >= 0; o--)
	{
		uint8	   *row = steps + (Size) o * width;
		int			diagonal = best[width];

		for (int n = width - 1; n >= 0; n--)
		{
			int			below = best[n];
			int			like = likeness(c, first + o, first + n);
			int			most = Max(below, best[n + 1]);

			row[n] = below >= best[n + 1] ? STEP_OLD : STEP_NEW;
			if (like > 0 && diagonal + like >= most)
			{
				most = diagonal + like;
				row[n] = STEP_PAIR;
			}
			best[n] = most;
			diagonal = below;
		}
	}
	pfree(best);
}

static void
pair_middle(const Comparison *c, Likeness likeness, int first, int rows, int width, int *partner)
{
	uint8	   *steps;
	int			o = 0;
	int			n = 0;

	if (rows == 0 || width == 0 || (int64) rows * width > MAX_CELLS)
		return;
	steps = palloc((Size) rows * width);
	find_steps(c, likeness, first, rows, width, steps);
	while (o < rows && n < width)
	{
		switch (steps[(Size) o * width + n])
		{
			case STEP_PAIR:
				partner[first + o++] = first + n++;
				break;
			case STEP_OLD:
				o++;
				break;
			default:
				n++;
		}
	}
	pfree(steps);
}

/*
 * For each of the "olds" old things the new one that it pairs with, palloc'd.
 * Pairs do not cross.
 */
static int *
pair_up(const Comparison *c, Likeness likeness, int olds, int news)
{
	int		   *partner = palloc(Max(olds, 1) * sizeof(int));
	int			first = 0;
	int			last = 0;

	for (int i = 0; i < olds; i++)
		partner[i] = NO_PARTNER;
	while (first < Min(olds, news) && likeness(c, first, first) == PERFECT)
	{
		partner[first] = first;
		first++;
	}
	while (first + last < Min(olds, news) &&
		   likeness(c, olds - 1 - last, news - 1 - last) == PERFECT)
	{
		partner[olds - 1 - last] = news - 1 - last;
		last++;
	}
	pair_middle(c, likeness, first, olds - first - last, news - first - last, partner);
	return partner;
}

/* ---- what is alike ---- */

static int
scan_likeness(const TendPlanNode *o, const TendPlanNode *n)
{
	if (o->relation != n->relation || (o->kind == TEND_NODE_MODIFY && o->name != n->name))
		return 0;
	return 7 + 3 * (o->alias == n->alias) + 2 * (o->name == n->name) + 2 * (o->text == n->text) +
		(o->details_text == n->details_text);
}

static int
node_likeness(const Comparison *c, int old_at, int new_at)
{
	const TendPlanNode *o = &c->old_plan.nodes[old_at];
	const TendPlanNode *n = &c->new_plan.nodes[new_at];
	bool		same_below = o->below == n->below;

	if (o->kind != n->kind)
		return 0;
	if (o->text == n->text &&o->details_text == n->details_text && same_below)
		return PERFECT;
	switch (o->kind)
	{
		case TEND_NODE_SCAN:
		case TEND_NODE_MODIFY:
			return scan_likeness(o, n);
		case TEND_NODE_INDEX:
			return o->relation == n->relation ? 3 + 3 * (o->text == n->text) : 0;
		case TEND_NODE_REST:
			return 3;
		default:
			/* "Sort" above other tables is hardly the same one */
			if (o->name == n->name)
				return 2 + 4 * same_below + 2 * (o->details_text == n->details_text);
			return o->kind != TEND_NODE_OTHER && same_below ? 3 : 0;
	}
}

static const char *
detail(const TendPlanOutline *plan, int node, int i)
{
	return tend_outline_trim(plan->lines[plan->nodes[node].line + 1 + i]);
}

/* The same label: "Filter: ..." and "Filter: ..." */
static int
detail_likeness(const Comparison *c, int o, int n)
{
	const char *old_text = detail(&c->old_plan, c->old_at, o);
	const char *new_text = detail(&c->new_plan, c->new_at, n);
	size_t		label = strcspn(old_text, ":");

	if (strcmp(old_text, new_text) == 0)
		return PERFECT;
	return old_text[label] == ':' && strncmp(old_text, new_text, label + 1) == 0 ? 1 : 0;
}

/* ---- the lines of the comparison ---- */

static void
emit_pair(const Comparison *c, char mark, int old_line, int new_line)
{
	c->emit(mark, c->old_plan.lines[old_line], c->new_plan.lines[new_line], c->arg);
}

static void
emit_old(const Comparison *c, int line, int count)
{
	for (int i = 0; i < count; i++)
		c->emit('<', c->old_plan.lines[line + i], NULL, c->arg);
}

static void
emit_new(const Comparison *c, int line, int count)
{
	for (int i = 0; i < count; i++)
		c->emit('>', NULL, c->new_plan.lines[line + i], c->arg);
}

static void
emit_details(Comparison *c, int old_at, int new_at)
{
	const TendPlanNode *o = &c->old_plan.nodes[old_at];
	const TendPlanNode *n = &c->new_plan.nodes[new_at];
	int		   *partner;
	int			done = 0;

	c->old_at = old_at;
	c->new_at = new_at;
	partner = pair_up(c, detail_likeness, o->details, n->details);
	for (int i = 0; i < o->details; i++)
	{
		if (partner[i] == NO_PARTNER)
		{
			emit_old(c, o->line + 1 + i, 1);
			continue;
		}
		emit_new(c, n->line + 1 + done, partner[i] - done);
		done = partner[i] + 1;
		emit_pair(c, detail_likeness(c, i, partner[i]) == PERFECT ? ' ' : '~',
				  o->line + 1 + i, n->line + 1 + partner[i]);
	}
	emit_new(c, n->line + 1 + done, n->details - done);
	pfree(partner);
}

static void
emit_nodes(Comparison *c, int old_at, int new_at)
{
	const TendPlanNode *o = &c->old_plan.nodes[old_at];
	const TendPlanNode *n = &c->new_plan.nodes[new_at];
	bool		same = o->text == n->text &&o->details_text == n->details_text;

	emit_pair(c, same ? ' ' : '~', o->line, n->line);
	emit_details(c, old_at, new_at);
}

static void
emit_new_nodes(const Comparison *c, int from, int to)
{
	for (int i = from; i < to; i++)
		emit_new(c, c->new_plan.nodes[i].line, 1 + c->new_plan.nodes[i].details);
}

void
tend_plan_diff(const char *old_plan, const char *new_plan,
			   TendPlanDiffEmit emit, void *arg)
{
	Comparison	c = {.emit = emit,.arg = arg};
	int		   *partner;
	int			done = 0;

	tend_outline_read(&c.old_plan, old_plan);
	tend_outline_read(&c.new_plan, new_plan);
	partner = pair_up(&c, node_likeness, c.old_plan.nnodes, c.new_plan.nnodes);
	for (int i = 0; i < c.old_plan.nnodes; i++)
	{
		if (partner[i] == NO_PARTNER)
		{
			emit_old(&c, c.old_plan.nodes[i].line, 1 + c.old_plan.nodes[i].details);
			continue;
		}
		emit_new_nodes(&c, done, partner[i]);
		done = partner[i] + 1;
		emit_nodes(&c, i, partner[i]);
	}
	emit_new_nodes(&c, done, c.new_plan.nnodes);
	pfree(partner);
	tend_outline_free(&c.old_plan);
	tend_outline_free(&c.new_plan);
}
