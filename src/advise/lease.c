/*-------------------------------------------------------------------------
 *
 * lease.c
 *	  Stop vacuums that cannot remove anything, for a while.
 *
 * While somebody holds back the horizon, autovacuum comes to busy tables at
 * each of its rounds, reads them, and removes nothing.  So the threshold is
 * raised above what will be there when the lease is over.  Nobody knows how
 * long a blocker stays; if it goes on, that it has lasted so long is the best
 * guess for how long it will, and makes the number of raises logarithmic.  A
 * threshold that is too high does no harm: it goes when the blocker does.
 *
 * Freezing has nothing to do with these thresholds, and yet a table that has
 * used up half of its age gets no lease: it deserves every vacuum.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/lease.h"

/* Below this share of the threshold there is still time. */
#define NEAR				0.5
/* Vacuum is not in vain if it can remove more than this share. */
#define MOST_REMOVABLE		0.5
#define MOST_FREEZE_DUE		0.5
#define MARGIN				1.5

/* May a lease go on, or begin? */
bool
tend_lease_may_last(const TendHorizon *horizon, double freeze_due)
{
	return horizon->held && !(freeze_due > MOST_FREEZE_DUE);
}

/*
 * The threshold to which vacuum should be put off, 0 if it should come.
 */
double
tend_lease_threshold(const TendLeaseCase *l)
{
	double		held_seconds;
	double		held_rows;

	if (!tend_lease_may_last(l->horizon, l->freeze_due) ||
		!tend_horizon_is_stuck(l->horizon, l->now, l->interval_seconds) ||
		!isfinite(l->rate) || l->counter < NEAR * l->threshold)
		return 0;

	/* where nobody knows since when, it was before all that is there */
	held_seconds = l->horizon->since != 0 ?
		(l->now - l->horizon->since) / (double) USECS_PER_SEC :
		l->rate > 0 ? l->counter / l->rate : 0;
	held_rows = Min(l->rate * held_seconds, l->counter);
	if (l->counter - held_rows > MOST_REMOVABLE * l->counter)
		return 0;
	return MARGIN * (Max(l->counter, l->threshold) +
					 l->rate * Max(held_seconds, TEND_LEASE_INTERVALS * l->interval_seconds));
}

/* ---- the leases of one table ---- */

/* What is counted for a topic, and when vacuum comes for it */
static TendLeaseCase
lease_case(const TendTuneCase *c, TendTopic topic)
{
	const TendTableFacts *facts = c->table->facts;
	TendTableVerdict v = tend_table_verdict(c->table);
	TendLeaseCase l = {
		.horizon = c->table->horizon,
		.counter = facts->heap.dead_tuples,
		.threshold = v.table.vacuum,
		.rate = c->learnt.dead_fast,
		.freeze_due = tend_freeze_due(&v),
		.now = c->table->now,
		.interval_seconds = c->interval_seconds
	};

	if (topic == TEND_TOPIC_INSERT)
	{
		l.counter = facts->heap.inserts_since_vacuum;
		l.threshold = v.table.insert;
		l.rate = c->learnt.inserts_fast;
	}
	else if (topic == TEND_TOPIC_TOAST)
	{
		l.counter = facts->toast.dead_tuples;
		l.threshold = v.toast.vacuum;
		l.rate = c->learnt.toast_dead_hour;
	}
	return l;
}

/* The part of a threshold that does not grow with the table, as it is now */
static double
base_threshold(const TendTuneCase *c, TendTopic topic)
{
	const TendTableFacts *facts = c->table->facts;
	const TendOptions *options = topic == TEND_TOPIC_TOAST && facts->toast.options.any ?
		&facts->toast.options : &facts->heap.options;
	bool		insert = topic == TEND_TOPIC_INSERT;
	double		option = insert ? options->insert_threshold : options->vacuum_threshold;

	if (!isnan(option))
		return option;
	return insert ? c->table->settings->insert_threshold : c->table->settings->vacuum_threshold;
}

static bool
propose(const TendTuneCase *c, TendTopic topic, TendOptionId option, TendProposal *p)
{
	TendLeaseCase l = lease_case(c, topic);
	double		wanted;

	/* vacuum after inserts is switched off: that is somebody's will */
	if (l.threshold < 0)
		return false;
	wanted = tend_lease_threshold(&l);
	if (wanted <= l.threshold)
		return false;
	memset(p, 0, sizeof(*p));
	p->topic = topic;
	p->reason = TEND_REASON_LEASE;
	p->now.threshold = l.threshold;
	p->then.threshold = wanted;
	/* the share of the table stays as it is */
	tend_proposal_add(p, option,
					  tend_round_option(rint(wanted - l.threshold + base_threshold(c, topic))));
	return true;
}

/* The user took back what we did here. */
static bool
is_hands_off(const TendTuneCase *c, TendTopic topic)
{
	return c->managed != NULL && c->managed->hands_off_until[topic] > c->table->now;
}

/*
 * The leases that a table should have now; returns how many of "proposals",
 * which has room for TEND_NUM_TOPICS, are filled.
 */
int
tend_leases(const TendTuneCase *c, TendProposal *proposals)
{
	static const struct
	{
		TendTopic	topic;
		TendOptionId option;
	}			leases[] = {
		{TEND_TOPIC_DEAD, TEND_OPTION_VACUUM_THRESHOLD},
		{TEND_TOPIC_INSERT, TEND_OPTION_INSERT_THRESHOLD},
		{TEND_TOPIC_TOAST, TEND_OPTION_TOAST_VACUUM_THRESHOLD}
	};
	int			n = 0;

	if (!tend_tune_is_possible(c->table))
		return 0;
	for (int i = 0; i < (int) lengthof(leases); i++)
	{
		TendTopic	topic = leases[i].topic;

		if (tend_tune_is_open(c, topic) && !is_hands_off(c, topic) &&
			propose(c, topic, leases[i].option, &proposals[n]))
			n++;
	}
	return n;
}
