/*-------------------------------------------------------------------------
 *
 * dependence.c
 *	  Tests of src/advise/dependence.c and src/advise/candidates.c
 *
 * Each shape of data is made by a generator with a fixed seed.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include <time.h>

#include "advise/candidates.h"
#include "common/pg_prng.h"

#define MAX_ROWS TEND_SAMPLE_ROWS

static pg_prng_state prng;

/* A table with values of columns, the larger table that it is a sample of */
typedef struct Data
{
	int			nrows;
	int			ncolumns;
	double		table_rows;
	uint64		values[TEND_ESTIMATE_COLUMNS][MAX_ROWS];
	bool		nulls[TEND_ESTIMATE_COLUMNS][MAX_ROWS];
}			Data;

static Data data;

static int
dice(int sides)
{
	return (int) pg_prng_uint64_range(&prng, 0, sides - 1);
}

/* One of "sides", the first ones far more often */
static int
skewed(int sides)
{
	return Min((int) exp(pg_prng_double(&prng) * log(sides + 1)) - 1, sides - 1);
}

/* The last digits of a value must not matter. */
static uint64
hash(uint64 value)
{
	return (value + 1) * UINT64CONST(0x9e3779b97f4a7c15);
}

/* ---- shapes of data: the values of one row ---- */

static int	row;

static void
independent(int *v)
{
	v[0] = dice(50);
	v[1] = dice(80);
	v[2] = dice(10);
}

static void
independent_skewed(int *v)
{
	v[0] = skewed(500);
	v[1] = skewed(2000);
	v[2] = skewed(30);
}

/* So many combinations that most come once in the sample, or not at all */
static void
independent_sparse(int *v)
{
	v[0] = dice(2000);
	v[1] = dice(3000);
	v[2] = dice(1000);
}

/* The second is a function of the first, the third has nothing to do with it. */
static void
functional(int *v)
{
	v[0] = dice(1000);
	v[1] = v[0] / 10;
	v[2] = dice(100);
}

static void
functional_mostly(int *v)
{
	v[0] = dice(1000);
	v[1] = dice(100) < 90 ? v[0] / 10 : dice(100);
	v[2] = dice(100);
}

static void
functional_chain(int *v)
{
	v[0] = dice(1000);
	v[1] = v[0] / 10;
	v[2] = v[1] / 10;
}

static void
two_pairs(int *v)
{
	v[0] = dice(100);
	v[1] = dice(50);
	v[2] = v[0] / 5;
	v[3] = v[1] / 5;
}

/* Each value goes together with a few, in both directions. */
static void
correlated(int *v)
{
	v[0] = dice(60);
	v[1] = (v[0] + dice(4)) % 60;
	v[2] = dice(50);
}

/* A few combinations are frequent, the rest is as it comes. */
static void
few_frequent(int *v)
{
	bool		frequent = dice(2) == 0;

	v[0] = frequent ? dice(5) : 5 + dice(200);
	v[1] = frequent ? v[0] : 5 + dice(200);
	v[2] = dice(50);
}

static void
weak(int *v)
{
	v[0] = dice(20);
	v[1] = dice(100) < 10 ? v[0] : dice(20);
	v[2] = dice(5);
}

/* Any two are independent, and tell the third. */
static void
triple(int *v)
{
	v[0] = dice(8);
	v[1] = dice(8);
	v[2] = (v[0] + v[1]) % 8;
}

static void
near_unique(int *v)
{
	v[0] = row;
	v[1] = row % 100;
	v[2] = dice(5);
}

/* Close together, but hardly a value comes twice */
static void
continuous(int *v)
{
	v[0] = dice(1000000000);
	v[1] = v[0] + dice(1000);
	v[2] = dice(5);
}

static void
constant(int *v)
{
	v[0] = 7;
	v[1] = dice(30);
	v[2] = 7;
}

