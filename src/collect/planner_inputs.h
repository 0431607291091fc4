/*-------------------------------------------------------------------------
 *
 * planner_inputs.h
 *	  What the planner knows of tables, now.
 *
 * All functions need a connected SPI and an active snapshot.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLANNER_INPUTS_H
#define TEND_PLANNER_INPUTS_H

#include "advise/plan_cause.h"

/* What a glance at a table tells */
typedef struct TendInputsGlance
{
	Oid			relid;
	TimestampTz last_analyze;	/* 0: never, or statistics were lost */
	double		reltuples;		/* -1 if never counted */
	double		relpages;		/* of the file now */
	double		allvisible;		/* pages, by pg_class */
	uint64		signature;		/* of its name, its indexes, and which
								 * statistics of columns it has */
} TendInputsGlance;

extern int	tend_collect_glances(const Oid *relids, int n, MemoryContext cxt,
								 TendInputsGlance **glances);
extern double tend_collect_allvisible(Oid relid);

/* Expressions of SQL, given that of a row of pg_class: names of a table ... */
#define TEND_INPUTS_NAME_SQL(c) \
	"(SELECT pg_catalog.format('%I.%I', n.nspname, " c ".relname)" \
	" FROM pg_catalog.pg_namespace n WHERE n.oid = " c ".relnamespace)"

/*
 * ... its indexes as jsonb, the oldest if there are too many (the caller holds
 * a lock on the table, which printing a definition takes, too) ...
 */
#define TEND_INPUTS_INDEXES_SQL(c) \
	"COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(" \
	"'oid', x.oid::pg_catalog.int8, 'name', x.relname, 'valid', x.valid," \
	" 'definition', x.definition) ORDER BY x.oid)" \
	" FROM (SELECT r.oid, r.relname, i.indisvalid AND i.indisready AS valid," \
	" CASE WHEN r.relkind = 'i' THEN pg_catalog.pg_get_indexdef(r.oid) END AS definition" \
	" FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class r ON r.oid = i.indexrelid" \
	" WHERE i.indrelid = " c ".oid ORDER BY i.indexrelid" \
	" LIMIT " CppAsString2(TEND_INPUT_INDEXES) ") x), '[]')"

/* The first number of a kind of statistics, whichever slot has it; or NULL */
#define TEND_INPUTS_SLOT_SQL(kind) \
	"CASE " CppAsString2(kind) \
	" WHEN s.stakind1 THEN s.stanumbers1[1] WHEN s.stakind2 THEN s.stanumbers2[1]" \
	" WHEN s.stakind3 THEN s.stanumbers3[1] WHEN s.stakind4 THEN s.stanumbers4[1]" \
	" WHEN s.stakind5 THEN s.stanumbers5[1] END"

/*
 * ... and its columns with statistics; those of a partitioned table are of
 * all its partitions.  Never the values in the statistics: they are data.
 */
#define TEND_INPUTS_COLUMNS_SQL(c) \
	"COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(" \
	"'name', x.attname, 'n_distinct', x.stadistinct, 'null_frac', x.stanullfrac," \
	" 'correlation', x.correlation, 'top_frequency', x.top_frequency, 'target', x.target)" \
	" ORDER BY x.attnum)" \
	" FROM (SELECT a.attnum, a.attname, s.stadistinct, s.stanullfrac, " \
	TEND_INPUTS_SLOT_SQL(STATISTIC_KIND_CORRELATION) " AS correlation, " \
	TEND_INPUTS_SLOT_SQL(STATISTIC_KIND_MCV) " AS top_frequency," \
	" COALESCE(a.attstattarget, -1) AS target" \
	" FROM pg_catalog.pg_statistic s" \
	" JOIN pg_catalog.pg_attribute a ON a.attrelid = s.starelid AND a.attnum = s.staattnum" \
	" WHERE s.starelid = " c ".oid AND s.stainherit = (" c ".relkind = 'p')" \
	" ORDER BY s.staattnum LIMIT " CppAsString2(TEND_INPUT_COLUMNS) ") x), '[]')"

#endif							/* TEND_PLANNER_INPUTS_H */
