/*-------------------------------------------------------------------------
 *
 * column_sample.c
 *	  A sample of some columns of one table.
 *
 * Rows of one page resemble each other more than rows of the table do, and
 * columns would seem to depend on each other.  So few rows are taken of each
 * page, of as many pages as the time allows, in several passes over the whole
 * table: whenever the time is over, the rows come from all of it.
 *
 * It is read as the table's owner, in a security-restricted operation.  A
 * table with row security is not read: what the owner may see is not meant
 * for everybody whose plan we improve.  No lock is waited for.
 *
 * Statistics leave out values that are wider than a kilobyte.  So do we, with
 * the whole row, and never fetch one from where it is stored.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "as_owner.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "collect/column_sample.h"
#include "collect/row_security.h"
#include "column_name.h"
#include "common/pg_prng.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "storage/lmgr.h"
#include "store/shared.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* Pages that may be read, of all passes; and how long they may take */
#define MAX_PAGES		4000
#define MAX_SECONDS		1.5
#define PASSES			8

/* Above this share of pages, passes would meet the same ones */
#define ONE_PASS_SHARE	0.05

/* Rows fetched at a time, between looks at the clock */
#define FETCH_ROWS		500

/* Memory that rows may take */
#define MAX_BYTES		(16 * 1024 * 1024)

/* As in analyze.c: wider values are not compared */
#define WIDTH_THRESHOLD 1024

/* A row has to fit on a page. */
#define MAX_ROW_BYTES	7000

/* Partitions that are locked at most */
#define MAX_PARTITIONS	256

typedef struct Taking
{
	TendColumnSample *sample;
	MemoryContext cxt;			/* where the rows are */
	int			capacity;		/* of sample->rows; shrinks if rows are wide */
	Size		bytes;
	double		seen;			/* rows that came, those left out apart */
	double		deadline;
} Taking;

/* ---- may we? ---- */

static TendSampleResult
check_relation(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class class;
	TendSampleResult result = TEND_SAMPLE_DONE;

	if (!HeapTupleIsValid(tuple))
		return TEND_SAMPLE_GONE;
	class = (Form_pg_class) GETSTRUCT(tuple);
	if ((class->relkind != RELKIND_RELATION && class->relkind != RELKIND_MATVIEW &&
		 class->relkind != RELKIND_PARTITIONED_TABLE) ||
		class->relpersistence == RELPERSISTENCE_TEMP ||
		relid < FirstNormalObjectId || IsCatalogNamespace(class->relnamespace) ||
		class->relnamespace == get_namespace_oid("tend", true) ||
		(class->relkind == RELKIND_MATVIEW && !class->relispopulated))
		result = TEND_SAMPLE_UNSUITABLE;
	else if (tend_has_row_security(relid))
		result = TEND_SAMPLE_PROTECTED;
	ReleaseSysCache(tuple);
	return result;
}

/* Lock one table, and look at it under the lock. */
static TendSampleResult
lock_relation(Oid relid)
{
	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return TEND_SAMPLE_LOCKED;
	return check_relation(relid);
}

/* A table with its partitions, or the table alone */
static TendSampleResult
lock_relations(Oid relid, List **relids)
{
	TendSampleResult result = lock_relation(relid);
	ListCell   *lc;

	if (result != TEND_SAMPLE_DONE)
		return result;
	*relids = get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE ?
		find_all_inheritors(relid, NoLock, NULL) : list_make1_oid(relid);
	if (list_length(*relids) > MAX_PARTITIONS)
		return TEND_SAMPLE_UNSUITABLE;
	foreach(lc, *relids)
	{
		result = lock_relation(lfirst_oid(lc));
		if (result != TEND_SAMPLE_DONE)
			return result;
	}
	return TEND_SAMPLE_DONE;
}

static void
measure(List *relids, double *rows, double *pages)
{
	ListCell   *lc;

	*rows = *pages = 0;
	foreach(lc, relids)
	{
		Relation	rel;
		BlockNumber rel_pages;
		double		rel_rows;
		double		all_visible;

		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_PARTITIONED_TABLE)
			continue;
		rel = table_open(lfirst_oid(lc), NoLock);
		estimate_rel_size(rel, NULL, &rel_pages, &rel_rows, &all_visible);
		*rows += rel_rows;
		*pages += rel_pages;
		table_close(rel, NoLock);
	}
}

/* ---- the statement ---- */

/* NULL if a column is gone */
static char *
select_columns(Oid relid, const AttrNumber *columns, int ncolumns)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < ncolumns; i++)
	{
		char	   *name = columns[i] > 0 ? tend_column_name(relid, columns[i]) : NULL;

		if (name == NULL)
			return NULL;
		appendStringInfo(&sql, "%s%s", i == 0 ? "SELECT " : ", ", quote_identifier(name));
	}
	appendStringInfo(&sql, " FROM %s%s TABLESAMPLE SYSTEM ($1)"
					 " WHERE pg_catalog.random() OPERATOR(pg_catalog.<) $2",
					 get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE ? "" : "ONLY ",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)),
												get_rel_name(relid)));
	return sql.data;
}

