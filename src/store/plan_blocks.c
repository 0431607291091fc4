/*-------------------------------------------------------------------------
 *
 * plan_blocks.c
 *	  Bytes of any length in blocks of one size.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/plans_private.h"

/*
 * Give a slot these bytes.  False if there are not enough blocks.
 */
bool
tend_blocks_write_locked(PlanSlot *slot, const char *bytes, int len)
{
	int			needed = (len + BLOCK_BYTES - 1) / BLOCK_BYTES;
	int32	   *link = &slot->texts;

	Assert(slot->texts == NO_BLOCK);
	if (needed > tend_plans->nblocks - tend_plans->blocks_used)
	{
		slot->blocks_missing = needed;
		return false;
	}
	for (int i = 0; i < needed; i++)
	{
		int32		number = tend_plans->free_block;
		PlanBlock  *block = &tend_plans->blocks[number];
		int			n = Min(BLOCK_BYTES, len - i * BLOCK_BYTES);

		tend_plans->free_block = block->next;
		memcpy(block->bytes, bytes + i * BLOCK_BYTES, n);
		*link = number;
		link = &block->next;
	}
	*link = NO_BLOCK;
	tend_plans->blocks_used += needed;
	return true;
}

/*
 * Copy the bytes of a slot, and as many of its last block as there are.
 * Returns the end of what was copied, NULL if "max" is too small.
 */
char *
tend_blocks_copy_locked(const PlanSlot *slot, char *into, int max)
{
	for (int32 number = slot->texts; number != NO_BLOCK; number = tend_plans->blocks[number].next)
	{
		if (max < BLOCK_BYTES)
			return NULL;
		memcpy(into, tend_plans->blocks[number].bytes, BLOCK_BYTES);
		into += BLOCK_BYTES;
		max -= BLOCK_BYTES;
	}
	return into;
}

void
tend_blocks_free_locked(PlanSlot *slot)
{
	while (slot->texts != NO_BLOCK)
	{
		int32		number = slot->texts;
		PlanBlock  *block = &tend_plans->blocks[number];

		slot->texts = block->next;
		block->next = tend_plans->free_block;
		tend_plans->free_block = number;
		tend_plans->blocks_used--;
	}
}

/* Has a slot no texts yet, and is there room for them, as far as we know? */
bool
tend_blocks_wanted_locked(const PlanSlot *slot)
{
	return slot->texts == NO_BLOCK &&
		slot->blocks_missing <= tend_plans->nblocks - tend_plans->blocks_used;
}
