/*-------------------------------------------------------------------------
 *
 * tune.h
 *	  Which autovacuum options should a table have?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_TUNE_H
#define TEND_TUNE_H

#include "advise/economy.h"
#include "advise/learn.h"
#include "advise/verdict.h"

/* Options that pg_tend may set, in the order in which they are written */
typedef enum TendOptionId
{
	TEND_OPTION_VACUUM_THRESHOLD,
	TEND_OPTION_VACUUM_SCALE_FACTOR,
	TEND_OPTION_INSERT_THRESHOLD,
	TEND_OPTION_INSERT_SCALE_FACTOR,
	TEND_OPTION_FREEZE_MIN_AGE,
	TEND_OPTION_ANALYZE_THRESHOLD,
	TEND_OPTION_ANALYZE_SCALE_FACTOR,
	TEND_OPTION_COST_LIMIT,
	TEND_OPTION_FREEZE_MAX_AGE,
	TEND_OPTION_TOAST_VACUUM_THRESHOLD,
	TEND_OPTION_TOAST_VACUUM_SCALE_FACTOR,
	TEND_NUM_OPTIONS
} TendOptionId;

/*
 * What options are about.  Those of one topic are changed, proved and taken
 * back together, and belong to the user together.
 */
typedef enum TendTopic
{
	TEND_TOPIC_DEAD,
	TEND_TOPIC_INSERT,
	TEND_TOPIC_ANALYZE,
	TEND_TOPIC_COST,
	TEND_TOPIC_FREEZE,
	TEND_TOPIC_TOAST,
	TEND_NUM_TOPICS
} TendTopic;

typedef enum TendTuningMode
{
	TEND_TUNING_OFF,
	TEND_TUNING_ADVISE,
	TEND_TUNING_APPLY
} TendTuningMode;

/* Why an option should change */
typedef enum TendReason
{
	TEND_REASON_CHEAPER_SPACE,	/* more vacuum is worth the space */
	TEND_REASON_CHEAPER_WORK,	/* less vacuum costs little space */
	TEND_REASON_TARGET,			/* dead ratio above the target */
	TEND_REASON_BURST,			/* vacuum right after each purge */
	TEND_REASON_QUEUE,			/* its rows are replaced many times an hour */
	TEND_REASON_INSERTS,		/* rows become all-visible soon */
	TEND_REASON_ANALYZED_TOO_OFTEN,
	TEND_REASON_ANALYZED_TOO_LATE,
	TEND_REASON_MISLED,			/* statistics that are stale mislead queries */
	TEND_REASON_TOO_SLOW,		/* vacuum takes longer than the table needs to
								 * fill up again */
	TEND_REASON_STAGGER,		/* large tables would freeze together */
	TEND_REASON_LEASE,			/* vacuum can remove nothing at present */
	TEND_NUM_REASONS
} TendReason;

/* What a threshold leads to, as the model sees it; NaN: does not apply */
typedef struct TendOutcome
{
	double		threshold;		/* rows */
	double		per_hour;		/* vacuums, or analyzes */
	double		pages_per_hour; /* page touches of these */
	double		rows;			/* dead, or not all-visible, when it comes */
	double		bytes;			/* they take */
	double		effort_per_hour;	/* page touches with WAL */
	double		stale_per_hour; /* sampled executions that statistics misled */
} TendOutcome;

typedef struct TendOptionValue
{
	TendOptionId option;
	double		value;
} TendOptionValue;

#define TEND_MAX_TOPIC_OPTIONS 3

/* One topic of a table that should change */
typedef struct TendProposal
{
	TendTopic	topic;
	TendReason	reason;
	int			noptions;
	TendOptionValue options[TEND_MAX_TOPIC_OPTIONS];
	TendOutcome now;
	TendOutcome then;
	double		benefit;		/* page touches per second, bloat priced in */
} TendProposal;

typedef struct TendTuning
{
	int			nproposals;
	TendProposal proposals[TEND_NUM_TOPICS];
} TendTuning;

/* One option as pg_tend left it */
typedef struct TendInForce
{
	bool		ours;
	double		value;
} TendInForce;

/* What pg_tend did to a table before */
typedef struct TendManaged
{
	TendInForce options[TEND_NUM_OPTIONS];
	TimestampTz changed_at[TEND_NUM_TOPICS];	/* 0: never */
	int64		vacuums_then[TEND_NUM_TOPICS];	/* vacuum_count at that time */
	TimestampTz hands_off_until[TEND_NUM_TOPICS];	/* the user took something
													 * back; 0: no */
	int			reverts[TEND_NUM_TOPICS];	/* by a failed proof */
	bool		leased[TEND_NUM_TOPICS];	/* for the time of a blocker */
	bool		misled;			/* analyze comes earlier, since queries were
								 * misled */
} TendManaged;

/* Large tables, which may have to be frozen at the same time */
#define TEND_MAX_STORM 64

/* Smaller tables are frozen in no time: 128 MB */
#define TEND_STORM_PAGES 16384

typedef struct TendStormTable
{
	Oid			relid;
	double		pages;
	int64		xid_age;
} TendStormTable;

typedef struct TendStorm
{
	int			n;
	TendStormTable tables[TEND_MAX_STORM];
} TendStorm;

/* Everything a tuning depends on */
typedef struct TendTuneCase
{
	const TendTableCase *table;
	const TendTableSize *size;
	TendLearnt	learnt;
	TendMarket	market;
	const TendManaged *managed; /* NULL: nothing */
	const TendStorm *storm;		/* NULL: unknown */
	double		dead_ratio_target;
	double		interval_seconds;
	double		cost_granted;	/* cost limits given to tables, in all, this
								 * one included */
} TendTuneCase;

extern bool tend_tune_is_possible(const TendTableCase *tc);
extern bool tend_tune_is_watched(const TendTuneCase *c);
extern bool tend_tune_is_open(const TendTuneCase *c, TendTopic topic);
extern TendTuning tend_tune(const TendTuneCase *c);

/* of single topics, for tend_tune() and tests; false: nothing to propose */
extern bool tend_tune_dead(const TendTuneCase *c, TendProposal *p);
extern bool tend_tune_toast(const TendTuneCase *c, const TendProposal *dead, TendProposal *p);
extern bool tend_tune_insert(const TendTuneCase *c, TendProposal *p);
extern bool tend_tune_analyze(const TendTuneCase *c, TendProposal *p);
extern bool tend_tune_cost(const TendTuneCase *c, TendProposal *p);
extern double tend_cost_granted(const TendManaged *managed);
extern bool tend_tune_freeze(const TendTuneCase *c, TendProposal *p);

extern bool tend_storm_concerns(const TendStorm *storm, int i, int64 freeze_max_age);
extern void tend_proposal_add(TendProposal *p, TendOptionId option, double value);
extern double tend_round_option(double value);
extern const char *tend_option_name(TendOptionId option);
extern TendTopic tend_option_topic(TendOptionId option);
extern double tend_option_current(const TendTableFacts *facts, TendOptionId option);

#endif							/* TEND_TUNE_H */
