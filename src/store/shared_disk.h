/*-------------------------------------------------------------------------
 *
 * shared_disk.h
 *	  The disk in shared memory: the link to the I/O probe, checkpoints, and
 *	  what the last intervals have brought.
 *
 * Lock protocol: one LWLock protects it all, but for a counter that is atomic.
 * The launcher writes, and the checkpointer adds its checkpoints: it tries for
 * some microseconds and never waits.  Everybody else copies out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SHARED_DISK_H
#define TEND_SHARED_DISK_H

#include "disk_facts.h"
#include "storage/lwlock.h"

#define TEND_DISK_CHECKPOINTS	64
#define TEND_DISK_INTERVALS		64
#define TEND_DISK_ROWS			1024

extern Size tend_disk_size(void);
extern void tend_disk_init(void *place, LWLock *lock);
extern void tend_disk_attach(void *place);

extern void tend_iotrace_set(const TendIotrace *link);
extern void tend_iotrace_get(TendIotrace *link);

extern void tend_checkpoint_begun(const TendCheckpoint *checkpoint);
extern void tend_checkpoint_ended(const TendCheckpoint *checkpoint);
extern void tend_checkpoint_told(const TendCheckpoint *checkpoint);
extern bool tend_checkpoint_runs(void);
extern TendCheckpoint *tend_checkpoint_list(int *n, bool *running);
extern int64 tend_checkpoints_dropped(void);
extern void tend_checkpoints_save(void);
extern void tend_checkpoints_load(void);

extern void tend_disk_interval_add(const TendDiskInterval *interval, const TendIoRow *rows, int n);
extern TendDiskInterval *tend_disk_interval_list(int *n);
extern TendIoRow *tend_io_row_list(int *n);
extern int64 tend_io_rows_dropped(void);

extern void tend_vacuum_wal_add(int64 bytes);
extern int64 tend_vacuum_wal(void);

#endif							/* TEND_SHARED_DISK_H */
