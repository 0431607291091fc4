/*-------------------------------------------------------------------------
 *
 * facts.h
 *	  The nouns that every layer of pg_tend shares.
 *
 * collect/ fills these structs, store/ keeps a part of them as history,
 * advise/ computes with them and show/ prints them.  Nothing here needs a
 * server: the file is also included by the unit tests.
 *
 * "Unknown" has one spelling per type: NaN for double, 0 for TimestampTz,
 * -1 for an age.  An unknown value is never guessed; it becomes NULL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_FACTS_H
#define TEND_FACTS_H

#include "datatype/timestamp.h"

/*
 * Waiting times count in intervals: an "hour", a "day" and a "week" are so many
 * times pg_tend.interval, and a test can compress them.
 */
#define TEND_HOUR_INTERVALS		60
#define TEND_DAY_INTERVALS		(24 * TEND_HOUR_INTERVALS)
#define TEND_WEEK_INTERVALS		(7 * TEND_DAY_INTERVALS)

/*
 * Autovacuum's reloptions of one relation, as far as they decide when it is
 * processed.  An option that is not set is NaN, except "enabled".
 */
typedef struct TendOptions
{
	bool		any;			/* the relation has some reloption */
	bool		enabled;		/* autovacuum_enabled */
	double		vacuum_threshold;
	double		vacuum_max_threshold;
	double		vacuum_scale_factor;
	double		insert_threshold;
	double		insert_scale_factor;
	double		analyze_threshold;
	double		analyze_scale_factor;
	double		freeze_max_age;
	double		multixact_freeze_max_age;
	double		freeze_min_age;
	double		cost_limit;
	double		cost_delay;
} TendOptions;

/* The server's settings that decide when autovacuum processes a table. */
typedef struct TendAutovacuumSettings
{
	bool		active;			/* autovacuum and track_counts are both on */
	bool		standby;		/* nothing is vacuumed or counted here */
	int			vacuum_threshold;
	int			vacuum_max_threshold;	/* -1: none, or the server has none */
	double		vacuum_scale_factor;
	int			insert_threshold;	/* -1: inserts do not cause vacuum */
	double		insert_scale_factor;
	int			analyze_threshold;
	double		analyze_scale_factor;
	int			freeze_max_age;
	int			multixact_freeze_max_age;	/* effective, members considered */
	int			naptime_seconds;
	int			cost_limit;		/* effective for autovacuum */
	double		cost_delay;		/* ms, effective for autovacuum; 0: no limit */
	int			checkpoint_seconds; /* checkpoint_timeout */
} TendAutovacuumSettings;

/*
 * Statistics and catalog facts of one heap: the table's own, or that of its
 * TOAST table.
 */
typedef struct TendHeapFacts
{
	Oid			relid;			/* InvalidOid: there is no such heap */
	TendOptions options;

	/* pg_class */
	double		reltuples;		/* -1: never vacuumed or analyzed */
	int32		relpages;
	int32		all_visible_pages;
	int32		all_frozen_pages;	/* 0 before PostgreSQL 18 */
	uint32		frozen_xid;		/* relfrozenxid as a number */
	int64		xid_age;		/* -1: does not apply */
	int64		mxid_age;		/* -1: does not apply */

	/* cumulative statistics */
	int64		live_tuples;
	int64		dead_tuples;
	int64		inserts_since_vacuum;
	int64		mods_since_analyze;
	int64		inserted;
	int64		updated;
	int64		hot_updated;
	int64		deleted;
	int64		vacuum_count;	/* manual and automatic together */
	int64		analyze_count;
	TimestampTz last_vacuum;	/* the later of manual and automatic */
	TimestampTz last_analyze;

	bool		vacuum_running;
} TendHeapFacts;

/* One table, materialized view or partition with its TOAST table. */
typedef struct TendTableFacts
{
	char		schema_name[NAMEDATALEN];
	char		table_name[NAMEDATALEN];
	char		kind;			/* pg_class.relkind: r or m */
	char		persistence;	/* pg_class.relpersistence: p, u or t */
	bool		is_partition;
	bool		is_statistic;	/* pg_statistic, which is never analyzed */
	TendHeapFacts heap;
	TendHeapFacts toast;
	int			noverrides;
	char	  **overrides;		/* vacuum reloptions, "toast." in front of
								 * TOAST's */
} TendTableFacts;

