/*-------------------------------------------------------------------------
 *
 * table_proof.h
 *	  What history says about a table since one of its options was changed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_TABLE_PROOF_H
#define TEND_TABLE_PROOF_H

#include "advise/proof.h"

extern bool tend_table_proof_read(Oid relid, TendTopic topic, TimestampTz since,
								  TendObserved *seen);

#endif							/* TEND_TABLE_PROOF_H */
