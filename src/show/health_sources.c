/*-------------------------------------------------------------------------
 *
 * health_sources.c
 *	  Where the checks of tend.health take their facts from.
 *
 * A query returns a row for each object, and its columns become facts under
 * their names: "object", which names it, then words and numbers.  $1 is
 * pg_tend.interval as an interval, $2 the number of cores.  Queries leave out
 * what is not worth judging only where there would be many rows; they judge
 * nothing.  What a remedy is to name is quoted here: "object" as an identifier,
 * "literal" as a string.  They read catalogs, statistics and views of ours: no lock on
 * anything of the user's, and no file but of pg_wal.
 *
 * tend.health_findings() pins search_path, so the names of pg_catalog stand
 * here alone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "collect/machine.h"
#include "collect/tables.h"
#include "compat.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "reading.h"
#include "settings.h"
#include "show/health_disk.h"
#include "show/health_sources.h"
#include "show/readable.h"
#include "sql.h"
#include "store/shared.h"
#include "store/shared_plans.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Where WAL ends, on a standby as far as it came */
#define WAL_END \
	"CASE WHEN pg_is_in_recovery() THEN GREATEST(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())" \
	" ELSE pg_current_wal_lsn() END"

#define SECONDS_SINCE(at) \
	"EXTRACT(epoch FROM clock_timestamp() - (" at "))::float8"

#define MB_OF(setting) \
	"(CASE WHEN current_setting('" setting "') = '-1' THEN -1" \
	" ELSE pg_size_bytes(current_setting('" setting "')) / 1048576.0 END)::float8"

#define EFFECTIVE_COST(setting) \
	"COALESCE(NULLIF(current_setting('autovacuum_vacuum_" setting "')::text, '-1')," \
	" current_setting('vacuum_" setting "'))"

#define COST_LIMIT		EFFECTIVE_COST("cost_limit") "::float8"
#define COST_DELAY_MS	"EXTRACT(epoch FROM " EFFECTIVE_COST("cost_delay") "::interval)::float8 * 1000"

#define BYTES_OF(class) \
	class ".relpages::float8 * current_setting('block_size')::float8"

#define READY_FILES \
	"(SELECT count(*) FROM pg_ls_archive_statusdir() r WHERE r.name LIKE '%.ready')"

/* ---- the whole server ---- */

#define WRAPAROUND_SQL \
	"SELECT format('%s, %s', w.datname, w.counter) AS object, quote_ident(w.datname) AS datname, w.counter, w.age," \
	" w.autovacuum_limit, w.stop_limit, w.stop_eta_seconds, w.oldest_table," \
	" CASE w.severity WHEN 'notice' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END AS urgency" \
	" FROM tend.wraparound w WHERE w.severity <> 'ok'"

#define ARCHIVER_SQL \
	"SELECT 'archiver' AS object, a.last_failed_wal," \
	" a.last_failed_time > COALESCE(a.last_archived_time, '-infinity') AS failing," \
	" " SECONDS_SINCE("a.last_failed_time") " AS failed_seconds_ago," \
	" " READY_FILES " AS ready" \
	" FROM pg_stat_archiver a" \
	" WHERE current_setting('archive_mode') = 'always'" \
	" OR current_setting('archive_mode') = 'on' AND NOT pg_is_in_recovery()"

#define WAL_SQL \
	"SELECT 'pg_wal' AS object, sum(w.size)::float8 AS wal_bytes," \
	" " MB_OF("max_wal_size") " AS max_wal_size_mb," \
	" " MB_OF("wal_keep_size") " AS wal_keep_mb," \
	" pg_size_bytes(current_setting('wal_segment_size'))::float8 AS segment_bytes," \
	" CASE WHEN current_setting('archive_mode') <> 'off' THEN " READY_FILES " END AS ready," \
	" (SELECT max(pg_wal_lsn_diff(" WAL_END ", s.restart_lsn)) FROM pg_replication_slots s)::float8 AS slot_bytes" \
	" FROM pg_ls_waldir() w"

#define SLOT_SQL \
	"SELECT format('slot %s', s.slot_name) AS object, s.slot_name AS slot, s.slot_type, s.active, s.wal_status," \
	" pg_wal_lsn_diff(" WAL_END ", s.restart_lsn)::float8 AS retained_bytes," \
	" to_jsonb(s) ->> 'invalidation_reason' AS invalidated," \
	" " MB_OF("max_slot_wal_keep_size") " AS max_slot_wal_keep_mb," \
	" quote_literal(s.slot_name) AS literal" \
	" FROM pg_replication_slots s"

