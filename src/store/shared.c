/*-------------------------------------------------------------------------
 *
 * shared.c
 *	  What pg_tend keeps in shared memory.
 *
 * All of it is of fixed size, and all of it may be lost: databases are found
 * again, and a table that is not remembered is looked up in its history.
 *
 * Lock protocol: everything is protected by one LWLock.  The launcher and the
 * one visit it runs are the only regular writers, and hold it to copy a few
 * hundred bytes.  A backend writes in two cases only, after CREATE EXTENSION
 * and when an autovacuum was cancelled; it takes the lock conditionally in
 * the second, which happens while an error is reported.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "settings.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "store/shared.h"
#include "utils/timestamp.h"

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

static TendShared *shared = NULL;

/* Sets for max_tables, with room to spare so that evictions are rare */
static int
table_sets(void)
{
	return (int) (tend_max_tables * 1.3 / TABLE_WAYS) + 1;
}

static Size
shared_size(void)
{
	return add_size(offsetof(TendShared, tables),
					mul_size(sizeof(TableSlot), (Size) table_sets() * TABLE_WAYS));
}

/* Called from shmem_request_hook */
void
tend_shared_request(void)
{
	RequestAddinShmemSpace(shared_size());
	RequestNamedLWLockTranche("pg_tend", 1);
}

/* Called from shmem_startup_hook */
void
tend_shared_init(void)
{
	bool		found;

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("pg_tend", shared_size(), &found);
	if (!found)
	{
		memset(shared, 0, shared_size());
		shared->lock = &GetNamedLWLockTranche("pg_tend")->lock;
		shared->table_sets = table_sets();
	}
	LWLockRelease(AddinShmemInitLock);
}

bool
tend_shared_loaded(void)
{
	return shared != NULL;
}

/* Raise the one clear error of functions that need the library preloaded. */
void
tend_shared_require(void)
{
	if (shared == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("pg_tend has no shared memory in this server"),
				 errdetail("The library was not loaded when the server started."),
				 errhint("Add \"pg_tend\" to shared_preload_libraries and restart the server.")));
}

/* Seconds of a clock that nobody sets back */
double
tend_monotonic_seconds(void)
{
	instr_time	t;

	INSTR_TIME_SET_CURRENT(t);
	return INSTR_TIME_GET_DOUBLE(t);
}

/* ---- launcher ---- */

void
tend_launcher_set(pid_t pid, TendLauncherStatus status)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher_pid = pid;
	shared->launcher_status = status;
	LWLockRelease(shared->lock);
}

/* Let the launcher look at the databases now rather than later. */
void
tend_launcher_wake(void)
{
	pid_t		pid;
	PGPROC	   *proc;

	LWLockAcquire(shared->lock, LW_SHARED);
	pid = shared->launcher_pid;
	LWLockRelease(shared->lock);

	proc = pid != 0 ? BackendPidGetProc(pid) : NULL;
	if (proc != NULL)
		SetLatch(&proc->procLatch);
}

void
tend_launcher_info(TendLauncherInfo *info)
{
	LWLockAcquire(shared->lock, LW_SHARED);
	info->pid = shared->launcher_pid;
	info->status = shared->launcher_status;
	info->ndatabases = shared->ndatabases;
	info->untracked_databases = shared->untracked_databases;
	info->cancelled_seen = shared->cancelled_seen;
	info->cancelled_dropped = shared->cancelled_dropped;
	info->table_slots = shared->table_sets * TABLE_WAYS;
	info->table_slots_used = shared->table_slots_used;
	info->table_evictions = shared->table_evictions;
	LWLockRelease(shared->lock);
	info->memory_bytes = shared_size();
}

/* ---- databases ---- */

/* Caller holds the lock. */
static TendDatabase *
find_database(Oid dboid)
{
	for (int i = 0; i < shared->ndatabases; i++)
	{
		if (shared->databases[i].dboid == dboid)
			return &shared->databases[i];
	}
	return NULL;
}

