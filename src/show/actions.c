/*-------------------------------------------------------------------------
 *
 * actions.c
 *	  tend.apply_autovacuum(), tend.revert() and tend.revert_all()
 *
 * Whoever calls these needs the rights of the owner of each table that is to
 * change, as for ALTER TABLE.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "act/change.h"
#include "advise/tune_words.h"
#include "catalog/pg_type.h"
#include "collect/tables.h"
#include "compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "settings.h"
#include "show/table_source.h"
#include "sql.h"
#include "tcop/utility.h"
#include "tuning.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_apply_autovacuum);
PG_FUNCTION_INFO_V1(tend_revert);
PG_FUNCTION_INFO_V1(tend_revert_all);

static void
put(ReturnSetInfo *rsinfo, Oid relid, const char *command, const char *result)
{
	Datum		values[3];
	bool		nulls[3] = {false};
	char	   *name = get_rel_name(relid);
	char	   *schema = name == NULL ? NULL : get_namespace_name(get_rel_namespace(relid));

	nulls[0] = schema == NULL;
	if (schema != NULL)
		values[0] = CStringGetTextDatum(quote_qualified_identifier(schema, name));
	nulls[1] = command == NULL;
	if (command != NULL)
		values[1] = CStringGetTextDatum(command);
	values[2] = CStringGetTextDatum(result);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static bool
may_alter(Oid relid)
{
	return get_rel_name(relid) == NULL || tend_owns_relation(relid, GetUserId());
}

/* ---- apply ---- */

/* The proposals for one table that nothing stands in the way of */
static int
ready(const TendTunedTable *t, const TendTuningContext *context, const TendTuning *tuning,
	  const TendProposal **list, const char **why_not)
{
	TendGuardCase guard = tend_tuning_guard(t, context, TEND_STEADY_WISHES);
	int			n = 0;

	guard.by_hand = true;
	*why_not = "nothing to change";
	for (int i = 0; i < tuning->nproposals; i++)
	{
		TendBlock	block = tend_guard(&guard, &tuning->proposals[i]);

		if (block == TEND_BLOCK_NONE)
			list[n++] = &tuning->proposals[i];
		else
			*why_not = tend_block_text(block);
	}
	return n;
}

/* What would be run, in one statement */
static char *
planned_command(const TendTunedTable *t, const TendProposal *const *list, int n)
{
	TendAlteration alterations[TEND_NUM_OPTIONS];
	int			total = 0;

	for (int i = 0; i < n; i++)
		total += tend_change_alterations(&t->tune, list[i], alterations + total);
	return tend_alter_command(t->facts.heap.relid, alterations, total);
}

static void
apply_to_table(ReturnSetInfo *rsinfo, const TendTunedTable *t, const TendTuningContext *context,
			   bool dry_run, bool say_nothing_to_do)
{
	Oid			relid = t->facts.heap.relid;
	TendTuning	tuning = tend_tune(&t->tune);
	const TendProposal *list[TEND_NUM_TOPICS];
	const char *why_not;
	int			n = ready(t, context, &tuning, list, &why_not);
	TendChange	change;

	if (n == 0)
	{
		if (say_nothing_to_do || tuning.nproposals > 0)
			put(rsinfo, relid, NULL, why_not);
		return;
	}
	if (!may_alter(relid))
		put(rsinfo, relid, planned_command(t, list, n), "must be owner of the table");
	else if (dry_run)
		put(rsinfo, relid, planned_command(t, list, n), "dry run: not changed");
	else
	{
		change = tend_change_apply(&t->tune, list, n, 0);
		put(rsinfo, relid, change.command,
			change.result == TEND_ALTER_DONE ? "done" : tend_change_problem(&change));
	}
}

static void
apply_to_all(ReturnSetInfo *rsinfo, const TendTuningContext *context, const TendReading *reading,
			 bool dry_run, MemoryContext cxt)
{
	uint64		n = tend_sql_select("read advice",
									"SELECT relid FROM tend.autovacuum_proposals()"
									" GROUP BY relid ORDER BY pg_catalog.max(benefit) DESC",
									0, NULL, NULL);
	Oid		   *relids = MemoryContextAlloc(cxt, sizeof(Oid) * Max(n, 1));

	for (uint64 i = 0; i < n; i++)
		relids[i] = tend_sql_oid(i, 1);
	tend_sql_done();
	for (uint64 i = 0; i < n; i++)
	{
		TendTunedTable t;

		CHECK_FOR_INTERRUPTS();
		if (tend_tuning_fetch(&t, relids[i], context, reading, cxt))
			apply_to_table(rsinfo, &t, context, dry_run, false);
	}
}

/*
 * tend.apply_autovacuum(table, dry_run) - carry out advice
 */
Datum
tend_apply_autovacuum(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		dry_run = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	MemoryContext cxt = CurrentMemoryContext;
	TendReading reading;
	TendTuningContext context;
	TendTunedTable t;

	if (!dry_run)
		PreventCommandIfReadOnly("tend.apply_autovacuum()");
	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	reading = tend_reading_begin();
	context = tend_tuning_begin(&reading, XactReadOnly, cxt);
	if (PG_ARGISNULL(0))
		apply_to_all(rsinfo, &context, &reading, dry_run, cxt);
	else if (tend_tuning_fetch(&t, PG_GETARG_OID(0), &context, &reading, cxt))
		apply_to_table(rsinfo, &t, &context, dry_run, true);
	else
		tend_reject_relation(PG_GETARG_OID(0));
	SPI_finish();
	return (Datum) 0;
}

