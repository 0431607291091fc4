/*-------------------------------------------------------------------------
 *
 * words.c
 *	  Tests of src/advise/words.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/words.h"

typedef struct Case
{
	double		n;
	const char *want;
}			Case;

static const Case counts[] = {
	{0, "0"},
	{0.5, "0.5"},
	{1, "1"},
	{9.5, "9.5"},
	{10, "10"},
	{10.4, "10"},
	{999, "999"},
	{999.4, "999"},
	{999.6, "1 000"},
	{1000, "1 000"},
	{1001, "1 001"},
	{12345, "12 345"},
	{100000, "100 000"},
	{999999, "999 999"},
	{999999.6, "1.0 million"},
	{1e6, "1.0 million"},
	{1049999, "1.0 million"},
	{1.25e6, "1.2 million"},
	{999.9e6, "999.9 million"},
	{999.94e6, "999.9 million"},
	{999.95e6, "1.0 billion"},
	{1e9, "1.0 billion"},
	{2147483647, "2.1 billion"},
	{-1, "-1"},
	{-999, "-999"},
	{-1000, "-1 000"},
	{-1234, "-1 234"},
	{-2.5e6, "-2.5 million"},
	{NAN, "unknown"},
};

#define MINUTE 60.0
#define HOUR 3600.0
#define DAY 86400.0
#define YEAR (365 * DAY)

static const Case durations[] = {
	{0, "0 s"},
	{0.04, "0 s"},
	{0.4, "0.4 s"},
	{0.96, "1 s"},
	{-5, "0 s"},
	{59, "59 s"},
	{59.6, "1 min"},
	{MINUTE, "1 min"},
	{90, "1 min 30 s"},
	{HOUR - 1, "59 min 59 s"},
	{HOUR, "1 h"},
	{4 * HOUR + 10 * MINUTE, "4 h 10 min"},
	{DAY - 1, "23 h 59 min"},
	{DAY, "1 d"},
	{10 * DAY - 1, "9 d 23 h"},
	{10 * DAY, "10 days"},
	{2 * YEAR - DAY, "729 days"},
	{2 * YEAR, "2 years"},
	{1000 * YEAR, "1000 years"},
	{1001 * YEAR, "over 1000 years"},
	{1e300, "over 1000 years"},
	{INFINITY, "over 1000 years"},
	{-1e300, "0 s"},
	{NAN, "unknown"},
};

static const Case shorts[] = {
	{0, "0"},
	{0.25, "0.25"},
	{7, "7"},
	{999, "999"},
	{999.4, "999"},
	{999.5, "1 k"},
	{1000, "1 k"},
	{12345, "12.3 k"},
	{999499, "999 k"},
	{999500, "1 M"},
	{1.5e6, "1.5 M"},
	{2.1e9, "2.1 G"},
	{3e12, "3 T"},
	{-4500, "-4.5 k"},
	{NAN, "unknown"},
};

static const Case milliseconds[] = {
	{0, "0 ms"},
	{0.0512, "0.051 ms"},
	{2, "2 ms"},
	{2.55, "2.5 ms"},
	{9.94, "9.9 ms"},
	{9.95, "10 ms"},
	{999.4, "999 ms"},
	{999.5, "1.0 s"},
	{1500, "1.5 s"},
	{59949, "59.9 s"},
	{59950, "1 min"},
	{7.3e6, "2 h 1 min"},
	{NAN, "unknown"},
};

/* the same as pg_size_pretty() says */
static const Case sizes[] = {
	{0, "0 bytes"},
	{1, "1 bytes"},
	{8192, "8192 bytes"},
	{10239, "10239 bytes"},
	{10240, "10 kB"},
	{1048576, "1024 kB"},
	{10485247, "10239 kB"},
	{10485759, "10 MB"},
	{10485760, "10 MB"},
	{10737418240.0, "10 GB"},
	{10995116277760.0, "10 TB"},
	{11258999068426240.0, "10 PB"},
	{-1, "unknown"},
	{NAN, "unknown"},
};

static const Case times[] = {
	{0, "0 %"},
	{0.004, "0 %"},
	{0.5, "50 %"},
	{0.29, "29 %"},
	{0.57, "57 %"},
	{0.999, "99 %"},
	{1, "100 %"},
	{1.5, "150 %"},
	{1.999, "199 %"},
	{2, "2.0 times"},
	{5.25, "5.2 times"},
	{99.94, "99.9 times"},
	{1200, "1 200 times"},
	{1e6, "1.0 million times"},
	{NAN, "unknown"},
};

static void
check(const char *what, TendWord (*say) (double), const Case * cases, int n)
{
	for (int i = 0; i < n; i++)
		tap_text(say(cases[i].n).str, cases[i].want,
				 psprintf("%s of %.17g is \"%s\"", what, cases[i].n, cases[i].want));
}

/* However large, a number ends within its buffer. */
static void
check_huge(const char *what, TendWord (*say) (double))
{
	static const double huge[] = {1e18, 9.3e18, 1e60, 1e300, -1e300};

	for (int i = 0; i < (int) lengthof(huge); i++)
		tap_ok(strnlen(say(huge[i]).str, TEND_WORD_LEN) < TEND_WORD_LEN,
			   psprintf("%s of %g ends within its buffer", what, huge[i]));
}

int
main(void)
{
	check("count", tend_word_count, counts, lengthof(counts));
	check("short count", tend_word_short, shorts, lengthof(shorts));
	check("milliseconds", tend_word_ms, milliseconds, lengthof(milliseconds));
	check("duration", tend_word_duration, durations, lengthof(durations));
	check("size", tend_word_bytes, sizes, lengthof(sizes));
	check("share", tend_word_times, times, lengthof(times));
	check_huge("count", tend_word_count);
	check_huge("short count", tend_word_short);
	check_huge("milliseconds", tend_word_ms);
	check_huge("duration", tend_word_duration);
	check_huge("size", tend_word_bytes);
	check_huge("share", tend_word_times);
	return tap_done();
}
