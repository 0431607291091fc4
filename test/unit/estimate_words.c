/*-------------------------------------------------------------------------
 *
 * estimate_words.c
 *	  Tests of src/advise/estimate_words.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/estimate_words.h"
#include "advise/statistics.h"

static const char *const columns[] = {
	"a", "b", "c", "d", "e", "f", "g", "h"
};

/* ---- keys ---- */

/* In the order of TendClauseClass */
static const char class_signs[] = "=<!?~fco";

/* A key with a column for each sign */
static TendEstimateKey
key_of(TendEstimateKind kind, TendEstimateCause cause, const char *classes)
{
	TendEstimateKey key = {.dboid = 1,.relid = 2,.kind = kind,.cause = cause};

	for (int i = 0; classes[i] != '\0'; i++)
	{
		key.columns[i] = i + 1;
		key.classes[i] = strchr(class_signs, classes[i]) - class_signs;
		key.ncolumns++;
	}
	return key;
}

static void
check_names(void)
{
	static const char *const names[] = {
		"correlated columns", "stale statistics", "statistics target", "generic plan", "expression", "join",
		"not coverable", "unknown"
	};

	for (int i = 0; i <= TEND_CAUSE_UNKNOWN; i++)
		tap_text(tend_estimate_cause_name(i), names[i], names[i]);
	tap_text(tend_estimate_cause_name(99), "unknown", "no cause that we know");
}

typedef struct ShapeCase
{
	TendEstimateKind kind;
	const char *classes;
	const char *want;
}			ShapeCase;

static const ShapeCase shapes[] = {
	{TEND_ESTIMATE_FILTER, "==", "a = ? AND b = ?"},
	{TEND_ESTIMATE_FILTER, "=<", "a = ? AND b < ?"},
	{TEND_ESTIMATE_FILTER, "!?~", "a <> ? AND b IS NULL AND c LIKE ?"},
	{TEND_ESTIMATE_FILTER, "fco", "f(a) = ? AND b = another column AND c and another operator"},
	{TEND_ESTIMATE_FILTER, "=", "a = ?"},
	{TEND_ESTIMATE_FILTER, "", ""},
	{TEND_ESTIMATE_FILTER, "========", "a = ? AND b = ? AND c = ? AND d = ? AND e = ? AND f = ? AND g = ? AND h = ?"},
	{TEND_ESTIMATE_GROUPS, "==", "GROUP BY a, b"},
	{TEND_ESTIMATE_GROUPS, "=", "GROUP BY a"},
	{TEND_ESTIMATE_JOIN, "==", "JOIN ON a, b"},
	{TEND_ESTIMATE_JOIN, "", "JOIN"},
};

static void
shape_is(const TendEstimateKey *key, const char *want, const char *name)
{
	StringInfoData out;

	initStringInfo(&out);
	tend_clause_shape(&out, key, columns);
	tap_text(out.data, want, name);
	pfree(out.data);
}

static void
check_shapes(void)
{
	TendEstimateKey key;

	for (int i = 0; i < (int) lengthof(shapes); i++)
	{
		key = key_of(shapes[i].kind, TEND_CAUSE_UNKNOWN, shapes[i].classes);
		shape_is(&key, shapes[i].want, shapes[i].want[0] ? shapes[i].want : "no clauses");
	}
	/* a clause that has no one column left its class */
	key = key_of(TEND_ESTIMATE_FILTER, TEND_CAUSE_EXPRESSION, "");
	key.classes[0] = TEND_CLAUSE_EXPRESSION;
	shape_is(&key, "f(...) = ?", "an expression of several columns");
	key.classes[0] = TEND_CLAUSE_PATTERN;
	shape_is(&key, "... LIKE ?", "a pattern on several columns");
}

/* ---- direction and evidence ---- */

