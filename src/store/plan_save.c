/*-------------------------------------------------------------------------
 *
 * plan_save.c
 *	  Keep the plans over a restart of the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/plan_save.h"
#include "store/plans_private.h"
#include "store/save_file.h"
#include "utils/timestamp.h"

/* One record; its texts follow, in whole blocks */
typedef struct SaveRecord
{
	TendPlanEntry entry;
	int32		blocks;
} SaveRecord;

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
write_records(TendSaveStream *stream)
{
	for (int i = 0; i < tend_plans->nslots; i++)
	{
		const PlanSlot *slot = &tend_plans->slots[i];
		SaveRecord	record;

		if (!slot->used)
			continue;
		fill_record(&record, slot);
		if (!tend_save_put_record(stream, &record))
			return false;
		for (int32 b = slot->texts; b != NO_BLOCK; b = tend_plans->blocks[b].next)
		{
			if (!tend_save_put_bytes(stream, tend_plans->blocks[b].bytes, BLOCK_BYTES))
				return false;
		}
	}
	return true;
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

static bool
read_records(const char *bytes, const char *end, uint32 count, bool restoring)
{
	for (uint32 i = 0; i < count; i++)
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

static const TendSaveFile save_file = {
	.path = "pg_stat/pg_tend_plans.stat",
	.what = "plans",
	.magic = 0x54504c31,		/* "TPL1" */
	.record_size = sizeof(SaveRecord),
	.write = write_records,
	.read = read_records
};

void
tend_plans_save(void)
{
	tend_save_write(&save_file);
}

void
tend_plans_load(void)
{
	tend_save_read(&save_file);
}
