/*-------------------------------------------------------------------------
 *
 * iotrace_read.c
 *	  Read the snapshot that pg_tend_iotrace publishes.
 *
 * The file is read into memory, never mapped: whoever truncates a mapped file
 * brings the server down.  Nothing waits for whoever writes it, and nothing in
 * it is used before io_snapshot.c has found it good.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "advise/io_snapshot.h"
#include "advise/io_sums.h"
#include "collect/iotrace_hello.h"
#include "collect/iotrace_read.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "store/shared_disk.h"
#include "utils/timestamp.h"

/* The helper writes for some 100 microseconds, once per second */
#define TRIES			20
#define PAUSE_US		500

/* The clock of the snapshot, which INSTR_TIME need not be */
uint64
tend_iotrace_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64) now.tv_sec * UINT64CONST(1000000000) + (uint64) now.tv_nsec;
}

/*
 * Who may have written it: root, or our own user, who could do anything to this
 * server anyway.
 */
static bool
is_trusted(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (st->st_uid == 0 || st->st_uid == geteuid());
}

/* Read as much as there is; returns how much. */
static size_t
read_at(int fd, char *to, size_t size, off_t at)
{
	size_t		done = 0;

	while (done < size)
	{
		ssize_t		n = pread(fd, to + done, size - done, at + (off_t) done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t) n;
	}
	return done;
}

/*
 * Read all of it while nobody writes.  False if that did not come about.
 */
static bool
read_in_peace(int fd, char *bytes, size_t size, size_t *got)
{
	const off_t at_sequence = offsetof(TendIoHeader, sequence);

	for (int i = 0; i < TRIES; i++)
	{
		uint64		before;
		uint64		after;

		if (i > 0)
			pg_usleep(PAUSE_US);
		*got = read_at(fd, bytes, size, 0);
		if (*got < sizeof(TendIoHeader))
			return true;
		memcpy(&before, bytes + at_sequence, sizeof(before));
		if (before % 2 == 0 &&
			read_at(fd, (char *) &after, sizeof(after), at_sequence) == sizeof(after) &&
			before == after)
			return true;
	}
	return false;
}

static void
judge(TendIotraceReading *r, char *bytes, size_t size)
{
	TendIoOwner owner = tend_iotrace_owner();

	r->problem = tend_io_snapshot_problem(bytes, size, &owner);
	if (r->problem != NULL)
	{
		r->state = TEND_SNAPSHOT_BAD;
		return;
	}
	r->header = (TendIoHeader *) bytes;
	r->records = (TendIoRecord *) (r->header + 1);
	r->nrecords = tend_io_fold(r->records, (int) r->header->num_records);
	r->now_ns = tend_iotrace_clock();
	r->age_ms = tend_io_age_ms(r->header, r->now_ns);
	r->state = tend_io_stale(r->header, r->now_ns) ? TEND_SNAPSHOT_STALE : TEND_SNAPSHOT_GOOD;
}

static void
read_open_file(TendIotraceReading *r, int fd)
{
	struct stat st;
	size_t		size;
	char	   *bytes;

	if (fstat(fd, &st) != 0 || !is_trusted(&st))
	{
		r->state = TEND_SNAPSHOT_FOREIGN;
		return;
	}
	size = Min((size_t) Max(st.st_size, 0), TEND_IO_SNAPSHOT_MAX);
	/* MAXALIGNed, as the structs in it need it */
	bytes = palloc(Max(size, sizeof(TendIoHeader)));
	if (read_in_peace(fd, bytes, size, &size))
		judge(r, bytes, size);
	else
		r->state = TEND_SNAPSHOT_BUSY;
}

/* Read the snapshot, as far as there is one; raises no error for what is in it. */
void
tend_iotrace_read(TendIotraceReading *r)
{
	char		path[MAXPGPATH];
	int			fd;

	memset(r, 0, sizeof(*r));
	tend_iotrace_get(&r->link);
	if (r->link.state != TEND_IOTRACE_ATTACHED)
		return;

	snprintf(path, sizeof(path), "%s/%s", r->link.dir, r->link.snapshot);
	/* whatever lies there, opening it must not wait */
	fd = OpenTransientFile(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | PG_BINARY);
	if (fd < 0)
	{
		r->error = errno;
		r->state = r->error == ELOOP ? TEND_SNAPSHOT_FOREIGN : TEND_SNAPSHOT_NO_FILE;
		return;
	}
	PG_TRY();
	{
		read_open_file(r, fd);
	}
	PG_FINALLY();
	{
		CloseTransientFile(fd);
	}
	PG_END_TRY();
}

/*
 * When counting began: by the clock of back then, so that it stays the same,
 * unless that has been set since.
 */
TimestampTz
tend_iotrace_since(const TendIotraceReading *r)
{
	const int64 epoch = (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
	uint64		age_ns = r->now_ns > r->header->since_ns ? r->now_ns - r->header->since_ns : 0;
	TimestampTz by_age = GetCurrentTimestamp() - (int64) (age_ns / 1000);
	TimestampTz told = r->header->since_us - epoch;

	return told > by_age - 2 * USECS_PER_SEC && told < by_age + 2 * USECS_PER_SEC ? told : by_age;
}
