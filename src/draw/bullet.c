/*-------------------------------------------------------------------------
 *
 * bullet.c
 *	  One value beside others on the same scale: horizontal bars with limits.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/bullet.h"
#include "draw/escape.h"

#define PITCH	34.0
#define BAR_TOP	18.0
#define BAR		8.0
#define LIMIT	16.0			/* a line of text for each limit */
#define NARROW	24
#define WIDE	30

double
tend_bullets_height(int n, int nlimits)
{
	return nlimits * LIMIT + n * PITCH + 2;
}

/*
 * Each limit is named on a line of its own, on the side that has room, and
 * drawn across the bars, but not across what stands between them.
 */
static void
draw_limits(StringInfo out, const TendScale *scale, const TendLimit *limits, int nlimits, int n)
{
	for (int i = 0; i < nlimits; i++)
	{
		double		x = tend_percent(tend_scale_share(scale, limits[i].value));
		bool		left = x > 50;

		tend_svg_line(out, "limit", x, i * LIMIT + 3, x, (i + 1) * LIMIT);
		for (int j = 0; j < n; j++)
		{
			double		y = nlimits * LIMIT + j * PITCH + BAR_TOP;

			tend_svg_line(out, "limit", x, y - 2, x, y + BAR + 2);
		}
		tend_svg_text(out, left ? "tick end halo" : "tick halo", x, left ? -5 : 5, i * LIMIT + 12,
					  limits[i].name);
	}
}

void
tend_bullets(StringInfo out, const TendFigure *figure, const TendScale *scale,
			 const TendBullet *bullets, int n, const TendLimit *limits, int nlimits)
{
	TendFigure	f = *figure;

	f.height = tend_bullets_height(n, nlimits);
	tend_figure_begin(out, &f);
	for (int i = 0; i < n; i++)
	{
		double		y = nlimits * LIMIT + i * PITCH;

		tend_svg_bar(out, "trough", 0, 100, y + BAR_TOP, BAR, NULL);
		if (!isnan(bullets[i].value))
			tend_svg_bar(out, psprintf("bar %s", bullets[i].css), 0,
						 tend_percent(tend_scale_share(scale, bullets[i].value)), y + BAR_TOP, BAR, NULL);
	}
	draw_limits(out, scale, limits, nlimits, n);
	for (int i = 0; i < n; i++)
	{
		double		y = nlimits * LIMIT + i * PITCH;

		tend_svg_name(out, y + 13, bullets[i].name, NARROW, WIDE);
		tend_svg_text(out, "label end halo", 100, 0, y + 13, bullets[i].text);
	}
	tend_figure_end(out);
}
