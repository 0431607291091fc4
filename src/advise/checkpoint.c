/*-------------------------------------------------------------------------
 *
 * checkpoint.c
 *	  What is told of checkpoints, by whom, and how it fits together.
 *
 * Three tell of a checkpoint.  The checkpointer itself, where it writes its
 * lines to the log: it knows everything, the reason too, but is silent with
 * log_checkpoints off.  The probe, which reads the same numbers out of the
 * checkpointer's memory and has timed its syncs; it does not know the reason,
 * and the end only nearly.  And the server's counters with pg_control, from
 * which one can tell the times of a checkpoint, but not its files.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/checkpoint.h"

/* So long after its last sync a checkpoint that has synced all is over */
#define OVER_AFTER_NS	(UINT64CONST(2) * 1000000000)

static const char *const reason_names[TEND_NUM_CHECKPOINT_REASONS] = {
	"unknown", "time", "wal", "requested", "shutdown", "end of recovery"
};

const char *
tend_checkpoint_reason_name(TendCheckpointReason reason)
{
	return reason < TEND_NUM_CHECKPOINT_REASONS ? reason_names[reason] : reason_names[0];
}

/* ---- the log ---- */

/*
 * Does a text end with this word, after a space?  Shortens it by the word if
 * so.
 */
static bool
chop(const char *text, size_t *len, const char *word)
{
	size_t		n = strlen(word);

	if (*len <= n || text[*len - n - 1] != ' ' || memcmp(text +*len - n, word, n) != 0)
		return false;
	*len -= n + 1;
	return true;
}

/*
 * Why a checkpoint begins, from the line "checkpoint starting: immediate force
 * wait".  Only these words are the same in all languages, so we read from the
 * end as far as we know them.
 */
TendCheckpointReason
tend_checkpoint_reason(const char *message)
{
	static const struct
	{
		const char *word;
		TendCheckpointReason reason;
	}			words[] = {
		{"shutdown", TEND_CHECKPOINT_SHUTDOWN},
		{"end-of-recovery", TEND_CHECKPOINT_END_OF_RECOVERY},
		{"wal", TEND_CHECKPOINT_WAL},
		{"time", TEND_CHECKPOINT_TIME},
		{"force", TEND_CHECKPOINT_REQUESTED},
		{"wait", TEND_CHECKPOINT_REQUESTED},
		{"immediate", TEND_CHECKPOINT_REQUESTED},
		{"fast", TEND_CHECKPOINT_REQUESTED},	/* 19 says so */
		{"flush-all", TEND_CHECKPOINT_REQUESTED},
		{"flush-unlogged", TEND_CHECKPOINT_REQUESTED},
	};
	size_t		len = strlen(message);
	int			found = (int) lengthof(words);

	for (int i = 0; i < (int) lengthof(words); i++)
	{
		if (chop(message, &len, words[i].word))
		{
			/* the first of the list tells most */
			found = Min(found, i);
			i = -1;
		}
	}
	return found < (int) lengthof(words) ? words[found].reason : TEND_CHECKPOINT_UNKNOWN;
}

TendCheckpoint
tend_checkpoint_unknown(void)
{
	TendCheckpoint c = {
		.write_ms = NAN,.sync_ms = NAN,.total_ms = NAN,.longest_sync_ms = NAN,
		.buffers_written = -1,.slru_written = -1,.files_synced = -1,
		.segments_added = -1,.segments_removed = -1,.segments_recycled = -1,
		.timed_syncs = -1,.timed_sync_ms = NAN,.timed_longest_ms = NAN
	};

	return c;
}

/* ---- the probe ---- */

static double
ms_between(int64 from_us, int64 to_us)
{
	return from_us > 0 && to_us >= from_us ? (double) (to_us - from_us) / 1000.0 : NAN;
}

/*
 * A checkpoint as the probe saw it.  The server sets its end after the last
 * sync, so we take that of the last sync, which is a moment before.
 */
