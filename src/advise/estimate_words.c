/*-------------------------------------------------------------------------
 *
 * estimate_words.c
 *	  Misestimates in words.
 *
 * No word here is a value of a table: a clause shows a question mark.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/estimate_words.h"
#include "advise/statistics.h"
#include "advise/words.h"

/* Evidence is enough after so many samples, or with one that is so wrong. */
#define ENOUGH_SAMPLES	3
#define ENOUGH_Q		100.0

/* This share of the error points in one direction, if there is one. */
#define ONE_WAY			0.8

/* A target is raised to these, and not by more at a time than the factor. */
static const int round_targets[] = {200, 500, 1000, 2000, 5000, 10000};
#define TARGET_FACTOR	10

const char *
tend_estimate_cause_name(TendEstimateCause cause)
{
	switch (cause)
	{
		case TEND_CAUSE_CORRELATED:
			return "correlated columns";
		case TEND_CAUSE_STALE:
			return "stale statistics";
		case TEND_CAUSE_TARGET:
			return "statistics target";
		case TEND_CAUSE_GENERIC_PLAN:
			return "generic plan";
		case TEND_CAUSE_EXPRESSION:
			return "expression";
		case TEND_CAUSE_JOIN:
			return "join";
		case TEND_CAUSE_NOT_COVERABLE:
			return "not coverable";
		case TEND_CAUSE_UNKNOWN:
			break;
	}
	return "unknown";
}

/* Dependence errs to one side mostly, skew to both. */
const char *
tend_estimate_direction(const TendEstimateSums *sums)
{
	if (sums->ln_abs_sum > 0 && sums->ln_sum >= ONE_WAY * sums->ln_abs_sum)
		return "too low";
	if (sums->ln_abs_sum > 0 && sums->ln_sum <= -ONE_WAY * sums->ln_abs_sum)
		return "too high";
	return "both";
}

bool
tend_estimate_enough(const TendEstimateSums *sums)
{
	return sums->samples >= ENOUGH_SAMPLES || (sums->samples > 0 && sums->max_q >= ENOUGH_Q);
}

/*
 * The statistics target that lets the list of common values, and a bucket of
 * the histogram, tell values with so many rows: at most table_rows / rows
 * values have as many.  The target itself, if no higher one would do.
 */
int
tend_estimate_target(double table_rows, double rows, int target)
{
	double		wanted = table_rows / Max(rows, 1);
	double		most = (double) Max(target, 1) * TARGET_FACTOR;

	if (!(wanted < most))
		wanted = most;
	for (int i = 0; i < (int) lengthof(round_targets); i++)
	{
		if (round_targets[i] > target && round_targets[i] >= wanted)
			return round_targets[i];
	}
	return Max(target, round_targets[lengthof(round_targets) - 1]);
}

/* ---- lists ---- */

/* "a", "a and b", "a, b and c" */
static void
say_columns(StringInfo out, const TendMisestimate *m)
{
	int			n = m->key->ncolumns;

	for (int i = 0; i < n; i++)
		appendStringInfo(out, "%s%s", i == 0 ? "" : i == n - 1 ? " and " : ", ", m->columns[i]);
}

static void
list_columns(StringInfo out, const TendEstimateKey *key, const char *const *columns)
{
	for (int i = 0; i < key->ncolumns; i++)
		appendStringInfo(out, "%s%s", i > 0 ? ", " : "", columns[i]);
}

/* ---- shapes ---- */

/* An operator that stands for its class */
static void
shape_clause(StringInfo out, TendClauseClass class, const char *column)
{
	switch (class)
	{
		case TEND_CLAUSE_EQUAL:
			appendStringInfo(out, "%s = ?", column);
			break;
		case TEND_CLAUSE_RANGE:
			appendStringInfo(out, "%s < ?", column);
			break;
		case TEND_CLAUSE_NOT_EQUAL:
			appendStringInfo(out, "%s <> ?", column);
			break;
		case TEND_CLAUSE_NULL:
			appendStringInfo(out, "%s IS NULL", column);
			break;
		case TEND_CLAUSE_PATTERN:
			appendStringInfo(out, "%s LIKE ?", column);
			break;
		case TEND_CLAUSE_EXPRESSION:
			appendStringInfo(out, "f(%s) = ?", column);
			break;
		case TEND_CLAUSE_COLUMNS:
			appendStringInfo(out, "%s = another column", column);
			break;
		case TEND_CLAUSE_OTHER:
			appendStringInfo(out, "%s and another operator", column);
			break;
	}
}

/*
 * The conditions or groups of a key: "a = ? AND b < ?", "GROUP BY a, b".  A
 * range is always "<", and a list of values is "=".
 */
