/*-------------------------------------------------------------------------
 *
 * io_snapshot.c
 *	  Tests of src/advise/io_snapshot.c and io_sums.c: a snapshot that is not
 *	  what it should be is not believed, and harms nobody.
 *
 * The fuzz at the end changes good snapshots at random, mends the checksum or
 * not, and does with what is believed what the server does with it.  Under the
 * sanitizers it ends with the first byte that is read outside.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/io_snapshot.h"
#include "advise/io_sums.h"

#define FUZZES		300000
#define RECORDS		3
#define NOW_NS		(UINT64CONST(5000) * 1000000000)

static const TendIoOwner owner = {.postmaster_pid = 4711,.postmaster_start = INT64CONST(800000000000000)};

/* A snapshot in memory of exactly its size, so that reading beyond is noticed */
typedef struct Snapshot
{
	TendIoHeader header;
	TendIoRecord records[RECORDS];
} Snapshot;

static void
seal(Snapshot *s)
{
	uint32		n = Min(s->header.num_records, RECORDS);

	s->header.checksum = tend_io_checksum(tend_io_header_checksum(&s->header), s->records,
										  n * sizeof(TendIoRecord));
}

static void
add_calls(TendIoCell *cell, uint64 ns, uint64 calls)
{
	cell->buckets[tend_io_bucket(ns)] += calls;
	cell->total_ns += calls * ns;
	cell->max_ns = Max(cell->max_ns, ns);
}

static Snapshot
good(void)
{
	Snapshot	s;

	memset(&s, 0, sizeof(s));
	s.header.magic = TEND_IO_SNAPSHOT_MAGIC;
	s.header.version = TEND_IO_VERSION;
	s.header.sequence = 8;
	s.header.header_size = sizeof(TendIoHeader);
	s.header.record_size = sizeof(TendIoRecord);
	s.header.num_records = RECORDS;
	s.header.period_ms = 1000;
	s.header.heartbeat_ns = NOW_NS;
	s.header.since_ns = NOW_NS / 2;
	s.header.since_us = INT64CONST(1700000000000000);
	s.header.postmaster_pid = owner.postmaster_pid;
	s.header.postmaster_start = owner.postmaster_start;
	strcpy(s.header.helper_version, "1.0");
	s.header.checkpoints[0].number = 1;
	s.header.checkpoints[0].start_us = 1000000;
	for (int i = 0; i < RECORDS; i++)
	{
		s.records[i].backend_type = i;
		s.records[i].call = TEND_IO_FDATASYNC;
		s.records[i].file_class = TEND_IO_WAL;
		add_calls(&s.records[i].cell, 1000000, 10);
	}
	seal(&s);
	return s;
}

static const char *
problem_of(const Snapshot *s, size_t size)
{
	/* the end of the allocation is the end of what may be read */
	char	   *copy = malloc(Max(size, 1));
	const char *problem;

	memcpy(copy, s, size);
	problem = tend_io_snapshot_problem(copy, size, &owner);
	free(copy);
	return problem != NULL ? problem : "none";
}

/* ---- one field at a time ---- */

#define WITH(change, want, name) \
	do { \
		s = good(); \
		change; \
		seal(&s); \
		tap_text(problem_of(&s, sizeof(s)), (want), (name)); \
	} while (0)

