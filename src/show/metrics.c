/*-------------------------------------------------------------------------
 *
 * metrics.c
 *	  tend.metrics_verdict_facts(): the tables of this database by verdict
 *
 * Reads all tables once, as tend.tables does, but not what costs most there:
 * the sizes of files, and history.
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
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_metrics_verdict_facts);

/* Tables read at a time */
#define CHUNK	1000

#define NVERDICTS	(TEND_VERDICT_WRAPAROUND + 1)

/* What one reading of all tables leaves */
typedef struct Metrics
{
	int64		tables[NVERDICTS];
	int64		live_rows[NVERDICTS];
	int64		dead_rows[NVERDICTS];
} Metrics;

static void
take_table(Metrics *metrics, const TendReading *reading, const TendTableFacts *facts)
{
	TendTableCase tc = tend_reading_case(reading, facts, NAN);
	TendTableVerdict v = tend_table_verdict(&tc);

	metrics->tables[v.kind]++;
	metrics->live_rows[v.kind] += facts->heap.live_tuples;
	metrics->dead_rows[v.kind] += facts->heap.dead_tuples;
}

/* Read all tables.  Needs a connected SPI. */
static Metrics *
read_tables(void)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend metrics",
											  ALLOCSET_DEFAULT_SIZES);
	Metrics    *metrics = palloc0(sizeof(Metrics));
	TendReading reading = tend_reading_begin();
	Oid			after = InvalidOid;
	int			n;

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
	metrics = read_tables();
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
