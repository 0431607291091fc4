/*-------------------------------------------------------------------------
 *
 * scans.c
 *	  tend.scan_facts(): sequential scans with conditions
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "store/shared.h"
#include "store/shared_scans.h"
#include "utils/array.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_scan_facts);

static Datum
columns_of(const TendScan *scan)
{
	Datum		columns[TEND_SCAN_COLUMNS];

	for (int i = 0; i < scan->ncolumns; i++)
		columns[i] = Int16GetDatum(scan->columns[i]);
	return PointerGetDatum(construct_array(columns, scan->ncolumns, INT2OID, sizeof(int16), true,
										   TYPALIGN_SHORT));
}

/*
 * tend.scan_facts() - what was seen of the tables of this database
 */
Datum
tend_scan_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendScan   *scans;
	int			n;

	tend_shared_require();
	InitMaterializedSRF(fcinfo, 0);
	scans = tend_scans_copy(MyDatabaseId, &n);
	for (int i = 0; i < n; i++)
	{
		Datum		values[] = {
			ObjectIdGetDatum(scans[i].relid),
			columns_of(&scans[i]),
			Float8GetDatum(scans[i].scans),
			Float8GetDatum(scans[i].rows_read),
			Float8GetDatum(scans[i].rows_kept),
			TimestampTzGetDatum(scans[i].last_seen)
		};
		bool		nulls[lengthof(values)] = {false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
