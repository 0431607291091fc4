/*-------------------------------------------------------------------------
 *
 * try_lock.c
 *	  Take a lock if it can be had within a moment.
 *
 * Others hold our locks for some microseconds.  So long a backend that serves
 * a user tries; it never waits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/s_lock.h"
#include "store/try_lock.h"

/* How often the lock is tried, some ten nanoseconds apart */
#define TRIES		200

bool
tend_try_lock(LWLock *lock, LWLockMode mode)
{
	for (int i = 0; i < TRIES; i++)
	{
		if (LWLockConditionalAcquire(lock, mode))
			return true;
		pg_spin_delay();
	}
	return false;
}
