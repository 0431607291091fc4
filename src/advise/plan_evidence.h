/*-------------------------------------------------------------------------
 *
 * plan_evidence.h
 *	  Fill a finding: JSON, words and remedy, each in its room.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_EVIDENCE_H
#define TEND_PLAN_EVIDENCE_H

#include "advise/plan_cause.h"
#include "lib/stringinfo.h"

extern void tend_evidence_begin(TendPlanFinding *f);
extern void tend_evidence_text(TendPlanFinding *f, const char *key, const char *value);
extern void tend_evidence_number(TendPlanFinding *f, const char *key, double value);
extern void tend_evidence_pair(TendPlanFinding *f, double old, double new);
extern void tend_evidence_json(TendPlanFinding *f, const char *key, const char *json);
extern void tend_evidence_also(TendPlanFinding *f, const char *const *names, int n);

extern void tend_json_text(StringInfo out, const char *value);
extern void tend_json_number(StringInfo out, double value);
extern void tend_finding_words(TendPlanFinding *f, const char *fmt,...) pg_attribute_printf(2, 3);
extern void tend_finding_remedy(TendPlanFinding *f, const char *fmt,...) pg_attribute_printf(2, 3);

#endif							/* TEND_PLAN_EVIDENCE_H */
