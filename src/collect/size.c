/*-------------------------------------------------------------------------
 *
 * size.c
 *	  How large is a relation on disk, without locking it?
 *
 * pg_relation_size() waits for whoever holds an ACCESS EXCLUSIVE lock, and a
 * monitor must not.  So we ask the file system about the relation's files; a
 * file that vanishes meanwhile counts as empty.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include "catalog/pg_tablespace_d.h"
#include "collect/size.h"
#include "common/relpath.h"
#include "compat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* All segments of one fork. */
static int64
fork_bytes(const char *base)
{
	int64		total = 0;

	for (int segment = 0;; segment++)
	{
		char		path[MAXPGPATH];
		struct stat st;

		if (segment == 0)
			strlcpy(path, base, sizeof(path));
		else
			snprintf(path, sizeof(path), "%s.%d", base, segment);
		if (stat(path, &st) != 0)
			break;
		total += st.st_size;
		if (st.st_size < (off_t) RELSEG_SIZE * BLCKSZ)
			break;
	}
	return total;
}

/* Main fork, free space map and visibility map */
static int64
main_forks_bytes(const char *main_path)
{
	int64		total = 0;

	for (ForkNumber fork = MAIN_FORKNUM; fork <= VISIBILITYMAP_FORKNUM; fork++)
	{
		char		path[MAXPGPATH];

		if (fork == MAIN_FORKNUM)
			strlcpy(path, main_path, sizeof(path));
		else
			snprintf(path, sizeof(path), "%s_%s", main_path, forkNames[fork]);
		total += fork_bytes(path);
	}
	return total;
}

/*
 * Bytes of the main fork, free space map and visibility map of a table or
 * index, or -1 if there is no such relation or it has no files.
 */
int64
tend_relation_bytes(Oid relid)
{
	LOCAL_FCINFO(fcinfo, 1);
	Datum		datum;
	char	   *path;
	int64		total;

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = ObjectIdGetDatum(relid);
	fcinfo->args[0].isnull = false;
	datum = pg_relation_filepath(fcinfo);
	if (fcinfo->isnull)
		return -1;

	path = TextDatumGetCString(datum);
	total = main_forks_bytes(path);
	pfree(path);
	return total;
}

/* The path of a main fork, of a relation that pg_class has a file of */
static void
main_path(char *path, size_t size, const TendFile *file)
{
	tend_relation_path(path, size,
					   file->is_shared ? InvalidOid : MyDatabaseId,
					   file->is_shared ? GLOBALTABLESPACE_OID :
					   OidIsValid(file->tablespace) ? file->tablespace : MyDatabaseTableSpace,
					   file->filenode);
}

/*
 * The same from columns of pg_class that the caller has read already.  This
 * leaves nothing in the catalog cache, which keeps a row for each relation
 * that was ever asked for, and would grow large with 100 000 of them.
 */
int64
tend_file_bytes(const TendFile *file)
{
	char		path[MAXPGPATH];

	/* few relations need what only the server knows */
	if (!OidIsValid(file->filenode) || file->is_temporary)
		return tend_relation_bytes(file->relid);

	main_path(path, sizeof(path), file);
	return main_forks_bytes(path);
}

/*
 * Bytes of the main fork alone, as the planner counts them.  A small table may
 * have more pages in its other forks, which come with the first vacuum and
 * would look like growth.
 */
int64
tend_main_fork_bytes(const TendFile *file)
{
	char		path[MAXPGPATH];

	/* few relations need what only the server knows */
	if (!OidIsValid(file->filenode) || file->is_temporary)
		return Max(tend_relation_bytes(file->relid), 0);

	main_path(path, sizeof(path), file);
	return fork_bytes(path);
}
