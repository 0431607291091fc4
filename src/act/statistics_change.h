/*-------------------------------------------------------------------------
 *
 * statistics_change.h
 *	  Carry out advice on statistics, watch it, and take it back.
 *
 * All functions need a connected SPI and an active snapshot, and write
 * tend.statistics_actions in the same transaction as they create or drop.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STATISTICS_CHANGE_H
#define TEND_STATISTICS_CHANGE_H

#include "act/statistics_object.h"
#include "store/shared_estimates.h"

typedef struct TendStatisticsChange
{
	TendAlterResult result;
	char	   *message;		/* of the server, or NULL */
	int			n;
	TendStatisticsPlan plans[TEND_VERDICT_TABLES];
	int64		action_ids[TEND_VERDICT_TABLES];
} TendStatisticsChange;

/* An action that is in force */
typedef struct TendStatisticsAction
{
	int64		action_id;
	Oid			relid;
	Oid			object;
	bool		reverted;
	bool		watched;		/* since an earlier visit */
	TimestampTz at;
	double		q_error_before;
} TendStatisticsAction;

extern TendStatisticsChange tend_statistics_apply(const TendVerdictRow *row, TimestampTz now);
extern void tend_statistics_refused(const TendVerdictRow *row, const TendStatisticsChange *change,
									TimestampTz now);
extern bool tend_statistics_action(int64 action_id, TendStatisticsAction *action);
extern TendAlterResult tend_statistics_take_back(const TendStatisticsAction *action, TimestampTz now,
												 const char *by, char **command, char **message);
extern TendStatisticsAction *tend_statistics_pending(int *n);
extern void tend_statistics_observed(const TendStatisticsAction *action, const char *verdict,
									 const char *observed, double q_error_since);
extern void tend_statistics_gone(const TendStatisticsAction *action, TimestampTz now);
extern const char *tend_statistics_problem(TendAlterResult result, const char *message);

#endif							/* TEND_STATISTICS_CHANGE_H */
