/*-------------------------------------------------------------------------
 *
 * series.h
 *	  One line of a plot, of bounded size however many observations.
 *
 * Time is cut into cells; of each cell the first, least, greatest and last
 * values are kept.  Drawn through these, a line looks the same as drawn
 * through all.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SERIES_H
#define TEND_SERIES_H

#include "draw/scale.h"

#define TEND_SERIES_CELLS 160

typedef struct TendPoint
{
	double		at;
	double		value;
} TendPoint;

typedef struct TendSeriesCell
{
	int			n;
	bool		broken;			/* nothing connects it with what is before */
	TendPoint	first;
	TendPoint	least;
	TendPoint	most;
	TendPoint	last;
} TendSeriesCell;

typedef struct TendChartSeries
{
	double		from;
	double		to;
	double		hold;			/* observations farther apart: nothing changed
								 * in between until shortly before the later */
	TendPoint	before;			/* the last observation; value NaN without */
	bool		broken;
	int			n;				/* observations that are drawn */
	double		most;			/* NaN without any */
	TendPoint	peak;
	TendPoint	last;
	TendSeriesCell cells[TEND_SERIES_CELLS];
} TendChartSeries;

extern void tend_series_begin(TendChartSeries *s, double from, double to, double hold);
extern void tend_series_add(TendChartSeries *s, double at, double value);
extern void tend_series_break(TendChartSeries *s);
extern void tend_series_end(TendChartSeries *s, double at);
extern void tend_series_path(StringInfo out, const TendChartSeries *s, const TendScale *y,
							 double width, double height, bool area);

#endif							/* TEND_SERIES_H */
