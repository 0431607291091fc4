/*-------------------------------------------------------------------------
 *
 * checkpoint.h
 *	  What is told of checkpoints, by whom, and how it fits together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CHECKPOINT_H
#define TEND_CHECKPOINT_H

#include "disk_facts.h"

extern const char *tend_checkpoint_reason_name(TendCheckpointReason reason);
extern TendCheckpointReason tend_checkpoint_reason(const char *message);

extern TendCheckpoint tend_checkpoint_unknown(void);
extern TendCheckpoint tend_checkpoint_of_probe(const TendIoCheckpoint *probe, TimestampTz wall_now,
											   uint64 monotonic_ns);
extern bool tend_checkpoint_is_over(const TendIoCheckpoint *all, int n, int which,
									uint64 heartbeat_ns);
extern void tend_checkpoint_merge(TendCheckpoint *row, const TendCheckpoint *probe);

extern TendCheckpoint tend_checkpoint_counted(const TendCheckpointCounters *before,
											  const TendCheckpointCounters *now,
											  uint64 wal_limit);
extern TendCheckpointReason tend_checkpoint_counted_reason(const TendCheckpointCounters *before,
														   const TendCheckpointCounters *now,
														   uint64 wal_limit);

#endif							/* TEND_CHECKPOINT_H */
