/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  The story of one table in plain words, for a tired person at 3 AM.
 *
 * One line per question, in the order in which they are asked: is it well,
 * when will vacuum come, what stops it, what about analyze and freezing, why
 * is it so (options), and what should I run.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/explain.h"
#include "advise/words.h"

static double
seconds_ago(const TendTableCase *tc, TimestampTz at)
{
	return (tc->now - at) / (double) USECS_PER_SEC;
}

/*
 * End a line.  Names, options and identifiers may hold any character, so
 * those that would break or hide it are shown as "?".  The cursor of "out"
 * marks where the line began.
 */
static void
end_line(StringInfo out)
{
	for (int i = out->cursor; i < out->len; i++)
	{
		if ((unsigned char) out->data[i] < ' ')
			out->data[i] = '?';
	}
	appendStringInfoChar(out, '\n');
	out->cursor = out->len;
}

static void
append_when(StringInfo out, const TendTableCase *tc, TimestampTz at)
{
	if (at == 0)
		appendStringInfoString(out, "never since statistics began");
	else
		appendStringInfo(out, "%s ago", tend_word_duration(Max(seconds_ago(tc, at), 0)).str);
}

static void
explain_health(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v,
			   const TendTableSize *size)
{
	const TendHeapFacts *heap = &tc->facts->heap;
	double		total = (double) heap->live_tuples + heap->dead_tuples;

	appendStringInfo(out, "%s.%s: %s.", tc->facts->schema_name, tc->facts->table_name,
					 tend_verdict_name(v->kind));
	end_line(out);
	appendStringInfo(out, "Rows: %s live, %s dead",
					 tend_word_count(heap->live_tuples).str,
					 tend_word_count(heap->dead_tuples).str);
	if (total > 0)
		appendStringInfo(out, " (%.1f %%)", 100 * heap->dead_tuples / total);
	appendStringInfo(out, "; table %s, indexes %s, TOAST %s.",
					 tend_word_bytes(size->table_bytes).str,
					 tend_word_bytes(size->index_bytes).str,
					 tend_word_bytes(size->toast_bytes).str);
	end_line(out);
	if (!tend_statistics_missing(heap))
		return;
	appendStringInfo(out, "Statistics: the counters were reset (crash, promotion or pg_stat_reset) while the table held about %s rows, so the dead tuples from before are not counted.",
					 tend_word_count(heap->reltuples).str);
	end_line(out);
}

static void
explain_vacuum(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	const TendThresholds *t = &v->table;

	appendStringInfo(out, "Vacuum: starts above %s dead tuples; now %s that",
					 tend_word_count(t->vacuum).str, tend_word_share(t->vacuum_due).str);
	if (isnan(tc->dead_per_second))
		appendStringInfoString(out, "; not observed long enough to say when it is next due");
	else if (v->vacuum_eta_seconds > 0 && !isinf(v->vacuum_eta_seconds))
		appendStringInfo(out, "; %s dead per second, so due in %s",
						 tend_word_count(tc->dead_per_second).str,
						 tend_word_duration(v->vacuum_eta_seconds).str);
	else if (v->vacuum_eta_seconds > 0)
		appendStringInfoString(out, "; nothing dies at the moment");
	appendStringInfoString(out, ".  Last: ");
	append_when(out, tc, tc->facts->heap.last_vacuum);
	if (tc->facts->heap.vacuum_running)
		appendStringInfoString(out, "; one is running now");
	appendStringInfoChar(out, '.');
	end_line(out);

	if (t->insert >= 0)
		appendStringInfo(out, "Inserts: %s since the last vacuum; one starts above %s (%s).",
						 tend_word_count(tc->facts->heap.inserts_since_vacuum).str,
						 tend_word_count(t->insert).str, tend_word_times(t->insert_due).str);
	else
		appendStringInfoString(out, "Inserts: never cause a vacuum here (insert threshold -1).");
	end_line(out);
}

static void
explain_analyze(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	if (v->table.analyze < 0)
		return;
	appendStringInfo(out, "Analyze: starts above %s modified rows; now %s (%s).  Last: ",
					 tend_word_count(v->table.analyze).str,
					 tend_word_count(tc->facts->heap.mods_since_analyze).str,
					 tend_word_times(v->table.analyze_due).str);
	append_when(out, tc, tc->facts->heap.last_analyze);
	appendStringInfoChar(out, '.');
	end_line(out);
}

