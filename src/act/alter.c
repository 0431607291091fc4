/*-------------------------------------------------------------------------
 *
 * alter.c
 *	  Set and reset options of one table, without hurting anybody.
 *
 * A plain ALTER TABLE would wait for an autovacuum, and after
 * deadlock_timeout cancel it.  So the locks that it needs (SHARE UPDATE
 * EXCLUSIVE on the table and on its TOAST table) are taken first, and only if
 * they are free; under them the table is looked at once more.  One wait is
 * left: for a transaction that has changed the table's row in pg_class without
 * a lock on the table, as GRANT does.  We look for it, and a lock_timeout of
 * some milliseconds is behind that.
 *
 * The statement runs as the owner of the table in a security-restricted
 * operation: an event trigger gets no more rights than if the owner had typed
 * it, and keeps its veto.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/xact.h"
#include "act/alter.h"
#include "advise/options.h"
#include "advise/tune_words.h"
#include "as_owner.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/procarray.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* ---- the statement ---- */

static double
value_of(const TendAlteration *a, bool undo)
{
	return undo ? a->expected : a->wanted;
}

/* "SET (a = 1, b = 2)" or "RESET (c)" of those that are to be set or not */
static void
append_list(StringInfo sql, const TendAlteration *alterations, int n, bool undo, bool set)
{
	const char *separator = set ? "SET (" : "RESET (";

	for (int i = 0; i < n; i++)
	{
		double		value = value_of(&alterations[i], undo);

		if (isnan(value) == set)
			continue;
		appendStringInfo(sql, "%s%s", separator, tend_option_name(alterations[i].option));
		if (set)
			appendStringInfo(sql, " = %s", tend_word_option(value).str);
		separator = ", ";
	}
	if (separator[0] == ',')
		appendStringInfoChar(sql, ')');
}

static char *
command(Oid relid, const TendAlteration *alterations, int n, bool undo)
{
	StringInfoData set;
	StringInfoData reset;
	char	   *name = get_rel_name(relid);
	char	   *schema = get_namespace_name(get_rel_namespace(relid));

	if (name == NULL || schema == NULL)
		return NULL;
	initStringInfo(&set);
	initStringInfo(&reset);
	append_list(&set, alterations, n, undo, true);
	append_list(&reset, alterations, n, undo, false);
	if (set.len == 0 && reset.len == 0)
		return NULL;
	return psprintf("ALTER %s %s %s%s%s;",
					get_rel_relkind(relid) == RELKIND_MATVIEW ? "MATERIALIZED VIEW" : "TABLE",
					quote_qualified_identifier(schema, name), set.data,
					set.len > 0 && reset.len > 0 ? ", " : "", reset.data);
}

/*
 * The statement that makes the change, NULL if the table is gone or nothing is
 * to be altered
 */
char *
tend_alter_command(Oid relid, const TendAlteration *alterations, int n)
{
	return command(relid, alterations, n, false);
}

/* The statement that takes it back */
char *
tend_alter_undo_command(Oid relid, const TendAlteration *alterations, int n)
{
	return command(relid, alterations, n, true);
}

/* ---- looking ---- */

static Oid
toast_of(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			toast = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		toast = ((Form_pg_class) GETSTRUCT(tuple))->reltoastrelid;
		ReleaseSysCache(tuple);
	}
	return toast;
}

static bool
lock(Oid relid)
{
	Oid			toast;

	if (!ConditionalLockRelationOid(relid, ShareUpdateExclusiveLock))
		return false;
	/* under the lock nobody gives the table another TOAST table */
	toast = toast_of(relid);
	return !OidIsValid(toast) || ConditionalLockRelationOid(toast, ShareUpdateExclusiveLock);
}

/*
 * Is another transaction changing the row of pg_class?  GRANT and some others
 * do that without a lock on the table.
 */
