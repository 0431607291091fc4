/*-------------------------------------------------------------------------
 *
 * disk_watch.h
 *	  What the launcher watches of the disk.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DISK_WATCH_H
#define TEND_DISK_WATCH_H

extern void tend_disk_watch(void);

#endif							/* TEND_DISK_WATCH_H */
