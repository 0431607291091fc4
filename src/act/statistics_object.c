/*-------------------------------------------------------------------------
 *
 * statistics_object.c
 *	  Create and drop statistics on several columns.
 *
 * Like storage parameters (alter.c), they are created as the table's owner, in
 * a security-restricted operation, and only if the lock is free: the server's
 * own wait would cancel an autovacuum.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "act/statistics_object.h"
#include "advise/statistics.h"
#include "as_owner.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic_ext.h"
#include "collect/existing_statistics.h"
#include "column_name.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

/* ---- names ---- */

/* Is there such statistics object, or is there going to be? */
static bool
is_taken(char *schema, char *name, const TendStatisticsPlan *plans, int n)
{
	Oid			namespace = get_namespace_oid(schema, true);

	for (int i = 0; i < n; i++)
	{
		if (strcmp(plans[i].schema, schema) == 0 && strcmp(plans[i].name, name) == 0)
			return true;
	}
	/* by name, it would be looked up with the rights of who only reads advice */
	return SearchSysCacheExists2(STATEXTNAMENSP, CStringGetDatum(name), ObjectIdGetDatum(namespace));
}

/* table_column_column_stat, with a number if that is taken */
static char *
choose_name(char *schema, char *table, char **columns, int ncolumns,
			const TendStatisticsPlan *plans, int n)
{
	StringInfoData list;
	char		label[NAMEDATALEN] = "stat";

	initStringInfo(&list);
	for (int i = 0; i < ncolumns; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? "_" : "", columns[i]);
	for (int number = 1;; number++)
	{
		char	   *name = makeObjectName(table, list.data, label);

		if (!is_taken(schema, name, plans, n))
			return name;
		snprintf(label, sizeof(label), "stat%d", number);
	}
}

/* ---- statements ---- */

static char *
kinds_list(int kinds)
{
	StringInfoData list;

	initStringInfo(&list);
	tend_statistics_kinds_text(&list, kinds);
	return list.data;
}

/* False: a column is gone */
static bool
read_names(Oid relid, const TendColumnSet *columns, char **names)
{
	for (int i = 0; i < columns->n; i++)
	{
		names[i] = tend_column_name(relid, columns->columns[i]);
		if (names[i] == NULL)
			return false;
	}
	return true;
}

static char *
columns_list(char **names, int n)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < n; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", quote_identifier(names[i]));
	return list.data;
}

/* Is it still the table, or a partition of it?  It may have been detached. */
static bool
is_part_of(Oid relid, Oid parent)
{
	return relid == parent ||
		(get_rel_relispartition(relid) && list_member_oid(get_partition_ancestors(relid), parent));
}

/*
 * Columns of other objects, which ANALYZE has to read as well.  In a partition
 * they may have other numbers.
 */
static char *
other_columns(Oid relid, char **names, int n)
{
	Bitmapset  *others = tend_statistics_columns(relid);
	StringInfoData list;
	int			column = 0;

	for (int i = 0; i < n; i++)
		others = bms_del_member(others, get_attnum(relid, names[i]));
	initStringInfo(&list);
	while ((column = bms_next_member(others, column)) >= 0)
	{
		char	   *name = get_attname(relid, column, true);

		if (name != NULL)
			appendStringInfo(&list, ", %s", quote_identifier(name));
	}
	return list.data;
}

/*
 * What is to be run for a verdict: an object for the table, or one for each of
 * its partitions that were scanned, whose scans a parent's statistics do not
 * help.  Returns how many; 0: table or columns are gone.
 */
int
tend_statistics_plans(const TendVerdictRow *verdict, TendStatisticsPlan *plans)
{
	char	   *names[TEND_ESTIMATE_COLUMNS];
	char	   *columns;
	int			n = 0;

	if (!read_names(verdict->relid, &verdict->advised, names))
		return 0;
	columns = columns_list(names, verdict->advised.n);
	for (int i = 0; i < verdict->ntables; i++)
	{
		TendStatisticsPlan *p = &plans[n];
		char	   *table = get_rel_name(verdict->tables[i]);
		char	   *schema = get_namespace_name(get_rel_namespace(verdict->tables[i]));
		char	   *object;

		if (table == NULL || schema == NULL || !is_part_of(verdict->tables[i], verdict->relid))
			continue;
		memset(p, 0, sizeof(*p));
		p->relid = verdict->tables[i];
		p->schema = schema;
		p->table = table;
		p->name = choose_name(schema, table, names, verdict->advised.n, plans, n);
		object = quote_qualified_identifier(schema, p->name);
		table = quote_qualified_identifier(schema, table);
		p->create = psprintf("CREATE STATISTICS %s (%s) ON %s FROM %s",
							 object, kinds_list(verdict->kinds), columns, table);
		if (verdict->target > 0)
			p->set_target = psprintf("ALTER STATISTICS %s SET STATISTICS %d", object, verdict->target);
		p->analyze = psprintf("ANALYZE %s (%s%s)", table, columns,
							  other_columns(p->relid, names, verdict->advised.n));
		p->drop = psprintf("DROP STATISTICS %s", object);
		n++;
	}
	return n;
}

