/*-------------------------------------------------------------------------
 *
 * health_disk.c
 *	  Checks of tend.health about WAL: archive, slots, standbys, checkpoints; and
 *	  about syncs.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/disk_judge.h"
#include "advise/health.h"
#include "advise/words.h"

#define MB (1024.0 * 1024.0)

/* Fewer checkpoints say nothing about what brings them */
#define LEAST_CHECKPOINTS	10

/* A failure that is older than the last success is over. */
void
tend_health_archiver(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	bool		failing = tend_facts_number(f, "failing") > 0;
	double		ready = tend_facts_number(f, "ready");

	out->value = out->weight = ready;
	if (failing)
		out->severity = ready >= threshold ? TEND_CRITICAL : TEND_WARNING;
	else
		out->severity = tend_health_grade(ready, threshold, INFINITY);
	if (out->severity == TEND_OK)
		return;
	if (failing)
		appendStringInfo(&out->message, "archiving of %s fails, the last time %s ago; ",
						 tend_facts_word(f, "last_failed_wal"),
						 tend_word_duration(tend_facts_number(f, "failed_seconds_ago")).str);
	appendStringInfo(&out->message, "%s WAL files wait to be archived, and stay in pg_wal", tend_word_count(ready).str);
	if (failing)
		appendStringInfoString(&out->remedy, "look for \"archive command failed\" in the server log, and run the command of SHOW archive_command by hand");
	else
		appendStringInfoString(&out->remedy, "archiving is too slow: use an archive_library or a command that takes several files at a time");
}

/* Who is to blame stands in the checks of archiver and slots. */
void
tend_health_wal(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		bytes = tend_facts_number(f, "wal_bytes");
	double		expected = fmax(tend_facts_number(f, "max_wal_size_mb"), tend_facts_number(f, "wal_keep_mb")) * MB;
	double		ready = tend_facts_number(f, "ready");
	double		slots = tend_facts_number(f, "slot_bytes");
	bool		by_slots = slots > expected;
	bool		by_archive = !isnan(ready) && ready * tend_facts_number(f, "segment_bytes") > bytes / 2;

	out->value = bytes / expected;
	out->severity = tend_health_grade(out->value, threshold, 4 * threshold);
	appendStringInfo(&out->message, "pg_wal has %s, %.1f times what max_wal_size and wal_keep_size allow: %s",
					 tend_word_bytes(bytes).str, out->value,
					 by_slots ? "a replication slot retains it" :
					 by_archive ? "the archiver does not get rid of it" : "checkpoints do not keep up with what is written");
	if (by_slots)
		appendStringInfoString(&out->remedy, "SELECT slot_name, active, restart_lsn FROM pg_replication_slots ORDER BY restart_lsn; -- drop the slot that nobody needs");
	else if (by_archive)
		appendStringInfoString(&out->remedy, "SELECT * FROM pg_stat_archiver; -- and see the check archiver");
	else
		appendStringInfo(&out->remedy, "ALTER SYSTEM SET max_wal_size = '%.0fMB'; SELECT pg_reload_conf(); -- if that much is written between two checkpoints; else CHECKPOINT",
						 ceil(bytes / MB));
}

void
tend_health_slot(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		bytes = tend_facts_number(f, "retained_bytes");
	bool		active = tend_facts_number(f, "active") > 0;
	bool		lost = tend_facts_is(f, "wal_status", "lost");
	double		limit = tend_facts_number(f, "max_slot_wal_keep_mb");
	const char *name = tend_facts_word(f, "slot");
	const char *invalidated = tend_facts_word(f, "invalidated");

	out->value = bytes / MB;
	out->weight = bytes;
	if (lost || tend_facts_is(f, "wal_status", "unreserved"))
		out->severity = TEND_WARNING;
	else
		out->severity = tend_health_grade(out->value, threshold, 10 * threshold);
	if (out->severity == TEND_OK)
		return;
	if (lost && invalidated != NULL && strcmp(invalidated, "wal_removed") != 0)
		appendStringInfo(&out->message, "slot %s is invalid (%s) and serves nobody any more: it must be made anew",
						 name, invalidated);
	else if (lost)
		appendStringInfo(&out->message, "slot %s has lost WAL that its consumer needs: it must be made anew", name);
	else
	{
		appendStringInfo(&out->message, "slot %s, %s, retains %s of WAL", name,
						 active ? "in use" : "which nobody uses", tend_word_bytes(bytes).str);
		if (tend_facts_is(f, "wal_status", "unreserved"))
			appendStringInfoString(&out->message, ", and the next checkpoint may take it away");
		else if (!(limit >= 0))
			appendStringInfoString(&out->message, ", without limit: max_slot_wal_keep_size is -1");
	}
	if (active)
		appendStringInfo(&out->remedy, "see why the consumer of slot %s does not keep up: SELECT * FROM pg_stat_replication;", name);
	else
		appendStringInfo(&out->remedy, "SELECT pg_drop_replication_slot(%s); -- unless its consumer comes back",
						 tend_facts_word(f, "literal"));
}

