/*-------------------------------------------------------------------------
 *
 * health_sessions.c
 *	  Checks of tend.health about connections and transactions.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/health.h"
#include "advise/words.h"

/* So many times the threshold is critical */
#define CRITICAL_TIMES	12

/* Where nobody knows since when, so many transactions are long */
#define LONG_AGE		1e6

/* Held back for so many transactions, freezing is in danger */
#define CRITICAL_AGE	200e6

/* Fewer connections say nothing about the load */
#define LEAST_SESSIONS	2

/*
 * How many connections the load needs.
 *
 * Little's law: the mean number of sessions at work is their rate of arrival
 * times how long each is at work; sessions at all, likewise, with how long
 * each lasts.  Divided by each other, sessions at work are sessions times the
 * share of their time that they work: no rate needs to be known.  Three times
 * the square root more (square-root staffing) and hardly anybody waits.
 */
double
tend_useful_connections(double connections, double busy_share)
{
	double		busy = connections * fmin(fmax(busy_share, 0), 1);

	return fmax(ceil(busy + 3 * sqrt(busy)), 1);
}

void
tend_health_connections(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		used = tend_facts_number(f, "used");
	double		usable = tend_facts_number(f, "usable");
	double		share = tend_facts_number(f, "busy_share");
	double		cores = tend_facts_number(f, "cores");
	double		useful;

	out->value = used / usable;
	out->severity = tend_health_grade(out->value, threshold, threshold + (1 - threshold) * 0.75);
	if (out->severity == TEND_OK)
		return;
	appendStringInfo(&out->message, "%s of %s connections are in use", tend_word_count(used).str, tend_word_count(usable).str);
	if (isnan(share) || used < LEAST_SESSIONS)
	{
		appendStringInfoString(&out->remedy, "put a connection pooler in front, or raise max_connections and restart");
		return;
	}
	useful = tend_useful_connections(used, share);
	appendStringInfo(&out->message, "; sessions are at work %.1f %% of their time, so that by Little's law %s would do for this load",
					 100 * fmin(share, 1), tend_word_count(useful).str);
	if (used * share > 2 * cores)
		appendStringInfo(&out->message, ", and %s at work at a time are more than %s cores can serve",
						 tend_word_count(used * share).str, tend_word_count(cores).str);
	if (useful < used)
		appendStringInfo(&out->remedy, "put a connection pooler in front with about %.0f server connections, or end idle ones: ALTER SYSTEM SET idle_session_timeout = '10min'; SELECT pg_reload_conf();",
						 useful);
	else
		appendStringInfo(&out->remedy, "ALTER SYSTEM SET max_connections = %.0f; -- and restart; or make transactions shorter",
						 ceil(1.5 * tend_facts_number(f, "max_connections")));
}

void
tend_health_blocker(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		seconds = tend_facts_number(f, "duration_seconds");
	double		age = tend_facts_number(f, "xmin_age");

	if (tend_facts_number(f, "here") == 0 || (isnan(seconds) ? !(age >= LONG_AGE) : seconds < threshold))
		return;
	out->severity = seconds >= CRITICAL_TIMES * fmax(threshold, 1) || age >= CRITICAL_AGE ? TEND_CRITICAL : TEND_WARNING;
	out->value = seconds;
	out->weight = age;
	appendStringInfo(&out->message, "%s holds back vacuum of %s in %s%s",
					 tend_facts_word(f, "object"), tend_facts_word(f, "holds"),
					 tend_facts_is(f, "scope", "cluster") ? "all databases" : "database ",
					 tend_facts_is(f, "scope", "cluster") ? "" : tend_facts_word(f, "scope"));
	if (!isnan(seconds))
		appendStringInfo(&out->message, " since %s", tend_word_duration(seconds).str);
	appendStringInfo(&out->message, ": what died in the last %s transactions stays", tend_word_count(age).str);
	tend_health_put(&out->remedy, f, "remedy");
}

void
tend_health_prepared(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		seconds = tend_facts_number(f, "duration_seconds");

	if (!tend_facts_is(f, "kind", "prepared transaction"))
		return;
	out->value = out->weight = seconds;
	out->severity = tend_health_grade(seconds, threshold, CRITICAL_TIMES * fmax(threshold, 1));
	appendStringInfo(&out->message, "%s has been prepared for %s and keeps its locks: whoever made it forgot it",
					 tend_facts_word(f, "object"), tend_word_duration(seconds).str);
	appendStringInfo(&out->remedy, "%s -- or COMMIT PREPARED, which its transaction manager knows", tend_facts_word(f, "remedy"));
}

void
tend_health_idle_transaction(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		seconds = tend_facts_number(f, "idle_seconds");

	out->value = out->weight = seconds;
	out->severity = tend_health_grade(seconds, threshold, CRITICAL_TIMES * fmax(threshold, 1));
	appendStringInfo(&out->message, "%s has done nothing for %s in a transaction that began %s ago",
					 tend_facts_word(f, "object"), tend_word_duration(seconds).str,
					 tend_word_duration(tend_facts_number(f, "xact_seconds")).str);
	appendStringInfo(&out->remedy, "SELECT pg_terminate_backend(%.0f); -- or set idle_in_transaction_session_timeout",
					 tend_facts_number(f, "pid"));
}
