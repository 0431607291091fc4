/*-------------------------------------------------------------------------
 *
 * table_proof.c
 *	  What history says about a table since one of its options was changed.
 *
 * The time before the first vacuum under the new options belongs to the old
 * ones: their dead rows were still there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "sql.h"
#include "store/table_proof.h"
#include "utils/timestamp.h"

/*
 * $1 table, $2 time of the change.  "cycle" counts vacuums or analyzes, "made"
 * the rows that count for them, and "stock" is how many lie around.  Counters
 * that go down began anew.
 */
#define SINCE(n) \
	"CASE WHEN " n "_before IS NULL THEN 0 WHEN " n " < " n "_before THEN " n " ELSE " n " - " n "_before END"
#define PROOF_SQL(cycle, made, stock, pages) \
	"WITH c AS (SELECT h.at, h.vacuum_ms, h.stale_samples, " cycle " AS cycle, " made " AS made," \
	" " stock " AS stock, " pages " AS pages," \
	" pg_catalog.lag(" cycle ") OVER w AS cycle_before, pg_catalog.lag(" made ") OVER w AS made_before" \
	" FROM tend.table_history h WHERE h.relid = $1 AND h.at >= $2 WINDOW w AS (ORDER BY h.at)), " \
	"h AS (SELECT at, vacuum_ms, stale_samples, stock, pages," \
	" pg_catalog.sum(" SINCE("cycle") ") OVER w AS cycle, pg_catalog.sum(" SINCE("made") ") OVER w AS made" \
	" FROM c WINDOW w AS (ORDER BY at)), " \
	"f AS (SELECT * FROM h WHERE cycle > 0) " \
	"SELECT EXTRACT(epoch FROM pg_catalog.max(at) - pg_catalog.min(at))::float4," \
	" (pg_catalog.max(cycle) - pg_catalog.min(cycle))::float4," \
	" (pg_catalog.max(made) - pg_catalog.min(made))::float4," \
	" pg_catalog.max(stock)::float4," \
	" (SELECT pages FROM f ORDER BY at DESC LIMIT 1)::float4," \
	" (SELECT vacuum_ms FROM f ORDER BY at DESC LIMIT 1)::float4," \
	/* the first row has what came before it */ \
	" COALESCE((SELECT pg_catalog.sum(stale_samples) FROM f WHERE at > (SELECT pg_catalog.min(at) FROM f)), 0)::float4" \
	" FROM f"

static const char *const proofs[TEND_NUM_TOPICS] = {
	[TEND_TOPIC_DEAD] = PROOF_SQL("h.vacuum_count", "h.updated - h.hot_updated + h.deleted",
								  "h.dead_tuples", "h.vacuum_pages"),
	[TEND_TOPIC_INSERT] = PROOF_SQL("h.vacuum_count", "h.inserted",
									"h.inserts_since_vacuum", "h.vacuum_pages"),
	[TEND_TOPIC_ANALYZE] = PROOF_SQL("h.analyze_count", "h.inserted + h.updated + h.deleted",
									 "h.mods_since_analyze", "h.analyze_pages"),
	[TEND_TOPIC_COST] = PROOF_SQL("h.vacuum_count", "h.updated - h.hot_updated + h.deleted",
								  "h.dead_tuples", "h.vacuum_pages"),
	[TEND_TOPIC_FREEZE] = PROOF_SQL("h.vacuum_count", "h.inserted", "h.dead_tuples", "h.vacuum_pages"),
	[TEND_TOPIC_TOAST] = PROOF_SQL("h.toast_vacuum_count", "h.toast_deleted",
								   "h.toast_dead_tuples", "h.toast_vacuum_pages")
};

/*
 * Read it; false if there is too little history for a judgement.
 */
bool
tend_table_proof_read(Oid relid, TendTopic topic, TimestampTz since, TendObserved *seen)
{
	Oid			types[] = {OIDOID, TIMESTAMPTZOID};
	Datum		values[] = {ObjectIdGetDatum(relid), TimestampTzGetDatum(since)};
	bool		found = tend_sql_select("read tend.table_history", proofs[topic],
										lengthof(types), types, values) > 0;

	if (found)
	{
		seen->seconds = tend_sql_real(0, 1);
		seen->cycles = tend_sql_real(0, 2);
		seen->made = tend_sql_real(0, 3);
		seen->rows = tend_sql_real(0, 4);
		seen->pages_per_cycle = tend_sql_real(0, 5);
		seen->vacuum_ms = tend_sql_real(0, 6);
		seen->stale = tend_sql_real(0, 7);
	}
	tend_sql_done();
	if (topic == TEND_TOPIC_FREEZE)
		return found;
	return found && seen->seconds > 0 && seen->cycles >= TEND_PROOF_CYCLES - 1;
}
