/*-------------------------------------------------------------------------
 *
 * verify.c
 *	  Would statistics on several columns cure a misestimate?
 *
 * First a sample is taken, which needs a lock on the table; then, without one,
 * it is asked which columns depend on each other, and what the planner would
 * expect with statistics on them (whatif.c).  Both happen in subtransactions
 * that are rolled back, whatever comes.
 *
 * What fails is most often a function of a type, and concerns this table only.
 * The error's text may have values in it, so it is not kept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "act/draw.h"
#include "act/verify_private.h"
#include "collect/guarded.h"
#include "commands/vacuum.h"
#include "miscadmin.h"
#include "store/shared.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/timeout.h"

/* Questions are filled up with drawn ones. */
#define ENOUGH_EXAMPLES	8
/* How well the answers to drawn ones must be known, see draw.c */
#define WELL_KNOWN		30
#define ROUGHLY_KNOWN	10

/* How long the trials may take, in seconds */
#define MAX_SECONDS		5.0

/* Who reads so large a share of a table reads it all. */
#define WHOLE_SHARE		0.9

/* ---- the sample ---- */

/* An object that is in question is none that exists. */
static void
take_out_object(TendVerification *v)
{
	TendExistingStatistics *e = &v->existing;

	for (int i = 0; i < e->n; i++)
	{
		if (e->objects[i] != v->task->object)
			continue;
		v->chosen.candidates[0] = e->like[i];
		v->chosen.n = 1;
		e->n--;
		memmove(&e->objects[i], &e->objects[i + 1], sizeof(Oid) * (e->n - i));
		memmove(&e->like[i], &e->like[i + 1], sizeof(TendCandidate) * (e->n - i));
		return;
	}
}

static void
take_sample(TendVerification *v, TendVerdictRow *row)
{
	MemoryContextSwitchTo(v->cxt);
	if (!tend_verify_questions(v, row))
	{
		v->result = TEND_SAMPLE_LOCKED;
		return;
	}
	tend_existing_statistics(v->target, v->sampled.columns, v->sampled.n, &v->existing);
	take_out_object(v);
	v->result = tend_column_sample(v->target, v->sampled.columns, v->sampled.n, &v->sample);
}

/* ---- trials ---- */

/* As the server does for an object that has no target of its own */
static int
target_of_columns(const TendVerification *v)
{
	int			target = 0;

	for (int i = 0; i < v->task->columns.n; i++)
	{
		HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(v->target),
											Int16GetDatum(v->sampled.columns[i]));
		bool		isnull;
		Datum		d;

		if (!HeapTupleIsValid(tuple))
			continue;
		d = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attstattarget, &isnull);
		target = Max(target, isnull || DatumGetInt16(d) < 0 ? default_statistics_target : DatumGetInt16(d));
		ReleaseSysCache(tuple);
	}
	return target;
}

static void
breathe(void)
{
	CHECK_FOR_INTERRUPTS();
}

static TendCodes *
make_codes(TendVerification *v)
{
	TendSample	s = {
		.nrows = v->sample.nrows,
		.ncolumns = v->task->columns.n,
		.table_rows = v->sample.table_rows
	};

	for (int i = 0; i < s.ncolumns; i++)
	{
		s.hashes[i] = v->sample.hashes[i];
		s.nulls[i] = v->sample.nulls[i];
	}
	return tend_codes_make(&s);
}

/*
 * Groups of a part of the table depend on what was filtered, which statistics
 * on the columns cannot tell.
 */
static void
ask_whole_table(TendVerification *v)
{
	int			n = 0;

	for (int i = 0; i < v->nquestions; i++)
	{
		if (v->questions[i].table_rows >= WHOLE_SHARE * v->sample.table_rows)
			v->questions[n++] = v->questions[i];
	}
	v->nquestions = n;
}

static void
choose_candidates(TendVerification *v)
{
	const TendVerifyTask *task = v->task;
	TendNeed	need = {
		.kind = task->groups ? TEND_ESTIMATE_GROUPS : TEND_ESTIMATE_FILTER,
		.parameters = task->samples > 0 ? (double) task->parameters / task->samples : 0,
		.target = target_of_columns(v),
		.breathe = breathe
	};
	TendCodes  *codes = make_codes(v);
	TendDependence all;
	int			columns[TEND_ESTIMATE_COLUMNS];

	memcpy(need.classes, task->classes, sizeof(need.classes));
	for (int i = 0; i < task->columns.n; i++)
		columns[i] = i;
	if (!OidIsValid(task->object))
		tend_candidates_choose(codes, &need, &v->chosen);
	if (task->groups)
		ask_whole_table(v);
	if (task->groups && v->nquestions == 0)
	{
		tend_dependence_measure(codes, columns, task->columns.n, need.target, &all);
		tend_verify_ask_groups(v, 0, all.groups, 1);
	}
	if (OidIsValid(task->object) && v->chosen.n > 0 &&
		(v->chosen.candidates[0].kinds & TEND_STATISTICS_NDISTINCT) != 0)
	{
		tend_dependence_measure(codes, columns, task->columns.n, need.target, &all);
		v->object_groups = all.groups;
	}
	tend_codes_free(codes);
}

static bool
compares_equal_only(const TendVerifyTask *task)
{
	for (int i = 0; i < task->columns.n; i++)
	{
		if (task->classes[i] != TEND_CLAUSE_EQUAL)
			return false;
	}
	return true;
}

