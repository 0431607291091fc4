/*-------------------------------------------------------------------------
 *
 * stock.c
 *	  Dead rows as a stock: what it costs to keep them and to clear them.
 *
 * The classical question of how much to order at a time (Harris, 1913): each
 * vacuum has a price that does not depend on how much it clears, and dead
 * rows have a price per time that they lie around.  With r rows dying per
 * second, a fixed price of F page touches and w bytes pinned by a dead row,
 *
 *	cost per second (D) = r * C(D) / D  +  bloat price * w * D
 *
 * where D is how many dead rows there are when vacuum comes.  If C were the
 * fixed price F alone, sqrt(r * F / (bloat price * w)) would be the best D,
 * between two popular rules that are both wrong in the large: a share of the
 * table and a fixed number.  But with P pages of the heap, few dead rows lie
 * on pages of their own, and many share them:
 *
 *	C(D) = F + P * (1 - exp(-32 * D / P)) + P * (1 - exp(-D / P)) + WAL(D)
 *
 * Vacuum reads all pages unless 32 in a row are all-visible, and writes those
 * with dead rows.  How much of that is WAL depends on checkpoints, see
 * tend_stock_images(): that may have two good places, so all are tried.  The
 * whole of D counts as waste, not the half of it, as space that was needed
 * once stays with the table.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/stock.h"

/* An index is read page by page, and its pages are found once more. */
#define INDEX_PAGE_PRICE	2.0

/* Vacuum skips no fewer pages in a row (SKIP_PAGES_THRESHOLD) */
#define SKIP_PAGES			32.0

/* Below so many dead rows no table is worth a vacuum. */
#define LEAST_DEAD_ROWS		20.0

/* Even a page that is in WAL already needs a few records. */
#define LEAST_IMAGES		0.1

static double
fixed_pages(const TendStock *s)
{
	return TEND_OVERHEAD_PAGES + INDEX_PAGE_PRICE * s->index_pages;
}

/* Pages with something on them, when so many things are strewn over them */
static double
pages_hit(double pages, double things)
{
	return pages * (1 - exp(-things / pages));
}

/* Page touches of a vacuum that finds so many dead rows */
double
tend_stock_pages(const TendStock *s, double dead)
{
	double		pages = Max(s->heap_pages, 1);

	return s->price_ratio * (fixed_pages(s) + pages_hit(pages, SKIP_PAGES * dead) +
							 pages_hit(pages, dead));
}

/*
 * Pages that are written to WAL as a whole: those with dead rows, as far as
 * there was a checkpoint since the rows died.  A vacuum that comes often finds
 * most pages in WAL already.
 */
double
tend_stock_images(const TendStock *s, double dead)
{
	double		dirtied = pages_hit(Max(s->heap_pages, 1), dead);
	double		periods = dead / (s->rate * s->checkpoint_seconds);
	double		share = periods < 1 ? periods / 2 : 1 - 1 / (2 * periods);

	return dirtied * Max(share, LEAST_IMAGES);
}

/* Page touches and WAL of such a vacuum: C(D) above */
static double
effort(const TendStock *s, double dead)
{
	return tend_stock_pages(s, dead) + s->wal_price * tend_stock_images(s, dead);
}

/* Rows that die while nobody looks */
static double
per_round(const TendStock *s)
{
	return s->rate * s->round_seconds;
}

/* Would a vacuum that finds so many dead rows look into the indexes? */
bool
tend_stock_is_indexed(const TendStock *s, double dead)
{
	return dead >= TEND_INDEX_BYPASS_SHARE * s->heap_pages;
}

/*
 * Dead rows when vacuum comes.  Autovacuum notices half a round late in the
 * mean, and comes no more than once per round.
 */
double
tend_stock_dead(const TendStock *s, double threshold)
{
	double		dead = Max(threshold + per_round(s) / 2, per_round(s));

	/* bursts arrive whole: the one that crosses the threshold counts */
	if (s->burst_rows > 0)
		dead = Max(dead, ceil(threshold / (s->burst_rows + s->trickle_rows)) *
				   (s->burst_rows + s->trickle_rows));
	return Max(dead, 1);
}

