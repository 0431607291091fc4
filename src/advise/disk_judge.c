/*-------------------------------------------------------------------------
 *
 * disk_judge.c
 *	  Does the disk keep up, and who is it that keeps it busy?
 *
 * "Checkpoint storm or autovacuum storm?"  Either shows as checkpoints that WAL
 * asks for again and again: one cannot tell them apart by looking at checkpoints.
 * What tells is who wrote the WAL, and autovacuum workers measure how much of
 * it is theirs.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/disk_judge.h"

/* Below so many syncs there is no 99th percentile to speak of */
#define FEW_SYNCS		20

static const char *const condition_names[TEND_NUM_DISK_CONDITIONS] = {
	"checkpoint storm", "autovacuum storm", "WAL sync slow", "backend fsyncs"
};

const char *
tend_disk_condition_name(TendDiskCondition condition)
{
	return condition_names[condition];
}

/* ---- evidence ---- */

/* Did something happen in the last so many intervals? */
static bool
within(const TendDiskCase *dc, TimestampTz at, double intervals)
{
	double		age = (double) (dc->now - at) / USECS_PER_SEC;

	/* half an interval more, as visits are not punctual */
	return age >= 0 && age <= (intervals + 0.5) * dc->interval_seconds;
}

static void
count_checkpoints(const TendDiskCase *dc, TendDiskEvidence *e)
{
	TimestampTz first = 0;
	TimestampTz last = 0;

	for (int i = 0; i < dc->ncheckpoints; i++)
	{
		const TendCheckpoint *c = &dc->checkpoints[i];

		if (!within(dc, c->started, TEND_DISK_WINDOW))
			continue;
		e->checkpoints++;
		e->by_wal += c->reason == TEND_CHECKPOINT_WAL;
		e->by_time += c->reason == TEND_CHECKPOINT_TIME;
		if (first == 0 || c->started < first)
			first = c->started;
		last = Max(last, c->started);
	}
	if (e->checkpoints >= 2)
		e->between_seconds = (double) (last - first) / USECS_PER_SEC / (e->checkpoints - 1);
}

TendDiskEvidence
tend_disk_evidence(const TendDiskCase *dc)
{
	TendDiskEvidence e = {
		.between_seconds = NAN,.vacuum_share = NAN,.wal_sync_p99_ms = NAN,.wal_sync_max_ms = NAN
	};
	double		vacuum_bytes = 0;

	for (int i = 0; i < dc->nintervals; i++)
	{
		const TendDiskInterval *in = &dc->intervals[i];

		if (!within(dc, in->at, TEND_DISK_WINDOW) || in->seconds <= 0)
			continue;
		e.seconds += in->seconds;
		e.wal_bytes += (double) in->wal_bytes;
		vacuum_bytes += (double) in->vacuum_wal_bytes;
		e.vacuum_workers += in->vacuum_workers * in->seconds;
		e.vacuum_workers_max = Max(e.vacuum_workers_max, in->vacuum_workers_max);
		e.checkpointing += in->checkpointing * in->seconds;
		e.backend_fsyncs += (double) in->backend_fsyncs;
		if (in->probed && in->wal_syncs >= FEW_SYNCS)
		{
			e.wal_sync_p99_ms = fmax(e.wal_sync_p99_ms, in->wal_sync_p99_ms);
			e.wal_sync_max_ms = fmax(e.wal_sync_max_ms, in->wal_sync_max_ms);
		}
	}
	if (e.seconds > 0)
	{
		e.vacuum_workers /= e.seconds;
		e.checkpointing /= e.seconds;
	}
	/* one that ended now may have written before the window */
	if (e.wal_bytes > 0)
		e.vacuum_share = Min(vacuum_bytes / e.wal_bytes, 1);
	count_checkpoints(dc, &e);
	return e;
}

/* ---- judgement ---- */

static bool
written_by_vacuum(const TendDiskEvidence *e)
{
	return e->vacuum_share >= 0.5;
}

static TendDiskStep
judge_storm(const TendDiskCase *dc, const TendDiskEvidence *e, bool by_vacuum)
{
	if (dc->storm_checkpoints > 0 && e->by_wal >= dc->storm_checkpoints)
		return written_by_vacuum(e) == by_vacuum ? TEND_DISK_OPEN : TEND_DISK_CLOSE;

	/* half as many, so that it does not end and begin again */
	return 2 * e->by_wal < dc->storm_checkpoints || dc->storm_checkpoints == 0 ?
		TEND_DISK_CLOSE : TEND_DISK_KEEP;
}

static bool
wal_sync_is_slow(const TendDiskCase *dc, const TendDiskInterval *in)
{
	return in->probed && in->wal_syncs >= FEW_SYNCS && in->wal_sync_p99_ms > dc->wal_sync_limit_ms;
}

static bool
backends_sync(const TendDiskCase *dc, const TendDiskInterval *in)
{
	return in->backend_fsyncs >= dc->backend_fsync_limit;
}

/*
 * A condition of single intervals holds while one of the last ones had it: not
 * only the very last, as a visit that came late would miss the one before.
 */
static TendDiskStep
judge_intervals(const TendDiskCase *dc, bool (*holds) (const TendDiskCase *, const TendDiskInterval *))
{
	for (int i = 0; i < dc->nintervals; i++)
	{
		const TendDiskInterval *in = &dc->intervals[i];

		if (within(dc, in->at, TEND_DISK_CALM) && holds(dc, in))
			return TEND_DISK_OPEN;
	}
	return TEND_DISK_CLOSE;
}

TendDiskStep
tend_disk_judge(const TendDiskCase *dc, const TendDiskEvidence *e, TendDiskCondition condition)
{
	switch (condition)
	{
		case TEND_DISK_CHECKPOINT_STORM:
			return judge_storm(dc, e, false);
		case TEND_DISK_AUTOVACUUM_STORM:
			return judge_storm(dc, e, true);
		case TEND_DISK_WAL_SYNC_SLOW:
			return dc->wal_sync_limit_ms > 0 ?
				judge_intervals(dc, wal_sync_is_slow) : TEND_DISK_CLOSE;
		case TEND_DISK_BACKEND_FSYNCS:
			return dc->backend_fsync_limit > 0 ?
				judge_intervals(dc, backends_sync) : TEND_DISK_CLOSE;
		case TEND_NUM_DISK_CONDITIONS:
			break;
	}
	return TEND_DISK_KEEP;
}
