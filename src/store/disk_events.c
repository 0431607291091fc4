/*-------------------------------------------------------------------------
 *
 * disk_events.c
 *	  Events about the disk: storms, slow syncs, spikes.
 *
 * They concern the whole cluster, and are in the events of each database, as
 * vacuum blockers of the cluster are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/checkpoint.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "sql.h"
#include "store/disk_events.h"
#include "store/events.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define OBJECT "cluster"

/* Which conditions were open when the visit began */
static bool open_conditions[TEND_NUM_DISK_CONDITIONS];

/* An open event was found: is it one of ours?  Then remember it. */
bool
tend_disk_event_known(const char *kind)
{
	for (int i = 0; i < TEND_NUM_DISK_CONDITIONS; i++)
	{
		if (strcmp(kind, tend_disk_condition_name((TendDiskCondition) i)) == 0)
			return open_conditions[i] = true;
	}
	return false;
}

/* ---- details, as JSON ---- */

/* A number that is known, after what is there already */
static void
put(StringInfo json, const char *name, double value)
{
	if (isnan(value))
		return;
	appendStringInfo(json, "%s\"%s\": %.15g", json->len > 1 ? ", " : "", name, value);
}

static char *
evidence_json(const TendDiskCase *dc, const TendDiskEvidence *e, const char *remedy)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put(&json, "seconds", e->seconds);
	put(&json, "checkpoints", e->checkpoints);
	put(&json, "checkpoints_by_wal", e->by_wal);
	put(&json, "checkpoints_by_time", e->by_time);
	put(&json, "seconds_between", e->between_seconds);
	put(&json, "checkpoint_timeout_seconds", dc->timeout_seconds);
	put(&json, "checkpointing_share", e->checkpointing);
	put(&json, "wal_bytes", e->wal_bytes);
	put(&json, "max_wal_bytes", dc->max_wal_bytes);
	put(&json, "autovacuum_wal_share", e->vacuum_share);
	put(&json, "autovacuum_workers", e->vacuum_workers);
	put(&json, "autovacuum_workers_max", e->vacuum_workers_max);
	put(&json, "wal_sync_p99_ms", e->wal_sync_p99_ms);
	put(&json, "wal_sync_max_ms", e->wal_sync_max_ms);
	put(&json, "wal_sync_limit_ms", dc->wal_sync_limit_ms);
	put(&json, "backend_fsyncs", e->backend_fsyncs);
	/* words of ours, without anything to escape but quotes */
	appendStringInfoString(&json, ", \"remedy\": \"");
	for (const char *c = remedy; *c != '\0'; c++)
		appendStringInfo(&json, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	appendStringInfoString(&json, "\"}");
	return json.data;
}

/* ---- events ---- */

static int
open_condition(const TendDiskCase *dc, const TendDiskEvidence *e, TendDiskCondition condition)
{
	char		words[TEND_DISK_TEXT_LEN];
	char		remedy[TEND_DISK_TEXT_LEN];

	tend_disk_words(dc, e, condition, words, sizeof(words));
	tend_disk_remedy(dc, e, condition, remedy, sizeof(remedy));
	return tend_event_add(dc->now, "warning", tend_disk_condition_name(condition), OBJECT, "open",
						  words, evidence_json(dc, e, remedy));
}

static int
close_condition(const TendDiskCase *dc, TendDiskCondition condition)
{
	return tend_event_add(dc->now, "ok", tend_disk_condition_name(condition), OBJECT, "closed",
						  psprintf("%s: it is over", tend_disk_condition_name(condition)), NULL);
}

/* Write what is news of the conditions. */
int
tend_disk_events(const TendDiskCase *dc)
{
	TendDiskEvidence e = tend_disk_evidence(dc);
	int			rows = 0;

	for (int i = 0; i < TEND_NUM_DISK_CONDITIONS; i++)
	{
		TendDiskCondition condition = (TendDiskCondition) i;
		TendDiskStep step = tend_disk_judge(dc, &e, condition);

		if (step == TEND_DISK_OPEN && !open_conditions[i])
			rows += open_condition(dc, &e, condition);
		else if (step == TEND_DISK_CLOSE && open_conditions[i])
			rows += close_condition(dc, condition);
	}
	return rows;
}

/* A checkpoint in which the sync of one file took too long. */
int
tend_disk_event_spike(const TendCheckpoint *c, double limit_ms)
{
	const char *what = c->restartpoint ? "restartpoint" : "checkpoint";
	StringInfoData json;

	if (limit_ms <= 0 || isnan(c->longest_sync_ms) || c->longest_sync_ms <= limit_ms)
		return 0;
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put(&json, "longest_sync_ms", c->longest_sync_ms);
	put(&json, "limit_ms", limit_ms);
	put(&json, "sync_ms", c->sync_ms);
	put(&json, "files_synced", c->files_synced < 0 ? NAN : (double) c->files_synced);
	put(&json, "buffers_written", c->buffers_written < 0 ? NAN : (double) c->buffers_written);
	appendStringInfoChar(&json, '}');
	return tend_event_add(c->finished, "warning", "sync spike", OBJECT, "single",
						  psprintf("the sync of one file took %.0f ms in a %s (reason: %s) that synced " INT64_FORMAT " files in %.0f ms: whatever waits for the disk waits that long, too",
								   c->longest_sync_ms, what, tend_checkpoint_reason_name(c->reason),
								   c->files_synced, c->sync_ms),
						  json.data);
}
