/*-------------------------------------------------------------------------
 *
 * shared_private.h
 *	  The layout of shared memory, for the files of store/ that work on it.
 *
 * Lock protocol: everything is protected by one LWLock, but for the counters
 * of reports, which are atomic.  The launcher and the one visit it runs are
 * the only regular writers, and hold it to copy a few hundred bytes, or once
 * in a visit and in a round of the launcher to move the reports, at most a
 * hundred kilobytes.  Others write in four cases only: a backend when it asks
 * for a visit (CREATE EXTENSION does, too), and when it has sampled an
 * execution with a large sequential scan; and an autovacuum worker when it was
 * cancelled, and when it has finished a table.  A worker takes the lock
 * conditionally, as it is reporting an error or committing, and so does a
 * backend that serves a user; a report that it
 * thus cannot add is counted all the same.
 *
 * Under the lock only copy; never allocate or ereport.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SHARED_PRIVATE_H
#define TEND_SHARED_PRIVATE_H

#include "port/atomics.h"
#include "storage/lwlock.h"
#include "store/shared.h"
#include "store/shared_scans.h"

#define CANCELLED_SLOTS		64
#define REPORT_SLOTS		2048
#define SCAN_SLOTS			256
#define TABLE_WAYS			8	/* slots of a set; a table has two sets to
								 * choose from */

typedef struct TableSlot
{
	Oid			dboid;			/* InvalidOid: free */
	Oid			relid;
	TendTableMemory memory;
} TableSlot;

typedef struct TendShared
{
	LWLock	   *lock;

	pid_t		launcher_pid;
	TendLauncherStatus launcher_status;

	int			ndatabases;
	int			untracked_databases;
	TendDatabase databases[TEND_MAX_DATABASES];
	TendEconomy economies[TEND_MAX_DATABASES];	/* of these, in their order */

	int			ncancelled;
	int64		cancelled_seen;
	int64		cancelled_dropped;
	TendCancelled cancelled[CANCELLED_SLOTS];

	pg_atomic_uint64 reports_seen;
	pg_atomic_uint64 reports_dropped;
	int			nreports;
	TendVacuumReport reports[REPORT_SLOTS]; /* the oldest first */

	TendScan	scans[SCAN_SLOTS];

	int			table_sets;
	int			table_slots_used;
	int64		table_evictions;
	TableSlot	tables[FLEXIBLE_ARRAY_MEMBER];
} TendShared;

/* NULL when the library was not loaded at server start */
extern TendShared *tend_shared;

extern TendDatabase *tend_database_find_locked(Oid dboid);
extern bool tend_database_is_wanted_locked(Oid dboid);
extern void tend_table_forget_locked(Oid dboid);
extern void tend_cancelled_purge_locked(void);
extern void tend_report_purge_locked(void);

#endif							/* TEND_SHARED_PRIVATE_H */
