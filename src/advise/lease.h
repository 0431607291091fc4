/*-------------------------------------------------------------------------
 *
 * lease.h
 *	  Stop vacuums that cannot remove anything, for a while.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_LEASE_H
#define TEND_LEASE_H

#include "advise/guard.h"

/* One counter that makes autovacuum come in vain */
typedef struct TendLeaseCase
{
	const TendHorizon *horizon;
	double		counter;		/* dead or inserted rows */
	double		threshold;		/* at which vacuum comes now */
	double		rate;			/* rows per second that the counter grows */
	double		freeze_due;		/* of the table, the worse of its two heaps */
	TimestampTz now;
	double		interval_seconds;
} TendLeaseCase;

/* A lease ends by itself after so many intervals, unless renewed. */
#define TEND_LEASE_INTERVALS	60

extern double tend_lease_threshold(const TendLeaseCase *l);
extern int	tend_leases(const TendTuneCase *c, TendProposal *proposals);
extern bool tend_lease_may_last(const TendHorizon *horizon, double freeze_due);

#endif							/* TEND_LEASE_H */
