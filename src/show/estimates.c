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

#include <math.h>

#include "advise/attribute.h"
#include "advise/estimate_words.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "store/shared.h"
#include "store/shared_estimates.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
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
	NUM_COLS
};

/* Words about one entry, names of 63 bytes included */
#define TEXT_BYTES		2000

/* Names of today, which the entry does not know */
typedef struct Names
{
	char	   *schema;
	char	   *table;
	char	   *columns[TEND_ESTIMATE_COLUMNS];
	TendEstimateNames quoted;
} Names;

/* ---- names ---- */

/*
 * False if the table or one of the columns is gone.  Takes no lock: what is
 * renamed at this moment has either name.
 */
static bool
find_names(const TendEstimateKey *key, Names *names)
{
	memset(names, 0, sizeof(*names));
	names->table = get_rel_name(key->relid);
	names->schema = get_namespace_name(get_rel_namespace(key->relid));
	if (names->table == NULL || names->schema == NULL)
		return false;
	names->quoted.table = quote_qualified_identifier(names->schema, names->table);
	for (int i = 0; i < key->ncolumns; i++)
	{
		HeapTuple	tuple = SearchSysCacheAttNum(key->relid, key->columns[i]);

		/* dropped columns are not found */
		if (!HeapTupleIsValid(tuple))
			return false;
		ReleaseSysCache(tuple);
		names->columns[i] = get_attname(key->relid, key->columns[i], true);
		if (names->columns[i] == NULL)
			return false;
		names->quoted.columns[i] = quote_identifier(names->columns[i]);
	}
	return true;
}

/* ---- values ---- */

static Datum
name_datum(const char *str)
{
	return DirectFunctionCall1(namein, CStringGetDatum(str));
}

static Datum
column_names(const TendEstimateKey *key, const Names *names)
{
	Datum		columns[TEND_ESTIMATE_COLUMNS];

	for (int i = 0; i < key->ncolumns; i++)
		columns[i] = name_datum(names->columns[i]);
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

/* NULL instead of an empty text */
static void
put_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text[0] == '\0';

	if (!nulls[column])
		values[column] = CStringGetTextDatum(text);
}

static void
put_words(const TendEstimateEntry *entry, const Names *names, Datum *values, bool *nulls)
{
	char text[	TEXT_BYTES];

	tend_estimate_shape(&entry->key, &names->quoted, text, sizeof(text));
	put_text(values, nulls, COL_CLAUSE_SHAPE, text);
	put_text(values, nulls, COL_DIRECTION, tend_estimate_direction(&entry->sums));
	put_text(values, nulls, COL_CAUSE, tend_estimate_cause_name((TendEstimateCause) entry->key.cause));
	tend_estimate_remedy(&entry->key, &entry->sums, &names->quoted, text, sizeof(text));
	put_text(values, nulls, COL_REMEDY, text);
	tend_estimate_explain(&entry->key, &entry->sums, &names->quoted, text, sizeof(text));
	put_text(values, nulls, COL_EXPLANATION, text);
}

static void
put_entry(ReturnSetInfo *rsinfo, const TendEstimateEntry *entry, const Names *names)
{
	Datum		values[NUM_COLS];
	bool		nulls[NUM_COLS] = {false};

	values[COL_RELID] = ObjectIdGetDatum(entry->key.relid);
	values[COL_SCHEMA_NAME] = name_datum(names->schema);
	values[COL_TABLE_NAME] = name_datum(names->table);
	values[COL_COLUMNS] = column_names(&entry->key, names);
	put_words(entry, names, values, nulls);
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
	MemoryContext cxt;
	int			n;

	tend_shared_require();
	InitMaterializedSRF(fcinfo, 0);
	if (rsinfo->setDesc->natts != NUM_COLS)
		elog(ERROR, "tend.misestimate_facts() has %d columns, expected %d",
			 rsinfo->setDesc->natts, NUM_COLS);
	entries = tend_estimates_list(MyDatabaseId, &n);
	cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend row", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		Names		names;

		CHECK_FOR_INTERRUPTS();
		if (find_names(&entries[i].key, &names))
			put_entry(rsinfo, &entries[i], &names);
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
	}
	MemoryContextDelete(cxt);
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
