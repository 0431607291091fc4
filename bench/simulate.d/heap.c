/*-------------------------------------------------------------------------
 *
 * heap.c
 *	  How a table fills with dead rows, and what vacuum does about it.
 *
 * Rows come and die evenly within a segment of a trace.  Autovacuum looks once
 * a minute and works in no time; there are always enough workers.
 *
 * Waste is measured in two ways.  The stock is the space that dead rows take
 * at the moment.  What is reserved is the size of the file, which holds live
 * and dead rows and does not shrink when the dead ones go, less the size of
 * the same file if dead rows vanished at once.  So space that a purge leaves
 * empty counts only where dead rows made the file larger.  A file does shrink
 * slowly, towards what it holds, with SHRINK_DAYS as its memory: tables are
 * truncated now and then, and reorganized.
 *
 *-------------------------------------------------------------------------
 */
#include "sim.h"

#define SHRINK_DAYS			2.0

/* Page touches: an index page is read, and found once more */
#define INDEX_PAGE_PRICE	2.0
/* A page of WAL in page touches (vacuum_cost_page_dirty / _hit) */
#define WAL_PAGE_PRICE		20.0
/* vacuum skips no fewer all-visible pages in a row */
#define SKIP_PAGES			32.0
/* Catalogs, maps, truncation: what a vacuum of an empty table was seen to take */
#define OVERHEAD_PAGES		60.0
/* vacuum leaves indexes alone when fewer pages have dead rows */
#define INDEX_BYPASS_SHARE	0.02

static double
live_bytes(const SimTable *t, const SimHeap *h)
{
	return h->live * (t->row_bytes + t->index_bytes);
}

/* Space that is taken by what is dead */
static double
pinned_bytes(const SimTable *t, const SimHeap *h)
{
	return h->dead * (t->pinned_heap + t->pinned_index) + h->bypassed * t->pinned_index;
}

SimHeap
sim_heap_begin(const SimTable *t)
{
	SimHeap		h = {.live = t->rows,.reltuples = t->rows};

	h.file = h.ideal = live_bytes(t, &h);
	return h;
}

/* Free space divides like the rows, between heap and indexes. */
double
sim_heap_pages(const SimTable *t, const SimHeap *h)
{
	return ceil(h->file * t->row_bytes / (t->row_bytes + t->index_bytes) / BLCKSZ);
}

double
sim_index_pages(const SimTable *t, const SimHeap *h)
{
	return ceil(h->file * t->index_bytes / (t->row_bytes + t->index_bytes) / BLCKSZ);
}

double
sim_dead_rate(const SimSegment *s)
{
	return (double) s->updated + s->deleted;
}

/* ---- time goes by ---- */

static double
next_file(double before, double used, double left)
{
	return Max(used + (before - used) * left, used);
}

/*
 * Let so many minutes pass, within a segment and without a vacuum.
 */
void
sim_flow(const SimTable *t, SimHeap *h, const SimSegment *s, int from, int minutes)
{
	double		dead = sim_dead_rate(s) * minutes;
	double		left = exp(-minutes / (SHRINK_DAYS * SIM_DAY));
	double		stock = pinned_bytes(t, h);
	double		excess = h->file - h->ideal;

	h->live = Max(h->live + ((double) s->inserted - s->deleted) * minutes, 0);
	h->dead += dead;
	h->new_rows += (double) s->inserted * minutes;
	h->modified += ((double) s->inserted + s->updated + s->hot + s->deleted) * minutes;
	if (from >= t->held_from && from < t->held_until)
		h->stuck += dead;
	else
		h->stuck = 0;
	h->file = next_file(h->file, live_bytes(t, h) + pinned_bytes(t, h), left);
	h->ideal = next_file(h->ideal, live_bytes(t, h), left);
	h->sums.stock += (stock + pinned_bytes(t, h)) / 2 * minutes / SIM_MB;
	h->sums.reserved += (excess + h->file - h->ideal) / 2 * minutes / SIM_MB;
}

/* ---- vacuum ---- */

/* Heap pages on which so many dead rows lie */
static double
dead_pages(const SimTable *t, const SimHeap *h, double dead)
{
	double		pages = sim_heap_pages(t, h);
	double		there = Max(pages * t->touched, 1);

	if (t->dense)
		return Min(ceil(dead * t->row_bytes / BLCKSZ), pages);
	return there * (1 - exp(-dead / there));
}

