/*-------------------------------------------------------------------------
 *
 * io_snapshot.c
 *	  Can a snapshot of the I/O probe be believed?
 *
 * Whoever wrote the file, nothing in it may crash a backend, and nothing
 * impossible may get into a view.  So each field is looked at before it is
 * used; afterwards sums cannot overflow and texts end.  What is merely wrong
 * cannot be found: against that there are the permissions of the file.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/io_snapshot.h"

/* More calls than a double counts exactly: nobody makes so many */
#define MOST_CALLS		(UINT64CONST(1) << 53)

/* A century, in ns and in microseconds */
#define MOST_NS			(UINT64CONST(100) * 366 * 86400 * 1000000000)
#define MOST_US			(UINT64CONST(100) * 366 * 86400 * 1000000)

/* Does it end, and is it something that can be shown in any encoding? */
bool
tend_io_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
	{
		if (text[i] == '\0')
			return true;
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return false;
}

/* A file name that leads nowhere else; of a string that is known to end. */
bool
tend_io_name_valid(const char *name)
{
	if (name[0] == '\0' || name[0] == '.')
		return false;
	for (const char *c = name; *c != '\0'; c++)
	{
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
			!(*c >= '0' && *c <= '9') && *c != '-' && *c != '.')
			return false;
	}
	return true;
}

static bool
cell_plausible(const TendIoCell *cell)
{
	uint64		calls = 0;

	for (int i = 0; i < TEND_IO_NUM_BUCKETS; i++)
	{
		if (cell->buckets[i] > MOST_CALLS)
			return false;
		calls += cell->buckets[i];
	}

	/*
	 * The probe sets these one after the other, and we may see some only: so
	 * errors and time are not compared with the number of calls.
	 */
	return calls <= MOST_CALLS && cell->errors <= MOST_CALLS &&
		cell->total_ns <= MOST_NS && cell->max_ns <= MOST_NS &&
		cell->bytes <= (uint64) PG_INT64_MAX;
}

static const char *
records_problem(const TendIoRecord *records, uint32 n)
{
	bool		seen[TEND_IO_NUM_CELLS] = {false};

	for (uint32 i = 0; i < n; i++)
	{
		const TendIoRecord *r = &records[i];
		int			place;

		if (!tend_io_record_valid(r))
			return "the snapshot has an impossible record";
		place = (r->backend_type * TEND_IO_NUM_CALLS + r->call) * TEND_IO_NUM_CLASSES + r->file_class;
		if (seen[place])
			return "the snapshot has a record twice";
		seen[place] = true;
		if (!cell_plausible(&r->cell))
			return "the snapshot has impossible numbers";
	}
	return NULL;
}

/*
 * What is wrong with a snapshot that was read into memory that is aligned for
 * it; NULL if nothing.
 */
const char *
tend_io_snapshot_problem(const void *bytes, size_t size, const TendIoOwner *owner)
{
	const TendIoHeader *header = bytes;
	const TendIoRecord *records;
	const char *problem;

	if (size < sizeof(TendIoHeader))
		return "the file is too short";
	problem = tend_io_header_problem(header, size);
	if (problem != NULL)
		return problem;
	records = (const TendIoRecord *) (header + 1);
	if (header->sequence % 2 != 0)
		return "the snapshot was being written";
	if (tend_io_checksum(tend_io_header_checksum(header), records,
						 header->num_records * sizeof(TendIoRecord)) != header->checksum)
		return "the snapshot has a wrong checksum";
	if (header->postmaster_pid != owner->postmaster_pid ||
		header->postmaster_start != owner->postmaster_start)
		return "the snapshot is of another server";
	if (!tend_io_printable(header->helper_version, sizeof(header->helper_version)))
		return "the snapshot has an impossible text";
	if (header->heartbeat_ns < header->since_ns || header->heartbeat_ns > MOST_NS ||
		header->since_us < 0 || (uint64) header->since_us > MOST_US)
		return "the snapshot has an impossible time";
	return records_problem(records, header->num_records);
}

static bool
in_order(int64 a, int64 b)
{
	return b == 0 || (b >= a && (uint64) (b - a) < MOST_US);
}

/*
 * Is this a checkpoint, as far as it has come?  A clock that was set back
 * during it makes it none.
 */
bool
tend_io_checkpoint_valid(const TendIoCheckpoint *c)
{
	return c->number > 0 &&
		c->start_us > 0 && (uint64) c->start_us < MOST_US &&
		in_order(c->start_us, c->write_us) &&
		in_order(c->write_us, c->sync_us) &&
		in_order(c->sync_us, c->sync_end_us) &&
		in_order(c->sync_end_us, c->end_us) &&
		c->longest_sync_us < MOST_US && c->total_sync_us < MOST_US &&
		c->seen_syncs < MOST_CALLS && c->seen_sync_ns < MOST_NS && c->seen_longest_ns < MOST_NS &&
		c->buffers_written >= 0 && c->slru_written >= -1 && c->segments_added >= 0 &&
		c->segments_removed >= 0 && c->segments_recycled >= 0 && c->files_synced >= 0;
}

/* Age of a snapshot, by the monotonic clock that all processes share */
double
tend_io_age_ms(const TendIoHeader *header, uint64 now_ns)
{
	return now_ns > header->heartbeat_ns ? (double) (now_ns - header->heartbeat_ns) / 1e6 : 0;
}

/* One from the future was written before the machine was started, or forged. */
bool
tend_io_stale(const TendIoHeader *header, uint64 now_ns)
{
	double		limit_ms = (double) TEND_IO_STALE_PERIODS * header->period_ms;

	if (header->heartbeat_ns > now_ns)
		return (double) (header->heartbeat_ns - now_ns) / 1e6 > limit_ms;
	return tend_io_age_ms(header, now_ns) > limit_ms;
}
