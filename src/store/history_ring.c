/*-------------------------------------------------------------------------
 *
 * history_ring.c
 *	  The rings of tables in which history is kept.
 *
 * Each series is a ring of ordinary tables, which inherit from the one that
 * people read.  Rows are only ever added; old ones go away when the visit
 * truncates the next table of the ring.  It waits for nobody: while a reader
 * holds that table, the current one just grows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xlog.h"
#include "advise/ring.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "collect/size.h"
#include "settings.h"
#include "sql.h"
#include "storage/lmgr.h"
#include "store/history_ring.h"
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
} Series;

/*
 * With the smallest history_size, a slot of a series that has few rows, with its
 * indexes, must fit into its share: that needs 0.06.
 */
static const Series all_series[TEND_NUM_SERIES] = {
	{"table_history", 0.44},
	{"database_history", 0.06},
	{"events", 0.05},
	{"plan_history", 0.17},
	{"plan_change_log", 0.06},
	{"planner_inputs", 0.06},
	{"io_history", 0.10},
	{"checkpoint_history", 0.06},
};

/* Slot of each series that is written in this transaction */
static int	current_slot[TEND_NUM_SERIES];

/* Name of the table that is written now, in schema tend */
const char *
tend_ring_slot_name(TendSeries series)
{
	static char name[NAMEDATALEN];

	snprintf(name, sizeof(name), "%s_%d", all_series[series].name, current_slot[series]);
	return name;
}

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
	tend_sql_utility("truncate history", sql);
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

	tend_sql_insert("update tend.history_ring",
					"INSERT INTO tend.history_ring VALUES ($1, $2, $3)"
					" ON CONFLICT (series) DO UPDATE"
					" SET slot = excluded.slot, since = excluded.since",
					lengthof(types), types, values, NULL);
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

/*
 * While a reader kept us from emptying a slot, another one may have grown too
 * large.  It would stay so until its time comes: let the oldest rows go.
 */
static void
shrink_ring(TendSeries series, int64 max_bytes)
{
	int64		bytes[SLOTS];
	int64		total = 0;

	for (int slot = 0; slot < SLOTS; slot++)
		total += bytes[slot] = slot_bytes(series, slot);
	for (int i = 1; i < SLOTS && total > max_bytes; i++)
	{
		int			slot = (current_slot[series] + i) % SLOTS;

		/* an empty one has indexes all the same */
		if (tend_relation_bytes(slot_relid(series, slot)) > 0 && truncate_slot(series, slot))
			total -= bytes[slot];
	}
}

/* The size that a series may reach */
static int64
max_bytes_of(TendSeries series)
{
	return (int64) (all_series[series].share * tend_history_size * 1024 * 1024);
}

static void
read_rings(TendRing *rings)
{
	uint64		n;

	for (int i = 0; i < TEND_NUM_SERIES; i++)
	{
		TendRing	ring = {
			.slots = SLOTS,
			.max_bytes = max_bytes_of((TendSeries) i),
			.retention_seconds = tend_retention
		};

		rings[i] = ring;
	}

	n = tend_sql_select("read tend.history_ring",
						"SELECT series, slot, since FROM tend.history_ring", 0, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		TendSeries	series = series_of(tend_sql_text(i, 1));

		if (series == TEND_NUM_SERIES)
			continue;
		rings[series].slot = tend_sql_int32(i, 2);
		rings[series].since = tend_sql_time(i, 3);
	}
	tend_sql_done();
}

/*
 * Learn which slots are written.  Call this first in each transaction: the
 * extension may have been dropped and created anew in between.
 */
void
tend_ring_open(void)
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
tend_ring_turn(TimestampTz now)
{
	TendRing	rings[TEND_NUM_SERIES];

	read_rings(rings);
	for (int i = 0; i < TEND_NUM_SERIES; i++)
	{
		current_slot[i] = rings[i].slot;
		turn_ring((TendSeries) i, &rings[i], now);
		shrink_ring((TendSeries) i, rings[i].max_bytes);
	}
}

const char *
tend_ring_series_name(TendSeries series)
{
	return all_series[series].name;
}

/* Size of a series, and the size that it may reach */
int64
tend_ring_bytes(TendSeries series, int64 *max_bytes)
{
	int64		bytes = 0;

	for (int slot = 0; slot < SLOTS; slot++)
		bytes += slot_bytes(series, slot);
	*max_bytes = max_bytes_of(series);
	return bytes;
}

/*
 * Can the rows of a series be read?  Those of an unlogged ring cannot on a
 * standby, which would raise an error.
 */
bool
tend_ring_readable(TendSeries series)
{
	Oid			relid = get_relname_relid(all_series[series].name,
										  get_namespace_oid("tend", false));

	return !RecoveryInProgress() || get_rel_persistence(relid) == RELPERSISTENCE_PERMANENT;
}
