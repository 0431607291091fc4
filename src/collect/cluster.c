/*-------------------------------------------------------------------------
 *
 * cluster.c
 *	  Settings and counters of the whole server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xlog.h"
#include "catalog/pg_database.h"
#include "collect/cluster.h"
#include "commands/vacuum.h"
#include "compat.h"
#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "postmaster/bgwriter.h"
#include "storage/lwlock.h"
#include "utils/guc.h"
#include "utils/syscache.h"

/* An integer setting that only newer servers have. */
static int
int_setting(const char *name, int missing)
{
	const char *value = GetConfigOption(name, true, false);

	return value != NULL ? atoi(value) : missing;
}

/*
 * The age above which multixacts are frozen, lowered when their members take
 * much space.  A standby does not know how much they take.
 */
static int
multixact_freeze_max_age(void)
{
	return RecoveryInProgress() ? autovacuum_multixact_freeze_max_age :
		MultiXactMemberFreezeThreshold();
}

TendAutovacuumSettings
tend_collect_settings(void)
{
	TendAutovacuumSettings settings = {
		.active = AutoVacuumingActive(),
		.standby = RecoveryInProgress(),
		.vacuum_threshold = autovacuum_vac_thresh,
		.vacuum_max_threshold = int_setting("autovacuum_vacuum_max_threshold", -1),
		.vacuum_scale_factor = autovacuum_vac_scale,
		.insert_threshold = autovacuum_vac_ins_thresh,
		.insert_scale_factor = autovacuum_vac_ins_scale,
		.analyze_threshold = autovacuum_anl_thresh,
		.analyze_scale_factor = autovacuum_anl_scale,
		.freeze_max_age = autovacuum_freeze_max_age,
		.multixact_freeze_max_age = multixact_freeze_max_age(),
		.naptime_seconds = autovacuum_naptime,
		.cost_limit = autovacuum_vac_cost_limit > 0 ? autovacuum_vac_cost_limit : VacuumCostLimit,
		.cost_delay = autovacuum_vac_cost_delay >= 0 ? autovacuum_vac_cost_delay : VacuumCostDelay,
		.checkpoint_seconds = CheckPointTimeout
	};

	return settings;
}

/*
 * Ages at which the server acts, taken from its own limits for the oldest
 * database; the same ages hold for every other database.
 */
TendAgeLimits
tend_collect_xid_limits(void)
{
	TendAgeLimits limits = {.autovacuum_limit = autovacuum_freeze_max_age};

	LWLockAcquire(XidGenLock, LW_SHARED);
	limits.warn_limit = (int32) (TransamVariables->xidWarnLimit - TransamVariables->oldestXid);
	limits.stop_limit = (int32) (TransamVariables->xidStopLimit - TransamVariables->oldestXid);
	LWLockRelease(XidGenLock);
	return limits;
}

/* The same for multixacts, whose limits the server keeps to itself. */
TendAgeLimits
tend_collect_mxid_limits(void)
{
	TendAgeLimits limits = {
		.autovacuum_limit = multixact_freeze_max_age(),
		.warn_limit = (int64) (MaxMultiXactId >> 1) - TEND_MULTIXACT_WARN_MARGIN,
		.stop_limit = (int64) (MaxMultiXactId >> 1) - TEND_MULTIXACT_STOP_MARGIN
	};

	return limits;
}

/* Ages of this database */
void
tend_collect_database_ages(int64 *xid_age, int64 *mxid_age)
{
	HeapTuple	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	Form_pg_database form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for database %u", MyDatabaseId);
	form = (Form_pg_database) GETSTRUCT(tuple);
	*xid_age = (int32) (ReadNextTransactionId() - form->datfrozenxid);
	*mxid_age = (int32) (ReadNextMultiXactId() - form->datminmxid);
	ReleaseSysCache(tuple);
}

/* The next transaction ID, never wrapping */
int64
tend_collect_next_xid(void)
{
	return (int64) U64FromFullTransactionId(ReadNextFullTransactionId());
}

uint32
tend_collect_next_mxid(void)
{
	return ReadNextMultiXactId();
}
