/*-------------------------------------------------------------------------
 *
 * figure.c
 *	  The frame of a plot: caption, accessible name, axis of time.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/escape.h"
#include "draw/figure.h"

/* Longer titles are cut, in the middle of a page of plots */
#define TITLE_CHARS	80

/* There may be thousands of tips on a page, each with a text of others. */
#define TIP_CHARS	200

void
tend_figure_begin(StringInfo out, const TendFigure *f)
{
	appendStringInfo(out, "<figure id=\"%s\">\n<figcaption><b class=\"name\">%s</b>", f->id,
					 tend_escape_clipped(f->title, TITLE_CHARS));
	if (f->badge != NULL)
		appendStringInfo(out, " <span class=\"badge %s\">%s</span>", f->badge_css, tend_escape(f->badge));
	if (f->note != NULL)
		appendStringInfo(out, "<span class=\"note\">%s</span>", tend_escape(f->note));
	appendStringInfo(out, "</figcaption>\n<svg role=\"img\" aria-labelledby=\"%s-t %s-d\" width=\"100%%\" height=\"%.0f\">\n"
					 "<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">%s</desc>\n",
					 f->id, f->id, f->height,
					 f->id, tend_escape_clipped(f->title, TITLE_CHARS), f->id, tend_escape(f->description));
}

void
tend_figure_end(StringInfo out)
{
	appendStringInfoString(out, "</svg>\n</figure>\n");
}

/* Of a share 0..1, rounded as it will be printed */
double
tend_percent(double share)
{
	return rint(share * 10000) / 100;
}

/* x in percent, y in pixels, as in all that follow */
void
tend_svg_line(StringInfo out, const char *css, double x1, double y1, double x2, double y2)
{
	appendStringInfo(out, "<line class=\"%s\" x1=\"%.2f%%\" y1=\"%.1f\" x2=\"%.2f%%\" y2=\"%.1f\"/>\n",
					 css, x1, y1, x2, y2);
}

/* dx in pixels, beside x */
void
tend_svg_text(StringInfo out, const char *css, double x, double dx, double y, const char *text)
{
	appendStringInfo(out, "<text class=\"%s\" x=\"%.2f%%\" dx=\"%.0f\" y=\"%.1f\">%s</text>\n",
					 css, x, dx, y, tend_escape(text));
}

/* A name at the left, of as many characters as there is room for */
void
tend_svg_name(StringInfo out, double y, const char *text, int narrow, int wide)
{
	const char *short_form = tend_escape_clipped(text, narrow);
	const char *long_form = tend_escape_clipped(text, wide);

	if (strcmp(short_form, long_form) == 0)
		appendStringInfo(out, "<text class=\"label halo\" x=\"0\" y=\"%.1f\">%s</text>\n", y, long_form);
	else
		appendStringInfo(out, "<text class=\"label halo\" x=\"0\" y=\"%.1f\"><tspan class=\"more\">%s</tspan><tspan class=\"less\">%s</tspan></text>\n",
						 y, long_form, short_form);
}

/* What is shown while the pointer is over it */
void
tend_svg_tip(StringInfo out, const char *tip)
{
	appendStringInfo(out, "<title>%s</title>", tend_escape_clipped(tip, TIP_CHARS));
}

/* A box from x1 to x2; tip is shown while the pointer is over it, or NULL */
void
tend_svg_bar(StringInfo out, const char *css, double x1, double x2, double y, double height,
			 const char *tip)
{
	appendStringInfo(out, "<rect class=\"%s\" x=\"%.2f%%\" y=\"%.1f\" width=\"%.2f%%\" height=\"%.1f\"",
					 css, x1, y, Max(x2 - x1, 0), height);
	if (tip != NULL)
	{
		appendStringInfoChar(out, '>');
		tend_svg_tip(out, tip);
		appendStringInfoString(out, "</rect>\n");
	}
	else
		appendStringInfoString(out, "/>\n");
}

/* A part of the height in which paths have coordinates of their own */
void
tend_svg_stretch(StringInfo out, double y, double height)
{
	appendStringInfo(out, "<svg x=\"0\" y=\"%.1f\" width=\"100%%\" height=\"%.1f\" viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\n",
					 y, height, TEND_PATH_WIDTH, height);
}

void
tend_svg_stretch_end(StringInfo out)
{
	appendStringInfoString(out, "</svg>\n");
}

/* Ticks with their times below, which stay within the figure */
void
tend_svg_time_axis(StringInfo out, const TendTimeAxis *axis, double top, double bottom, int wanted)
{
	TendTimeTick ticks[TEND_MAX_TICKS];
	int			n = tend_time_ticks(axis, wanted, ticks);

	for (int i = 0; i < n; i++)
	{
		double		x = tend_percent(tend_time_share(axis, ticks[i].at));

		tend_svg_line(out, "grid", x, top, x, bottom);
		tend_svg_text(out, x < 6 ? "tick" : x > 94 ? "tick end" : "tick mid", x, 0, bottom + 15,
					  ticks[i].label.str);
	}
	tend_svg_line(out, "axis", 0, bottom, 100, bottom);
}
