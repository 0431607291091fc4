/*-------------------------------------------------------------------------
 *
 * plans.c
 *	  tend.plan_facts(), behind tend.plans; tend.plan_diff(), tend.plans_reset()
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/plan_histogram.h"
#include "advise/plan_side_by_side.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "collect/executions.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "show/readable.h"
#include "store/shared.h"
#include "store/shared_plans.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_plan_facts);
PG_FUNCTION_INFO_V1(tend_plans_side_by_side);
PG_FUNCTION_INFO_V1(tend_plans_reset_sql);

/* Columns of tend.plan_facts() */
#define NCOLUMNS		35

typedef struct Row
{
	int			n;
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS];
} Row;

/* ---- who may see what ---- */

/* As for pg_stat_activity and pg_stat_statements */
static bool
may_see(Oid owner)
{
	return owner == GetUserId() ||
		has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
}

/* ---- rows ---- */

static void
put(Row *row, Datum value)
{
	row->nulls[row->n] = false;
	row->values[row->n++] = value;
}

static void
put_null(Row *row)
{
	row->nulls[row->n] = true;
	row->values[row->n++] = (Datum) 0;
}

static void
put_ms(Row *row, double ms)
{
	if (isnan(ms))
		put_null(row);
	else
		put(row, Float8GetDatum(ms));
}

static void
put_text(Row *row, const char *text, bool visible)
{
	if (!visible)
		put(row, CStringGetTextDatum("<insufficient privilege>"));
	else if (text == NULL)
		put_null(row);
	else
		put(row, CStringGetTextDatum(tend_readable(text)));
}

static void
put_time(Row *row, TimestampTz at)
{
	if (at == 0)
		put_null(row);
	else
		put(row, TimestampTzGetDatum(at));
}

static void
put_identity(Row *row, const TendPlanEntry *entry, bool visible)
{
	TendPlanTexts texts = {0};

	put(row, ObjectIdGetDatum(entry->key.dboid));
	put(row, ObjectIdGetDatum(entry->key.userid));
	if (visible)
		put(row, Int64GetDatum((int64) entry->key.queryid));
	else
		put_null(row);
	put(row, Int64GetDatum((int64) entry->key.planid));
	put(row, Int64GetDatum((int64) entry->origin.shapeid));
	put(row, BoolGetDatum(entry->key.toplevel != 0));
	put(row, BoolGetDatum(entry->origin.generic));
	if (visible)
		(void) tend_plans_texts(&entry->key, &texts);
	put_text(row, texts.query, visible);
	put_text(row, texts.plan, visible);
	put_text(row, texts.settings, visible);
}

static void
put_counters(Row *row, const TendPlanCounters *c)
{
	double		mean = c->calls > 0 ? c->total_ms / c->calls : NAN;

	put(row, Int64GetDatum(c->calls));
	put(row, Int64GetDatum(c->aborted));
	put_ms(row, c->total_ms);
	put_ms(row, mean);
	put_ms(row, c->calls > 0 ? sqrt(c->m2 / c->calls) : NAN);
	put_ms(row, c->calls > 0 ? c->min_ms : NAN);
	put_ms(row, c->calls > 0 ? c->max_ms : NAN);
	put_ms(row, tend_plan_quantile_ms(c, 0.5));
	put_ms(row, tend_plan_quantile_ms(c, 0.95));
	put_ms(row, tend_plan_quantile_ms(c, 0.99));
	put_ms(row, c->aborted_ms);
	put(row, Int64GetDatum(c->rows));
	put(row, Int64GetDatum(c->blks_hit));
	put(row, Int64GetDatum(c->blks_read));
	put(row, Int64GetDatum(c->temp_blks));
	put(row, Int64GetDatum(c->partitions));
	put_ms(row, c->read_ms);
	put_ms(row, c->cpu_wall_ms > 0 ? c->cpu_ms / c->cpu_wall_ms : NAN);
}

static void
put_memory(Row *row, const TendPlanEntry *entry)
{
	const TendPlanMemory *m = &entry->memory;

	put(row, TimestampTzGetDatum(entry->first_seen));
	put(row, TimestampTzGetDatum(entry->last_seen));
	put_time(row, m->current_since);
	put_ms(row, m->share);
	put_ms(row, m->recent.calls > 0 ? m->recent.ms / m->recent.calls : NAN);
	put_ms(row, m->base.calls > 0 ? m->base.ms / m->base.calls : NAN);
}

static void
put_histogram(Row *row, const TendPlanCounters *c)
{
	Datum		buckets[TEND_PLAN_BUCKETS];

	for (int i = 0; i < TEND_PLAN_BUCKETS; i++)
		buckets[i] = Int64GetDatum((int64) c->histogram[i]);
	put(row, PointerGetDatum(construct_array(buckets, TEND_PLAN_BUCKETS, INT8OID,
											 sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)));
}

/*
 * tend.plan_facts() - all plans of all databases
 */
Datum
tend_plan_facts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendPlanEntry *entries;
	MemoryContext cxt;
	int			n;

	tend_shared_require();
	InitMaterializedSRF(fcinfo, 0);
	tend_executions_flush();
	entries = tend_plans_list(InvalidOid, &n);
	cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend row", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		Row			row = {0};

		CHECK_FOR_INTERRUPTS();
		put_identity(&row, &entries[i], may_see(entries[i].key.userid));
		put_counters(&row, &entries[i].total);
		put_memory(&row, &entries[i]);
		put_histogram(&row, &entries[i].total);
		MemoryContextSwitchTo(old);
		Assert(row.n == rsinfo->setDesc->natts);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
		MemoryContextReset(cxt);
	}
	MemoryContextDelete(cxt);
	return (Datum) 0;
}

/*
 * tend.plans_reset() - forget the plans of this database; returns how many
 */
Datum
tend_plans_reset_sql(PG_FUNCTION_ARGS)
{
	tend_shared_require();
	tend_executions_flush();
	PG_RETURN_INT64(tend_plans_reset(MyDatabaseId));
}

static void
put_line(const char *line, void *arg)
{
	ReturnSetInfo *rsinfo = arg;
	Datum		value = CStringGetTextDatum(line);
	bool		isnull = false;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
}

static char *
text_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/*
 * tend.plans_side_by_side() - two plans as a table for a terminal
 */
Datum
tend_plans_side_by_side(PG_FUNCTION_ARGS)
{
	static const TendPlanRuler ruler = {pg_mblen, pg_dsplen};
	char	   *old_heading = text_argument(fcinfo, 0);
	char	   *new_heading = text_argument(fcinfo, 2);

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	tend_plan_side_by_side(old_heading != NULL ? old_heading : "", text_argument(fcinfo, 1),
						   new_heading != NULL ? new_heading : "", text_argument(fcinfo, 3),
						   &ruler, put_line, fcinfo->resultinfo);
	return (Datum) 0;
}