/* Since when each session works is in the statistics only when it has ended. */
#define CONNECTIONS_SQL \
	"SELECT 'connections' AS object," \
	" (SELECT count(*) FROM pg_stat_activity a WHERE a.backend_type = 'client backend') AS used," \
	" current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int" \
	" - COALESCE(current_setting('reserved_connections', true)::int, 0) AS usable," \
	" current_setting('max_connections')::int AS max_connections," \
	" (SELECT sum(d.active_time + d.idle_in_transaction_time) / NULLIF(sum(d.session_time), 0)" \
	" FROM pg_stat_database d) AS busy_share," \
	" $2 AS cores"

#define BLOCKERS_SQL \
	"SELECT b.who AS object, b.kind, b.pid, b.datname, b.xmin_age, b.duration_seconds, b.scope, b.holds, b.remedy," \
	" b.scope IN ('cluster', current_database()) AS here" \
	" FROM tend.vacuum_blockers b"

#define IDLE_SQL \
	"SELECT format('pid %s (%s)', a.pid, concat_ws(', ', a.usename, NULLIF(a.application_name, ''))) AS object," \
	" a.pid, a.datname, a.usename, a.state, a.client_addr::text AS client," \
	" " SECONDS_SINCE("a.state_change") " AS idle_seconds," \
	" " SECONDS_SINCE("a.xact_start") " AS xact_seconds" \
	" FROM pg_stat_activity a" \
	" WHERE a.state LIKE 'idle in transaction%' AND a.pid <> pg_backend_pid()"

/*
 * Behind by less than a segment, a standby lags only if something keeps it from
 * replaying: else the last transaction is old as the primary has had none since.
 */
#define IS_BEHIND \
	"(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())" \
	" > pg_size_bytes(current_setting('wal_segment_size')) OR pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()" \
	" AND (pg_is_wal_replay_paused() OR EXISTS (SELECT FROM pg_stat_activity p WHERE p.backend_type = 'startup'" \
	" AND (p.wait_event_type IN ('Lock', 'BufferPin') OR p.wait_event IN" \
	" ('RecoveryConflictSnapshot', 'RecoveryConflictTablespace', 'RecoveryApplyDelay')))))"

#define REPLICATION_SQL \
	"SELECT format('%s (walsender %s)', COALESCE(NULLIF(r.application_name, ''), 'receiver'), r.pid) AS object," \
	" r.state, r.sync_state, false AS paused," \
	" EXTRACT(epoch FROM r.replay_lag)::float8 AS lag_seconds," \
	" pg_wal_lsn_diff(" WAL_END ", COALESCE(r.replay_lsn, r.sent_lsn))::float8 AS behind_bytes," \
	" pg_wal_lsn_diff(" WAL_END ", r.sent_lsn)::float8 AS unsent_bytes" \
	" FROM pg_stat_replication r WHERE r.state IN ('streaming', 'catchup')" \
	" UNION ALL " \
	"SELECT 'this standby', NULL, NULL, pg_is_wal_replay_paused()," \
	" CASE WHEN " IS_BEHIND " THEN " \
	SECONDS_SINCE("pg_last_xact_replay_timestamp()") " END," \
	" pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8, 0" \
	" WHERE pg_is_in_recovery()"

/* Of a day at the usual interval; the server's own counters know no reason. */
#define CHECKPOINTS_SQL \
	"SELECT 'checkpoints' AS object, count(*) FILTER (WHERE c.reason = 'time') AS timed," \
	" count(*) FILTER (WHERE c.reason = 'wal') AS by_wal," \
	" count(*) FILTER (WHERE c.reason = 'requested') AS on_request," \
	" EXTRACT(epoch FROM 1440 * $1)::float8 AS seconds, " MB_OF("max_wal_size") " AS max_wal_size_mb" \
	" FROM tend.checkpoints c WHERE c.kind = 'checkpoint' AND c.started > now() - 1440 * $1"

/* ---- autovacuum ---- */

#define WORKERS_SQL \
	"SELECT 'autovacuum' AS object, w.busy, w.delayed," \
	" current_setting('autovacuum_max_workers')::int AS workers, " COST_LIMIT " AS cost_limit," \
	" (SELECT h.tables_due FROM tend.database_history h ORDER BY h.at DESC LIMIT 1) AS tables_due" \
	" FROM (SELECT count(*) AS busy, count(*) FILTER (WHERE a.wait_event = 'VacuumDelay') AS delayed" \
	" FROM pg_stat_activity a WHERE a.backend_type = 'autovacuum worker') w WHERE w.busy > 0"

