/*-------------------------------------------------------------------------
 *
 * clock.c
 *	  Times in a time zone: as words and on an axis.
 *
 * Months have their English names in every locale, like all words here.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/clock.h"

#define MINUTE	60.0
#define HOUR	3600.0
#define DAY		86400.0

static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

typedef struct Date
{
	long		year;
	int			month;			/* 0..11 */
	int			day;			/* 1..31 */
	double		second;			/* of the day */
} Date;

/* Which date is so many seconds after 1970, in the Gregorian calendar? */
static Date
date_of(double local)
{
	/* years of 400 begin in March, with which leap days are last */
	long		days = (long) floor(local / DAY) + 719468;
	long		era = (days >= 0 ? days : days - 146096) / 146097;
	long		doe = days - era * 146097;
	long		yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	long		doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int			m = (int) ((5 * doy + 2) / 153);
	Date		date;

	date.day = (int) (doy - (153 * m + 2) / 5 + 1);
	date.month = m < 10 ? m + 2 : m - 10;
	date.year = yoe + era * 400 + (date.month < 2);
	date.second = local - floor(local / DAY) * DAY;
	return date;
}

static bool
is_time(double at)
{
	/* the years that timestamps have, and no infinity */
	return at > -3e11 && at < 1e13;
}

/* "14 May 2026, 08:05" */
TendWord
tend_clock_moment(TendUtcOffset utc_offset, double at)
{
	TendWord	w;
	Date		d;

	if (!is_time(at))
	{
		strlcpy(w.str, "unknown", sizeof(w.str));
		return w;
	}
	d = date_of(at + utc_offset(at));
	snprintf(w.str, sizeof(w.str), "%d %s %ld, %02d:%02d", d.day, months[d.month], d.year,
			 (int) (d.second / HOUR), (int) (fmod(d.second, HOUR) / MINUTE));
	return w;
}

/* "UTC+2", "UTC-3:30" */
TendWord
tend_clock_zone(TendUtcOffset utc_offset, double at)
{
	int			offset = is_time(at) ? utc_offset(at) : 0;
	int			minutes = abs(offset) / 60;
	TendWord	w;

	if (minutes % 60 != 0)
		snprintf(w.str, sizeof(w.str), "UTC%c%d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
	else if (minutes != 0)
		snprintf(w.str, sizeof(w.str), "UTC%c%d", offset < 0 ? '-' : '+', minutes / 60);
	else
		strlcpy(w.str, "UTC", sizeof(w.str));
	return w;
}

double
tend_time_share(const TendTimeAxis *axis, double at)
{
	return tend_scale_share(&(TendScale) {.least = axis->from, .most = axis->to}, at);
}

/* ---- ticks ---- */

/* The least of these distances that gives no more ticks than wanted */
static double
tick_step(double span, int wanted)
{
	static const double steps[] = {
		1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE,
		30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 5 * DAY,
		10 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY, 365 * DAY
	};

	for (int i = 0; i < (int) lengthof(steps); i++)
	{
		if (span / steps[i] <= wanted)
			return steps[i];
	}
	return ceil(span / wanted / (365 * DAY)) * 365 * DAY;
}

/* A day is named at its midnight, a time of day elsewhere. */
static void
label_tick(TendTimeTick *tick, double local, double step)
{
	Date		d = date_of(local);
	char	   *str = tick->label.str;
	size_t		size = sizeof(tick->label.str);

	if (step >= 300 * DAY)
		snprintf(str, size, "%s %ld", months[d.month], d.year);
	else if (step >= DAY || d.second == 0)
		snprintf(str, size, "%d %s", d.day, months[d.month]);
	else if (step >= MINUTE)
		snprintf(str, size, "%02d:%02d", (int) (d.second / HOUR), (int) (fmod(d.second, HOUR) / MINUTE));
	else
		snprintf(str, size, "%02d:%02d:%02d", (int) (d.second / HOUR),
				 (int) (fmod(d.second, HOUR) / MINUTE), (int) fmod(d.second, MINUTE));
}

/*
 * Round times of the local clock.  Where summer time begins or ends within the
 * axis, those after it follow the new offset.
 */
int
tend_time_ticks(const TendTimeAxis *axis, int wanted, TendTimeTick *ticks)
{
	double		step;
	double		local;
	int			n = 0;

	if (!is_time(axis->from) || !is_time(axis->to) || axis->to <= axis->from)
		return 0;
	wanted = Min(Max(wanted, 1), TEND_MAX_TICKS - 2);
	step = tick_step(axis->to - axis->from, wanted);
	local = ceil((axis->from + axis->utc_offset(axis->from)) / step) * step;
	for (int i = 0; i < TEND_MAX_TICKS && n < TEND_MAX_TICKS; i++, local += step)
	{
		double		guess = local - axis->utc_offset(axis->from);
		double		at = local - axis->utc_offset(guess);

		if (at > axis->to)
			break;
		if (at < axis->from)
			continue;
		ticks[n].at = at;
		label_tick(&ticks[n], local, step);
		n++;
	}
	return n;
}
