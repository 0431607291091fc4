/*-------------------------------------------------------------------------
 *
 * report_health.c
 *	  tend.report(): what tend.health says, worst first
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "show/report.h"
#include "sql.h"

/* The order of the view is kept, and is what counts. */
void
tend_report_health(TendReport *r)
{
	uint64		n = tend_report_select(r, "read tend.health",
									   "SELECT h.severity, h.check_name, h.object, h.message, h.remedy"
									   "  FROM tend.health h WHERE h.severity <> 'ok'");

	for (uint64 i = 0; i < n && i < TEND_REPORT_MAX_FINDINGS; i++)
	{
		char	   *check_name = tend_report_words(i, 2);
		char	   *object = tend_report_words(i, 3);
		char	   *message = tend_report_words(i, 4);

		r->findings[r->nfindings++] = (TendFinding) {
			tend_report_words(i, 1),
			object == NULL ? check_name : psprintf("%s: %s", check_name, object),
			message == NULL ? "" : message,
			tend_report_text(i, 5)
		};
	}
	tend_sql_done();
}
