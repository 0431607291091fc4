/*-------------------------------------------------------------------------
 *
 * launcher.c
 *	  Start visits to the databases that have the extension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <unistd.h>

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_database.h"
#include "compat.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "settings.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/lwlock.h"
#include "storage/procsignal.h"
#include "store/plan_evict.h"
#include "store/shared.h"
#include "store/shared_estimates.h"
#include "store/shared_plans.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "worker/disk_watch.h"
#include "worker/iotrace_link.h"
#include "worker/worker.h"

/* How often to look at a database without the extension, in intervals */
#define ABSENT_INTERVALS	60

/* Longest wait after a failure, in seconds, whatever the interval */
#define MAX_BACKOFF			3600.0

/* How often to look for the end of recovery, in seconds */
#define STANDBY_NAP			5.0

/* How often to look at the disk, in seconds */
#define WATCH_NAP			1.0

/* A visit that takes longer is hung: nothing in it should */
#define VISIT_TIMEOUT		600.0

/* Which database is being visited, for the launcher after a crash */
#define MARK_FILE			"pg_stat/pg_tend.visit"

typedef struct Candidate
{
	Oid			dboid;
	char		datname[NAMEDATALEN];
} Candidate;

static bool warned_no_slot = false;
static bool told_no_query_ids = false;

static uint32 launcher_event = 0;
static uint32 visit_event = 0;

/* The database whose visits ended with the server, how many in a row */
static Oid	crashed_dboid = InvalidOid;
static int	crashes = 0;

/* ---- registration ---- */

void
tend_launcher_register(void)
{
	BackgroundWorker worker = {
		.bgw_name = "pg_tend launcher",
		.bgw_type = "pg_tend launcher",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_ConsistentState,
		.bgw_restart_time = 10,
		.bgw_library_name = "pg_tend",
		.bgw_function_name = "tend_launcher_main"
	};

	/* pg_upgrade fills the catalogs: nobody else may write now */
	if (IsBinaryUpgrade)
		return;
	RegisterBackgroundWorker(&worker);
}

/* Seconds to wait after so many failures in a row */
static double
backoff(int failures)
{
	return Min((double) tend_interval * (1 << Min(failures - 1, 6)),
			   Max(MAX_BACKOFF, tend_interval));
}

/* ---- the mark left by a visit that brought the server down ---- */

static void
mark_visit(Oid dboid)
{
	FILE	   *file = AllocateFile(MARK_FILE, "w");

	/* without the mark we only lose some protection */
	if (file == NULL)
		return;
	fprintf(file, "%u %d\n", dboid, dboid == crashed_dboid ? crashes + 1 : 1);
	FreeFile(file);
}

static void
unmark_visit(Oid dboid)
{
	(void) unlink(MARK_FILE);
	if (dboid == crashed_dboid)
		crashed_dboid = InvalidOid;
}

/*
 * Was the server going down when a database was being visited?  Then wait
 * before the next visit to it, longer each time.
 */
static void
respect_mark(void)
{
	FILE	   *file = AllocateFile(MARK_FILE, "r");
	double		wait;

	if (file == NULL)
		return;
	if (fscanf(file, "%u %d", &crashed_dboid, &crashes) != 2 || crashes < 1)
		crashed_dboid = InvalidOid;
	FreeFile(file);
	(void) unlink(MARK_FILE);
	if (!OidIsValid(crashed_dboid))
		return;

	wait = backoff(crashes + 1);
	tend_database_request(crashed_dboid);	/* adds it */
	tend_database_schedule(crashed_dboid, TEND_DB_FAILED, tend_monotonic_seconds() + wait);
	ereport(LOG,
			(errmsg("pg_tend leaves database %u alone for %.0f seconds", crashed_dboid, wait),
			 errdetail("The server went down while the database was being visited.  This was number %d in a row.",
					   crashes)));
}

/* ---- databases ---- */

/*
 * Does another session want this database for itself?  DROP DATABASE and its
 * like hold a lock that conflicts with the one of a connecting session.
 */
