/*-------------------------------------------------------------------------
 *
 * tender.c
 *	  pg_tend at work: visits, with the functions of src/advise.
 *
 * A visit sees what the server's statistics would show.  It calls the
 * production functions in the order of src/worker: which tables are worth a
 * row of history, what that row teaches, what a megabyte is worth, what should
 * change, and what may.  Nothing of a table's truth gets here but counters,
 * sizes, and what its vacuums cost.
 *
 * Tables are looked at only in minutes in which something comes due: a row of
 * history, vacuum, analyze, or a change of traffic.  In between nothing could
 * happen to them.
 *
 *-------------------------------------------------------------------------
 */
#include "sim.h"

#include "advise/guard.h"
#include "advise/lease.h"
#include "advise/options.h"

#define MINUTE			60.0
#define MINUTES_PER_HOUR 60

/* When the simulation begins; 0 would mean "never" to pg_tend */
#define FIRST_TIME		(INT64CONST(800000000) * USECS_PER_SEC)

/* Vacuums differ in price by so much, one from the other. */
#define PRICE_NOISE		0.15

/* As in rates.c, to know when to wake up; what is worth a row it says itself */
#define PATIENCE		15
#define WORTH_DUE		0.01

typedef struct Tended
{
	SimHeap		heap;
	int			now;			/* minute up to which "heap" is */
	int			segment;
	int			next;			/* in the list of the same minute, -1: last */
	uint64		random;
	TendOptions options;
	double		inserted;		/* counters */
	double		updated;
	double		hot_updated;
	double		deleted;
	int			vacuums;
	int			analyzes;
	TendTablePast past;
	TendMeasured measured;
	TendManaged managed;
	int			wishes[TEND_NUM_TOPICS];
	bool		leased;			/* a lease lasts while its blocker does */
	double		saved_threshold;	/* as it was before */
	double		saved_scale;
} Tended;

/* Something that may be done in this visit */
typedef struct Wish
{
	int			table;
	TendProposal proposal;
} Wish;

typedef struct Sim
{
	const SimWorld *world;
	SimLedger  *ledgers;
	SimOutcome *outcomes;
	SimDiary   *diaries;
	double		target;
	int			max_actions;
	TendAutovacuumSettings settings;
	Tended	   *tended;
	int		   *at;				/* list of tables to look at in each minute */
	TendMarket	market;
	TendEconomy economy;
	int			market_minutes; /* between two times that the price is found */
	int			actions;		/* in this hour */
	int			nwishes;
	Wish	   *wishes;
	TendTableFacts facts;		/* of the table that is looked at */
	TendTableSize size;
	TendHorizon horizon;
	SimTendResult result;
} Sim;

static TimestampTz
time_of(int minute)
{
	return FIRST_TIME + (int64) minute * 60 * USECS_PER_SEC;
}

static void
wake_at(Sim *sim, int table, int minute)
{
	if (minute > sim->world->days * SIM_DAY)
		return;
	sim->tended[table].next = sim->at[minute];
	sim->at[minute] = table;
}

/* ---- what the server shows ---- */

static void
show_facts(Sim *sim, const SimTable *t, const Tended *x, int table)
{
	TendHeapFacts *heap = &sim->facts.heap;
	double		pages = sim_heap_pages(t, &x->heap);

	heap->relid = 100000 + table;
	heap->options = x->options;
	heap->reltuples = x->heap.reltuples;
	heap->relpages = (int32) pages;
	heap->live_tuples = (int64) x->heap.live;
	heap->dead_tuples = (int64) x->heap.dead;
	heap->inserts_since_vacuum = (int64) x->heap.new_rows;
	heap->mods_since_analyze = (int64) x->heap.modified;
	heap->inserted = (int64) x->inserted;
	heap->updated = (int64) x->updated;
	heap->hot_updated = (int64) x->hot_updated;
	heap->deleted = (int64) x->deleted;
	heap->vacuum_count = x->vacuums;
	heap->analyze_count = x->analyzes;
	heap->last_vacuum = x->vacuums > 0 ? FIRST_TIME : 0;
	heap->last_analyze = FIRST_TIME;
	sim->size.table_bytes = (int64) (pages * BLCKSZ);
	sim->size.index_bytes = (int64) (sim_index_pages(t, &x->heap) * BLCKSZ);
	sim->horizon.held = x->now >= t->held_from && x->now < t->held_until;
	sim->horizon.since = sim->horizon.held ? time_of(t->held_from) : 0;
}

