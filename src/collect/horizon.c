/*-------------------------------------------------------------------------
 *
 * horizon.c
 *	  Who keeps vacuum from removing dead rows?
 *
 * The same rule as ComputeXidHorizons() in procarray.c: a process counts with
 * the older of its xid and xmin, unless it is a lazy vacuum or does logical
 * decoding outside of a transaction.  pg_stat_activity does not show these
 * two exceptions, so we look at the shared process array ourselves.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/twophase.h"
#include "access/xlog.h"
#include "collect/horizon.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "sql.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static TransactionId
older(TransactionId a, TransactionId b)
{
	if (!TransactionIdIsValid(a))
		return b;
	if (!TransactionIdIsValid(b))
		return a;
	return TransactionIdPrecedes(a, b) ? a : b;
}

/*
 * All holders but ourselves, in no particular order.
 *
 * The array goes on behind allProcCount with the prepared transactions.
 *
 * ProcArrayLock is held to copy a few words per process: no allocation and
 * no error can happen meanwhile.
 */
TendHolder *
tend_collect_holders(int *n)
{
	uint32		nprocs = ProcGlobal->allProcCount + max_prepared_xacts;
	TendHolder *holders = palloc(sizeof(TendHolder) * nprocs);
	bool		in_recovery = RecoveryInProgress();
	TransactionId next = ReadNextTransactionId();
	int			count = 0;

	LWLockAcquire(ProcArrayLock, LW_SHARED);
	for (uint32 i = 0; i < nprocs; i++)
	{
		PGPROC	   *proc = &ProcGlobal->allProcs[i];
		TendHolder *h = &holders[count];

		if (proc == MyProc || (proc->statusFlags & (PROC_IN_VACUUM | PROC_IN_LOGICAL_DECODING)))
			continue;
		h->xid = proc->xid;
		h->xmin = proc->xmin;
		if (!TransactionIdIsValid(older(h->xid, h->xmin)))
			continue;
		/* a prepared transaction that is over stays here, but not in xids */
		if (proc->pid == 0 && ProcGlobal->xids[proc->pgxactoff] != proc->xid)
			continue;
		h->pid = proc->pid;
		h->dboid = proc->databaseId;
		h->all_databases = in_recovery || (proc->statusFlags & PROC_AFFECTS_ALL_HORIZONS) != 0;
		count++;
	}
	LWLockRelease(ProcArrayLock);

	for (int i = 0; i < count; i++)
		holders[i].xmin_age = (int32) (next - older(holders[i].xid, holders[i].xmin));
	*n = count;
	return holders;
}

static void
copy_text(char *to, size_t size, int col)
{
	char	   *value = tend_sql_text(0, col);
	size_t		len;

	/* cut between characters */
	if (value == NULL)
		value = "";
	len = pg_mbcliplen(value, strlen(value), size - 1);
	memcpy(to, value, len);
	to[len] = '\0';
}

/* Does anything at all hold back vacuum?  Cheaper than to ask who. */
static bool
anybody_holds(void)
{
	TransactionId slot_xmin;
	TransactionId slot_catalog_xmin;
	TendHolder *holders;
	bool		found = false;
	int			n;

	ProcArrayGetReplicationSlotXmin(&slot_xmin, &slot_catalog_xmin);
	if (TransactionIdIsValid(slot_xmin) || TransactionIdIsValid(slot_catalog_xmin))
		return true;

	holders = tend_collect_holders(&n);
	for (int i = 0; i < n; i++)
		found = found || holders[i].xmin_age > 0;
	pfree(holders);
	return found;
}

/*
 * Who holds back this database's tables the furthest?
 *
 * tend.vacuum_blockers decides who counts; needs a connected SPI.
 */
TendHorizon
tend_collect_horizon(void)
{
	TendHorizon horizon = {0};

	horizon.anybody = anybody_holds();
	if (!horizon.anybody)
		return horizon;

	horizon.held = tend_sql_select("read tend.vacuum_blockers",
								   "SELECT who, remedy, xmin_age, since"
								   " FROM tend.vacuum_blockers"
								   " WHERE holds = 'all tables'"
								   " AND scope IN ('cluster', pg_catalog.current_database())"
								   " ORDER BY xmin_age DESC LIMIT 1", 0, NULL, NULL) > 0;
	if (horizon.held)
	{
		copy_text(horizon.who, sizeof(horizon.who), 1);
		copy_text(horizon.remedy, sizeof(horizon.remedy), 2);
		horizon.xmin_age = tend_sql_int64(0, 3);
		horizon.since = tend_sql_time(0, 4);
	}
	tend_sql_done();
	return horizon;
}
