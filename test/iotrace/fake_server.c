/*-------------------------------------------------------------------------
 *
 * fake_server.c
 *	  Does what a PostgreSQL server does, as far as pg_tend_iotrace can tell, but
 *	  exactly as often as the test says.
 *
 *	fake_server SOCKET		(in a data directory)
 *
 * This process is the postmaster.  It reads commands and answers each with a
 * line; calls are made by a child of its own each.
 *
 *	hello					a child says hello and stays; "reply STATUS FILE TEXT"
 *	goodbye					that child ends
 *	call TYPE CALL FILE N [dsync|high]	N calls by a process of this backend type
 *	many N FILE				N processes that live for one fsync each
 *	grandchild FILE N		fsyncs by a process whose parent is not we
 *	run PROGRAM FILE		a child becomes another program
 *	checkpoint START WRITE SYNC END FILES LONGEST FILE
 *							the checkpointer syncs, and afterwards has these times
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/iotrace.h"

#define CHECKPOINTER	6
#define BLOCK			512

static volatile uint32_t MyBackendType = 0;

static volatile struct
{
	int64_t		start,
				write,
				sync,
				sync_end,
				end;
	int32_t		buffers,
				added,
				removed,
				recycled,
				files;
	uint64_t	longest,
				total;
}			CheckpointStats;

static const char *socket_path;
static pid_t worker = 0;

static void
say(const char *line)
{
	printf("%s\n", line);
	fflush(stdout);
}

static void
die(const char *what)
{
	printf("cannot %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

/* ---- hello ---- */

static TendIoHello
make_hello(void)
{
	TendIoHello hello = {
		.magic = TEND_IO_HELLO_MAGIC,
		.version = TEND_IO_VERSION,
		.size = sizeof(TendIoHello),
		.server_version = 150020,
		.postmaster_pid = (int32_t) getppid(),
		.postmaster_start = 424242,
		.backend_type = (uintptr_t) &MyBackendType,
		.checkpoint_stats = (uintptr_t) &CheckpointStats,
		.checkpoint_stats_size = sizeof(CheckpointStats),
		.checkpointer_type = CHECKPOINTER,
		.checkpoint_fields = {0, 8, 16, 24, 32, 40, -1, 44, 48, 52, 56, 64, 72},
		.type_names = {"starting", "one", "two", "three", "four", "five", "checkpointer"}
	};
	struct stat st;

	if (stat("pg_wal", &st) == 0)
	{
		hello.wal_device = st.st_dev;
		hello.wal_inode = st.st_ino;
	}
	return hello;
}

/* Ends when the helper hangs up. */
static void
say_hello(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	TendIoHello hello = make_hello();
	TendIoReply reply = {0};
	int			fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	if (connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0)
		die("connect");
	if (send(fd, &hello, sizeof(hello), MSG_NOSIGNAL) != sizeof(hello) ||
		recv(fd, &reply, sizeof(reply), 0) != sizeof(reply))
		die("get a reply");
	printf("reply %u %s %s\n", reply.status, reply.snapshot[0] ? reply.snapshot : "-", reply.text);
	fflush(stdout);
	while (recv(fd, &reply, sizeof(reply), 0) > 0)
		;
	_exit(0);
}

/* ---- calls ---- */

static int
open_file(const char *path, bool dsync)
{
	struct stat st;
	bool		directory = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	int			fd = directory ? open(path, O_RDONLY | O_DIRECTORY) :
		open(path, O_RDWR | O_CREAT | (dsync ? O_DSYNC : 0), 0600);

	if (fd < 0)
		die(path);
	return fd;
}

static void
make_call(const char *call, int fd, void *page)
{
	struct iovec pieces[2] = {{page, BLOCK / 2}, {page, BLOCK / 2}};

	if (strcmp(call, "fsync") == 0)
		fsync(fd);
	else if (strcmp(call, "fdatasync") == 0)
		fdatasync(fd);
	else if (strcmp(call, "sync_file_range") == 0)
		sync_file_range(fd, 0, BLOCK, SYNC_FILE_RANGE_WRITE);
	else if (strcmp(call, "syncfs") == 0)
		syncfs(fd);
	else if (strcmp(call, "msync") == 0)
		msync(page, 4096, MS_SYNC);
	else if (strcmp(call, "write") == 0)
		(void) !write(fd, page, BLOCK);
	else if (strcmp(call, "pwrite64") == 0)
		(void) !pwrite(fd, page, BLOCK, 0);
	else if (strcmp(call, "pwritev") == 0)
		(void) !pwritev(fd, pieces, 2, 0);
	else if (strcmp(call, "pwritev2") == 0)
		(void) !pwritev2(fd, pieces, 2, 0, 0);
	else if (strcmp(call, "pwritev2_dsync") == 0)
		(void) !pwritev2(fd, pieces, 2, 0, RWF_DSYNC);
	else if (strcmp(call, "bad_fsync") == 0)
		fsync(9999);
	else if (strcmp(call, "bad_pwrite") == 0)
		(void) !pwrite(fd, page, BLOCK, -1);
	else
		_exit(2);
}

