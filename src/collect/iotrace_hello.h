/*-------------------------------------------------------------------------
 *
 * iotrace_hello.h
 *	  The words with which a server registers with pg_tend_iotrace.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_IOTRACE_HELLO_H
#define TEND_IOTRACE_HELLO_H

#include "advise/io_snapshot.h"

extern TendIoHello tend_iotrace_hello(void);
extern TendIoOwner tend_iotrace_owner(void);

#endif							/* TEND_IOTRACE_HELLO_H */
