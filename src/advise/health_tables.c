/*-------------------------------------------------------------------------
 *
 * health_tables.c
 *	  Checks of tend.health about tables, and the autovacuum that serves them.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/health.h"
#include "advise/words.h"

/*
 * Fewer dead rows than these are not worth a line, whatever their share: a
 * small table is vacuumed in a moment, and the catalogs of a new database have
 * some from the start.
 */
#define LEAST_DEAD			100
#define LEAST_DEAD_CATALOG	10000
#define MANY_DEAD			10000

/* A table is busy when so many rows, and this share, changed since ANALYZE */
#define BUSY_ROWS			1000
#define BUSY_SHARE			0.05

/* What the limit of cost may be at most; the server's own bound */
#define MOST_COST			10000.0

/* Before so many updates, their kind says little */
#define LEAST_UPDATES		10000

/*
 * What the checks of tables look at, "name" being the name to paste.  "advice"
 * is what tend.tables says; it must live as long as the facts.
 */
void
tend_facts_of_table(TendHealthFacts *facts, const char *name, const TendTableCase *tc,
					const TendTableVerdict *v, StringInfo advice)
{
	const TendHeapFacts *heap = &tc->facts->heap;
	double		total = (double) heap->live_tuples + heap->dead_tuples;
	bool		lost = tend_statistics_missing(heap);
	double		round = 2.0 * tc->settings->naptime_seconds * USECS_PER_SEC;

	resetStringInfo(advice);
	tend_table_advice(advice, tc, v);
	facts->n = 0;
	tend_facts_add_word(facts, "object", name);
	tend_facts_add_word(facts, "verdict", tend_verdict_name(v->kind));
	tend_facts_add_word(facts, "advice", advice->data);
	tend_facts_add_word(facts, "persistence", tc->facts->persistence == 't' ? "temporary" : "permanent");
	tend_facts_add(facts, "is_catalog", strcmp(tc->facts->schema_name, "pg_catalog") == 0);
	tend_facts_add(facts, "is_own", strcmp(tc->facts->schema_name, "tend") == 0);
	tend_facts_add(facts, "live", heap->live_tuples);
	tend_facts_add(facts, "dead", heap->dead_tuples);
	tend_facts_add(facts, "dead_ratio", total > 0 && !lost ? heap->dead_tuples / total : NAN);
	tend_facts_add(facts, "reltuples", heap->reltuples);
	tend_facts_add(facts, "vacuum_due", fmax(v->table.vacuum_due, v->in_toast ? v->toast.vacuum_due : NAN));
	tend_facts_add(facts, "vacuumed_lately", heap->last_vacuum != 0 && tc->now - heap->last_vacuum <= round);
	tend_facts_add(facts, "modified", heap->mods_since_analyze);
	tend_facts_add(facts, "analyzed_seconds_ago", heap->last_analyze == 0 ? NAN :
				   (tc->now - heap->last_analyze) / (double) USECS_PER_SEC);
	tend_facts_add(facts, "can_analyze", !tc->facts->is_statistic && !tc->settings->standby);
	tend_facts_add(facts, "xid_age", Max(heap->xid_age, v->in_toast ? tc->facts->toast.xid_age : 0));
	tend_facts_add(facts, "freeze_max_age", v->table.freeze_max_age);
	tend_facts_add_word(facts, "blocker_remedy", tc->horizon->held && tc->horizon->remedy[0] != '\0' ?
						tc->horizon->remedy : NULL);
}

static const char *
object(const TendHealthFacts *f)
{
	const char *name = tend_facts_word(f, "object");

	return name != NULL ? name : "?";
}

/* ---- wraparound ---- */

