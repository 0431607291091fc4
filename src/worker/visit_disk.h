/*-------------------------------------------------------------------------
 *
 * visit_disk.h
 *	  The part of a visit that records what the disk did.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VISIT_DISK_H
#define TEND_VISIT_DISK_H

#include "worker/visit.h"

extern void tend_visit_disk(TendVisit *visit);

#endif							/* TEND_VISIT_DISK_H */
