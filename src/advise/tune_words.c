/*-------------------------------------------------------------------------
 *
 * tune_words.c
 *	  Proposals in words and in JSON.
 *
 * JSON holds numbers and names of our own only, so nothing needs escaping.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/tune_words.h"

static const char *const topic_names[TEND_NUM_TOPICS] = {
	"dead rows", "inserts", "analyze", "cost", "freeze", "toast"
};

static const char *const reason_names[TEND_NUM_REASONS] = {
	"space is worth more vacuum", "work saved is worth the space", "dead ratio above target",
	"right after each burst", "replaced many times an hour", "inserted rows become visible early", "analyzed too often",
	"analyzed too late", "misled by stale statistics", "vacuum too slow", "staggered freezing", "vacuum held back"
};

const char *
tend_topic_name(TendTopic topic)
{
	return topic_names[topic];
}

bool
tend_topic_by_name(const char *name, TendTopic *topic)
{
	for (int i = 0; i < TEND_NUM_TOPICS; i++)
	{
		if (strcmp(topic_names[i], name) == 0)
		{
			*topic = i;
			return true;
		}
	}
	return false;
}

const char *
tend_reason_name(TendReason reason)
{
	return reason_names[reason];
}

/* An option's value as ALTER TABLE reads it */
TendWord
tend_word_option(double value)
{
	TendWord	w;

	if (value == rint(value) && fabs(value) < 1e15)
		snprintf(w.str, sizeof(w.str), "%.0f", value);
	else
		snprintf(w.str, sizeof(w.str), "%.6g", value);
	return w;
}

/* ---- reasons ---- */

static TendStock
stock_of(const TendTuneCase *c, TendTopic topic)
{
	return topic == TEND_TOPIC_TOAST ?
		tend_toast_stock(c->table->facts, c->size, &c->learnt, c->table->settings) :
		tend_heap_stock(c->table->facts, c->size, &c->learnt, c->table->settings);
}

/* "3.2 rows die per second", in a unit that gives a number above 1 */
static void
say_rate(StringInfo out, double per_second, const char *what)
{
	static const struct
	{
		double		seconds;
		const char *name;
	}			units[] = {{1, "second"}, {60, "minute"}, {3600, "hour"}, {86400, "day"}};
	int			i = 0;

	while (i < (int) lengthof(units) - 1 && per_second * units[i].seconds < 1)
		i++;
	appendStringInfo(out, "%s %s per %s", tend_word_count(per_second * units[i].seconds).str,
					 what, units[i].name);
}

static void
say_dead(StringInfo out, const TendTuneCase *c, const TendProposal *p)
{
	TendStock	s = stock_of(c, p->topic);

	say_rate(out, s.rate, "rows die");
	if (p->topic == TEND_TOPIC_TOAST)
		appendStringInfoString(out, " in its TOAST table");
	appendStringInfo(out, ", and a vacuum touches about %s pages: ",
					 tend_word_count(p->then.pages_per_hour / p->then.per_hour).str);
	if (p->reason == TEND_REASON_BURST)
		appendStringInfo(out, "they come in bursts of about %s, so vacuum right after one",
						 tend_word_count(s.burst_rows).str);
	else if (p->reason == TEND_REASON_QUEUE)
		appendStringInfo(out, "all %s rows are replaced every %s, so vacuum at each round of autovacuum, at %s dead rows instead of %s",
						 tend_word_count(s.rows).str, tend_word_duration(s.rows / s.rate).str,
						 tend_word_count(p->then.threshold).str,
						 tend_word_count(p->now.threshold).str);
	else if (p->reason == TEND_REASON_TARGET)
		appendStringInfo(out, "%s dead rows are more than the target of %.3g %%, so vacuum at %s",
						 tend_word_count(p->now.rows).str, 100 * c->dead_ratio_target,
						 tend_word_count(p->then.threshold).str);
	else
		appendStringInfo(out, "every %s at %s dead rows (%s) is better than every %s at %s (%s)",
						 tend_word_duration(3600 / p->then.per_hour).str,
						 tend_word_count(p->then.rows).str, tend_word_bytes(p->then.bytes).str,
						 tend_word_duration(3600 / p->now.per_hour).str,
						 tend_word_count(p->now.rows).str, tend_word_bytes(p->now.bytes).str);
}

static void
say_misled(StringInfo out, const TendTuneCase *c, const TendProposal *p)
{
	double		rows = Max(c->table->facts->heap.reltuples, (double) c->table->facts->heap.live_tuples);

	appendStringInfo(out, "misestimates by about %s times in %s sampled executions of late came from statistics that as few as %.2g %% of the rows had outgrown: analyze after %s modified rows instead of %s",
					 tend_word_count(c->learnt.stale_q).str, tend_word_count(tend_stale_samples(&c->learnt, c->interval_seconds)).str,
					 Min(100 * c->learnt.stale_rows / Max(rows, 1), 99),
					 tend_word_count(p->then.threshold).str, tend_word_count(p->now.threshold).str);
}

/*
 * Why a table's options should change, in one sentence without a period.
 */
