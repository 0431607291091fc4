/*-------------------------------------------------------------------------
 *
 * stand_in_stats.h
 *	  Statistics on single columns, made of a sample.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STAND_IN_STATS_H
#define TEND_STAND_IN_STATS_H

#include "act/stand_in.h"

extern void tend_stand_in_compute(TendStandIn *stand_in);

#endif							/* TEND_STAND_IN_STATS_H */
