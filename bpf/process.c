/*-------------------------------------------------------------------------
 *
 * process.c
 *	  What /proc says about a process.
 *
 * Fields of stat are counted from the last parenthesis: a process may be
 * called anything.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"

/* PROC_PID_INIT_INO, fixed since there are namespaces */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCu

static bool
read_proc(pid_t pid, const char *name, char *content, size_t size)
{
	char		path[64];
	ssize_t		got;
	int			fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int) pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, content, size - 1);
	close(fd);
	if (got <= 0)
	{
		if (got == 0)
			errno = ESRCH;
		return false;
	}
	content[got] = '\0';
	return true;
}

static bool
read_stat(TendProcess *process)
{
	char		content[1024];
	char	   *rest;

	if (!read_proc(process->pid, "stat", content, sizeof(content)))
		return false;
	rest = strrchr(content, ')');
	errno = EINVAL;
	/* state, ppid, ..., the 22nd of all is the start time */
	return rest != NULL &&
		sscanf(rest + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u"
			   " %*d %*d %*d %*d %*d %*d %" SCNu64,
			   &process->parent, &process->start_ticks) == 2;
}

/* The line of status that begins so; a newline is before each but the first. */
static const char *
line_of(const char *content, const char *name)
{
	const char *line = strstr(content, name);

	return line == NULL ? NULL : line + strlen(name);
}

static bool
read_status(TendProcess *process)
{
	char		content[4096];
	const char *uids;
	const char *pids;
	uid_t	   *u = process->uids;
	char	   *rest;

	if (!read_proc(process->pid, "status", content, sizeof(content)))
		return false;
	uids = line_of(content, "\nUid:");
	pids = line_of(content, "\nNSpid:");
	errno = EINVAL;
	if (uids == NULL || pids == NULL || sscanf(uids, "%u %u %u %u", &u[0], &u[1], &u[2], &u[3]) != 4)
		return false;

	/* the last one is the innermost */
	process->inner_pid = process->pid;
	while (*pids != '\n' && *pids != '\0')
	{
		long		pid = strtol(pids, &rest, 10);

		if (rest == pids)
			break;
		process->inner_pid = (pid_t) pid;
		pids = rest;
	}
	return true;
}

bool
tend_process_read(pid_t pid, TendProcess *process)
{
	memset(process, 0, sizeof(*process));
	process->pid = pid;
	return read_stat(process) && read_status(process);
}

uint32_t
tend_process_namespace(void)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) != 0 || st.st_ino == FIRST_PID_NAMESPACE)
		return 0;
	return (uint32_t) st.st_ino;
}

bool
tend_process_proc_is_ours(void)
{
	char		target[32];
	ssize_t		length = readlink("/proc/self", target, sizeof(target) - 1);

	if (length <= 0)
		return false;
	target[length] = '\0';
	return atoi(target) == (int) getpid();
}
