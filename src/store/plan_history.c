/*-------------------------------------------------------------------------
 *
 * plan_history.c
 *	  What plans did over time: tend.plan_history.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "settings.h"
#include "sql.h"
#include "store/history_ring.h"
#include "store/plan_history.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define NPARAMS		20

static Datum
histogram_datum(const TendPlanCounters *c)
{
	Datum		buckets[TEND_PLAN_BUCKETS];

	for (int i = 0; i < TEND_PLAN_BUCKETS; i++)
		buckets[i] = Int32GetDatum((int32) Min(c->histogram[i], (uint64) PG_INT32_MAX));
	return PointerGetDatum(construct_array(buckets, TEND_PLAN_BUCKETS, INT4OID, sizeof(int32),
										   true, TYPALIGN_INT));
}

static void
add_window(const TendPlanKey *key, const TendPlanWindow *window)
{
	const TendPlanCounters *c = &window->counters;
	int			seconds = TEND_PLAN_INTERVAL * tend_interval;
	TimestampTz at = (window->number - 1) * seconds * USECS_PER_SEC;
	Oid			types[NPARAMS] = {
		TIMESTAMPTZOID, INT4OID, OIDOID, INT8OID, INT8OID, BOOLOID, INT8OID, INT8OID,
		FLOAT8OID, FLOAT8OID, FLOAT8OID, FLOAT8OID, INT8OID, INT8OID, INT8OID, INT8OID,
		FLOAT8OID, FLOAT8OID, FLOAT4OID, INT4ARRAYOID
	};
	Datum		values[NPARAMS] = {
		TimestampTzGetDatum(at),
		Int32GetDatum(seconds),
		ObjectIdGetDatum(key->userid),
		Int64GetDatum((int64) key->queryid),
		Int64GetDatum((int64) key->planid),
		BoolGetDatum(key->toplevel != 0),
		Int64GetDatum(c->calls),
		Int64GetDatum(c->aborted),
		Float8GetDatum(c->total_ms),
		Float8GetDatum(c->calls > 0 ? sqrt(c->m2 / c->calls) : 0),
		Float8GetDatum(c->min_ms),
		Float8GetDatum(c->max_ms),
		Int64GetDatum(c->rows),
		Int64GetDatum(c->blks_hit),
		Int64GetDatum(c->blks_read),
		Int64GetDatum(c->temp_blks),
		Float8GetDatum(c->read_ms),
		Float8GetDatum(c->aborted_ms),
		Float4GetDatum((float4) (c->cpu_wall_ms > 0 ? c->cpu_ms / c->cpu_wall_ms : 0)),
		histogram_datum(c)
	};
	char		nulls[] = "                    ";
	char		sql[256];

	if (c->calls == 0)
		nulls[9] = nulls[10] = nulls[11] = 'n';
	if (c->cpu_wall_ms <= 0)
		nulls[18] = 'n';
	snprintf(sql, sizeof(sql),
			 "INSERT INTO tend.%s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
			 " $13, $14, $15, $16, $17, $18, $19, $20)", tend_ring_slot_name(TEND_SERIES_PLANS));
	tend_sql_insert("add history of plans", sql, NPARAMS, types, values, nulls);
}

static bool
to_be_written(const TendPlanWindow *window, int64 written, int64 now_interval)
{
	return window->number > written && window->number < now_interval &&
		window->counters.calls + window->counters.aborted > 0;
}

/*
 * Write the intervals of a plan that are over, and mark them in the given
 * copy.  Returns the number of rows.
 */
int
tend_plan_history_add(TendPlanEntry *entry, int64 now_interval)
{
	int			rows = 0;

	/* the interval has become longer: numbers are smaller now */
	if (entry->written >= now_interval)
		entry->written = 0;
	if (to_be_written(&entry->previous, entry->written, now_interval))
	{
		add_window(&entry->key, &entry->previous);
		entry->written = entry->previous.number;
		rows++;
	}
	if (to_be_written(&entry->current, entry->written, now_interval))
	{
		add_window(&entry->key, &entry->current);
		entry->written = entry->current.number;
		rows++;
	}
	return rows;
}
