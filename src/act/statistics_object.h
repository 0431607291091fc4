/*-------------------------------------------------------------------------
 *
 * statistics_object.h
 *	  Create and drop statistics on several columns.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STATISTICS_OBJECT_H
#define TEND_STATISTICS_OBJECT_H

#include "act/alter.h"
#include "store/statistics_verdicts.h"

/*
 * One object: statements without a semicolon, all names in them qualified and
 * quoted.  Names are as they were when it was planned, without a lock.
 */
typedef struct TendStatisticsPlan
{
	Oid			relid;
	char	   *schema;
	char	   *table;
	char	   *name;
	char	   *create;
	char	   *set_target;		/* NULL: the default will do */
	char	   *analyze;
	char	   *drop;
} TendStatisticsPlan;

extern int	tend_statistics_plans(const TendVerdictRow *verdict, TendStatisticsPlan *plans);
extern char *tend_statistics_plans_command(const TendStatisticsPlan *plans, int n);
extern char *tend_statistics_plans_undo(const TendStatisticsPlan *plans, int n);
extern char *tend_statistics_drop_command(Oid object);
extern char *tend_statistics_definition(Oid object);

extern TendAlterResult tend_statistics_create(const TendStatisticsPlan *plans, int n,
											  Oid *objects, char **message);
extern TendAlterResult tend_statistics_drop(Oid relid, Oid object, char **message);

#endif							/* TEND_STATISTICS_OBJECT_H */
