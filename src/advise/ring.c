/*-------------------------------------------------------------------------
 *
 * ring.c
 *	  When does a ring of history tables move on?
 *
 * With n slots, n - 1 full ones must span the retention, as the n-th has just
 * been emptied.  The same holds for the size.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/ring.h"

TendRingStep
tend_ring_step(const TendRing *ring, TimestampTz now)
{
	double		elapsed = (now - ring->since) / (double) USECS_PER_SEC;

	if (elapsed < 0)
		return TEND_RING_CLOCK;
	if (elapsed >= ring->retention_seconds / (ring->slots - 1))
		return TEND_RING_TIME;
	if (ring->slot_bytes >= ring->max_bytes / ring->slots)
		return TEND_RING_SIZE;
	return TEND_RING_STAY;
}