/*
 * A TOAST table has the options of its table if it has none of its own.  Such
 * options come before the server's, and who has any is not in the balance of
 * the workers.  The name is only known in our own database.
 */
#define OWN_OPTION(name) \
	"(SELECT o.option_value::float8 FROM pg_options_to_table(t.options) o" \
	" WHERE o.option_name = 'autovacuum_vacuum_" name "')"

#define TABLE_OF_VACUUM \
	"(SELECT format('%I.%I', n.nspname, c.relname) AS name," \
	" COALESCE(c.reloptions, m.reloptions) AS options," \
	" CASE WHEN m.oid IS NULL THEN format('%I.%I', n.nspname, c.relname)" \
	" ELSE format('%I.%I', mn.nspname, m.relname) END AS main," \
	" CASE WHEN m.oid IS NOT NULL AND c.reloptions IS NOT NULL THEN 'toast.' ELSE '' END AS prefix" \
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" \
	" LEFT JOIN pg_class m ON c.relkind = 't' AND m.reltoastrelid = c.oid" \
	" LEFT JOIN pg_namespace mn ON mn.oid = m.relnamespace" \
	" WHERE c.oid = p.relid AND p.datname = current_database())"

/* The server itself knows how long a vacuum rested only from 18 on. */
#define THROTTLED_SQL \
	"SELECT COALESCE(v.name, format('table %s of database %I', v.relid, v.datname)) AS object," \
	" v.phase, v.seconds, v.in_delay," \
	" CASE WHEN current_setting('track_cost_delay_timing', true) = 'on' THEN" \
	" (v.progress ->> 'delay_time')::float8 / 1000 / NULLIF(v.seconds, 0) END AS delay_share," \
	" v.main AS table, v.prefix, v.own_limit IS NOT NULL OR v.own_delay IS NOT NULL AS own_options," \
	" COALESCE(v.own_limit, " COST_LIMIT ") AS cost_limit," \
	" COALESCE(v.own_delay, " COST_DELAY_MS ") AS cost_delay_ms" \
	" FROM (SELECT p.relid, p.datname, p.phase, to_jsonb(p) AS progress, t.name, t.main, t.prefix," \
	" " SECONDS_SINCE("a.xact_start") " AS seconds, a.wait_event = 'VacuumDelay' AS in_delay," \
	" NULLIF(" OWN_OPTION("cost_limit") ", -1) AS own_limit, NULLIF(" OWN_OPTION("cost_delay") ", -1) AS own_delay" \
	" FROM pg_stat_progress_vacuum p JOIN pg_stat_activity a ON a.pid = p.pid" \
	" LEFT JOIN LATERAL " TABLE_OF_VACUUM " t ON true" \
	" WHERE a.backend_type = 'autovacuum worker') v"

#define CANCELLED_SQL \
	"SELECT e.object, count(*) AS cancelled, max(e.at)::text AS last FROM tend.events e" \
	" WHERE e.kind = 'autovacuum cancelled' AND e.at > now() - 1440 * $1 GROUP BY e.object"

/* ---- queries ---- */

#define PLAN_CHANGES_SQL \
	"SELECT format('query %s of %s', COALESCE(c.queryid::text, '?'), c.usename) AS object," \
	" c.verdict, c.state, c.cause, c.ratio, c.old_mean_ms, c.new_mean_ms, c.lost_ms_per_hour," \
	" c.old_planid = c.new_planid AS same_plan, c.old_planid::text AS old_planid, c.new_planid::text AS new_planid," \
	" c.explanation, c.remedy," \
	" left(regexp_replace(c.query, '[[:space:][:cntrl:]]+', ' ', 'g'), 100) AS query" \
	" FROM tend.plan_changes c WHERE c.verdict = 'regressed' AND c.state <> 'resolved'"

#define STATISTICS_SQL \
	"SELECT format('%I.%I (%s)', a.schema_name, a.table_name, array_to_string(a.columns, ', ')) AS object," \
	" a.action, a.q_error_now, a.q_error_expected, a.sampled_ms, a.samples, a.proof, a.command" \
	" FROM tend.statistics_advice a WHERE a.action = 'create'"

