/*-------------------------------------------------------------------------
 *
 * judge.h
 *	  May who says hello be registered?
 *
 * Arithmetic on what is known about the peer; test/iotrace links it alone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_JUDGE_H
#define TEND_JUDGE_H

#include "iotrace.h"
#include "options.h"
#include "process.h"

/* Is this a hello that makes sense?  reason is why not, for the reply. */
extern TendIoStatus tend_judge_hello(const TendIoHello *hello, size_t received,
									 char reason[TEND_IO_TEXT_LEN]);

/*
 * Is the peer the child of a postmaster of his?  user is what the socket says,
 * the processes are what /proc says of him and of his parent.
 */
extern TendIoStatus tend_judge_peer(const TendIoHello *hello, uid_t user, const TendProcess *peer,
									const TendProcess *parent, const TendOptions *options,
									char reason[TEND_IO_TEXT_LEN]);

#endif							/* TEND_JUDGE_H */