TendCheckpoint
tend_checkpoint_of_probe(const TendIoCheckpoint *probe, TimestampTz wall_now, uint64 monotonic_ns)
{
	TendCheckpoint c = tend_checkpoint_unknown();

	c.sources = TEND_FROM_PROBE;
	c.started = probe->start_us;
	c.finished = probe->end_us;
	if (c.finished == 0 && probe->last_sync_ns > 0 && probe->last_sync_ns <= monotonic_ns)
		c.finished = Max(wall_now - (int64) ((monotonic_ns - probe->last_sync_ns) / 1000),
						 probe->sync_end_us);
	c.write_ms = ms_between(probe->write_us, probe->sync_us);
	c.sync_ms = ms_between(probe->sync_us, probe->sync_end_us);
	c.total_ms = ms_between(c.started, c.finished);
	c.longest_sync_ms = (double) probe->longest_sync_us / 1000.0;
	c.buffers_written = probe->buffers_written;
	c.slru_written = probe->slru_written;
	c.files_synced = probe->files_synced;
	c.segments_added = probe->segments_added;
	c.segments_removed = probe->segments_removed;
	c.segments_recycled = probe->segments_recycled;
	c.timed_syncs = (int64) probe->seen_syncs;
	c.timed_sync_ms = (double) probe->seen_sync_ns / 1e6;
	c.timed_longest_ms = (double) probe->seen_longest_ns / 1e6;
	return c;
}

/*
 * Is a checkpoint of the snapshot over?  A later one has begun, or it has synced
 * all of its files and then nothing for a while.
 */
bool
tend_checkpoint_is_over(const TendIoCheckpoint *all, int n, int which, uint64 heartbeat_ns)
{
	for (int i = 0; i < n; i++)
	{
		if (all[i].number > all[which].number)
			return true;
	}
	return all[which].sync_end_us > 0 &&
		heartbeat_ns > all[which].last_sync_ns &&
		heartbeat_ns - all[which].last_sync_ns > OVER_AFTER_NS;
}

/* Add to a row what only the probe knows, if it is the probe that knows it. */
void
tend_checkpoint_merge(TendCheckpoint *row, const TendCheckpoint *probe)
{
	if ((probe->sources & TEND_FROM_PROBE) == 0)
		return;
	row->sources |= TEND_FROM_PROBE;
	row->timed_syncs = probe->timed_syncs;
	row->timed_sync_ms = probe->timed_sync_ms;
	row->timed_longest_ms = probe->timed_longest_ms;
}

/* ---- counters ---- */

/*
 * Why there were checkpoints between two readings, if the counters tell.  One
 * that was requested comes from WAL if there was so much of it since the last
 * that the server requests one.
 */
TendCheckpointReason
tend_checkpoint_counted_reason(const TendCheckpointCounters *before,
							   const TendCheckpointCounters *now, uint64 wal_limit)
{
	bool		timed = now->timed > before->timed;
	bool		requested = now->requested > before->requested;

	if (timed == requested)
		return TEND_CHECKPOINT_UNKNOWN;
	if (timed)
		return TEND_CHECKPOINT_TIME;
	return before->redo != 0 && now->redo > before->redo && now->redo - before->redo >= wal_limit ?
		TEND_CHECKPOINT_WAL : TEND_CHECKPOINT_REQUESTED;
}

/*
 * The checkpoint that ended between two readings, as far as the counters tell.
 * They may have been reset in between.
 */
TendCheckpoint
tend_checkpoint_counted(const TendCheckpointCounters *before, const TendCheckpointCounters *now,
						uint64 wal_limit)
{
	TendCheckpoint c = tend_checkpoint_unknown();

	c.sources = TEND_FROM_COUNTERS;
	c.reason = tend_checkpoint_counted_reason(before, now, wal_limit);
	c.finished = now->finished;
	if (now->write_ms >= before->write_ms && now->sync_ms >= before->sync_ms &&
		now->buffers_written >= before->buffers_written)
	{
		c.write_ms = now->write_ms - before->write_ms;
		c.sync_ms = now->sync_ms - before->sync_ms;
		c.buffers_written = now->buffers_written - before->buffers_written;
	}
	c.started = now->started;
	if (c.started == 0)
	{
		double		took_ms = isnan(c.write_ms) ? 0 : c.write_ms + c.sync_ms;

		c.restartpoint = true;
		c.started = c.finished - (int64) (took_ms * 1000);
	}
	return c;
}
