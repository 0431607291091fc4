/*-------------------------------------------------------------------------
 *
 * table_history.c
 *	  tend.table_history: statistics of tables over time.
 *
 * The last row of a table carries what the next observation needs, moving
 * averages included.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "sql.h"
#include "store/history_ring.h"
#include "store/table_history.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static SPIPlanPtr add_plan = NULL;
static char add_plan_slot[NAMEDATALEN];

/* ---- reading back ---- */

#define RECALL_SQL \
	"SELECT u.i, h.at, h.live_tuples, h.dead_tuples, h.inserts_since_vacuum, " \
	"h.mods_since_analyze, h.toast_dead_tuples, h.inserted, h.updated, h.hot_updated, " \
	"h.deleted, h.vacuum_count, h.analyze_count, h.frozen_xid, " \
	"h.dead_per_second, h.inserts_per_second " \
	"FROM pg_catalog.unnest($1) WITH ORDINALITY u(relid, i) " \
	"CROSS JOIN LATERAL (SELECT * FROM tend.table_history t WHERE t.relid = u.relid " \
	"ORDER BY t.at DESC LIMIT 1) h"

static void
read_past(uint64 row, TendTablePast *past)
{
	past->at = tend_sql_time(row, 2);
	past->live_tuples = tend_sql_int64(row, 3);
	past->dead_tuples = tend_sql_int64(row, 4);
	past->inserts_since_vacuum = tend_sql_int64(row, 5);
	past->mods_since_analyze = tend_sql_int64(row, 6);
	past->toast_dead_tuples = tend_sql_int64(row, 7);
	past->inserted = tend_sql_int64(row, 8);
	past->updated = tend_sql_int64(row, 9);
	past->hot_updated = tend_sql_int64(row, 10);
	past->deleted = tend_sql_int64(row, 11);
	past->vacuum_count = tend_sql_int64(row, 12);
	past->analyze_count = tend_sql_int64(row, 13);
	past->frozen_xid = (uint32) tend_sql_int64(row, 14);
	past->dead_per_second = tend_sql_real(row, 15);
	past->inserts_per_second = tend_sql_real(row, 16);
}

/*
 * The last row of each of the given tables.
 */
void
tend_table_history_recall(const TendTableFacts *tables, int n, TendTablePast *pasts)
{
	Oid			types[] = {OIDARRAYOID};
	Datum	   *oids = palloc(sizeof(Datum) * Max(n, 1));
	Datum		values[1];
	uint64		found;

	memset(pasts, 0, sizeof(TendTablePast) * n);
	for (int i = 0; i < n; i++)
	{
		oids[i] = ObjectIdGetDatum(tables[i].heap.relid);
		pasts[i].dead_per_second = pasts[i].inserts_per_second = NAN;
	}
	if (!tend_ring_readable(TEND_SERIES_TABLES))
		return;
	values[0] = PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	found = tend_sql_select("read tend.table_history", RECALL_SQL,
							lengthof(types), types, values);
	for (uint64 row = 0; row < found; row++)
		read_past(row, &pasts[tend_sql_int64(row, 1) - 1]);
	tend_sql_done();
	pfree(DatumGetPointer(values[0]));
	pfree(oids);
}

/* ---- adding ---- */

enum
{
	A_AT,
	A_RELID,
	A_VACUUM_THRESHOLD,
	A_INSERT_THRESHOLD,
	A_ANALYZE_THRESHOLD,
	A_DEAD_PER_SECOND,
	A_INSERTS_PER_SECOND,
	A_FIRST_BIGINT,
	A_LAST_BIGINT = A_FIRST_BIGINT + 16,
	A_SCHEMA,
	A_NAME,
	A_VERDICT,
	NUM_ADD_COLUMNS
};

