/*-------------------------------------------------------------------------
 *
 * learn.c
 *	  Tests of src/advise/learn.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/learn.h"

#define INTERVAL 60.0

/* ---- averages ---- */

static void
check_average(void)
{
	double		average;
	double		known;
	int			broken = 0;

	tap_number(tend_average_next(NAN, 600, 60, 3600, 0), 10, "the first observation is the average");
	tap_number(tend_average_next(7, NAN, 60, 3600, 60), 7, "an unknown amount leaves it");
	tap_number(tend_average_next(NAN, NAN, 60, 3600, 60), NAN, "even if there is none");
	tap_number(tend_average_next(7, 600, 0, 3600, 60), 7, "no time leaves it");
	tap_number(tend_average_next(7, 600, -1, 3600, 60), 7, "nor does a clock that was set back change it");
	tap_number(tend_average_next(7, 7 * 60, 60, 3600, 1e9), 7, "the same rate keeps it");
	tap_ok(fabs(tend_average_next(0, 60, 60, 60, 1e15) - (1 - exp(-1))) < 1e-9,
		   "once known for long, an observation of a horizon weighs 1 - 1/e");
	tap_ok(fabs(tend_average_next(0, 6e9, 6e9, 3600, 1e15) - 1) < 1e-6, "a long observation replaces what was known");

	/* what a table began with */
	average = tend_average_next(NAN, 60 * 1e6, 60, 86400, 0);
	known = 60;
	for (int i = 0; i < 100; i++, known += 60)
		average = tend_average_next(average, 60 * 5, 60, 86400, known);
	tap_ok(average < 6, "the load with which a table began is soon forgotten");

	/* by day and by night */
	average = NAN;
	known = 0;
	for (int i = 0; i < 4 * 1440; i++, known += 60)
		average = tend_average_next(average, i % 1440 < 720 ? 600 : 60, 60, 86400, known);
	tap_ok(average > 0.4 * 5.5 && average < 1.6 * 5.5, "an average over a day is about that of day and night");

	for (int i = 0; i < 10000; i++)
	{
		double		before = given_between(1e-6, 1e6);
		double		seconds = given_between(1e-3, 1e6);
		double		rate = given_between(1e-6, 1e6);
		double		after = tend_average_next(before, rate * seconds, seconds,
											  given_between(60, 1e6), given_between(1, 1e9));

		broken += !(after >= Min(before, rate) - 1e-9 * Max(before, rate) &&
					after <= Max(before, rate) * (1 + 1e-9));
	}
	tap_ok(broken == 0, "an average lies between what was known and what is seen");
}

/* ---- a table that is watched ---- */

typedef struct Watched
{
	TendTableFacts facts;
	TendTablePast past;
	TendTableSize size;
	TendMeasured measured;
	TendAutovacuumSettings settings;
	TimestampTz now;
}			Watched;

static Watched
watched(const char *heap)
{
	Watched		w = {
		.facts = given_table(heap, "", NULL, NULL),
		.settings = given_settings(""),
		.now = INT64CONST(1000000000000)
	};

	w.size.table_bytes = (int64) w.facts.heap.relpages * BLCKSZ;
	tend_learnt_init(&w.past.learnt);
	return w;
}

static TendObservation
observation(const Watched * w)
{
	TendObservation o = {
		.facts = &w->facts,
		.past = &w->past,
		.size = &w->size,
		.measured = &w->measured,
		.settings = &w->settings,
		.now = w->now,
		.interval_seconds = INTERVAL
	};

	return o;
}

/* What the next row of history holds */
static void
remember(Watched * w, TendLearnt learnt)
{
	const TendHeapFacts *h = &w->facts.heap;

	w->past = (TendTablePast)
	{
		.at = w->now,
			.live_tuples = h->live_tuples,
			.dead_tuples = h->dead_tuples,
			.inserted = h->inserted,
			.updated = h->updated,
			.hot_updated = h->hot_updated,
			.deleted = h->deleted,
			.vacuum_count = h->vacuum_count,
			.analyze_count = h->analyze_count,
			.toast_deleted = w->facts.toast.deleted,
			.toast_dead_tuples = w->facts.toast.dead_tuples,
			.bytes = w->size.table_bytes + w->size.index_bytes,
			.learnt = learnt
	};
}

