/*-------------------------------------------------------------------------
 *
 * try_lock.h
 *	  Take a lock if it can be had within a moment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_TRY_LOCK_H
#define TEND_TRY_LOCK_H

#include "storage/lwlock.h"

extern bool tend_try_lock(LWLock *lock, LWLockMode mode);

#endif							/* TEND_TRY_LOCK_H */
