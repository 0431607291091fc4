/*-------------------------------------------------------------------------
 *
 * visit.c
 *	  One short visit to one database: collect, store, advise, act.
 *
 * Each step is a short transaction, which begins by making sure that the
 * extension is still there and that nobody wants the database or extension
 * for himself.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/resource.h>

#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "collect/cluster.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "settings.h"
#include "sql.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "store/events.h"
#include "store/database_history.h"
#include "store/history_ring.h"
#include "store/shared.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "version.h"
#include "worker/visit.h"
#include "worker/visit_disk.h"
#include "worker/visit_estimates.h"
#include "worker/visit_forget.h"
#include "worker/visit_plans.h"
#include "worker/visit_tune.h"
#include "worker/worker.h"

/* Cancelled autovacuums taken at a time */
#define MAX_CANCELLED		16

/* ---- transactions ---- */

/*
 * Begin a transaction.  False if the visit has to end: the extension is gone,
 * or somebody wants it or the database for himself.
 */
bool
tend_visit_begin(TendVisit *visit)
{
	Oid			extension;

	CHECK_FOR_INTERRUPTS();
	visit->transaction_began = tend_monotonic_seconds();
	StartTransactionCommand();
	if (tend_database_wanted_by_others(MyDatabaseId))
	{
		visit->report.yielded = true;
		CommitTransactionCommand();
		return false;
	}
	extension = get_extension_oid("pg_tend", true);
	if (!OidIsValid(extension))
	{
		CommitTransactionCommand();
		return false;
	}
	if (!ConditionalLockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock) ||
		get_extension_oid("pg_tend", true) != extension)
	{
		visit->report.yielded = true;
		CommitTransactionCommand();
		return false;
	}
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	return true;
}

/*
 * What is remembered in shared memory is in the database: so it gets there
 * after the commit.
 */
static void
publish(TendVisit *visit)
{
	for (int i = 0; i < visit->nremembered; i++)
	{
		const TendRemembered *r = &visit->remembered[i];

		tend_table_remember(MyDatabaseId, r->relid, &r->memory);
		if (r->recorded)
			tend_tuning_told(&visit->tuning, r->relid);
	}
	visit->nremembered = 0;
	if (visit->cancelled > 0)
		tend_cancelled_done(MyDatabaseId, visit->cancelled);
	visit->cancelled = 0;
}

void
tend_visit_commit(TendVisit *visit)
{
	double		ms;

	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextReset(visit->cxt);
	publish(visit);

	ms = (tend_monotonic_seconds() - visit->transaction_began) * 1000;
	visit->report.longest_transaction_ms = Max(visit->report.longest_transaction_ms, ms);
}

/* ---- steps ---- */

/* Version of the extension's objects, "" if there is none */
static void
installed_version(char *version, size_t size)
{
	version[0] = '\0';
	if (tend_sql_select("read pg_extension",
						"SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'pg_tend'",
						0, NULL, NULL) > 0)
		strlcpy(version, tend_sql_text(0, 1), size);
	tend_sql_done();
}

/* Is version 1.9 before 1.10? */
static bool
is_before(const char *a, const char *b)
{
	int			major_a = 0,
				minor_a = 0,
				major_b = 0,
				minor_b = 0;

	(void) sscanf(a, "%d.%d", &major_a, &minor_a);
	(void) sscanf(b, "%d.%d", &major_b, &minor_b);
	return major_a < major_b || (major_a == major_b && minor_a < minor_b);
}

/* Once, until something else is true of the database: tend.self says it always. */
static void
tell_mismatch(const char *version)
{
	TendDatabase db;

	if (tend_database_get(MyDatabaseId, &db) && db.status == TEND_DB_MISMATCH)
		return;
	ereport(LOG,
			(errmsg("pg_tend leaves database \"%s\" alone: its extension is version %s, the library is version %s",
					get_database_name(MyDatabaseId), version, TEND_VERSION),
			 is_before(version, TEND_VERSION) ?
			 errhint("Run ALTER EXTENSION pg_tend UPDATE in that database.") :
			 errhint("Restart the server to load the new library; if it is not installed, install it before.")));
}

static void
record_cancelled(TendVisit *visit)
{
	TendCancelled cancelled[MAX_CANCELLED];

	visit->cancelled = tend_cancelled_peek(MyDatabaseId, cancelled, MAX_CANCELLED);
	for (int i = 0; i < visit->cancelled; i++)
		visit->report.rows_written += tend_event_cancelled(&cancelled[i]);
}

static void
record_wraparound(TendVisit *visit)
{
	TendAgePolicy policy = tend_settings_age_policy();
	TendAgeLimits xid_limits = tend_collect_xid_limits();
	TendAgeLimits mxid_limits = tend_collect_mxid_limits();
	TendDatabaseTotals *totals = &visit->totals;
	TendWraparound xid;
	TendWraparound mxid;

	tend_collect_database_ages(&totals->xid_age, &totals->mxid_age);
	xid = tend_wraparound(totals->xid_age, &xid_limits, &policy,
						  visit->reading.burn.xid_per_second);
	mxid = tend_wraparound(totals->mxid_age, &mxid_limits, &policy,
						   visit->reading.burn.mxid_per_second);
	visit->report.rows_written +=
		tend_event_wraparound(visit->reading.now, "xid", totals->xid_age, &xid) +
		tend_event_wraparound(visit->reading.now, "multixact", totals->mxid_age, &mxid);
}

