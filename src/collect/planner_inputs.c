/*-------------------------------------------------------------------------
 *
 * planner_inputs.c
 *	  What the planner knows of tables, now.
 *
 * Catalogs are read with SQL, sizes are the file system's: no lock on a table
 * can delay us.  (pg_partition_tree() would wait for one.)
 *
 * Each visit looks at all tables of tracked plans, so a glance must be cheap:
 * a few index lookups and one stat() per table.  What columns and indexes are
 * like is read only where the glance differs from the last one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/relation.h"
#include "access/visibilitymap.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "collect/planner_inputs.h"
#include "collect/size.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "sql.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* ---- what a table holds ---- */

/* The columns that tell, first in each of our queries */
enum
{
	H_OID = 1,
	H_KIND,
	H_RELTUPLES,
	H_RELPAGES,
	H_ALLVISIBLE,
	H_FILENODE,
	H_TABLESPACE,
	H_SHARED,
	NUM_HOLDING_COLUMNS = H_SHARED
};

#define HOLDING_COLUMNS(c) \
	c ".oid, " c ".relkind, " c ".reltuples, " c ".relpages, " c ".relallvisible, " \
	c ".relfilenode, " c ".reltablespace, " c ".relisshared"

typedef struct Holding
{
	char		kind;
	double		reltuples;
	double		relpages;
	double		allvisible;
} Holding;

static bool
get_bool(uint64 row, int col)
{
	bool		isnull;
	Datum		d = tend_sql_datum(row, col, &isnull);

	return !isnull && DatumGetBool(d);
}

static char
get_char(uint64 row, int col)
{
	bool		isnull;
	Datum		d = tend_sql_datum(row, col, &isnull);

	return isnull ? '\0' : DatumGetChar(d);
}

static void
read_holding(uint64 row, Holding *holding)
{
	TendFile	file = {
		.relid = tend_sql_oid(row, H_OID),
		.filenode = tend_sql_oid(row, H_FILENODE),
		.tablespace = tend_sql_oid(row, H_TABLESPACE),
		.is_shared = get_bool(row, H_SHARED)
	};

	holding->kind = get_char(row, H_KIND);
	holding->reltuples = tend_sql_real(row, H_RELTUPLES);
	holding->relpages = tend_sql_int32(row, H_RELPAGES);
	holding->allvisible = tend_sql_int32(row, H_ALLVISIBLE);
	if (RELKIND_HAS_STORAGE(holding->kind))
		holding->relpages = tend_main_fork_bytes(&file) / BLCKSZ;
}

/* ---- partitioned tables hold what their partitions hold ---- */

/*
 * OFFSET 0 makes it look each partition up.  The planner knows nothing of
 * their number, and would rather read all of pg_class.
 */
#define LEAVES_SQL \
	"WITH RECURSIVE part AS (" \
	"SELECT u.i, h.inhrelid FROM pg_catalog.unnest($1) WITH ORDINALITY u(oid, i)" \
	" JOIN pg_catalog.pg_inherits h ON h.inhparent = u.oid" \
	" UNION ALL " \
	"SELECT p.i, h.inhrelid FROM part p CROSS JOIN LATERAL" \
	" (SELECT * FROM pg_catalog.pg_inherits h WHERE h.inhparent = p.inhrelid OFFSET 0) h) " \
	"SELECT " HOLDING_COLUMNS("c") ", p.i FROM part p CROSS JOIN LATERAL" \
	" (SELECT * FROM pg_catalog.pg_class c WHERE c.oid = p.inhrelid OFFSET 0) c" \
	" WHERE c.relkind <> 'p'"

static void
add_leaf(TendInputsGlance *parent, const Holding *leaf)
{
	if (leaf->reltuples >= 0)
		parent->reltuples = Max(parent->reltuples, 0) + leaf->reltuples;
	parent->relpages += leaf->relpages;
	parent->allvisible += leaf->allvisible;
}

static void
sum_leaves(TendInputsGlance **parents, int n)
{
	Oid			types[] = {OIDARRAYOID};
	Datum		values[1];
	Datum	   *oids;
	uint64		found;

	if (n == 0)
		return;
	oids = palloc(sizeof(Datum) * n);
	for (int i = 0; i < n; i++)
	{
		oids[i] = ObjectIdGetDatum(parents[i]->relid);
		parents[i]->reltuples = -1;
		parents[i]->relpages = parents[i]->allvisible = 0;
	}
	values[0] = PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	found = tend_sql_select("read partitions", LEAVES_SQL, lengthof(types), types, values);
	for (uint64 row = 0; row < found; row++)
	{
		Holding		leaf;

		read_holding(row, &leaf);
		add_leaf(parents[tend_sql_int64(row, NUM_HOLDING_COLUMNS + 1) - 1], &leaf);
	}
	tend_sql_done();
	pfree(DatumGetPointer(values[0]));
	pfree(oids);
}

