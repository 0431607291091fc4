/*-------------------------------------------------------------------------
 *
 * estimates.c
 *	  tend.misestimate_facts(), behind tend.misestimates, and
 *	  tend.misestimates_reset()
 *
 * No value of a column gets here: examples, which hold some, are left where
 * they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/attribute.h"
#include "advise/estimate_words.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "collect/estimate_subject.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "show/estimate_expression.h"
#include "show/estimate_verdict.h"
#include "store/shared.h"
#include "store/shared_estimates.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_misestimate_facts);
PG_FUNCTION_INFO_V1(tend_misestimates_reset);

/* Columns of tend.misestimate_facts() */
enum
{
	COL_RELID,
	COL_SCHEMA_NAME,
	COL_TABLE_NAME,
	COL_COLUMNS,
	COL_CLAUSE_SHAPE,
	COL_SAMPLES,
	COL_MEDIAN_Q_ERROR,
	COL_MAX_Q_ERROR,
	COL_DIRECTION,
	COL_CAUSE,
	COL_REMEDY,
	COL_LAST_SEEN,
	COL_EXPLANATION,
	COL_EXPECTED_ROWS,
	COL_ACTUAL_ROWS,
	COL_SAMPLED_MS,
	COL_QUERIES,
	COL_FIRST_SEEN,
	COL_RIGHT_SAMPLES,
	NUM_COLS
};

/* ---- values ---- */

static Datum
name_datum(const char *str)
{
	return DirectFunctionCall1(namein, CStringGetDatum(str));
}

static Datum
column_names(const TendEstimateKey *key, const TendEstimateSubject *subject)
{
	Datum		columns[TEND_ESTIMATE_COLUMNS];

	for (int i = 0; i < key->ncolumns; i++)
		columns[i] = name_datum(subject->columns[i]);
	return PointerGetDatum(construct_array(columns, key->ncolumns, NAMEOID, NAMEDATALEN,
										   false, TYPALIGN_CHAR));
}

/* The queries, by their ids: what they say is a matter of tend.plans. */
static Datum
queries(const TendEstimateEntry *entry)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < TEND_ESTIMATE_QUERIES; i++)
	{
		const TendEstimateQuery *query = &entry->queries[i];

		if (query->samples == 0 || query->queryid == 0)
			continue;
		appendStringInfo(&json, "%s{\"queryid\": " INT64_FORMAT ", \"samples\": " INT64_FORMAT ", \"ms\": %.3f}",
						 json.len > 1 ? ", " : "", (int64) query->queryid, query->samples, query->ms);
	}
	appendStringInfoChar(&json, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

static void
put_words(const TendEstimateEntry *entry, const TendEstimateSubject *subject,
		  const TendEstimateVerdicts *verdicts, Datum *values, bool *nulls)
{
	TendMisestimate m = {
		.key = &entry->key,
		.sums = &entry->sums,
		.table = subject->quoted_table,
		.columns = subject->quoted_columns,
		.table_rows = subject->table_rows,
		.targets = subject->targets,
		.expression = tend_estimate_expression(&entry->key)
	};
	StringInfoData text;

	if (m.expression != NULL)
		m.statistics = quote_qualified_identifier(subject->schema,
												  makeObjectName(subject->table,
																 entry->key.ncolumns > 0 ? subject->columns[0] : NULL,
																 "expr"));
	tend_estimate_add_verdict(verdicts, &m);
	initStringInfo(&text);
	tend_clause_shape(&text, &entry->key, subject->quoted_columns);
	nulls[COL_CLAUSE_SHAPE] = text.len == 0;

	values[COL_CLAUSE_SHAPE] = CStringGetTextDatum(text.data);
	resetStringInfo(&text);
	tend_estimate_remedy(&text, &m);
	values[COL_REMEDY] = CStringGetTextDatum(text.data);
	resetStringInfo(&text);
	tend_estimate_explain(&text, &m);
	values[COL_EXPLANATION] = CStringGetTextDatum(text.data);
	values[COL_DIRECTION] = CStringGetTextDatum(tend_estimate_direction(&entry->sums));
	values[COL_CAUSE] = CStringGetTextDatum(tend_estimate_cause_name(tend_estimate_cause(&m)));
}

static void
put_entry(ReturnSetInfo *rsinfo, const TendEstimateEntry *entry, const TendEstimateSubject *subject,
		  const TendEstimateVerdicts *verdicts)
{
	Datum		values[NUM_COLS];
	bool		nulls[NUM_COLS] = {false};

	values[COL_RELID] = ObjectIdGetDatum(entry->key.relid);
	values[COL_SCHEMA_NAME] = name_datum(subject->schema);
	values[COL_TABLE_NAME] = name_datum(subject->table);
	values[COL_COLUMNS] = column_names(&entry->key, subject);
	put_words(entry, subject, verdicts, values, nulls);
	values[COL_SAMPLES] = Int64GetDatum(entry->sums.samples);
	values[COL_MEDIAN_Q_ERROR] = Float8GetDatum(tend_estimate_median(&entry->sums));
	values[COL_MAX_Q_ERROR] = Float8GetDatum(entry->sums.max_q);
	values[COL_LAST_SEEN] = TimestampTzGetDatum(entry->last_seen);
	values[COL_EXPECTED_ROWS] = Float8GetDatum(entry->sums.expected);
	values[COL_ACTUAL_ROWS] = Float8GetDatum(entry->sums.actual);
	values[COL_SAMPLED_MS] = Float8GetDatum(entry->ms);
	/* the ids of others' queries, as in tend.plans */
	nulls[COL_QUERIES] = !has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
	if (!nulls[COL_QUERIES])
		values[COL_QUERIES] = queries(entry);
	values[COL_FIRST_SEEN] = TimestampTzGetDatum(entry->first_seen);
	values[COL_RIGHT_SAMPLES] = Int64GetDatum(entry->sums.right);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * tend.misestimate_facts() - the misestimates of this database
 */
Datum
tend_misestimate_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendEstimateEntry *entries;
	TendEstimateVerdicts verdicts;
	MemoryContext cxt;
	int			n;

	tend_shared_require();
	InitMaterializedSRF(fcinfo, 0);
	if (rsinfo->setDesc->natts != NUM_COLS)
		elog(ERROR, "tend.misestimate_facts() has %d columns, expected %d",
			 rsinfo->setDesc->natts, NUM_COLS);
	entries = tend_estimates_list(MyDatabaseId, &n);
	SPI_connect();
	verdicts = tend_estimate_verdicts();
	cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend row", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		TendEstimateSubject subject;

		CHECK_FOR_INTERRUPTS();
		/* what was right since a cure is none */
		if (entries[i].sums.samples > 0 && tend_estimate_subject(&entries[i].key, &subject))
			put_entry(rsinfo, &entries[i], &subject, &verdicts);
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
	}
	MemoryContextDelete(cxt);
	SPI_finish();
	return (Datum) 0;
}

/*
 * tend.misestimates_reset() - forget those of this database, or of one table;
 * returns how many
 */
Datum
tend_misestimates_reset(PG_FUNCTION_ARGS)
{
	tend_shared_require();
	if (PG_ARGISNULL(0))
		PG_RETURN_INT64(tend_estimates_reset(MyDatabaseId, InvalidOid));
	/* no table has this OID, and all tables are not meant */
	if (!OidIsValid(PG_GETARG_OID(0)))
		PG_RETURN_INT64(0);
	PG_RETURN_INT64(tend_estimates_reset(MyDatabaseId, PG_GETARG_OID(0)));
}
