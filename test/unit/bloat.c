/*-------------------------------------------------------------------------
 *
 * bloat.c
 *	  Tests of src/advise/bloat.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/bloat.h"

static const TendBloatPage heap = {.usable_bytes = 8000,.whole_tuples = true,.least_pages = 0,.page_bytes = 8192};

/* Pages that are all alike */
static TendBloatSample
alike(double pages, double sampled, double tuples, double bytes_each)
{
	double		live = tuples * bytes_each;

	return (TendBloatSample)
	{
		.pages = pages,.sampled = sampled,.live_tuples = tuples * sampled,
			.live_bytes = live * sampled,.live_squares = live * live * sampled
	};
}

static void
expect(const char *name, TendBloatSample s, TendBloatPage page, double ratio, double low, double high)
{
	TendBloat	b = tend_bloat_estimate(&s, &page);

	if (!tap_ok(fabs(b.ratio - ratio) < 1e-3 && fabs(b.low - low) < 1e-3 && fabs(b.high - high) < 1e-3, name))
		fprintf(stderr, "# %s: %g, %g .. %g\n", name, b.ratio, b.low, b.high);
}

/*
 * A heap of so many pages, a share of which is full and the others empty: how
 * often is the truth in the interval?
 */
static int
covered(double pages, double sampled, double share_full, int rounds)
{
	int			inside = 0;

	for (int round = 0; round < rounds; round++)
	{
		TendBloatSample s = {.pages = pages,.sampled = sampled};
		TendBloat	b;

		for (int i = 0; i < sampled; i++)
		{
			bool		full = given_dice(1000000) < share_full * 1000000;

			s.live_tuples += full ? 80 : 0;
			s.live_bytes += full ? 8000 : 0;
			s.live_squares += full ? 8000.0 * 8000 : 0;
		}
		b = tend_bloat_estimate(&s, &heap);
		inside += b.low <= 1 - share_full && 1 - share_full <= b.high;
	}
	return inside;
}

int
main(void)
{
	TendBloatPage index = {.usable_bytes = 7300,.least_pages = 2,.page_bytes = 8192};
	TendBloatSample none = {0};

	expect("full pages are no bloat", alike(1000, 1000, 80, 100), heap, 0, 0, 0);
	expect("half of the rows, all pages seen", alike(1000, 1000, 40, 100), heap, 0.5, 0.5, 0.5);
	expect("half of the rows, not all pages seen", alike(1000, 100, 40, 100), heap, 0.5, 0.486, 0.513);
	expect("one page of many says little", alike(1000, 1, 40, 100), heap, 0.5, 0, 1);
	expect("one row per page, for which there is no room beside it", alike(1000, 1000, 1, 5000), heap, 0, 0, 0);
	expect("rows larger than fillfactor leaves room for", alike(1000, 1000, 1, 8100), heap, 0, 0, 0);
	expect("no live row at all", alike(1000, 1000, 0, 100), heap, 1, 1, 1);
	expect("a small table needs its page", alike(1, 1, 1, 40), heap, 0, 0, 0);
	expect("an index needs its meta page and a root", alike(2, 2, 1, 20), index, 0, 0, 0);
	expect("entries of an index can be split anywhere", alike(1000, 1000, 50, 73), index, 0.5, 0.5, 0.5);
	expect("more than fillfactor is no bloat", alike(1000, 1000, 110, 73), index, 0, 0, 0);
	tap_ok(isnan(tend_bloat_estimate(&none, &heap).ratio), "what has no pages has no ratio");

	tap_ok(covered(1e6, 1000, 0.5, 1000) >= 930, "the interval holds, half empty");
	tap_ok(covered(1e6, 1000, 0.01, 1000) >= 930, "the interval holds, nearly empty");
	tap_ok(covered(1e6, 1000, 0.999, 1000) >= 930, "the interval holds, nearly full");
	tap_ok(covered(1e6, 100, 0.3, 1000) >= 930, "the interval holds for a small sample");
	return tap_done();
}
