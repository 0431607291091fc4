/*-------------------------------------------------------------------------
 *
 * iotrace.h
 *	  What pg_tend_iotrace, its probe in the kernel and the server agree on.
 *
 * Three programs include this file: the probe (BPF C), the helper that loads
 * it, and the server.  So it needs neither headers of the kernel nor of
 * PostgreSQL, and holds no pointers; all structs have the same layout for
 * all, without hidden padding, in the byte order of the machine.
 *
 * The helper's directory, by default /run/pg_tend, holds
 *
 *		socket			where servers say hello
 *		KEY.snap		one per registered cluster
 *
 * Hello: a child of the postmaster, with the postmaster's user, connects
 * (SOCK_SEQPACKET), sends one TendIoHello and receives one TendIoReply.  It
 * keeps the connection: its end tells either side that the other is gone.  Who
 * loses it says hello again.  Nothing else is ever sent.  Should the peer's
 * user not be root (SO_PEERCRED), it is not the helper.
 *
 * Snapshot: the file of the name that the reply gave.  The helper overwrites it
 * in place, with pwrite, once per period; read it with pread, never map it:
 *
 *	1. open with O_RDONLY | O_NOFOLLOW | O_CLOEXEC; it is a regular file of
 *	   root's, or what it says is not to be believed;
 *	2. read the header; tend_io_header_problem() judges it;
 *	3. read header and records in one go, then the header's sequence again:
 *	   begin again, a few times, if it is odd or has changed;
 *	4. check what tend_io_checksum() and tend_io_record_valid() say;
 *	5. postmaster_pid and postmaster_start must be the server's own;
 *	6. a heartbeat older than TEND_IO_STALE_PERIODS periods: the helper is gone,
 *	   the numbers are those of back then.
 *
 * Numbers only grow while a snapshot has the same generation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_IOTRACE_H
#define TEND_IOTRACE_H

#ifdef __bpf__
/* the C library's header does not know this target */
typedef signed int int32_t;
typedef signed long long int64_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
#else
#include <stddef.h>
#include <stdint.h>
#endif

/*
 * Changes whenever a struct below does.  Either side refuses any version but
 * its own.  The first four fields of hello and reply, and status and text of
 * the reply, stay where they are in all versions, so that both can say so.
 */
#define TEND_IO_VERSION			1
#define TEND_IO_HELLO_MAGIC		0x68744754	/* "TGth" */
#define TEND_IO_REPLY_MAGIC		0x72744754	/* "TGtr" */
#define TEND_IO_SNAPSHOT_MAGIC	0x73744754	/* "TGts" */

#define TEND_IO_DEFAULT_DIR		"/run/pg_tend"
#define TEND_IO_SOCKET_NAME		"socket"
#define TEND_IO_SNAPSHOT_SUFFIX	".snap"

/* without a heartbeat for so many periods, a snapshot is stale */
#define TEND_IO_STALE_PERIODS	3

/* ---- what is counted ---- */

/*
 * A write to a file that was opened with O_DSYNC or O_SYNC is a sync itself:
 * that is how wal_sync_method = open_datasync and open_sync work.  So it is a
 * call of its own.
 */
typedef enum TendIoCall
{
	TEND_IO_FSYNC,
	TEND_IO_FDATASYNC,
	TEND_IO_SYNC_FILE_RANGE,	/* asks for writeback, does not wait for it */
	TEND_IO_SYNCFS,
	TEND_IO_MSYNC,				/* has no file: always "other" */
	TEND_IO_WRITE,				/* pwrite64, pwritev, pwritev2 */
	TEND_IO_SYNC_WRITE,			/* the same, and durable when it returns */
	TEND_IO_NUM_CALLS
} TendIoCall;

#define TEND_IO_CALL_NAMES \
	"fsync", "fdatasync", "sync_file_range", "syncfs", "msync", "write", "sync_write"

typedef enum TendIoClass
{
	TEND_IO_WAL,				/* files in pg_wal, wherever that lies */
	TEND_IO_DATA,				/* base, global (so pg_control), tablespaces */
	TEND_IO_SLRU,				/* pg_xact, pg_multixact, pg_subtrans, ... */
	TEND_IO_TEMP,				/* temporary files */
	TEND_IO_DIR,				/* a directory */
	TEND_IO_OTHER,				/* everything else */
	TEND_IO_NUM_CLASSES
} TendIoClass;

#define TEND_IO_CLASS_NAMES "wal", "data", "slru", "temp", "dir", "other"

