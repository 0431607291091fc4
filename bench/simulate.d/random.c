/*-------------------------------------------------------------------------
 *
 * random.c
 *	  Numbers that are the same on each machine.
 *
 *-------------------------------------------------------------------------
 */
#include "sim.h"

/* splitmix64: 0 <= result < 1 */
double
sim_random(uint64 *state)
{
	uint64		z = (*state += UINT64CONST(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94d049bb133111eb);
	z ^= z >> 31;
	return (z >> 11) * (1.0 / (UINT64CONST(1) << 53));
}

double
sim_random_between(uint64 *state, double least, double most)
{
	return least + (most - least) * sim_random(state);
}

/* All orders of magnitude are equally likely. */
double
sim_random_log(uint64 *state, double least, double most)
{
	return exp(sim_random_between(state, log(least), log(most)));
}

double
sim_random_normal(uint64 *state)
{
	double		radius = sqrt(-2 * log(1 - sim_random(state)));

	return radius * cos(2 * M_PI * sim_random(state));
}

/* Time to the next event of a Poisson process */
double
sim_random_wait(uint64 *state, double mean)
{
	return -mean * log(1 - sim_random(state));
}
