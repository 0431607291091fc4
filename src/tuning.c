/*-------------------------------------------------------------------------
 *
 * tuning.c
 *	  Put together what advise/ needs to tune tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/attribute.h"
#include "advise/day_windows.h"
#include "catalog/pg_type.h"
#include "collect/cluster.h"
#include "collect/tables.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "settings.h"
#include "sql.h"
#include "store/database_history.h"
#include "store/shared.h"
#include "store/shared_estimates.h"
#include "store/table_history.h"
#include "tuning.h"
#include "utils/timestamp.h"

/* The user's word on one table, his word on partitioned tables included */
typedef struct TablePolicy
{
	Oid			relid;			/* must be first */
	int			mode;			/* TendTuningMode, -1: as the setting says */
	double		dead_ratio_target;	/* NaN: as the setting says */
} TablePolicy;

/* ---- policies ---- */

/* The nearest one last, so that it wins */
#define POLICIES_SQL \
	"WITH RECURSIVE p AS (" \
	"SELECT relid::oid AS relid, tuning, dead_ratio_target, 0 AS level FROM tend.table_policy" \
	" UNION ALL " \
	"SELECT i.inhrelid, p.tuning, p.dead_ratio_target, p.level + 1 FROM p" \
	" JOIN pg_catalog.pg_class c ON c.oid = p.relid AND c.relkind = 'p'" \
	" JOIN pg_catalog.pg_inherits i ON i.inhparent = p.relid)" \
	"SELECT relid, tuning, dead_ratio_target::float4 FROM p ORDER BY level DESC"

static int
mode_by_name(const char *name)
{
	return strcmp(name, "apply") == 0 ? TEND_TUNING_APPLY :
		strcmp(name, "advise") == 0 ? TEND_TUNING_ADVISE : TEND_TUNING_OFF;
}

static void
load_policy(HTAB *policies, uint64 row)
{
	Oid			relid = tend_sql_oid(row, 1);
	char	   *tuning = tend_sql_text(row, 2);
	double		target = tend_sql_real(row, 3);
	bool		found;
	TablePolicy *policy = hash_search(policies, &relid, HASH_ENTER, &found);

	if (!found)
	{
		policy->mode = -1;
		policy->dead_ratio_target = NAN;
	}
	if (tuning != NULL)
		policy->mode = mode_by_name(tuning);
	if (!isnan(target))
		policy->dead_ratio_target = target;
}

