/*-------------------------------------------------------------------------
 *
 * lanes.h
 *	  What lasted how long: bars on a line of time, one below the other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_LANES_H
#define TEND_LANES_H

#include "draw/figure.h"

typedef struct TendLaneBar
{
	int			lane;
	double		from;
	double		to;				/* the same: something just happened */
	bool		begins;			/* it began at from, and not before */
	bool		lasts;			/* it was not over at to */
	const char *css;
	const char *tip;
} TendLaneBar;

typedef struct TendLane
{
	const char *name;
	const char *value;			/* at the right, or NULL */
	const char *css;			/* of the value */
} TendLane;

extern double tend_lanes_height(int nlanes);
extern void tend_lanes(StringInfo out, const TendFigure *figure, const TendTimeAxis *time,
					   const TendLane *lanes, int nlanes, const TendLaneBar *bars, int nbars);

#endif							/* TEND_LANES_H */