/* ---- a glance ---- */

enum
{
	G_NAMESPACE = NUM_HOLDING_COLUMNS + 1,
	G_NAME,
	G_LAST_ANALYZE,
	G_INDEXES,
	G_STATISTICS
};

/*
 * Analyze tells of itself before it commits, and even if it then does not:
 * the row version of the first column's statistics tells when new ones are
 * there to be read.
 *
 * Temporary tables are left out: their OIDs end with their session, so there
 * is no later row to compare with.
 */
#define GLANCE_SQL \
	"SELECT " HOLDING_COLUMNS("c") ", c.relnamespace, c.relname," \
	" GREATEST(pg_catalog.pg_stat_get_last_analyze_time(c.oid)," \
	" pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid))," \
	" (SELECT pg_catalog.bit_xor(pg_catalog.hashoidextended(i.indexrelid," \
	" CASE WHEN i.indisvalid AND i.indisready THEN 1 ELSE 0 END))" \
	" FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid)," \
	" (SELECT s.xmin FROM pg_catalog.pg_statistic s WHERE s.starelid = c.oid" \
	" ORDER BY s.staattnum, s.stainherit LIMIT 1)" \
	" FROM pg_catalog.unnest($1) u(oid)" \
	" JOIN pg_catalog.pg_class c ON c.oid = u.oid" \
	" WHERE c.relkind IN ('r', 'm', 'p', 'f') AND c.relpersistence <> 't'"

static uint64
signature_of(uint64 row)
{
	bool		isnull;
	const char *name = NameStr(*DatumGetName(tend_sql_datum(row, G_NAME, &isnull)));
	uint64		hash = hash_bytes_extended((const unsigned char *) name, (int) strlen(name),
										   tend_sql_oid(row, G_NAMESPACE));
	Datum		version = tend_sql_datum(row, G_STATISTICS, &isnull);

	hash = hash_combine64(hash, (uint64) tend_sql_int64(row, G_INDEXES));
	return hash_combine64(hash, isnull ? InvalidTransactionId : DatumGetTransactionId(version));
}

static void
read_glance(uint64 row, const Holding *holding, TendInputsGlance *glance)
{
	glance->relid = tend_sql_oid(row, H_OID);
	glance->last_analyze = tend_sql_time(row, G_LAST_ANALYZE);
	glance->reltuples = holding->reltuples;
	glance->relpages = holding->relpages;
	glance->allvisible = holding->allvisible;
	glance->signature = signature_of(row);
}

/*
 * Glance at tables; returns how many there are.  What is no table, or none any
 * more, is left out.
 */
int
tend_collect_glances(const Oid *relids, int n, MemoryContext cxt, TendInputsGlance **glances)
{
	Oid			types[] = {OIDARRAYOID};
	Datum		values[1];
	Datum	   *oids = MemoryContextAlloc(cxt, sizeof(Datum) * Max(n, 1));
	TendInputsGlance **parents = MemoryContextAlloc(cxt, sizeof(*parents) * Max(n, 1));
	int			nparents = 0;
	int			found;

	for (int i = 0; i < n; i++)
		oids[i] = ObjectIdGetDatum(relids[i]);
	values[0] = PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	found = (int) tend_sql_select("read the planner's inputs", GLANCE_SQL,
								  lengthof(types), types, values);
	*glances = MemoryContextAlloc(cxt, sizeof(TendInputsGlance) * Max(found, 1));
	for (int i = 0; i < found; i++)
	{
		Holding		holding;

		read_holding(i, &holding);
		read_glance(i, &holding, &(*glances)[i]);
		if (holding.kind == RELKIND_PARTITIONED_TABLE)
			parents[nparents++] = &(*glances)[i];
	}
	tend_sql_done();
	sum_leaves(parents, nparents);
	pfree(DatumGetPointer(values[0]));
	pfree(parents);
	pfree(oids);
	return found;
}

/*
 * Pages that are all visible now, which pg_class learns with the next vacuum
 * or analyze; NaN if somebody keeps us out.  One page is read per 256 MB.
 */
double
tend_collect_allvisible(Oid relid)
{
	Relation	rel;
	BlockNumber pages;
	double		allvisible = NAN;

	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return NAN;
	rel = try_relation_open(relid, NoLock);
	if (rel == NULL)
	{
		UnlockRelationOid(relid, AccessShareLock);
		return NAN;
	}
	if (RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind) && rel->rd_rel->relam == HEAP_TABLE_AM_OID)
	{
		visibilitymap_count(rel, &pages, NULL);
		allvisible = pages;
	}
	relation_close(rel, AccessShareLock);
	return allvisible;
}
