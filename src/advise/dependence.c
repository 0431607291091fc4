/*-------------------------------------------------------------------------
 *
 * dependence.c
 *	  Do columns depend on each other, as a sample of their rows shows?
 *
 * Of a combination that n_ab of n rows have, while n_a and n_b have its parts,
 * the planner expects n_a * n_b / n rows.  How wrong that is for a row on
 * average,
 *
 *		D = sum of n_ab/n * |ln(n_ab * n / (n_a * n_b))|
 *
 * is what statistics on both columns could cure.  In a sample it is never 0,
 * since a rare combination comes once or not at all.  So we subtract what
 * remains when the columns are shuffled, and with that made independent.  This
 * is a size of effect: in a large sample a test of significance would find
 * dependence that harms nobody.
 *
 * A null is a value like others: the planner treats it as one here.
 *
 * Each measure passes over the rows a few times and hashes them, about 1 ms for
 * 30 000 rows and each column.  The memory is that of tend_codes_make().
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/attribute.h"
#include "advise/dependence.h"
#include "common/pg_prng.h"

/* Slots of the hash table; at most half of them are taken. */
#define SLOT_BITS		16
#define SLOTS			(1 << SLOT_BITS)

/* A small sample is shuffled several times, as chance differs more. */
#define MOST_SHUFFLES	5

/* So many distinct values in so many rows hardly repeat. */
#define UNIQUE_SHARE	0.9

/* Values of a column or combinations of several, numbered from 0 */
typedef struct Codes
{
	int			n;				/* different ones */
	int32	   *of_row;
	int32	   *rows;			/* that have it, by code */
} Codes;

struct TendCodes
{
	int			nrows;
	int			ncolumns;
	double		table_rows;
	Codes		columns[TEND_ESTIMATE_COLUMNS];

	/* for the work */
	uint64	   *keys;			/* of each slot */
	int32	   *codes;			/* of each slot, -1: free */
	Codes		cells;
	int32	   *shuffled;
	int32	   *row_of_cell;
	int32	   *cells_with;		/* so many rows */
};

/* ---- numbers instead of values ---- */

static uint64
mix(uint64 key)
{
	key ^= key >> 33;
	key *= UINT64CONST(0xff51afd7ed558ccd);
	key ^= key >> 33;
	key *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return key ^ (key >> 33);
}

static void
forget_slots(TendCodes * w)
{
	memset(w->codes, -1, SLOTS * sizeof(int32));
}

/* The number of a key; a new one gets the next. */
static int32
code_of(TendCodes * w, uint64 key, int *n)
{
	uint32		slot = mix(key) >> (64 - SLOT_BITS);

	while (w->codes[slot] >= 0 && w->keys[slot] != key)
		slot = (slot + 1) % SLOTS;
	if (w->codes[slot] < 0)
	{
		w->keys[slot] = key;
		w->codes[slot] = (*n)++;
	}
	return w->codes[slot];
}

static void
count_rows(Codes *c, int nrows)
{
	memset(c->rows, 0, c->n * sizeof(int32));
	for (int i = 0; i < nrows; i++)
		c->rows[c->of_row[i]]++;
}

static void
number_values(TendCodes * w, const uint64 *hashes, const bool *nulls, Codes *c)
{
	bool		any_null = false;

	forget_slots(w);
	c->n = 0;
	for (int i = 0; i < w->nrows; i++)
	{
		c->of_row[i] = -1;
		if (nulls != NULL && nulls[i])
			any_null = true;
		else
			c->of_row[i] = code_of(w, hashes[i], &c->n);
	}
	for (int i = 0; any_null && i < w->nrows; i++)
	{
		if (c->of_row[i] < 0)
			c->of_row[i] = c->n;
	}
	c->n += any_null;
	count_rows(c, w->nrows);
}

/* Combinations of the cells so far with the values of a further column */
static void
split_cells(TendCodes * w, const int32 *values, int nvalues)
{
	int32	   *of_row = w->cells.of_row;

	forget_slots(w);
	w->cells.n = 0;
	for (int i = 0; i < w->nrows; i++)
		of_row[i] = code_of(w, (uint64) of_row[i] * nvalues + values[i], &w->cells.n);
}

static void
alloc_codes(Codes *c, int nrows)
{
	c->of_row = palloc(nrows * sizeof(int32));
	c->rows = palloc(nrows * sizeof(int32));
}

static void
free_codes(Codes *c)
{
	pfree(c->of_row);
	pfree(c->rows);
}

