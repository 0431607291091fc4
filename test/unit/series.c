/*-------------------------------------------------------------------------
 *
 * series.c
 *	  Tests of src/draw/series.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "draw/series.h"

static TendChartSeries s;

/* In a box of 100 x 100 and a scale of 0..100, with 100 s of time */
static const char *
path(bool area)
{
	StringInfoData out;
	TendScale	y = {0, 100, false};

	initStringInfo(&out);
	tend_series_path(&out, &s, &y, 100, 100, area);
	return out.data;
}

static void
begin(void)
{
	tend_series_begin(&s, 1000, 1100, 50);
}

static void
check_few(void)
{
	begin();
	tap_text(path(false), "", "nothing is no path");
	tap_ok(isnan(s.most), "and has no peak");
	tend_series_add(&s, 1000, 10);
	tend_series_add(&s, 1050, 90);
	tend_series_add(&s, 1100, 0);
	tap_text(path(false), "M0.0 90.0L50.0 10.0L100.0 100.0", "three observations are three points");
	tap_text(path(true), "M0.0 90.0L50.0 10.0L100.0 100.0L100.0 100.0L0.0 100.0Z", "an area reaches the ground");
	tap_number(s.most, 90, "the peak is known");
	tap_number(s.peak.at, 1050, "and when it was");
}

static void
check_edges(void)
{
	begin();
	tend_series_add(&s, 900, 40);
	tap_text(path(false), "", "what is before the plot is not drawn");
	tend_series_add(&s, 1010, 60);
	tend_series_add(&s, 1200, 99);
	tend_series_end(&s, 1100);
	tap_text(path(false), "M0.0 60.0L10.0 40.0L100.0 40.0", "but its value at the edge is; nothing after it");
	begin();
	tend_series_add(&s, 900, 40);
	tend_series_end(&s, 2000);
	tap_text(path(false), "M0.0 60.0L100.0 60.0", "nothing happened: a line all along");
}

static void
check_hold(void)
{
	begin();
	tend_series_add(&s, 1000, 20);
	tend_series_add(&s, 1080, 80);
	tap_text(path(false), "M0.0 80.0L55.0 80.0L80.0 20.0", "without news a value holds until shortly before the next");
}

static void
check_breaks(void)
{
	begin();
	tend_series_add(&s, 1000, 50);
	tend_series_add(&s, 1020, 50);
	tend_series_break(&s);
	tend_series_add(&s, 1040, 10);
	tend_series_add(&s, 1060, 10);
	tap_text(path(true), "M0.0 50.0L20.0 50.0L20.0 100.0L0.0 100.0ZM40.0 90.0L60.0 90.0L60.0 100.0L40.0 100.0Z",
			 "a reset of statistics leaves a gap");
	begin();
	tend_series_add(&s, 1000, 50);
	tend_series_add(&s, 1020, NAN);
	tend_series_add(&s, 1040, INFINITY);
	tend_series_add(&s, 1060, 10);
	tap_text(path(false), "M0.0 50.0M60.0 90.0", "so does the unknown");
	begin();
	tend_series_add(&s, 1050, 50);
	tend_series_add(&s, 1010, 70);
	tap_text(path(false), "M50.0 50.0", "a clock that was set back is not followed");
}

/* However many, the path has its bounds, and the extremes are in it. */
static void
check_many(void)
{
	tend_series_begin(&s, 1000, 1100, 50);
	for (int i = 0; i < 100000; i++)
		tend_series_add(&s, 1000 + i / 1000.0, i == 77777 ? 99 : i % 50);
	tap_ok(strlen(path(true)) < TEND_SERIES_CELLS * 4 * 14, "a hundred thousand observations fit");
	tap_ok(strstr(path(false), " 1.0") != NULL, "and the one peak among them is seen");
	tap_number(s.most, 99, "and known");
}

int
main(void)
{
	check_few();
	check_edges();
	check_hold();
	check_breaks();
	check_many();
	return tap_done();
}