static void
check_evidence(void)
{
	static const struct
	{
		double		ln_sum,
					ln_abs_sum;
		const char *want;
	}			directions[] = {
		{5, 5, "too low"}, {-5, 5, "too high"}, {0, 5, "both"}, {4, 5, "too low"}, {3.9, 5, "both"}, {-4, 5, "too high"},
		{-3.9, 5, "both"}, {0, 0, "both"}, {NAN, NAN, "both"}, {5, NAN, "both"}
	};
	static const struct
	{
		int64		samples;
		double		max_q;
		bool		want;
	}			evidence[] = {
		{0, 0, false}, {1, 2, false}, {2, 99.9, false}, {3, 2, true}, {1, 100, true}, {0, 1000, false}, {1, NAN, false},
		{-1, 1000, false}, {1000, 2, true}
	};

	for (int i = 0; i < (int) lengthof(directions); i++)
	{
		TendEstimateSums s = {.samples = 5,.ln_sum = directions[i].ln_sum,.ln_abs_sum = directions[i].ln_abs_sum};
		char		name[80];

		snprintf(name, sizeof(name), "%g of %g is %s", directions[i].ln_sum, directions[i].ln_abs_sum, directions[i].want);
		tap_text(tend_estimate_direction(&s), directions[i].want, name);
	}
	for (int i = 0; i < (int) lengthof(evidence); i++)
	{
		TendEstimateSums s = {.samples = evidence[i].samples,.max_q = evidence[i].max_q};
		char		name[80];

		snprintf(name, sizeof(name), "%d samples, wrong by %g: %senough", (int) evidence[i].samples, evidence[i].max_q,
				 evidence[i].want ? "" : "not ");
		tap_ok(tend_estimate_enough(&s) == evidence[i].want, name);
	}
}

static void
check_target(void)
{
	static const struct
	{
		double		table_rows,
					rows;
		int			target,
					want;
	}			cases[] = {
		{1e6, 4000, 100, 500}, {1e6, 5000, 100, 200}, {1e6, 5001, 100, 200}, {1e6, 4999, 100, 500}, {1e6, 1e6, 100, 200},
		{1e6, 1000, 100, 1000}, {1e6, 10, 100, 1000}, {1e6, 0, 100, 1000}, {1e6, 0, 1000, 10000}, {1e9, 1, 5000, 10000},
		{1e9, 1, 10000, 10000}, {1e9, 1, 20000, 20000}, {NAN, 4000, 100, 1000}, {1e6, NAN, 100, 1000},
		{INFINITY, 1, 100, 1000}, {1e6, 4000, 0, 200}, {1e6, 4000, -1, 200}, {0, 0, 100, 200}, {1e6, 100, 10, 200}
	};

	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		char		name[100];

		snprintf(name, sizeof(name), "target %d for values with %g of %g rows", cases[i].target, cases[i].rows,
				 cases[i].table_rows);
		tap_number(tend_estimate_target(cases[i].table_rows, cases[i].rows, cases[i].target), cases[i].want, name);
	}
}

/* ---- remedies and explanations ---- */

static const int targets[] = {100, 10000, 100, 100, 100, 100, 100, 100};
static const int highest[] = {10000, 10000, 10000, 10000, 10000, 10000, 10000, 10000};
static const TendEstimateSums worst = {.samples = 3,.expected = 12.2,.actual = 4310};

static void
remedy_is(const TendMisestimate *m, const char *want, const char *name)
{
	StringInfoData out;

	initStringInfo(&out);
	tend_estimate_remedy(&out, m);
	tap_text(out.data, want, name);
	pfree(out.data);
}

