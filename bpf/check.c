/*-------------------------------------------------------------------------
 *
 * check.c
 *	  Say what works on this machine, and what does not.
 *
 * One line per step; what depends on a step that failed is not tried.  The last
 * step is the proof: a child of ours makes a known number of calls.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "load.h"

static const char *const probe_names[] = {TEND_IO_PROBE_NAMES};

/* in place of the server's variable of that name; the child sets its copy */
static volatile uint32_t backend_type = 0;

#define CHILD_TYPE	3
#define FSYNCS		25
#define WRITES		10
#define WRITE_SIZE	100

static bool
report(TendStep step, const char *what, int error)
{
	TendWords	words;

	if (error == 0)
	{
		printf("ok      %s\n", what);
		return true;
	}
	words = tend_words(step, error);
	printf("FAILED  %s: %s (errno %d, %s)\n        remedy: %s\n", what, words.meaning,
		   error, strerror(error), words.remedy);
	return false;
}

/* false if nothing beyond can work */
static bool
check_steps(void)
{
	bool		fine = true;

	for (TendStep step = 0; step <= TEND_STEP_TRIVIAL; step++)
		fine = report(step, tend_step_name(step), tend_load_try(step)) && fine;
	return fine;
}

static bool
check_calls(const TendProbe *probe)
{
	bool		fine = true;

	for (int i = 0; i < TEND_IO_NUM_PROBES; i++)
	{
		char		what[64];

		snprintf(what, sizeof(what), "%s %s", tend_step_name(TEND_STEP_ATTACH), probe_names[i]);
		if (probe->wanted & (1u << i))
			fine = report(TEND_STEP_ATTACH, what, probe->errors[i]) && fine;
		else
			printf("-       %s: not wanted\n", what);
	}
	return fine;
}

/* 0, or an errno */
static int
make_calls(void)
{
	static const char zeros[WRITE_SIZE];
	pid_t		child = fork();
	int			status;

	if (child < 0)
		return errno;
	if (child == 0)
	{
		int			fd = memfd_create("self-test", MFD_CLOEXEC);

		backend_type = CHILD_TYPE;
		for (int i = 0; i < FSYNCS; i++)
			fsync(fd);
		for (int i = 0; i < WRITES; i++)
		{
			if (pwrite(fd, zeros, WRITE_SIZE, 0) != WRITE_SIZE)
				_exit(1);
		}
		/* what others do must not be counted: this is a grandchild */
		if (fork() == 0)
		{
			fsync(fd);
			_exit(0);
		}
		wait(NULL);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status != 0)
		return ECHILD;
	return 0;
}

static bool
is_as_made(const TendProbe *probe, const TendIoCell *cells, TendIoProbe call_probe, TendIoCall call,
		   uint64_t calls, uint64_t bytes)
{
	uint32_t	number = tend_io_cell_number(CHILD_TYPE, call, TEND_IO_OTHER);

	return !(probe->attached & (1u << call_probe)) ||
		(tend_io_calls(&cells[number]) == calls && cells[number].bytes == bytes);
}

static bool
self_test(TendProbe *probe)
{
	TendIoCluster self = {.backend_type = (uintptr_t) &backend_type,.euid = geteuid()};
	const TendIoCell *cells;
	int			error = tend_probe_add(probe, (uint32_t) getpid(), &self);
	uint64_t	total = 0;

	if (error == 0)
		error = make_calls();
	if (error != 0)
		return report(TEND_STEP_SELF_TEST, tend_step_name(TEND_STEP_SELF_TEST), error);
	cells = probe->cells[self.slot];
	for (int i = 0; i < TEND_IO_NUM_CELLS; i++)
		total += tend_io_calls(&cells[i]);
	/* a call more would be a foreign one */
	if (!is_as_made(probe, cells, TEND_IO_PROBE_FSYNC, TEND_IO_FSYNC, FSYNCS, 0) ||
		!is_as_made(probe, cells, TEND_IO_PROBE_PWRITE64, TEND_IO_WRITE, WRITES, WRITES * WRITE_SIZE) ||
		total > FSYNCS + WRITES)
		error = EPROTO;
	return report(TEND_STEP_SELF_TEST, "self-test: calls of a child are counted exactly", error);
}

int
tend_check(const TendOptions *options)
{
	static TendProbe probe;
	struct utsname kernel;
	bool		fine;
	int			error;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (uname(&kernel) == 0)
		printf("        Linux %s, %s\n", kernel.release, kernel.machine);
	fine = check_steps();
	error = tend_probe_load(&probe);
	if (!report(TEND_STEP_LOAD, tend_step_name(TEND_STEP_LOAD), error))
		return 1;
	tend_probe_attach(&probe, options->probes, options->pretend_missing);
	fine = check_calls(&probe) && fine;
	if (probe.attached != 0)
		fine = self_test(&probe) && fine;
	tend_probe_unload(&probe);
	printf(fine ? "        all is well\n" : "        see what FAILED above\n");
	return fine ? 0 : 1;
}
