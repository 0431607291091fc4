/*-------------------------------------------------------------------------
 *
 * statistics_change.c
 *	  Carry out advice on statistics, watch it, and take it back.
 *
 * What was created is written into tend.statistics_actions.  A dump takes it
 * along together with the objects; in the restored database their names count,
 * as OIDs are others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "act/ledger.h"
#include "act/statistics_change.h"
#include "advise/candidates.h"
#include "advise/statistics.h"
#include "as_owner.h"
#include "catalog/namespace.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "nodes/value.h"
#include "settings.h"
#include "sql.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#define A_DAY			1440
/* How long it is not advised again what somebody has taken back, in intervals */
#define HANDS_OFF		(7 * A_DAY)

/* ---- writing down ---- */

static void
update(const char *sql, int nargs, Oid *types, Datum *values, const char *nulls)
{
	tend_sql_check("write what became of statistics",
				   SPI_execute_with_args(sql, nargs, types, values, nulls, false, 0), SPI_OK_UPDATE);
}

static ArrayType *
names_array(Oid relid, const TendColumnSet *columns)
{
	Datum		items[TEND_ESTIMATE_COLUMNS];

	for (int i = 0; i < columns->n; i++)
		items[i] = DirectFunctionCall1(namein,
									   CStringGetDatum(get_attname(relid, columns->columns[i], false)));
	return construct_array(items, columns->n, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR);
}

static ArrayType *
kinds_array(int kinds)
{
	Datum		items[3];
	int			n = 0;

	for (int kind = TEND_STATISTICS_NDISTINCT; kind <= TEND_STATISTICS_MCV; kind <<= 1)
	{
		if (kinds & kind)
			items[n++] = CStringGetTextDatum(tend_statistics_kind_name(kind));
	}
	return construct_array(items, n, TEXTOID, -1, false, TYPALIGN_INT);
}

#define ADD_SQL \
	"INSERT INTO tend.statistics_actions (action_id, at, relid, schema_name, table_name, columns," \
	" kinds, object, object_schema, object_name, command, undo_command, reason, q_error_before," \
	" q_error_predicted, origin)" \
	" SELECT i.id, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15" \
	/* a restore sets the sequence to what it was elsewhere */ \
	" FROM (SELECT GREATEST(pg_catalog.nextval('tend.statistics_action_id'), 1 +" \
	" (SELECT pg_catalog.max(action_id) FROM tend.statistics_actions)) AS id) i RETURNING action_id"

static int64
add_action(const TendVerdictRow *row, const TendStatisticsPlan *plan, Oid object, TimestampTz now)
{
	Oid			types[] = {
		TIMESTAMPTZOID, OIDOID, TEXTOID, TEXTOID, NAMEARRAYOID, TEXTARRAYOID, OIDOID, TEXTOID, TEXTOID,
		TEXTOID, TEXTOID, TEXTOID, FLOAT8OID, FLOAT8OID, TEXTOID
	};
	Datum		values[] = {
		TimestampTzGetDatum(now),
		ObjectIdGetDatum(plan->relid),
		CStringGetTextDatum(plan->schema),
		CStringGetTextDatum(plan->table),
		PointerGetDatum(names_array(row->relid, &row->advised)),
		PointerGetDatum(kinds_array(row->kinds)),
		ObjectIdGetDatum(object),
		CStringGetTextDatum(plan->schema),
		CStringGetTextDatum(plan->name),
		CStringGetTextDatum(tend_statistics_plans_command(plan, 1)),
		CStringGetTextDatum(tend_statistics_plans_undo(plan, 1)),
		CStringGetTextDatum(row->proof != NULL ? row->proof : ""),
		Float8GetDatum(row->q_error_now),
		Float8GetDatum(row->q_error_expected),
		CStringGetTextDatum(tend_ledger_here())
	};

	tend_sql_check("add an action",
				   SPI_execute_with_args(ADD_SQL, lengthof(types), types, values, NULL, false, 0),
				   SPI_OK_INSERT_RETURNING);
	return tend_sql_int64(0, 1);
}

/* The ledger is locked before the table, see change.c. */
static bool
lock_ledger(void)
{
	Oid			tend = get_namespace_oid("tend", false);

	return ConditionalLockRelationOid(get_relname_relid("statistics_actions", tend), RowExclusiveLock) &&
		ConditionalLockRelationOid(get_relname_relid("statistics_verdicts", tend), RowExclusiveLock);
}

static void
log_change(const TendVerdictRow *row, const TendStatisticsChange *change)
{
	ereport(LOG,
			(errmsg("pg_tend created statistics: %s",
					tend_statistics_plans_command(change->plans, change->n)),
			 errdetail("Reason: %s.", row->proof != NULL ? row->proof : "on request"),
			 errhint("To undo it: %s", tend_statistics_plans_undo(change->plans, change->n))));
}

