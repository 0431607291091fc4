/*-------------------------------------------------------------------------
 *
 * executions.h
 *	  Count what executions of plans do.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_EXECUTIONS_H
#define TEND_EXECUTIONS_H

extern void tend_executions_install(void);
extern void tend_executions_flush(void);

#endif							/* TEND_EXECUTIONS_H */
