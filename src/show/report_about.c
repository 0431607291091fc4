/*-------------------------------------------------------------------------
 *
 * report_about.c
 *	  tend.report(): what the page does not show, and what it cost
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "show/report.h"
#include "sql.h"

static void
put_costs(TendReport *r)
{
	uint64		n = tend_report_select(r, "read tend.self",
									   "SELECT pg_catalog.max(s.value) FILTER (WHERE s.metric = 'visits'),"
									   " pg_catalog.max(s.value) FILTER (WHERE s.metric = 'total CPU'),"
									   " pg_catalog.max(s.value) FILTER (WHERE s.part = 'memory' AND s.metric = 'reserved'),"
									   " pg_catalog.sum(s.value) FILTER (WHERE s.part = 'history')::float8"
									   " FROM tend.self s WHERE s.datname = pg_catalog.current_database() OR s.part = 'memory'");

	if (n == 1 && tend_sql_double(0, 1) > 0)
		tend_paragraph(&r->body, "", psprintf("pg_tend itself looked at this database %s times since the server started, and took %s of CPU for it; it has %s of shared memory, and its history takes %s.",
											  tend_word_count(tend_sql_double(0, 1)).str,
											  tend_word_ms(tend_sql_double(0, 2)).str,
											  tend_word_bytes(tend_sql_double(0, 3)).str,
											  tend_word_bytes(tend_sql_double(0, 4)).str));
	tend_sql_done();
}

void
tend_report_about(TendReport *r)
{
	tend_section_begin(&r->body, "about", "About this page");
	tend_paragraph(&r->body, "", "Numbers of rows are the server's estimates. Tables have a point where something changed that a plot would show, and keep their value until the next one. "
				   "Texts of queries and plans are shown as far as PostgreSQL shows them to who wrote this page, without constants. "
				   "The page needs nothing from anywhere, runs no program, and can be mailed, printed and kept.");
	if (r->loaded)
		put_costs(r);
	else
		tend_paragraph(&r->body, "note-box", "pg_tend is not in shared_preload_libraries: no history is written and no plan is tracked, so this page shows only the present. "
					   "Add it there and restart the server.");
	tend_section_end(&r->body);
}
