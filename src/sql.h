/*-------------------------------------------------------------------------
 *
 * sql.h
 *	  Run SQL through SPI and read its rows.
 *
 * All functions need a connected SPI and an active snapshot, and raise an
 * error when the statement does not do what it should.  Columns count from 1.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SQL_H
#define TEND_SQL_H

#include "datatype/timestamp.h"

extern uint64 tend_sql_select(const char *what, const char *sql,
							  int nargs, Oid *types, Datum *values);
extern uint64 tend_sql_insert(const char *what, const char *sql,
							  int nargs, Oid *types, Datum *values, const char *nulls);
extern void tend_sql_utility(const char *what, const char *sql);
extern void tend_sql_check(const char *what, int result, int want);
extern void tend_sql_done(void);

extern Datum tend_sql_datum(uint64 row, int col, bool *isnull);
extern char *tend_sql_text(uint64 row, int col);
extern Oid	tend_sql_oid(uint64 row, int col);
extern int32 tend_sql_int32(uint64 row, int col);
extern int64 tend_sql_int64(uint64 row, int col);
extern TimestampTz tend_sql_time(uint64 row, int col);
extern double tend_sql_real(uint64 row, int col);
extern double tend_sql_double(uint64 row, int col);

#endif							/* TEND_SQL_H */
