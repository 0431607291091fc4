/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Everything that differs between PostgreSQL 15, 16, 17, 18 and 19.
 *
 * No other file knows the server's version.  A further major needs a look at
 * this file and at TEND_FROZEN_PAGES_SQL in it, and nothing else.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_COMPAT_H
#define TEND_COMPAT_H

#include "access/htup_details.h"
#include "access/multixact.h"
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "commands/vacuum.h"
#include "common/relpath.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "parser/parse_relation.h"
#include "pgstat.h"
#include "utils/acl.h"
#include "utils/guc_tables.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
#include "utils/wait_event.h"

/* It moved with the rest of query jumbling, 3db72ebcb (16) */
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif

/* Values of variable length had their macros in postgres.h; d952373a9 (16) */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#if PG_VERSION_NUM < 150000
#error "pg_tend needs PostgreSQL 15 or later"
#endif

/* For what is written to a file, or sent to the I/O probe: who wrote it? */
#define TEND_SERVER_VERSION		PG_VERSION_NUM
#define TEND_SAME_MAJOR(v)		((v) / 10000 == PG_VERSION_NUM / 10000)

/* PG_MODULE_MAGIC_EXT names the module in pg_get_loaded_modules(); 9324c8c58 (18) */
#ifdef PG_MODULE_MAGIC_EXT
#define TEND_MODULE_MAGIC(v) PG_MODULE_MAGIC_EXT(.name = "pg_tend", .version = (v))
#else
#define TEND_MODULE_MAGIC(v) PG_MODULE_MAGIC
#endif

/* ShmemVariableCache became TransamVariables; b31ba5310 (17) */
#if PG_VERSION_NUM < 170000
#define TransamVariables ShmemVariableCache
#endif

/*
 * pg_class.relallfrozen, and with it the rule that insert_scale_factor counts
 * pages that are not frozen only; 06eae9e62, 99f8f3fbb (18)
 */
#if PG_VERSION_NUM >= 180000
#define TEND_FROZEN_PAGES_SQL(alias) alias ".relallfrozen"
#else
#define TEND_FROZEN_PAGES_SQL(alias) "0"
#endif

/*
 * Distance of the server's warnings from wraparound, for multixacts.  (For
 * transaction IDs shared memory tells.)  19 raised it.
 */
#if PG_VERSION_NUM >= 190000
#define TEND_MULTIXACT_WARN_MARGIN 100000000
#else
#define TEND_MULTIXACT_WARN_MARGIN 40000000
#endif
#define TEND_MULTIXACT_STOP_MARGIN 3000000

/* The path of a relation's main fork; it comes by value since 37c87e63f (18) */
static inline void
tend_relation_path(char *path, size_t size, Oid dboid, Oid tablespace, Oid filenode)
{
	/* -1: not of a session's temporary tables, whose files have other names */
#if PG_VERSION_NUM >= 180000
	strlcpy(path, GetRelationPath(dboid, tablespace, filenode, -1, MAIN_FORKNUM).str, size);
#else
	char	   *allocated = GetRelationPath(dboid, tablespace, filenode, -1, MAIN_FORKNUM);

	strlcpy(path, allocated, size);
	pfree(allocated);
#endif
}

/*
 * Wait events of extensions have had names of their own since c9af05465 (17).
 * "event" is 0 at first, and keeps the event of this name.
 */
static inline uint32
tend_wait_event(uint32 *event, const char *name)
{
#if PG_VERSION_NUM >= 170000
	if (*event == 0)
		*event = WaitEventExtensionNew(name);
#else
	*event = PG_WAIT_EXTENSION;
#endif
	return *event;
}

/* pg_class_ownercheck() became object_ownercheck(); afbfc0298 (16) */
#if PG_VERSION_NUM >= 160000
#define tend_owns_relation(relid, role) object_ownercheck(RelationRelationId, (relid), (role))
#else
#define tend_owns_relation(relid, role) pg_class_ownercheck((relid), (role))
#endif

/* Plans have a place for an id since 2a0cd38da (18) */
#if PG_VERSION_NUM >= 180000
#define tend_stmt_plan_id(stmt) ((uint64) (stmt)->planId)
#define tend_stmt_take_plan_id(stmt, id) \
	((stmt)->planId == 0 ? ((stmt)->planId = (int64) (id), true) : false)
#else
#define tend_stmt_plan_id(stmt) UINT64CONST(0)
#define tend_stmt_take_plan_id(stmt, id) false
#endif

/*
 * Whose rights a table of a query is read with: an entry of its own since
 * a61b1f748 (16)
 */
static inline void
tend_check_as_user(Query *query, RangeTblEntry *rte, Oid role)
{
#if PG_VERSION_NUM >= 160000
	addRTEPermissionInfo(&query->rteperminfos, rte)->checkAsUser = role;
#else
	rte->checkAsUser = role;
#endif
}

/*
 * The statistics target of a column, from its row of pg_attribute; -1: the
 * default.  It may be NULL since 4f622503d (17).
 */
