/*-------------------------------------------------------------------------
 *
 * iotrace_hello.c
 *	  The words with which a server registers with pg_tend_iotrace.
 *
 * All children of the postmaster have the same addresses, as they were forked
 * and not executed: so ours are those of all.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include "access/xlog.h"
#include "collect/iotrace_hello.h"
#include "compat.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#define FIELD(name) ((int32) offsetof(CheckpointStatsData, name))

static const int32 checkpoint_fields[TEND_IO_CKPT_NUM_FIELDS] = {
	[TEND_IO_CKPT_START] = FIELD(ckpt_start_t),
	[TEND_IO_CKPT_WRITE] = FIELD(ckpt_write_t),
	[TEND_IO_CKPT_SYNC] = FIELD(ckpt_sync_t),
	[TEND_IO_CKPT_SYNC_END] = FIELD(ckpt_sync_end_t),
	[TEND_IO_CKPT_END] = FIELD(ckpt_end_t),
	[TEND_IO_CKPT_BUFS_WRITTEN] = FIELD(ckpt_bufs_written),
	[TEND_IO_CKPT_SLRU_WRITTEN] = TEND_CHECKPOINT_SLRU_OFFSET,
	[TEND_IO_CKPT_SEGS_ADDED] = FIELD(ckpt_segs_added),
	[TEND_IO_CKPT_SEGS_REMOVED] = FIELD(ckpt_segs_removed),
	[TEND_IO_CKPT_SEGS_RECYCLED] = FIELD(ckpt_segs_recycled),
	[TEND_IO_CKPT_SYNC_RELS] = FIELD(ckpt_sync_rels),
	[TEND_IO_CKPT_LONGEST_SYNC] = FIELD(ckpt_longest_sync),
	[TEND_IO_CKPT_AGG_SYNC_TIME] = FIELD(ckpt_agg_sync_time)
};

StaticAssertDecl(sizeof(CheckpointStatsData) <= TEND_IO_CKPT_MAX_SIZE,
				 "the probe reads all of CheckpointStats");
StaticAssertDecl(BACKEND_NUM_TYPES < TEND_IO_NUM_TYPES,
				 "the probe has room for all types of processes");

TendIoOwner
tend_iotrace_owner(void)
{
	TendIoOwner owner = {
		.postmaster_pid = PostmasterPid,
		.postmaster_start = PgStartTime
	};

	return owner;
}

TendIoHello
tend_iotrace_hello(void)
{
	struct stat wal;
	TendIoHello hello = {
		.magic = TEND_IO_HELLO_MAGIC,
		.version = TEND_IO_VERSION,
		.size = sizeof(TendIoHello),
		.server_version = TEND_SERVER_VERSION,
		.postmaster_pid = PostmasterPid,
		.postmaster_start = PgStartTime,
		.backend_type = (uint64) (uintptr_t) &MyBackendType,
		.checkpoint_stats = (uint64) (uintptr_t) &CheckpointStats,
		.checkpoint_stats_size = sizeof(CheckpointStatsData),
		.checkpointer_type = B_CHECKPOINTER
	};

	memcpy(hello.checkpoint_fields, checkpoint_fields, sizeof(checkpoint_fields));
	/* follows the link of initdb --waldir */
	if (stat("pg_wal", &wal) == 0)
	{
		hello.wal_device = wal.st_dev;
		hello.wal_inode = wal.st_ino;
	}
	for (int i = 0; i < BACKEND_NUM_TYPES; i++)
		strlcpy(hello.type_names[i], GetBackendTypeDesc((BackendType) i), TEND_IO_TYPE_NAME_LEN);
	return hello;
}