/*
 * Some intervals pass in which rows are deleted, as many others come, and
 * vacuum clears them at its threshold.  As in a visit, a row of history is
 * written when something happened.
 */
static void
pass(Watched * w, double intervals, int64 deleted)
{
	TendObservation o;
	TendTableDelta d;

	w->now += (int64) (intervals * INTERVAL * USECS_PER_SEC);
	w->facts.heap.deleted += deleted;
	w->facts.heap.inserted += deleted;
	w->facts.heap.dead_tuples += deleted;
	w->facts.heap.mods_since_analyze += 2 * deleted;
	o = observation(w);
	/* a visit at each interval, unless it comes late */
	o.visit_seconds = intervals * INTERVAL;
	d = tend_table_delta(&w->facts, &w->past, w->now);
	if (tend_history_worth(&w->facts, &w->past, &d, &w->settings, INTERVAL))
		remember(w, tend_learn(&o));
	if (w->facts.heap.dead_tuples > tend_table_thresholds(&w->facts, &w->settings).vacuum)
	{
		w->facts.heap.dead_tuples = 0;
		w->facts.heap.vacuum_count++;
	}
}

/* What the law makes of it */
static TendStock
stock_of(const Watched * w)
{
	return tend_heap_stock(&w->facts, &w->size, &w->past.learnt, &w->settings);
}

#define SMALL "reltuples=10000 live=10000 relpages=100"
#define LARGE "reltuples=1000000 live=1000000 relpages=10000"

static void
check_watching(void)
{
	Watched		w = watched(LARGE);
	TendObservation o = observation(&w);
	TendLearnt	l = tend_learn(&o);

	tap_ok(l.observed_seconds == 0 && isnan(l.dead_day), "without a past nothing is learnt");
	remember(&w, l);
	l = tend_learn(&o);
	tap_ok(l.observed_seconds == 0 && isnan(l.dead_day), "nor while no time passes");

	w.now += 60 * USECS_PER_SEC;
	o = observation(&w);
	w.facts.heap.deleted += 600;
	l = tend_learn(&o);
	tap_number(l.observed_seconds, 60, "time is counted");
	tap_ok(l.dead_fast == 10 && l.dead_hour == 10 && l.dead_day == 10, "the first rate is that of the first interval");
	tap_number(l.mods_day, 10, "deleted rows are changes");
	tap_number(l.inserts_day, 0, "and no inserts");
	tap_number(l.burst_share, NAN, "one observation says nothing of bursts");

	/* lost statistics: what was learnt stays */
	remember(&w, l);
	w.now += 60 * USECS_PER_SEC;
	w.facts.heap.deleted = 0;
	o = observation(&w);
	l = tend_learn(&o);
	tap_ok(l.dead_day == 10 && l.observed_seconds == 60, "counters that went down teach nothing");
}

/* ---- bursts ---- */

