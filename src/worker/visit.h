/*-------------------------------------------------------------------------
 *
 * visit.h
 *	  What the files of a visit share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_VISIT_H
#define TEND_VISIT_H

#include "reading.h"
#include "store/database_history.h"
#include "store/shared.h"

/* Tables per transaction: bounds its length and our memory */
#define TEND_VISIT_CHUNK				1000

/* A table to be remembered once the transaction is committed */
typedef struct TendRemembered
{
	Oid			relid;
	TendTableMemory memory;
} TendRemembered;

typedef struct TendVisit
{
	TendVisitReport report;
	TendReading reading;
	TendDatabaseTotals totals;
	int			statistics_lost;	/* tables of this transaction whose
									 * counters went down */
	bool		statistics_reported;	/* an event has said so */
	int			cancelled;		/* records written in this transaction */
	int			nremembered;
	TendRemembered *remembered; /* TEND_VISIT_CHUNK of them at most */
	MemoryContext cxt;			/* reset after each transaction */
	double		transaction_began;
} TendVisit;

extern Oid	tend_visit_tables(TendVisit *visit, Oid after);

#endif							/* TEND_VISIT_H */
