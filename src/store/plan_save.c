/*-------------------------------------------------------------------------
 *
 * plan_save.c
 *	  Keep the plans over a restart of the server.
 *
 * The postmaster writes the file when all others have ended, and reads and
 * removes it at the next start: so there is one after an orderly shutdown only,
 * and never an old one.  It is read into private memory and checked before
 * anything of it gets into the store.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>
#include <unistd.h>

#include "port/pg_crc32c.h"
#include "storage/fd.h"
#include "store/plan_save.h"
#include "store/plans_private.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define SAVE_FILE		"pg_stat/pg_tend_plans.stat"

/* Changes with what a record looks like */
#define SAVE_MAGIC		0x54504c31	/* "TPL1" */

typedef struct SaveHeader
{
	uint32		magic;
	uint32		server_version;
	uint32		entry_size;
	uint32		count;
	uint64		bytes;			/* of all that follows */
	pg_crc32c	crc;			/* of all that follows */
} SaveHeader;

/* One record; its texts follow, in whole blocks */
typedef struct SaveRecord
{
	TendPlanEntry entry;
	int32		blocks;
} SaveRecord;

/* ---- writing ---- */

static void
fill_record(SaveRecord *record, const PlanSlot *slot)
{
	memset(record, 0, sizeof(*record));
	record->entry.key = slot->key;
	record->entry.origin = slot->origin;
	record->entry.first_seen = slot->first_seen;
	record->entry.last_seen = slot->last_seen;
	record->entry.total = slot->total;
	record->entry.current = slot->current;
	record->entry.previous = slot->previous;
	record->entry.written = slot->written;
	record->entry.memory = slot->memory;
	for (int32 i = slot->texts; i != NO_BLOCK; i = tend_plans->blocks[i].next)
		record->blocks++;
}

static bool
put(FILE *file, SaveHeader *header, const void *bytes, size_t n)
{
	COMP_CRC32C(header->crc, bytes, n);
	header->bytes += n;
	return fwrite(bytes, n, 1, file) == 1;
}

static bool
write_all(FILE *file, SaveHeader *header)
{
	/* a place for the header, which is known at the end */
	if (fwrite(header, sizeof(*header), 1, file) != 1)
		return false;
	INIT_CRC32C(header->crc);
	for (int i = 0; i < tend_plans->nslots; i++)
	{
		const PlanSlot *slot = &tend_plans->slots[i];
		SaveRecord	record;

		if (!slot->used)
			continue;
		fill_record(&record, slot);
		if (!put(file, header, &record, sizeof(record)))
			return false;
		for (int32 b = slot->texts; b != NO_BLOCK; b = tend_plans->blocks[b].next)
		{
			if (!put(file, header, tend_plans->blocks[b].bytes, BLOCK_BYTES))
				return false;
		}
		header->count++;
	}
	FIN_CRC32C(header->crc);
	return fseek(file, 0, SEEK_SET) == 0 && fwrite(header, sizeof(*header), 1, file) == 1;
}

/*
 * Write the file.  Called by the postmaster when no other process is left, so
 * no lock is needed.  A file that cannot be written is a pity, not an error.
 */
void
tend_plans_save(void)
{
	SaveHeader	header = {
		.magic = SAVE_MAGIC,
		.server_version = PG_VERSION_NUM,
		.entry_size = sizeof(SaveRecord)
	};
	FILE	   *file = AllocateFile(SAVE_FILE ".tmp", PG_BINARY_W);
	bool		ok;

	ok = file != NULL && write_all(file, &header);
	if (file != NULL && FreeFile(file) != 0)
		ok = false;
	if (ok)
		(void) durable_rename(SAVE_FILE ".tmp", SAVE_FILE, LOG);
	else
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("pg_tend could not save its plans in file \"%s\": %m", SAVE_FILE ".tmp")));
		(void) unlink(SAVE_FILE ".tmp");
	}
}

/* ---- reading ---- */

/* All of the file behind its header; NULL with a reason if it is no good. */
static char *
read_all(FILE *file, SaveHeader *header, const char **reason)
{
	struct stat st;
	char	   *bytes;
	pg_crc32c	crc;

	*reason = "it is damaged";
	if (fstat(fileno(file), &st) != 0 || fread(header, sizeof(*header), 1, file) != 1 ||
		header->magic != SAVE_MAGIC)
		return NULL;
	if (header->server_version / 10000 != PG_VERSION_NUM / 10000 ||
		header->entry_size != sizeof(SaveRecord))
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
	if (header->bytes > 0 && fread(bytes, header->bytes, 1, file) != 1)
		return NULL;
	INIT_CRC32C(crc);
	COMP_CRC32C(crc, bytes, header->bytes);
	FIN_CRC32C(crc);
	return EQ_CRC32C(crc, header->crc) ? bytes : NULL;
}

/* Put one record into the store, as far as there is room. */
static void
restore(const SaveRecord *record, const char *texts)
{
	const TendPlanEntry *entry = &record->entry;
	PlanSlot   *slot;

	if (tend_plans_find_locked(&entry->key) != NULL)
		return;
	slot = tend_plans_add_locked(&entry->key, &entry->origin, entry->first_seen);
	if (slot == NULL)
		return;
	slot->last_seen = entry->last_seen;
	slot->total = entry->total;
	slot->current = entry->current;
	slot->previous = entry->previous;
	slot->written = entry->written;
	slot->memory = entry->memory;
	if (record->blocks > 0)
		(void) tend_blocks_write_locked(slot, texts, record->blocks * BLOCK_BYTES);
}

/* Are these whole records, as many as the header says?  Maybe restore them. */
static bool
read_records(const SaveHeader *header, const char *bytes, bool restoring)
{
	const char *end = bytes + header->bytes;

	for (uint32 i = 0; i < header->count; i++)
	{
		SaveRecord	record;

		if (end - bytes < (ptrdiff_t) sizeof(record))
			return false;
		memcpy(&record, bytes, sizeof(record));
		bytes += sizeof(record);
		if (record.blocks < 0 || record.blocks > (end - bytes) / BLOCK_BYTES)
			return false;
		if (restoring)
			restore(&record, bytes);
		bytes += (Size) record.blocks * BLOCK_BYTES;
	}
	return bytes == end;
}

/*
 * Read the file of the last shutdown, if there is one.  Called by the
 * postmaster before any other process can use the store.
 */
void
tend_plans_load(void)
{
	FILE	   *file = AllocateFile(SAVE_FILE, PG_BINARY_R);
	MemoryContext cxt;
	MemoryContext old;
	SaveHeader	header;
	const char *reason;
	char	   *bytes;

	if (file == NULL)
	{
		if (errno != ENOENT)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("pg_tend could not read file \"%s\": %m", SAVE_FILE)));
		return;
	}
	cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend plans", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(cxt);
	bytes = read_all(file, &header, &reason);
	if (bytes != NULL && read_records(&header, bytes, false))
		(void) read_records(&header, bytes, true);
	else
		ereport(LOG,
				(errmsg("pg_tend ignores its saved plans in file \"%s\": %s", SAVE_FILE, reason)));
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	FreeFile(file);
	(void) unlink(SAVE_FILE);
}
