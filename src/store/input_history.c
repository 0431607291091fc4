/*-------------------------------------------------------------------------
 *
 * input_history.c
 *	  tend.planner_inputs: what the planner knew of tables, over time.
 *
 * A row is added when a table is not what its last row says.  Numbers may
 * drift a little first: a table that grows, or is vacuumed each minute, is
 * not worth a row per visit.  They are compared with those of the last row
 * and not by steps of a scale, since what hovers at the edge of a step would
 * cross it with each visit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "collect/planner_inputs.h"
#include "lib/qunique.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "sql.h"
#include "storage/lmgr.h"
#include "store/history_ring.h"
#include "store/input_history.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Tables that are looked at together */
#define CHUNK 1000

/* Tables that are locked at a time */
#define MAX_LOCKED			50

/* A number has changed when it differs by this share, and by this much */
#define CHANGED_SHARE	0.1
#define CHANGED_PAGES	10
#define CHANGED_TUPLES	10

/* Many plans are of the same tables: each of them once, in order. */
static Oid *
distinct_oids(const Oid *relids, int n, MemoryContext cxt, int *ndistinct)
{
	Oid		   *oids = MemoryContextAlloc(cxt, sizeof(Oid) * Max(n, 1));

	memcpy(oids, relids, sizeof(Oid) * n);
	qsort(oids, n, sizeof(Oid), oid_cmp);
	*ndistinct = (int) qunique(oids, n, sizeof(Oid), oid_cmp);
	return oids;
}

static Datum
oid_array(const Oid *oids, int n, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	Datum	   *elems = palloc(sizeof(Datum) * Max(n, 1));
	ArrayType  *array;

	for (int i = 0; i < n; i++)
		elems[i] = ObjectIdGetDatum(oids[i]);
	array = construct_array(elems, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT);
	MemoryContextSwitchTo(old);
	return PointerGetDatum(array);
}

/* ---- what has changed ---- */

/* What the last row of a table says */
typedef struct LastRow
{
	bool		found;
	TimestampTz last_analyze;
	double		reltuples;
	double		relpages;
	double		allvisible;
	uint64		signature;
} LastRow;

/*
 * Rows of a time to come are from before the clock was set back.  To compare
 * with them would add a row at each visit until then.
 */
#define LAST_SQL \
	"SELECT u.i, h.last_analyze, h.reltuples, h.relpages, h.allvisible, h.signature" \
	" FROM pg_catalog.unnest($1) WITH ORDINALITY u(relid, i)" \
	" CROSS JOIN LATERAL (SELECT * FROM tend.planner_inputs t" \
	" WHERE t.relid = u.relid AND t.at <= $2 ORDER BY t.at DESC LIMIT 1) h"

static LastRow *
read_last_rows(TimestampTz now, const TendInputsGlance *glances, int n, MemoryContext cxt)
{
	LastRow    *last = MemoryContextAllocZero(cxt, sizeof(LastRow) * Max(n, 1));
	Oid		   *oids = MemoryContextAlloc(cxt, sizeof(Oid) * Max(n, 1));
	Oid			types[] = {OIDARRAYOID, TIMESTAMPTZOID};
	Datum		values[2];
	uint64		found;

	for (int i = 0; i < n; i++)
		oids[i] = glances[i].relid;
	values[0] = oid_array(oids, n, cxt);
	values[1] = TimestampTzGetDatum(now);
	found = tend_sql_select("read tend.planner_inputs", LAST_SQL, lengthof(types), types, values);
	for (uint64 row = 0; row < found; row++)
	{
		LastRow    *l = &last[tend_sql_int64(row, 1) - 1];

		l->found = true;
		l->last_analyze = tend_sql_time(row, 2);
		l->reltuples = tend_sql_real(row, 3);
		l->relpages = (double) tend_sql_int64(row, 4);
		l->allvisible = (double) tend_sql_int64(row, 5);
		l->signature = (uint64) tend_sql_int64(row, 6);
	}
	tend_sql_done();
	return last;
}

static bool
differs(double was, double is, double of, double least)
{
	double		difference = fabs(is - was);

	return difference > CHANGED_SHARE * of && difference > least;
}