static double
average_weight(const TendVerification *v)
{
	double		sum = 0;

	for (int i = 0; i < v->nquestions; i++)
		sum += v->questions[i].weight;
	return sum > 0 ? sum / v->nquestions : 1;
}

static void
try_candidates(TendVerification *v)
{
	TendColumnSample rest = v->sample;
	double		weight;

	v->any_example = v->nquestions > 0;
	/* one that was drawn from the sample is as good as one that was executed */
	weight = average_weight(v);
	if (!v->task->groups && compares_equal_only(v->task) && v->nquestions < ENOUGH_EXAMPLES)
		v->nquestions += tend_draw(&v->sample, v->task->columns.n, v->questions + v->nquestions,
								   v->any_example ? ENOUGH_EXAMPLES - v->nquestions : TEND_MAX_DRAWN,
								   v->any_example ? WELL_KNOWN : ROUGHLY_KNOWN, weight, &rest);
	/* who groups by the columns may need it, even if no filter does */
	if (v->object_groups > 0)
		tend_verify_ask_groups(v, 0, v->object_groups, 1);
	v->whatif.sample = &rest;
	v->whatif.existing = &v->existing;
	v->whatif.nquestions = v->nquestions;
	v->whatif.questions = v->questions;
	v->whatif.ncandidates = v->chosen.n;
	v->whatif.candidates = v->chosen.candidates;
	v->whatif.deadline = tend_monotonic_seconds() + MAX_SECONDS;
	v->slow = !tend_whatif(&v->whatif);
}

static void
use_sample(TendVerification *v, TendVerdictRow *row)
{
	MemoryContextSwitchTo(v->cxt);
	tend_column_sample_hash(&v->sample);
	choose_candidates(v);
	if (v->chosen.n > 0)
		try_candidates(v);
}

/* ---- rolled back, whatever comes ---- */

/* Was it our own timeout? */
static bool
is_ours(const TendVerification *v, const ErrorData *error)
{
	return v->task->timeout_ms > 0 && error->sqlerrcode == ERRCODE_QUERY_CANCELED &&
		(tend_monotonic_seconds() - v->began) * 1000 >= v->task->timeout_ms;
}

/*
 * Do it and undo it; returns the SQLSTATE of an error, 0: none came.  Who
 * wants the statement to end gets that, but after the subtransaction: it would
 * be left open.
 */
static int
rolled_back(void (*work) (TendVerification *v, TendVerdictRow *row), TendVerification *v, TendVerdictRow *row)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	int			depth = tend_guarded_depth;
	uint32		holdoff = InterruptHoldoffCount;
	bool		used_temp = (MyXactFlags & XACT_FLAGS_ACCESSEDTEMPNAMESPACE) != 0;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction("pg_tend");
	PG_TRY();
	{
		tend_guarded_depth = depth + 1;
		work(v, row);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		error = CopyErrorData();
		/* as before the error, which let interrupts in */
		InterruptHoldoffCount = holdoff;
		FlushErrorState();
	}
	PG_END_TRY();
	tend_guarded_depth = depth;
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;

	/*
	 * the stand-in is gone, and need not keep the user from PREPARE
	 * TRANSACTION
	 */
	if (!used_temp)
		MyXactFlags &= ~XACT_FLAGS_ACCESSEDTEMPNAMESPACE;
	if (error == NULL)
		return 0;
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION && !is_ours(v, error))
		ReThrowError(error);
	return error->sqlerrcode;
}

/* ---- all of it ---- */

static void
describe(const TendVerifyTask *task, TimestampTz now, TendVerdictRow *row)
{
	row->relid = task->relid;
	row->columns = task->columns;
	row->groups = task->groups;
	row->object = task->object;
	row->verified_at = now;
	row->samples = task->samples;
	row->sampled_ms = task->ms;
	row->nqueries = task->nqueries;
	for (int i = 0; i < task->nqueries; i++)
		row->queries[i] = task->queries[i].queryid;
}

/* One that came when the work was done is not to hit what comes next. */
static void
end_timeout(void)
{
	disable_timeout(STATEMENT_TIMEOUT, true);
	if (get_timeout_indicator(STATEMENT_TIMEOUT, true))
		QueryCancelPending = false;
}

/*
 * Verify once.  "row" is the verdict so far, or zeroes, and gets the new one.
 * Needs a connected SPI and an active snapshot; leaves nothing behind, and
 * holds no lock afterwards.
 */
void
tend_verify(const TendVerifyTask *task, TimestampTz now, TendVerdictRow *row)
{
	TendVerification *v = palloc0(sizeof(TendVerification));
	int			code;

	if (row->verified_at == 0)
		row->q_error_now = row->q_error_expected = NAN;
	v->task = task;
	v->cxt = CurrentMemoryContext;
	v->began = tend_monotonic_seconds();
	if (task->timeout_ms > 0)
		enable_timeout_after(STATEMENT_TIMEOUT, task->timeout_ms);
	code = rolled_back(take_sample, v, row);
	if (code == 0 && v->result == TEND_SAMPLE_DONE)
		code = rolled_back(use_sample, v, row);
	if (task->timeout_ms > 0)
		end_timeout();
	describe(task, now, row);
	tend_verify_judge(v, code, now, row);
}
