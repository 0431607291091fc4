/*-------------------------------------------------------------------------
 *
 * plan_outline.c
 *	  Take the text of a plan apart into nodes.
 *
 * EXPLAIN writes a node as "->  Name using index on table  (cost=...)", its
 * details below it, and its children after these, further to the right:
 *
 *		Hash Join  (cost=1.09..2.19 rows=4 width=8)
 *		  Hash Cond: (a.id = b.id)
 *		  ->  Seq Scan on a  (cost=0.00..1.04 rows=4 width=4)
 *		  ->  Hash  (cost=1.04..1.04 rows=4 width=4)
 *				->  Seq Scan on b  (cost=0.00..1.04 rows=4 width=4)
 *
 * The text may have been cut, and names in it may hold anything, line ends
 * included.  So nothing is refused here: a line that is not known to begin a
 * node is a detail of the node before it.  A mistake costs beauty only.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_outline.h"
#include "common/hashfn.h"

#define ARROW "->  "
#define COSTS "  (cost="
#define PARALLEL "Parallel "

static bool
starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static int
indentation(const char *line)
{
	return strspn(line, " ");
}

static bool
has_arrow(const char *line)
{
	return starts_with(line + indentation(line), ARROW);
}

/* A line without what stands to the left of its text */
const char *
tend_outline_trim(const char *line)
{
	line += indentation(line);
	return starts_with(line, ARROW) ? line + strlen(ARROW) : line;
}

/* Length of the text of a line without the costs */
int
tend_outline_length(const char *trimmed)
{
	const char *costs = NULL;

	/* the last one: a name may look like it */
	for (const char *p = strstr(trimmed, COSTS); p != NULL; p = strstr(p + 1, COSTS))
		costs = p;
	return costs ? costs - trimmed : (int) strlen(trimmed);
}

static uint64
hash_text(const char *s, int len, uint64 seed)
{
	uint64		hash;

	if (len == 0)
		return seed;
	hash = hash_bytes_extended((const unsigned char *) s, len, seed);
	return hash ? hash : 1;
}

/* ---- lines ---- */

static void
split_lines(TendPlanOutline *outline, const char *text)
{
	int			most = 1;
	char	   *line;

	for (const char *p = text; *p != '\0'; p++)
		most += *p == '\n';
	outline->copy = pstrdup(text);
	outline->lines = palloc(most * sizeof(char *));

	for (line = outline->copy; *line != '\0';)
	{
		char	   *end = strchr(line, '\n');

		outline->lines[outline->nlines++] = line;
		if (end == NULL)
			break;
		*end = '\0';
		line = end + 1;
	}
}

static bool
is_rest(const char *line)
{
	return starts_with(line + indentation(line), "...");
}

/* The line above a child, and to the left of it, names the child's purpose. */
static bool
is_heading(const TendPlanOutline *outline, int i)
{
	const char *line = outline->lines[i];
	const char *next = i + 1 < outline->nlines ? outline->lines[i + 1] : "";

	return has_arrow(next) && indentation(next) > indentation(line);
}

static bool
begins_node(const TendPlanOutline *outline, int i)
{
	const char *line = outline->lines[i];

	return i == 0 || has_arrow(line) || is_rest(line) || is_heading(outline, i) ||
		(indentation(line) == 0 && strstr(line, COSTS) != NULL);
}

/* ---- nodes ---- */

/* Where a word stands in a text, outside of names in quotes; NULL if nowhere */
static const char *
find_word(const char *text, int len, const char *word)
{
	int			word_len = strlen(word);
	bool		quoted = false;

	for (int i = 0; i + word_len <= len; i++)
	{
		if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && memcmp(text +i, word, word_len) == 0)
			return text +i;
	}
	return NULL;
}

static bool
ends_with(const char *s, int len, const char *suffix)
{
	int			n = strlen(suffix);

	return len >= n && memcmp(s + len - n, suffix, n) == 0;
}

