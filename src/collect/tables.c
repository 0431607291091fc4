/*-------------------------------------------------------------------------
 *
 * tables.c
 *	  Statistics and catalog facts of the tables of this database.
 *
 * Everything is read with ordinary queries on catalogs and statistics
 * functions, which no lock on a user's table can delay.  A table that is
 * dropped meanwhile still has its catalog row in our snapshot and zeros for
 * statistics.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "advise/options.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "collect/size.h"
#include "collect/tables.h"
#include "compat.h"
#include "executor/spi.h"
#include "sql.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* The columns of one heap, in the order of the enum below */
#define HEAP_COLUMNS(c) \
	c ".oid, " c ".reltuples::pg_catalog.float8, " c ".relpages, " c ".relallvisible, " \
	TEND_FROZEN_PAGES_SQL(c) ", " c ".relfrozenxid, " \
	"CASE WHEN " c ".relfrozenxid <> '0' THEN pg_catalog.age(" c ".relfrozenxid) ELSE -1 END, " \
	"CASE WHEN " c ".relminmxid <> '0' THEN pg_catalog.mxid_age(" c ".relminmxid) ELSE -1 END, " \
	c ".reloptions, " \
	"pg_catalog.pg_stat_get_live_tuples(" c ".oid), " \
	"pg_catalog.pg_stat_get_dead_tuples(" c ".oid), " \
	"pg_catalog.pg_stat_get_ins_since_vacuum(" c ".oid), " \
	"pg_catalog.pg_stat_get_mod_since_analyze(" c ".oid), " \
	"pg_catalog.pg_stat_get_tuples_inserted(" c ".oid), " \
	"pg_catalog.pg_stat_get_tuples_updated(" c ".oid), " \
	"pg_catalog.pg_stat_get_tuples_hot_updated(" c ".oid), " \
	"pg_catalog.pg_stat_get_tuples_deleted(" c ".oid), " \
	"pg_catalog.pg_stat_get_vacuum_count(" c ".oid)" \
	" + pg_catalog.pg_stat_get_autovacuum_count(" c ".oid), " \
	"pg_catalog.pg_stat_get_analyze_count(" c ".oid)" \
	" + pg_catalog.pg_stat_get_autoanalyze_count(" c ".oid), " \
	"GREATEST(pg_catalog.pg_stat_get_last_vacuum_time(" c ".oid)," \
	" pg_catalog.pg_stat_get_last_autovacuum_time(" c ".oid)), " \
	"GREATEST(pg_catalog.pg_stat_get_last_analyze_time(" c ".oid)," \
	" pg_catalog.pg_stat_get_last_autoanalyze_time(" c ".oid))"

enum
{
	H_OID,
	H_RELTUPLES,
	H_RELPAGES,
	H_ALLVISIBLE,
	H_ALLFROZEN,
	H_FROZENXID,
	H_XID_AGE,
	H_MXID_AGE,
	H_RELOPTIONS,
	H_LIVE,
	H_DEAD,
	H_INS_SINCE_VACUUM,
	H_MOD_SINCE_ANALYZE,
	H_INSERTED,
	H_UPDATED,
	H_HOT_UPDATED,
	H_DELETED,
	H_VACUUM_COUNT,
	H_ANALYZE_COUNT,
	H_LAST_VACUUM,
	H_LAST_ANALYZE,
	NUM_HEAP_COLUMNS
};

enum
{
	T_SCHEMA,
	T_NAME,
	T_KIND,
	T_PERSISTENCE,
	T_PARTITION,
	T_HEAP,
	T_TOAST = T_HEAP + NUM_HEAP_COLUMNS,
	NUM_COLUMNS = T_TOAST + NUM_HEAP_COLUMNS
};

#define TABLES_SQL \
	"SELECT n.nspname, c.relname, c.relkind, c.relpersistence, c.relispartition, " \
	HEAP_COLUMNS("c") ", " HEAP_COLUMNS("t") \
	" FROM pg_catalog.pg_class c" \
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" \
	" LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid" \
	" WHERE c.relkind IN ('r', 'm') "