bool
tend_database_wanted_by_others(Oid dboid)
{
	LOCKTAG		tag;

	/* a session lock: the launcher is not in a transaction */
	SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, dboid, 0);
	if (LockAcquire(&tag, RowExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		return true;
	LockRelease(&tag, RowExclusiveLock, true);
	return false;
}

/*
 * All databases that can be visited, allocated in the given context.
 */
static List *
list_databases(MemoryContext cxt)
{
	List	   *candidates = NIL;
	Relation	rel = table_open(DatabaseRelationId, AccessShareLock);
	TableScanDesc scan = table_beginscan_catalog(rel, 0, NULL);
	HeapTuple	tuple;

	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext old;
		Candidate  *c;

		/* a limit of -2 marks a database whose DROP was interrupted */
		if (form->datistemplate || !form->datallowconn || form->datconnlimit == -2)
			continue;
		old = MemoryContextSwitchTo(cxt);
		c = palloc(sizeof(Candidate));
		c->dboid = form->oid;
		strlcpy(c->datname, NameStr(form->datname), NAMEDATALEN);
		candidates = lappend(candidates, c);
		MemoryContextSwitchTo(old);
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	return candidates;
}

/* It may have been dropped while we were about to visit it. */
static bool
database_exists(Oid dboid)
{
	bool		exists;

	StartTransactionCommand();
	exists = SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum(dboid));
	CommitTransactionCommand();
	return exists;
}

/* Bring the databases in shared memory up to date. */
static List *
find_databases(MemoryContext cxt)
{
	List	   *candidates;
	ListCell   *lc;
	Oid		   *oids;
	int			n = 0;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	candidates = list_databases(cxt);
	CommitTransactionCommand();

	oids = palloc(sizeof(Oid) * Max(list_length(candidates), 1));
	foreach(lc, candidates)
		oids[n++] = ((Candidate *) lfirst(lc))->dboid;
	tend_database_sync(oids, n);
	pfree(oids);
	return candidates;
}

/* When to come again, from what the visit left in shared memory */
static double
next_visit(const TendDatabase *db, double started)
{
	double		wait = tend_interval;

	if (db->status == TEND_DB_ABSENT || db->status == TEND_DB_EXCLUDED)
		wait = Min((double) tend_interval * ABSENT_INTERVALS, MAX_BACKOFF);
	else if (db->status == TEND_DB_FAILED)
		wait = backoff(db->failures);
	return started + wait;
}

/* ---- one visit ---- */

static void
log_no_slot(void)
{
	if (!warned_no_slot)
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("pg_tend found no free background worker slot"),
				 errdetail("Databases are not visited until there is one."),
				 errhint("You might need to increase max_worker_processes.")));
	warned_no_slot = true;
}

static BackgroundWorkerHandle *
start_visit(const Candidate *c)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = "pg_tend",
		.bgw_function_name = "tend_visit_main",
		.bgw_type = "pg_tend visit",
		.bgw_main_arg = ObjectIdGetDatum(c->dboid),
		.bgw_notify_pid = MyProcPid
	};
	BackgroundWorkerHandle *handle;

	snprintf(worker.bgw_name, BGW_MAXLEN, "pg_tend visit to %s", c->datname);
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
	{
		log_no_slot();
		return NULL;
	}
	warned_no_slot = false;
	return handle;
}

/*
 * Wait until something happens, which may be that pg_tend_iotrace says
 * something.  False if it was only that, or time.
 */
static bool
nap(double seconds, uint32 *event, const char *event_name)
{
	pgsocket	sock = tend_link_socket();
	int			what = WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH;
	int			happened;

	if (sock != PGINVALID_SOCKET)
		what |= WL_SOCKET_READABLE;
	happened = WaitLatchOrSocket(MyLatch, what, sock, (long) (Max(seconds, 0.01) * 1000),
								 tend_wait_event(event, event_name));
	if ((happened & WL_LATCH_SET) == 0)
		return false;
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
		tend_database_hasten(tend_monotonic_seconds() + tend_interval);
	}
	return true;
}

/* Look at the disk, and leave no memory behind. */
static double
watch(MemoryContext cxt)
{
	MemoryContext own = AllocSetContextCreate(cxt, "pg_tend watch", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);

	tend_disk_watch();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(own);
	return WATCH_NAP;
}

