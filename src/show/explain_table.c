/*-------------------------------------------------------------------------
 *
 * explain_table.c
 *	  tend.explain_table(): the story of one table, line by line
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "act/change.h"
#include "advise/explain.h"
#include "advise/tune_words.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "show/table_source.h"
#include "sql.h"
#include "store/shared.h"
#include "tuning.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_explain_table);

static void
put_lines(ReturnSetInfo *rsinfo, char *text)
{
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
	{
		Datum		value = CStringGetTextDatum(line);
		bool		isnull = false;

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
	}
}

/* What pg_tend has set, why, and how to undo it */
static void
explain_actions(StringInfo out, Oid relid)
{
	Oid			types[] = {TEXTOID, OIDOID};
	Datum		values[] = {CStringGetTextDatum(tend_ledger_here()), ObjectIdGetDatum(relid)};
	uint64		n = tend_sql_select("read tend.autovacuum_actions",
									"SELECT pg_catalog.format('pg_tend set %s on %s (%s): %s.  To undo it: SELECT tend.revert(%s);',"
									" pg_catalog.string_agg(a.option || ' = ' || a.new_value, ', ' ORDER BY a.action_id),"
									" pg_catalog.to_char(pg_catalog.min(a.at), 'YYYY-MM-DD HH24:MI'),"
									" CASE WHEN pg_catalog.min(a.lease_until) IS NOT NULL THEN 'while vacuum is held back'"
									" ELSE pg_catalog.min(a.verdict) END,"
									" pg_catalog.min(a.reason), pg_catalog.min(a.action_id))"
									" FROM tend.autovacuum_actions a"
									" WHERE a." TEND_LEDGER_IS_HERE " AND a.relid = $2 AND a.verdict <> 'reverted'"
									" GROUP BY a.change_id, a.topic ORDER BY pg_catalog.min(a.action_id)",
									lengthof(types), types, values);

	for (uint64 i = 0; i < n; i++)
		tend_explain_line(out, tend_sql_text(i, 1));
	tend_sql_done();
}

/* What it would set, and what it waits for */
static void
explain_proposal(StringInfo out, const TendTunedTable *t, const TendProposal *p,
				 const TendGuardCase *guard)
{
	TendAlteration alterations[TEND_NUM_OPTIONS];
	int			n = tend_change_alterations(&t->tune, p, alterations);
	const char *block = tend_block_text(tend_guard(guard, p));
	StringInfoData line;

	initStringInfo(&line);
	appendStringInfoString(&line, "pg_tend proposes: ");
	tend_proposal_reason(&line, &t->tune, p);
	appendStringInfo(&line, ".  %s", tend_alter_command(t->facts.heap.relid, alterations, n));
	if (block != NULL)
		appendStringInfo(&line, "  Not done now: %s.", block);
	tend_explain_line(out, line.data);
}

static void
explain_proposals(StringInfo out, const TendTunedTable *t, const TendTuningContext *context)
{
	TendTuning	tuning = tend_tune(&t->tune);
	TendTableMemory memory = {0};
	TendGuardCase guard;

	if (t->mode == TEND_TUNING_OFF)
		return;
	if (tend_shared_loaded())
		(void) tend_table_recall(MyDatabaseId, t->facts.heap.relid, &memory);
	guard = tend_tuning_guard(t, context, memory.wishes);
	for (int i = 0; i < tuning.nproposals; i++)
		explain_proposal(out, t, &tuning.proposals[i], &guard);
}

/*
 * tend.explain_table(regclass) - the story of one table, line by line
 */
Datum
tend_explain_table(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext cxt = CurrentMemoryContext;
	Oid			relid = PG_GETARG_OID(0);
	StringInfoData text;
	TendReading reading;
	TendTuningContext context;
	TendTunedTable t;
	TendTableVerdict v;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	initStringInfo(&text);
	SPI_connect();
	reading = tend_reading_begin();
	context = tend_tuning_begin(&reading, DefaultXactReadOnly, cxt);
	if (!tend_tuning_fetch(&t, relid, &context, &reading, cxt))
		tend_reject_relation(relid);
	v = tend_table_verdict(&t.table);
	tend_explain_state(&text, &t.table, &v, &t.size);
	explain_actions(&text, relid);
	explain_proposals(&text, &t, &context);
	tend_explain_todo(&text, &t.table, &v);
	SPI_finish();

	put_lines(rsinfo, text.data);
	return (Datum) 0;
}