static bool
has_changed(const LastRow *last, const TendInputsGlance *g)
{
	double		pages = Max(last->relpages, g->relpages);

	if (!last->found || g->signature != last->signature)
		return true;

	/* lost statistics are no news of the table */
	if (g->last_analyze != 0 && g->last_analyze != last->last_analyze)
		return true;

	/* -1 is no number of rows */
	if ((g->reltuples < 0) != (last->reltuples < 0))
		return true;
	return differs(last->reltuples, g->reltuples,
				   Max(last->reltuples, g->reltuples), CHANGED_TUPLES) ||
		differs(last->relpages, g->relpages, pages, CHANGED_PAGES) ||
		differs(last->allvisible, g->allvisible, pages, CHANGED_PAGES);
}

/* ---- adding rows ---- */

enum
{
	A_AT,
	A_RELIDS,
	A_LAST_ANALYZE,
	A_RELTUPLES,
	A_RELPAGES,
	A_ALLVISIBLE,
	A_SIGNATURE,
	A_NEVER,
	NUM_ADD_ARGS
};

/*
 * This reads with a later snapshot than the glance.  Should a table have
 * changed in between, its signature is the older one, and the next visit adds
 * another row.
 */
#define COLUMNS_TO_ADD \
	"at, relid, table_name, last_analyze, reltuples, relpages, allvisible, signature," \
	" indexes, columns"
#define ROWS_TO_ADD_SQL \
	"SELECT $1, c.oid, " TEND_INPUTS_NAME_SQL("c") "," \
	" NULLIF(u.last_analyze, $8), u.reltuples, u.relpages, u.allvisible, u.signature, " \
	TEND_INPUTS_INDEXES_SQL("c") ", " TEND_INPUTS_COLUMNS_SQL("c") \
	" FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)," \
	" pg_catalog.unnest($5), pg_catalog.unnest($6), pg_catalog.unnest($7))" \
	" u(relid, last_analyze, reltuples, relpages, allvisible, signature)" \
	" JOIN pg_catalog.pg_class c ON c.oid = u.relid"

static const Oid add_types[NUM_ADD_ARGS] = {
	TIMESTAMPTZOID, OIDARRAYOID, TIMESTAMPTZARRAYOID, FLOAT4ARRAYOID,
	INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, TIMESTAMPTZOID
};

static Datum
array_of(Datum *elems, int n, Oid array_type)
{
	Oid			type = get_element_type(array_type);
	int16		len;
	bool		byval;
	char		align;

	get_typlenbyvalalign(type, &len, &byval, &align);
	return PointerGetDatum(construct_array(elems, n, type, len, byval, align));
}

/* One array per column, in the current memory context */
static void
fill_arrays(const TendInputsGlance *glances, int n, Datum *values)
{
	Datum	   *elems[NUM_ADD_ARGS];

	for (int arg = A_RELIDS; arg <= A_SIGNATURE; arg++)
		elems[arg] = palloc(sizeof(Datum) * n);
	for (int i = 0; i < n; i++)
	{
		const TendInputsGlance *g = &glances[i];

		elems[A_RELIDS][i] = ObjectIdGetDatum(g->relid);
		elems[A_LAST_ANALYZE][i] = TimestampTzGetDatum(g->last_analyze);
		elems[A_RELTUPLES][i] = Float4GetDatum((float4) g->reltuples);
		elems[A_RELPAGES][i] = Int64GetDatum((int64) g->relpages);
		elems[A_ALLVISIBLE][i] = Int64GetDatum((int64) g->allvisible);
		elems[A_SIGNATURE][i] = Int64GetDatum((int64) g->signature);
	}
	for (int arg = A_RELIDS; arg <= A_SIGNATURE; arg++)
		values[arg] = array_of(elems[arg], n, add_types[arg]);
}

/* Add a row for each of the given tables; returns how many there are still. */
static int
add_rows(TimestampTz now, const TendInputsGlance *glances, int n, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	Oid			types[NUM_ADD_ARGS];
	Datum		values[NUM_ADD_ARGS];
	char	   *sql = psprintf("INSERT INTO tend.%s (%s) %s",
							   tend_ring_slot_name(TEND_SERIES_INPUTS),
							   COLUMNS_TO_ADD, ROWS_TO_ADD_SQL);

	memcpy(types, add_types, sizeof(types));
	fill_arrays(glances, n, values);
	values[A_AT] = TimestampTzGetDatum(now);
	values[A_NEVER] = TimestampTzGetDatum(0);
	MemoryContextSwitchTo(old);
	return (int) tend_sql_insert("add the planner's inputs", sql,
								 lengthof(types), types, values, NULL);
}

/*
 * To print the definition of an index the server locks its table.  We hold the
 * locks already, which were to be had at once; other tables come with a later
 * visit.
 */