/* What concerns the database as a whole, after its tables */
static void
record_database(TendVisit *visit)
{
	TimestampTz now = visit->reading.now;

	visit->report.rows_written += tend_events_close_dropped(now);
	visit->report.rows_written += tend_events_blockers(now, &visit->reading.horizon);
	record_wraparound(visit);
	record_cancelled(visit);
	if (tend_database_history_add(now, &visit->totals, &visit->reading.horizon,
								  &visit->tuning.market))
		visit->report.rows_written++;
}

/*
 * The whole visit.  Returns what the database turned out to be.
 */
static TendDatabaseStatus
run_steps(TendVisit *visit)
{
	char		version[32];
	Oid			after = InvalidOid;

	if (!tend_visit_begin(visit))
	{
		if (visit->report.yielded)
			return TEND_DB_UNKNOWN;
		tend_table_forget(MyDatabaseId);
		return TEND_DB_ABSENT;
	}
	installed_version(version, sizeof(version));
	if (strcmp(version, TEND_VERSION) != 0)
	{
		tell_mismatch(version);
		tend_visit_commit(visit);
		return TEND_DB_MISMATCH;
	}
	tend_ring_open();
	tend_ring_turn(GetCurrentTimestamp());
	tend_visit_commit(visit);

	if (!tend_visit_begin(visit))
		return TEND_DB_PRESENT;
	visit->reading = tend_reading_begin();
	tend_events_load();
	tend_visit_tune_begin(visit);
	tend_visit_commit(visit);

	do
	{
		if (!tend_visit_begin(visit))
			return TEND_DB_PRESENT;
		tend_ring_open();
		after = tend_visit_tables(visit, after);
		tend_visit_commit(visit);
	} while (OidIsValid(after));

	if (!tend_visit_tune(visit) || !tend_visit_plans(visit) || !tend_visit_forget(visit) ||
		!tend_visit_estimates(visit))
		return TEND_DB_PRESENT;
	if (tend_visit_begin(visit))
	{
		tend_ring_open();
		record_database(visit);
		tend_visit_disk(visit);
		tend_visit_commit(visit);
	}
	return TEND_DB_PRESENT;
}

/* ---- process ---- */

/*
 * What an administrator sets for all sessions must not harm a visit: it would
 * end it, let it wait for a standby, or make it fail to write.
 */
static void
set_session(void)
{
	static const char *const settings[][2] = {
		/* somebody may have set it for the database */
		{"role", "none"},
		{"search_path", "pg_catalog, pg_temp"},
		{"default_transaction_read_only", "off"},
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_deferrable", "off"},
		{"synchronous_commit", "off"},
		{"statement_timeout", "0"},
		/* another's lock on our own tables: come again later */
		{"lock_timeout", "500ms"},
		{"idle_in_transaction_session_timeout", "0"},
		{"transaction_timeout", "0"},
		{"stats_fetch_consistency", "none"},
		{"max_parallel_workers_per_gather", "0"},
		/* a chunk is small: do not read all of pg_class to join it */
		{"enable_hashjoin", "off"},
		{"enable_mergejoin", "off"},
		{"jit", "off"},
		{"row_security", "off"},
		{"default_tablespace", ""},
		{"client_min_messages", "warning"},
		/* our own statements are not the user's */
		{"pg_tend.track_plans", "none"},
	};

	for (int i = 0; i < (int) lengthof(settings); i++)
	{
		/* transaction_timeout came with 17 */
		if (GetConfigOption(settings[i][0], true, false) != NULL)
			SetConfigOption(settings[i][0], settings[i][1], PGC_SUSET, PGC_S_OVERRIDE);
	}
}

static double
cpu_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000.0 +
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000.0;
}

/*
 * Keep the error for tend.self, and log it unless the last visit failed for
 * the same reason.  That somebody holds a lock is no failure.
 */
static void
report_failure(MemoryContext cxt, TendVisitReport *report)
{
	ErrorData  *error;

	MemoryContextSwitchTo(cxt);
	error = CopyErrorData();
	FlushErrorState();
	AbortOutOfAnyTransaction();
	if (error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
	{
		report->yielded = true;
		report->finished = GetCurrentTimestamp();
		tend_database_visited(MyDatabaseId, TEND_DB_PRESENT, report);
		return;
	}
	if (tend_database_failed(MyDatabaseId, error->sqlerrcode, error->message))
		ereport(LOG,
				(errcode(error->sqlerrcode),
				 errmsg("pg_tend could not finish its visit to database %u: %s",
						MyDatabaseId, error->message),
				 error->detail ? errdetail_internal("%s", error->detail) : 0,
				 error->hint ? errhint("%s", error->hint) : 0,
				 error->context ? errcontext("%s", error->context) : 0));
}

void
tend_visit_main(Datum arg)
{
	TendVisit	visit = {0};
	MemoryContext cxt;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(arg), InvalidOid, 0);
	visit.read_only = DefaultXactReadOnly;
	set_session();

	cxt = AllocSetContextCreate(TopMemoryContext, "pg_tend visit", ALLOCSET_DEFAULT_SIZES);
	visit.visit_cxt = cxt;
	visit.cxt = AllocSetContextCreate(cxt, "pg_tend transaction", ALLOCSET_DEFAULT_SIZES);
	visit.remembered = MemoryContextAlloc(cxt, sizeof(TendRemembered) * TEND_VISIT_CHUNK);
	visit.report.started = GetCurrentTimestamp();
	pgstat_report_activity(STATE_RUNNING, "pg_tend visit");

	PG_TRY();
	{
		TendDatabaseStatus status = run_steps(&visit);

		visit.report.cpu_ms = cpu_ms();
		visit.report.finished = GetCurrentTimestamp();
		tend_database_visited(MyDatabaseId, status, &visit.report);
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		report_failure(cxt, &visit.report);
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	proc_exit(0);
}
