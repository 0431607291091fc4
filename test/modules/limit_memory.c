/*-------------------------------------------------------------------------
 *
 * limit_memory.c
 *	  limit_memory(kB): from now on this backend may have so much more memory
 *	  than it has; NULL: as much as it likes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/resource.h>
#include <unistd.h>

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(limit_memory);

/* Pages of the process, as the kernel counts them for RLIMIT_AS */
static long
pages_mapped(void)
{
	FILE	   *file = fopen("/proc/self/statm", "r");
	long		pages = -1;

	if (file == NULL || fscanf(file, "%ld", &pages) != 1)
		elog(ERROR, "could not read /proc/self/statm: %m");
	fclose(file);
	return pages;
}

Datum
limit_memory(PG_FUNCTION_ARGS)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) != 0)
		elog(ERROR, "could not get the limit: %m");
	limit.rlim_cur = PG_ARGISNULL(0) ? limit.rlim_max :
		(rlim_t) pages_mapped() * sysconf(_SC_PAGESIZE) + (rlim_t) PG_GETARG_INT32(0) * 1024;
	if (setrlimit(RLIMIT_AS, &limit) != 0)
		elog(ERROR, "could not set the limit: %m");
	PG_RETURN_BOOL(true);
}
