/*-------------------------------------------------------------------------
 *
 * horizon.h
 *	  Who keeps vacuum from removing dead rows?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_HORIZON_H
#define TEND_HORIZON_H

#include "facts.h"

/* One process or prepared transaction with a snapshot or transaction ID. */
typedef struct TendHolder
{
	int			pid;			/* 0: a prepared transaction */
	Oid			dboid;			/* InvalidOid: of no database */
	TransactionId xid;			/* its own transaction ID, if any */
	TransactionId xmin;			/* oldest transaction ID its snapshots need */
	int64		xmin_age;		/* of the older of the two, in transactions */
	bool		all_databases;	/* holds back the tables of every database */
} TendHolder;

extern TendHolder *tend_collect_holders(int *n);
extern TendHorizon tend_collect_horizon(void);

#endif							/* TEND_HORIZON_H */
