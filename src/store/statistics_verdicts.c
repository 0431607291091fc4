/*-------------------------------------------------------------------------
 *
 * statistics_verdicts.c
 *	  What verification found: tend.statistics_verdicts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "sql.h"
#include "store/statistics_verdicts.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/timestamp.h"

static const char *const state_names[] = {
	[TEND_VERDICT_UNVERIFIED] = "unverified",
	[TEND_VERDICT_LIKELY] = "likely",
	[TEND_VERDICT_PROVEN] = "proven",
	[TEND_VERDICT_REFUTED] = "refuted",
	[TEND_VERDICT_FAILED] = "failed",
	[TEND_VERDICT_APPLIED] = "applied",
	[TEND_VERDICT_USELESS] = "useless",
};

const char *
tend_verdict_state_name(TendVerdictState state)
{
	return state_names[state];
}

static TendVerdictState
state_by_name(const char *name)
{
	for (int i = 0; i < (int) lengthof(state_names); i++)
	{
		if (strcmp(state_names[i], name) == 0)
			return i;
	}
	elog(ERROR, "unknown state \"%s\" in tend.statistics_verdicts", name);
}

/* ---- writing ---- */

/* As they are stored */
ArrayType *
tend_verdict_columns(const TendColumnSet *set)
{
	Datum		items[TEND_ESTIMATE_COLUMNS];

	for (int i = 0; i < set->n; i++)
		items[i] = Int16GetDatum(set->columns[i]);
	return construct_array(items, set->n, INT2OID, sizeof(int16), true, TYPALIGN_SHORT);
}

ArrayType *
tend_verdict_tables(const TendVerdictRow *v)
{
	Datum		items[TEND_VERDICT_TABLES];

	for (int i = 0; i < v->ntables; i++)
		items[i] = ObjectIdGetDatum(v->tables[i]);
	return construct_array(items, v->ntables, OIDOID, sizeof(Oid), true, TYPALIGN_INT);
}

static ArrayType *
queries_array(const TendVerdictRow *v)
{
	Datum		items[TEND_ESTIMATE_QUERIES];

	for (int i = 0; i < v->nqueries; i++)
		items[i] = Int64GetDatum((int64) v->queries[i]);
	return construct_array(items, v->nqueries, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
						   TYPALIGN_DOUBLE);
}

/* The columns of the table, in the order in which they are written and read */
#define COLUMNS \
	"relid, columns, groups, object, state, reason, advised, kinds, target, tables," \
	" q_error_now, q_error_expected, proof, evidence, wins, verified_at, next_at," \
	" queries, samples, sampled_ms"

#define WRITE_SQL \
	"INSERT INTO tend.statistics_verdicts (" COLUMNS ") VALUES" \
	" ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::jsonb, $15, $16, $17, $18, $19, $20)" \
	" ON CONFLICT (relid, columns, groups, object) DO UPDATE SET (" COLUMNS ") = ROW (EXCLUDED.*)"

#define NUM_VALUES	20

typedef struct Row
{
	int			n;
	Oid			types[NUM_VALUES];
	Datum		values[NUM_VALUES];
	char		nulls[NUM_VALUES + 1];
} Row;

static void
add(Row *row, Oid type, Datum value, bool isnull)
{
	row->types[row->n] = type;
	row->values[row->n] = value;
	row->nulls[row->n++] = isnull ? 'n' : ' ';
}

static void
add_number(Row *row, double value)
{
	add(row, FLOAT8OID, Float8GetDatum(value), isnan(value));
}

static void
add_text(Row *row, const char *value)
{
	add(row, TEXTOID, value != NULL ? CStringGetTextDatum(value) : (Datum) 0, value == NULL);
}

static void
add_what(Row *row, const TendVerdictRow *v)
{
	add(row, OIDOID, ObjectIdGetDatum(v->relid), false);
	add(row, INT2ARRAYOID, PointerGetDatum(tend_verdict_columns(&v->columns)), false);
	add(row, BOOLOID, BoolGetDatum(v->groups), false);
	add(row, OIDOID, ObjectIdGetDatum(v->object), false);
	add_text(row, state_names[v->state]);
	add_text(row, v->reason);
	add(row, INT2ARRAYOID, PointerGetDatum(tend_verdict_columns(&v->advised)), false);
	add(row, INT4OID, Int32GetDatum(v->kinds), false);
	add(row, INT4OID, Int32GetDatum(v->target), false);
	add(row, OIDARRAYOID, PointerGetDatum(tend_verdict_tables(v)), false);
}

static void
add_proof(Row *row, const TendVerdictRow *v)
{
	add_number(row, v->q_error_now);
	add_number(row, v->q_error_expected);
	add_text(row, v->proof);
	add_text(row, v->evidence);
	add(row, INT4OID, Int32GetDatum(v->wins), false);
	add(row, TIMESTAMPTZOID, TimestampTzGetDatum(v->verified_at), v->verified_at == 0);
	add(row, TIMESTAMPTZOID, TimestampTzGetDatum(v->next_at), v->next_at == 0);
	add(row, INT8ARRAYOID, PointerGetDatum(queries_array(v)), false);
	add(row, INT8OID, Int64GetDatum(v->samples), false);
	add_number(row, v->sampled_ms);
}

/* Write a verdict in place of the one before. */
void
tend_verdict_write(const TendVerdictRow *verdict)
{
	Row			row = {0};

	add_what(&row, verdict);
	add_proof(&row, verdict);
	Assert(row.n == NUM_VALUES);
	tend_sql_insert("write tend.statistics_verdicts", WRITE_SQL, row.n, row.types, row.values, row.nulls);
}

