/*-------------------------------------------------------------------------
 *
 * wraparound.c
 *	  Tests of src/advise/wraparound.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/wraparound.h"

#define M 1000000
#define DAY 86400.0

/* The server's own limits, but for the one that can be set */
static TendAgeLimits
limits_of(int64 autovacuum_limit)
{
	return (TendAgeLimits)
	{
		.autovacuum_limit = autovacuum_limit,
			.warn_limit = 2107483647,
			.stop_limit = 2144483647
	};
}

static const TendAgePolicy default_policy = {500 * M, 1000 * M};

typedef struct Case
{
	const char *name;
	int64		age;
	int64		autovacuum_limit;
	double		per_second;
	TendSeverity want;
}			Case;

/* consumption at which the stop limit is that many days away */
#define IN_DAYS(age, days) ((2144483647 - (int64) (age)) / ((days) * DAY))

static const Case by_default[] = {
	{"a new database is ok", 0, 200 * M, NAN, TEND_OK},
	{"at the autovacuum limit nothing happens yet", 200 * M, 200 * M, NAN, TEND_OK},
	{"above it autovacuum freezes, worth a notice", 200 * M + 1, 200 * M, NAN, TEND_NOTICE},
	{"below the warning age it is still a notice", 500 * M - 1, 200 * M, NAN, TEND_NOTICE},
	{"the warning age is a warning", 500 * M, 200 * M, NAN, TEND_WARNING},
	{"below the critical age it is still a warning", 1000 * M - 1, 200 * M, NAN, TEND_WARNING},
	{"the critical age is critical", 1000 * M, 200 * M, NAN, TEND_CRITICAL},
	{"at the stop limit it is critical", 2144483647, 200 * M, NAN, TEND_CRITICAL},
	{"beyond the stop limit it is critical", INT64CONST(3000) * M, 200 * M, NAN, TEND_CRITICAL},

	/* by date; well beyond the autovacuum limit means half as much again */
	{"two weeks from the stop limit is a warning", 300 * M, 200 * M, IN_DAYS(300 * M, 13.9), TEND_WARNING},
	{"more than two weeks are a notice", 300 * M, 200 * M, IN_DAYS(300 * M, 14.1), TEND_NOTICE},
	{"three days from the stop limit are critical", 300 * M, 200 * M, IN_DAYS(300 * M, 2.9), TEND_CRITICAL},
	{"more than three days are a warning", 300 * M, 200 * M, IN_DAYS(300 * M, 3.1), TEND_WARNING},
	{"a date is no warning while autovacuum may still keep up", 300 * M - 1, 200 * M, 1e6, TEND_NOTICE},
	{"a date is no warning before autovacuum has begun", 199 * M, 200 * M, 1e6, TEND_OK},
	{"an unknown date does not lower the severity", 1000 * M, 200 * M, NAN, TEND_CRITICAL},
	{"an unknown date does not raise the severity", 300 * M, 200 * M, NAN, TEND_NOTICE},
	{"a date far away does not lower the severity", 1000 * M, 200 * M, 1e-9, TEND_CRITICAL},
	{"a server without consumption is judged by age", 500 * M, 200 * M, 0, TEND_WARNING},

	/* a busy server that freezes late on purpose */
	{"a high autovacuum limit does not warn early", 1000 * M, 1000 * M, NAN, TEND_OK},
	{"nor is it critical just above that limit", 1000 * M + 1, 1000 * M, NAN, TEND_NOTICE},
	{"a high limit is critical half as much again above it", 1500 * M, 1000 * M, NAN, TEND_CRITICAL},
	{"and not below that", 1500 * M - 1, 1000 * M, NAN, TEND_NOTICE},
	{"the highest limit does not warn at the limit", 2000 * M, 2000 * M, NAN, TEND_OK},
	{"the highest limit is critical when the server warns", 2107483647, 2000 * M, NAN, TEND_CRITICAL},
	{"and not just before", 2107483646, 2000 * M, NAN, TEND_NOTICE},
	{"a low limit leaves the ages as they are", 499 * M, 100000, NAN, TEND_NOTICE},
};

typedef struct PolicyCase
{
	const char *name;
	TendAgePolicy policy;
	int64		age;
	TendSeverity want;
}			PolicyCase;

static const PolicyCase by_policy[] = {
	{"a warning age above the critical one gives way", {2000 * M, 1000 * M}, 999 * M, TEND_NOTICE},
	{"a critical age still holds then", {2000 * M, 1000 * M}, 1000 * M, TEND_CRITICAL},
	{"a critical age beyond the server's warning is lowered to it", {500 * M, 2130 * M}, 2107483647, TEND_CRITICAL},
	{"a critical age below the autovacuum limit waits for that", {1 * M, 1 * M}, 200 * M, TEND_OK},
	{"and then until autovacuum is late", {1 * M, 1 * M}, 300 * M - 1, TEND_NOTICE},
	{"when it is late it is critical", {1 * M, 1 * M}, 300 * M, TEND_CRITICAL},
};

typedef struct EtaCase
{
	const char *name;
	int64		age;
	int64		limit;
	double		per_second;
	double		want;
}			EtaCase;

static const EtaCase etas[] = {
	{"what is left, by speed", 100, 200, 4, 25},
	{"a limit that is reached is now", 200, 200, 4, 0},
	{"a limit that is passed is now", 300, 200, 4, 0},
	{"a limit that is passed is now, whatever the speed", 300, 200, NAN, 0},
	{"an unknown speed has no date", 100, 200, NAN, NAN},
	{"no consumption means never", 100, 200, 0, INFINITY},
	{"negative consumption means never", 100, 200, -1, INFINITY},
};

int
main(void)
{
	static const char *const names[] = {"ok", "notice", "warning", "critical"};
	TendAgeLimits limits = limits_of(200 * M);
	TendWraparound w;

	for (int i = 0; i < (int) lengthof(by_default); i++)
	{
		const		Case *c = &by_default[i];
		TendAgeLimits l = limits_of(c->autovacuum_limit);

		tap_text(tend_severity_name(tend_wraparound(c->age, &l, &default_policy, c->per_second).severity),
				 names[c->want], c->name);
	}
	for (int i = 0; i < (int) lengthof(by_policy); i++)
	{
		const		PolicyCase *c = &by_policy[i];

		tap_text(tend_severity_name(tend_wraparound(c->age, &limits, &c->policy, NAN).severity),
				 names[c->want], c->name);
	}
	for (int i = 0; i < (int) lengthof(etas); i++)
		tap_number(tend_age_eta(etas[i].age, etas[i].limit, etas[i].per_second),
				   etas[i].want, etas[i].name);

	w = tend_wraparound(100 * M, &limits, &default_policy, 1000);
	tap_number(w.autovacuum_eta_seconds, 100000, "autovacuum's date is that of its limit");
	tap_number(w.stop_eta_seconds, 2044483.647, "the stop date is that of the stop limit");
	w = tend_wraparound(100 * M, &limits, &default_policy, NAN);
	tap_ok(isnan(w.autovacuum_eta_seconds) && isnan(w.stop_eta_seconds),
		   "unknown consumption has no dates");
	return tap_done();
}
