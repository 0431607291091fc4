/*-------------------------------------------------------------------------
 *
 * visit_estimates.c
 *	  The part of a visit that verifies statistics on several columns.
 *
 * One verification at most, of that which costs most: columns that are
 * misestimated, or, if there is nothing to do about these, an object that
 * exists.  What won once is tried again by the next visit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "act/statistics_advice.h"
#include "act/statistics_change.h"
#include "act/statistics_watch.h"
#include "act/verify.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "sql.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "worker/visit_estimates.h"

/* Enough evidence: executions, or one that is very wrong */
#define MIN_SAMPLES		3
#define VERY_WRONG		100

/* A verification that takes longer is given up. */
#define TIMEOUT_MS		8000

/* More are not read. */
#define MAX_POLICIES	1000

typedef struct Policy
{
	Oid			relid;
	bool		off;
	bool		applies;
} Policy;

typedef struct Statistics
{
	TimestampTz now;
	MemoryContext cxt;			/* lives as long as the step */
	TendEstimateEntry *entries;
	int			nentries;
	TendVerdictRow *rows;
	int			nrows;
	Policy	   *policies;
	int			npolicies;
} Statistics;

/* ---- reading ---- */

static void
read_policies(Statistics *s)
{
	uint64		n = tend_sql_select("read tend.table_policy",
									"SELECT relid::oid, statistics = 'off', statistics = 'apply'"
									" FROM tend.table_policy WHERE statistics IS NOT NULL", 0, NULL, NULL);
	bool		isnull;

	s->npolicies = Min(n, MAX_POLICIES);
	s->policies = MemoryContextAlloc(s->cxt, sizeof(Policy) * Max(s->npolicies, 1));
	for (int i = 0; i < s->npolicies; i++)
	{
		s->policies[i].relid = tend_sql_oid(i, 1);
		s->policies[i].off = DatumGetBool(tend_sql_datum(i, 2, &isnull));
		s->policies[i].applies = DatumGetBool(tend_sql_datum(i, 3, &isnull));
	}
	tend_sql_done();
}

static const Policy *
policy_of(const Statistics *s, Oid relid)
{
	static const Policy none = {0};

	for (int i = 0; i < s->npolicies; i++)
	{
		if (s->policies[i].relid == relid)
			return &s->policies[i];
	}
	return &none;
}

static void
read_state(Statistics *s)
{
	MemoryContextSwitchTo(s->cxt);
	s->now = GetCurrentTimestamp();
	s->entries = tend_estimates_list(MyDatabaseId, &s->nentries);
	s->rows = tend_verdicts_list(&s->nrows);
	MemoryContextSwitchTo(s->cxt);
	read_policies(s);
}

/* ---- what to verify ---- */

static const TendVerdictRow *
find_row(const Statistics *s, const TendEstimateKey *key)
{
	for (int i = 0; i < s->nrows; i++)
	{
		const TendVerdictRow *row = &s->rows[i];

		if (row->relid == key->relid && row->object == InvalidOid &&
			row->groups == (key->kind == TEND_ESTIMATE_GROUPS) && row->columns.n == key->ncolumns &&
			memcmp(row->columns.columns, key->columns, sizeof(int16) * key->ncolumns) == 0)
			return row;
	}
	return NULL;
}

static bool
is_due(const Statistics *s, const TendEstimateEntry *entry)
{
	const TendEstimateKey *key = &entry->key;
	const TendVerdictRow *row;

	if (key->cause != TEND_CAUSE_CORRELATED || key->kind == TEND_ESTIMATE_JOIN || key->ncolumns < 2 ||
		(entry->sums.samples < MIN_SAMPLES && entry->sums.max_q < VERY_WRONG) ||
		policy_of(s, key->relid)->off)
		return false;
	row = find_row(s, key);
	return row == NULL || row->next_at <= s->now;
}

/* What won once comes first, then what costs most. */
static const TendEstimateEntry *
worst(const Statistics *s)
{
	const TendEstimateEntry *best = NULL;
	bool		best_won = false;

	for (int i = 0; i < s->nentries; i++)
	{
		const TendEstimateEntry *entry = &s->entries[i];
		const TendVerdictRow *row;
		bool		won;

		if (!is_due(s, entry))
			continue;
		row = find_row(s, &entry->key);
		won = row != NULL && row->state == TEND_VERDICT_LIKELY;
		if (best == NULL || won > best_won || (won == best_won && entry->ms > best->ms))
		{
			best = entry;
			best_won = won;
		}
	}
	return best;
}

/* An object that was not looked at for long */
#define OBJECT_SQL \
	"SELECT s.stxrelid, s.oid, s.stxkeys::int2[] FROM pg_catalog.pg_statistic_ext s" \
	" JOIN pg_catalog.pg_class c ON c.oid = s.stxrelid" \
	" LEFT JOIN tend.statistics_verdicts v ON v.object = s.oid" \
	" WHERE s.stxexprs IS NULL AND s.stxkind <> '{d}' AND s.stxrelid >= 16384" \
	" AND c.relkind IN ('r', 'm') AND NOT c.relrowsecurity AND c.relpersistence <> 't'" \
	" AND pg_catalog.cardinality(s.stxkeys::int2[]) BETWEEN 2 AND 8" \
	" AND (v.next_at IS NULL OR v.next_at <= $1)" \
	" AND NOT EXISTS (SELECT FROM tend.statistics_actions a" \
	" WHERE a.object = s.oid AND a.verdict = 'pending')" \
	/* the nearest policy counts */ \
	" AND (SELECT p.statistics FROM tend.table_policy p" \
	" LEFT JOIN pg_catalog.pg_partition_ancestors(s.stxrelid) WITH ORDINALITY AS a(relid, level)" \
	" ON a.relid = p.relid WHERE (p.relid = s.stxrelid OR a.relid IS NOT NULL)" \
	" AND p.statistics IS NOT NULL ORDER BY a.level NULLS FIRST LIMIT 1) IS DISTINCT FROM 'off'" \
	" ORDER BY v.state = 'likely' DESC NULLS LAST, v.next_at NULLS FIRST LIMIT 1"

