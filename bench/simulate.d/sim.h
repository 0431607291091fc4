/*-------------------------------------------------------------------------
 *
 * sim.h
 *	  The nouns of the simulator.
 *
 * Time is counted in minutes from the beginning, which is a Monday at 0:00.
 * One minute is both autovacuum's naptime and pg_tend.interval, their
 * defaults.  Rows and bytes are doubles: a table that loses a row in three
 * minutes must not lose none.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SIM_H
#define SIM_H

#include "postgres_fe.h"

#include <math.h>

#include "advise/tune.h"

#define SIM_DAY			1440
#define SIM_MAX_DAYS	400
#define SIM_MB			(1024.0 * 1024.0)

typedef enum SimKind
{
	SIM_CONSTANT,
	SIM_DAY_NIGHT,
	SIM_WEEKEND,
	SIM_PURGE_HOUR,
	SIM_PURGE_DAY,
	SIM_PURGE_WEEK,
	SIM_QUEUE,
	SIM_INSERT_ONLY,
	SIM_BULK,
	SIM_SHIFT,
	SIM_IDLE,
	SIM_GROWING,
	SIM_SPIKY,
	SIM_HELD,
	SIM_RECORDED,
	SIM_NUM_KINDS
} SimKind;

/* Rows per minute from "start" to the start of the next segment */
typedef struct SimSegment
{
	int32		start;
	float		inserted;
	float		updated;		/* leaves a dead row for vacuum */
	float		hot;			/* does not */
	float		deleted;
} SimSegment;

/* A table as it is, which no policy is told */
typedef struct SimTable
{
	SimKind		kind;
	uint64		seed;
	double		rows;			/* at the beginning */
	double		row_bytes;		/* in the heap */
	double		index_bytes;	/* per row, all indexes */
	double		pinned_heap;	/* bytes per dead row */
	double		pinned_index;
	double		touched;		/* share of the pages where rows die */
	bool		dense;			/* dead rows lie side by side */
	double		price;			/* of a vacuum, against the formula */
	double		wal;			/* pages of WAL per page touched */
	int			held_from;		/* minutes; the horizon does not move */
	int			held_until;
	int			nsegments;
	SimSegment *segments;		/* one more than nsegments: the end */
} SimTable;

typedef struct SimWorld
{
	int			ntables;
	int			days;
	SimTable   *tables;
} SimWorld;

/*
 * What is scored.  "Stock" is the space that dead rows take at a moment;
 * "reserved" the space of the file that the table would not need if dead rows
 * vanished at once (see heap.c).
 */
typedef struct SimSums
{
	double		work;			/* page touches of vacuum for dead rows, those
								 * that its WAL is worth included */
	double		insert_work;	/* of vacuum for new rows */
	double		stock;			/* megabyte minutes */
	double		reserved;
	double		vacuums;
	double		futile;			/* nothing could be removed */
	double		dead;			/* rows that are dead at the moment */
} SimSums;

/* A table under a policy */
typedef struct SimHeap
{
	double		live;
	double		reltuples;
	double		dead;			/* n_dead_tup */
	double		stuck;			/* of these, cannot be removed yet */
	double		bypassed;		/* line pointers that vacuum left behind */
	double		new_rows;		/* since vacuum */
	double		modified;		/* since analyze */
	double		file;			/* bytes */
	double		ideal;			/* the same if dead rows vanished at once */
	SimSums		sums;
} SimHeap;

/* The options or settings that decide when vacuum comes */
typedef struct SimRule
{
	double		threshold;
	double		scale;
	double		most;
	double		insert_threshold;
	double		insert_scale;
} SimRule;

/* Sums at the beginning, at half time and at the end */
typedef struct SimLedger
{
	SimSums		at[3];
} SimLedger;

/* Of one table and policy in a span of days */
typedef struct SimScore
{
	double		work;
	double		insert_work;
	double		stock;			/* mean MB */
	double		reserved;		/* mean MB */
	double		vacuums;
	double		futile;
} SimScore;

typedef enum SimPolicy
{
	SIM_DEFAULT,
	SIM_ONE_PERCENT,
	SIM_FLAT,
	SIM_MAX_THRESHOLD,
	SIM_TEND,
	SIM_BEST_CONSTANT,
	SIM_KEEPER,					/* clairvoyant within the dead ratio target */
	SIM_CLAIRVOYANT,
	SIM_NUM_POLICIES
} SimPolicy;

typedef enum SimSpan
{
	SIM_HALF,					/* the second half, which is scored */
	SIM_WHOLE,
	SIM_NUM_SPANS
} SimSpan;

