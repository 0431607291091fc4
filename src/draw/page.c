/*-------------------------------------------------------------------------
 *
 * page.c
 *	  The parts of a page that are not plots.
 *
 *-------------------------------------------------------------------------
 */
#include "draw/draw.h"

#include "draw/escape.h"
#include "draw/page.h"

/* More of a text is not read in a cell of a table. */
#define CELL_CHARS	700

/*
 * Both HTML and XML.  Whatever a mistake of ours might let through, the policy
 * keeps the browser from running or fetching it.
 */
void
tend_page_begin(StringInfo out, const char *title, const char *generator)
{
	appendStringInfo(out,
					 "<!DOCTYPE html>\n"
					 "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\" xml:lang=\"en\">\n<head>\n"
					 "<meta charset=\"utf-8\"/>\n"
					 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
					 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
					 "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
					 "<meta name=\"robots\" content=\"noindex\"/>\n"
					 "<meta name=\"generator\" content=\"%s\"/>\n"
					 "<title>%s</title>\n<style>\n%s</style>\n</head>\n<body>\n",
					 tend_escape(generator), tend_escape(title), tend_page_style);
}

void
tend_page_end(StringInfo out)
{
	appendStringInfoString(out, "</body>\n</html>\n");
}

void
tend_section_begin(StringInfo out, const char *id, const char *title)
{
	appendStringInfo(out, "<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h2 id=\"%s-h\">%s</h2>\n",
					 id, id, id, tend_escape(title));
}

void
tend_section_end(StringInfo out)
{
	appendStringInfoString(out, "</section>\n");
}

void
tend_paragraph(StringInfo out, const char *css, const char *text)
{
	appendStringInfo(out, "<p class=\"%s\">%s</p>\n", css, tend_escape(text));
}

void
tend_small_multiples_begin(StringInfo out)
{
	appendStringInfoString(out, "<div class=\"multiples\">\n");
}

void
tend_small_multiples_end(StringInfo out)
{
	appendStringInfoString(out, "</div>\n");
}

/* A wide table scrolls by itself, with the keyboard, too. */
void
tend_table_begin(StringInfo out, const char *caption, const TendColumn *columns, int n)
{
	const char *name = tend_escape(caption);

	appendStringInfo(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n<table>\n<caption><span>%s</span></caption>\n<thead><tr>",
					 name, name);
	for (int i = 0; i < n; i++)
		appendStringInfo(out, "<th scope=\"col\"%s>%s</th>", columns[i].is_number ? " class=\"n\"" : "",
						 tend_escape(columns[i].name));
	appendStringInfoString(out, "</tr></thead>\n<tbody>\n");
}

static void
put_cell(StringInfo out, const TendColumn *column, const char *text, bool is_head)
{
	const char *value = text == NULL ? "&#8211;" : tend_escape_clipped(text, CELL_CHARS);

	if (is_head)
		appendStringInfo(out, "<th scope=\"row\">%s</th>", value);
	else if (column->is_code && text != NULL)
		appendStringInfo(out, "<td class=\"long\"><code>%s</code></td>", value);
	else
		appendStringInfo(out, "<td%s>%s</td>", column->is_number ? " class=\"n\"" : column->is_long ? " class=\"long\"" : "", value);
}

/* The first cell names the row; NULL is unknown. */
void
tend_table_row(StringInfo out, const TendColumn *columns, const char *const *cells, int n)
{
	appendStringInfoString(out, "<tr>");
	for (int i = 0; i < n; i++)
		put_cell(out, &columns[i], cells[i], i == 0);
	appendStringInfoString(out, "</tr>\n");
}

void
tend_table_end(StringInfo out)
{
	appendStringInfoString(out, "</tbody>\n</table>\n</div>\n");
}

const char *
tend_severity_css(const char *severity)
{
	if (strcmp(severity, "critical") == 0)
		return "bad";
	if (strcmp(severity, "warning") == 0)
		return "warn";
	return strcmp(severity, "ok") == 0 ? "good" : "calm";
}
