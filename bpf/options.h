/*-------------------------------------------------------------------------
 *
 * options.h
 *	  Command line of pg_tend_iotrace.
 *
 * See doc/pg_tend_iotrace.md for what they mean.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_OPTIONS_H
#define TEND_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TEND_MAX_USERS 32

typedef enum TendMode
{
	TEND_MODE_SERVE,
	TEND_MODE_CHECK,
	TEND_MODE_ONCE
} TendMode;

typedef struct TendOptions
{
	TendMode	mode;
	const char *dir;
	int			period_ms;
	uint32_t	probes;			/* 1 << TendIoProbe, wanted */
	uint32_t	pretend_missing;	/* the same, for tests */

	/* who may register; nobody named: all */
	uid_t		users[TEND_MAX_USERS];
	int			num_users;

	/* for --once */
	pid_t		pid;
	int			seconds;		/* 0: until interrupted */
} TendOptions;

/*
 * Returns -1 to go on, otherwise the exit status: after --help, --version, or a
 * message about what is wrong.
 */
extern int	tend_options_parse(TendOptions *options, int argc, char **argv);

#endif							/* TEND_OPTIONS_H */