/*
 * An error must not end the launcher: report it, clean up, and go on after
 * an interval.
 */
static double
safely(double (*step) (MemoryContext), MemoryContext cxt)
{
	volatile double wait = tend_interval;

	PG_TRY();
	{
		wait = step(cxt);
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		EmitErrorReport();
		AbortCurrentTransaction();
		LWLockReleaseAll();
		MemoryContextSwitchTo(cxt);
		FlushErrorState();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	return wait;
}

/* Wait until the visit has ended, and end it if it hangs or we must. */
static void
wait_for_visit(BackgroundWorkerHandle *handle, const Candidate *c)
{
	double		deadline = tend_monotonic_seconds() + VISIT_TIMEOUT;
	double		next_watch = 0;
	bool		told = false;
	pid_t		pid;

	while (GetBackgroundWorkerPid(handle, &pid) != BGWH_STOPPED)
	{
		(void) nap(WATCH_NAP, &visit_event, "TendVisit");
		tend_plans_tidy();
		/* an error is worth a line in each interval, not in each second */
		if (tend_monotonic_seconds() >= next_watch)
			next_watch = tend_monotonic_seconds() + safely(watch, CurrentMemoryContext) - WATCH_NAP;
		if (ShutdownRequestPending)
		{
			TerminateBackgroundWorker(handle);
			return;
		}
		if (tend_monotonic_seconds() > deadline && !told)
		{
			ereport(LOG,
					(errmsg("pg_tend ends its visit to database \"%s\"", c->datname),
					 errdetail("It took longer than %.0f seconds.", VISIT_TIMEOUT)));
			TerminateBackgroundWorker(handle);
			told = true;
		}
	}
}

/*
 * Visit one database and plan the next visit.  False if no worker could be
 * started.
 */
static bool
visit(const Candidate *c)
{
	TendDatabase before;
	TendDatabase after;
	double		started = tend_monotonic_seconds();
	BackgroundWorkerHandle *handle;

	if (!tend_database_get(c->dboid, &before))
		return true;
	if (!tend_settings_want_database(c->datname))
	{
		tend_database_schedule(c->dboid, TEND_DB_EXCLUDED, started + tend_interval);
		return true;
	}

	/* a request that comes during the visit sets this back to 0 */
	tend_database_schedule(c->dboid, before.status, started + VISIT_TIMEOUT);
	mark_visit(c->dboid);
	handle = start_visit(c);
	if (handle != NULL)
		wait_for_visit(handle, c);
	unmark_visit(c->dboid);
	if (handle == NULL || ShutdownRequestPending)
	{
		tend_database_schedule(c->dboid, before.status, before.next_visit);
		return false;
	}

	/* a visit that reported neither success nor failure died on its way */
	if (tend_database_get(c->dboid, &after) &&
		after.last.finished == before.last.finished &&
		after.failures == before.failures &&
		database_exists(c->dboid) &&
		tend_database_failed(c->dboid, ERRCODE_CONNECTION_FAILURE,
							 "the visit could not connect or was ended; the server log may say why"))
		ereport(LOG,
				(errmsg("pg_tend could not visit database \"%s\"", c->datname),
				 errdetail("The worker could not connect or was ended."),
				 errhint("It is tried again later, less and less often.")));
	if (tend_database_get(c->dboid, &after))
		tend_database_postpone(c->dboid, next_visit(&after, started));
	return true;
}

/*
 * Visit all databases whose time has come; returns seconds until the next.
 * That may be one whose turn was over when it was asked for: what woke us then
 * was taken for news of the visit under way.
 */
static double
round_of_visits(MemoryContext cxt)
{
	List	   *candidates = find_databases(cxt);
	ListCell   *lc;
	bool		wanted = false;

	foreach(lc, candidates)
	{
		Candidate  *c = lfirst(lc);
		TendDatabase db;

		if (!tend_database_get(c->dboid, &db) || db.next_visit > tend_monotonic_seconds())
			continue;
		if (tend_database_wanted_by_others(c->dboid))
			wanted = true;
		else if (!visit(c))
		{
			if (!ShutdownRequestPending)
				tend_launcher_set(MyProcPid, TEND_LAUNCHER_NO_SLOT);
			return tend_interval;
		}
	}
	tend_launcher_set(MyProcPid, TEND_LAUNCHER_RUNNING);
	/* to one no session may connect now: come back soon, but not at once */
	if (wanted)
		return 1;
	return Min(tend_interval, tend_database_soonest() - tend_monotonic_seconds());
}

/* ---- plans and misestimates ---- */

/*
 * Forget the plans and misestimates of databases that are gone, from a standby
 * as well.  First those are listed that there are some of: so none is too young
 * to be found.
 */
static void
forget_dropped_databases(MemoryContext cxt)
{
	int			nplans;
	int			nestimates;
	Oid		   *of_plans = tend_plans_databases(&nplans);
	Oid		   *of_estimates = tend_estimates_databases(&nestimates);

	StartTransactionCommand();
	for (int i = 0; i < nplans; i++)
	{
		if (!SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum(of_plans[i])))
			(void) tend_plans_reset(of_plans[i]);
	}
	for (int i = 0; i < nestimates; i++)
	{
		if (!SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum(of_estimates[i])))
			(void) tend_estimates_reset(of_estimates[i], InvalidOid);
	}
	CommitTransactionCommand();
	MemoryContextSwitchTo(cxt);
}