/* More combinations than the default list holds, and none determines another */
static void
many_combinations(int *v)
{
	v[0] = dice(500);
	v[1] = (v[0] * 7 + dice(3)) % 500;
	v[2] = dice(5);
}

typedef void (*Shape) (int *values);

static void
make_data(Shape shape, int nrows, int ncolumns, double table_rows)
{
	pg_prng_seed(&prng, 7);
	memset(data.nulls, 0, sizeof(data.nulls));
	data.nrows = nrows;
	data.ncolumns = ncolumns;
	data.table_rows = table_rows;
	for (row = 0; row < nrows; row++)
	{
		int			values[TEND_ESTIMATE_COLUMNS] = {0};

		shape(values);
		for (int i = 0; i < ncolumns; i++)
			data.values[i][row] = hash(values[i]);
	}
}

static TendCodes *
prepare(void)
{
	TendSample	sample = {
		.nrows = data.nrows,
		.ncolumns = data.ncolumns,
		.table_rows = data.table_rows
	};

	for (int i = 0; i < data.ncolumns; i++)
	{
		sample.hashes[i] = data.values[i];
		sample.nulls[i] = data.nulls[i];
	}
	return tend_codes_make(&sample);
}

/* ---- measures ---- */

static TendDependence
measure(int ncolumns, int a, int b, int c)
{
	TendCodes  *codes = prepare();
	int			columns[3] = {a, b, c};
	TendDependence d;

	tend_dependence_measure(codes, columns, ncolumns, 100, &d);
	tend_codes_free(codes);
	return d;
}

static TendDegrees
degrees(int ncolumns, int a, int b, int c)
{
	TendCodes  *codes = prepare();
	int			columns[3] = {a, b, c};
	TendDegrees g;

	tend_dependence_degrees(codes, columns, ncolumns, &g);
	tend_codes_free(codes);
	return g;
}

static void
between(double got, double least, double most, const char *name)
{
	if (!tap_ok(got >= least && got <= most, name))
		fprintf(stderr, "# %s: got %.6g, want %g to %g\n", name, got, least, most);
}

typedef struct Measured
{
	const char *name;
	Shape		shape;
	int			nrows;
	int			ncolumns;		/* of the pair or triple */
	double		excess[2];
	double		reach[2];
	double		reach_more[2];
	double		degree[2];		/* of the second by the others, beyond chance */
}			Measured;

