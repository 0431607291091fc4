/*-------------------------------------------------------------------------
 *
 * statistics_advice.c
 *	  From verdicts to advice.
 *
 * Several misestimates may have the same cure, and a filter and a grouping on
 * the same columns are cured by one object with two kinds: these do not get in
 * each other's way, as they answer different questions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "act/statistics_advice.h"
#include "collect/existing_statistics.h"
#include "column_name.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static bool
same_columns(const TendColumnSet *a, const TendColumnSet *b)
{
	return a->n == b->n && memcmp(a->columns, b->columns, sizeof(AttrNumber) * a->n) == 0;
}

/* Are these about one object on each of the same tables? */
static bool
same_object(const TendVerdictRow *a, const TendVerdictRow *b)
{
	return a->relid == b->relid && a->state == b->state && a->object == b->object &&
		a->ntables == b->ntables && memcmp(a->tables, b->tables, sizeof(Oid) * a->ntables) == 0 &&
		same_columns(&a->advised, &b->advised);
}

/* Has somebody created it in the meantime? */
static bool
exists(const TendVerdictRow *row)
{
	for (int i = 0; i < row->ntables; i++)
	{
		TendExistingStatistics existing;
		AttrNumber	columns[TEND_ESTIMATE_COLUMNS];
		int			kinds = 0;

		for (int j = 0; j < row->advised.n; j++)
		{
			char	   *name = tend_column_name(row->relid, row->advised.columns[j]);

			columns[j] = name != NULL ? get_attnum(row->tables[i], name) : InvalidAttrNumber;
		}
		tend_existing_statistics(row->tables[i], columns, row->advised.n, &existing);
		for (int j = 0; j < existing.n; j++)
		{
			if (existing.like[j].ncolumns == row->advised.n)
				kinds |= existing.like[j].kinds;
		}
		if ((row->kinds & ~kinds) != 0)
			return false;
	}
	return row->ntables > 0;
}

/* The worse of two leads; what both say about the queries is added up. */
static void
merge(TendVerdictRow *into, const TendVerdictRow *row)
{
	if ((row->kinds & ~into->kinds) != 0 && row->proof != NULL)
		into->proof = into->proof == NULL ? row->proof :
			psprintf("%s. And for %s: %s", into->proof, row->groups ? "groups" : "rows", row->proof);
	into->kinds |= row->kinds;
	into->target = Max(into->target, row->target);
	into->samples += row->samples;
	into->sampled_ms += row->sampled_ms;
	for (int i = 0; i < row->nqueries && into->nqueries < TEND_ESTIMATE_QUERIES; i++)
	{
		bool		known = false;

		for (int j = 0; j < into->nqueries; j++)
			known |= into->queries[j] == row->queries[i];
		if (!known)
			into->queries[into->nqueries++] = row->queries[i];
	}
}

/*
 * What is to be created or dropped, one row per object or per set of objects
 * on partitions, in the order of the verdicts.
 */
TendVerdictRow *
tend_statistics_advice(const TendVerdictRow *rows, int nrows, int *n)
{
	TendVerdictRow *advice = palloc(sizeof(TendVerdictRow) * Max(nrows, 1));

	*n = 0;
	for (int i = 0; i < nrows; i++)
	{
		int			j = 0;

		if (rows[i].state != TEND_VERDICT_USELESS &&
			(rows[i].state != TEND_VERDICT_PROVEN || exists(&rows[i])))
			continue;
		while (j < *n && !same_object(&advice[j], &rows[i]))
			j++;
		if (j < *n)
			merge(&advice[j], &rows[i]);
		else
			advice[(*n)++] = rows[i];
	}
	return advice;
}
