/*-------------------------------------------------------------------------
 *
 * machine.c
 *	  What the server runs on.
 *
 * Limits of a container are not looked at, but for those that the system
 * itself reports.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>
#include <unistd.h>

#include "collect/machine.h"

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

/* NaN if unknown */
double
tend_machine_memory_kb(void)
{
	return system_number(_SC_PHYS_PAGES) * system_number(_SC_PAGESIZE) / 1024;
}
