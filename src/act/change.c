/*-------------------------------------------------------------------------
 *
 * change.c
 *	  Carry out proposals, and take them back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "act/change.h"
#include "advise/tune_words.h"
#include "as_owner.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* ---- rights on the ledger ---- */

typedef struct Identity
{
	Oid			user;
	int			context;
} Identity;

/*
 * The ledger belongs to the extension's owner.  Who may change a table through
 * us may not write into the ledger as he likes.
 */
static Identity
become_ledger_owner(void)
{
	Identity	saved;
	Oid			ledger = get_relname_relid("autovacuum_actions", get_namespace_oid("tend", false));
	Oid			owner = tend_owner_of(ledger);

	if (!OidIsValid(owner))
		elog(ERROR, "cache lookup failed for relation %u", ledger);
	GetUserIdAndSecContext(&saved.user, &saved.context);
	SetUserIdAndSecContext(owner, saved.context | SECURITY_LOCAL_USERID_CHANGE);
	return saved;
}

/* An error restores the identity, as the end of a subtransaction does. */
static void
become(Identity identity)
{
	SetUserIdAndSecContext(identity.user, identity.context);
}

/* Adopt what a dump brought along, whoever is the first to look. */
int
tend_change_adopt(TimestampTz now)
{
	Identity	saved = become_ledger_owner();
	int			rows = tend_ledger_adopt(now);

	become(saved);
	return rows;
}

/* ---- making a change ---- */

/* What a proposal does to the options, from what is in force */
int
tend_change_alterations(const TendTuneCase *c, const TendProposal *p, TendAlteration *alterations)
{
	for (int i = 0; i < p->noptions; i++)
	{
		TendOptionId option = p->options[i].option;

		alterations[i].option = option;
		alterations[i].expected = c->managed != NULL && c->managed->options[option].ours ?
			c->managed->options[option].value : NAN;
		alterations[i].wanted = p->options[i].value;
	}
	return p->noptions;
}

/*
 * The ledger is locked before the table, or somebody who has it would let us
 * wait with a lock on the table of a user.
 */
static bool
lock_ledger(void)
{
	Oid			ledger = get_relname_relid("autovacuum_actions", get_namespace_oid("tend", false));

	return ConditionalLockRelationOid(ledger, RowExclusiveLock);
}

static TendChange
alter(Oid relid, const TendAlteration *alterations, int n)
{
	TendChange	change = {
		.command = tend_alter_command(relid, alterations, n),
		.undo_command = tend_alter_undo_command(relid, alterations, n)
	};

	if (!lock_ledger())
		change.result = TEND_ALTER_LOCKED;
	else if (n == 0)
		change.result = TEND_ALTER_DONE;
	else
		change.result = change.command == NULL ? TEND_ALTER_GONE :
			tend_alter(relid, alterations, n, &change.message);
	return change;
}

static int64
write_entry(const TendTuneCase *c, const TendProposal *p, const TendAlteration *alterations,
			TimestampTz lease_until, int64 change_id)
{
	StringInfoData reason;
	StringInfoData evidence;
	StringInfoData predicted;
	TendLedgerEntry entry = {
		.at = c->table->now,
		.facts = c->table->facts,
		.topic = p->topic,
		.lease_until = lease_until,
		.alterations = alterations,
		.n = p->noptions
	};

	initStringInfo(&reason);
	initStringInfo(&evidence);
	initStringInfo(&predicted);
	tend_proposal_reason(&reason, c, p);
	tend_proposal_evidence(&evidence, c, p);
	tend_proposal_predicted(&predicted, c, p);
	entry.reason = reason.data;
	entry.evidence = evidence.data;
	entry.predicted = predicted.data;
	return tend_ledger_add(&entry, change_id);
}

static void
log_change(const TendTuneCase *c, const TendChange *change, const TendProposal *p)
{
	StringInfoData reason;

	initStringInfo(&reason);
	tend_proposal_reason(&reason, c, p);
	ereport(LOG,
			(errmsg("pg_tend changed autovacuum options of table \"%s.%s\": %s",
					c->table->facts->schema_name, c->table->facts->table_name, tend_change_text(change)),
			 errdetail("Reason: %s.", reason.data),
			 errhint("To undo it: %s", change->undo_command)));
}

/*
 * Carry out proposals for one table in a single ALTER, and write them down.
 */
