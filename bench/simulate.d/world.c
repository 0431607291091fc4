/*-------------------------------------------------------------------------
 *
 * world.c
 *	  Tables that a database might have, and what happens to them.
 *
 * Sizes and speeds are drawn from wide ranges, equally in all orders of
 * magnitude; nothing is fitted to what src/advise assumes.  In particular the
 * true price of a vacuum, the space that a dead row pins, and how dead rows
 * spread over pages differ from its formulas table by table.
 *
 *-------------------------------------------------------------------------
 */
#include "sim.h"

#define HOUR 60

/* A segment may not be longer: fits the resolution of heap.c */
#define JITTER_HOURS 6

typedef struct KindInfo
{
	const char *name;
	double		share;			/* of all tables */
	void		(*happen) (SimTable *t, uint64 *random, int days);
} KindInfo;

/* How a table's traffic divides */
typedef struct Mix
{
	double		churn;			/* of the dead rows: deleted, and inserted
								 * anew */
	double		hot;			/* of the updates: heap-only */
} Mix;

/* ---- segments ---- */

void
sim_segment_add(SimTable *t, double start, double inserted, double updated, double hot,
				double deleted)
{
	if ((t->nsegments & (t->nsegments - 1)) == 0)
		t->segments = pg_realloc(t->segments,
								 sizeof(SimSegment) * (t->nsegments == 0 ? 2 : 2 * t->nsegments + 1));
	t->segments[t->nsegments++] = (SimSegment)
	{
		(int32) start, (float) inserted, (float) updated, (float) hot, (float) deleted
	};
}

void
sim_segment_end(SimTable *t, int end)
{
	sim_segment_add(t, end, 0, 0, 0, 0);
	t->nsegments--;
}

/* "dead" rows die per minute, "more" rows are inserted besides */
static void
traffic(SimTable *t, double start, const Mix *mix, double dead, double more)
{
	double		deleted = mix->churn * dead;
	double		updated = dead - deleted;

	sim_segment_add(t, start, deleted + more, updated, updated * mix->hot / (1 - mix->hot), deleted);
}

static double
jitter(uint64 *random)
{
	return exp(0.1 * sim_random_normal(random));
}

static Mix
random_mix(uint64 *random)
{
	Mix			mix = {
		.churn = sim_random(random) < 0.5 ? 0 : sim_random(random),
		.hot = sim_random_between(random, 0, 0.9)
	};

	return mix;
}

/* Dead rows per minute of an ordinary table */
static double
random_rate(const SimTable *t, uint64 *random)
{
	return Min(t->rows * sim_random_log(random, 0.001, 5) / SIM_DAY, 30000);
}

/* ---- what happens to the kinds of tables ---- */

static void
steady(SimTable *t, uint64 *random, int days, double rate, double more_share)
{
	Mix			mix = random_mix(random);

	for (int h = 0; h < days * 24; h += JITTER_HOURS)
	{
		double		now = rate * jitter(random);

		traffic(t, h * HOUR, &mix, now, now * more_share);
	}
}

static void
happen_constant(SimTable *t, uint64 *random, int days)
{
	steady(t, random, days, random_rate(t, random), 0);
}

static void
happen_growing(SimTable *t, uint64 *random, int days)
{
	double		rate = random_rate(t, random) / 5;

	steady(t, random, days, rate,
		   t->rows * sim_random_log(random, 0.1, 10) / (days * SIM_DAY) / rate);
}

static void
happen_day_night(SimTable *t, uint64 *random, int days)
{
	Mix			mix = random_mix(random);
	double		rate = random_rate(t, random);

	for (int h = 0; h < days * 24; h += 4)
		traffic(t, h * HOUR, &mix, rate * jitter(random) * (h % 24 >= 8 && h % 24 < 20 ? 1 : 0.1), 0);
}

static void
happen_weekend(SimTable *t, uint64 *random, int days)
{
	Mix			mix = random_mix(random);
	double		rate = random_rate(t, random);

	for (int h = 0; h < days * 24; h += JITTER_HOURS)
		traffic(t, h * HOUR, &mix, rate * jitter(random) * (h / 24 % 7 < 5 ? 1 : 0.1), 0);
}

/*
 * Rows come evenly, and what came in a period is deleted at its end at once,
 * in some minutes if it is much.
 */
