/*-------------------------------------------------------------------------
 *
 * health_disk.h
 *	  What tend.health knows of the disk.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SHOW_HEALTH_DISK_H
#define TEND_SHOW_HEALTH_DISK_H

#include "show/health_sources.h"

extern void tend_health_read_conditions(TendHealthTaker take, void *arg);
extern void tend_health_read_syncs(TendHealthTaker take, void *arg);

#endif							/* TEND_SHOW_HEALTH_DISK_H */
