/*-------------------------------------------------------------------------
 *
 * ledger.c
 *	  What pg_tend did to tables: tend.autovacuum_actions.
 *
 * A dump takes the ledger along with the options that it is about.  In the
 * restored database tables have other OIDs, so each row says where it was
 * written; rows from elsewhere are matched by name once, by the first visit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xlog.h"
#include "act/ledger.h"
#include "advise/tune_words.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "sql.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Where the rows of this database were written */
char *
tend_ledger_here(void)
{
	return psprintf(UINT64_FORMAT "/%u", GetSystemIdentifier(), MyDatabaseId);
}

static bool
option_by_name(const char *name, TendOptionId *option)
{
	for (int i = 0; i < TEND_NUM_OPTIONS; i++)
	{
		if (strcmp(tend_option_name(i), name) == 0)
		{
			*option = i;
			return true;
		}
	}
	return false;
}

static TendReason
reason_by_name(const char *name)
{
	for (int i = 0; i < TEND_NUM_REASONS; i++)
	{
		if (name != NULL && strcmp(tend_reason_name(i), name) == 0)
			return i;
	}
	return TEND_NUM_REASONS;
}

static uint64
update(const char *sql, int nargs, Oid *types, Datum *values)
{
	tend_sql_check("write tend.autovacuum_actions",
				   SPI_execute_with_args(sql, nargs, types, values, NULL, false, 0),
				   SPI_OK_UPDATE);
	return SPI_processed;
}

/* More arguments of update_topic() */
#define MAX_MORE 3

/*
 * Update what is in force of a topic of a table, as far as a condition is
 * true; these have arguments from $4 on.
 */
static void
update_topic(Oid relid, TendTopic topic, const char *set, const char *condition,
			 int nmore, const Oid *more_types, const Datum *more_values)
{
	Oid			types[3 + MAX_MORE] = {TEXTOID, OIDOID, TEXTOID};
	Datum		values[3 + MAX_MORE] = {
		CStringGetTextDatum(tend_ledger_here()),
		ObjectIdGetDatum(relid),
		CStringGetTextDatum(tend_topic_name(topic))
	};

	Assert(nmore <= MAX_MORE);
	for (int i = 0; i < nmore; i++)
	{
		types[3 + i] = more_types[i];
		values[3 + i] = more_values[i];
	}
	update(psprintf("UPDATE tend.autovacuum_actions SET %s WHERE " TEND_LEDGER_IS_HERE
					" AND relid = $2 AND topic = $3 AND verdict <> 'reverted' AND %s", set, condition),
		   3 + nmore, types, values);
}

/* ---- loading ---- */