void
tend_clause_shape(StringInfo out, const TendEstimateKey *key, const char *const *columns)
{
	if (key->kind == TEND_ESTIMATE_GROUPS)
	{
		appendStringInfoString(out, "GROUP BY ");
		list_columns(out, key, columns);
		return;
	}
	if (key->kind == TEND_ESTIMATE_JOIN)
	{
		appendStringInfoString(out, key->ncolumns > 0 ? "JOIN ON " : "JOIN");
		list_columns(out, key, columns);
		return;
	}
	if (key->ncolumns == 0)
	{
		/* the class is there if a clause is to blame that has no one column */
		if (key->classes[0] != TEND_CLAUSE_EQUAL)
			shape_clause(out, key->classes[0], "...");
		return;
	}
	for (int i = 0; i < key->ncolumns; i++)
	{
		appendStringInfoString(out, i > 0 ? " AND " : "");
		shape_clause(out, key->classes[i], columns[i]);
	}
}

/* ---- remedies ---- */

/* A name as it is without the quotes of an identifier, as a string constant */
static void
append_literal(StringInfo out, const char *name)
{
	bool		quoted = name[0] == '"';
	const char *end = name + strlen(name) - (quoted ? 1 : 0);

	appendStringInfoChar(out, '\'');
	for (const char *c = name + quoted; c < end; c++)
	{
		if (*c == '\'')
			appendStringInfoChar(out, '\'');
		if (quoted && *c == '"')
			c++;
		appendStringInfoChar(out, *c);
	}
	appendStringInfoChar(out, '\'');
}

/* The table's name stays quoted: the constant is read as a regclass. */
static void
append_table_literal(StringInfo out, const char *table)
{
	appendStringInfoChar(out, '\'');
	for (const char *c = table; *c != '\0'; c++)
	{
		if (*c == '\'')
			appendStringInfoChar(out, '\'');
		appendStringInfoChar(out, *c);
	}
	appendStringInfoChar(out, '\'');
}

/*
 * The cause, as far as it is known by now: verification may have found that the
 * columns do not depend on each other, or that nothing can be done about it.
 */
TendEstimateCause
tend_estimate_cause(const TendMisestimate *m)
{
	if (m->key->cause != TEND_CAUSE_CORRELATED || m->refused == NULL)
		return (TendEstimateCause) m->key->cause;
	switch (tend_statistics_verdict_of(m->refused))
	{
		case TEND_STATISTICS_NO_KIND:
		case TEND_STATISTICS_NO_USE:
			return TEND_CAUSE_NOT_COVERABLE;
		case TEND_STATISTICS_FRESH:
			return TEND_CAUSE_STALE;
		case TEND_STATISTICS_INDEPENDENT:
			return TEND_CAUSE_UNKNOWN;
		default:
			return TEND_CAUSE_CORRELATED;
	}
}

static void
remedy_correlated(StringInfo out, const TendMisestimate *m)
{
	if (m->proven != NULL)
	{
		appendStringInfoString(out, m->proven);
		return;
	}
	if (m->refused != NULL)
	{
		appendStringInfo(out, "none: verified, no statistics on several columns help: %s", m->refused);
		return;
	}
	if (m->exists != NULL)
	{
		appendStringInfo(out, "none: %s", m->exists);
		return;
	}
	appendStringInfoString(out, "SELECT * FROM tend.verify_statistics(");
	append_table_literal(out, m->table);
	appendStringInfoString(out, ", ARRAY[");
	for (int i = 0; i < m->key->ncolumns; i++)
	{
		appendStringInfoString(out, i > 0 ? ", " : "");
		append_literal(out, m->columns[i]);
	}
	appendStringInfoString(out, "]::name[]); -- not yet verified");
	if (m->undecided != NULL)
		appendStringInfo(out, ": %s", m->undecided);
}

static void
remedy_stale(StringInfo out, const TendMisestimate *m)
{
	appendStringInfo(out, "ANALYZE %s;", m->table);
}

static void
remedy_target(StringInfo out, const TendMisestimate *m)
{
	StringInfoData raised;
	const char *separator = "";

	if (m->targets == NULL || m->key->ncolumns == 0)
	{
		appendStringInfo(out, "raise the statistics target of the columns, and ANALYZE %s", m->table);
		return;
	}
	initStringInfo(&raised);
	for (int i = 0; i < m->key->ncolumns; i++)
	{
		int			target = tend_estimate_target(m->table_rows, m->sums->actual, m->targets[i]);

		if (target <= m->targets[i])
			continue;
		appendStringInfo(&raised, "%s ALTER COLUMN %s SET STATISTICS %d", separator, m->columns[i], target);
		separator = ",";
	}
	if (raised.len == 0)
		appendStringInfoString(out, "none: the statistics target is as high as it can be");
	else
		appendStringInfo(out, "ALTER TABLE %s%s; ANALYZE %s;", m->table, raised.data, m->table);
	pfree(raised.data);
}

static void
remedy_expression(StringInfo out, const TendMisestimate *m)
{
	if (m->expression != NULL && m->statistics != NULL)
		appendStringInfo(out, "CREATE STATISTICS %s ON %s FROM %s; ANALYZE %s;",
						 m->statistics, m->expression, m->table, m->table);
	else
		appendStringInfo(out, "create statistics on the expression (CREATE STATISTICS name ON (expression) FROM %s), and ANALYZE %s",
						 m->table, m->table);
}

