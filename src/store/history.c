/*-------------------------------------------------------------------------
 *
 * history.c
 *	  The history tables of one database.
 *
 * Each series is a ring of ordinary tables, which inherit from the one that
 * people read.  Rows are only ever added; old ones go away when the visit
 * truncates the next table of the ring.  It waits for nobody: while a reader
 * holds that table, the current one just grows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/relation.h"
#include "advise/rates.h"
#include "advise/ring.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "collect/cluster.h"
#include "collect/size.h"
#include "executor/spi.h"
#include "settings.h"
#include "storage/lmgr.h"
#include "store/history.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/timestamp.h"

/* Tables of each ring, as the install script makes them */
#define SLOTS 8

typedef struct Series
{
	const char *name;			/* of the parent table */
	double		share;			/* of pg_tend.history_size */
}			Series;

static const Series all_series[TEND_NUM_SERIES] = {
	{"table_history", 0.80},
	{"database_history", 0.08},
	{"events", 0.12},
};

/* Slot of each series that is written in this transaction */
static int	current_slot[TEND_NUM_SERIES];

static SPIPlanPtr add_plan = NULL;
static int	add_plan_slot = -1;

static void
must(int ret, int want, const char *what)
{
	if (ret != want)
		elog(ERROR, "could not %s: %s", what, SPI_result_code_string(ret));
}

/* Name of the table that is written now, in schema tend */
const char *
tend_history_slot(TendSeries series)
{
	static char name[NAMEDATALEN];

	snprintf(name, sizeof(name), "%s_%d", all_series[series].name, current_slot[series]);
	return name;
}

/* ---- the ring ---- */

static TendSeries
series_of(const char *name)
{
	for (int i = 0; i < TEND_NUM_SERIES; i++)
	{
		if (strcmp(all_series[i].name, name) == 0)
			return (TendSeries) i;
	}
	return TEND_NUM_SERIES;
}

static Oid
slot_relid(TendSeries series, int slot)
{
	char		name[NAMEDATALEN];

	snprintf(name, sizeof(name), "%s_%d", all_series[series].name, slot);
	return get_relname_relid(name, get_namespace_oid("tend", false));
}

/*
 * Empty a slot.  False if somebody is using it.
 */
static bool
truncate_slot(TendSeries series, int slot)
{
	char		sql[256];
	Oid			relid = slot_relid(series, slot);

	if (!OidIsValid(relid) || !ConditionalLockRelationOid(relid, AccessExclusiveLock))
		return false;
	snprintf(sql, sizeof(sql), "TRUNCATE ONLY tend.%s_%d", all_series[series].name, slot);
	must(SPI_execute(sql, false, 0), SPI_OK_UTILITY, "truncate history");
	return true;
}

static void
set_slot(TendSeries series, int slot, TimestampTz now)
{
	Oid			types[] = {TEXTOID, INT4OID, TIMESTAMPTZOID};
	Datum		values[] = {
		CStringGetTextDatum(all_series[series].name),
		Int32GetDatum(slot),
		TimestampTzGetDatum(now)
	};

	must(SPI_execute_with_args("INSERT INTO tend.history_ring VALUES ($1, $2, $3)"
							   " ON CONFLICT (series) DO UPDATE"
							   " SET slot = excluded.slot, since = excluded.since",
							   lengthof(types), types, values, NULL, false, 0),
		 SPI_OK_INSERT, "update tend.history_ring");
	current_slot[series] = slot;
}

/*
 * Bytes of one slot with its indexes, as the file system sees them; without
 * its indexes if somebody is about to change it.
 */
