/*-------------------------------------------------------------------------
 *
 * dumbbell.c
 *	  Pairs of values on one scale: what was expected, and what came.
 *
 * The scale is logarithmic: twice as wrong is twice as long.  An estimate is a
 * ring, what really came a disc, the estimate with the cure a diamond, so that
 * they differ without colours, too.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/dumbbell.h"
#include "draw/escape.h"

#define PITCH	42.0
#define MIDDLE	25.0
#define BOTTOM	34.0
#define NARROW	22
#define WIDE	80

/* no rows at all are at the left edge, where 1 row is */
static double
at_least_one(double rows)
{
	return isnan(rows) ? NAN : Max(rows, 1);
}

static TendScale
scale_of(const TendDumbbell *rows, int n)
{
	double		least = NAN;
	double		most = NAN;

	for (int i = 0; i < n; i++)
	{
		double		values[] = {rows[i].expected, rows[i].actual, rows[i].cured};

		for (int j = 0; j < 3; j++)
		{
			least = fmin(least, at_least_one(values[j]));
			most = fmax(most, at_least_one(values[j]));
		}
	}
	return tend_scale_log(least, most);
}

/* 1 % is left at both ends, for what is drawn around a value */
static double
x_of(const TendScale *scale, double rows)
{
	return tend_percent(0.012 + 0.976 * tend_scale_share(scale, at_least_one(rows)));
}

static void
draw_axis(StringInfo out, const TendScale *scale, double bottom)
{
	double		ticks[TEND_MAX_TICKS];
	int			n = tend_scale_ticks(scale, 5, ticks);

	for (int i = 0; i < n; i++)
	{
		double		x = x_of(scale, ticks[i]);
		const char *word = tend_word_short(ticks[i]).str;

		tend_svg_line(out, "grid", x, 2, x, bottom);
		tend_svg_text(out, x < 6 ? "tick" : x > 94 ? "tick end" : "tick mid", x, 0, bottom + 14,
					  ticks[i] == 1 ? "1 row" : word);
	}
	tend_svg_line(out, "axis", 0, bottom, 100, bottom);
}

/* Shapes need coordinates in pixels: each is in a box of no size at its place. */
static void
draw_diamond(StringInfo out, const char *css, double x, double y)
{
	appendStringInfo(out, "<svg x=\"%.2f%%\" y=\"%.1f\" class=\"at\"><path class=\"%s\" d=\"M0 -6.5L6.5 0L0 6.5L-6.5 0Z\"/></svg>\n",
					 x, y, css);
}

static void
draw_row(StringInfo out, const TendScale *scale, const TendDumbbell *row, double top)
{
	double		expected = x_of(scale, row->expected);
	double		actual = x_of(scale, row->actual);
	double		y = top + MIDDLE;

	tend_svg_name(out, top + 13, row->name, NARROW, WIDE);
	tend_svg_text(out, "label end halo", 100, 0, top + 13, row->text);
	tend_svg_line(out, "between", expected, y, actual, y);
	appendStringInfo(out, "<circle class=\"ring\" cx=\"%.2f%%\" cy=\"%.1f\" r=\"5\"/>\n", expected, y);
	if (!isnan(row->cured))
		draw_diamond(out, row->cure_is_applied ? "diamond done" : "diamond", x_of(scale, row->cured), y);
	appendStringInfo(out, "<circle class=\"disc\" cx=\"%.2f%%\" cy=\"%.1f\" r=\"4\"/>\n", actual, y);
}

void
tend_dumbbells(StringInfo out, const TendFigure *figure, const TendDumbbell *rows, int n)
{
	TendFigure	f = *figure;
	TendScale	scale = scale_of(rows, n);

	f.height = n * PITCH + BOTTOM;
	tend_figure_begin(out, &f);
	draw_axis(out, &scale, n * PITCH + 6);
	for (int i = 0; i < n; i++)
		draw_row(out, &scale, &rows[i], i * PITCH);
	tend_figure_end(out);
}

static void
legend_entry(StringInfo out, const char *shape, const char *words)
{
	appendStringInfo(out, "<span><svg width=\"16\" height=\"16\" viewBox=\"-8 -8 16 16\" aria-hidden=\"true\">%s</svg> %s</span>\n",
					 shape, words);
}

void
tend_dumbbell_legend(StringInfo out)
{
	appendStringInfoString(out, "<p class=\"legend\">");
	legend_entry(out, "<circle class=\"ring\" r=\"5\"/>", "estimated");
	legend_entry(out, "<circle class=\"disc\" r=\"4\"/>", "really");
	legend_entry(out, "<path class=\"diamond\" d=\"M0 -6.5L6.5 0L0 6.5L-6.5 0Z\"/>",
				 "estimated with the cure");
	appendStringInfoString(out, "</p>\n");
}
