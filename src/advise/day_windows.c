/*-------------------------------------------------------------------------
 *
 * day_windows.c
 *	  Times of the day: "08:00-18:00, 23:30-00:30".
 *
 * A range begins with its first minute and ends before its last.  One that
 * ends where or before it begins goes on past midnight.  An empty text has no
 * ranges.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/day_windows.h"

#define DAY_MINUTES (24 * 60)

static const char *
skip_space(const char *s)
{
	return s + strspn(s, " \t");
}

/* Reads digits, at most two; NULL if there are none or they are above "most". */
static const char *
read_number(const char *s, int most, int *number)
{
	int			digits = 0;

	*number = 0;
	while (digits < 2 && s[digits] >= '0' && s[digits] <= '9')
		*number = *number * 10 + (s[digits++] - '0');
	return digits > 0 && *number <= most ? s + digits : NULL;
}

/* Reads "HH:MM"; 24:00 is the end of the day. */
static const char *
read_time(const char *s, int *minute)
{
	int			hours;
	int			minutes;

	s = read_number(skip_space(s), 24, &hours);
	if (s == NULL || *s != ':')
		return NULL;
	s = read_number(s + 1, 59, &minutes);
	*minute = hours * 60 + minutes;
	return s != NULL && *minute <= DAY_MINUTES ? skip_space(s) : NULL;
}

/* Reads "HH:MM-HH:MM"; NULL if there is something else. */
static const char *
read_window(const char *s, int *from, int *to)
{
	s = read_time(s, from);
	if (s == NULL || *s != '-')
		return NULL;
	return read_time(s + 1, to);
}

bool
tend_day_windows_valid(const char *windows)
{
	int			from;
	int			to;

	if (*skip_space(windows) == '\0')
		return true;
	for (;;)
	{
		windows = read_window(windows, &from, &to);
		if (windows == NULL)
			return false;
		if (*windows == '\0')
			return true;
		if (*windows++ != ',')
			return false;
	}
}

/* Is this minute in one of the ranges of a valid text? */
bool
tend_day_windows_contain(const char *windows, int minute_of_day)
{
	int			from;
	int			to;

	while (*skip_space(windows) != '\0')
	{
		windows = read_window(windows, &from, &to);
		if (windows == NULL)
			return false;
		if (from < to ? minute_of_day >= from && minute_of_day < to :
			minute_of_day >= from || minute_of_day < to)
			return true;
		if (*windows == ',')
			windows++;
	}
	return false;
}
