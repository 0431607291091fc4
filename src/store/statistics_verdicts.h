/*-------------------------------------------------------------------------
 *
 * statistics_verdicts.h
 *	  What verification found: tend.statistics_verdicts.
 *
 * One row per table and set of columns that were misestimated, and one per
 * statistics object that exists.  It holds no values of the table.
 *
 * All functions need a connected SPI and an active snapshot.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STATISTICS_VERDICTS_H
#define TEND_STATISTICS_VERDICTS_H

#include "access/attnum.h"
#include "estimate_facts.h"

/* Partitions that one advice is about */
#define TEND_VERDICT_TABLES		4

/* Rows that are kept */
#define TEND_MAX_VERDICTS		500

typedef enum TendVerdictState
{
	TEND_VERDICT_UNVERIFIED,	/* could not be verified yet */
	TEND_VERDICT_LIKELY,		/* once: to be confirmed in another visit */
	TEND_VERDICT_PROVEN,		/* twice */
	TEND_VERDICT_REFUTED,		/* no statistics help */
	TEND_VERDICT_FAILED,		/* an error, for instance of a user's function */
	TEND_VERDICT_APPLIED,		/* the statistics are there */
	TEND_VERDICT_USELESS		/* they are there, and do not help */
} TendVerdictState;

typedef struct TendColumnSet
{
	int			n;
	AttrNumber	columns[TEND_ESTIMATE_COLUMNS]; /* ascending */
} TendColumnSet;

typedef struct TendVerdictRow
{
	Oid			relid;
	TendColumnSet columns;		/* that are misestimated, or of the object */
	bool		groups;			/* it is about groups, not rows */
	Oid			object;			/* the statistics object; 0: none yet */
	TendVerdictState state;
	const char *reason;			/* of the state, in words */

	/* statistics that help, or those of the object */
	TendColumnSet advised;
	int			kinds;			/* TEND_STATISTICS_... */
	int			target;			/* 0: the default */
	int			ntables;
	Oid			tables[TEND_VERDICT_TABLES];	/* the table, or its
												 * partitions that were
												 * scanned */

	/* proof */
	double		q_error_now;	/* NaN: unknown */
	double		q_error_expected;
	const char *proof;			/* in words, or NULL */
	const char *evidence;		/* JSON, or NULL */

	int			wins;			/* verified in a row with that result */
	TimestampTz verified_at;
	TimestampTz next_at;		/* not before that */

	int			nqueries;
	uint64		queries[TEND_ESTIMATE_QUERIES];
	int64		samples;
	double		sampled_ms;
} TendVerdictRow;

extern const char *tend_verdict_state_name(TendVerdictState state);
extern struct ArrayType *tend_verdict_columns(const TendColumnSet *set);
extern struct ArrayType *tend_verdict_tables(const TendVerdictRow *verdict);

extern void tend_verdict_write(const TendVerdictRow *verdict);
extern bool tend_verdict_find(Oid relid, const TendColumnSet *columns, bool groups,
							  Oid object, TendVerdictRow *verdict);
extern TendVerdictRow *tend_verdicts_list(int *n);
extern int	tend_verdicts_trim(void);

#endif							/* TEND_STATISTICS_VERDICTS_H */