/* The verdicts that the advice was made of */
static void
mark_applied(const TendVerdictRow *row, TimestampTz now)
{
	Oid			types[] = {OIDOID, INT2ARRAYOID, OIDARRAYOID, TIMESTAMPTZOID};
	Datum		values[] = {
		ObjectIdGetDatum(row->relid),
		PointerGetDatum(tend_verdict_columns(&row->advised)),
		PointerGetDatum(tend_verdict_tables(row)),
		TimestampTzGetDatum(now + (int64) HANDS_OFF * tend_interval * USECS_PER_SEC)
	};

	update("UPDATE tend.statistics_verdicts SET state = 'applied', wins = 0, next_at = $4,"
		   " reason = 'the statistics were created'"
		   " WHERE relid = $1 AND advised = $2 AND tables = $3 AND state = 'proven' AND object = 0",
		   lengthof(types), types, values, NULL);
}

/*
 * The server does not let the owner create it: say so once, and let it be
 * verified again in a day before anybody tries again.
 */
void
tend_statistics_refused(const TendVerdictRow *row, const TendStatisticsChange *change, TimestampTz now)
{
	const char *problem = tend_statistics_problem(change->result, change->message);
	Oid			types[] = {OIDOID, INT2ARRAYOID, OIDARRAYOID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[] = {
		ObjectIdGetDatum(row->relid),
		PointerGetDatum(tend_verdict_columns(&row->advised)),
		PointerGetDatum(tend_verdict_tables(row)),
		TimestampTzGetDatum(now + (int64) A_DAY * tend_interval * USECS_PER_SEC),
		CStringGetTextDatum(psprintf("it could not be created: %s", problem))
	};

	update("UPDATE tend.statistics_verdicts SET state = 'failed', wins = 0, next_at = $4, reason = $5"
		   " WHERE relid = $1 AND advised = $2 AND tables = $3 AND state = 'proven' AND object = 0",
		   lengthof(types), types, values, NULL);
	ereport(LOG,
			(errmsg("pg_tend could not create statistics: %s", problem),
			 errdetail("The command was: %s", tend_statistics_plans_command(change->plans, change->n))));
}

/*
 * Create what is advised, on all its tables or none.
 */
TendStatisticsChange
tend_statistics_apply(const TendVerdictRow *row, TimestampTz now)
{
	TendStatisticsChange change = {.result = TEND_ALTER_LOCKED};
	Oid			objects[TEND_VERDICT_TABLES];
	TendIdentity saved;

	change.n = tend_statistics_plans(row, change.plans);
	if (change.n == 0)
		change.result = TEND_ALTER_GONE;
	else if (lock_ledger())
		change.result = tend_statistics_create(change.plans, change.n, objects, &change.message);
	if (change.result != TEND_ALTER_DONE)
		return change;

	saved = tend_become_superuser();
	for (int i = 0; i < change.n; i++)
		change.action_ids[i] = add_action(row, &change.plans[i], objects[i], now);
	mark_applied(row, now);
	tend_become_again(saved);
	log_change(row, &change);
	return change;
}

/* ---- what is in force ---- */

#define ACTION_SQL \
	"SELECT a.action_id, s.stxrelid, s.oid, a.verdict = 'reverted', a.observed IS NOT NULL, a.at," \
	" a.q_error_before FROM tend.statistics_actions a LEFT JOIN pg_catalog.pg_statistic_ext s ON" \
	" CASE WHEN a.origin = $1 THEN s.oid = a.object" \
	" ELSE s.stxname = a.object_name AND s.stxnamespace =" \
	" (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = a.object_schema) END"

static TendStatisticsAction
read_action(uint64 row)
{
	TendStatisticsAction a = {0};
	bool		isnull;

	a.action_id = tend_sql_int64(row, 1);
	a.relid = tend_sql_oid(row, 2);
	a.object = tend_sql_oid(row, 3);
	a.reverted = DatumGetBool(tend_sql_datum(row, 4, &isnull));
	a.watched = DatumGetBool(tend_sql_datum(row, 5, &isnull));
	a.at = tend_sql_time(row, 6);
	a.q_error_before = tend_sql_double(row, 7);
	return a;
}

/* One action, of this database if there are two; false: there is none. */
bool
tend_statistics_action(int64 action_id, TendStatisticsAction *action)
{
	Oid			types[] = {TEXTOID, INT8OID};
	Datum		values[] = {CStringGetTextDatum(tend_ledger_here()), Int64GetDatum(action_id)};
	bool		found = tend_sql_select("read tend.statistics_actions",
										ACTION_SQL " WHERE a.action_id = $2 ORDER BY a.origin <> $1 LIMIT 1",
										lengthof(types), types, values) > 0;

	if (found)
		*action = read_action(0);
	tend_sql_done();
	return found;
}

/* Those whose effect is not known yet; in the current memory context */
TendStatisticsAction *
tend_statistics_pending(int *n)
{
	MemoryContext cxt = CurrentMemoryContext;
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(tend_ledger_here())};
	uint64		rows = tend_sql_select("read tend.statistics_actions",
									   ACTION_SQL " WHERE a.verdict = 'pending' AND a.origin = $1",
									   lengthof(types), types, values);
	TendStatisticsAction *actions = MemoryContextAlloc(cxt, sizeof(TendStatisticsAction) * Max(rows, 1));

	for (uint64 i = 0; i < rows; i++)
		actions[i] = read_action(i);
	tend_sql_done();
	*n = (int) rows;
	return actions;
}

