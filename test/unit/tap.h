/*-------------------------------------------------------------------------
 *
 * tap.h
 *	  Print TAP: one line per test, and the plan at the end.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_TAP_H
#define TEND_TAP_H

#include "postgres_fe.h"

#include <math.h>

static int	tap_tests = 0;
static int	tap_failed = 0;

static inline bool
tap_ok(bool ok, const char *name)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++tap_tests, name);
	fflush(stdout);
	tap_failed += !ok;
	return ok;
}

static inline bool
tap_same_number(double got, double want)
{
	return isnan(want) ? isnan(got) : got == want;
}

static inline void
tap_number(double got, double want, const char *name)
{
	if (!tap_ok(tap_same_number(got, want), name))
		fprintf(stderr, "# %s: got %.17g, want %.17g\n", name, got, want);
}

static inline void
tap_text(const char *got, const char *want, const char *name)
{
	if (!tap_ok(strcmp(got, want) == 0, name))
		fprintf(stderr, "# %s: got \"%s\", want \"%s\"\n", name, got, want);
}

static inline void
tap_contains(const char *got, const char *part, const char *name)
{
	if (!tap_ok(strstr(got, part) != NULL, name))
		fprintf(stderr, "# %s: no \"%s\" in \"%s\"\n", name, part, got);
}

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_tests);
	return tap_failed > 0;
}

#endif							/* TEND_TAP_H */