/* ---- revert ---- */

/* Who takes it back, for the ledger */
static const char *
by_hand(const char *function)
{
	return psprintf("%s, by %s", GetUserNameFromId(GetUserId(), false), function);
}

/*
 * Take back a topic of a table from a change on; returns what happened, and
 * fills the change if it came to one.
 */
static const char *
revert_topic(const TendLedger *ledger, Oid relid, TendTopic topic, int64 change_id,
			 const char *by, TendChange *change)
{
	TendLedgerTable *managed = tend_ledger_find(ledger, relid);
	TendTableFacts facts = {.heap.relid = relid};
	char	   *name = get_rel_name(relid);

	memset(change, 0, sizeof(*change));
	if (managed == NULL)
		return "nothing to revert";
	if (!may_alter(relid))
		return "must be owner of the table";
	if (name != NULL)
	{
		strlcpy(facts.table_name, name, NAMEDATALEN);
		strlcpy(facts.schema_name, get_namespace_name(get_rel_namespace(relid)), NAMEDATALEN);
	}
	*change = tend_change_restore(&facts, &managed->managed, topic, change_id,
								  GetCurrentTimestamp(), by);
	/* to run it all the same would remove what somebody else has set */
	if (change->result == TEND_ALTER_CHANGED)
		change->command = NULL;
	return change->result == TEND_ALTER_DONE ? "done" : tend_change_problem(change);
}

static void
refuse_revert(int64 action_id, const TendChange *change, const char *problem)
{
	if (change->result == TEND_ALTER_CHANGED)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("could not revert action %lld: %s", (long long) action_id, problem),
				 errhint("What is set now is not pg_tend's to take back: keep it, or change it yourself.")));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("could not revert action %lld: %s", (long long) action_id, problem),
			 change->command ? errhint("Try again later, or run it yourself: %s", change->command) : 0));
}

static TendLedger
load_ledger(const char *function, MemoryContext cxt)
{
	PreventCommandIfReadOnly(function);
	tend_change_adopt(GetCurrentTimestamp());
	return tend_ledger_load(GetCurrentTimestamp(), tend_interval, cxt);
}

/*
 * tend.revert(action_id) - take back one change, and those after it on the
 * same topic
 */
Datum
tend_revert(PG_FUNCTION_ARGS)
{
	int64		action_id = PG_GETARG_INT64(0);
	Oid			types[] = {TEXTOID, INT8OID};
	Datum		values[] = {CStringGetTextDatum(tend_ledger_here()), Int64GetDatum(action_id)};
	MemoryContext cxt = CurrentMemoryContext;
	TendLedger	ledger;
	TendTopic	topic;
	Oid			relid;
	int64		change_id;
	TendChange	change;
	const char *result;
	text	   *out;

	SPI_connect();
	ledger = load_ledger("tend.revert()", cxt);
	if (tend_sql_select("read tend.autovacuum_actions",
						"SELECT relid, topic, change_id, verdict FROM tend.autovacuum_actions"
						" WHERE " TEND_LEDGER_IS_HERE " AND action_id = $2",
						lengthof(types), types, values) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no action %lld", (long long) action_id),
				 errhint("See tend.autovacuum_actions.")));
	relid = tend_sql_oid(0, 1);
	change_id = tend_sql_int64(0, 3);
	if (!tend_topic_by_name(tend_sql_text(0, 2), &topic))
		elog(ERROR, "action %lld has an unknown topic", (long long) action_id);
	if (strcmp(tend_sql_text(0, 4), "reverted") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("action %lld is reverted already", (long long) action_id)));
	tend_sql_done();

	result = revert_topic(&ledger, relid, topic, change_id, by_hand("tend.revert()"), &change);
	if (strcmp(result, "done") != 0)
		refuse_revert(action_id, &change, result);
	if (change.command == NULL)
	{
		SPI_finish();
		PG_RETURN_NULL();
	}
	MemoryContextSwitchTo(cxt);
	out = cstring_to_text(change.command);
	SPI_finish();
	PG_RETURN_TEXT_P(out);
}

/*
 * tend.revert_all() - take back everything that pg_tend set
 */
Datum
tend_revert_all(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext cxt = CurrentMemoryContext;
	const char *by;
	TendLedger	ledger;
	HASH_SEQ_STATUS status;
	TendLedgerTable *t;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	ledger = load_ledger("tend.revert_all()", cxt);
	by = by_hand("tend.revert_all()");
	if (ledger.tables != NULL)
	{
		hash_seq_init(&status, ledger.tables);
		while ((t = hash_seq_search(&status)) != NULL)
		{
			for (int topic = 0; topic < TEND_NUM_TOPICS; topic++)
			{
				TendChange	change;
				const char *result;

				if (!tend_ledger_is_in_force(t, topic))
					continue;
				result = revert_topic(&ledger, t->relid, topic, 0, by, &change);
				put(rsinfo, t->relid, change.command, result);
			}
		}
	}
	SPI_finish();
	return (Datum) 0;
}