/* Prepare it; NULL: by its name it is another table now. */
static SPIPlanPtr
prepare(const TendColumnSample *sample, const char *sql)
{
	Oid			types[] = {FLOAT4OID, FLOAT8OID};
	SPIPlanPtr	plan = SPI_prepare(sql, lengthof(types), types);
	List	   *sources;

	if (plan == NULL)
		elog(ERROR, "could not prepare the sample: %s", SPI_result_code_string(SPI_result));
	sources = SPI_plan_get_plan_sources(plan);
	if (!list_member_oid(((CachedPlanSource *) linitial(sources))->relationOids, sample->relid))
		return NULL;
	return plan;
}

/* ---- taking rows ---- */

/*
 * Values as they are to be kept; false: one is too wide
 */
static bool
unpack(HeapTuple row, TupleDesc desc, Datum *values, bool *nulls)
{
	Size		total = 0;

	heap_deform_tuple(row, desc, values, nulls);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);

		if (nulls[i])
			continue;
		if (attr->attlen == -1)
		{
			Size		size = toast_raw_datum_size(values[i]);

			if (size > WIDTH_THRESHOLD)
				return false;
			values[i] = PointerGetDatum(PG_DETOAST_DATUM_PACKED(values[i]));
			total += size;
		}
		else if (attr->attlen == -2)
		{
			Size		size = strlen(DatumGetCString(values[i])) + 1;

			if (size > WIDTH_THRESHOLD)
				return false;
			total += size;
		}
		else
			total += attr->attlen;
	}
	return total <= MAX_ROW_BYTES;
}

/* Each row that came has the same chance to stay (reservoir sampling). */
static void
keep(Taking *t, HeapTuple row)
{
	TendColumnSample *s = t->sample;
	uint64		place;

	t->seen++;
	if (t->bytes > MAX_BYTES && s->nrows < t->capacity)
		t->capacity = s->nrows;
	if (s->nrows < t->capacity)
		place = s->nrows++;
	else
	{
		place = (uint64) (pg_prng_double(&pg_global_prng_state) * t->seen);
		if (place >= (uint64) s->nrows)
			return;
		t->bytes -= s->rows[place]->t_len;
		heap_freetuple(s->rows[place]);
	}
	s->rows[place] = heap_copytuple(row);
	t->bytes += row->t_len;
}

static void
take(Taking *t, HeapTuple row)
{
	TendColumnSample *s = t->sample;
	Datum		values[TEND_ESTIMATE_COLUMNS];
	bool		nulls[TEND_ESTIMATE_COLUMNS];

	if (!unpack(row, s->desc, values, nulls))
	{
		s->left_out++;
		return;
	}
	row = heap_form_tuple(s->desc, values, nulls);
	MemoryContextSwitchTo(t->cxt);
	keep(t, row);
}

/* One pass over the table; false: the time is over */
static bool
pass(Taking *t, SPIPlanPtr plan, double percent, double share)
{
	Datum		args[] = {Float4GetDatum((float4) percent), Float8GetDatum(share)};
	Portal		portal = SPI_cursor_open(NULL, plan, args, NULL, true);
	MemoryContext batch = AllocSetContextCreate(CurrentMemoryContext, "pg_tend sample batch",
												ALLOCSET_DEFAULT_SIZES);
	bool		in_time = true;

	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		if (t->sample->desc == NULL)
		{
			MemoryContextSwitchTo(t->cxt);
			t->sample->desc = CreateTupleDescCopy(SPI_tuptable->tupdesc);
		}
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			MemoryContextSwitchTo(batch);
			take(t, SPI_tuptable->vals[i]);
		}
		MemoryContextReset(batch);
		SPI_freetuptable(SPI_tuptable);
		CHECK_FOR_INTERRUPTS();
		in_time = tend_monotonic_seconds() < t->deadline;
		if (!in_time)
			break;
	}
	SPI_cursor_close(portal);
	MemoryContextDelete(batch);
	return in_time;
}

/*
 * How many pages, and which part of their rows; the whole of a small table.
 */
static TendSampleResult
read_rows(Taking *t, SPIPlanPtr plan, double pages)
{
	double		rows = Max(t->sample->table_rows, 1);
	double		pages_share = Min(MAX_PAGES / Max(pages, 1), 1);
	double		rows_share = Min(TEND_SAMPLE_ROWS / (rows * pages_share), 1);
	int			passes = pages_share <= ONE_PASS_SHARE ? PASSES : 1;

	for (int i = 0; i < passes; i++)
	{
		if (!pass(t, plan, 100 * pages_share / passes, rows_share))
			return passes > 1 && i > 0 && t->sample->nrows >= TEND_SAMPLE_ROWS / 4 ?
				TEND_SAMPLE_DONE : TEND_SAMPLE_SLOW;
	}
	return TEND_SAMPLE_DONE;
}