/*
 * Backend types are the server's own numbers, BackendType; they differ by
 * major.  A process that has not set its type yet has 0.  The last is for
 * what could not be read, or is too large a number; 18 and 19 have 18 types.
 */
#define TEND_IO_NUM_TYPES		24
#define TEND_IO_UNKNOWN_TYPE	(TEND_IO_NUM_TYPES - 1)
#define TEND_IO_TYPE_NAME_LEN	32

#define TEND_IO_NUM_CELLS \
	(TEND_IO_NUM_TYPES * TEND_IO_NUM_CALLS * TEND_IO_NUM_CLASSES)

/* ---- histograms ---- */

/*
 * Buckets of nanoseconds: eight per power of two, from 256 ns to 2^36 ns
 * (69 s); below that, steps of 32 ns; the last is for what took longer.  The
 * middle of a bucket is at most 1/16 = 6.25 % from any value in it.
 */
#define TEND_IO_SUB_BITS		3
#define TEND_IO_SUBS			(1 << TEND_IO_SUB_BITS)
#define TEND_IO_FIRST_POWER		8
#define TEND_IO_LAST_POWER		36
#define TEND_IO_LONGEST_BUCKET \
	((TEND_IO_LAST_POWER - TEND_IO_FIRST_POWER + 1) * TEND_IO_SUBS)
#define TEND_IO_NUM_BUCKETS		(TEND_IO_LONGEST_BUCKET + 1)

/*
 * Sums since the cluster was registered.  Failed calls are calls: they are in
 * the histogram and in total_ns, too.
 */
typedef struct TendIoCell
{
	uint64_t	errors;			/* calls that failed */
	uint64_t	total_ns;		/* time spent in calls */
	uint64_t	max_ns;			/* the longest one */
	uint64_t	bytes;			/* written; of sync_file_range: asked for */
	uint64_t	buckets[TEND_IO_NUM_BUCKETS];	/* calls, by their duration */
} TendIoCell;

/* The number of the highest bit set, of a value that is not 0 */
static inline uint32_t
tend_io_log2(uint64_t v)
{
	uint32_t	r = 0;

	/* not __builtin_clzll(): BPF has no such instruction */
	if (v >> 32)
		r += 32, v >>= 32;
	if (v >> 16)
		r += 16, v >>= 16;
	if (v >> 8)
		r += 8, v >>= 8;
	if (v >> 4)
		r += 4, v >>= 4;
	if (v >> 2)
		r += 2, v >>= 2;
	return r + (uint32_t) (v >> 1);
}

static inline uint32_t
tend_io_bucket(uint64_t ns)
{
	uint32_t	power;

	if (ns < (1u << TEND_IO_FIRST_POWER))
		return (uint32_t) (ns >> (TEND_IO_FIRST_POWER - TEND_IO_SUB_BITS));
	power = tend_io_log2(ns);
	if (power >= TEND_IO_LAST_POWER)
		return TEND_IO_LONGEST_BUCKET;
	return (power - TEND_IO_FIRST_POWER + 1) * TEND_IO_SUBS +
		((uint32_t) (ns >> (power - TEND_IO_SUB_BITS)) & (TEND_IO_SUBS - 1));
}

/* The least value that belongs to a bucket, ns */
static inline uint64_t
tend_io_bucket_low(uint32_t bucket)
{
	uint32_t	group = bucket / TEND_IO_SUBS;
	uint64_t	sub = bucket % TEND_IO_SUBS;

	if (bucket >= TEND_IO_LONGEST_BUCKET)
		return (uint64_t) 1 << TEND_IO_LAST_POWER;
	if (group == 0)
		return sub << (TEND_IO_FIRST_POWER - TEND_IO_SUB_BITS);
	return (TEND_IO_SUBS + sub) <<
		(group - 1 + TEND_IO_FIRST_POWER - TEND_IO_SUB_BITS);
}

/* The least value that is above a bucket, ns; UINT64_MAX means no limit */
static inline uint64_t
tend_io_bucket_high(uint32_t bucket)
{
	return bucket >= TEND_IO_LONGEST_BUCKET ?
		~(uint64_t) 0 : tend_io_bucket_low(bucket + 1);
}

#ifndef __bpf__

static inline uint64_t
tend_io_calls(const TendIoCell *cell)
{
	uint64_t	calls = 0;

	for (uint32_t i = 0; i < TEND_IO_NUM_BUCKETS; i++)
		calls += cell->buckets[i];
	return calls;
}