static TendTablePast
past_of(const Sim *sim, const TendLearnt *learnt, TimestampTz now)
{
	const TendHeapFacts *heap = &sim->facts.heap;
	TendTablePast past = {
		.at = now,
		.live_tuples = heap->live_tuples,
		.dead_tuples = heap->dead_tuples,
		.inserts_since_vacuum = heap->inserts_since_vacuum,
		.mods_since_analyze = heap->mods_since_analyze,
		.inserted = heap->inserted,
		.updated = heap->updated,
		.hot_updated = heap->hot_updated,
		.deleted = heap->deleted,
		.vacuum_count = heap->vacuum_count,
		.analyze_count = heap->analyze_count,
		.bytes = sim->size.table_bytes + sim->size.index_bytes,
		.learnt = *learnt
	};

	return past;
}

/* ---- what the server does ---- */

static void
flow(const SimTable *t, Tended *x, int until)
{
	const SimSegment *s = &t->segments[x->segment];
	int			minutes = until - x->now;

	if (minutes <= 0)
		return;
	sim_flow(t, &x->heap, s, x->now, minutes);
	x->inserted += (double) s->inserted * minutes;
	x->updated += ((double) s->updated + s->hot) * minutes;
	x->hot_updated += (double) s->hot * minutes;
	x->deleted += (double) s->deleted * minutes;
	x->now = until;
	while (x->segment + 1 < t->nsegments && t->segments[x->segment + 1].start <= until)
		x->segment++;
}

static TendThresholds
thresholds(Sim *sim, const Tended *x)
{
	sim->facts.heap.options = x->options;
	sim->facts.heap.reltuples = x->heap.reltuples;
	return tend_table_thresholds(&sim->facts, &sim->settings);
}

static void
autovacuum(Sim *sim, const SimTable *t, Tended *x)
{
	TendThresholds now = thresholds(sim, x);

	if (x->heap.dead > now.vacuum || x->heap.new_rows > now.insert)
	{
		double		pages = sim_vacuum(t, &x->heap, x->now) *
			exp(PRICE_NOISE * sim_random_normal(&x->random));

		x->vacuums++;
		x->measured.vacuums++;
		x->measured.vacuum_pages += pages;
		x->measured.vacuum_wal += pages * t->wal * BLCKSZ;
	}
	if (x->heap.modified > now.analyze)
	{
		x->analyzes++;
		x->heap.modified = 0;
		x->heap.reltuples = x->heap.live;
	}
}

/* ---- a visit ---- */

static double *
option_of(TendOptions *options, TendOptionId id)
{
	switch (id)
	{
		case TEND_OPTION_VACUUM_THRESHOLD:
			return &options->vacuum_threshold;
		case TEND_OPTION_VACUUM_SCALE_FACTOR:
			return &options->vacuum_scale_factor;
		case TEND_OPTION_INSERT_THRESHOLD:
			return &options->insert_threshold;
		case TEND_OPTION_INSERT_SCALE_FACTOR:
			return &options->insert_scale_factor;
		case TEND_OPTION_FREEZE_MIN_AGE:
			return &options->freeze_min_age;
		case TEND_OPTION_ANALYZE_THRESHOLD:
			return &options->analyze_threshold;
		case TEND_OPTION_ANALYZE_SCALE_FACTOR:
			return &options->analyze_scale_factor;
		case TEND_OPTION_COST_LIMIT:
			return &options->cost_limit;
		default:
			return NULL;
	}
}

static void
carry_out(Sim *sim, const Wish *wish, int now)
{
	Tended	   *x = &sim->tended[wish->table];
	const TendProposal *p = &wish->proposal;

	for (int i = 0; i < p->noptions; i++)
	{
		double	   *option = option_of(&x->options, p->options[i].option);

		if (option == NULL)
			continue;
		*option = p->options[i].value;
		x->options.any = true;
		x->managed.options[p->options[i].option] = (TendInForce)
		{
			true, p->options[i].value
		};
	}
	x->managed.changed_at[p->topic] = time_of(now);
	x->managed.vacuums_then[p->topic] = x->vacuums;
	x->wishes[p->topic] = 0;
	sim->outcomes[wish->table].all_changes++;
	if (p->topic == TEND_TOPIC_DEAD)
	{
		sim->outcomes[wish->table].changes++;
		if (now >= sim->world->days / 2 * SIM_DAY)
			sim->outcomes[wish->table].changes_half++;
	}
}

