/*-------------------------------------------------------------------------
 *
 * learn.c
 *	  What watching a table teaches about it.
 *
 * A row of history carries what was learnt; an observation is what changed
 * since that row.  An average over a horizon begins as a mean in which an
 * observation weighs the more the later it came, and becomes exponential once
 * the table has been watched for twice the horizon.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/learn.h"
#include "advise/thresholds.h"

/*
 * With this times its share of the time so far, the weight of an observation
 * grows with the time at which it came (a plain mean would have 1): the load
 * with which a table began should not be taken for its life.
 */
#define FIRST_WEIGHT		2.0

/* A burst is so many times what an interval usually brings, */
#define BURST_TIMES			8.0
/* at least so many rows, */
#define BURST_LEAST_ROWS	100.0
/* and this share of the threshold: smaller ones may have gathered for long. */
#define BURST_LEAST_DUE		0.05

/* Weight of the latest measurement of a vacuum */
#define MEASURED_WEIGHT		0.3

/*
 * A page of WAL in page touches: what the server's own cost settings say of a
 * page that is dirtied, and of one that is found in shared buffers
 * (vacuum_cost_page_dirty, vacuum_cost_page_hit).
 */
#define WAL_PAGE_PRICE		20.0
/* Until it is known: an image of the heap page, and less than one of indexes */
#define USUAL_WAL_PRICE		25.0

/* Measured prices are not believed beyond these. */
#define MOST_PRICE_RATIO	20.0
#define MOST_WAL_PRICE		60.0

/*
 * Space that a dead row pins: of its heap tuple, when it was updated (the page
 * is read and pruned soon) or deleted (it may not be), and of its index
 * entries (B-trees clear some of them by themselves).
 */
#define UPDATED_HEAP_SHARE	0.3
#define DELETED_HEAP_SHARE	1.0
#define INDEX_SHARE			0.5

/* This estimate counts as if so large a share of the rows had been watched. */
#define ESTIMATE_SHARE		0.02

/* A line pointer and an index entry are the least. */
#define LEAST_DEAD_BYTES	16.0

/* Fewer sampled executions a day that statistics misled are none. */
#define LEAST_STALE_DAY		0.1

/* A table that has lost more than the rest was rewritten. */
#define REWRITTEN_SHARE		0.7

void
tend_learnt_init(TendLearnt *learnt)
{
	double	   *field = (double *) learnt;

	for (size_t i = 0; i < sizeof(TendLearnt) / sizeof(double); i++)
		field[i] = NAN;
	learnt->observed_seconds = 0;
}

/*
 * An average rate per second after "amount" in "seconds", when it has been
 * known for so long already.  A NaN amount leaves it as it is.
 */
double
tend_average_next(double average, double amount, double seconds,
				  double horizon_seconds, double known_seconds)
{
	double		weight;

	if (isnan(amount) || seconds <= 0)
		return average;
	if (isnan(average))
		return amount / seconds;
	weight = Max(1 - exp(-seconds / horizon_seconds),
				 Min(FIRST_WEIGHT * seconds / (known_seconds + seconds), 1));
	return average + (amount / seconds - average) * weight;
}

/* ---- rates ---- */

static void
learn_rates(TendLearnt *l, const TendTableDelta *d, double interval)
{
	double		hour = TEND_HOUR_INTERVALS * interval;
	double		day = TEND_DAY_INTERVALS * interval;
	double		known = l->observed_seconds;

	l->dead_fast = tend_rate_next(l->dead_fast, d->dead_made, d->seconds, interval);
	l->inserts_fast = tend_rate_next(l->inserts_fast, d->inserted, d->seconds, interval);
	l->dead_hour = tend_average_next(l->dead_hour, d->dead_made, d->seconds, hour, known);
	l->dead_day = tend_average_next(l->dead_day, d->dead_made, d->seconds, day, known);
	l->inserts_day = tend_average_next(l->inserts_day, d->inserted, d->seconds, day, known);
	l->mods_day = tend_average_next(l->mods_day, d->modified, d->seconds, day, known);
	l->toast_dead_hour = tend_average_next(l->toast_dead_hour, d->toast_dead_made, d->seconds, hour, known);
	l->toast_dead_day = tend_average_next(l->toast_dead_day, d->toast_dead_made, d->seconds, day, known);
}

/*
 * Rows came in a burst when they are many for one interval.  "day" is the
 * average from before this observation.
 */