static void
check_bursts(void)
{
	Watched		w = watched(LARGE);
	TendStock	s;
	int			bursts = 0;

	/* steady */
	for (int i = 0; i < 2000; i++)
		pass(&w, 1, 900 + given_dice(200));
	s = stock_of(&w);
	tap_ok(s.burst_rows == 0, "steady traffic has no bursts");
	tap_ok(fabs(s.rate / (1000 / 60.0) - 1) < 0.1, "and its rate is known");

	/* slow: a row of history now and then */
	w = watched(LARGE);
	for (int i = 0; i < 3000; i++)
		pass(&w, 1, 3);
	s = stock_of(&w);
	tap_ok(s.burst_rows == 0, "slow traffic that gathers between rows of history is no burst");
	tap_ok(fabs(s.rate / (3 / 60.0) - 1) < 0.2, "and its rate is known");

	/* a purge each hour */
	w = watched(LARGE);
	for (int i = 0; i < 3000; i++)
		pass(&w, 1, i % 60 == 59 ? 50000 : 0);
	s = stock_of(&w);
	if (!tap_ok(s.burst_rows > 40000 && s.burst_rows < 60000, "a purge each hour is a burst"))
		fprintf(stderr, "# share %.6g, burst of %.6g rows\n", w.past.learnt.burst_share, s.burst_rows);
	tap_ok(s.trickle_rows < 0.1 * s.burst_rows, "of nearly all that dies");

	/* a purge each hour, beside some traffic */
	w = watched(LARGE);
	for (int i = 0; i < 3000; i++)
		pass(&w, 1, i % 60 == 59 ? 50000 : 200);
	s = stock_of(&w);
	if (!tap_ok(s.burst_rows > 40000 && s.burst_rows < 60000, "a purge beside some traffic is a burst"))
		fprintf(stderr, "# share %.6g, burst of %.6g rows\n", w.past.learnt.burst_share, s.burst_rows);
	tap_ok(s.trickle_rows > 5000 && s.trickle_rows < 25000, "and what trickles in between is known");

	/* a purge each hour in a busy table */
	w = watched(LARGE);
	for (int i = 0; i < 3000; i++)
		pass(&w, 1, i % 60 == 59 ? 50000 : 5000);
	tap_ok(stock_of(&w).burst_rows == 0, "a purge of less than half of what dies does not make the table one of bursts");

	/* day and night */
	w = watched(LARGE);
	for (int i = 0; i < 4 * 1440; i++)
	{
		pass(&w, 1, i % 1440 < 720 ? 1000 : 100);
		if (i > 1440)
			bursts += stock_of(&w).burst_rows > 0;
	}
	tap_ok(bursts == 0, "day and night at 10 to 1 are no bursts");
	s = stock_of(&w);
	tap_ok(s.rate > 100 / 60.0 && s.rate < 1000 / 60.0, "and the rate lies between the two");

	/* the same where an interval is a good part of the threshold */
	w = watched(SMALL);
	bursts = 0;
	for (int i = 0; i < 4 * 1440; i++)
	{
		pass(&w, 1, (i % 1440 < 720 ? 1000 : 100) * (50 + given_dice(100)) / 100);
		if (i > 1440)
			bursts += stock_of(&w).burst_rows > 0;
	}
	tap_ok(bursts == 0, "nor are they in a small table");
	w = watched(SMALL);
	for (int i = 0; i < 2000; i++)
		pass(&w, 1, given_dice(2000));
	tap_ok(stock_of(&w).burst_rows == 0, "traffic of all sizes is steady in the mean");

	/* loaded, then used */
	w = watched(LARGE);
	pass(&w, 1, 900000);
	for (int i = 0; i < 200; i++)
		pass(&w, 1, 500);
	s = stock_of(&w);
	tap_ok(s.burst_rows == 0, "a load at first is no burst");
	tap_ok(s.rate > 400 / 60.0 && s.rate < 700 / 60.0, "and not the table's life");

	/* bursts that end */
	w = watched(LARGE);
	for (int i = 0; i < 1440; i++)
		pass(&w, 1, i % 60 == 59 ? 50000 : 0);
	for (int i = 0; i < 1440; i++)
		pass(&w, 1, 1000);
	tap_ok(stock_of(&w).burst_rows == 0, "a day after the last burst it is steady");

	/* a start after silence */
	w = watched(LARGE);
	for (int i = 0; i < 1440; i++)
		pass(&w, 1, i % 10 == 0);
	for (int i = 0; i < 360; i++)
		pass(&w, 1, 1000);
	tap_ok(stock_of(&w).burst_rows == 0, "six hours after a quiet day, steady traffic has no bursts");

	/* few rows */
	w = watched("reltuples=100 live=100 relpages=1");
	for (int i = 0; i < 600; i++)
		pass(&w, 1, i % 60 == 59 ? 90 : 0);
	tap_ok(stock_of(&w).burst_rows == 0, "fewer than 100 rows are no burst");
	w = watched("reltuples=100000000 live=100000000 relpages=1000000");
	for (int i = 0; i < 600; i++)
		pass(&w, 1, i % 60 == 59 ? 1000 : 0);
	tap_ok(stock_of(&w).burst_rows == 0, "nor is what is little beside the threshold");

	/* a visit that came late */
	w = watched(LARGE);
	for (int i = 0; i < 60; i++)
		pass(&w, 1, 1000);
	pass(&w, 30, 30000);
	tap_ok(stock_of(&w).burst_rows == 0, "a visit that comes late does not make steady traffic a burst");
}

