/*-------------------------------------------------------------------------
 *
 * clock.c
 *	  Tests of src/draw/clock.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "draw/clock.h"

/* 2026-05-14 08:05:30 UTC */
#define MAY 1778745930.0
/* 2026-10-25 01:00 UTC: summer time ends in Berlin */
#define AUTUMN 1792890000.0

static int
utc(double at pg_attribute_unused())
{
	return 0;
}

static int
berlin(double at)
{
	return at < AUTUMN ? 7200 : 3600;
}

static int
newfoundland(double at pg_attribute_unused())
{
	return -12600;
}

static const char *
ticks_of(double from, double to, TendUtcOffset offset, int wanted)
{
	static char text[1024];
	TendTimeAxis axis = {from, to, offset};
	TendTimeTick ticks[TEND_MAX_TICKS];
	int			n = tend_time_ticks(&axis, wanted, ticks);

	text[0] = '\0';
	for (int i = 0; i < n; i++)
	{
		if (ticks[i].at < from || ticks[i].at > to || (i > 0 && ticks[i].at <= ticks[i - 1].at))
			return "a tick is out of place";
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 0 ? ", " : "", ticks[i].label.str);
	}
	return text;
}

static void
check_words(void)
{
	tap_text(tend_clock_moment(utc, MAY).str, "14 May 2026, 08:05", "a moment in UTC");
	tap_text(tend_clock_moment(berlin, MAY).str, "14 May 2026, 10:05", "and in Berlin");
	tap_text(tend_clock_moment(newfoundland, MAY).str, "14 May 2026, 04:35", "and in Newfoundland");
	tap_text(tend_clock_moment(utc, 0).str, "1 Jan 1970, 00:00", "the epoch");
	tap_text(tend_clock_moment(utc, -1).str, "31 Dec 1969, 23:59", "before it");
	tap_text(tend_clock_moment(utc, 951782400).str, "29 Feb 2000, 00:00", "a leap day");
	tap_text(tend_clock_moment(utc, 4107542399.0).str, "28 Feb 2100, 23:59", "a year without one");
	tap_text(tend_clock_moment(utc, 4107542400.0).str, "1 Mar 2100, 00:00", "and its first of March");
	tap_text(tend_clock_moment(utc, NAN).str, "unknown", "no moment");
	tap_text(tend_clock_moment(utc, INFINITY).str, "unknown", "nor is infinity");
	tap_text(tend_clock_zone(utc, MAY).str, "UTC", "UTC by name");
	tap_text(tend_clock_zone(berlin, MAY).str, "UTC+2", "hours to the east");
	tap_text(tend_clock_zone(newfoundland, MAY).str, "UTC-3:30", "half hours to the west");
}

static void
check_ticks(void)
{
	tap_text(ticks_of(MAY, MAY + 86400, utc, 5), "12:00, 18:00, 15 May, 06:00", "a day, midnight by its date");
	tap_text(ticks_of(MAY, MAY + 86400, berlin, 5), "12:00, 18:00, 15 May, 06:00", "at round local times");
	tap_text(ticks_of(MAY, MAY + 3600, utc, 5), "08:15, 08:30, 08:45, 09:00", "an hour");
	tap_text(ticks_of(MAY, MAY + 60, utc, 5), "08:05:30, 08:05:45, 08:06:00, 08:06:15, 08:06:30", "a minute");
	tap_text(ticks_of(MAY, MAY + 7 * 86400, utc, 5), "15 May, 17 May, 19 May, 21 May", "a week");
	tap_text(ticks_of(AUTUMN - 21600, AUTUMN + 64800, berlin, 5), "25 Oct, 06:00, 12:00, 18:00",
			 "round times on both sides of the end of summer time");
	tap_text(ticks_of(MAY, MAY, utc, 5), "", "no axis, no ticks");
	tap_text(ticks_of(MAY, INFINITY, utc, 5), "", "nor on an infinite one");
	tap_ok(strlen(ticks_of(MAY, MAY + 4e10, utc, 5)) > 0, "a thousand years");
}

int
main(void)
{
	check_words();
	check_ticks();
	return tap_done();
}
