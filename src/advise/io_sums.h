/*-------------------------------------------------------------------------
 *
 * io_sums.h
 *	  Arithmetic on the histograms of the I/O probe.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_IO_SUMS_H
#define TEND_IO_SUMS_H

#include "disk_facts.h"

extern int	tend_io_fold(TendIoRecord *records, int n);
extern int	tend_io_since(TendIoRecord *now, int n, const TendIoRecord *before, int nbefore);
extern TendIoRow tend_io_row(const TendIoRecord *record, TimestampTz at, double seconds);
extern void tend_io_wal_syncs(const TendIoRecord *records, int n, TendDiskInterval *interval);

#endif							/* TEND_IO_SUMS_H */
