/*-------------------------------------------------------------------------
 *
 * shared_disk.c
 *	  The disk in shared memory: the link to the I/O probe, checkpoints, and
 *	  what the last intervals have brought.
 *
 * Three rings, the oldest first.  Visits take from them what their database
 * does not have in its history yet; on a standby, where nothing can be written,
 * they are all there is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/checkpoint.h"
#include "port/atomics.h"
#include "store/save_file.h"
#include "store/shared_disk.h"
#include "store/try_lock.h"

typedef struct DiskShared
{
	LWLock	   *lock;

	/* without the lock */
	pg_atomic_uint64 vacuum_wal;	/* bytes, by autovacuums that ended */
	pg_atomic_uint64 checkpoints_dropped;	/* the lock was in use */

	/* the rest is protected by the lock */
	TendIotrace link;

	bool		running;
	TendCheckpoint now_running;
	int			ncheckpoints;
	TendCheckpoint checkpoints[TEND_DISK_CHECKPOINTS];

	int			nintervals;
	TendDiskInterval intervals[TEND_DISK_INTERVALS];

	int			nrows;
	int64		rows_dropped;	/* of intervals that had more than fit */
	TendIoRow	rows[TEND_DISK_ROWS];
} DiskShared;

static DiskShared *disk = NULL;

Size
tend_disk_size(void)
{
	return MAXALIGN(sizeof(DiskShared));
}

void
tend_disk_init(void *place, LWLock *lock)
{
	DiskShared *d = place;

	d->lock = lock;
	pg_atomic_init_u64(&d->vacuum_wal, 0);
	pg_atomic_init_u64(&d->checkpoints_dropped, 0);
}

void
tend_disk_attach(void *place)
{
	disk = place;
}

/* Make room for so many more at the end of a ring; returns what is left. */
static int
make_room(void *ring, int n, int more, int max, size_t size)
{
	int			gone = Max(n + more - max, 0);

	if (gone > 0)
		memmove(ring, (char *) ring + gone * size, (n - gone) * size);
	return n - gone;
}

/* A copy of a ring, with one more than it has, so that it is never empty */
static void *
copy_out(const void *ring, int max, size_t size, const int *count, int *n)
{
	char	   *copy = palloc((max + 1) * size);

	LWLockAcquire(disk->lock, LW_SHARED);
	*n = *count;
	memcpy(copy, ring, *n * size);
	LWLockRelease(disk->lock);
	return copy;
}

/* ---- the link to the probe ---- */

void
tend_iotrace_set(const TendIotrace *link)
{
	LWLockAcquire(disk->lock, LW_EXCLUSIVE);
	disk->link = *link;
	LWLockRelease(disk->lock);
}

void
tend_iotrace_get(TendIotrace *link)
{
	LWLockAcquire(disk->lock, LW_SHARED);
	*link = disk->link;
	LWLockRelease(disk->lock);
}

/* ---- checkpoints ---- */

static TendCheckpoint *
find_checkpoint_locked(TimestampTz started)
{
	for (int i = disk->ncheckpoints - 1; i >= 0; i--)
	{
		if (disk->checkpoints[i].started == started)
			return &disk->checkpoints[i];
	}
	return NULL;
}

static bool
is_running_locked(TimestampTz started)
{
	return disk->running && disk->now_running.started == started;
}

static void
add_checkpoint_locked(const TendCheckpoint *checkpoint)
{
	disk->ncheckpoints = make_room(disk->checkpoints, disk->ncheckpoints, 1,
								   TEND_DISK_CHECKPOINTS, sizeof(TendCheckpoint));
	disk->checkpoints[disk->ncheckpoints++] = *checkpoint;
}

/* Called in the checkpointer: nothing may wait or fail. */
static bool
lock_without_waiting(void)
{
	if (disk == NULL)
		return false;
	if (tend_try_lock(disk->lock, LW_EXCLUSIVE))
		return true;
	pg_atomic_fetch_add_u64(&disk->checkpoints_dropped, 1);
	return false;
}

/* A checkpoint begins.  The last one may have failed. */
void
tend_checkpoint_begun(const TendCheckpoint *checkpoint)
{
	if (!lock_without_waiting())
		return;
	disk->running = true;
	disk->now_running = *checkpoint;
	LWLockRelease(disk->lock);
}

/*
 * It has ended; the reason was told when it began.  The probe may have told of
 * it, if it was not known to run.
 */
void
tend_checkpoint_ended(const TendCheckpoint *checkpoint)
{
	TendCheckpoint c = *checkpoint;
	TendCheckpoint *known;

	if (!lock_without_waiting())
		return;
	if (is_running_locked(c.started))
		c.reason = disk->now_running.reason;
	disk->running = false;
	known = find_checkpoint_locked(c.started);
	if (known == NULL)
		add_checkpoint_locked(&c);
	else
	{
		tend_checkpoint_merge(&c, known);
		*known = c;
	}
	LWLockRelease(disk->lock);
}