static int
compare_wishes(const void *a, const void *b)
{
	double		x = ((const Wish *) a)->proposal.benefit;
	double		y = ((const Wish *) b)->proposal.benefit;

	return x > y ? -1 : x < y;
}

/* The most useful ones first, while the hour's budget lasts */
static void
carry_out_wishes(Sim *sim, int now)
{
	if (now % MINUTES_PER_HOUR == 0)
		sim->actions = 0;
	if (sim->nwishes > 1)
		qsort(sim->wishes, sim->nwishes, sizeof(Wish), compare_wishes);
	for (int i = 0; i < sim->nwishes && sim->actions < sim->max_actions; i++)
	{
		carry_out(sim, &sim->wishes[i], now);
		sim->actions++;
	}
	sim->result.most_actions_in_an_hour = Max(sim->result.most_actions_in_an_hour, sim->actions);
	sim->nwishes = 0;
}

static void
weigh(Sim *sim, int table, const TendTuneCase *c)
{
	Tended	   *x = &sim->tended[table];
	TendTuning	tuning = tend_tune(c);
	bool		wished[TEND_NUM_TOPICS] = {false};

	for (int i = 0; i < tuning.nproposals; i++)
	{
		const TendProposal *p = &tuning.proposals[i];
		TendGuardCase g = {
			.table = c->table,
			.managed = &x->managed,
			.mode = TEND_TUNING_APPLY,
			.wishes = ++x->wishes[p->topic],
			.actions_left = 1,	/* the best ones get them, see above */
			.interval_seconds = MINUTE
		};

		wished[p->topic] = true;
		if (tend_guard(&g, p) == TEND_BLOCK_NONE)
			sim->wishes[sim->nwishes++] = (Wish)
		{
			table, *p
		};
	}
	for (int i = 0; i < TEND_NUM_TOPICS; i++)
	{
		if (!wished[i])
			x->wishes[i] = 0;
	}
}

/* A row of history, and what follows from it */
static void
record(Sim *sim, int table, const TendTableDelta *delta)
{
	Tended	   *x = &sim->tended[table];
	TimestampTz now = time_of(x->now);
	TendObservation o = {
		.facts = &sim->facts,
		.past = &x->past,
		.size = &sim->size,
		.measured = &x->measured,
		.settings = &sim->settings,
		.now = now,
		.interval_seconds = MINUTE
	};
	TendTableCase tc = {
		.facts = &sim->facts,
		.settings = &sim->settings,
		.horizon = &sim->horizon,
		.age_policy = {500000000, 1000000000},
		.overdue = 2,
		.dead_per_second = NAN,
		.burn = {NAN, NAN},
		.now = now
	};
	TendTuneCase c = {
		.table = &tc,
		.size = &sim->size,
		.market = sim->market,
		.managed = &x->managed,
		.dead_ratio_target = sim->target,
		.interval_seconds = MINUTE
	};

	c.learnt = delta->known ? tend_learn(&o) : x->past.learnt;
	x->past = past_of(sim, &c.learnt, now);
	memset(&x->measured, 0, sizeof(x->measured));
	sim->result.rows_of_history++;
	if (x->now % sim->market_minutes == 0)
	{
		TendStock	stock = tend_heap_stock(&sim->facts, &sim->size, &c.learnt, &sim->settings);

		if (stock.rate > 0)
			tend_economy_add(&sim->economy, &stock, sim->target,
							 Min(delta->seconds / MINUTE, 60));
	}
	weigh(sim, table, &c);
}

/* ---- leases ---- */

static void
end_lease(Tended *x)
{
	x->options.vacuum_threshold = x->saved_threshold;
	x->options.vacuum_scale_factor = x->saved_scale;
	x->managed.leased[TEND_TOPIC_DEAD] = false;
	x->leased = false;
}

