/*-------------------------------------------------------------------------
 *
 * machine.h
 *	  What the server runs on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_MACHINE_H
#define TEND_MACHINE_H

extern double tend_machine_cores(void);
extern double tend_machine_memory_kb(void);

#endif							/* TEND_MACHINE_H */
