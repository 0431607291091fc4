/*-------------------------------------------------------------------------
 *
 * farewell.c
 *	  Say what stays behind when the extension is dropped.
 *
 * Options that pg_tend set are part of the tables and stay, and so do the
 * statistics that it created.  Who drops a ledger drops the memory of what was
 * there before, so this is the last moment to say so.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "act/farewell.h"
#include "catalog/dependency.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "sql.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

static object_access_hook_type previous_object_access_hook = NULL;

typedef struct Ledger
{
	const char *table;			/* in schema tend */
	const char *count;			/* query: tables that keep something */
	const char *one;			/* message for one table */
	const char *many;
	const char *detail;
	const char *hint;
} Ledger;

static const Ledger ledgers[] = {
	{
		"autovacuum_actions",
		"SELECT pg_catalog.count(DISTINCT a.relid)"
		" FROM tend.autovacuum_actions a"
		" JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.relid"
		" WHERE a.verdict OPERATOR(pg_catalog.<>) 'reverted'",
		"autovacuum options that pg_tend set stay on %lld table",
		"autovacuum options that pg_tend set stay on %lld tables",
		"The record of what they were is dropped now.",
		"To undo them, roll back and run first: SELECT * FROM tend.revert_all();"
	},
	{
		"statistics_actions",
		"SELECT pg_catalog.count(DISTINCT a.relid)"
		" FROM tend.statistics_actions a"
		" JOIN pg_catalog.pg_statistic_ext e ON e.oid OPERATOR(pg_catalog.=) a.object"
		" AND e.stxrelid OPERATOR(pg_catalog.=) a.relid"
		" WHERE a.verdict OPERATOR(pg_catalog.<>) 'reverted'",
		"statistics that pg_tend created stay on %lld table",
		"statistics that pg_tend created stay on %lld tables",
		"The record of why they are there is dropped now.",
		"To drop them, roll back and run first: "
		"SELECT tend.revert_statistics(action_id) FROM tend.statistics_actions WHERE verdict <> 'reverted';"
	},
};

/* NULL: it is none of them */
static const Ledger *
find_ledger(Oid relid)
{
	const Ledger *ledger = NULL;
	char	   *name = get_rel_name(relid);
	char	   *schema;
	Oid			extension;

	for (int i = 0; name != NULL && i < (int) lengthof(ledgers); i++)
		if (strcmp(name, ledgers[i].table) == 0)
			ledger = &ledgers[i];
	if (ledger == NULL)
		return NULL;
	schema = get_namespace_name(get_rel_namespace(relid));
	if (schema == NULL || strcmp(schema, "tend") != 0)
		return NULL;

	/*
	 * Anybody may have made something of that name.  We read it with the
	 * rights of who drops it, so it has to be the extension's.
	 */
	extension = get_extension_oid("pg_tend", true);
	if (get_rel_relkind(relid) == RELKIND_RELATION && OidIsValid(extension) &&
		getExtensionOfObject(RelationRelationId, relid) == extension)
		return ledger;
	return NULL;
}

static void
count_in_force(const Ledger *ledger, int64 *tables)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (tend_sql_select("count what stays", ledger->count, 0, NULL, NULL) > 0)
		*tables = tend_sql_int64(0, 1);
	tend_sql_done();
	SPI_finish();
	PopActiveSnapshot();
}

/* Whatever goes wrong here must not keep anybody from dropping us. */
static int64
tables_in_force(const Ledger *ledger)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int64 tables = 0;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		int64		n = 0;

		MemoryContextSwitchTo(cxt);
		count_in_force(ledger, &n);
		tables = n;
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		int			code = geterrcode();

		/* somebody wants the whole DROP to end */
		if (code == ERRCODE_QUERY_CANCELED || code == ERRCODE_ADMIN_SHUTDOWN)
			PG_RE_THROW();
		MemoryContextSwitchTo(cxt);
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	return tables;
}

static void
watch_drops(ObjectAccessType access, Oid classId, Oid objectId, int subId, void *arg)
{
	const Ledger *ledger;
	int64		tables;

	if (previous_object_access_hook != NULL)
		previous_object_access_hook(access, classId, objectId, subId, arg);
	if (access != OAT_DROP || classId != RelationRelationId || subId != 0)
		return;
	ledger = find_ledger(objectId);
	tables = ledger == NULL ? 0 : tables_in_force(ledger);
	if (tables > 0)
		ereport(WARNING,
				(errmsg_plural(ledger->one, ledger->many, (unsigned long) tables, (long long) tables),
				 errdetail_internal("%s", ledger->detail),
				 errhint("%s", ledger->hint)));
}

void
tend_farewell_install(void)
{
	previous_object_access_hook = object_access_hook;
	object_access_hook = watch_drops;
}