/* The severity is that of tend.wraparound. */
void
tend_health_wraparound(const TendHealthFacts *f, double threshold pg_attribute_unused(), TendHealthFinding *out)
{
	double		age = tend_facts_number(f, "age");
	double		eta = tend_facts_number(f, "stop_eta_seconds");
	const char *oldest = tend_facts_word(f, "oldest_table");

	out->severity = (TendSeverity) tend_facts_number(f, "urgency");
	out->value = age;
	out->weight = age / tend_facts_number(f, "stop_limit");
	if (out->severity == TEND_NOTICE)
		out->threshold = tend_facts_number(f, "autovacuum_limit");
	appendStringInfo(&out->message, "the oldest %s of database %s is %s old; autovacuum freezes from %s on, the server stops at %s",
					 tend_facts_is(f, "counter", "xid") ? "transaction ID" : "multixact",
					 tend_facts_word(f, "datname"), tend_word_count(age).str,
					 tend_word_count(tend_facts_number(f, "autovacuum_limit")).str,
					 tend_word_count(tend_facts_number(f, "stop_limit")).str);
	if (!isnan(eta))
		appendStringInfo(&out->message, ", in %s at the present speed", tend_word_duration(eta).str);
	if (out->severity == TEND_NOTICE)
		appendStringInfoString(&out->remedy, "none now: autovacuum is at it; see tend.vacuum_blockers if the age does not fall");
	else if (oldest != NULL)
		appendStringInfo(&out->remedy, "VACUUM (FREEZE, VERBOSE) %s; -- and end what tend.vacuum_blockers shows first", oldest);
	else
		appendStringInfo(&out->remedy, "run VACUUM (FREEZE) in database %s, after ending what tend.vacuum_blockers shows there",
						 tend_facts_word(f, "datname"));
}

void
tend_health_freeze(const TendHealthFacts *f, double threshold pg_attribute_unused(), TendHealthFinding *out)
{
	bool		danger = tend_facts_is(f, "verdict", "wraparound danger");

	if (!danger && !tend_facts_is(f, "verdict", "freeze due"))
		return;
	out->severity = danger ? TEND_CRITICAL : TEND_NOTICE;
	out->value = out->weight = tend_facts_number(f, "xid_age");
	if (!danger)
		out->threshold = tend_facts_number(f, "freeze_max_age");
	appendStringInfo(&out->message, "%s: %s", object(f), tend_facts_word(f, "advice"));
	appendStringInfo(&out->remedy, "VACUUM (FREEZE) %s;", object(f));
}

/* ---- dead rows ---- */

/*
 * Overdue and unattended tables, as tend.tables calls them; temporary ones are
 * nobody else's business.
 */
void
tend_health_overdue(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	bool		overdue = tend_facts_is(f, "verdict", "vacuum overdue");
	double		due = tend_facts_number(f, "vacuum_due");

	if (!overdue && !tend_facts_is(f, "verdict", "unattended"))
		return;
	if (tend_facts_is(f, "persistence", "temporary") ||
		(tend_facts_number(f, "is_catalog") > 0 && tend_facts_number(f, "dead") < LEAST_DEAD_CATALOG) ||
		(!(due > 1) && (tend_facts_number(f, "is_own") > 0 || tend_facts_number(f, "modified") < BUSY_ROWS)))
		return;
	out->severity = overdue ? tend_health_grade(due, threshold, 10 * threshold) : TEND_NOTICE;
	if (!overdue && due >= threshold)
		out->severity = TEND_WARNING;
	out->value = out->weight = due;
	appendStringInfo(&out->message, "%s: %s", object(f), tend_facts_word(f, "advice"));
	appendStringInfo(&out->remedy, "VACUUM (ANALYZE) %s;", object(f));
}

/*
 * What died since autovacuum came by a moment ago is no matter, unless it
 * cannot be removed.
 */
void
tend_health_dead_rows(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		dead = tend_facts_number(f, "dead");
	bool		blocked = tend_facts_is(f, "verdict", "vacuum blocked");
	const char *remedy = tend_facts_word(f, "blocker_remedy");

	out->value = tend_facts_number(f, "dead_ratio");
	if (isnan(out->value) || out->value <= threshold ||
		dead < (tend_facts_number(f, "is_catalog") > 0 ? LEAST_DEAD_CATALOG : LEAST_DEAD) ||
		tend_facts_is(f, "persistence", "temporary") ||
		(tend_facts_number(f, "vacuumed_lately") > 0 && !blocked) ||
		tend_facts_is(f, "verdict", "vacuum running"))
		return;
	out->severity = dead < MANY_DEAD ? TEND_NOTICE : TEND_WARNING;
	out->weight = dead;
	appendStringInfo(&out->message, "%.0f %% of the rows of %s are dead: %s of %s", 100 * out->value, object(f),
					 tend_word_count(dead).str, tend_word_count(dead + tend_facts_number(f, "live")).str);
	if (blocked && remedy != NULL)
	{
		appendStringInfoString(&out->message, "; vacuum cannot remove them");
		appendStringInfoString(&out->remedy, remedy);
	}
	else
		appendStringInfo(&out->remedy, "VACUUM %s;", object(f));
}

