/*-------------------------------------------------------------------------
 *
 * figure.h
 *	  The frame of a plot: caption, accessible name, axis of time.
 *
 * Plots are as wide as the page lets them be, and their text keeps its size:
 * positions along the width are percentages, those along the height pixels.
 * Only paths, which cannot have percentages, are stretched (tend_svg_stretch).
 *
 * Texts that are passed in are plain; they are escaped here.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_FIGURE_H
#define TEND_FIGURE_H

#include "draw/clock.h"
#include "draw/draw.h"

/* width of the coordinates of a stretched path */
#define TEND_PATH_WIDTH 1000.0

typedef struct TendFigure
{
	const char *id;				/* unique in the page, a name in ASCII */
	const char *title;
	const char *badge;			/* beside it, or NULL */
	const char *badge_css;
	const char *note;			/* a sentence below the title, or NULL */
	const char *description;	/* for those who do not see it */
	double		height;			/* pixels */
} TendFigure;

extern void tend_figure_begin(StringInfo out, const TendFigure *figure);
extern void tend_figure_end(StringInfo out);

extern double tend_percent(double share);
extern void tend_svg_line(StringInfo out, const char *css, double x1, double y1, double x2, double y2);
extern void tend_svg_text(StringInfo out, const char *css, double x, double dx, double y, const char *text);
extern void tend_svg_name(StringInfo out, double y, const char *text, int narrow, int wide);
extern void tend_svg_tip(StringInfo out, const char *tip);
extern void tend_svg_bar(StringInfo out, const char *css, double x1, double x2, double y,
						 double height, const char *tip);
extern void tend_svg_stretch(StringInfo out, double y, double height);
extern void tend_svg_stretch_end(StringInfo out);
extern void tend_svg_time_axis(StringInfo out, const TendTimeAxis *axis, double top, double bottom,
							   int wanted);

#endif							/* TEND_FIGURE_H */
