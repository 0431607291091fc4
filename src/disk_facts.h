/*-------------------------------------------------------------------------
 *
 * disk_facts.h
 *	  What is known of the disk: checkpoints, the probe, intervals.
 *
 * Nothing here needs a server.  Unknown is NaN, 0 for a time, -1 for a count.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DISK_FACTS_H
#define TEND_DISK_FACTS_H

#include "bpf/iotrace.h"
#include "datatype/timestamp.h"

/* ---- checkpoints ---- */

typedef enum TendCheckpointReason
{
	TEND_CHECKPOINT_UNKNOWN,
	TEND_CHECKPOINT_TIME,		/* checkpoint_timeout */
	TEND_CHECKPOINT_WAL,		/* max_wal_size */
	TEND_CHECKPOINT_REQUESTED,	/* by a command: CHECKPOINT, base backup, ... */
	TEND_CHECKPOINT_SHUTDOWN,
	TEND_CHECKPOINT_END_OF_RECOVERY,
	TEND_NUM_CHECKPOINT_REASONS
} TendCheckpointReason;

/* Who told of a checkpoint: bits */
#define TEND_FROM_LOG			1	/* the checkpointer, where it writes its
									 * line to the log */
#define TEND_FROM_PROBE			2
#define TEND_FROM_COUNTERS		4	/* the server's statistics, and pg_control */

/* A checkpoint or restartpoint; "started" names it. */
typedef struct TendCheckpoint
{
	TimestampTz started;
	TimestampTz finished;
	bool		restartpoint;
	uint8		sources;		/* TEND_FROM_... */
	TendCheckpointReason reason;
	double		write_ms;
	double		sync_ms;
	double		total_ms;
	double		longest_sync_ms;	/* of one file */
	int64		buffers_written;
	int64		slru_written;
	int64		files_synced;
	int64		segments_added;
	int64		segments_removed;
	int64		segments_recycled;

	/* of all syncs of the checkpointer, WAL and pg_control too; by the probe */
	int64		timed_syncs;
	double		timed_sync_ms;
	double		timed_longest_ms;
} TendCheckpoint;

/* What the server counts of its checkpoints, in all; of the last one, when */
typedef struct TendCheckpointCounters
{
	TimestampTz at;
	int64		timed;			/* begun or skipped */
	int64		requested;
	double		write_ms;
	double		sync_ms;
	int64		buffers_written;
	uint64		checkpoint;		/* pg_control: location of the last one */
	uint64		redo;			/* where it began */
	TimestampTz started;		/* whole seconds; 0: a restartpoint does not
								 * say */
	TimestampTz finished;		/* whole seconds */
} TendCheckpointCounters;

/* ---- intervals ---- */

/* One bucket per power of two from 256 ns on; the last has no end. */
#define TEND_IO_OCTAVES			(TEND_IO_LAST_POWER - TEND_IO_FIRST_POWER + 2)

/* Syncs or writes of one kind in one interval: a row of tend.io_history. */
typedef struct TendIoRow
{
	TimestampTz at;				/* end of the interval */
	float		seconds;		/* its length */
	uint8		backend_type;	/* BackendType, or TEND_IO_UNKNOWN_TYPE */
	uint8		call;			/* TendIoCall */
	uint8		file_class;		/* TendIoClass, folded */
	int64		calls;
	int64		errors;
	int64		bytes;
	double		total_ms;
	float		p50_us;
	float		p95_us;
	float		p99_us;
	float		max_us;
	uint32		octaves[TEND_IO_OCTAVES];
} TendIoRow;

/* The disk in one interval, as far as events are made of it. */
typedef struct TendDiskInterval
{
	TimestampTz at;				/* its end */
	double		seconds;
	int64		wal_bytes;		/* written by all */
	int64		vacuum_wal_bytes;	/* by autovacuums that ended in it */
	double		vacuum_workers; /* that were at work, on average */
	int			vacuum_workers_max;
	double		checkpointing;	/* share of the time, 0..1 */
	int64		backend_fsyncs; /* of data files, by sessions */
	int64		server_wal_syncs;	/* as the server counts them */
	bool		probed;			/* the rest is known */
	int64		wal_syncs;
	double		wal_sync_p99_ms;
	double		wal_sync_max_ms;
} TendDiskInterval;

/* ---- the link to the helper ---- */

typedef enum TendIotraceState
{
	TEND_IOTRACE_UNTRIED,
	TEND_IOTRACE_OFF,			/* pg_tend.iotrace_dir is empty */
	TEND_IOTRACE_NO_SOCKET,		/* connect() failed, see error */
	TEND_IOTRACE_IMPOSTOR,		/* the peer is neither root nor ourselves */
	TEND_IOTRACE_SILENT,		/* no reply in time */
	TEND_IOTRACE_GONE,			/* it closed the connection */
	TEND_IOTRACE_GARBLED,		/* no reply of ours */
	TEND_IOTRACE_REFUSED,		/* see refusal and text */
	TEND_IOTRACE_ATTACHED
} TendIotraceState;

#define TEND_IOTRACE_DIR_LEN	100 /* a socket's name has 107 bytes */

typedef struct TendIotrace
{
	TendIotraceState state;
	TimestampTz since;			/* of the state */
	int			error;			/* errno, or 0 */
	uint32		refusal;		/* TendIoStatus */
	uint32		protocol;		/* the helper's; 0 if it did not say */
	uint32		helper_uid;
	char		dir[TEND_IOTRACE_DIR_LEN];
	char text[	TEND_IO_TEXT_LEN];
	char		snapshot[TEND_IO_NAME_LEN];
	char		helper_version[TEND_IO_VERSION_LEN];
	bool		counts_nothing; /* though the server counts syncs */
} TendIotrace;

#endif							/* TEND_DISK_FACTS_H */
