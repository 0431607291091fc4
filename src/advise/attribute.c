/*-------------------------------------------------------------------------
 *
 * attribute.c
 *	  Why the planner was wrong about one node of a plan.
 *
 * The product of the selectivities of two clauses is wrong for many reasons,
 * and only one of them is that their columns depend on each other.  So the
 * others are looked for first: a plan that did not know its parameters, a
 * clause that is wrong alone, statistics that are old.  The first rule that
 * holds decides.
 *
 * What makes that possible is that the rows that came are a lower bound for
 * each AND clause of a scan, and for each set of them: who let expect fewer is
 * convicted.  There is no such bound for clauses that let expect too many.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/attribute.h"

/* An estimate is wrong if it is off by so many times. */
#define WRONG				2.0
/* More rows than a clause alone lets expect, by so many times, disprove it. */
#define DISPROVED			1.5

/* Fewer rows or groups, and smaller tables, are not worth it. */
#define FEW_ROWS			20.0
#define SMALL_TABLE			1000.0

/* Statistics are old when so large a share of the rows was modified since. */
#define STALE_SHARE			0.2

/* Who reads so large a share of a table reads it all. */
#define WHOLE_SHARE			0.9

/* A larger statistics target than this is seldom worth its price. */
#define HIGH_TARGET			1000
/* ANALYZE reads so many rows times the target. */
#define SAMPLE_PER_TARGET	300.0

/*
 * By how many times one number is larger than the other.  Less than one row
 * counts as one: nobody plans differently for it.
 */
double
tend_q_error(double a, double b)
{
	if (isnan(a) || isnan(b))
		return NAN;
	a = Max(a, 1);
	b = Max(b, 1);
	if (a == b)
		return 1;
	return a > b ? a / b : b / a;
}

/* Is a node so wrong that it is worth to be planned anew? */
bool
tend_worth_a_look(double planned, double actual, double table_rows)
{
	return tend_q_error(planned, actual) >= WRONG &&
		Max(planned, actual) >= FEW_ROWS && table_rows >= SMALL_TABLE;
}

/* ---- what a clause is ---- */

/* Can statistics on several columns take this clause? */
static bool
coverable(const TendClauseFacts *c)
{
	return c->column > 0 && c->class <= TEND_CLAUSE_NULL;
}

static int
num_clauses(const TendNodeFacts *node)
{
	return Min(Max(node->nclauses, 0), TEND_ESTIMATE_CLAUSES);
}

static bool
is_stale(const TendNodeFacts *node)
{
	return node->modified > STALE_SHARE * node->table_rows;
}

/*
 * Would a larger statistics target tell more?  Where the list of the most
 * common values is full, or the sample is smaller than the table.  A range is
 * as exact as the histogram is fine.
 */
static bool
target_is_low(const TendNodeFacts *node, const TendClauseFacts *c)
{
	if (c->target >= HIGH_TARGET)
		return false;
	return c->list_full || c->class == TEND_CLAUSE_RANGE ||
		(c->target > 0 && node->table_rows > SAMPLE_PER_TARGET * c->target);
}

/* Why one clause is wrong, that is wrong by itself */
static TendEstimateCause
cause_of_clause(const TendNodeFacts *node, const TendClauseFacts *c, double expected)
{
	bool		missing = node->actual == 0 && c->class == TEND_CLAUSE_EQUAL;

	if (is_stale(node))
		return TEND_CAUSE_STALE;
	if (c->class == TEND_CLAUSE_EXPRESSION && c->no_statistics)
		return TEND_CAUSE_EXPRESSION;
	if (!coverable(c) || (c->no_list && c->class == TEND_CLAUSE_EQUAL))
		return TEND_CAUSE_NOT_COVERABLE;
	/* never analyzed; or rows have come with values that are new */
	if (c->no_statistics || (c->beyond && node->actual > expected))
		return TEND_CAUSE_STALE;
	/* no list has a value that the table does not have */
	if (target_is_low(node, c) && !missing)
		return TEND_CAUSE_TARGET;
	return TEND_CAUSE_UNKNOWN;
}

