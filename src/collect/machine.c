/*-------------------------------------------------------------------------
 *
 * machine.c
 *	  What the server runs on.
 *
 * In a container, or a service with a limit, the memory is that of its control
 * group.  Files of the kernel tell; what cannot be read is no limit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "advise/cgroup.h"
#include "collect/machine.h"
#include "storage/fd.h"

/* Of a file of the kernel; what we look for stands in front */
#define FILE_LEN	8192

static double
system_number(int name)
{
	long		value = sysconf(name);

	return value > 0 ? (double) value : NAN;
}

/* NaN if unknown */
double
tend_machine_cores(void)
{
	return system_number(_SC_NPROCESSORS_ONLN);
}

/* ---- control groups ---- */

/* The beginning of a file; "" if it cannot be read */
static void
read_file(const char *name, char *text)
{
	int			fd = OpenTransientFile(name, O_RDONLY);
	ssize_t		n;

	text[0] = '\0';
	if (fd < 0)
		return;
	n = read(fd, text, FILE_LEN - 1);
	text[n > 0 ? n : 0] = '\0';
	(void) CloseTransientFile(fd);
}

/* The least limit of a group and those above it */
static double
limit_kb(const char *self, TendCgroupVersion version)
{
	char		path[TEND_CGROUP_PATH_LEN];
	char		text[FILE_LEN];
	double		least = NAN;

	if (!tend_cgroup_path(self, version, path))
		return NAN;
	do
	{
		char		name[TEND_CGROUP_PATH_LEN + 64];

		snprintf(name, sizeof(name), version == TEND_CGROUP_V2 ? "/sys/fs/cgroup%s/memory.max" :
				 "/sys/fs/cgroup/memory%s/memory.limit_in_bytes", path);
		read_file(name, text);
		least = fmin(least, tend_cgroup_limit_kb(text));
	} while (tend_cgroup_parent(path));
	return least;
}

/*
 * Memory of the machine, or less if a control group has less.  NaN if unknown
 */
double
tend_machine_memory_kb(void)
{
	double		machine = system_number(_SC_PHYS_PAGES) * system_number(_SC_PAGESIZE) / 1024;
	char		self[FILE_LEN];

	read_file("/proc/self/cgroup", self);
	return fmin(machine, fmin(limit_kb(self, TEND_CGROUP_V2), limit_kb(self, TEND_CGROUP_V1)));
}