/* What nobody has seen for as long as history is kept is history. */
static void
forget_old_estimates(void)
{
	(void) tend_estimates_expire(GetCurrentTimestamp() - (int64) tend_retention * USECS_PER_SEC);
}

/* ---- the launcher's life ---- */

/* Plans are known by the ids of their queries: say once that there are none. */
static void
tell_of_query_ids(void)
{
	if (IsQueryIdEnabled() || tend_track_plans == TEND_TRACK_NONE)
	{
		told_no_query_ids = false;
		return;
	}
	if (!told_no_query_ids)
		ereport(LOG,
				(errmsg("pg_tend does not track plans"),
				 errdetail("Queries have no ids, since compute_query_id is off."),
				 errhint("Set compute_query_id to auto or on, or pg_tend.track_plans to none.")));
	told_no_query_ids = true;
}

static double
one_turn(MemoryContext cxt)
{
	tell_of_query_ids();
	tend_plans_tidy();
	forget_dropped_databases(cxt);
	forget_old_estimates();
	if (RecoveryInProgress())
	{
		tend_launcher_set(MyProcPid, TEND_LAUNCHER_STANDBY);
		return STANDBY_NAP;
	}
	if (!tend_enabled)
	{
		tend_launcher_set(MyProcPid, TEND_LAUNCHER_DISABLED);
		return tend_interval;
	}
	return round_of_visits(cxt);
}

/*
 * Until the next turn, look at the disk each second.  That goes on while the
 * disk cannot be looked at, for whatever reason.
 */
static void
rest(double seconds, MemoryContext cxt)
{
	double		end = tend_monotonic_seconds() + seconds;

	do
	{
		double		wait = safely(watch, cxt);
		double		left = end - tend_monotonic_seconds();

		if (nap(Min(left, wait), &launcher_event, "TendLauncher"))
			return;
	} while (!ShutdownRequestPending && tend_monotonic_seconds() < end);
}

static void
at_exit(int code, Datum arg)
{
	tend_plans_set_janitor(NULL);
	tend_launcher_set(0, TEND_LAUNCHER_STOPPED);
}

void
tend_launcher_main(Datum arg)
{
	MemoryContext cxt;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();

	/* shared catalogs only: no database is kept from being dropped */
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	before_shmem_exit(at_exit, (Datum) 0);
	cxt = AllocSetContextCreate(TopMemoryContext, "pg_tend launcher", ALLOCSET_DEFAULT_SIZES);
	tend_plans_set_janitor(MyLatch);
	respect_mark();

	while (!ShutdownRequestPending)
	{
		double		wait;

		MemoryContextSwitchTo(cxt);
		wait = safely(one_turn, cxt);
		MemoryContextReset(cxt);
		if (!ShutdownRequestPending)
			rest(wait, cxt);
	}

	/* not 0, so that the postmaster starts us again unless it shuts down */
	proc_exit(1);
}
