/*-------------------------------------------------------------------------
 *
 * row_security.c
 *	  Are some rows of a table hidden from some users?
 *
 * Row security of a partitioned table, or of one that others inherit from,
 * holds for all who read these through it, but the flag stands there alone.
 * Whether somebody came that way is not known afterwards, so what any parent
 * hides counts as hidden.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "collect/row_security.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/syscache.h"

static bool
has_flag(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		flag;

	if (!HeapTupleIsValid(tuple))
		return false;
	flag = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
	ReleaseSysCache(tuple);
	return flag;
}

static bool
is_hidden(Relation inherits, Oid relid)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		hidden = has_flag(relid);

	check_stack_depth();
	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (!hidden && HeapTupleIsValid(tuple = systable_getnext(scan)))
		hidden = is_hidden(inherits, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	return hidden;
}

/* Has the table row security, or any that it inherits from? */
bool
tend_has_row_security(Oid relid)
{
	Relation	inherits = table_open(InheritsRelationId, AccessShareLock);
	bool		hidden = is_hidden(inherits, relid);

	table_close(inherits, AccessShareLock);
	return hidden;
}