/* ---- statistics ---- */

void
tend_health_stale_statistics(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		modified = tend_facts_number(f, "modified");
	double		age = tend_facts_number(f, "analyzed_seconds_ago");

	out->value = age;
	if (modified < BUSY_ROWS || modified < BUSY_SHARE * tend_facts_number(f, "live") ||
		!(tend_facts_number(f, "can_analyze") > 0) || tend_facts_is(f, "persistence", "temporary") ||
		age < threshold)
		return;

	/*
	 * the catalogs of a new database were never analyzed; our history need
	 * not be
	 */
	if ((isnan(age) && tend_facts_number(f, "is_catalog") > 0) || tend_facts_number(f, "is_own") > 0)
		return;
	out->severity = TEND_NOTICE;
	out->weight = modified;
	appendStringInfo(&out->message, "%s rows of %s changed since it was analyzed, ", tend_word_count(modified).str, object(f));
	if (isnan(age))
		appendStringInfoString(&out->message, "which was never");
	else
		appendStringInfo(&out->message, "%s ago", tend_word_duration(age).str);
	appendStringInfo(&out->remedy, "ANALYZE %s;", object(f));
}

void
tend_health_partitioned_statistics(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		behind = tend_facts_number(f, "seconds_behind");

	if (!tend_facts_is(f, "kind", "analyze") || behind < threshold)
		return;
	out->severity = TEND_NOTICE;
	out->value = out->weight = behind;
	appendStringInfo(&out->message, "%s: %s", object(f), tend_facts_word(f, "reason"));
	tend_health_put(&out->remedy, f, "command");
}

void
tend_health_lost_statistics(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		rows = tend_facts_number(f, "reltuples");

	if (!tend_facts_is(f, "verdict", "statistics lost") || !(rows >= threshold))
		return;
	out->severity = TEND_NOTICE;
	out->value = out->weight = rows;
	appendStringInfo(&out->message, "%s: %s", object(f), tend_facts_word(f, "advice"));
	appendStringInfo(&out->remedy, "ANALYZE %s;", object(f));
}

/* ---- space ---- */

void
tend_health_bloated_table(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		ratio = tend_facts_number(f, "ratio");

	if (!tend_facts_is(f, "kind", "bloated table") || !(ratio >= threshold))
		return;
	out->severity = TEND_NOTICE;
	out->value = out->weight = ratio;
	appendStringInfo(&out->message, "%s: %s", object(f), tend_facts_word(f, "reason"));
	appendStringInfo(&out->remedy, "SELECT * FROM tend.bloat(%s); -- to be sure, then VACUUM FULL it in a quiet hour, as that locks it; pg_repack does it without",
					 tend_facts_word(f, "literal"));
}

/*
 * Without HOT, each update adds an entry to each index.  That is for want of
 * room on the page, or because a column of an index changed; only from 16 on
 * the server counts the first.
 */
void
tend_health_hot(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		updated = tend_facts_number(f, "updated");
	double		hot = tend_facts_number(f, "hot_updated");
	double		other_page = tend_facts_number(f, "to_new_page");
	double		fillfactor = tend_facts_number(f, "fillfactor");
	double		cold = updated - hot;
	bool		no_room = isnan(other_page) || other_page > cold / 2;

	out->value = hot / updated;
	if (!(updated >= LEAST_UPDATES) || out->value >= threshold || !(tend_facts_number(f, "indexes") > 0))
		return;
	out->severity = TEND_NOTICE;
	out->weight = cold;
	appendStringInfo(&out->message, "%.0f %% of the updates of %s were HOT: the others wrote %s entries into its indexes",
					 100 * out->value, object(f), tend_word_count(cold * tend_facts_number(f, "indexes")).str);
	if (no_room && (isnan(fillfactor) || fillfactor > 90))
		appendStringInfo(&out->remedy, "ALTER TABLE %s SET (fillfactor = 90); -- room for updates in pages written from now on%s",
						 object(f), isnan(other_page) ? ", unless the updates change columns of an index" : "");
	else
		appendStringInfo(&out->remedy, "SELECT indexrelname, idx_scan FROM pg_stat_all_indexes WHERE relid = %s::regclass ORDER BY idx_scan; -- the updates change columns of an index: drop one that nobody uses",
						 tend_facts_word(f, "literal"));
}