#define PLANS_SQL \
	"SELECT format('query %s of %s', COALESCE(f.queryid::text, '?'), r.rolname) AS object," \
	" f.calls, f.temp_blks_written * current_setting('block_size')::float8 AS temp_bytes," \
	" f.partitions, f.total_exec_ms, f.planid::text AS planid," \
	" pg_size_bytes(current_setting('work_mem')) / 1024.0 AS work_mem_kb, left(f.query, 200) AS query" \
	" FROM tend.plan_facts() f JOIN pg_roles r ON r.oid = f.userid" \
	" WHERE f.dboid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())" \
	" AND f.calls > 0 AND (f.temp_blks_written > 0 OR f.partitions > f.calls)" \
	" AND f.last_seen > now() - 1440 * $1"

#define SCANS_SQL \
	"SELECT format('%I.%I', s.schema_name, s.table_name) AS object, s.scans, s.rows_read, s.rows_kept," \
	" (SELECT string_agg(quote_ident(u.name), ', ' ORDER BY u.i)" \
	" FROM unnest(s.columns) WITH ORDINALITY u(name, i)) AS columns," \
	" (SELECT quote_ident(c.relname) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid" \
	" JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]" \
	" WHERE x.indrelid = s.relid AND x.indisvalid AND a.attname = ANY (s.columns)" \
	" ORDER BY x.indnatts, c.oid LIMIT 1) AS index" \
	" FROM tend.wasted_scans s WHERE s.last_seen > now() - 1440 * $1"

/* ---- tables and indexes ---- */

#define MAINTENANCE_SQL \
	"SELECT COALESCE(m.evidence ->> 'index', format('%I.%I', m.schema_name, m.table_name)) AS object," \
	" quote_literal(format('%I.%I', m.schema_name, m.table_name)) AS literal," \
	" m.kind, m.reason, m.command, (m.evidence ->> 'bytes')::float8 AS bytes," \
	" CASE m.kind WHEN 'bloated index' THEN (m.evidence ->> 'bytes')::float8 / NULLIF((m.evidence ->> 'needed_bytes')::float8, 0)" \
	" WHEN 'bloated table' THEN (m.evidence ->> 'bytes_per_row')::float8 / NULLIF((m.evidence ->> 'was')::float8, 0) END AS ratio," \
	" EXTRACT(epoch FROM (m.evidence ->> 'partitions_analyzed')::timestamptz" \
	" - (m.evidence ->> 'last_analyze')::timestamptz)::float8 AS seconds_behind" \
	" FROM tend.maintenance_advice m" \
	" WHERE m.kind IN ('unused index', 'bloated index', 'bloated table', 'analyze')"

#define INVALID_INDEX_SQL \
	"SELECT format('%I.%I', n.nspname, i.relname) AS object, format('%I.%I', tn.nspname, t.relname) AS table," \
	" " BYTES_OF("i") " AS bytes, x.indisready AS is_ready, i.relname ~ '_cc(new|old)[0-9]*$' AS is_leftover," \
	" EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.relid = x.indrelid) AS building" \
	" FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace" \
	" JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace" \
	" WHERE NOT x.indisvalid AND i.relkind = 'i'"

/*
 * Of two alike, the one to drop: not the one of a constraint, and not the
 * unique one; else the younger.  Where an expression stands in its statement
 * is no difference; most indexes have none, and to look at those costs nothing.
 *
 * The planner expects next to no pair, and would look for each into all
 * constraints: so what is asked of one index is asked first, and only of tables
 * with two on the same columns.
 */
#define TREE(column) \
	"CASE WHEN x." column " IS NULL THEN '' ELSE" \
	" regexp_replace(x." column "::text, ':(stmt_)?location -?[0-9]+', '', 'g') END"

/* Parameters of the operator class of each column, as siglen */
#define CLASS_OPTIONS(x) \
	"(SELECT array_agg(o.attoptions::text ORDER BY o.attnum) FROM pg_attribute o WHERE o.attrelid = " x ".indexrelid)"

