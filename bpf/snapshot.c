/*-------------------------------------------------------------------------
 *
 * snapshot.c
 *	  The file that a cluster's numbers are published in.
 *
 * It belongs to root, and an access control list lets the cluster's user read it:
 * its owner may set that without any capability, while giving the file to a group
 * takes membership in it.  So no cluster's user reads or writes another's.
 *
 * The file is written in place.  Who reads meanwhile sees an odd sequence, or
 * another one than before.
 *
 *-------------------------------------------------------------------------
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "clocks.h"
#include "snapshot.h"

/* ---- permissions ---- */

/* POSIX_ACL_XATTR_VERSION 2, little endian as all of it */
typedef struct AclEntry
{
	uint16_t	tag;
	uint16_t	rights;
	uint32_t	id;
} AclEntry;

typedef struct Acl
{
	uint32_t	version;
	AclEntry	entries[5];
} Acl;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LE16(x) __builtin_bswap16(x)
#define LE32(x) __builtin_bswap32(x)
#else
#define LE16(x) (x)
#define LE32(x) (x)
#endif

#define ENTRY(tag, rights, id) {LE16(tag), LE16(rights), LE32(id)}
#define NOBODY 0xFFFFFFFFu

static int
allow_by_list(int fd, uid_t reader)
{
	const Acl	acl = {
		LE32(2),
		{
			ENTRY(0x01, 6, NOBODY), /* the owner */
			ENTRY(0x02, 4, (uint32_t) reader),	/* this user */
			ENTRY(0x04, 0, NOBODY), /* the group */
			ENTRY(0x10, 4, NOBODY), /* the most that users and groups get */
			ENTRY(0x20, 0, NOBODY)	/* others */
		}
	};

	return fsetxattr(fd, "system.posix_acl_access", &acl, sizeof(acl), 0) == 0 ? 0 : errno;
}

/* Works where we are a member of the reader's group, or have CAP_CHOWN. */
static int
allow_by_group(int fd, gid_t group)
{
	return fchown(fd, (uid_t) -1, group) == 0 && fchmod(fd, 0640) == 0 ? 0 : errno;
}

int
tend_snapshot_create(TendSnapshot *snapshot, int dir, uid_t reader, gid_t group)
{
	int			error;

	/* one of the same name is left from a helper that was killed */
	unlinkat(dir, snapshot->name, 0);
	snapshot->error = 0;
	snapshot->fd = openat(dir, snapshot->name,
						  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (snapshot->fd < 0)
		return errno;
	error = allow_by_list(snapshot->fd, reader);
	if (error == EOPNOTSUPP)
		error = allow_by_group(snapshot->fd, group);
	if (error != 0)
		tend_snapshot_remove(snapshot, dir);
	return error;
}

void
tend_snapshot_remove(TendSnapshot *snapshot, int dir)
{
	if (snapshot->fd < 0)
		return;
	unlinkat(dir, snapshot->name, 0);
	close(snapshot->fd);
	snapshot->fd = -1;
}

void
tend_snapshot_clean(int dir)
{
	const size_t suffix = sizeof(TEND_IO_SNAPSHOT_SUFFIX) - 1;
	int			copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR		   *entries = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (entries == NULL)
	{
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(entries)) != NULL)
	{
		size_t		length = strlen(entry->d_name);

		if (length > suffix && strcmp(entry->d_name + length - suffix, TEND_IO_SNAPSHOT_SUFFIX) == 0)
			unlinkat(dir, entry->d_name, 0);
	}
	closedir(entries);
}

/* ---- checkpoints ---- */

