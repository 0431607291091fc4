/*-------------------------------------------------------------------------
 *
 * tables.c
 *	  tend.table_facts(): the tables of this database
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "advise/rates.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "show/table_source.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_table_facts);

enum
{
	COL_RELID,
	COL_SCHEMA_NAME,
	COL_TABLE_NAME,
	COL_LIVE_TUPLES,
	COL_DEAD_TUPLES,
	COL_DEAD_RATIO,
	COL_DEAD_PER_SECOND,
	COL_VACUUM_THRESHOLD,
	COL_VACUUM_DUE,
	COL_INSERTS_SINCE_VACUUM,
	COL_INSERT_THRESHOLD,
	COL_INSERT_DUE,
	COL_MODS_SINCE_ANALYZE,
	COL_ANALYZE_THRESHOLD,
	COL_ANALYZE_DUE,
	COL_TABLE_BYTES,
	COL_INDEX_BYTES,
	COL_TOAST_BYTES,
	COL_XID_AGE,
	COL_MXID_AGE,
	COL_FREEZE_MAX_AGE,
	COL_FREEZE_DUE,
	COL_FREEZE_ETA,
	COL_LAST_VACUUM,
	COL_LAST_ANALYZE,
	COL_VACUUM_RUNNING,
	COL_HOT_UPDATE_RATIO,
	COL_OVERRIDES,
	COL_VERDICT,
	COL_ADVICE,
	COL_URGENCY,
	COL_WORST_DUE,
	COL_KIND,
	COL_PERSISTENCE,
	COL_IS_PARTITION,
	COL_AUTOVACUUM_ENABLED,
	COL_VACUUM_ETA,
	COL_MXID_FREEZE_MAX_AGE,
	COL_TOAST_RELID,
	COL_TOAST_LIVE_TUPLES,
	COL_TOAST_DEAD_TUPLES,
	COL_TOAST_VACUUM_THRESHOLD,
	COL_TOAST_VACUUM_DUE,
	COL_TOAST_INSERTS_SINCE_VACUUM,
	COL_TOAST_INSERT_THRESHOLD,
	COL_TOAST_INSERT_DUE,
	COL_TOAST_XID_AGE,
	COL_TOAST_MXID_AGE,
	COL_TOAST_FREEZE_DUE,
	COL_TOAST_LAST_VACUUM,
	NUM_COLS
};

typedef struct OutRow
{
	Datum		values[NUM_COLS];
	bool		nulls[NUM_COLS];
} OutRow;

/* NaN and infinity are "unknown" and "never": both are NULL for a chart */
static void
set_float(OutRow *row, int col, double value)
{
	row->nulls[col] = isnan(value) || isinf(value);
	row->values[col] = Float8GetDatum(value);
}

/* A threshold below 0 is a trigger that is off */
static void
set_threshold(OutRow *row, int col, double value)
{
	set_float(row, col, value < 0 ? NAN : value);
}

static void
set_int(OutRow *row, int col, int64 value)
{
	row->values[col] = Int64GetDatum(value);
}

/* An age or size below 0 is unknown */
static void
set_known_int(OutRow *row, int col, int64 value)
{
	row->nulls[col] = value < 0;
	row->values[col] = Int64GetDatum(value);
}

static void
set_time(OutRow *row, int col, TimestampTz value)
{
	row->nulls[col] = value == 0;
	row->values[col] = TimestampTzGetDatum(value);
}

static void
set_text(OutRow *row, int col, const char *value)
{
	row->values[col] = CStringGetTextDatum(value);
}

static void
set_heap(OutRow *row, const TendHeapFacts *heap)
{
	double		total = (double) heap->live_tuples + heap->dead_tuples;

	set_int(row, COL_LIVE_TUPLES, heap->live_tuples);
	set_int(row, COL_DEAD_TUPLES, heap->dead_tuples);
	set_float(row, COL_DEAD_RATIO, total > 0 && !tend_statistics_missing(heap) ?
			  heap->dead_tuples / total : NAN);
	set_int(row, COL_INSERTS_SINCE_VACUUM, heap->inserts_since_vacuum);
	set_int(row, COL_MODS_SINCE_ANALYZE, heap->mods_since_analyze);
	set_known_int(row, COL_XID_AGE, heap->xid_age);
	set_known_int(row, COL_MXID_AGE, heap->mxid_age);
	set_time(row, COL_LAST_VACUUM, heap->last_vacuum);
	set_time(row, COL_LAST_ANALYZE, heap->last_analyze);
	set_float(row, COL_HOT_UPDATE_RATIO, heap->updated > 0 ?
			  (double) heap->hot_updated / heap->updated : NAN);
}

static void
set_toast(OutRow *row, const TendHeapFacts *toast, const TendThresholds *t)
{
	if (!OidIsValid(toast->relid))
	{
		for (int col = COL_TOAST_RELID; col <= COL_TOAST_LAST_VACUUM; col++)
			row->nulls[col] = true;
		return;
	}
	row->values[COL_TOAST_RELID] = ObjectIdGetDatum(toast->relid);
	set_int(row, COL_TOAST_LIVE_TUPLES, toast->live_tuples);
	set_int(row, COL_TOAST_DEAD_TUPLES, toast->dead_tuples);
	set_threshold(row, COL_TOAST_VACUUM_THRESHOLD, t->vacuum);
	set_float(row, COL_TOAST_VACUUM_DUE, t->vacuum_due);
	set_int(row, COL_TOAST_INSERTS_SINCE_VACUUM, toast->inserts_since_vacuum);
	set_threshold(row, COL_TOAST_INSERT_THRESHOLD, t->insert);
	set_float(row, COL_TOAST_INSERT_DUE, t->insert_due);
	set_known_int(row, COL_TOAST_XID_AGE, toast->xid_age);
	set_known_int(row, COL_TOAST_MXID_AGE, toast->mxid_age);
	set_float(row, COL_TOAST_FREEZE_DUE, t->freeze_due);
	set_time(row, COL_TOAST_LAST_VACUUM, toast->last_vacuum);
}

