/*-------------------------------------------------------------------------
 *
 * svg.c
 *	  Charts, without a library.
 *
 * Text and frame take their colours from the reader's preference for light or
 * dark; whoever knows no such thing sees the light ones.
 *
 *-------------------------------------------------------------------------
 */
#include "svg.h"

#include <math.h>

static const char style[] =
"<style>\n"
"svg { font: 12px system-ui, sans-serif; background: #fff }\n"
".back { fill: #fff } text { fill: #24292f }\n"
".title { font-size: 15px; font-weight: 600 } .small { font-size: 11px } .faint { fill: #6a737d }\n"
".grid { stroke: #d8dee4; stroke-width: 1 } .axis { stroke: #6a737d; stroke-width: 1; fill: none }\n"
"@media (prefers-color-scheme: dark) {\n"
"svg { background: #16181c } .back { fill: #16181c } text { fill: #d7dde4 } .faint { fill: #98a1ab }\n"
".grid { stroke: #2d333b } .axis { stroke: #98a1ab } }\n"
"</style>\n";

void
svg_begin(FILE *out, int width, int height, const char *title, const char *subtitle)
{
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n<title>%s</title>\n%s",
			width, height, width, height, title, style);
	fprintf(out, "<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n", width, height);
	svg_text(out, 16, 26, "class=\"title\"", title);
	svg_text(out, 16, 44, "class=\"small faint\"", subtitle);
}

void
svg_end(FILE *out)
{
	fprintf(out, "</svg>\n");
	fclose(out);
}

void
svg_text(FILE *out, double x, double y, const char *style_of, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, style_of);
	for (; *text; text ++)
	{
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text, out);
	}
	fprintf(out, "</text>\n");
}

double
svg_at(const SvgAxis *axis, double value)
{
	double		share = axis->is_log ?
		log(Max(value, axis->least) / axis->least) / log(axis->most / axis->least) :
		(value - axis->least) / (axis->most - axis->least);

	return axis->from + (axis->to - axis->from) * Min(Max(share, 0), 1);
}

/* ---- ticks ---- */

/* 1, 2, 5, 10, ... such that there are about six */
static double
linear_step(double span)
{
	double		unit = pow(10, floor(log10(span / 6)));
	double		times = span / 6 / unit;

	return unit * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

static void
number(char *text, size_t size, double value)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};
	int			unit = 0;

	while (fabs(value) >= 1000 && unit < (int) lengthof(units) - 1)
	{
		value /= 1000;
		unit++;
	}
	snprintf(text, size, "%.4g%s%s", value, unit > 0 ? " " : "", units[unit]);
}

static void
tick(FILE *out, const SvgAxis *axis, const SvgAxis *other, double value, bool upwards)
{
	double		at = svg_at(axis, value);
	char text[	32];

	number(text, sizeof(text), value);
	if (upwards)
	{
		fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>\n", other->from, at, other->to);
		svg_text(out, other->from - 6, at + 4, "class=\"small\" text-anchor=\"end\"", text);
		return;
	}
	fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>\n", at, other->from, other->to);
	svg_text(out, at, other->from + 16, "class=\"small\" text-anchor=\"middle\"", text);
}

static void
ticks(FILE *out, const SvgAxis *axis, const SvgAxis *other, bool upwards)
{
	if (axis->is_log)
	{
		/* 2 and 5 only where there is room for them */
		bool		few = axis->most < axis->least * 1000;

		for (double v = pow(10, floor(log10(axis->least))); v <= axis->most * 1.001; v *= 10)
		{
			for (int i = 1; i <= (few ? 5 : 1); i += i == 1 ? 1 : 3)
			{
				if (v * i >= axis->least * 0.999 && v * i <= axis->most * 1.001)
					tick(out, axis, other, v * i, upwards);
			}
		}
		return;
	}
	for (double v = axis->least; v <= axis->most * 1.0001; v += linear_step(axis->most - axis->least))
		tick(out, axis, other, v, upwards);
}

void
svg_frame(FILE *out, const SvgAxis *x, const SvgAxis *y)
{
	char		turned[128];

	ticks(out, x, y, false);
	ticks(out, y, x, true);
	fprintf(out, "<path class=\"axis\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n", x->from, y->to, y->from, x->to);
	svg_text(out, (x->from + x->to) / 2, y->from + 34, "class=\"small\" text-anchor=\"middle\"", x->label);
	snprintf(turned, sizeof(turned), "class=\"small\" text-anchor=\"middle\" transform=\"rotate(-90 %.1f %.1f)\"",
			 x->from - 48, (y->from + y->to) / 2);
	svg_text(out, x->from - 48, (y->from + y->to) / 2, turned, y->label);
}

/* ---- marks ---- */

void
svg_line_begin(FILE *out, const char *colour, double width, const char *dash)
{
	fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" stroke-linejoin=\"round\" stroke-dasharray=\"%s\" points=\"",
			colour, width, dash);
}

void
svg_line_point(FILE *out, double x, double y)
{
	fprintf(out, "%.1f,%.1f ", x, y);
}

void
svg_line_end(FILE *out)
{
	fprintf(out, "\"/>\n");
}

void
svg_dot(FILE *out, double x, double y, const char *colour, double radius)
{
	fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n", x, y, radius, colour);
}

void
svg_legend(FILE *out, double x, double y, const char *colour, const char *text)
{
	fprintf(out, "<path stroke=\"%s\" stroke-width=\"3\" d=\"M%.1f %.1fh18\"/>\n", colour, x, y - 4);
	svg_text(out, x + 24, y, "class=\"small\"", text);
}
