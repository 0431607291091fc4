/*-------------------------------------------------------------------------
 *
 * probe.h
 *	  The probe in the kernel, as the helper sees it.
 *
 * Nothing here knows sockets or files of snapshots.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PROBE_H
#define TEND_PROBE_H

#include <stdbool.h>

#include "maps.h"

typedef struct TendProbe
{
	struct iotrace_bpf *skeleton;
	void	   *links[TEND_IO_NUM_PROBES][2];	/* exit, enter */

	uint32_t	wanted;			/* 1 << TendIoProbe */
	uint32_t	attached;
	int			errors[TEND_IO_NUM_PROBES]; /* errno of those that failed */

	/* mapped: the kernel writes, see maps.h */
	TendIoSlot *slots;
	TendIoRawCheckpoint *checkpoints;
	const TendIoCell *cells[TEND_IO_MAX_CLUSTERS];	/* NULL: slot not in use */
	int			cells_fd[TEND_IO_MAX_CLUSTERS];
	uint32_t	next_slot;
} TendProbe;

/*
 * Have the loader's messages printed only with --verbose.  Before anything
 * else here.
 */
extern void tend_probe_quiet(void);

/* Load a program that does nothing: 0, or an errno. */
extern int	tend_probe_try(void);

/* Load, but attach nothing: 0, or an errno. */
extern int	tend_probe_load(TendProbe *probe);

/*
 * Attach to what is wanted.  What could not be attached has its errno in
 * errors; pretend_missing is for tests of that.
 */
extern void tend_probe_attach(TendProbe *probe, uint32_t wanted, uint32_t pretend_missing);

extern void tend_probe_unload(TendProbe *probe);

/*
 * Count the children of a process from now on, from zero.  Fills in slot; 0, or
 * an errno: ENOSPC if there are too many already.
 */
extern int	tend_probe_add(TendProbe *probe, uint32_t postmaster, TendIoCluster *cluster);

/* No longer; its cells are gone. */
extern void tend_probe_remove(TendProbe *probe, uint32_t postmaster, uint32_t slot);

#endif							/* TEND_PROBE_H */