void
tend_proposal_reason(StringInfo out, const TendTuneCase *c, const TendProposal *p)
{
	switch (p->reason)
	{
		case TEND_REASON_CHEAPER_SPACE:
		case TEND_REASON_CHEAPER_WORK:
		case TEND_REASON_TARGET:
		case TEND_REASON_BURST:
		case TEND_REASON_QUEUE:
			say_dead(out, c, p);
			break;
		case TEND_REASON_INSERTS:
			say_rate(out, c->learnt.inserts_day, "rows come");
			appendStringInfo(out, " and few die: vacuum after %s of them instead of %s, so that index-only scans and freezing need not wait",
							 tend_word_count(p->then.threshold).str,
							 tend_word_count(p->now.threshold).str);
			break;
		case TEND_REASON_ANALYZED_TOO_OFTEN:
			say_rate(out, c->learnt.mods_day, "rows change");
			appendStringInfo(out, ": it is analyzed about %s times per hour, %s times are enough",
							 tend_word_count(p->now.per_hour).str,
							 tend_word_count(p->then.per_hour).str);
			break;
		case TEND_REASON_ANALYZED_TOO_LATE:
			appendStringInfo(out, "%s rows change before it is analyzed: in so large a table that is late",
							 tend_word_count(p->now.threshold).str);
			break;
		case TEND_REASON_MISLED:
			say_misled(out, c, p);
			break;
		case TEND_REASON_TOO_SLOW:
			appendStringInfo(out, "a vacuum takes %s, and %s rows die meanwhile: let it rest less",
							 tend_word_duration(c->learnt.vacuum_ms / 1000).str,
							 tend_word_count(p->now.rows).str);
			break;
		case TEND_REASON_STAGGER:
			appendStringInfo(out, "other large tables of the same age would be frozen together with it: freeze this one at %s",
							 tend_word_count(p->then.threshold).str);
			break;
		case TEND_REASON_LEASE:
			appendStringInfo(out, "vacuum can remove nothing because of the %s: wait for %s rows as long as it lasts",
							 c->table->horizon->who, tend_word_count(p->then.threshold).str);
			break;
		case TEND_NUM_REASONS:
			break;
	}
}

/* ---- JSON ---- */

static void
put(StringInfo out, const char *name, double value)
{
	if (isnan(value) || isinf(value))
		return;
	appendStringInfo(out, "%s\"%s\": %.6g", out->data[out->len - 1] == '{' ? "" : ", ", name, value);
}

void
tend_outcome_json(StringInfo out, const TendOutcome *o)
{
	appendStringInfoChar(out, '{');
	put(out, "threshold", o->threshold);
	put(out, "per_hour", o->per_hour);
	put(out, "pages_per_hour", o->pages_per_hour);
	put(out, "rows", o->rows);
	put(out, "bytes", o->bytes);
	put(out, "effort_per_hour", o->effort_per_hour);
	put(out, "stale_per_hour", o->stale_per_hour > 0 ? o->stale_per_hour : NAN);
	appendStringInfoChar(out, '}');
}

/* What a proposal was computed from */
void
tend_proposal_evidence(StringInfo out, const TendTuneCase *c, const TendProposal *p)
{
	TendStock	s = stock_of(c, p->topic);
	const TendLearnt *l = &c->learnt;

	appendStringInfoChar(out, '{');
	put(out, "observed_seconds", l->observed_seconds);
	put(out, "dead_per_second", s.rate);
	put(out, "inserts_per_second", l->inserts_day);
	put(out, "modified_per_second", l->mods_day);
	put(out, "burst_rows", s.burst_rows > 0 ? s.burst_rows : NAN);
	put(out, "rows", s.rows);
	put(out, "heap_pages", rint(s.heap_pages));
	put(out, "index_pages", rint(s.index_pages));
	put(out, "bytes_per_dead_row", s.dead_bytes);
	put(out, "measured_pages_per_vacuum",
		p->topic == TEND_TOPIC_TOAST ? l->toast_vacuum_pages : l->vacuum_pages);
	put(out, "measured_price_ratio",
		p->topic == TEND_TOPIC_TOAST ? l->toast_price_ratio : l->price_ratio);
	put(out, "wal_price", s.wal_price);
	put(out, "measured_vacuum_ms", p->topic == TEND_TOPIC_TOAST ? NAN : l->vacuum_ms);
	put(out, "pages_per_mb_second", c->market.bloat_price);
	put(out, "dead_ratio_target", c->dead_ratio_target);
	if (p->topic == TEND_TOPIC_ANALYZE)
	{
		put(out, "stale_per_second", l->stale_day);
		put(out, "stale_q_error", l->stale_q);
		put(out, "stale_rows", l->stale_rows);
		put(out, "stale_ms_per_second", l->stale_ms_day);
		put(out, "measured_pages_per_analyze", l->analyze_pages);
	}
	put(out, "xid_age", c->table->facts->heap.xid_age);
	appendStringInfoChar(out, '}');
}

/* What is expected, beside what would go on: both can be checked */
void
tend_proposal_predicted(StringInfo out, const TendTuneCase *c, const TendProposal *p)
{
	appendStringInfoString(out, "{\"before\": ");
	tend_outcome_json(out, &p->now);
	appendStringInfoString(out, ", \"after\": ");
	tend_outcome_json(out, &p->then);
	put(out, "pages_per_mb_second", c->market.bloat_price);
	appendStringInfo(out, ", \"reason\": \"%s\"}", tend_reason_name(p->reason));
}

/* What was observed, in the terms of the prediction; "why" has no quotes. */
void
tend_observed_json(StringInfo out, const TendOutcome *observed, const TendObserved *seen,
				   const char *why)
{
	tend_outcome_json(out, observed);
	/* inside of its brackets */
	out->data[--out->len] = '\0';
	put(out, "seconds", seen->seconds);
	put(out, "cycles", seen->cycles);
	put(out, "pages_per_cycle", seen->pages_per_cycle);
	put(out, "vacuum_ms", seen->vacuum_ms);
	put(out, "stale", seen->stale);
	appendStringInfo(out, "%s\"why\": \"%s\"}", out->data[out->len - 1] == '{' ? "" : ", ", why);
}