static TendSampleResult
sample_locked(Oid relid, List *relids, TendColumnSample *sample)
{
	MemoryContext cxt = CurrentMemoryContext;
	Taking		t = {
		.sample = sample,
		.cxt = cxt,
		.capacity = TEND_SAMPLE_ROWS,
		.deadline = tend_monotonic_seconds() + MAX_SECONDS
	};
	char	   *sql = select_columns(relid, sample->columns, sample->ncolumns);
	double		pages;
	SPIPlanPtr	plan;
	TendSampleResult result;

	if (sql == NULL)
		return TEND_SAMPLE_GONE;
	measure(relids, &sample->table_rows, &pages);
	sample->rows = palloc(sizeof(HeapTuple) * TEND_SAMPLE_ROWS);
	plan = prepare(sample, sql);
	if (plan == NULL)
		return TEND_SAMPLE_GONE;
	result = read_rows(&t, plan, pages);
	SPI_freeplan(plan);
	MemoryContextSwitchTo(cxt);
	if (result != TEND_SAMPLE_DONE)
		return result;
	if (sample->left_out > sample->nrows / 4)
		return TEND_SAMPLE_WIDE;
	return sample->nrows < TEND_SAMPLE_MIN_ROWS ? TEND_SAMPLE_SMALL : TEND_SAMPLE_DONE;
}

/*
 * Take a sample of columns of a table; of a partitioned table, of all its
 * partitions.  Rows are in the current memory context.  Needs a connected SPI
 * and an active snapshot; locks stay until the (sub)transaction ends.  What
 * the owner's code raises, comes through.
 */
TendSampleResult
tend_column_sample(Oid relid, const AttrNumber *columns, int ncolumns, TendColumnSample *sample)
{
	List	   *relids;
	TendSampleResult result = lock_relations(relid, &relids);
	TendIdentity saved;

	memset(sample, 0, sizeof(*sample));
	sample->relid = relid;
	sample->ncolumns = ncolumns;
	memcpy(sample->columns, columns, sizeof(AttrNumber) * ncolumns);
	if (result != TEND_SAMPLE_DONE)
		return result;
	saved = tend_become_owner(relid);
	result = sample_locked(relid, relids, sample);
	tend_become_again(saved);
	return result;
}

/* ---- hashing ---- */

static void
hash_column(TendColumnSample *sample, int column)
{
	Form_pg_attribute attr = TupleDescAttr(sample->desc, column);
	TypeCacheEntry *type = lookup_type_cache(attr->atttypid, TYPECACHE_HASH_EXTENDED_PROC_FINFO);
	bool		can_hash = OidIsValid(type->hash_extended_proc);

	sample->hashes[column] = palloc0(sizeof(uint64) * sample->nrows);
	sample->nulls[column] = palloc0(sizeof(bool) * sample->nrows);
	for (int i = 0; i < sample->nrows; i++)
	{
		bool		isnull;
		Datum		value = heap_getattr(sample->rows[i], column + 1, sample->desc, &isnull);

		CHECK_FOR_INTERRUPTS();
		sample->nulls[column][i] = isnull;
		if (isnull)
			continue;
		sample->hashes[column][i] = can_hash ?
			DatumGetUInt64(FunctionCall2Coll(&type->hash_extended_proc_finfo, attr->attcollation,
											 value, Int64GetDatum(0))) :
			datum_image_hash(value, attr->attbyval, attr->attlen);
	}
}

/* Hash all values, with the type's own function if it has one. */
void
tend_column_sample_hash(TendColumnSample *sample)
{
	TendIdentity saved = tend_become_owner(sample->relid);

	for (int i = 0; i < sample->ncolumns; i++)
		hash_column(sample, i);
	tend_become_again(saved);
}

/* Why there is no sample, NULL if there is one */
const char *
tend_sample_problem(TendSampleResult result)
{
	switch (result)
	{
		case TEND_SAMPLE_DONE:
			return NULL;
		case TEND_SAMPLE_GONE:
			return "the table or a column of it is gone";
		case TEND_SAMPLE_LOCKED:
			return "somebody holds a lock on the table";
		case TEND_SAMPLE_PROTECTED:
			return "the table has row security";
		case TEND_SAMPLE_UNSUITABLE:
			return "it is no table that may be sampled";
		case TEND_SAMPLE_SMALL:
			return "the table has too few rows";
		case TEND_SAMPLE_WIDE:
			return "most values are too wide for statistics";
		case TEND_SAMPLE_SLOW:
			break;
	}
	return "reading a sample takes too long";
}
