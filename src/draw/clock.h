/*-------------------------------------------------------------------------
 *
 * clock.h
 *	  Times in a time zone: as words and on an axis.
 *
 * Times are seconds since 1970 in UTC.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CLOCK_H
#define TEND_CLOCK_H

#include "advise/words.h"
#include "draw/scale.h"

/* Who knows the time zone: seconds east of Greenwich at that time */
typedef int (*TendUtcOffset) (double at);

typedef struct TendTimeTick
{
	double		at;
	TendWord	label;
} TendTimeTick;

/* The axis of time that all plots of a report share */
typedef struct TendTimeAxis
{
	double		from;
	double		to;
	TendUtcOffset utc_offset;
} TendTimeAxis;

extern TendWord tend_clock_moment(TendUtcOffset utc_offset, double at);
extern TendWord tend_clock_zone(TendUtcOffset utc_offset, double at);
extern double tend_time_share(const TendTimeAxis *axis, double at);
extern int	tend_time_ticks(const TendTimeAxis *axis, int wanted, TendTimeTick *ticks);

#endif							/* TEND_CLOCK_H */
