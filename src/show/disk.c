/*-------------------------------------------------------------------------
 *
 * disk.c
 *	  tend.io_cells(), tend.io_buckets(): what the probe has timed since it began
 *
 * Without a probe, or when nobody writes its snapshot any more, there are no
 * rows: tend.iotrace_status says why.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/iotrace_read.h"
#include "fmgr.h"
#include "funcapi.h"
#include "store/disk_history.h"
#include "store/shared.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_io_cells);
PG_FUNCTION_INFO_V1(tend_io_buckets);

typedef enum CellColumn
{
	CELL_OPERATION,
	CELL_FILE_CLASS,
	CELL_BACKEND_TYPE,
	CELL_CALLS,
	CELL_ERRORS,
	CELL_BYTES,
	CELL_TOTAL_MS,
	CELL_MEAN_US,
	CELL_P50_US,
	CELL_P95_US,
	CELL_P99_US,
	CELL_MAX_US,
	CELL_SINCE,
	NUM_CELL_COLUMNS
} CellColumn;

/* Read the snapshot; no records unless it is fresh. */
static void
read_fresh(FunctionCallInfo fcinfo, TendIotraceReading *reading)
{
	tend_shared_require();
	InitMaterializedSRF(fcinfo, 0);
	tend_iotrace_read(reading);
	if (reading->state != TEND_SNAPSHOT_GOOD)
		reading->nrecords = 0;
}

static void
put_cell(ReturnSetInfo *rsinfo, const TendIoRecord *r, TimestampTz since)
{
	const TendIoCell *cell = &r->cell;
	uint64		calls = tend_io_calls(cell);
	Datum		values[NUM_CELL_COLUMNS];
	bool		nulls[NUM_CELL_COLUMNS] = {false};

	/* the probe has begun to count one */
	if (calls == 0)
		return;
	values[CELL_OPERATION] = CStringGetTextDatum(tend_io_call_name(r->call));
	values[CELL_FILE_CLASS] = CStringGetTextDatum(tend_io_class_name(r->file_class));
	values[CELL_BACKEND_TYPE] = CStringGetTextDatum(tend_io_type_name(r->backend_type));
	values[CELL_CALLS] = Int64GetDatum((int64) calls);
	values[CELL_ERRORS] = Int64GetDatum((int64) cell->errors);
	values[CELL_BYTES] = Int64GetDatum((int64) cell->bytes);
	values[CELL_TOTAL_MS] = Float8GetDatum((double) cell->total_ns / 1e6);
	values[CELL_MEAN_US] = Float8GetDatum((double) cell->total_ns / 1e3 / (double) calls);
	values[CELL_P50_US] = Float8GetDatum(tend_io_quantile(cell, 0.50) / 1e3);
	values[CELL_P95_US] = Float8GetDatum(tend_io_quantile(cell, 0.95) / 1e3);
	values[CELL_P99_US] = Float8GetDatum(tend_io_quantile(cell, 0.99) / 1e3);
	values[CELL_MAX_US] = Float8GetDatum((double) cell->max_ns / 1e3);
	values[CELL_SINCE] = TimestampTzGetDatum(since);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * tend.io_cells() - calls by operation, class of file and type of process
 */
Datum
tend_io_cells(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendIotraceReading reading;
	TimestampTz since;

	read_fresh(fcinfo, &reading);
	since = reading.nrecords > 0 ? tend_iotrace_since(&reading) : 0;
	for (int i = 0; i < reading.nrecords; i++)
		put_cell(rsinfo, &reading.records[i], since);
	return (Datum) 0;
}

static void
put_buckets(ReturnSetInfo *rsinfo, const TendIoRecord *r)
{
	for (uint32 i = 0; i < TEND_IO_NUM_BUCKETS; i++)
	{
		bool		nulls[5] = {false};
		Datum		values[5];

		if (r->cell.buckets[i] == 0)
			continue;
		values[0] = CStringGetTextDatum(tend_io_call_name(r->call));
		values[1] = CStringGetTextDatum(tend_io_class_name(r->file_class));
		values[2] = CStringGetTextDatum(tend_io_type_name(r->backend_type));
		values[3] = Float8GetDatum(i == TEND_IO_LONGEST_BUCKET ?
								   get_float8_infinity() : (double) tend_io_bucket_high(i) / 1e3);
		values[4] = Int64GetDatum((int64) r->cell.buckets[i]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/*
 * tend.io_buckets() - the same by duration
 */
Datum
tend_io_buckets(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendIotraceReading reading;

	read_fresh(fcinfo, &reading);
	for (int i = 0; i < reading.nrecords; i++)
		put_buckets(rsinfo, &reading.records[i]);
	return (Datum) 0;
}
