/*-------------------------------------------------------------------------
 *
 * plan_filter.c
 *	  Which statements have been seen before?
 *
 * While room is short, a statement gets an entry when it comes again: until
 * then it is two bits of a Bloom filter (Bloom, Comm. ACM 13(7), 1970).  So
 * thousands of statements that never come again cannot push out those that do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/plans_private.h"

/* Set a bit; was it set? */
static bool
set_bit(uint32 bit)
{
	pg_atomic_uint32 *word = &tend_plans->sketch[(bit % SKETCH_BITS) / 32];
	uint32		mask = (uint32) 1 << (bit % 32);

	/* the usual case in a filter in use; a plain read spares the bus */
	if (pg_atomic_read_u32(word) & mask)
		return true;
	if (pg_atomic_fetch_or_u32(word, mask) & mask)
		return true;
	pg_atomic_fetch_add_u32(&tend_plans->sketch_bits_set, 1);
	return false;
}

/* Has this hash been here before?  It has from now on. */
bool
tend_plans_seen_before(uint64 hash)
{
	bool		first = set_bit((uint32) hash);
	bool		second = set_bit((uint32) (hash >> 32));

	return first && second;
}

/*
 * Begin anew when the filter is full enough to mistake one statement in
 * sixteen: a quarter of its bits.
 */
void
tend_plans_filter_clear(void)
{
	if (pg_atomic_read_u32(&tend_plans->sketch_bits_set) < SKETCH_BITS / 4)
		return;
	for (int i = 0; i < SKETCH_WORDS; i++)
		pg_atomic_write_u32(&tend_plans->sketch[i], 0);
	pg_atomic_write_u32(&tend_plans->sketch_bits_set, 0);
}
