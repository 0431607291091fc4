/*-------------------------------------------------------------------------
 *
 * stand_in.c
 *	  A temporary table that the planner takes for the user's.
 *
 * It has the columns that are asked about, the size of the user's table, and
 * the statistics that ANALYZE would make of a sample of it.  So statistics on
 * several columns can be tried without touching the user's table: even when it
 * is rolled back, ANALYZE leaves traces in the counters of a table, and keeps
 * a lock that autovacuum would be cancelled for.
 *
 * The sample is not copied into the table, nor is the command ANALYZE run on
 * it.  That would take it for the whole of the table, and keep values that are
 * too rare in a sample to tell anything; what it makes of a large table is
 * another thing.  Instead its parts are called, which are told how many rows
 * there are in all.
 *
 * The catalog rows are written as they are, without commands: a temporary
 * table cannot be made in a security-restricted operation, which the types'
 * functions need, and no event trigger has to know.  It belongs to the owner
 * of the user's table, whose functions run on it as he.
 *
 * Everything here has to happen in a subtransaction that is rolled back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "act/stand_in.h"
#include "act/stand_in_stats.h"
#include "as_owner.h"
#include "catalog/catalog.h"
#include "catalog/heap.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_statistic_ext_data.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "statistics/statistics.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#define STAND_IN_NAME	"pg_tend stand-in"

/* ---- the table ---- */

static Oid
create_table(const TendColumnSample *sample)
{
	TendIdentity saved = tend_become_superuser();
	Oid			namespace = LookupCreationNamespace("pg_temp");
	Oid			relid;

	relid = heap_create_with_catalog(STAND_IN_NAME, namespace, InvalidOid, InvalidOid, InvalidOid,
									 InvalidOid, tend_owner_of(sample->relid), HEAP_TABLE_AM_OID,
									 sample->desc, NIL, RELKIND_RELATION, RELPERSISTENCE_TEMP,
									 false, false, ONCOMMIT_NOOP, (Datum) 0, false, false, true,
									 InvalidOid, NULL);
	CommandCounterIncrement();
	tend_become_again(saved);
	return relid;
}

/* The planner takes a table of one page at its word, an empty one it does not. */
static void
add_page(Relation rel)
{
	Datum		values[TEND_ESTIMATE_COLUMNS] = {0};
	bool		nulls[TEND_ESTIMATE_COLUMNS];
	HeapTuple	tuple;

	memset(nulls, true, sizeof(nulls));
	tuple = heap_form_tuple(RelationGetDescr(rel), values, nulls);
	simple_heap_insert(rel, tuple);
	heap_freetuple(tuple);
}

static void
set_size(Oid relid, double rows)
{
	Relation	pg_class = table_open(RelationRelationId, RowExclusiveLock);
	HeapTuple	tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);

	class->relpages = 1;
	class->reltuples = (float4) rows;
	CatalogTupleUpdate(pg_class, &tuple->t_self, tuple);
	heap_freetuple(tuple);
	table_close(pg_class, RowExclusiveLock);
	CommandCounterIncrement();
}

/*
 * Make a table that looks like the one a sample is of, with statistics on each
 * of its columns alone.
 */
void
tend_stand_in_create(TendStandIn *stand_in, const TendColumnSample *sample)
{
	Relation	rel;
	TendIdentity saved;

	memset(stand_in, 0, sizeof(*stand_in));
	stand_in->sample = sample;
	stand_in->relid = create_table(sample);
	rel = table_open(stand_in->relid, AccessExclusiveLock);
	add_page(rel);
	table_close(rel, NoLock);
	set_size(stand_in->relid, sample->table_rows);

	saved = tend_become_owner(stand_in->relid);
	tend_stand_in_compute(stand_in);
	tend_become_again(saved);
}

/* ---- statistics on several of its columns ---- */

static Datum
kinds_datum(int kinds)
{
	Datum		chars[3];
	int			n = 0;

	if (kinds & TEND_STATISTICS_NDISTINCT)
		chars[n++] = CharGetDatum(STATS_EXT_NDISTINCT);
	if (kinds & TEND_STATISTICS_DEPENDENCIES)
		chars[n++] = CharGetDatum(STATS_EXT_DEPENDENCIES);
	if (kinds & TEND_STATISTICS_MCV)
		chars[n++] = CharGetDatum(STATS_EXT_MCV);
	return PointerGetDatum(construct_array(chars, n, CHAROID, 1, true, TYPALIGN_CHAR));
}

static Datum
keys_datum(const TendCandidate *candidate)
{
	int16		keys[TEND_ESTIMATE_COLUMNS];

	/* in ascending order, as the server has them */
	for (int i = 0; i < candidate->ncolumns; i++)
	{
		int			j = i;

		for (; j > 0 && keys[j - 1] > candidate->columns[i] + 1; j--)
			keys[j] = keys[j - 1];
		keys[j] = candidate->columns[i] + 1;
	}
	return PointerGetDatum(buildint2vector(keys, candidate->ncolumns));
}

