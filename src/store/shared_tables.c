/*-------------------------------------------------------------------------
 *
 * shared_tables.c
 *	  What is remembered of tables from one visit to the next.
 *
 * A cache of fixed size: a table stands in one of two sets, and where both are
 * full, another one has to go and will be looked up in its history.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "store/shared_private.h"

/* The first or second set of a table.  Caller holds the lock. */
static TableSlot *
table_set(Oid dboid, Oid relid, int choice)
{
	uint32		h = hash_combine(murmurhash32(dboid), murmurhash32(relid + choice));

	return &tend_shared->tables[(h % (uint32) tend_shared->table_sets) * TABLE_WAYS];
}

static TableSlot *
find_in_set(TableSlot *set, Oid dboid, Oid relid)
{
	for (int i = 0; i < TABLE_WAYS; i++)
	{
		if (set[i].relid == relid && set[i].dboid == dboid)
			return &set[i];
	}
	return NULL;
}

static TableSlot *
find_table(Oid dboid, Oid relid)
{
	TableSlot  *slot = find_in_set(table_set(dboid, relid, 0), dboid, relid);

	return slot != NULL ? slot : find_in_set(table_set(dboid, relid, 1), dboid, relid);
}

static int
free_slots(const TableSlot *set)
{
	int			n = 0;

	for (int i = 0; i < TABLE_WAYS; i++)
		n += set[i].dboid == InvalidOid;
	return n;
}

/*
 * A slot for a new table, in the emptier of its two sets: that fills all sets
 * nearly evenly.  Where both are full, another table is forgotten.
 */
static TableSlot *
new_slot(Oid dboid, Oid relid)
{
	TableSlot  *first = table_set(dboid, relid, 0);
	TableSlot  *second = table_set(dboid, relid, 1);
	TableSlot  *set = free_slots(second) > free_slots(first) ? second : first;
	TableSlot  *slot = find_in_set(set, InvalidOid, InvalidOid);

	if (slot != NULL)
	{
		tend_shared->table_slots_used++;
		return slot;
	}
	tend_shared->table_evictions++;
	return &set[relid % TABLE_WAYS];
}

/* What do we know of this table from the last visit? */
bool
tend_table_recall(Oid dboid, Oid relid, TendTableMemory *memory)
{
	TableSlot  *slot;

	LWLockAcquire(tend_shared->lock, LW_SHARED);
	slot = find_table(dboid, relid);
	if (slot != NULL)
		*memory = slot->memory;
	LWLockRelease(tend_shared->lock);
	return slot != NULL;
}

/* Remember a table, instead of some other one where there is no room. */
void
tend_table_remember(Oid dboid, Oid relid, const TendTableMemory *memory)
{
	TableSlot  *slot;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	slot = find_table(dboid, relid);
	if (slot == NULL)
		slot = new_slot(dboid, relid);
	slot->dboid = dboid;
	slot->relid = relid;
	slot->memory = *memory;
	LWLockRelease(tend_shared->lock);
}

/* The same for who holds the lock exclusively */
void
tend_table_forget_locked(Oid dboid)
{
	for (int i = 0; i < tend_shared->table_sets * TABLE_WAYS; i++)
	{
		if (tend_shared->tables[i].dboid == dboid)
		{
			memset(&tend_shared->tables[i], 0, sizeof(TableSlot));
			tend_shared->table_slots_used--;
		}
	}
}

/* Forget all tables of a database. */
void
tend_table_forget(Oid dboid)
{
	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	tend_table_forget_locked(dboid);
	LWLockRelease(tend_shared->lock);
}
