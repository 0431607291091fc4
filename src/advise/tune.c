/*-------------------------------------------------------------------------
 *
 * tune.c
 *	  Which autovacuum options should a table have?
 *
 * Each topic has a file of its own; here they are asked one after the other,
 * as far as the topic is ours to decide.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "access/transam.h"
#include "advise/tune.h"

/* No decision before so many intervals of watching */
#define WATCHED_INTERVALS	15.0

typedef struct OptionInfo
{
	const char *name;			/* as ALTER TABLE wants it */
	TendTopic	topic;
	bool		toast;
	size_t		field;			/* of TendOptions */
} OptionInfo;

#define FIELD(f) offsetof(TendOptions, f)

static const OptionInfo option_infos[TEND_NUM_OPTIONS] = {
	{"autovacuum_vacuum_threshold", TEND_TOPIC_DEAD, false, FIELD(vacuum_threshold)},
	{"autovacuum_vacuum_scale_factor", TEND_TOPIC_DEAD, false, FIELD(vacuum_scale_factor)},
	{"autovacuum_vacuum_insert_threshold", TEND_TOPIC_INSERT, false, FIELD(insert_threshold)},
	{"autovacuum_vacuum_insert_scale_factor", TEND_TOPIC_INSERT, false, FIELD(insert_scale_factor)},
	{"autovacuum_freeze_min_age", TEND_TOPIC_INSERT, false, FIELD(freeze_min_age)},
	{"autovacuum_analyze_threshold", TEND_TOPIC_ANALYZE, false, FIELD(analyze_threshold)},
	{"autovacuum_analyze_scale_factor", TEND_TOPIC_ANALYZE, false, FIELD(analyze_scale_factor)},
	{"autovacuum_vacuum_cost_limit", TEND_TOPIC_COST, false, FIELD(cost_limit)},
	{"autovacuum_freeze_max_age", TEND_TOPIC_FREEZE, false, FIELD(freeze_max_age)},
	{"toast.autovacuum_vacuum_threshold", TEND_TOPIC_TOAST, true, FIELD(vacuum_threshold)},
	{"toast.autovacuum_vacuum_scale_factor", TEND_TOPIC_TOAST, true, FIELD(vacuum_scale_factor)},
};

const char *
tend_option_name(TendOptionId option)
{
	return option_infos[option].name;
}

TendTopic
tend_option_topic(TendOptionId option)
{
	return option_infos[option].topic;
}

/* The value that an option has on a table now; NaN: not set */
double
tend_option_current(const TendTableFacts *facts, TendOptionId option)
{
	const OptionInfo *info = &option_infos[option];
	const TendOptions *options = info->toast ? &facts->toast.options : &facts->heap.options;

	return *(const double *) ((const char *) options + info->field);
}

void
tend_proposal_add(TendProposal *p, TendOptionId option, double value)
{
	static const double most[TEND_NUM_OPTIONS] = {
		PG_INT32_MAX, 100, PG_INT32_MAX, 100, 1e9, PG_INT32_MAX, 100, 10000, 2e9, PG_INT32_MAX, 100
	};

	value = Min(value, most[option]);
	p->options[p->noptions].option = option;
	p->options[p->noptions].value = value;
	p->noptions++;
}

/* Two significant digits are as much as anybody knows. */
double
tend_round_option(double value)
{
	double		unit;

	if (value <= 0)
		return 0;
	unit = pow(10, floor(log10(value)) - 1);
	if (value >= 10)
		return rint(value / unit) * unit;
	/* a division rounds better than a product with 0.001 */
	return rint(value / unit) / rint(1 / unit);
}

/* ---- whose topic is it ---- */

/*
 * Options of a topic that we never set, but that are the user's word on it.
 */
static bool
user_spoke_otherwise(const TendTableFacts *facts, TendTopic topic)
{
	switch (topic)
	{
		case TEND_TOPIC_DEAD:
			return !isnan(facts->heap.options.vacuum_max_threshold);
		case TEND_TOPIC_COST:
			return !isnan(facts->heap.options.cost_delay);
		case TEND_TOPIC_FREEZE:
			return !isnan(facts->heap.options.multixact_freeze_max_age);
		default:
			return false;
	}
}

