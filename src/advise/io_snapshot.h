/*-------------------------------------------------------------------------
 *
 * io_snapshot.h
 *	  Can a snapshot of the I/O probe be believed?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_IO_SNAPSHOT_H
#define TEND_IO_SNAPSHOT_H

#include "disk_facts.h"

/* Whose snapshot it must be */
typedef struct TendIoOwner
{
	int32		postmaster_pid;
	int64		postmaster_start;
} TendIoOwner;

extern const char *tend_io_snapshot_problem(const void *bytes, size_t size,
											const TendIoOwner *owner);
extern bool tend_io_checkpoint_valid(const TendIoCheckpoint *checkpoint);
extern bool tend_io_printable(const char *text, size_t size);
extern bool tend_io_name_valid(const char *name);
extern double tend_io_age_ms(const TendIoHeader *header, uint64 now_ns);
extern bool tend_io_stale(const TendIoHeader *header, uint64 now_ns);

#endif							/* TEND_IO_SNAPSHOT_H */
