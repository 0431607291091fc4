/*-------------------------------------------------------------------------
 *
 * line_chart.h
 *	  Values over time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_LINE_CHART_H
#define TEND_LINE_CHART_H

#include "draw/figure.h"
#include "draw/series.h"

#define TEND_MAX_LINES 4

typedef struct TendLine
{
	const TendChartSeries *series;
	const char *css;
	const char *label;			/* at its right end, or NULL */
	bool		area;			/* shade what is below it */
} TendLine;

typedef struct TendSpan
{
	double		from;
	double		to;
	const char *tip;
} TendSpan;

typedef struct TendLineChart
{
	TendFigure	figure;
	const TendTimeAxis *time;
	int			nlines;
	TendLine	lines[TEND_MAX_LINES];
	double		limit;			/* the scale reaches it if that does not
								 * flatten the lines; NaN without */
	int			nspans;
	const TendSpan *spans;		/* shaded */
	int			nmarks;
	const double *marks;		/* times, ticked below the plot */
	int			ticks;			/* times to print */
} TendLineChart;

extern TendScale tend_line_chart_scale(const TendLineChart *chart);
extern void tend_line_chart(StringInfo out, const TendLineChart *chart);

#endif							/* TEND_LINE_CHART_H */