/* ---- findings ---- */

/* A column of the key: each once, in ascending order */
static void
add_column(TendEstimateKey *key, int column, TendClauseClass class)
{
	int			i = 0;

	if (column <= 0 || column > PG_INT16_MAX)
		return;
	while (i < key->ncolumns && key->columns[i] < column)
		i++;
	if (i < key->ncolumns && key->columns[i] == column)
	{
		/* the class that says most: they are in that order */
		key->classes[i] = Min(key->classes[i], class);
		return;
	}
	if (key->ncolumns == TEND_ESTIMATE_COLUMNS)
		return;
	for (int j = key->ncolumns++; j > i; j--)
	{
		key->columns[j] = key->columns[j - 1];
		key->classes[j] = key->classes[j - 1];
	}
	key->columns[i] = column;
	key->classes[i] = class;
}

static void
add_clause(TendFinding *f, const TendClauseFacts *c)
{
	add_column(&f->key, c->column, c->class);
	f->parameter |= c->parameter;
}

/* The clauses that statistics can take, or all */
static void
add_clauses(TendFinding *f, const TendNodeFacts *node, bool all)
{
	for (int i = 0; i < num_clauses(node); i++)
	{
		if (all || coverable(&node->clauses[i]))
			add_clause(f, &node->clauses[i]);
	}
}

static void
add_group_columns(TendFinding *f, const TendNodeFacts *node)
{
	for (int i = 0; i < Min(node->ncolumns, TEND_ESTIMATE_COLUMNS); i++)
		add_column(&f->key, node->columns[i], TEND_CLAUSE_EQUAL);
}

/* The verdict, once the columns are there; false: not worth a word */
static bool
found(TendFinding *f, const TendNodeFacts *node, TendEstimateCause cause, double expected)
{
	f->key.relid = node->relid;
	f->key.kind = node->kind;
	f->key.cause = cause;
	f->expected = Max(expected, 0);
	f->actual = node->actual;
	f->modified = node->modified;
	f->q_error = tend_q_error(expected, node->actual);
	return isfinite(f->q_error) && Max(expected, node->actual) >= FEW_ROWS;
}

/* ---- filters ---- */

/*
 * Was the plan made without the values of its parameters, which would have
 * made the difference?  The plan must be what comes without them.
 */
static bool
is_generic_plan(const TendNodeFacts *node)
{
	return tend_q_error(node->planned, node->actual) >= WRONG &&
		tend_q_error(node->estimated, node->actual) < WRONG &&
		tend_q_error(node->generic, node->planned) < WRONG;
}

static bool
blame_generic_plan(const TendNodeFacts *node, TendFinding *f)
{
	for (int i = 0; i < num_clauses(node); i++)
	{
		if (node->clauses[i].parameter)
			add_clause(f, &node->clauses[i]);
	}
	return f->parameter && found(f, node, TEND_CAUSE_GENERIC_PLAN, node->planned);
}

/* The clause that let expect least, if more came; -1: none is disproved. */
static int
disproved_clause(const TendNodeFacts *node)
{
	double		least = node->actual;
	int			culprit = -1;

	for (int i = 0; i < num_clauses(node); i++)
	{
		double		rows = Max(node->clauses[i].rows, 1);

		if (!isnan(node->clauses[i].rows) && rows * DISPROVED < node->actual && rows < least)
		{
			least = rows;
			culprit = i;
		}
	}
	return culprit;
}

/*
 * Never a group, not even if there is no cause to be found.  A clause that is
 * disproved by a little, and could not be known better, is no misestimate of
 * its own; but what it hides is not known either.
 */
static bool
blame_clause(const TendNodeFacts *node, const TendClauseFacts *c, double expected, TendFinding *f)
{
	TendEstimateCause cause = cause_of_clause(node, c, expected);

	if (tend_q_error(expected, node->actual) < WRONG &&
		cause != TEND_CAUSE_STALE && cause != TEND_CAUSE_EXPRESSION)
		return false;
	add_clause(f, c);
	/* without a column the class alone tells a pattern from an expression */
	if (f->key.ncolumns == 0)
		f->key.classes[0] = c->class;
	return found(f, node, cause, expected);
}

