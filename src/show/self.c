/*-------------------------------------------------------------------------
 *
 * self.c
 *	  tend.self_facts(): what pg_tend itself costs and how it fares
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "settings.h"
#include "show/readable.h"
#include "store/history_ring.h"
#include "store/shared.h"
#include "store/shared_disk.h"
#include "store/shared_estimates.h"
#include "store/shared_plans.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "version.h"

PG_FUNCTION_INFO_V1(tend_self_facts);
PG_FUNCTION_INFO_V1(tend_history_bytes);
PG_FUNCTION_INFO_V1(tend_request_visit);
PG_FUNCTION_INFO_V1(tend_announce);
PG_FUNCTION_INFO_V1(tend_library_version);

static const char *const launcher_texts[] = {
	"not running: see the server log, and whether max_worker_processes leaves room for it",
	"running",
	"waiting: this server is a standby, visits begin after promotion",
	"switched off by pg_tend.enabled",
	"waiting: no free background worker slot, raise max_worker_processes",
	"stopped"
};

static const char *const database_texts[] = {
	"not visited yet",
	"visited",
	"without the extension",
	"not named by pg_tend.databases",
	"its extension is of another version than the library: run ALTER EXTENSION pg_tend UPDATE, or restart the server if the library is older",
	"the last visit failed"
};

typedef struct Out
{
	ReturnSetInfo *rsinfo;
	const char *part;
	Oid			dboid;
} Out;

static void
put(Out *out, const char *metric, double value, const char *unit, const char *detail)
{
	Datum		values[6];
	bool		nulls[6] = {false};

	values[0] = CStringGetTextDatum(out->part);
	values[1] = ObjectIdGetDatum(out->dboid);
	nulls[1] = !OidIsValid(out->dboid);
	values[2] = CStringGetTextDatum(metric);
	values[3] = Float8GetDatum(value);
	nulls[3] = isnan(value);
	nulls[4] = unit == NULL;
	if (unit != NULL)
		values[4] = CStringGetTextDatum(unit);
	nulls[5] = detail == NULL;
	if (detail != NULL)
		values[5] = CStringGetTextDatum(detail);
	tuplestore_putvalues(out->rsinfo->setResult, out->rsinfo->setDesc, values, nulls);
}

/* A time as seconds ago, which a chart can plot, with the time as detail */
static void
put_time(Out *out, const char *metric, TimestampTz at)
{
	if (at == 0)
		put(out, metric, NAN, "seconds ago", NULL);
	else
		put(out, metric, (GetCurrentTimestamp() - at) / (double) USECS_PER_SEC, "seconds ago",
			timestamptz_to_str(at));
}

static void
put_launcher(Out *out)
{
	TendLauncherInfo info;

	tend_launcher_info(&info);
	out->part = "launcher";
	out->dboid = InvalidOid;
	put(out, "library version", NAN, NULL, TEND_VERSION);
	put(out, "status", info.status, NULL, launcher_texts[info.status]);
	put(out, "pid", info.pid, NULL, NULL);
	put(out, "databases", info.ndatabases, "databases", NULL);
	put(out, "databases without room", info.untracked_databases, "databases", NULL);

	out->part = "memory";
	put(out, "reserved", info.memory_bytes, "bytes", "shared memory, fixed at server start");
	put(out, "table slots", info.table_slots, "tables",
		"pg_tend.max_tables and a third more, so that evictions are rare");
	put(out, "table slots used", info.table_slots_used, "tables", NULL);
	put(out, "tables evicted", info.table_evictions, "tables",
		"since server start; raise pg_tend.max_tables if this grows");

	out->part = "cancelled autovacuums";
	put(out, "seen", info.cancelled_seen, "autovacuums", "since server start, in all databases");
	put(out, "dropped", info.cancelled_dropped, "autovacuums", "not recorded for lack of room");

	out->part = "vacuum prices";
	put(out, "seen", info.reports_seen, "vacuums and analyzes",
		"automatic ones that were measured, since server start, in all databases");
	put(out, "dropped", info.reports_dropped, "vacuums and analyzes",
		"not recorded for lack of room, or as it was in use");
}

static void
put_plans(Out *out)
{
	TendPlanStoreInfo info;

	tend_plans_info(&info);
	out->part = "plans";
	put(out, "query ids", IsQueryIdEnabled() ? 1 : 0, NULL,
		IsQueryIdEnabled() ? "computed" :
		"no plan is tracked: set compute_query_id to auto or on");
	put(out, "slots", info.slots, "plans", "pg_tend.max_plans");
	put(out, "slots used", info.used, "plans", NULL);
	put(out, "reserved", info.memory_bytes, "bytes", "part of the shared memory above");
	put(out, "text used", (double) info.text_blocks_used * 256, "bytes", "of pg_tend.plan_memory");
	put(out, "evicted plans", info.evicted, "plans", "since server start, to make room");
	put(out, "evicted calls", info.evicted_calls, "executions", "of these plans");
	put(out, "filtered calls", info.filtered_calls, "executions",
		"of statements that were seen once while room was short");
	put(out, "filtered time", info.filtered_ms, "ms", "of these executions");
	put(out, "dropped calls", info.dropped_calls, "executions",
		"counted nowhere else: there was no room, or the store was in use");
	put(out, "dropped texts", info.texts_dropped, "plans",
		"without text, for lack of room: raise pg_tend.plan_memory if this grows");
	put(out, "failures", info.failures, "plans", "could not be described");
}