/* Prepare the INSERT, in the order of the columns of tend.table_history. */
static void
prepare_add(void)
{
	const char *slot = tend_ring_slot_name(TEND_SERIES_TABLES);
	Oid			types[NUM_ADD_COLUMNS];
	StringInfoData sql;

	if (add_plan != NULL && strcmp(add_plan_slot, slot) == 0)
		return;
	if (add_plan != NULL)
	{
		SPI_freeplan(add_plan);
		add_plan = NULL;
	}

	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO tend.%s VALUES (", slot);
	for (int i = 0; i < NUM_ADD_COLUMNS; i++)
	{
		appendStringInfo(&sql, "%s$%d", i > 0 ? ", " : "", i + 1);
		types[i] = i >= A_SCHEMA ? TEXTOID : i >= A_FIRST_BIGINT ? INT8OID : FLOAT4OID;
	}
	appendStringInfoChar(&sql, ')');
	types[A_AT] = TIMESTAMPTZOID;
	types[A_RELID] = OIDOID;

	add_plan = SPI_prepare(sql.data, NUM_ADD_COLUMNS, types);
	if (add_plan == NULL)
		elog(ERROR, "could not prepare insert of history: %s", SPI_result_code_string(SPI_result));
	SPI_keepplan(add_plan);
	strlcpy(add_plan_slot, slot, sizeof(add_plan_slot));
	pfree(sql.data);
}

/* A real that is NULL when unknown; "below 0" means that a trigger is off. */
static void
set_real(Datum *values, char *nulls, int col, double value, bool is_threshold)
{
	if (isnan(value) || (is_threshold && value < 0))
		nulls[col] = 'n';
	else
		values[col] = Float4GetDatum((float4) value);
}

/*
 * Add a row for one table.
 */
void
tend_table_history_add(TimestampTz at, const TendTableFacts *table, const TendTableSize *size,
					   const TendTableVerdict *verdict,
					   double dead_per_second, double inserts_per_second)
{
	const TendHeapFacts *heap = &table->heap;
	const int64 numbers[] = {
		heap->live_tuples, heap->dead_tuples, heap->inserts_since_vacuum,
		heap->mods_since_analyze, table->toast.dead_tuples, heap->inserted,
		heap->updated, heap->hot_updated, heap->deleted, heap->vacuum_count,
		heap->analyze_count, size->table_bytes, size->index_bytes,
		size->toast_bytes, heap->xid_age, heap->mxid_age, heap->frozen_xid
	};
	Datum		values[NUM_ADD_COLUMNS];
	char		nulls[NUM_ADD_COLUMNS];

	StaticAssertStmt(lengthof(numbers) == A_LAST_BIGINT - A_FIRST_BIGINT + 1,
					 "columns of tend.table_history");

	prepare_add();
	memset(nulls, ' ', sizeof(nulls));
	values[A_AT] = TimestampTzGetDatum(at);
	values[A_RELID] = ObjectIdGetDatum(heap->relid);
	set_real(values, nulls, A_VACUUM_THRESHOLD, verdict->table.vacuum, true);
	set_real(values, nulls, A_INSERT_THRESHOLD, verdict->table.insert, true);
	set_real(values, nulls, A_ANALYZE_THRESHOLD, verdict->table.analyze, true);
	set_real(values, nulls, A_DEAD_PER_SECOND, dead_per_second, false);
	set_real(values, nulls, A_INSERTS_PER_SECOND, inserts_per_second, false);
	for (int i = 0; i < (int) lengthof(numbers); i++)
	{
		/* sizes and ages that are unknown are below 0 */
		values[A_FIRST_BIGINT + i] = Int64GetDatum(numbers[i]);
		if (numbers[i] < 0)
			nulls[A_FIRST_BIGINT + i] = 'n';
	}
	values[A_SCHEMA] = CStringGetTextDatum(table->schema_name);
	values[A_NAME] = CStringGetTextDatum(table->table_name);
	values[A_VERDICT] = CStringGetTextDatum(tend_verdict_name(verdict->kind));
	tend_sql_check("add history", SPI_execute_plan(add_plan, values, nulls, false, 0),
				   SPI_OK_INSERT);
}
