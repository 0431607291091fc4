/*-------------------------------------------------------------------------
 *
 * visit_estimates.h
 *	  The part of a visit that verifies statistics on several columns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VISIT_ESTIMATES_H
#define TEND_VISIT_ESTIMATES_H

#include "worker/visit.h"

extern bool tend_visit_estimates(TendVisit *visit);

#endif							/* TEND_VISIT_ESTIMATES_H */
