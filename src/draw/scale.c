/*-------------------------------------------------------------------------
 *
 * scale.c
 *	  Where a value lies on an axis, and which values to print beside it.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/scale.h"

/* 1, 2, 5, 10, ...: the least such step that is not below this one */
static double
round_step(double step)
{
	double		unit = pow(10, floor(log10(step)));
	double		times = step / unit;

	/* 0.3 / 0.1 is a little more than 3 */
	times -= 1e-9;
	return unit * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

/* From 0 to a little above the largest value, which may be 0 or unknown */
TendScale
tend_scale_from_zero(double most)
{
	TendScale	scale = {0, 1, false};

	if (most > 0 && most < 1e300)
		scale.most = most * 1.08;
	return scale;
}

/* Whole decades around two values; what is not above 0 does not count. */
TendScale
tend_scale_log(double least, double most)
{
	TendScale	scale = {1, 10, true};

	if (!(least > 0) || least > 1e100)
		least = 1;
	if (!(most > least) || most > 1e100)
		most = least;
	least = Max(least, 1e-100);
	scale.least = pow(10, floor(log10(least) + 1e-9));
	scale.most = pow(10, ceil(log10(most) - 1e-9));
	if (scale.most < scale.least * 10)
		scale.most = scale.least * 10;
	return scale;
}

/* 0 at the least value, 1 at the most; what lies outside is at the edge. */
double
tend_scale_share(const TendScale *scale, double value)
{
	double		share;

	if (isnan(value))
		return 0;
	if (scale->is_log)
		share = log(Max(value, scale->least) / scale->least) / log(scale->most / scale->least);
	else
		share = (value - scale->least) / (scale->most - scale->least);
	return Min(Max(share, 0), 1);
}

static int
log_ticks(const TendScale *scale, int wanted, double *ticks)
{
	double		decades = log10(scale->most / scale->least);
	double		step = pow(10, Max(ceil(decades / wanted - 1e-9), 1));
	int			n = 0;

	for (double v = scale->least; v <= scale->most * 1.001 && n < TEND_MAX_TICKS; v *= step)
		ticks[n++] = v;
	return n;
}

/* Round values, about as many as wanted and not more than one more */
int
tend_scale_ticks(const TendScale *scale, int wanted, double *ticks)
{
	double		step;
	int			n = 0;

	wanted = Min(Max(wanted, 1), TEND_MAX_TICKS - 1);
	if (scale->is_log)
		return log_ticks(scale, wanted, ticks);
	step = round_step((scale->most - scale->least) / wanted);
	for (double i = ceil(scale->least / step - 1e-9);
		 i * step <= scale->most + step * 1e-9 && n < TEND_MAX_TICKS; i++)
		ticks[n++] = i * step + 0.0;	/* no minus zero */
	return n;
}
