/*-------------------------------------------------------------------------
 *
 * lease.c
 *	  Stop vacuums that cannot remove anything, for a while.
 *
 * While somebody holds back the horizon, autovacuum comes to busy tables at
 * each of its rounds, reads them, and removes nothing.  So the threshold is
 * raised above what will be there when the lease is over.  Nobody knows how
 * long a blocker stays; if it goes on, that it has lasted so long is the best
 * guess for how long it will, and makes the number of raises logarithmic.  A
 * threshold that is too high does no harm: it goes when the blocker does.
 *
 * Freezing has nothing to do with these thresholds, and yet a table that has
 * used up half of its age gets no lease: it deserves every vacuum.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/lease.h"

/* Below this share of the threshold there is still time. */
#define NEAR				0.5
/* Vacuum is not in vain if it can remove more than this share. */
#define MOST_REMOVABLE		0.5
#define MOST_FREEZE_DUE		0.5
#define MARGIN				1.5

/* May a lease go on, or begin? */
bool
tend_lease_may_last(const TendHorizon *horizon, double freeze_due)
{
	return horizon->held && !(freeze_due > MOST_FREEZE_DUE);
}

/*
 * The threshold to which vacuum should be put off, 0 if it should come.
 */
double
tend_lease_threshold(const TendLeaseCase *l)
{
	double		held_seconds;
	double		held_rows;

	if (!tend_lease_may_last(l->horizon, l->freeze_due) ||
		!tend_horizon_is_stuck(l->horizon, l->now, l->interval_seconds) ||
		!isfinite(l->rate) || l->counter < NEAR * l->threshold)
		return 0;

	/* where nobody knows since when, it was before all that is there */
	held_seconds = l->horizon->since != 0 ?
		(l->now - l->horizon->since) / (double) USECS_PER_SEC :
		l->rate > 0 ? l->counter / l->rate : 0;
	held_rows = Min(l->rate * held_seconds, l->counter);
	if (l->counter - held_rows > MOST_REMOVABLE * l->counter)
		return 0;
	return MARGIN * (Max(l->counter, l->threshold) +
					 l->rate * Max(held_seconds, TEND_LEASE_INTERVALS * l->interval_seconds));
}
