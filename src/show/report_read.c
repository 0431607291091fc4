/*-------------------------------------------------------------------------
 *
 * report_read.c
 *	  Reading for tend.report().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/string.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "show/readable.h"
#include "show/report.h"
#include "sql.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Rows of a cursor that are in memory at a time */
#define SCAN_ROWS 1000

static Datum
time_datum(double at)
{
	return TimestampTzGetDatum((TimestampTz) rint((at - ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * 86400.0)) * 1e6));
}

/* $1 and $2 are the ends of the period */
uint64
tend_report_select_of(const TendPeriod *p, const char *what, const char *sql)
{
	Oid			types[] = {TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum		values[] = {time_datum(p->from), time_datum(p->to)};

	CHECK_FOR_INTERRUPTS();
	return tend_sql_select(what, sql, lengthof(types), types, values);
}

uint64
tend_report_select(const TendReport *r, const char *what, const char *sql)
{
	return tend_report_select_of(&r->period, what, sql);
}

/*
 * Any number of rows, a few at a time: $3 is a table.  The function is called
 * for each row, which is then in SPI_tuptable.
 */
void
tend_report_scan(const TendPeriod *p, Oid relid, const char *what, const char *sql,
				 TendReportRow use, void *state)
{
	Oid			types[] = {TIMESTAMPTZOID, TIMESTAMPTZOID, OIDOID};
	Datum		values[] = {time_datum(p->from), time_datum(p->to), ObjectIdGetDatum(relid)};
	Portal		cursor = SPI_cursor_open_with_args(NULL, sql, lengthof(types), types, values, NULL,
												   true, CURSOR_OPT_NO_SCROLL);

	for (;;)
	{
		uint64		n;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(cursor, true, SCAN_ROWS);
		n = SPI_processed;
		for (uint64 i = 0; i < n; i++)
			use(state, i);
		tend_sql_done();
		if (n < SCAN_ROWS)
			break;
	}
	SPI_cursor_close(cursor);
}

/*
 * A text of this database in UTF-8.  Names of other databases may be invalid
 * here, and some encodings have characters that Unicode does not: then only
 * what is ASCII is left.
 */
char *
tend_report_utf8(const char *text)
{
	const char *readable = tend_readable(text);
	int			encoding = GetDatabaseEncoding();
	int			length = (int) strlen(readable);
	int			room = length * MAX_CONVERSION_GROWTH + 1;
	Oid			proc;
	char	   *result;

	/* of SQL_ASCII nobody knows; most likely it is UTF-8 */
	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII || pg_is_ascii(readable))
		return pstrdup(readable);
	proc = FindDefaultConversionProc(encoding, PG_UTF8);
	result = palloc(room);
	if (!OidIsValid(proc) ||
		pg_do_encoding_conversion_buf(proc, encoding, PG_UTF8, (unsigned char *) unconstify(char *, readable),
									  length, (unsigned char *) result, room, true) != length)
	{
		strlcpy(result, readable, room);
		for (char *c = result; *c != '\0'; c++)
			*c = IS_HIGHBIT_SET(*c) ? '?' : *c;
	}
	return result;
}

/* NULL reads as NULL */
char *
tend_report_text(uint64 row, int col)
{
	char	   *text = tend_sql_text(row, col);

	return text == NULL ? NULL : tend_report_utf8(text);
}

/* The same on one line */
char *
tend_report_words(uint64 row, int col)
{
	char	   *text = tend_report_text(row, col);
	char	   *to = text;

	if (text == NULL)
		return NULL;
	for (const char *c = text; *c != '\0'; c++)
	{
		bool		blank = *c == ' ' || *c == '\t' || *c == '\n' || *c == '\r';

		if (blank && (to == text || to[-1] == ' '))
			continue;
		*to++ = blank ? ' ' : *c;
	}
	*to = '\0';
	return text;
}

void
tend_report_tile(TendReport *r, const char *name, const char *value, const char *detail)
{
	if (r->ntiles < TEND_REPORT_MAX_TILES)
		r->tiles[r->ntiles++] = (TendTile) {name, value, detail};
}

/* A part of the sentence that tells what happened in the period */
void
tend_report_tell(TendReport *r, const char *part)
{
	if (r->period.state != TEND_PERIOD_OBSERVED)
		return;
	appendStringInfo(&r->story, "%s%s", r->story.len > 0 ? "; " : "", part);
}

/* Of the session's time zone */
int
tend_report_utc_offset(double at)
{
	pg_time_t	t = (pg_time_t) floor(at);
	struct pg_tm *tm = pg_localtime(&t, session_timezone);

	return tm == NULL ? 0 : (int) tm->tm_gmtoff;
}
