/*-------------------------------------------------------------------------
 *
 * symbol.h
 *	  Where a running program has a variable.
 *
 * Only --once needs this: a server with pg_tend says it itself.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SYMBOL_H
#define TEND_SYMBOL_H

#include <stdint.h>
#include <sys/types.h>

/* Its address in the process, or 0 if that cannot be found out. */
extern uint64_t tend_symbol_address(pid_t pid, const char *name);

#endif							/* TEND_SYMBOL_H */
