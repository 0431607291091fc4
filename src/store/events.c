/*-------------------------------------------------------------------------
 *
 * events.c
 *	  What happened: tend.events.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "advise/words.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "settings.h"
#include "sql.h"
#include "store/disk_events.h"
#include "store/events.h"
#include "store/history_ring.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Longest qualified and quoted name of a table */
#define TEND_OBJECT_LEN (4 * NAMEDATALEN + 8)

/* One open condition of a table */
typedef struct OpenKey
{
	Oid			relid;
	TendTableCondition condition;
} OpenKey;

typedef struct OpenEvent
{
	OpenKey		key;			/* must be first */
	bool		seen;			/* the table still exists */
	char		object[TEND_OBJECT_LEN];	/* its name when the event was
											 * opened */
} OpenEvent;

/* Conditions that were open when the visit began */
static HTAB *open_events = NULL;
static int	open_blockers = 0;
static char wraparound_severity[2][16] = {"ok", "ok"};

static const char *const condition_kinds[TEND_NUM_CONDITIONS] = {
	"freeze due", "vacuum overdue"
};

/* Last event of each object of a kind */
#define LAST_EVENTS_SQL \
	"(SELECT DISTINCT ON (e.kind, e.object) e.at, e.kind, e.object, e.state, e.details" \
	" FROM tend.events e WHERE e.kind = ANY ($2) ORDER BY e.kind, e.object, e.at DESC)"

/*
 * The time of an event, which comes after the last one of the same object even
 * when the clock was set back: the last event tells what holds.
 */
#define AFTER_LAST_SQL(kind, object) \
	"GREATEST($1, (SELECT pg_catalog.max(e.at) FROM tend.events e" \
	" WHERE e.kind = " kind " AND e.object = " object ") + interval '1 microsecond')"

/* ---- one event ---- */

/* Add an event, with details as JSON or NULL; returns the number of rows. */
int
tend_event_add(TimestampTz at, const char *severity, const char *kind, const char *object,
			   const char *state, const char *message, const char *details)
{
	Oid			types[] = {TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		TimestampTzGetDatum(at),
		CStringGetTextDatum(severity),
		CStringGetTextDatum(kind),
		CStringGetTextDatum(object),
		CStringGetTextDatum(state),
		CStringGetTextDatum(message),
		details != NULL ? CStringGetTextDatum(details) : (Datum) 0
	};
	char		sql[512];

	snprintf(sql, sizeof(sql),
			 "INSERT INTO tend.%s SELECT " AFTER_LAST_SQL("$3", "$4") ", $2, $3, $4, $5, $6, $7::jsonb",
			 tend_ring_slot_name(TEND_SERIES_EVENTS));
	return (int) tend_sql_insert("add an event", sql, lengthof(types), types, values,
								 details != NULL ? NULL : "      n");
}

/* The same of a table, if there is one */
static int
add(TimestampTz at, const char *severity, const char *kind, const char *object,
	const char *state, const char *message, Oid relid)
{
	char		details[32];

	snprintf(details, sizeof(details), "{\"relid\": \"%u\"}", relid);
	return tend_event_add(at, severity, kind, object, state, message,
						  OidIsValid(relid) ? details : "{}");
}

/* ---- conditions of tables ---- */

/* 0 for xid, 1 for multixact */
static int
counter_index(const char *counter)
{
	return strcmp(counter, "xid") == 0 ? 0 : 1;
}

static void
load_table_condition(const char *kind, const char *object, Oid relid)
{
	OpenKey		key = {0};
	OpenEvent  *open;

	key.relid = relid;
	key.condition = strcmp(kind, condition_kinds[TEND_CONDITION_FREEZE]) == 0 ?
		TEND_CONDITION_FREEZE : TEND_CONDITION_OVERDUE;
	open = hash_search(open_events, &key, HASH_ENTER, NULL);
	open->seen = false;
	strlcpy(open->object, object, sizeof(open->object));
}

/*
 * Load which conditions are open.  Call this once per visit, before the
 * others; the memory lives as long as the process.
 */
