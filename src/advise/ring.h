/*-------------------------------------------------------------------------
 *
 * ring.h
 *	  When does a ring of history tables move on?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_RING_H
#define TEND_RING_H

#include "facts.h"

typedef struct TendRing
{
	int			slots;
	int			slot;			/* written now */
	TimestampTz since;			/* when writing into it began */
	int64		slot_bytes;		/* its size now */
	int64		max_bytes;		/* of the whole ring */
	double		retention_seconds;
} TendRing;

typedef enum TendRingStep
{
	TEND_RING_STAY,
	TEND_RING_TIME,				/* move on: its time is over */
	TEND_RING_SIZE,				/* move on: it is full */
	TEND_RING_CLOCK				/* stay, but the clock was set back: start
								 * anew */
} TendRingStep;

extern TendRingStep tend_ring_step(const TendRing *ring, TimestampTz now);

#endif							/* TEND_RING_H */
