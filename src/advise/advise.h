/*-------------------------------------------------------------------------
 *
 * advise.h
 *	  What every pure file of advise/ begins with.
 *
 * The files of this folder are arithmetic on their arguments.  They compile
 * into the server module and, with FRONTEND defined, into the unit tests and
 * simulators, which run without a server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ADVISE_H
#define TEND_ADVISE_H

#ifndef FRONTEND
#include "postgres.h"
#else
#include "postgres_fe.h"
#endif

#include <math.h>

#include "facts.h"

#endif							/* TEND_ADVISE_H */
