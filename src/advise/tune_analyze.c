/*-------------------------------------------------------------------------
 *
 * tune_analyze.c
 *	  How many rows may change before a table is analyzed?
 *
 * Three cases deserve better than a tenth of the table: small tables with so
 * much traffic that they are analyzed at nearly each round of autovacuum,
 * tables so large that a tenth takes weeks, and those whose queries were seen
 * to be planned badly since the last analyze.  For large ones the share falls
 * with the square root of the size, as the sample does not grow with the table.
 *
 * Where queries were misled, we know after how many modified rows that began:
 * half of that is early enough.  How often a table may be analyzed then is a
 * matter of what it costs, not of its traffic: a growing key may need it at
 * each round of autovacuum, and a small table can have that.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/tune.h"

/* Analyzed more often than each so many rounds is too often, */
#define LEAST_ROUNDS		10.0
/* and this often enough, */
#define WANTED_ROUNDS		20.0
/* unless all rows changed so many times meanwhile. */
#define MOST_TURNOVERS		20.0

/* From so many rows on, a tenth is too late; */
#define LARGE_ROWS			1e6
#define LARGE_SHARE			0.1
/* less than this is never needed. */
#define LEAST_SHARE			0.02

#define ANALYZE_BAND		2.0

/* So many sampled executions that were misled are no chance. */
#define LEAST_MISLED		3.0
/* The threshold is this share of the rows with which that began, */
#define ONSET_SHARE			0.5
/* not below the server's own base threshold, */
#define LEAST_ROWS			50.0
/* and worth it if it spares so many times as many: less would not be proved. */
#define LEAST_RELIEF		2.0

/*
 * What analyze may cost: a page that is read, and its rows, take about so many
 * ms; all of it this share of the time at most; and no more than the sampled
 * executions took that were misled, which are one of a hundred by default.
 */
#define PAGE_MS				0.05
#define MOST_TIME_SHARE		0.002
/* Rows that ANALYZE reads at the default target, each from a page of its own */
#define SAMPLE_ROWS			30000.0

static TendOutcome
outcome(const TendTuneCase *c, double threshold)
{
	double		per_round = c->learnt.mods_day * c->table->settings->naptime_seconds;
	double		per_second = c->learnt.mods_day / Max(Max(threshold, per_round), 1);
	TendOutcome o = {
		.threshold = threshold,
		.per_hour = per_second * 3600,
		.pages_per_hour = per_second * c->learnt.analyze_pages * 3600,
		.rows = Max(threshold, per_round),
		.bytes = NAN,
		.stale_per_hour = isnan(c->learnt.stale_day) ? 0 : c->learnt.stale_day * 3600
	};

	return o;
}

static bool
propose(const TendTuneCase *c, TendProposal *p, TendReason reason, double current, double wanted)
{
	p->topic = TEND_TOPIC_ANALYZE;
	p->reason = reason;
	p->now = outcome(c, current);
	p->then = outcome(c, wanted);
	p->benefit = isnan(c->learnt.analyze_pages) ? 0 :
		(p->now.pages_per_hour - p->then.pages_per_hour) / 3600;
	return true;
}

/* A number of rows, whatever the size of the table */
static void
add_rows(TendProposal *p, double rows)
{
	tend_proposal_add(p, TEND_OPTION_ANALYZE_THRESHOLD, tend_round_option(rint(rows)));
	tend_proposal_add(p, TEND_OPTION_ANALYZE_SCALE_FACTOR, 0);
}

/* ---- queries that were misled ---- */

static double
pages_of_analyze(const TendTuneCase *c)
{
	if (!isnan(c->learnt.analyze_pages))
		return c->learnt.analyze_pages;
	return TEND_OVERHEAD_PAGES + Min(Max(c->table->facts->heap.relpages, 0), SAMPLE_ROWS);
}

/* The rows between two analyzes that take this share of the time */
static double
rows_at_share(const TendTuneCase *c, double share)
{
	return c->learnt.mods_day * pages_of_analyze(c) * PAGE_MS / 1000 / share;
}

/*
 * How many rows must be modified between two analyzes, so that they do not
 * cost too much, whatever queries would gain
 */
static double
affordable(const TendTuneCase *c)
{
	return Max(rows_at_share(c, MOST_TIME_SHARE), LEAST_ROWS);
}

