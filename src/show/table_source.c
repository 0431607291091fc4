/*-------------------------------------------------------------------------
 *
 * table_source.c
 *	  The tables that a function is asked for: all of them, the worst, or one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_class.h"
#include "collect/tables.h"
#include "miscadmin.h"
#include "show/table_source.h"
#include "store/table_history.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Tables read at a time: bounds the memory beside the result */
#define CHUNK 1000

/* Add sizes and what we know of their past, and hand them over. */
static void
hand_over(const TendTableFacts *tables, int n, TendTableTaker take, void *arg, MemoryContext cxt)
{
	TendTableSize *sizes = tend_collect_sizes(tables, n, cxt);
	TendTablePast *pasts = MemoryContextAlloc(cxt, sizeof(TendTablePast) * Max(n, 1));
	MemoryContext old;

	tend_table_history_recall(tables, n, pasts);
	/* only now, since SPI leaves us in a context of its own */
	old = MemoryContextSwitchTo(cxt);
	for (int i = 0; i < n; i++)
		take(&tables[i], &sizes[i], &pasts[i], arg);
	MemoryContextSwitchTo(old);
}

/*
 * Hand over all tables, one after the other.  Needs a connected SPI.
 */
void
tend_each_table(const TendReading *reading, TendTableTaker take, void *arg)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend tables",
											  ALLOCSET_DEFAULT_SIZES);
	Oid			after = InvalidOid;

	do
	{
		TendTableFacts *tables;
		int			n = tend_collect_tables(after, CHUNK, &reading->running, cxt, &tables);

		CHECK_FOR_INTERRUPTS();
		hand_over(tables, n, take, arg, cxt);
		after = n == CHUNK ? tables[n - 1].heap.relid : InvalidOid;
		MemoryContextReset(cxt);
	} while (OidIsValid(after));
	MemoryContextDelete(cxt);
}

/* ---- only the worst ---- */

typedef struct Rank
{
	Oid			relid;
	TendVerdictKind kind;
	double		worst_due;
} Rank;

/* The order of tend.tables, where names do not decide */
static int
compare_ranks(const void *a, const void *b)
{
	const Rank *x = a;
	const Rank *y = b;

	if (x->kind != y->kind)
		return x->kind > y->kind ? -1 : 1;
	if (x->worst_due != y->worst_due)
		return x->worst_due > y->worst_due ? -1 : 1;
	return x->relid < y->relid ? -1 : x->relid > y->relid;
}

/* A verdict does not depend on how fast rows die, so no history is needed. */
static Rank
rank_of(const TendReading *reading, const TendTableFacts *table)
{
	TendTableCase tc = tend_reading_case(reading, table, NAN);
	TendTableVerdict v = tend_table_verdict(&tc);

	return (Rank)
	{
		.relid = table->heap.relid,
			.kind = v.kind,
			.worst_due = isnan(v.worst_due) ? -1 : v.worst_due
	};
}

/* All tables, the worst first */
static Rank *
rank_tables(const TendReading *reading, int *nranks)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend tables",
											  ALLOCSET_DEFAULT_SIZES);
	int			room = CHUNK;
	Rank	   *ranks = palloc(sizeof(Rank) * room);
	int			total = 0;
	int			n;

	do
	{
		TendTableFacts *tables;
		Oid			after = total > 0 ? ranks[total - 1].relid : InvalidOid;

		CHECK_FOR_INTERRUPTS();
		n = tend_collect_tables(after, CHUNK, &reading->running, cxt, &tables);
		if (total + n > room)
		{
			room *= 2;
			ranks = repalloc_huge(ranks, sizeof(Rank) * room);
		}
		for (int i = 0; i < n; i++)
			ranks[total++] = rank_of(reading, &tables[i]);
		MemoryContextReset(cxt);
	} while (n == CHUNK);
	MemoryContextDelete(cxt);
	qsort(ranks, total, sizeof(Rank), compare_ranks);
	*nranks = total;
	return ranks;
}

/*
 * Hand over the worst tables.  Looking at files and history is most of the
 * work, and here only done for these.  Needs a connected SPI.
 */
void
tend_worst_tables(const TendReading *reading, int limit, TendTableTaker take, void *arg)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend worst tables",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	int			total;
	Rank	   *ranks = rank_tables(reading, &total);
	Oid		   *relids;

	total = Min(total, limit);
	relids = palloc(sizeof(Oid) * Max(total, 1));
	for (int i = 0; i < total; i++)
		relids[i] = ranks[i].relid;
	MemoryContextSwitchTo(old);
	for (int done = 0; done < total; done += CHUNK)
	{
		TendTableFacts *tables;
		int			n = tend_collect_chosen(relids + done, Min(total - done, CHUNK),
											&reading->running, cxt, &tables);

		hand_over(tables, n, take, arg, cxt);
	}
	MemoryContextDelete(cxt);
}

/* Refuse what autovacuum does not process, and say what to ask for instead. */
void
tend_reject_relation(Oid relid)
{
	char	   *name = get_rel_name(relid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("there is no relation with OID %u", relid)));
	if (get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is a partitioned table", name),
				 errdetail("It has no rows of its own; autovacuum processes its partitions, and never analyzes the whole."),
				 errhint("Ask for one of its partitions, and run ANALYZE on the whole from time to time.")));
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("\"%s\" is not a table or materialized view", name),
			 errhint("For an index or TOAST table, ask for the table it belongs to.")));
}