/* Caller holds the lock exclusively.  NULL when there is no room. */
static TendDatabase *
find_or_add_database(Oid dboid)
{
	TendDatabase *db = find_database(dboid);

	if (db != NULL || shared->ndatabases >= TEND_MAX_DATABASES)
		return db;
	db = &shared->databases[shared->ndatabases++];
	memset(db, 0, sizeof(*db));
	db->dboid = dboid;
	return db;
}

static bool
contains_oid(const Oid *oids, int n, Oid oid)
{
	for (int i = 0; i < n; i++)
	{
		if (oids[i] == oid)
			return true;
	}
	return false;
}

/* Caller holds the lock exclusively. */
static void
forget_tables(Oid dboid)
{
	for (int i = 0; i < shared->table_sets * TABLE_WAYS; i++)
	{
		if (shared->tables[i].dboid == dboid)
		{
			memset(&shared->tables[i], 0, sizeof(TableSlot));
			shared->table_slots_used--;
		}
	}
}

/*
 * Forget databases that are gone and add new ones.
 */
void
tend_database_sync(const Oid *present, int npresent)
{
	int			kept = 0;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->ndatabases; i++)
	{
		if (contains_oid(present, npresent, shared->databases[i].dboid))
			shared->databases[kept++] = shared->databases[i];
		else
			forget_tables(shared->databases[i].dboid);
	}
	shared->ndatabases = kept;
	shared->untracked_databases = 0;
	for (int i = 0; i < npresent; i++)
	{
		if (find_or_add_database(present[i]) == NULL)
			shared->untracked_databases++;
	}
	LWLockRelease(shared->lock);
}

bool
tend_database_get(Oid dboid, TendDatabase *copy)
{
	TendDatabase *db;

	LWLockAcquire(shared->lock, LW_SHARED);
	db = find_database(dboid);
	if (db != NULL)
		*copy = *db;
	LWLockRelease(shared->lock);
	return db != NULL;
}

/* A palloc'ed copy of all databases */
TendDatabase *
tend_database_list(int *n)
{
	TendDatabase *copy = palloc(sizeof(TendDatabase) * TEND_MAX_DATABASES);

	LWLockAcquire(shared->lock, LW_SHARED);
	*n = shared->ndatabases;
	memcpy(copy, shared->databases, sizeof(TendDatabase) * shared->ndatabases);
	LWLockRelease(shared->lock);
	return copy;
}

/* Set status and time of the next visit. */
void
tend_database_schedule(Oid dboid, TendDatabaseStatus status, double next_visit)
{
	TendDatabase *db;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	db = find_database(dboid);
	if (db != NULL)
	{
		db->status = status;
		db->next_visit = next_visit;
	}
	LWLockRelease(shared->lock);
}

/* Ask for a visit as soon as possible. */
void
tend_database_request(Oid dboid)
{
	TendDatabase *db;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	db = find_or_add_database(dboid);
	if (db != NULL)
		db->next_visit = 0;
	LWLockRelease(shared->lock);
	tend_launcher_wake();
}

/*
 * Bring forward visits that were planned under other settings: with a longer
 * interval, or not at all.
 */
void
tend_database_hasten(double latest)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->ndatabases; i++)
	{
		TendDatabase *db = &shared->databases[i];

		if (db->status == TEND_DB_EXCLUDED)
			db->next_visit = 0;
		else if (db->status != TEND_DB_FAILED && db->status != TEND_DB_ABSENT)
			db->next_visit = Min(db->next_visit, latest);
	}
	LWLockRelease(shared->lock);
}

/* A visit ended well. */
void
tend_database_visited(Oid dboid, TendDatabaseStatus status, const TendVisitReport *report)
{
	TendDatabase *db;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	db = find_database(dboid);
	if (db != NULL)
	{
		db->status = status;
		db->failures = 0;
		db->last = *report;
		if (status == TEND_DB_PRESENT)
			db->visits++;
		db->cpu_ms += report->cpu_ms;
		db->rows_written += report->rows_written;
	}
	LWLockRelease(shared->lock);
}

