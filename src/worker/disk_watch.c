/*-------------------------------------------------------------------------
 *
 * disk_watch.c
 *	  What the launcher watches of the disk.
 *
 * About each second it looks who is at work, and whether there was a checkpoint
 * that nobody has told of.  After each pg_tend.interval it publishes what came
 * in between: the difference between two snapshots of the probe, and between
 * two readings of the server's counters.  It is the only process that lives
 * long enough to know the reading before; visits take the results from shared
 * memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "advise/checkpoint.h"
#include "advise/io_snapshot.h"
#include "advise/io_sums.h"
#include "collect/disk_counters.h"
#include "collect/iotrace_read.h"
#include "compat.h"
#include "postmaster/autovacuum.h"
#include "settings.h"
#include "store/shared.h"
#include "store/shared_disk.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "worker/disk_watch.h"
#include "worker/iotrace_link.h"

/* So many syncs of WAL, and none seen by the probe, are no accident */
#define SUSPICIOUS_SYNCS	20

/* The reading at the begin of the interval */
typedef struct Past
{
	bool		known;
	double		at;				/* monotonic seconds */
	TendSyncCounters counters;
	int64		vacuum_wal;

	/* of the probe */
	bool		probed;
	uint64		read_ns;		/* when, by its clock */
	uint64		generation;
	TendIoRecord *records;		/* in past_cxt */
	int			nrecords;
} Past;

static Past past;
static MemoryContext past_cxt = NULL;

/* Samples of the interval */
static int	samples = 0;
static int	checkpointing = 0;	/* samples in which a checkpoint ran */
static int	workers = 0;		/* of autovacuum, sum over the samples */

/* Counters of the last checkpoint that is known of */
static TendCheckpointCounters counted;
static bool counted_known = false;
static bool checkpoint_ended = false;	/* its counters may come a moment
										 * later */

/* ---- each second ---- */

static void
take_sample(void)
{
	samples++;
	checkpointing += tend_checkpoint_runs();
	workers += tend_collect_vacuum_workers();
}

/*
 * Without log_checkpoints, and without the probe, the counters are all there
 * is.  The checkpointer updates pg_control first, and then the counters: so
 * they are read at the next look.
 */
static void
count_checkpoints(bool others_tell)
{
	TendCheckpointCounters now;

	if (others_tell)
	{
		counted_known = false;
		return;
	}
	if (!tend_collect_checkpoint_counters(&now))
		return;
	if (!counted_known)
	{
		counted = now;
		counted_known = true;
		checkpoint_ended = false;
	}
	else if (checkpoint_ended)
	{
		TendCheckpoint c = tend_checkpoint_counted(&counted, &now, tend_collect_wal_limit());

		tend_checkpoint_told(&c);
		counted = now;
		checkpoint_ended = false;
	}
	else
		checkpoint_ended = now.checkpoint != counted.checkpoint;
}

/* ---- after each interval ---- */

/* Tell of the checkpoints that the probe has seen. */
static void
tell_of_checkpoints(const TendIotraceReading *r)
{
	const TendIoCheckpoint *all = r->header->checkpoints;
	TimestampTz now = GetCurrentTimestamp();

	for (int i = 0; i < TEND_IO_NUM_CHECKPOINTS; i++)
	{
		TendCheckpoint c;

		if (!tend_io_checkpoint_valid(&all[i]) ||
			!tend_checkpoint_is_over(all, TEND_IO_NUM_CHECKPOINTS, i, r->header->heartbeat_ns))
			continue;
		c = tend_checkpoint_of_probe(&all[i], now, r->now_ns);
		c.restartpoint = RecoveryInProgress();
		tend_checkpoint_told(&c);
	}
}

static void
remember_probe(const TendIotraceReading *r, const TendIoRecord *records, int n)
{
	MemoryContextReset(past_cxt);
	past.records = MemoryContextAlloc(past_cxt, Max(n, 1) * sizeof(TendIoRecord));
	memcpy(past.records, records, n * sizeof(TendIoRecord));
	past.nrecords = n;
	past.generation = r->header->generation;
	past.read_ns = r->now_ns;
	past.probed = true;
}