/* ---- reading one row ---- */

typedef struct Row
{
	Datum		values[NUM_COLUMNS];
	bool		nulls[NUM_COLUMNS];
} Row;

static Datum
get(const Row *row, int col, bool *isnull)
{
	*isnull = row->nulls[col];
	return row->values[col];
}

static int64
get_int64(const Row *row, int col)
{
	bool		isnull;
	Datum		d = get(row, col, &isnull);

	return isnull ? 0 : DatumGetInt64(d);
}

static int32
get_int32(const Row *row, int col)
{
	bool		isnull;
	Datum		d = get(row, col, &isnull);

	return isnull ? 0 : DatumGetInt32(d);
}

static TimestampTz
get_time(const Row *row, int col)
{
	bool		isnull;
	Datum		d = get(row, col, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(d);
}

/* The elements of a text[] column; returns how many */
static int
get_texts(const Row *row, int col, char ***texts)
{
	bool		isnull;
	Datum		d = get(row, col, &isnull);
	Datum	   *elems;
	int			n;

	*texts = NULL;
	if (isnull)
		return 0;
	deconstruct_array(DatumGetArrayTypeP(d), TEXTOID, -1, false, TYPALIGN_INT,
					  &elems, NULL, &n);
	*texts = palloc(sizeof(char *) * Max(n, 1));
	for (int i = 0; i < n; i++)
		(*texts)[i] = TextDatumGetCString(elems[i]);
	return n;
}

static void
read_heap(const Row *row, int base, TendHeapFacts *heap)
{
	bool		isnull;
	Datum		oid = get(row, base + H_OID, &isnull);

	memset(heap, 0, sizeof(*heap));
	tend_options_init(&heap->options);
	heap->xid_age = heap->mxid_age = -1;
	if (isnull)
		return;

	heap->relid = DatumGetObjectId(oid);
	heap->reltuples = DatumGetFloat8(get(row, base + H_RELTUPLES, &isnull));
	heap->relpages = get_int32(row, base + H_RELPAGES);
	heap->all_visible_pages = get_int32(row, base + H_ALLVISIBLE);
	heap->all_frozen_pages = get_int32(row, base + H_ALLFROZEN);
	heap->frozen_xid = (uint32) get_int32(row, base + H_FROZENXID);
	heap->xid_age = get_int32(row, base + H_XID_AGE);
	heap->mxid_age = get_int32(row, base + H_MXID_AGE);
	heap->live_tuples = get_int64(row, base + H_LIVE);
	heap->dead_tuples = get_int64(row, base + H_DEAD);
	heap->inserts_since_vacuum = get_int64(row, base + H_INS_SINCE_VACUUM);
	heap->mods_since_analyze = get_int64(row, base + H_MOD_SINCE_ANALYZE);
	heap->inserted = get_int64(row, base + H_INSERTED);
	heap->updated = get_int64(row, base + H_UPDATED);
	heap->hot_updated = get_int64(row, base + H_HOT_UPDATED);
	heap->deleted = get_int64(row, base + H_DELETED);
	heap->vacuum_count = get_int64(row, base + H_VACUUM_COUNT);
	heap->analyze_count = get_int64(row, base + H_ANALYZE_COUNT);
	heap->last_vacuum = get_time(row, base + H_LAST_VACUUM);
	heap->last_analyze = get_time(row, base + H_LAST_ANALYZE);
}

/* Parse reloptions, and note those about vacuum as overrides. */
static void
read_options(const Row *row, int base, const char *prefix,
			 TendHeapFacts *heap, TendTableFacts *table)
{
	char	  **items;
	int			n = get_texts(row, base + H_RELOPTIONS, &items);

	if (n == 0)
		return;
	if (table->overrides == NULL)
		table->overrides = palloc(sizeof(char *) * n);
	else
		table->overrides = repalloc(table->overrides,
									sizeof(char *) * (table->noverrides + n));
	for (int i = 0; i < n; i++)
	{
		tend_options_add(&heap->options, items[i]);
		if (tend_option_is_vacuum(items[i]))
			table->overrides[table->noverrides++] = psprintf("%s%s", prefix, items[i]);
	}
}

static void
read_table(const Row *row, TendTableFacts *table)
{
	bool		isnull;

	memset(table, 0, sizeof(*table));
	strlcpy(table->schema_name, NameStr(*DatumGetName(get(row, T_SCHEMA, &isnull))), NAMEDATALEN);
	strlcpy(table->table_name, NameStr(*DatumGetName(get(row, T_NAME, &isnull))), NAMEDATALEN);
	table->kind = DatumGetChar(get(row, T_KIND, &isnull));
	table->persistence = DatumGetChar(get(row, T_PERSISTENCE, &isnull));
	table->is_partition = DatumGetBool(get(row, T_PARTITION, &isnull));
	read_heap(row, T_HEAP, &table->heap);
	read_heap(row, T_TOAST, &table->toast);
	read_options(row, T_HEAP, "", &table->heap, table);
	read_options(row, T_TOAST, "toast.", &table->toast, table);
	table->is_statistic = table->heap.relid == StatisticRelationId;
}

/* ---- vacuums running now ---- */

TendRunning
tend_collect_running(void)
{
	TendRunning running = {0};
	uint64		n = tend_sql_select("read pg_stat_progress_vacuum",
									"SELECT relid FROM pg_catalog.pg_stat_progress_vacuum"
									" WHERE datname = pg_catalog.current_database()"
									" AND relid IS NOT NULL", 0, NULL, NULL);

	for (uint64 i = 0; i < Min(n, TEND_MAX_RUNNING); i++)
		running.relids[running.n++] = tend_sql_oid(i, 1);
	tend_sql_done();
	return running;
}

static bool
is_running(const TendRunning *running, Oid relid)
{
	for (int i = 0; i < running->n; i++)
	{
		if (running->relids[i] == relid)
			return true;
	}
	return false;
}

/* ---- entry points ---- */

static int
run(const char *sql, int nargs, Oid *types, Datum *values, const TendRunning *running,
	MemoryContext cxt, TendTableFacts **tables)
{
	int			n;
	MemoryContext old;

	n = (int) tend_sql_select("read tables", sql, nargs, types, values);
	old = MemoryContextSwitchTo(cxt);
	*tables = palloc(sizeof(TendTableFacts) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		TendTableFacts *table = &(*tables)[i];
		Row			row;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, row.values, row.nulls);
		read_table(&row, table);
		table->heap.vacuum_running = is_running(running, table->heap.relid);
		table->toast.vacuum_running = is_running(running, table->toast.relid);
	}
	MemoryContextSwitchTo(old);
	tend_sql_done();
	return n;
}

