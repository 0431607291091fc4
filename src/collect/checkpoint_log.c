/*-------------------------------------------------------------------------
 *
 * checkpoint_log.c
 *	  Notice checkpoints where their process tells the log of them.
 *
 * With log_checkpoints, the default since 15, the process that makes a checkpoint
 * writes a line when it begins and one when it is done.  We are called there, in
 * that process, and take the numbers from where the server took them: so they
 * are exact, whatever language the log is in.  The reason is nowhere but in the
 * first line.
 *
 * Called while an error may be on its way: nothing here may wait or fail.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "advise/checkpoint.h"
#include "collect/checkpoint_log.h"
#include "compat.h"
#include "miscadmin.h"
#include "store/shared_disk.h"
#include "utils/elog.h"

static emit_log_hook_type previous_emit_log_hook = NULL;

static bool
starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static double
ms_between(TimestampTz from, TimestampTz to)
{
	return (double) (to - from) / 1000.0;
}

static void
begun(const char *message, bool restartpoint)
{
	TendCheckpoint c = tend_checkpoint_unknown();

	c.started = CheckpointStats.ckpt_start_t;
	c.restartpoint = restartpoint;
	c.sources = TEND_FROM_LOG;
	c.reason = tend_checkpoint_reason(message);
	tend_checkpoint_begun(&c);
}

static void
ended(bool restartpoint)
{
	const CheckpointStatsData *stats = &CheckpointStats;
	TendCheckpoint c = tend_checkpoint_unknown();

	c.started = stats->ckpt_start_t;
	c.finished = stats->ckpt_end_t;
	c.restartpoint = restartpoint;
	c.sources = TEND_FROM_LOG;
	c.write_ms = ms_between(stats->ckpt_write_t, stats->ckpt_sync_t);
	c.sync_ms = ms_between(stats->ckpt_sync_t, stats->ckpt_sync_end_t);
	c.total_ms = ms_between(stats->ckpt_start_t, stats->ckpt_end_t);
	c.longest_sync_ms = (double) stats->ckpt_longest_sync / 1000.0;
	c.buffers_written = stats->ckpt_bufs_written;
	c.slru_written = TEND_CHECKPOINT_SLRU(stats);
	c.files_synced = stats->ckpt_sync_rels;
	c.segments_added = stats->ckpt_segs_added;
	c.segments_removed = stats->ckpt_segs_removed;
	c.segments_recycled = stats->ckpt_segs_recycled;
	tend_checkpoint_ended(&c);
}

/* The untranslated format of the message tells what it is. */
static void
look_at(const ErrorData *edata)
{
	const char *format = edata->message_id;

	if (format == NULL || edata->message == NULL)
		return;
	if (starts_with(format, "checkpoint starting:"))
		begun(edata->message, false);
	else if (starts_with(format, "restartpoint starting:"))
		begun(edata->message, true);
	else if (starts_with(format, "checkpoint complete:"))
		ended(false);
	else if (starts_with(format, "restartpoint complete:"))
		ended(true);
}

static void
watch_log(ErrorData *edata)
{
	if (edata->elevel == LOG && (MyBackendType == B_CHECKPOINTER || MyBackendType == B_STARTUP))
		look_at(edata);
	if (previous_emit_log_hook != NULL)
		previous_emit_log_hook(edata);
}

void
tend_checkpoint_log_install(void)
{
	previous_emit_log_hook = emit_log_hook;
	emit_log_hook = watch_log;
}