/* false if the probe was writing; the next snapshot will have it */
static bool
copy_stable(TendIoRawCheckpoint *to, const TendIoRawCheckpoint *from)
{
	for (int i = 0; i < 100; i++)
	{
		uint64_t	sequence = __atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE);

		memcpy(to, from, sizeof(*to));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (sequence % 2 == 0 && sequence == __atomic_load_n(&from->sequence, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

/* Fields were found to fit when the cluster registered. */
static int64_t
field(const TendIoRawCheckpoint *raw, const int32_t *fields, TendIoCheckpointField f)
{
	int64_t		value = 0;

	if (fields[f] >= 0)
		memcpy(&value, raw->stats + fields[f], sizeof(value));
	return value;
}

static int32_t
small_field(const TendIoRawCheckpoint *raw, const int32_t *fields, TendIoCheckpointField f)
{
	int32_t		value = -1;

	if (fields[f] >= 0)
		memcpy(&value, raw->stats + fields[f], sizeof(value));
	return value;
}

static void
decode(TendIoCheckpoint *to, const TendIoRawCheckpoint *raw, const int32_t *f)
{
	TendIoCheckpoint checkpoint = {
		.number = raw->number,
		.start_us = field(raw, f, TEND_IO_CKPT_START),
		.write_us = field(raw, f, TEND_IO_CKPT_WRITE),
		.sync_us = field(raw, f, TEND_IO_CKPT_SYNC),
		.sync_end_us = field(raw, f, TEND_IO_CKPT_SYNC_END),
		.end_us = field(raw, f, TEND_IO_CKPT_END),
		.longest_sync_us = (uint64_t) field(raw, f, TEND_IO_CKPT_LONGEST_SYNC),
		.total_sync_us = (uint64_t) field(raw, f, TEND_IO_CKPT_AGG_SYNC_TIME),
		.seen_syncs = raw->seen_syncs,
		.seen_sync_ns = raw->seen_sync_ns,
		.seen_longest_ns = raw->seen_longest_ns,
		.last_sync_ns = raw->last_sync_ns,
		.buffers_written = small_field(raw, f, TEND_IO_CKPT_BUFS_WRITTEN),
		.slru_written = small_field(raw, f, TEND_IO_CKPT_SLRU_WRITTEN),
		.segments_added = small_field(raw, f, TEND_IO_CKPT_SEGS_ADDED),
		.segments_removed = small_field(raw, f, TEND_IO_CKPT_SEGS_REMOVED),
		.segments_recycled = small_field(raw, f, TEND_IO_CKPT_SEGS_RECYCLED),
		.files_synced = small_field(raw, f, TEND_IO_CKPT_SYNC_RELS)
	};

	*to = checkpoint;
}

/* A slot's checkpoints, as snapshots have them */
static void
collect_checkpoints(TendIoCheckpoint *to, const TendIoRawCheckpoint *from, const int32_t *fields)
{
	TendIoRawCheckpoint raw;

	for (int i = 0; i < TEND_IO_NUM_CHECKPOINTS; i++)
	{
		/* between its sequence and its first sync, a checkpoint has no times */
		if (copy_stable(&raw, &from[i]) && raw.number > 0 && raw.seen_syncs > 0)
			decode(&to[i], &raw, fields);
	}
}

/* ---- writing ---- */

/* Cells that have calls, one after the other; returns how many. */
static uint32_t
collect_cells(TendIoRecord *records, const TendIoCell *cells)
{
	uint32_t	count = 0;

	for (uint32_t i = 0; i < TEND_IO_NUM_CELLS; i++)
	{
		/* the kernel sets this one first */
		if (__atomic_load_n(&cells[i].max_ns, __ATOMIC_RELAXED) == 0)
			continue;
		records[count].file_class = i % TEND_IO_NUM_CLASSES;
		records[count].call = i / TEND_IO_NUM_CLASSES % TEND_IO_NUM_CALLS;
		records[count].backend_type = i / TEND_IO_NUM_CLASSES / TEND_IO_NUM_CALLS;
		memcpy(&records[count].cell, &cells[i], sizeof(TendIoCell));
		count++;
	}
	return count;
}

static void
fill_header(TendSnapshot *snapshot, const TendProbe *probe, uint32_t slot)
{
	TendIoHeader *header = &snapshot->header;
	const TendIoSlot *s = &probe->slots[slot];

	header->heartbeat_ns = tend_monotonic_ns();
	header->probes_wanted = probe->wanted;
	header->probes_attached = probe->attached;
	memcpy(header->probe_errors, probe->errors, sizeof(header->probe_errors));
	header->unread_types = s->unread_types;
	header->unread_files = s->unread_files;
	header->unread_checkpoints = s->unread_checkpoints;
	header->lost_calls = s->lost_calls;
	collect_checkpoints(header->checkpoints,
						&probe->checkpoints[slot * TEND_IO_NUM_CHECKPOINTS],
						snapshot->checkpoint_fields);
}

static bool
write_at(int fd, const void *data, size_t size, off_t at)
{
	ssize_t		written;

	errno = 0;
	written = pwrite(fd, data, size, at);
	if (written >= 0 && (size_t) written < size && errno == 0)
		errno = ENOSPC;
	return written == (ssize_t) size;
}

int
tend_snapshot_write(TendSnapshot *snapshot, const TendProbe *probe, uint32_t slot)
{
	/* 1.9 MB, of which little is ever touched */
	static struct
	{
		TendIoHeader header;
		TendIoRecord records[TEND_IO_NUM_CELLS];
	}			file;
	TendIoHeader *header = &snapshot->header;
	const off_t at_sequence = offsetof(TendIoHeader, sequence);
	size_t		size;

	fill_header(snapshot, probe, slot);
	header->num_records = collect_cells(file.records, probe->cells[slot]);
	size = header->num_records * sizeof(TendIoRecord);
	header->checksum = tend_io_checksum(tend_io_header_checksum(header), file.records, size);

	header->sequence |= 1;
	file.header = *header;
	snapshot->error = 0;
	if (!write_at(snapshot->fd, &header->sequence, sizeof(header->sequence), at_sequence) ||
		!write_at(snapshot->fd, &file, sizeof(file.header) + size, 0))
	{
		/* it stays odd, so nobody believes it */
		snapshot->error = errno;
		return snapshot->error;
	}
	header->sequence++;
	if (!write_at(snapshot->fd, &header->sequence, sizeof(header->sequence), at_sequence))
		snapshot->error = errno;
	return snapshot->error;
}