static void
test_fields(void)
{
	Snapshot	s = good();

	WITH((void) 0, "none", "a good snapshot is believed");
	WITH(s.header.magic++, "the file is not a snapshot", "another file is not");
	WITH(s.header.version++, "the snapshot has another version", "nor another version");
	WITH(s.header.header_size++, "the snapshot has another layout", "nor another header");
	WITH(s.header.record_size--, "the snapshot has another layout", "nor other records");
	WITH(s.header.num_records = RECORDS + 1, "the snapshot is truncated", "nor more records than there are");
	WITH(s.header.num_records = PG_UINT32_MAX, "the snapshot is truncated", "nor very many more");
	WITH(s.header.period_ms = 0, "the snapshot has an impossible period", "nor no period");
	WITH(s.header.period_ms = PG_UINT32_MAX, "the snapshot has an impossible period", "nor a very long one");
	WITH(s.header.sequence = 7, "the snapshot was being written", "nor one that is half written");
	WITH(s.header.postmaster_pid++, "the snapshot is of another server", "nor that of another server");
	WITH(s.header.postmaster_start++, "the snapshot is of another server", "nor of one before a restart");
	WITH(s.header.since_ns = NOW_NS + 1, "the snapshot has an impossible time", "nor one that began after it was written");
	WITH(s.header.heartbeat_ns = PG_UINT64_MAX, "the snapshot has an impossible time", "nor one from the end of time");
	WITH(s.header.since_us = -1, "the snapshot has an impossible time", "nor one from before Unix");
	WITH(memset(s.header.helper_version, 'x', TEND_IO_VERSION_LEN), "the snapshot has an impossible text", "nor a text without an end");
	WITH(s.header.helper_version[0] = '\033', "the snapshot has an impossible text", "nor one that steers a terminal");
	WITH(s.records[1].backend_type = TEND_IO_NUM_TYPES, "the snapshot has an impossible record", "nor a type of process that cannot be");
	WITH(s.records[1].call = TEND_IO_NUM_CALLS, "the snapshot has an impossible record", "nor such a call");
	WITH(s.records[1].file_class = 0xFFFF, "the snapshot has an impossible record", "nor such a class");
	WITH(s.records[1].backend_type = 0, "the snapshot has a record twice", "nor the same cell twice");
	WITH(s.records[2].cell.buckets[0] = PG_UINT64_MAX, "the snapshot has impossible numbers", "nor more calls than can be");
	WITH((s.records[2].cell.buckets[0] = UINT64CONST(1) << 53, s.records[2].cell.buckets[1] = UINT64CONST(1) << 53),
		 "the snapshot has impossible numbers", "nor in sum");
	WITH(s.records[0].cell.total_ns = PG_UINT64_MAX, "the snapshot has impossible numbers", "nor more time than can be");
	WITH(s.records[0].cell.bytes = PG_UINT64_MAX, "the snapshot has impossible numbers", "nor more bytes");
	WITH(s.records[0].cell.errors = PG_UINT64_MAX, "the snapshot has impossible numbers", "nor more errors");
	WITH(s.header.num_records = 0, "none", "one without calls is believed");

	s = good();
	s.records[1].cell.total_ns++;
	tap_text(problem_of(&s, sizeof(s)), "the snapshot has a wrong checksum", "a torn one is not");
	s = good();
	tap_text(problem_of(&s, sizeof(s) - 1), "the snapshot is truncated", "nor a truncated one");
	tap_text(problem_of(&s, sizeof(TendIoHeader) - 1), "the file is too short", "nor half a header");
	tap_text(problem_of(&s, 0), "the file is too short", "nor an empty one");
}

static void
test_names(void)
{
	tap_ok(tend_io_name_valid("4711-ab12.snap"), "a name of a file is one");
	tap_ok(!tend_io_name_valid(""), "nothing is none");
	tap_ok(!tend_io_name_valid("../passwd"), "one that leads elsewhere is none");
	tap_ok(!tend_io_name_valid(".."), "nor the parent");
	tap_ok(!tend_io_name_valid("a/b"), "nor one below");
	tap_ok(!tend_io_name_valid("a b"), "nor one with a space");
}

static void
test_age(void)
{
	Snapshot	s = good();

	tap_ok(!tend_io_stale(&s.header, NOW_NS), "one of now is fresh");
	tap_ok(!tend_io_stale(&s.header, NOW_NS + UINT64CONST(3000000000)), "one three periods old, too");
	tap_ok(tend_io_stale(&s.header, NOW_NS + UINT64CONST(3000000001)), "an older one is stale");
	tap_number(tend_io_age_ms(&s.header, NOW_NS + 1500000), 1.5, "its age is in ms");
	tap_number(tend_io_age_ms(&s.header, NOW_NS - 1), 0, "and never below 0");
	tap_ok(tend_io_stale(&s.header, 1), "one of before the machine was started is stale");
}

