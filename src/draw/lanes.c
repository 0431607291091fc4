/*-------------------------------------------------------------------------
 *
 * lanes.c
 *	  What lasted how long: bars on a line of time, one below the other.
 *
 * The name of a lane stands above it, so that lanes have the whole width.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/escape.h"
#include "draw/lanes.h"

#define TOP		4.0
#define PITCH	36.0
#define BAR_TOP	18.0			/* below the name */
#define BAR		9.0
#define BOTTOM	22.0
#define NARROW	40
#define WIDE	100

double
tend_lanes_height(int nlanes)
{
	return TOP + nlanes * PITCH + BOTTOM;
}

static void
draw_bar(StringInfo out, const TendTimeAxis *time, const TendLaneBar *bar)
{
	double		y = TOP + bar->lane * PITCH + BAR_TOP;
	double		x1 = tend_percent(tend_time_share(time, bar->from));
	double		x2 = tend_percent(tend_time_share(time, bar->to));

	if (x2 > x1)
		tend_svg_bar(out, psprintf("bar %s", bar->css), x1, x2, y, BAR, bar->tip);
	/* the shortest is seen, too */
	if (bar->begins)
	{
		appendStringInfo(out, "<circle class=\"dot %s\" cx=\"%.2f%%\" cy=\"%.1f\" r=\"4.5\">",
						 bar->css, x1, y + BAR / 2);
		tend_svg_tip(out, bar->tip);
		appendStringInfoString(out, "</circle>\n");
	}
	if (bar->lasts && x2 > x1)
		tend_svg_line(out, psprintf("open %s", bar->css), x2, y - 2, x2, y + BAR + 2);
}

/* Across the bars, but not across the names */
static void
draw_ticks(StringInfo out, const TendTimeAxis *time, int nlanes)
{
	TendTimeTick ticks[TEND_MAX_TICKS];
	int			n = tend_time_ticks(time, 5, ticks);

	for (int i = 0; i < n; i++)
	{
		double		x = tend_percent(tend_time_share(time, ticks[i].at));

		for (int lane = 0; lane < nlanes; lane++)
		{
			double		y = TOP + lane * PITCH + BAR_TOP;

			tend_svg_line(out, "grid", x, y - 1, x, y + BAR + 1);
		}
	}
}

void
tend_lanes(StringInfo out, const TendFigure *figure, const TendTimeAxis *time,
		   const TendLane *lanes, int nlanes, const TendLaneBar *bars, int nbars)
{
	TendFigure	f = *figure;

	f.height = tend_lanes_height(nlanes);
	tend_figure_begin(out, &f);
	tend_svg_time_axis(out, time, f.height - BOTTOM - 4, f.height - BOTTOM, 5);
	draw_ticks(out, time, nlanes);
	for (int i = 0; i < nlanes; i++)
	{
		double		y = TOP + i * PITCH;

		tend_svg_line(out, "track", 0, y + BAR_TOP + BAR / 2, 100, y + BAR_TOP + BAR / 2);
		tend_svg_name(out, y + 13, lanes[i].name, NARROW, WIDE);
		if (lanes[i].value != NULL)
			tend_svg_text(out, psprintf("label end halo %s", lanes[i].css), 100, 0, y + 13, lanes[i].value);
	}
	for (int i = 0; i < nbars; i++)
		draw_bar(out, time, &bars[i]);
	tend_figure_end(out);
}
