/*-------------------------------------------------------------------------
 *
 * bloat.c
 *	  How many pages would a relation need, judged by some of its pages?
 *
 * The live bytes of a page are a random variable, of which the sample gives
 * mean and variance; where all pages were seen, the mean is exact.  Bloat is
 * what remains of the pages when the live bytes are packed into new ones.
 * Dead rows and free space are not added up: a page has free space that no row
 * fits into, or that fillfactor keeps, and that is no bloat.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/bloat.h"

/* 95 % of a normal distribution are within so many standard deviations */
#define Z	1.96

/* If none of n pages has it, so many of n may (also at 95 %) */
#define UNSEEN	3.0

/* Bytes that a new page holds, of tuples as large as these on average */
static double
capacity(const TendBloatSample *s, const TendBloatPage *page)
{
	double		each = s->live_tuples > 0 ? s->live_bytes / s->live_tuples : 0;

	if (!page->whole_tuples || each <= 0)
		return page->usable_bytes;
	return fmax(floor(page->usable_bytes / each), 1) * each;
}

/* The share of pages that are too many, with so many live bytes on each */
static double
excess(double live_bytes_per_page, double page_capacity, const TendBloatSample *s,
	   const TendBloatPage *page)
{
	/* what is within a rounding error of a page is that page */
	double		needed = ceil(s->pages * fmax(live_bytes_per_page, 0) / page_capacity - 1e-6);

	needed = fmin(fmax(needed, page->least_pages), s->pages);
	return (s->pages - needed) / s->pages;
}

/*
 * Half the width of the interval of the mean.  Pages that are all alike may
 * have hidden some that are not.
 */
static double
half_width(const TendBloatSample *s, double mean, double page_capacity)
{
	double		n = s->sampled;
	double		variance;
	double		unseen;

	if (n >= s->pages)
		return 0;
	if (n < 2)
		return page_capacity;
	variance = fmax(s->live_squares / n - mean * mean, 0) * n / (n - 1);
	unseen = fmin(UNSEEN / n, 1) * (1 - n / s->pages) * fmax(mean, page_capacity - mean);
	return Z * sqrt(variance / n * (1 - n / s->pages)) + unseen;
}

TendBloat
tend_bloat_estimate(const TendBloatSample *s, const TendBloatPage *page)
{
	TendBloat	b = {.ratio = NAN,.low = NAN,.high = NAN};
	double		times;
	double		mean;
	double		width;
	double		page_capacity = capacity(s, page);

	if (s->pages <= 0 || s->sampled <= 0)
		return b;
	times = s->pages / s->sampled;
	b.live_tuples = s->live_tuples * times;
	b.live_bytes = s->live_bytes * times;
	b.dead_tuples = s->dead_tuples * times;
	b.dead_bytes = s->dead_bytes * times;
	b.free_bytes = s->free_bytes * times;

	mean = s->live_bytes / s->sampled;
	width = half_width(s, mean, page_capacity);
	b.ratio = excess(mean, page_capacity, s, page);
	b.low = excess(mean + width, page_capacity, s, page);
	b.high = excess(mean - width, page_capacity, s, page);
	b.bytes = b.ratio * s->pages * page->page_bytes;
	return b;
}
