/*-------------------------------------------------------------------------
 *
 * disk_words.c
 *	  What keeps the disk busy, in words, and what helps.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/disk_judge.h"
#include "advise/words.h"

/* So much of the WAL is "mostly autovacuum's", and so much "hardly" */
#define MOSTLY		0.5
#define HARDLY		0.1

static void
put_writers(const TendDiskEvidence *e, char *out, size_t size)
{
	if (isnan(e->vacuum_share))
		snprintf(out, size, "no WAL was written");
	else
		snprintf(out, size, "autovacuum wrote %.0f %% of %s of WAL, with %.1f of %d workers at work",
				 100 * e->vacuum_share, tend_word_bytes(e->wal_bytes).str,
				 e->vacuum_workers, e->vacuum_workers_max);
}

static void
storm_words(const TendDiskCase *dc, const TendDiskEvidence *e, bool by_vacuum, char *out, size_t size)
{
	char		writers[256];

	put_writers(e, writers, sizeof(writers));
	snprintf(out, size,
			 "%s: WAL has asked for %d checkpoints in %s, one every %s, where checkpoint_timeout is %s; %s: %s",
			 by_vacuum ? "autovacuum storm" : "checkpoint storm",
			 e->by_wal, tend_word_duration(e->seconds).str,
			 tend_word_duration(e->between_seconds).str,
			 tend_word_duration(dc->timeout_seconds).str, writers,
			 by_vacuum ? "most comes from autovacuum" :
			 e->vacuum_share < HARDLY || isnan(e->vacuum_share) ? "it comes from the sessions" :
			 "most comes from the sessions");
}

/* Who else was there while syncs of WAL were slow? */
static const char *
suspect(const TendDiskEvidence *e)
{
	bool		vacuum = e->vacuum_share >= MOSTLY ||
		(e->vacuum_workers_max > 0 && e->vacuum_workers >= 0.9 * e->vacuum_workers_max);
	bool		checkpoint = e->checkpointing >= 0.3;

	if (vacuum && checkpoint)
		return "autovacuum and checkpoints were at work";
	if (vacuum)
		return "autovacuum was at work";
	if (checkpoint)
		return "a checkpoint was at work";
	return "neither checkpoints nor autovacuum did much: look at the disk, and at who shares it";
}

static void
wal_sync_words(const TendDiskCase *dc, const TendDiskEvidence *e, char *out, size_t size)
{
	char		writers[256];

	put_writers(e, writers, sizeof(writers));
	snprintf(out, size,
			 "one in a hundred syncs of WAL takes %.1f ms or more, the longest %.1f ms, where %g ms are the limit;"
			 " checkpoints were running %.0f %% of the time, %s: %s",
			 e->wal_sync_p99_ms, e->wal_sync_max_ms, dc->wal_sync_limit_ms,
			 100 * e->checkpointing, writers, suspect(e));
}

void
tend_disk_words(const TendDiskCase *dc, const TendDiskEvidence *e, TendDiskCondition condition,
				char *out, size_t size)
{
	switch (condition)
	{
		case TEND_DISK_CHECKPOINT_STORM:
		case TEND_DISK_AUTOVACUUM_STORM:
			storm_words(dc, e, condition == TEND_DISK_AUTOVACUUM_STORM, out, size);
			break;
		case TEND_DISK_WAL_SYNC_SLOW:
			wal_sync_words(dc, e, out, size);
			break;
		case TEND_DISK_BACKEND_FSYNCS:
			snprintf(out, size,
					 "sessions synced %s data files themselves in %s; the checkpointer should do that for them",
					 tend_word_count(e->backend_fsyncs).str, tend_word_duration(e->seconds).str);
			break;
		case TEND_NUM_DISK_CONDITIONS:
			out[0] = '\0';
	}
}

/*
 * The server asks for a checkpoint when there is about half of max_wal_size
 * since the last.  For one per checkpoint_timeout it has to be twice as large as
 * the WAL of that time; a fifth more, as load is not even.
 */
static double
wal_size_needed(const TendDiskCase *dc, const TendDiskEvidence *e)
{
	double		per_second = e->seconds > 0 ? e->wal_bytes / e->seconds : 0;

	return Max(per_second * dc->timeout_seconds * 2 * 1.2, dc->max_wal_bytes);
}

void
tend_disk_remedy(const TendDiskCase *dc, const TendDiskEvidence *e, TendDiskCondition condition,
				 char *out, size_t size)
{
	double		gigabytes = ceil(wal_size_needed(dc, e) / (1024.0 * 1024 * 1024));

	switch (condition)
	{
		case TEND_DISK_CHECKPOINT_STORM:
			snprintf(out, size, "ALTER SYSTEM SET max_wal_size = '%.0fGB'; SELECT pg_reload_conf();", gigabytes);
			break;
		case TEND_DISK_AUTOVACUUM_STORM:
			snprintf(out, size,
					 "See tend.autovacuum_advice for which tables are vacuumed too often, or slow autovacuum down: autovacuum_vacuum_cost_delay.");
			break;
		case TEND_DISK_WAL_SYNC_SLOW:
			snprintf(out, size, "See tend.io_latency for who waits, and tend.io_history for since when.");
			break;
		case TEND_DISK_BACKEND_FSYNCS:
			snprintf(out, size,
					 "The queue of the checkpointer is as long as shared_buffers has pages: raise shared_buffers if it is small, else see tend.io_latency for why the checkpointer is slow.");
			break;
		case TEND_NUM_DISK_CONDITIONS:
			out[0] = '\0';
	}
}
