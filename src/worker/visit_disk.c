/*-------------------------------------------------------------------------
 *
 * visit_disk.c
 *	  The part of a visit that records what the disk did.
 *
 * The launcher has put the last intervals and checkpoints into shared memory,
 * for all databases.  Each has a history of its own, so it is the history that
 * tells what is new: from the latest back to the first that is known.  No
 * clock and no restart matters to that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "settings.h"
#include "store/disk_case.h"
#include "store/disk_events.h"
#include "store/disk_history.h"
#include "store/shared_disk.h"
#include "utils/timestamp.h"
#include "worker/visit_disk.h"

/* So long the probe may add what it knows of a checkpoint, in intervals */
#define RIPE_INTERVALS	3

/* Fewer calls, or pages, than that may be the echo of our own last rows. */
#define QUIET_CALLS		100
#define QUIET_PAGES		100

/* More checkpoints are not left waiting: the oldest would be forgotten */
#define MOST_WAITING	(TEND_DISK_CHECKPOINTS / 2)

/* ---- is it worth a row? ---- */

/*
 * What we write is written to disk and makes a checkpoint worth while, which
 * would be the next thing to write down: an idle server would never come to
 * rest.  So what may be no more than that waits until something else is
 * written.
 */
static bool
calls_are_loud(const TendIoRow *rows, int n)
{
	int64		calls = 0;

	for (int i = 0; i < n; i++)
	{
		if (rows[i].backend_type == B_BACKEND)
			return true;
		/* of one interval */
		calls = i > 0 && rows[i].at == rows[i - 1].at ? calls + rows[i].calls : rows[i].calls;
		if (calls >= QUIET_CALLS)
			return true;
	}
	return false;
}

static bool
checkpoints_are_loud(const TendCheckpoint *checkpoints, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (checkpoints[i].reason != TEND_CHECKPOINT_TIME ||
			checkpoints[i].buffers_written >= QUIET_PAGES ||
			(tend_file_sync_limit > 0 && checkpoints[i].longest_sync_ms > tend_file_sync_limit))
			return true;
	}
	return n >= MOST_WAITING;
}

/* ---- history ---- */

/* Rows of the same interval have the same time, and stand together. */
static void
record_calls(TendVisit *visit)
{
	int			n;
	TendIoRow  *rows = tend_io_row_list(&n);
	int			first = n;

	while (first > 0 &&
		   ((first < n && rows[first - 1].at == rows[first].at) ||
			!tend_io_history_has(rows[first - 1].at)))
		first--;
	if (visit->report.rows_written == 0 && !calls_are_loud(&rows[first], n - first))
		return;
	for (int i = first; i < n; i++)
		tend_io_history_add(&rows[i]);
	visit->report.rows_written += n - first;
}

/* Is everything known of it that is going to be? */
static bool
is_ripe(const TendCheckpoint *c, TimestampTz now, bool attached)
{
	return !attached || (c->sources & TEND_FROM_PROBE) != 0 ||
		now - c->finished > (int64) RIPE_INTERVALS * tend_interval * USECS_PER_SEC ||
		now < c->finished;
}

static void
record_checkpoints(TendVisit *visit, const TendCheckpoint *checkpoints, int n, TimestampTz now)
{
	TendIotrace link;
	int			first;

	tend_iotrace_get(&link);
	while (n > 0 && !is_ripe(&checkpoints[n - 1], now, link.state == TEND_IOTRACE_ATTACHED))
		n--;
	for (first = n; first > 0; first--)
	{
		if (tend_checkpoint_history_has(checkpoints[first - 1].started))
			break;
	}
	if (visit->report.rows_written == 0 && !checkpoints_are_loud(&checkpoints[first], n - first))
		return;
	for (int i = first; i < n; i++)
	{
		tend_checkpoint_history_add(&checkpoints[i]);
		visit->report.rows_written += 1 + tend_disk_event_spike(&checkpoints[i], tend_file_sync_limit);
	}
}

/* Record what is new; within a transaction of the visit. */
void
tend_visit_disk(TendVisit *visit)
{
	bool		running;
	TendDiskCase dc = tend_disk_case(&running);
	int			over = running ? dc.ncheckpoints - 1 : dc.ncheckpoints;

	visit->report.rows_written += tend_disk_events(&dc);
	record_calls(visit);
	record_checkpoints(visit, dc.checkpoints, over, dc.now);
}
