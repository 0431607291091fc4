/*-------------------------------------------------------------------------
 *
 * ledger.h
 *	  What pg_tend did to tables: tend.autovacuum_actions.
 *
 * One row per option and change.  The latest row of an option that is not
 * reverted is in force.  Options are only set where the user has set none, so
 * to revert the oldest of them is to reset the option.
 *
 * All functions need a connected SPI and an active snapshot.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_LEDGER_H
#define TEND_LEDGER_H

#include "advise/proof.h"
#include "act/alter.h"
#include "utils/hsearch.h"

/* What is in force on one table */
typedef struct TendLedgerTable
{
	Oid			relid;			/* must be first */
	bool		in_force;		/* some option is ours, not only its past */
	TendManaged managed;
	TimestampTz lease_until[TEND_NUM_TOPICS];	/* 0: no lease */
	int64		analyzes_then[TEND_NUM_TOPICS];
	bool		pending[TEND_NUM_TOPICS];	/* to be proved */

	/* what this visit found */
	bool		seen;
	bool		in_doubt;		/* freezing comes first */
	bool		edited[TEND_NUM_TOPICS];	/* by somebody else */
	bool		reset[TEND_NUM_TOPICS]; /* likewise, to nothing */
	bool		provable[TEND_NUM_TOPICS];
	bool		lease_over[TEND_NUM_TOPICS];
	bool		hides_from_toast;	/* our options for TOAST keep it from
									 * taking the user's from the table */
	bool		applies;		/* the worker may change it */
} TendLedgerTable;

/* What all tables of the database share */
typedef struct TendLedgerTotals
{
	int			changes_in_hour;
	int			leases_in_hour;
	double		cost_granted;	/* cost limits in force, in all */
} TendLedgerTotals;

typedef struct TendLedger
{
	HTAB	   *tables;			/* of TendLedgerTable; NULL: nothing is in
								 * force */
	MemoryContext cxt;			/* where they are */
	TendLedgerTotals totals;
} TendLedger;

/* Why a row is marked as reverted; the user's own reasons begin otherwise */
#define TEND_BY_PROOF		"pg_tend: it did not help"
#define TEND_BY_LEASE		"pg_tend: the blocker is gone"
#define TEND_BY_EXPIRY		"pg_tend: the lease is over"
#define TEND_BY_SAFETY		"pg_tend: freezing comes first"
#define TEND_BY_YIELD		"pg_tend: TOAST is to follow the options of its table"
#define TEND_BY_DROP		"pg_tend: the table is gone"
#define TEND_BY_OTHER_HAND	"changed by hand"
#define TEND_BY_RESET_HAND	"reset by hand"

/* A change that was made, to be written down */
typedef struct TendLedgerEntry
{
	TimestampTz at;
	const TendTableFacts *facts;
	TendTopic	topic;
	const char *reason;
	const char *evidence;		/* JSON */
	const char *predicted;		/* JSON */
	TimestampTz lease_until;	/* 0: no lease */
	const TendAlteration *alterations;
	int			n;
} TendLedgerEntry;

/*
 * Rows that were written in this database, with tend_ledger_here() as $1: no
 * statement may be about others, but to adopt them.
 */
#define TEND_LEDGER_IS_HERE	"origin = $1"

extern char *tend_ledger_here(void);
extern TendLedger tend_ledger_load(TimestampTz now, double interval_seconds, MemoryContext cxt);
extern TendLedger tend_ledger_load_table(Oid relid, TimestampTz now, double interval_seconds,
										 MemoryContext cxt);
extern TendLedgerTable *tend_ledger_find(const TendLedger *ledger, Oid relid);
extern bool tend_ledger_is_in_force(const TendLedgerTable *table, TendTopic topic);
extern int64 tend_ledger_add(const TendLedgerEntry *entry, int64 change_id);
extern int	tend_ledger_adopt(TimestampTz now);
extern int	tend_ledger_rename(void);
extern int	tend_ledger_forget(TimestampTz before);
extern double tend_ledger_value_before(Oid relid, TendOptionId option, int64 change_id);
extern void tend_ledger_revert_from(Oid relid, TendTopic topic, int64 change_id,
									TimestampTz at, const char *by);
extern void tend_ledger_end_lease(Oid relid, TendTopic topic, TimestampTz at, const char *by);
extern void tend_ledger_renew_lease(Oid relid, TendTopic topic, TimestampTz until);
extern bool tend_ledger_claim(Oid relid, TendTopic topic, TendClaim *claim,
							  TimestampTz *since, int64 *change_id);
extern void tend_ledger_observed(Oid relid, TendTopic topic, const char *observed, bool kept);

/* What the user changed or reset himself is his. */
#define TEND_HANDS_OFF_FOR_GOOD	PG_INT64_MAX

/* For tend_ledger_value_before(): all changes, leases apart */
#define TEND_ALL_CHANGES	PG_INT64_MAX

#endif							/* TEND_LEDGER_H */
