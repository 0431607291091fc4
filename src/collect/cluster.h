/*-------------------------------------------------------------------------
 *
 * cluster.h
 *	  Settings and counters of the whole server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CLUSTER_H
#define TEND_CLUSTER_H

#include "advise/wraparound.h"
#include "facts.h"

extern TendAutovacuumSettings tend_collect_settings(void);
extern TendAgeLimits tend_collect_xid_limits(void);
extern TendAgeLimits tend_collect_mxid_limits(void);
extern void tend_collect_database_ages(int64 *xid_age, int64 *mxid_age);
extern int64 tend_collect_next_xid(void);
extern uint32 tend_collect_next_mxid(void);

#endif							/* TEND_CLUSTER_H */
