/*-------------------------------------------------------------------------
 *
 * report_head.c
 *	  tend.report(): what a reader in a hurry reads
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "commands/dbcommands.h"
#include "draw/escape.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "show/report.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* More are not read in a hurry; the sections have them all. */
#define SHOWN_FINDINGS	12
#define MESSAGE_CHARS	900

static int
count_of(const TendReport *r, const char *severity)
{
	int			n = 0;

	for (int i = 0; i < r->nfindings; i++)
		n += strcmp(r->findings[i].severity, severity) == 0;
	return n;
}

/* The page in one sentence */
static const char *
lede(const TendReport *r)
{
	int			critical = count_of(r, "critical");
	int			warnings = count_of(r, "warning");
	int			notices = count_of(r, "notice");

	if (critical > 0)
		return psprintf("%s cannot wait%s.", critical == 1 ? "One thing" : psprintf("%d things", critical),
						warnings > 0 ? psprintf(", and %d more need%s attention", warnings, warnings == 1 ? "s" : "") : "");
	if (warnings > 0)
		return psprintf("%s attention.", warnings == 1 ? "One thing needs" : psprintf("%d things need", warnings));
	if (notices > 0)
		return psprintf("Nothing is wrong now. %s could be better.", notices == 1 ? "One thing" : psprintf("%d things", notices));
	return "Nothing is wrong now, and nothing needs to be done.";
}

/* ---- which time ---- */

static void
put_period_notes(StringInfo page, const TendPeriod *p)
{
	switch (p->state)
	{
		case TEND_PERIOD_IN_FUTURE:
			tend_paragraph(page, "note-box", "This time has not come yet, so there is nothing to show of it. What follows is how things are now.");
			return;
		case TEND_PERIOD_NO_HISTORY:
			tend_paragraph(page, "note-box", "No history was written yet: the first visit of pg_tend writes it. What follows is how things are now.");
			return;
		case TEND_PERIOD_BEFORE_HISTORY:
			tend_paragraph(page, "note-box", "There is no history of this time: it is older than pg_tend or than pg_tend.retention. What follows is how things are now.");
			return;
		case TEND_PERIOD_OBSERVED:
			break;
	}
	if (p->swapped)
		tend_paragraph(page, "note-box", "The end was given before the beginning; they were exchanged.");
}

static void
put_period(StringInfo page, const TendReport *r)
{
	const TendPeriod *p = &r->period;
	const char *zone = pg_get_timezone_name(session_timezone);

	appendStringInfo(page, "<p class=\"meta\">%s to %s (%s)%s%s. Times are those of %s (%s). Written %s.</p>\n",
					 tend_escape_word(tend_clock_moment(tend_report_utc_offset, p->from)),
					 tend_escape_word(tend_clock_moment(tend_report_utc_offset, p->to)),
					 tend_escape_word(tend_word_duration(p->to - p->from)),
					 p->begins_later ? "; history begins there" : "",
					 p->ends_earlier ? "; the rest is in the future" : "",
					 tend_escape(zone == NULL ? "the session" : zone),
					 tend_escape(tend_clock_zone(tend_report_utc_offset, p->to).str),
					 tend_escape_word(tend_clock_moment(tend_report_utc_offset, r->now)));
	put_period_notes(page, p);
}

/* ---- the parts ---- */

static void
put_contents(StringInfo page, const TendReport *r)
{
	static const char *const entries[][2] = {
		{"todo", "What to do first"}, {"compare", "Comparison"}, {"events", "What got in the way"},
		{"tables", "Tables"}, {"freeze", "Freezing"}, {"plans", "Plans"}, {"estimates", "Estimates"},
		{"disk", "Disk"}, {"actions", "Changes"}, {"about", "About"}
	};

	appendStringInfoString(page, "<nav aria-label=\"Contents\"><ul>");
	for (int i = 0; i < (int) lengthof(entries); i++)
	{
		/* only what is there */
		if (i == 0 || strstr(r->body.data, psprintf("<section id=\"%s\"", entries[i][0])) != NULL)
			appendStringInfo(page, "<li><a href=\"#%s\">%s</a></li>", entries[i][0], entries[i][1]);
	}
	appendStringInfoString(page, "</ul></nav>\n");
}

static void
put_tiles(StringInfo page, const TendReport *r)
{
	/* with more than a row holds, two rows that are alike */
	appendStringInfo(page, "<dl class=\"tiles%s\">\n", r->ntiles > 6 ? " many" : "");
	for (int i = 0; i < r->ntiles; i++)
		appendStringInfo(page, "<div><dt>%s</dt><dd><span class=\"big\">%s</span><span class=\"sub\">%s</span></dd></div>\n",
						 tend_escape(r->tiles[i].name), tend_escape(r->tiles[i].value),
						 tend_escape(r->tiles[i].detail));
	appendStringInfoString(page, "</dl>\n");
}

static void
put_finding(StringInfo page, const TendFinding *f)
{
	appendStringInfo(page, "<li><span class=\"badge %s\">%s</span> <span class=\"object\">%s</span>\n<p>%s</p>\n",
					 tend_severity_css(f->severity), tend_escape(f->severity),
					 tend_escape_clipped(f->object, 160), tend_escape_clipped(f->message, MESSAGE_CHARS));
	if (f->remedy != NULL)
		appendStringInfo(page, "<pre>%s</pre>\n", tend_escape_clipped(f->remedy, MESSAGE_CHARS));
	appendStringInfoString(page, "</li>\n");
}

static void
put_todo(StringInfo page, const TendReport *r)
{
	tend_section_begin(page, "todo", "What to do first");
	if (r->nfindings == 0)
		tend_paragraph(page, "", "Nothing: no check of the present asks for anybody.");
	else
	{
		tend_paragraph(page, "plain", "As things are now, the most urgent first, each with the command to paste.");
		appendStringInfoString(page, "<ol class=\"todo\">\n");
		for (int i = 0; i < r->nfindings && i < SHOWN_FINDINGS; i++)
			put_finding(page, &r->findings[i]);
		appendStringInfoString(page, "</ol>\n");
		if (r->nfindings > SHOWN_FINDINGS)
			tend_paragraph(page, "plain", psprintf("%d more are in tend.health.", r->nfindings - SHOWN_FINDINGS));
	}
	tend_section_end(page);
}

void
tend_report_head(StringInfo page, const TendReport *r)
{
	const char *version = GetConfigOption("server_version", false, false);
	const char *database = tend_report_utf8(get_database_name(MyDatabaseId));

	tend_page_begin(page, psprintf("pg_tend: %s", database), "pg_tend");
	appendStringInfo(page, "<header>\n<p class=\"kicker\">pg_tend report &#183; PostgreSQL %s</p>\n<h1>How %s fares</h1>\n",
					 tend_escape(pnstrdup(version, strcspn(version, " "))), tend_escape(database));
	tend_paragraph(page, "lede", lede(r));
	if (r->story.len > 0)
		tend_paragraph(page, "", psprintf("In this time %s.", r->story.data));
	put_period(page, r);
	put_tiles(page, r);
	put_contents(page, r);
	appendStringInfoString(page, "</header>\n<main>\n");
	put_todo(page, r);
}
