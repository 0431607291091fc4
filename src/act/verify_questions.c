/*-------------------------------------------------------------------------
 *
 * verify_questions.c
 *	  What executions ask of the columns that are to be verified.
 *
 * Executions that were wrong are asked for, and those that were right: a cure
 * must not spoil them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "act/example.h"
#include "act/verify_private.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "collect/scan_clauses.h"
#include "column_name.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* ---- executions ---- */

/* An execution, and how many it stands for */
typedef struct Example
{
	TendEstimateExample example;
	double		weight;
	int			kind;			/* its key, and whether it was right */
} Example;

/*
 * Those that were drawn by lot stand for all executions that were wrong, or
 * right; the worst do only where there are no others.
 */
static void
weigh_examples(const TendEstimateSums *sums, Example *examples, int n)
{
	int			of_role[TEND_EXAMPLE_RIGHT + 1] = {0};

	for (int i = 0; i < n; i++)
		of_role[examples[i].example.role]++;
	for (int i = 0; i < n; i++)
	{
		TendExampleRole role = examples[i].example.role;
		int64		executions = role == TEND_EXAMPLE_RIGHT ? sums->right : sums->samples;

		if (role == TEND_EXAMPLE_WORST && of_role[TEND_EXAMPLE_WRONG] > 0)
			executions = 0;
		examples[i].weight = (double) executions / of_role[role];
	}
}

static Example *
read_examples(const TendVerifyTask *task, int *n)
{
	Example    *examples = palloc0(sizeof(Example) * TEND_MAX_ASKED);
	TendEstimateExample *of_key = palloc(sizeof(TendEstimateExample) * TEND_ESTIMATE_EXAMPLES);

	*n = 0;
	for (int i = 0; i < task->nkeys; i++)
	{
		int			found = tend_estimates_examples(&task->keys[i], of_key);

		for (int j = 0; j < found; j++)
		{
			examples[*n + j].example = of_key[j];
			examples[*n + j].kind = 2 * i + (of_key[j].role == TEND_EXAMPLE_RIGHT);
		}
		weigh_examples(&task->sums[i], examples + *n, found);
		*n += found;
	}
	return examples;
}

/* ---- which table ---- */

static bool
is_table(Oid relid)
{
	char		kind = get_rel_relkind(relid);

	return kind == RELKIND_RELATION || kind == RELKIND_MATVIEW;
}

/* Partitions of executions, each once; "target" is the first */
static void
add_scanned(TendVerification *v, TendVerdictRow *row, Oid relid)
{
	if (!OidIsValid(relid) || !is_table(relid) || row->ntables == TEND_VERDICT_TABLES)
		return;
	for (int i = 0; i < row->ntables; i++)
	{
		if (row->tables[i] == relid)
			return;
	}
	row->tables[row->ntables++] = relid;
}

/* The largest partitions; all are looked at without a lock */
static void
add_partitions(TendVerification *v, TendVerdictRow *row)
{
	List	   *relids = find_all_inheritors(v->task->relid, NoLock, NULL);
	ListCell   *lc;
	float4		most[TEND_VERDICT_TABLES] = {0};

	foreach(lc, relids)
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(lc)));
		float4		rows;
		int			place = 0;

		if (!HeapTupleIsValid(tuple))
			continue;
		rows = ((Form_pg_class) GETSTRUCT(tuple))->relkind == RELKIND_RELATION ?
			((Form_pg_class) GETSTRUCT(tuple))->reltuples : 0;
		ReleaseSysCache(tuple);
		while (place < row->ntables && most[place] >= rows)
			place++;
		if (rows <= 0 || place == TEND_VERDICT_TABLES)
			continue;
		row->ntables = Min(row->ntables + 1, TEND_VERDICT_TABLES);
		for (int i = row->ntables - 1; i > place; i--)
		{
			row->tables[i] = row->tables[i - 1];
			most[i] = most[i - 1];
		}
		row->tables[place] = lfirst_oid(lc);
		most[place] = rows;
	}
}