void
tend_events_load(void)
{
	HASHCTL		ctl = {.keysize = sizeof(OpenKey),.entrysize = sizeof(OpenEvent)};
	uint64		n;

	open_events = hash_create("pg_tend open events", 64, &ctl, HASH_ELEM | HASH_BLOBS);
	n = tend_sql_select("read events",
						"SELECT kind, severity, object, (details ->> 'relid')::oid FROM"
						" (SELECT DISTINCT ON (e.kind, e.object)"
						" e.kind, e.severity, e.object, e.state, e.details"
						"    FROM tend.events e WHERE e.state <> 'single'"
						"   ORDER BY e.kind, e.object, e.at DESC) l"
						" WHERE state = 'open'", 0, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		char	   *kind = tend_sql_text(i, 1);
		Oid			relid = tend_sql_oid(i, 4);

		if (tend_disk_event_known(kind))
			continue;
		if (strcmp(kind, "vacuum blocker") == 0)
			open_blockers++;
		else if (strcmp(kind, "wraparound") == 0)
			strlcpy(wraparound_severity[counter_index(tend_sql_text(i, 3))],
					tend_sql_text(i, 2), sizeof(wraparound_severity[0]));
		else if (OidIsValid(relid))
			load_table_condition(kind, tend_sql_text(i, 3), relid);
	}
	tend_sql_done();
}

static OpenEvent *
find_open(TendTableCondition condition, Oid relid, HASHACTION action)
{
	OpenKey		key = {0};

	key.relid = relid;
	key.condition = condition;
	return hash_search(open_events, &key, action, NULL);
}

bool
tend_event_is_open(TendTableCondition condition, Oid relid)
{
	return find_open(condition, relid, HASH_FIND) != NULL;
}

/* The heap of a table that a freeze event is about: the one that is due more */
static char *
freeze_message(const char *object, const TendTableFacts *table, const TendTableVerdict *verdict)
{
	bool		in_toast = OidIsValid(table->toast.relid) &&
		verdict->toast.freeze_due > verdict->table.freeze_due;
	const TendHeapFacts *heap = in_toast ? &table->toast : &table->heap;
	const TendThresholds *t = in_toast ? &verdict->toast : &verdict->table;

	return psprintf("%s%s must be vacuumed to prevent wraparound: transaction ID age %s, limit %s, multixact age %s, limit %s",
					in_toast ? "the TOAST table of " : "", object,
					tend_word_count(heap->xid_age).str, tend_word_count(t->freeze_max_age).str,
					tend_word_count(heap->mxid_age).str, tend_word_count(t->multixact_freeze_max_age).str);
}

static char *
condition_message(TendTableCondition condition, bool holds, const char *object,
				  const TendTableFacts *table, const TendTableVerdict *verdict)
{
	const TendHeapFacts *heap = verdict->in_toast ? &table->toast : &table->heap;
	const TendThresholds *t = verdict->in_toast ? &verdict->toast : &verdict->table;

	if (condition == TEND_CONDITION_FREEZE)
		return holds ? freeze_message(object, table, verdict) :
			psprintf("%s has been frozen", object);
	return holds ?
		psprintf("autovacuum falls behind on %s: %s dead tuples, %s its threshold of %s",
				 object, tend_word_count(heap->dead_tuples).str,
				 tend_word_share(t->vacuum_due).str, tend_word_count(t->vacuum).str) :
		psprintf("autovacuum has caught up with %s", object);
}

/*
 * A condition of a table holds or not: write an event if that is news.
 */
int
tend_event_table(TimestampTz at, TendTableCondition condition, bool holds,
				 const TendTableFacts *table, const TendTableVerdict *verdict)
{
	OpenEvent  *open = find_open(condition, table->heap.relid, HASH_FIND);
	char	   *object;
	char	   *message;

	if (open != NULL)
		open->seen = true;
	if ((open != NULL) == holds)
		return 0;

	object = quote_qualified_identifier(table->schema_name, table->table_name);
	message = condition_message(condition, holds, object, table, verdict);
	if (holds)
	{
		open = find_open(condition, table->heap.relid, HASH_ENTER);
		open->seen = true;
		strlcpy(open->object, object, sizeof(open->object));
	}
	else
	{
		/* the table may have been renamed since: close what was opened */
		object = pstrdup(open->object);
		find_open(condition, table->heap.relid, HASH_REMOVE);
	}
	return add(at, holds ? "warning" : "ok", condition_kinds[condition], object,
			   holds ? "open" : "closed", message, table->heap.relid);
}

/*
 * Close the conditions of tables that no longer exist.
 */
int
tend_events_close_dropped(TimestampTz at)
{
	HASH_SEQ_STATUS status;
	OpenEvent  *open;
	int			rows = 0;

	hash_seq_init(&status, open_events);
	while ((open = hash_seq_search(&status)) != NULL)
	{
		if (open->seen)
			continue;
		rows += add(at, "ok", condition_kinds[open->key.condition], open->object, "closed",
					psprintf("%s was dropped", open->object), open->key.relid);
	}
	return rows;
}