static TendLedgerTable *
enter(TendLedger *ledger, Oid relid)
{
	TendLedgerTable *table;
	bool		found;

	if (ledger->tables == NULL)
	{
		HASHCTL		ctl = {.keysize = sizeof(Oid),.entrysize = sizeof(TendLedgerTable)};

		ctl.hcxt = ledger->cxt;
		ledger->tables = hash_create("pg_tend ledger", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	table = hash_search(ledger->tables, &relid, HASH_ENTER, &found);
	if (!found)
	{
		memset(table, 0, sizeof(*table));
		table->relid = relid;
	}
	return table;
}

#define IN_FORCE_SQL \
	"SELECT relid, option, new_value::float8, at, verdict = 'pending', vacuums_then," \
	" analyzes_then, lease_until, predicted ->> 'reason' FROM tend.autovacuum_actions" \
	" WHERE verdict <> 'reverted' AND " TEND_LEDGER_IS_HERE "%s ORDER BY action_id"

static void
load_row(TendLedger *ledger, uint64 row)
{
	bool		isnull;
	TendOptionId option;
	TendLedgerTable *table;
	TendTopic	topic;

	if (!option_by_name(tend_sql_text(row, 2), &option))
		return;
	table = enter(ledger, tend_sql_oid(row, 1));
	topic = tend_option_topic(option);
	table->managed.options[option].ours = true;
	table->managed.options[option].value = DatumGetFloat8(tend_sql_datum(row, 3, &isnull));
	table->managed.changed_at[topic] = tend_sql_time(row, 4);
	table->managed.vacuums_then[topic] = tend_sql_int64(row, 6);
	table->analyzes_then[topic] = tend_sql_int64(row, 7);
	table->lease_until[topic] = tend_sql_time(row, 8);
	table->managed.leased[topic] = table->lease_until[topic] != 0;
	/* later changes do not make that undone */
	table->managed.misled |= reason_by_name(tend_sql_text(row, 9)) == TEND_REASON_MISLED;
	table->pending[topic] = DatumGetBool(tend_sql_datum(row, 5, &isnull)) &&
		!table->managed.leased[topic];
	table->in_force = true;
}

/* Of one table, or of all: InvalidOid */
static void
load_in_force(TendLedger *ledger, Oid relid)
{
	Oid			types[] = {TEXTOID, OIDOID};
	Datum		values[] = {CStringGetTextDatum(tend_ledger_here()), ObjectIdGetDatum(relid)};
	char	   *sql = psprintf(IN_FORCE_SQL, OidIsValid(relid) ? " AND relid = $2" : "");
	uint64		n = tend_sql_select("read tend.autovacuum_actions", sql,
									OidIsValid(relid) ? 2 : 1, types, values);

	for (uint64 i = 0; i < n; i++)
		load_row(ledger, i);
	tend_sql_done();
}

/* The user changed or reset an option behind our back: it is his for good. */
#define BY_HAND	"('" TEND_BY_OTHER_HAND "', '" TEND_BY_RESET_HAND "')"

/* What the user took back within a week, and what failed its proof */
#define REVERTED_SQL \
	"SELECT relid, topic, pg_catalog.max(reverted_at)" \
	" FILTER (WHERE NOT pg_catalog.starts_with(reverted_by, 'pg_tend: '))," \
	" pg_catalog.count(DISTINCT change_id) FILTER (WHERE reverted_by = '" TEND_BY_PROOF "')," \
	" pg_catalog.max(reverted_at)," \
	" pg_catalog.max(reverted_at) FILTER (WHERE reverted_by IN " BY_HAND ")" \
	" FROM tend.autovacuum_actions" \
	" WHERE verdict = 'reverted' AND " TEND_LEDGER_IS_HERE \
	" AND (reverted_at > $2 OR reverted_by IN " BY_HAND ")%s GROUP BY relid, topic"

static void
load_reverted(TendLedger *ledger, TimestampTz now, double interval_seconds, Oid relid)
{
	int64		week = (int64) (TEND_WEEK_INTERVALS * interval_seconds * USECS_PER_SEC);
	Oid			types[] = {TEXTOID, TIMESTAMPTZOID, OIDOID};
	Datum		values[] = {
		CStringGetTextDatum(tend_ledger_here()), TimestampTzGetDatum(now - week), ObjectIdGetDatum(relid)
	};
	char	   *sql = psprintf(REVERTED_SQL, OidIsValid(relid) ? " AND relid = $3" : "");
	uint64		n = tend_sql_select("read tend.autovacuum_actions", sql,
									OidIsValid(relid) ? 3 : 2, types, values);

	for (uint64 i = 0; i < n; i++)
	{
		TendManaged *managed;
		TimestampTz by_hand = tend_sql_time(i, 3);
		TimestampTz for_good = tend_sql_time(i, 6);
		TendTopic	topic;

		if (!tend_topic_by_name(tend_sql_text(i, 2), &topic))
			continue;
		managed = &enter(ledger, tend_sql_oid(i, 1))->managed;
		/* unless he applied it himself since */
		if (by_hand != 0 && by_hand > managed->changed_at[topic])
			managed->hands_off_until[topic] = by_hand + week;
		if (for_good != 0 && for_good > managed->changed_at[topic])
			managed->hands_off_until[topic] = TEND_HANDS_OFF_FOR_GOOD;
		managed->reverts[topic] = (int) tend_sql_int64(i, 4);
		managed->changed_at[topic] = Max(managed->changed_at[topic], tend_sql_time(i, 5));
	}
	tend_sql_done();
}

#define COUNTS_SQL \
	"SELECT pg_catalog.count(DISTINCT change_id) FILTER (WHERE lease_until IS NULL)," \
	" pg_catalog.count(DISTINCT change_id) FILTER (WHERE lease_until IS NOT NULL)" \
	" FROM tend.autovacuum_actions WHERE " TEND_LEDGER_IS_HERE " AND at > $2"

/* The latest value of each table counts. */
static double
cost_granted(const TendLedger *ledger)
{
	HASH_SEQ_STATUS status;
	TendLedgerTable *t;
	double		sum = 0;

	if (ledger->tables == NULL)
		return 0;
	hash_seq_init(&status, ledger->tables);
	while ((t = hash_seq_search(&status)) != NULL)
		sum += tend_cost_granted(&t->managed);
	return sum;
}

/*
 * What is in force, and what happened of late; lives in the given context.
 */
TendLedger
tend_ledger_load(TimestampTz now, double interval_seconds, MemoryContext cxt)
{
	TendLedger	ledger = {.cxt = cxt};
	bool		empty;
	Oid			types[] = {TEXTOID, TIMESTAMPTZOID};
	Datum		values[] = {
		CStringGetTextDatum(tend_ledger_here()),
		TimestampTzGetDatum(now - (int64) (TEND_HOUR_INTERVALS * interval_seconds * USECS_PER_SEC))
	};

	/* most databases begin, and many stay, like this */
	empty = tend_sql_select("read tend.autovacuum_actions",
							"SELECT FROM tend.autovacuum_actions LIMIT 1", 0, NULL, NULL) == 0;
	tend_sql_done();
	if (empty)
		return ledger;

	load_in_force(&ledger, InvalidOid);
	ledger.totals.cost_granted = cost_granted(&ledger);
	load_reverted(&ledger, now, interval_seconds, InvalidOid);
	if (tend_sql_select("count actions", COUNTS_SQL, lengthof(types), types, values) > 0)
	{
		ledger.totals.changes_in_hour = (int) tend_sql_int64(0, 1);
		ledger.totals.leases_in_hour = (int) tend_sql_int64(0, 2);
	}
	tend_sql_done();
	return ledger;
}

/*
 * The same of one table only, without totals, as it is now: somebody may have
 * acted on it by hand since the visit began.
 */
TendLedger
tend_ledger_load_table(Oid relid, TimestampTz now, double interval_seconds, MemoryContext cxt)
{
	TendLedger	ledger = {.cxt = cxt};

	load_in_force(&ledger, relid);
	load_reverted(&ledger, now, interval_seconds, relid);
	return ledger;
}

TendLedgerTable *
tend_ledger_find(const TendLedger *ledger, Oid relid)
{
	return ledger->tables == NULL ? NULL : hash_search(ledger->tables, &relid, HASH_FIND, NULL);
}

/* Is some option of the topic ours now? */
bool
tend_ledger_is_in_force(const TendLedgerTable *table, TendTopic topic)
{
	for (int i = 0; i < TEND_NUM_OPTIONS; i++)
	{
		if (tend_option_topic(i) == topic && table->managed.options[i].ours)
			return true;
	}
	return false;
}

/* ---- writing ---- */

#define ADD_SQL \
	"INSERT INTO tend.autovacuum_actions (action_id, change_id, at, relid, schema_name," \
	" table_name, topic, option, old_value, new_value, reason, evidence, predicted," \
	" lease_until, vacuums_then, analyzes_then, origin)" \
	" SELECT i.id, COALESCE($1, i.id), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12::jsonb," \
	" $13, $14, $15, $16" \
	/* a restore sets the sequence to what it was elsewhere */ \
	" FROM (SELECT GREATEST(pg_catalog.nextval('tend.autovacuum_action_id'), 1 +" \
	" (SELECT pg_catalog.max(action_id) FROM tend.autovacuum_actions)) AS id) i RETURNING change_id"

/* What is replaced needs no proof of its own any more. */
static void
replace(Oid relid, TendOptionId option)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(tend_option_name(option))};

	update_topic(relid, tend_option_topic(option),
				 "verdict = 'kept',"
				 " observed = pg_catalog.jsonb_build_object('note', 'replaced by a later change')",
				 "verdict = 'pending' AND option = $4 AND lease_until IS NULL",
				 lengthof(types), types, values);
}

