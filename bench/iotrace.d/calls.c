/*-------------------------------------------------------------------------
 *
 * calls.c
 *	  Time system calls, made by children of this process.
 *
 *	calls			(in a folder with base/5)
 *
 * Reads lines "CALL N" and answers each with nanoseconds per call: the median of
 * 21 batches of N.  The first line printed is our own pid.
 *
 *-------------------------------------------------------------------------
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 21

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return (x > y) - (x < y);
}

static void
make_calls(const char *call, int fd, int n)
{
	static char block[8192];

	if (strcmp(call, "fdatasync") == 0)
	{
		for (int i = 0; i < n; i++)
			fdatasync(fd);
	}
	else if (strcmp(call, "pwrite64") == 0)
	{
		for (int i = 0; i < n; i++)
			(void) !pwrite(fd, block, sizeof(block), 0);
	}
	else
	{
		for (int i = 0; i < n; i++)
			syscall(SYS_getppid);
	}
}

static void
measure(const char *call, int n)
{
	double		batches[BATCHES];
	int			fd = open("base/5/1", O_RDWR | O_CREAT, 0600);

	make_calls(call, fd, n);
	for (int i = 0; i < BATCHES; i++)
	{
		double		start = now_ns();

		make_calls(call, fd, n);
		batches[i] = (now_ns() - start) / n;
	}
	qsort(batches, BATCHES, sizeof(batches[0]), compare);
	printf("%.2f\n", batches[BATCHES / 2]);
	fflush(stdout);
	_exit(0);
}

int
main(void)
{
	char		call[32];
	int			n;

	printf("%d\n", (int) getpid());
	fflush(stdout);
	while (scanf("%31s %d", call, &n) == 2)
	{
		pid_t		child = fork();

		if (child == 0)
			measure(call, n);
		waitpid(child, NULL, 0);
	}
	return 0;
}