/* All of it, to be pasted */
char *
tend_statistics_plans_command(const TendStatisticsPlan *plans, int n)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < n; i++)
	{
		appendStringInfo(&sql, "%s%s;", i > 0 ? " " : "", plans[i].create);
		if (plans[i].set_target != NULL)
			appendStringInfo(&sql, " %s;", plans[i].set_target);
		appendStringInfo(&sql, " %s;", plans[i].analyze);
	}
	return n > 0 ? sql.data : NULL;
}

char *
tend_statistics_plans_undo(const TendStatisticsPlan *plans, int n)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < n; i++)
		appendStringInfo(&sql, "%s%s;", i > 0 ? " " : "", plans[i].drop);
	return n > 0 ? sql.data : NULL;
}

/* Of an object that exists; NULL: it does not */
char *
tend_statistics_drop_command(Oid object)
{
	HeapTuple	tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(object));
	Form_pg_statistic_ext form;
	char	   *sql;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	sql = psprintf("DROP STATISTICS %s;",
				   quote_qualified_identifier(get_namespace_name(form->stxnamespace),
											  NameStr(form->stxname)));
	ReleaseSysCache(tuple);
	return sql;
}

char *
tend_statistics_definition(Oid object)
{
	return psprintf("%s;", TextDatumGetCString(DirectFunctionCall1(pg_get_statisticsobjdef,
																   ObjectIdGetDatum(object))));
}

/* ---- running them ---- */

static void
run(const char *sql)
{
	if (SPI_execute(sql, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not run \"%s\"", sql);
	CommandCounterIncrement();
}

static Oid
create_locked(const TendStatisticsPlan *p)
{
	TendIdentity saved = tend_become_owner(p->relid);
	Oid			object;

	run(p->create);
	if (p->set_target != NULL)
		run(p->set_target);
	run(p->analyze);
	object = get_statistics_object_oid(list_make2(makeString(p->schema), makeString(p->name)), false);
	tend_become_again(saved);
	return object;
}

/* Under the lock: is it still the table of that name? */
static bool
has_name(const TendStatisticsPlan *p)
{
	char	   *table = get_rel_name(p->relid);
	char	   *schema = get_namespace_name(get_rel_namespace(p->relid));

	return table != NULL && schema != NULL &&
		strcmp(table, p->table) == 0 && strcmp(schema, p->schema) == 0;
}

static TendAlterResult
create_all(const TendStatisticsPlan *plans, int n, Oid *objects)
{
	/* all locks first: who cannot have one should not have analyzed others */
	for (int i = 0; i < n; i++)
	{
		if (!ConditionalLockRelationOid(plans[i].relid, ShareUpdateExclusiveLock))
			return TEND_ALTER_LOCKED;
		if (!has_name(&plans[i]))
			return TEND_ALTER_GONE;
	}
	for (int i = 0; i < n; i++)
		objects[i] = create_locked(&plans[i]);
	return TEND_ALTER_DONE;
}

static TendAlterResult
drop_one(Oid relid, Oid object)
{
	char	   *sql;
	TendIdentity saved;

	if (!ConditionalLockRelationOid(relid, ShareUpdateExclusiveLock))
		return TEND_ALTER_LOCKED;
	sql = tend_statistics_drop_command(object);
	if (sql == NULL || get_rel_name(relid) == NULL)
		return TEND_ALTER_GONE;
	saved = tend_become_owner(relid);
	run(sql);
	tend_become_again(saved);
	return TEND_ALTER_DONE;
}

/* What an error means to us */
static TendAlterResult
failure(ErrorData *error, char **message)
{
	*message = error->message;
	/* somebody wants us gone: go */
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ? TEND_ALTER_LOCKED : TEND_ALTER_FAILED;
}

typedef struct Work
{
	const TendStatisticsPlan *plans;	/* NULL: to drop */
	int			n;
	Oid		   *objects;
	Oid			relid;
} Work;

/* All of it or nothing, in a subtransaction, which ends before an error goes on */
static TendAlterResult
guarded(const Work *work, char **message)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;
	volatile TendAlterResult result = TEND_ALTER_FAILED;

	*message = NULL;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		result = work->plans != NULL ? create_all(work->plans, work->n, work->objects) :
			drop_one(work->relid, work->objects[0]);
		MemoryContextSwitchTo(cxt);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	if (error == NULL && result == TEND_ALTER_DONE)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	return error != NULL ? failure(error, message) : result;
}

/*
 * Create and fill objects; needs a connected SPI and an active snapshot.
 */
TendAlterResult
tend_statistics_create(const TendStatisticsPlan *plans, int n, Oid *objects, char **message)
{
	Work		work = {.plans = plans,.n = n,.objects = objects};

	return guarded(&work, message);
}

TendAlterResult
tend_statistics_drop(Oid relid, Oid object, char **message)
{
	Work		work = {.relid = relid,.objects = &object};

	return guarded(&work, message);
}
