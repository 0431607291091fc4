/*-------------------------------------------------------------------------
 *
 * checkpoint.c
 *	  Tests of src/advise/checkpoint.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/checkpoint.h"

#define SECOND	USECS_PER_SEC
#define NOW		(INT64CONST(800000000) * SECOND)
#define MB		(UINT64CONST(1024) * 1024)

/* ---- the log ---- */

typedef struct LineCase
{
	const char *line;
	TendCheckpointReason want;
} LineCase;

static const LineCase lines[] = {
	{"checkpoint starting: time", TEND_CHECKPOINT_TIME},
	{"checkpoint starting: wal", TEND_CHECKPOINT_WAL},
	{"checkpoint starting: immediate force wait", TEND_CHECKPOINT_REQUESTED},
	{"checkpoint starting: fast force wait", TEND_CHECKPOINT_REQUESTED},
	{"checkpoint starting: force wait", TEND_CHECKPOINT_REQUESTED},
	{"checkpoint starting: immediate force wait flush-all", TEND_CHECKPOINT_REQUESTED},
	{"checkpoint starting: shutdown immediate", TEND_CHECKPOINT_SHUTDOWN},
	{"checkpoint starting: end-of-recovery immediate wait", TEND_CHECKPOINT_END_OF_RECOVERY},
	/* two requests at once: the one by WAL would have come anyway */
	{"checkpoint starting: immediate force wait wal", TEND_CHECKPOINT_WAL},
	{"restartpoint starting: time", TEND_CHECKPOINT_TIME},
	/* another language */
	{"Checkpoint beginnt: immediate force wait", TEND_CHECKPOINT_REQUESTED},
	{"Restart-Punkt beginnt: wal", TEND_CHECKPOINT_WAL},
	{"checkpoint starting:", TEND_CHECKPOINT_UNKNOWN},
	{"checkpoint starting: something new", TEND_CHECKPOINT_UNKNOWN},
	{"wal", TEND_CHECKPOINT_UNKNOWN},
	{"", TEND_CHECKPOINT_UNKNOWN},
};

static void
test_lines(void)
{
	for (int i = 0; i < (int) lengthof(lines); i++)
		tap_number(tend_checkpoint_reason(lines[i].line), lines[i].want,
				   lines[i].line[0] != '\0' ? lines[i].line : "an empty line");
}

/* ---- the probe ---- */

static TendIoCheckpoint
seen(uint64 number)
{
	TendIoCheckpoint c = {
		.number = number,.start_us = NOW,.write_us = NOW + 1000,.sync_us = NOW + 301000,
		.sync_end_us = NOW + 350000,.longest_sync_us = 13200,.seen_syncs = 11,
		.seen_sync_ns = 60000000,.seen_longest_ns = 14000000,.last_sync_ns = UINT64CONST(7000000000),
		.buffers_written = 750,.slru_written = -1,.files_synced = 9
	};

	return c;
}

static void
test_probe(void)
{
	TendIoCheckpoint of_probe = seen(1);
	TendCheckpoint c = tend_checkpoint_of_probe(&of_probe, NOW + 2 * SECOND, UINT64CONST(8640000000));
	TendCheckpoint row = tend_checkpoint_unknown();

	tap_number(c.write_ms, 300, "writing is timed by the server");
	tap_number(c.sync_ms, 49, "syncing, too");
	tap_number(c.longest_sync_ms, 13.2, "and the longest sync of a file");
	tap_number(c.total_ms, 360, "the end is that of the last sync");
	tap_number((double) c.slru_written, -1, "what the server does not count is unknown");
	tap_number(c.timed_longest_ms, 14, "the longest of all syncs is the kernel's");
	of_probe.end_us = NOW + 400000;
	tap_number(tend_checkpoint_of_probe(&of_probe, NOW, 0).total_ms, 400, "but the server's end counts if it is there");

	row.started = NOW;
	row.sources = TEND_FROM_LOG;
	row.total_ms = 361;
	row.reason = TEND_CHECKPOINT_WAL;
	tend_checkpoint_merge(&row, &c);
	tap_number(row.total_ms, 361, "what the log told stays");
	tap_number(row.reason, TEND_CHECKPOINT_WAL, "the reason, too");
	tap_number((double) row.timed_syncs, 11, "and the probe adds its own");
	tap_number(row.sources, TEND_FROM_LOG | TEND_FROM_PROBE, "both have told");
}

