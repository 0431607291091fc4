/*-------------------------------------------------------------------------
 *
 * series.c
 *	  One line of a plot, of bounded size however many observations.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/series.h"

void
tend_series_begin(TendChartSeries *s, double from, double to, double hold)
{
	memset(s, 0, sizeof(*s));
	s->from = from;
	s->to = to;
	s->hold = hold;
	s->before.value = NAN;
	s->most = NAN;
	s->peak.value = NAN;
	s->last.value = NAN;
}

static void
keep(TendChartSeries *s, TendPoint p)
{
	int			i = (int) ((p.at - s->from) / (s->to - s->from) * TEND_SERIES_CELLS);
	TendSeriesCell *cell = &s->cells[Min(Max(i, 0), TEND_SERIES_CELLS - 1)];

	if (cell->n == 0)
	{
		cell->first = cell->least = cell->most = p;
		cell->broken = s->broken;
		s->broken = false;
	}
	if (p.value < cell->least.value)
		cell->least = p;
	if (p.value > cell->most.value)
		cell->most = p;
	cell->last = p;
	cell->n++;

	s->n++;
	s->last = p;
	if (isnan(s->most) || p.value > s->most)
	{
		s->most = p.value;
		s->peak = p;
	}
}

/*
 * The next observation; they come in the order of time.  The last one before
 * the plot begins is drawn at its edge.
 */
void
tend_series_add(TendChartSeries *s, double at, double value)
{
	TendPoint	before = s->before;

	if (isnan(value) || isinf(value) || isnan(at))
	{
		tend_series_break(s);
		return;
	}
	if (at > s->to || (!isnan(before.value) && at < before.at))
		return;
	s->before = (TendPoint) {at, value};
	if (at < s->from)
		return;
	if (!isnan(before.value))
	{
		if (before.at < s->from)
			keep(s, (TendPoint) {s->from, before.value});
		if (at - before.at > s->hold && at - s->hold / 2 > s->from)
			keep(s, (TendPoint) {at - s->hold / 2, before.value});
	}
	keep(s, s->before);
}

/* What follows is not comparable with what was before. */
void
tend_series_break(TendChartSeries *s)
{
	s->before.value = NAN;
	s->broken = true;
}

/* Nothing has changed since the last observation until then. */
void
tend_series_end(TendChartSeries *s, double at)
{
	at = Min(at, s->to);
	if (isnan(s->before.value) || at < s->from)
		return;
	if (s->before.at < s->from)
		keep(s, (TendPoint) {s->from, s->before.value});
	if (at > s->before.at)
		keep(s, (TendPoint) {at, s->before.value});
}

/* ---- the path ---- */

typedef struct Pen
{
	StringInfo	out;
	const TendChartSeries *s;
	const TendScale *y;
	double		width;
	double		height;
	bool		area;
	bool		down;			/* a line has begun */
	double		x0;				/* where */
	double		x;				/* where it is now */
	double		last_at;
} Pen;

static void
close_area(Pen *pen)
{
	if (pen->down && pen->area)
		appendStringInfo(pen->out, "L%.1f %.1fL%.1f %.1fZ", pen->x, pen->height, pen->x0, pen->height);
	pen->down = false;
}

static void
go_to(Pen *pen, TendPoint p)
{
	double		x = (p.at - pen->s->from) / (pen->s->to - pen->s->from) * pen->width;
	double		y = (1 - tend_scale_share(pen->y, p.value)) * pen->height;

	if (pen->down && p.at == pen->last_at && pen->x == x)
		appendStringInfo(pen->out, "V%.1f", y);
	else
		appendStringInfo(pen->out, "%c%.1f %.1f", pen->down ? 'L' : 'M', x, y);
	if (!pen->down)
		pen->x0 = x;
	pen->down = true;
	pen->x = x;
	pen->last_at = p.at;
}

static void
draw_cell(Pen *pen, const TendSeriesCell *cell)
{
	TendPoint	inner[2] = {cell->least, cell->most};

	if (cell->most.at < cell->least.at)
	{
		inner[0] = cell->most;
		inner[1] = cell->least;
	}
	go_to(pen, cell->first);
	for (int i = 0; i < 2; i++)
	{
		if (cell->n > 2 && inner[i].at > pen->last_at && inner[i].at < cell->last.at)
			go_to(pen, inner[i]);
	}
	if (cell->n > 1)
		go_to(pen, cell->last);
}

/* The d of a path in a box of this size; area: filled down to its bottom */
void
tend_series_path(StringInfo out, const TendChartSeries *s, const TendScale *y,
				 double width, double height, bool area)
{
	Pen			pen = {out, s, y, width, height, area, false, 0, 0, 0};

	for (int i = 0; i < TEND_SERIES_CELLS; i++)
	{
		const TendSeriesCell *cell = &s->cells[i];

		if (cell->n == 0)
			continue;
		if (cell->broken)
			close_area(&pen);
		draw_cell(&pen, cell);
	}
	close_area(&pen);
}
