/*-------------------------------------------------------------------------
 *
 * shared.h
 *	  What pg_tend keeps in shared memory.
 *
 * Callers get copies; no pointer into shared memory leaves this module.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SHARED_H
#define TEND_SHARED_H

#include "advise/economy.h"
#include "datatype/timestamp.h"

#define TEND_MAX_DATABASES	1024
#define TEND_MESSAGE_LEN	256

typedef enum TendDatabaseStatus
{
	TEND_DB_UNKNOWN,			/* not looked at yet */
	TEND_DB_PRESENT,			/* has the extension and is visited */
	TEND_DB_ABSENT,				/* does not have the extension */
	TEND_DB_EXCLUDED,			/* not named by pg_tend.databases */
	TEND_DB_MISMATCH,			/* extension of another version */
	TEND_DB_FAILED				/* the last visit failed */
} TendDatabaseStatus;

/* What one visit did and what it cost. */
typedef struct TendVisitReport
{
	TimestampTz started;
	TimestampTz finished;
	double		cpu_ms;
	double		longest_transaction_ms;
	int64		tables;			/* tables looked at */
	int64		changed;		/* tables whose counters moved */
	int64		rows_written;	/* rows of history and events */
	bool		yielded;		/* ended early for DROP or CREATE DATABASE */
} TendVisitReport;

/* One database as the launcher knows it. */
typedef struct TendDatabase
{
	Oid			dboid;
	TendDatabaseStatus status;
	double		next_visit;		/* monotonic seconds */
	int			failures;		/* in a row */
	int64		visits;
	double		cpu_ms;			/* of all visits */
	int64		rows_written;	/* by all visits */
	TendVisitReport last;
	TimestampTz message_at;
	int			message_sqlstate;
	char		message[TEND_MESSAGE_LEN];	/* last error, "" if none */
} TendDatabase;

typedef enum TendLauncherStatus
{
	TEND_LAUNCHER_NOT_STARTED,
	TEND_LAUNCHER_RUNNING,
	TEND_LAUNCHER_STANDBY,
	TEND_LAUNCHER_DISABLED,
	TEND_LAUNCHER_NO_SLOT,
	TEND_LAUNCHER_STOPPED
} TendLauncherStatus;

typedef struct TendLauncherInfo
{
	pid_t		pid;
	TendLauncherStatus status;
	int			ndatabases;
	int			untracked_databases;	/* no room for them */
	int64		cancelled_seen;
	int64		cancelled_dropped;
	int64		reports_seen;
	int64		reports_dropped;
	Size		memory_bytes;
	int			table_slots;
	int			table_slots_used;
	int64		table_evictions;
} TendLauncherInfo;

/* An autovacuum or autoanalyze that was cancelled. */
typedef struct TendCancelled
{
	Oid			dboid;
	Oid			relid;
	TimestampTz at;
} TendCancelled;

typedef enum TendReportKind
{
	TEND_REPORT_VACUUM,
	TEND_REPORT_ANALYZE
} TendReportKind;

/* What one automatic vacuum or analyze has cost. */
typedef struct TendVacuumReport
{
	Oid			dboid;
	TendReportKind kind;
	uint64		name_hash;		/* of the table, see tend_report_hash() */
	int64		pages;			/* touched: hits and reads of shared buffers */
	int64		dirtied;		/* pages that were clean before */
	int64		wal_bytes;
	double		ms;				/* with cost delays and waiting for locks */
	TimestampTz at;				/* when it ended */
} TendVacuumReport;

/* What is remembered of a table from one visit to the next. */
typedef struct TendTableMemory
{
	uint64		signature;		/* of the counters at the last visit */
	uint16		overdue_visits; /* in a row */
	bool		pending;		/* a small change is not yet in history */
	uint8		wishes;			/* rows of history in a row that wanted other
								 * options */
	double		look_again;		/* when it must be, in monotonic seconds */
} TendTableMemory;

extern void tend_shared_request(void);
extern void tend_shared_init(void);
extern bool tend_shared_loaded(void);
extern void tend_shared_require(void);

extern void tend_launcher_set(pid_t pid, TendLauncherStatus status);
extern void tend_launcher_wake(void);
extern void tend_launcher_info(TendLauncherInfo *info);

extern void tend_database_sync(const Oid *present, int npresent);
extern bool tend_database_get(Oid dboid, TendDatabase *copy);
extern TendDatabase *tend_database_list(int *n);
extern void tend_database_schedule(Oid dboid, TendDatabaseStatus status, double next_visit);
extern void tend_database_postpone(Oid dboid, double next_visit);
extern double tend_database_soonest(void);
extern void tend_database_request(Oid dboid);
extern void tend_database_hasten(double latest);
extern void tend_database_visited(Oid dboid, TendDatabaseStatus status,
								  const TendVisitReport *report);
extern bool tend_database_failed(Oid dboid, int sqlstate, const char *message);

extern void tend_database_economy(Oid dboid, TendEconomy *economy);
extern void tend_database_set_economy(Oid dboid, const TendEconomy *economy);

extern bool tend_table_recall(Oid dboid, Oid relid, TendTableMemory *memory);
extern void tend_table_remember(Oid dboid, Oid relid, const TendTableMemory *memory);
extern void tend_table_forget(Oid dboid);

extern void tend_cancelled_add(Oid dboid, Oid relid);
extern int	tend_cancelled_peek(Oid dboid, TendCancelled *out, int max);
extern void tend_cancelled_done(Oid dboid, int n);

extern uint64 tend_report_hash(const char *schema_name, const char *table_name);
extern uint64 tend_report_hash_name(const char *name, size_t len);
extern void tend_report_add(const TendVacuumReport *report);
extern int	tend_report_take(Oid dboid, TendVacuumReport *out, int max);

extern double tend_monotonic_seconds(void);

#endif							/* TEND_SHARED_H */