static bool
is_burst(const TendObservation *o, const TendTableDelta *d, double day)
{
	TendThresholds t = tend_table_thresholds(o->facts, o->settings);

	/* a visit that came late saw more */
	double		seconds = Max(o->interval_seconds, o->visit_seconds);

	return d->dead_made >= BURST_LEAST_ROWS &&
		d->dead_made >= BURST_LEAST_DUE * t.vacuum &&
		d->dead_made >= BURST_TIMES * day * seconds;
}

static void
learn_bursts(TendLearnt *l, const TendObservation *o, const TendTableDelta *d, double day_before)
{
	double		horizon = TEND_DAY_INTERVALS * o->interval_seconds;
	double		in_bursts;
	double		before;
	bool		burst;

	if (isnan(day_before) || isnan(d->dead_made))
		return;
	burst = is_burst(o, d, day_before);
	before = isnan(l->burst_share) ? 0 : l->burst_share * day_before;
	in_bursts = tend_average_next(before, burst ? d->dead_made : 0, d->seconds, horizon,
								  l->observed_seconds);
	l->burst_share = l->dead_day > 0 ? Min(in_bursts / l->dead_day, 1) : 0;
	if (burst)
		l->burst_rows = isnan(l->burst_rows) ? d->dead_made :
			l->burst_rows + MEASURED_WEIGHT * (d->dead_made - l->burst_rows);
}

/* ---- space ---- */

static double
total_bytes(const TendTableSize *size)
{
	return size->table_bytes < 0 ? NAN : (double) size->table_bytes + size->index_bytes;
}

/*
 * Growth that the rows that came do not explain, in bytes.  It may be below 0,
 * where rows use up free space; files grow in steps, so that only the sum over
 * many observations means something.
 */
static double
unexplained_growth(const TendObservation *o)
{
	double		rows = Max(o->facts->heap.live_tuples, 1);
	double		bytes = total_bytes(o->size);
	double		more = (double) o->facts->heap.live_tuples - o->past->live_tuples;

	if (isnan(bytes) || o->past->bytes <= 0)
		return NAN;
	return bytes - o->past->bytes - Max(more, 0) * bytes / rows;
}

/* Somebody rewrote the table: what was learnt of its space is void. */
static bool
was_rewritten(const TendObservation *o)
{
	return total_bytes(o->size) < REWRITTEN_SHARE * o->past->bytes;
}

/*
 * What a dead row really takes.  Up to the number of dead rows that were
 * there before, space is recycled and nothing grows; so we look when there
 * are more of them than ever.
 */
static void
learn_space(TendLearnt *l, const TendObservation *o, const TendTableDelta *d)
{
	double		dead = o->facts->heap.dead_tuples;
	double		from;

	if (isnan(l->dead_peak) || was_rewritten(o))
	{
		l->dead_peak = dead;
		l->growth_rows = l->growth_bytes = 0;
		return;
	}
	from = Max(l->dead_peak, (double) o->past->dead_tuples);
	l->dead_peak = Max(l->dead_peak, dead);
	if (dead <= from || d->dead_made <= 0 || isnan(unexplained_growth(o)) ||
		o->facts->heap.vacuum_count != o->past->vacuum_count)
		return;
	l->growth_rows += dead - from;
	l->growth_bytes += unexplained_growth(o) * Min((dead - from) / d->dead_made, 1);
}

/* ---- prices ---- */

static double
blend(double learnt, double sum, int n)
{
	double		weight;

	if (n == 0)
		return learnt;
	if (isnan(learnt))
		return sum / n;
	weight = 1 - pow(1 - MEASURED_WEIGHT, n);
	return learnt + weight * (sum / n - learnt);
}

/*
 * For inserts, or by hand without dead rows, vacuum has another price.  So it
 * has when it touched fewer pages than the indexes have, as it did not go
 * there: dead rows lie closer together than we think.
 */
static bool
is_telling(const TendStock *stock, double pages, double dead)
{
	return tend_stock_is_indexed(stock, dead) && pages >= stock->index_pages;
}

/*
 * What n vacuums that cleared so many dead rows in all teach about prices: the
 * measured ones over those that the model expects.
 */
static void
learn_price(double *price_ratio, double *wal_price, TendStock stock,
			double pages, double wal_bytes, int n, double dead)
{
	double		ratio;
	double		wal;

	if (n == 0 || stock.rate <= 0 || !is_telling(&stock, pages / n, dead / n))
		return;
	stock.price_ratio = 1;
	ratio = pages / n / tend_stock_pages(&stock, dead / n);
	ratio = Min(Max(ratio, 1 / MOST_PRICE_RATIO), MOST_PRICE_RATIO);
	wal = WAL_PAGE_PRICE * wal_bytes / BLCKSZ / n / tend_stock_images(&stock, Max(dead / n, 1));
	wal = Min(wal, MOST_WAL_PRICE);
	*price_ratio = blend(*price_ratio, ratio * n, n);
	*wal_price = blend(*wal_price, wal * n, n);
}

