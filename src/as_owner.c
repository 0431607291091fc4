/*-------------------------------------------------------------------------
 *
 * as_owner.c
 *	  Do something with the rights of a table's owner, and no more.
 *
 * Types and operators of a table are its owner's code, or code that he trusts.
 * What runs it does so as ANALYZE does: as he, in a security-restricted
 * operation, and with settings that he cannot have chosen.
 *
 * An error restores identity and settings, as the end of a (sub)transaction
 * does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "as_owner.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/syscache.h"

/* Who owns a table; InvalidOid: it is gone */
Oid
tend_owner_of(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

static void
pin_settings(void)
{
	static const char *const settings[][2] = {
		{"search_path", "pg_catalog, pg_temp"},
		/* whoever we would wait for waits for others */
		{"lock_timeout", "10ms"},
		/* rather fail than see some of the rows */
		{"row_security", "off"},
		{"max_parallel_workers_per_gather", "0"},
		{"jit", "off"},
		/* our own statements are not the user's */
		{"pg_tend.track_plans", "none"},
	};

	for (int i = 0; i < (int) lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_SUSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* Become the owner of a table. */
TendIdentity
tend_become_owner(Oid relid)
{
	Oid			owner = tend_owner_of(relid);
	TendIdentity saved;

	if (!OidIsValid(owner))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	GetUserIdAndSecContext(&saved.user, &saved.context);
	SetUserIdAndSecContext(owner, saved.context | SECURITY_RESTRICTED_OPERATION);
	saved.nest_level = NewGUCNestLevel();
	pin_settings();
	return saved;
}

/*
 * For what concerns nothing but our own objects: no code of a user may run
 * under it.
 */
TendIdentity
tend_become_superuser(void)
{
	TendIdentity saved;

	GetUserIdAndSecContext(&saved.user, &saved.context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, saved.context | SECURITY_LOCAL_USERID_CHANGE);
	saved.nest_level = NewGUCNestLevel();
	pin_settings();
	return saved;
}

void
tend_become_again(TendIdentity identity)
{
	AtEOXact_GUC(false, identity.nest_level);
	SetUserIdAndSecContext(identity.user, identity.context);
}