/* ---- prices ---- */

/* An hour of traffic, of which vacuums cost so many times what is expected */
static double
learn_price(double times, int hours, int index_pages)
{
	Watched		w = watched("reltuples=100000 live=100000 relpages=1000 dead=0");
	TendStock	s;

	w.size.index_bytes = (int64) index_pages * BLCKSZ;
	pass(&w, 1, 0);
	remember(&w, w.past.learnt);
	for (int i = 0; i < hours; i++)
	{
		TendObservation o;

		w.now += (int64) (60 * INTERVAL * USECS_PER_SEC);
		w.facts.heap.deleted += 20000;
		w.facts.heap.dead_tuples = 0;
		w.facts.heap.vacuum_count++;
		s = stock_of(&w);
		s.price_ratio = 1;
		w.measured = (TendMeasured)
		{
			.vacuums = 1,.vacuum_pages = times * tend_stock_pages(&s, 20000),.vacuum_wal = 5000,.vacuum_ms = 700
		};
		o = observation(&w);
		remember(&w, tend_learn(&o));
	}
	return w.past.learnt.price_ratio;
}

static void
check_prices(void)
{
	Watched		w = watched("reltuples=100000 live=100000 relpages=1000 dead=0 vacuums=1");
	TendObservation o;
	TendLearnt	l;

	tap_number(learn_price(1, 0, 500), NAN, "without a vacuum no price is learnt");
	tap_ok(fabs(learn_price(1, 1, 500) - 1) < 1e-6, "a vacuum as expected has a price of 1");
	tap_ok(fabs(learn_price(3, 1, 500) - 3) < 1e-6, "one measurement is believed");
	tap_ok(fabs(learn_price(3, 40, 500) - 3) < 1e-6, "and confirmed by others");
	tap_ok(fabs(learn_price(0.5, 40, 500) - 0.5) < 1e-6, "a vacuum may be cheaper than expected");
	tap_number(learn_price(1e6, 10, 500), 20, "no price beyond 20 times is believed");
	tap_ok(fabs(learn_price(1e-6, 10, 0) - 0.05) < 1e-9, "nor below a twentieth");
	tap_ok(fabs(learn_price(0, 10, 0) - 0.05) < 1e-9, "nor that a vacuum costs nothing");
	tap_number(learn_price(0.1, 10, 500), NAN, "a vacuum that left out the indexes says nothing about the price of reading them");

	/* a vacuum that found next to nothing */
	w.size.index_bytes = 500 * BLCKSZ;
	remember(&w, w.past.learnt);
	w.now += 60 * USECS_PER_SEC;
	w.facts.heap.inserted += 1000;
	w.facts.heap.vacuum_count++;
	w.measured = (TendMeasured)
	{
		.vacuums = 1,.vacuum_pages = 70,.vacuum_wal = 1,.vacuum_ms = 30
	};
	o = observation(&w);
	l = tend_learn(&o);
	tap_number(l.price_ratio, NAN, "a vacuum without dead rows says nothing about the price of clearing them");
	tap_ok(l.vacuum_pages == 70 && l.vacuum_wal == 1 && l.vacuum_ms == 30, "what it cost is known all the same");

	/* the mean of what was measured since the last row */
	remember(&w, l);
	w.now += 60 * USECS_PER_SEC;
	w.measured = (TendMeasured)
	{
		.vacuums = 2,.vacuum_pages = 340,.analyzes = 2,.analyze_pages = 1000,.toast_vacuums = 4,.toast_vacuum_pages = 40,.toast_vacuum_wal = 4000
	};
	o = observation(&w);
	l = tend_learn(&o);
	tap_ok(l.vacuum_pages > 70 && l.vacuum_pages < 170, "later vacuums move what is known");
	tap_number(l.analyze_pages, 500, "analyzes are measured per analyze");
	tap_ok(l.toast_vacuum_pages == 10, "and vacuums of TOAST by themselves");
	w.measured = (TendMeasured)
	{
		0
	};
	o = observation(&w);
	remember(&w, l);
	w.now += 60 * USECS_PER_SEC;
	o.now = w.now;
	tap_number(tend_learn(&o).vacuum_pages, l.vacuum_pages, "without a vacuum it stays known");
}

