/*-------------------------------------------------------------------------
 *
 * metrics.c
 *	  tend.metrics_table_facts() and tend.metrics_verdict_facts(): the tables
 *	  of this database for programs that ask again and again
 *
 * Both read all tables once, as tend.tables does, but not what costs most
 * there: the sizes of all files, and history.  Sizes are read of the worst
 * alone, which are all that the first one shows: every label is a time series
 * that somebody has to store.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "collect/tables.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "reading.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_metrics_table_facts);
PG_FUNCTION_INFO_V1(tend_metrics_verdict_facts);

/* Tables read at a time */
#define CHUNK	1000

#define NVERDICTS	(TEND_VERDICT_WRAPAROUND + 1)

typedef struct Worst
{
	TendTableFacts facts;		/* without overrides */
	TendTableVerdict verdict;
} Worst;

/* What one reading of all tables leaves */
typedef struct Metrics
{
	int			max_worst;
	int			nworst;
	Worst	   *worst;			/* the worst first */
	int64		tables[NVERDICTS];
	int64		live_rows[NVERDICTS];
	int64		dead_rows[NVERDICTS];
} Metrics;

/* As tend.tables sorts; of equals, the one with more dead rows first */
static bool
is_worse(const TendTableFacts *facts, const TendTableVerdict *v, const Worst *than)
{
	double		due = isnan(v->worst_due) ? -1 : v->worst_due;
	double		than_due = isnan(than->verdict.worst_due) ? -1 : than->verdict.worst_due;

	if (v->kind != than->verdict.kind)
		return v->kind > than->verdict.kind;
	if (due != than_due)
		return due > than_due;
	return facts->heap.dead_tuples > than->facts.heap.dead_tuples;
}

static void
keep_worst(Metrics *metrics, const TendTableFacts *facts, const TendTableVerdict *v)
{
	int			place = metrics->nworst;

	while (place > 0 && is_worse(facts, v, &metrics->worst[place - 1]))
		place--;
	if (place == metrics->max_worst)
		return;
	if (metrics->nworst < metrics->max_worst)
		metrics->nworst++;
	memmove(&metrics->worst[place + 1], &metrics->worst[place],
			sizeof(Worst) * (metrics->nworst - 1 - place));
	metrics->worst[place].facts = *facts;
	metrics->worst[place].facts.noverrides = 0;
	metrics->worst[place].verdict = *v;
}

static void
take_table(Metrics *metrics, const TendReading *reading, const TendTableFacts *facts)
{
	TendTableCase tc = tend_reading_case(reading, facts, NAN);
	TendTableVerdict v = tend_table_verdict(&tc);

	metrics->tables[v.kind]++;
	metrics->live_rows[v.kind] += facts->heap.live_tuples;
	metrics->dead_rows[v.kind] += facts->heap.dead_tuples;
	keep_worst(metrics, facts, &v);
}

/* Read all tables.  Needs a connected SPI. */
static Metrics *
read_tables(int max_worst)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend metrics",
											  ALLOCSET_DEFAULT_SIZES);
	Metrics    *metrics = palloc0(sizeof(Metrics));
	TendReading reading = tend_reading_begin();
	Oid			after = InvalidOid;
	int			n;

	metrics->max_worst = max_worst;
	metrics->worst = palloc(sizeof(Worst) * Max(max_worst, 1));
	do
	{
		TendTableFacts *tables;

		CHECK_FOR_INTERRUPTS();
		n = tend_collect_tables(after, CHUNK, &reading.running, cxt, &tables);
		for (int i = 0; i < n; i++)
			take_table(metrics, &reading, &tables[i]);
		after = n > 0 ? tables[n - 1].heap.relid : InvalidOid;
		MemoryContextReset(cxt);
	} while (n == CHUNK);
	return metrics;
}

/* ---- the worst tables ---- */

enum
{
	TABLE_RELID,
	TABLE_SCHEMA_NAME,
	TABLE_TABLE_NAME,
	TABLE_LIVE_ROWS,
	TABLE_DEAD_ROWS,
	TABLE_DEAD_RATIO,
	TABLE_VACUUM_DUE,
	TABLE_INSERT_DUE,
	TABLE_ANALYZE_DUE,
	TABLE_FREEZE_DUE,
	TABLE_XID_AGE,
	TABLE_MXID_AGE,
	TABLE_TABLE_BYTES,
	TABLE_INDEX_BYTES,
	TABLE_TOAST_BYTES,
	TABLE_LAST_VACUUM,
	TABLE_LAST_ANALYZE,
	TABLE_URGENCY,
	TABLE_VERDICT,
	NUM_TABLE_COLS
};

typedef struct OutRow
{
	Datum		values[NUM_TABLE_COLS];
	bool		nulls[NUM_TABLE_COLS];
} OutRow;

/* NaN and infinity are "unknown" and "never" */
static void
set_float(OutRow *row, int col, double value)
{
	row->nulls[col] = isnan(value) || isinf(value);
	row->values[col] = Float8GetDatum(value);
}

