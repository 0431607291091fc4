/*-------------------------------------------------------------------------
 *
 * clocks.h
 *	  Clocks.
 *
 * Durations and heartbeats by the monotonic clock, which nobody sets.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CLOCKS_H
#define TEND_CLOCKS_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
tend_clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}

#define tend_monotonic_ns() tend_clock_ns(CLOCK_MONOTONIC)
#define tend_wall_ns()		tend_clock_ns(CLOCK_REALTIME)

#endif							/* TEND_CLOCKS_H */
