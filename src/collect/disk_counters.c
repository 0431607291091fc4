/*-------------------------------------------------------------------------
 *
 * disk_counters.c
 *	  What the server itself counts of checkpoints and syncs.
 *
 * For the launcher, which has no database and so no views.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "catalog/pg_control.h"
#include "collect/disk_counters.h"
#include "common/controldata_utils.h"
#include "compat.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

/*
 * Counters of checkpoints, and what pg_control has of the last.  False if
 * pg_control was being written.
 */
bool
tend_collect_checkpoint_counters(TendCheckpointCounters *counters)
{
	bool		crc_ok;
	ControlFileData *control = get_controlfile(DataDir, &crc_ok);
	TendCheckpointCounters c = {.at = GetCurrentTimestamp()};

	if (!crc_ok)
	{
		pfree(control);
		return false;
	}
	c.checkpoint = control->checkPoint;
	c.redo = control->checkPointCopy.redo;
	c.finished = time_t_to_timestamptz(control->time);
	/* on a standby this is when the primary made its checkpoint */
	if (!RecoveryInProgress())
		c.started = time_t_to_timestamptz(control->checkPointCopy.time);
	pfree(control);

	pgstat_clear_snapshot();
	tend_checkpoint_statistics(&c.timed, &c.requested, &c.write_ms, &c.sync_ms, &c.buffers_written);
	*counters = c;
	return true;
}

/* Does the checkpointer pass our hook?  Messages that are not logged do not. */
bool
tend_collect_checkpoints_logged(void)
{
	const char *least = GetConfigOption("log_min_messages", false, false);

	return log_checkpoints && strcmp(least, "fatal") != 0 && strcmp(least, "panic") != 0;
}

TendSyncCounters
tend_collect_sync_counters(void)
{
	TendSyncCounters c;

	pgstat_clear_snapshot();
	c.backend_fsyncs = tend_backend_fsyncs_counted();
	c.wal_syncs = tend_wal_syncs_counted();
	c.wal_position = RecoveryInProgress() ? GetXLogReplayRecPtr(NULL) : GetXLogInsertRecPtr();
	return c;
}

/* So much WAL since the last checkpoint, and the server asks for another */
uint64
tend_collect_wal_limit(void)
{
	return (uint64) Max(CheckPointSegments - 1, 1) * wal_segment_size;
}

/* Autovacuum workers that are at work: a few words per process are looked at. */
int
tend_collect_vacuum_workers(void)
{
	int			workers = 0;

	LWLockAcquire(ProcArrayLock, LW_SHARED);
	for (uint32 i = 0; i < ProcGlobal->allProcCount; i++)
	{
		const PGPROC *proc = &ProcGlobal->allProcs[i];

		/* the launcher of autovacuum has no database */
		workers += proc->pid != 0 && (proc->statusFlags & PROC_IS_AUTOVACUUM) != 0 &&
			OidIsValid(proc->databaseId);
	}
	LWLockRelease(ProcArrayLock);
	return workers;
}
