/*-------------------------------------------------------------------------
 *
 * shared_databases.c
 *	  What the launcher knows of each database.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "store/shared_private.h"
#include "utils/timestamp.h"

/* The entry of a database, for who holds the lock */
TendDatabase *
tend_database_find_locked(Oid dboid)
{
	for (int i = 0; i < tend_shared->ndatabases; i++)
	{
		if (tend_shared->databases[i].dboid == dboid)
			return &tend_shared->databases[i];
	}
	return NULL;
}

/* Will a visit ever fetch what is recorded for this database? */
bool
tend_database_is_wanted_locked(Oid dboid)
{
	TendDatabase *db = tend_database_find_locked(dboid);

	return db != NULL && db->status != TEND_DB_ABSENT && db->status != TEND_DB_EXCLUDED;
}

/* Caller holds the lock exclusively.  NULL when there is no room. */
static TendDatabase *
find_or_add_database(Oid dboid)
{
	TendDatabase *db = tend_database_find_locked(dboid);

	if (db != NULL || tend_shared->ndatabases >= TEND_MAX_DATABASES)
		return db;
	db = &tend_shared->databases[tend_shared->ndatabases++];
	memset(db, 0, sizeof(*db));
	memset(&tend_shared->economies[db - tend_shared->databases], 0, sizeof(TendEconomy));
	db->dboid = dboid;
	return db;
}

/* The sums of earlier visits to a database */
void
tend_database_economy(Oid dboid, TendEconomy *economy)
{
	TendDatabase *db;

	memset(economy, 0, sizeof(*economy));
	LWLockAcquire(tend_shared->lock, LW_SHARED);
	db = tend_database_find_locked(dboid);
	if (db != NULL)
		*economy = tend_shared->economies[db - tend_shared->databases];
	LWLockRelease(tend_shared->lock);
}

void
tend_database_set_economy(Oid dboid, const TendEconomy *economy)
{
	TendDatabase *db;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	db = tend_database_find_locked(dboid);
	if (db != NULL)
		tend_shared->economies[db - tend_shared->databases] = *economy;
	LWLockRelease(tend_shared->lock);
}

static bool
contains_oid(const Oid *oids, int n, Oid oid)
{
	for (int i = 0; i < n; i++)
	{
		if (oids[i] == oid)
			return true;
	}
	return false;
}

/*
 * Forget databases that are gone and add new ones.
 */
void
tend_database_sync(const Oid *present, int npresent)
{
	int			kept = 0;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < tend_shared->ndatabases; i++)
	{
		if (contains_oid(present, npresent, tend_shared->databases[i].dboid))
		{
			tend_shared->economies[kept] = tend_shared->economies[i];
			tend_shared->databases[kept++] = tend_shared->databases[i];
		}
		else
			tend_table_forget_locked(tend_shared->databases[i].dboid);
	}
	tend_shared->ndatabases = kept;
	tend_cancelled_purge_locked();
	tend_report_purge_locked();
	tend_shared->untracked_databases = 0;
	for (int i = 0; i < npresent; i++)
	{
		if (find_or_add_database(present[i]) == NULL)
			tend_shared->untracked_databases++;
	}
	LWLockRelease(tend_shared->lock);
}

bool
tend_database_get(Oid dboid, TendDatabase *copy)
{
	TendDatabase *db;

	LWLockAcquire(tend_shared->lock, LW_SHARED);
	db = tend_database_find_locked(dboid);
	if (db != NULL)
		*copy = *db;
	LWLockRelease(tend_shared->lock);
	return db != NULL;
}

/* A palloc'ed copy of all databases */
TendDatabase *
tend_database_list(int *n)
{
	TendDatabase *copy = palloc(sizeof(TendDatabase) * TEND_MAX_DATABASES);

	LWLockAcquire(tend_shared->lock, LW_SHARED);
	*n = tend_shared->ndatabases;
	memcpy(copy, tend_shared->databases, sizeof(TendDatabase) * tend_shared->ndatabases);
	LWLockRelease(tend_shared->lock);
	return copy;
}

/* Set status and time of the next visit. */
void
tend_database_schedule(Oid dboid, TendDatabaseStatus status, double next_visit)
{
	TendDatabase *db;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	db = tend_database_find_locked(dboid);
	if (db != NULL)
	{
		db->status = status;
		db->next_visit = next_visit;
	}
	LWLockRelease(tend_shared->lock);
}

/* Set the time of the next visit, unless one has been asked for meanwhile. */
void
tend_database_postpone(Oid dboid, double next_visit)
{
	TendDatabase *db;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	db = tend_database_find_locked(dboid);
	if (db != NULL && db->next_visit != 0)
		db->next_visit = next_visit;
	LWLockRelease(tend_shared->lock);
}

/* When the first of all next visits is due, in monotonic seconds */
double
tend_database_soonest(void)
{
	double		soonest = INFINITY;

	LWLockAcquire(tend_shared->lock, LW_SHARED);
	for (int i = 0; i < tend_shared->ndatabases; i++)
		soonest = Min(soonest, tend_shared->databases[i].next_visit);
	LWLockRelease(tend_shared->lock);
	return soonest;
}

/* Ask for a visit as soon as possible. */
void
tend_database_request(Oid dboid)
{
	TendDatabase *db;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	db = find_or_add_database(dboid);
	if (db != NULL)
		db->next_visit = 0;
	LWLockRelease(tend_shared->lock);
	tend_launcher_wake();
}

/*
 * Bring forward visits that were planned under other settings: with a longer
 * interval, or not at all.
 */
void
tend_database_hasten(double latest)
{
	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < tend_shared->ndatabases; i++)
	{
		TendDatabase *db = &tend_shared->databases[i];

		if (db->status == TEND_DB_EXCLUDED)
			db->next_visit = 0;
		else if (db->status != TEND_DB_FAILED && db->status != TEND_DB_ABSENT)
			db->next_visit = Min(db->next_visit, latest);
	}
	LWLockRelease(tend_shared->lock);
}

/* A visit ended well. */
void
tend_database_visited(Oid dboid, TendDatabaseStatus status, const TendVisitReport *report)
{
	TendDatabase *db;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	db = tend_database_find_locked(dboid);
	if (db != NULL)
	{
		db->status = status;
		db->failures = 0;
		db->last = *report;
		if (status == TEND_DB_PRESENT)
			db->visits++;
		db->cpu_ms += report->cpu_ms;
		db->rows_written += report->rows_written;
	}
	LWLockRelease(tend_shared->lock);
}

/*
 * A visit failed.  Returns whether this should be logged: the same error in
 * a row is logged once.
 */
bool
tend_database_failed(Oid dboid, int sqlstate, const char *message)
{
	TendDatabase *db;
	bool		news = true;
	int			len;

	LWLockAcquire(tend_shared->lock, LW_EXCLUSIVE);
	db = tend_database_find_locked(dboid);
	if (db != NULL)
	{
		news = db->failures == 0 || db->message_sqlstate != sqlstate;
		db->status = TEND_DB_FAILED;
		db->failures++;
		db->message_at = GetCurrentTimestamp();
		db->message_sqlstate = sqlstate;
		/* cut between characters */
		len = pg_mbcliplen(message, strlen(message), sizeof(db->message) - 1);
		memcpy(db->message, message, len);
		db->message[len] = '\0';
	}
	LWLockRelease(tend_shared->lock);
	return news;
}
