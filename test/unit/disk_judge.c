/*-------------------------------------------------------------------------
 *
 * disk_judge.c
 *	  Tests of src/advise/disk_judge.c and disk_words.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/disk_judge.h"

#define NOW		(INT64CONST(800000000) * USECS_PER_SEC)
#define MB		(1024.0 * 1024)

#define INTERVALS	12
#define CHECKPOINTS	12

/* An hour of a quiet server, in minutes, into which a test puts what it is about */
typedef struct World
{
	TendDiskCase dc;
	TendDiskInterval intervals[INTERVALS];
	TendCheckpoint checkpoints[CHECKPOINTS];
} World;

static World world;

static void
quiet(void)
{
	memset(&world, 0, sizeof(world));
	for (int i = 0; i < INTERVALS; i++)
	{
		TendDiskInterval *in = &world.intervals[i];

		in->at = NOW - (int64) (INTERVALS - 1 - i) * 60 * USECS_PER_SEC;
		in->seconds = 60;
		in->wal_bytes = (int64) (10 * MB);
		in->vacuum_workers_max = 3;
		in->wal_sync_p99_ms = NAN;
	}
	world.dc.now = NOW;
	world.dc.intervals = world.intervals;
	world.dc.nintervals = INTERVALS;
	world.dc.checkpoints = world.checkpoints;
	world.dc.interval_seconds = 60;
	world.dc.timeout_seconds = 300;
	world.dc.max_wal_bytes = 1024 * MB;
	world.dc.storm_checkpoints = 4;
	world.dc.wal_sync_limit_ms = 100;
	world.dc.backend_fsync_limit = 100;
}

/* So many checkpoints by WAL, one per minute, the last one now */
static void
checkpoints(int n, TendCheckpointReason reason)
{
	for (int i = 0; i < n; i++)
	{
		world.checkpoints[i].started = NOW - (int64) (n - 1 - i) * 60 * USECS_PER_SEC;
		world.checkpoints[i].reason = reason;
	}
	world.dc.ncheckpoints = n;
}

static void
vacuum_writes(double share)
{
	for (int i = 0; i < INTERVALS; i++)
	{
		world.intervals[i].vacuum_wal_bytes = (int64) (share * world.intervals[i].wal_bytes);
		world.intervals[i].vacuum_workers = 2.5;
	}
}

static void
wal_syncs(int interval, double p99_ms, int syncs)
{
	world.intervals[interval].probed = true;
	world.intervals[interval].wal_syncs = syncs;
	world.intervals[interval].wal_sync_p99_ms = p99_ms;
	world.intervals[interval].wal_sync_max_ms = p99_ms * 2;
}

static TendDiskStep
step(TendDiskCondition condition)
{
	TendDiskEvidence e = tend_disk_evidence(&world.dc);

	return tend_disk_judge(&world.dc, &e, condition);
}

static const char *
words(TendDiskCondition condition)
{
	static char text[TEND_DISK_TEXT_LEN];
	TendDiskEvidence e = tend_disk_evidence(&world.dc);

	tend_disk_words(&world.dc, &e, condition, text, sizeof(text));
	return text;
}

static const char *
remedy(TendDiskCondition condition)
{
	static char text[TEND_DISK_TEXT_LEN];
	TendDiskEvidence e = tend_disk_evidence(&world.dc);

	tend_disk_remedy(&world.dc, &e, condition, text, sizeof(text));
	return text;
}

static void
test_storm(void)
{
	quiet();
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_CLOSE, "a quiet server has no storm");
	checkpoints(10, TEND_CHECKPOINT_TIME);
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_CLOSE, "checkpoints by time are none");
	checkpoints(10, TEND_CHECKPOINT_REQUESTED);
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_CLOSE, "nor are those that somebody wanted");
	checkpoints(4, TEND_CHECKPOINT_WAL);
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_OPEN, "four that WAL asked for are one");
	tap_number(step(TEND_DISK_AUTOVACUUM_STORM), TEND_DISK_CLOSE, "not one of autovacuum");
	tap_contains(words(TEND_DISK_CHECKPOINT_STORM), "checkpoint storm: WAL has asked for 4 checkpoints", "it says which");
	tap_contains(words(TEND_DISK_CHECKPOINT_STORM), "one every 1 min, where checkpoint_timeout is 5 min", "how often");
	tap_contains(words(TEND_DISK_CHECKPOINT_STORM), "it comes from the sessions", "and who it is");

	/*
	 * 10 MB per minute, 5 minutes, twice, and a fifth more: 120 MB are less
	 * than there is
	 */
	tap_text(remedy(TEND_DISK_CHECKPOINT_STORM), "ALTER SYSTEM SET max_wal_size = '1GB'; SELECT pg_reload_conf();", "and never less than it is now");
	for (int i = 0; i < INTERVALS; i++)
		world.intervals[i].wal_bytes = (int64) (600 * MB);
	tap_text(remedy(TEND_DISK_CHECKPOINT_STORM), "ALTER SYSTEM SET max_wal_size = '8GB'; SELECT pg_reload_conf();", "it computes the size that is needed");

	vacuum_writes(0.8);
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_CLOSE, "where autovacuum writes, it is none of checkpoints");
	tap_number(step(TEND_DISK_AUTOVACUUM_STORM), TEND_DISK_OPEN, "but one of autovacuum");
	tap_contains(words(TEND_DISK_AUTOVACUUM_STORM), "autovacuum wrote 80 % of", "with its share");
	tap_contains(words(TEND_DISK_AUTOVACUUM_STORM), "with 2.5 of 3 workers at work", "and its workers");
	vacuum_writes(50);
	tap_contains(words(TEND_DISK_AUTOVACUUM_STORM), "autovacuum wrote 100 % of", "a vacuum that began before does not write more than all");

	vacuum_writes(0);
	checkpoints(3, TEND_CHECKPOINT_WAL);
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_KEEP, "three neither begin nor end one");
	checkpoints(1, TEND_CHECKPOINT_WAL);
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_CLOSE, "one ends it");
	checkpoints(10, TEND_CHECKPOINT_WAL);
	world.dc.storm_checkpoints = 0;
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_CLOSE, "0 switches it off");
	quiet();
	checkpoints(6, TEND_CHECKPOINT_WAL);
	for (int i = 0; i < 6; i++)
		world.checkpoints[i].started -= INT64CONST(3600) * USECS_PER_SEC;
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_CLOSE, "an hour later it is over");
	for (int i = 0; i < 6; i++)
		world.checkpoints[i].started += INT64CONST(7200) * USECS_PER_SEC;
	tap_number(step(TEND_DISK_CHECKPOINT_STORM), TEND_DISK_CLOSE, "checkpoints of the future, by a clock set back, are none");
}

