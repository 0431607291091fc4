/*-------------------------------------------------------------------------
 *
 * draw.c
 *	  Questions to the planner, drawn from a sample.
 *
 * Where no execution is known, or too few, the sample itself tells which
 * combinations of values there are, and how many rows have them.  But whoever
 * makes statistics of it and asks it for the truth as well, finds that they
 * are always right.  So a third of the rows is kept apart for the truth.
 *
 * Rows are drawn as they come: frequent combinations more often, as by those
 * who ask for what is there.  Of rare ones a sample does not know how rare
 * they are, so they are not asked about.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "act/draw.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* Each such row is kept apart. */
#define EVERY			3
/* Rows drawn for each question that is wanted */
#define ATTEMPTS		20

/* ---- conditions ---- */

/* The column, as its operator wants it */
static Expr *
column_expr(const TendColumnSample *sample, int column, Oid wanted)
{
	Form_pg_attribute attr = TupleDescAttr(sample->desc, column);
	Expr	   *expr = (Expr *) makeVar(1, column + 1, attr->atttypid, attr->atttypmod,
										attr->attcollation, 0);

	if (wanted == attr->atttypid || IsPolymorphicType(wanted))
		return expr;
	return (Expr *) makeRelabelType(expr, wanted, -1, attr->attcollation, COERCE_IMPLICIT_CAST);
}

/* column = value; NULL: the type has no such operator */
static Expr *
equal_expr(const TendColumnSample *sample, int column, HeapTuple row)
{
	Form_pg_attribute attr = TupleDescAttr(sample->desc, column);
	Oid			operator = lookup_type_cache(attr->atttypid, TYPECACHE_EQ_OPR)->eq_opr;
	Oid			left;
	Oid			right;
	bool		isnull;
	Datum		value = heap_getattr(row, column + 1, sample->desc, &isnull);
	Oid			type;

	if (!OidIsValid(operator) || isnull)
		return NULL;
	op_input_types(operator, &left, &right);
	type = IsPolymorphicType(right) ? attr->atttypid : right;
	return make_opclause(operator, BOOLOID, false, column_expr(sample, column, left),
						 (Expr *) makeConst(type, -1, attr->attcollation, attr->attlen,
											datumCopy(value, attr->attbyval, attr->attlen),
											false, attr->attbyval),
						 InvalidOid, attr->attcollation);
}

static List *
conditions(const TendColumnSample *sample, int ncolumns, HeapTuple row)
{
	List	   *clauses = NIL;

	for (int i = 0; i < ncolumns; i++)
	{
		Expr	   *clause = equal_expr(sample, i, row);

		if (clause == NULL)
			return NIL;
		clauses = lappend(clauses, clause);
	}
	return clauses;
}

/* ---- rows kept apart ---- */

typedef struct Apart
{
	int			n;
	int		   *rows;			/* in the sample */
	uint64	   *sorted;			/* combinations, those with nulls left out */
	int			nsorted;
} Apart;

/* The combination of a row's values; false: one is null */
static bool
combination(const TendColumnSample *sample, int ncolumns, int row, uint64 *combined)
{
	*combined = 0;
	for (int i = 0; i < ncolumns; i++)
	{
		if (sample->nulls[i][row])
			return false;
		*combined = hash_combine64(*combined, sample->hashes[i][row]);
	}
	return true;
}

static int
compare(const void *a, const void *b)
{
	uint64		x = *(const uint64 *) a;
	uint64		y = *(const uint64 *) b;

	return x < y ? -1 : x > y;
}

static void
put_apart(const TendColumnSample *sample, int ncolumns, Apart *apart, TendColumnSample *rest)
{
	*rest = *sample;
	rest->rows = palloc(sizeof(HeapTuple) * Max(sample->nrows, 1));
	rest->nrows = 0;
	memset(apart, 0, sizeof(*apart));
	apart->rows = palloc(sizeof(int) * (sample->nrows / EVERY + 1));
	apart->sorted = palloc(sizeof(uint64) * (sample->nrows / EVERY + 1));
	for (int i = 0; i < sample->nrows; i++)
	{
		if (i % EVERY != 0)
		{
			rest->rows[rest->nrows++] = sample->rows[i];
			continue;
		}
		apart->rows[apart->n++] = i;
		if (combination(sample, ncolumns, i, &apart->sorted[apart->nsorted]))
			apart->nsorted++;
	}
	qsort(apart->sorted, apart->nsorted, sizeof(uint64), compare);
}

/* The first place whose combination is not less than this one */
static int
lower_bound(const Apart *apart, uint64 combined)
{
	int			low = 0;
	int			high = apart->nsorted;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (apart->sorted[middle] < combined)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
count_same(const Apart *apart, uint64 combined)
{
	int			first = lower_bound(apart, combined);
	int			last = first;

	while (last < apart->nsorted && apart->sorted[last] == combined)
		last++;
	return last - first;
}

/* ---- drawing ---- */

static bool
is_known(const uint64 *known, int n, uint64 combined)
{
	for (int i = 0; i < n; i++)
	{
		if (known[i] == combined)
			return true;
	}
	return false;
}

/*
 * Draw questions about the first columns of a sample, at most so many; returns
 * how many.  Each is about a combination that at least "min_same" rows have,
 * besides the one that was drawn: how many the table has is known to a part of
 * 1/sqrt(min_same) then.  "rest" has the rows that
 * statistics may be made of.  No code of users runs.
 */
int
tend_draw(const TendColumnSample *sample, int ncolumns, TendQuestion *questions, int max,
		  int min_same, double weight, TendColumnSample *rest)
{
	Apart		apart;
	uint64	   *known = palloc(sizeof(uint64) * Max(max, 1));
	int			n = 0;

	put_apart(sample, ncolumns, &apart, rest);
	for (int i = 0; i < max * ATTEMPTS && n < max && apart.n > 1; i++)
	{
		int			row = apart.rows[(int) (pg_prng_double(&pg_global_prng_state) * apart.n)];
		uint64		combined;
		int			same;

		CHECK_FOR_INTERRUPTS();
		if (!combination(sample, ncolumns, row, &combined) || is_known(known, n, combined))
			continue;
		/* the row itself was not there by chance */
		same = count_same(&apart, combined) - 1;
		if (same < min_same)
			continue;
		memset(&questions[n], 0, sizeof(TendQuestion));
		questions[n].clauses = conditions(sample, ncolumns, sample->rows[row]);
		if (questions[n].clauses == NIL)
			break;
		questions[n].actual = (double) same / (apart.n - 1) * sample->table_rows;
		questions[n].weight = weight;
		known[n++] = combined;
	}
	return n;
}
