/*-------------------------------------------------------------------------
 *
 * column_name.h
 *	  The name of a column that still exists.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_COLUMN_NAME_H
#define TEND_COLUMN_NAME_H

#include "access/attnum.h"

extern char *tend_column_name(Oid relid, AttrNumber column);

#endif							/* TEND_COLUMN_NAME_H */