static void
load_policies(TendTuningContext *context, MemoryContext cxt)
{
	bool		any = tend_sql_select("read tend.table_policy",
									  "SELECT FROM tend.table_policy LIMIT 1", 0, NULL, NULL) > 0;
	uint64		n = 0;

	tend_sql_done();
	if (any)
		n = tend_sql_select("read tend.table_policy", POLICIES_SQL, 0, NULL, NULL);
	context->somebody_applies = tend_autovacuum_tuning == TEND_TUNING_APPLY;
	if (n > 0)
	{
		HASHCTL		ctl = {.keysize = sizeof(Oid),.entrysize = sizeof(TablePolicy)};

		ctl.hcxt = cxt;
		context->policies = hash_create("pg_tend policies", 64, &ctl,
										HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	for (uint64 i = 0; i < n; i++)
	{
		char	   *tuning = tend_sql_text(i, 2);

		load_policy(context->policies, i);
		context->somebody_applies = context->somebody_applies ||
			(tuning != NULL && mode_by_name(tuning) == TEND_TUNING_APPLY);
	}
	if (any)
		tend_sql_done();
}

static const TablePolicy *
policy_of(const TendTuningContext *context, Oid relid)
{
	return context->policies == NULL ? NULL :
		hash_search(context->policies, &relid, HASH_FIND, NULL);
}

/* What pg_tend may do with a table */
TendTuningMode
tend_tuning_mode(const TendTuningContext *context, Oid relid)
{
	const TablePolicy *policy = policy_of(context, relid);

	return policy != NULL && policy->mode >= 0 ? policy->mode : tend_autovacuum_tuning;
}

/* ---- what all tables have in common ---- */

static void
load_storm(TendStorm *storm)
{
	Oid			types[] = {INT4OID, INT4OID};
	Datum		values[] = {Int32GetDatum(TEND_STORM_PAGES), Int32GetDatum(TEND_MAX_STORM)};
	uint64		n = tend_sql_select("read large tables",
									"SELECT oid, relpages::float4, pg_catalog.age(relfrozenxid)::int8"
									" FROM pg_catalog.pg_class"
									" WHERE relkind IN ('r', 'm') AND relpages >= $1 AND relfrozenxid <> '0'"
									" ORDER BY relpages DESC LIMIT $2",
									lengthof(types), types, values);

	storm->n = (int) n;
	for (uint64 i = 0; i < n; i++)
	{
		storm->tables[i].relid = tend_sql_oid(i, 1);
		storm->tables[i].pages = tend_sql_real(i, 2);
		storm->tables[i].xid_age = tend_sql_int64(i, 3);
	}
	tend_sql_done();
}

/* A database whose ages are worth a warning is no place for experiments. */
static bool
in_doubt(const TendReading *reading)
{
	TendAgePolicy policy = tend_settings_age_policy();
	TendAgeLimits xid = tend_collect_xid_limits();
	TendAgeLimits mxid = tend_collect_mxid_limits();
	int64		xid_age;
	int64		mxid_age;

	tend_collect_database_ages(&xid_age, &mxid_age);
	return tend_wraparound(xid_age, &xid, &policy, reading->burn.xid_per_second).severity >= TEND_WARNING ||
		tend_wraparound(mxid_age, &mxid, &policy, reading->burn.mxid_per_second).severity >= TEND_WARNING;
}

static double
seconds_since_visit(TimestampTz now)
{
	TendDatabase db;

	if (!tend_shared_loaded() || !tend_database_get(MyDatabaseId, &db) || db.last.finished == 0)
		return 0;
	return (now - db.last.finished) / (double) USECS_PER_SEC;
}

/* Is this a time of day at which the user wants no changes? */
static bool
is_change_freeze(TimestampTz now)
{
	pg_time_t	seconds = timestamptz_to_time_t(now);
	struct pg_tm *tm = pg_localtime(&seconds, log_timezone);

	return tm != NULL &&
		tend_day_windows_contain(tend_change_freeze, tm->tm_hour * 60 + tm->tm_min);
}

/* ---- queries that statistics misled ---- */

typedef struct TendStaleEntry
{
	TendEstimateKey key;
	TendStaleNews news;
} TendStaleEntry;

static int
by_relid(const void *a, const void *b)
{
	Oid			x = ((const TendStaleEntry *) a)->key.relid;
	Oid			y = ((const TendStaleEntry *) b)->key.relid;

	return x < y ? -1 : x > y;
}

static void
load_stale(TendTuningContext *context, MemoryContext cxt)
{
	TendEstimateEntry *entries;
	int			n;

	if (!tend_shared_loaded())
		return;
	entries = tend_estimates_list(MyDatabaseId, &n);
	for (int i = 0; i < n; i++)
	{
		if (entries[i].stale.samples == 0)
			continue;
		if (context->stale == NULL)
			context->stale = MemoryContextAlloc(cxt, sizeof(TendStaleEntry) * n);
		context->stale[context->nstale].key = entries[i].key;
		context->stale[context->nstale++].news = entries[i].stale;
	}
	pfree(entries);
	if (context->nstale > 0)
		qsort(context->stale, context->nstale, sizeof(TendStaleEntry), by_relid);
}

/* The first entry of a table, or the place where it would be */
static int
first_stale(const TendTuningContext *context, Oid relid)
{
	int			low = 0;
	int			high = context->nstale;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (context->stale[middle].key.relid < relid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What came in of a table since its last row of history; false: nothing */
bool
tend_tuning_stale(const TendTuningContext *context, Oid relid, TendStaleNews *news)
{
	memset(news, 0, sizeof(*news));
	for (int i = first_stale(context, relid);
		 i < context->nstale && context->stale[i].key.relid == relid; i++)
		tend_stale_add(news, &context->stale[i].news);
	return news->samples > 0;
}

/* Its history has it now: to be called after the commit. */
void
tend_tuning_told(const TendTuningContext *context, Oid relid)
{
	for (int i = first_stale(context, relid);
		 i < context->nstale && context->stale[i].key.relid == relid; i++)
		tend_estimates_told(&context->stale[i].key, &context->stale[i].news);
}

/*
 * Load what all tables have in common.  Needs a connected SPI; it lives in
 * the given context.
 */
TendTuningContext
tend_tuning_begin(const TendReading *reading, bool read_only, MemoryContext cxt)
{
	TendTuningContext context = {0};

	context.market = tend_database_history_market();
	context.ledger = tend_ledger_load(reading->now, tend_interval, cxt);
	load_policies(&context, cxt);
	load_storm(&context.storm);
	load_stale(&context, cxt);
	context.visit_seconds = seconds_since_visit(reading->now);
	context.doubt = in_doubt(reading);
	context.read_only = read_only;
	context.change_freeze = is_change_freeze(reading->now);
	return context;
}

/* ---- one table ---- */

/*
 * Complete a table whose facts, size and past are filled in.  "measured" is
 * what its vacuums cost since its last row of history, NULL if unknown.
 */
void
tend_tuning_look(TendTunedTable *table, const TendTuningContext *context,
				 const TendReading *reading, const TendMeasured *measured)
{
	static const TendMeasured nothing = {0};
	const TablePolicy *policy = policy_of(context, table->facts.heap.relid);
	TendObservation o = {
		.facts = &table->facts,
		.past = &table->past,
		.size = &table->size,
		.measured = measured != NULL ? measured : &nothing,
		.settings = &reading->settings,
		.now = reading->now,
		.interval_seconds = tend_interval,
		.visit_seconds = context->visit_seconds
	};
	TendStaleNews news;
	TendLearnt	learnt;

	if (tend_tuning_stale(context, table->facts.heap.relid, &news))
		o.stale = &news;
	learnt = tend_learn(&o);
	table->table = tend_reading_case(reading, &table->facts, learnt.dead_fast);
	table->ledger = tend_ledger_find(&context->ledger, table->facts.heap.relid);
	table->mode = tend_tuning_mode(context, table->facts.heap.relid);
	table->tune = (TendTuneCase)
	{
		.table = &table->table,
			.size = &table->size,
			.learnt = learnt,
			.market = context->market,
			.managed = table->ledger != NULL ? &table->ledger->managed : NULL,
			.storm = &context->storm,
			.dead_ratio_target = policy != NULL && !isnan(policy->dead_ratio_target) ?
			policy->dead_ratio_target : tend_dead_ratio_target,
			.interval_seconds = tend_interval,
			.cost_granted = context->ledger.totals.cost_granted
	};
}

/*
 * Read one table as it is now; false if it is gone.
 */
bool
tend_tuning_fetch(TendTunedTable *table, Oid relid, const TendTuningContext *context,
				  const TendReading *reading, MemoryContext cxt)
{
	if (!tend_collect_table(relid, &reading->running, cxt, &table->facts))
		return false;
	table->size = *tend_collect_sizes(&table->facts, 1, cxt);
	tend_table_history_recall(&table->facts, 1, &table->past);
	tend_tuning_look(table, context, reading, NULL);
	return true;
}

TendGuardCase
tend_tuning_guard(const TendTunedTable *table, const TendTuningContext *context, int wishes)
{
	TendGuardCase g = {
		.table = &table->table,
		.managed = table->tune.managed,
		.mode = table->mode,
		.doubt = context->doubt,
		.read_only = context->read_only,
		.change_freeze = context->change_freeze,
		.wishes = wishes,
		.actions_left = tend_max_actions_per_hour - context->ledger.totals.changes_in_hour,
		.interval_seconds = tend_interval
	};

	return g;
}
