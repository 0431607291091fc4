/*-------------------------------------------------------------------------
 *
 * advice.c
 *	  tend.autovacuum_proposals(): options that tables should have
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "act/change.h"
#include "advise/tune_words.h"
#include "collect/tables.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "store/shared.h"
#include "store/table_history.h"
#include "tuning.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_autovacuum_proposals);

/* Tables read at a time: bounds memory */
#define CHUNK 1000

enum
{
	COL_RELID,
	COL_SCHEMA_NAME,
	COL_TABLE_NAME,
	COL_TOPIC,
	COL_OPTION,
	COL_CURRENT_VALUE,
	COL_PROPOSED_VALUE,
	COL_REASON,
	COL_EVIDENCE,
	COL_PREDICTED,
	COL_BLOCKED_BY,
	COL_COMMAND,
	COL_UNDO_COMMAND,
	COL_BENEFIT,
	NUM_COLS
};

typedef struct OutRow
{
	Datum		values[NUM_COLS];
	bool		nulls[NUM_COLS];
} OutRow;

static void
set_text(OutRow *row, int col, const char *value)
{
	row->nulls[col] = value == NULL;
	if (value != NULL)
		row->values[col] = CStringGetTextDatum(value);
}

static void
set_json(OutRow *row, int col, const char *json)
{
	row->values[col] = DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
}

/* What is the same for all options of a proposal */
static void
set_proposal(OutRow *row, const TendTunedTable *t, const TendProposal *p,
			 const TendTuningContext *context)
{
	TendTableMemory memory = {0};
	TendAlteration alterations[TEND_NUM_OPTIONS];
	TendGuardCase guard;
	StringInfoData text;
	int			n = tend_change_alterations(&t->tune, p, alterations);

	if (tend_shared_loaded())
		(void) tend_table_recall(MyDatabaseId, t->facts.heap.relid, &memory);
	guard = tend_tuning_guard(t, context, memory.wishes);
	row->values[COL_RELID] = ObjectIdGetDatum(t->facts.heap.relid);
	row->values[COL_SCHEMA_NAME] = DirectFunctionCall1(namein, CStringGetDatum(t->facts.schema_name));
	row->values[COL_TABLE_NAME] = DirectFunctionCall1(namein, CStringGetDatum(t->facts.table_name));
	set_text(row, COL_TOPIC, tend_topic_name(p->topic));
	initStringInfo(&text);
	tend_proposal_reason(&text, &t->tune, p);
	set_text(row, COL_REASON, text.data);
	resetStringInfo(&text);
	tend_proposal_evidence(&text, &t->tune, p);
	set_json(row, COL_EVIDENCE, text.data);
	resetStringInfo(&text);
	tend_proposal_predicted(&text, &t->tune, p);
	set_json(row, COL_PREDICTED, text.data);
	set_text(row, COL_BLOCKED_BY, tend_block_text(tend_guard(&guard, p)));
	set_text(row, COL_COMMAND, tend_alter_command(t->facts.heap.relid, alterations, n));
	set_text(row, COL_UNDO_COMMAND, tend_alter_undo_command(t->facts.heap.relid, alterations, n));
	row->values[COL_BENEFIT] = Float8GetDatum(p->benefit);
}

static void
put_proposal(ReturnSetInfo *rsinfo, const TendTunedTable *t, const TendProposal *p,
			 const TendTuningContext *context)
{
	OutRow		row = {0};

	set_proposal(&row, t, p, context);
	for (int i = 0; i < p->noptions; i++)
	{
		double		current = tend_option_current(&t->facts, p->options[i].option);

		set_text(&row, COL_OPTION, tend_option_name(p->options[i].option));
		set_text(&row, COL_CURRENT_VALUE, isnan(current) ? NULL : tend_word_option(current).str);
		set_text(&row, COL_PROPOSED_VALUE, tend_word_option(p->options[i].value).str);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
	}
}

static void
put_table(ReturnSetInfo *rsinfo, TendTunedTable *t, const TendTuningContext *context,
		  const TendReading *reading)
{
	TendTuning	tuning;

	tend_tuning_look(t, context, reading, NULL);
	if (t->mode == TEND_TUNING_OFF)
		return;
	tuning = tend_tune(&t->tune);
	for (int i = 0; i < tuning.nproposals; i++)
		put_proposal(rsinfo, t, &tuning.proposals[i], context);
}

/* Read the tables after an OID; returns the last OID, or InvalidOid at the end. */
static Oid
put_chunk(ReturnSetInfo *rsinfo, const TendReading *reading, const TendTuningContext *context,
		  Oid after, MemoryContext cxt)
{
	TendTableFacts *tables;
	int			n = tend_collect_tables(after, CHUNK, &reading->running, cxt, &tables);
	TendTableSize *sizes = tend_collect_sizes(tables, n, cxt);
	TendTablePast *pasts = MemoryContextAlloc(cxt, sizeof(TendTablePast) * Max(n, 1));
	MemoryContext old = MemoryContextSwitchTo(cxt);

	tend_table_history_recall(tables, n, pasts);
	for (int i = 0; i < n; i++)
	{
		TendTunedTable t = {.facts = tables[i],.size = sizes[i],.past = pasts[i]};

		put_table(rsinfo, &t, context, reading);
	}
	MemoryContextSwitchTo(old);
	return n == CHUNK ? tables[n - 1].heap.relid : InvalidOid;
}

/*
 * tend.autovacuum_proposals() - one row per option that should change
 */
Datum
tend_autovacuum_proposals(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext cxt;
	TendReading reading;
	TendTuningContext context;
	Oid			after = InvalidOid;

	InitMaterializedSRF(fcinfo, 0);
	if (rsinfo->setDesc->natts != NUM_COLS)
		elog(ERROR, "tend.autovacuum_proposals() has %d columns, expected %d",
			 rsinfo->setDesc->natts, NUM_COLS);

	cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend advice", ALLOCSET_DEFAULT_SIZES);
	SPI_connect();
	reading = tend_reading_begin();
	context = tend_tuning_begin(&reading, DefaultXactReadOnly, CurrentMemoryContext);
	do
	{
		CHECK_FOR_INTERRUPTS();
		after = put_chunk(rsinfo, &reading, &context, after, cxt);
		MemoryContextReset(cxt);
	} while (OidIsValid(after));
	SPI_finish();
	MemoryContextDelete(cxt);
	return (Datum) 0;
}