static int
add_locked_rows(TimestampTz now, const TendInputsGlance *glances, int n, MemoryContext cxt)
{
	int			written = n > 0 ? add_rows(now, glances, n, cxt) : 0;

	for (int i = 0; i < n; i++)
		UnlockRelationOid(glances[i].relid, AccessShareLock);
	return written;
}

static int
record_chunk(TimestampTz now, const Oid *relids, int n, MemoryContext cxt)
{
	TendInputsGlance *glances;
	LastRow    *last;
	int			nchanged = 0;
	int			written = 0;

	n = tend_collect_glances(relids, n, cxt, &glances);
	last = read_last_rows(now, glances, n, cxt);
	for (int i = 0; i < n; i++)
	{
		if (!has_changed(&last[i], &glances[i]) ||
			!ConditionalLockRelationOid(glances[i].relid, AccessShareLock))
			continue;
		if (glances[i].last_analyze == 0)
			glances[i].last_analyze = last[i].last_analyze;
		glances[nchanged++] = glances[i];
		if (nchanged == MAX_LOCKED)
		{
			written += add_locked_rows(now, glances, nchanged, cxt);
			nchanged = 0;
		}
	}
	return written + add_locked_rows(now, glances, nchanged, cxt);
}

/*
 * Note the inputs of tables that differ from their last rows; returns rows
 * written.
 */
