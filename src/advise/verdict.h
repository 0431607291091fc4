/*-------------------------------------------------------------------------
 *
 * verdict.h
 *	  What is the matter with a table, in one word and one sentence?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VERDICT_H
#define TEND_VERDICT_H

#include "advise/rates.h"
#include "advise/thresholds.h"
#include "advise/wraparound.h"
#include "lib/stringinfo.h"

/* In order of urgency, the least urgent first. */
typedef enum TendVerdictKind
{
	TEND_VERDICT_OK,
	TEND_VERDICT_STANDBY,		/* rows are counted on the primary only */
	TEND_VERDICT_RUNNING,		/* something is due and vacuum is at it */
	TEND_VERDICT_ANALYZE_DUE,
	TEND_VERDICT_INSERT_DUE,
	TEND_VERDICT_VACUUM_DUE,
	TEND_VERDICT_STATISTICS_LOST,
	TEND_VERDICT_UNATTENDED,	/* due, but autovacuum will never come */
	TEND_VERDICT_OVERDUE,
	TEND_VERDICT_BLOCKED,		/* vacuum came and could remove nothing */
	TEND_VERDICT_FREEZE_DUE,
	TEND_VERDICT_WRAPAROUND
} TendVerdictKind;

/* Everything a verdict depends on. */
typedef struct TendTableCase
{
	const TendTableFacts *facts;
	const TendAutovacuumSettings *settings;
	const TendHorizon *horizon;
	TendAgePolicy age_policy;
	double		overdue;		/* vacuum_due at which a table is overdue */
	double		dead_per_second;	/* NaN: unknown */
	TendBurn	burn;
	TimestampTz now;
} TendTableCase;

typedef struct TendTableVerdict
{
	TendVerdictKind kind;
	bool		in_toast;		/* the TOAST table is the cause */
	TendThresholds table;
	TendThresholds toast;		/* meaningless without a TOAST table */
	double		worst_due;		/* the largest of all dues, for sorting */
	double		freeze_eta_seconds; /* NaN: unknown or not applicable */
	double		vacuum_eta_seconds; /* to the vacuum threshold, NaN: unknown */
} TendTableVerdict;

extern TendTableVerdict tend_table_verdict(const TendTableCase *tc);
extern const char *tend_verdict_name(TendVerdictKind kind);
extern void tend_table_advice(StringInfo out, const TendTableCase *tc,
							  const TendTableVerdict *v);

#endif							/* TEND_VERDICT_H */
