/*-------------------------------------------------------------------------
 *
 * tune_analyze.c
 *	  How many rows may change before a table is analyzed?
 *
 * Two cases deserve better than a tenth of the table: small tables with so
 * much traffic that they are analyzed at nearly each round of autovacuum, and
 * tables so large that a tenth takes weeks.  The share then falls with the
 * square root of the size, as the sample does not grow with the table.
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
		.bytes = NAN
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
	if (current < LEAST_ROUNDS * per_round)
	{
		wanted = Min(WANTED_ROUNDS * per_round, MOST_TURNOVERS * Max(rows, 100));
		wanted = Min(wanted, PG_INT32_MAX);
		if (wanted < ANALYZE_BAND * Max(current, per_round))
			return false;
		tend_proposal_add(p, TEND_OPTION_ANALYZE_THRESHOLD, tend_round_option(rint(wanted)));
		tend_proposal_add(p, TEND_OPTION_ANALYZE_SCALE_FACTOR, 0);
		return propose(c, p, TEND_REASON_ANALYZED_TOO_OFTEN, current, wanted);
	}
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