/* Heaps that are being vacuumed now; more than that are not marked. */
#define TEND_MAX_RUNNING 128

typedef struct TendRunning
{
	int			n;
	Oid			relids[TEND_MAX_RUNNING];
} TendRunning;

/* On-disk sizes in bytes; -1 where the relation vanished. */
typedef struct TendTableSize
{
	int64		table_bytes;	/* main, free space map and visibility map */
	int64		index_bytes;
	int64		toast_bytes;	/* TOAST table and its index */
} TendTableSize;

/*
 * What was learnt about a table by watching it.  Rates are rows per second
 * unless stated.
 */
typedef struct TendLearnt
{
	double		observed_seconds;	/* how long, 0 at first */
	double		dead_fast;		/* rows that die, quick to rise */
	double		dead_hour;
	double		dead_day;
	double		burst_share;	/* share of the dead rows that comes in bursts */
	double		burst_rows;		/* dead rows of a typical burst */
	double		inserts_fast;
	double		inserts_day;
	double		mods_day;		/* rows inserted, updated or deleted */
	double		dead_peak;		/* most dead rows that were ever there */
	double		growth_rows;	/* dead rows by which that peak rose, in all, */
	double		growth_bytes;	/* and by how much table and indexes grew then */
	double		vacuum_pages;	/* page touches of an autovacuum, as measured */
	double		vacuum_wal;		/* bytes of its WAL */
	double		vacuum_ms;		/* its duration */
	double		price_ratio;	/* pages measured / pages expected */
	double		wal_price;		/* WAL per page with dead rows, in page
								 * touches */
	double		analyze_pages;	/* page touches of an autoanalyze */
	double		toast_dead_hour;
	double		toast_dead_day;
	double		toast_vacuum_pages;
	double		toast_price_ratio;
	double		toast_wal_price;

	/*
	 * Executions that were sampled and misled by statistics older than the
	 * data.  All unknown where there are none.
	 */
	double		stale_samples;	/* since the row of history before */
	double		stale_seconds;	/* for how long there have been some */
	double		stale_day;		/* per second since then, over a day at most */
	double		stale_q;		/* how many times they were off, typically */
	double		stale_rows;		/* modified since the last analyze, when it
								 * began */
	double		stale_ms_day;	/* ms per second that they took */
} TendLearnt;

/*
 * Automatic vacuums and analyzes of one table since the last row of history,
 * as measured in the autovacuum workers: sums.
 */
typedef struct TendMeasured
{
	int			vacuums;
	double		vacuum_pages;
	double		vacuum_wal;
	double		vacuum_ms;
	int			analyzes;
	double		analyze_pages;
	int			toast_vacuums;
	double		toast_vacuum_pages;
	double		toast_vacuum_wal;
} TendMeasured;

/* The last row of a table's history. */
typedef struct TendTablePast
{
	TimestampTz at;				/* 0: there is none */
	int64		live_tuples;
	int64		dead_tuples;
	int64		inserts_since_vacuum;
	int64		mods_since_analyze;
	int64		toast_dead_tuples;
	int64		inserted;
	int64		updated;
	int64		hot_updated;
	int64		deleted;
	int64		vacuum_count;
	int64		analyze_count;
	int64		toast_deleted;
	int64		toast_vacuum_count;
	int64		bytes;			/* table and indexes; 0: unknown */
	uint32		frozen_xid;
	TendLearnt	learnt;
} TendTablePast;

/* Observed consumption of transaction IDs; NaN where history is too short. */
typedef struct TendBurn
{
	double		xid_per_second;
	double		mxid_per_second;
} TendBurn;

/* Who holds back vacuum in this database, the oldest one only. */
typedef struct TendHorizon
{
	bool		anybody;		/* somebody holds back something, maybe
								 * catalogs only */
	bool		held;			/* somebody holds back this database's tables */
	int64		xmin_age;
	TimestampTz since;			/* 0: unknown */
	char		who[128];		/* "pid 123 (alice, psql)" or the like */
	char		remedy[512];
} TendHorizon;

#endif							/* TEND_FACTS_H */