static bool
is_ours(const TendTuneCase *c, TendOptionId option)
{
	return c->managed != NULL && c->managed->options[option].ours;
}

/*
 * TOAST takes all options from the table until it has one of its own.  If the
 * user gave the table options that TOAST would lose, it stays as it is.
 */
static bool
toast_is_the_users(const TendTuneCase *c)
{
	const TendTableFacts *facts = c->table->facts;
	int			ours = 0;

	for (int i = 0; i < TEND_NUM_OPTIONS; i++)
		ours += is_ours(c, i) && !isnan(tend_option_current(facts, i));
	return facts->noverrides > ours;
}

static bool
is_the_users(const TendTuneCase *c, TendTopic topic)
{
	const TendTableFacts *facts = c->table->facts;

	if (user_spoke_otherwise(facts, topic))
		return true;
	if (topic == TEND_TOPIC_TOAST && toast_is_the_users(c))
		return true;
	for (int i = 0; i < TEND_NUM_OPTIONS; i++)
	{
		if (option_infos[i].topic == topic && !is_ours(c, i) &&
			!isnan(tend_option_current(facts, i)))
			return true;
	}
	return false;
}

/* Is a topic ours to decide? */
bool
tend_tune_is_open(const TendTuneCase *c, TendTopic topic)
{
	return !is_the_users(c, topic);
}

/* A leased topic waits for its blocker. */
static bool
is_free(const TendTuneCase *c, TendTopic topic)
{
	return tend_tune_is_open(c, topic) &&
		(c->managed == NULL || !c->managed->leased[topic]);
}

/* ---- may we decide at all ---- */

/*
 * Tables that autovacuum processes by their counters, that are not the
 * server's or our own, and whose counters can be believed.
 */
bool
tend_tune_is_possible(const TendTableCase *tc)
{
	const TendTableFacts *facts = tc->facts;

	return !tc->settings->standby && tc->settings->active &&
		facts->heap.relid >= FirstNormalObjectId &&
		facts->persistence != 't' &&
		facts->heap.options.enabled &&
		strcmp(facts->schema_name, "tend") != 0 &&
		!tend_statistics_missing(&facts->heap);
}

/* Is enough known? */
bool
tend_tune_is_watched(const TendTuneCase *c)
{
	return c->learnt.observed_seconds >= WATCHED_INTERVALS * c->interval_seconds;
}

static void
take(TendTuning *tuning, bool found)
{
	if (found)
		tuning->nproposals++;
}

/*
 * All that should change about a table.
 */
TendTuning
tend_tune(const TendTuneCase *c)
{
	TendTuning	tuning = {0};
	const TendProposal *dead = NULL;

	if (!tend_tune_is_possible(c->table))
		return tuning;

/* the next free proposal, where a topic may leave its own */
#define NEXT (memset(&tuning.proposals[tuning.nproposals], 0, sizeof(TendProposal)), \
			  &tuning.proposals[tuning.nproposals])
	if (is_free(c, TEND_TOPIC_FREEZE))
		take(&tuning, tend_tune_freeze(c, NEXT));
	if (!tend_tune_is_watched(c))
		return tuning;
	if (is_free(c, TEND_TOPIC_DEAD) && tend_tune_dead(c, NEXT))
		dead = &tuning.proposals[tuning.nproposals++];
	if (is_free(c, TEND_TOPIC_TOAST))
		take(&tuning, tend_tune_toast(c, dead, NEXT));
	if (is_free(c, TEND_TOPIC_INSERT))
		take(&tuning, tend_tune_insert(c, NEXT));
	if (is_free(c, TEND_TOPIC_ANALYZE))
		take(&tuning, tend_tune_analyze(c, NEXT));
	if (is_free(c, TEND_TOPIC_COST))
		take(&tuning, tend_tune_cost(c, NEXT));
#undef NEXT
	return tuning;
}
