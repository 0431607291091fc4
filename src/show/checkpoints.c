/*-------------------------------------------------------------------------
 *
 * checkpoints.c
 *	  tend.checkpoint_facts(): checkpoints and restartpoints of this server
 *
 * The last ones are in shared memory, those before in the history; but on a
 * standby the history is the primary's, so there it is left out.  That is why a
 * view could not do it: where the history is not logged, a query that names it
 * cannot even be planned on a standby.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xlog.h"
#include "advise/checkpoint.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "sql.h"
#include "store/shared.h"
#include "store/shared_disk.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_checkpoint_facts);

typedef enum CheckpointColumn
{
	COL_STARTED,
	COL_FINISHED,
	COL_KIND,
	COL_REASON,
	COL_SOURCES,
	COL_WRITE_MS,
	COL_SYNC_MS,
	COL_TOTAL_MS,
	COL_LONGEST_SYNC_MS,
	COL_BUFFERS_WRITTEN,
	COL_SLRU_WRITTEN,
	COL_FILES_SYNCED,
	COL_SEGMENTS_ADDED,
	COL_SEGMENTS_REMOVED,
	COL_SEGMENTS_RECYCLED,
	COL_TIMED_SYNCS,
	COL_TIMED_SYNC_MS,
	COL_TIMED_LONGEST_MS,
	NUM_COLS
} CheckpointColumn;

typedef struct Out
{
	Datum		values[NUM_COLS];
	bool		nulls[NUM_COLS];
} Out;

static void
put_ms(Out *out, CheckpointColumn column, double ms)
{
	out->values[column] = Float8GetDatum(ms);
	out->nulls[column] = isnan(ms);
}

static void
put_count(Out *out, CheckpointColumn column, int64 count)
{
	out->values[column] = Int64GetDatum(count);
	out->nulls[column] = count < 0;
}

static void
put_time(Out *out, CheckpointColumn column, TimestampTz at)
{
	out->values[column] = TimestampTzGetDatum(at);
	out->nulls[column] = at == 0;
}

static void
put_checkpoint(ReturnSetInfo *rsinfo, const TendCheckpoint *c)
{
	Out			out = {.nulls = {false}};

	put_time(&out, COL_STARTED, c->started);
	put_time(&out, COL_FINISHED, c->finished);
	out.values[COL_KIND] = CStringGetTextDatum(c->restartpoint ? "restartpoint" : "checkpoint");
	out.values[COL_REASON] = CStringGetTextDatum(tend_checkpoint_reason_name(c->reason));
	out.values[COL_SOURCES] = Int32GetDatum(c->sources);
	put_ms(&out, COL_WRITE_MS, c->write_ms);
	put_ms(&out, COL_SYNC_MS, c->sync_ms);
	put_ms(&out, COL_TOTAL_MS, c->total_ms);
	put_ms(&out, COL_LONGEST_SYNC_MS, c->longest_sync_ms);
	put_count(&out, COL_BUFFERS_WRITTEN, c->buffers_written);
	put_count(&out, COL_SLRU_WRITTEN, c->slru_written);
	put_count(&out, COL_FILES_SYNCED, c->files_synced);
	put_count(&out, COL_SEGMENTS_ADDED, c->segments_added);
	put_count(&out, COL_SEGMENTS_REMOVED, c->segments_removed);
	put_count(&out, COL_SEGMENTS_RECYCLED, c->segments_recycled);
	put_count(&out, COL_TIMED_SYNCS, c->timed_syncs);
	put_ms(&out, COL_TIMED_SYNC_MS, c->timed_sync_ms);
	put_ms(&out, COL_TIMED_LONGEST_MS, c->timed_longest_ms);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, out.values, out.nulls);
}

static bool
is_known(const TendCheckpoint *checkpoints, int n, TimestampTz started)
{
	for (int i = 0; i < n; i++)
	{
		if (checkpoints[i].started == started)
			return true;
	}
	return false;
}

/* Those that are in the history only, whose columns are in our order */
static void
put_history(ReturnSetInfo *rsinfo, const TendCheckpoint *checkpoints, int n)
{
	uint64		rows;

	SPI_connect();
	rows = tend_sql_select("read tend.checkpoint_history",
						   "SELECT started, at, kind, reason, sources, write_ms, sync_ms, total_ms,"
						   " longest_sync_ms, buffers_written, slru_written, files_synced,"
						   " segments_added, segments_removed, segments_recycled,"
						   " timed_syncs, timed_sync_ms, timed_longest_ms"
						   " FROM tend.checkpoint_history", 0, NULL, NULL);
	for (uint64 row = 0; row < rows; row++)
	{
		Out			out;

		if (is_known(checkpoints, n, tend_sql_time(row, 1)))
			continue;
		for (int i = 0; i < NUM_COLS; i++)
			out.values[i] = tend_sql_datum(row, i + 1, &out.nulls[i]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, out.values, out.nulls);
	}
	SPI_finish();
}

/*
 * tend.checkpoint_facts() - all that are known, with the one that is running
 */
Datum
tend_checkpoint_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendCheckpoint *checkpoints;
	bool		running;
	int			n;

	tend_shared_require();
	InitMaterializedSRF(fcinfo, 0);
	checkpoints = tend_checkpoint_list(&n, &running);
	for (int i = 0; i < n; i++)
		put_checkpoint(rsinfo, &checkpoints[i]);
	if (!RecoveryInProgress())
		put_history(rsinfo, checkpoints, n);
	return (Datum) 0;
}
