/*-------------------------------------------------------------------------
 *
 * visit_tune.h
 *	  The steps of a visit that tune tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VISIT_TUNE_H
#define TEND_VISIT_TUNE_H

#include "act/change.h"
#include "worker/visit.h"

extern void tend_visit_tune_begin(TendVisit *visit);
extern void tend_visit_load_measured(TendVisit *visit);
extern const TendMeasured *tend_visit_measured(TendVisit *visit, const TendTableFacts *table);
extern void tend_visit_watch(TendVisit *visit, const TendTableFacts *table,
							 const TendTableVerdict *v);
extern TimestampTz tend_visit_lease_end(const TendVisit *visit);
extern void tend_visit_changed(TendVisit *visit, const TendTableFacts *facts, const char *message);
extern void tend_visit_note_problem(TendVisit *visit, const TendTableFacts *facts,
									const TendChange *change);
extern bool tend_visit_care_for_managed(TendVisit *visit);
extern uint8 tend_visit_consider(TendVisit *visit, const TendTunedTable *table, uint8 wishes);
extern bool tend_visit_tune(TendVisit *visit);

#endif							/* TEND_VISIT_TUNE_H */