/* An age or size below 0 is unknown */
static void
set_int(OutRow *row, int col, int64 value)
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
set_name(OutRow *row, int col, Name name, const char *value)
{
	namestrcpy(name, value);
	row->values[col] = NameGetDatum(name);
}

static void
put_worst(const ReturnSetInfo *rsinfo, const Worst *worst, const TendTableSize *size)
{
	const TendHeapFacts *heap = &worst->facts.heap;
	const TendTableVerdict *v = &worst->verdict;
	double		total = (double) heap->live_tuples + heap->dead_tuples;
	OutRow		row = {0};
	NameData	schema_name;
	NameData	table_name;

	row.values[TABLE_RELID] = ObjectIdGetDatum(heap->relid);
	set_name(&row, TABLE_SCHEMA_NAME, &schema_name, worst->facts.schema_name);
	set_name(&row, TABLE_TABLE_NAME, &table_name, worst->facts.table_name);
	set_int(&row, TABLE_LIVE_ROWS, heap->live_tuples);
	set_int(&row, TABLE_DEAD_ROWS, heap->dead_tuples);
	set_float(&row, TABLE_DEAD_RATIO, total > 0 && !tend_statistics_missing(heap) ?
			  heap->dead_tuples / total : NAN);
	set_float(&row, TABLE_VACUUM_DUE, v->table.vacuum_due);
	set_float(&row, TABLE_INSERT_DUE, v->table.insert_due);
	set_float(&row, TABLE_ANALYZE_DUE, v->table.analyze_due);
	set_float(&row, TABLE_FREEZE_DUE, v->table.freeze_due);
	set_int(&row, TABLE_XID_AGE, heap->xid_age);
	set_int(&row, TABLE_MXID_AGE, heap->mxid_age);
	set_int(&row, TABLE_TABLE_BYTES, size->table_bytes);
	set_int(&row, TABLE_INDEX_BYTES, size->index_bytes);
	set_int(&row, TABLE_TOAST_BYTES, size->toast_bytes);
	set_time(&row, TABLE_LAST_VACUUM, heap->last_vacuum);
	set_time(&row, TABLE_LAST_ANALYZE, heap->last_analyze);
	row.values[TABLE_URGENCY] = Int32GetDatum((int32) v->kind);
	row.values[TABLE_VERDICT] = CStringGetTextDatum(tend_verdict_name(v->kind));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
}

/*
 * tend.metrics_table_facts() - one row for each of the worst tables
 */
Datum
tend_metrics_table_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Metrics    *metrics;
	TendTableFacts *facts;
	TendTableSize *sizes;

	InitMaterializedSRF(fcinfo, 0);
	if (rsinfo->setDesc->natts != NUM_TABLE_COLS)
		elog(ERROR, "tend.metrics_table_facts() has %d columns, expected %d",
			 rsinfo->setDesc->natts, NUM_TABLE_COLS);

	SPI_connect();
	metrics = read_tables(tend_metrics_rows);
	facts = palloc(sizeof(TendTableFacts) * Max(metrics->nworst, 1));
	for (int i = 0; i < metrics->nworst; i++)
		facts[i] = metrics->worst[i].facts;
	sizes = tend_collect_sizes(facts, metrics->nworst, CurrentMemoryContext);
	for (int i = 0; i < metrics->nworst; i++)
		put_worst(rsinfo, &metrics->worst[i], &sizes[i]);
	SPI_finish();
	return (Datum) 0;
}

/* ---- all tables by verdict ---- */

enum
{
	VERDICT_VERDICT,
	VERDICT_TABLES,
	VERDICT_LIVE_ROWS,
	VERDICT_DEAD_ROWS,
	NUM_VERDICT_COLS
};

/*
 * tend.metrics_verdict_facts() - one row for each verdict, that of no table too
 */
Datum
tend_metrics_verdict_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Metrics    *metrics;

	InitMaterializedSRF(fcinfo, 0);
	if (rsinfo->setDesc->natts != NUM_VERDICT_COLS)
		elog(ERROR, "tend.metrics_verdict_facts() has %d columns, expected %d",
			 rsinfo->setDesc->natts, NUM_VERDICT_COLS);

	SPI_connect();
	metrics = read_tables(0);
	for (int kind = 0; kind < NVERDICTS; kind++)
	{
		Datum		values[NUM_VERDICT_COLS];
		bool		nulls[NUM_VERDICT_COLS] = {0};

		values[VERDICT_VERDICT] = CStringGetTextDatum(tend_verdict_name((TendVerdictKind) kind));
		values[VERDICT_TABLES] = Int64GetDatum(metrics->tables[kind]);
		values[VERDICT_LIVE_ROWS] = Int64GetDatum(metrics->live_rows[kind]);
		values[VERDICT_DEAD_ROWS] = Int64GetDatum(metrics->dead_rows[kind]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}