/* ---- statistics that are stale ---- */

static TendLearnt
learn_news(Watched * w, const TendLearnt *before, double seconds, const TendStaleNews *news)
{
	TendObservation o;

	remember(w, *before);
	w->now += (int64) (seconds * USECS_PER_SEC);
	o = observation(w);
	o.stale = news;
	return tend_learn(&o);
}

static void
check_stale(void)
{
	Watched		w = watched("reltuples=100000 live=100000 relpages=1000");
	TendLearnt	l = given_learnt("observed_seconds=86400");
	TendStaleNews news = {.samples = 4,.ln_q = 4 * log(100),.rows = 3000,.ms = 864};
	double		day = 86400;

	l = learn_news(&w, &l, 60, NULL);
	tap_ok(isnan(l.stale_samples) && isnan(l.stale_day) && isnan(l.stale_rows), "where no query is misled nothing is known");
	l = learn_news(&w, &l, 60, &news);
	tap_number(l.stale_samples, 4, "those since the last row are counted");
	tap_number(l.stale_day * 60, 4, "their rate is that of the first minute");
	tap_number(l.stale_ms_day * 60, 864, "and so is their time");
	tap_number(tend_stale_samples(&l, INTERVAL), 4, "but they are few");
	for (int i = 0; i < 720; i++)
		l = learn_news(&w, &l, 60, i % 180 == 179 ? &news : NULL);
	tap_number(rint(tend_stale_samples(&l, INTERVAL)), 20, "in half a day each counts the same");
	l = learn_news(&w, &l, 60, &news);
	tap_ok(fabs(l.stale_q - 100) < 1e-9 && l.stale_rows == 3000, "how wrong, and from how many rows on");

	news.rows = 1000;
	l = learn_news(&w, &l, 60, &news);
	tap_number(l.stale_rows, 1000, "it began earlier");
	news.rows = 2000;
	l = learn_news(&w, &l, 60, &news);
	tap_ok(l.stale_rows > 1000 && l.stale_rows < 2000, "that it begins later is learnt slowly");
	news.ln_q = 4 * log(4);
	l = learn_news(&w, &l, 60, &news);
	tap_ok(l.stale_q < 100 && l.stale_q > 4, "errors are a moving mean");

	l = learn_news(&w, &l, 60, NULL);
	tap_ok(isnan(l.stale_samples) && l.stale_day > 0, "an hour without does not make it forgotten");
	l = learn_news(&w, &l, 20 * day, NULL);
	l = learn_news(&w, &l, 60, NULL);
	tap_ok(isnan(l.stale_day) && isnan(l.stale_rows) && isnan(l.stale_q) && isnan(l.stale_ms_day), "twenty days do");
}

/* ---- space ---- */

typedef struct SpaceCase
{
	const char *name;
	const char *learnt;
	const char *past;
	const char *heap;			/* now */
	double		pages;			/* by which it grew */
	const char *want;
}			SpaceCase;

