/*-------------------------------------------------------------------------
 *
 * disk_counters.h
 *	  What the server itself counts of checkpoints and syncs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DISK_COUNTERS_H
#define TEND_DISK_COUNTERS_H

#include "disk_facts.h"

typedef struct TendSyncCounters
{
	int64		backend_fsyncs; /* of data files, by sessions */
	int64		wal_syncs;
	uint64		wal_position;	/* of all WAL, written or replayed */
} TendSyncCounters;

extern bool tend_collect_checkpoint_counters(TendCheckpointCounters *counters);
extern bool tend_collect_checkpoints_logged(void);
extern TendSyncCounters tend_collect_sync_counters(void);
extern uint64 tend_collect_wal_limit(void);
extern int	tend_collect_vacuum_workers(void);

#endif							/* TEND_DISK_COUNTERS_H */
