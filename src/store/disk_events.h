/*-------------------------------------------------------------------------
 *
 * disk_events.h
 *	  Events about the disk: storms, slow syncs, spikes.
 *
 * All functions need a connected SPI and an active snapshot, and return the
 * number of rows written.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DISK_EVENTS_H
#define TEND_DISK_EVENTS_H

#include "advise/disk_judge.h"

extern bool tend_disk_event_known(const char *kind);
extern int	tend_disk_events(const TendDiskCase *dc);
extern int	tend_disk_event_spike(const TendCheckpoint *checkpoint, double limit_ms);

#endif							/* TEND_DISK_EVENTS_H */