/* Heap pages that are read to find them, and once more to clear them */
static double
heap_touches(const SimTable *t, const SimHeap *h, double dead)
{
	double		pages = sim_heap_pages(t, h);
	double		there = Max(pages * t->touched, 1);
	double		cleared = dead_pages(t, h, dead);

	if (t->dense)
		return Min(cleared + SKIP_PAGES, pages) + cleared;
	return there * (1 - exp(-SKIP_PAGES * dead / there)) + cleared;
}

/* What it costs to touch a page, with the WAL that goes with it */
static double
effort(const SimTable *t, double pages)
{
	return pages * (1 + WAL_PAGE_PRICE * t->wal);
}

static bool
skips_indexes(const SimTable *t, const SimHeap *h, double dead)
{
	return dead_pages(t, h, dead) < INDEX_BYPASS_SHARE * sim_heap_pages(t, h);
}

/* Page touches of a vacuum that finds so many dead rows */
double
sim_vacuum_price(const SimTable *t, const SimHeap *h, double dead)
{
	double		pages = heap_touches(t, h, dead);

	if (!skips_indexes(t, h, dead))
		pages += INDEX_PAGE_PRICE * sim_index_pages(t, h);
	return OVERHEAD_PAGES + t->price * pages;
}

/* The same with its WAL, which is what is scored */
double
sim_vacuum_effort(const SimTable *t, const SimHeap *h, double dead)
{
	return effort(t, sim_vacuum_price(t, h, dead));
}

/*
 * Vacuum now; returns its page touches, those for new rows included.
 */
double
sim_vacuum(const SimTable *t, SimHeap *h, int now)
{
	bool		held = now > t->held_from && now <= t->held_until;
	double		stuck = held ? Min(h->stuck, h->dead) : 0;
	double		removable = h->dead - stuck;
	double		all = h->dead + h->bypassed;
	double		new_pages = t->price * ceil(h->new_rows * t->row_bytes / BLCKSZ);
	double		pages = 0;

	if (removable + h->bypassed >= 1 && !skips_indexes(t, h, removable + h->bypassed))
	{
		pages = sim_vacuum_price(t, h, all);
		h->bypassed = 0;
	}
	else if (all >= 1)
	{
		/* of the heap only */
		pages = OVERHEAD_PAGES + t->price * heap_touches(t, h, all);
		h->bypassed = t->index_bytes > 0 ? h->bypassed + removable : 0;
	}
	else
		new_pages += OVERHEAD_PAGES;
	h->sums.work += effort(t, pages);
	h->sums.insert_work += effort(t, new_pages);
	h->sums.vacuums++;
	if (h->dead > 0 && removable < 0.1 * h->dead)
		h->sums.futile++;
	h->dead = stuck;
	h->new_rows = 0;
	h->reltuples = h->live;
	return pages + new_pages;
}

/* ---- a rule that does not change ---- */

static double
threshold_of(const SimRule *rule, const SimHeap *h)
{
	return Min(rule->threshold + rule->scale * h->reltuples, rule->most);
}

static double
insert_threshold_of(const SimRule *rule, const SimHeap *h)
{
	return rule->insert_threshold + rule->insert_scale * h->reltuples;
}

/* Whole minutes, at least one, until a counter is above its threshold */
static int
minutes_to(double counter, double rate, double threshold, int most)
{
	double		minutes;

	if (counter > threshold)
		return Min(1, most);
	if (rate <= 0)
		return most;
	minutes = floor((threshold - counter) / rate) + 1;
	return minutes >= most ? most : (int) minutes;
}

/*
 * Many equal cycles at once, where one vacuum is like the other: that makes
 * busy tables as cheap to simulate as quiet ones.  Returns minutes passed.
 */