/* Storage parameters of a B-tree (403) change how it is filled, not what it can. */
#define DUPLICATE_INDEX_SQL \
	"WITH many AS MATERIALIZED (SELECT x.indrelid FROM pg_index x WHERE x.indisvalid AND x.indrelid >= 16384" \
	" GROUP BY x.indrelid, x.indkey::text HAVING count(*) > 1)," \
	" x AS MATERIALIZED (" \
	"SELECT x.*, " TREE("indexprs") " AS exprs, " TREE("indpred") " AS pred," \
	" x.indisprimary OR x.indisexclusion OR x.indisreplident OR k.conindid IS NOT NULL AS bound" \
	" FROM pg_index x LEFT JOIN (SELECT DISTINCT conindid FROM pg_constraint) k ON k.conindid = x.indexrelid" \
	" WHERE x.indisvalid AND x.indrelid IN (SELECT m.indrelid FROM many m))" \
	" SELECT DISTINCT ON (i.oid) format('%I.%I', n.nspname, i.relname) AS object," \
	" format('%I.%I', n.nspname, j.relname) AS twin," \
	" format('%s', a.indrelid::regclass) AS table, " BYTES_OF("i") " AS bytes," \
	" pg_stat_get_numscans(i.oid) AS scans" \
	" FROM x a JOIN x b ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid" \
	" AND b.indkey = a.indkey AND b.indnkeyatts = a.indnkeyatts AND b.indclass = a.indclass" \
	" AND b.indcollation = a.indcollation AND b.indoption = a.indoption AND b.exprs = a.exprs AND b.pred = a.pred" \
	" JOIN pg_class i ON i.oid = a.indexrelid JOIN pg_class j ON j.oid = b.indexrelid AND j.relam = i.relam" \
	" JOIN pg_namespace n ON n.oid = i.relnamespace" \
	" WHERE NOT a.bound AND i.relkind = 'i' AND NOT i.relispartition" \
	" AND (NOT a.indisunique OR b.indisunique AND b.indimmediate AND b.indnullsnotdistinct >= a.indnullsnotdistinct)" \
	" AND (b.indisunique > a.indisunique OR b.indexrelid < a.indexrelid OR b.bound)" \
	" AND (i.relam = 403 OR i.reloptions IS NOT DISTINCT FROM j.reloptions)" \
	" AND " CLASS_OPTIONS("a") " IS NOT DISTINCT FROM " CLASS_OPTIONS("b") \
	" ORDER BY i.oid, j.oid"

#define HOT_SQL \
	"SELECT format('%I.%I', n.nspname, c.relname) AS object," \
	" quote_literal(format('%I.%I', n.nspname, c.relname)) AS literal, u.updated," \
	" pg_stat_get_tuples_hot_updated(c.oid) AS hot_updated," \
	" (SELECT (to_jsonb(s) ->> 'n_tup_newpage_upd')::float8 FROM pg_stat_all_tables s WHERE s.relid = c.oid) AS to_new_page," \
	" (SELECT o.option_value::float8 FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = 'fillfactor') AS fillfactor," \
	" (SELECT count(*) FROM pg_index x WHERE x.indrelid = c.oid) AS indexes" \
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" \
	" CROSS JOIN LATERAL (SELECT pg_stat_get_tuples_updated(c.oid) AS updated) u" \
	" WHERE c.relkind = 'r' AND c.relhasindex AND c.oid >= 16384 AND n.nspname <> 'tend' AND u.updated >= 10000"

/*
 * Only of large tables: the pages of a small one are read from memory anyway.
 * What it was is looked up only where it is low now.
 */
#define CORRELATION_SQL \
	"SELECT format('%I.%I', n.nspname, c.relname) AS object, quote_ident(i.relname) AS index," \
	" a.attname AS column, " BYTES_OF("c") " AS bytes, k.correlation, w.correlation AS was" \
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" \
	" JOIN pg_index x ON x.indrelid = c.oid AND x.indisvalid AND x.indpred IS NULL" \
	" JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam AND m.amname = 'btree'" \
	" JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]" \
	" CROSS JOIN LATERAL (SELECT h.columns FROM tend.planner_inputs h WHERE h.relid = c.oid ORDER BY h.at DESC LIMIT 1) l" \
	" CROSS JOIN LATERAL jsonb_to_recordset(l.columns) AS k(name text, correlation float8)" \
	" CROSS JOIN LATERAL (SELECT max(abs(o.correlation)) AS correlation FROM tend.planner_inputs p" \
	" CROSS JOIN LATERAL jsonb_to_recordset(p.columns) AS o(name text, correlation float8)" \
	" WHERE p.relid = c.oid AND o.name = a.attname) w" \
	" WHERE c.relkind IN ('r', 'm') AND c.relpages >= 1000 AND c.oid >= 16384" \
	" AND k.name = a.attname AND abs(k.correlation) < 0.9"

/* ---- rows become facts ---- */