static const Measured measured[] = {
	{"independent", independent, 30000, 2, {0.99, 1.02}, {-0.02, 0.02}, {-0.02, 0.02}, {-0.01, 0.01}},
	{"independent, three", independent, 30000, 3, {0.98, 1.03}, {-0.02, 0.02}, {-0.02, 0.02}, {-0.01, 0.01}},
	{"independent and skewed", independent_skewed, 30000, 2, {0.98, 1.03}, {-0.02, 0.02}, {-0.02, 0.02}, {-0.02, 0.02}},
	{"independent and skewed, three", independent_skewed, 30000, 3,
	{0.97, 1.04}, {-0.02, 0.02}, {-0.03, 0.03}, {-0.02, 0.02}},
	{"independent and sparse", independent_sparse, 30000, 2, {0.98, 1.02}, {-0.02, 0.02}, {-0.05, 0.05}, {-0.02, 0.02}},
	{"independent and sparse, three", independent_sparse, 30000, 3,
	{0.98, 1.02}, {-0.02, 0.02}, {-0.05, 0.05}, {-0.02, 0.02}},
	{"independent, few rows", independent, 1000, 2, {0.9, 1.12}, {-0.1, 0.1}, {-0.1, 0.1}, {-0.05, 0.05}},
	{"functional dependence", functional, 30000, 2, {20, 100}, {0.4, 0.8}, {4, 5}, {0.9, 1}},
	{"functional dependence for nine rows in ten", functional_mostly, 30000, 2, {5, 60}, {0.2, 0.8}, {2, 4.5}, {0, 0.3}},
	{"a chain of functional dependences", functional_chain, 30000, 3, {20, 1100}, {0.4, 1}, {5, 7}, {0.9, 1}},
	{"correlation without functional dependence", correlated, 30000, 2, {10, 20}, {0.9, 2}, {2.4, 3}, {-0.01, 0.01}},
	{"few frequent combinations", few_frequent, 30000, 2, {2.3, 6}, {1, 1.4}, {0.5, 1.8}, {0.3, 0.6}},
	{"weak", weak, 30000, 2, {1.05, 1.3}, {0, 0.3}, {0.1, 0.3}, {-0.01, 0.01}},
	{"three, of which any two are independent: two", triple, 30000, 2, {0.99, 1.02}, {-0.02, 0.02}, {-0.02, 0.02}, {-0.01, 0.01}},
	{"three, of which any two are independent", triple, 30000, 3, {7, 8.5}, {1.9, 2.2}, {1.9, 2.2}, {0.99, 1}},
	{"nearly unique", near_unique, 30000, 2, {0.99, 1.01}, {-0.01, 0.01}, {-0.01, 0.01}, {-0.01, 0.01}},
	{"continuous", continuous, 30000, 2, {0.98, 1.02}, {-0.01, 0.01}, {-0.02, 0.02}, {-0.01, 0.01}},
	{"constant", constant, 30000, 2, {1 - 1e-9, 1 + 1e-9}, {-1e-9, 1e-9}, {-1e-9, 1e-9}, {-1e-9, 1e-9}},
	{"more combinations than a short list holds", many_combinations, 30000, 2, {15, 200}, {0.3, 1}, {3, 5.2}, {-0.01, 0.01}},
};

static void
check_measures(void)
{
	for (int i = 0; i < (int) lengthof(measured); i++)
	{
		const		Measured *m = &measured[i];
		TendDependence d;
		TendDegrees g;
		char		name[200];

		make_data(m->shape, m->nrows, 3, 1e6);
		d = measure(m->ncolumns, 0, 1, 2);
		g = degrees(m->ncolumns, 0, 1, 2);
		snprintf(name, sizeof(name), "%s: excess", m->name);
		between(d.excess, m->excess[0], m->excess[1], name);
		snprintf(name, sizeof(name), "%s: reach", m->name);
		between(d.reach, m->reach[0], m->reach[1], name);
		snprintf(name, sizeof(name), "%s: reach of a longer list", m->name);
		between(d.reach_more, m->reach_more[0], m->reach_more[1], name);
		snprintf(name, sizeof(name), "%s: degree", m->name);
		between(g.degree[1] - g.chance[1], m->degree[0], m->degree[1], name);
	}
}

static void
check_degrees(void)
{
	TendDegrees g;

	make_data(functional, 30000, 3, 1e6);
	g = degrees(2, 0, 1, 0);
	tap_number(g.degree[1], 1, "the first determines the second");
	tap_number(g.degree[0], 0, "and not the other way round");
	between(g.chance[1], 0, 0.01, "chance does not");
	g = degrees(3, 0, 1, 2);
	tap_ok(g.degree[1] == 1 && g.chance[1] > 0.6, "with a third most groups are of one row, and chance does it, too");

	make_data(near_unique, 30000, 3, 1e6);
	g = degrees(2, 0, 1, 0);
	tap_ok(g.degree[1] == 1 && g.chance[1] == 1, "what is unique determines everything, by chance");
	tap_number(g.degree[0], 0, "nothing determines what is unique");

	make_data(triple, 30000, 3, 1e6);
	g = degrees(3, 0, 1, 2);
	tap_ok(g.degree[0] == 1 && g.degree[1] == 1 && g.degree[2] == 1, "two of three determine the third");
	make_data(constant, 30000, 3, 1e6);
	g = degrees(2, 1, 2, 0);
	tap_ok(g.degree[1] == 1 && g.chance[1] == 1, "a constant is determined by all, by chance");
}

