/*-------------------------------------------------------------------------
 *
 * cluster.c
 *	  tend.horizon_holders() and tend.wraparound_facts(): beyond one database
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "collect/cluster.h"
#include "collect/horizon.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "settings.h"
#include "sql.h"
#include "store/database_history.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_horizon_holders);
PG_FUNCTION_INFO_V1(tend_wraparound_facts);

/*
 * tend.horizon_holders() - processes and prepared transactions that hold back
 * vacuum
 */
Datum
tend_horizon_holders(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendHolder *holders;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	holders = tend_collect_holders(&n);
	for (int i = 0; i < n; i++)
	{
		const TendHolder *h = &holders[i];
		Datum		values[] = {
			Int32GetDatum(h->pid),
			ObjectIdGetDatum(h->dboid),
			TransactionIdGetDatum(h->xid),
			TransactionIdGetDatum(h->xmin),
			Int64GetDatum(h->xmin_age),
			BoolGetDatum(h->all_databases)
		};
		bool		nulls[] = {
			false, !OidIsValid(h->dboid), !TransactionIdIsValid(h->xid),
			!TransactionIdIsValid(h->xmin), false, false
		};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static void
put_counter(ReturnSetInfo *rsinfo, Datum datname, const char *counter, int64 age,
			const TendAgeLimits *limits, double per_second)
{
	TendAgePolicy policy = tend_settings_age_policy();
	TendWraparound w = tend_wraparound(age, limits, &policy, per_second);
	Datum		values[] = {
		datname,
		CStringGetTextDatum(counter),
		Int64GetDatum(age),
		Int64GetDatum(limits->autovacuum_limit),
		Int64GetDatum(limits->warn_limit),
		Int64GetDatum(limits->stop_limit),
		Float8GetDatum(per_second * 3600),
		Float8GetDatum(w.autovacuum_eta_seconds),
		Float8GetDatum(w.stop_eta_seconds),
		CStringGetTextDatum(tend_severity_name(w.severity)),
		Int32GetDatum((int32) w.severity)
	};
	bool		nulls[lengthof(values)] = {false};

	nulls[6] = isnan(per_second);
	/* infinite: nothing is consumed, so never */
	nulls[7] = isnan(w.autovacuum_eta_seconds) || isinf(w.autovacuum_eta_seconds);
	nulls[8] = isnan(w.stop_eta_seconds) || isinf(w.stop_eta_seconds);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * tend.wraparound_facts() - age, limits and dates per database and counter
 */
Datum
tend_wraparound_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendAgeLimits xid = tend_collect_xid_limits();
	TendAgeLimits mxid = tend_collect_mxid_limits();
	TendBurn	burn;
	uint64		n;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	burn = tend_database_history_burn(GetCurrentTimestamp());
	n = tend_sql_select("read pg_database",
						"SELECT datname, pg_catalog.age(datfrozenxid)::int8,"
						" pg_catalog.mxid_age(datminmxid)::int8 FROM pg_catalog.pg_database",
						0, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		datname = tend_sql_datum(i, 1, &isnull);

		put_counter(rsinfo, datname, "xid", tend_sql_int64(i, 2), &xid, burn.xid_per_second);
		put_counter(rsinfo, datname, "multixact", tend_sql_int64(i, 3), &mxid, burn.mxid_per_second);
	}
	SPI_finish();
	return (Datum) 0;
}
