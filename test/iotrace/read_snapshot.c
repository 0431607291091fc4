/*-------------------------------------------------------------------------
 *
 * read_snapshot.c
 *	  Print a snapshot as lines, read as iotrace.h tells servers to.
 *
 * Exit status 1 and a reason if it is not to be believed.
 *
 *-------------------------------------------------------------------------
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bpf/iotrace.h"

static const char *const call_names[] = {TEND_IO_CALL_NAMES};
static const char *const class_names[] = {TEND_IO_CLASS_NAMES};

static struct
{
	TendIoHeader header;
	TendIoRecord records[TEND_IO_NUM_CELLS];
}			file;

static const char *
read_once(int fd)
{
	struct stat st;
	TendIoHeader again;
	const char *problem;
	size_t		size;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != 0)
		return "not a regular file of root's";
	if (pread(fd, &file.header, sizeof(file.header), 0) != sizeof(file.header))
		return "the file is too short";
	problem = tend_io_header_problem(&file.header, (uint64_t) st.st_size);
	if (problem != NULL)
		return problem;
	size = sizeof(file.header) + file.header.num_records * sizeof(TendIoRecord);
	if (pread(fd, &file, size, 0) != (ssize_t) size)
		return "the file is truncated";
	if (pread(fd, &again, sizeof(again), 0) != sizeof(again) ||
		again.sequence != file.header.sequence || again.sequence % 2 != 0)
		return "torn";
	problem = tend_io_header_problem(&file.header, (uint64_t) st.st_size);
	if (problem != NULL || size != sizeof(file.header) + file.header.num_records * sizeof(TendIoRecord))
		return "torn";
	if (tend_io_checksum(tend_io_header_checksum(&file.header), file.records,
						 file.header.num_records * sizeof(TendIoRecord)) != file.header.checksum)
		return "wrong checksum";
	for (uint32_t i = 0; i < file.header.num_records; i++)
	{
		if (!tend_io_record_valid(&file.records[i]))
			return "impossible record";
	}
	return NULL;
}

static void
print(void)
{
	const TendIoHeader *h = &file.header;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("age_ms %.0f\n", ((double) now.tv_sec * 1e9 + (double) now.tv_nsec - (double) h->heartbeat_ns) / 1e6);
	printf("sequence %" PRIu64 "\ngeneration %" PRIu64 "\npid %d\nstart %" PRId64 "\n",
		   h->sequence, h->generation, h->postmaster_pid, h->postmaster_start);
	printf("wanted %u\nattached %u\nerror_of_fsync %d\n", h->probes_wanted, h->probes_attached, h->probe_errors[0]);
	printf("unread_types %" PRIu64 "\nunread_files %" PRIu64 "\nunread_checkpoints %" PRIu64 "\nlost %" PRIu64 "\n",
		   h->unread_types, h->unread_files, h->unread_checkpoints, h->lost_calls);
	for (uint32_t i = 0; i < h->num_records; i++)
	{
		const TendIoRecord *r = &file.records[i];

		printf("cell %u %s %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			   r->backend_type, call_names[r->call], class_names[r->file_class],
			   tend_io_calls(&r->cell), r->cell.errors, r->cell.bytes, r->cell.total_ns, r->cell.max_ns);
	}
	for (int i = 0; i < TEND_IO_NUM_CHECKPOINTS; i++)
	{
		const TendIoCheckpoint *c = &h->checkpoints[i];

		if (c->number > 0)
			printf("checkpoint %" PRIu64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d %" PRIu64 " %" PRIu64 " %d %d\n",
				   c->number, c->start_us, c->write_us, c->sync_us, c->sync_end_us, c->files_synced,
				   c->longest_sync_us, c->seen_syncs, c->buffers_written, c->slru_written);
	}
}

int
main(int argc, char **argv)
{
	const char *problem = "torn";
	int			fd = argc == 2 ? open(argv[1], O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;

	if (fd < 0)
	{
		perror("cannot open it");
		return 1;
	}
	for (int i = 0; i < 20 && problem != NULL && strcmp(problem, "torn") == 0; i++)
		problem = read_once(fd);
	if (problem != NULL)
	{
		printf("%s\n", problem);
		return 1;
	}
	print();
	return 0;
}
