/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*-------------------------------------------------------------------------
 *
 * maps.h
 *	  What the helper and its probe in the kernel share, besides iotrace.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_MAPS_H
#define TEND_MAPS_H

#include "iotrace.h"

/* so many clusters at a time; each costs 1.9 MB of kernel memory */
#define TEND_IO_MAX_CLUSTERS	64

/*
 * A registered cluster, found by the pid of its postmaster as the helper sees
 * it.  Constant while it is in the map.
 */
typedef struct TendIoCluster
{
	uint64_t	backend_type;	/* as in TendIoHello */
	uint64_t	checkpoint_stats;
	uint64_t	wal_inode;
	uint32_t	wal_device;		/* the kernel's way: major << 20 | minor */
	uint32_t	checkpoint_stats_size;
	uint32_t	checkpoint_start;	/* offset of ckpt_start_t in it */
	uint32_t	checkpointer_type;
	uint32_t	euid;			/* whose processes are counted */
	uint32_t	slot;			/* its place in the other maps */
} TendIoCluster;

/* Of each slot: what else the probe has to say. */
typedef struct TendIoSlot
{
	uint64_t	unread_types;
	uint64_t	unread_files;
	uint64_t	unread_checkpoints;
	uint64_t	lost_calls;
	uint64_t	num_checkpoints;	/* seen; the ring holds the last ones */
} TendIoSlot;

/*
 * CheckpointStats as it was, and syncs of that checkpoint.  Only the
 * checkpointer writes here, and the helper reads: sequence is odd meanwhile.
 */
typedef struct TendIoRawCheckpoint
{
	uint64_t	sequence;
	int64_t		start;			/* ckpt_start_t, tells checkpoints apart */
	uint64_t	number;
	uint64_t	seen_syncs;
	uint64_t	seen_sync_ns;
	uint64_t	seen_longest_ns;
	uint64_t	last_sync_ns;
	unsigned char stats[TEND_IO_CKPT_MAX_SIZE];
} TendIoRawCheckpoint;

static inline uint32_t
tend_io_cell_number(uint32_t type, uint32_t call, uint32_t file_class)
{
	return (type * TEND_IO_NUM_CALLS + call) * TEND_IO_NUM_CLASSES + file_class;
}

#endif							/* TEND_MAPS_H */
