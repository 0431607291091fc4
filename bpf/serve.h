/*-------------------------------------------------------------------------
 *
 * serve.h
 *	  Serve clusters until a signal ends it.
 *
 * Directory, socket, connections.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SERVE_H
#define TEND_SERVE_H

#include "options.h"

/* Returns the exit status of the program. */
extern int	tend_serve(const TendOptions *options);

#endif							/* TEND_SERVE_H */
