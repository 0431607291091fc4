/*-------------------------------------------------------------------------
 *
 * tune_words.h
 *	  Proposals in words and in JSON.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_TUNE_WORDS_H
#define TEND_TUNE_WORDS_H

#include "advise/proof.h"
#include "advise/words.h"
#include "lib/stringinfo.h"

extern const char *tend_topic_name(TendTopic topic);
extern bool tend_topic_by_name(const char *name, TendTopic *topic);
extern const char *tend_reason_name(TendReason reason);
extern TendWord tend_word_option(double value);
extern void tend_proposal_reason(StringInfo out, const TendTuneCase *c, const TendProposal *p);
extern void tend_proposal_evidence(StringInfo out, const TendTuneCase *c, const TendProposal *p);
extern void tend_proposal_predicted(StringInfo out, const TendTuneCase *c, const TendProposal *p);
extern void tend_observed_json(StringInfo out, const TendOutcome *observed,
							   const TendObserved *seen, const char *why);
extern void tend_outcome_json(StringInfo out, const TendOutcome *o);

#endif							/* TEND_TUNE_WORDS_H */
