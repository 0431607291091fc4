/*-------------------------------------------------------------------------
 *
 * alter.h
 *	  Set and reset options of one table, without hurting anybody.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ALTER_H
#define TEND_ALTER_H

#include "advise/tune.h"

/* One option: as it should be now, and as it shall be; NaN: not set */
typedef struct TendAlteration
{
	TendOptionId option;
	double		expected;
	double		wanted;
} TendAlteration;

typedef enum TendAlterResult
{
	TEND_ALTER_DONE,
	TEND_ALTER_LOCKED,			/* somebody has a lock that conflicts */
	TEND_ALTER_GONE,			/* there is no such table */
	TEND_ALTER_CHANGED,			/* an option is not as expected */
	TEND_ALTER_FAILED			/* the server refused; see the message */
} TendAlterResult;

extern char *tend_alter_command(Oid relid, const TendAlteration *alterations, int n);
extern char *tend_alter_undo_command(Oid relid, const TendAlteration *alterations, int n);
extern TendAlterResult tend_alter(Oid relid, const TendAlteration *alterations, int n,
								  char **message);

#endif							/* TEND_ALTER_H */
