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
#include "tuning.h"

/* Tables per transaction: bounds its length and our memory */
#define TEND_VISIT_CHUNK				1000

/* A table to be remembered once the transaction is committed */
typedef struct TendRemembered
{
	Oid			relid;
	TendTableMemory memory;
	bool		recorded;		/* in a row of its history */
} TendRemembered;

/* A table that may deserve a change in this visit */
typedef struct TendCandidate
{
	Oid			relid;
	uint8		wishes;
	double		benefit;
} TendCandidate;

/* So many of them, the best ones, are looked at again */
#define TEND_MAX_CANDIDATES				64

typedef struct TendVisit
{
	TendVisitReport report;
	TendReading reading;
	bool		read_only;		/* the user wants the server read only */
	TendTuningContext tuning;
	TendEconomy economy;
	HTAB	   *measured;		/* what vacuums cost since the last visit */
	int			ncandidates;
	TendCandidate candidates[TEND_MAX_CANDIDATES];
	TendDatabaseTotals totals;
	int			statistics_lost;	/* tables of this transaction whose
									 * counters went down */
	bool		statistics_reported;	/* an event has said so */
	int			cancelled;		/* records written in this transaction */
	int			nremembered;
	TendRemembered *remembered; /* TEND_VISIT_CHUNK of them at most */
	MemoryContext cxt;			/* reset after each transaction */
	MemoryContext visit_cxt;	/* lives as long as the visit */
	double		transaction_began;
} TendVisit;

extern bool tend_visit_begin(TendVisit *visit);
extern void tend_visit_commit(TendVisit *visit);
extern Oid	tend_visit_tables(TendVisit *visit, Oid after);

#endif							/* TEND_VISIT_H */
