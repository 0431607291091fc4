/*-------------------------------------------------------------------------
 *
 * shared_reports.c
 *	  What automatic vacuums and analyzes have cost, until a visit takes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "store/shared_disk.h"
#include "store/shared_private.h"

/*
 * A table as autovacuum names it: "schema.table", without quotes.  Tables
 * whose names have dots in them can thus have the same hash.
 */
uint64
tend_report_hash_name(const char *name, size_t len)
{
	return hash_bytes_extended((const unsigned char *) name, (int) len, 0);
}

uint64
tend_report_hash(const char *schema_name, const char *table_name)
{
	char		name[2 * NAMEDATALEN];
	int			len = snprintf(name, sizeof(name), "%s.%s", schema_name, table_name);

	return tend_report_hash_name(name, Min(len, (int) sizeof(name) - 1));
}

/*
 * One database may fill half of the slots, so that others have some, too.
 * Only then do we have to count.
 */
static bool
has_room(Oid dboid)
{
	int			own = 0;

	if (tend_shared->nreports < REPORT_SLOTS / 2)
		return true;
	if (tend_shared->nreports >= REPORT_SLOTS)
		return false;
	for (int i = 0; i < tend_shared->nreports; i++)
		own += tend_shared->reports[i].dboid == dboid;
	return own < REPORT_SLOTS / 2;
}

/*
 * Add a report, or count it as dropped.  Called while an autovacuum worker
 * commits, so nothing here may wait or fail.
 */
void
tend_report_add(const TendVacuumReport *report)
{
	bool		dropped = false;

	if (tend_shared == NULL)
		return;
	pg_atomic_fetch_add_u64(&tend_shared->reports_seen, 1);
	tend_vacuum_wal_add(report->wal_bytes);
	if (LWLockConditionalAcquire(tend_shared->lock, LW_EXCLUSIVE))
	{
		if (tend_database_is_wanted_locked(report->dboid))
		{
			dropped = !has_room(report->dboid);
			if (!dropped)
				tend_shared->reports[tend_shared->nreports++] = *report;
		}
		LWLockRelease(tend_shared->lock);
	}
	else
		dropped = true;
	if (dropped)
		pg_atomic_fetch_add_u64(&tend_shared->reports_dropped, 1);
}

/* Remove up to max reports of a database, the oldest first; returns how many */
int
tend_report_take(Oid dboid, TendVacuumReport *out, int max)
{
	int			n = 0;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < tend_shared->nreports; i++)
	{
		if (tend_shared->reports[i].dboid == dboid && n < max)
			out[n++] = tend_shared->reports[i];
		else if (n > 0)
			tend_shared->reports[i - n] = tend_shared->reports[i];
	}
	tend_shared->nreports -= n;
	LWLockRelease(tend_shared->lock);
	return n;
}

/* Forget reports that nobody will take, for who holds the lock exclusively. */
void
tend_report_purge_locked(void)
{
	Oid			dboid = InvalidOid;
	bool		wanted = false;
	int			kept = 0;

	for (int i = 0; i < tend_shared->nreports; i++)
	{
		/* a worker adds many in a row, and there may be many databases */
		if (tend_shared->reports[i].dboid != dboid)
		{
			dboid = tend_shared->reports[i].dboid;
			wanted = tend_database_is_wanted_locked(dboid);
		}
		if (wanted)
			tend_shared->reports[kept++] = tend_shared->reports[i];
	}
	tend_shared->nreports = kept;
}
