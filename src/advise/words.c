/*-------------------------------------------------------------------------
 *
 * words.c
 *	  Numbers as people say them: "12 345", "3.2 million", "4 h 10 min".
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/words.h"

/*
 * A count of things: exact with grouped digits up to a million, rounded
 * above.  The group separator is a space, which no locale reads as a point.
 */
TendWord
tend_word_count(double n)
{
	TendWord	w;

	if (isnan(n))
		strlcpy(w.str, "unknown", sizeof(w.str));
	else if (fabs(rint(n)) >= 999.95e6)
		snprintf(w.str, sizeof(w.str), "%.1f billion", n / 1e9);
	else if (fabs(rint(n)) >= 1e6)
		snprintf(w.str, sizeof(w.str), "%.1f million", n / 1e6);
	else if (fabs(rint(n)) >= 1000)
	{
		long		whole = (long) rint(n);

		snprintf(w.str, sizeof(w.str), "%ld %03ld", whole / 1000, labs(whole % 1000));
	}
	else if (fabs(n) < 10 && n != rint(n))
		snprintf(w.str, sizeof(w.str), "%.1f", n);
	else
		snprintf(w.str, sizeof(w.str), "%.0f", n);
	return w;
}

/* Bring a number below "most" with larger units; returns which one it is in. */
static int
scale(double *n, double most, double base, int units)
{
	int			unit = 0;

	while (fabs(*n) >= most && unit < units - 1)
	{
		*n /= base;
		unit++;
	}
	return unit;
}

/*
 * The same where there is little room, as on an axis: three digits and a
 * prefix, "12.5 k", "3 M".
 */
TendWord
tend_word_short(double n)
{
	static const char *const prefixes[] = {"", " k", " M", " G", " T"};
	TendWord	w;
	int			prefix;

	if (isnan(n))
	{
		strlcpy(w.str, "unknown", sizeof(w.str));
		return w;
	}
	prefix = scale(&n, 999.5, 1000, lengthof(prefixes));
	snprintf(w.str, sizeof(w.str), "%.3g%s", n, prefixes[prefix]);
	return w;
}

/* Milliseconds: "0.25 ms", "12 ms", "1.5 s", "2 min 5 s" */
TendWord
tend_word_ms(double ms)
{
	TendWord	w;

	if (isnan(ms))
		strlcpy(w.str, "unknown", sizeof(w.str));
	else if (fabs(ms) < 9.95)
		snprintf(w.str, sizeof(w.str), "%.2g ms", ms);
	else if (fabs(ms) < 999.5)
		snprintf(w.str, sizeof(w.str), "%.0f ms", ms);
	else if (fabs(ms) < 59950)
		snprintf(w.str, sizeof(w.str), "%.1f s", ms / 1000);
	else
		w = tend_word_duration(ms / 1000);
	return w;
}

static TendWord
two_units(double large, const char *large_unit, double small, const char *small_unit)
{
	TendWord	w;
	int			len = snprintf(w.str, sizeof(w.str), "%.0f %s", floor(large), large_unit);

	if (floor(small) > 0)
		snprintf(w.str + len, sizeof(w.str) - len, " %.0f %s", floor(small), small_unit);
	return w;
}

/* A duration in its two largest units, the second only if there is some of it. */
TendWord
tend_word_duration(double seconds)
{
	TendWord	w;
	double		s = rint(seconds);

	if (s >= 60 && s < 3600)
		return two_units(s / 60, "min", fmod(s, 60), "s");
	if (s >= 3600 && s < 86400)
		return two_units(s / 3600, "h", fmod(s, 3600) / 60, "min");
	if (s >= 86400 && s < 10 * 86400)
		return two_units(s / 86400, "d", fmod(s, 86400) / 3600, "h");

	if (isnan(seconds))
		strlcpy(w.str, "unknown", sizeof(w.str));
	else if (s > 1000.0 * 365 * 86400)
		strlcpy(w.str, "over 1000 years", sizeof(w.str));
	else if (s >= 2.0 * 365 * 86400)
		snprintf(w.str, sizeof(w.str), "%.0f years", s / (365 * 86400));
	else if (s >= 86400)
		snprintf(w.str, sizeof(w.str), "%.0f days", s / 86400);
	else if (seconds >= 0.05 && seconds < 0.95)
		snprintf(w.str, sizeof(w.str), "%.1f s", seconds);
	else
		snprintf(w.str, sizeof(w.str), "%.0f s", Max(s, 0));
	return w;
}

/* A size, in the units of pg_size_pretty(). */
TendWord
tend_word_bytes(double bytes)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
	TendWord	w;
	int			unit;

	if (isnan(bytes) || bytes < 0)
	{
		strlcpy(w.str, "unknown", sizeof(w.str));
		return w;
	}
	unit = scale(&bytes, 10239.5, 1024, lengthof(units));
	snprintf(w.str, sizeof(w.str), "%.0f %s", bytes, units[unit]);
	return w;
}

/* A share of a threshold: "43 %" below twice, "5.2 times" or "1 200 times" above. */
TendWord
tend_word_times(double ratio)
{
	TendWord	w;

	if (isnan(ratio))
		strlcpy(w.str, "unknown", sizeof(w.str));
	else if (ratio >= 100)
	{
		w = tend_word_count(ratio);
		strlcat(w.str, " times", sizeof(w.str));
	}
	else if (ratio >= 2)
		snprintf(w.str, sizeof(w.str), "%.1f times", ratio);
	else
		snprintf(w.str, sizeof(w.str), "%.0f %%", floor(ratio * 100 + 1e-9));
	return w;
}

/* The same in front of what it is a share of: "43 % of", "5.2 times" */
TendWord
tend_word_share(double ratio)
{
	TendWord	w = tend_word_times(ratio);

	if (ratio < 2)
		strlcat(w.str, " of", sizeof(w.str));
	return w;
}