/*
 * The next tables in the order of their OIDs, at most "limit" of them.
 */
int
tend_collect_tables(Oid after, int limit, const TendRunning *running, MemoryContext cxt,
					TendTableFacts **tables)
{
	Oid			types[] = {OIDOID, INT4OID};
	Datum		values[] = {ObjectIdGetDatum(after), Int32GetDatum(limit)};

	return run(TABLES_SQL "AND c.oid > $1 ORDER BY c.oid LIMIT $2",
			   lengthof(types), types, values, running, cxt, tables);
}

static Datum
oid_array(const Oid *relids, int n)
{
	Datum	   *oids = palloc(sizeof(Datum) * Max(n, 1));

	for (int i = 0; i < n; i++)
		oids[i] = ObjectIdGetDatum(relids[i]);
	return PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

/* Those of the given tables that are still there, in no order */
int
tend_collect_chosen(const Oid *relids, int n, const TendRunning *running, MemoryContext cxt,
					TendTableFacts **tables)
{
	Oid			types[] = {OIDARRAYOID};
	Datum		values[] = {oid_array(relids, n)};

	return run(TABLES_SQL "AND c.oid = ANY ($1)", lengthof(types), types, values, running, cxt, tables);
}

/* One table; false if it is not one that autovacuum could process. */
bool
tend_collect_table(Oid relid, const TendRunning *running, MemoryContext cxt,
				   TendTableFacts *table)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relid)};
	TendTableFacts *found;
	int			n = run(TABLES_SQL "AND c.oid = $1", lengthof(types), types, values, running, cxt, &found);

	if (n > 0)
		*table = found[0];
	return n > 0;
}

