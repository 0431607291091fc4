/*-------------------------------------------------------------------------
 *
 * snapshot.h
 *	  The file that a cluster's numbers are published in.
 *
 * Its layout is in iotrace.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SNAPSHOT_H
#define TEND_SNAPSHOT_H

#include <sys/types.h>

#include "probe.h"

typedef struct TendSnapshot
{
	char		name[TEND_IO_NAME_LEN];
	int			fd;				/* -1: there is none */
	int			error;			/* errno of the last attempt to write, or 0 */
	TendIoHeader header;		/* as last written */
	int32_t		checkpoint_fields[TEND_IO_CKPT_NUM_FIELDS];
} TendSnapshot;

/*
 * Make the file in a directory, readable for one user besides us: 0, or an errno.
 * The caller has filled in name; header is to be filled in before writing.
 */
extern int	tend_snapshot_create(TendSnapshot *snapshot, int dir, uid_t reader, gid_t group);

/* Write the numbers of a slot: 0, or an errno. */
extern int	tend_snapshot_write(TendSnapshot *snapshot, const TendProbe *probe, uint32_t slot);

extern void tend_snapshot_remove(TendSnapshot *snapshot, int dir);

/* Remove all that a helper left behind in a directory. */
extern void tend_snapshot_clean(int dir);

#endif							/* TEND_SNAPSHOT_H */