static void
explain_freeze(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	appendStringInfo(out, "Freezing: transaction ID age %s of %s, multixact age %s of %s",
					 tend_word_count(Max(tc->facts->heap.xid_age, 0)).str,
					 tend_word_count(v->table.freeze_max_age).str,
					 tend_word_count(Max(tc->facts->heap.mxid_age, 0)).str,
					 tend_word_count(v->table.multixact_freeze_max_age).str);
	if (isnan(v->freeze_eta_seconds))
		appendStringInfoString(out, "; not observed long enough to say when");
	else if (isinf(v->freeze_eta_seconds))
		appendStringInfoString(out, "; no IDs are consumed at the moment");
	else if (v->freeze_eta_seconds > 0)
		appendStringInfo(out, "; forced vacuum in about %s",
						 tend_word_duration(v->freeze_eta_seconds).str);
	else
		appendStringInfoString(out, "; forced vacuum is due now");
	appendStringInfoChar(out, '.');
	end_line(out);
}

static void
explain_toast(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	const TendHeapFacts *toast = &tc->facts->toast;

	if (!OidIsValid(toast->relid) ||
		(toast->live_tuples == 0 && toast->dead_tuples == 0))
		return;
	appendStringInfo(out, "TOAST: %s dead of %s live; its vacuum starts above %s (%s), with %s options.",
					 tend_word_count(toast->dead_tuples).str,
					 tend_word_count(toast->live_tuples).str,
					 tend_word_count(v->toast.vacuum).str,
					 tend_word_times(v->toast.vacuum_due).str,
					 toast->options.any ? "its own" : "the table's");
	end_line(out);
}

static void
explain_blocker(StringInfo out, const TendTableCase *tc)
{
	const TendHorizon *h = tc->horizon;

	if (!h->held)
	{
		appendStringInfoString(out, "Blockers: nobody holds back vacuum in this database.");
		end_line(out);
		return;
	}
	appendStringInfo(out, "Blockers: the %s keeps all rows deleted in the last %s transactions",
					 h->who, tend_word_count(h->xmin_age).str);
	if (h->since != 0)
		appendStringInfo(out, ", for %s", tend_word_duration(Max(seconds_ago(tc, h->since), 0)).str);
	appendStringInfo(out, ".  To end it: %s", h->remedy);
	end_line(out);
}

static void
explain_options(StringInfo out, const TendTableCase *tc)
{
	appendStringInfoString(out, "Options: ");
	if (tc->facts->noverrides == 0)
		appendStringInfoString(out, "none set on this table, the server's settings apply");
	for (int i = 0; i < tc->facts->noverrides; i++)
		appendStringInfo(out, "%s%s", i > 0 ? ", " : "", tc->facts->overrides[i]);
	if (tc->facts->persistence == 't')
		appendStringInfoString(out, ".  It is temporary: autovacuum never processes it");
	else if (!tc->facts->heap.options.enabled)
		appendStringInfoString(out, ".  Autovacuum is switched off here and will only come to prevent wraparound");
	else if (!tc->settings->active)
		appendStringInfoString(out, ".  Autovacuum is switched off in this server and will only come to prevent wraparound");
	appendStringInfoChar(out, '.');
	end_line(out);
}

/* A line from elsewhere: what pg_tend did, or would do */
void
tend_explain_line(StringInfo out, const char *text)
{
	appendStringInfoString(out, text);
	end_line(out);
}

/*
 * Write how a table is into an empty buffer, one line per topic.
 */
void
tend_explain_state(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v,
				   const TendTableSize *size)
{
	explain_health(out, tc, v, size);
	explain_vacuum(out, tc, v);
	explain_analyze(out, tc, v);
	explain_freeze(out, tc, v);
	explain_toast(out, tc, v);
	explain_blocker(out, tc);
	explain_options(out, tc);
}

/*
 * The last line: what to do about it.
 */
void
tend_explain_todo(StringInfo out, const TendTableCase *tc, const TendTableVerdict *v)
{
	appendStringInfoString(out, "To do: ");
	if (v->kind == TEND_VERDICT_OK)
		appendStringInfoString(out, "nothing.");
	else
		tend_table_advice(out, tc, v);
	end_line(out);
}
