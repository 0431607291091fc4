/*-------------------------------------------------------------------------
 *
 * guard.c
 *	  May a proposal be carried out now?
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/guard.h"

/* A blocker that lasts shorter than this many intervals is everyday life. */
#define STUCK_INTERVALS		3.0
/* Where nobody knows since when: so many transactions */
#define STUCK_XMIN_AGE		1000000

/* Between two changes of one topic; doubled by each proof that failed */
#define COOL_DOWN_INTERVALS	15.0
#define MOST_DOUBLINGS		10

/* Above this share of a freeze limit no option is changed, */
#define FREEZE_DUE			1.0
/* and above this one autovacuum has not come: what we set is taken back. */
#define FREEZE_DOUBT		1.5

/*
 * Is vacuum held back for longer than one has to live with?
 */
bool
tend_horizon_is_stuck(const TendHorizon *horizon, TimestampTz now, double interval_seconds)
{
	if (!horizon->held)
		return false;
	if (horizon->since == 0)
		return horizon->xmin_age >= STUCK_XMIN_AGE;
	return now - horizon->since >= STUCK_INTERVALS * interval_seconds * USECS_PER_SEC;
}

/* The worse of table and TOAST */
double
tend_freeze_due(const TendTableVerdict *v)
{
	return fmax(v->table.freeze_due, v->toast.freeze_due);
}

/* A table that should have been frozen is left to the server's own rules. */
bool
tend_table_in_doubt(const TendTableVerdict *v)
{
	return v->kind == TEND_VERDICT_WRAPAROUND || tend_freeze_due(v) > FREEZE_DOUBT;
}

static bool
must_be_frozen(const TendTableCase *tc)
{
	TendTableVerdict v = tend_table_verdict(tc);

	return v.kind == TEND_VERDICT_WRAPAROUND || tend_freeze_due(&v) > FREEZE_DUE;
}

static bool
is_about_vacuum(const TendProposal *p)
{
	return p->topic == TEND_TOPIC_DEAD || p->topic == TEND_TOPIC_TOAST ||
		p->topic == TEND_TOPIC_INSERT;
}

/* Does it make vacuum come earlier? */
static bool
lowers(const TendProposal *p)
{
	return is_about_vacuum(p) && p->then.threshold < p->now.threshold;
}

static bool
is_cooling(const TendGuardCase *g, TendTopic topic)
{
	double		wait;

	if (g->managed == NULL || g->managed->changed_at[topic] == 0)
		return false;
	wait = COOL_DOWN_INTERVALS * g->interval_seconds *
		pow(2, Min(g->managed->reverts[topic], MOST_DOUBLINGS));
	return g->table->now - g->managed->changed_at[topic] < wait * USECS_PER_SEC;
}

/* Nothing was vacuumed under the options that are to be changed again. */
static bool
has_no_cycle(const TendGuardCase *g, const TendProposal *p)
{
	const TendTableFacts *facts = g->table->facts;
	const TendHeapFacts *heap = p->topic == TEND_TOPIC_TOAST ? &facts->toast : &facts->heap;

	return is_about_vacuum(p) && g->managed != NULL &&
		g->managed->changed_at[p->topic] != 0 &&
		heap->vacuum_count == g->managed->vacuums_then[p->topic] &&
		!lowers(p);
}

/* What keeps even a user who asks from changing it */
static TendBlock
safety(const TendGuardCase *g, const TendProposal *p)
{
	if (g->doubt || must_be_frozen(g->table))
		return TEND_BLOCK_WRAPAROUND;
	if (lowers(p) && tend_horizon_is_stuck(g->table->horizon, g->table->now, g->interval_seconds))
		return TEND_BLOCK_HORIZON;
	if (g->table->facts->heap.vacuum_running || g->table->facts->toast.vacuum_running)
		return TEND_BLOCK_RUNNING;
	return TEND_BLOCK_NONE;
}

/*
 * What stands in the way of a proposal, TEND_BLOCK_NONE if nothing does.
 */
TendBlock
tend_guard(const TendGuardCase *g, const TendProposal *p)
{
	TendBlock	block = safety(g, p);

	if (g->by_hand)
		return block;
	if (g->mode == TEND_TUNING_OFF)
		return TEND_BLOCK_OFF;
	if (block == TEND_BLOCK_WRAPAROUND)
		return block;
	if (g->managed != NULL && g->managed->hands_off_until[p->topic] > g->table->now)
		return TEND_BLOCK_BY_HAND;
	if (block == TEND_BLOCK_HORIZON)
		return block;
	if (is_cooling(g, p->topic))
		return TEND_BLOCK_COOL_DOWN;
	if (has_no_cycle(g, p))
		return TEND_BLOCK_NO_CYCLE;
	if (g->mode == TEND_TUNING_ADVISE)
		return TEND_BLOCK_ADVISE;
	if (block != TEND_BLOCK_NONE)
		return block;
	if (g->read_only)
		return TEND_BLOCK_READ_ONLY;
	if (g->change_freeze)
		return TEND_BLOCK_CHANGE_FREEZE;
	/* that tables are of one age does not pass by itself */
	if (g->wishes < TEND_STEADY_WISHES && p->topic != TEND_TOPIC_FREEZE)
		return TEND_BLOCK_UNSTEADY;
	if (g->actions_left <= 0)
		return TEND_BLOCK_BUDGET;
	return TEND_BLOCK_NONE;
}

/* For blocked_by; NULL if nothing stands in the way */
const char *
tend_block_text(TendBlock block)
{
	static const char *const texts[] = {
		NULL,
		"tuning is off",
		"freezing comes first: the table or database is too close to wraparound",
		"taken back by hand: left alone, unless you apply it",
		"vacuum is held back: to vacuum more often would be in vain, see tend.vacuum_blockers",
		"changed a short while ago: the effect is awaited first",
		"no vacuum yet since the last change",
		"vacuum is running",
		"mode advise: run the command, or tend.apply_autovacuum()",
		"the server is read-only (default_transaction_read_only)",
		"no changes wanted at this time (pg_tend.change_freeze)",
		"to be confirmed by further observations",
		"enough changes in this hour (pg_tend.max_actions_per_hour)"
	};

	return texts[block];
}
