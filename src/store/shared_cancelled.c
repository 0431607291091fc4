/*-------------------------------------------------------------------------
 *
 * shared_cancelled.c
 *	  Cancelled autovacuums, until a visit has made events of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/shared_private.h"
#include "utils/timestamp.h"

/* Forget records that nobody will fetch, for who holds the lock exclusively. */
void
tend_cancelled_purge_locked(void)
{
	int			kept = 0;

	for (int i = 0; i < tend_shared->ncancelled; i++)
	{
		if (tend_database_is_wanted_locked(tend_shared->cancelled[i].dboid))
			tend_shared->cancelled[kept++] = tend_shared->cancelled[i];
	}
	tend_shared->ncancelled = kept;
}

/*
 * Record a cancelled autovacuum.  Called while its error is being reported,
 * so nothing here may wait or fail.
 */
void
tend_cancelled_add(Oid dboid, Oid relid)
{
	if (tend_shared == NULL || !LWLockConditionalAcquire(tend_shared->lock, LW_EXCLUSIVE))
		return;
	tend_shared->cancelled_seen++;
	if (tend_database_is_wanted_locked(dboid) && tend_shared->ncancelled < CANCELLED_SLOTS)
	{
		TendCancelled *c = &tend_shared->cancelled[tend_shared->ncancelled++];

		c->dboid = dboid;
		c->relid = relid;
		c->at = GetCurrentTimestamp();
	}
	else if (tend_database_is_wanted_locked(dboid))
		tend_shared->cancelled_dropped++;
	LWLockRelease(tend_shared->lock);
}

/* Copy up to max records of a database, the oldest first; returns how many */
int
tend_cancelled_peek(Oid dboid, TendCancelled *out, int max)
{
	int			n = 0;

	LWLockAcquire(tend_shared->lock, LW_SHARED);
	for (int i = 0; i < tend_shared->ncancelled && n < max; i++)
	{
		if (tend_shared->cancelled[i].dboid == dboid)
			out[n++] = tend_shared->cancelled[i];
	}
	LWLockRelease(tend_shared->lock);
	return n;
}

/* Forget the oldest n records of a database: they are in its events now. */
void
tend_cancelled_done(Oid dboid, int n)
{
	int			kept = 0;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < tend_shared->ncancelled; i++)
	{
		if (tend_shared->cancelled[i].dboid == dboid && n > 0)
			n--;
		else
			tend_shared->cancelled[kept++] = tend_shared->cancelled[i];
	}
	tend_shared->ncancelled = kept;
	LWLockRelease(tend_shared->lock);
}
