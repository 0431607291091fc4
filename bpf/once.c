/*-------------------------------------------------------------------------
 *
 * once.c
 *	  Watch one cluster for a while, and print.
 *
 * What hello would have said is found out from outside.  That takes more rights
 * than serving does, those of a root with all capabilities; without them, kinds of
 * processes and a pg_wal of another name are not known.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clusters.h"
#include "load.h"
#include "once.h"
#include "print.h"
#include "process.h"
#include "say.h"
#include "symbol.h"

typedef struct Major
{
	int			version;
	const char *types[TEND_IO_NUM_TYPES];
} Major;

#define STARTING	"(starting)"
#define LAUNCHER	"autovacuum launcher"
#define AUTOVACUUM	"autovacuum worker"
#define CLIENT		"client backend"
#define DEAD_END	"dead-end client"
#define WORKER		"background worker"
#define WRITER		"background writer"
#define CHECKPOINTER	"checkpointer"
#define ALONE		"standalone backend"
#define RECEIVER	"walreceiver"
#define SENDER		"walsender"
#define SLOTSYNC	"slotsync worker"
#define SUMMARIZER	"walsummarizer"
#define WALWRITER	"walwriter"

/* BackendType of each major; 16 was not at hand */
static const Major majors[] = {
	{15, {
			STARTING, LAUNCHER, AUTOVACUUM, CLIENT, WORKER, WRITER, CHECKPOINTER, "startup",
			RECEIVER, SENDER, WALWRITER, "archiver", "logger"
	}},
	{17, {
			STARTING, CLIENT, LAUNCHER, AUTOVACUUM, WORKER, SENDER, SLOTSYNC, ALONE, "archiver",
			WRITER, CHECKPOINTER, "startup", RECEIVER, SUMMARIZER, WALWRITER, "logger"
	}},
	{18, {
			STARTING, CLIENT, DEAD_END, LAUNCHER, AUTOVACUUM, WORKER, SENDER, SLOTSYNC, ALONE,
			"archiver", WRITER, CHECKPOINTER, "io worker", "startup", RECEIVER, SUMMARIZER,
			WALWRITER, "logger"
	}},
	{19, {
			STARTING, CLIENT, DEAD_END, LAUNCHER, AUTOVACUUM, WORKER, SENDER, SLOTSYNC, ALONE,
			"archiver", WRITER, CHECKPOINTER, "io worker", "startup", RECEIVER, SUMMARIZER,
			WALWRITER, "logger"
	}}
};

/* A postmaster's working directory is its data directory. */
static int
major_of(pid_t pid)
{
	char		path[64];
	FILE	   *file;
	int			major = 0;

	snprintf(path, sizeof(path), "/proc/%d/cwd/PG_VERSION", (int) pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%d", &major) != 1)
		major = 0;
	fclose(file);
	return major;
}

static void
name_types(TendIoHello *hello, int major)
{
	for (size_t m = 0; m < sizeof(majors) / sizeof(majors[0]); m++)
	{
		for (int i = 0; majors[m].version == major && i < TEND_IO_NUM_TYPES; i++)
		{
			if (majors[m].types[i] != NULL)
				snprintf(hello->type_names[i], TEND_IO_TYPE_NAME_LEN, "%s", majors[m].types[i]);
		}
	}
}

static void
find_out(TendIoHello *hello, pid_t pid)
{
	char		path[64];
	struct stat st;

	hello->backend_type = tend_symbol_address(pid, "MyBackendType");
	if (hello->backend_type == 0)
		tend_say("kinds of processes cannot be told apart: "
				 "no MyBackendType found in process %d", (int) pid);
	snprintf(path, sizeof(path), "/proc/%d/cwd/pg_wal", (int) pid);
	if (stat(path, &st) == 0)
	{
		hello->wal_device = st.st_dev;
		hello->wal_inode = st.st_ino;
	}
	name_types(hello, major_of(pid));
}

static void
wait_for(int seconds)
{
	sigset_t	set;
	struct pollfd wait = {.events = POLLIN};

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	wait.fd = signalfd(-1, &set, SFD_CLOEXEC);
	poll(&wait, 1, seconds > 0 ? seconds * 1000 : -1);
	close(wait.fd);
}

int
tend_once(const TendOptions *options)
{
	static TendProbe probe;
	TendIoHello hello = {0};
	TendProcess postmaster;
	TendIoCluster cluster;
	int			error;

	if (!tend_process_read(options->pid, &postmaster))
	{
		tend_say_error("there is no process %d", (int) options->pid);
		return 1;
	}
	find_out(&hello, options->pid);
	if (!tend_load(&probe, options))
		return 1;
	cluster = tend_cluster_for_probe(&hello, postmaster.uids[1]);
	error = tend_probe_add(&probe, (uint32_t) options->pid, &cluster);
	if (error != 0)
	{
		tend_say_error("process %d cannot be watched: %s", (int) options->pid, strerror(error));
		return 1;
	}
	tend_say("watching the children of process %d", (int) options->pid);
	wait_for(options->seconds);
	tend_print(probe.cells[cluster.slot], hello.type_names);
	tend_probe_unload(&probe);
	return 0;
}
