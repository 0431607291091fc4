/*-------------------------------------------------------------------------
 *
 * plan_save.h
 *	  Keep the plans over a restart of the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_SAVE_H
#define TEND_PLAN_SAVE_H

extern void tend_plans_save(void);
extern void tend_plans_load(void);

#endif							/* TEND_PLAN_SAVE_H */
