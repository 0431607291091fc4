/*-------------------------------------------------------------------------
 *
 * stand_in_stats.c
 *	  Statistics on single columns, made of a sample.
 *
 * This is what analyze.c does between reading its sample and the next table,
 * with the functions that it calls for each type.  The parts that it keeps to
 * itself are written anew here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "act/stand_in_stats.h"
#include "catalog/indexing.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "compat.h"
#include "utils/array.h"
#include "utils/attoptcache.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* What the user has set for a column, -1: the default */
static int
target_of(Oid relid, AttrNumber column)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(column));
	bool		isnull = true;
	int			target = -1;

	if (HeapTupleIsValid(tuple))
	{
		/* its type has changed in 17, its range has not */
		Datum		d = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attstattarget, &isnull);

		target = isnull ? -1 : DatumGetInt16(d);
		ReleaseSysCache(tuple);
	}
	return target;
}

/* Prepare a column; NULL: there are no statistics on such a one. */
static VacAttrStats *
examine(const TendColumnSample *sample, int column)
{
	Form_pg_attribute attr = TupleDescAttr(sample->desc, column);
	VacAttrStats *stats = palloc0(sizeof(VacAttrStats));
	int			target = target_of(sample->relid, sample->columns[column]);
	HeapTuple	type;

	if (target == 0)
		return NULL;
	tend_stats_set_target(stats, attr, target);
	stats->attrtypid = attr->atttypid;
	stats->attrtypmod = attr->atttypmod;
	stats->attrcollid = attr->attcollation;
	type = SearchSysCacheCopy1(TYPEOID, ObjectIdGetDatum(attr->atttypid));
	if (!HeapTupleIsValid(type))
		elog(ERROR, "cache lookup failed for type %u", attr->atttypid);
	stats->attrtype = (Form_pg_type) GETSTRUCT(type);
	stats->anl_context = CurrentMemoryContext;
	stats->tupattnum = column + 1;
	stats->rows = sample->rows;
	stats->tupDesc = sample->desc;
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		stats->statypid[i] = stats->attrtypid;
		stats->statyplen[i] = stats->attrtype->typlen;
		stats->statypbyval[i] = stats->attrtype->typbyval;
		stats->statypalign[i] = stats->attrtype->typalign;
	}
	if (!(OidIsValid(stats->attrtype->typanalyze) ?
		  DatumGetBool(OidFunctionCall1(stats->attrtype->typanalyze, PointerGetDatum(stats))) :
		  std_typanalyze(stats)))
		return NULL;
	return stats->compute_stats != NULL ? stats : NULL;
}

static Datum
fetch(VacAttrStats *stats, int row, bool *isnull)
{
	return heap_getattr(stats->rows[row], stats->tupattnum, stats->tupDesc, isnull);
}

static void
compute(VacAttrStats *stats, const TendColumnSample *sample)
{
	AttributeOpts *options;
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend column",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);

	stats->compute_stats(stats, fetch, sample->nrows, sample->table_rows);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);

	options = get_attribute_options(sample->relid, sample->columns[stats->tupattnum - 1]);
	if (options != NULL && options->n_distinct != 0.0)
		stats->stadistinct = options->n_distinct;
}

/* ---- writing ---- */

static Datum
numbers_datum(const VacAttrStats *stats, int slot)
{
	Datum	   *numbers = palloc(sizeof(Datum) * Max(stats->numnumbers[slot], 1));

	for (int i = 0; i < stats->numnumbers[slot]; i++)
		numbers[i] = Float4GetDatum(stats->stanumbers[slot][i]);
	return PointerGetDatum(construct_array(numbers, stats->numnumbers[slot], FLOAT4OID,
										   sizeof(float4), true, TYPALIGN_INT));
}

static Datum
values_datum(const VacAttrStats *stats, int slot)
{
	return PointerGetDatum(construct_array(stats->stavalues[slot], stats->numvalues[slot],
										   stats->statypid[slot], stats->statyplen[slot],
										   stats->statypbyval[slot], stats->statypalign[slot]));
}

static void
store(Relation catalog, Oid relid, const VacAttrStats *stats)
{
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {false};
	HeapTuple	tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(relid);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(stats->tupattnum);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(stats->stanullfrac);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(stats->stawidth);
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(stats->stadistinct);
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		values[Anum_pg_statistic_stakind1 - 1 + i] = Int16GetDatum(stats->stakind[i]);
		values[Anum_pg_statistic_staop1 - 1 + i] = ObjectIdGetDatum(stats->staop[i]);
		values[Anum_pg_statistic_stacoll1 - 1 + i] = ObjectIdGetDatum(stats->stacoll[i]);
		nulls[Anum_pg_statistic_stanumbers1 - 1 + i] = stats->numnumbers[i] == 0;
		if (stats->numnumbers[i] > 0)
			values[Anum_pg_statistic_stanumbers1 - 1 + i] = numbers_datum(stats, i);
		nulls[Anum_pg_statistic_stavalues1 - 1 + i] = stats->numvalues[i] == 0;
		if (stats->numvalues[i] > 0)
			values[Anum_pg_statistic_stavalues1 - 1 + i] = values_datum(stats, i);
	}
	tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	CatalogTupleInsert(catalog, tuple);
	heap_freetuple(tuple);
}

/*
 * Compute statistics on each column of the sample, and store them for the
 * stand-in.
 */
void
tend_stand_in_compute(TendStandIn *stand_in)
{
	const TendColumnSample *sample = stand_in->sample;
	Relation	catalog = table_open(StatisticRelationId, RowExclusiveLock);

	for (int i = 0; i < sample->ncolumns; i++)
	{
		VacAttrStats *stats = examine(sample, i);

		if (stats == NULL)
			continue;
		compute(stats, sample);
		if (!stats->stats_valid)
			continue;
		store(catalog, stand_in->relid, stats);
		stand_in->stats[stand_in->nstats++] = stats;
	}
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}