static Oid
insert_object(Relation rel, const TendCandidate *candidate)
{
	Relation	catalog = table_open(StatisticExtRelationId, RowExclusiveLock);
	Oid			object = GetNewOidWithIndex(catalog, StatisticExtOidIndexId, Anum_pg_statistic_ext_oid);
	Datum		values[Natts_pg_statistic_ext] = {0};
	bool		nulls[Natts_pg_statistic_ext] = {false};
	NameData	name;
	HeapTuple	tuple;

	snprintf(NameStr(name), NAMEDATALEN, STAND_IN_NAME " %u", object);
	values[Anum_pg_statistic_ext_oid - 1] = ObjectIdGetDatum(object);
	values[Anum_pg_statistic_ext_stxrelid - 1] = ObjectIdGetDatum(RelationGetRelid(rel));
	values[Anum_pg_statistic_ext_stxname - 1] = NameGetDatum(&name);
	values[Anum_pg_statistic_ext_stxnamespace - 1] = ObjectIdGetDatum(RelationGetNamespace(rel));
	values[Anum_pg_statistic_ext_stxowner - 1] = ObjectIdGetDatum(rel->rd_rel->relowner);
	if (candidate->target > 0)
		values[Anum_pg_statistic_ext_stxstattarget - 1] = Int16GetDatum(candidate->target);
	else
		TEND_DEFAULT_TARGET(values[Anum_pg_statistic_ext_stxstattarget - 1],
							nulls[Anum_pg_statistic_ext_stxstattarget - 1]);
	values[Anum_pg_statistic_ext_stxkeys - 1] = keys_datum(candidate);
	values[Anum_pg_statistic_ext_stxkind - 1] = kinds_datum(candidate->kinds);
	nulls[Anum_pg_statistic_ext_stxexprs - 1] = true;

	tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	CatalogTupleInsert(catalog, tuple);
	heap_freetuple(tuple);
	table_close(catalog, RowExclusiveLock);
	CacheInvalidateRelcache(rel);
	CommandCounterIncrement();
	return object;
}

/* CREATE STATISTICS wants types with an order. */
static bool
has_statistics(const TendStandIn *stand_in, int column)
{
	Oid			type = TupleDescAttr(stand_in->sample->desc, column)->atttypid;

	if (!OidIsValid(lookup_type_cache(type, TYPECACHE_LT_OPR)->lt_opr))
		return false;
	for (int i = 0; i < stand_in->nstats; i++)
	{
		if (stand_in->stats[i]->tupattnum == column + 1)
			return true;
	}
	return false;
}

/*
 * Add statistics on several columns.  InvalidOid: there can be none for
 * one of the columns.
 */
Oid
tend_stand_in_add(TendStandIn *stand_in, const TendCandidate *candidate)
{
	const TendColumnSample *sample = stand_in->sample;
	Relation	rel;
	TendIdentity saved;
	Oid			object;

	for (int i = 0; i < candidate->ncolumns; i++)
	{
		if (!has_statistics(stand_in, candidate->columns[i]))
			return InvalidOid;
	}
	rel = table_open(stand_in->relid, NoLock);
	object = insert_object(rel, candidate);
	saved = tend_become_owner(stand_in->relid);
	BuildRelationExtStatistics(rel, false, sample->table_rows, sample->nrows, sample->rows,
							   stand_in->nstats, stand_in->stats);
	tend_become_again(saved);
	CacheInvalidateRelcache(rel);
	table_close(rel, NoLock);
	CommandCounterIncrement();
	return object;
}

/* Remove rows of a catalog that have a key. */
static void
remove_rows(Oid catalogid, Oid indexid, AttrNumber column, Oid value)
{
	Relation	catalog = table_open(catalogid, RowExclusiveLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(value));
	scan = systable_beginscan(catalog, indexid, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		CatalogTupleDelete(catalog, &tuple->t_self);
	systable_endscan(scan);
	table_close(catalog, RowExclusiveLock);
}

void
tend_stand_in_remove(TendStandIn *stand_in, Oid object)
{
	Relation	rel = table_open(stand_in->relid, NoLock);

	remove_rows(StatisticExtDataRelationId, StatisticExtDataStxoidInhIndexId,
				Anum_pg_statistic_ext_data_stxoid, object);
	remove_rows(StatisticExtRelationId, StatisticExtOidIndexId, Anum_pg_statistic_ext_oid, object);
	CacheInvalidateRelcache(rel);
	table_close(rel, NoLock);
	CommandCounterIncrement();
}