static int64
add_row(const TendLedgerEntry *e, const TendAlteration *a, int64 change_id)
{
	const TendHeapFacts *heap = &e->facts->heap;
	const TendHeapFacts *vacuumed = e->topic == TEND_TOPIC_TOAST ? &e->facts->toast : heap;
	Oid			types[] = {
		INT8OID, TIMESTAMPTZOID, OIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID, INT8OID, TEXTOID
	};
	Datum		values[] = {
		Int64GetDatum(change_id),
		TimestampTzGetDatum(e->at),
		ObjectIdGetDatum(heap->relid),
		CStringGetTextDatum(e->facts->schema_name),
		CStringGetTextDatum(e->facts->table_name),
		CStringGetTextDatum(tend_topic_name(e->topic)),
		CStringGetTextDatum(tend_option_name(a->option)),
		CStringGetTextDatum(isnan(a->expected) ? "" : tend_word_option(a->expected).str),
		CStringGetTextDatum(tend_word_option(a->wanted).str),
		CStringGetTextDatum(e->reason),
		CStringGetTextDatum(e->evidence),
		CStringGetTextDatum(e->predicted),
		TimestampTzGetDatum(e->lease_until),
		Int64GetDatum(vacuumed->vacuum_count),
		Int64GetDatum(heap->analyze_count),
		CStringGetTextDatum(tend_ledger_here())
	};
	char		nulls[] = "                ";

	if (change_id == 0)
		nulls[0] = 'n';
	if (isnan(a->expected))
		nulls[7] = 'n';
	if (e->lease_until == 0)
		nulls[12] = 'n';
	tend_sql_check("add an action",
				   SPI_execute_with_args(ADD_SQL, lengthof(types), types, values, nulls, false, 0),
				   SPI_OK_INSERT_RETURNING);
	return tend_sql_int64(0, 1);
}

