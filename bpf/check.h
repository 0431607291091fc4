/*-------------------------------------------------------------------------
 *
 * check.h
 *	  Say what works on this machine, and what does not.
 *
 * For people who install it, and for tests.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CHECK_H
#define TEND_CHECK_H

#include "options.h"

/* Returns the exit status of the program: 0 if everything works. */
extern int	tend_check(const TendOptions *options);

#endif							/* TEND_CHECK_H */
