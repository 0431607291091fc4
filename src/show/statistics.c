/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  tend.statistics_advice, and the functions to verify, apply and revert
 *
 * Whoever calls these functions needs the rights of the table's owner, as for
 * CREATE STATISTICS; their own tables they read and write with ours.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "act/statistics_advice.h"
#include "act/statistics_change.h"
#include "act/verify.h"
#include "advise/candidates.h"
#include "advise/statistics.h"
#include "as_owner.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "column_name.h"
#include "compat.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "store/shared.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(tend_statistics_proposals);
PG_FUNCTION_INFO_V1(tend_verify_statistics);
PG_FUNCTION_INFO_V1(tend_apply_statistics);
PG_FUNCTION_INFO_V1(tend_revert_statistics);

/* ---- values ---- */

static void
put_text(Datum *values, bool *nulls, int col, const char *text)
{
	nulls[col] = text == NULL;

	if (text != NULL)
		values[col] = CStringGetTextDatum(text);
}

static void
put_number(Datum *values, bool *nulls, int col, double number)
{
	nulls[col] = isnan(number);
	values[col] = Float8GetDatum(number);
}

static Datum
kinds_datum(int kinds)
{
	Datum		items[3];
	int			n = 0;

	for (int kind = TEND_STATISTICS_NDISTINCT; kind <= TEND_STATISTICS_MCV; kind <<= 1)
	{
		if (kinds & kind)
			items[n++] = CStringGetTextDatum(tend_statistics_kind_name(kind));
	}
	return PointerGetDatum(construct_array(items, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* False: a column is gone. */
static bool
columns_datum(Oid relid, const TendColumnSet *columns, Datum *value)
{
	Datum		items[TEND_ESTIMATE_COLUMNS];

	for (int i = 0; i < columns->n; i++)
	{
		char	   *name = tend_column_name(relid, columns->columns[i]);

		if (name == NULL)
			return false;
		items[i] = DirectFunctionCall1(namein, CStringGetDatum(name));
	}
	*value = PointerGetDatum(construct_array(items, columns->n, NAMEOID, NAMEDATALEN, false,
											 TYPALIGN_CHAR));
	return true;
}

/* ---- advice ---- */

enum
{
	COL_RELID,
	COL_COLUMNS,
	COL_KINDS,
	COL_ACTION,
	COL_Q_ERROR_NOW,
	COL_Q_ERROR_EXPECTED,
	COL_PROOF,
	COL_EVIDENCE,
	COL_COMMAND,
	COL_UNDO_COMMAND,
	COL_QUERIES,
	COL_SAMPLES,
	COL_SAMPLED_MS,
	COL_VERIFIED_AT,
	NUM_COLS
};

static bool
commands(const TendVerdictRow *row, char **command, char **undo)
{
	TendStatisticsPlan plans[TEND_VERDICT_TABLES];
	int			n;

	if (row->state == TEND_VERDICT_USELESS)
	{
		*command = tend_statistics_drop_command(row->object);
		*undo = *command != NULL ? tend_statistics_definition(row->object) : NULL;
		return *command != NULL;
	}
	n = tend_statistics_plans(row, plans);
	*command = tend_statistics_plans_command(plans, n);
	*undo = tend_statistics_plans_undo(plans, n);
	return n > 0;
}

static Datum
queries_datum(const TendVerdictRow *row)
{
	Datum		items[TEND_ESTIMATE_QUERIES];

	for (int i = 0; i < row->nqueries; i++)
		items[i] = Int64GetDatum((int64) row->queries[i]);
	return PointerGetDatum(construct_array(items, row->nqueries, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static void
put_advice(ReturnSetInfo *rsinfo, const TendVerdictRow *row)
{
	Datum		values[NUM_COLS];
	bool		nulls[NUM_COLS] = {false};
	char	   *command;
	char	   *undo;

	/* dropped since */
	if (!columns_datum(row->relid, &row->advised, &values[COL_COLUMNS]) ||
		!commands(row, &command, &undo))
		return;
	values[COL_RELID] = ObjectIdGetDatum(row->relid);
	values[COL_KINDS] = kinds_datum(row->kinds);
	put_text(values, nulls, COL_ACTION, row->state == TEND_VERDICT_USELESS ? "drop" : "create");
	put_number(values, nulls, COL_Q_ERROR_NOW, row->q_error_now);
	put_number(values, nulls, COL_Q_ERROR_EXPECTED, row->q_error_expected);
	put_text(values, nulls, COL_PROOF, row->proof);
	nulls[COL_EVIDENCE] = row->evidence == NULL;
	if (row->evidence != NULL)
		values[COL_EVIDENCE] = DirectFunctionCall1(jsonb_in, CStringGetDatum(row->evidence));
	put_text(values, nulls, COL_COMMAND, command);
	put_text(values, nulls, COL_UNDO_COMMAND, undo);
	values[COL_QUERIES] = queries_datum(row);
	values[COL_SAMPLES] = Int64GetDatum(row->samples);
	put_number(values, nulls, COL_SAMPLED_MS, row->sampled_ms);
	values[COL_VERIFIED_AT] = TimestampTzGetDatum(row->verified_at);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * tend.statistics_proposals() - one row per object to create or drop
 */
Datum
tend_statistics_proposals(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TendVerdictRow *rows;
	TendVerdictRow *advice;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	if (rsinfo->setDesc->natts != NUM_COLS)
		elog(ERROR, "tend.statistics_proposals() has %d columns, expected %d",
			 rsinfo->setDesc->natts, NUM_COLS);
	SPI_connect();
	rows = tend_verdicts_list(&n);
	advice = tend_statistics_advice(rows, n, &n);
	for (int i = 0; i < n; i++)
		put_advice(rsinfo, &advice[i]);
	SPI_finish();
	return (Datum) 0;
}

/* ---- arguments ---- */

static int
compare_columns(const void *a, const void *b)
{
	return *(const AttrNumber *) a - *(const AttrNumber *) b;
}

/* The columns by number, in ascending order */
static TendColumnSet
read_columns(Oid relid, ArrayType *names)
{
	TendColumnSet set = {0};
	Datum	   *items;
	bool	   *nulls;
	int			n;

	deconstruct_array(names, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &items, &nulls, &n);
	if (n < 2 || n > TEND_ESTIMATE_COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("statistics on several columns need 2 to %d columns", TEND_ESTIMATE_COLUMNS)));
	for (int i = 0; i < n; i++)
	{
		const char *name = nulls[i] ? "" : NameStr(*DatumGetName(items[i]));

		set.columns[i] = get_attnum(relid, name);
		if (set.columns[i] <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" does not exist", name, get_rel_name(relid))));
	}
	set.n = n;
	qsort(set.columns, n, sizeof(AttrNumber), compare_columns);
	for (int i = 1; i < n; i++)
	{
		if (set.columns[i] == set.columns[i - 1])
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" is named twice", get_attname(relid, set.columns[i], false))));
	}
	return set;
}

static void
check_owner(Oid relid)
{
	char	   *name = get_rel_name(relid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	if (!tend_owns_relation(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)), name);
}

/* ---- verify ---- */

#define VERIFY_COLS 7

static void
put_step(ReturnSetInfo *rsinfo, const char *step, const TendVerdictRow *row)
{
	Datum		values[VERIFY_COLS];
	bool		nulls[VERIFY_COLS] = {false};
	bool		found = row->state == TEND_VERDICT_LIKELY || row->state == TEND_VERDICT_PROVEN;

	put_text(values, nulls, 0, step);
	nulls[1] = !found;
	values[1] = found ? kinds_datum(row->kinds) : (Datum) 0;
	put_number(values, nulls, 2, row->q_error_now);
	put_number(values, nulls, 3, found ? row->q_error_expected : NAN);
	put_number(values, nulls, 4, found ? row->q_error_now / row->q_error_expected : NAN);
	put_text(values, nulls, 5, tend_verdict_state_name(row->state));
	put_text(values, nulls, 6, found && row->proof != NULL ? row->proof : row->reason);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Two samples: what was best on one may be chance. */
static void
verify_rounds(ReturnSetInfo *rsinfo, const TendVerifyTask *task)
{
	TendVerdictRow row = {0};
	TendIdentity saved = tend_become_superuser();

	if (tend_verdict_find(task->relid, &task->columns, task->groups, InvalidOid, &row))
		row.wins = 0;
	tend_become_again(saved);
	for (int round = 1; round <= tend_choice_policy.wins; round++)
	{
		tend_verify(task, GetCurrentTimestamp(), &row);
		put_step(rsinfo, psprintf("%s, sample %d", task->groups ? "groups" : "rows", round), &row);
		if (row.state != TEND_VERDICT_LIKELY)
			break;
	}
	saved = tend_become_superuser();
	tend_verdict_write(&row);
	tend_become_again(saved);
}

/*
 * tend.verify_statistics(table, columns) - try it now
 */
Datum
tend_verify_statistics(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			relid = PG_GETARG_OID(0);
	TendColumnSet columns;
	TendEstimateEntry *entries = NULL;
	int			n = 0;
	TendVerifyTask task;

	PreventCommandIfReadOnly("tend.verify_statistics()");
	check_owner(relid);
	columns = read_columns(relid, PG_GETARG_ARRAYTYPE_P(1));
	InitMaterializedSRF(fcinfo, 0);
	if (tend_shared_loaded())
		entries = tend_estimates_list(MyDatabaseId, &n);
	SPI_connect();
	task = tend_verify_task(relid, &columns, true, entries, n);
	if (task.nkeys > 0)
		verify_rounds(rsinfo, &task);
	task.groups = false;
	task = tend_verify_task(relid, &columns, false, entries, n);
	verify_rounds(rsinfo, &task);
	SPI_finish();
	return (Datum) 0;
}

/* ---- apply ---- */

#define APPLY_COLS 4

static void
put_change(ReturnSetInfo *rsinfo, const TendStatisticsChange *change)
{
	for (int i = 0; i < change->n; i++)
	{
		Datum		values[APPLY_COLS];
		bool		nulls[APPLY_COLS] = {false};
		const TendStatisticsPlan *plan = &change->plans[i];

		nulls[0] = change->result != TEND_ALTER_DONE;
		values[0] = Int64GetDatum(change->action_ids[i]);
		put_text(values, nulls, 1, quote_qualified_identifier(plan->schema, plan->table));
		put_text(values, nulls, 2, tend_statistics_plans_command(plan, 1));
		put_text(values, nulls, 3, change->result == TEND_ALTER_DONE ? "done" :
				 tend_statistics_problem(change->result, change->message));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* The advice on these columns: more than one if it is for other tables */
static int
find_proven(Oid relid, const TendColumnSet *columns, TendVerdictRow **list)
{
	TendIdentity saved = tend_become_superuser();
	TendVerdictRow *rows;
	int			n;
	int			found = 0;

	rows = tend_verdicts_list(&n);
	*list = tend_statistics_advice(rows, n, &n);
	tend_become_again(saved);
	for (int i = 0; i < n; i++)
	{
		const TendVerdictRow *row = &(*list)[i];

		if (row->relid == relid && row->state == TEND_VERDICT_PROVEN && row->advised.n == columns->n &&
			memcmp(row->advised.columns, columns->columns, sizeof(AttrNumber) * columns->n) == 0)
			(*list)[found++] = *row;
	}
	return found;
}

/*
 * How many objects are to be created?  They may be on partitions, which may
 * belong to others, or be gone.
 */
static int
check_plans(const TendVerdictRow *rows, int n)
{
	int			total = 0;

	for (int i = 0; i < n; i++)
	{
		TendStatisticsPlan plans[TEND_VERDICT_TABLES];
		int			nplans = tend_statistics_plans(&rows[i], plans);

		for (int j = 0; j < nplans; j++)
			check_owner(plans[j].relid);
		total += nplans;
	}
	return total;
}

/*
 * tend.apply_statistics(table, columns) - create what is advised
 */
Datum
tend_apply_statistics(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			relid = PG_GETARG_OID(0);
	TendColumnSet columns;
	TendVerdictRow *rows;
	int			n;

	PreventCommandIfReadOnly("tend.apply_statistics()");
	check_owner(relid);
	columns = read_columns(relid, PG_GETARG_ARRAYTYPE_P(1));
	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	n = find_proven(relid, &columns, &rows);
	if (check_plans(rows, n) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("statistics on these columns are not proven to help"),
				 errhint("See tend.statistics_advice, or run tend.verify_statistics() first.")));
	for (int i = 0; i < n; i++)
	{
		TendStatisticsChange change = tend_statistics_apply(&rows[i], GetCurrentTimestamp());

		put_change(rsinfo, &change);
	}
	SPI_finish();
	return (Datum) 0;
}

/* ---- revert ---- */

static TendStatisticsAction
find_action(int64 action_id)
{
	TendIdentity saved = tend_become_superuser();
	TendStatisticsAction action;
	bool		found = tend_statistics_action(action_id, &action);

	tend_become_again(saved);
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no action %lld", (long long) action_id),
				 errhint("See tend.statistics_actions.")));
	if (action.reverted)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("action %lld is reverted already", (long long) action_id)));
	return action;
}

/*
 * tend.revert_statistics(action_id) - drop what was created
 */
Datum
tend_revert_statistics(PG_FUNCTION_ARGS)
{
	int64		action_id = PG_GETARG_INT64(0);
	MemoryContext cxt = CurrentMemoryContext;
	TendStatisticsAction action;
	TendAlterResult result;
	char	   *command;
	char	   *message;
	text	   *out;

	PreventCommandIfReadOnly("tend.revert_statistics()");
	SPI_connect();
	action = find_action(action_id);
	if (OidIsValid(action.relid))
		check_owner(action.relid);
	result = tend_statistics_take_back(&action, GetCurrentTimestamp(),
									   psprintf("%s, by tend.revert_statistics()",
												GetUserNameFromId(GetUserId(), false)),
									   &command, &message);
	if (result == TEND_ALTER_GONE)
	{
		SPI_finish();
		PG_RETURN_NULL();
	}
	if (result != TEND_ALTER_DONE)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("could not revert action %lld: %s", (long long) action_id,
						tend_statistics_problem(result, message)),
				 errhint("Try again later, or run it yourself: %s", command)));
	MemoryContextSwitchTo(cxt);
	out = cstring_to_text(command);
	SPI_finish();
	PG_RETURN_TEXT_P(out);
}
