/*-------------------------------------------------------------------------
 *
 * iotrace_read.h
 *	  Read the snapshot that pg_tend_iotrace publishes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_IOTRACE_READ_H
#define TEND_IOTRACE_READ_H

#include "advise/iotrace_words.h"

typedef struct TendIotraceReading
{
	TendIotrace link;
	TendSnapshotState state;
	int			error;			/* errno, if it could not be opened */
	const char *problem;		/* if it is bad */
	uint64		now_ns;			/* monotonic clock, when it was read */
	double		age_ms;

	/* if the state is GOOD or STALE, in memory of the caller */
	TendIoHeader *header;
	TendIoRecord *records;		/* folded, see tend_io_fold() */
	int			nrecords;
} TendIotraceReading;

extern uint64 tend_iotrace_clock(void);
extern void tend_iotrace_read(TendIotraceReading *reading);
extern TimestampTz tend_iotrace_since(const TendIotraceReading *reading);

#endif							/* TEND_IOTRACE_READ_H */
