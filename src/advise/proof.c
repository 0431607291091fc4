/*-------------------------------------------------------------------------
 *
 * proof.c
 *	  Did a change do what was predicted?
 *
 * Traffic is never the same before and after.  So what was observed is not
 * compared with what had been before, but with what the old threshold would
 * have cost with the traffic of the time after.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/proof.h"
#include "advise/words.h"

/* Worse by less than this is noise. */
#define TOLERANCE			1.1
/* What depends on the queries of the hour has to differ by more, */
#define STALE_TIMES			2.0
/* and the old number of them by so much from none at all. */
#define STALE_LEAST			3.0
/* A vacuum after inserts may cost so many times what was expected. */
#define INSERT_TOLERANCE	3.0

/* What the WAL of a vacuum is worth, in page touches */
static double
wal_per_cycle(const TendOutcome *o)
{
	return o->per_hour > 0 && o->effort_per_hour > o->pages_per_hour ?
		(o->effort_per_hour - o->pages_per_hour) / o->per_hour : 0;
}

static TendOutcome
observe(const TendClaim *claim, const TendObserved *seen)
{
	double		per_row = claim->then.rows > 0 ? claim->then.bytes / claim->then.rows : NAN;
	double		expected = claim->then.per_hour > 0 ?
		claim->then.pages_per_hour / claim->then.per_hour : NAN;

	/* a visit may always come just after the vacuum, and see nothing */
	double		found = seen->cycles > 0 && !isnan(seen->made) ? seen->made / seen->cycles : 0;
	double		rows = isnan(seen->rows) ? NAN : Max(seen->rows, found);
	TendOutcome o = {
		.threshold = claim->then.threshold,
		.per_hour = seen->cycles / seen->seconds * 3600,
		.rows = rows,
		.bytes = rows * per_row,
		.stale_per_hour = seen->stale / seen->seconds * 3600
	};

	o.pages_per_hour = o.per_hour * (isnan(seen->pages_per_cycle) ? expected : seen->pages_per_cycle);
	/* WAL is not measured apart: as it was predicted for a vacuum */
	o.effort_per_hour = o.pages_per_hour + o.per_hour * wal_per_cycle(&claim->then);
	return o;
}

/* What the old threshold would have led to with this traffic */
static TendOutcome
otherwise(const TendClaim *claim, const TendObserved *seen)
{
	TendOutcome o = claim->now;

	if (o.rows > 0 && seen->made > 0 && claim->now.per_hour > 0)
	{
		o.per_hour = seen->made / seen->seconds / o.rows * 3600;
		o.pages_per_hour = claim->now.pages_per_hour * o.per_hour / claim->now.per_hour;
	}
	o.effort_per_hour = o.pages_per_hour + o.per_hour * wal_per_cycle(&claim->now);
	return o;
}

static double
cost(const TendOutcome *o, double bloat_price)
{
	return o->effort_per_hour / 3600 + bloat_price * o->bytes / (1024 * 1024);
}

static void
say(StringInfo why, const TendOutcome *seen, const TendOutcome *before)
{
	appendStringInfo(why, "%s dead rows at most and %s page touches per hour, with the old options %s and %s",
					 tend_word_count(seen->rows).str, tend_word_count(seen->pages_per_hour).str,
					 tend_word_count(before->rows).str, tend_word_count(before->pages_per_hour).str);
}

static bool
prove_dead(const TendClaim *claim, const TendObserved *seen, const TendOutcome *observed,
		   StringInfo why)
{
	TendOutcome before = otherwise(claim, seen);
	bool		cheaper = !(cost(observed, claim->bloat_price) >
							TOLERANCE * cost(&before, claim->bloat_price));

	say(why, observed, &before);
	/* the user's target is worth some work */
	if ((claim->reason == TEND_REASON_TARGET || claim->reason == TEND_REASON_QUEUE) &&
		observed->rows * TOLERANCE <= before.rows)
		return true;
	return cheaper;
}

