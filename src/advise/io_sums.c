/*-------------------------------------------------------------------------
 *
 * io_sums.c
 *	  Arithmetic on the histograms of the I/O probe.
 *
 * All of it expects records that io_snapshot.c has found good.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/io_sums.h"

/* ---- one cell ---- */

static void
add(TendIoCell *sum, const TendIoCell *cell)
{
	sum->errors += cell->errors;
	sum->total_ns += cell->total_ns;
	sum->bytes += cell->bytes;
	sum->max_ns = Max(sum->max_ns, cell->max_ns);
	for (int i = 0; i < TEND_IO_NUM_BUCKETS; i++)
		sum->buckets[i] += cell->buckets[i];
}

static uint64
minus(uint64 a, uint64 b)
{
	return a > b ? a - b : 0;
}

/*
 * What came in between; false if there were no calls.  The longest call is
 * known if it is the longest of all; else it was in the highest bucket.
 */
static bool
subtract(TendIoCell *now, const TendIoCell *before)
{
	int			highest = -1;

	now->errors = minus(now->errors, before->errors);
	now->total_ns = minus(now->total_ns, before->total_ns);
	now->bytes = minus(now->bytes, before->bytes);
	for (int i = 0; i < TEND_IO_NUM_BUCKETS; i++)
	{
		now->buckets[i] = minus(now->buckets[i], before->buckets[i]);
		if (now->buckets[i] > 0)
			highest = i;
	}
	if (highest >= 0 && now->max_ns <= before->max_ns)
		now->max_ns = Min(now->max_ns, tend_io_bucket_high(highest));
	return highest >= 0;
}

/* ---- many of them ---- */

static bool
same_kind(const TendIoRecord *a, const TendIoRecord *b)
{
	return a->backend_type == b->backend_type && a->call == b->call &&
		a->file_class == b->file_class;
}

static TendIoRecord *
find(TendIoRecord *records, int n, const TendIoRecord *like)
{
	for (int i = 0; i < n; i++)
	{
		if (same_kind(&records[i], like))
			return &records[i];
	}
	return NULL;
}

/*
 * The views know four kinds of files: temporary ones and directories are
 * others.  In place; returns how many records are left.
 */
int
tend_io_fold(TendIoRecord *records, int n)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		TendIoRecord *known;

		if (records[i].file_class == TEND_IO_TEMP || records[i].file_class == TEND_IO_DIR)
			records[i].file_class = TEND_IO_OTHER;
		known = find(records, kept, &records[i]);
		if (known != NULL)
			add(&known->cell, &records[i].cell);
		else if (kept++ != i)
			records[kept - 1] = records[i];
	}
	return kept;
}

/*
 * Leave of the present records what came since the ones before, and only those
 * that had calls; returns how many.
 */
int
tend_io_since(TendIoRecord *now, int n, const TendIoRecord *before, int nbefore)
{
	static const TendIoCell nothing;
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		const TendIoRecord *past = find((TendIoRecord *) before, nbefore, &now[i]);

		if (subtract(&now[i].cell, past != NULL ? &past->cell : &nothing) && kept++ != i)
			now[kept - 1] = now[i];
	}
	return kept;
}

/* ---- for history ---- */

static int
octave_of(int bucket)
{
	return Min(bucket / TEND_IO_SUBS, TEND_IO_OCTAVES - 1);
}

TendIoRow
tend_io_row(const TendIoRecord *record, TimestampTz at, double seconds)
{
	const TendIoCell *cell = &record->cell;
	TendIoRow	row = {
		.at = at,
		.seconds = (float) seconds,
		.backend_type = (uint8) record->backend_type,
		.call = (uint8) record->call,
		.file_class = (uint8) record->file_class,
		.calls = (int64) tend_io_calls(cell),
		.errors = (int64) cell->errors,
		.bytes = (int64) cell->bytes,
		.total_ms = (double) cell->total_ns / 1e6,
		.p50_us = (float) (tend_io_quantile(cell, 0.50) / 1e3),
		.p95_us = (float) (tend_io_quantile(cell, 0.95) / 1e3),
		.p99_us = (float) (tend_io_quantile(cell, 0.99) / 1e3),
		.max_us = (float) ((double) cell->max_ns / 1e3)
	};

	for (int i = 0; i < TEND_IO_NUM_BUCKETS; i++)
	{
		uint32	   *octave = &row.octaves[octave_of(i)];

		*octave = (uint32) Min((uint64) *octave + cell->buckets[i], (uint64) PG_INT32_MAX);
	}
	return row;
}

/* ---- for events ---- */

static bool
is_wal_sync(const TendIoRecord *r)
{
	return r->file_class == TEND_IO_WAL &&
		(r->call == TEND_IO_FSYNC || r->call == TEND_IO_FDATASYNC || r->call == TEND_IO_SYNC_WRITE);
}

/* The syncs of WAL of an interval, whoever made them */
void
tend_io_wal_syncs(const TendIoRecord *records, int n, TendDiskInterval *interval)
{
	TendIoCell	sum = {0};

	for (int i = 0; i < n; i++)
	{
		if (is_wal_sync(&records[i]))
			add(&sum, &records[i].cell);
	}
	interval->probed = true;
	interval->wal_syncs = (int64) tend_io_calls(&sum);
	interval->wal_sync_p99_ms = tend_io_quantile(&sum, 0.99) / 1e6;
	interval->wal_sync_max_ms = (double) sum.max_ns / 1e6;
}
