/*-------------------------------------------------------------------------
 *
 * heat_map.c
 *	  How often what took how long, over time.
 *
 * Shades follow the logarithm of the count: one slow call among thousands is
 * seen.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/escape.h"
#include "draw/heat_map.h"

#define TOP		4.0
#define ROW		15.0
#define BOTTOM	22.0
#define SHADES	6
#define LEAST_ROWS 6

/* Which rows to show */
typedef struct Rows
{
	int			first;
	int			last;
	double		most;			/* greatest count of a cell */
} Rows;

void
tend_heat_add(TendHeatMap *map, const TendTimeAxis *time, double at, int row, double count)
{
	int			column = (int) (tend_time_share(time, at) * TEND_HEAT_COLUMNS);

	if (!(at >= time->from && at <= time->to && count > 0))
		return;
	column = Min(Max(column, 0), TEND_HEAT_COLUMNS - 1);
	row = Min(Max(row, 0), TEND_HEAT_ROWS - 1);
	map->counts[column][row] += count;
}

static Rows
rows_of(const TendHeatMap *map)
{
	Rows		rows = {TEND_HEAT_ROWS, -1, 0};

	for (int x = 0; x < TEND_HEAT_COLUMNS; x++)
	{
		for (int y = 0; y < TEND_HEAT_ROWS; y++)
		{
			if (map->counts[x][y] <= 0)
				continue;
			rows.first = Min(rows.first, y);
			rows.last = Max(rows.last, y);
			rows.most = Max(rows.most, map->counts[x][y]);
		}
	}
	if (rows.last < 0)
		return (Rows) {0, LEAST_ROWS - 1, 0};
	rows.last = Min(Max(rows.last, rows.first + LEAST_ROWS - 1), TEND_HEAT_ROWS - 1);
	rows.first = Max(Min(rows.first, rows.last - LEAST_ROWS + 1), 0);
	return rows;
}

static double
top_of(const Rows *rows, int row)
{
	return TOP + (rows->last - row) * ROW;
}

/* 0: nothing happened */
static int
shade_of(double count, double most)
{
	return count <= 0 ? 0 : Min(1 + (int) (log1p(count) / log1p(most) * (SHADES - 0.001)), SHADES);
}

/*
 * Neighbours of the same shade are one box.  Boxes are a little wider than
 * their columns: rounding to pixels would leave gaps.
 */
static void
draw_row(StringInfo out, const TendHeatMap *map, const Rows *rows, int y)
{
	double		wide = 100.0 / TEND_HEAT_COLUMNS;

	for (int x = 0, end; x < TEND_HEAT_COLUMNS; x = end)
	{
		int			shade = shade_of(map->counts[x][y], rows->most);

		for (end = x + 1; end < TEND_HEAT_COLUMNS; end++)
		{
			if (shade_of(map->counts[end][y], rows->most) != shade)
				break;
		}
		if (shade > 0)
			appendStringInfo(out, "<rect class=\"h%d\" x=\"%.2f%%\" y=\"%.0f\" width=\"%.2f%%\" height=\"%.0f\"/>\n",
							 shade, x * wide, top_of(rows, y), Min((end - x) * wide + 0.1, 100 - x * wide), ROW);
	}
}

/* The lower end of every second row; none below the lowest */
static void
draw_names(StringInfo out, const TendHeatMap *map, const Rows *rows)
{
	for (int y = rows->first + 1; y <= rows->last; y += 2)
	{
		double		bottom = top_of(rows, y) + ROW;
		TendWord	word = map->word(map->first_end * pow(2, y - 1));

		tend_svg_line(out, "grid", 0, bottom, 100, bottom);
		tend_svg_text(out, "tick halo", 0, 2, bottom - 3, word.str);
	}
}

/* Returns the greatest count of a cell. */
double
tend_heat_map(StringInfo out, const TendFigure *figure, const TendTimeAxis *time,
			  const TendHeatMap *map)
{
	Rows		rows = rows_of(map);
	TendFigure	f = *figure;

	f.height = TOP + (rows.last - rows.first + 1) * ROW + BOTTOM;
	tend_figure_begin(out, &f);
	tend_svg_time_axis(out, time, TOP, f.height - BOTTOM, 5);
	for (int y = rows.first; y <= rows.last; y++)
		draw_row(out, map, &rows, y);
	draw_names(out, map, &rows);
	tend_figure_end(out);
	return rows.most;
}
