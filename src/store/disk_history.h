/*-------------------------------------------------------------------------
 *
 * disk_history.h
 *	  tend.io_history and tend.checkpoint_history.
 *
 * All functions need a connected SPI and an active snapshot, and
 * tend_ring_open() in the same transaction.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DISK_HISTORY_H
#define TEND_DISK_HISTORY_H

#include "disk_facts.h"

extern bool tend_io_history_has(TimestampTz at);
extern void tend_io_history_add(const TendIoRow *row);
extern bool tend_checkpoint_history_has(TimestampTz started);
extern void tend_checkpoint_history_add(const TendCheckpoint *checkpoint);
extern const char *tend_io_call_name(int call);
extern const char *tend_io_class_name(int file_class);
extern const char *tend_io_type_name(int backend_type);

#endif							/* TEND_DISK_HISTORY_H */
