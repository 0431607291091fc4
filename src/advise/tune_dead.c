/*-------------------------------------------------------------------------
 *
 * tune_dead.c
 *	  How many dead rows may gather in a table, or in its TOAST table?
 *
 * stock.c knows the cheapest number.  Here is when that is worth a change,
 * and how it is written into options.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/tune.h"

/* A change must move the number of dead rows by this factor, */
#define DEAD_BAND			2.0
/* by this one where rows die in bursts: one burst more or less is no change, */
#define DEAD_BAND_BURST		2.5
/* or by this one where the user's target is missed, */
#define DEAD_BAND_TARGET	1.25
/* and never by more than this at a time. */
#define LONGEST_STEP		10.0

/*
 * It must save this share of what the rule of 1 % would cost in all, or so
 * many page touches in a day of intervals: among ten thousand tables none may
 * have a thousandth of the work, and yet all of them together have it.
 */
#define LEAST_BENEFIT		0.001
#define LEAST_SAVED			10000.0

/* and this share of what the table costs: no coming and going for nothing. */
#define LEAST_SHARE_SAVED	0.1

/* What the server adds to each threshold */
#define BASE_THRESHOLD		50.0
#define TARGET_TOLERANCE	1.1

/* A table that fills up more slowly, in intervals, misses no target. */
#define ACTIVE_INTERVALS	360.0

/*
 * A table whose rows are replaced so often in an hour of intervals: whoever
 * reads it walks over its dead rows, however few bytes they are.
 */
#define QUEUE_TURNOVERS		2.0

/* TOAST of fewer pages is not worth options of its own. */
#define LEAST_TOAST_PAGES	64.0

/* Half of the threshold grows with the table, unless its size tells nothing. */
#define STEADY_ROUNDS		4.0

typedef struct Choice
{
	const TendStock *stock;
	double		reltuples;		/* as the server knows them */
	double		most;			/* threshold that counts */
	double		current;		/* thresholds */
	double		wanted;
	double		target;			/* dead ratio */
	double		bloat_price;
	double		least_benefit;	/* page touches per second */
	double		interval;
	bool		is_queue;		/* its rows are replaced many times an hour */
} Choice;

static TendOutcome
outcome(const TendStock *s, double threshold)
{
	TendOutcome o = {
		.threshold = threshold,
		.per_hour = tend_stock_vacuums(s, threshold) * 3600,
		.pages_per_hour = tend_stock_work(s, threshold) * 3600,
		.effort_per_hour = tend_stock_effort(s, threshold) * 3600,
		.rows = tend_stock_dead(s, threshold),
		.bytes = tend_stock_waste(s, threshold)
	};

	return o;
}

/*
 * More dead rows than the user accepts, in a table that has traffic.  The
 * server's own base threshold, and what is within the noise, is no miss.
 */
static bool
misses_target(const Choice *ch)
{
	double		dead = tend_stock_dead(ch->stock, ch->current);

	return dead > TARGET_TOLERANCE * ch->target * ch->stock->rows + BASE_THRESHOLD &&
		dead < ch->stock->rate * ACTIVE_INTERVALS * ch->interval;
}

static bool
is_worth_it(const Choice *ch, TendProposal *p)
{
	double		now = tend_stock_dead(ch->stock, ch->current);
	double		then = tend_stock_dead(ch->stock, ch->wanted);
	bool		lowers = then < now;
	bool		missed = lowers && misses_target(ch);
	double		band = missed ? DEAD_BAND_TARGET :
		ch->stock->burst_rows > 0 ? DEAD_BAND_BURST : DEAD_BAND;
	double		cost = tend_stock_cost(ch->stock, ch->current, ch->bloat_price);

	if (Max(now, then) < band * Min(now, then))
		return false;
	p->benefit = cost - tend_stock_cost(ch->stock, ch->wanted, ch->bloat_price);
	p->reason = ch->stock->burst_rows > 0 ? TEND_REASON_BURST :
		missed ? TEND_REASON_TARGET :
		lowers ? TEND_REASON_CHEAPER_SPACE : TEND_REASON_CHEAPER_WORK;
	if (missed && ch->is_queue)
		p->reason = TEND_REASON_QUEUE;
	if (missed)
	{
		p->benefit = Max(p->benefit, ch->least_benefit);
		return true;
	}
	return p->benefit >= ch->least_benefit && p->benefit >= LEAST_SHARE_SAVED * cost;
}

