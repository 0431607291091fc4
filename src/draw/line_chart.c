/*-------------------------------------------------------------------------
 *
 * line_chart.c
 *	  Values over time.
 *
 * Values are printed on the lines of the grid, not beside the plot: so it can
 * be narrow.  Lines are named where they end.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/escape.h"
#include "draw/line_chart.h"

#define TOP			16.0
#define BOTTOM		24.0
#define LABEL_ROOM	14.0		/* between the names of two lines */

/* A limit this many times above all lines would only flatten them. */
#define MOST_ABOVE	4.0

TendScale
tend_line_chart_scale(const TendLineChart *chart)
{
	double		most = 0;

	for (int i = 0; i < chart->nlines; i++)
		most = fmax(most, chart->lines[i].series->most);
	if (chart->limit > most && chart->limit <= MOST_ABOVE * most)
		most = chart->limit;
	return tend_scale_from_zero(most);
}

static double
y_of(const TendLineChart *chart, const TendScale *scale, double value)
{
	double		height = chart->figure.height - TOP - BOTTOM;

	return TOP + (1 - tend_scale_share(scale, value)) * height;
}

static void
draw_grid(StringInfo out, const TendLineChart *chart, const TendScale *scale)
{
	double		ticks[TEND_MAX_TICKS];
	int			n = tend_scale_ticks(scale, 4, ticks);

	for (int i = 0; i < n; i++)
	{
		double		y = y_of(chart, scale, ticks[i]);

		if (ticks[i] != 0)
			tend_svg_line(out, "grid", 0, y, 100, y);
	}
}

/* Over the lines, which would cross them out otherwise */
static void
draw_values(StringInfo out, const TendLineChart *chart, const TendScale *scale)
{
	double		ticks[TEND_MAX_TICKS];
	int			n = tend_scale_ticks(scale, 4, ticks);

	for (int i = 0; i < n; i++)
	{
		if (ticks[i] != 0)
			tend_svg_text(out, "tick halo", 0, 0, y_of(chart, scale, ticks[i]) - 3,
						  tend_word_short(ticks[i]).str);
	}
}

static void
draw_spans(StringInfo out, const TendLineChart *chart)
{
	for (int i = 0; i < chart->nspans; i++)
	{
		const TendSpan *span = &chart->spans[i];

		tend_svg_bar(out, "span", tend_percent(tend_time_share(chart->time, span->from)),
					 tend_percent(tend_time_share(chart->time, span->to)), TOP,
					 chart->figure.height - TOP - BOTTOM, span->tip);
	}
}

static void
draw_marks(StringInfo out, const TendLineChart *chart)
{
	double		y = chart->figure.height - BOTTOM;

	for (int i = 0; i < chart->nmarks; i++)
	{
		double		x = tend_percent(tend_time_share(chart->time, chart->marks[i]));

		tend_svg_line(out, "mark", x, y, x, y + 4);
	}
}

static void
draw_lines(StringInfo out, const TendLineChart *chart, const TendScale *scale)
{
	double		height = chart->figure.height - TOP - BOTTOM;

	tend_svg_stretch(out, TOP, height);
	for (int i = 0; i < chart->nlines; i++)
	{
		const TendLine *line = &chart->lines[i];

		if (line->series->n == 0)
			continue;
		for (int area = line->area; area >= 0; area--)
		{
			appendStringInfo(out, "<path class=\"%s %s\" d=\"", area ? "area" : "line", line->css);
			tend_series_path(out, line->series, scale, TEND_PATH_WIDTH, height, area);
			appendStringInfoString(out, "\"/>\n");
		}
	}
	tend_svg_stretch_end(out);
}

/* Would a name whose text stands on y lie on another name, or on a line? */
static bool
is_taken(const TendLineChart *chart, const TendScale *scale, double y, const double *taken, int n)
{
	if (y < 9 || y > chart->figure.height - BOTTOM - 1)
		return true;
	for (int i = 0; i < n; i++)
	{
		if (fabs(taken[i] - y) < LABEL_ROOM)
			return true;
	}
	for (int i = 0; i < chart->nlines; i++)
	{
		double		line = y_of(chart, scale, chart->lines[i].series->last.value);

		if (chart->lines[i].series->n > 0 && line > y - 11 && line < y + 3)
			return true;
	}
	return false;
}

/* Above the end of its line if there is room, or else as near as possible */
static void
draw_labels(StringInfo out, const TendLineChart *chart, const TendScale *scale)
{
	double		taken[TEND_MAX_LINES];
	int			n = 0;

	for (int i = 0; i < chart->nlines; i++)
	{
		const TendLine *line = &chart->lines[i];
		double		best;
		double		y;

		if (line->label == NULL || line->series->n == 0)
			continue;
		best = y = y_of(chart, scale, line->series->last.value) - 4;
		/* farther up rather than below */
		for (int far = 0; far < 64; far++)
		{
			y = far < 32 ? best - far : best + 16 + far - 32;
			if (!is_taken(chart, scale, y, taken, n))
				break;
			y = best;
		}
		taken[n++] = y;
		tend_svg_text(out, psprintf("label end halo %s", line->css), 100, 0, y, line->label);
	}
}

void
tend_line_chart(StringInfo out, const TendLineChart *chart)
{
	TendScale	scale = tend_line_chart_scale(chart);

	tend_figure_begin(out, &chart->figure);
	draw_spans(out, chart);
	tend_svg_time_axis(out, chart->time, TOP, chart->figure.height - BOTTOM, chart->ticks);
	draw_grid(out, chart, &scale);
	draw_lines(out, chart, &scale);
	draw_values(out, chart, &scale);
	draw_marks(out, chart);
	draw_labels(out, chart, &scale);
	tend_figure_end(out);
}