typedef struct SimOutcome
{
	SimScore	score[SIM_NUM_POLICIES][SIM_NUM_SPANS];
	int			changes;		/* by pg_tend, of the dead rows' topic */
	int			changes_half;
	int			all_changes;	/* of all topics */
	double		best_by_stock;	/* least joint cost of a constant threshold if
								 * the stock is what counts, scored half */
	double		best_threshold; /* the cheapest constant one */
} SimOutcome;

/* Thresholds that the clairvoyant tries */
#define SIM_NUM_THRESHOLDS	32

typedef struct SimFrontierTable
{
	float		work[SIM_NUM_THRESHOLDS];
	float		reserved[SIM_NUM_THRESHOLDS];
} SimFrontierTable;

/* What one table went through, for a plot */
typedef struct SimMoment
{
	float		minute;
	float		dead;
	float		threshold;
} SimMoment;

typedef struct SimDiary
{
	int			table;			/* -1: nobody */
	int			n;
	int			size;
	SimMoment  *moments;
} SimDiary;

typedef struct SimTendResult
{
	double		price;			/* of a megabyte, geometric mean of the scored
								 * half, page touches per second */
	int			nprices;		/* one a day */
	double		prices[SIM_MAX_DAYS];
	double		most_actions_in_an_hour;
	double		rows_of_history;
} SimTendResult;

/* world.c, recorded.c */
extern SimWorld sim_world_make(int ntables, int days, uint64 seed);
extern SimWorld sim_world_read(const char *path);
extern const char *sim_kind_name(SimKind kind);
extern SimTable sim_table_begin(double rows, double row_bytes);
extern void sim_segment_add(SimTable *t, double start, double inserted, double updated,
							double hot, double deleted);
extern void sim_segment_end(SimTable *t, int end);

/* random.c */
extern double sim_random(uint64 *state);
extern double sim_random_between(uint64 *state, double least, double most);
extern double sim_random_log(uint64 *state, double least, double most);
extern double sim_random_normal(uint64 *state);
extern double sim_random_wait(uint64 *state, double mean);

/* heap.c */
extern SimHeap sim_heap_begin(const SimTable *t);
extern double sim_heap_pages(const SimTable *t, const SimHeap *h);
extern double sim_index_pages(const SimTable *t, const SimHeap *h);
extern double sim_dead_rate(const SimSegment *s);
extern void sim_flow(const SimTable *t, SimHeap *h, const SimSegment *s, int from, int minutes);
extern double sim_vacuum_price(const SimTable *t, const SimHeap *h, double dead);
extern double sim_vacuum_effort(const SimTable *t, const SimHeap *h, double dead);
extern double sim_vacuum(const SimTable *t, SimHeap *h, int now);
extern void sim_run(const SimTable *t, SimHeap *h, const SimRule *rule, int *segment,
					int from, int until);
extern void sim_run_days(const SimTable *t, const SimRule *rule, int days, SimLedger *ledger);
extern double sim_span_minutes(SimSpan span, int days);
extern SimScore sim_score(const SimLedger *ledger, SimSpan span, int days, double debt);

/* tender.c, guard */
extern SimTendResult sim_tend(const SimWorld *w, double target, int max_actions,
							  SimLedger *ledgers, SimOutcome *outcomes, SimDiary *diaries);

/* clairvoyant.c */
extern double sim_joint(const SimScore *s, double minutes, double price, bool by_stock);
extern double sim_clairvoyant(const SimTable *t, int days, double price, double target,
							  SimOutcome *o, SimFrontierTable *f);

/* report.c, plots.c */
typedef struct SimReport
{
	const SimWorld *world;
	const SimOutcome *outcomes;
	const SimFrontierTable *frontier;
	const SimDiary *diaries;	/* one per kind */
	SimTendResult tend;
	double		tend_seconds;	/* CPU */
	double		seconds;
	uint64		seed;
	double		target;
	double		max_threshold;
} SimReport;

extern FILE *sim_output(const char *dir, const char *name);
extern const char *sim_policy_name(SimPolicy p);
extern SimScore sim_frontier_at(const SimReport *r, double price);
extern double sim_frontier_same_work(const SimReport *r, double work, SimScore *at);
extern SimScore sim_total(const SimReport *r, SimPolicy p, SimSpan span, int kind);
extern void sim_report_print(FILE *out, const SimReport *r);
extern void sim_tables_write(FILE *out, const SimReport *r);
extern void sim_plots_write(const SimReport *r, const char *dir);

#endif							/* SIM_H */
