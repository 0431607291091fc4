/*-------------------------------------------------------------------------
 *
 * period.h
 *	  Which time a report is about.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PERIOD_H
#define TEND_PERIOD_H

#include "draw/draw.h"

typedef enum TendPeriodState
{
	TEND_PERIOD_OBSERVED,		/* there is history of it, as far as known */
	TEND_PERIOD_NO_HISTORY,		/* nothing was written down yet */
	TEND_PERIOD_BEFORE_HISTORY, /* it ends before history begins */
	TEND_PERIOD_IN_FUTURE
} TendPeriodState;

/* In seconds since 1970 */
typedef struct TendPeriod
{
	double		from;			/* what is drawn; from < to, both finite */
	double		to;
	double		asked_from;		/* from, before it was cut to what there is */
	TendPeriodState state;
	bool		swapped;		/* the end was given first */
	bool		begins_later;	/* it was asked for more than history has */
	bool		ends_earlier;	/* ... than has been */
	bool		is_now;			/* it reaches the present */
} TendPeriod;

/* Asked for: NaN is the default, and infinities are allowed */
typedef struct TendPeriodWish
{
	double		since;
	double		until;
	double		now;
	double		history;		/* when it begins; NaN: there is none */
} TendPeriodWish;

extern TendPeriod tend_period(const TendPeriodWish *wish);

#endif							/* TEND_PERIOD_H */