static inline int
tend_attribute_target(HeapTuple tuple)
{
#if PG_VERSION_NUM >= 170000
	bool		isnull;
	Datum		target = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attstattarget, &isnull);

	return isnull ? -1 : DatumGetInt16(target);
#else
	return ((Form_pg_attribute) GETSTRUCT(tuple))->attstattarget;
#endif
}

/* The planner was given the state of EXPLAIN by c83ac02ec (19) */
#if PG_VERSION_NUM >= 190000
#define TEND_PLANNER_PARAMS Query *parse, const char *query_string, int options, \
	ParamListInfo params, struct ExplainState *es
#define TEND_PLANNER_ARGS parse, query_string, options, params, es
#else
#define TEND_PLANNER_PARAMS Query *parse, const char *query_string, int options, \
	ParamListInfo params
#define TEND_PLANNER_ARGS parse, query_string, options, params
#endif

/* ExecutorRun() lost its last argument with 3eea7a0c9 (18) */
#if PG_VERSION_NUM >= 180000
#define TEND_RUN_PARAMS QueryDesc *query, ScanDirection direction, uint64 count
#define TEND_RUN_ARGS query, direction, count
#else
#define TEND_RUN_PARAMS QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define TEND_RUN_ARGS query, direction, count, execute_once
#endif

/* Reads of shared and local blocks are timed apart since 13d00729d (17) */
#if PG_VERSION_NUM >= 170000
#define TEND_READ_TIME(usage) ((usage)->shared_blk_read_time)
#else
#define TEND_READ_TIME(usage) ((usage)->blk_read_time)
#endif

/* Outer joins have range table indexes of their own; 2489d76c4 (16) */
#if PG_VERSION_NUM >= 160000
#define TEND_FOREIGN_RELIDS(scan) ((scan)->fs_base_relids)
#else
#define TEND_FOREIGN_RELIDS(scan) ((scan)->fs_relids)
#endif

/*
 * Joins that keep the right side's unmatched or matched rows: JOIN_RIGHT_ANTI,
 * 16dc2703c (16), and JOIN_RIGHT_SEMI, aa86129e1 (18)
 */
#if PG_VERSION_NUM >= 160000
#define TEND_IS_RIGHT_ANTI(jointype) ((jointype) == JOIN_RIGHT_ANTI)
#else
#define TEND_IS_RIGHT_ANTI(jointype) ((void) (jointype), false)
#endif
#if PG_VERSION_NUM >= 180000
#define TEND_IS_RIGHT_SEMI(jointype) ((jointype) == JOIN_RIGHT_SEMI)
#else
#define TEND_IS_RIGHT_SEMI(jointype) ((void) (jointype), false)
#endif

/* Gather showed the parameters it evaluates as $n; gone in fd0398fcb (17) */
#if PG_VERSION_NUM < 170000
#define TEND_SHOWS_GATHER_PARAMS true
#else
#define TEND_SHOWS_GATHER_PARAMS false
#endif

/* JSON_TABLE, a table function beside xmltable; de3600452 (17) */
#if PG_VERSION_NUM >= 170000
#define TEND_TABLE_FUNC_NAME(tf) ((tf)->functype == TFT_JSON_TABLE ? "json_table" : "xmltable")
#else
#define TEND_TABLE_FUNC_NAME(tf) "xmltable"
#endif

/* Nodes that a setting forbade are counted, not priced; e22253467 (18) */
#if PG_VERSION_NUM >= 180000
#define TEND_DISABLED_NODES(plan) ((plan)->disabled_nodes)
#else
#define TEND_DISABLED_NODES(plan) ((void) (plan), 0)
#endif

/* An entry of the range table for what GROUP BY computes; 247dea89f (18) */
#if PG_VERSION_NUM >= 180000
#define TEND_IS_GROUP_RTE(rte) ((rte)->rtekind == RTE_GROUP)
#else
#define TEND_IS_GROUP_RTE(rte) ((void) (rte), false)
#endif

/* EXPLAIN describes windows, which have names in the plan; 8b1b34254 (18) */
#if PG_VERSION_NUM >= 180000
#define TEND_WINDOW_NAME(wagg) ((wagg)->winname)
#define TEND_WINDOW_FRAME(wagg, context, prefix) \
	get_window_frame_options_for_explain((wagg)->frameOptions, (wagg)->startOffset, \
										 (wagg)->endOffset, (context), (prefix))
#else
#define TEND_WINDOW_NAME(wagg) NULL
#define TEND_WINDOW_FRAME(wagg, context, prefix) NULL
#endif

/*
 * Names of subplans do not say any more what kind of subplan it is;
 * 8c49a484e (19)
 */
#if PG_VERSION_NUM >= 190000
#define TEND_SUBPLAN_NAME(sp) \
	psprintf("%s %s", (sp)->subLinkType == CTE_SUBLINK ? "CTE" : \
			 (sp)->isInitPlan ? "InitPlan" : "SubPlan", (sp)->plan_name)
#else
#define TEND_SUBPLAN_NAME(sp) ((sp)->plan_name)
#endif

