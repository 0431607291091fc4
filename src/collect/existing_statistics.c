/*-------------------------------------------------------------------------
 *
 * existing_statistics.c
 *	  The statistics on several columns that a table has already.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "collect/existing_statistics.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

static int
place_of(AttrNumber column, const AttrNumber *columns, int ncolumns)
{
	for (int i = 0; i < ncolumns; i++)
	{
		if (columns[i] == column)
			return i;
	}
	return -1;
}

static int
read_kinds(HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;
	Datum		d = heap_getattr(tuple, Anum_pg_statistic_ext_stxkind, desc, &isnull);
	Datum	   *chars;
	int			n;
	int			kinds = 0;

	deconstruct_array(DatumGetArrayTypeP(d), CHAROID, 1, true, TYPALIGN_CHAR, &chars, NULL, &n);
	for (int i = 0; i < n; i++)
	{
		char		kind = DatumGetChar(chars[i]);

		if (kind == STATS_EXT_NDISTINCT)
			kinds |= TEND_STATISTICS_NDISTINCT;
		else if (kind == STATS_EXT_DEPENDENCIES)
			kinds |= TEND_STATISTICS_DEPENDENCIES;
		else if (kind == STATS_EXT_MCV)
			kinds |= TEND_STATISTICS_MCV;
	}
	return kinds;
}

/* False: it has expressions, or columns that were not asked about. */
static bool
read_object(HeapTuple tuple, TupleDesc desc, const AttrNumber *columns, int ncolumns,
			TendCandidate *like)
{
	Form_pg_statistic_ext form = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	bool		isnull;
	Datum		target;

	memset(like, 0, sizeof(*like));
	(void) heap_getattr(tuple, Anum_pg_statistic_ext_stxexprs, desc, &isnull);
	if (!isnull || form->stxkeys.dim1 > TEND_ESTIMATE_COLUMNS)
		return false;
	for (int i = 0; i < form->stxkeys.dim1; i++)
	{
		int			place = place_of(form->stxkeys.values[i], columns, ncolumns);

		if (place < 0)
			return false;
		like->columns[like->ncolumns++] = place;
	}
	like->kinds = read_kinds(tuple, desc);
	/* its type has changed in 17, its range has not */
	target = heap_getattr(tuple, Anum_pg_statistic_ext_stxstattarget, desc, &isnull);
	like->target = isnull ? 0 : Max(DatumGetInt16(target), 0);
	return like->ncolumns >= 2;
}

static SysScanDesc
begin_scan(Relation catalog, Oid relid)
{
	ScanKeyData key;

	ScanKeyInit(&key, Anum_pg_statistic_ext_stxrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	return systable_beginscan(catalog, StatisticExtRelidIndexId, true, NULL, 1, &key);
}

/* Those on some of the columns, and no others; at most TEND_MAX_EXISTING */
void
tend_existing_statistics(Oid relid, const AttrNumber *columns, int ncolumns,
						 TendExistingStatistics *existing)
{
	Relation	catalog = table_open(StatisticExtRelationId, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(catalog);
	SysScanDesc scan = begin_scan(catalog, relid);
	HeapTuple	tuple;

	existing->n = 0;
	while (existing->n < TEND_MAX_EXISTING && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		if (!read_object(tuple, desc, columns, ncolumns, &existing->like[existing->n]))
			continue;
		existing->objects[existing->n] = ((Form_pg_statistic_ext) GETSTRUCT(tuple))->oid;
		existing->n++;
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/*
 * The columns of all objects on a table.  ANALYZE of some of these only would
 * leave objects out, with a warning for each.
 */
Bitmapset *
tend_statistics_columns(Oid relid)
{
	Relation	catalog = table_open(StatisticExtRelationId, AccessShareLock);
	SysScanDesc scan = begin_scan(catalog, relid);
	HeapTuple	tuple;
	Bitmapset  *columns = NULL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_statistic_ext form = (Form_pg_statistic_ext) GETSTRUCT(tuple);

		for (int i = 0; i < form->stxkeys.dim1; i++)
			columns = bms_add_member(columns, Max(form->stxkeys.values[i], 0));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return columns;
}
