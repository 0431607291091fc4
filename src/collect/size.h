/*-------------------------------------------------------------------------
 *
 * size.h
 *	  How large is a relation on disk, without locking it?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SIZE_H
#define TEND_SIZE_H

/* Where a relation's files are: columns of pg_class */
typedef struct TendFile
{
	Oid			relid;
	Oid			filenode;		/* InvalidOid: a mapped catalog */
	Oid			tablespace;		/* InvalidOid: that of the database */
	bool		is_shared;
	bool		is_temporary;
} TendFile;

extern int64 tend_file_bytes(const TendFile *file);
extern int64 tend_main_fork_bytes(const TendFile *file);
extern int64 tend_relation_bytes(Oid relid);

#endif							/* TEND_SIZE_H */
