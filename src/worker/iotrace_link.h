/*-------------------------------------------------------------------------
 *
 * iotrace_link.h
 *	  The launcher's connection to pg_tend_iotrace.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_IOTRACE_LINK_H
#define TEND_IOTRACE_LINK_H

#include "port.h"

extern void tend_link_step(void);
extern pgsocket tend_link_socket(void);
extern uint64 tend_link_hello_ns(void);
extern void tend_link_counts_nothing(bool nothing);

#endif							/* TEND_IOTRACE_LINK_H */
