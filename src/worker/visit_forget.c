/*-------------------------------------------------------------------------
 *
 * visit_forget.c
 *	  The part of a visit that forgets misestimates which are over.
 *
 * Those are of tables and columns that are gone, and those of statistics that
 * were stale and have been renewed since.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "sql.h"
#include "store/shared_estimates.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "worker/visit_forget.h"

/*
 * Entries whose tables have been analyzed since, by their number from 1.  What
 * was analyzed after this visit began has yet to be told to the history of the
 * table, together with that ANALYZE: by the next one.
 */
#define ANALYZED_SQL \
	"SELECT e.number" \
	" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) WITH ORDINALITY AS e(relid, seen, number)" \
	" WHERE GREATEST(pg_catalog.pg_stat_get_last_analyze_time(e.relid)," \
	"                pg_catalog.pg_stat_get_last_autoanalyze_time(e.relid)) > e.seen" \
	" AND GREATEST(pg_catalog.pg_stat_get_last_analyze_time(e.relid)," \
	"              pg_catalog.pg_stat_get_last_autoanalyze_time(e.relid)) < $3"

static bool
exists(const TendEstimateKey *key)
{
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(key->relid)))
		return false;
	for (int i = 0; i < key->ncolumns; i++)
	{
		/* dropped columns are not found */
		HeapTuple	tuple = SearchSysCacheAttNum(key->relid, key->columns[i]);

		if (!HeapTupleIsValid(tuple))
			return false;
		ReleaseSysCache(tuple);
	}
	return true;
}

static void
forget_gone(const TendEstimateEntry *entries, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (!exists(&entries[i].key))
			(void) tend_estimates_forget(&entries[i].key);
	}
}

static void
forget_renewed(const TendEstimateEntry *entries, int n, TimestampTz visit_began, MemoryContext cxt)
{
	Oid			types[] = {OIDARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID};
	Datum	   *relids = MemoryContextAlloc(cxt, n * sizeof(Datum));
	Datum	   *seen = MemoryContextAlloc(cxt, n * sizeof(Datum));
	Datum		args[3];
	uint64		rows;

	for (int i = 0; i < n; i++)
	{
		relids[i] = ObjectIdGetDatum(entries[i].key.relid);
		seen[i] = TimestampTzGetDatum(entries[i].last_seen);
	}
	args[0] = PointerGetDatum(construct_array(relids, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	args[1] = PointerGetDatum(construct_array(seen, n, TIMESTAMPTZOID, sizeof(int64),
											  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	args[2] = TimestampTzGetDatum(visit_began);
	rows = tend_sql_select("read when tables were analyzed", ANALYZED_SQL, lengthof(types), types, args);
	for (uint64 row = 0; row < rows; row++)
	{
		const TendEstimateKey *key = &entries[tend_sql_int64(row, 1) - 1].key;

		if (key->cause == TEND_CAUSE_STALE)
			(void) tend_estimates_forget(key);
	}
	tend_sql_done();
}

/* Forget what is over in this database.  False if the visit has to end. */
bool
tend_visit_forget(TendVisit *visit)
{
	MemoryContext cxt = AllocSetContextCreate(visit->visit_cxt, "pg_tend misestimates",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	bool		goes_on = true;
	int			n;
	TendEstimateEntry *entries = tend_estimates_list(MyDatabaseId, &n);

	MemoryContextSwitchTo(old);
	if (n > 0)
	{
		goes_on = tend_visit_begin(visit);
		if (goes_on)
		{
			forget_gone(entries, n);
			forget_renewed(entries, n, visit->reading.now, cxt);
			tend_visit_commit(visit);
		}
	}
	MemoryContextDelete(cxt);
	return goes_on;
}