/* Until the subtransaction of this source ends */
static void
set_here(const char *setting, const char *value)
{
	(void) set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
}

static bool
is_word_type(Oid type)
{
	return type == TEXTOID || type == NAMEOID || type == VARCHAROID || type == UNKNOWNOID;
}

/* A column of the current row; all numbers are read as text, which fits all */
static void
add_column(TendHealthFacts *facts, uint64 row, int col)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;
	const char *name = NameStr(TupleDescAttr(desc, col - 1)->attname);
	Oid			type = TupleDescAttr(desc, col - 1)->atttypid;
	char	   *text = tend_sql_text(row, col);

	if (is_word_type(type))
		tend_facts_add_word(facts, name, text);
	else if (text == NULL)
		tend_facts_add(facts, name, NAN);
	else if (type == BOOLOID)
		tend_facts_add(facts, name, text[0] == 't');
	else
		tend_facts_add(facts, name, strtod(text, NULL));
}

static void
read_query(const char *sql, TendHealthTaker take, void *arg)
{
	Oid			types[] = {INTERVALOID, FLOAT8OID};
	Interval	interval = {.time = (TimeOffset) tend_interval * USECS_PER_SEC};
	Datum		values[] = {IntervalPGetDatum(&interval), Float8GetDatum(tend_machine_cores())};
	uint64		n = tend_sql_select("check health", sql, lengthof(types), types, values);

	for (uint64 row = 0; row < n; row++)
	{
		TendHealthFacts facts = {0};

		for (int col = 1; col <= SPI_tuptable->tupdesc->natts; col++)
			add_column(&facts, row, col);
		take(&facts, arg);
	}
	tend_sql_done();
}

/* ---- what no query reads ---- */

/* Tables read at a time */
#define CHUNK	1000

static void
take_table(const TendReading *reading, const TendTableFacts *table, StringInfo advice,
		   TendHealthTaker take, void *arg)
{
	TendTableCase tc = tend_reading_case(reading, table, NAN);
	TendTableVerdict v = tend_table_verdict(&tc);
	TendHealthFacts facts;

	tend_facts_of_table(&facts, quote_qualified_identifier(table->schema_name, table->table_name),
						&tc, &v, advice);
	take(&facts, arg);
}

/* All tables, without what costs most: sizes of files, and history */
static void
read_tables(TendHealthTaker take, void *arg)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "pg_tend health",
											  ALLOCSET_DEFAULT_SIZES);
	TendReading reading = tend_reading_begin();
	StringInfoData advice;
	Oid			after = InvalidOid;
	int			n;

	/* to hash, or sort, all of pg_class for each thousand tables would be quadratic */
	set_here("enable_hashjoin", "off");
	set_here("enable_mergejoin", "off");
	initStringInfo(&advice);
	do
	{
		TendTableFacts *tables;
		MemoryContext old;

		CHECK_FOR_INTERRUPTS();
		n = tend_collect_tables(after, CHUNK, &reading.running, cxt, &tables);
		old = MemoryContextSwitchTo(cxt);
		for (int i = 0; i < n; i++)
			take_table(&reading, &tables[i], &advice, take, arg);
		after = n > 0 ? tables[n - 1].heap.relid : InvalidOid;
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
	} while (n == CHUNK);
}

/* These have more values than on and off. */
static bool
is_word(const char *setting)
{
	return strcmp(setting, "archive_mode") == 0 || strcmp(setting, "synchronous_commit") == 0 ||
		strcmp(setting, "compute_query_id") == 0;
}

/* Is it the session's own, by its role, database or connection? */
static bool
is_own_setting(const char *name)
{
	GucSource	source = tend_setting_source(name);

	return source >= PGC_S_GLOBAL && source <= PGC_S_CLIENT;
}

/*
 * What a session has set for itself does not count.  If it began with a value
 * of its own, it does not know that of the server.
 */
static void
add_setting(TendHealthFacts *facts, const char *name)
{
	const char *value = NULL;
	char	   *end;
	double		number;

	if (strcmp(name, "memory_kb") == 0)
	{
		tend_facts_add(facts, name, tend_machine_memory_kb());
		return;
	}
	if (GetConfigOption(name, true, false) != NULL && !is_own_setting(name))
		value = GetConfigOptionResetString(name);
	if (value == NULL)
		tend_facts_add(facts, name, NAN);
	else if (!is_word(name) && (strcmp(value, "on") == 0 || strcmp(value, "off") == 0))
		tend_facts_add(facts, name, strcmp(value, "on") == 0);
	else
	{
		number = strtod(value, &end);
		if (end == value || *end != '\0')
			tend_facts_add_word(facts, name, value);
		else
			tend_facts_add(facts, name, number);
	}
}

