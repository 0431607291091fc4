/*-------------------------------------------------------------------------
 *
 * plots.c
 *	  What came out, as pictures.
 *
 *-------------------------------------------------------------------------
 */
#include "sim.h"

#include "svg.h"

static const char *const policy_colours[SIM_NUM_POLICIES] = {
	[SIM_DEFAULT] = SVG_GREY,
	[SIM_ONE_PERCENT] = SVG_ORANGE,
	[SIM_FLAT] = SVG_RED,
	[SIM_MAX_THRESHOLD] = SVG_PURPLE,
	[SIM_TEND] = SVG_BLUE,
	[SIM_BEST_CONSTANT] = SVG_GREEN,
	[SIM_KEEPER] = SVG_GREEN,
	[SIM_CLAIRVOYANT] = SVG_GREEN,
};

static double
per_second(const SimReport *r)
{
	return sim_span_minutes(SIM_HALF, r->world->days) * 60;
}

/* ---- work and waste ---- */

static void
widen(SvgAxis *axis, double value)
{
	axis->least = Min(axis->least, value / 1.6);
	axis->most = Max(axis->most, value * 1.6);
}

static void
plot_frontier(FILE *out, const SimReport *r, const SvgAxis *x, const SvgAxis *y)
{
	svg_line_begin(out, SVG_GREEN, 2, "none");
	for (int i = -24; i <= 24; i++)
	{
		SimScore	s = sim_frontier_at(r, r->tend.price * pow(2, i / 2.0));
		double		work = s.work / per_second(r);

		if (work >= x->least && work <= x->most && s.reserved >= y->least && s.reserved <= y->most)
			svg_line_point(out, svg_at(x, work), svg_at(y, s.reserved));
	}
	svg_line_end(out);
}

static void
plot_work_and_waste(const SimReport *r, const char *dir)
{
	SvgAxis		x = {INFINITY, 0, true, 80, 700, "effort of vacuum, page touches per second (a page of WAL counts 20)"};
	SvgAxis		y = {INFINITY, 0, true, 430, 70, "reserved for dead rows, mean MB"};
	char		subtitle[256];
	FILE	   *out = sim_output(dir, "work_and_waste.svg");

	for (SimPolicy p = 0; p < SIM_NUM_POLICIES; p++)
	{
		SimScore	s = sim_total(r, p, SIM_HALF, -1);

		widen(&x, s.work / per_second(r));
		widen(&y, s.reserved);
	}
	snprintf(subtitle, sizeof(subtitle),
			 "%d tables, %d days, second half. Line: the best constant threshold for each table, at all prices of bloat.",
			 r->world->ntables, r->world->days);
	svg_begin(out, 760, 480, "What vacuum costs and what it leaves", subtitle);
	svg_frame(out, &x, &y);
	plot_frontier(out, r, &x, &y);
	for (SimPolicy p = 0; p < SIM_NUM_POLICIES; p++)
	{
		SimScore	s = sim_total(r, p, SIM_HALF, -1);
		double		at_x = svg_at(&x, s.work / per_second(r));
		double		at_y = svg_at(&y, s.reserved);

		/* two that lie close together are named on different sides */
		bool		below = p >= SIM_BEST_CONSTANT || p == SIM_ONE_PERCENT;

		if (p == SIM_BEST_CONSTANT)
			continue;
		svg_dot(out, at_x, at_y, policy_colours[p], p == SIM_TEND ? 6 : 4.5);
		svg_text(out, at_x + (below ? -6 : 8), at_y + (below ? 18 : -6),
				 below ? "class=\"small\" text-anchor=\"end\"" : "class=\"small\"", sim_policy_name(p));
	}
	svg_end(out);
}

/* ---- examples over time ---- */

#define PANEL_WIDTH		420
#define PANEL_HEIGHT	190
#define PANEL_LEFT		76
#define PANEL_TOP		84

/* For each pixel the range of values: a month has more moments than pixels. */
static void
plot_dead(FILE *out, const SimDiary *d, const SvgAxis *x, const SvgAxis *y)
{
	int			i = 0;

	fprintf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1\" opacity=\"0.75\" d=\"", SVG_BLUE);
	for (int pixel = (int) x->from; pixel <= (int) x->to && i < d->n; pixel++)
	{
		float		least = d->moments[i].dead;
		float		most = least;

		/* to the next one, so that a slow rise has no gaps */
		while (i + 1 < d->n && svg_at(x, d->moments[i].minute / SIM_DAY) < pixel + 1)
		{
			i++;
			least = Min(least, d->moments[i].dead);
			most = Max(most, d->moments[i].dead);
		}
		fprintf(out, "M%d.5 %.1fV%.1f", pixel, svg_at(y, least) + 0.5, svg_at(y, most) - 0.5);
	}
	fprintf(out, "\"/>\n");
}

static void
plot_threshold(FILE *out, const SimDiary *d, const SvgAxis *x, const SvgAxis *y)
{
	double		last = NAN;

	svg_line_begin(out, SVG_ORANGE, 1.5, "none");
	for (int i = 0; i < d->n; i++)
	{
		double		at = svg_at(x, d->moments[i].minute / SIM_DAY);
		double		height = svg_at(y, d->moments[i].threshold);

		if (!isnan(last) && fabs(height - last) < 0.2 && i + 1 < d->n)
			continue;
		if (!isnan(last))
			svg_line_point(out, at, last);
		svg_line_point(out, at, height);
		last = height;
	}
	svg_line_end(out);
}