/* ---- autovacuum ---- */

/* The remedy against rests; "prefix" is that of options of a TOAST table. */
static void
add_faster(StringInfo out, const char *prefix, double limit)
{
	if (limit < MOST_COST)
		appendStringInfo(out, "%sautovacuum_vacuum_cost_limit = %.0f", prefix, fmin(4 * limit, MOST_COST));
	else
		appendStringInfo(out, "%sautovacuum_vacuum_cost_delay = 0", prefix);
}

/* The same of the server, "limit" being its own */
static void
add_faster_server(StringInfo out, double limit)
{
	appendStringInfoString(out, "ALTER SYSTEM SET ");
	add_faster(out, "", limit);
	appendStringInfoString(out, "; SELECT pg_reload_conf();");
}

void
tend_health_workers(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		busy = tend_facts_number(f, "busy");
	double		most = tend_facts_number(f, "workers");
	double		due = tend_facts_number(f, "tables_due");
	double		delayed = tend_facts_number(f, "delayed");

	out->value = due / most;
	if (busy < most || !(out->value >= threshold))
		return;
	out->severity = tend_health_grade(out->value, threshold, INFINITY);
	appendStringInfo(&out->message, "all %s autovacuum workers are busy, and %s tables wait for them",
					 tend_word_count(most).str, tend_word_count(due).str);
	if (delayed > busy / 2)
	{
		appendStringInfo(&out->message, "; %s of the workers rest because of their cost delay", tend_word_count(delayed).str);
		add_faster_server(&out->remedy, tend_facts_number(f, "cost_limit"));
	}
	else
		appendStringInfo(&out->remedy, "ALTER SYSTEM SET autovacuum_max_workers = %.0f; -- before 18 this needs a restart",
						 2 * most);
}

/* Whose limit it is decides which one helps. */
static void
advise_faster(const TendHealthFacts *f, double limit, TendHealthFinding *out)
{
	if (tend_facts_number(f, "own_options") > 0)
	{
		appendStringInfoString(&out->message, "as options of the table say");
		appendStringInfo(&out->remedy, "ALTER TABLE %s SET (", tend_facts_word(f, "table"));
		add_faster(&out->remedy, tend_facts_word(f, "prefix"), limit);
		appendStringInfoString(&out->remedy, "); -- it cancels this autovacuum, and the next one is faster");
	}
	else
	{
		appendStringInfoString(&out->message, "shared by all workers");
		add_faster_server(&out->remedy, limit);
		appendStringInfoString(&out->remedy, " -- from 16 on it counts at once");
	}
}

void
tend_health_throttled(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		seconds = tend_facts_number(f, "seconds");
	double		share = tend_facts_number(f, "delay_share");
	double		limit = tend_facts_number(f, "cost_limit");
	double		delay = tend_facts_number(f, "cost_delay_ms");

	if (!(seconds >= threshold) || !(delay > 0))
		return;

	/* from 18 on the server may know; otherwise it rests just now, or not */
	if (isnan(share) ? !(tend_facts_number(f, "in_delay") > 0) : share < 0.5)
		return;
	out->severity = TEND_WARNING;
	out->value = out->weight = seconds;
	appendStringInfo(&out->message, "autovacuum of %s has run for %s, and rests", object(f), tend_word_duration(seconds).str);
	if (!isnan(share))
		appendStringInfo(&out->message, " %.0f %% of that time", 100 * share);
	appendStringInfo(&out->message, ": %g ms after each %.0f of cost, ", delay, limit);
	advise_faster(f, limit, out);
}

void
tend_health_cancelled(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	out->value = out->weight = tend_facts_number(f, "cancelled");
	out->severity = tend_health_grade(out->value, threshold, INFINITY);
	appendStringInfo(&out->message, "autovacuum of %s was cancelled %s times in a day, since somebody wanted a lock on the table: it begins anew each time",
					 object(f), tend_word_count(out->value).str);
	appendStringInfo(&out->remedy, "VACUUM %s; -- by hand it is not cancelled; then see which ALTER, LOCK or CREATE INDEX runs that often, and tend.maintenance_advice",
					 object(f));
}
