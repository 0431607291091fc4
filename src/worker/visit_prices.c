/*-------------------------------------------------------------------------
 *
 * visit_prices.c
 *	  What the vacuums of each table cost since the last visit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "store/shared.h"
#include "utils/hsearch.h"
#include "worker/visit_tune.h"

/* Reports taken at a time: as many as there can be */
#define MAX_REPORTS 4096

typedef struct MeasuredEntry
{
	uint64		name_hash;		/* must be first */
	TendMeasured measured;
} MeasuredEntry;

static void
add_report(HTAB *measured, const TendVacuumReport *report)
{
	bool		found;
	MeasuredEntry *entry = hash_search(measured, &report->name_hash, HASH_ENTER, &found);
	TendMeasured *m = &entry->measured;

	if (!found)
		memset(m, 0, sizeof(*m));
	if (report->kind == TEND_REPORT_ANALYZE)
	{
		m->analyzes++;
		m->analyze_pages += report->pages;
		return;
	}
	m->vacuums++;
	m->vacuum_pages += report->pages;
	m->vacuum_wal += report->wal_bytes;
	m->vacuum_ms += report->ms;
}

/* Take what the autovacuum workers have reported since the last visit. */
void
tend_visit_load_measured(TendVisit *visit)
{
	HASHCTL		ctl = {.keysize = sizeof(uint64),.entrysize = sizeof(MeasuredEntry)};
	TendVacuumReport *reports = palloc(sizeof(TendVacuumReport) * MAX_REPORTS);
	int			n = tend_report_take(MyDatabaseId, reports, MAX_REPORTS);

	ctl.hcxt = visit->visit_cxt;
	visit->measured = hash_create("pg_tend prices", 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (int i = 0; i < n; i++)
		add_report(visit->measured, &reports[i]);
	pfree(reports);
}

static const TendMeasured *
find_measured(TendVisit *visit, const char *schema_name, const char *table_name)
{
	uint64		hash = tend_report_hash(schema_name, table_name);
	MeasuredEntry *entry = hash_search(visit->measured, &hash, HASH_FIND, NULL);

	return entry != NULL ? &entry->measured : NULL;
}

/*
 * What the vacuums of a table and of its TOAST table cost since the last
 * visit; NULL if there was none.  The result is overwritten by the next call.
 */
const TendMeasured *
tend_visit_measured(TendVisit *visit, const TendTableFacts *table)
{
	static TendMeasured sum;
	const TendMeasured *heap = find_measured(visit, table->schema_name, table->table_name);
	const TendMeasured *toast;
	char		toast_name[NAMEDATALEN];

	snprintf(toast_name, sizeof(toast_name), "pg_toast_%u", table->heap.relid);
	toast = find_measured(visit, "pg_toast", toast_name);
	if (heap == NULL && toast == NULL)
		return NULL;
	memset(&sum, 0, sizeof(sum));
	if (heap != NULL)
		sum = *heap;
	if (toast != NULL)
	{
		sum.toast_vacuums = toast->vacuums;
		sum.toast_vacuum_pages = toast->vacuum_pages;
		sum.toast_vacuum_wal = toast->vacuum_wal;
	}
	return &sum;
}
