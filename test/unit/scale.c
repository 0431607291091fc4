/*-------------------------------------------------------------------------
 *
 * scale.c
 *	  Tests of src/draw/scale.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "draw/scale.h"

static const char *
ticks_of(TendScale scale, int wanted)
{
	static char text[512];
	double		ticks[TEND_MAX_TICKS];
	int			n = tend_scale_ticks(&scale, wanted, ticks);

	text[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.10g", i > 0 ? " " : "", ticks[i]);
	return text;
}

static void
check_shares(void)
{
	TendScale	linear = {10, 20, false};
	TendScale	decades = {1, 1000, true};

	tap_number(tend_scale_share(&linear, 10), 0, "the least value is at 0");
	tap_number(tend_scale_share(&linear, 15), 0.5, "half way is at 0.5");
	tap_number(tend_scale_share(&linear, 99), 1, "what lies above is at the edge");
	tap_number(tend_scale_share(&linear, -99), 0, "what lies below, too");
	tap_number(tend_scale_share(&linear, NAN), 0, "the unknown is at 0");
	tap_number(tend_scale_share(&linear, INFINITY), 1, "infinity is at 1");
	tap_ok(fabs(tend_scale_share(&decades, 10) - 1.0 / 3) < 1e-12, "a decade of three is a third");
	tap_number(tend_scale_share(&decades, 0), 0, "zero is at the left of a logarithmic scale");
}

static void
check_ranges(void)
{
	static const double odd[] = {0, -1, NAN, INFINITY, 1e308, 1e-308};

	for (int i = 0; i < (int) lengthof(odd); i++)
	{
		TendScale	linear = tend_scale_from_zero(odd[i]);
		TendScale	decades = tend_scale_log(odd[i], odd[lengthof(odd) - 1 - i]);

		tap_ok(linear.most > linear.least && isfinite(linear.most), psprintf("from zero to %g", odd[i]));
		tap_ok(decades.most > decades.least && decades.least > 0 && isfinite(decades.most),
			   psprintf("decades around %g", odd[i]));
		tap_ok(ticks_of(linear, 3) != NULL && ticks_of(decades, 5) != NULL, psprintf("ticks up to %g end", odd[i]));
	}
	tap_number(tend_scale_log(3, 2500).least, 1, "decades begin below");
	tap_number(tend_scale_log(3, 2500).most, 10000, "and end above");
	tap_number(tend_scale_log(1, 100).most, 100, "or at a value that is one");
	tap_number(tend_scale_log(5, 5).most, 10, "one value has a decade");
}

int
main(void)
{
	check_shares();
	check_ranges();
	tap_text(ticks_of((TendScale) {0, 1.08, false}, 3), "0 0.5 1", "three ticks up to one");
	tap_text(ticks_of((TendScale) {0, 10800, false}, 3), "0 5000 10000", "up to ten thousand");
	tap_text(ticks_of((TendScale) {0, 0.3, false}, 3), "0 0.1 0.2 0.3", "with steps that no binary number is");
	tap_text(ticks_of((TendScale) {95, 105, false}, 5), "96 98 100 102 104", "not from zero");
	tap_text(ticks_of((TendScale) {-10, 10, false}, 4), "-10 -5 0 5 10", "below zero");
	tap_text(ticks_of((TendScale) {1, 10000, true}, 5), "1 10 100 1000 10000", "decades");
	tap_text(ticks_of((TendScale) {1, 1e12, true}, 5), "1 1000 1000000 1000000000 1e+12", "many decades are skipped");
	return tap_done();
}