/* before: 1000 pages with 100 000 rows, of which 500 were dead */
static const SpaceCase spaces[] = {
	{"the first look notes how many dead rows there are", "", "", "deleted=300 dead=800", 30, "dead_peak=800 growth_rows=0 growth_bytes=0"},
	{"more dead rows than ever, and what they took", "dead_peak=500 growth_rows=0 growth_bytes=0", "",
	"deleted=300 dead=800", 30, "dead_peak=800 growth_rows=300 growth_bytes=245760"},
	{"sums grow", "dead_peak=500 growth_rows=100 growth_bytes=1000", "",
	"deleted=300 dead=800", 30, "dead_peak=800 growth_rows=400 growth_bytes=246760"},
	{"they may take nothing", "dead_peak=500 growth_rows=0 growth_bytes=0", "",
	"deleted=300 dead=800", 0, "dead_peak=800 growth_rows=300 growth_bytes=0"},
	{"fewer than ever before tell nothing", "dead_peak=900 growth_rows=7 growth_bytes=70", "",
	"deleted=300 dead=800", 30, "dead_peak=900 growth_rows=7 growth_bytes=70"},
	{"those below the peak reuse space", "dead_peak=700 growth_rows=0 growth_bytes=0", "",
	"deleted=300 dead=800", 30, "dead_peak=800 growth_rows=100 growth_bytes=81920"},
	{"across a vacuum nothing is known", "dead_peak=500 growth_rows=7 growth_bytes=70", "",
	"deleted=300 dead=800 vacuums=1", 30, "growth_rows=7 growth_bytes=70"},
	{"without a size before nothing is known", "dead_peak=500 growth_rows=7 growth_bytes=70", "bytes=0",
	"deleted=300 dead=800", 30, "growth_rows=7 growth_bytes=70"},
	{"growth like that of the rows is explained", "dead_peak=500 growth_rows=0 growth_bytes=0", "",
	"deleted=300 dead=800 live=200000", 1000, "growth_rows=300 growth_bytes=0"},
	{"a table that was rewritten begins anew", "dead_peak=500 growth_rows=7 growth_bytes=70", "",
	"deleted=300 dead=0", -900, "dead_peak=0 growth_rows=0 growth_bytes=0"},
};

static void
check_space(void)
{
	for (int i = 0; i < (int) lengthof(spaces); i++)
	{
		const		SpaceCase *c = &spaces[i];
		Watched		w = watched("reltuples=100000 live=100000 relpages=1000 dead=500");
		TendObservation o;
		TendLearnt	l;

		remember(&w, given_learnt(c->learnt));
		given_set(given_past_fields, &w.past, c->past);
		given_set(given_heap_fields, &w.facts.heap, c->heap);
		w.size.table_bytes += (int64) (c->pages * BLCKSZ);
		w.now += 60 * USECS_PER_SEC;
		o = observation(&w);
		l = tend_learn(&o);
		given_expect(given_learnt_fields, &l, c->want, c->name);
	}
}

/* ---- what the law needs ---- */

typedef struct StockCase
{
	const char *name;
	const char *heap;
	const char *size;
	const char *learnt;
	const char *want;
}			StockCase;

static const StockCase stocks[] = {
	{"a table of which nothing is known stands still", "", "", "", "rate=0 price_ratio=1 burst_rows=0 round_seconds=60"},
	{"a busy hour is no plan", "", "", "dead_hour=5", "rate=0"},
	{"the rate to plan with is that of the day", "", "", "dead_hour=4 dead_day=16", "rate=16"},
	{"even if nothing died in the last hour", "", "", "dead_hour=0 dead_day=16", "rate=16"},
	{"nothing in a day is nothing", "", "", "dead_hour=0 dead_day=0", "rate=0"},
	{"the learnt price of WAL", "", "", "wal_price=3", "wal_price=3"},
	{"the server's checkpoints", "", "", "", "checkpoint_seconds=300"},
	{"rows as the catalog knows them", "reltuples=5000 live=100", "", "", "rows=5000"},
	{"or as they are counted, if more", "reltuples=100 live=5000", "", "", "rows=5000"},
	{"a table that was never analyzed", "reltuples=-1 live=700", "", "", "rows=700"},
	{"an empty table counts as a row", "reltuples=-1 live=0", "", "", "rows=1"},
	{"pages as they are on disk", "relpages=10", "table_bytes=81920000 index_bytes=8192000", "", "heap_pages=10000 index_pages=1000"},
	{"or in the catalog, when the size is unknown", "relpages=10", "table_bytes=-1 index_bytes=-1", "", "heap_pages=10 index_pages=0"},
	{"the learnt price", "", "", "price_ratio=3", "price_ratio=3"},
	{"bursts of half of what dies count", "", "", "burst_share=0.5 burst_rows=1000", "burst_rows=1000 trickle_rows=1000"},
	{"bursts of less do not", "", "", "burst_share=0.49 burst_rows=1000", "burst_rows=0 trickle_rows=0"},
	{"bursts of all that dies leave nothing between", "", "", "burst_share=1 burst_rows=1000", "burst_rows=1000 trickle_rows=0"},
};