static bool
is_misled(const TendTuneCase *c)
{
	return tend_stale_samples(&c->learnt, c->interval_seconds) >= LEAST_MISLED &&
		c->learnt.stale_rows > 0;
}

/* Did we lower it for queries that were misled? */
static bool
is_lowered(const TendTuneCase *c)
{
	return c->managed != NULL && c->managed->misled &&
		c->managed->options[TEND_OPTION_ANALYZE_THRESHOLD].ours;
}

/*
 * The share of queries that are misled, if they come evenly, and are from a
 * number of modified rows on.  Autovacuum comes half a round late.
 */
static double
misled_share(const TendTuneCase *c, double threshold, double per_round)
{
	double		rows = Max(threshold, per_round) + per_round / 2;

	return Max(1 - c->learnt.stale_rows / rows, 0);
}

static bool
tune_misled(const TendTuneCase *c, TendProposal *p, double current, double per_round)
{
	double		wanted = Max(Max(ONSET_SHARE * c->learnt.stale_rows, affordable(c)), per_round);
	double		now = misled_share(c, current, per_round);
	double		then = misled_share(c, wanted, per_round);
	double		pages;

	if (!(wanted * ANALYZE_BAND <= current) || !(then * LEAST_RELIEF <= now) ||
		rows_at_share(c, c->learnt.stale_ms_day / 1000) > wanted)
		return false;
	add_rows(p, wanted);
	propose(c, p, TEND_REASON_MISLED, current, wanted);
	p->then.stale_per_hour *= then / now;

	/* time of queries, in the page touches that it would pay for */
	pages = pages_of_analyze(c) * (p->then.per_hour - p->now.per_hour) / 3600;
	p->benefit = Max(c->learnt.stale_ms_day / PAGE_MS - pages, 0);
	return true;
}

/* ---- traffic ---- */

/*
 * Rows between two analyzes that are enough.  Where queries were misled, fewer
 * are needed: then only what it costs counts.
 */
static double
enough_rows(const TendTuneCase *c, double rows, double per_round)
{
	if (is_lowered(c))
		return affordable(c);
	return Min(WANTED_ROUNDS * per_round, MOST_TURNOVERS * Max(rows, 100));
}

static bool
tune_busy(const TendTuneCase *c, TendProposal *p, double current, double per_round, double rows)
{
	double		wanted = Min(enough_rows(c, rows, per_round), PG_INT32_MAX);

	if (wanted < ANALYZE_BAND * Max(current, per_round))
		return false;
	add_rows(p, wanted);
	return propose(c, p, TEND_REASON_ANALYZED_TOO_OFTEN, current, wanted);
}

bool
tend_tune_analyze(const TendTuneCase *c, TendProposal *p)
{
	const TendTableFacts *facts = c->table->facts;
	double		current = tend_table_thresholds(facts, c->table->settings).analyze;
	double		per_round = c->learnt.mods_day * c->table->settings->naptime_seconds;
	double		rows = Max(facts->heap.reltuples, (double) facts->heap.live_tuples);
	double		wanted;

	if (current < 0 || isnan(per_round) || per_round <= 0)
		return false;
	if (is_misled(c) && tune_misled(c, p, current, per_round))
		return true;
	if (current < LEAST_ROUNDS * per_round)
		/* even so often it was too late: rarer would be worse */
		return (is_lowered(c) || !is_misled(c)) && tune_busy(c, p, current, per_round, rows);
	if (rows > LARGE_ROWS)
	{
		double		share = Max(LARGE_SHARE * sqrt(LARGE_ROWS / rows), LEAST_SHARE);

		wanted = share * rows;
		if (wanted * ANALYZE_BAND > current || wanted < WANTED_ROUNDS * per_round)
			return false;
		/* one of ours, from busier times */
		if (!isnan(facts->heap.options.analyze_threshold))
			tend_proposal_add(p, TEND_OPTION_ANALYZE_THRESHOLD, c->table->settings->analyze_threshold);
		tend_proposal_add(p, TEND_OPTION_ANALYZE_SCALE_FACTOR, tend_round_option(share));
		return propose(c, p, TEND_REASON_ANALYZED_TOO_LATE, current, wanted);
	}
	return false;
}
