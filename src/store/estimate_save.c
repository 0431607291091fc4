/*-------------------------------------------------------------------------
 *
 * estimate_save.c
 *	  Keep the evidence of misestimates over a restart of the server.
 *
 * Examples hold data of users, and are not written to a file.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/estimate_save.h"
#include "store/estimates_private.h"
#include "store/save_file.h"

static bool
write_entries(TendSaveStream *stream)
{
	for (int i = 0; i < TEND_ESTIMATE_ENTRIES; i++)
	{
		const EstimateSlot *slot = &tend_estimates->slots[i];

		if (slot->used && !tend_save_put_record(stream, &slot->entry))
			return false;
	}
	return true;
}

static void
restore(const TendEstimateEntry *entry)
{
	EstimateSlot *slot;

	if (tend_estimates_find_locked(&entry->key) != NULL)
		return;
	slot = tend_estimates_add_locked(&entry->key, entry->first_seen);
	slot->entry = *entry;
	tend_estimates_weigh_locked(slot);
}

static bool
read_entries(const char *bytes, const char *end, uint32 count, bool restoring)
{
	if ((uint64) (end - bytes) != (uint64) count * sizeof(TendEstimateEntry) ||
		count > TEND_ESTIMATE_ENTRIES)
		return false;
	for (uint32 i = 0; i < count; i++)
	{
		TendEstimateEntry entry;

		memcpy(&entry, bytes + i * sizeof(entry), sizeof(entry));
		if (entry.key.kind > TEND_ESTIMATE_JOIN || entry.key.cause > TEND_CAUSE_UNKNOWN ||
			entry.key.ncolumns > TEND_ESTIMATE_COLUMNS)
			return false;
		if (restoring)
			restore(&entry);
	}
	return true;
}

static const TendSaveFile save_file = {
	.path = "pg_stat/pg_tend_estimates.stat",
	.what = "misestimates",
	.magic = 0x54455331,		/* "TES1" */
	.record_size = sizeof(TendEstimateEntry),
	.write = write_entries,
	.read = read_entries
};

void
tend_estimates_save(void)
{
	tend_save_write(&save_file);
}

void
tend_estimates_load(void)
{
	tend_save_read(&save_file);
}
