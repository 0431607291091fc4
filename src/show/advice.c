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
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "show/table_source.h"
#include "store/shared.h"
#include "tuning.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_autovacuum_proposals);

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

typedef struct Out
{
	ReturnSetInfo *rsinfo;
	TendReading reading;
	TendTuningContext context;
} Out;

static void
put_table(const TendTableFacts *table, const TendTableSize *size, const TendTablePast *past,
		  void *arg)
{
	const Out  *out = arg;
	TendTunedTable t = {.facts = *table,.size = *size,.past = *past};
	TendTuning	tuning;

	tend_tuning_look(&t, &out->context, &out->reading, NULL);
	if (t.mode == TEND_TUNING_OFF)
		return;
	tuning = tend_tune(&t.tune);
	for (int i = 0; i < tuning.nproposals; i++)
		put_proposal(out->rsinfo, &t, &tuning.proposals[i], &out->context);
}

/*
 * tend.autovacuum_proposals() - one row per option that should change
 */
Datum
tend_autovacuum_proposals(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext cxt = CurrentMemoryContext;
	Out			out = {.rsinfo = rsinfo};

	InitMaterializedSRF(fcinfo, 0);
	if (rsinfo->setDesc->natts != NUM_COLS)
		elog(ERROR, "tend.autovacuum_proposals() has %d columns, expected %d",
			 rsinfo->setDesc->natts, NUM_COLS);

	SPI_connect();
	out.reading = tend_reading_begin();
	out.context = tend_tuning_begin(&out.reading, DefaultXactReadOnly, cxt);
	tend_each_table(&out.reading, put_table, &out);
	SPI_finish();
	return (Datum) 0;
}