static void
purge(SimTable *t, uint64 *random, int days, int period, double share)
{
	Mix			mix = {.churn = 0,.hot = 0.5};
	double		rows = share * t->rows;
	int			offset = (int) (sim_random(random) * Min(period, SIM_DAY) / 2);
	int			minutes = (int) Min(ceil(rows / 500000), period / 4);
	double		trickle = rows / period * (sim_random(random) < 0.5 ? 0 : 0.05);

	traffic(t, 0, &mix, trickle, rows / period);
	for (int at = offset + period / 2; at < days * SIM_DAY - minutes; at += period)
	{
		double		now = rows * jitter(random);

		sim_segment_add(t, at, rows / period, 0, 0, now / minutes);
		traffic(t, at + minutes, &mix, trickle, now / period);
	}
}

static void
happen_purge_hour(SimTable *t, uint64 *random, int days)
{
	purge(t, random, days, HOUR, sim_random_log(random, 0.001, 0.05));
}

static void
happen_purge_day(SimTable *t, uint64 *random, int days)
{
	purge(t, random, days, SIM_DAY, sim_random_log(random, 0.01, 0.3));
}

static void
happen_purge_week(SimTable *t, uint64 *random, int days)
{
	purge(t, random, days, 7 * SIM_DAY, sim_random_log(random, 0.05, 0.5));
}

static void
happen_queue(SimTable *t, uint64 *random, int days)
{
	double		rate;

	t->rows = sim_random_log(random, 10, 3000);
	t->dense = true;
	rate = Min(t->rows * sim_random_log(random, 0.05, 5), 5000);
	for (int h = 0; h < days * 24; h += JITTER_HOURS)
	{
		double		now = rate * jitter(random);

		/* a job is inserted, marked, and deleted */
		sim_segment_add(t, h * HOUR, now, now * 0.3, now * 0.7, now);
	}
}

static void
happen_insert_only(SimTable *t, uint64 *random, int days)
{
	double		rate = t->rows * sim_random_log(random, 0.001, 0.1) / SIM_DAY;

	for (int h = 0; h < days * 24; h += JITTER_HOURS)
		sim_segment_add(t, h * HOUR, rate * jitter(random), 0, 0, 0);
}

/* Loaded on one day, and half of them corrected on another */
static void
happen_bulk(SimTable *t, uint64 *random, int days)
{
	int			loaded = (int) (sim_random(random) * SIM_DAY);
	int			corrected = (int) (sim_random_between(random, 0.2, 0.9) * days * SIM_DAY);
	double		rows = t->rows;

	t->rows = 100;
	sim_segment_add(t, 0, 0, 0, 0, 0);
	sim_segment_add(t, loaded, rows / 30, 0, 0, 0);
	sim_segment_add(t, loaded + 30, 0, 0, 0, 0);
	if (sim_random(random) < 0.5 && corrected > loaded + 60)
	{
		sim_segment_add(t, corrected, 0, rows * 0.1 / 10, 0, 0);
		sim_segment_add(t, corrected + 10, 0, 0, 0, 0);
	}
}

static void
happen_shift(SimTable *t, uint64 *random, int days)
{
	Mix			mix = random_mix(random);
	double		rate = random_rate(t, random);
	double		factor = sim_random(random) < 0.5 ? 10 : 0.1;
	int			day = (int) (days * sim_random_between(random, 0.4, 0.7));

	for (int h = 0; h < days * 24; h += JITTER_HOURS)
		traffic(t, h * HOUR, &mix, rate * jitter(random) * (h >= day * 24 ? factor : 1), 0);
}

static void
happen_idle(SimTable *t, uint64 *random, int days)
{
	(void) random;
	(void) days;
	sim_segment_add(t, 0, 0, 0, 0, 0);
}

/* Batches of all sizes at any time, each within a minute */
static void
happen_spiky(SimTable *t, uint64 *random, int days)
{
	Mix			mix = random_mix(random);
	double		gap = sim_random_log(random, 20, 600);
	double		rate = random_rate(t, random);
	double		at = 1;

	traffic(t, 0, &mix, 0, 0);
	for (;;)
	{
		at += 2 + floor(sim_random_wait(random, gap));
		if (at >= days * SIM_DAY - 1)
			break;
		traffic(t, at, &mix, Min(rate * gap * exp(sim_random_normal(random) - 0.5), t->rows), 0);
		traffic(t, at + 1, &mix, 0, 0);
	}
}

