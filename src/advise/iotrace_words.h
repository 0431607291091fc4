/*-------------------------------------------------------------------------
 *
 * iotrace_words.h
 *	  How it stands with the I/O probe, in words, and what mends it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_IOTRACE_WORDS_H
#define TEND_IOTRACE_WORDS_H

#include "disk_facts.h"

typedef enum TendSnapshotState
{
	TEND_SNAPSHOT_NOT_READ,
	TEND_SNAPSHOT_NO_FILE,		/* cannot be opened, see error */
	TEND_SNAPSHOT_FOREIGN,		/* a file of somebody else's, or no file */
	TEND_SNAPSHOT_BUSY,			/* never found in peace */
	TEND_SNAPSHOT_BAD,			/* see problem */
	TEND_SNAPSHOT_STALE,
	TEND_SNAPSHOT_GOOD
} TendSnapshotState;

typedef struct TendIotraceCase
{
	bool		preloaded;
	bool		launcher_runs;
	const TendIotrace *link;
	TendSnapshotState snapshot;
	int			error;
	const char *problem;
	double		age_ms;
	const TendIoHeader *header; /* if the snapshot is good or stale */
} TendIotraceCase;

typedef struct TendIotraceWords
{
	const char *state;
	char		message[512];
	char		remedy[512];	/* "" if there is nothing to do */
} TendIotraceWords;

extern TendIotraceWords tend_iotrace_words(const TendIotraceCase *ic);

#endif							/* TEND_IOTRACE_WORDS_H */