static TendNodeKind
kind_by_name(const char *name, int len, bool on)
{
	static const struct
	{
		const char *word;
		TendNodeKind kind;
	}			words[] = {
		{"Nested Loop", TEND_NODE_JOIN},
		{" Join", TEND_NODE_JOIN},
		{"Aggregate", TEND_NODE_AGGREGATE},
		{"Sort", TEND_NODE_SORT},
		{"Gather", TEND_NODE_GATHER},
		{"Append", TEND_NODE_APPEND},
	};

	if (on)
	{
		if (ends_with(name, len, "Bitmap Index Scan"))
			return TEND_NODE_INDEX;
		return ends_with(name, len, "Scan") || ends_with(name, len, "Backward") || ends_with(name, len, ")") ?
			TEND_NODE_SCAN : TEND_NODE_MODIFY;
	}
	for (int i = 0; i < (int) lengthof(words); i++)
	{
		if (find_word(name, len, words[i].word))
			return words[i].kind;
	}
	return TEND_NODE_OTHER;
}

/* "schema.table alias": the first blank that is not part of a name */
static void
read_relation(TendPlanNode *node, const char *text, int len)
{
	const char *blank = find_word(text, len, " ");

	node->relation = hash_text(text, blank ? blank - text : len, 0);
	node->alias = hash_text(text, len, 0);
}

static void
read_name(TendPlanNode *node, const char *line)
{
	const char *text = tend_outline_trim(line);
	int			len = tend_outline_length(text);
	const char *on = find_word(text, len, " on ");
	const char *using = find_word(text, on ? on - text : len, " using ");
	const char *end = using ? using : on;
	int			name_len = end ? end - text : len;
	int			skipped = starts_with(text, PARALLEL) ? Min((int) strlen(PARALLEL), name_len) : 0;

	node->text = hash_text(text, len, 0);
	node->name = hash_text(text +skipped, name_len - skipped, 0);
	node->kind = kind_by_name(text, name_len, on != NULL);
	if (node->kind == TEND_NODE_SCAN || node->kind == TEND_NODE_MODIFY)
		read_relation(node, on + strlen(" on "), text +len - (on + strlen(" on ")));
}

static TendPlanNode *
begin_node(TendPlanOutline *outline, int i)
{
	TendPlanNode *node = &outline->nodes[outline->nnodes++];
	const char *line = outline->lines[i];

	memset(node, 0, sizeof(*node));
	node->line = i;
	node->indent = indentation(line);
	read_name(node, line);
	if (is_rest(line))
		node->kind = TEND_NODE_REST;
	else if (i > 0 && !has_arrow(line) && is_heading(outline, i))
	{
		const char *text = tend_outline_trim(line);

		node->kind = TEND_NODE_HEADING;
		node->name = hash_text(text, strcspn(text, " "), 0);
	}
	return node;
}

/*
 * Tell each node what is read below it, and each bitmap index scan which
 * table it is for.  "path" has the nodes above the current one, from the left
 * to the right.
 */
static void
look_below(TendPlanOutline *outline)
{
	int		   *parent = palloc(Max(outline->nnodes, 1) * sizeof(int));

	for (int i = 0; i < outline->nnodes; i++)
	{
		TendPlanNode *node = &outline->nodes[i];
		int			above = i - 1;

		/* each step goes up one level, and never down the same one again */
		while (above >= 0 && outline->nodes[above].indent >= node->indent)
			above = parent[above];
		parent[i] = above;
		if (node->kind == TEND_NODE_INDEX)
		{
			while (above >= 0 && outline->nodes[above].kind != TEND_NODE_SCAN)
				above = parent[above];
			node->relation = above >= 0 ? outline->nodes[above].relation : 0;
		}
		else
			node->below = node->relation;
	}
	for (int i = outline->nnodes - 1; i >= 0; i--)
	{
		if (parent[i] >= 0)
			outline->nodes[parent[i]].below += outline->nodes[i].below;
	}
	pfree(parent);
}

/*
 * Text may be NULL: then there are no lines and no nodes.
 */
void
tend_outline_read(TendPlanOutline *outline, const char *text)
{
	TendPlanNode *node = NULL;

	memset(outline, 0, sizeof(*outline));
	split_lines(outline, text ? text : "");
	outline->nodes = palloc(Max(outline->nlines, 1) * sizeof(TendPlanNode));
	for (int i = 0; i < outline->nlines; i++)
	{
		const char *detail = tend_outline_trim(outline->lines[i]);

		if (begins_node(outline, i))
			node = begin_node(outline, i);
		else
		{
			node->details++;
			node->details_text = hash_text(detail, strlen(detail), node->details_text + 1);
		}
	}
	look_below(outline);
}

void
tend_outline_free(TendPlanOutline *outline)
{
	pfree(outline->copy);
	pfree(outline->lines);
	pfree(outline->nodes);
}