static void
put_estimates(Out *out)
{
	TendEstimateStoreInfo info;

	tend_estimates_info(&info);
	out->part = "misestimates";
	put(out, "slots", info.slots, "misestimates", "fixed");
	put(out, "slots used", info.used, "misestimates", NULL);
	put(out, "reserved", info.memory_bytes, "bytes", "part of the shared memory above");
	put(out, "evicted", info.evicted, "misestimates", "since server start, to make room");
	put(out, "sampled executions", info.executions, "executions",
		"whose rows were compared with what was expected, since server start");
	put(out, "sampled time", info.ms, "ms", "that comparing took");
	put(out, "misestimated nodes", info.folded, "plan nodes", "of these executions");
	put(out, "dropped nodes", info.dropped, "plan nodes", "not recorded, as the store was in use");
	put(out, "failures", info.failures, "executions", "could not be compared");
}

static void
put_disk(Out *out)
{
	out->part = "disk";
	put(out, "reserved", tend_disk_size(), "bytes", "part of the shared memory above");
	put(out, "dropped rows", tend_io_rows_dropped(), "rows",
		"of tend.io_history, for lack of room in one interval, since server start");
	put(out, "dropped checkpoints", tend_checkpoints_dropped(), "messages",
		"of the checkpointer, as the store was in use, since server start");
}

static void
put_database(Out *out, const TendDatabase *db)
{
	out->part = "visit";
	out->dboid = db->dboid;
	put(out, "status", db->status, NULL, database_texts[db->status]);
	if (db->status == TEND_DB_ABSENT || db->status == TEND_DB_EXCLUDED)
		return;
	put(out, "next visit", Max(db->next_visit - tend_monotonic_seconds(), 0), "seconds", NULL);
	put(out, "visits", db->visits, "visits", "since server start");
	put(out, "total CPU", db->cpu_ms, "ms", "of all visits since server start");
	put(out, "total rows written", db->rows_written, "rows", "by all visits since server start");
	put(out, "failures in a row", db->failures, "visits", NULL);
	put_time(out, "last visit", db->last.finished);
	if (db->last.finished != 0)
	{
		put(out, "last duration", (db->last.finished - db->last.started) / 1000.0, "ms", NULL);
		put(out, "last CPU", db->last.cpu_ms, "ms", NULL);
		put(out, "last longest transaction", db->last.longest_transaction_ms, "ms", NULL);
		put(out, "last tables", db->last.tables, "tables", NULL);
		put(out, "last changed tables", db->last.changed, "tables", NULL);
		put(out, "last rows written", db->last.rows_written, "rows",
			db->last.yielded ? "ended early: somebody wanted the database, the extension or its tables" : NULL);
	}
	if (db->message[0] != '\0')
		put(out, "last error", (GetCurrentTimestamp() - db->message_at) / (double) USECS_PER_SEC,
			"seconds ago", tend_readable(db->message));
}

/*
 * tend.self_facts() - cost and state of pg_tend
 */
Datum
tend_self_facts(PG_FUNCTION_ARGS)
{
	Out			out = {.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo};
	TendDatabase *databases;
	int			n;

	tend_shared_require();
	InitMaterializedSRF(fcinfo, 0);
	put_launcher(&out);
	put_plans(&out);
	put_estimates(&out);
	put_disk(&out);
	databases = tend_database_list(&n);
	for (int i = 0; i < n; i++)
		put_database(&out, &databases[i]);
	return (Datum) 0;
}

/*
 * tend.history_bytes() - size of each series of history
 */
Datum
tend_history_bytes(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	for (int i = 0; i < TEND_NUM_SERIES; i++)
	{
		int64		max_bytes;
		int64		bytes = tend_ring_bytes((TendSeries) i, &max_bytes);
		Datum		values[] = {
			CStringGetTextDatum(tend_ring_series_name((TendSeries) i)),
			Int64GetDatum(bytes),
			Int64GetDatum(max_bytes)
		};
		bool		nulls[] = {false, false, false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	SPI_finish();
	return (Datum) 0;
}

/*
 * tend.request_visit() - have this database visited as soon as possible
 */
Datum
tend_request_visit(PG_FUNCTION_ARGS)
{
	tend_shared_require();
	tend_database_request(MyDatabaseId);
	PG_RETURN_VOID();
}

/* ---- called by the install script ---- */

static bool announce_at_commit = false;

static void
announce(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT && announce_at_commit)
	{
		/* what was remembered is in a history that no longer exists */
		tend_table_forget(MyDatabaseId);
		tend_database_request(MyDatabaseId);
	}
	/* nobody tells us when a prepared transaction commits */
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
		event == XACT_EVENT_PREPARE)
		announce_at_commit = false;
}

/*
 * tend.announce() - tell the launcher of a new extension once it is committed
 */
Datum
tend_announce(PG_FUNCTION_ARGS)
{
	static bool registered = false;

	if (tend_shared_loaded())
	{
		if (!registered)
			RegisterXactCallback(announce, NULL);
		registered = true;
		announce_at_commit = true;
	}
	PG_RETURN_VOID();
}

/*
 * tend.library_version() - version of the loaded library
 */
Datum
tend_library_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(TEND_VERSION));
}