/* Vacuums per second */
double
tend_stock_vacuums(const TendStock *s, double threshold)
{
	return s->rate / tend_stock_dead(s, threshold);
}

/* Page touches per second */
double
tend_stock_work(const TendStock *s, double threshold)
{
	double		dead = tend_stock_dead(s, threshold);

	return s->rate * tend_stock_pages(s, dead) / dead;
}

/* The same with its WAL: what the budget is about */
double
tend_stock_effort(const TendStock *s, double threshold)
{
	double		dead = tend_stock_dead(s, threshold);

	return s->rate * effort(s, dead) / dead;
}

/* Bytes that dead rows take when there are most of them */
double
tend_stock_waste(const TendStock *s, double threshold)
{
	return s->dead_bytes * tend_stock_dead(s, threshold);
}

/* Effort and space, in page touches per second; the price is per megabyte. */
double
tend_stock_cost(const TendStock *s, double threshold, double bloat_price)
{
	return tend_stock_effort(s, threshold) +
		bloat_price * tend_stock_waste(s, threshold) / (1024 * 1024);
}

/*
 * Between which thresholds to choose.
 *
 * Not below what dies in half a round, as autovacuum does not come more often
 * than that; and with indexes not so low that it would skip them.  Not above
 * the share of dead rows that the user accepts.  Where the two cross, as they
 * do for small tables with much traffic, the target is out of reach and the
 * smaller one leads to a vacuum in each round.
 */
TendRange
tend_stock_range(const TendStock *s, double ratio_target)
{
	TendRange	range;
	double		target = ratio_target * s->rows;

	range.least = Max(LEAST_DEAD_ROWS, Min(per_round(s) / 2, target));
	if (s->index_pages > 0)
		range.least = Max(range.least, TEND_INDEX_BYPASS_SHARE * s->heap_pages);
	range.most = Max(target, range.least);
	return range;
}

/*
 * Bursts: just after a burst is the moment.  So the threshold lies within one,
 * above what trickles in between; which one in a row is a matter of price.
 */
static double
within_burst(const TendStock *s, TendRange range, double wanted)
{
	double		cycle = s->burst_rows + s->trickle_rows;
	double		most = Max(floor(range.most / cycle), 1);
	double		skipped = Max(Min(floor(tend_stock_dead(s, wanted) / cycle + 1e-9), most) - 1, 0);
	double		into = Min(Max(1.5 * s->trickle_rows, 0.15 * s->burst_rows),
						   s->trickle_rows + 0.6 * s->burst_rows);

	return Max(skipped * cycle + into, LEAST_DEAD_ROWS);
}

/*
 * What each threshold that can be chosen costs.
 */
TendChoices
tend_stock_choices(const TendStock *s, TendRange range)
{
	TendChoices choices;
	double		step = pow(range.most / range.least, 1.0 / (TEND_CHOICES - 1));

	for (int i = 0; i < TEND_CHOICES; i++)
	{
		choices.threshold[i] = i == 0 ? range.least :
			Min(choices.threshold[i - 1] * step, range.most);
		choices.effort[i] = tend_stock_effort(s, choices.threshold[i]);
		choices.waste[i] = tend_stock_waste(s, choices.threshold[i]);
	}
	return choices;
}

/* The number of the cheapest one */
int
tend_stock_cheapest(const TendChoices * choices, double bloat_price)
{
	int			best = 0;
	double		least = INFINITY;

	for (int i = 0; i < TEND_CHOICES; i++)
	{
		double		cost = choices->effort[i] + bloat_price * choices->waste[i] / (1024 * 1024);

		if (cost < least)
		{
			least = cost;
			best = i;
		}
	}
	return best;
}

/*
 * The cheapest threshold.
 */
double
tend_stock_best(const TendStock *s, TendRange range, double bloat_price)
{
	TendChoices choices = tend_stock_choices(s, range);
	double		threshold = choices.threshold[tend_stock_cheapest(&choices, bloat_price)];

	return s->burst_rows > 0 ? within_burst(s, range, threshold) : threshold;
}