/* As with 10 000 other files open; the last one is it. */
static int
open_many(int fd)
{
	const int	last = 10000;
	struct rlimit limit = {last + 1, last + 1};

	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("raise the number of files");
	for (int copy = 0; copy < last; copy = dup(fd))
	{
		if (copy < 0)
			die("open many files");
	}
	return last;
}

static void
call(uint32_t type, const char *name, const char *path, int n, const char *how)
{
	void	   *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int			fd = open_file(path, strcmp(how, "dsync") == 0);

	if (strcmp(how, "high") == 0)
		fd = open_many(fd);
	MyBackendType = type;
	for (int i = 0; i < n; i++)
		make_call(name, fd, page);
	_exit(0);
}

static void
call_as_grandchild(const char *path, int n)
{
	if (fork() == 0)
		call(1, "fsync", path, n, "");
	wait(NULL);
	_exit(0);
}

/* As the server does: times appear one after the other, a sync ends it. */
static void
checkpoint(const long long *v, const char *path)
{
	int			fd = open_file(path, false);

	MyBackendType = CHECKPOINTER;
	CheckpointStats.start = v[0];
	CheckpointStats.write = v[1];
	CheckpointStats.sync = v[2];
	fsync(fd);
	CheckpointStats.sync_end = v[3];
	CheckpointStats.files = (int32_t) v[4];
	CheckpointStats.longest = (uint64_t) v[5];
	fdatasync(fd);
	fsync(fd);
	_exit(0);
}

/* ---- commands ---- */

/* Wait for all children but the one that said hello. */
static void
wait_for(pid_t child)
{
	int			status;

	if (child < 0)
		say("cannot fork");
	else if (waitpid(child, &status, 0) == child && status == 0)
		say("done");
	else
		say("failed");
}

static void
many(int n, const char *path)
{
	pid_t		children[64];
	int			running = 0;

	for (int i = 0; i < n; i++)
	{
		if (running == 64)
			waitpid(children[--running], NULL, 0);
		children[running] = fork();
		if (children[running] == 0)
			call(1, "fsync", path, 1, "");
		running++;
	}
	while (running > 0)
		waitpid(children[--running], NULL, 0);
	say("done");
}

static void
obey(const char *line)
{
	char		name[32],
				path[256],
				program[256],
				how[16] = "";
	unsigned	type;
	int			n;
	long long	v[6];
	pid_t		child;

	if (strcmp(line, "hello") == 0)
	{
		worker = fork();
		if (worker == 0)
			say_hello();
	}
	else if (strcmp(line, "goodbye") == 0)
	{
		kill(worker, SIGKILL);
		waitpid(worker, NULL, 0);
		say("done");
	}
	else if (sscanf(line, "call %u %31s %255s %d %15s", &type, name, path, &n, how) >= 4)
	{
		if ((child = fork()) == 0)
			call(type, name, path, n, how);
		wait_for(child);
	}
	else if (sscanf(line, "many %d %255s", &n, path) == 2)
		many(n, path);
	else if (sscanf(line, "grandchild %255s %d", path, &n) == 2)
	{
		if ((child = fork()) == 0)
			call_as_grandchild(path, n);
		wait_for(child);
	}
	else if (sscanf(line, "run %255s %255s", program, path) == 2)
	{
		if ((child = fork()) == 0)
		{
			execl(program, program, path, (char *) NULL);
			_exit(1);
		}
		wait_for(child);
	}
	else if (sscanf(line, "checkpoint %lld %lld %lld %lld %lld %lld %255s",
					&v[0], &v[1], &v[2], &v[3], &v[4], &v[5], path) == 7)
	{
		if ((child = fork()) == 0)
			checkpoint(v, path);
		wait_for(child);
	}
	else
		say("what?");
}

int
main(int argc, char **argv)
{
	char		line[512];

	if (argc != 2)
		return 2;
	socket_path = argv[1];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		line[strcspn(line, "\n")] = '\0';
		obey(line);
	}
	return 0;
}
