/*-------------------------------------------------------------------------
 *
 * estimate_subject.c
 *	  What the catalogs say of the table and columns of a misestimate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "collect/estimate_subject.h"
#include "commands/vacuum.h"
#include "compat.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static bool
find_table(Oid relid, TendEstimateSubject *subject)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_class) GETSTRUCT(tuple);
	subject->table = pstrdup(NameStr(form->relname));
	subject->schema = get_namespace_name(form->relnamespace);
	subject->table_rows = form->reltuples >= 0 ? form->reltuples : NAN;
	ReleaseSysCache(tuple);
	if (subject->schema == NULL)
		return false;
	subject->quoted_table = quote_qualified_identifier(subject->schema, subject->table);
	return true;
}

static bool
find_column(Oid relid, AttrNumber attnum, TendEstimateSubject *subject, int i)
{
	/* dropped columns are not found */
	HeapTuple	tuple = SearchSysCacheAttNum(relid, attnum);
	int			target;

	if (!HeapTupleIsValid(tuple))
		return false;
	subject->columns[i] = pstrdup(NameStr(((Form_pg_attribute) GETSTRUCT(tuple))->attname));
	subject->quoted_columns[i] = quote_identifier(subject->columns[i]);
	target = tend_attribute_target(tuple);
	subject->targets[i] = target >= 0 ? target : default_statistics_target;
	ReleaseSysCache(tuple);
	return true;
}

/*
 * Allocated in the current memory context.  False if the table or one of the
 * columns is gone.  Takes no lock: what is renamed at this moment has either
 * name.
 */
bool
tend_estimate_subject(const TendEstimateKey *key, TendEstimateSubject *subject)
{
	memset(subject, 0, sizeof(*subject));
	if (!find_table(key->relid, subject))
		return false;
	for (int i = 0; i < key->ncolumns; i++)
	{
		if (!find_column(key->relid, key->columns[i], subject, i))
			return false;
	}
	return true;
}
