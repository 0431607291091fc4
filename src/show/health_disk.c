/*-------------------------------------------------------------------------
 *
 * health_disk.c
 *	  What tend.health knows of the disk: the last intervals.
 *
 * They are in shared memory, and those of this server, also on a standby,
 * whose history is the primary's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/disk_judge.h"
#include "settings.h"
#include "show/health_disk.h"
#include "store/disk_case.h"
#include "store/disk_history.h"
#include "store/shared_disk.h"
#include "utils/timestamp.h"

/* ---- conditions, as events have them ---- */

static double
value_of(const TendDiskEvidence *e, TendDiskCondition condition)
{
	switch (condition)
	{
		case TEND_DISK_CHECKPOINT_STORM:
		case TEND_DISK_AUTOVACUUM_STORM:
			return e->by_wal;
		case TEND_DISK_WAL_SYNC_SLOW:
			return e->wal_sync_p99_ms;
		case TEND_DISK_BACKEND_FSYNCS:
			return e->backend_fsyncs;
		case TEND_NUM_DISK_CONDITIONS:
			break;
	}
	return NAN;
}

static void
take_condition(const TendDiskCase *dc, const TendDiskEvidence *e, TendDiskCondition condition,
			   TendHealthTaker take, void *arg)
{
	TendHealthFacts facts = {0};
	char		words[TEND_DISK_TEXT_LEN];
	char		remedy[TEND_DISK_TEXT_LEN];

	tend_disk_words(dc, e, condition, words, sizeof(words));
	tend_disk_remedy(dc, e, condition, remedy, sizeof(remedy));
	tend_facts_add_word(&facts, "object", "cluster");
	tend_facts_add_word(&facts, "condition", tend_disk_condition_name(condition));
	tend_facts_add_word(&facts, "words", words);
	tend_facts_add_word(&facts, "remedy", remedy);
	tend_facts_add(&facts, "value", value_of(e, condition));
	tend_facts_add(&facts, "seconds", e->seconds);
	tend_facts_add(&facts, "checkpoints", e->checkpoints);
	tend_facts_add(&facts, "checkpoints_by_wal", e->by_wal);
	tend_facts_add(&facts, "seconds_between", e->between_seconds);
	tend_facts_add(&facts, "wal_bytes", e->wal_bytes);
	tend_facts_add(&facts, "autovacuum_wal_share", e->vacuum_share);
	tend_facts_add(&facts, "autovacuum_workers", e->vacuum_workers);
	tend_facts_add(&facts, "checkpointing_share", e->checkpointing);
	tend_facts_add(&facts, "wal_sync_max_ms", e->wal_sync_max_ms);
	take(&facts, arg);
}

void
tend_health_read_conditions(TendHealthTaker take, void *arg)
{
	bool		running;
	TendDiskCase dc = tend_disk_case(&running);
	TendDiskEvidence e = tend_disk_evidence(&dc);

	for (int i = 0; i < TEND_NUM_DISK_CONDITIONS; i++)
	{
		if (tend_disk_judge(&dc, &e, (TendDiskCondition) i) == TEND_DISK_OPEN)
			take_condition(&dc, &e, (TendDiskCondition) i, take, arg);
	}
}

/* ---- syncs ---- */

/* Fewer calls in an interval have no percentile */
#define LEAST_SYNCS		100

static bool
is_sync(const TendIoRow *row)
{
	return row->call != TEND_IO_WRITE && row->call != TEND_IO_SYNC_FILE_RANGE;
}

static bool
is_same_kind(const TendIoRow *a, const TendIoRow *b)
{
	return a->call == b->call && a->file_class == b->file_class && a->backend_type == b->backend_type;
}

/* Of each kind, the interval with the longest p99, in front; how many kinds? */
static int
worst_of_each_kind(TendIoRow *rows, int n, TimestampTz since)
{
	int			kinds = 0;

	for (int i = 0; i < n; i++)
	{
		int			k = 0;

		/* that of WAL is a condition of its own */
		if (rows[i].at < since || rows[i].calls < LEAST_SYNCS || !is_sync(&rows[i]) ||
			rows[i].file_class == TEND_IO_WAL)
			continue;
		while (k < kinds && !is_same_kind(&rows[k], &rows[i]))
			k++;
		if (k == kinds || rows[i].p99_us > rows[k].p99_us)
			rows[k] = rows[i];
		if (k == kinds)
			kinds++;
	}
	return kinds;
}

void
tend_health_read_syncs(TendHealthTaker take, void *arg)
{
	int			n;
	TendIoRow  *rows = tend_io_row_list(&n);
	double		window = (double) TEND_DISK_WINDOW * tend_interval;

	n = worst_of_each_kind(rows, n, GetCurrentTimestamp() - (TimestampTz) (window * USECS_PER_SEC));
	for (int i = 0; i < n; i++)
	{
		TendHealthFacts facts = {0};
		const char *type = tend_io_type_name(rows[i].backend_type);

		tend_facts_add_word(&facts, "object",
							psprintf("%s of %s by %s", tend_io_call_name(rows[i].call),
									 tend_io_class_name(rows[i].file_class), type));
		tend_facts_add(&facts, "calls", (double) rows[i].calls);
		tend_facts_add(&facts, "p99_ms", rows[i].p99_us / 1000);
		tend_facts_add(&facts, "max_ms", rows[i].max_us / 1000);
		tend_facts_add(&facts, "window_seconds", window);
		take(&facts, arg);
	}
}