static void
check_remedies(void)
{
	TendEstimateKey key = key_of(TEND_ESTIMATE_FILTER, TEND_CAUSE_CORRELATED, "==");
	static const char *const odd[] = {"\"A\"\"b'c\\\"", "\"'\""};
	TendMisestimate m = {
		.key = &key,
		.sums = &worst,
		.table = "s.t",
		.columns = columns,
		.table_rows = 1e6
	};

	remedy_is(&m, "SELECT * FROM tend.verify_statistics('s.t', ARRAY['a', 'b']::name[]); -- not yet verified", "correlated: verify it");
	m.table = "\"S's\".\"T\"\"\"";
	m.columns = odd;
	remedy_is(&m, "SELECT * FROM tend.verify_statistics('\"S''s\".\"T\"\"\"', ARRAY['A\"b''c\\', '''']::name[]); -- not yet verified",
			  "correlated: odd names");
	m.table = "s.t";
	m.columns = columns;
	m.undecided = "the sample is too small";
	remedy_is(&m, "SELECT * FROM tend.verify_statistics('s.t', ARRAY['a', 'b']::name[]); -- not yet verified: the sample is too small",
			  "correlated: tried without result");
	m.undecided = NULL;
	m.exists = "there are some";
	remedy_is(&m, "none: there are some", "correlated: there are statistics");
	m.refused = "no use";
	remedy_is(&m, "none: verified, no statistics on several columns help: no use", "correlated: verified without success");
	tap_number(tend_estimate_cause(&m), TEND_CAUSE_CORRELATED, "correlated all the same");
	m.refused = tend_statistics_verdict_text(TEND_STATISTICS_NO_USE);
	tap_number(tend_estimate_cause(&m), TEND_CAUSE_NOT_COVERABLE, "no kind helps: not coverable");
	m.refused = tend_statistics_verdict_text(TEND_STATISTICS_NO_KIND);
	tap_number(tend_estimate_cause(&m), TEND_CAUSE_NOT_COVERABLE, "no kind could: not coverable");
	m.refused = tend_statistics_verdict_text(TEND_STATISTICS_INDEPENDENT);
	tap_number(tend_estimate_cause(&m), TEND_CAUSE_UNKNOWN, "independent: unknown");
	remedy_is(&m, "none: verified, no statistics on several columns help: the columns do not depend on each other", "independent");
	m.refused = tend_statistics_verdict_text(TEND_STATISTICS_FRESH);
	tap_number(tend_estimate_cause(&m), TEND_CAUSE_STALE, "right with fresh statistics: stale");
	remedy_is(&m, "ANALYZE s.t;", "stale, as verification found");
	m.proven = "CREATE STATISTICS ...;";
	m.refused = NULL;
	remedy_is(&m, "CREATE STATISTICS ...;", "correlated: proven");

	key.cause = TEND_CAUSE_STALE;
	remedy_is(&m, "ANALYZE s.t;", "stale");

	key.cause = TEND_CAUSE_TARGET;
	remedy_is(&m, "raise the statistics target of the columns, and ANALYZE s.t", "target: not known");
	m.targets = targets;
	remedy_is(&m, "ALTER TABLE s.t ALTER COLUMN a SET STATISTICS 500; ANALYZE s.t;", "target: of the column that can have more");
	m.targets = highest;
	remedy_is(&m, "none: the statistics target is as high as it can be", "target: the highest");
	m.targets = &targets[2];
	remedy_is(&m, "ALTER TABLE s.t ALTER COLUMN a SET STATISTICS 500, ALTER COLUMN b SET STATISTICS 500; ANALYZE s.t;",
			  "target: of both");

	key.cause = TEND_CAUSE_GENERIC_PLAN;
	remedy_is(&m, "SET plan_cache_mode = force_custom_plan; -- for the function, role or session that runs these queries",
			  "generic plan");

	key.cause = TEND_CAUSE_EXPRESSION;
	remedy_is(&m, "create statistics on the expression (CREATE STATISTICS name ON (expression) FROM s.t), and ANALYZE s.t",
			  "expression: not known");
	m.expression = "(lower(a))";
	remedy_is(&m, "create statistics on the expression (CREATE STATISTICS name ON (expression) FROM s.t), and ANALYZE s.t",
			  "expression: without a name for the object");
	m.statistics = "s.t_expr";
	remedy_is(&m, "CREATE STATISTICS s.t_expr ON (lower(a)) FROM s.t; ANALYZE s.t;", "expression");

	key.cause = TEND_CAUSE_JOIN;
	remedy_is(&m, "none: PostgreSQL has no statistics on how the rows of two tables match", "join");
	key.cause = TEND_CAUSE_NOT_COVERABLE;
	remedy_is(&m, "none: no statistics can tell what this condition lets through", "not coverable");
	key.cause = TEND_CAUSE_UNKNOWN;
	remedy_is(&m, "none: the cause is not known", "unknown");
}

