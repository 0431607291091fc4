/*-------------------------------------------------------------------------
 *
 * shared.c
 *	  What pg_tend keeps in shared memory.
 *
 * All of it is of fixed size, and all of it may be lost: databases are found
 * again, and a table that is not remembered is looked up in its history.
 *
 * This file makes it and keeps the launcher's state; shared_databases.c,
 * shared_tables.c, shared_cancelled.c, shared_reports.c and shared_scans.c keep the
 * rest of it.
 * The plans, in shared_plans.c, the misestimates, in shared_estimates.c, and the
 * disk, in shared_disk.c, have locks of their own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "settings.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "store/estimate_save.h"
#include "store/plan_save.h"
#include "store/shared_disk.h"
#include "store/shared_estimates.h"
#include "store/shared_plans.h"
#include "store/shared_private.h"

TendShared *tend_shared = NULL;

/* Sets for max_tables, with room to spare so that evictions are rare */
static int
table_sets(void)
{
	return (int) (tend_max_tables * 1.3 / TABLE_WAYS) + 1;
}

static Size
own_size(void)
{
	return add_size(offsetof(TendShared, tables),
					mul_size(sizeof(TableSlot), (Size) table_sets() * TABLE_WAYS));
}

static Size
shared_size(void)
{
	return add_size(add_size(MAXALIGN(own_size()), MAXALIGN(tend_plans_size())),
					add_size(MAXALIGN(tend_estimates_size()), tend_disk_size()));
}

static char *
place_of_plans(void)
{
	return (char *) tend_shared + MAXALIGN(own_size());
}

static char *
place_of_estimates(void)
{
	return place_of_plans() + MAXALIGN(tend_plans_size());
}

static char *
place_of_disk(void)
{
	return place_of_estimates() + MAXALIGN(tend_estimates_size());
}

/* Called from shmem_request_hook */
void
tend_shared_request(void)
{
	RequestAddinShmemSpace(shared_size());
	RequestNamedLWLockTranche("pg_tend", 1);
	RequestNamedLWLockTranche("pg_tend_plans", 1);
	RequestNamedLWLockTranche("pg_tend_estimates", 1);
	RequestNamedLWLockTranche("pg_tend_disk", 1);
}

/*
 * Has the server been shut down in good order?  After an immediate shutdown the
 * postmaster exits with 0, too, but has killed processes in the middle of
 * whatever they did to shared memory.
 */
static bool
was_shut_down(void)
{
	bool		crc_ok;
	ControlFileData *control = get_controlfile(DataDir, &crc_ok);

	return crc_ok &&
		(control->state == DB_SHUTDOWNED || control->state == DB_SHUTDOWNED_IN_RECOVERY);
}

/* The last act of an orderly shutdown */
static void
at_shutdown(int code, Datum arg)
{
	if (code != 0 || !was_shut_down())
		return;
	tend_plans_save();
	tend_estimates_save();
	tend_checkpoints_save();
}

/* Called from shmem_startup_hook */
void
tend_shared_init(void)
{
	bool		found;

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	tend_shared = ShmemInitStruct("pg_tend", shared_size(), &found);
	if (!found)
	{
		memset(tend_shared, 0, shared_size());
		tend_shared->lock = &GetNamedLWLockTranche("pg_tend")->lock;
		tend_shared->table_sets = table_sets();
		pg_atomic_init_u64(&tend_shared->reports_seen, 0);
		pg_atomic_init_u64(&tend_shared->reports_dropped, 0);
		tend_plans_init(place_of_plans(), &GetNamedLWLockTranche("pg_tend_plans")->lock);
		tend_estimates_init(place_of_estimates(),
							&GetNamedLWLockTranche("pg_tend_estimates")->lock);
		tend_disk_init(place_of_disk(), &GetNamedLWLockTranche("pg_tend_disk")->lock);
	}
	tend_plans_attach(place_of_plans());
	tend_estimates_attach(place_of_estimates());
	tend_disk_attach(place_of_disk());
	LWLockRelease(AddinShmemInitLock);
	if (found || IsUnderPostmaster || IsBinaryUpgrade)
		return;
	tend_plans_load();
	tend_estimates_load();
	tend_checkpoints_load();
	on_shmem_exit(at_shutdown, (Datum) 0);
}

bool
tend_shared_loaded(void)
{
	return tend_shared != NULL;
}

/* Raise the one clear error of functions that need the library preloaded. */
void
tend_shared_require(void)
{
	if (tend_shared == NULL)
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
	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	tend_shared->launcher_pid = pid;
	tend_shared->launcher_status = status;
	LWLockRelease(tend_shared->lock);
}

/* Let the launcher look at the databases now rather than later. */
void
tend_launcher_wake(void)
{
	pid_t		pid;
	PGPROC	   *proc;

	LWLockAcquire(tend_shared->lock, LW_SHARED);
	pid = tend_shared->launcher_pid;
	LWLockRelease(tend_shared->lock);

	proc = pid != 0 ? BackendPidGetProc(pid) : NULL;
	if (proc != NULL)
		SetLatch(&proc->procLatch);
}

void
tend_launcher_info(TendLauncherInfo *info)
{
	LWLockAcquire(tend_shared->lock, LW_SHARED);
	info->pid = tend_shared->launcher_pid;
	info->status = tend_shared->launcher_status;
	info->ndatabases = tend_shared->ndatabases;
	info->untracked_databases = tend_shared->untracked_databases;
	info->cancelled_seen = tend_shared->cancelled_seen;
	info->cancelled_dropped = tend_shared->cancelled_dropped;
	info->table_slots = tend_shared->table_sets * TABLE_WAYS;
	info->table_slots_used = tend_shared->table_slots_used;
	info->table_evictions = tend_shared->table_evictions;
	LWLockRelease(tend_shared->lock);
	info->reports_seen = (int64) pg_atomic_read_u64(&tend_shared->reports_seen);
	info->reports_dropped = (int64) pg_atomic_read_u64(&tend_shared->reports_dropped);
	info->memory_bytes = shared_size();
}
