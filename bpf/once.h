/*-------------------------------------------------------------------------
 *
 * once.h
 *	  Watch one cluster for a while, and print.
 *
 * Needs no extension in the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ONCE_H
#define TEND_ONCE_H

#include "options.h"

/* Returns the exit status of the program. */
extern int	tend_once(const TendOptions *options);

#endif							/* TEND_ONCE_H */