static bool
choose(Choice *ch, TendProposal *p)
{
	const TendStock *s = ch->stock;

	if (s->rate <= 0 || isnan(ch->bloat_price))
		return false;
	ch->is_queue = s->burst_rows <= 0 &&
		s->rate * TEND_HOUR_INTERVALS * ch->interval >= QUEUE_TURNOVERS * s->rows;
	if (ch->is_queue)			/* a vacuum in each round */
		ch->target = Min(ch->target, s->rate * s->round_seconds / 2 / s->rows);
	ch->wanted = tend_stock_best(s, tend_stock_range(s, ch->target), ch->bloat_price);
	ch->wanted = Min(Max(ch->wanted, ch->current / LONGEST_STEP), Max(ch->current, 1) * LONGEST_STEP);
	ch->wanted = Min(ch->wanted, ch->most);
	if (!is_worth_it(ch, p))
		return false;
	p->now = outcome(s, ch->current);
	p->then = outcome(s, ch->wanted);
	return true;
}

/*
 * Write a threshold as two options.  Half of it grows with the table, so that
 * it stays sane without us; for tables that are full one moment and empty the
 * next, and for bursts, it is a plain number.
 */
static void
write_options(const Choice *ch, TendProposal *p, TendOptionId threshold, TendOptionId factor)
{
	const TendStock *s = ch->stock;
	double		share = 0;

	if (s->burst_rows <= 0 && ch->wanted < s->rows && s->rows > STEADY_ROUNDS * s->rate * s->round_seconds)
		share = tend_round_option(ch->wanted / 2 / s->rows);
	tend_proposal_add(p, threshold, tend_round_option(rint(Max(ch->wanted - share * ch->reltuples, 0))));
	tend_proposal_add(p, factor, share);
}

static Choice
begin_choice(const TendTuneCase *c, const TendHeapFacts *heap, const TendStock *stock, double current)
{
	int			maximum = c->table->settings->vacuum_max_threshold;
	Choice		ch = {
		.reltuples = Max(heap->reltuples, 0),
		.most = maximum >= 0 ? maximum : PG_INT32_MAX,
		.stock = stock,
		.current = current,
		.target = c->dead_ratio_target,
		.bloat_price = c->market.bloat_price,
		.least_benefit = Min(LEAST_BENEFIT * c->market.one_percent_work,
							 LEAST_SAVED / (TEND_DAY_INTERVALS * c->interval_seconds)),
		.interval = c->interval_seconds
	};

	return ch;
}

/*
 * Dead rows of the table.
 */
bool
tend_tune_dead(const TendTuneCase *c, TendProposal *p)
{
	const TendTableFacts *facts = c->table->facts;
	TendStock	stock = tend_heap_stock(facts, c->size, &c->learnt, c->table->settings);
	Choice		ch = begin_choice(c, &facts->heap, &stock,
								  tend_table_thresholds(facts, c->table->settings).vacuum);

	p->topic = TEND_TOPIC_DEAD;
	if (!choose(&ch, p))
		return false;
	write_options(&ch, p, TEND_OPTION_VACUUM_THRESHOLD, TEND_OPTION_VACUUM_SCALE_FACTOR);
	return true;
}

/* TOAST's threshold once the table has the proposed options. */
static double
toast_threshold(const TendTuneCase *c, const TendProposal *dead)
{
	TendTableFacts facts = *c->table->facts;

	if (dead != NULL)
	{
		facts.heap.options.any = true;
		facts.heap.options.vacuum_threshold = dead->options[0].value;
		facts.heap.options.vacuum_scale_factor = dead->options[1].value;
	}
	return tend_toast_thresholds(&facts, c->table->settings).vacuum;
}

/*
 * Dead rows of its TOAST table, which follows the table unless told
 * otherwise.  "dead" is what is proposed for the table itself, or NULL.
 */
bool
tend_tune_toast(const TendTuneCase *c, const TendProposal *dead, TendProposal *p)
{
	const TendTableFacts *facts = c->table->facts;
	TendStock	stock;
	Choice		ch;

	if (!OidIsValid(facts->toast.relid) || !facts->toast.options.enabled)
		return false;
	stock = tend_toast_stock(facts, c->size, &c->learnt, c->table->settings);
	if (stock.heap_pages < LEAST_TOAST_PAGES)
		return false;
	ch = begin_choice(c, &facts->toast, &stock, toast_threshold(c, dead));
	p->topic = TEND_TOPIC_TOAST;
	if (!choose(&ch, p))
		return false;
	write_options(&ch, p, TEND_OPTION_TOAST_VACUUM_THRESHOLD, TEND_OPTION_TOAST_VACUUM_SCALE_FACTOR);
	return true;
}