/*
 * What the probe has timed in the interval, and in those before in which it
 * could not be read.  Where counting began anew, all of it came since.
 */
static TendIoRow *
timed_rows(TendIotraceReading *r, TendDiskInterval *interval, int *n)
{
	TendIoRecord *records = palloc(Max(r->nrecords, 1) * sizeof(TendIoRecord));
	bool		same = past.probed && past.generation == r->header->generation;
	uint64		from = same ? past.read_ns : r->header->since_ns;
	double		seconds = Max((double) r->now_ns - (double) from, 0) / 1e9;
	TendIoRow  *rows;

	memcpy(records, r->records, r->nrecords * sizeof(TendIoRecord));
	*n = tend_io_since(records, r->nrecords, past.records, same ? past.nrecords : 0);
	tend_io_wal_syncs(records, *n, interval);
	rows = palloc(Max(*n, 1) * sizeof(TendIoRow));
	for (int i = 0; i < *n; i++)
		rows[i] = tend_io_row(&records[i], interval->at, seconds);
	return rows;
}

/*
 * Counting that went on before this connection has been told of, or nobody
 * knows of when it is: it only shows from where to go on.
 */
static void
put_probe(TendDiskInterval *interval, TendIoRow **rows, int *n)
{
	TendIotraceReading reading;

	tend_iotrace_read(&reading);
	if (reading.link.state != TEND_IOTRACE_ATTACHED)
		past.probed = false;
	/* one that cannot be read now may be the next time */
	if (reading.state != TEND_SNAPSHOT_GOOD)
		return;
	tell_of_checkpoints(&reading);
	if (past.known && (past.probed || reading.header->since_ns >= tend_link_hello_ns()))
		*rows = timed_rows(&reading, interval, n);
	remember_probe(&reading, reading.records, reading.nrecords);
	if (interval->probed)
		tend_link_counts_nothing(interval->wal_syncs == 0 &&
								 interval->server_wal_syncs >= SUSPICIOUS_SYNCS);
}

static void
put_counters(TendDiskInterval *interval, const TendSyncCounters *now, int64 vacuum_wal)
{
	/* statistics may have been reset; and WAL goes back after a rewind */
	interval->backend_fsyncs = Max(now->backend_fsyncs - past.counters.backend_fsyncs, 0);
	interval->server_wal_syncs = Max(now->wal_syncs - past.counters.wal_syncs, 0);
	if (now->wal_position > past.counters.wal_position)
		interval->wal_bytes = (int64) (now->wal_position - past.counters.wal_position);
	interval->vacuum_wal_bytes = vacuum_wal - past.vacuum_wal;
	if (samples > 0)
	{
		interval->checkpointing = (double) checkpointing / samples;
		interval->vacuum_workers = (double) workers / samples;
	}
	interval->vacuum_workers_max = autovacuum_max_workers;
}

static void
end_interval(double now)
{
	TendSyncCounters counters = tend_collect_sync_counters();
	int64		vacuum_wal = tend_vacuum_wal();
	TendDiskInterval interval = {.at = GetCurrentTimestamp(),.seconds = now - past.at};
	TendIoRow  *rows = NULL;
	int			n = 0;

	put_counters(&interval, &counters, vacuum_wal);
	put_probe(&interval, &rows, &n);
	if (past.known)
		tend_disk_interval_add(&interval, rows, n);
	past.known = true;
	past.at = now;
	past.counters = counters;
	past.vacuum_wal = vacuum_wal;
	samples = checkpointing = workers = 0;
}

/*
 * Look at the disk.  Called about each second; what it allocates is the
 * caller's to free.
 */
void
tend_disk_watch(void)
{
	double		now = tend_monotonic_seconds();
	TendIotrace link;

	if (past_cxt == NULL)
		past_cxt = AllocSetContextCreate(TopMemoryContext, "pg_tend last snapshot",
										 ALLOCSET_DEFAULT_SIZES);
	tend_link_step();
	take_sample();
	tend_iotrace_get(&link);
	count_checkpoints(tend_collect_checkpoints_logged() || link.state == TEND_IOTRACE_ATTACHED);
	if (!past.known || now - past.at >= tend_interval)
		end_interval(now);
}