static void
read_settings(TendHealthTaker take, void *arg)
{
	for (int rule = 0; rule < tend_health_setting_rules(); rule++)
	{
		const char *const *names = tend_health_setting_names(rule);
		TendHealthFacts facts = {0};

		tend_facts_add_word(&facts, "object", names[0]);
		tend_facts_add(&facts, "rule", rule);
		for (int i = 0; names[i] != NULL; i++)
			add_setting(&facts, names[i]);
		take(&facts, arg);
	}
}

static const char *
launcher_word(TendLauncherStatus status)
{
	static const char *const words[] = {
		[TEND_LAUNCHER_NOT_STARTED] = "not started",
		[TEND_LAUNCHER_RUNNING] = "running",
		[TEND_LAUNCHER_STANDBY] = "standby",
		[TEND_LAUNCHER_DISABLED] = "disabled",
		[TEND_LAUNCHER_NO_SLOT] = "no slot",
		[TEND_LAUNCHER_STOPPED] = "stopped"
	};

	return words[status];
}

static const char *
database_word(TendDatabaseStatus status)
{
	static const char *const words[] = {
		[TEND_DB_UNKNOWN] = "unknown",
		[TEND_DB_PRESENT] = "visited",
		[TEND_DB_ABSENT] = "absent",
		[TEND_DB_EXCLUDED] = "excluded",
		[TEND_DB_MISMATCH] = "mismatch",
		[TEND_DB_FAILED] = "failed"
	};

	return words[status];
}

static void
take_launcher(const TendLauncherInfo *info, TendHealthTaker take, void *arg)
{
	TendHealthFacts facts = {0};

	tend_facts_add_word(&facts, "object", "launcher");
	tend_facts_add_word(&facts, "status", launcher_word(info->status));
	take(&facts, arg);
}

static void
take_visits(const TendDatabase *db, TendHealthTaker take, void *arg)
{
	TendHealthFacts facts = {0};
	double		seconds = db->last.finished == 0 ? NAN :
		(GetCurrentTimestamp() - db->last.finished) / (double) USECS_PER_SEC;

	tend_facts_add_word(&facts, "object", "visits");
	tend_facts_add_word(&facts, "status", database_word(db->status));
	tend_facts_add(&facts, "failures", db->failures);
	tend_facts_add(&facts, "late_intervals", seconds / tend_interval);
	tend_facts_add_word(&facts, "error", tend_readable(db->message));
	take(&facts, arg);
}

static void
take_memory(const TendLauncherInfo *info, TendHealthTaker take, void *arg)
{
	TendHealthFacts facts = {0};
	TendPlanStoreInfo plans;

	tend_plans_info(&plans);
	tend_facts_add_word(&facts, "object", "memory");
	tend_facts_add(&facts, "tables_evicted", info->table_evictions);
	tend_facts_add(&facts, "databases_without_room", info->untracked_databases);
	tend_facts_add(&facts, "calls_dropped", plans.dropped_calls);
	tend_facts_add(&facts, "texts_dropped", plans.texts_dropped);
	take(&facts, arg);
}

/* How pg_tend itself fares.  Where visits do not happen, none is late. */
static void
read_self(TendHealthTaker take, void *arg)
{
	TendHealthFacts facts = {0};
	TendLauncherInfo info;
	TendDatabase db;

	tend_facts_add_word(&facts, "object", "library");
	tend_facts_add(&facts, "loaded", tend_shared_loaded());
	take(&facts, arg);
	if (!tend_shared_loaded())
		return;
	tend_launcher_info(&info);
	take_launcher(&info, take, arg);
	if (info.status == TEND_LAUNCHER_RUNNING && tend_database_get(MyDatabaseId, &db))
		take_visits(&db, take, arg);
	take_memory(&info, take, arg);
}

/* ---- the list ---- */

#define CHECKS(...) \
	.nchecks = sizeof((TendHealthCheck[]) {__VA_ARGS__}) / sizeof(TendHealthCheck), \
	.checks = {__VA_ARGS__}