/*
 * A time in ns that a fraction of the calls did not exceed, at most 6.25 % from
 * the true one from 256 ns on; NaN if there were no calls.
 *
 * The middle of its bucket, never more than the longest call: interpolation
 * would be off by up to a whole bucket, 12.5 %, where values cluster.
 */
static inline double
tend_io_quantile(const TendIoCell *cell, double fraction)
{
	uint64_t	calls = tend_io_calls(cell);
	double		rank = fraction * (double) calls;
	double		seen = 0;

	if (calls == 0)
		return __builtin_nan("");
	for (uint32_t i = 0; i < TEND_IO_LONGEST_BUCKET; i++)
	{
		seen += (double) cell->buckets[i];
		if (cell->buckets[i] > 0 && seen >= rank)
		{
			double		middle = ((double) tend_io_bucket_low(i) +
								  (double) tend_io_bucket_high(i)) / 2;

			return middle < (double) cell->max_ns ? middle : (double) cell->max_ns;
		}
	}
	return (double) cell->max_ns;
}

#endif

/* ---- checkpoints ---- */

/*
 * What the probe needs to know of CheckpointStats, offsetof() of each; -1
 * for what this major does not have.
 */
typedef enum TendIoCheckpointField
{
	TEND_IO_CKPT_START,			/* TimestampTz */
	TEND_IO_CKPT_WRITE,			/* TimestampTz */
	TEND_IO_CKPT_SYNC,			/* TimestampTz */
	TEND_IO_CKPT_SYNC_END,		/* TimestampTz */
	TEND_IO_CKPT_END,			/* TimestampTz */
	TEND_IO_CKPT_BUFS_WRITTEN,	/* int */
	TEND_IO_CKPT_SLRU_WRITTEN,	/* int, from 18 on */
	TEND_IO_CKPT_SEGS_ADDED,	/* int */
	TEND_IO_CKPT_SEGS_REMOVED,	/* int */
	TEND_IO_CKPT_SEGS_RECYCLED, /* int */
	TEND_IO_CKPT_SYNC_RELS,		/* int */
	TEND_IO_CKPT_LONGEST_SYNC,	/* uint64 */
	TEND_IO_CKPT_AGG_SYNC_TIME, /* uint64 */
	TEND_IO_CKPT_NUM_FIELDS
} TendIoCheckpointField;

/* largest CheckpointStats that can be looked at; it has 96 to 104 bytes */
#define TEND_IO_CKPT_MAX_SIZE	128

/* so many checkpoints are remembered */
#define TEND_IO_NUM_CHECKPOINTS	32

/*
 * A checkpoint or restartpoint, as CheckpointStats had it when the checkpointer
 * last called fsync, fdatasync or sync_write: times in microseconds since
 * 2000-01-01 00:00 UTC, 0 where it had not come so far.  The server sets end_us
 * after the last sync, so it is usually 0 here; last_sync_ns is a few ms before
 * it.
 *
 * Nothing says that it is over but that a later one began, or that sync_end_us
 * is set and no sync came for a while.
 */
typedef struct TendIoCheckpoint
{
	uint64_t	number;			/* 1, 2, ... since registered; 0: none here */
	int64_t		start_us;
	int64_t		write_us;		/* start of writing buffers */
	int64_t		sync_us;		/* start of syncing files */
	int64_t		sync_end_us;
	int64_t		end_us;
	uint64_t	longest_sync_us;	/* of one file */
	uint64_t	total_sync_us;	/* sum over the files */
	uint64_t	seen_syncs;		/* syncs of the checkpointer that were timed */
	uint64_t	seen_sync_ns;	/* their sum, WAL and pg_control included */
	uint64_t	seen_longest_ns;
	uint64_t	last_sync_ns;	/* end of the last one, CLOCK_MONOTONIC */
	int32_t		buffers_written;
	int32_t		slru_written;	/* -1: this major does not say */
	int32_t		segments_added;
	int32_t		segments_removed;
	int32_t		segments_recycled;
	int32_t		files_synced;
} TendIoCheckpoint;

/* ---- hello ---- */

