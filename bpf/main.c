/*-------------------------------------------------------------------------
 *
 * main.c
 *	  pg_tend_iotrace: times the disk syncs and writes of PostgreSQL.
 *
 * The parts:
 *
 * 	iotrace.h		what the server needs to know
 * 	iotrace.bpf.c	the probe, which runs in the kernel
 * 	probe.c			loads it, and tells it about clusters
 * 	load.c, words.c	what does not work, and why
 * 	serve.c			socket, loop
 * 	judge.c			may who says hello be registered?
 * 	process.c		what /proc knows
 * 	clusters.c		who is registered
 * 	snapshot.c		the file that a server reads
 * 	check.c, once.c, print.c, symbol.c	without a server
 *
 * It runs as root with two capabilities and no others, so it can do little that
 * any user could not: see doc/pg_tend_iotrace.md.
 *
 *-------------------------------------------------------------------------
 */
#include "check.h"
#include "once.h"
#include "options.h"
#include "probe.h"
#include "serve.h"

int
main(int argc, char **argv)
{
	TendOptions options;
	int			status = tend_options_parse(&options, argc, argv);

	if (status >= 0)
		return status;
	tend_probe_quiet();
	switch (options.mode)
	{
		case TEND_MODE_CHECK:
			return tend_check(&options);
		case TEND_MODE_ONCE:
			return tend_once(&options);
		default:
			return tend_serve(&options);
	}
}
