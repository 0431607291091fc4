/*-------------------------------------------------------------------------
 *
 * health.h
 *	  The checks of tend.health: facts in, a finding or none out.
 *
 * Facts of one object have names, as the columns of the query that read them.
 * A check looks at some of them and at its threshold, and says how bad it is,
 * why, and what to run.  To add a check:
 *
 *	- its name in TendHealthCheck, and its row in health.c;
 *	- a function that judges it, in the health_*.c of its subject, and cases
 *	  in test/unit/health.c;
 *	- the setting of its threshold, in health_settings[] of settings.c;
 *	- where its facts come from, in src/show/health_sources.c.
 *
 * A remedy is pasted by superusers, and names are chosen by others: in it a
 * name stands quoted, as an identifier or a literal, and never within quotes of
 * ours or behind "--", where a line break in it would end the comment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_HEALTH_H
#define TEND_HEALTH_H

#include "advise/verdict.h"
#include "advise/wraparound.h"
#include "lib/stringinfo.h"

/* In the order in which rows of equal severity are shown */
typedef enum TendHealthCheck
{
	TEND_HEALTH_WRAPAROUND,
	TEND_HEALTH_FREEZE,
	TEND_HEALTH_ARCHIVER,
	TEND_HEALTH_WAL,
	TEND_HEALTH_SLOT,
	TEND_HEALTH_CONNECTIONS,
	TEND_HEALTH_BLOCKER,
	TEND_HEALTH_PREPARED,
	TEND_HEALTH_IDLE_TRANSACTION,
	TEND_HEALTH_REPLICATION_LAG,
	TEND_HEALTH_REPLICATION_BACKLOG,
	TEND_HEALTH_OVERDUE,
	TEND_HEALTH_DEAD_ROWS,
	TEND_HEALTH_WORKERS,
	TEND_HEALTH_THROTTLED,
	TEND_HEALTH_CANCELLED,
	TEND_HEALTH_PLAN,
	TEND_HEALTH_SLOW_QUERY,
	TEND_HEALTH_MISESTIMATE,
	TEND_HEALTH_STALE_STATISTICS,
	TEND_HEALTH_PARTITIONED_STATISTICS,
	TEND_HEALTH_LOST_STATISTICS,
	TEND_HEALTH_CHECKPOINTS,
	TEND_HEALTH_STORM,
	TEND_HEALTH_WAL_SYNC,
	TEND_HEALTH_BACKEND_FSYNCS,
	TEND_HEALTH_SYNC,
	TEND_HEALTH_SPILL,
	TEND_HEALTH_WASTED_SCAN,
	TEND_HEALTH_PRUNING,
	TEND_HEALTH_INVALID_INDEX,
	TEND_HEALTH_UNUSED_INDEX,
	TEND_HEALTH_DUPLICATE_INDEX,
	TEND_HEALTH_BLOATED_INDEX,
	TEND_HEALTH_BLOATED_TABLE,
	TEND_HEALTH_HOT,
	TEND_HEALTH_CORRELATION,
	TEND_HEALTH_SETTINGS,
	TEND_HEALTH_SELF,
	TEND_HEALTH_CHECKS			/* how many there are */
} TendHealthCheck;

#define TEND_HEALTH_MAX_FACTS	24

/* One fact: a word, or a number if "word" is NULL; NaN is unknown */
typedef struct TendHealthFact
{
	const char *name;
	const char *word;
	double		number;
} TendHealthFact;

/* What is known of one object */
typedef struct TendHealthFacts
{
	int			n;
	TendHealthFact facts[TEND_HEALTH_MAX_FACTS];
} TendHealthFacts;

typedef struct TendHealthFinding
{
	TendSeverity severity;		/* TEND_OK: there is nothing to say */
	double		value;			/* what was compared; NaN: no number */
	double		threshold;		/* with what; NaN: no number */
	double		weight;			/* among those of equal severity, the larger
								 * the worse */
	StringInfoData message;
	StringInfoData remedy;
} TendHealthFinding;

typedef void (*TendHealthJudge) (const TendHealthFacts *facts, double threshold,
								 TendHealthFinding *finding);

typedef struct TendHealthInfo
{
	const char *name;
	const char *setting;		/* of the threshold; NULL: the facts decide */
	const char *unit;			/* of value and threshold; NULL: none */
	const char *meaning;
	const char *more;			/* where to see all of them */
	TendHealthJudge judge;
} TendHealthInfo;

extern const TendHealthInfo *tend_health_info(TendHealthCheck check);
extern void tend_health_finding_init(TendHealthFinding *finding);
extern bool tend_health_judge(TendHealthCheck check, const TendHealthFacts *facts,
							  double threshold, TendHealthFinding *finding);

/* ---- facts ---- */

extern void tend_facts_add(TendHealthFacts *facts, const char *name, double number);
extern void tend_facts_add_word(TendHealthFacts *facts, const char *name, const char *word);
extern double tend_facts_number(const TendHealthFacts *facts, const char *name);
extern const char *tend_facts_word(const TendHealthFacts *facts, const char *name);
extern bool tend_facts_is(const TendHealthFacts *facts, const char *name, const char *word);
extern void tend_facts_of_table(TendHealthFacts *facts, const char *name, const TendTableCase *tc,
								const TendTableVerdict *v, StringInfo advice);

/* ---- what judges have in common ---- */

extern void tend_health_put(StringInfo out, const TendHealthFacts *facts, const char *name);
extern TendSeverity tend_health_grade(double value, double threshold, double critical);

/* ---- settings that contradict each other ---- */

extern int	tend_health_setting_rules(void);
extern const char *const *tend_health_setting_names(int rule);

/* ---- the worst of many ---- */

/* Where a finding stands among those that are kept; -1: it is not kept */
typedef struct TendHealthRank
{
	TendSeverity severity;
	double		weight;
} TendHealthRank;

extern int	tend_health_place(const TendHealthRank *ranks, int n, int max, TendHealthRank rank);

/* ---- the judges, by subject ---- */

extern void tend_health_wraparound(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_freeze(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_overdue(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_dead_rows(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_stale_statistics(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_partitioned_statistics(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_lost_statistics(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_bloated_table(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_hot(const TendHealthFacts *f, double threshold, TendHealthFinding *out);

extern void tend_health_workers(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_throttled(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_cancelled(const TendHealthFacts *f, double threshold, TendHealthFinding *out);

extern void tend_health_connections(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_blocker(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_prepared(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_idle_transaction(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern double tend_useful_connections(double connections, double busy_share);

extern void tend_health_archiver(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_wal(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_slot(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_replication_lag(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_replication_backlog(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_checkpoints(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_wal_sync(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_backend_fsyncs(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_sync(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_storm(const TendHealthFacts *f, double threshold, TendHealthFinding *out);

extern void tend_health_plan(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_slow_query(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_misestimate(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_spill(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_wasted_scan(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_pruning(const TendHealthFacts *f, double threshold, TendHealthFinding *out);

extern void tend_health_invalid_index(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_unused_index(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_duplicate_index(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_bloated_index(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_correlation(const TendHealthFacts *f, double threshold, TendHealthFinding *out);

extern void tend_health_setting(const TendHealthFacts *f, double threshold, TendHealthFinding *out);
extern void tend_health_self(const TendHealthFacts *f, double threshold, TendHealthFinding *out);

#endif							/* TEND_HEALTH_H */