static void
learn_prices(TendLearnt *l, const TendObservation *o, const TendTableDelta *d)
{
	const TendMeasured *m = o->measured;
	const TendTablePast *past = o->past;

	/*
	 * A report may come a moment later than the counters, with the next row:
	 * then nobody knows how many dead rows it was about.
	 */
	if (o->facts->heap.vacuum_count - past->vacuum_count == m->vacuums)
		learn_price(&l->price_ratio, &l->wal_price,
					tend_heap_stock(o->facts, o->size, l, o->settings),
					m->vacuum_pages, m->vacuum_wal, m->vacuums,
					past->dead_tuples + d->dead_made - o->facts->heap.dead_tuples);
	if (o->facts->toast.vacuum_count - past->toast_vacuum_count == m->toast_vacuums)
		learn_price(&l->toast_price_ratio, &l->toast_wal_price,
					tend_toast_stock(o->facts, o->size, l, o->settings),
					m->toast_vacuum_pages, m->toast_vacuum_wal, m->toast_vacuums,
					past->toast_dead_tuples + d->toast_dead_made - o->facts->toast.dead_tuples);
	l->vacuum_pages = blend(l->vacuum_pages, m->vacuum_pages, m->vacuums);
	l->vacuum_wal = blend(l->vacuum_wal, m->vacuum_wal, m->vacuums);
	l->vacuum_ms = blend(l->vacuum_ms, m->vacuum_ms, m->vacuums);
	l->analyze_pages = blend(l->analyze_pages, m->analyze_pages, m->analyzes);
	l->toast_vacuum_pages = blend(l->toast_vacuum_pages, m->toast_vacuum_pages, m->toast_vacuums);
}

/* ---- statistics that are stale ---- */

/* Quick to fall, slow to rise: what is looked for is where it begins. */
static double
onset(double rows, double seen)
{
	if (isnan(rows) || seen < rows)
		return seen;
	return rows + MEASURED_WEIGHT * (seen - rows);
}

/*
 * A mean rate since the first observation, which becomes an average over a
 * horizon.  Unlike loads of a table, what is rare weighs all the same whether
 * it comes at first or at last.
 */
static double
mean_next(double mean, double amount, const TendTableDelta *d, double known_seconds, double horizon)
{
	double		observed = amount / d->seconds;

	if (isnan(mean))
		return observed;
	return mean + (observed - mean) * Max(1 - exp(-d->seconds / horizon),
										  d->seconds / (known_seconds + d->seconds));
}

static void
learn_stale(TendLearnt *l, const TendObservation *o, const TendTableDelta *d)
{
	static const TendStaleNews nothing = {0};
	const TendStaleNews *news = o->stale != NULL ? o->stale : &nothing;
	double		day = TEND_DAY_INTERVALS * o->interval_seconds;
	double		known = isnan(l->stale_seconds) ? 0 : l->stale_seconds;

	l->stale_samples = news->samples > 0 ? news->samples : NAN;
	if (isnan(l->stale_seconds) && news->samples == 0)
		return;
	l->stale_day = mean_next(l->stale_day, news->samples, d, known, day);
	l->stale_ms_day = mean_next(l->stale_ms_day, news->ms, d, known, day);
	l->stale_seconds = known + d->seconds;
	if (news->samples > 0)
	{
		double		ln = news->ln_q / news->samples;

		l->stale_q = exp(isnan(l->stale_q) ? ln : log(l->stale_q) + MEASURED_WEIGHT * (ln - log(l->stale_q)));
		l->stale_rows = onset(l->stale_rows, news->rows);
	}
	else if (tend_stale_samples(l, o->interval_seconds) < LEAST_STALE_DAY)
		l->stale_day = l->stale_ms_day = l->stale_q = l->stale_rows = l->stale_seconds = NAN;
}

/* How many there were, in a day at most; NaN: none */
double
tend_stale_samples(const TendLearnt *l, double interval_seconds)
{
	return l->stale_day * Min(TEND_DAY_INTERVALS * interval_seconds, l->stale_seconds);
}

/*
 * What is known after this observation.
 */