/*
 * Are all clauses on one column, or is there but one?  Then they are one clause
 * together, and what comes is exactly what it lets through.
 */
static bool
is_alone(const TendNodeFacts *node, TendClauseFacts *together)
{
	int			n = num_clauses(node);

	if (n == 0 || node->more_clauses)
		return false;
	*together = node->clauses[0];
	for (int i = 1; i < n; i++)
	{
		const TendClauseFacts *c = &node->clauses[i];

		if (!coverable(c) || !coverable(together) || c->column != together->column)
			return false;
		together->class = Min(together->class, c->class);
		together->parameter |= c->parameter;
		together->no_statistics |= c->no_statistics;
		together->beyond |= c->beyond;
		together->list_full |= c->list_full;
	}
	return true;
}

/* Columns that were never analyzed: nothing can be said of the others, either. */
static bool
lacks_statistics(const TendNodeFacts *node, TendFinding *f)
{
	for (int i = 0; i < num_clauses(node); i++)
	{
		if (coverable(&node->clauses[i]) && node->clauses[i].no_statistics)
			add_clause(f, &node->clauses[i]);
	}
	return f->key.ncolumns > 0;
}

/* What the clauses let expect as if they were independent, NaN if unknown */
static double
product(const TendNodeFacts *node, bool all)
{
	double		rows = node->table_rows;

	for (int i = 0; i < num_clauses(node); i++)
	{
		if (all || coverable(&node->clauses[i]))
			rows *= node->clauses[i].rows / node->table_rows;
	}
	return rows;
}

/* Clauses that no statistics can take hide what is wrong with the others. */
static bool
blame_uncoverable(const TendNodeFacts *node, TendFinding *f)
{
	const TendClauseFacts *expression = NULL;
	bool		other = false;

	for (int i = 0; i < num_clauses(node); i++)
	{
		const TendClauseFacts *c = &node->clauses[i];

		if (coverable(c))
			continue;
		other = true;
		if (c->class == TEND_CLAUSE_EXPRESSION && c->no_statistics && expression == NULL)
			expression = c;
	}
	if (expression != NULL)
		return blame_clause(node, expression, node->estimated, f);
	add_clauses(f, node, true);
	return found(f, node, other ? TEND_CAUSE_NOT_COVERABLE : TEND_CAUSE_UNKNOWN, node->estimated);
}

static bool
has_uncoverable(const TendNodeFacts *node)
{
	for (int i = 0; i < num_clauses(node); i++)
	{
		if (!coverable(&node->clauses[i]))
			return true;
	}
	return node->more_clauses;
}

/*
 * A type without a list of most common values, as ranges are: the planner
 * knows nothing of single values.  Statistics on several columns have such a
 * list nevertheless.
 */
static bool
lists_help(const TendNodeFacts *node, const TendClauseFacts *culprit)
{
	if (!culprit->no_list || culprit->class != TEND_CLAUSE_EQUAL)
		return false;
	for (int i = 0; i < num_clauses(node); i++)
	{
		if (coverable(&node->clauses[i]) && node->clauses[i].column != culprit->column)
			return true;
	}
	return false;
}

/*
 * No clause is wrong alone, as far as that can be known.  Then their columns
 * depend on each other, unless the statistics are too old to say so.
 */
static bool
blame_group(const TendNodeFacts *node, TendFinding *f)
{
	double		expected = node->estimated;
	TendEstimateCause cause = TEND_CAUSE_CORRELATED;
	TendFinding all = *f;

	add_clauses(f, node, false);
	if (has_uncoverable(node))
	{
		/* a lower bound of the rows that the others let through */
		expected = product(node, false);
		if (f->key.ncolumns < 2 || !(node->actual >= WRONG * Max(expected, 1)))
		{
			*f = all;
			return blame_uncoverable(node, f);
		}
	}
	else if (f->key.ncolumns < 2)
		return false;
	/* it is the statistics on several columns that mislead here */
	else if (node->covered && tend_q_error(product(node, true), node->actual) < WRONG)
		cause = TEND_CAUSE_UNKNOWN;
	return found(f, node, is_stale(node) ? TEND_CAUSE_STALE : cause, expected);
}