/*
 * A visit failed.  Returns whether this should be logged: the same error in
 * a row is logged once.
 */
bool
tend_database_failed(Oid dboid, int sqlstate, const char *message)
{
	TendDatabase *db;
	bool		news = true;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	db = find_database(dboid);
	if (db != NULL)
	{
		news = db->failures == 0 || db->message_sqlstate != sqlstate;
		db->status = TEND_DB_FAILED;
		db->failures++;
		db->message_at = GetCurrentTimestamp();
		db->message_sqlstate = sqlstate;
		strlcpy(db->message, message, sizeof(db->message));
	}
	LWLockRelease(shared->lock);
	return news;
}

/* ---- tables ---- */

/* The first or second set of a table.  Caller holds the lock. */
static TableSlot *
table_set(Oid dboid, Oid relid, int choice)
{
	uint32		h = hash_combine(murmurhash32(dboid), murmurhash32(relid + choice));

	return &shared->tables[(h % (uint32) shared->table_sets) * TABLE_WAYS];
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
		shared->table_slots_used++;
		return slot;
	}
	shared->table_evictions++;
	return &set[relid % TABLE_WAYS];
}

/* What do we know of this table from the last visit? */
bool
tend_table_recall(Oid dboid, Oid relid, TendTableMemory *memory)
{
	TableSlot  *slot;

	LWLockAcquire(shared->lock, LW_SHARED);
	slot = find_table(dboid, relid);
	if (slot != NULL)
		*memory = slot->memory;
	LWLockRelease(shared->lock);
	return slot != NULL;
}

/* Remember a table, instead of some other one where there is no room. */
void
tend_table_remember(Oid dboid, Oid relid, const TendTableMemory *memory)
{
	TableSlot  *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_table(dboid, relid);
	if (slot == NULL)
		slot = new_slot(dboid, relid);
	slot->dboid = dboid;
	slot->relid = relid;
	slot->memory = *memory;
	LWLockRelease(shared->lock);
}

/* Forget all tables of a database. */
void
tend_table_forget(Oid dboid)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	forget_tables(dboid);
	LWLockRelease(shared->lock);
}

/* ---- cancelled autovacuums ---- */

/*
 * Record a cancelled autovacuum.  Called while its error is being reported,
 * so nothing here may wait or fail.
 */
void
tend_cancelled_add(Oid dboid, Oid relid)
{
	TendDatabase *db;

	if (shared == NULL || !LWLockConditionalAcquire(shared->lock, LW_EXCLUSIVE))
		return;
	shared->cancelled_seen++;
	db = find_database(dboid);
	if (db == NULL || db->status != TEND_DB_PRESENT)
		 /* nobody would fetch it */ ;
	else if (shared->ncancelled < CANCELLED_SLOTS)
	{
		TendCancelled *c = &shared->cancelled[shared->ncancelled++];

		c->dboid = dboid;
		c->relid = relid;
		c->at = GetCurrentTimestamp();
	}
	else
		shared->cancelled_dropped++;
	LWLockRelease(shared->lock);
}

/* Copy up to max records of a database, the oldest first; returns how many */
int
tend_cancelled_peek(Oid dboid, TendCancelled *out, int max)
{
	int			n = 0;

	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < shared->ncancelled && n < max; i++)
	{
		if (shared->cancelled[i].dboid == dboid)
			out[n++] = shared->cancelled[i];
	}
	LWLockRelease(shared->lock);
	return n;
}

/* Forget the oldest n records of a database: they are in its events now. */
void
tend_cancelled_done(Oid dboid, int n)
{
	int			kept = 0;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->ncancelled; i++)
	{
		if (shared->cancelled[i].dboid == dboid && n > 0)
			n--;
		else
			shared->cancelled[kept++] = shared->cancelled[i];
	}
	shared->ncancelled = kept;
	LWLockRelease(shared->lock);
}
