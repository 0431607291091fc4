/*-------------------------------------------------------------------------
 *
 * wraparound.c
 *	  How far is a database from running out of transaction IDs?
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/wraparound.h"

/*
 * Days in which a person must act.  An emergency vacuum of a large table
 * takes days, so three are late and fourteen are early enough.
 */
#define CRITICAL_ETA	(3.0 * 86400)
#define WARNING_ETA		(14.0 * 86400)

/*
 * Seconds until an age reaches a limit at the observed speed: 0 if it has,
 * infinite if nothing is consumed, NaN if the speed is unknown.
 */
double
tend_age_eta(int64 age, int64 limit, double per_second)
{
	if (age >= limit)
		return 0;
	if (isnan(per_second))
		return NAN;
	if (per_second <= 0)
		return INFINITY;
	return (limit - age) / per_second;
}

/* Well beyond the limit autovacuum has failed to keep up. */
static int64
late_age(int64 autovacuum_limit)
{
	return autovacuum_limit + autovacuum_limit / 2;
}

/* The age that is critical under these settings */
int64
tend_critical_age(const TendAgePolicy *policy, int64 autovacuum_limit)
{
	return Max(policy->critical_age, late_age(autovacuum_limit));
}

/*
 * Judge the age of one database and counter.
 *
 * Beyond the autovacuum limit the server is at work: worth a notice.  Only
 * well beyond it has autovacuum failed to keep up, and then the age or the
 * date decides, whichever is worse: a busy and healthy server is always just
 * days away from the stop limit if nobody froze.  A comparison with an
 * unknown (NaN) date is false, so a date can only add to the severity.
 */
TendWraparound
tend_wraparound(int64 age, const TendAgeLimits *limits, const TendAgePolicy *policy,
				double per_second)
{
	TendWraparound w;
	int64		late = late_age(limits->autovacuum_limit);
	int64		critical_age = Min(tend_critical_age(policy, limits->autovacuum_limit),
								   limits->warn_limit);
	int64		warning_age = Min(Max(policy->warning_age, late), critical_age);

	w.autovacuum_limit = limits->autovacuum_limit;
	w.autovacuum_eta_seconds = tend_age_eta(age, limits->autovacuum_limit, per_second);
	w.stop_eta_seconds = tend_age_eta(age, limits->stop_limit, per_second);

	if (age >= critical_age ||
		(age >= late && w.stop_eta_seconds < CRITICAL_ETA))
		w.severity = TEND_CRITICAL;
	else if (age >= warning_age ||
			 (age >= late && w.stop_eta_seconds < WARNING_ETA))
		w.severity = TEND_WARNING;
	else if (age > limits->autovacuum_limit)
		w.severity = TEND_NOTICE;
	else
		w.severity = TEND_OK;
	return w;
}

const char *
tend_severity_name(TendSeverity severity)
{
	static const char *const names[] = {"ok", "notice", "warning", "critical"};

	return names[severity];
}