TendChange
tend_change_apply(const TendTuneCase *c, const TendProposal *const *proposals, int n,
				  TimestampTz lease_until)
{
	TendAlteration alterations[TEND_NUM_OPTIONS] = {0};
	int			first[TEND_NUM_TOPICS];
	int			total = 0;
	int64		change_id = 0;
	Identity	saved;
	TendChange	change;

	for (int i = 0; i < n; i++)
	{
		first[i] = total;
		total += tend_change_alterations(c, proposals[i], alterations + total);
	}
	change = alter(c->table->facts->heap.relid, alterations, total);
	if (change.result != TEND_ALTER_DONE)
		return change;

	saved = become_ledger_owner();
	for (int i = 0; i < n; i++)
		change_id = write_entry(c, proposals[i], alterations + first[i], lease_until, change_id);
	become(saved);
	log_change(c, &change, proposals[0]);
	return change;
}

/* ---- taking it back ---- */

/* The options of a topic that are in force, and what they were before */
static int
back_to(const TendTableFacts *facts, const TendManaged *managed, TendTopic topic,
		int64 change_id, TendAlteration *alterations)
{
	int			n = 0;

	for (int option = 0; option < TEND_NUM_OPTIONS; option++)
	{
		TendAlteration *a = &alterations[n];

		if (tend_option_topic(option) != topic || !managed->options[option].ours)
			continue;
		a->option = option;
		a->expected = managed->options[option].value;
		a->wanted = tend_ledger_value_before(facts->heap.relid, option, change_id);
		/* as it is with the other option of a lease */
		if (a->wanted != a->expected)
			n++;
	}
	return n;
}

static void
log_restored(const TendTableFacts *facts, const TendChange *change, const char *by)
{
	ereport(LOG,
			(errmsg("pg_tend took back autovacuum options of table \"%s.%s\": %s",
					facts->schema_name, facts->table_name, tend_change_text(change)),
			 errdetail("Reason: %s.", by)));
}

/*
 * Take back the changes of a topic from a number on, 0 for all of them.
 */
TendChange
tend_change_restore(const TendTableFacts *facts, const TendManaged *managed, TendTopic topic,
					int64 change_id, TimestampTz at, const char *by)
{
	TendAlteration alterations[TEND_NUM_OPTIONS] = {0};
	Identity	saved = become_ledger_owner();
	int			n = back_to(facts, managed, topic, change_id, alterations);
	TendChange	change;

	become(saved);
	change = alter(facts->heap.relid, alterations, n);
	if (change.result != TEND_ALTER_DONE && change.result != TEND_ALTER_GONE &&
		change.result != TEND_ALTER_CHANGED)
		return change;
	/* what somebody else changed is no longer ours to take back */
	saved = become_ledger_owner();
	tend_ledger_revert_from(facts->heap.relid, topic, change_id, at,
							change.result == TEND_ALTER_DONE ? by :
							change.result == TEND_ALTER_GONE ? TEND_BY_DROP : TEND_BY_OTHER_HAND);
	become(saved);
	if (change.result == TEND_ALTER_DONE)
		log_restored(facts, &change, by);
	return change;
}

/*
 * End the lease of a topic: back to what was before it.
 */
TendChange
tend_change_end_lease(const TendTableFacts *facts, const TendManaged *managed, TendTopic topic,
					  TimestampTz at, const char *by)
{
	TendAlteration alterations[TEND_NUM_OPTIONS] = {0};
	int			n = back_to(facts, managed, topic, TEND_ALL_CHANGES, alterations);
	TendChange	change = alter(facts->heap.relid, alterations, n);

	if (change.result == TEND_ALTER_DONE)
	{
		tend_ledger_end_lease(facts->heap.relid, topic, at, by);
		log_restored(facts, &change, by);
	}
	else if (change.result == TEND_ALTER_CHANGED)
		tend_ledger_revert_from(facts->heap.relid, topic, 0, at, TEND_BY_OTHER_HAND);
	else if (change.result == TEND_ALTER_GONE)
		tend_ledger_revert_from(facts->heap.relid, topic, 0, at, TEND_BY_DROP);
	return change;
}

/* What was done to the options, for people */
const char *
tend_change_text(const TendChange *change)
{
	return change->command != NULL ? change->command : "they have these values already";
}

/* Why nothing was changed, NULL if it was */
const char *
tend_change_problem(const TendChange *change)
{
	switch (change->result)
	{
		case TEND_ALTER_DONE:
			return NULL;
		case TEND_ALTER_LOCKED:
			return "somebody holds a lock on the table or its TOAST table, or is changing its catalog entry; an autovacuum is not disturbed";
		case TEND_ALTER_GONE:
			return "the table is gone";
		case TEND_ALTER_CHANGED:
			return "the options were changed by somebody else";
		case TEND_ALTER_FAILED:
			break;
	}
	return psprintf("the server refused: %s", change->message);
}
