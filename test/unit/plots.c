/*-------------------------------------------------------------------------
 *
 * plots.c
 *	  Tests of the plots of src/draw: whatever is drawn, it is well-formed.
 *
 *-------------------------------------------------------------------------
 */
#include "well_formed.h"

#include "advise/words.h"
#include "draw/bullet.h"
#include "draw/dumbbell.h"
#include "draw/heat_map.h"
#include "draw/lanes.h"
#include "draw/line_chart.h"
#include "draw/page.h"

#define HOSTILE "</svg><script>alert('x')</script>\" onload=\"y\x01 \xe2\x80\xae \xff & ]]>"

static int
utc(double at pg_attribute_unused())
{
	return 0;
}

static const TendTimeAxis hour = {1778745600, 1778749200, utc};

static TendFigure
figure(const char *id)
{
	return (TendFigure) {.id = id, .title = HOSTILE, .badge = HOSTILE, .badge_css = "bad", .note = HOSTILE,
		.description = HOSTILE, .height = 150};
}

static void
check_line_chart(void)
{
	StringInfoData out;
	static TendChartSeries dead;
	static TendChartSeries trigger;
	TendSpan	spans[] = {{hour.from + 600, hour.from + 900, HOSTILE}, {0, 1e12, NULL}};
	double		marks[] = {hour.from + 60, hour.to + 60};
	TendLineChart chart = {.figure = figure("a"), .time = &hour, .limit = NAN, .nlines = 2, .nspans = 2,
	.spans = spans, .nmarks = 2, .marks = marks, .ticks = 4};

	chart.lines[0] = (TendLine) {&dead, "data", HOSTILE, true};
	chart.lines[1] = (TendLine) {&trigger, "trigger", HOSTILE, false};
	initStringInfo(&out);
	tend_series_begin(&dead, hour.from, hour.to, 120);
	tend_series_begin(&trigger, hour.from, hour.to, 120);
	tend_line_chart(&out, &chart);
	tap_well_formed(out.data, "lines without any value");
	for (int i = 0; i < 60; i++)
	{
		tend_series_add(&dead, hour.from + i * 60, i % 7 * 1e5);
		tend_series_add(&trigger, hour.from + i * 60, 3e5);
	}
	resetStringInfo(&out);
	tend_line_chart(&out, &chart);
	tap_well_formed(out.data, "lines with hostile names");
	tap_ok(strstr(out.data, "<script") == NULL, "nothing in it is a script");
	tap_contains(out.data, ">200 k</text>", "values are printed on the grid");
	tap_contains(out.data, "08:30", "times below");
	tap_number(tend_line_chart_scale(&chart).most, 6e5 * 1.08, "the scale follows the lines");
	chart.limit = 1e6;
	tap_number(tend_line_chart_scale(&chart).most, 1e6 * 1.08, "and reaches a limit that is near");
	chart.limit = 1e9;
	tap_number(tend_line_chart_scale(&chart).most, 6e5 * 1.08, "but not one that would flatten them");
}

static void
check_lanes(void)
{
	StringInfoData out;
	TendFigure	f = figure("b");
	TendLane	lanes[] = {{HOSTILE, HOSTILE, "bad"}, {"", NULL, "calm"}};
	TendLaneBar bars[] = {
		{0, hour.from, hour.to, true, true, "bad", HOSTILE},
		{1, hour.from + 5, hour.from + 5, true, false, "calm", HOSTILE},
		{1, -1e12, 1e12, false, false, "calm", NULL}
	};

	initStringInfo(&out);
	tend_lanes(&out, &f, &hour, lanes, 2, bars, 3);
	tap_well_formed(out.data, "lanes with hostile names");
	tap_ok(strstr(out.data, "<script") == NULL, "nothing in it is a script");
	tap_contains(out.data, "<circle class=\"dot calm\" cx=\"0.14%\"", "what took no time is seen");
	tend_lanes(&out, &(TendFigure) {.id = "b2", .title = "", .description = ""}, &hour, NULL, 0, NULL, 0);
	tap_well_formed(out.data, "no lanes");
}

