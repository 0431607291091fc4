/*-------------------------------------------------------------------------
 *
 * column_name.c
 *	  The name of a column that still exists.
 *
 * Numbers of columns are remembered for days, and columns are dropped
 * meanwhile.  get_attname() has a name for those, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "column_name.h"
#include "utils/syscache.h"

/* NULL: it was dropped, or the table was */
char *
tend_column_name(Oid relid, AttrNumber column)
{
	HeapTuple	tuple = SearchSysCacheAttNum(relid, column);
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	name = pstrdup(NameStr(((Form_pg_attribute) GETSTRUCT(tuple))->attname));
	ReleaseSysCache(tuple);
	return name;
}