/*
 * Write down a change; returns the number that all rows of one ALTER share,
 * which is to be passed with the next entry of the same ALTER and is 0 at
 * first.
 */
int64
tend_ledger_add(const TendLedgerEntry *entry, int64 change_id)
{
	for (int i = 0; i < entry->n; i++)
	{
		if (entry->lease_until == 0)
			replace(entry->facts->heap.relid, entry->alterations[i].option);
		change_id = add_row(entry, &entry->alterations[i], change_id);
	}
	return change_id;
}

/*
 * Mark the changes of a topic as reverted, those from a number on.
 */
void
tend_ledger_revert_from(Oid relid, TendTopic topic, int64 change_id, TimestampTz at, const char *by)
{
	Oid			types[] = {INT8OID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[] = {
		Int64GetDatum(change_id),
		TimestampTzGetDatum(at),
		CStringGetTextDatum(by)
	};

	update_topic(relid, topic, "verdict = 'reverted', reverted_at = $5, reverted_by = $6",
				 "change_id >= $4", lengthof(types), types, values);
}

/* Mark the lease of a topic as reverted. */
void
tend_ledger_end_lease(Oid relid, TendTopic topic, TimestampTz at, const char *by)
{
	Oid			types[] = {TIMESTAMPTZOID, TEXTOID};
	Datum		values[] = {TimestampTzGetDatum(at), CStringGetTextDatum(by)};

	update_topic(relid, topic, "verdict = 'reverted', reverted_at = $4, reverted_by = $5",
				 "lease_until IS NOT NULL", lengthof(types), types, values);
}

/*
 * Rows that a dump brought along get numbers of their own, if there are other
 * rows already.
 */
#define RENUMBER_SQL \
	"UPDATE tend.autovacuum_actions a SET action_id = n.id, change_id = n.change, origin = '?'" \
	" FROM (SELECT action_id, origin, id, pg_catalog.min(id) OVER (PARTITION BY origin, change_id) AS change" \
	" FROM (SELECT f.action_id, f.origin, f.change_id," \
	" (SELECT pg_catalog.max(m.action_id) FROM tend.autovacuum_actions m) +" \
	" pg_catalog.row_number() OVER (ORDER BY f.at, f.origin, f.action_id) AS id" \
	" FROM tend.autovacuum_actions f WHERE f.origin <> $1) r) n" \
	" WHERE a.action_id = n.action_id AND a.origin = n.origin AND" \
	" (SELECT pg_catalog.count(DISTINCT o.origin) FROM tend.autovacuum_actions o) > 1"

/* Rows that a dump brought along get the OIDs of this database. */
#define ADOPT_SQL \
	"UPDATE tend.autovacuum_actions a SET origin = $1, relid = c.oid" \
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" \
	" WHERE a.origin <> $1 AND n.nspname = a.schema_name AND c.relname = a.table_name" \
	" AND c.relkind IN ('r', 'm')"

#define ORPHAN_SQL \
	"UPDATE tend.autovacuum_actions a SET origin = $1, verdict = 'reverted'," \
	" reverted_at = COALESCE(reverted_at, $2), reverted_by = COALESCE(reverted_by, '" TEND_BY_DROP "')" \
	" WHERE a.origin <> $1"

/*
 * Adopt rows that were written elsewhere; returns how many.
 */
int
tend_ledger_adopt(TimestampTz now)
{
	Oid			types[] = {TEXTOID, TIMESTAMPTZOID};
	Datum		values[] = {CStringGetTextDatum(tend_ledger_here()), TimestampTzGetDatum(now)};
	bool		any = tend_sql_select("read tend.autovacuum_actions",
									  "SELECT FROM tend.autovacuum_actions WHERE origin <> $1 LIMIT 1",
									  1, types, values) > 0;

	tend_sql_done();
	if (!any)
		return 0;
	(void) update(RENUMBER_SQL, 1, types, values);
	return (int) (update(ADOPT_SQL, 1, types, values) +
				  update(ORPHAN_SQL, lengthof(types), types, values));
}

/*
 * Follow tables that were renamed: a dump has their new names.  Returns how
 * many rows.
 */
int
tend_ledger_rename(void)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(tend_ledger_here())};

	return (int) update("UPDATE tend.autovacuum_actions a SET schema_name = n.nspname, table_name = c.relname"
						" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
						" WHERE a.verdict <> 'reverted' AND a." TEND_LEDGER_IS_HERE " AND c.oid = a.relid"
						" AND (c.relname <> a.table_name OR n.nspname <> a.schema_name)",
						lengthof(types), types, values);
}

