/*-------------------------------------------------------------------------
 *
 * table_source.c
 *	  The tables that a function is asked for: all of them, or one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "collect/tables.h"
#include "miscadmin.h"
#include "show/table_source.h"
#include "store/table_history.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Tables read at a time: bounds the memory beside the result */
#define CHUNK 1000

/* Read the tables after an OID; returns the last OID, or InvalidOid at the end. */
static Oid
each_of_chunk(const TendReading *reading, Oid after, TendTableTaker take, void *arg,
			  MemoryContext cxt)
{
	TendTableFacts *tables;
	int			n = tend_collect_tables(after, CHUNK, &reading->running, cxt, &tables);
	TendTableSize *sizes = tend_collect_sizes(tables, n, cxt);
	TendTablePast *pasts = MemoryContextAlloc(cxt, sizeof(TendTablePast) * Max(n, 1));

	MemoryContext old;

	tend_table_history_recall(tables, n, pasts);
	/* only now, since SPI leaves us in a context of its own */
	old = MemoryContextSwitchTo(cxt);
	for (int i = 0; i < n; i++)
		take(&tables[i], &sizes[i], &pasts[i], arg);
	MemoryContextSwitchTo(old);
	return n == CHUNK ? tables[n - 1].heap.relid : InvalidOid;
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
		CHECK_FOR_INTERRUPTS();
		after = each_of_chunk(reading, after, take, arg, cxt);
		MemoryContextReset(cxt);
	} while (OidIsValid(after));
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