/*
 * The number of groups is asked of a partitioned table as a whole; its rows
 * are those of its partitions.
 */
static void
choose_tables(TendVerification *v, TendVerdictRow *row, const Example *examples, int n)
{
	row->ntables = 0;
	if (v->task->groups || is_table(v->task->relid) || OidIsValid(v->task->object))
		row->tables[row->ntables++] = v->task->relid;
	for (int i = 0; i < n && !v->task->groups && !is_table(v->task->relid); i++)
		add_scanned(v, row, examples[i].example.scanned);
	if (row->ntables == 0)
		add_partitions(v, row);
	v->target = row->ntables > 0 ? row->tables[0] : v->task->relid;
}

/* A column of the table, by its number in the partition */
static AttrNumber
number_in_target(const TendVerification *v, AttrNumber column)
{
	char	   *name;

	if (v->target == v->task->relid)
		return column;
	name = get_attname(v->task->relid, column, true);
	return name != NULL ? get_attnum(v->target, name) : InvalidAttrNumber;
}

/* ---- questions of executions ---- */

/* How many groups are there in so many rows? */
void
tend_verify_ask_groups(TendVerification *v, double table_rows, double actual, double weight)
{
	TendQuestion *q = &v->questions[v->nquestions++];

	memset(q, 0, sizeof(*q));
	q->ncolumns = v->task->columns.n;
	for (int i = 0; i < q->ncolumns; i++)
		q->columns[i] = i + 1;
	q->table_rows = table_rows;
	q->actual = actual;
	q->weight = weight;
}

static void
add_example(TendVerification *v, const Example *e, Bitmapset **columns)
{
	const TendEstimateExample *example = &e->example;
	TendQuestion q = {
		.table_rows = example->table_rows,
		.actual = example->actual,
		.weight = e->weight,
		.kind = e->kind
	};

	if (v->task->groups)
	{
		tend_verify_ask_groups(v, example->table_rows, example->actual, e->weight);
		return;
	}
	if (example->scanned != v->target && OidIsValid(example->scanned))
		return;
	q.clauses = tend_example_clauses(v->target, tend_clauses_read(example->clauses, example->nbytes),
									 columns);
	if (q.clauses != NIL)
		v->questions[v->nquestions++] = q;
}

/* The columns of the examples come after those of the key. */
static void
list_columns(TendVerification *v, Bitmapset *columns)
{
	int			column = -1;

	v->sampled.n = v->task->columns.n;
	for (int i = 0; i < v->sampled.n; i++)
	{
		v->sampled.columns[i] = number_in_target(v, v->task->columns.columns[i]);
		columns = bms_del_member(columns, Max(v->sampled.columns[i], 0));
	}
	/* too many: do without the examples */
	if (v->sampled.n + bms_num_members(columns) > TEND_ESTIMATE_COLUMNS)
	{
		v->nquestions = 0;
		return;
	}
	while ((column = bms_next_member(columns, column)) >= 0)
		v->sampled.columns[v->sampled.n++] = column;
}

/*
 * Lock the table, and find out what executions ask of it, and of which
 * columns.  False: somebody else has the lock.
 */
bool
tend_verify_questions(TendVerification *v, TendVerdictRow *row)
{
	int			nexamples;
	Example    *examples = read_examples(v->task, &nexamples);
	Bitmapset  *columns = NULL;

	choose_tables(v, row, examples, nexamples);
	/* under the lock nobody alters types of columns */
	if (!ConditionalLockRelationOid(v->target, AccessShareLock))
		return false;
	for (int i = 0; i < nexamples; i++)
		add_example(v, &examples[i], &columns);
	list_columns(v, columns);
	for (int i = 0; i < v->nquestions; i++)
		tend_example_map(v->questions[i].clauses, v->sampled.columns, v->sampled.n);
	return true;
}