static void
check_bullets(void)
{
	StringInfoData out;
	TendFigure	f = figure("c");
	TendScale	scale = {0, 100, false};
	TendBullet	bullets[] = {{HOSTILE, 50, HOSTILE, "bad"}, {"", NAN, "", "calm"}, {"x", 1e9, "", "calm"}};
	TendLimit	limits[] = {{20, HOSTILE}, {90, HOSTILE}};

	initStringInfo(&out);
	tend_bullets(&out, &f, &scale, bullets, 3, limits, 2);
	tap_well_formed(out.data, "bars with hostile names");
	tap_contains(out.data, "width=\"50.00%\"", "half of the scale is half of the width");
	tap_contains(out.data, "width=\"100.00%\" height=\"8.0\"/>", "what exceeds it stays within");
}

static void
check_dumbbells(void)
{
	StringInfoData out;
	TendFigure	f = figure("d");
	TendDumbbell rows[] = {{HOSTILE, HOSTILE, 1, 100, 99, true}, {"", "", 0, 1e12, NAN, false}, {"", "", NAN, INFINITY, -1, false}};

	initStringInfo(&out);
	tend_dumbbells(&out, &f, rows, 2);
	tend_dumbbell_legend(&out);
	tap_well_formed(out.data, "pairs with hostile names");
	tap_contains(out.data, ">1 row</text>", "the scale begins at one row");
	resetStringInfo(&out);
	tend_dumbbells(&out, &f, rows, 3);
	tap_well_formed(out.data, "pairs of odd numbers");
}

static TendWord
microseconds(double us)
{
	return tend_word_ms(us / 1000);
}

static void
check_heat_map(void)
{
	StringInfoData out;
	TendFigure	f = figure("e");
	static TendHeatMap map = {.first_end = 256, .word = microseconds};

	initStringInfo(&out);
	tap_number(tend_heat_map(&out, &f, &hour, &map), 0, "nothing happened");
	tap_well_formed(out.data, "a map without any call");
	tend_heat_add(&map, &hour, hour.from + 10, 3, 1000);
	tend_heat_add(&map, &hour, hour.from + 10, 3, 24);
	tend_heat_add(&map, &hour, hour.to, 99, 1);
	tend_heat_add(&map, &hour, hour.to + 1, 3, 1e9);
	tend_heat_add(&map, &hour, NAN, 3, 1e9);
	tend_heat_add(&map, &hour, hour.to, -5, NAN);
	resetStringInfo(&out);
	tap_number(tend_heat_map(&out, &f, &hour, &map), 1024, "calls add up, those outside do not");
	tap_well_formed(out.data, "a map");
	tap_contains(out.data, "<rect class=\"h6\" x=\"0.00%\"", "the most has the darkest shade");
	tap_contains(out.data, "<rect class=\"h1\" x=\"98.96%\"", "one call is seen, too");
}

static void
check_page(void)
{
	static const TendColumn columns[] = {{.name = HOSTILE}, {.name = "n", .is_number = true}, {.name = "c", .is_code = true}};
	const char *cells[] = {HOSTILE, NULL, HOSTILE};
	StringInfoData out;

	initStringInfo(&out);
	tend_page_begin(&out, HOSTILE, HOSTILE);
	tend_section_begin(&out, "s", HOSTILE);
	tend_paragraph(&out, "plain", HOSTILE);
	tend_small_multiples_begin(&out);
	tend_small_multiples_end(&out);
	tend_table_begin(&out, HOSTILE, columns, 3);
	tend_table_row(&out, columns, cells, 3);
	tend_table_end(&out);
	tend_section_end(&out);
	tend_page_end(&out);
	tap_well_formed(out.data, "a page with hostile texts");
	tap_ok(strstr(out.data, "<script") == NULL, "nothing in it is a script");
	tap_contains(out.data, "lang=\"en\"", "it says its language");
	tap_contains(out.data, "<th scope=\"row\">", "rows have heads");
	tap_contains(out.data, "<td class=\"n\">&#8211;</td>", "the unknown is a dash");
	tap_ok(strpbrk(tend_page_style, "<&") == NULL && strstr(tend_page_style, "url(") == NULL &&
		   strstr(tend_page_style, "@import") == NULL, "the style is text in XML, too, and fetches nothing");
}

int
main(void)
{
	check_line_chart();
	check_lanes();
	check_bullets();
	check_dumbbells();
	check_heat_map();
	check_page();
	return tap_done();
}