static void
test_wal_sync(void)
{
	quiet();
	tap_number(step(TEND_DISK_WAL_SYNC_SLOW), TEND_DISK_CLOSE, "without a probe nothing is slow");
	wal_syncs(INTERVALS - 1, 101, 1000);
	tap_number(step(TEND_DISK_WAL_SYNC_SLOW), TEND_DISK_OPEN, "above the limit it is");
	tap_contains(words(TEND_DISK_WAL_SYNC_SLOW), "takes 101.0 ms or more, the longest 202.0 ms", "with numbers");
	tap_contains(words(TEND_DISK_WAL_SYNC_SLOW), "neither checkpoints nor autovacuum did much", "and nobody to blame");
	for (int i = 0; i < INTERVALS; i++)
		world.intervals[i].checkpointing = 0.5;
	tap_contains(words(TEND_DISK_WAL_SYNC_SLOW), "a checkpoint was at work", "or a checkpoint");
	vacuum_writes(0.6);
	tap_contains(words(TEND_DISK_WAL_SYNC_SLOW), "autovacuum and checkpoints were at work", "or both");

	wal_syncs(INTERVALS - 1, 101, 19);
	tap_number(step(TEND_DISK_WAL_SYNC_SLOW), TEND_DISK_CLOSE, "few syncs have no percentile");
	wal_syncs(INTERVALS - 1, 5, 1000);
	wal_syncs(INTERVALS - 4, 500, 1000);
	tap_number(step(TEND_DISK_WAL_SYNC_SLOW), TEND_DISK_OPEN, "it lasts for five intervals more, and begins then if nobody looked before");
	quiet();
	wal_syncs(INTERVALS - 1, 5, 1000);
	wal_syncs(INTERVALS - 8, 500, 1000);
	tap_number(step(TEND_DISK_WAL_SYNC_SLOW), TEND_DISK_CLOSE, "and then is over");
	wal_syncs(INTERVALS - 1, 500, 1000);
	world.dc.wal_sync_limit_ms = 0;
	tap_number(step(TEND_DISK_WAL_SYNC_SLOW), TEND_DISK_CLOSE, "0 switches it off");
}

static void
test_backends(void)
{
	quiet();
	world.intervals[INTERVALS - 1].backend_fsyncs = 99;
	tap_number(step(TEND_DISK_BACKEND_FSYNCS), TEND_DISK_CLOSE, "some syncs by sessions are nothing");
	world.intervals[INTERVALS - 1].backend_fsyncs = 100;
	tap_number(step(TEND_DISK_BACKEND_FSYNCS), TEND_DISK_OPEN, "a hundred are something");
	tap_contains(words(TEND_DISK_BACKEND_FSYNCS), "sessions synced 100 data files themselves", "it says how many");
	world.dc.backend_fsync_limit = 0;
	tap_number(step(TEND_DISK_BACKEND_FSYNCS), TEND_DISK_CLOSE, "0 switches it off");
}

static void
test_nothing(void)
{
	TendDiskEvidence e;

	quiet();
	world.dc.nintervals = 0;
	e = tend_disk_evidence(&world.dc);
	tap_number(e.seconds, 0, "without intervals there is no time");
	tap_number(e.vacuum_share, NAN, "and no share of nothing");
	for (int i = 0; i < TEND_NUM_DISK_CONDITIONS; i++)
		tap_number(step((TendDiskCondition) i), TEND_DISK_CLOSE, tend_disk_condition_name((TendDiskCondition) i));
	checkpoints(5, TEND_CHECKPOINT_WAL);
	tap_contains(words(TEND_DISK_CHECKPOINT_STORM), "no WAL was written", "and it can be said all the same");
}

int
main(void)
{
	test_storm();
	test_wal_sync();
	test_backends();
	test_nothing();
	return tap_done();
}