static bool
attribute_filter(const TendNodeFacts *node, TendFinding *f)
{
	TendClauseFacts together;
	int			culprit;

	if (!(node->table_rows > 0) || isinf(node->table_rows))
		return false;
	if (is_generic_plan(node))
		return blame_generic_plan(node, f);
	/* what could not be planned again cannot be explained */
	if (isnan(node->estimated))
	{
		if (!(tend_q_error(node->planned, node->actual) >= WRONG))
			return false;
		add_clauses(f, node, true);
		return f->key.ncolumns > 0 && found(f, node, TEND_CAUSE_UNKNOWN, node->planned);
	}
	/* an old plan, or statistics that came later: nothing to be done */
	if (tend_q_error(node->estimated, node->actual) < WRONG)
		return false;
	/* rows of the whole table: its size is not what the planner believes */
	if (node->nclauses <= 0 && !node->more_clauses)
		return found(f, node, TEND_CAUSE_STALE, node->estimated);
	if (is_alone(node, &together))
		return blame_clause(node, &together, node->estimated, f);
	culprit = disproved_clause(node);
	if (culprit >= 0 && !lists_help(node, &node->clauses[culprit]))
		return blame_clause(node, &node->clauses[culprit], node->clauses[culprit].rows, f);
	if (lacks_statistics(node, f))
		return found(f, node, TEND_CAUSE_STALE, node->estimated);
	return blame_group(node, f);
}

/* ---- groups ---- */

/*
 * Groups that "rows" random rows of a table have, of "groups" in all.  This
 * is the planner's own formula (estimate_num_groups).
 */
static double
groups_in(double groups, double rows, double table_rows)
{
	if (rows >= table_rows || groups <= 1)
		return groups;
	return -groups * expm1(log1p(-rows / table_rows) * table_rows / groups);
}

/* Combinations of the values of all columns; NaN: not known of each */
static double
combinations(const TendNodeFacts *node, double *most)
{
	double		n = 1;

	*most = 1;
	for (int i = 0; i < Min(node->ncolumns, TEND_ESTIMATE_COLUMNS); i++)
	{
		double		d = node->distinct[i];

		if (!(d > 0))
			return NAN;
		n *= d;
		*most = Max(*most, d);
	}
	return n;
}

/*
 * What the planner would expect, had it known how many rows there are to be
 * grouped: of several columns it takes a tenth of the rows at most.
 */
static double
expected_groups(const TendNodeFacts *node)
{
	double		most;
	double		n = combinations(node, &most);

	if (!node->covered && !isnan(n) && node->table_rows > 0 && node->input_actual > 0)
	{
		if (node->ncolumns > 1)
			n = Min(n, Max(most, node->table_rows / 10));
		return groups_in(Min(n, node->table_rows), node->input_actual, node->table_rows);
	}
	/* only if the rows to be grouped are not what was wrong */
	if (tend_q_error(node->input_planned, node->input_actual) >= WRONG)
		return NAN;
	return isnan(node->estimated) ? node->planned : node->estimated;
}

/* A filter on a column that is grouped by leaves fewer values of it. */
static bool
is_filtered_by_group(const TendNodeFacts *node)
{
	for (int i = 0; i < num_clauses(node); i++)
	{
		for (int j = 0; j < Min(node->ncolumns, TEND_ESTIMATE_COLUMNS); j++)
		{
			if (node->clauses[i].column == node->columns[j])
				return true;
		}
	}
	return false;
}

/*
 * The number of values of a single column is wrong: of which one is known only
 * if the table was read as a whole and has fewer groups than one column has
 * values.  If there are fewer in a part of it, the filter depends on that
 * column, and no statistics tell that.
 */