static void
mark_reverted(const TendStatisticsAction *action, TimestampTz now, const char *by)
{
	Oid			types[] = {INT8OID, TIMESTAMPTZOID, TEXTOID};
	Datum		values[] = {
		Int64GetDatum(action->action_id), TimestampTzGetDatum(now), CStringGetTextDatum(by)
	};

	update("UPDATE tend.statistics_actions SET verdict = 'reverted', reverted_at = $2, reverted_by = $3"
		   " WHERE action_id = $1 AND verdict <> 'reverted'", lengthof(types), types, values, NULL);
}

/* What was taken back is not advised again for a week. */
static void
refute_verdicts(const TendStatisticsAction *action, TimestampTz now)
{
	Oid			types[] = {OIDOID, TIMESTAMPTZOID};
	Datum		values[] = {
		ObjectIdGetDatum(action->relid),
		TimestampTzGetDatum(now + (int64) HANDS_OFF * tend_interval * USECS_PER_SEC)
	};

	update("UPDATE tend.statistics_verdicts SET state = 'refuted', wins = 0, next_at = $2,"
		   " reason = 'statistics that were created for it were taken back'"
		   " WHERE $1 = ANY (tables) AND state = 'applied' AND object = 0",
		   lengthof(types), types, values, NULL);
}

/*
 * Drop what an action created.  "command" is what was run.
 */
TendAlterResult
tend_statistics_take_back(const TendStatisticsAction *action, TimestampTz now, const char *by,
						  char **command, char **message)
{
	TendAlterResult result = TEND_ALTER_GONE;
	TendIdentity saved;

	*command = OidIsValid(action->object) ? tend_statistics_drop_command(action->object) : NULL;
	*message = NULL;
	if (!lock_ledger())
		return TEND_ALTER_LOCKED;
	if (*command != NULL)
		result = tend_statistics_drop(action->relid, action->object, message);
	if (result != TEND_ALTER_DONE && result != TEND_ALTER_GONE)
		return result;
	saved = tend_become_superuser();
	mark_reverted(action, now, result == TEND_ALTER_DONE ? by : "dropped by hand");
	refute_verdicts(action, now);
	tend_become_again(saved);
	if (result == TEND_ALTER_DONE)
		ereport(LOG,
				(errmsg("pg_tend took back statistics: %s", *command),
				 errdetail("Reason: %s.", by)));
	return result;
}

/* Somebody has dropped the object. */
void
tend_statistics_gone(const TendStatisticsAction *action, TimestampTz now)
{
	mark_reverted(action, now, "dropped by hand");
}

/* What was seen since, and what that means; NaN: nothing was seen */
void
tend_statistics_observed(const TendStatisticsAction *action, const char *verdict,
						 const char *observed, double q_error_since)
{
	Oid			types[] = {INT8OID, TEXTOID, TEXTOID, FLOAT8OID, TEXTOID};
	Datum		values[] = {
		Int64GetDatum(action->action_id), CStringGetTextDatum(verdict), CStringGetTextDatum(observed),
		Float8GetDatum(q_error_since), CStringGetTextDatum(tend_ledger_here())
	};

	update("UPDATE tend.statistics_actions SET verdict = $2, observed = $3, q_error_since = $4"
		   " WHERE action_id = $1 AND origin = $5", lengthof(types), types, values,
		   isnan(q_error_since) ? "   n " : NULL);
}

/* Why nothing was done, NULL if it was */
const char *
tend_statistics_problem(TendAlterResult result, const char *message)
{
	switch (result)
	{
		case TEND_ALTER_DONE:
			return NULL;
		case TEND_ALTER_LOCKED:
			return "somebody holds a lock on the table; an autovacuum is not disturbed";
		case TEND_ALTER_GONE:
			return "the table, a column or the statistics are gone";
		case TEND_ALTER_CHANGED:
		case TEND_ALTER_FAILED:
			break;
	}
	return psprintf("the server refused: %s", message != NULL ? message : "unknown");
}