static TendIoCheckpoint
checkpoint(void)
{
	TendIoCheckpoint c = {
		.number = 3,.start_us = 1000000,.write_us = 1000010,.sync_us = 1000900,
		.sync_end_us = 1001000,.slru_written = -1
	};

	return c;
}

#define CHECKPOINT(change, want, name) \
	do { \
		TendIoCheckpoint c = checkpoint(); \
		change; \
		tap_ok(tend_io_checkpoint_valid(&c) == (want), (name)); \
	} while (0)

static void
test_checkpoints(void)
{
	CHECKPOINT	((void) 0, true, "a checkpoint is one");
	CHECKPOINT	((c.sync_us = 0, c.sync_end_us = 0), true, "one that is writing, too");
	CHECKPOINT	(c.number = 0, false, "an empty place is none");
	CHECKPOINT	(c.start_us = 0, false, "nor one that has not begun");
	CHECKPOINT	(c.start_us = PG_INT64_MIN, false, "nor one from long ago");
	CHECKPOINT	(c.write_us = 999999, false, "nor one that goes backwards");
	CHECKPOINT	(c.end_us = PG_INT64_MAX, false, "nor one without end");
	CHECKPOINT	(c.files_synced = -1, false, "nor one with less than no files");
	CHECKPOINT	(c.buffers_written = PG_INT32_MIN, false, "nor with less than no pages");
	CHECKPOINT	(c.longest_sync_us = PG_UINT64_MAX, false, "nor with an endless sync");
	CHECKPOINT	(c.seen_sync_ns = PG_UINT64_MAX, false, "nor with endless syncs");
}

/* ---- sums ---- */

static void
test_sums(void)
{
	Snapshot	s = good();
	Snapshot	later = good();
	TendDiskInterval interval = {0};
	TendIoRow	row;
	int			n;

	s.records[0].file_class = TEND_IO_TEMP;
	s.records[1].file_class = TEND_IO_DIR;
	s.records[1].backend_type = 0;
	n = tend_io_fold(s.records, RECORDS);
	tap_number(n, 2, "temporary files and directories are others");
	tap_number(s.records[0].file_class, TEND_IO_OTHER, "in one record");
	tap_number((double) tend_io_calls(&s.records[0].cell), 20, "with the calls of both");
	tap_number(s.records[1].backend_type, 2, "and the rest stays");

	s = good();
	add_calls(&later.records[1].cell, 8000000, 5);
	add_calls(&later.records[2].cell, 500, 1);
	n = tend_io_since(later.records, RECORDS, s.records, RECORDS);
	tap_number(n, 2, "what had no calls in between is left out");
	tap_number((double) tend_io_calls(&later.records[0].cell), 5, "calls are those in between");
	tap_number((double) later.records[0].cell.total_ns, 40e6, "time, too");
	tap_number((double) later.records[0].cell.max_ns, 8e6, "a longest call of all is exact");
	tap_number((double) later.records[1].cell.max_ns, (double) tend_io_bucket_high(tend_io_bucket(500)),
			   "another one is below the end of its bucket");

	tend_io_wal_syncs(later.records, n, &interval);
	tap_number((double) interval.wal_syncs, 6, "syncs of WAL are counted over all processes");
	tap_ok(interval.wal_sync_p99_ms > 7.5 && interval.wal_sync_p99_ms < 8.5, "with their percentile");

	row = tend_io_row(&later.records[0], 1, 60);
	tap_number((double) row.calls, 5, "a row has the calls");
	tap_number(row.octaves[15], 5, "8 ms are between 4.2 and 8.4 ms");
	tap_ok(fabs(row.p50_us - 8000) / 8000 < 0.0625, "and the median is near");

	/* counters that went back are those of another generation */
	s = good();
	later = good();
	add_calls(&s.records[0].cell, 1000, 1000);
	tap_number(tend_io_since(later.records, RECORDS, s.records, RECORDS), 0, "nothing is ever negative");
}