/* ---- conditions that a view computes ---- */

static int
insert_from_view(TimestampTz at, const char *kind, const char *select)
{
	Oid			types[] = {TIMESTAMPTZOID, TEXTARRAYOID, INT4OID};
	Datum		kind_datum = CStringGetTextDatum(kind);
	Datum		values[] = {
		TimestampTzGetDatum(at),
		PointerGetDatum(construct_array(&kind_datum, 1, TEXTOID, -1, false, TYPALIGN_INT)),
		Int32GetDatum(tend_blocker_age)
	};
	char	   *sql = psprintf("INSERT INTO tend.%s %s",
							   tend_ring_slot_name(TEND_SERIES_EVENTS), select);

	return (int) tend_sql_insert("add events", sql, lengthof(types), types, values, NULL);
}

/*
 * Blockers of this database, under a name that stays the same while they
 * last.  Where nobody knows since when something blocks, it is worth an event
 * at a million transactions.
 */
#define HELD_SQL \
	"held AS (SELECT b.*, CASE" \
	" WHEN kind IN ('prepared transaction', 'replication slot')" \
	" THEN pg_catalog.format('%s %s', kind, pg_catalog.quote_ident(identifier)) ||" \
	" CASE WHEN holds = 'all tables' THEN '' ELSE ', ' || holds END" \
	" ELSE pg_catalog.format('pid %s since %s', pid," \
	" COALESCE(pg_catalog.to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), 'unknown'))" \
	" END AS object" \
	" FROM tend.vacuum_blockers b" \
	" WHERE scope IN ('cluster', pg_catalog.current_database())), " \
	"last AS " LAST_EVENTS_SQL " "

#define BLOCKER_OPENED_SQL \
	"WITH " HELD_SQL \
	"SELECT GREATEST($1, l.at + interval '1 microsecond'), 'warning', 'vacuum blocker', h.object, 'open'," \
	" pg_catalog.format('%s holds back vacuum: rows deleted in the last %s transactions stay', h.who," \
	" pg_catalog.ltrim(pg_catalog.to_char(h.xmin_age, '999 999 999 999')))," \
	" pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('kind', h.kind, 'who', h.who, 'pid', h.pid," \
	" 'usename', h.usename, 'datname', h.datname, 'xmin_age', h.xmin_age, 'since', h.since," \
	" 'duration_seconds', h.duration_seconds, 'scope', h.scope, 'holds', h.holds, 'remedy', h.remedy))" \
	" FROM held h LEFT JOIN last l ON l.object = h.object" \
	" WHERE COALESCE(h.duration_seconds >= $3, h.xmin_age >= 1000000)" \
	" AND l.state IS DISTINCT FROM 'open'"

/*
 * A transaction is over when it is gone: between two statements it may hold
 * nothing, and comes back.  A slot that nobody can time has caught up at a
 * tenth of what is worth an event.
 */
#define BLOCKER_CLOSED_SQL \
	"WITH " HELD_SQL \
	"SELECT GREATEST($1, l.at + interval '1 microsecond'), 'ok', 'vacuum blocker', l.object, 'closed'," \
	" pg_catalog.format('%s no longer holds back vacuum', COALESCE(l.details ->> 'who', l.object)), l.details" \
	" FROM last l LEFT JOIN held h ON h.object = l.object" \
	" AND (h.since IS NOT NULL OR h.xmin_age >= 100000)" \
	" WHERE l.state = 'open' AND h.object IS NULL AND $3 IS NOT NULL" \
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a" \
	" WHERE a.pid = (l.details ->> 'pid')::int" \
	" AND a.xact_start = (l.details ->> 'since')::timestamptz)"

/* Vacuum blockers that appeared or are gone */
int
tend_events_blockers(TimestampTz at, const TendHorizon *horizon)
{
	if (!horizon->anybody && open_blockers == 0)
		return 0;
	return insert_from_view(at, "vacuum blocker", BLOCKER_OPENED_SQL) +
		insert_from_view(at, "vacuum blocker", BLOCKER_CLOSED_SQL);
}

/* The severity of this database's wraparound, by one counter, is news or not. */
int
tend_event_wraparound(TimestampTz at, const char *counter, int64 age,
					  const TendWraparound *wraparound)
{
	const char *severity = tend_severity_name(wraparound->severity);
	char	   *datname;

	if (strcmp(severity, wraparound_severity[counter_index(counter)]) == 0)
		return 0;
	datname = get_database_name(MyDatabaseId);
	if (datname == NULL)
		return 0;
	return add(at, severity, "wraparound", counter,
			   wraparound->severity == TEND_OK ? "closed" : "open",
			   psprintf("%s age of database %s is %s, autovacuum freezes from %s on: %s",
						counter, quote_identifier(datname), tend_word_count(age).str,
						tend_word_count(wraparound->autovacuum_limit).str, severity),
			   InvalidOid);
}