static void
mind_lease(Sim *sim, Tended *x)
{
	TendLeaseCase l = {
		.horizon = &sim->horizon,
		.counter = x->heap.dead,
		.threshold = thresholds(sim, x).vacuum,
		.rate = x->past.learnt.dead_fast,
		.now = time_of(x->now),
		.interval_seconds = MINUTE
	};
	double		wanted;

	if (!sim->horizon.held)
	{
		if (x->leased)
			end_lease(x);
		return;
	}
	wanted = tend_lease_threshold(&l);
	if (wanted <= 0)
		return;
	if (!x->leased)
	{
		x->saved_threshold = x->options.vacuum_threshold;
		x->saved_scale = x->options.vacuum_scale_factor;
	}
	x->options.vacuum_threshold = rint(wanted);
	x->options.vacuum_scale_factor = 0;
	x->managed.leased[TEND_TOPIC_DEAD] = true;
	x->leased = true;
}

/* ---- when to look again ---- */

/* Minutes until a counter that was "before" in history has moved enough */
static double
minutes_to_row(double counter, double before, double rate, double threshold)
{
	double		step = Max(threshold * WORTH_DUE, 1);

	if (rate <= 0)
		return PG_INT32_MAX;
	return ceil((before + step - counter) / rate);
}

static double
minutes_to_due(double counter, double rate, double threshold)
{
	if (rate <= 0)
		return counter > threshold ? 1 : PG_INT32_MAX;
	return floor((threshold - counter) / rate) + 1;
}

static int
next_look(Sim *sim, const SimTable *t, Tended *x)
{
	const SimSegment *s = &t->segments[x->segment];
	const SimHeap *h = &x->heap;
	TendThresholds now = thresholds(sim, x);
	double		dead = sim_dead_rate(s);
	double		modified = dead + s->inserted + s->hot;
	int			half = sim->world->days / 2 * SIM_DAY;
	double		minutes = (x->now < half ? Min(s[1].start, half) : s[1].start) - x->now;
	double		recorded = (x->past.at - time_of(x->now)) / (60.0 * USECS_PER_SEC);

	if (modified <= 0 && !tend_history_differs(&sim->facts, &x->past))
		return x->now + Max((int) minutes, 1);
	minutes = Min(minutes, minutes_to_due(h->dead, dead, now.vacuum));
	minutes = Min(minutes, minutes_to_due(h->new_rows, s->inserted, now.insert));
	minutes = Min(minutes, minutes_to_due(h->modified, modified, now.analyze));
	minutes = Min(minutes, minutes_to_row(h->dead, x->past.dead_tuples, dead, now.vacuum));
	minutes = Min(minutes, minutes_to_row(h->new_rows, x->past.inserts_since_vacuum, s->inserted, now.insert));
	minutes = Min(minutes, minutes_to_row(h->modified, x->past.mods_since_analyze, modified, now.analyze));
	minutes = Min(minutes, Max(recorded + PATIENCE, 1));
	return x->now + Max((int) minutes, 1);
}

/* ---- the month ---- */

static void
remember_moment(SimDiary *diary, double minute, double dead, double threshold)
{
	if (diary->n == diary->size)
	{
		diary->size = Max(2 * diary->size, 4096);
		diary->moments = pg_realloc(diary->moments, sizeof(SimMoment) * diary->size);
	}
	diary->moments[diary->n++] = (SimMoment)
	{
		(float) minute, (float) dead, (float) threshold
	};
}

static void
look(Sim *sim, int table, int now)
{
	const SimTable *t = &sim->world->tables[table];
	Tended	   *x = &sim->tended[table];
	SimDiary   *diary = &sim->diaries[t->kind];
	TendTableDelta delta;

	flow(t, x, now);
	if (diary->table == table)
		remember_moment(diary, now, x->heap.dead, thresholds(sim, x).vacuum);
	autovacuum(sim, t, x);
	show_facts(sim, t, x, table);
	if (diary->table == table)
		remember_moment(diary, now, x->heap.dead, thresholds(sim, x).vacuum);
	if (t->held_from >= 0)
	{
		mind_lease(sim, x);
		sim->facts.heap.options = x->options;
	}
	delta = tend_table_delta(&sim->facts, &x->past, time_of(now));
	if (tend_history_worth(&sim->facts, &x->past, &delta, &sim->settings, MINUTE))
		record(sim, table, &delta);
}

static void
take_sums(Sim *sim, int which)
{
	for (int i = 0; i < sim->world->ntables; i++)
	{
		sim->ledgers[i].at[which] = sim->tended[i].heap.sums;
		sim->ledgers[i].at[which].dead = sim->tended[i].heap.dead;
	}
}