static int64
slot_bytes(TendSeries series, int slot)
{
	Oid			relid = slot_relid(series, slot);
	int64		bytes = Max(tend_relation_bytes(relid), 0);
	Relation	rel;
	ListCell   *lc;

	if (!OidIsValid(relid) || !ConditionalLockRelationOid(relid, AccessShareLock))
		return bytes;
	rel = try_relation_open(relid, NoLock);
	if (rel != NULL)
	{
		foreach(lc, RelationGetIndexList(rel))
			bytes += Max(tend_relation_bytes(lfirst_oid(lc)), 0);
		relation_close(rel, NoLock);
	}
	UnlockRelationOid(relid, AccessShareLock);
	return bytes;
}

static void
turn_ring(TendSeries series, TendRing *ring, TimestampTz now)
{
	int			next = (ring->slot + 1) % ring->slots;

	/* the first visit, or an unlogged ring after a crash */
	if (ring->since == 0)
	{
		set_slot(series, 0, now);
		return;
	}

	ring->slot_bytes = slot_bytes(series, ring->slot);
	switch (tend_ring_step(ring, now))
	{
		case TEND_RING_STAY:
			break;
		case TEND_RING_CLOCK:
			set_slot(series, ring->slot, now);
			break;
		case TEND_RING_TIME:
		case TEND_RING_SIZE:
			if (truncate_slot(series, next))
				set_slot(series, next, now);
			break;
	}
}

static void
read_rings(TendRing *rings)
{
	for (int i = 0; i < TEND_NUM_SERIES; i++)
	{
		TendRing	ring = {
			.slots = SLOTS,
			.max_bytes = (int64) (all_series[i].share * tend_history_size * 1024 * 1024),
			.retention_seconds = tend_retention
		};

		rings[i] = ring;
	}

	must(SPI_execute("SELECT series, slot, since FROM tend.history_ring", true, 0),
		 SPI_OK_SELECT, "read tend.history_ring");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		TendSeries	series = series_of(SPI_getvalue(tuple, desc, 1));

		if (series == TEND_NUM_SERIES)
			continue;
		rings[series].slot = DatumGetInt32(SPI_getbinval(tuple, desc, 2, &isnull));
		rings[series].since = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 3, &isnull));
	}
	SPI_freetuptable(SPI_tuptable);
}

/*
 * Learn which slots are written.  Call this first in each transaction: the
 * extension may have been dropped and created anew in between.
 */
void
tend_history_open(void)
{
	TendRing	rings[TEND_NUM_SERIES];

	read_rings(rings);
	for (int i = 0; i < TEND_NUM_SERIES; i++)
		current_slot[i] = rings[i].slot;
}

/*
 * Move on to the next slot of every ring whose current one is old or full.
 */
void
tend_history_turn(TimestampTz now)
{
	TendRing	rings[TEND_NUM_SERIES];

	read_rings(rings);
	for (int i = 0; i < TEND_NUM_SERIES; i++)
		turn_ring((TendSeries) i, &rings[i], now);
}

const char *
tend_history_series_name(TendSeries series)
{
	return all_series[series].name;
}

/* Size of a series, and the size that it may reach */
int64
tend_history_bytes_of(TendSeries series, int64 *max_bytes)
{
	TendRing	rings[TEND_NUM_SERIES];
	int64		bytes = 0;

	read_rings(rings);
	for (int slot = 0; slot < SLOTS; slot++)
		bytes += slot_bytes(series, slot);
	*max_bytes = rings[series].max_bytes;
	return bytes;
}

/* ---- reading back ---- */

#define RECALL_SQL \
	"SELECT u.i, h.at, h.live_tuples, h.dead_tuples, h.inserts_since_vacuum, " \
	"h.mods_since_analyze, h.toast_dead_tuples, h.inserted, h.updated, h.hot_updated, " \
	"h.deleted, h.vacuum_count, h.analyze_count, h.frozen_xid, " \
	"h.dead_per_second, h.inserts_per_second " \
	"FROM pg_catalog.unnest($1) WITH ORDINALITY u(relid, i) " \
	"CROSS JOIN LATERAL (SELECT * FROM tend.table_history t WHERE t.relid = u.relid " \
	"ORDER BY t.at DESC LIMIT 1) h"

