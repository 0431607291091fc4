/*-------------------------------------------------------------------------
 *
 * period.c
 *	  Tests of src/draw/period.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "draw/period.h"

#define DAY 86400.0
#define NOW (100 * DAY)
#define HISTORY (90 * DAY)

typedef struct Case
{
	const char *name;
	double		since;
	double		until;
	double		history;
	double		from;
	double		to;
	TendPeriodState state;
	bool		swapped;
	bool		begins_later;
	bool		ends_earlier;
}			Case;

static const Case cases[] = {
	{"the last day", NOW - DAY, NOW, HISTORY, NOW - DAY, NOW, TEND_PERIOD_OBSERVED, false, false, false},
	{"without a beginning: a day", NAN, NOW, HISTORY, NOW - DAY, NOW, TEND_PERIOD_OBSERVED, false, false, false},
	{"without an end: until now", NOW - 7200, NAN, HISTORY, NOW - 7200, NOW, TEND_PERIOD_OBSERVED, false, false, false},
	{"upside down", NOW, NOW - DAY, HISTORY, NOW - DAY, NOW, TEND_PERIOD_OBSERVED, true, false, false},
	{"longer than history", 0, NOW, HISTORY, HISTORY, NOW, TEND_PERIOD_OBSERVED, false, true, false},
	{"into the future", NOW - DAY, NOW + DAY, HISTORY, NOW - DAY, NOW, TEND_PERIOD_OBSERVED, false, false, true},
	{"all of it in the future", NOW + DAY, NOW + 2 * DAY, HISTORY, NOW + DAY, NOW + 2 * DAY, TEND_PERIOD_IN_FUTURE, false, false, false},
	{"in the future and upside down", NOW + 2 * DAY, NOW + DAY, HISTORY, NOW + DAY, NOW + 2 * DAY, TEND_PERIOD_IN_FUTURE, true, false, false},
	{"before history", 1000, 2000, HISTORY, 1000, 2000, TEND_PERIOD_BEFORE_HISTORY, false, false, false},
	{"a fresh install", NOW - DAY, NOW, NAN, NOW - DAY, NOW, TEND_PERIOD_NO_HISTORY, false, false, false},
	{"history of a second", NOW - DAY, NOW, NOW - 1, NOW - 60, NOW, TEND_PERIOD_OBSERVED, false, true, false},
	{"no time at all", NOW - 10, NOW - 10, HISTORY, NOW - 70, NOW - 10, TEND_PERIOD_OBSERVED, false, false, false},
	{"all there is", -INFINITY, INFINITY, HISTORY, HISTORY, NOW, TEND_PERIOD_OBSERVED, false, false, false},
	{"infinity upside down", INFINITY, -INFINITY, HISTORY, HISTORY, NOW, TEND_PERIOD_OBSERVED, true, false, false},
	{"from the end of time", INFINITY, INFINITY, HISTORY, NOW - 60, NOW, TEND_PERIOD_IN_FUTURE, false, false, false},
};

int
main(void)
{
	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		const Case *c = &cases[i];
		TendPeriodWish wish = {c->since, c->until, NOW, c->history};
		TendPeriod	p = tend_period(&wish);

		tap_number(p.from, c->from, psprintf("%s: it begins", c->name));
		tap_number(p.to, c->to, psprintf("%s: and ends", c->name));
		tap_ok(p.state == c->state && p.swapped == c->swapped && p.begins_later == c->begins_later &&
			   p.ends_earlier == c->ends_earlier, psprintf("%s: and is told", c->name));
	}
	tap_ok(tend_period(&(TendPeriodWish) {NOW - DAY, NOW, NOW, HISTORY}).is_now, "the last day is about the present");
	tap_ok(!tend_period(&(TendPeriodWish) {NOW - 2 * DAY, NOW - DAY, NOW, HISTORY}).is_now, "the day before is not");
	return tap_done();
}