static void
check_stocks(void)
{
	TendAutovacuumSettings settings = given_settings("");

	for (int i = 0; i < (int) lengthof(stocks); i++)
	{
		const		StockCase *c = &stocks[i];
		TendTableFacts facts = given_table(c->heap, "", NULL, NULL);
		TendTableSize size = {81920, 0, 0};
		TendLearnt	learnt = given_learnt(c->learnt);
		TendStock	got;

		given_set(given_size_fields, &size, c->size);
		got = tend_heap_stock(&facts, &size, &learnt, &settings);
		given_expect(given_stock_fields, &got, c->want, c->name);
	}
}

static double
dead_bytes(const char *heap, const char *learnt)
{
	TendAutovacuumSettings settings = given_settings("");
	TendTableFacts facts = given_table(heap, "", NULL, NULL);
	TendTableSize size = {1000000, 1000000, 0};
	TendLearnt	l = given_learnt(learnt);

	return tend_heap_stock(&facts, &size, &l, &settings).dead_bytes;
}

static void
check_dead_bytes(void)
{
	/* 1000 rows, of 1000 bytes and as much in indexes */
	tap_ok(dead_bytes("deleted=1000", "") > dead_bytes("updated=1000", ""), "a deleted row pins more than an updated one");
	tap_ok(dead_bytes("deleted=1000", "") <= 2000, "but no more than a row has");
	tap_ok(dead_bytes("updated=5000 hot=5000 deleted=10", "") == dead_bytes("deleted=1000", ""), "heap-only updates do not count");
	tap_ok(dead_bytes("", "") > 0, "before anything dies there is a guess");
	tap_ok(dead_bytes("updated=1000", "growth_rows=0 growth_bytes=0") == dead_bytes("updated=1000", ""), "no growth was seen yet");
	tap_ok(fabs(dead_bytes("updated=1000", "growth_rows=1e9 growth_bytes=15e11") - 1500) < 1, "growth that was seen counts, if it was of many rows");
	tap_ok(fabs(dead_bytes("updated=1000", "growth_rows=1e9 growth_bytes=1e11") - 100) < 1, "even if it is less than the guess");
	tap_ok(fabs(dead_bytes("updated=1000", "growth_rows=1 growth_bytes=8192") / dead_bytes("updated=1000", "") - 1) < 0.5, "that of a single row hardly does");
	tap_number(dead_bytes("updated=1000", "growth_rows=1e9 growth_bytes=1e18"), 2000, "no dead row pins more than a row");
	tap_ok(dead_bytes("updated=1000", "growth_rows=1e9 growth_bytes=-1e18") > 0, "and none less than nothing");
}

static void
check_toast_stock(void)
{
	TendAutovacuumSettings settings = given_settings("");
	TendTableFacts facts = given_table("", "", "reltuples=1000 live=1000", "");
	TendTableSize size = {81920, 0, 1000 * BLCKSZ};
	TendLearnt	learnt = given_learnt("dead_hour=100 dead_day=100 price_ratio=7 burst_share=1 burst_rows=1000 toast_dead_hour=4 toast_dead_day=16 toast_price_ratio=2");
	TendStock	s = tend_toast_stock(&facts, &size, &learnt, &settings);

	given_expect(given_stock_fields, &s, "rate=16 rows=1000 price_ratio=2 round_seconds=60 burst_rows=0 dead_bytes=8192",
				 "TOAST has rates and prices of its own");
	tap_ok(fabs(s.heap_pages + s.index_pages - 1000) < 1e-6 && s.index_pages < 0.1 * s.heap_pages,
		   "its size includes its index");
	size.toast_bytes = -1;
	s = tend_toast_stock(&facts, &size, &learnt, &settings);
	tap_ok(s.heap_pages == 0 && s.dead_bytes > 0, "a TOAST table that vanished has no pages");
}