/*
 * The launcher was told of a checkpoint that is over.  The probe may think so
 * of one whose last sync hangs: it is told again once that has ended.
 */
void
tend_checkpoint_told(const TendCheckpoint *checkpoint)
{
	TendCheckpoint *known;

	LWLockAcquire(disk->lock, LW_EXCLUSIVE);
	known = find_checkpoint_locked(checkpoint->started);
	if (known != NULL)
		tend_checkpoint_merge(known, checkpoint);
	else if (!is_running_locked(checkpoint->started))
		add_checkpoint_locked(checkpoint);
	LWLockRelease(disk->lock);
}

bool
tend_checkpoint_runs(void)
{
	bool		runs;

	LWLockAcquire(disk->lock, LW_SHARED);
	runs = disk->running;
	LWLockRelease(disk->lock);
	return runs;
}

/* A copy of all that are known; the last one may still be running */
TendCheckpoint *
tend_checkpoint_list(int *n, bool *running)
{
	TendCheckpoint *copy = palloc((TEND_DISK_CHECKPOINTS + 1) * sizeof(TendCheckpoint));

	LWLockAcquire(disk->lock, LW_SHARED);
	*n = disk->ncheckpoints;
	memcpy(copy, disk->checkpoints, *n * sizeof(TendCheckpoint));
	*running = disk->running;
	if (*running)
		copy[(*n)++] = disk->now_running;
	LWLockRelease(disk->lock);
	return copy;
}

int64
tend_checkpoints_dropped(void)
{
	return (int64) pg_atomic_read_u64(&disk->checkpoints_dropped);
}

/* ---- checkpoints over a restart, so that the one of the shutdown is there ---- */

static bool
write_checkpoints(TendSaveStream *stream)
{
	for (int i = 0; i < disk->ncheckpoints; i++)
	{
		if (!tend_save_put_record(stream, &disk->checkpoints[i]))
			return false;
	}
	return true;
}

static bool
read_checkpoints(const char *bytes, const char *end, uint32 count, bool restoring)
{
	if (count > TEND_DISK_CHECKPOINTS || (size_t) (end - bytes) != count * sizeof(TendCheckpoint))
		return false;
	for (uint32 i = 0; i < count; i++)
	{
		TendCheckpoint c;

		memcpy(&c, bytes + i * sizeof(c), sizeof(c));
		if (c.reason >= TEND_NUM_CHECKPOINT_REASONS)
			return false;
		if (restoring)
			add_checkpoint_locked(&c);
	}
	return true;
}

static const TendSaveFile save_file = {
	.path = "pg_stat/pg_tend_checkpoints.stat",
	.what = "checkpoints",
	.magic = 0x54434b31,		/* "TCK1" */
	.record_size = sizeof(TendCheckpoint),
	.write = write_checkpoints,
	.read = read_checkpoints
};

void
tend_checkpoints_save(void)
{
	tend_save_write(&save_file);
}

void
tend_checkpoints_load(void)
{
	tend_save_read(&save_file);
}

/* ---- intervals ---- */

/* An interval is over, and these calls were timed in it. */
void
tend_disk_interval_add(const TendDiskInterval *interval, const TendIoRow *rows, int n)
{
	int			taken = Min(n, TEND_DISK_ROWS);

	LWLockAcquire(disk->lock, LW_EXCLUSIVE);
	disk->nintervals = make_room(disk->intervals, disk->nintervals, 1,
								 TEND_DISK_INTERVALS, sizeof(TendDiskInterval));
	disk->intervals[disk->nintervals++] = *interval;
	disk->nrows = make_room(disk->rows, disk->nrows, taken, TEND_DISK_ROWS, sizeof(TendIoRow));
	memcpy(&disk->rows[disk->nrows], rows, taken * sizeof(TendIoRow));
	disk->nrows += taken;
	disk->rows_dropped += n - taken;
	LWLockRelease(disk->lock);
}

TendDiskInterval *
tend_disk_interval_list(int *n)
{
	return copy_out(disk->intervals, TEND_DISK_INTERVALS, sizeof(TendDiskInterval),
					&disk->nintervals, n);
}

TendIoRow *
tend_io_row_list(int *n)
{
	return copy_out(disk->rows, TEND_DISK_ROWS, sizeof(TendIoRow), &disk->nrows, n);
}

int64
tend_io_rows_dropped(void)
{
	int64		dropped;

	LWLockAcquire(disk->lock, LW_SHARED);
	dropped = disk->rows_dropped;
	LWLockRelease(disk->lock);
	return dropped;
}

/* ---- what autovacuum writes ---- */

void
tend_vacuum_wal_add(int64 bytes)
{
	if (disk != NULL)
		pg_atomic_fetch_add_u64(&disk->vacuum_wal, bytes);
}

int64
tend_vacuum_wal(void)
{
	return (int64) pg_atomic_read_u64(&disk->vacuum_wal);
}