typedef struct TendIoHello
{
	uint32_t	magic;			/* TEND_IO_HELLO_MAGIC */
	uint32_t	version;		/* TEND_IO_VERSION */
	uint32_t	size;			/* sizeof(TendIoHello) */
	uint32_t	server_version; /* as server_version_num */

	/* which cluster; the helper checks the pid, and repeats both */
	int32_t		postmaster_pid; /* as the server sees it: PostmasterPid */
	uint32_t	padding;		/* 0 */
	int64_t		postmaster_start;	/* PgStartTime */

	/* addresses in the server's memory, 0 if there is none */
	uint64_t	backend_type;	/* &MyBackendType */
	uint64_t	checkpoint_stats;	/* &CheckpointStats */
	uint32_t	checkpoint_stats_size;	/* sizeof, at most
										 * TEND_IO_CKPT_MAX_SIZE */
	uint32_t	checkpointer_type;	/* B_CHECKPOINTER */
	int32_t		checkpoint_fields[TEND_IO_CKPT_NUM_FIELDS];
	uint32_t	padding2;		/* 0 */

	/* stat("pg_wal"), which follows the symbolic link; 0 if unknown */
	uint64_t	wal_device;		/* st_dev */
	uint64_t	wal_inode;		/* st_ino */

	/* GetBackendTypeDesc() of each number, zero terminated; "" ends them */
	char		type_names[TEND_IO_NUM_TYPES][TEND_IO_TYPE_NAME_LEN];
} TendIoHello;

/* Stays in order: servers show a text of their own where they know the number */
typedef enum TendIoStatus
{
	TEND_IO_OK,
	TEND_IO_WRONG_VERSION,		/* the helper's is in the reply's version */
	TEND_IO_MALFORMED,			/* hello of wrong size, or with wrong values */
	TEND_IO_NOT_A_SERVER,		/* parent has another user, or another pid */
	TEND_IO_NOT_ALLOWED,		/* the helper was started for other users */
	TEND_IO_TOO_MANY,			/* clusters, or clusters of this user */
	TEND_IO_FAILED				/* system error, see text */
} TendIoStatus;

#define TEND_IO_NAME_LEN		64
#define TEND_IO_TEXT_LEN		256
#define TEND_IO_VERSION_LEN		32

typedef struct TendIoReply
{
	uint32_t	magic;			/* TEND_IO_REPLY_MAGIC */
	uint32_t	version;		/* the helper's TEND_IO_VERSION */
	uint32_t	size;			/* sizeof(TendIoReply) */
	uint32_t	status;			/* TendIoStatus */
	char text[	TEND_IO_TEXT_LEN];	/* why not, in words; zero terminated */

	/*
	 * File name of the snapshot in the directory of the socket, zero
	 * terminated, if status is TEND_IO_OK: letters, digits, '-' and '.'; a
	 * server must make sure that there is no '/'.
	 */
	char		snapshot[TEND_IO_NAME_LEN];
	char		helper_version[TEND_IO_VERSION_LEN];	/* of pg_tend */
	uint64_t	generation;		/* the snapshot's */
} TendIoReply;

/* ---- snapshot ---- */

typedef enum TendIoProbe
{
	TEND_IO_PROBE_FSYNC,
	TEND_IO_PROBE_FDATASYNC,
	TEND_IO_PROBE_SYNC_FILE_RANGE,
	TEND_IO_PROBE_SYNCFS,
	TEND_IO_PROBE_MSYNC,
	TEND_IO_PROBE_PWRITE64,
	TEND_IO_PROBE_PWRITEV,
	TEND_IO_PROBE_PWRITEV2,
	TEND_IO_NUM_PROBES
} TendIoProbe;

#define TEND_IO_PROBE_NAMES \
	"fsync", "fdatasync", "sync_file_range", "syncfs", "msync", "pwrite64", "pwritev", "pwritev2"

typedef struct TendIoHeader
{
	uint32_t	magic;			/* TEND_IO_SNAPSHOT_MAGIC */
	uint32_t	version;		/* TEND_IO_VERSION */
	uint64_t	sequence;		/* odd while the helper writes */
	uint32_t	header_size;	/* sizeof(TendIoHeader) */
	uint32_t	record_size;	/* sizeof(TendIoRecord) */
	uint32_t	num_records;	/* that follow, at most TEND_IO_NUM_CELLS */
	uint32_t	period_ms;		/* between two snapshots */

	/* tend_io_checksum() of header and records with this and sequence as 0 */
	uint64_t	checksum;

	uint64_t	heartbeat_ns;	/* when written, CLOCK_MONOTONIC */
	uint64_t	since_ns;		/* when counting began, CLOCK_MONOTONIC */
	int64_t		since_us;		/* the same, in microseconds since 1970 UTC,
								 * by the clock of back then */
	uint64_t	generation;		/* another one: counting began anew */

	/* as hello had it */
	int64_t		postmaster_start;
	int32_t		postmaster_pid;
	uint32_t	server_version;

	int32_t		helper_pid;		/* as the helper sees it */
	uint32_t	cluster_pid;	/* the postmaster's, as the helper sees it */
	char		helper_version[TEND_IO_VERSION_LEN];

	/* 1 << TendIoProbe; what is in wanted and not in attached failed */
	uint32_t	probes_wanted;
	uint32_t	probes_attached;
	int32_t		probe_errors[TEND_IO_NUM_PROBES];	/* errno, or 0 */

	/* what the probe could not do, in this cluster */
	uint64_t	unread_types;	/* calls whose backend type could not be read */
	uint64_t	unread_files;	/* calls whose file could not be looked up */
	uint64_t	unread_checkpoints; /* CheckpointStats could not be read */
	uint64_t	lost_calls;		/* no memory to remember a call's start */

	char		type_names[TEND_IO_NUM_TYPES][TEND_IO_TYPE_NAME_LEN];

	/* in no particular order */
	TendIoCheckpoint checkpoints[TEND_IO_NUM_CHECKPOINTS];
} TendIoHeader;

