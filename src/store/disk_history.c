/*-------------------------------------------------------------------------
 *
 * disk_history.c
 *	  tend.io_history and tend.checkpoint_history.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/checkpoint.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "miscadmin.h"
#include "sql.h"
#include "store/disk_history.h"
#include "store/history_ring.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static const char *const call_names[] = {TEND_IO_CALL_NAMES};
static const char *const class_names[] = {TEND_IO_CLASS_NAMES};

const char *
tend_io_call_name(int call)
{
	return call_names[call];
}

const char *
tend_io_class_name(int file_class)
{
	return class_names[file_class];
}

/* As pg_stat_activity names it; a process is nothing yet while it starts. */
const char *
tend_io_type_name(int backend_type)
{
	if (backend_type == B_INVALID)
		return "starting";
	return backend_type < BACKEND_NUM_TYPES ?
		GetBackendTypeDesc((BackendType) backend_type) : "unknown";
}

/* ---- calls ---- */

static bool
has(const char *sql, TimestampTz value)
{
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[] = {TimestampTzGetDatum(value)};
	bool		found = tend_sql_select("read history of the disk", sql, 1, types, values) > 0;

	tend_sql_done();
	return found;
}

/* Is the interval that ended then recorded in this database? */
bool
tend_io_history_has(TimestampTz at)
{
	return has("SELECT FROM tend.io_history WHERE at = $1 LIMIT 1", at);
}

static Datum
histogram_datum(const TendIoRow *row)
{
	Datum		buckets[TEND_IO_OCTAVES];

	for (int i = 0; i < TEND_IO_OCTAVES; i++)
		buckets[i] = Int32GetDatum((int32) row->octaves[i]);
	return PointerGetDatum(construct_array(buckets, TEND_IO_OCTAVES, INT4OID, sizeof(int32),
										   true, TYPALIGN_INT));
}

void
tend_io_history_add(const TendIoRow *row)
{
	Oid			types[] = {
		TIMESTAMPTZOID, FLOAT4OID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID,
		FLOAT8OID, FLOAT4OID, FLOAT4OID, FLOAT4OID, FLOAT4OID, INT4ARRAYOID
	};
	Datum		values[] = {
		TimestampTzGetDatum(row->at),
		Float4GetDatum(row->seconds),
		CStringGetTextDatum(tend_io_call_name(row->call)),
		CStringGetTextDatum(tend_io_class_name(row->file_class)),
		CStringGetTextDatum(tend_io_type_name(row->backend_type)),
		Int64GetDatum(row->calls),
		Int64GetDatum(row->errors),
		Int64GetDatum(row->bytes),
		Float8GetDatum(row->total_ms),
		Float4GetDatum(row->p50_us),
		Float4GetDatum(row->p95_us),
		Float4GetDatum(row->p99_us),
		Float4GetDatum(row->max_us),
		histogram_datum(row)
	};
	char		sql[256];

	snprintf(sql, sizeof(sql),
			 "INSERT INTO tend.%s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
			 tend_ring_slot_name(TEND_SERIES_IO));
	tend_sql_insert("add history of the disk", sql, lengthof(types), types, values, NULL);
}

/* ---- checkpoints ---- */

bool
tend_checkpoint_history_has(TimestampTz started)
{
	return has("SELECT FROM tend.checkpoint_history WHERE started = $1 LIMIT 1", started);
}

static Datum
ms_datum(double value, char *isnull)
{
	*isnull = isnan(value) ? 'n' : ' ';
	return Float8GetDatum(value);
}

static Datum
count_datum(int64 value, char *isnull)
{
	*isnull = value < 0 ? 'n' : ' ';
	return Int64GetDatum(value);
}

void
tend_checkpoint_history_add(const TendCheckpoint *c)
{
	Oid			types[] = {
		TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, INT4OID,
		FLOAT8OID, FLOAT8OID, FLOAT8OID, FLOAT8OID,
		INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, FLOAT8OID, FLOAT8OID
	};
	char		nulls[lengthof(types) + 1] = "                  ";
	Datum		values[] = {
		TimestampTzGetDatum(c->finished),
		TimestampTzGetDatum(c->started),
		CStringGetTextDatum(c->restartpoint ? "restartpoint" : "checkpoint"),
		CStringGetTextDatum(tend_checkpoint_reason_name(c->reason)),
		Int32GetDatum(c->sources),
		ms_datum(c->write_ms, &nulls[5]),
		ms_datum(c->sync_ms, &nulls[6]),
		ms_datum(c->total_ms, &nulls[7]),
		ms_datum(c->longest_sync_ms, &nulls[8]),
		count_datum(c->buffers_written, &nulls[9]),
		count_datum(c->slru_written, &nulls[10]),
		count_datum(c->files_synced, &nulls[11]),
		count_datum(c->segments_added, &nulls[12]),
		count_datum(c->segments_removed, &nulls[13]),
		count_datum(c->segments_recycled, &nulls[14]),
		count_datum(c->timed_syncs, &nulls[15]),
		ms_datum(c->timed_sync_ms, &nulls[16]),
		ms_datum(c->timed_longest_ms, &nulls[17])
	};
	char		sql[256];

	snprintf(sql, sizeof(sql),
			 "INSERT INTO tend.%s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
			 tend_ring_slot_name(TEND_SERIES_CHECKPOINTS));
	tend_sql_insert("add history of checkpoints", sql, lengthof(types), types, values, nulls);
}