static void
check_groups(void)
{
	TendDependence d;

	make_data(independent, 30000, 3, 1e6);
	d = measure(2, 0, 1, 0);
	between(d.groups, 3990, 4010, "groups: all combinations are seen");
	between(d.groups_expected, 4000, 4000, "groups: and expected");
	make_data(functional, 30000, 3, 1e6);
	d = measure(2, 0, 1, 0);
	between(d.groups, 1000, 1000, "groups: the second adds none");
	between(d.groups_expected, 100000, 100000, "groups: a tenth of the table is expected at most");
	between(d.groups_q, 100, 100, "groups: by how many times that is wrong");
	make_data(functional, 30000, 3, 30000);
	d = measure(2, 0, 1, 0);
	between(d.groups_expected, 3000, 3000, "groups: a tenth of a smaller table");
	make_data(near_unique, 30000, 3, 1e6);
	d = measure(2, 0, 1, 0);
	between(d.groups, 1e6, 1e6, "groups: what is unique in the sample is so in the table");
	between(d.groups_q, 1, 1, "groups: which is expected");
	make_data(independent_sparse, 30000, 3, 1e8);
	d = measure(3, 0, 1, 2);
	between(d.groups_q, 5, 20, "groups: nearly as many as rows, and a tenth is expected");
	make_data(independent_sparse, 30000, 3, NAN);
	d = measure(2, 0, 1, 0);
	between(d.groups, 29000, 30000, "groups: the sample is all there is");
	make_data(functional, 30000, 3, 10);
	d = measure(2, 0, 1, 0);
	between(d.groups, 1000, 1000, "groups: a table smaller than its sample is as large");
	make_data(functional, 30000, 3, INFINITY);
	d = measure(2, 0, 1, 0);
	between(d.groups, 1000, 1000, "groups: an infinite table");
}

/* A null is a value of its own, whatever stands in its place. */
static void
check_nulls(void)
{
	TendDependence with;
	TendDependence without;

	make_data(correlated, 30000, 2, 1e6);
	for (int i = 0; i < data.nrows; i++)
		data.nulls[0][i] = data.nulls[1][i] = i % 2 == 0;
	with = measure(2, 0, 1, 0);
	for (int i = 0; i < data.nrows; i++)
	{
		if (data.nulls[0][i])
			data.values[0][i] = data.values[1][i] = 4711;
	}
	memset(data.nulls, 0, sizeof(data.nulls));
	without = measure(2, 0, 1, 0);
	tap_ok(with.excess == without.excess && with.groups == without.groups && with.reach == without.reach,
		   "a null is like any other value");

	make_data(independent, 30000, 2, 1e6);
	for (int i = 0; i < data.nrows; i++)
		data.nulls[0][i] = data.nulls[1][i] = dice(2) == 0;
	with = measure(2, 0, 1, 0);
	between(with.excess, 1.8, 2.2, "null together");
	for (int i = 0; i < data.nrows; i++)
		data.nulls[0][i] = dice(2) == 0;
	with = measure(2, 0, 1, 0);
	between(with.excess, 0.98, 1.03, "null independently");
	for (int i = 0; i < data.nrows; i++)
		data.nulls[0][i] = data.nulls[1][i] = true;
	with = measure(2, 0, 1, 0);
	tap_ok(with.excess == 1 && with.groups == 1, "all null");

	/* a value that looks like no other one */
	make_data(constant, 1000, 2, 1e6);
	for (int i = 0; i < data.nrows; i++)
	{
		data.values[0][i] = i % 2 == 0 ? 0 : UINT64CONST(0xffffffffffffffff);
		data.values[1][i] = data.values[0][i];
	}
	with = measure(2, 0, 1, 0);
	tap_ok(with.groups == 2 && with.excess > 1.9, "the smallest and the largest hash");
}