/* A cell that has calls.  Each combination appears once at most. */
typedef struct TendIoRecord
{
	uint32_t	backend_type;	/* < TEND_IO_NUM_TYPES */
	uint16_t	call;			/* TendIoCall */
	uint16_t	file_class;		/* TendIoClass */
	TendIoCell	cell;
} TendIoRecord;

#define TEND_IO_SNAPSHOT_MAX \
	(sizeof(TendIoHeader) + TEND_IO_NUM_CELLS * sizeof(TendIoRecord))

/* no hidden padding: the sum of the fields */
_Static_assert(sizeof(TendIoCell) == 1896, "layout of TendIoCell");
_Static_assert(sizeof(TendIoCheckpoint) == 120, "layout of TendIoCheckpoint");
_Static_assert(sizeof(TendIoHello) == 896, "layout of TendIoHello");
_Static_assert(sizeof(TendIoReply) == 376, "layout of TendIoReply");
_Static_assert(sizeof(TendIoHeader) == 4808, "layout of TendIoHeader");
_Static_assert(sizeof(TendIoRecord) == 1904, "layout of TendIoRecord");


#ifndef __bpf__

/*
 * Add a piece of a snapshot to its checksum; size is a multiple of 8, and the
 * first piece is added to 0.  It finds torn and truncated files; against
 * forgery there are permissions.
 */
static inline uint64_t
tend_io_checksum(uint64_t sum, const void *piece, size_t size)
{
	const unsigned char *p = (const unsigned char *) piece;
	uint64_t	word;

	for (size_t i = 0; i + 8 <= size; i += 8)
	{
		__builtin_memcpy(&word, p + i, 8);
		sum = (sum ^ word) * UINT64_C(0x100000001b3);
		sum ^= sum >> 29;
	}
	return sum;
}

/* Checksum of a header, as if its checksum and sequence were 0 */
static inline uint64_t
tend_io_header_checksum(const TendIoHeader *header)
{
	TendIoHeader copy = *header;

	copy.sequence = 0;
	copy.checksum = 0;
	return tend_io_checksum(0, &copy, sizeof(copy));
}

/*
 * What is wrong with a header that was read from a file of this size; NULL if
 * nothing.  Afterwards num_records and period_ms can be relied on.
 */
static inline const char *
tend_io_header_problem(const TendIoHeader *header, uint64_t file_size)
{
	if (file_size < sizeof(*header))
		return "the file is too short";
	if (header->magic != TEND_IO_SNAPSHOT_MAGIC)
		return "the file is not a snapshot";
	if (header->version != TEND_IO_VERSION)
		return "the snapshot has another version";
	if (header->header_size != sizeof(TendIoHeader) ||
		header->record_size != sizeof(TendIoRecord))
		return "the snapshot has another layout";
	if (header->num_records > TEND_IO_NUM_CELLS ||
		file_size < sizeof(*header) +
		(uint64_t) header->num_records * sizeof(TendIoRecord))
		return "the snapshot is truncated";
	if (header->period_ms == 0 || header->period_ms > 3600 * 1000)
		return "the snapshot has an impossible period";
	return NULL;
}

static inline int
tend_io_record_valid(const TendIoRecord *record)
{
	return record->backend_type < TEND_IO_NUM_TYPES &&
		record->call < TEND_IO_NUM_CALLS &&
		record->file_class < TEND_IO_NUM_CLASSES;
}

#endif

#endif							/* TEND_IOTRACE_H */