int
tend_inputs_record(TimestampTz now, const Oid *relids, int nrelids)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext cxt = AllocSetContextCreate(caller, "pg_tend planner inputs",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext chunk_cxt = AllocSetContextCreate(cxt, "pg_tend planner inputs of a chunk",
													ALLOCSET_DEFAULT_SIZES);
	int			written = 0;
	int			n;
	Oid		   *oids = distinct_oids(relids, nrelids, cxt, &n);

	for (int first = 0; first < n; first += CHUNK)
	{
		CHECK_FOR_INTERRUPTS();
		written += record_chunk(now, &oids[first], Min(CHUNK, n - first), chunk_cxt);
		MemoryContextReset(chunk_cxt);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(cxt);
	return written;
}

/* ---- reading back ---- */

/* The row of each table in $1 that held at $2, or else the first if $3 */
#define ROWS_SQL \
	"WITH h AS (" \
	"SELECT u.i, r.* FROM pg_catalog.unnest($1) WITH ORDINALITY u(oid, i)" \
	" CROSS JOIN LATERAL (" \
	"(SELECT * FROM tend.planner_inputs t WHERE t.relid = u.oid AND t.at <= $2" \
	" ORDER BY t.at DESC LIMIT 1)" \
	" UNION ALL " \
	"(SELECT * FROM tend.planner_inputs t WHERE $3 AND t.relid = u.oid AND t.at > $2" \
	" ORDER BY t.at LIMIT 1)" \
	" ORDER BY at LIMIT 1) r) "

#define TABLES_SQL \
	ROWS_SQL "SELECT h.i, h.relid, h.table_name, h.at, h.last_analyze, h.reltuples," \
	" h.relpages, h.allvisible FROM h ORDER BY h.i"

#define INDEXES_SQL \
	ROWS_SQL "SELECT h.i, x.oid, x.name, x.valid, x.definition FROM h CROSS JOIN LATERAL" \
	" ROWS FROM (pg_catalog.jsonb_to_recordset(h.indexes)" \
	" AS (oid pg_catalog.oid, name pg_catalog.text, valid pg_catalog.bool," \
	" definition pg_catalog.text)) WITH ORDINALITY x(oid, name, valid, definition, n)" \
	" ORDER BY h.i, x.n"

#define COLUMNS_SQL \
	ROWS_SQL "SELECT h.i, x.name, x.n_distinct, x.correlation, x.null_frac, x.top_frequency," \
	" x.target FROM h CROSS JOIN LATERAL" \
	" ROWS FROM (pg_catalog.jsonb_to_recordset(h.columns)" \
	" AS (name pg_catalog.text, n_distinct pg_catalog.float4, correlation pg_catalog.float4," \
	" null_frac pg_catalog.float4, top_frequency pg_catalog.float4, target pg_catalog.int4))" \
	" WITH ORDINALITY x(name, n_distinct, correlation, null_frac, top_frequency, target, n)" \
	" ORDER BY h.i, x.n"

/* A name that is too long ends between two characters. */
static void
copy_name(char *to, size_t size, uint64 row, int col)
{
	char	   *name = tend_sql_text(row, col);
	int			len;

	to[0] = '\0';
	if (name == NULL)
		return;
	len = pg_mbcliplen(name, (int) strlen(name), (int) size - 1);
	memcpy(to, name, len);
	to[len] = '\0';
	pfree(name);
}

static void
read_table(uint64 row, TendTableInputs *table)
{
	table->relid = tend_sql_oid(row, 2);
	copy_name(table->name, sizeof(table->name), row, 3);
	table->at = tend_sql_time(row, 4);
	table->last_analyze = tend_sql_time(row, 5);
	table->reltuples = tend_sql_real(row, 6);
	table->relpages = (double) tend_sql_int64(row, 7);
	table->allvisible = (double) tend_sql_int64(row, 8);
}

static void
read_index(uint64 row, TendTableInputs *table, MemoryContext cxt)
{
	TendIndexInputs *index;
	const char *definition = tend_sql_text(row, 5);
	bool		isnull;
	Datum		valid = tend_sql_datum(row, 4, &isnull);

	if (table->nindexes == TEND_INPUT_INDEXES)
		return;
	index = &table->indexes[table->nindexes++];
	index->oid = tend_sql_oid(row, 2);
	copy_name(index->name, sizeof(index->name), row, 3);
	index->valid = !isnull && DatumGetBool(valid);
	if (definition != NULL)
		index->definition = MemoryContextStrdup(cxt, definition);
}

static void
read_column(uint64 row, TendTableInputs *table, MemoryContext cxt)
{
	TendColumnInputs *column;

	if (table->ncolumns == TEND_INPUT_COLUMNS)
		return;
	column = &table->columns[table->ncolumns++];
	copy_name(column->name, sizeof(column->name), row, 2);
	column->n_distinct = tend_sql_real(row, 3);
	column->correlation = tend_sql_real(row, 4);
	column->null_frac = tend_sql_real(row, 5);
	column->top_frequency = tend_sql_real(row, 6);
	column->target = tend_sql_int32(row, 7);
}

/*
 * Add the rows of one query to the tables that they are of, by number; what
 * they point to goes to the given context.
 */
static void
read_parts(const char *sql, Datum *values, TendTableInputs **tables, MemoryContext cxt,
		   void (*read) (uint64 row, TendTableInputs *table, MemoryContext cxt))
{
	Oid			types[] = {OIDARRAYOID, TIMESTAMPTZOID, BOOLOID};
	uint64		found = tend_sql_select("read tend.planner_inputs", sql,
										lengthof(types), types, values);

	for (uint64 row = 0; row < found; row++)
		read(row, tables[tend_sql_int64(row, 1) - 1], cxt);
	tend_sql_done();
}

/*
 * What was noted last of these tables at or before a time; of those that were
 * first seen later their first row, if "earliest".  In the current memory
 * context; returns how many tables.
 */
int
tend_inputs_read(const Oid *relids, int nrelids, TimestampTz at, bool earliest,
				 TendTableInputs **tables)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext cxt = AllocSetContextCreate(caller, "pg_tend planner inputs",
											  ALLOCSET_DEFAULT_SIZES);
	int			n;
	Oid		   *oids = distinct_oids(relids, nrelids, cxt, &n);
	TendTableInputs **by_number = MemoryContextAllocZero(cxt, sizeof(*by_number) * Max(n, 1));
	Oid			types[] = {OIDARRAYOID, TIMESTAMPTZOID, BOOLOID};
	Datum		values[] = {
		oid_array(oids, n, cxt), TimestampTzGetDatum(at), BoolGetDatum(earliest)
	};
	int			found = 0;

	*tables = NULL;
	if (n > 0 && tend_ring_readable(TEND_SERIES_INPUTS))
	{
		found = (int) tend_sql_select("read tend.planner_inputs", TABLES_SQL,
									  lengthof(types), types, values);
		*tables = MemoryContextAllocZero(caller, sizeof(TendTableInputs) * Max(found, 1));
		for (int row = 0; row < found; row++)
		{
			by_number[tend_sql_int64(row, 1) - 1] = &(*tables)[row];
			read_table(row, &(*tables)[row]);
		}
		tend_sql_done();
		read_parts(INDEXES_SQL, values, by_number, caller, read_index);
		read_parts(COLUMNS_SQL, values, by_number, caller, read_column);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(cxt);
	return found;
}
