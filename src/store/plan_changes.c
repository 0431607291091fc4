/*-------------------------------------------------------------------------
 *
 * plan_changes.c
 *	  Changes of plans, from notice to end: tend.plan_change_log.
 *
 * Each time something about a change is new, the whole of it is written again:
 * rows are only ever added.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "sql.h"
#include "store/history_ring.h"
#include "store/plan_changes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Changes that are followed at a time; the latest */
#define MAX_FOLLOWED	1000

/* Longest text of verdict and cause */
#define EXPLANATION_LEN	1024

/* ---- sums as arrays ---- */

static Datum
sums_datum(const TendPlanSums *sums)
{
	const double *values = (const double *) sums;
	Datum		datums[TEND_PLAN_NSUMS];

	for (int i = 0; i < TEND_PLAN_NSUMS; i++)
		datums[i] = Float8GetDatum(values[i]);
	return PointerGetDatum(construct_array(datums, TEND_PLAN_NSUMS, FLOAT8OID, sizeof(float8),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static TendPlanSums
sums_of(uint64 row, int col)
{
	TendPlanSums sums = {0};
	double	   *values = (double *) &sums;
	bool		isnull;
	Datum		datum = tend_sql_datum(row, col, &isnull);
	Datum	   *datums;
	int			n;

	if (isnull)
		return sums;
	deconstruct_array(DatumGetArrayTypeP(datum), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &datums, NULL, &n);
	for (int i = 0; i < Min(n, TEND_PLAN_NSUMS); i++)
		values[i] = DatumGetFloat8(datums[i]);
	return sums;
}

/* ---- reading ---- */

static const char *
kept_text(MemoryContext cxt, uint64 row, int col)
{
	const char *text = tend_sql_text(row, col);

	return text !=NULL ? MemoryContextStrdup(cxt, text) : NULL;
}

static int
verdict_number(const char *name)
{
	int			v = TEND_PLAN_UNDECIDED;

	while (v < TEND_PLAN_PARAMETER_SENSITIVE && strcmp(tend_plan_verdict_name(v), name) != 0)
		v++;
	return v;
}

static void
read_record(TendPlanRecord *record, MemoryContext cxt, uint64 row)
{
	TendPlanChange *c = &record->change;

	memset(record, 0, sizeof(*record));
	c->at = tend_sql_time(row, 1);
	record->userid = tend_sql_oid(row, 2);
	record->queryid = (uint64) tend_sql_int64(row, 3);
	record->toplevel = tend_sql_int32(row, 4) != 0;
	c->old_planid = (uint64) tend_sql_int64(row, 5);
	c->new_planid = (uint64) tend_sql_int64(row, 6);
	c->verdict = (TendPlanVerdict) verdict_number(tend_sql_text(row, 7));
	c->state = strcmp(tend_sql_text(row, 8), tend_plan_state_name(TEND_PLAN_CONFIRMED)) == 0 ?
		TEND_PLAN_CONFIRMED : TEND_PLAN_OPEN;
	c->reason = (TendPlanReason) tend_sql_int32(row, 9);
	c->decided_at = tend_sql_time(row, 10);
	c->old_mean_ms = tend_sql_double(row, 11);
	c->new_mean_ms = tend_sql_double(row, 12);
	c->ratio = tend_sql_double(row, 13);
	c->lost_ms_per_hour = tend_sql_double(row, 14);
	c->row_ratio = tend_sql_double(row, 15);
	c->block_ratio = tend_sql_double(row, 16);
	c->cpu_ratio = tend_sql_double(row, 17);
	c->climate = tend_sql_double(row, 18);
	c->old = sums_of(row, 19);
	c->start = sums_of(row, 20);
	c->decided = sums_of(row, 21);
	record->cause = kept_text(cxt, row, 22);
	record->cause_words = kept_text(cxt, row, 23);
	record->cause_evidence = kept_text(cxt, row, 24);
	record->remedy = kept_text(cxt, row, 25);
	record->query = kept_text(cxt, row, 26);
	record->old_plan = kept_text(cxt, row, 27);
	record->new_plan = kept_text(cxt, row, 28);
	record->misestimate = kept_text(cxt, row, 29);
	record->misestimate_words = kept_text(cxt, row, 30);
}

/* The changes that are not over, in the given context */
TendPlanRecord *
tend_plan_changes_load(MemoryContext cxt, int *n)
{
	TendPlanRecord *records;
	uint64		found;

	if (!tend_ring_readable(TEND_SERIES_PLAN_CHANGES))
	{
		*n = 0;
		return NULL;
	}
	found = tend_sql_select("read tend.plan_change_log",
							"SELECT began, userid, queryid, toplevel::int, old_planid, new_planid,"
							" verdict, state, reason, decided_at, old_mean_ms, new_mean_ms, ratio,"
							" lost_ms_per_hour, (evidence ->> 'row_ratio')::float8,"
							" (evidence ->> 'block_ratio')::float8, (evidence ->> 'cpu_ratio')::float8,"
							" (evidence ->> 'climate')::float8,"
							" old_sums, start_sums, decided_sums, cause,"
							" evidence ->> 'cause_words', evidence -> 'cause', remedy, query, old_plan, new_plan,"
							" evidence -> 'misestimate', evidence ->> 'misestimate_words'"
							" FROM (SELECT DISTINCT ON (l.userid, l.queryid, l.toplevel, l.began) l.*"
							"         FROM tend.plan_change_log l"
							"        ORDER BY l.userid, l.queryid, l.toplevel, l.began, l.at DESC) c"
							" WHERE state <> 'resolved' ORDER BY began DESC LIMIT " CppAsString2(MAX_FOLLOWED),
							0, NULL, NULL);
	records = MemoryContextAlloc(cxt, sizeof(TendPlanRecord) * Max(found, 1));
	for (uint64 i = 0; i < found; i++)
		read_record(&records[i], cxt, i);
	tend_sql_done();
	*n = (int) found;
	return records;
}

/* ---- writing ---- */

/* Parameters of the statement that adds a row */
#define NPARAMS		33

typedef struct Params
{
	int			n;
	Oid			types[NPARAMS];
	Datum		values[NPARAMS];
	char		nulls[NPARAMS];
} Params;

static void
put(Params *p, Oid type, Datum value, bool isnull)
{
	p->types[p->n] = type;
	p->values[p->n] = value;
	p->nulls[p->n++] = isnull ? 'n' : ' ';
}

static void
put_text(Params *p, const char *text)
{
	bool		isnull = text == NULL || text[0] == '\0';

	put(p, TEXTOID, isnull ? (Datum) 0 : CStringGetTextDatum(text), isnull);
}

static void
put_real(Params *p, double value)
{
	put(p, FLOAT8OID, Float8GetDatum(value), !isfinite(value));
}

static void
put_time(Params *p, TimestampTz at)
{
	put(p, TIMESTAMPTZOID, TimestampTzGetDatum(at), at == 0);
}

static char *
explain(const TendPlanRecord *record)
{
	char		words[EXPLANATION_LEN];
	StringInfoData text;

	tend_plan_explain(&record->change, words, sizeof(words));
	initStringInfo(&text);
	appendStringInfoString(&text, words);
	if (record->cause_words != NULL && record->cause_words[0] != '\0')
		appendStringInfo(&text, " %s", record->cause_words);
	if (record->misestimate_words != NULL)
		appendStringInfo(&text, " %s", record->misestimate_words);
	return text.data;
}

static void
put_change(Params *p, const TendPlanChange *c)
{
	put(p, INT8OID, Int64GetDatum((int64) c->old_planid), false);
	put(p, INT8OID, Int64GetDatum((int64) c->new_planid), false);
	put_text(p, tend_plan_verdict_name(c->verdict));
	put_text(p, tend_plan_state_name(c->state));
	put(p, INT4OID, Int32GetDatum(c->reason), false);
	put_real(p, c->old_mean_ms);
	put_real(p, c->new_mean_ms);
	put_real(p, c->ratio);
	put_real(p, c->lost_ms_per_hour);
	put_time(p, c->decided_at);
	put_time(p, c->closed_at);
	put(p, FLOAT8ARRAYOID, sums_datum(&c->old), false);
	put(p, FLOAT8ARRAYOID, sums_datum(&c->start), false);
	put(p, FLOAT8ARRAYOID, sums_datum(&c->decided), false);
	put_real(p, c->row_ratio);
	put_real(p, c->block_ratio);
	put_real(p, c->cpu_ratio);
	put_real(p, c->climate);
}

/* Add a version of a change; returns the number of rows written. */
int
tend_plan_changes_add(TimestampTz now, const TendPlanRecord *record)
{
	Params		p = {0};
	char		sql[2048];

	put(&p, TIMESTAMPTZOID, TimestampTzGetDatum(now), false);	/* $1 */
	put(&p, TIMESTAMPTZOID, TimestampTzGetDatum(record->change.at), false);
	put(&p, OIDOID, ObjectIdGetDatum(record->userid), false);
	put(&p, INT8OID, Int64GetDatum((int64) record->queryid), false);
	put(&p, BOOLOID, BoolGetDatum(record->toplevel), false);
	put_change(&p, &record->change);	/* $6 to $23 */
	put_text(&p, record->cause != NULL ? record->cause : "unknown");	/* $24 */
	put_text(&p, explain(record));
	put_text(&p, record->remedy);
	put_text(&p, record->cause_evidence);	/* $27 */
	put_text(&p, record->cause_words);
	put_text(&p, record->query);
	put_text(&p, record->old_plan); /* $30 */
	put_text(&p, record->new_plan);
	put_text(&p, record->misestimate);	/* $32 */
	put_text(&p, record->misestimate_words);
	Assert(p.n == NPARAMS);

	snprintf(sql, sizeof(sql),
			 "INSERT INTO tend.%s (at, began, userid, queryid, toplevel, old_planid, new_planid,"
			 " verdict, state, reason, old_mean_ms, new_mean_ms, ratio, lost_ms_per_hour,"
			 " decided_at, closed_at, old_sums, start_sums, decided_sums,"
			 " cause, explanation, remedy, evidence, query, old_plan, new_plan)"
			 " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
			 " $17, $18, $19, $24, $25, $26,"
			 " pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object("
			 "'row_ratio', $20, 'block_ratio', $21, 'cpu_ratio', $22, 'climate', $23,"
			 " 'old_calls', pg_catalog.round(($17)[1]), 'cause_words', $28, 'cause', $27::jsonb, 'misestimate', $32::jsonb, 'misestimate_words', $33)),"
			 " $29, $30, $31", tend_ring_slot_name(TEND_SERIES_PLAN_CHANGES));
	return (int) tend_sql_insert("add a change of plan", sql, p.n, p.types, p.values, p.nulls);
}