TendCodes *
tend_codes_make(const TendSample *sample)
{
	TendCodes  *w = palloc0(sizeof(TendCodes));
	int			room;

	w->nrows = Min(Max(sample->nrows, 0), TEND_SAMPLE_ROWS);
	w->ncolumns = Min(Max(sample->ncolumns, 0), TEND_ESTIMATE_COLUMNS);
	w->table_rows = isfinite(sample->table_rows) ? Max(sample->table_rows, w->nrows) : w->nrows;
	room = w->nrows + 1;
	w->keys = palloc(SLOTS * sizeof(uint64));
	w->codes = palloc(SLOTS * sizeof(int32));
	w->shuffled = palloc(room * sizeof(int32));
	w->row_of_cell = palloc(room * sizeof(int32));
	w->cells_with = palloc(room * sizeof(int32));
	alloc_codes(&w->cells, room);
	for (int i = 0; i < w->ncolumns; i++)
	{
		alloc_codes(&w->columns[i], room);
		number_values(w, sample->hashes[i], sample->nulls[i], &w->columns[i]);
	}
	return w;
}

void
tend_codes_free(TendCodes * codes)
{
	for (int i = 0; i < codes->ncolumns; i++)
		free_codes(&codes->columns[i]);
	free_codes(&codes->cells);
	pfree(codes->cells_with);
	pfree(codes->row_of_cell);
	pfree(codes->shuffled);
	pfree(codes->codes);
	pfree(codes->keys);
	pfree(codes);
}

int
tend_codes_rows(const TendCodes * codes)
{
	return codes->nrows;
}

int
tend_codes_columns(const TendCodes * codes)
{
	return codes->ncolumns;
}

/* ---- chance ---- */

/* The same permutation for a column and round each time */
static const int32 *
shuffle(TendCodes * w, int column, int round)
{
	pg_prng_state random;

	pg_prng_seed(&random, 1 + column * MOST_SHUFFLES + round);
	memcpy(w->shuffled, w->columns[column].of_row, w->nrows * sizeof(int32));
	for (int i = w->nrows - 1; i > 0; i--)
	{
		int			j = pg_prng_uint64_range(&random, 0, i);
		int32		value = w->shuffled[i];

		w->shuffled[i] = w->shuffled[j];
		w->shuffled[j] = value;
	}
	return w->shuffled;
}

static int
num_shuffles(const TendCodes * w)
{
	return Min(Max(TEND_SAMPLE_ROWS / w->nrows, 1), MOST_SHUFFLES);
}

/* Combinations of all columns but one (-1: of all), shuffled or as they are */
static void
make_cells(TendCodes * w, const int *columns, int ncolumns, int but, int shuffle_round)
{
	memset(w->cells.of_row, 0, w->nrows * sizeof(int32));
	for (int i = 0; i < ncolumns; i++)
	{
		const Codes *c = &w->columns[columns[i]];
		const int32 *values = c->of_row;

		if (i == but)
			continue;
		/* all but the first, since only their order to each other matters */
		if (shuffle_round >= 0 && i > 0)
			values = shuffle(w, columns[i], shuffle_round);
		split_cells(w, values, c->n);
	}
	count_rows(&w->cells, w->nrows);
}

/* ---- how wrong the product is ---- */

typedef struct Errors
{
	double		all;			/* D */
	double		reach;			/* that of the most common combinations */
	double		reach_more;
} Errors;

/*
 * The rows that a combination must have in order to be among the "most" most
 * common ones; "ties" of those that have just so many are among them.  Who
 * comes only once is not common.
 */
static int
common_from(TendCodes * w, int most, int *ties)
{
	int			rows = w->nrows;

	memset(w->cells_with, 0, (w->nrows + 1) * sizeof(int32));
	for (int i = 0; i < w->cells.n; i++)
		w->cells_with[w->cells.rows[i]]++;
	while (rows > 2 && most > w->cells_with[rows])
		most -= w->cells_with[rows--];
	*ties = most;
	return rows;
}

/* ln of the rows that its values let expect of each cell */
static void
expect_rows(TendCodes * w, const int *columns, int ncolumns, int shuffle_round, double *ln_expected)
{
	for (int i = 0; i < w->cells.n; i++)
		ln_expected[i] = log(w->nrows);
	for (int i = 0; i < w->nrows; i++)
		w->row_of_cell[w->cells.of_row[i]] = i;
	for (int j = 0; j < ncolumns; j++)
	{
		const Codes *c = &w->columns[columns[j]];
		const int32 *values = shuffle_round >= 0 && j > 0 ?
			shuffle(w, columns[j], shuffle_round) : c->of_row;

		for (int i = 0; i < w->cells.n; i++)
			ln_expected[i] += log((double) c->rows[values[w->row_of_cell[i]]] / w->nrows);
	}
}

static Errors
sum_errors(TendCodes * w, const int *columns, int ncolumns, int target, int shuffle_round)
{
	Errors		e = {0};
	int			ties,
				ties_more;
	double	   *ln_expected;
	int			common,
				common_more;

	make_cells(w, columns, ncolumns, -1, shuffle_round);
	ln_expected = palloc(w->cells.n * sizeof(double));
	expect_rows(w, columns, ncolumns, shuffle_round, ln_expected);
	common = common_from(w, target, &ties);
	common_more = common_from(w, target * TEND_TARGET_STEP, &ties_more);
	for (int i = 0; i < w->cells.n; i++)
	{
		int			rows = w->cells.rows[i];
		double		error = fabs(log(rows) - ln_expected[i]) * rows / w->nrows;

		e.all += error;
		if (rows > common || (rows == common && rows > 1 && ties-- > 0))
			e.reach += error;
		if (rows > common_more || (rows == common_more && rows > 1 && ties_more-- > 0))
			e.reach_more += error;
	}
	pfree(ln_expected);
	return e;
}