/*
 * JSON_ARRAY(query) keeps the query as it was written, for deparsing; no tree
 * walker visits it.  (19)
 */
#if PG_VERSION_NUM >= 190000
#define TEND_HAS_JSON_QUERY
#endif

/* The scanner's warning about backslashes is gone; 45762084545 (19) */
#if PG_VERSION_NUM >= 190000
#define TEND_SILENCE_SCANNER(extra) ((void) 0)
#else
#define TEND_SILENCE_SCANNER(extra) ((extra).escape_string_warning = false)
#endif

/*
 * ANALYZE takes the target of a column, -1: the default, from another place,
 * 97957fdbf (17)
 */
static inline void
tend_stats_set_target(VacAttrStats *stats, Form_pg_attribute attribute, int target)
{
#if PG_VERSION_NUM >= 170000
	stats->attstattarget = target;
#else
	stats->attr = (Form_pg_attribute) palloc(ATTRIBUTE_FIXED_PART_SIZE);
	memcpy(stats->attr, attribute, ATTRIBUTE_FIXED_PART_SIZE);
	stats->attr->attstattarget = target;
#endif
}

/* The default target of a statistics object is NULL; 012460ee9 (17) */
#if PG_VERSION_NUM >= 170000
#define TEND_DEFAULT_TARGET(value, isnull) ((void) (value), (isnull) = true)
#else
#define TEND_DEFAULT_TARGET(value, isnull) ((value) = Int32GetDatum(-1), (isnull) = false)
#endif

/* Number of types of processes; 0c679464a (16) */
#ifndef BACKEND_NUM_TYPES
#define BACKEND_NUM_TYPES (B_LOGGER + 1)
#endif

/* SLRU buffers have been counted since 17cc5f666 (18) */
#if PG_VERSION_NUM >= 180000
#define TEND_CHECKPOINT_SLRU(stats) ((stats)->ckpt_slru_written)
#define TEND_CHECKPOINT_SLRU_OFFSET ((int32) offsetof(CheckpointStatsData, ckpt_slru_written))
#else
#define TEND_CHECKPOINT_SLRU(stats) ((void) (stats), -1)
#define TEND_CHECKPOINT_SLRU_OFFSET (-1)
#endif

/*
 * Counters of checkpoints and restartpoints: they were counted together until
 * 12915a58e (17)
 */
static inline void
tend_checkpoint_statistics(int64 *timed, int64 *requested, double *write_ms, double *sync_ms,
						   int64 *buffers)
{
	const PgStat_CheckpointerStats *stats = pgstat_fetch_stat_checkpointer();

#if PG_VERSION_NUM >= 170000
	*timed = stats->num_timed + stats->restartpoints_timed;
	*requested = stats->num_requested + stats->restartpoints_requested;
	*write_ms = (double) stats->write_time;
	*sync_ms = (double) stats->sync_time;
	*buffers = stats->buffers_written;
#else
	*timed = stats->timed_checkpoints;
	*requested = stats->requested_checkpoints;
	*write_ms = (double) stats->checkpoint_write_time;
	*sync_ms = (double) stats->checkpoint_sync_time;
	*buffers = stats->buf_written_checkpoints;
#endif
}

/*
 * Data files that sessions had to sync themselves; only in pg_stat_io since
 * 74604a37f (17), which counts those of new files in, too
 */
static inline int64
tend_backend_fsyncs_counted(void)
{
#if PG_VERSION_NUM >= 170000
	return pgstat_fetch_stat_io()->stats[B_BACKEND].counts[IOOBJECT_RELATION][IOCONTEXT_NORMAL][IOOP_FSYNC];
#else
	return pgstat_fetch_stat_checkpointer()->buf_fsync_backend;
#endif
}

/* Syncs of WAL; they are in pg_stat_io since 2421e9a51 (18) */
static inline int64
tend_wal_syncs_counted(void)
{
#if PG_VERSION_NUM >= 180000
	const PgStat_IO *io = pgstat_fetch_stat_io();
	int64		syncs = 0;

	for (int i = 0; i < BACKEND_NUM_TYPES; i++)
		syncs += io->stats[i].counts[IOOBJECT_WAL][IOCONTEXT_NORMAL][IOOP_FSYNC];
	return syncs;
#else
	return pgstat_fetch_stat_wal()->wal_sync;
#endif
}
/*
 * Who set the value that RESET brings back?  find_option() is for others, too,
 * since 0a20ff54f (16).
 */
static inline GucSource
tend_setting_source(const char *name)
{
#if PG_VERSION_NUM >= 160000
	struct config_generic *setting = find_option(name, false, true, 0);

	return setting != NULL ? setting->reset_source : PGC_S_DEFAULT;
#else
	struct config_generic **all = get_guc_variables();

	for (int i = 0; i < GetNumConfigOptions(); i++)
	{
		if (strcmp(all[i]->name, name) == 0)
			return all[i]->reset_source;
	}
	return PGC_S_DEFAULT;
#endif
}

#endif							/* TEND_COMPAT_H */