/* What to run, or a sentence without a period if there is nothing to run */
void
tend_estimate_remedy(StringInfo out, const TendMisestimate *m)
{
	TendEstimateCause cause = tend_estimate_cause(m);

	if (m->key->cause == TEND_CAUSE_CORRELATED && cause != TEND_CAUSE_STALE)
	{
		remedy_correlated(out, m);
		return;
	}
	switch (cause)
	{
		case TEND_CAUSE_CORRELATED:
			break;
		case TEND_CAUSE_STALE:
			remedy_stale(out, m);
			break;
		case TEND_CAUSE_TARGET:
			remedy_target(out, m);
			break;
		case TEND_CAUSE_GENERIC_PLAN:
			appendStringInfoString(out, "SET plan_cache_mode = force_custom_plan; -- for the function, role or session that runs these queries");
			break;
		case TEND_CAUSE_EXPRESSION:
			remedy_expression(out, m);
			break;
		case TEND_CAUSE_JOIN:
			appendStringInfoString(out, "none: PostgreSQL has no statistics on how the rows of two tables match");
			break;
		case TEND_CAUSE_NOT_COVERABLE:
			appendStringInfoString(out, "none: no statistics can tell what this condition lets through");
			break;
		case TEND_CAUSE_UNKNOWN:
			appendStringInfoString(out, "none: the cause is not known");
			break;
	}
}

/* ---- explanations ---- */

static const char *
plural(const TendMisestimate *m, const char *one, const char *many)
{
	return m->key->ncolumns <= 1 ? one : many;
}

/* "the condition on a", "the conditions on a and b", "the conditions" */
static void
say_conditions(StringInfo out, const TendMisestimate *m)
{
	if (m->key->ncolumns == 0)
	{
		appendStringInfoString(out, "the condition");
		return;
	}
	appendStringInfoString(out, plural(m, "the condition on ", "the conditions on "));
	say_columns(out, m);
}

/* " of a and b", or of nothing */
static void
say_of_columns(StringInfo out, const TendMisestimate *m)
{
	if (m->key->ncolumns == 0)
		return;
	appendStringInfoString(out, " of ");
	say_columns(out, m);
}

static void
say_cause(StringInfo out, const TendMisestimate *m)
{
	bool		groups = m->key->kind == TEND_ESTIMATE_GROUPS;

	switch ((TendEstimateCause) m->key->cause)
	{
		case TEND_CAUSE_CORRELATED:
			if (groups)
			{
				appendStringInfoString(out, "the values");
				say_of_columns(out, m);
			}
			else
				say_conditions(out, m);
			appendStringInfoString(out, " are not independent");
			break;
		case TEND_CAUSE_STALE:
			appendStringInfoString(out, "the statistics");
			say_of_columns(out, m);
			appendStringInfoString(out, " are older than the data");
			break;
		case TEND_CAUSE_TARGET:
			appendStringInfoString(out, groups ? "the number of values" : "the frequency of values");
			say_of_columns(out, m);
			appendStringInfoString(out, " is not known well enough at the present statistics target");
			break;
		case TEND_CAUSE_GENERIC_PLAN:
			appendStringInfoString(out, "the plan was made without knowing the value that ");
			say_conditions(out, m);
			appendStringInfoString(out, plural(m, " compares with", " compare with"));
			break;
		case TEND_CAUSE_EXPRESSION:
			appendStringInfoString(out, "there are no statistics on the expression");
			say_of_columns(out, m);
			break;
		case TEND_CAUSE_JOIN:
			appendStringInfoString(out, "the rows that match are not spread evenly over the values");
			say_of_columns(out, m);
			break;
		case TEND_CAUSE_NOT_COVERABLE:
			if (groups)
			{
				appendStringInfoString(out, "the filter of the rows goes together with the values");
				say_of_columns(out, m);
				break;
			}
			say_conditions(out, m);
			appendStringInfoString(out, plural(m, " is", " are"));
			appendStringInfoString(out, " beyond what statistics describe");
			break;
		case TEND_CAUSE_UNKNOWN:
			appendStringInfoString(out, "no cause was found");
			break;
	}
}

static void
say_count(StringInfo out, double n, const char *one, const char *many)
{
	n = Max(rint(n), 0);
	appendStringInfo(out, "%s %s", tend_word_count(n).str, n == 1 ? one : many);
}

/*
 * For people: "estimated 12 rows, really 4 310: the conditions on a and b are
 * not independent".  The numbers are those of the worst sample.
 */
void
tend_estimate_explain(StringInfo out, const TendMisestimate *m)
{
	bool		groups = m->key->kind == TEND_ESTIMATE_GROUPS;

	appendStringInfoString(out, "estimated ");
	say_count(out, Max(m->sums->expected, 1), groups ? "group" : "row", groups ? "groups" : "rows");
	appendStringInfo(out, ", really %s: ", tend_word_count(Max(rint(m->sums->actual), 0)).str);
	say_cause(out, m);
}
