/*-------------------------------------------------------------------------
 *
 * tune_cost.c
 *	  Is vacuum too slow for a table?
 *
 * Autovacuum rests after each bit of work.  Where a vacuum, as measured, takes
 * so long that the table has half filled up again, it gets a higher limit of
 * its own.  Such a table leaves the balance between workers, so what is given
 * away in all has a limit, too.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/tune.h"

/* A vacuum may take this share of the time in which the table fills up. */
#define MOST_BUSY_SHARE		0.5
/* Raised by this factor at most, at a time */
#define LONGEST_STEP		4.0
/* The server's own limit */
#define MOST_COST_LIMIT		10000.0
/* All tables together, in times of the server's setting */
#define MOST_GRANTED		8.0
/* Shorter vacuums rest too little to be helped. */
#define LEAST_MS			10000.0

static double
current_limit(const TendTableCase *tc)
{
	double		option = tc->facts->heap.options.cost_limit;

	return isnan(option) ? tc->settings->cost_limit : option;
}

/* The limit that was given to a table; 0: none */
double
tend_cost_granted(const TendManaged *managed)
{
	if (managed == NULL || !managed->options[TEND_OPTION_COST_LIMIT].ours)
		return 0;
	return managed->options[TEND_OPTION_COST_LIMIT].value;
}

bool
tend_tune_cost(const TendTuneCase *c, TendProposal *p)
{
	const TendAutovacuumSettings *settings = c->table->settings;
	double		limit = current_limit(c->table);
	TendStock	stock = tend_heap_stock(c->table->facts, c->size, &c->learnt, settings);
	double		threshold = tend_table_thresholds(c->table->facts, settings).vacuum;
	double		fill_ms;
	double		busy;
	double		wanted;
	double		others;

	if (settings->cost_delay <= 0 || isnan(c->learnt.vacuum_ms) ||
		c->learnt.vacuum_ms < LEAST_MS || stock.rate <= 0)
		return false;
	fill_ms = tend_stock_dead(&stock, threshold) / stock.rate * 1000;
	busy = c->learnt.vacuum_ms / fill_ms;
	if (busy <= MOST_BUSY_SHARE)
		return false;
	wanted = tend_round_option(Min(limit * Min(Max(2 * busy / MOST_BUSY_SHARE, 2), LONGEST_STEP), MOST_COST_LIMIT));
	/* the new limit takes the place of the old one */
	others = c->cost_granted - tend_cost_granted(c->managed);
	if (wanted <= limit || others + wanted > MOST_GRANTED * settings->cost_limit)
		return false;

	p->topic = TEND_TOPIC_COST;
	p->reason = TEND_REASON_TOO_SLOW;
	p->now.threshold = limit;
	p->then.threshold = wanted;
	p->now.per_hour = p->then.per_hour = tend_stock_vacuums(&stock, threshold) * 3600;
	p->now.pages_per_hour = p->then.pages_per_hour = tend_stock_work(&stock, threshold) * 3600;
	p->now.rows = stock.rate * c->learnt.vacuum_ms / 1000;
	p->then.rows = p->now.rows * limit / wanted;
	p->now.bytes = p->now.rows * stock.dead_bytes;
	p->then.bytes = p->then.rows * stock.dead_bytes;
	p->benefit = isnan(c->market.bloat_price) ? 0 : c->market.bloat_price * (p->now.bytes - p->then.bytes) / (1024 * 1024);
	tend_proposal_add(p, TEND_OPTION_COST_LIMIT, tend_round_option(rint(wanted)));
	return true;
}