static bool
row_is_busy(Relation pg_class, Oid relid)
{
	HeapTuple	cached = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	HeapTupleData tuple;
	Buffer		buffer;
	bool		busy = true;

	if (!HeapTupleIsValid(cached))
		return false;
	tuple.t_self = cached->t_self;
	ReleaseSysCache(cached);
	if (heap_fetch(pg_class, SnapshotAny, &tuple, &buffer, false))
	{
		TransactionId xmax = HeapTupleHeaderGetRawXmax(tuple.t_data);

		busy = !(tuple.t_data->t_infomask & HEAP_XMAX_INVALID) &&
			!TransactionIdIsCurrentTransactionId(xmax) &&
			((tuple.t_data->t_infomask & HEAP_XMAX_IS_MULTI) != 0 || TransactionIdIsInProgress(xmax));
		ReleaseBuffer(buffer);
	}
	return busy;
}

static bool
rows_are_busy(Oid relid)
{
	Relation	pg_class = table_open(RelationRelationId, AccessShareLock);
	Oid			toast = toast_of(relid);
	bool		busy = row_is_busy(pg_class, relid) ||
		(OidIsValid(toast) && row_is_busy(pg_class, toast));

	table_close(pg_class, AccessShareLock);
	return busy;
}

static void
read_options(Oid relid, TendOptions *options)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Datum		reloptions;
	Datum	   *items;
	bool		isnull;
	int			n;

	tend_options_init(options);
	if (!HeapTupleIsValid(tuple))
		return;
	reloptions = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &isnull);
	if (!isnull)
	{
		deconstruct_array(DatumGetArrayTypeP(reloptions), TEXTOID, -1, false, TYPALIGN_INT,
						  &items, NULL, &n);
		for (int i = 0; i < n; i++)
			tend_options_add(options, TextDatumGetCString(items[i]));
	}
	ReleaseSysCache(tuple);
}

static bool
same(double a, double b)
{
	return isnan(a) ? isnan(b) : fabs(a - b) <= 1e-9 * Max(fabs(a), fabs(b));
}

/* Are the options as they should be, before the change or after it? */
static bool
options_are(Oid relid, const TendAlteration *alterations, int n, bool after)
{
	TendTableFacts facts;
	Oid			toast = toast_of(relid);

	read_options(relid, &facts.heap.options);
	read_options(toast, &facts.toast.options);
	for (int i = 0; i < n; i++)
	{
		if (!same(tend_option_current(&facts, alterations[i].option),
				  value_of(&alterations[i], !after)))
			return false;
	}
	return true;
}

/* ---- changing ---- */

/* Run a statement as the owner of a table, and as nobody else. */
static void
run_as_owner(Oid relid, const char *sql)
{
	TendIdentity saved = tend_become_owner(relid);

	if (SPI_execute(sql, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not run \"%s\"", sql);
	tend_become_again(saved);
}

static TendAlterResult
alter_locked(Oid relid, const TendAlteration *alterations, int n)
{
	char	   *sql;

	if (!lock(relid))
		return TEND_ALTER_LOCKED;
	sql = tend_alter_command(relid, alterations, n);
	if (sql == NULL)
		return TEND_ALTER_GONE;
	if (rows_are_busy(relid))
		return TEND_ALTER_LOCKED;
	if (!options_are(relid, alterations, n, false))
		return TEND_ALTER_CHANGED;
	run_as_owner(relid, sql);
	CommandCounterIncrement();
	/* a schema may have been renamed in between, and another taken its name */
	if (!options_are(relid, alterations, n, true))
		elog(ERROR, "the options of relation %u are not as they were set", relid);
	return TEND_ALTER_DONE;
}

/* What an error means to us */
static TendAlterResult
failure(MemoryContext cxt, char **message)
{
	ErrorData  *error;

	MemoryContextSwitchTo(cxt);
	error = CopyErrorData();
	FlushErrorState();
	*message = error->message;
	/* somebody wants us gone: go */
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
		ReThrowError(error);
	return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ? TEND_ALTER_LOCKED : TEND_ALTER_FAILED;
}

/*
 * Change options of one table, all of them or none, in a subtransaction: what
 * goes wrong leaves neither locks nor changes.  Needs a connected SPI and an
 * active snapshot.
 */
TendAlterResult
tend_alter(Oid relid, const TendAlteration *alterations, int n, char **message)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	TendAlterResult result;

	*message = NULL;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		result = alter_locked(relid, alterations, n);
		if (result == TEND_ALTER_DONE)
			ReleaseCurrentSubTransaction();
		else
			RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		result = failure(cxt, message);
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	return result;
}