TendLearnt
tend_learn(const TendObservation *o)
{
	TendLearnt	l = o->past->learnt;
	TendTableDelta d = tend_table_delta(o->facts, o->past, o->now);
	double		day_before = l.dead_day;

	if (!d.known)
		return l;
	learn_rates(&l, &d, o->interval_seconds);
	learn_bursts(&l, o, &d, day_before);
	learn_space(&l, o, &d);
	learn_prices(&l, o, &d);
	learn_stale(&l, o, &d);
	l.observed_seconds += d.seconds;
	return l;
}

/* ---- what the law needs ---- */

/*
 * The rate to plan with is the usual one, of a day.  The best threshold goes
 * with its square root, and a threshold that is off by a factor of 1.5 costs
 * less than a tenth more: to follow the hours of a day gains nothing, and
 * changes a table twice a day.  A lasting change is half known after 17 hours.
 */
static double
planning_rate(double day)
{
	return isnan(day) ? 0 : day;
}

static double
known_rows(const TendHeapFacts *heap)
{
	return Max(Max(heap->reltuples, (double) heap->live_tuples), 1);
}

/* Bytes that a dead row pins, at most those of a whole row */
static double
dead_bytes(const TendHeapFacts *heap, double heap_bytes, double index_bytes,
		   const TendLearnt *l)
{
	double		rows = known_rows(heap);
	double		died = (double) (heap->updated - heap->hot_updated) + heap->deleted;
	double		deleted = died > 0 ? heap->deleted / died : 0.5;
	double		heap_share = deleted * DELETED_HEAP_SHARE + (1 - deleted) * UPDATED_HEAP_SHARE;
	double		expected = (heap_bytes * heap_share + index_bytes * INDEX_SHARE) / rows;
	double		weight = ESTIMATE_SHARE * rows;
	double		bytes = expected;

	if (l->growth_rows > 0)
		bytes = (expected * weight + l->growth_bytes) / (weight + l->growth_rows);
	return Max(Min(bytes, (heap_bytes + index_bytes) / rows), LEAST_DEAD_BYTES);
}

TendStock
tend_heap_stock(const TendTableFacts *facts, const TendTableSize *size,
				const TendLearnt *learnt, const TendAutovacuumSettings *settings)
{
	double		heap_bytes = size->table_bytes >= 0 ? (double) size->table_bytes :
		(double) facts->heap.relpages * BLCKSZ;
	double		index_bytes = (double) Max(size->index_bytes, 0);
	TendStock	s = {
		.rate = planning_rate(learnt->dead_day),
		.rows = known_rows(&facts->heap),
		.heap_pages = heap_bytes / BLCKSZ,
		.index_pages = index_bytes / BLCKSZ,
		.dead_bytes = dead_bytes(&facts->heap, heap_bytes, index_bytes, learnt),
		.price_ratio = isnan(learnt->price_ratio) ? 1 : learnt->price_ratio,
		.wal_price = isnan(learnt->wal_price) ? USUAL_WAL_PRICE : learnt->wal_price,
		.round_seconds = settings->naptime_seconds,
		.checkpoint_seconds = Max(settings->checkpoint_seconds, 1)
	};

	if (learnt->burst_share >= 0.5 && learnt->burst_rows > 0)
	{
		s.burst_rows = learnt->burst_rows;
		s.trickle_rows = learnt->burst_rows * (1 / learnt->burst_share - 1);
	}
	return s;
}

/* Sizes of TOAST are known together with its index, which is small. */
#define TOAST_HEAP_SHARE	0.95

TendStock
tend_toast_stock(const TendTableFacts *facts, const TendTableSize *size,
				 const TendLearnt *learnt, const TendAutovacuumSettings *settings)
{
	double		bytes = (double) Max(size->toast_bytes, 0);
	TendStock	s = {
		.rate = planning_rate(learnt->toast_dead_day),
		.rows = known_rows(&facts->toast),
		.heap_pages = bytes * TOAST_HEAP_SHARE / BLCKSZ,
		.index_pages = bytes * (1 - TOAST_HEAP_SHARE) / BLCKSZ,
		.price_ratio = isnan(learnt->toast_price_ratio) ? 1 : learnt->toast_price_ratio,
		.wal_price = isnan(learnt->toast_wal_price) ? USUAL_WAL_PRICE : learnt->toast_wal_price,
		.round_seconds = settings->naptime_seconds,
		.checkpoint_seconds = Max(settings->checkpoint_seconds, 1)
	};

	/* chunks are only ever deleted, and read by their index */
	s.dead_bytes = Max(bytes / s.rows, LEAST_DEAD_BYTES);
	return s;
}
