/*-------------------------------------------------------------------------
 *
 * options.c
 *	  Command line of pg_tend_iotrace.
 *
 * What can be wrong with an option is said before anything is loaded.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/version.h"
#include "iotrace.h"
#include "options.h"
#include "say.h"

static const char *const probe_names[] = {TEND_IO_PROBE_NAMES};

#define ALL_PROBES ((1u << TEND_IO_NUM_PROBES) - 1)

enum
{
	OPTION_CHECK = 256,
	OPTION_ONCE,
	OPTION_PRETEND_MISSING
};

static const struct option long_options[] = {
	{"dir", required_argument, NULL, 'd'},
	{"period", required_argument, NULL, 'p'},
	{"user", required_argument, NULL, 'u'},
	{"without", required_argument, NULL, 'x'},
	{"pretend-missing", required_argument, NULL, OPTION_PRETEND_MISSING},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"once", no_argument, NULL, OPTION_ONCE},
	{"pid", required_argument, NULL, 'P'},
	{"data-dir", required_argument, NULL, 'D'},
	{"seconds", required_argument, NULL, 's'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{0}
};

static const char usage[] =
"pg_tend_iotrace times the disk syncs and writes of PostgreSQL, in the kernel.\n"
"\n"
"  pg_tend_iotrace [OPTION]...             serve clusters that have pg_tend\n"
"  pg_tend_iotrace --check                 say what works here, and what does not\n"
"  pg_tend_iotrace --once -D DIR|-P PID    watch one cluster, print, end\n"
"\n"
"  -d, --dir DIR        where servers find us (" TEND_IO_DEFAULT_DIR ")\n"
"  -p, --period MS      time between two snapshots (1000)\n"
"  -u, --user NAME      only this user's clusters; may be given repeatedly (all)\n"
"  -x, --without LIST   leave these calls alone, for example pwrite64,pwritev:\n"
"                       fsync fdatasync sync_file_range syncfs msync\n"
"                       pwrite64 pwritev pwritev2\n"
"  -D, --data-dir DIR   of a cluster that runs, for --once\n"
"  -P, --pid PID        of its postmaster, instead\n"
"  -s, --seconds N      how long --once watches; 0 is until interrupted (10)\n"
"  -v, --verbose        say more\n"
"  -h, --help\n"
"  -V, --version\n"
"\n"
"It needs CAP_BPF and CAP_PERFMON, and user root, who may read tracefs.\n";

/* a whole number of a range, or -1 after a message */
static long
number(const char *name, const char *argument, long least, long most)
{
	char	   *rest;
	long		value;

	errno = 0;
	value = strtol(argument, &rest, 10);
	if (errno == 0 && argument[0] != '\0' && *rest == '\0' && value >= least && value <= most)
		return value;
	tend_say_error("--%s must be a number from %ld to %ld, not \"%s\"", name, least, most, argument);
	return -1;
}

static bool
add_user(TendOptions *options, const char *name)
{
	struct passwd *user = getpwnam(name);

	if (user == NULL)
	{
		tend_say_error("there is no user \"%s\"", name);
		return false;
	}
	if (options->num_users == TEND_MAX_USERS)
	{
		tend_say_error("more than %d users", TEND_MAX_USERS);
		return false;
	}
	options->users[options->num_users++] = user->pw_uid;
	return true;
}

static bool
probe_list(uint32_t *probes, const char *list)
{
	char		copy[256];
	char	   *rest = NULL;

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *name = strtok_r(copy, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest))
	{
		int			i = 0;

		while (i < TEND_IO_NUM_PROBES && strcmp(name, probe_names[i]) != 0)
			i++;
		if (i == TEND_IO_NUM_PROBES)
		{
			tend_say_error("\"%s\" is not a call that can be timed", name);
			return false;
		}
		*probes |= 1u << i;
	}
	return true;
}

/* The first line of postmaster.pid. */
static bool
pid_of_data_directory(TendOptions *options, const char *dir)
{
	char		path[PATH_MAX];
	FILE	   *file;
	int			pid = 0;

	snprintf(path, sizeof(path), "%s/postmaster.pid", dir);
	file = fopen(path, "re");
	if (file == NULL)
	{
		tend_say_error("%s: %s; does the server run?", path, strerror(errno));
		return false;
	}
	if (fscanf(file, "%d", &pid) != 1 || pid <= 1)
	{
		tend_say_error("%s has no process id", path);
		pid = 0;
	}
	fclose(file);
	options->pid = pid;
	return pid != 0;
}

/* false after a message */
static bool
take_option(TendOptions *options, int option, const char *argument)
{
	uint32_t	without = 0;

	switch (option)
	{
		case 'd':
			options->dir = argument;
			return true;
		case 'p':
			return (options->period_ms = number("period", argument, 50, 3600000)) > 0;
		case 'u':
			return add_user(options, argument);
		case 'x':
			if (!probe_list(&without, argument))
				return false;
			options->probes &= ~without;
			return true;
		case OPTION_PRETEND_MISSING:
			return probe_list(&options->pretend_missing, argument);
		case OPTION_CHECK:
			options->mode = TEND_MODE_CHECK;
			return true;
		case OPTION_ONCE:
			options->mode = TEND_MODE_ONCE;
			return true;
		case 'D':
			return pid_of_data_directory(options, argument);
		case 'P':
			return (options->pid = number("pid", argument, 2, INT_MAX)) > 0;
		case 's':
			return (options->seconds = number("seconds", argument, 0, 86400)) >= 0;
		case 'v':
			tend_verbose = true;
			return true;
	}
	return false;
}

int
tend_options_parse(TendOptions *options, int argc, char **argv)
{
	static const TendOptions defaults = {
		.dir = TEND_IO_DEFAULT_DIR,
		.period_ms = 1000,
		.probes = ALL_PROBES,
		.seconds = 10
	};
	int			option;

	*options = defaults;
	while ((option = getopt_long(argc, argv, "d:p:u:x:D:P:s:vhV", long_options, NULL)) != -1)
	{
		if (option == 'h')
		{
			fputs(usage, stdout);
			return 0;
		}
		if (option == 'V')
		{
			printf("pg_tend_iotrace %s, protocol %d\n", TEND_VERSION, TEND_IO_VERSION);
			return 0;
		}
		if (!take_option(options, option, optarg))
			return 2;
	}
	if (optind < argc)
	{
		tend_say_error("\"%s\" is not an option; see --help", argv[optind]);
		return 2;
	}
	if (options->probes == 0)
	{
		tend_say_error("there is nothing left to time");
		return 2;
	}
	if (options->mode == TEND_MODE_ONCE && options->pid == 0)
	{
		tend_say_error("--once needs --data-dir or --pid");
		return 2;
	}
	return -1;
}