/*
 * Forget what was reverted long ago, for the ledger must not grow for ever.
 * What the user has taken back is remembered.  Returns how many rows.
 */
int
tend_ledger_forget(TimestampTz before)
{
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[] = {TimestampTzGetDatum(before)};

	tend_sql_check("clean tend.autovacuum_actions",
				   SPI_execute_with_args("DELETE FROM tend.autovacuum_actions"
										 " WHERE verdict = 'reverted' AND reverted_at < $1"
										 " AND pg_catalog.starts_with(reverted_by, 'pg_tend: ')",
										 lengthof(types), types, values, NULL, false, 0),
				   SPI_OK_DELETE);
	return (int) SPI_processed;
}

/* Prolong the lease of a topic. */
void
tend_ledger_renew_lease(Oid relid, TendTopic topic, TimestampTz until)
{
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[] = {TimestampTzGetDatum(until)};

	update_topic(relid, topic, "lease_until = $4", "lease_until IS NOT NULL",
				 lengthof(types), types, values);
}

/*
 * The value that pg_tend had given to an option before a change, leases
 * apart; NaN if none, and the option is to be reset.
 */
double
tend_ledger_value_before(Oid relid, TendOptionId option, int64 change_id)
{
	Oid			types[] = {TEXTOID, OIDOID, TEXTOID, INT8OID};
	Datum		values[] = {
		CStringGetTextDatum(tend_ledger_here()),
		ObjectIdGetDatum(relid),
		CStringGetTextDatum(tend_option_name(option)),
		Int64GetDatum(change_id)
	};
	bool		isnull;
	double		value = NAN;

	if (tend_sql_select("read tend.autovacuum_actions",
						"SELECT new_value::float8 FROM tend.autovacuum_actions"
						" WHERE " TEND_LEDGER_IS_HERE " AND relid = $2 AND option = $3 AND change_id < $4"
						" AND verdict <> 'reverted' AND lease_until IS NULL"
						" ORDER BY action_id DESC LIMIT 1",
						lengthof(types), types, values) > 0)
		value = DatumGetFloat8(tend_sql_datum(0, 1, &isnull));
	tend_sql_done();
	return value;
}