static int64
int64_or_zero(HeapTuple tuple, TupleDesc desc, int col)
{
	bool		isnull;
	Datum		d = SPI_getbinval(tuple, desc, col, &isnull);

	return isnull ? 0 : DatumGetInt64(d);
}

static double
real_or_nan(HeapTuple tuple, TupleDesc desc, int col)
{
	bool		isnull;
	Datum		d = SPI_getbinval(tuple, desc, col, &isnull);

	return isnull ? NAN : DatumGetFloat4(d);
}

static void
read_past(HeapTuple tuple, TupleDesc desc, TendTablePast *past)
{
	bool		isnull;

	past->at = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 2, &isnull));
	past->live_tuples = int64_or_zero(tuple, desc, 3);
	past->dead_tuples = int64_or_zero(tuple, desc, 4);
	past->inserts_since_vacuum = int64_or_zero(tuple, desc, 5);
	past->mods_since_analyze = int64_or_zero(tuple, desc, 6);
	past->toast_dead_tuples = int64_or_zero(tuple, desc, 7);
	past->inserted = int64_or_zero(tuple, desc, 8);
	past->updated = int64_or_zero(tuple, desc, 9);
	past->hot_updated = int64_or_zero(tuple, desc, 10);
	past->deleted = int64_or_zero(tuple, desc, 11);
	past->vacuum_count = int64_or_zero(tuple, desc, 12);
	past->analyze_count = int64_or_zero(tuple, desc, 13);
	past->frozen_xid = (uint32) int64_or_zero(tuple, desc, 14);
	past->dead_per_second = real_or_nan(tuple, desc, 15);
	past->inserts_per_second = real_or_nan(tuple, desc, 16);
}

/*
 * The last row of each of the given tables.
 */
void
tend_history_recall(const TendTableFacts *tables, int n, TendTablePast *pasts)
{
	Oid			types[] = {OIDARRAYOID};
	Datum	   *oids = palloc(sizeof(Datum) * Max(n, 1));
	Datum		values[1];

	memset(pasts, 0, sizeof(TendTablePast) * n);
	for (int i = 0; i < n; i++)
	{
		oids[i] = ObjectIdGetDatum(tables[i].heap.relid);
		pasts[i].dead_per_second = pasts[i].inserts_per_second = NAN;
	}
	values[0] = PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	must(SPI_execute_with_args(RECALL_SQL, lengthof(types), types, values, NULL, true, 0),
		 SPI_OK_SELECT, "read tend.table_history");
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		int64		i = int64_or_zero(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1);

		read_past(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, &pasts[i - 1]);
	}
	SPI_freetuptable(SPI_tuptable);
	pfree(DatumGetPointer(values[0]));
	pfree(oids);
}

/* ---- adding tables ---- */

enum
{
	A_AT,
	A_RELID,
	A_VACUUM_THRESHOLD,
	A_INSERT_THRESHOLD,
	A_ANALYZE_THRESHOLD,
	A_DEAD_PER_SECOND,
	A_INSERTS_PER_SECOND,
	A_FIRST_BIGINT,
	A_LAST_BIGINT = A_FIRST_BIGINT + 16,
	A_SCHEMA,
	A_NAME,
	A_VERDICT,
	NUM_ADD_COLUMNS
};

