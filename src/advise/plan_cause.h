/*-------------------------------------------------------------------------
 *
 * plan_cause.h
 *	  Why did a plan change, or become slow?
 *
 * Compares what the planner had before and after: statistics, indexes,
 * settings, the kind of plan, and what executions did.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_CAUSE_H
#define TEND_PLAN_CAUSE_H

#include "advise/plan_judge.h"

#define TEND_INPUT_INDEXES	64
#define TEND_INPUT_COLUMNS	64

typedef struct TendColumnInputs
{
	char		name[NAMEDATALEN];
	double		n_distinct;		/* as pg_stats has it: negative is a share of
								 * the rows */
	double		correlation;	/* NaN if unknown */
	double		null_frac;
	double		top_frequency;	/* of the most common value; NaN if none */
	int			target;			/* statistics target; -1: the default */
} TendColumnInputs;

typedef struct TendIndexInputs
{
	Oid			oid;
	char		name[NAMEDATALEN];
	bool		valid;
	const char *definition;		/* CREATE INDEX ...; NULL if not known */
} TendIndexInputs;

/* What the planner knows of a table */
typedef struct TendTableInputs
{
	Oid			relid;
	char		name[2 * NAMEDATALEN + 6];	/* schema.table, quoted as needed */
	TimestampTz at;				/* when this was noted */
	TimestampTz last_analyze;	/* 0 if never */
	double		reltuples;		/* -1 if never counted */
	double		relpages;		/* of the file now */
	double		allvisible;		/* pages, by pg_class */
	int			nindexes;
	TendIndexInputs indexes[TEND_INPUT_INDEXES];
	int			ncolumns;		/* with statistics */
	TendColumnInputs columns[TEND_INPUT_COLUMNS];
} TendTableInputs;

typedef enum TendPlanCause
{
	TEND_PLAN_CAUSE_UNKNOWN,
	TEND_PLAN_CAUSE_ANALYZE,
	TEND_PLAN_CAUSE_INDEX_DROPPED,	/* or invalid */
	TEND_PLAN_CAUSE_INDEX_CREATED,
	TEND_PLAN_CAUSE_SETTING,
	TEND_PLAN_CAUSE_TABLE_GREW,
	TEND_PLAN_CAUSE_GENERIC_PLAN,
	TEND_PLAN_CAUSE_STATISTICS_TARGET,
	TEND_PLAN_CAUSE_PRUNING_LOST,
	TEND_PLAN_CAUSE_SPILLED,
	TEND_PLAN_CAUSE_VISIBILITY_LOST
} TendPlanCause;

/* One side of the comparison */
typedef struct TendPlanSide
{
	uint64		planid;
	uint64		shapeid;
	bool		generic;
	const char *plan;			/* its text, NULL if unknown */
	const char *settings;		/* lines "name = value" of the settings of the
								 * planner that were not the default, sorted
								 * by name; NULL if unknown */
	TendPlanSums sums;			/* of what it did */
	int			ntables;		/* the tables of the plan at that time */
	const TendTableInputs *tables;
} TendPlanSide;

typedef struct TendPlanFinding
{
	TendPlanCause cause;
	char		evidence[1024]; /* a JSON object */
	char		words[512];		/* the same for people, one sentence */
	char		remedy[512];	/* what to do or run, "" if nothing */
} TendPlanFinding;

extern void tend_plan_find_cause(const TendPlanSide *old, const TendPlanSide *new,
								 TendPlanFinding *finding);
extern const char *tend_plan_cause_name(TendPlanCause cause);

#endif							/* TEND_PLAN_CAUSE_H */