static void
check_odd_samples(void)
{
	TendDependence d;
	TendCodes  *codes;
	int			odd[] = {2, -1, 0, 99, 2, 0};
	TendSample	large = {.nrows = PG_INT32_MAX,.ncolumns = 1,.table_rows = 1e9};

	make_data(functional, 0, 3, 1e6);
	d = measure(2, 0, 1, 0);
	tap_ok(d.excess == 1 && d.groups_q == 1 && d.reach == 0, "no rows");
	make_data(functional, 1, 3, 1e6);
	d = measure(2, 0, 1, 0);
	tap_ok(d.excess == 1 && d.reach == 0, "one row");
	make_data(functional, 2, 3, 1e6);
	d = measure(2, 0, 1, 0);
	tap_ok(isfinite(d.excess) && isfinite(d.groups_q), "two rows");
	make_data(functional, 5000, 3, 1e6);
	d = measure(1, 0, 0, 0);
	tap_ok(d.ncolumns == 1 && d.excess == 1 && d.groups_q == 1, "one column");
	d = measure(3, 1, 0, 1);
	tap_ok(d.ncolumns == 2 && d.columns[0] == 0 && d.columns[1] == 1 && d.excess > 3, "columns come in order, each once");
	codes = prepare();
	tend_dependence_measure(codes, odd, lengthof(odd), 0, &d);
	tap_ok(d.ncolumns == 2 && d.columns[1] == 2 && isfinite(d.reach), "columns that there are not, and no target");
	tend_dependence_measure(codes, odd, lengthof(odd), PG_INT32_MAX, &d);
	tap_ok(isfinite(d.reach) && d.reach == d.reach_more, "a target without bounds");
	tend_codes_free(codes);

	make_data(independent, MAX_ROWS, 1, 1e6);
	large.hashes[0] = data.values[0];
	codes = tend_codes_make(&large);
	tap_ok(tend_codes_rows(codes) == TEND_SAMPLE_ROWS && tend_codes_columns(codes) == 1, "no more rows than we look at");
	tend_codes_free(codes);

	make_data(functional_mostly, 30000, 3, 1e6);
	d = measure(2, 0, 1, 0);
	tap_number(measure(2, 0, 1, 0).excess, d.excess, "the same again is the same");
	tap_number(measure(2, 1, 0, 0).excess, d.excess, "in whatever order");
}

/* ---- candidates ---- */

static int	breaths;

static void
breathe(void)
{
	breaths++;
}

/* "0,1 dependencies; 0,1 mcv@1000", with letters for kinds: n, d, m */
static void
print_candidates(const TendCandidates *c, char *out, size_t size)
{
	size_t		len = 0;

	out[0] = '\0';
	for (int i = 0; i < c->n; i++)
	{
		const TendCandidate *x = &c->candidates[i];

		len += snprintf(out + len, size - len, "%s", i > 0 ? "; " : "");
		for (int j = 0; j < x->ncolumns; j++)
			len += snprintf(out + len, size - len, "%d", x->columns[j]);
		len += snprintf(out + len, size - len, " %s%s%s",
						x->kinds & TEND_STATISTICS_NDISTINCT ? "n" : "",
						x->kinds & TEND_STATISTICS_DEPENDENCIES ? "d" : "",
						x->kinds & TEND_STATISTICS_MCV ? "m" : "");
		if (x->target > 0)
			len += snprintf(out + len, size - len, "@%d", x->target);
	}
}

typedef struct Chosen
{
	const char *name;
	Shape		shape;
	int			nrows;
	int			ncolumns;
	const char *classes;		/* "=<!?"; "" for groups */
	double		parameters;
	TendStatisticsVerdict verdict;
	const char *want;
}			Chosen;

