/*-------------------------------------------------------------------------
 *
 * visit_plans.h
 *	  The part of a visit that looks at plans.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VISIT_PLANS_H
#define TEND_VISIT_PLANS_H

#include "worker/visit.h"

extern bool tend_visit_plans(TendVisit *visit);

#endif							/* TEND_VISIT_PLANS_H */