/* ---- reading ---- */

/* Elements of an array without nulls, at most so many */
static int
read_array(uint64 row, int col, Oid type, int len, char align, int max, Datum *items)
{
	bool		isnull;
	Datum		array = tend_sql_datum(row, col, &isnull);
	Datum	   *all;
	int			n;

	if (isnull)
		return 0;
	deconstruct_array(DatumGetArrayTypeP(array), type, len, true, align, &all, NULL, &n);
	n = Min(n, max);
	memcpy(items, all, sizeof(Datum) * n);
	return n;
}

static void
read_columns(uint64 row, int col, TendColumnSet *set)
{
	Datum		items[TEND_ESTIMATE_COLUMNS];

	set->n = read_array(row, col, INT2OID, sizeof(int16), TYPALIGN_SHORT, lengthof(items), items);
	for (int i = 0; i < set->n; i++)
		set->columns[i] = DatumGetInt16(items[i]);
}

static void
read_lists(uint64 row, TendVerdictRow *v)
{
	Datum		tables[TEND_VERDICT_TABLES];
	Datum		queries[TEND_ESTIMATE_QUERIES];

	read_columns(row, 2, &v->columns);
	read_columns(row, 7, &v->advised);
	v->ntables = read_array(row, 10, OIDOID, sizeof(Oid), TYPALIGN_INT, lengthof(tables), tables);
	for (int i = 0; i < v->ntables; i++)
		v->tables[i] = DatumGetObjectId(tables[i]);
	v->nqueries = read_array(row, 18, INT8OID, sizeof(int64), TYPALIGN_DOUBLE, lengthof(queries), queries);
	for (int i = 0; i < v->nqueries; i++)
		v->queries[i] = (uint64) DatumGetInt64(queries[i]);
}

static TendVerdictRow
read_verdict(uint64 row)
{
	TendVerdictRow v = {0};
	bool		isnull;

	read_lists(row, &v);
	v.relid = tend_sql_oid(row, 1);
	v.groups = DatumGetBool(tend_sql_datum(row, 3, &isnull));
	v.object = tend_sql_oid(row, 4);
	v.state = state_by_name(tend_sql_text(row, 5));
	v.reason = tend_sql_text(row, 6);
	v.kinds = tend_sql_int32(row, 8);
	v.target = tend_sql_int32(row, 9);
	v.q_error_now = tend_sql_double(row, 11);
	v.q_error_expected = tend_sql_double(row, 12);
	v.proof = tend_sql_text(row, 13);
	v.evidence = tend_sql_text(row, 14);
	v.wins = tend_sql_int32(row, 15);
	v.verified_at = tend_sql_time(row, 16);
	v.next_at = tend_sql_time(row, 17);
	v.samples = tend_sql_int64(row, 19);
	v.sampled_ms = tend_sql_double(row, 20);
	return v;
}

#define READ_SQL	"SELECT " COLUMNS " FROM tend.statistics_verdicts"

/*
 * The verdict on columns of a table, if there is one, or that on an object
 */
bool
tend_verdict_find(Oid relid, const TendColumnSet *columns, bool groups, Oid object,
				  TendVerdictRow *verdict)
{
	Oid			types[] = {OIDOID, INT2ARRAYOID, BOOLOID, OIDOID};
	Datum		values[] = {
		ObjectIdGetDatum(relid), PointerGetDatum(tend_verdict_columns(columns)), BoolGetDatum(groups),
		ObjectIdGetDatum(object)
	};
	bool		found = tend_sql_select("read tend.statistics_verdicts",
										READ_SQL " WHERE relid = $1 AND columns = $2 AND groups = $3 AND object = $4",
										lengthof(types), types, values) > 0;

	if (found)
		*verdict = read_verdict(0);
	tend_sql_done();
	return found;
}

/* All verdicts, the worst first; in the current memory context */
TendVerdictRow *
tend_verdicts_list(int *n)
{
	MemoryContext cxt = CurrentMemoryContext;
	uint64		rows = tend_sql_select("read tend.statistics_verdicts",
									   READ_SQL " ORDER BY sampled_ms DESC NULLS LAST, relid, columns",
									   0, NULL, NULL);
	TendVerdictRow *verdicts = MemoryContextAllocZero(cxt, sizeof(TendVerdictRow) * Max(rows, 1));

	MemoryContextSwitchTo(cxt);
	for (uint64 i = 0; i < rows; i++)
		verdicts[i] = read_verdict(i);
	*n = (int) rows;
	tend_sql_done();
	return verdicts;
}

/*
 * Forget verdicts on tables that are gone, and the oldest of too many; returns
 * how many.
 */
#define TRIM_SQL \
	"DELETE FROM tend.statistics_verdicts v" \
	" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = v.relid)" \
	" OR v.object <> 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_statistic_ext s WHERE s.oid = v.object)" \
	" OR v.ctid = ANY (ARRAY (SELECT o.ctid FROM tend.statistics_verdicts o" \
	" ORDER BY o.state IN ('proven', 'applied', 'useless') DESC, o.verified_at DESC NULLS LAST OFFSET $1))"

int
tend_verdicts_trim(void)
{
	Oid			types[] = {INT4OID};
	Datum		values[] = {Int32GetDatum(TEND_MAX_VERDICTS)};

	tend_sql_check("trim tend.statistics_verdicts",
				   SPI_execute_with_args(TRIM_SQL, lengthof(types), types, values, NULL, false, 0),
				   SPI_OK_DELETE);
	return (int) SPI_processed;
}