static bool
blame_single_column(const TendNodeFacts *node, double expected, TendFinding *f)
{
	TendEstimateCause cause = is_stale(node) ? TEND_CAUSE_STALE : TEND_CAUSE_TARGET;
	bool		whole = node->input_actual >= WHOLE_SHARE * node->table_rows;
	double		most;

	/* more groups than there are combinations */
	if (combinations(node, &most) * DISPROVED < node->actual)
	{
		add_group_columns(f, node);
		return found(f, node, cause, expected);
	}
	if (!whole)
	{
		if (!(groups_in(most, node->input_actual, node->table_rows) > node->actual * DISPROVED))
			return false;
		add_group_columns(f, node);
		return found(f, node, TEND_CAUSE_NOT_COVERABLE, expected);
	}
	for (int i = 0; i < Min(node->ncolumns, TEND_ESTIMATE_COLUMNS); i++)
	{
		if (node->distinct[i] > node->actual * DISPROVED)
			add_column(&f->key, node->columns[i], TEND_CLAUSE_EQUAL);
	}
	return f->key.ncolumns > 0 && found(f, node, cause, expected);
}

static bool
attribute_groups(const TendNodeFacts *node, TendFinding *f)
{
	double		expected = expected_groups(node);
	bool		too_many = expected > node->actual;

	if (!(tend_q_error(expected, node->actual) >= WRONG) || node->input_actual == 0)
		return false;
	if (too_many && is_filtered_by_group(node))
		return false;
	if (blame_single_column(node, expected, f))
		return true;
	add_group_columns(f, node);
	if (f->key.ncolumns < 2)
		return f->key.ncolumns == 1 &&
			found(f, node, is_stale(node) ? TEND_CAUSE_STALE : TEND_CAUSE_TARGET, expected);
	return found(f, node, is_stale(node) ? TEND_CAUSE_STALE : TEND_CAUSE_CORRELATED, expected);
}

/* ---- joins ---- */

/*
 * What is left of the error when both inputs are as they came.  For joins they
 * are counted in pairs of rows.
 */
static bool
attribute_join(const TendNodeFacts *node, TendFinding *f)
{
	double		expected = node->planned;

	if (node->input_planned > 0 && node->input_actual > 0)
		expected *= node->input_actual / node->input_planned;
	if (!(tend_q_error(expected, node->actual) >= WRONG))
		return false;
	add_clauses(f, node, true);
	add_group_columns(f, node);
	return found(f, node, TEND_CAUSE_JOIN, expected);
}

/*
 * Why was the planner wrong about this node?  False: it was not, or there is
 * no telling.
 */
bool
tend_attribute(const TendNodeFacts *node, TendFinding *finding)
{
	memset(finding, 0, sizeof(*finding));
	if (node->relid == InvalidOid || !isfinite(node->actual) || node->actual < 0)
		return false;
	switch (node->kind)
	{
		case TEND_ESTIMATE_FILTER:
			return attribute_filter(node, finding);
		case TEND_ESTIMATE_GROUPS:
			return attribute_groups(node, finding);
		case TEND_ESTIMATE_JOIN:
			return attribute_join(node, finding);
	}
	return false;
}

/*
 * An execution that the planner was right about, or of few rows: what would
 * be blamed if it were wrong because columns depend on each other?  Whoever
 * tries a cure has to know of these, too: it must not spoil them.  False: it
 * says nothing about columns together.
 */
bool
tend_attribute_right(const TendNodeFacts *node, TendFinding *finding)
{
	memset(finding, 0, sizeof(*finding));
	if (node->kind != TEND_ESTIMATE_FILTER || node->relid == InvalidOid ||
		!isfinite(node->estimated) || !isfinite(node->actual) || has_uncoverable(node))
		return false;
	add_clauses(finding, node, false);
	(void) found(finding, node, TEND_CAUSE_CORRELATED, node->estimated);
	finding->right = true;
	return finding->key.ncolumns >= 2;
}