static int
run_cycles(const SimTable *t, SimHeap *h, const SimRule *rule, const SimSegment *s, int now,
		   int minutes)
{
	double		rate = sim_dead_rate(s);
	double		threshold = threshold_of(rule, h);
	int			cycle = minutes_to(0, rate, threshold, minutes);
	int			n = minutes / cycle;
	double		peak = rate * cycle;
	SimSums		before;

	if (h->dead > 0 || h->bypassed > 0 || peak <= threshold || n < 3 ||
		s->inserted * cycle > insert_threshold_of(rule, h) || now < t->held_until ||
		(t->held_from >= now && t->held_from < now + minutes) || skips_indexes(t, h, peak))
		return 0;

	/* one to reach the size that the file then keeps, and the others in one */
	sim_flow(t, h, s, now, cycle);
	sim_vacuum(t, h, now + cycle);
	before = h->sums;
	h->file = Max(h->file, live_bytes(t, h) + peak * (t->pinned_heap + t->pinned_index));
	h->sums.work += (n - 1) * effort(t, sim_vacuum_price(t, h, peak));
	h->sums.insert_work += (n - 1) *
		effort(t, t->price * ceil(s->inserted * cycle * t->row_bytes / BLCKSZ));
	h->sums.vacuums += n - 1;
	h->sums.stock += (n - 1) * cycle * peak / 2 * (t->pinned_heap + t->pinned_index) / SIM_MB;

	/* sizes move, too, but "peak" stays in use */
	{
		int			rest = (n - 1) * cycle;
		double		left = exp(-rest / (SHRINK_DAYS * SIM_DAY));
		double		excess = h->file - h->ideal;

		h->live = Max(h->live + ((double) s->inserted - s->deleted) * rest, 0);
		h->modified += ((double) s->inserted + s->updated + s->hot + s->deleted) * rest;
		h->file = next_file(h->file, live_bytes(t, h) + peak * (t->pinned_heap + t->pinned_index), left);
		h->ideal = next_file(h->ideal, live_bytes(t, h), left);
		h->sums.reserved = before.reserved +
			(excess + h->file - h->ideal) / 2 * rest / SIM_MB;
	}
	h->reltuples = h->live;
	return n * cycle;
}

static int
run_one(const SimTable *t, SimHeap *h, const SimRule *rule, const SimSegment *s, int now,
		int minutes)
{
	double		threshold = threshold_of(rule, h);
	double		insert_threshold = insert_threshold_of(rule, h);
	int			n = Min(minutes_to(h->dead, sim_dead_rate(s), threshold, minutes),
						minutes_to(h->new_rows, s->inserted, insert_threshold, minutes));

	/* what is held, and what is not, do not mix */
	if (now < t->held_from)
		n = Min(n, t->held_from - now);
	else if (now < t->held_until)
		n = Min(n, t->held_until - now);
	sim_flow(t, h, s, now, n);
	if (h->dead > threshold || h->new_rows > insert_threshold)
		sim_vacuum(t, h, now + n);
	return n;
}

/*
 * From one minute to another under a rule.  "segment" is where we are in the
 * trace.  Statistics of the size are as after an analyze in each segment.
 */
void
sim_run(const SimTable *t, SimHeap *h, const SimRule *rule, int *segment, int from, int until)
{
	int			now = from;

	while (now < until)
	{
		const SimSegment *s;
		int			minutes;
		int			done;

		while (t->segments[*segment + 1].start <= now)
			(*segment)++;
		s = &t->segments[*segment];
		minutes = Min(s[1].start, until) - now;
		if (now == s->start)
			h->reltuples = h->live;
		done = run_cycles(t, h, rule, s, now, minutes);
		if (done == 0)
			done = run_one(t, h, rule, s, now, minutes);
		now += done;
	}
}

void
sim_run_days(const SimTable *t, const SimRule *rule, int days, SimLedger *ledger)
{
	SimHeap		h = sim_heap_begin(t);
	int			segment = 0;

	memset(&ledger->at[0], 0, sizeof(SimSums));
	sim_run(t, &h, rule, &segment, 0, days / 2 * SIM_DAY);
	ledger->at[1] = h.sums;
	ledger->at[1].dead = h.dead;
	sim_run(t, &h, rule, &segment, days / 2 * SIM_DAY, days * SIM_DAY);
	ledger->at[2] = h.sums;
	ledger->at[2].dead = h.dead;
}

double
sim_span_minutes(SimSpan span, int days)
{
	return (span == SIM_HALF ? days - days / 2 : days) * (double) SIM_DAY;
}

/*
 * Sums of a span.  "debt" is what clearing a dead row will cost: who leaves
 * more of them at the end than there were at the beginning pays for it.
 */
SimScore
sim_score(const SimLedger *ledger, SimSpan span, int days, double debt)
{
	const SimSums *a = &ledger->at[span == SIM_HALF ? 1 : 0];
	const SimSums *b = &ledger->at[2];
	double		minutes = sim_span_minutes(span, days);
	SimScore	s = {
		.work = Max(b->work - a->work + debt * (b->dead - a->dead), 0),
		.insert_work = b->insert_work - a->insert_work,
		.stock = (b->stock - a->stock) / minutes,
		.reserved = (b->reserved - a->reserved) / minutes,
		.vacuums = b->vacuums - a->vacuums,
		.futile = b->futile - a->futile
	};

	return s;
}