static void
plot_panel(FILE *out, const SimReport *r, SimKind kind, int panel)
{
	const SimDiary *d = &r->diaries[kind];
	const SimOutcome *o = &r->outcomes[d->table];
	double		left = PANEL_LEFT + panel % 2 * (PANEL_WIDTH + PANEL_LEFT);
	double		top = PANEL_TOP + panel / 2 * (PANEL_HEIGHT + 74);
	SvgAxis		x = {0, r->world->days, false, left, left + PANEL_WIDTH, "days"};
	SvgAxis		y = {0, 100, false, top + PANEL_HEIGHT, top, "rows"};
	char		title[128];

	for (int i = 0; i < d->n; i++)
	{
		/* thresholds of the first days are those of the server, far above */
		if (d->moments[i].minute > 3 * SIM_DAY)
			y.most = Max(y.most, d->moments[i].threshold * 1.1);
		y.most = Max(y.most, d->moments[i].dead * 1.05);
	}
	svg_frame(out, &x, &y);
	plot_dead(out, d, &x, &y);
	plot_threshold(out, d, &x, &y);
	snprintf(title, sizeof(title), "%s (table %d, %.3g rows, %d changes)", sim_kind_name(kind), d->table,
			 r->world->tables[d->table].rows, o->changes);
	svg_text(out, left, top - 8, "", title);
}

static void
plot_examples(const SimReport *r, const char *dir)
{
	int			panels = 0;
	int			height;
	FILE	   *out = sim_output(dir, "examples.svg");

	for (int k = 0; k < SIM_NUM_KINDS; k++)
		panels += r->diaries[k].table >= 0 && r->diaries[k].n > 0;
	height = PANEL_TOP + (panels + 1) / 2 * (PANEL_HEIGHT + 74);
	svg_begin(out, 2 * (PANEL_WIDTH + PANEL_LEFT) + 24, height,
			  "One table of each kind under pg_tend",
			  "A threshold that leaves the picture at the top is still that of the server.");
	svg_legend(out, 560, 26, SVG_BLUE, "dead rows");
	svg_legend(out, 680, 26, SVG_ORANGE, "threshold of autovacuum");
	panels = 0;
	for (int k = 0; k < SIM_NUM_KINDS; k++)
	{
		if (r->diaries[k].table >= 0 && r->diaries[k].n > 0)
			plot_panel(out, r, k, panels++);
	}
	svg_end(out);
}

/* ---- how far single tables are from the best ---- */

#define BINS			40
#define LEAST_RATIO		0.5
#define MOST_RATIO		1000.0

/* Share of tables whose joint cost is at most so many times the best */
static int
count_ratios(const SimReport *r, SimPolicy p, double *counts)
{
	double		minutes = sim_span_minutes(SIM_HALF, r->world->days);
	int			n = 0;

	memset(counts, 0, sizeof(double) * (BINS + 1));
	for (int i = 0; i < r->world->ntables; i++)
	{
		const SimOutcome *o = &r->outcomes[i];
		double		best = sim_joint(&o->score[SIM_KEEPER][SIM_HALF], minutes, r->tend.price, false);
		double		ratio = sim_joint(&o->score[p][SIM_HALF], minutes, r->tend.price, false) / best;

		/* nothing died */
		if (best < 1)
			continue;
		n++;
		for (int b = 0; b <= BINS; b++)
			counts[b] += ratio <= LEAST_RATIO * pow(MOST_RATIO / LEAST_RATIO, (double) b / BINS);
	}
	return n;
}

static void
plot_ratios(const SimReport *r, const char *dir)
{
	static const SimPolicy shown[] = {SIM_DEFAULT, SIM_ONE_PERCENT, SIM_FLAT, SIM_MAX_THRESHOLD, SIM_TEND};
	SvgAxis		x = {LEAST_RATIO, MOST_RATIO, true, 80, 700, "joint cost, in times of the clairvoyant's that keeps the same dead ratio target"};
	SvgAxis		y = {0, 100, false, 430, 70, "tables, % (those that cost at most so much)"};
	double		counts[BINS + 1];
	FILE	   *out = sim_output(dir, "ratios.svg");

	svg_begin(out, 760, 480, "How far single tables are from the best",
			  "Joint cost: effort of vacuum, and megabytes reserved at the price on which pg_tend settled. Second half.");
	svg_frame(out, &x, &y);
	for (int i = 0; i < (int) lengthof(shown); i++)
	{
		int			n = count_ratios(r, shown[i], counts);

		svg_line_begin(out, policy_colours[shown[i]], shown[i] == SIM_TEND ? 3 : 1.8, "none");
		for (int b = 0; b <= BINS && n > 0; b++)
			svg_line_point(out, x.from + (x.to - x.from) * b / BINS, svg_at(&y, 100 * counts[b] / n));
		svg_line_end(out);
		svg_legend(out, 540, 330 + 18 * i, policy_colours[shown[i]], sim_policy_name(shown[i]));
	}
	svg_end(out);
}

void
sim_plots_write(const SimReport *r, const char *dir)
{
	plot_work_and_waste(r, dir);
	plot_examples(r, dir);
	plot_ratios(r, dir);
}
