/*-------------------------------------------------------------------------
 *
 * shared_private.h
 *	  The layout of shared memory, for the files of store/ that work on it.
 *
 * Lock protocol: everything is protected by one LWLock.  The launcher and the
 * one visit it runs are the only regular writers, and hold it to copy a few
 * hundred bytes.  Others write in two cases only: a backend when it asks for a
 * visit (CREATE EXTENSION does, too), and an autovacuum worker when it was
 * cancelled; the latter takes the lock conditionally, as it is reporting an
 * error.
 *
 * Under the lock only copy; never allocate or ereport.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SHARED_PRIVATE_H
#define TEND_SHARED_PRIVATE_H

#include "storage/lwlock.h"
#include "store/shared.h"

#define CANCELLED_SLOTS		64
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

	int			ncancelled;
	int64		cancelled_seen;
	int64		cancelled_dropped;
	TendCancelled cancelled[CANCELLED_SLOTS];

	int			table_sets;
	int			table_slots_used;
	int64		table_evictions;
	TableSlot	tables[FLEXIBLE_ARRAY_MEMBER];
} TendShared;

/* NULL when the library was not loaded at server start */
extern TendShared *tend_shared;

extern TendDatabase *tend_database_find_locked(Oid dboid);
extern void tend_table_forget_locked(Oid dboid);
extern void tend_cancelled_purge_locked(void);

#endif							/* TEND_SHARED_PRIVATE_H */
