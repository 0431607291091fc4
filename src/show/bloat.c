/*-------------------------------------------------------------------------
 *
 * bloat.c
 *	  tend.bloat(): how much smaller a table and its indexes could be
 *
 * Rights are those of pgstattuple: who may scan all tables, or owns this one.
 * A relation that somebody has locked against reading is not waited for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/relation.h"
#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "collect/page_sample.h"
#include "commands/defrem.h"
#include "compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "show/table_source.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_bloat);

enum
{
	COL_RELATION,
	COL_KIND,
	COL_BYTES,
	COL_BLOAT_RATIO,
	COL_BLOAT_LOW,
	COL_BLOAT_HIGH,
	COL_BLOAT_BYTES,
	COL_LIVE_TUPLES,
	COL_DEAD_TUPLES,
	COL_LIVE_BYTES,
	COL_DEAD_BYTES,
	COL_FREE_BYTES,
	COL_PAGES,
	COL_PAGES_READ,
	COL_MS,
	COL_NOTE,
	NUM_COLS
};

typedef struct Out
{
	ReturnSetInfo *rsinfo;
	int			sample_pages;
} Out;

static void
set_float(Datum *values, bool *nulls, int col, double value)
{
	nulls[col] = !isfinite(value);
	values[col] = Float8GetDatum(value);
}

static void
set_count(Datum *values, bool *nulls, int col, double value)
{
	nulls[col] = !isfinite(value);
	values[col] = Int64GetDatum(isfinite(value) ? (int64) rint(value) : 0);
}

static char *
name_of(Relation rel)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
									  RelationGetRelationName(rel));
}

/* A row without numbers, and why */
static void
put_note(const Out *out, const char *name, const char *kind, const char *note)
{
	Datum		values[NUM_COLS];
	bool		nulls[NUM_COLS];

	memset(nulls, true, sizeof(nulls));
	values[COL_RELATION] = CStringGetTextDatum(name);
	values[COL_KIND] = CStringGetTextDatum(kind);
	values[COL_NOTE] = CStringGetTextDatum(note);
	nulls[COL_RELATION] = nulls[COL_KIND] = nulls[COL_NOTE] = false;
	tuplestore_putvalues(out->rsinfo->setResult, out->rsinfo->setDesc, values, nulls);
}

static void
measure(const Out *out, Relation rel, const char *kind)
{
	TendBloatPage page;
	TendBloatSample sample;
	TendBloat	bloat;
	instr_time	start;
	instr_time	end;
	Datum		values[NUM_COLS];
	bool		nulls[NUM_COLS] = {false};

	if (!tend_page_sample_possible(rel))
	{
		put_note(out, name_of(rel), kind, "not measured: only heaps and B-trees are");
		return;
	}
	INSTR_TIME_SET_CURRENT(start);
	page = tend_page_of(rel);
	sample = tend_page_sample(rel, out->sample_pages);
	bloat = tend_bloat_estimate(&sample, &page);
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);

	values[COL_RELATION] = CStringGetTextDatum(name_of(rel));
	values[COL_KIND] = CStringGetTextDatum(kind);
	set_count(values, nulls, COL_BYTES, sample.pages * BLCKSZ);
	set_float(values, nulls, COL_BLOAT_RATIO, bloat.ratio);
	set_float(values, nulls, COL_BLOAT_LOW, bloat.low);
	set_float(values, nulls, COL_BLOAT_HIGH, bloat.high);
	set_count(values, nulls, COL_BLOAT_BYTES, bloat.bytes);
	set_count(values, nulls, COL_LIVE_TUPLES, bloat.live_tuples);
	set_count(values, nulls, COL_DEAD_TUPLES, bloat.dead_tuples);
	set_count(values, nulls, COL_LIVE_BYTES, bloat.live_bytes);
	set_count(values, nulls, COL_DEAD_BYTES, bloat.dead_bytes);
	set_count(values, nulls, COL_FREE_BYTES, bloat.free_bytes);
	set_count(values, nulls, COL_PAGES, sample.pages);
	set_count(values, nulls, COL_PAGES_READ, sample.sampled);
	set_float(values, nulls, COL_MS, INSTR_TIME_GET_MILLISEC(end));
	nulls[COL_NOTE] = true;
	tuplestore_putvalues(out->rsinfo->setResult, out->rsinfo->setDesc, values, nulls);
}

/* ---- the table and what belongs to it ---- */

/* Open it if nobody keeps us from reading; NULL if he does, or it is gone */
static Relation
try_open(Oid relid)
{
	Relation	rel;

	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return NULL;
	rel = try_relation_open(relid, NoLock);
	if (rel == NULL)
		UnlockRelationOid(relid, AccessShareLock);
	return rel;
}

static void
measure_indexes(const Out *out, Relation table)
{
	List	   *indexes = RelationGetIndexList(table);
	ListCell   *lc;

	foreach(lc, indexes)
	{
		Relation	index = try_open(lfirst_oid(lc));

		if (index == NULL)
		{
			char	   *name = get_rel_name(lfirst_oid(lc));

			put_note(out, name != NULL ? name : "?", "index", "not measured: somebody has locked it");
			continue;
		}
		measure(out, index, get_am_name(index->rd_rel->relam));
		relation_close(index, AccessShareLock);
	}
	list_free(indexes);
}

static void
measure_toast(const Out *out, Relation table)
{
	Relation	toast;

	if (!OidIsValid(table->rd_rel->reltoastrelid))
		return;
	toast = try_open(table->rd_rel->reltoastrelid);
	if (toast == NULL)
	{
		put_note(out, "its TOAST table", "toast", "not measured: somebody has locked it");
		return;
	}
	measure(out, toast, "toast");
	measure_indexes(out, toast);
	relation_close(toast, AccessShareLock);
}

static void
check_rights(Relation rel)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_STAT_SCAN_TABLES) &&
		!tend_owns_relation(RelationGetRelid(rel), GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for table %s", RelationGetRelationName(rel)),
				 errdetail("Only its owner and members of pg_stat_scan_tables may measure it.")));
}

static void
check_storage(Relation rel)
{
	if (RELATION_IS_OTHER_TEMP(rel))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot read temporary tables of other sessions")));
	if (RecoveryInProgress() && rel->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is unlogged, and empty on a standby", RelationGetRelationName(rel)),
				 errhint("Ask on the primary.")));
}

static Relation
open_table(Oid relid)
{
	char		kind = get_rel_relkind(relid);
	Relation	rel;

	if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW && kind != RELKIND_TOASTVALUE)
		tend_reject_relation(relid);
	rel = try_open(relid);
	if (rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("\"%s\" is locked", get_rel_name(relid)),
				 errhint("Ask again when ALTER TABLE, VACUUM FULL or the like is over.")));
	check_rights(rel);
	check_storage(rel);
	return rel;
}

/*
 * tend.bloat(regclass, int) - a row for the table, each index, and TOAST
 */
Datum
tend_bloat(PG_FUNCTION_ARGS)
{
	Out			out = {.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo,.sample_pages = PG_GETARG_INT32(1)};
	Relation	table;

	if (out.sample_pages < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sample_pages must be at least 1")));
	table = open_table(PG_GETARG_OID(0));
	InitMaterializedSRF(fcinfo, 0);
	if (out.rsinfo->setDesc->natts != NUM_COLS)
		elog(ERROR, "tend.bloat() has %d columns, expected %d", out.rsinfo->setDesc->natts, NUM_COLS);
	measure(&out, table, "heap");
	measure_indexes(&out, table);
	measure_toast(&out, table);
	relation_close(table, AccessShareLock);
	return (Datum) 0;
}