/* ---- absurd numbers ---- */

static void
roll_counts(TendHeapFacts *h)
{
	h->reltuples = given_absurd();
	h->relpages = (int32) given_dice(PG_INT32_MAX);
	h->live_tuples = given_absurd_count();
	h->dead_tuples = given_absurd_count();
	h->inserted = given_absurd_count();
	h->updated = given_absurd_count();
	h->hot_updated = given_absurd_count();
	h->deleted = given_absurd_count();
	h->vacuum_count = given_dice(3);
	h->analyze_count = given_dice(3);
}

static bool
is_within(double value, double least, double most)
{
	return isnan(value) || (value >= least && value <= most);
}

static void
check_absurd(void)
{
	int			unbound = 0;
	int			nan_stock = 0;

	for (int i = 0; i < 100000; i++)
	{
		Watched		w = watched("");
		TendObservation o;
		TendLearnt	l;
		TendStock	s;

		roll_counts(&w.facts.heap);
		w.facts.toast.relid = 16387;
		roll_counts(&w.facts.toast);
		for (size_t f = 0; f < sizeof(TendLearnt) / sizeof(double); f++)
			((double *) &w.past.learnt)[f] = given_dice(2) ? given_between(1e-3, 1e6) : fabs(given_absurd());
		w.past.learnt.price_ratio = given_dice(2) ? NAN : given_between(0.05, 20);
		w.past.learnt.wal_price = given_dice(2) ? NAN : given_between(0.01, 100);
		w.past.learnt.burst_share = given_dice(2) ? NAN : given_between(1e-9, 1);
		w.past.at = w.now - (int64) given_between(1, 1e14);
		w.past.live_tuples = given_absurd_count();
		w.past.dead_tuples = given_absurd_count();
		w.past.deleted = Min(given_absurd_count(), w.facts.heap.deleted);
		w.past.updated = Min(given_absurd_count(), w.facts.heap.updated);
		w.past.inserted = Min(given_absurd_count(), w.facts.heap.inserted);
		w.past.bytes = given_absurd_count();
		w.size = (TendTableSize)
		{
			given_absurd_count(), given_absurd_count(), given_absurd_count()
		};
		w.measured.vacuums = given_dice(3);
		w.measured.vacuum_pages = given_absurd();
		w.measured.vacuum_wal = fabs(given_absurd());
		w.measured.analyzes = given_dice(3);
		w.measured.analyze_pages = given_absurd();
		w.measured.toast_vacuums = given_dice(3);
		w.measured.toast_vacuum_pages = given_absurd();
		o = observation(&w);
		l = tend_learn(&o);
		if ((!is_within(l.price_ratio, 0.049, 20.001) || !is_within(l.wal_price, 0, 1000) ||
			 !is_within(l.burst_share, 0, 1)) && unbound++ == 0)
			fprintf(stderr, "# price ratio %.6g, price of WAL %.6g, burst share %.6g\n", l.price_ratio, l.wal_price, l.burst_share);
		s = tend_heap_stock(&w.facts, &w.size, &l, &w.settings);
		nan_stock += isnan(s.rows) || isnan(s.heap_pages) || isnan(s.index_pages) || isnan(s.dead_bytes) ||
			isnan(s.price_ratio) || isnan(s.burst_rows) || isnan(s.trickle_rows);
		s = tend_toast_stock(&w.facts, &w.size, &l, &w.settings);
		nan_stock += isnan(s.rows) || isnan(s.heap_pages) || isnan(s.index_pages) || isnan(s.dead_bytes);
	}
	tap_ok(unbound == 0, "absurd observations leave prices and shares within bounds");
	tap_ok(nan_stock == 0, "and what is learnt of them is a number");
}

int
main(void)
{
	check_average();
	check_watching();
	check_bursts();
	check_prices();
	check_stale();
	check_space();
	check_stocks();
	check_dead_bytes();
	check_toast_stock();
	check_absurd();
	return tap_done();
}
