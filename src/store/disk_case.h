/*-------------------------------------------------------------------------
 *
 * disk_case.h
 *	  The disk of this server, as advise/disk_judge.h wants it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DISK_CASE_H
#define TEND_DISK_CASE_H

#include "advise/disk_judge.h"

extern TendDiskCase tend_disk_case(bool *running);

#endif							/* TEND_DISK_CASE_H */
