/*-------------------------------------------------------------------------
 *
 * save_file.c
 *	  Files that keep shared memory over a restart of the server.
 *
 * The postmaster writes them when all others have ended, and reads and removes
 * them at the next start: so there is one after an orderly shutdown only, and
 * never an old one.  A file is read into private memory and checked before
 * anything of it gets into shared memory.
 *
 * No lock is needed, as no other process is there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"
#include "store/save_file.h"
#include "utils/memutils.h"

typedef struct SaveHeader
{
	uint32		magic;
	uint32		server_version;
	uint32		record_size;
	uint32		count;
	uint64		bytes;			/* of all that follows */
	pg_crc32c	crc;			/* of all that follows */
} SaveHeader;

struct TendSaveStream
{
	FILE	   *file;
	SaveHeader	header;
};

/* ---- writing ---- */

bool
tend_save_put_bytes(TendSaveStream *stream, const void *bytes, size_t n)
{
	COMP_CRC32C(stream->header.crc, bytes, n);
	stream->header.bytes += n;
	return fwrite(bytes, n, 1, stream->file) == 1;
}

bool
tend_save_put_record(TendSaveStream *stream, const void *record)
{
	stream->header.count++;
	return tend_save_put_bytes(stream, record, stream->header.record_size);
}

static bool
write_all(TendSaveStream *stream, const TendSaveFile *file)
{
	SaveHeader *header = &stream->header;

	/* a place for the header, which is known at the end */
	if (fwrite(header, sizeof(*header), 1, stream->file) != 1)
		return false;
	INIT_CRC32C(header->crc);
	if (!file->write(stream))
		return false;
	FIN_CRC32C(header->crc);
	return fseek(stream->file, 0, SEEK_SET) == 0 &&
		fwrite(header, sizeof(*header), 1, stream->file) == 1;
}

/* A file that cannot be written is a pity, not an error. */
void
tend_save_write(const TendSaveFile *file)
{
	TendSaveStream stream = {
		.header.magic = file->magic,
		.header.server_version = TEND_SERVER_VERSION,
		.header.record_size = file->record_size
	};
	char		temporary[MAXPGPATH];
	bool		ok;

	snprintf(temporary, sizeof(temporary), "%s.tmp", file->path);
	stream.file = AllocateFile(temporary, PG_BINARY_W);
	ok = stream.file != NULL && write_all(&stream, file);
	if (stream.file != NULL && FreeFile(stream.file) != 0)
		ok = false;
	if (ok)
		(void) durable_rename(temporary, file->path, LOG);
	else
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("pg_tend could not save its %s in file \"%s\": %m", file->what, temporary)));
		(void) unlink(temporary);
	}
}

/* ---- reading ---- */

/* All of the file behind its header; NULL with a reason if it is no good. */
static char *
read_all(FILE *from, const TendSaveFile *file, SaveHeader *header, const char **reason)
{
	struct stat st;
	char	   *bytes;
	pg_crc32c	crc;

	*reason = "it is damaged";
	if (fstat(fileno(from), &st) != 0 || fread(header, sizeof(*header), 1, from) != 1 ||
		header->magic != file->magic)
		return NULL;
	if (!TEND_SAME_MAJOR(header->server_version) ||
		header->record_size != file->record_size)
	{
		*reason = "it was written by another version";
		return NULL;
	}
	if ((uint64) st.st_size != sizeof(*header) + header->bytes)
		return NULL;
	bytes = MemoryContextAllocExtended(CurrentMemoryContext, Max(header->bytes, 1),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	if (bytes == NULL)
	{
		*reason = "there is not enough memory to read it";
		return NULL;
	}
	if (header->bytes > 0 && fread(bytes, header->bytes, 1, from) != 1)
		return NULL;
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, bytes, header->bytes);
	FIN_CRC32C(crc);
	return EQ_CRC32C(crc, header->crc) ? bytes : NULL;
}

/* Restore what is in a file that is good; NULL, or why it is not. */
static const char *
restore(FILE *from, const TendSaveFile *file)
{
	SaveHeader	header;
	const char *reason;
	char	   *bytes = read_all(from, file, &header, &reason);

	if (bytes == NULL || !file->read(bytes, bytes + header.bytes, header.count, false))
		return reason;
	(void) file->read(bytes, bytes + header.bytes, header.count, true);
	return NULL;
}

/* Read and remove the file of the last shutdown, if there is one. */
void
tend_save_read(const TendSaveFile *file)
{
	FILE	   *from = AllocateFile(file->path, PG_BINARY_R);
	MemoryContext cxt;
	MemoryContext old;
	const char *reason;

	if (from == NULL)
	{
		if (errno != ENOENT)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("pg_tend could not read file \"%s\": %m", file->path)));
		return;
	}
	cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend saved", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(cxt);
	reason = restore(from, file);
	if (reason != NULL)
		ereport(LOG,
				(errmsg("pg_tend ignores its saved %s in file \"%s\": %s",
						file->what, file->path, reason)));
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	FreeFile(from);
	(void) unlink(file->path);
}
