/*-------------------------------------------------------------------------
 *
 * database_history.c
 *	  tend.database_history: totals of the database and counters of the cluster.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/rates.h"
#include "catalog/pg_type.h"
#include "collect/cluster.h"
#include "settings.h"
#include "sql.h"
#include "store/database_history.h"
#include "store/history_ring.h"
#include "store/shared.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* After so many intervals an unchanged database is recorded all the same. */
#define DATABASE_HEARTBEAT 60

/*
 * Has anything happened since the last row?  Our own visits to the databases
 * use transaction IDs when they write, mostly one, which is no news: or else
 * each visit would cause the next one to write.
 */
static bool
database_moved(TimestampTz now, int64 next_xid, uint32 next_mxid)
{
	bool		moved = true;
	TendLauncherInfo info;

	tend_launcher_info(&info);
	if (tend_sql_select("read tend.database_history",
						"SELECT at, next_xid, next_mxid FROM tend.database_history"
						" ORDER BY at DESC LIMIT 1", 0, NULL, NULL) > 0)
		moved = next_xid - tend_sql_int64(0, 2) > 2 * info.ndatabases ||
			(int64) next_mxid != tend_sql_int64(0, 3) ||
			fabs((double) now - tend_sql_time(0, 1)) >=
			(double) DATABASE_HEARTBEAT * tend_interval * USECS_PER_SEC;
	tend_sql_done();
	return moved;
}

/*
 * Add a row for the database; returns whether it was worth one.
 */
bool
tend_database_history_add(TimestampTz at, const TendDatabaseTotals *totals,
						  const TendHorizon *horizon, const TendMarket *market)
{
	int64		next_xid = tend_collect_next_xid();
	uint32		next_mxid = tend_collect_next_mxid();
	Oid			types[] = {
		TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID,
		INT4OID, INT4OID, INT8OID, TEXTOID, FLOAT4OID, FLOAT4OID
	};
	Datum		values[] = {
		TimestampTzGetDatum(at),
		Int64GetDatum(next_xid),
		Int64GetDatum((int64) next_mxid),
		Int64GetDatum(totals->xid_age),
		Int64GetDatum(totals->mxid_age),
		Int64GetDatum(totals->live_tuples),
		Int64GetDatum(totals->dead_tuples),
		Int32GetDatum(totals->tables),
		Int32GetDatum(totals->tables_due),
		Int64GetDatum(horizon->xmin_age),
		CStringGetTextDatum(horizon->who),
		Float4GetDatum((float4) market->bloat_price),
		Float4GetDatum((float4) market->one_percent_work)
	};
	char		nulls[] = "             ";
	char		sql[256];

	if (!database_moved(at, next_xid, next_mxid))
		return false;
	if (!horizon->held)
		nulls[9] = nulls[10] = 'n';
	if (isnan(market->bloat_price))
		nulls[11] = nulls[12] = 'n';
	snprintf(sql, sizeof(sql),
			 "INSERT INTO tend.%s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
			 tend_ring_slot_name(TEND_SERIES_DATABASE));
	tend_sql_insert("add history of the database", sql, lengthof(types), types, values, nulls);
	return true;
}

/*
 * Transaction IDs per second: the faster of the last hour and the last day,
 * in time scaled by pg_tend.interval.  Each begins with its oldest row.
 */
#define OLDEST_SQL(parameter) \
	"(SELECT at, next_xid, next_mxid FROM tend.database_history" \
	" WHERE at >= " parameter " AND at <= $3 ORDER BY at LIMIT 1)"

TendBurn
tend_database_history_burn(TimestampTz now)
{
	TendBurn	burn = {NAN, NAN};
	uint64		found;
	int64		hour = (int64) tend_interval * TEND_HOUR_INTERVALS * USECS_PER_SEC;
	int64		next_xid = tend_collect_next_xid();
	uint32		next_mxid = tend_collect_next_mxid();
	Oid			types[] = {TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum		values[] = {
		TimestampTzGetDatum(now - hour),
		TimestampTzGetDatum(now - hour * 24),
		TimestampTzGetDatum(now)
	};

	if (!tend_ring_readable(TEND_SERIES_DATABASE))
		return burn;
	found = tend_sql_select("read tend.database_history",
							OLDEST_SQL("$1") " UNION ALL " OLDEST_SQL("$2"),
							lengthof(types), types, values);
	for (uint64 i = 0; i < found; i++)
	{
		double		seconds = (now - tend_sql_time(i, 1)) / (double) USECS_PER_SEC;
		int64		xids = next_xid - tend_sql_int64(i, 2);
		uint32		mxids = next_mxid - (uint32) tend_sql_int64(i, 3);

		burn = tend_burn_faster(burn, tend_burn(xids, mxids, seconds, tend_interval));
	}
	tend_sql_done();
	return burn;
}

/*
 * The market as the last visit left it.
 */
TendMarket
tend_database_history_market(void)
{
	TendMarket	market = {NAN, NAN};

	if (!tend_ring_readable(TEND_SERIES_DATABASE))
		return market;
	if (tend_sql_select("read tend.database_history",
						"SELECT bloat_price, one_percent_pages_per_second"
						" FROM tend.database_history"
						" WHERE bloat_price IS NOT NULL ORDER BY at DESC LIMIT 1",
						0, NULL, NULL) > 0)
	{
		market.bloat_price = tend_sql_real(0, 1);
		market.one_percent_work = tend_sql_real(0, 2);
	}
	tend_sql_done();
	return market;
}