static const Chosen chosen[] = {
	{"independent", independent, 30000, 3, "===", 0, TEND_STATISTICS_INDEPENDENT, ""},
	{"independent and skewed", independent_skewed, 30000, 3, "===", 0, TEND_STATISTICS_INDEPENDENT, ""},
	{"independent and sparse", independent_sparse, 30000, 3, "===", 0, TEND_STATISTICS_INDEPENDENT, ""},
	{"independent, few rows", independent, 300, 3, "===", 0, TEND_STATISTICS_INDEPENDENT, ""},
	{"weak", weak, 30000, 3, "===", 0, TEND_STATISTICS_INDEPENDENT, ""},
	{"constant", constant, 30000, 3, "===", 0, TEND_STATISTICS_INDEPENDENT, ""},
	{"too few rows", functional, 299, 2, "==", 0, TEND_STATISTICS_TOO_SMALL, ""},
	{"one column", functional, 30000, 1, "=", 0, TEND_STATISTICS_TOO_SMALL, ""},
	{"no rows", functional, 0, 3, "===", 0, TEND_STATISTICS_TOO_SMALL, ""},
	{"nearly unique", near_unique, 30000, 3, "===", 0, TEND_STATISTICS_NEAR_UNIQUE, ""},
	{"ranges of continuous columns", continuous, 30000, 2, "<<", 0, TEND_STATISTICS_NEAR_UNIQUE, ""},

	{"functional dependence", functional, 30000, 2, "==", 0, TEND_STATISTICS_TRY, "01 d; 01 m; 01 dm; 01 m@1000"},
	{"a bystander is left out", functional, 30000, 3, "===", 0, TEND_STATISTICS_TRY, "01 d; 01 m; 01 dm; 01 m@1000"},
	{"a range is for a list", functional, 30000, 2, "=<", 0, TEND_STATISTICS_TRY, "01 m; 01 m@1000"},
	{"unequal, too", functional, 30000, 2, "!=", 0, TEND_STATISTICS_TRY, "01 m; 01 m@1000"},
	{"null, too", functional, 30000, 2, "=?", 0, TEND_STATISTICS_TRY, "01 m; 01 m@1000"},
	{"generic plans need no list", functional, 30000, 2, "==", 0.8, TEND_STATISTICS_TRY, "01 d"},
	{"some generic plans may", functional, 30000, 2, "==", 0.79, TEND_STATISTICS_TRY, "01 d; 01 m; 01 dm; 01 m@1000"},
	{"generic plans with a range", functional, 30000, 2, "<=", 1, TEND_STATISTICS_GENERIC, ""},
	{"correlation without functional dependence", correlated, 30000, 3, "===", 0, TEND_STATISTICS_TRY, "01 m; 01 m@1000"},
	{"few frequent combinations", few_frequent, 30000, 3, "===", 0, TEND_STATISTICS_TRY, "01 d; 01 m; 01 dm"},
	{"three, of which any two are independent", triple, 30000, 3, "===", 0, TEND_STATISTICS_TRY, "012 d; 012 m; 012 dm"},
	{"two pairs", two_pairs, 30000, 4, "====", 0, TEND_STATISTICS_TRY,
	"02 d; 02 m; 02 dm; 13 d; 13 m; 13 dm"},
	{"a chain", functional_chain, 30000, 3, "===", 0, TEND_STATISTICS_TRY,
		"01 d; 01 m; 01 dm; 01 m@1000; 012 d; 012 m; 012 dm; 012 m@1000; "
	"12 d; 12 m; 12 dm; 02 d; 02 m; 02 dm; 02 m@1000"},

	{"groups: independent", independent, 30000, 3, "", 0, TEND_STATISTICS_INDEPENDENT, ""},
	{"groups: functional dependence", functional, 30000, 2, "", 0, TEND_STATISTICS_TRY, "01 n"},
	{"groups: all columns, and the pair that it is due to", functional, 30000, 3, "", 0, TEND_STATISTICS_TRY, "01 n"},
	{"groups: weak", weak, 30000, 2, "", 0, TEND_STATISTICS_INDEPENDENT, ""},
	{"groups: two pairs", two_pairs, 30000, 4, "", 0, TEND_STATISTICS_TRY, "0123 n; 02 n"},
	{"groups: three, of which any two are independent", triple, 30000, 3, "", 0, TEND_STATISTICS_TRY, "012 n"},
	{"groups: nearly unique", near_unique, 30000, 2, "", 0, TEND_STATISTICS_NEAR_UNIQUE, ""},
	{"groups: generic plans do not matter", functional, 30000, 2, "", 1, TEND_STATISTICS_TRY, "01 n"},
};

