/*-------------------------------------------------------------------------
 *
 * tune_insert.c
 *	  When should a table be vacuumed that is mostly inserted into?
 *
 * Such a vacuum does each page once, whenever it comes: waiting saves only
 * what a vacuum costs by itself.  What waits cannot be read by index-only
 * scans, and will be frozen by a vacuum that has to read it once more.  So it
 * comes early, after a small share of the table or a few megabytes.
 *
 * Indexes that scan themselves to clean up after inserts make a vacuum dear;
 * the measured price tells.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/tune.h"

/* More of the changes than this die: not mostly inserted into. */
#define MOST_DEAD_SHARE		0.1
/* Rows that nearly never change again are frozen at once. */
#define MOST_FROZEN_DEAD_SHARE 0.01

/* Pages' worth of rows between two vacuums: a share of the table, within */
#define WANTED_SHARE		0.02
#define LEAST_PAGES			32.0
#define MOST_PAGES			1024.0
/* unless a vacuum by itself costs more than this share of what it does. */
#define MOST_FIXED_SHARE	0.25

/* Smaller tables are not worth it. */
#define LEAST_TABLE_PAGES	256.0

/* At least so much earlier or later than now */
#define INSERT_BAND			2.0

static bool
is_mostly_inserted(const TendLearnt *l)
{
	return l->inserts_day > 0 &&
		(isnan(l->dead_day) || l->dead_day <= MOST_DEAD_SHARE * l->inserts_day);
}

/*
 * Page touches in indexes, if vacuum has to go there because of the few rows
 * that die meanwhile: at once, or after some vacuums that put it off.  The
 * least that it can be, per page of new rows, decides.
 */
static double
pages_for_dead(const TendTuneCase *c, double rows_per_page, double heap_pages)
{
	double		all = 3 * Max(c->size->index_bytes, 0) / (double) BLCKSZ;
	double		dead = isnan(c->learnt.dead_day) ? 0 : c->learnt.dead_day / c->learnt.inserts_day;
	double		per_page = all * dead * rows_per_page / (TEND_INDEX_BYPASS_SHARE * heap_pages);

	return per_page > 2 * MOST_FIXED_SHARE ? all : 0;
}

/* Page touches of a vacuum beyond those of the rows that came */
static double
fixed_pages(const TendTuneCase *c, double rows_per_page, double heap_pages, double current)
{
	double		fixed = pages_for_dead(c, rows_per_page, heap_pages);

	if (isnan(c->learnt.vacuum_pages))
		return fixed;
	/* each new page is touched twice: itself and its map; catalogs are cheap */
	return Max(c->learnt.vacuum_pages - TEND_OVERHEAD_PAGES - 2 * current / rows_per_page, fixed);
}

static TendOutcome
outcome(const TendTuneCase *c, double threshold, double rows_per_page, double fixed)
{
	const TendLearnt *l = &c->learnt;
	double		rows = Max(threshold, l->inserts_day * c->table->settings->naptime_seconds);
	double		per_second = l->inserts_day / Max(rows, 1);
	TendOutcome o = {
		.threshold = threshold,
		.per_hour = per_second * 3600,
		.pages_per_hour = per_second * (fixed + 2 * rows / rows_per_page) * 3600,
		.rows = rows,
		.bytes = rows / rows_per_page * BLCKSZ
	};

	return o;
}

/* While the threshold is a share of the table, it is written as one. */
static void
write_options(const TendTuneCase *c, TendProposal *p, double pages, double heap_pages,
			  double rows_per_page)
{
	bool		as_share = pages < MOST_PAGES && pages <= WANTED_SHARE * heap_pages;
	double		base = as_share ? LEAST_PAGES : pages;

	tend_proposal_add(p, TEND_OPTION_INSERT_THRESHOLD, tend_round_option(rint(base * rows_per_page)));
	tend_proposal_add(p, TEND_OPTION_INSERT_SCALE_FACTOR, as_share ? WANTED_SHARE / 2 : 0);
	if (isnan(c->learnt.dead_day) ||
		c->learnt.dead_day <= MOST_FROZEN_DEAD_SHARE * c->learnt.inserts_day)
		tend_proposal_add(p, TEND_OPTION_FREEZE_MIN_AGE, 0);
}

bool
tend_tune_insert(const TendTuneCase *c, TendProposal *p)
{
	const TendTableFacts *facts = c->table->facts;
	double		current = tend_table_thresholds(facts, c->table->settings).insert;
	double		heap_pages = Max(c->size->table_bytes, 0) / (double) BLCKSZ;
	double		rows_per_page = Max(facts->heap.live_tuples, 1) / Max(heap_pages, 1);
	double		fixed = fixed_pages(c, rows_per_page, heap_pages, current);
	double		pages;

	/* switched off in the whole server: that is somebody's will */
	if (current < 0 || heap_pages < LEAST_TABLE_PAGES || !is_mostly_inserted(&c->learnt))
		return false;
	pages = Min(Max(WANTED_SHARE * heap_pages, LEAST_PAGES), MOST_PAGES);
	pages = Max(pages, fixed / MOST_FIXED_SHARE);
	if (pages * rows_per_page * INSERT_BAND > current)
		return false;

	p->topic = TEND_TOPIC_INSERT;
	p->reason = TEND_REASON_INSERTS;
	p->now = outcome(c, current, rows_per_page, fixed);
	p->then = outcome(c, pages * rows_per_page, rows_per_page, fixed);
	if (!isnan(c->market.bloat_price))
		p->benefit = c->market.bloat_price * (p->now.bytes - p->then.bytes) / (1024 * 1024);
	write_options(c, p, pages, heap_pages, rows_per_page);
	return true;
}
