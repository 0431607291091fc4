/*-------------------------------------------------------------------------
 *
 * health_self.c
 *	  The check of tend.health about pg_tend itself.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/health.h"
#include "advise/words.h"

/* Before as many more came in, what was evicted or dropped is no matter */
#define MANY	1000

static void
say(TendHealthFinding *out, TendSeverity severity, const char *message, const char *remedy)
{
	out->severity = severity;
	out->weight = severity;
	appendStringInfoString(&out->message, message);
	appendStringInfoString(&out->remedy, remedy);
}

static void
judge_library(const TendHealthFacts *f, TendHealthFinding *out)
{
	if (!(tend_facts_number(f, "loaded") > 0))
		say(out, TEND_WARNING, "pg_tend is not loaded at server start: there is no history, and nothing is known of plans, estimates and trends",
			"add pg_tend to shared_preload_libraries, and restart");
}

static void
judge_launcher(const TendHealthFacts *f, TendHealthFinding *out)
{
	const char *status = tend_facts_word(f, "status");

	if (tend_facts_is(f, "status", "running") || tend_facts_is(f, "status", "standby"))
		return;
	if (tend_facts_is(f, "status", "disabled"))
		say(out, TEND_NOTICE, "visits are switched off: there is no new history",
			"ALTER SYSTEM SET pg_tend.enabled = on; SELECT pg_reload_conf();");
	else if (tend_facts_is(f, "status", "no slot"))
		say(out, TEND_WARNING, "there is no free background worker for visits: there is no new history",
			"raise max_worker_processes, and restart");
	else
	{
		say(out, TEND_WARNING, "the launcher does not run: there is no new history",
			"look for pg_tend in the server log; max_worker_processes may be too small");
		if (status != NULL)
			appendStringInfo(&out->message, " (%s)", status);
	}
}

static void
judge_visits(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		late = tend_facts_number(f, "late_intervals");

	out->value = late;
	if (tend_facts_is(f, "status", "mismatch"))
		say(out, TEND_WARNING, "the extension in this database is of another version than the library: it is not visited",
			"ALTER EXTENSION pg_tend UPDATE; -- or restart the server, if the library is older");
	else if (tend_facts_is(f, "status", "excluded"))
		say(out, TEND_NOTICE, "pg_tend.databases does not name this database: it is not visited",
			"ALTER SYSTEM SET pg_tend.databases = '*'; SELECT pg_reload_conf();");
	else if (tend_facts_is(f, "status", "failed") && tend_facts_number(f, "failures") > 1)
	{
		say(out, TEND_WARNING, "", "SELECT * FROM tend.self WHERE part = 'visit'; -- and repair what the error says");
		appendStringInfo(&out->message, "the last %.0f visits of this database failed: %s",
						 tend_facts_number(f, "failures"), tend_facts_word(f, "error"));
	}
	else if (late >= threshold)
	{
		say(out, TEND_WARNING, "", "SELECT * FROM tend.self WHERE part IN ('launcher', 'visit');");
		appendStringInfo(&out->message, "the last visit of this database was %.0f intervals ago", late);
	}
}

static void
judge_memory(const TendHealthFacts *f, TendHealthFinding *out)
{
	double		tables = tend_facts_number(f, "tables_evicted");
	double		databases = tend_facts_number(f, "databases_without_room");
	double		calls = tend_facts_number(f, "calls_dropped");
	double		texts = tend_facts_number(f, "texts_dropped");

	if (databases > 0)
		say(out, TEND_WARNING, "there are more databases than pg_tend can visit",
			"name those that matter in pg_tend.databases");
	else if (tables >= MANY)
	{
		say(out, TEND_NOTICE, "", "raise pg_tend.max_tables, and restart");
		appendStringInfo(&out->message, "%s tables were forgotten to make room, and had to be looked up in history",
						 tend_word_count(tables).str);
	}
	else if (calls >= MANY)
	{
		say(out, TEND_NOTICE, "", "raise pg_tend.max_plans, and restart");
		appendStringInfo(&out->message, "%s executions were not counted for want of room", tend_word_count(calls).str);
	}
	else if (texts >= MANY)
	{
		say(out, TEND_NOTICE, "", "raise pg_tend.plan_memory, and restart");
		appendStringInfo(&out->message, "%s plans have no text for want of room", tend_word_count(texts).str);
	}
}

/* One finding for each part of pg_tend, at most */
void
tend_health_self(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	out->threshold = NAN;
	if (tend_facts_is(f, "object", "library"))
		judge_library(f, out);
	else if (tend_facts_is(f, "object", "launcher"))
		judge_launcher(f, out);
	else if (tend_facts_is(f, "object", "visits"))
	{
		out->threshold = threshold;
		judge_visits(f, threshold, out);
	}
	else if (tend_facts_is(f, "object", "memory"))
		judge_memory(f, out);
}
