/*-------------------------------------------------------------------------
 *
 * disk_case.c
 *	  The disk of this server, as advise/disk_judge.h wants it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "postmaster/bgwriter.h"
#include "settings.h"
#include "store/disk_case.h"
#include "store/shared_disk.h"
#include "utils/timestamp.h"

/*
 * The last intervals and checkpoints, from shared memory, with the limits of
 * the settings; is the last checkpoint running?
 */
TendDiskCase
tend_disk_case(bool *running)
{
	TendDiskCase dc = {
		.now = GetCurrentTimestamp(),
		.interval_seconds = tend_interval,
		.timeout_seconds = CheckPointTimeout,
		.max_wal_bytes = (double) max_wal_size_mb * 1024 * 1024,
		.storm_checkpoints = tend_storm_checkpoints,
		.wal_sync_limit_ms = tend_wal_sync_limit,
		.backend_fsync_limit = tend_backend_fsyncs
	};

	dc.checkpoints = tend_checkpoint_list(&dc.ncheckpoints, running);
	dc.intervals = tend_disk_interval_list(&dc.nintervals);
	return dc;
}
