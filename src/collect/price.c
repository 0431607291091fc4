/*-------------------------------------------------------------------------
 *
 * price.c
 *	  Measure what each automatic vacuum and analyze costs.
 *
 * The server tells this in the log only, and only if asked to.  But it always
 * counts pages and WAL for each process, and an autovacuum worker does each
 * piece of work in a transaction of its own.  So we read the counters where
 * a transaction begins and where it ends.  For one table a worker commits
 *
 *	1. the transaction it was in: its start, or the round up to this table;
 *	2. the vacuum, if one is due;
 *	3. the analyze, if one is due and the vacuum was not skipped,
 *
 * and begins another, which is 1. of the next table, or the last of all.  A
 * vacuum or analyze that is skipped, as its lock is not available or the
 * table is gone, commits like any other.
 *
 * Whether something was done in a transaction, we learn from the worker's
 * progress entry.  Vacuum and analyze clear its parameters when they have the
 * lock and begin, and leave them when they are done.  We put a mark there
 * before; it shows nowhere, as no command is in progress.  If it is gone at
 * the end, there is something to report.  This is so exactly once for each
 * that autovacuum_count or autoanalyze_count counts.  (An analyze of a parent
 * and of its children is one, with two lines in the log.)
 *
 * It was a vacuum if the process has the flag that lets others ignore it,
 * which lasts until the end of the transaction.  The table's name is in the
 * activity; to look up anything would need a catalog.
 *
 * Nothing here may wait or fail.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "collect/price.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "store/shared.h"
#include "utils/backend_progress.h"
#include "utils/backend_status.h"
#include "utils/timestamp.h"

/* The last parameter: no command uses it, so it is 0 after one has begun */
#define MARK_PARAM		(PGSTAT_NUM_PROGRESS_PARAM - 1)
#define MARK			INT64CONST(0x74656e6474656e64)

#define WRAPAROUND_TEXT	" (to prevent wraparound)"

/* What this process has used up */
typedef struct Meter
{
	int64		pages;
	int64		dirtied;
	int64		wal_bytes;
	double		seconds;
} Meter;

static Meter begun;				/* as of the begin of the transaction */
static bool marked = false;		/* the mark was set then */
static bool for_wraparound = false; /* so is the vacuum of the current table */

static Meter
read_meter(void)
{
	Meter		now = {
		.pages = pgBufferUsage.shared_blks_hit + pgBufferUsage.shared_blks_read,
		.dirtied = pgBufferUsage.shared_blks_dirtied,
		.wal_bytes = (int64) pgWalUsage.wal_bytes,
		.seconds = tend_monotonic_seconds()
	};

	return now;
}

static bool
skip_text(const char **text, const char *expected)
{
	size_t		len = strlen(expected);

	if (strncmp(*text, expected, len) != 0)
		return false;
	*text +=len;
	return true;
}

/*
 * Where "schema.table" is in the activity.  A table's name may end like the
 * note on wraparound, so one has to know whether that is there.
 */
static const char *
table_in_activity(size_t *len)
{
	const char *text = MyBEEntry->st_activity_raw;
	size_t		note_len = 0;

	*len = strlen(text);
	if (*len + 1 >= (size_t) pgstat_track_activity_query_size)
		return NULL;			/* may have been cut */
	if (skip_text(&text, "autovacuum: VACUUM ANALYZE ") ||
		skip_text(&text, "autovacuum: VACUUM "))
		note_len = for_wraparound ? strlen(WRAPAROUND_TEXT) : 0;
	else if (!skip_text(&text, "autovacuum: ANALYZE "))
		return NULL;
	*len = strlen(text);
	if (*len <= note_len)
		return NULL;
	*len -= note_len;
	return text;
}

/* Was a vacuum or analyze done in the transaction that ends now? */
static bool
something_was_done(void)
{
	return marked && pgstat_track_activities &&
		MyBEEntry->st_progress_param[MARK_PARAM] != MARK;
}

static pg_noinline void
begin_transaction(void)
{
	begun = read_meter();
	marked = pgstat_track_activities && MyBEEntry != NULL;
	pgstat_progress_update_param(MARK_PARAM, MARK);
}

static pg_noinline void
end_transaction(void)
{
	bool		vacuum = (MyProc->statusFlags & PROC_IN_VACUUM) != 0;
	Meter		now;
	const char *name;
	size_t		len;
	TendVacuumReport report;

	if (!something_was_done())
	{
		for_wraparound = false;
		return;
	}
	/* an analyze that follows does not have the flag, but the same activity */
	if (vacuum)
		for_wraparound = (MyProc->statusFlags & PROC_VACUUM_FOR_WRAPAROUND) != 0;
	name = table_in_activity(&len);
	if (name == NULL)
		return;

	now = read_meter();
	report.dboid = MyDatabaseId;
	report.kind = vacuum ? TEND_REPORT_VACUUM : TEND_REPORT_ANALYZE;
	report.name_hash = tend_report_hash_name(name, len);
	report.pages = now.pages - begun.pages;
	report.dirtied = now.dirtied - begun.dirtied;
	report.wal_bytes = now.wal_bytes - begun.wal_bytes;
	report.ms = (now.seconds - begun.seconds) * 1000.0;
	report.at = GetCurrentTimestamp();
	tend_report_add(&report);
}

/*
 * Called for every transaction of every process, hence nothing but a
 * comparison in most.  The end is measured before the commit, when the flags
 * of the process are still there.
 */
static void
watch_transaction(XactEvent event, void *arg)
{
	if (likely(MyBackendType != B_AUTOVAC_WORKER))
		return;
	if (event == XACT_EVENT_PRE_COMMIT)
		end_transaction();
	else if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		begin_transaction();
}

void
tend_price_install(void)
{
	RegisterXactCallback(watch_transaction, NULL);
}