/* ---- sizes ---- */

enum
{
	PART_TABLE,
	PART_INDEX,
	PART_TOAST
};

/* The files of the tables in $1, which table each belongs to and as what */
#define FILES_SQL \
	"WITH wanted AS (" \
	"SELECT u.i, c.oid, c.reltoastrelid" \
	" FROM pg_catalog.unnest($1) WITH ORDINALITY u(oid, i)" \
	" JOIN pg_catalog.pg_class c ON c.oid = u.oid" \
	"), file AS (" \
	"SELECT i, 0 AS part, oid FROM wanted" \
	" UNION ALL " \
	"SELECT w.i, 1, x.indexrelid FROM wanted w" \
	" JOIN pg_catalog.pg_index x ON x.indrelid = w.oid" \
	" UNION ALL " \
	"SELECT i, 2, reltoastrelid FROM wanted WHERE reltoastrelid <> 0" \
	" UNION ALL " \
	"SELECT w.i, 2, x.indexrelid FROM wanted w" \
	" JOIN pg_catalog.pg_index x ON x.indrelid = w.reltoastrelid WHERE w.reltoastrelid <> 0) " \
	"SELECT f.i, f.part, c.oid, c.relfilenode, c.reltablespace, c.relisshared," \
	" c.relpersistence = 't'" \
	" FROM file f JOIN pg_catalog.pg_class c ON c.oid = f.oid"

static void
add_file(const Row *row, TendTableSize *sizes)
{
	bool		isnull;
	TendTableSize *size = &sizes[get_int64(row, 0) - 1];
	int			part = get_int32(row, 1);
	TendFile	file = {
		.relid = DatumGetObjectId(get(row, 2, &isnull)),
		.filenode = DatumGetObjectId(get(row, 3, &isnull)),
		.tablespace = DatumGetObjectId(get(row, 4, &isnull)),
		.is_shared = DatumGetBool(get(row, 5, &isnull)),
		.is_temporary = DatumGetBool(get(row, 6, &isnull))
	};
	int64		bytes = tend_file_bytes(&file);

	if (part == PART_TABLE)
		size->table_bytes = bytes;
	else if (part == PART_INDEX)
		size->index_bytes += Max(bytes, 0);
	else
		size->toast_bytes += Max(bytes, 0);
}

/*
 * Sizes of the given tables on disk.
 */
TendTableSize *
tend_collect_sizes(const TendTableFacts *tables, int n, MemoryContext cxt)
{
	TendTableSize *sizes = MemoryContextAllocZero(cxt, sizeof(TendTableSize) * Max(n, 1));
	Oid		   *oids = palloc(sizeof(Oid) * Max(n, 1));
	Oid			types[] = {OIDARRAYOID};
	Datum		values[1];
	uint64		found;

	for (int i = 0; i < n; i++)
	{
		sizes[i].table_bytes = -1;
		oids[i] = tables[i].heap.relid;
	}
	values[0] = oid_array(oids, n);
	found = tend_sql_select("read files of tables", FILES_SQL, lengthof(types), types, values);
	for (uint64 i = 0; i < found; i++)
	{
		Row			row;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, row.values, row.nulls);
		add_file(&row, sizes);
	}
	tend_sql_done();
	pfree(DatumGetPointer(values[0]));
	pfree(oids);
	return sizes;
}
