/*-------------------------------------------------------------------------
 *
 * change.h
 *	  Carry out proposals, and take them back.
 *
 * All functions need a connected SPI and an active snapshot, and write the
 * ledger in the same transaction as they alter the table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CHANGE_H
#define TEND_CHANGE_H

#include "act/ledger.h"

/* What became of it, and the commands for people */
typedef struct TendChange
{
	TendAlterResult result;
	char	   *message;		/* of the server, or NULL */
	char	   *command;		/* NULL if the table is gone, or had them
								 * already */
	char	   *undo_command;
} TendChange;

extern int	tend_change_adopt(TimestampTz now);
extern int	tend_change_alterations(const TendTuneCase *c, const TendProposal *p,
									TendAlteration *alterations);
extern TendChange tend_change_apply(const TendTuneCase *c, const TendProposal *const *proposals,
									int n, TimestampTz lease_until);
extern TendChange tend_change_restore(const TendTableFacts *facts, const TendManaged *managed,
									  TendTopic topic, int64 change_id,
									  TimestampTz at, const char *by);
extern TendChange tend_change_end_lease(const TendTableFacts *facts, const TendManaged *managed,
										TendTopic topic, TimestampTz at, const char *by);
extern const char *tend_change_text(const TendChange *change);
extern const char *tend_change_problem(const TendChange *change);

#endif							/* TEND_CHANGE_H */
