/*-------------------------------------------------------------------------
 *
 * visit_forget.h
 *	  The part of a visit that forgets misestimates which are over.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VISIT_FORGET_H
#define TEND_VISIT_FORGET_H

#include "worker/visit.h"

extern bool tend_visit_forget(TendVisit *visit);

#endif							/* TEND_VISIT_FORGET_H */