typedef struct ExplainCase
{
	TendEstimateKind kind;
	TendEstimateCause cause;
	const char *classes;
	const char *want;
}			ExplainCase;

static const ExplainCase explained[] = {
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_CORRELATED, "==",
	"estimated 12 rows, really 4 310: the conditions on a and b are not independent"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_CORRELATED, "==<",
	"estimated 12 rows, really 4 310: the conditions on a, b and c are not independent"},
	{TEND_ESTIMATE_GROUPS, TEND_CAUSE_CORRELATED, "==",
	"estimated 12 groups, really 4 310: the values of a and b are not independent"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_STALE, "=", "estimated 12 rows, really 4 310: the statistics of a are older than the data"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_STALE, "", "estimated 12 rows, really 4 310: the statistics are older than the data"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_TARGET, "=",
	"estimated 12 rows, really 4 310: the frequency of values of a is not known well enough at the present statistics target"},
	{TEND_ESTIMATE_GROUPS, TEND_CAUSE_TARGET, "=",
	"estimated 12 groups, really 4 310: the number of values of a is not known well enough at the present statistics target"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_GENERIC_PLAN, "=",
	"estimated 12 rows, really 4 310: the plan was made without knowing the value that the condition on a compares with"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_GENERIC_PLAN, "==",
	"estimated 12 rows, really 4 310: the plan was made without knowing the value that the conditions on a and b compare with"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_EXPRESSION, "f",
	"estimated 12 rows, really 4 310: there are no statistics on the expression of a"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_EXPRESSION, "",
	"estimated 12 rows, really 4 310: there are no statistics on the expression"},
	{TEND_ESTIMATE_JOIN, TEND_CAUSE_JOIN, "=",
	"estimated 12 rows, really 4 310: the rows that match are not spread evenly over the values of a"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_NOT_COVERABLE, "~",
	"estimated 12 rows, really 4 310: the condition on a is beyond what statistics describe"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_NOT_COVERABLE, "=~",
	"estimated 12 rows, really 4 310: the conditions on a and b are beyond what statistics describe"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_NOT_COVERABLE, "",
	"estimated 12 rows, really 4 310: the condition is beyond what statistics describe"},
	{TEND_ESTIMATE_GROUPS, TEND_CAUSE_NOT_COVERABLE, "==",
	"estimated 12 groups, really 4 310: the filter of the rows goes together with the values of a and b"},
	{TEND_ESTIMATE_FILTER, TEND_CAUSE_UNKNOWN, "=", "estimated 12 rows, really 4 310: no cause was found"},
};

static void
explanation_is(const TendMisestimate *m, const char *want)
{
	StringInfoData out;

	initStringInfo(&out);
	tend_estimate_explain(&out, m);
	tap_text(out.data, want, want);
	pfree(out.data);
}

static void
check_explanations(void)
{
	TendEstimateKey key;
	TendEstimateSums sums = worst;
	TendMisestimate m = {.key = &key,.sums = &sums,.table = "s.t",.columns = columns};

	for (int i = 0; i < (int) lengthof(explained); i++)
	{
		key = key_of(explained[i].kind, explained[i].cause, explained[i].classes);
		explanation_is(&m, explained[i].want);
	}
	key = key_of(TEND_ESTIMATE_FILTER, TEND_CAUSE_UNKNOWN, "=");
	sums.expected = 0.01;
	sums.actual = 0;
	explanation_is(&m, "estimated 1 row, really 0: no cause was found");
	sums.expected = 3.2e9;
	explanation_is(&m, "estimated 3.2 billion rows, really 0: no cause was found");
	sums.expected = -5;
	sums.actual = -7;
	explanation_is(&m, "estimated 1 row, really 0: no cause was found");
}

int
main(void)
{
	check_names();
	check_shapes();
	check_evidence();
	check_target();
	check_remedies();
	check_explanations();
	return tap_done();
}