/* At these times all tables are looked at, so that their sums are of now. */
static void
end_day(Sim *sim, int day)
{
	sim->result.prices[sim->result.nprices++] = sim->market.bloat_price;
	if (day == sim->world->days / 2)
		take_sums(sim, 1);
	if (day == sim->world->days)
		take_sums(sim, 2);
}

static void
find_price(Sim *sim)
{
	sim->market = tend_market_next(sim->market, &sim->economy, -1, sim->market_minutes);
	tend_economy_fade(&sim->economy);
}

static void
visit(Sim *sim, int now)
{
	int			table = sim->at[now];

	for (int i = table; i >= 0; i = sim->tended[i].next)
		look(sim, i, now);
	if (now % sim->market_minutes == 0)
		find_price(sim);
	carry_out_wishes(sim, now);
	while (table >= 0)
	{
		const SimTable *t = &sim->world->tables[table];
		int			next = sim->tended[table].next;

		show_facts(sim, t, &sim->tended[table], table);
		wake_at(sim, table, next_look(sim, t, &sim->tended[table]));
		table = next;
	}
	if (now % SIM_DAY == 0)
		end_day(sim, now / SIM_DAY);
}

static void
begin(Sim *sim)
{
	const SimWorld *w = sim->world;

	sim->settings = (TendAutovacuumSettings)
	{
		.active = true,
			.vacuum_threshold = 50,
			.vacuum_max_threshold = -1,
			.vacuum_scale_factor = 0.2,
			.insert_threshold = 1000,
			.insert_scale_factor = 0.2,
			.analyze_threshold = 50,
			.analyze_scale_factor = 0.1,
			.freeze_max_age = 200000000,
			.multixact_freeze_max_age = 400000000,
			.naptime_seconds = 60,
			.cost_limit = 200,
			.cost_delay = 2,
			.checkpoint_seconds = 300
	};
	strcpy(sim->facts.schema_name, "public");
	strcpy(sim->facts.table_name, "simulated");
	sim->facts.kind = 'r';
	sim->facts.persistence = 'p';
	tend_options_init(&sim->facts.toast.options);
	sim->facts.toast.xid_age = sim->facts.toast.mxid_age = -1;
	sim->facts.heap.mxid_age = -1;
	sim->market.bloat_price = sim->market.one_percent_work = NAN;
	/*
	 * Each visit finds the price anew.  For many tables that takes too long
	 * here, and their sums vary less from visit to visit.
	 */
	sim->market_minutes = w->ntables <= 500 ? 1 : w->ntables <= 2000 ? 5 : 30;
	sim->at = pg_malloc(sizeof(int) * (w->days * SIM_DAY + 1));
	for (int i = 0; i <= w->days * SIM_DAY; i++)
		sim->at[i] = -1;
	sim->tended = pg_malloc0(sizeof(Tended) * w->ntables);
	sim->wishes = pg_malloc(sizeof(Wish) * TEND_NUM_TOPICS * w->ntables);
	for (int i = 0; i < w->ntables; i++)
	{
		Tended	   *x = &sim->tended[i];

		x->heap = sim_heap_begin(&w->tables[i]);
		x->random = w->tables[i].seed + 1;
		tend_options_init(&x->options);
		tend_learnt_init(&x->past.learnt);
		memset(&sim->ledgers[i].at[0], 0, sizeof(SimSums));
		wake_at(sim, i, 1);
	}
}

static void
set_price(Sim *sim)
{
	double		sum = 0;
	int			n = 0;

	for (int i = sim->result.nprices / 2; i < sim->result.nprices; i++)
	{
		if (isnan(sim->result.prices[i]))
			continue;
		sum += log(sim->result.prices[i]);
		n++;
	}
	sim->result.price = n > 0 ? exp(sum / n) : NAN;
}

SimTendResult
sim_tend(const SimWorld *w, double target, int max_actions, SimLedger *ledgers,
		 SimOutcome *outcomes, SimDiary *diaries)
{
	Sim			sim = {
		.world = w,
		.ledgers = ledgers,
		.outcomes = outcomes,
		.diaries = diaries,
		.target = target,
		.max_actions = max_actions
	};

	begin(&sim);
	for (int now = 1; now <= w->days * SIM_DAY; now++)
		visit(&sim, now);
	set_price(&sim);
	pg_free(sim.at);
	pg_free(sim.tended);
	pg_free(sim.wishes);
	return sim.result;
}
