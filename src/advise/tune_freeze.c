/*-------------------------------------------------------------------------
 *
 * tune_freeze.c
 *	  Keep large tables from being frozen all at once.
 *
 * Tables that were loaded together reach autovacuum_freeze_max_age together,
 * on one bad night.  Those of about the same age get limits of their own,
 * spread below the server's and never above it, the largest table first.  A
 * limit always lies ahead of the table's age: nothing starts at once.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/tune.h"

/* Ages that differ by less than this share of the limit are the same. */
#define SAME_AGE			0.05
/* Before this share of the limit there is time. */
#define FIRST_SHARE			0.4
/* The limits are spread between this share and the whole. */
#define SPREAD_SHARE		0.4
/* A limit lies at least this share of the server's above the age. */
#define LEAST_HEADROOM		0.05

static bool
is_before(const TendStormTable *a, const TendStormTable *b)
{
	return a->pages > b->pages || (a->pages == b->pages && a->relid < b->relid);
}

/* Tables of the same age, and how many of them come before this one */
static int
same_age(const TendStorm *storm, const TendStormTable *table, double limit, int *rank)
{
	int			n = 0;

	*rank = 0;
	for (int i = 0; i < storm->n; i++)
	{
		const TendStormTable *other = &storm->tables[i];

		if (fabs((double) other->xid_age - table->xid_age) >= SAME_AGE * limit)
			continue;
		n++;
		if (is_before(other, table))
			(*rank)++;
	}
	return n;
}

/* Is it time to look at one of these tables? */
bool
tend_storm_concerns(const TendStorm *storm, int i, int64 freeze_max_age)
{
	int			rank;

	return storm->tables[i].xid_age >= FIRST_SHARE * freeze_max_age &&
		same_age(storm, &storm->tables[i], (double) freeze_max_age, &rank) > 1;
}

bool
tend_tune_freeze(const TendTuneCase *c, TendProposal *p)
{
	const TendTableFacts *facts = c->table->facts;
	double		limit = c->table->settings->freeze_max_age;
	TendStormTable table = {facts->heap.relid, facts->heap.relpages, facts->heap.xid_age};
	TendOutcome unknown = {NAN, NAN, NAN, NAN, NAN, NAN, 0};
	double		wanted;
	int			rank;
	int			n;

	if (c->storm == NULL || table.pages < TEND_STORM_PAGES ||
		table.xid_age < FIRST_SHARE * limit || !isnan(facts->heap.options.freeze_max_age))
		return false;
	n = same_age(c->storm, &table, limit, &rank);
	if (n < 2)
		return false;
	wanted = limit * (1 - SPREAD_SHARE * (n - 1 - rank) / n);
	wanted = floor(wanted / 100000) * 100000;
	if (wanted >= limit || wanted < table.xid_age + LEAST_HEADROOM * limit)
		return false;

	p->topic = TEND_TOPIC_FREEZE;
	p->reason = TEND_REASON_STAGGER;
	p->now = p->then = unknown;
	p->now.threshold = limit;
	p->then.threshold = wanted;
	tend_proposal_add(p, TEND_OPTION_FREEZE_MAX_AGE, wanted);
	return true;
}