static void
happen_held(SimTable *t, uint64 *random, int days)
{
	steady(t, random, days, random_rate(t, random), 0);
	t->held_from = (int) (sim_random_between(random, 0.55, 0.9) * days) * SIM_DAY;
	t->held_until = t->held_from + SIM_DAY;
}

static const KindInfo kinds[SIM_NUM_KINDS] = {
	[SIM_CONSTANT] = {"constant", 0.12, happen_constant},
	[SIM_DAY_NIGHT] = {"day and night", 0.12, happen_day_night},
	[SIM_WEEKEND] = {"weekend", 0.08, happen_weekend},
	[SIM_PURGE_HOUR] = {"purge hourly", 0.04, happen_purge_hour},
	[SIM_PURGE_DAY] = {"purge daily", 0.06, happen_purge_day},
	[SIM_PURGE_WEEK] = {"purge weekly", 0.03, happen_purge_week},
	[SIM_QUEUE] = {"queue", 0.05, happen_queue},
	[SIM_INSERT_ONLY] = {"insert only", 0.08, happen_insert_only},
	[SIM_BULK] = {"bulk load", 0.06, happen_bulk},
	[SIM_SHIFT] = {"rate shift", 0.06, happen_shift},
	[SIM_IDLE] = {"idle", 0.14, happen_idle},
	[SIM_GROWING] = {"growing", 0.08, happen_growing},
	[SIM_SPIKY] = {"spiky", 0.05, happen_spiky},
	[SIM_HELD] = {"horizon held", 0.03, happen_held},
	[SIM_RECORDED] = {"recorded", 0, NULL},
};

const char *
sim_kind_name(SimKind kind)
{
	return kinds[kind].name;
}

/* ---- tables ---- */

/* A table about which nothing but its size is known */
SimTable
sim_table_begin(double rows, double row_bytes)
{
	SimTable	t = {
		.rows = rows,
		.row_bytes = row_bytes,
		.touched = 1,
		.price = 1,
		.wal = 0.05,
		.held_from = -1,
		.held_until = -1
	};

	return t;
}

static void
make_truth(SimTable *t, uint64 *random)
{
	int			nindexes = (int) sim_random_between(random, 0, 6);
	double		spread = sim_random(random);

	for (int i = 0; i < nindexes; i++)
		t->index_bytes += sim_random_between(random, 18, 60);
	/* pruning leaves line pointers, B-trees drop some entries by themselves */
	t->pinned_heap = 4 + t->row_bytes * sim_random_between(random, 0.1, 0.9);
	t->pinned_index = t->index_bytes * sim_random_between(random, 0.3, 0.8);
	t->price = exp(0.5 * sim_random_normal(random));
	t->wal = 0.05 * exp(0.5 * sim_random_normal(random));
	if (spread > 0.9)
		t->dense = true;
	else if (spread > 0.5)
		t->touched = sim_random_log(random, 0.03, 1);
}

static SimKind
random_kind(double at)
{
	for (int k = 0; k < SIM_NUM_KINDS; k++)
	{
		at -= kinds[k].share;
		if (at < 0)
			return k;
	}
	return SIM_CONSTANT;
}

SimWorld
sim_world_make(int ntables, int days, uint64 seed)
{
	SimWorld	w = {.ntables = ntables,.days = days};

	w.tables = pg_malloc0(sizeof(SimTable) * ntables);
	for (int i = 0; i < ntables; i++)
	{
		uint64		random = seed * UINT64CONST(1000003) + i;
		SimTable   *t = &w.tables[i];
		SimKind		kind;

		/*
		 * a fraction of a cycle per table: each kind gets its share at any
		 * size
		 */
		sim_random(&random);
		kind = random_kind(fmod((i + 0.5) * 0.6180339887498949, 1));
		*t = sim_table_begin(sim_random_log(&random, 300, 3e7), sim_random_log(&random, 40, 600));
		t->kind = kind;
		make_truth(t, &random);
		t->seed = random;
		kinds[kind].happen(t, &random, days);
		sim_segment_end(t, days * SIM_DAY);
	}
	return w;
}