void
tend_health_replication_lag(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		seconds = tend_facts_number(f, "lag_seconds");
	bool		paused = tend_facts_number(f, "paused") > 0;

	out->value = out->weight = seconds;
	out->severity = tend_health_grade(seconds, threshold, 10 * fmax(threshold, 1));
	appendStringInfo(&out->message, "%s shows what was committed %s ago", tend_facts_word(f, "object"),
					 tend_word_duration(seconds).str);
	if (paused)
		appendStringInfoString(&out->message, ": replay is paused");
	if (paused)
		appendStringInfoString(&out->remedy, "SELECT pg_wal_replay_resume();");
	else
		appendStringInfoString(&out->remedy, "on the standby: end queries that replay waits for (SELECT * FROM pg_stat_database_conflicts), or lower max_standby_streaming_delay");
}

void
tend_health_replication_backlog(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		behind = tend_facts_number(f, "behind_bytes");
	double		unsent = tend_facts_number(f, "unsent_bytes");

	out->value = behind / MB;
	out->weight = behind;
	out->severity = tend_health_grade(out->value, threshold, 10 * threshold);
	appendStringInfo(&out->message, "%s is %s of WAL behind, ", tend_facts_word(f, "object"), tend_word_bytes(behind).str);
	if (unsent > behind / 2)
	{
		appendStringInfo(&out->message, "%s of it not yet sent", tend_word_bytes(unsent).str);
		appendStringInfoString(&out->remedy, "look at the network and at the load of the receiver: SELECT * FROM pg_stat_replication;");
	}
	else
	{
		appendStringInfoString(&out->message, "most of it received and not yet replayed");
		appendStringInfoString(&out->remedy, "on the standby: SELECT pg_get_wal_replay_pause_state(); and end queries that replay waits for");
	}
}

/* ---- checkpoints ---- */

void
tend_health_checkpoints(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	double		timed = tend_facts_number(f, "timed");
	double		by_wal = tend_facts_number(f, "by_wal");
	double		on_request = tend_facts_number(f, "on_request");
	double		early = by_wal + on_request;

	if (!(timed + early >= LEAST_CHECKPOINTS))
		return;
	out->value = early / (timed + early);
	if (out->value <= threshold)
		return;
	out->severity = TEND_WARNING;
	appendStringInfo(&out->message, "%.0f %% of %s checkpoints in %s came before their time, %s as WAL reached max_wal_size and %s on request: each one brings whole pages into WAL again",
					 100 * out->value, tend_word_count(timed + early).str,
					 tend_word_duration(tend_facts_number(f, "seconds")).str,
					 tend_word_count(by_wal).str, tend_word_count(on_request).str);
	if (by_wal >= on_request)
		appendStringInfo(&out->remedy, "ALTER SYSTEM SET max_wal_size = '%.0fMB'; SELECT pg_reload_conf();",
						 2 * tend_facts_number(f, "max_wal_size_mb"));
	else
		appendStringInfoString(&out->remedy, "find out who runs CHECKPOINT, base backups or CREATE DATABASE so often: SELECT started, reason FROM tend.checkpoints;");
}

/* ---- conditions of the disk, which disk_judge.c has found to hold ---- */

static void
tell_condition(const TendHealthFacts *f, TendDiskCondition condition, double threshold, TendHealthFinding *out)
{
	double		value = tend_facts_number(f, "value");

	if (!tend_facts_is(f, "condition", tend_disk_condition_name(condition)) || !(value >= threshold))
		return;
	out->severity = TEND_WARNING;
	out->value = out->weight = value;
	tend_health_put(&out->message, f, "words");
	tend_health_put(&out->remedy, f, "remedy");
}

/* "Checkpoint storm or autovacuum storm?"  It is never both. */
void
tend_health_storm(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	tell_condition(f, TEND_DISK_CHECKPOINT_STORM, threshold, out);
	tell_condition(f, TEND_DISK_AUTOVACUUM_STORM, threshold, out);
}

void
tend_health_wal_sync(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	tell_condition(f, TEND_DISK_WAL_SYNC_SLOW, threshold, out);
	if (out->value >= 10 * fmax(threshold, 1))
		out->severity = TEND_CRITICAL;
}

void
tend_health_backend_fsyncs(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	tell_condition(f, TEND_DISK_BACKEND_FSYNCS, threshold, out);
}

/* One kind of sync on one kind of file, by one kind of process */
void
tend_health_sync(const TendHealthFacts *f, double threshold, TendHealthFinding *out)
{
	out->value = out->weight = tend_facts_number(f, "p99_ms");
	out->severity = tend_health_grade(out->value, threshold, 10 * fmax(threshold, 1));
	appendStringInfo(&out->message, "in an interval of the last %s, one of a hundred calls of %s took %.0f ms or longer, the longest %.0f ms",
					 tend_word_duration(tend_facts_number(f, "window_seconds")).str,
					 tend_facts_word(f, "object"), out->value, tend_facts_number(f, "max_ms"));
	appendStringInfoString(&out->remedy, "checkpoints wait for it: see who else writes to the disk (iostat -x 1), and spread checkpoints: ALTER SYSTEM SET checkpoint_timeout = '15min'; SELECT pg_reload_conf();");
}
