/*-------------------------------------------------------------------------
 *
 * health_queries.c
 *	  Checks of tend.health about queries and their plans.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/health.h"
#include "advise/words.h"

#define MB (1024.0 * 1024.0)

/* More work_mem than this for one query is not the cure */
#define MOST_WORK_MEM	1024.0

/* Fewer executions may be chance */
#define LEAST_CALLS		10
#define LEAST_SCANS		3
#define LEAST_READ		10000

/* ---- what tend.plan_changes says ---- */

static void
regressed(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	const char *remedy = tend_facts_word(f, "remedy");

	out->value = tend_facts_number(f, "ratio");
	/* it may have lost so much that none has ended since */
	if (!tend_facts_is(f, "verdict", "regressed") || tend_facts_is(f, "state", "resolved") ||
		out->value < threshold)
		return;
	out->severity = tend_facts_is(f, "state", "confirmed") ? TEND_WARNING : TEND_NOTICE;
	out->weight = tend_facts_number(f, "lost_ms_per_hour");
	if (isnan(out->weight))
		out->weight = 0;
	/* without the query, which may have been recorded with constants */
	tend_health_put(&out->message, f, "explanation");
	if (remedy != NULL)
		appendStringInfoString(&out->remedy, remedy);
	else
		appendStringInfo(&out->remedy, "SELECT tend.plan_diff(%s, %s);",
						 tend_facts_word(f, "old_planid"), tend_facts_word(f, "new_planid"));
}

void
tend_health_plan(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	if (tend_facts_number(f, "same_plan") == 0)
		regressed(f, threshold, out);
}

void
tend_health_slow_query(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	if (tend_facts_number(f, "same_plan") == 1)
		regressed(f, threshold, out);
}

/* ---- statistics ---- */

void
tend_health_misestimate(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	out->value = tend_facts_number(f, "q_error_now");
	if (!tend_facts_is(f, "action", "create") || !(out->value >= threshold))
		return;
	out->severity = TEND_NOTICE;
	out->weight = tend_facts_number(f, "sampled_ms");
	if (isnan(out->weight))
		out->weight = 0;
	tend_health_put(&out->message, f, "proof");
	tend_health_put(&out->remedy, f, "command");
}

/* ---- plans ---- */

/*
 * A sort needs about twice as much memory as it writes.  Above some size other
 * things help.
 */
void
tend_health_spill(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		calls = tend_facts_number(f, "calls");
	double		each = tend_facts_number(f, "temp_bytes") / fmax(calls, 1) / MB;
	double		memory = 4;

	out->value = each;
	out->weight = each * calls;
	out->severity = tend_health_grade(each, threshold, INFINITY);
	while (memory < 2 * each && memory < 2 * MOST_WORK_MEM)
		memory *= 2;
	appendStringInfo(&out->message, "%s writes %s to temporary files in each of %s executions, with work_mem of %s",
					 tend_facts_word(f, "object"), tend_word_bytes(each * MB).str, tend_word_count(calls).str,
					 tend_word_bytes(tend_facts_number(f, "work_mem_kb") * 1024).str);
	if (memory <= MOST_WORK_MEM)
		appendStringInfo(&out->remedy, "SET work_mem = '%.0fMB'; -- where it is run, or for its role by ALTER ROLE ... SET work_mem",
						 memory);
	else
		appendStringInfoString(&out->remedy, "sort and join less: an index in the wanted order, a condition, or an earlier aggregate; see plan in tend.plans");
}

void
tend_health_wasted_scan(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		scans = tend_facts_number(f, "scans");
	double		read = tend_facts_number(f, "rows_read");
	double		kept = tend_facts_number(f, "rows_kept");
	const char *columns = tend_facts_word(f, "columns");
	const char *index = tend_facts_word(f, "index");

	out->value = 1 - kept / read;
	if (!(scans >= LEAST_SCANS) || !(read / scans >= LEAST_READ) || out->value < threshold)
		return;
	out->severity = TEND_WARNING;
	out->weight = read - kept;
	appendStringInfo(&out->message, "%s sampled sequential scans of %s read %s rows each and kept %s",
					 tend_word_count(scans).str, tend_facts_word(f, "object"),
					 tend_word_count(read / scans).str, tend_word_count(kept / scans).str);
	if (index != NULL)
		appendStringInfo(&out->remedy, "see plan in tend.plans why index %s of %s does not serve its conditions: a function or another type around the column, \"or\", or what was scanned before the index was made",
						 index, tend_facts_word(f, "object"));
	else if (columns != NULL)
		appendStringInfo(&out->remedy, "CREATE INDEX CONCURRENTLY ON %s (%s); -- if its conditions can use one, see tend.plans",
						 tend_facts_word(f, "object"), columns);
	else
		appendStringInfo(&out->remedy, "an index on %s for the conditions of these queries, see plan in tend.plans",
						 tend_facts_word(f, "object"));
}

void
tend_health_pruning(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		calls = tend_facts_number(f, "calls");

	if (!(calls >= LEAST_CALLS))
		return;
	out->value = tend_facts_number(f, "partitions") / calls;
	if (out->value < threshold)
		return;
	out->severity = TEND_NOTICE;
	out->weight = tend_facts_number(f, "total_exec_ms");
	appendStringInfo(&out->message, "%s has %s partitions in its plan, in each of %s executions",
					 tend_facts_word(f, "object"), tend_word_count(out->value).str, tend_word_count(calls).str);
	appendStringInfo(&out->remedy, "give it a condition on the partition key, of the key's own type; see SELECT plan FROM tend.plans WHERE planid = %s;",
					 tend_facts_word(f, "planid"));
}
