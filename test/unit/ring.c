/*-------------------------------------------------------------------------
 *
 * ring.c
 *	  Tests of src/advise/ring.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/ring.h"

/* time in seconds since writing into the slot began, size of the slot */
typedef struct Case
{
	const char *name;
	int			slots;
	double		elapsed;
	int64		bytes;
	TendRingStep want;
}			Case;

/* retention is 700 s, the whole ring may have 800 bytes */
static const Case cases[] = {
	{"a new slot stays", 8, 0, 0, TEND_RING_STAY},
	{"a slot stays until its time", 8, 99.999, 99, TEND_RING_STAY},
	{"the slots other than the empty one span the retention", 8, 100, 0, TEND_RING_TIME},
	{"a slot stays until its size", 8, 0, 99, TEND_RING_STAY},
	{"a slot is full at its share of the size", 8, 0, 100, TEND_RING_SIZE},
	{"time is named before size", 8, 100, 100, TEND_RING_TIME},
	{"a slot far beyond its time moves on", 8, 1e9, 0, TEND_RING_TIME},
	{"a slot far beyond its size moves on", 8, 1, PG_INT64_MAX, TEND_RING_SIZE},
	{"a clock set back starts anew", 8, -0.001, 0, TEND_RING_CLOCK},
	{"a clock set back starts anew even in a full slot", 8, -1000, 1000, TEND_RING_CLOCK},
	{"of two slots each spans the whole retention", 2, 699, 0, TEND_RING_STAY},
	{"of two slots the full one moves on after the retention", 2, 700, 0, TEND_RING_TIME},
	{"of two slots each may have half the size", 2, 0, 399, TEND_RING_STAY},
	{"of two slots one is full at half the size", 2, 0, 400, TEND_RING_SIZE},
};

int
main(void)
{
	const TimestampTz since = INT64CONST(800000000) * USECS_PER_SEC;

	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		const		Case *c = &cases[i];
		TendRing	ring = {
			.slots = c->slots,
			.since = since,
			.slot_bytes = c->bytes,
			.max_bytes = 800,
			.retention_seconds = 700
		};

		tap_number(tend_ring_step(&ring, since + (TimestampTz) rint(c->elapsed * USECS_PER_SEC)),
				   c->want, c->name);
	}
	return tap_done();
}