static bool
prove_insert(const TendClaim *claim, const TendObserved *seen, StringInfo why)
{
	double		expected = claim->then.pages_per_hour / claim->then.per_hour;

	appendStringInfo(why, "a vacuum touched %s pages, expected were %s",
					 tend_word_count(seen->pages_per_cycle).str, tend_word_count(expected).str);
	return !(seen->pages_per_cycle > INSERT_TOLERANCE * Max(expected, 100));
}

/* Did statistics that are stale stop misleading queries, or half of them? */
static bool
prove_misled(const TendClaim *claim, const TendOutcome *observed, StringInfo why)
{
	appendStringInfo(why, "statistics misled %s sampled executions per hour, before %s; analyzed %s times per hour",
					 tend_word_count(observed->stale_per_hour).str,
					 tend_word_count(claim->now.stale_per_hour).str,
					 tend_word_count(observed->per_hour).str);
	return !(observed->stale_per_hour * STALE_TIMES > claim->now.stale_per_hour);
}

/* To be analyzed more rarely must not be at the cost of queries. */
static bool
misleads_more(const TendClaim *claim, const TendObserved *seen, const TendOutcome *observed,
			  StringInfo why)
{
	double		before = isnan(claim->now.stale_per_hour) ? 0 : claim->now.stale_per_hour;

	if (!(seen->stale >= STALE_LEAST) || !(observed->stale_per_hour > STALE_TIMES * before))
		return false;
	appendStringInfo(why, "statistics misled %s sampled executions per hour, before %s",
					 tend_word_count(observed->stale_per_hour).str, tend_word_count(before).str);
	return true;
}

static bool
prove_analyze(const TendClaim *claim, const TendObserved *seen, const TendOutcome *observed,
			  StringInfo why)
{
	TendOutcome before = otherwise(claim, seen);
	bool		rarer = claim->reason == TEND_REASON_ANALYZED_TOO_OFTEN;

	if (claim->reason == TEND_REASON_MISLED)
		return prove_misled(claim, observed, why);
	if (misleads_more(claim, seen, observed, why))
		return false;
	appendStringInfo(why, "analyzed %s times per hour, before %s times",
					 tend_word_count(observed->per_hour).str,
					 tend_word_count(before.per_hour).str);
	return rarer ? !(observed->per_hour > before.per_hour * TOLERANCE) :
		!(observed->per_hour * TOLERANCE < before.per_hour);
}

/* The limit was not what made it slow, if vacuum did not get faster. */
static bool
prove_cost(const TendClaim *claim, const TendObserved *seen, StringInfo why)
{
	double		before_ms = claim->now.per_hour > 0 && seen->made > 0 ?
		claim->now.rows / (seen->made / seen->seconds) * 1000 : NAN;

	appendStringInfo(why, "a vacuum took %s, before about %s",
					 tend_word_duration(seen->vacuum_ms / 1000).str,
					 tend_word_duration(before_ms / 1000).str);
	return !(seen->vacuum_ms * TOLERANCE > before_ms);
}

/*
 * Was there time enough for a judgement?  That no queries were misled says
 * something only after a time in which some would have been.
 */
bool
tend_proof_is_due(const TendClaim *claim, const TendObserved *seen)
{
	return claim->reason != TEND_REASON_MISLED ||
		!(claim->now.stale_per_hour * seen->seconds / 3600 < STALE_LEAST);
}

/*
 * Judge a change: true if it is to be kept.  Fills what was observed, in the
 * terms of the prediction, and says why.
 */
bool
tend_proof(const TendClaim *claim, const TendObserved *seen,
		   TendOutcome *observed, StringInfo why)
{
	*observed = observe(claim, seen);
	switch (claim->topic)
	{
		case TEND_TOPIC_DEAD:
		case TEND_TOPIC_TOAST:
			return prove_dead(claim, seen, observed, why);
		case TEND_TOPIC_INSERT:
			return prove_insert(claim, seen, why);
		case TEND_TOPIC_ANALYZE:
			return prove_analyze(claim, seen, observed, why);
		case TEND_TOPIC_COST:
			return prove_cost(claim, seen, why);
		case TEND_TOPIC_FREEZE:
		case TEND_NUM_TOPICS:
			break;
	}
	appendStringInfoString(why, "vacuumed ahead of the others");
	return true;
}