static void
measure_excess(TendCodes * w, int target, TendDependence *d)
{
	Errors		real = sum_errors(w, d->columns, d->ncolumns, target, -1);
	Errors		chance = {0};
	int			rounds = num_shuffles(w);

	for (int i = 0; i < rounds; i++)
	{
		Errors		e = sum_errors(w, d->columns, d->ncolumns, target, i);

		chance.all += e.all / rounds;
		chance.reach += e.reach / rounds;
		chance.reach_more += e.reach_more / rounds;
	}
	d->excess = exp(real.all - chance.all);
	d->reach = real.reach - chance.reach;
	d->reach_more = real.reach_more - chance.reach_more;
}

/* ---- number of groups ---- */

/* Different ones in the whole table, as ANALYZE estimates it (Haas and Stokes) */
static double
estimate_distinct(const TendCodes * w, const Codes *c)
{
	double		n = w->nrows;
	double		once = 0;

	for (int i = 0; i < c->n; i++)
		once += c->rows[i] == 1;
	return Min(n * c->n / (n - once + once * n / w->table_rows), w->table_rows);
}

static void
measure_groups(TendCodes * w, TendDependence *d)
{
	double		product = 1;
	double		most = 1;

	for (int i = 0; i < d->ncolumns; i++)
	{
		const Codes *c = &w->columns[d->columns[i]];
		double		distinct = estimate_distinct(w, c);

		product *= distinct;
		most = Max(most, distinct);
		d->near_unique |= c->n > UNIQUE_SHARE * w->nrows;
	}
	make_cells(w, d->columns, d->ncolumns, -1, -1);
	d->groups = estimate_distinct(w, &w->cells);
	/* the planner takes no more than a tenth of the rows for several columns */
	d->groups_expected = Min(product, Max(most, w->table_rows / 10));
	d->groups_q = tend_q_error(d->groups, d->groups_expected);
}

/* Columns in ascending order, each once, and only those that there are */
static int
take_columns(const TendCodes * w, const int *columns, int ncolumns, int *taken)
{
	int			n = 0;

	for (int i = 0; i < w->ncolumns; i++)
	{
		for (int j = 0; j < ncolumns; j++)
		{
			if (columns[j] == i)
			{
				taken[n++] = i;
				break;
			}
		}
	}
	return n;
}

/*
 * Measure some columns of a sample.  "target" is the number of the most common
 * combinations that statistics would keep.
 */
void
tend_dependence_measure(TendCodes * codes, const int *columns, int ncolumns, int target,
						TendDependence *d)
{
	memset(d, 0, sizeof(*d));
	d->excess = d->groups_q = 1;
	d->ncolumns = take_columns(codes, columns, ncolumns, d->columns);
	if (codes->nrows == 0 || d->ncolumns < 2)
		return;
	measure_excess(codes, Min(Max(target, 1), TEND_SAMPLE_ROWS), d);
	measure_groups(codes, d);
}

/* ---- functional dependence ---- */

/* Share of the rows whose cell has only one of the values */
static double
determined(TendCodes * w, const int32 *values)
{
	int32	   *value_of_cell = w->row_of_cell;
	double		rows = 0;

	for (int i = 0; i < w->cells.n; i++)
		value_of_cell[i] = -1;
	for (int i = 0; i < w->nrows; i++)
	{
		int32	   *value = &value_of_cell[w->cells.of_row[i]];

		if (*value == -1)
			*value = values[i];
		else if (*value != values[i])
			*value = -2;
	}
	for (int i = 0; i < w->cells.n; i++)
		rows += value_of_cell[i] >= 0 ? w->cells.rows[i] : 0;
	return rows / w->nrows;
}

/*
 * To what degree do all the other columns determine each one?  This is what
 * PostgreSQL computes for statistics of the kind "dependencies".  A group of
 * one row determines everything; what chance does is told beside it.
 */
void
tend_dependence_degrees(TendCodes * codes, const int *columns, int ncolumns, TendDegrees *degrees)
{
	int			taken[TEND_ESTIMATE_COLUMNS];
	int			n = take_columns(codes, columns, ncolumns, taken);
	int			rounds;

	memset(degrees, 0, sizeof(*degrees));
	if (codes->nrows == 0 || n < 2)
		return;
	rounds = num_shuffles(codes);
	for (int i = 0; i < n; i++)
	{
		make_cells(codes, taken, n, i, -1);
		degrees->degree[i] = determined(codes, codes->columns[taken[i]].of_row);
		for (int round = 0; round < rounds; round++)
			degrees->chance[i] += determined(codes, shuffle(codes, taken[i], round)) / rounds;
	}
}