/*
 * A query runs worse than before, or no longer does.
 */
int
tend_event_plan(TimestampTz at, const TendPlanRecord *record, bool bad)
{
	const TendPlanChange *c = &record->change;
	const char *kind = c->old_planid != c->new_planid ? "plan regressed" : "query slow";
	char	   *user = GetUserNameFromId(record->userid, true);
	char	   *object = psprintf("query " INT64_FORMAT " of %s", (int64) record->queryid,
								  user != NULL ? quote_identifier(user) : "a dropped role");
	char		words[1024];

	if (bad)
		tend_plan_explain(c, words, sizeof(words));
	else
		strlcpy(words, "it is over", sizeof(words));
	return add(at, bad ? "warning" : "ok", kind, object, bad ? "open" : "closed",
			   psprintf("%s: %s%s%s", object, words,
						bad && record->cause_words != NULL ? " " : "",
						bad && record->cause_words != NULL ? record->cause_words : ""),
			   InvalidOid);
}

/* ---- things that just happen ---- */

/* An autovacuum was cancelled. */
int
tend_event_cancelled(const TendCancelled *cancelled)
{
	char	   *table = get_rel_name(cancelled->relid);
	char	   *schema = table != NULL ? get_namespace_name(get_rel_namespace(cancelled->relid)) : NULL;
	char	   *object = schema != NULL ? quote_qualified_identifier(schema, table) : "unknown table";

	return add(cancelled->at, "notice", "autovacuum cancelled", object, "single",
			   psprintf("autovacuum of %s was cancelled, and its work is lost; someone wanted a lock on the table or cancelled it by hand", object),
			   cancelled->relid);
}

/* Counters of tables went down. */
int
tend_event_statistics_lost(TimestampTz at, int tables)
{
	char	   *datname = get_database_name(MyDatabaseId);

	return add(at, "warning", "statistics lost", datname != NULL ? datname : "this database", "single",
			   psprintf("statistics of tables were lost (crash, promotion or pg_stat_reset), of %d at least: autovacuum has forgotten their dead tuples; run ANALYZE",
						tables),
			   InvalidOid);
}

/* pg_tend changed options of a table, or yielded them to the user. */
int
tend_event_options_changed(TimestampTz at, const TendTableFacts *table, const char *message)
{
	return add(at, "notice", "options changed",
			   quote_qualified_identifier(table->schema_name, table->table_name), "single",
			   message, table->heap.relid);
}

/*
 * The server refused a change, for example by an event trigger.  Said once,
 * until something else happens to the options of the table.
 */
int
tend_event_options_refused(TimestampTz at, const TendTableFacts *table, const char *message)
{
	char	   *object = quote_qualified_identifier(table->schema_name, table->table_name);
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(object), CStringGetTextDatum(message)};
	bool		known = tend_sql_select("read events",
										"SELECT FROM (SELECT e.message FROM tend.events e"
										" WHERE e.kind = 'options refused' AND e.object = $1"
										" ORDER BY e.at DESC LIMIT 1) l WHERE l.message = $2",
										lengthof(types), types, values) > 0;

	tend_sql_done();
	if (known)
		return 0;
	return add(at, "warning", "options refused", object, "single", message, table->heap.relid);
}

/* Remove the policies of tables that were dropped, and say so. */
int
tend_event_policies_gone(TimestampTz at)
{
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[] = {TimestampTzGetDatum(at)};
	char	   *sql = psprintf("WITH gone AS (DELETE FROM tend.table_policy p WHERE NOT EXISTS"
							   " (SELECT FROM pg_catalog.pg_class c WHERE c.oid = p.relid)"
							   " RETURNING p.relid::oid AS relid, p.tuning, p.dead_ratio_target, p.note)"
							   "INSERT INTO tend.%s SELECT $1, 'notice', 'policy removed',"
							   " 'relation ' || relid, 'single',"
							   " 'the policy of a table that was dropped was removed', pg_catalog.to_jsonb(gone)"
							   " FROM gone", tend_ring_slot_name(TEND_SERIES_EVENTS));

	return (int) tend_sql_insert("remove policies", sql, lengthof(types), types, values, NULL);
}
