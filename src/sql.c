/*-------------------------------------------------------------------------
 *
 * sql.c
 *	  Run SQL through SPI and read its rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "executor/spi.h"
#include "sql.h"
#include "utils/timestamp.h"

void
tend_sql_check(const char *what, int result, int want)
{
	if (result != want)
		elog(ERROR, "could not %s: %s", what, SPI_result_code_string(result));
}

/* Read rows, which stay until tend_sql_done(); returns how many. */
uint64
tend_sql_select(const char *what, const char *sql, int nargs, Oid *types, Datum *values)
{
	tend_sql_check(what,
				   SPI_execute_with_args(sql, nargs, types, values, NULL, true, 0),
				   SPI_OK_SELECT);
	return SPI_processed;
}

/* Add rows; returns how many. */
uint64
tend_sql_insert(const char *what, const char *sql, int nargs, Oid *types, Datum *values,
				const char *nulls)
{
	tend_sql_check(what,
				   SPI_execute_with_args(sql, nargs, types, values, nulls, false, 0),
				   SPI_OK_INSERT);
	return SPI_processed;
}

void
tend_sql_utility(const char *what, const char *sql)
{
	tend_sql_check(what, SPI_execute(sql, false, 0), SPI_OK_UTILITY);
}

void
tend_sql_done(void)
{
	SPI_freetuptable(SPI_tuptable);
}

/* ---- one value; NULL reads as 0, NaN or NULL ---- */

Datum
tend_sql_datum(uint64 row, int col, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, col, isnull);
}

char *
tend_sql_text(uint64 row, int col)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, col);
}

Oid
tend_sql_oid(uint64 row, int col)
{
	bool		isnull;
	Datum		d = tend_sql_datum(row, col, &isnull);

	return isnull ? InvalidOid : DatumGetObjectId(d);
}

int32
tend_sql_int32(uint64 row, int col)
{
	bool		isnull;
	Datum		d = tend_sql_datum(row, col, &isnull);

	return isnull ? 0 : DatumGetInt32(d);
}

int64
tend_sql_int64(uint64 row, int col)
{
	bool		isnull;
	Datum		d = tend_sql_datum(row, col, &isnull);

	return isnull ? 0 : DatumGetInt64(d);
}

TimestampTz
tend_sql_time(uint64 row, int col)
{
	bool		isnull;
	Datum		d = tend_sql_datum(row, col, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(d);
}

double
tend_sql_real(uint64 row, int col)
{
	bool		isnull;
	Datum		d = tend_sql_datum(row, col, &isnull);

	return isnull ? NAN : DatumGetFloat4(d);
}

double
tend_sql_double(uint64 row, int col)
{
	bool		isnull;
	Datum		d = tend_sql_datum(row, col, &isnull);

	return isnull ? NAN : DatumGetFloat8(d);
}
