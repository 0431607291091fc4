/*-------------------------------------------------------------------------
 *
 * shared_scans.c
 *	  Sequential scans with conditions, in sampled executions.
 *
 * One slot for each table, a fixed number of them, found by looking through
 * all: they are few, and only executions that were sampled come here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/shared_private.h"
#include "store/try_lock.h"

/* The slot of a table, or the one to use for it: free, old, or worth least */
static TendScan *
slot_for(const TendScan *scan, TimestampTz forget_before)
{
	TendScan   *least = &tend_shared->scans[0];

	for (int i = 0; i < SCAN_SLOTS; i++)
	{
		TendScan   *slot = &tend_shared->scans[i];

		if (slot->dboid == scan->dboid && slot->relid == scan->relid)
			return slot;
		if (slot->last_seen < forget_before)
			slot->dboid = InvalidOid;
		if (!OidIsValid(least->dboid))
			continue;
		if (!OidIsValid(slot->dboid) ||
			slot->rows_read - slot->rows_kept < least->rows_read - least->rows_kept)
			least = slot;
	}
	memset(least, 0, sizeof(TendScan));
	least->dboid = scan->dboid;
	least->relid = scan->relid;
	return least;
}

/* What is older is no evidence of today. */
static void
forget_old(TendScan *slot, TimestampTz forget_before)
{
	if (slot->last_seen >= forget_before)
		return;
	slot->scans = slot->rows_read = slot->rows_kept = slot->worst = 0;
}

/*
 * Add scans of one table in one execution.  Serves a user, so it does not wait.
 */
void
tend_scans_add(const TendScan *scan, TimestampTz forget_before)
{
	TendScan   *slot;

	if (tend_shared == NULL || !tend_try_lock(tend_shared->lock, LW_EXCLUSIVE))
		return;
	slot = slot_for(scan, forget_before);
	forget_old(slot, forget_before);
	slot->scans += scan->scans;
	slot->rows_read += scan->rows_read;
	slot->rows_kept += scan->rows_kept;
	slot->last_seen = scan->last_seen;
	if (scan->worst >= slot->worst)
	{
		slot->worst = scan->worst;
		slot->ncolumns = scan->ncolumns;
		memcpy(slot->columns, scan->columns, sizeof(slot->columns));
	}
	LWLockRelease(tend_shared->lock);
}

/* Those of one database */
TendScan *
tend_scans_copy(Oid dboid, int *n)
{
	TendScan   *copy = palloc(sizeof(TendScan) * SCAN_SLOTS);

	*n = 0;
	LWLockAcquire(tend_shared->lock, LW_SHARED);
	for (int i = 0; i < SCAN_SLOTS; i++)
	{
		if (tend_shared->scans[i].dboid == dboid)
			copy[(*n)++] = tend_shared->scans[i];
	}
	LWLockRelease(tend_shared->lock);
	return copy;
}