/* Prepare the INSERT, in the order of the columns of tend.table_history. */
static void
prepare_add(void)
{
	Oid			types[NUM_ADD_COLUMNS];
	StringInfoData sql;

	if (add_plan != NULL && add_plan_slot == current_slot[TEND_SERIES_TABLES])
		return;
	if (add_plan != NULL)
	{
		SPI_freeplan(add_plan);
		add_plan = NULL;
	}

	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO tend.%s VALUES (", tend_history_slot(TEND_SERIES_TABLES));
	for (int i = 0; i < NUM_ADD_COLUMNS; i++)
	{
		appendStringInfo(&sql, "%s$%d", i > 0 ? ", " : "", i + 1);
		types[i] = i >= A_SCHEMA ? TEXTOID : i >= A_FIRST_BIGINT ? INT8OID : FLOAT4OID;
	}
	appendStringInfoChar(&sql, ')');
	types[A_AT] = TIMESTAMPTZOID;
	types[A_RELID] = OIDOID;

	add_plan = SPI_prepare(sql.data, NUM_ADD_COLUMNS, types);
	if (add_plan == NULL)
		elog(ERROR, "could not prepare insert of history: %s", SPI_result_code_string(SPI_result));
	SPI_keepplan(add_plan);
	add_plan_slot = current_slot[TEND_SERIES_TABLES];
	pfree(sql.data);
}

/* A real that is NULL when unknown; "below 0" means that a trigger is off. */
static void
set_real(Datum *values, char *nulls, int col, double value, bool is_threshold)
{
	if (isnan(value) || (is_threshold && value < 0))
		nulls[col] = 'n';
	else
		values[col] = Float4GetDatum((float4) value);
}

/*
 * Add a row for one table.
 */
void
tend_history_add(TimestampTz at, const TendTableFacts *table, const TendTableSize *size,
				 const TendTableVerdict *verdict,
				 double dead_per_second, double inserts_per_second)
{
	const TendHeapFacts *heap = &table->heap;
	const int64 numbers[] = {
		heap->live_tuples, heap->dead_tuples, heap->inserts_since_vacuum,
		heap->mods_since_analyze, table->toast.dead_tuples, heap->inserted,
		heap->updated, heap->hot_updated, heap->deleted, heap->vacuum_count,
		heap->analyze_count, size->table_bytes, size->index_bytes,
		size->toast_bytes, heap->xid_age, heap->mxid_age, heap->frozen_xid
	};
	Datum		values[NUM_ADD_COLUMNS];
	char		nulls[NUM_ADD_COLUMNS];

	StaticAssertStmt(lengthof(numbers) == A_LAST_BIGINT - A_FIRST_BIGINT + 1,
					 "columns of tend.table_history");

	prepare_add();
	memset(nulls, ' ', sizeof(nulls));
	values[A_AT] = TimestampTzGetDatum(at);
	values[A_RELID] = ObjectIdGetDatum(heap->relid);
	set_real(values, nulls, A_VACUUM_THRESHOLD, verdict->table.vacuum, true);
	set_real(values, nulls, A_INSERT_THRESHOLD, verdict->table.insert, true);
	set_real(values, nulls, A_ANALYZE_THRESHOLD, verdict->table.analyze, true);
	set_real(values, nulls, A_DEAD_PER_SECOND, dead_per_second, false);
	set_real(values, nulls, A_INSERTS_PER_SECOND, inserts_per_second, false);
	for (int i = 0; i < (int) lengthof(numbers); i++)
	{
		/* sizes and ages that are unknown are below 0 */
		values[A_FIRST_BIGINT + i] = Int64GetDatum(numbers[i]);
		if (numbers[i] < 0)
			nulls[A_FIRST_BIGINT + i] = 'n';
	}
	values[A_SCHEMA] = CStringGetTextDatum(table->schema_name);
	values[A_NAME] = CStringGetTextDatum(table->table_name);
	values[A_VERDICT] = CStringGetTextDatum(tend_verdict_name(verdict->kind));
	must(SPI_execute_plan(add_plan, values, nulls, false, 0), SPI_OK_INSERT, "add history");
}

/* ---- the database ---- */

/* After so many intervals an unchanged database is recorded all the same. */
#define DATABASE_HEARTBEAT 60

/*
 * Has anything happened since the last row?  Our own visits use at most one
 * transaction ID each when they write.
 */
static bool
database_moved(TimestampTz now, int64 next_xid, uint32 next_mxid)
{
	bool		moved = true;

	must(SPI_execute("SELECT at, next_xid, next_mxid FROM tend.database_history"
					 " ORDER BY at DESC LIMIT 1", true, 1),
		 SPI_OK_SELECT, "read tend.database_history");
	if (SPI_processed > 0)
	{
		bool		isnull;
		TimestampTz at = DatumGetTimestampTz(SPI_getbinval(SPI_tuptable->vals[0],
														   SPI_tuptable->tupdesc, 1, &isnull));
		int64		xids = next_xid - int64_or_zero(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2);
		int64		mxids = (int64) next_mxid - int64_or_zero(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 3);

		moved = xids > 1 || mxids != 0 ||
			llabs((long long) (now - at)) >= (int64) DATABASE_HEARTBEAT * tend_interval * USECS_PER_SEC;
	}
	SPI_freetuptable(SPI_tuptable);
	return moved;
}

/*
 * Add a row for the database; returns whether it was worth one.
 */
bool
tend_history_add_database(TimestampTz at, const TendDatabaseTotals *totals,
						  const TendHorizon *horizon)
{
	int64		next_xid = tend_collect_next_xid();
	uint32		next_mxid = tend_collect_next_mxid();
	Oid			types[] = {
		TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID,
		INT4OID, INT4OID, INT8OID, TEXTOID
	};
	Datum		values[] = {
		TimestampTzGetDatum(at),
		Int64GetDatum(next_xid),
		Int64GetDatum((int64) next_mxid),
		Int64GetDatum(totals->xid_age),
		Int64GetDatum(totals->mxid_age),
		Int64GetDatum(totals->live_tuples),
		Int64GetDatum(totals->dead_tuples),
		Int32GetDatum(totals->tables),
		Int32GetDatum(totals->tables_due),
		Int64GetDatum(horizon->xmin_age),
		CStringGetTextDatum(horizon->who)
	};
	char		nulls[] = "           ";
	char		sql[256];

	if (!database_moved(at, next_xid, next_mxid))
		return false;
	if (!horizon->held)
		nulls[9] = nulls[10] = 'n';
	snprintf(sql, sizeof(sql),
			 "INSERT INTO tend.%s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
			 tend_history_slot(TEND_SERIES_DATABASE));
	must(SPI_execute_with_args(sql, lengthof(types), types, values, nulls, false, 0),
		 SPI_OK_INSERT, "add history of the database");
	return true;
}

/*
 * Transaction IDs per second: the faster of the last hour and the last day,
 * in time scaled by pg_tend.interval.  Each begins with its oldest row.
 */
#define OLDEST_SQL(parameter) \
	"(SELECT at, next_xid, next_mxid FROM tend.database_history" \
	" WHERE at >= " parameter " AND at <= $3 ORDER BY at LIMIT 1)"

TendBurn
tend_history_burn(TimestampTz now)
{
	TendBurn	burn = {NAN, NAN};
	int64		hour = (int64) tend_interval * 60 * USECS_PER_SEC;
	int64		next_xid = tend_collect_next_xid();
	uint32		next_mxid = tend_collect_next_mxid();
	Oid			types[] = {TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum		values[] = {
		TimestampTzGetDatum(now - hour),
		TimestampTzGetDatum(now - hour * 24),
		TimestampTzGetDatum(now)
	};

	must(SPI_execute_with_args(OLDEST_SQL("$1") " UNION ALL " OLDEST_SQL("$2"),
							   lengthof(types), types, values, NULL, true, 0),
		 SPI_OK_SELECT, "read tend.database_history");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		TimestampTz at = DatumGetTimestampTz(SPI_getbinval(tuple, desc, 1, &isnull));
		uint32		mxids = next_mxid - (uint32) int64_or_zero(tuple, desc, 3);

		burn = tend_burn_faster(burn,
								tend_burn(next_xid - int64_or_zero(tuple, desc, 2), mxids,
										  (now - at) / (double) USECS_PER_SEC, tend_interval));
	}
	SPI_freetuptable(SPI_tuptable);
	return burn;
}