static void
set_verdict(OutRow *row, const TendTableCase *tc, const TendTableVerdict *v)
{
	StringInfoData advice;

	set_threshold(row, COL_VACUUM_THRESHOLD, v->table.vacuum);
	set_float(row, COL_VACUUM_DUE, v->table.vacuum_due);
	set_threshold(row, COL_INSERT_THRESHOLD, v->table.insert);
	set_float(row, COL_INSERT_DUE, v->table.insert_due);
	set_threshold(row, COL_ANALYZE_THRESHOLD, v->table.analyze);
	set_float(row, COL_ANALYZE_DUE, v->table.analyze_due);
	set_int(row, COL_FREEZE_MAX_AGE, v->table.freeze_max_age);
	set_int(row, COL_MXID_FREEZE_MAX_AGE, v->table.multixact_freeze_max_age);
	set_float(row, COL_FREEZE_DUE, v->table.freeze_due);
	set_float(row, COL_FREEZE_ETA, v->freeze_eta_seconds);
	set_float(row, COL_VACUUM_ETA, v->vacuum_eta_seconds);
	set_float(row, COL_WORST_DUE, v->worst_due);
	row->values[COL_URGENCY] = Int32GetDatum((int32) v->kind);
	row->values[COL_AUTOVACUUM_ENABLED] = BoolGetDatum(v->table.enabled);
	set_text(row, COL_VERDICT, tend_verdict_name(v->kind));
	set_toast(row, &tc->facts->toast, &v->toast);

	initStringInfo(&advice);
	tend_table_advice(&advice, tc, v);
	row->nulls[COL_ADVICE] = advice.len == 0;
	set_text(row, COL_ADVICE, advice.data);
}

static void
set_overrides(OutRow *row, const TendTableFacts *table)
{
	Datum	   *items = palloc(sizeof(Datum) * Max(table->noverrides, 1));

	for (int i = 0; i < table->noverrides; i++)
		items[i] = CStringGetTextDatum(table->overrides[i]);
	row->values[COL_OVERRIDES] =
		PointerGetDatum(construct_array(items, table->noverrides, TEXTOID, -1, false, TYPALIGN_INT));
}

typedef struct Out
{
	ReturnSetInfo *rsinfo;
	TendReading reading;
} Out;

static void
put_table(const TendTableFacts *table, const TendTableSize *size, const TendTablePast *past,
		  void *arg)
{
	const Out  *out = arg;
	const TendReading *reading = &out->reading;
	OutRow		row = {0};
	NameData	schema_name;
	NameData	table_name;
	TendTableDelta delta = tend_table_delta(table, past, reading->now);
	double		rate = tend_current_rate(past->learnt.dead_fast, delta.dead_made, &delta);
	TendTableCase tc = tend_reading_case(reading, table, rate);
	TendTableVerdict v = tend_table_verdict(&tc);

	row.values[COL_RELID] = ObjectIdGetDatum(table->heap.relid);
	namestrcpy(&schema_name, table->schema_name);
	namestrcpy(&table_name, table->table_name);
	row.values[COL_SCHEMA_NAME] = NameGetDatum(&schema_name);
	row.values[COL_TABLE_NAME] = NameGetDatum(&table_name);
	set_heap(&row, &table->heap);
	set_float(&row, COL_DEAD_PER_SECOND, rate);
	set_verdict(&row, &tc, &v);
	set_known_int(&row, COL_TABLE_BYTES, size->table_bytes);
	set_known_int(&row, COL_INDEX_BYTES, size->index_bytes);
	set_known_int(&row, COL_TOAST_BYTES, size->toast_bytes);
	row.values[COL_VACUUM_RUNNING] = BoolGetDatum(table->heap.vacuum_running ||
												  table->toast.vacuum_running);
	set_overrides(&row, table);
	row.values[COL_IS_PARTITION] = BoolGetDatum(table->is_partition);
	set_text(&row, COL_KIND, table->kind == 'm' ? "materialized view" : "table");
	set_text(&row, COL_PERSISTENCE, table->persistence == 't' ? "temporary" :
			 table->persistence == 'u' ? "unlogged" : "permanent");
	tuplestore_putvalues(out->rsinfo->setResult, out->rsinfo->setDesc, row.values, row.nulls);
}

/*
 * tend.table_facts(worst) - one row per table, materialized view and partition,
 * or only so many of them
 */
Datum
tend_table_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Out			out = {.rsinfo = rsinfo};

	InitMaterializedSRF(fcinfo, 0);
	if (rsinfo->setDesc->natts != NUM_COLS)
		elog(ERROR, "tend.table_facts() has %d columns, expected %d",
			 rsinfo->setDesc->natts, NUM_COLS);

	SPI_connect();
	out.reading = tend_reading_begin();
	if (PG_ARGISNULL(0))
		tend_each_table(&out.reading, put_table, &out);
	else
		tend_worst_tables(&out.reading, PG_GETARG_INT32(0), put_table, &out);
	SPI_finish();
	return (Datum) 0;
}