static const TendHealthSource sources[] = {
	{.read = read_tables, CHECKS(TEND_HEALTH_FREEZE, TEND_HEALTH_OVERDUE, TEND_HEALTH_DEAD_ROWS,
								 TEND_HEALTH_STALE_STATISTICS, TEND_HEALTH_LOST_STATISTICS)},
	{.read = read_settings, CHECKS(TEND_HEALTH_SETTINGS)},
	{.read = read_self, CHECKS(TEND_HEALTH_SELF)},
	{.sql = WRAPAROUND_SQL, CHECKS(TEND_HEALTH_WRAPAROUND)},
	{.sql = ARCHIVER_SQL, CHECKS(TEND_HEALTH_ARCHIVER)},
	{.sql = WAL_SQL, CHECKS(TEND_HEALTH_WAL)},
	{.sql = SLOT_SQL, CHECKS(TEND_HEALTH_SLOT)},
	{.sql = CONNECTIONS_SQL, CHECKS(TEND_HEALTH_CONNECTIONS)},
	{.sql = BLOCKERS_SQL, CHECKS(TEND_HEALTH_BLOCKER, TEND_HEALTH_PREPARED)},
	{.sql = IDLE_SQL, CHECKS(TEND_HEALTH_IDLE_TRANSACTION)},
	{.sql = REPLICATION_SQL, CHECKS(TEND_HEALTH_REPLICATION_LAG, TEND_HEALTH_REPLICATION_BACKLOG)},
	{.sql = CHECKPOINTS_SQL,.needs_memory = true, CHECKS(TEND_HEALTH_CHECKPOINTS)},
	{.read = tend_health_read_conditions,.needs_memory = true,
	CHECKS(TEND_HEALTH_STORM, TEND_HEALTH_WAL_SYNC, TEND_HEALTH_BACKEND_FSYNCS)},
	{.read = tend_health_read_syncs,.needs_memory = true, CHECKS(TEND_HEALTH_SYNC)},
	{.sql = WORKERS_SQL,.needs_history = true,.series = TEND_SERIES_DATABASE, CHECKS(TEND_HEALTH_WORKERS)},
	{.sql = THROTTLED_SQL, CHECKS(TEND_HEALTH_THROTTLED)},
	{.sql = CANCELLED_SQL,.needs_history = true,.series = TEND_SERIES_EVENTS, CHECKS(TEND_HEALTH_CANCELLED)},
	{.sql = PLAN_CHANGES_SQL,.needs_history = true,.series = TEND_SERIES_PLAN_CHANGES,
	CHECKS(TEND_HEALTH_PLAN, TEND_HEALTH_SLOW_QUERY)},
	{.sql = STATISTICS_SQL, CHECKS(TEND_HEALTH_MISESTIMATE)},
	{.sql = PLANS_SQL,.needs_memory = true, CHECKS(TEND_HEALTH_SPILL, TEND_HEALTH_PRUNING)},
	{.sql = SCANS_SQL,.needs_memory = true, CHECKS(TEND_HEALTH_WASTED_SCAN)},
	{.sql = MAINTENANCE_SQL,.needs_history = true,.series = TEND_SERIES_TABLES,
		CHECKS(TEND_HEALTH_UNUSED_INDEX, TEND_HEALTH_BLOATED_INDEX, TEND_HEALTH_BLOATED_TABLE,
			   TEND_HEALTH_PARTITIONED_STATISTICS)},
	{.sql = INVALID_INDEX_SQL, CHECKS(TEND_HEALTH_INVALID_INDEX)},
	{.sql = DUPLICATE_INDEX_SQL, CHECKS(TEND_HEALTH_DUPLICATE_INDEX)},
	{.sql = HOT_SQL, CHECKS(TEND_HEALTH_HOT)},
	{.sql = CORRELATION_SQL,.needs_history = true,.series = TEND_SERIES_INPUTS, CHECKS(TEND_HEALTH_CORRELATION)},
};

int
tend_health_nsources(void)
{
	return (int) lengthof(sources);
}

const TendHealthSource *
tend_health_source(int number)
{
	return &sources[number];
}

/*
 * Hand over each object of a source, in a context that lasts for the call.
 * Needs a connected SPI; nothing if this server cannot know.
 */
void
tend_health_read(const TendHealthSource *source, TendHealthTaker take, void *arg)
{
	if ((source->needs_memory && !tend_shared_loaded()) ||
		(source->needs_history && !tend_ring_readable(source->series)))
		return;
	/* somebody may be about to change what is ours */
	set_here("lock_timeout", "100ms");
	if (source->sql != NULL)
		read_query(source->sql, take, arg);
	else
		source->read(take, arg);
}
