/*-------------------------------------------------------------------------
 *
 * draw.h
 *	  What every pure file of draw/ begins with.
 *
 * The files of this folder turn numbers and texts into HTML and SVG, for
 * tend.report().  Like those of advise/ they depend on their arguments only,
 * and compile into the unit tests, too.
 *
 * All output is ASCII and well-formed XML, whatever the input: characters
 * beyond ASCII are written as references, so that the encoding of neither the
 * database nor the client matters.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DRAW_H
#define TEND_DRAW_H

#ifndef FRONTEND
#include "postgres.h"
#else
#include "postgres_fe.h"
#endif

#include <math.h>

#include "lib/stringinfo.h"

#endif							/* TEND_DRAW_H */