static void
test_quantiles(void)
{
	double		worst = 0;

	for (uint64 ns = 256; ns < UINT64CONST(60000000000); ns += ns / 97 + 1)
	{
		TendIoCell	cell = {0};
		double		q;

		add_calls(&cell, ns, 1000);
		cell.max_ns = PG_INT64_MAX;
		q = tend_io_quantile(&cell, 0.99);
		worst = Max(worst, fabs(q - (double) ns) / (double) ns);
	}
	tap_ok(worst <= 0.0625, "quantiles are within 6.25 % at all scales");
}

/* ---- fuzz ---- */

static uint64 seed = 42;

static uint64
lot(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Values that are most likely to break something */
static uint64
nasty(void)
{
	static const uint64 values[] = {
		0, 1, 7, 8, 24, 255, 1008, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
		UINT64CONST(1) << 53, PG_INT64_MAX, UINT64CONST(1) << 63, PG_UINT64_MAX
	};

	return lot() % 3 == 0 ? lot() : values[lot() % lengthof(values)];
}

static void
damage(Snapshot *s)
{
	char	   *bytes = (char *) s;
	uint64		value = nasty();
	size_t		size = (size_t) 1 << (lot() % 4);

	/* every second one hits the header's first fields */
	size_t		range = lot() % 2 == 0 ? 256 : sizeof(*s);
	size_t		at = lot() % (range - 8);

	memcpy(bytes + (at & ~(size - 1)), &value, size);
}

/* Use it as the server does, and look at what comes out. */
static bool
use(char *bytes)
{
	TendIoHeader *header = (TendIoHeader *) bytes;
	TendIoRecord *records = (TendIoRecord *) (header + 1);
	int			n = tend_io_fold(records, (int) header->num_records);
	TendDiskInterval interval = {0};
	bool		fine = n >= 0 && n <= RECORDS;

	for (int i = 0; i < n; i++)
	{
		TendIoRow	row = tend_io_row(&records[i], 1, 1);

		fine = fine && row.calls >= 0 && row.errors >= 0 && row.bytes >= 0 && row.total_ms >= 0 &&
			row.file_class != TEND_IO_TEMP && row.file_class != TEND_IO_DIR &&
			!(row.p50_us > row.p95_us) && !(row.p95_us > row.p99_us);
	}
	tend_io_wal_syncs(records, n, &interval);
	for (int i = 0; i < TEND_IO_NUM_CHECKPOINTS; i++)
		(void) tend_io_checkpoint_valid(&header->checkpoints[i]);
	(void) tend_io_stale(header, NOW_NS);
	return fine && interval.wal_syncs >= 0 && strlen(header->helper_version) < TEND_IO_VERSION_LEN;
}

static void
test_fuzz(void)
{
	int			believed = 0;
	bool		fine = true;

	for (int i = 0; i < FUZZES; i++)
	{
		Snapshot	s = good();
		size_t		size = lot() % 4 == 0 ? lot() % (sizeof(s) + 1) : sizeof(s);
		char	   *copy = malloc(Max(size, 1));

		for (uint64 times = 1 + lot() % 4; times > 0; times--)
			damage(&s);
		if (lot() % 4 != 0)
			seal(&s);
		memcpy(copy, &s, size);
		if (tend_io_snapshot_problem(copy, size, &owner) == NULL)
		{
			believed++;
			fine = use(copy) && fine;
		}
		free(copy);
	}
	printf("# %d of %d were believed\n", believed, FUZZES);
	tap_ok(fine, "whatever is in a snapshot that is believed, its numbers are possible");
	tap_ok(believed > FUZZES / 100 && believed < FUZZES / 2, "some damage is believed, and most is not");
}

int
main(void)
{
	test_fields();
	test_names();
	test_age();
	test_checkpoints();
	test_sums();
	test_quantiles();
	test_fuzz();
	return tap_done();
}
