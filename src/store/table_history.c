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

#include "advise/learn.h"
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

/* What was learnt, in the order of the columns that hold it */
static const size_t learnt_fields[] = {
#define LEARNT(f) offsetof(TendLearnt, f)
	LEARNT(observed_seconds), LEARNT(dead_fast), LEARNT(dead_hour), LEARNT(dead_day),
	LEARNT(burst_share), LEARNT(burst_rows), LEARNT(inserts_fast), LEARNT(inserts_day),
	LEARNT(mods_day), LEARNT(dead_peak), LEARNT(growth_rows), LEARNT(growth_bytes), LEARNT(vacuum_pages), LEARNT(vacuum_wal),
	LEARNT(vacuum_ms), LEARNT(price_ratio), LEARNT(wal_price), LEARNT(analyze_pages), LEARNT(toast_dead_hour),
	LEARNT(toast_dead_day), LEARNT(toast_vacuum_pages), LEARNT(toast_price_ratio), LEARNT(toast_wal_price),
	LEARNT(stale_samples), LEARNT(stale_seconds), LEARNT(stale_day), LEARNT(stale_q), LEARNT(stale_rows), LEARNT(stale_ms_day)
#undef LEARNT
};

#define LEARNT_COLUMNS \
	"h.observed_seconds, h.dead_per_second, h.dead_per_second_hour, h.dead_per_second_day, " \
	"h.burst_share, h.burst_rows, h.inserts_per_second, h.inserts_per_second_day, " \
	"h.modified_per_second_day, h.dead_peak, h.growth_rows, h.growth_bytes, h.vacuum_pages, h.vacuum_wal_bytes, " \
	"h.vacuum_ms, h.vacuum_price_ratio, h.vacuum_wal_price, h.analyze_pages, h.toast_dead_per_second_hour, " \
	"h.toast_dead_per_second_day, h.toast_vacuum_pages, h.toast_vacuum_price_ratio, h.toast_vacuum_wal_price, " \
	"h.stale_samples, h.stale_seconds, h.stale_per_second_day, h.stale_q_error, h.stale_rows, h.stale_ms_per_second_day"

StaticAssertDecl(lengthof(learnt_fields) * sizeof(double) == sizeof(TendLearnt),
				 "columns of what was learnt");

static double *
learnt_field(const TendLearnt *learnt, int i)
{
	return (double *) ((char *) learnt + learnt_fields[i]);
}

/* ---- reading back ---- */

/* The numbers before what was learnt, in the order of read_past() */
#define PAST_COLUMNS 18

#define RECALL_SQL \
	"SELECT u.i, h.at, h.live_tuples, h.dead_tuples, h.inserts_since_vacuum, " \
	"h.mods_since_analyze, h.toast_dead_tuples, h.inserted, h.updated, h.hot_updated, " \
	"h.deleted, h.vacuum_count, h.analyze_count, h.toast_deleted, h.toast_vacuum_count, " \
	"h.table_bytes, h.index_bytes, h.frozen_xid, " LEARNT_COLUMNS " " \
	"FROM pg_catalog.unnest($1) WITH ORDINALITY u(relid, i) " \
	"CROSS JOIN LATERAL (SELECT * FROM tend.table_history t WHERE t.relid = u.relid " \
	"ORDER BY t.at DESC LIMIT 1) h"

static void
read_past(uint64 row, TendTablePast *past)
{
	int64	   *const numbers[] = {
		&past->live_tuples, &past->dead_tuples, &past->inserts_since_vacuum,
		&past->mods_since_analyze, &past->toast_dead_tuples, &past->inserted,
		&past->updated, &past->hot_updated, &past->deleted, &past->vacuum_count,
		&past->analyze_count, &past->toast_deleted, &past->toast_vacuum_count
	};
	int			col = 2;

	past->at = tend_sql_time(row, col++);
	for (int i = 0; i < (int) lengthof(numbers); i++)
		*numbers[i] = tend_sql_int64(row, col++);
	past->bytes = tend_sql_int64(row, col++);
	past->bytes += tend_sql_int64(row, col++);
	past->frozen_xid = (uint32) tend_sql_int64(row, col++);
	Assert(col == PAST_COLUMNS + 1);
	for (int i = 0; i < (int) lengthof(learnt_fields); i++)
		*learnt_field(&past->learnt, i) = tend_sql_real(row, col++);
	if (isnan(past->learnt.observed_seconds))
		past->learnt.observed_seconds = 0;
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
		tend_learnt_init(&pasts[i].learnt);
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
	A_FIRST_LEARNT,
	A_FIRST_BIGINT = A_FIRST_LEARNT + lengthof(learnt_fields),
	A_LAST_BIGINT = A_FIRST_BIGINT + 18,
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
					   const TendTableVerdict *verdict, const TendLearnt *learnt)
{
	const TendHeapFacts *heap = &table->heap;
	const int64 numbers[] = {
		heap->live_tuples, heap->dead_tuples, heap->inserts_since_vacuum,
		heap->mods_since_analyze, table->toast.dead_tuples, heap->inserted,
		heap->updated, heap->hot_updated, heap->deleted, heap->vacuum_count,
		heap->analyze_count, table->toast.deleted, table->toast.vacuum_count, size->table_bytes, size->index_bytes,
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
	for (int i = 0; i < (int) lengthof(learnt_fields); i++)
		set_real(values, nulls, A_FIRST_LEARNT + i, *learnt_field(learnt, i), false);
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
