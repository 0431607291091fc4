/*-------------------------------------------------------------------------
 *
 * tuning.h
 *	  Put together what advise/ needs to tune tables.
 *
 * As with reading.h, the views and the visit decide from the same facts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_TUNING_H
#define TEND_TUNING_H

#include "act/ledger.h"
#include "advise/guard.h"
#include "reading.h"

/* What all tables of one reading have in common */
typedef struct TendTuningContext
{
	TendMarket	market;
	TendLedger	ledger;
	TendStorm	storm;
	HTAB	   *policies;		/* of TablePolicy; NULL: there are none */
	struct TendStaleEntry *stale;	/* by table: what its history has yet to
									 * be told */
	int			nstale;
	double		visit_seconds;	/* since the last visit; 0: unknown */
	bool		somebody_applies;	/* the setting or some policy says "apply" */
	bool		doubt;			/* the database is near wraparound */
	bool		read_only;
	bool		change_freeze;
} TendTuningContext;

/* A table with everything that is known of it */
typedef struct TendTunedTable
{
	TendTableFacts facts;
	TendTableSize size;
	TendTablePast past;
	TendTableCase table;
	TendTuneCase tune;
	TendTuningMode mode;
	TendLedgerTable *ledger;	/* NULL: nothing done before */
} TendTunedTable;

extern TendTuningContext tend_tuning_begin(const TendReading *reading, bool read_only,
										   MemoryContext cxt);
extern TendTuningMode tend_tuning_mode(const TendTuningContext *context, Oid relid);
extern void tend_tuning_look(TendTunedTable *table, const TendTuningContext *context,
							 const TendReading *reading, const TendMeasured *measured);
extern bool tend_tuning_fetch(TendTunedTable *table, Oid relid, const TendTuningContext *context,
							  const TendReading *reading, MemoryContext cxt);
extern bool tend_tuning_stale(const TendTuningContext *context, Oid relid, TendStaleNews *news);
extern void tend_tuning_told(const TendTuningContext *context, Oid relid);
extern TendGuardCase tend_tuning_guard(const TendTunedTable *table,
									   const TendTuningContext *context, int wishes);

#endif							/* TEND_TUNING_H */
