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
 * Entries (by their number) all of whose tables have been analyzed since.  What
 * was analyzed after this visit began has yet to be told to the history of the
 * table, together with that ANALYZE: by the next one.
 */
#define ANALYZED_SQL \
	"SELECT e.number" \
	" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)) AS e(number, relid, seen)" \
	" CROSS JOIN LATERAL (SELECT GREATEST(pg_catalog.pg_stat_get_last_analyze_time(e.relid)," \
	"                                     pg_catalog.pg_stat_get_last_autoanalyze_time(e.relid))) a(at)" \
	" GROUP BY e.number HAVING pg_catalog.bool_and(a.at IS NOT NULL AND a.at > e.seen AND a.at < $4)"

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

/* Tables of entries: what has to be analyzed for it to be over */
typedef struct Suspects
{
	int			n;
	Datum	   *numbers;		/* of entries, from 0 */
	Datum	   *relids;
	Datum	   *seen;
} Suspects;

static void
add_table(Suspects *s, int number, Oid relid, const TendEstimateEntry *entry)
{
	s->numbers[s->n] = Int32GetDatum(number);
	s->relids[s->n] = ObjectIdGetDatum(relid);
	s->seen[s->n++] = TimestampTzGetDatum(entry->last_seen);
}

/*
 * Those of stale statistics.  Nobody analyzes the parent of partitions, which
 * are what was scanned.
 */
static void
list_stale(const TendEstimateEntry *entries, int n, Suspects *s)
{
	Size		size = n * TEND_ESTIMATE_EXAMPLES * sizeof(Datum);

	s->n = 0;
	s->numbers = palloc(size);
	s->relids = palloc(size);
	s->seen = palloc(size);
	for (int i = 0; i < n; i++)
	{
		Oid			scanned[TEND_ESTIMATE_EXAMPLES];
		int			nscanned;

		if (entries[i].key.cause != TEND_CAUSE_STALE)
			continue;
		nscanned = tend_estimates_scanned(&entries[i].key, scanned);
		for (int j = 0; j < nscanned; j++)
			add_table(s, i, scanned[j], &entries[i]);
		if (nscanned == 0)
			add_table(s, i, entries[i].key.relid, &entries[i]);
	}
}

static void
forget_renewed(const TendEstimateEntry *entries, int n, TimestampTz visit_began, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	Oid			types[] = {INT4ARRAYOID, OIDARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID};
	Suspects	s;
	Datum		args[4];
	uint64		rows;

	list_stale(entries, n, &s);
	args[0] = PointerGetDatum(construct_array(s.numbers, s.n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	args[1] = PointerGetDatum(construct_array(s.relids, s.n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	args[2] = PointerGetDatum(construct_array(s.seen, s.n, TIMESTAMPTZOID, sizeof(int64),
											  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	args[3] = TimestampTzGetDatum(visit_began);
	MemoryContextSwitchTo(old);
	if (s.n == 0)
		return;
	rows = tend_sql_select("read when tables were analyzed", ANALYZED_SQL, lengthof(types), types, args);
	for (uint64 row = 0; row < rows; row++)
		(void) tend_estimates_forget(&entries[tend_sql_int32(row, 1)].key);
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