static bool
find_object(const Statistics *s, Oid *relid, Oid *object, TendColumnSet *columns)
{
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[] = {TimestampTzGetDatum(s->now)};
	bool		found = tend_sql_select("find a statistics object", OBJECT_SQL,
										lengthof(types), types, values) > 0;

	if (found)
	{
		bool		isnull;
		Datum	   *items;

		*relid = tend_sql_oid(0, 1);
		*object = tend_sql_oid(0, 2);
		deconstruct_array(DatumGetArrayTypeP(tend_sql_datum(0, 3, &isnull)), INT2OID, sizeof(int16),
						  true, TYPALIGN_SHORT, &items, NULL, &columns->n);
		for (int i = 0; i < columns->n; i++)
			columns->columns[i] = DatumGetInt16(items[i]);
	}
	tend_sql_done();
	return found;
}

/* The one thing to do; false: nothing */
static bool
choose_task(const Statistics *s, TendVerifyTask *task)
{
	const TendEstimateEntry *entry = worst(s);
	TendColumnSet columns = {0};
	Oid			relid;
	Oid			object = InvalidOid;
	bool		groups = false;

	if (entry != NULL)
	{
		relid = entry->key.relid;
		groups = entry->key.kind == TEND_ESTIMATE_GROUPS;
		columns.n = entry->key.ncolumns;
		memcpy(columns.columns, entry->key.columns, sizeof(int16) * columns.n);
	}
	else if (!find_object(s, &relid, &object, &columns))
		return false;
	*task = tend_verify_task(relid, &columns, groups, s->entries, s->nentries);
	task->object = object;
	task->timeout_ms = TIMEOUT_MS;
	return true;
}

/* ---- doing it ---- */

/* Who looks at pg_stat_activity sees what we are at. */
static void
show_progress(const TendVerifyTask *task)
{
	char	   *name = get_rel_name(task->relid);
	char	   *schema = get_namespace_name(get_rel_namespace(task->relid));

	if (name != NULL && schema != NULL)
		pgstat_report_activity(STATE_RUNNING,
							   psprintf("pg_tend visit: verifying statistics on %s",
										quote_qualified_identifier(schema, name)));
}

static void
verify(TendVisit *visit, Statistics *s)
{
	TendVerifyTask task;
	TendVerdictRow row = {0};

	if (!choose_task(s, &task) ||
		!OidIsValid(get_rel_namespace(task.relid)))
		return;
	(void) tend_verdict_find(task.relid, &task.columns, task.groups, task.object, &row);
	show_progress(&task);
	tend_verify(&task, s->now, &row);
	pgstat_report_activity(STATE_RUNNING, "pg_tend visit");
	tend_verdict_write(&row);
	visit->report.rows_written++;
}

/* Create what is proven, where the user wants that; one ANALYZE is enough. */
static void
apply(TendVisit *visit, Statistics *s)
{
	int			n;
	TendVerdictRow *advice = tend_statistics_advice(s->rows, s->nrows, &n);

	for (int i = 0; i < n; i++)
	{
		TendStatisticsChange change;

		if (advice[i].state != TEND_VERDICT_PROVEN || !policy_of(s, advice[i].relid)->applies)
			continue;
		change = tend_statistics_apply(&advice[i], s->now);
		if (change.result == TEND_ALTER_FAILED)
			tend_statistics_refused(&advice[i], &change, s->now);
		if (change.result != TEND_ALTER_DONE)
			continue;
		visit->report.rows_written += change.n + 1;
		return;
	}
}

/* Each part is a transaction of its own. */
static bool
run(TendVisit *visit, Statistics *s, void (*part) (TendVisit *visit, Statistics *s))
{
	if (!tend_visit_begin(visit))
		return false;
	part(visit, s);
	tend_visit_commit(visit);
	return true;
}

static void
look(TendVisit *visit, Statistics *s)
{
	read_state(s);
	visit->report.rows_written += tend_statistics_watch(s->rows, s->nrows, s->entries, s->nentries, s->now);
	if (s->nrows > 0)
		visit->report.rows_written += tend_verdicts_trim();
}

/* Verify one thing.  False if the visit has to end. */
bool
tend_visit_estimates(TendVisit *visit)
{
	Statistics	s = {0};
	bool		goes_on;

	if (visit->read_only)
		return true;
	s.cxt = AllocSetContextCreate(visit->visit_cxt, "pg_tend statistics", ALLOCSET_DEFAULT_SIZES);
	goes_on = run(visit, &s, look) && run(visit, &s, verify) && run(visit, &s, apply);
	MemoryContextDelete(s.cxt);
	return goes_on;
}
