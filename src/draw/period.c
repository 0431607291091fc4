/*-------------------------------------------------------------------------
 *
 * period.c
 *	  Which time a report is about.
 *
 * Whatever is asked for, there is an answer: ends that are upside down are
 * exchanged, and where nothing was observed nothing is drawn.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/period.h"

#define DAY		86400.0
#define SHORTEST 60.0

static void
clip(TendPeriod *p, const TendPeriodWish *w)
{
	if (p->to > w->now)
	{
		p->ends_earlier = true;
		p->to = w->now;
	}
	if (p->from < w->history)
	{
		p->begins_later = true;
		p->from = w->history;
	}
	/* nothing can be seen in less */
	if (p->to - p->from < SHORTEST)
		p->from = p->to - SHORTEST;
}

TendPeriod
tend_period(const TendPeriodWish *w)
{
	TendPeriod	p = {.from = w->since, .to = isnan(w->until) ? w->now : w->until};
	double		first = isnan(w->history) ? w->now - DAY : w->history;

	if (isnan(p.from))
		p.from = (isinf(p.to) ? w->now : p.to) - DAY;
	if (p.from > p.to)
	{
		double		from = p.from;

		p.swapped = true;
		p.from = p.to;
		p.to = from;
	}
	if (p.from >= w->now)
		p.state = TEND_PERIOD_IN_FUTURE;
	else if (isnan(w->history))
		p.state = TEND_PERIOD_NO_HISTORY;
	else if (p.to < w->history)
		p.state = TEND_PERIOD_BEFORE_HISTORY;

	/* no axis is infinite */
	p.from = isinf(p.from) ? (p.from < 0 ? Min(first, w->now - SHORTEST) : w->now - SHORTEST) : p.from;
	p.to = isinf(p.to) ? (p.to > 0 ? Max(w->now, p.from) : p.from) : p.to;
	p.asked_from = p.from;
	if (p.state == TEND_PERIOD_OBSERVED)
		clip(&p, w);
	else if (p.to - p.from < SHORTEST)
		p.from = p.to - SHORTEST;
	p.is_now = p.to >= w->now - 2 * SHORTEST && p.from < w->now;
	return p;
}
