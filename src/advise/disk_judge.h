/*-------------------------------------------------------------------------
 *
 * disk_judge.h
 *	  Does the disk keep up, and who is it that keeps it busy?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DISK_JUDGE_H
#define TEND_DISK_JUDGE_H

#include "disk_facts.h"

/* The window that is judged, in intervals */
#define TEND_DISK_WINDOW		10

/* A condition of single intervals ends when none of so many had it */
#define TEND_DISK_CALM			5

#define TEND_DISK_TEXT_LEN		1024

/* What is judged: the last intervals and checkpoints, the oldest first */
typedef struct TendDiskCase
{
	TimestampTz now;
	const TendDiskInterval *intervals;
	int			nintervals;
	const TendCheckpoint *checkpoints;
	int			ncheckpoints;
	double		interval_seconds;	/* pg_tend.interval */
	double		timeout_seconds;	/* checkpoint_timeout */
	double		max_wal_bytes;	/* max_wal_size */
	int			storm_checkpoints;	/* pg_tend.storm_checkpoints */
	double		wal_sync_limit_ms;	/* pg_tend.wal_sync_limit, 0: off */
	int			backend_fsync_limit;	/* pg_tend.backend_fsyncs, 0: off */
} TendDiskCase;

typedef enum TendDiskCondition
{
	TEND_DISK_CHECKPOINT_STORM,
	TEND_DISK_AUTOVACUUM_STORM,
	TEND_DISK_WAL_SYNC_SLOW,
	TEND_DISK_BACKEND_FSYNCS,
	TEND_NUM_DISK_CONDITIONS
} TendDiskCondition;

typedef enum TendDiskStep
{
	TEND_DISK_KEEP,				/* as it was */
	TEND_DISK_OPEN,
	TEND_DISK_CLOSE
} TendDiskStep;

/* Who wrote in the window: the evidence */
typedef struct TendDiskEvidence
{
	double		seconds;		/* of the window, as observed; 0: nothing */
	int			checkpoints;	/* that began in it */
	int			by_wal;
	int			by_time;
	double		between_seconds;	/* from one to the next; NaN below two */
	double		checkpointing;	/* share of the time, 0..1 */
	double		wal_bytes;
	double		vacuum_share;	/* of the WAL, 0..1; NaN without WAL */
	double		vacuum_workers; /* at work, on average */
	int			vacuum_workers_max;
	double		wal_sync_p99_ms;	/* worst interval; NaN without the probe */
	double		wal_sync_max_ms;
	double		backend_fsyncs;
} TendDiskEvidence;

extern const char *tend_disk_condition_name(TendDiskCondition condition);
extern TendDiskEvidence tend_disk_evidence(const TendDiskCase *dc);
extern TendDiskStep tend_disk_judge(const TendDiskCase *dc, const TendDiskEvidence *e,
									TendDiskCondition condition);
extern void tend_disk_words(const TendDiskCase *dc, const TendDiskEvidence *e,
							TendDiskCondition condition, char *out, size_t size);
extern void tend_disk_remedy(const TendDiskCase *dc, const TendDiskEvidence *e,
							 TendDiskCondition condition, char *out, size_t size);

#endif							/* TEND_DISK_JUDGE_H */
