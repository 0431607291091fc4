/*-------------------------------------------------------------------------
 *
 * wraparound.h
 *	  How far is a database from running out of transaction IDs?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_WRAPAROUND_H
#define TEND_WRAPAROUND_H

#include "facts.h"

typedef enum TendSeverity
{
	TEND_OK,
	TEND_NOTICE,
	TEND_WARNING,
	TEND_CRITICAL
} TendSeverity;

/* Ages at which something happens, for one of the two counters. */
typedef struct TendAgeLimits
{
	int64		autovacuum_limit;	/* anti-wraparound vacuums start */
	int64		warn_limit;		/* the server logs warnings */
	int64		stop_limit;		/* the server refuses new IDs */
} TendAgeLimits;

/* The user's idea of early and late. */
typedef struct TendAgePolicy
{
	int64		warning_age;
	int64		critical_age;
} TendAgePolicy;

typedef struct TendWraparound
{
	int64		autovacuum_limit;
	double		autovacuum_eta_seconds; /* 0: already there, NaN: unknown */
	double		stop_eta_seconds;
	TendSeverity severity;
} TendWraparound;

extern int64 tend_critical_age(const TendAgePolicy *policy, int64 autovacuum_limit);
extern double tend_age_eta(int64 age, int64 limit, double per_second);
extern TendWraparound tend_wraparound(int64 age, const TendAgeLimits *limits,
									  const TendAgePolicy *policy, double per_second);
extern const char *tend_severity_name(TendSeverity severity);

#endif							/* TEND_WRAPAROUND_H */
