/*-------------------------------------------------------------------------
 *
 * health_indexes.c
 *	  Checks of tend.health about indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/health.h"
#include "advise/words.h"

#define MB (1024.0 * 1024.0)

/* What was less correlated never was in order */
#define IN_ORDER	0.9

void
tend_health_invalid_index(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	const char *name = tend_facts_word(f, "object");
	double		bytes = tend_facts_number(f, "bytes");

	out->value = bytes / MB;
	out->weight = bytes;
	if (tend_facts_number(f, "building") > 0 || out->value < threshold)
		return;
	out->severity = TEND_WARNING;
	appendStringInfo(&out->message, "index %s of %s (%s) is invalid: a CREATE INDEX or REINDEX CONCURRENTLY failed; no query uses it%s",
					 name, tend_facts_word(f, "table"), tend_word_bytes(bytes).str,
					 tend_facts_number(f, "is_ready") > 0 ? ", and each change of the table pays for it" : "");
	if (tend_facts_number(f, "is_leftover") > 0)
		appendStringInfo(&out->remedy, "DROP INDEX CONCURRENTLY %s;", name);
	else
		appendStringInfo(&out->remedy, "REINDEX INDEX CONCURRENTLY %s; -- or DROP INDEX CONCURRENTLY, if it is not needed", name);
}

/* Unused and bloated indexes are those of tend.maintenance_advice. */
static bool
advised(const TendHealthFacts *f, const char *kind, TendHealthFinding *out)
{
	if (!tend_facts_is(f, "kind", kind))
		return false;
	tend_health_put(&out->message, f, "reason");
	tend_health_put(&out->remedy, f, "command");
	return true;
}

void
tend_health_unused_index(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	out->value = tend_facts_number(f, "bytes") / MB;
	out->weight = out->value;
	if (out->value >= threshold && advised(f, "unused index", out))
		out->severity = TEND_NOTICE;
}

void
tend_health_bloated_index(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	out->value = tend_facts_number(f, "ratio");
	out->weight = tend_facts_number(f, "bytes");
	if (out->value >= threshold && advised(f, "bloated index", out))
		out->severity = TEND_NOTICE;
}

void
tend_health_duplicate_index(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	const char *name = tend_facts_word(f, "object");
	double		bytes = tend_facts_number(f, "bytes");

	out->value = bytes / MB;
	out->weight = bytes;
	if (out->value < threshold)
		return;
	out->severity = TEND_NOTICE;
	appendStringInfo(&out->message, "index %s (%s) has the same definition as %s: the table pays for both",
					 name, tend_word_bytes(bytes).str, tend_facts_word(f, "twin"));
	appendStringInfo(&out->remedy, "DROP INDEX CONCURRENTLY %s;", name);
}

void
tend_health_correlation(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		was = fabs(tend_facts_number(f, "was"));
	double		now = fabs(tend_facts_number(f, "correlation"));

	out->value = now;
	if (!(was >= IN_ORDER) || !(now < threshold))
		return;
	out->severity = TEND_NOTICE;
	out->weight = (was - now) * tend_facts_number(f, "bytes");
	appendStringInfo(&out->message, "%s (%s) is no longer in the order of index %s: correlation of %s fell from %.2f to %.2f, so that range scans read many more pages",
					 tend_facts_word(f, "object"), tend_word_bytes(tend_facts_number(f, "bytes")).str,
					 tend_facts_word(f, "index"), tend_facts_word(f, "column"), was, now);
	appendStringInfo(&out->remedy, "CLUSTER %s USING %s; -- in a quiet hour, it locks the table; pg_repack does it without",
					 tend_facts_word(f, "object"), tend_facts_word(f, "index"));
}