static void
choose(const Chosen * c, TendCandidates *candidates)
{
	static const char signs[] = "=<!?";
	TendNeed	need = {
		.kind = c->classes[0] == '\0' ? TEND_ESTIMATE_GROUPS : TEND_ESTIMATE_FILTER,
		.parameters = c->parameters,
		.target = 100,
		.breathe = breathe
	};
	TendCodes  *codes;

	for (int i = 0; c->classes[i] != '\0'; i++)
		need.classes[i] = strchr(signs, c->classes[i]) - signs;
	make_data(c->shape, c->nrows, c->ncolumns, 1e6);
	codes = prepare();
	tend_candidates_choose(codes, &need, candidates);
	tend_codes_free(codes);
}

static void
choose_from(Shape shape, int nrows, int ncolumns, const char *classes, TendCandidates *candidates)
{
	Chosen		c = {.shape = shape,.nrows = nrows,.ncolumns = ncolumns,.classes = classes};

	choose(&c, candidates);
}

static void
check_candidates(void)
{
	TendCandidates got;

	for (int i = 0; i < (int) lengthof(chosen); i++)
	{
		char text[	1000];
		char		name[200];

		choose(&chosen[i], &got);
		print_candidates(&got, text, sizeof(text));
		snprintf(name, sizeof(name), "candidates: %s", chosen[i].name);
		tap_text(text, chosen[i].want, name);
		snprintf(name, sizeof(name), "verdict: %s", chosen[i].name);
		tap_number(got.verdict, chosen[i].verdict, name);
	}

	breaths = 0;
	choose_from(functional, 5000, 3, "===", &got);
	tap_ok(breaths == 4, "three pairs and a triple are measured, with a breath before each");
	tap_ok(got.strongest.ncolumns == 2 && got.strongest.excess > 3, "what is strongest is told");
	choose_from(independent, 5000, 3, "===", &got);
	tap_ok(got.strongest.ncolumns > 1 && got.strongest.excess < 1.2, "even if it is weak");
}

/* Everything hangs together with everything. */
static void
all_alike(int *v)
{
	int			x = dice(30);

	for (int i = 0; i < TEND_ESTIMATE_COLUMNS; i++)
		v[i] = dice(10) == 0 ? dice(30) : x;
}

static void
check_most(void)
{
	TendCandidates got;
	clock_t		start = clock();
	bool		ok = true;

	choose_from(all_alike, 30000, 8, "========", &got);
	fprintf(stderr, "# eight columns of 30000 rows: %.0f ms\n", (clock() - start) * 1000.0 / CLOCKS_PER_SEC);
	for (int i = 0; i < got.n; i++)
		ok = ok && got.candidates[i].ncolumns >= 2 && got.candidates[i].ncolumns <= 4;
	tap_ok(ok && got.n > 0 && got.n <= TEND_CANDIDATES, "eight columns that all depend on each other");
	choose_from(all_alike, 30000, 8, "", &got);
	tap_ok(got.n > 0 && got.candidates[0].ncolumns == 8, "and groups of them");
}

int
main(void)
{
	check_measures();
	check_degrees();
	check_groups();
	check_nulls();
	check_odd_samples();
	check_candidates();
	check_most();
	return tap_done();
}