/* ---- proofs ---- */

#define OUTCOME_SQL(key) \
	"(predicted -> '" key "' ->> 'threshold')::float4, (predicted -> '" key "' ->> 'per_hour')::float4," \
	" (predicted -> '" key "' ->> 'pages_per_hour')::float4, (predicted -> '" key "' ->> 'rows')::float4," \
	" (predicted -> '" key "' ->> 'bytes')::float4, (predicted -> '" key "' ->> 'effort_per_hour')::float4," \
	" COALESCE((predicted -> '" key "' ->> 'stale_per_hour')::float4, 0)"
#define OUTCOME_COLUMNS 7

static TendOutcome
read_outcome(int col)
{
	TendOutcome o = {
		.threshold = tend_sql_real(0, col),
		.per_hour = tend_sql_real(0, col + 1),
		.pages_per_hour = tend_sql_real(0, col + 2),
		.rows = tend_sql_real(0, col + 3),
		.bytes = tend_sql_real(0, col + 4),
		.effort_per_hour = tend_sql_real(0, col + 5),
		.stale_per_hour = tend_sql_real(0, col + 6)
	};

	return o;
}

/*
 * What the latest pending change of a topic claimed, and since when it can be
 * proved: leases are no time to judge by.
 */
bool
tend_ledger_claim(Oid relid, TendTopic topic, TendClaim *claim, TimestampTz *since,
				  int64 *change_id)
{
	Oid			types[] = {TEXTOID, OIDOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(tend_ledger_here()),
		ObjectIdGetDatum(relid),
		CStringGetTextDatum(tend_topic_name(topic))
	};
	bool		found = tend_sql_select("read tend.autovacuum_actions",
										"SELECT GREATEST(at, (SELECT pg_catalog.max(l.reverted_at)"
										" FROM tend.autovacuum_actions l WHERE l." TEND_LEDGER_IS_HERE " AND l.relid = $2"
										" AND l.lease_until IS NOT NULL)), predicted ->> 'reason',"
										" (predicted ->> 'pages_per_mb_second')::float4, "
										OUTCOME_SQL("before") ", " OUTCOME_SQL("after") ", change_id"
										" FROM tend.autovacuum_actions"
										" WHERE " TEND_LEDGER_IS_HERE " AND relid = $2 AND topic = $3"
										" AND verdict = 'pending' AND lease_until IS NULL ORDER BY action_id DESC LIMIT 1",
										lengthof(types), types, values) > 0;

	if (found)
	{
		*since = tend_sql_time(0, 1);
		claim->topic = topic;
		claim->reason = reason_by_name(tend_sql_text(0, 2));
		claim->bloat_price = tend_sql_real(0, 3);
		claim->now = read_outcome(4);
		claim->then = read_outcome(4 + OUTCOME_COLUMNS);
		*change_id = tend_sql_int64(0, 4 + 2 * OUTCOME_COLUMNS);
		if (isnan(claim->bloat_price))
			claim->bloat_price = 0;
	}
	tend_sql_done();
	return found;
}

/* Write what was observed beside what was predicted, and whether it stays. */
void
tend_ledger_observed(Oid relid, TendTopic topic, const char *observed, bool kept)
{
	Oid			types[] = {TEXTOID, BOOLOID};
	Datum		values[] = {CStringGetTextDatum(observed), BoolGetDatum(kept)};

	/* what did not help may have to stay: say so once */
	update_topic(relid, topic,
				 "observed = $4::jsonb, verdict = CASE WHEN $5 THEN 'kept' ELSE verdict END",
				 "verdict = 'pending' AND lease_until IS NULL AND (observed IS NULL OR $5)",
				 lengthof(types), types, values);
}