static void
test_over(void)
{
	TendIoCheckpoint all[2] = {seen(1), seen(2)};

	tap_ok(tend_checkpoint_is_over(all, 2, 0, UINT64CONST(7000000000)), "an earlier one is over");
	tap_ok(!tend_checkpoint_is_over(all, 2, 1, UINT64CONST(8000000000)), "the last one may not be");
	tap_ok(tend_checkpoint_is_over(all, 2, 1, UINT64CONST(9100000000)), "unless it has been quiet for two seconds");
	all[1].sync_end_us = 0;
	tap_ok(!tend_checkpoint_is_over(all, 2, 1, UINT64CONST(900000000000)), "one that still has to sync is not over");
}

/* ---- counters ---- */

static TendCheckpointCounters
before(void)
{
	TendCheckpointCounters c = {
		.timed = 10,.requested = 5,.write_ms = 1000,.sync_ms = 100,.buffers_written = 5000,
		.checkpoint = 100 * MB,.redo = 99 * MB,.started = NOW,.finished = NOW + SECOND
	};

	return c;
}

static TendCheckpointCounters
after(int timed, int requested, uint64 distance)
{
	TendCheckpointCounters c = before();

	c.timed += timed;
	c.requested += requested;
	c.write_ms += 270000;
	c.sync_ms += 50;
	c.buffers_written += 1234;
	c.checkpoint += distance;
	c.redo += distance;
	c.started += 300 * SECOND;
	c.finished += 570 * SECOND;
	return c;
}

static TendCheckpointReason
reason(int timed, int requested, uint64 distance)
{
	TendCheckpointCounters b = before();
	TendCheckpointCounters a = after(timed, requested, distance);

	return tend_checkpoint_counted_reason(&b, &a, 512 * MB);
}

static void
test_counters(void)
{
	TendCheckpointCounters b = before();
	TendCheckpointCounters a = after(1, 0, MB);
	TendCheckpoint c = tend_checkpoint_counted(&b, &a, 512 * MB);

	tap_number(c.write_ms, 270000, "what was added is the checkpoint's");
	tap_number(c.sync_ms, 50, "its syncs, too");
	tap_number((double) c.buffers_written, 1234, "and its pages");
	tap_number((double) c.files_synced, -1, "its files are unknown");
	tap_number(c.total_ms, NAN, "whole seconds are no time in ms");
	tap_number((double) (c.started - NOW), 300.0 * SECOND, "pg_control knows when it began");
	tap_ok(!c.restartpoint, "it is a checkpoint");

	tap_number(reason(1, 0, MB), TEND_CHECKPOINT_TIME, "a timed one comes by time");
	tap_number(reason(0, 1, MB), TEND_CHECKPOINT_REQUESTED, "a requested one with little WAL by a command");
	tap_number(reason(0, 1, 512 * MB), TEND_CHECKPOINT_WAL, "one with much WAL by the WAL");
	tap_number(reason(1, 1, 512 * MB), TEND_CHECKPOINT_UNKNOWN, "where both count, nobody knows");
	tap_number(reason(0, 0, 512 * MB), TEND_CHECKPOINT_UNKNOWN, "nor where none does");

	a.started = 0;
	c = tend_checkpoint_counted(&b, &a, 512 * MB);
	tap_ok(c.restartpoint, "on a standby it is a restartpoint");
	tap_number((double) (c.finished - c.started), 270050000, "which began so long before its end as it worked");

	a = after(1, 0, MB);
	a.write_ms = 3;
	c = tend_checkpoint_counted(&b, &a, 512 * MB);
	tap_number(c.write_ms, NAN, "after a reset of the statistics the time is unknown");
	tap_number((double) c.buffers_written, -1, "and so are the pages");
}

int
main(void)
{
	test_lines();
	test_probe();
	test_over();
	test_counters();
	tap_text(tend_checkpoint_reason_name(TEND_CHECKPOINT_WAL), "wal", "reasons have names");
	tap_text(tend_checkpoint_reason_name(99), "unknown", "even those that do not exist");
	return tap_done();
}
