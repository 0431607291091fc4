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

#include "access/htup_details.h"
#include "access/xact.h"
#include "act/draw.h"
#include "act/example.h"
#include "act/verify.h"
#include "act/whatif.h"
#include "advise/attribute.h"
#include "advise/statistics.h"
#include "as_owner.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "collect/guarded.h"
#include "collect/scan_clauses.h"
#include "commands/vacuum.h"
#include "miscadmin.h"
#include "settings.h"
#include "storage/lmgr.h"
#include "store/shared.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

/* Questions: those of executions, filled up with drawn ones */
#define MAX_EXAMPLES	(TEND_VERIFY_KEYS * TEND_ESTIMATE_EXAMPLES)
#define ENOUGH_EXAMPLES	8
#define MAX_DRAWN		16
/* How well the answers to drawn ones must be known, see draw.c */
#define WELL_KNOWN		30
#define ROUGHLY_KNOWN	10
/* If they are all there is, one may seem worse by chance. */
#define ROUGH_HARM		2.0
#define MAX_QUESTIONS	(MAX_EXAMPLES + MAX_DRAWN + 1)

/* How long the trials may take, in seconds */
#define MAX_SECONDS		5.0

/* Who reads so large a share of a table reads it all. */
#define WHOLE_SHARE		0.9

/* When to look again, in intervals */
#define SOON			1
#define A_DAY			1440
#define A_WEEK			(7 * A_DAY)

typedef struct Verification
{
	const TendVerifyTask *task;
	MemoryContext cxt;			/* what outlives subtransactions */
	Oid			target;			/* the table, or one of its partitions */
	TendColumnSet sampled;		/* the columns first, then those of examples */
	int			nquestions;
	TendQuestion questions[MAX_QUESTIONS];
	TendSampleResult result;
	TendColumnSample sample;
	TendExistingStatistics existing;
	TendCandidates chosen;
	TendWhatif	whatif;
	double		object_groups;	/* that the columns of the object have; 0: it
								 * does not tell */
	bool		any_example;	/* of the questions, one is of an execution */
	bool		slow;			/* the trials took too long */
	double		began;
} Verification;

/* ---- evidence ---- */

/* Add an entry of the store: other conditions on the same columns. */
static void
add_evidence(TendVerifyTask *task, const TendEstimateEntry *entry)
{
	if (task->nkeys == TEND_VERIFY_KEYS)
		return;
	task->sums[task->nkeys] = entry->sums;
	task->keys[task->nkeys++] = entry->key;
	for (int i = 0; i < task->columns.n; i++)
		task->classes[i] = Max(task->classes[i], entry->key.classes[i]);
	task->samples += entry->sums.samples;
	task->right += entry->sums.right;
	task->parameters += entry->sums.parameters;
	task->ms += entry->ms;
	if (task->first_seen == 0 || entry->first_seen < task->first_seen)
		task->first_seen = entry->first_seen;
	for (int i = 0; i < TEND_ESTIMATE_QUERIES; i++)
	{
		if (entry->queries[i].samples > 0)
			tend_estimate_queries_add(task->queries, &entry->queries[i]);
	}
	task->nqueries = 0;
	while (task->nqueries < TEND_ESTIMATE_QUERIES && task->queries[task->nqueries].samples > 0)
		task->nqueries++;
}

/*
 * A task about columns of a table, with what entries of the store know of them
 */
TendVerifyTask
tend_verify_task(Oid relid, const TendColumnSet *columns, bool groups,
				 const TendEstimateEntry *entries, int n)
{
	TendVerifyTask task = {.relid = relid,.columns = *columns,.groups = groups};

	for (int i = 0; i < n; i++)
	{
		const TendEstimateKey *key = &entries[i].key;

		if (key->relid == relid && key->cause == TEND_CAUSE_CORRELATED &&
			key->kind == (groups ? TEND_ESTIMATE_GROUPS : TEND_ESTIMATE_FILTER) &&
			key->ncolumns == columns->n &&
			memcmp(key->columns, columns->columns, sizeof(int16) * columns->n) == 0)
			add_evidence(&task, &entries[i]);
	}
	return task;
}

/* An execution, and how many it stands for */
typedef struct Example
{
	TendEstimateExample example;
	double		weight;
	int			kind;			/* its key, and whether it was right */
} Example;

/*
 * Those that were drawn by lot stand for all executions that were wrong, or
 * right; the worst do only where there are no others.
 */
static void
weigh_examples(const TendEstimateSums *sums, Example *examples, int n)
{
	int			of_role[TEND_EXAMPLE_RIGHT + 1] = {0};

	for (int i = 0; i < n; i++)
		of_role[examples[i].example.role]++;
	for (int i = 0; i < n; i++)
	{
		TendExampleRole role = examples[i].example.role;
		int64		executions = role == TEND_EXAMPLE_RIGHT ? sums->right : sums->samples;

		if (role == TEND_EXAMPLE_WORST && of_role[TEND_EXAMPLE_WRONG] > 0)
			executions = 0;
		examples[i].weight = (double) executions / of_role[role];
	}
}

static Example *
read_examples(const TendVerifyTask *task, int *n)
{
	Example    *examples = palloc0(sizeof(Example) * MAX_EXAMPLES);
	TendEstimateExample *of_key = palloc(sizeof(TendEstimateExample) * TEND_ESTIMATE_EXAMPLES);

	*n = 0;
	for (int i = 0; i < task->nkeys; i++)
	{
		int			found = tend_estimates_examples(&task->keys[i], of_key);

		for (int j = 0; j < found; j++)
		{
			examples[*n + j].example = of_key[j];
			examples[*n + j].kind = 2 * i + (of_key[j].role == TEND_EXAMPLE_RIGHT);
		}
		weigh_examples(&task->sums[i], examples + *n, found);
		*n += found;
	}
	return examples;
}

/* ---- which table ---- */

static bool
is_table(Oid relid)
{
	char		kind = get_rel_relkind(relid);

	return kind == RELKIND_RELATION || kind == RELKIND_MATVIEW;
}

/* Partitions of executions, each once; "target" is the first */
static void
add_scanned(Verification *v, TendVerdictRow *row, Oid relid)
{
	if (!OidIsValid(relid) || !is_table(relid) || row->ntables == TEND_VERDICT_TABLES)
		return;
	for (int i = 0; i < row->ntables; i++)
	{
		if (row->tables[i] == relid)
			return;
	}
	row->tables[row->ntables++] = relid;
}

/* The largest partitions; all are looked at without a lock */
static void
add_partitions(Verification *v, TendVerdictRow *row)
{
	List	   *relids = find_all_inheritors(v->task->relid, NoLock, NULL);
	ListCell   *lc;
	float4		most[TEND_VERDICT_TABLES] = {0};

	foreach(lc, relids)
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(lc)));
		float4		rows;
		int			place = 0;

		if (!HeapTupleIsValid(tuple))
			continue;
		rows = ((Form_pg_class) GETSTRUCT(tuple))->relkind == RELKIND_RELATION ?
			((Form_pg_class) GETSTRUCT(tuple))->reltuples : 0;
		ReleaseSysCache(tuple);
		while (place < row->ntables && most[place] >= rows)
			place++;
		if (rows <= 0 || place == TEND_VERDICT_TABLES)
			continue;
		row->ntables = Min(row->ntables + 1, TEND_VERDICT_TABLES);
		for (int i = row->ntables - 1; i > place; i--)
		{
			row->tables[i] = row->tables[i - 1];
			most[i] = most[i - 1];
		}
		row->tables[place] = lfirst_oid(lc);
		most[place] = rows;
	}
}

/*
 * The number of groups is asked of a partitioned table as a whole; its rows
 * are those of its partitions.
 */
static void
choose_tables(Verification *v, TendVerdictRow *row, const Example *examples, int n)
{
	row->ntables = 0;
	if (v->task->groups || is_table(v->task->relid) || OidIsValid(v->task->object))
		row->tables[row->ntables++] = v->task->relid;
	for (int i = 0; i < n && !v->task->groups && !is_table(v->task->relid); i++)
		add_scanned(v, row, examples[i].example.scanned);
	if (row->ntables == 0)
		add_partitions(v, row);
	v->target = row->ntables > 0 ? row->tables[0] : v->task->relid;
}

/* A column of the table, by its number in the partition */
static AttrNumber
number_in_target(const Verification *v, AttrNumber column)
{
	char	   *name;

	if (v->target == v->task->relid)
		return column;
	name = get_attname(v->task->relid, column, true);
	return name != NULL ? get_attnum(v->target, name) : InvalidAttrNumber;
}

/* ---- questions of executions ---- */

static void
add_groups_question(Verification *v, double table_rows, double actual, double weight)
{
	TendQuestion *q = &v->questions[v->nquestions++];

	memset(q, 0, sizeof(*q));
	q->ncolumns = v->task->columns.n;
	for (int i = 0; i < q->ncolumns; i++)
		q->columns[i] = i + 1;
	q->table_rows = table_rows;
	q->actual = actual;
	q->weight = weight;
}

static void
add_example(Verification *v, const Example *e, Bitmapset **columns)
{
	const TendEstimateExample *example = &e->example;
	TendQuestion q = {
		.table_rows = example->table_rows,
		.actual = example->actual,
		.weight = e->weight,
		.kind = e->kind
	};

	if (v->task->groups)
	{
		add_groups_question(v, example->table_rows, example->actual, e->weight);
		return;
	}
	if (example->scanned != v->target && OidIsValid(example->scanned))
		return;
	q.clauses = tend_example_clauses(v->target, tend_clauses_read(example->clauses, example->nbytes),
									 columns);
	if (q.clauses != NIL)
		v->questions[v->nquestions++] = q;
}

/* The columns of the examples come after those of the key. */
static void
list_columns(Verification *v, Bitmapset *columns)
{
	int			column = -1;

	v->sampled.n = v->task->columns.n;
	for (int i = 0; i < v->sampled.n; i++)
	{
		v->sampled.columns[i] = number_in_target(v, v->task->columns.columns[i]);
		columns = bms_del_member(columns, Max(v->sampled.columns[i], 0));
	}
	/* too many: do without the examples */
	if (v->sampled.n + bms_num_members(columns) > TEND_ESTIMATE_COLUMNS)
	{
		v->nquestions = 0;
		return;
	}
	while ((column = bms_next_member(columns, column)) >= 0)
		v->sampled.columns[v->sampled.n++] = column;
}

/* An object that is in question is none that exists. */
static void
take_out_object(Verification *v)
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
take_sample(Verification *v, TendVerdictRow *row)
{
	int			nexamples;
	Example    *examples;
	Bitmapset  *columns = NULL;

	MemoryContextSwitchTo(v->cxt);
	examples = read_examples(v->task, &nexamples);
	choose_tables(v, row, examples, nexamples);
	/* under the lock nobody alters types of columns */
	if (!ConditionalLockRelationOid(v->target, AccessShareLock))
	{
		v->result = TEND_SAMPLE_LOCKED;
		return;
	}
	for (int i = 0; i < nexamples; i++)
		add_example(v, &examples[i], &columns);
	list_columns(v, columns);
	for (int i = 0; i < v->nquestions; i++)
		tend_example_map(v->questions[i].clauses, v->sampled.columns, v->sampled.n);
	tend_existing_statistics(v->target, v->sampled.columns, v->sampled.n, &v->existing);
	take_out_object(v);
	v->result = tend_column_sample(v->target, v->sampled.columns, v->sampled.n, &v->sample);
}

/* ---- trials ---- */

/* As the server does for an object that has no target of its own */
static int
target_of_columns(const Verification *v)
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
make_codes(Verification *v)
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
ask_whole_table(Verification *v)
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
choose_candidates(Verification *v)
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
		add_groups_question(v, 0, all.groups, 1);
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
average_weight(const Verification *v)
{
	double		sum = 0;

	for (int i = 0; i < v->nquestions; i++)
		sum += v->questions[i].weight;
	return sum > 0 ? sum / v->nquestions : 1;
}

static void
try_candidates(Verification *v)
{
	TendColumnSample rest = v->sample;
	double		weight;

	v->any_example = v->nquestions > 0;
	/* one that was drawn from the sample is as good as one that was executed */
	weight = average_weight(v);
	if (!v->task->groups && compares_equal_only(v->task) && v->nquestions < ENOUGH_EXAMPLES)
		v->nquestions += tend_draw(&v->sample, v->task->columns.n, v->questions + v->nquestions,
								   v->any_example ? ENOUGH_EXAMPLES - v->nquestions : MAX_DRAWN,
								   v->any_example ? WELL_KNOWN : ROUGHLY_KNOWN, weight, &rest);
	/* who groups by the columns may need it, even if no filter does */
	if (v->object_groups > 0)
		add_groups_question(v, 0, v->object_groups, 1);
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
use_sample(Verification *v, TendVerdictRow *row)
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
is_ours(const Verification *v, const ErrorData *error)
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
rolled_back(void (*work) (Verification *v, TendVerdictRow *row), Verification *v, TendVerdictRow *row)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	int			depth = tend_guarded_depth;
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

/* ---- the verdict ---- */

static void
set_verdict(TendVerdictRow *row, TendVerdictState state, const char *reason, TimestampTz now, int intervals)
{
	if (state != TEND_VERDICT_LIKELY && state != TEND_VERDICT_PROVEN && state != TEND_VERDICT_USELESS)
		row->wins = 0;
	row->state = state;
	row->reason = reason;
	row->next_at = now + (int64) intervals * tend_interval * USECS_PER_SEC;
}

/* No sample, or an error: what was proven before stays so if it is no news. */
static void
judge_failure(const Verification *v, int code, TimestampTz now, TendVerdictRow *row)
{
	if (code == ERRCODE_LOCK_NOT_AVAILABLE || v->result == TEND_SAMPLE_LOCKED)
	{
		row->next_at = now;
		row->reason = tend_sample_problem(TEND_SAMPLE_LOCKED);
	}
	else if (code == ERRCODE_QUERY_CANCELED)
		set_verdict(row, TEND_VERDICT_FAILED, "it takes too long", now, A_DAY);
	else if (code == ERRCODE_INSUFFICIENT_PRIVILEGE)
		set_verdict(row, TEND_VERDICT_FAILED, "the table's owner may not read it", now, A_DAY);
	else if (code != 0)
		set_verdict(row, TEND_VERDICT_FAILED,
					psprintf("reading the values, or comparing them, fails (SQLSTATE %s)",
							 unpack_sql_state(code)), now, A_DAY);
	else if (v->slow)
		set_verdict(row, TEND_VERDICT_UNVERIFIED, "the trials take too long", now, A_DAY);
	else
		set_verdict(row, TEND_VERDICT_UNVERIFIED, tend_sample_problem(v->result), now,
					v->result == TEND_SAMPLE_SLOW ? A_DAY : A_WEEK);
}

/* What was found best the last time, as a candidate */
static bool
candidate_of_row(const TendVerifyTask *task, const TendVerdictRow *row, TendCandidate *candidate)
{
	memset(candidate, 0, sizeof(*candidate));
	candidate->kinds = row->kinds;
	candidate->target = row->target;
	for (int i = 0; i < task->columns.n && row->wins > 0; i++)
	{
		for (int j = 0; j < row->advised.n; j++)
		{
			if (row->advised.columns[j] == task->columns.columns[i])
				candidate->columns[candidate->ncolumns++] = i;
		}
	}
	return candidate->ncolumns >= 2;
}

static void
set_advised(TendVerdictRow *row, const TendVerifyTask *task, const TendCandidate *candidate)
{
	row->advised.n = candidate->ncolumns;
	for (int i = 0; i < candidate->ncolumns; i++)
		row->advised.columns[i] = task->columns.columns[candidate->columns[i]];
	row->kinds = candidate->kinds;
	row->target = candidate->target;
}

/* What the sampled executions stand for */
static double
ms_per_day(const TendVerifyTask *task, TimestampTz now)
{
	double		seconds = task->first_seen != 0 ? (now - task->first_seen) / (double) USECS_PER_SEC : 0;

	if (task->nkeys == 0 || !(tend_estimate_sample_rate > 0))
		return 0;
	return task->ms / tend_estimate_sample_rate * SECS_PER_DAY / Max(seconds, SECS_PER_HOUR);
}

static char *
evidence(const Verification *v, const TendTrials *trials, const TendChoice *choice)
{
	StringInfoData json;
	int			i = choice->example;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"sample_rows\": %d, \"table_rows\": %.0f, \"examples\": %d, \"executions\": " INT64_FORMAT
					 ", \"executions_right\": " INT64_FORMAT,
					 v->sample.nrows, v->sample.table_rows, choice->examples, v->task->samples, v->task->right);
	if (v->chosen.strongest.ncolumns > 0)
		appendStringInfo(&json, ", \"excess\": %.3g, \"reach\": %.3g", v->chosen.strongest.excess,
						 exp(v->chosen.strongest.reach));
	if (i >= 0)
		appendStringInfo(&json, ", \"estimated\": %.0f, \"actual\": %.0f",
						 trials->control[i], trials->actual[i]);
	if (i >= 0 && choice->best >= 0)
		appendStringInfo(&json, ", \"expected\": %.0f, \"gain\": %.3g",
						 trials->trials[choice->best].estimated[i], choice->gain);
	appendStringInfoString(&json, v->task->groups ? ", \"of\": \"groups\"}" : ", \"of\": \"rows\"}");
	return json.data;
}

static double *
weights_of_questions(const Verification *v)
{
	double	   *weights = palloc(sizeof(double) * Max(v->nquestions, 1));

	for (int i = 0; i < v->nquestions; i++)
		weights[i] = v->questions[i].weight;
	return weights;
}

static int *
kinds_of_questions(const Verification *v)
{
	int		   *kinds = palloc(sizeof(int) * Max(v->nquestions, 1));

	for (int i = 0; i < v->nquestions; i++)
		kinds[i] = v->questions[i].kind;
	return kinds;
}

static double *
actual_answers(const Verification *v)
{
	double	   *actual = palloc(sizeof(double) * Max(v->nquestions, 1));

	for (int i = 0; i < v->nquestions; i++)
		actual[i] = v->questions[i].actual;
	return actual;
}

static bool
is_covered(const Verification *v)
{
	for (int i = 0; i < v->nquestions; i++)
	{
		if (v->whatif.control[i] != v->whatif.bare[i])
			return true;
	}
	return false;
}

static void
judge_choice(const Verification *v, const TendChoice *choice, TimestampTz now, TendVerdictRow *row)
{
	const char *reason = tend_statistics_verdict_text(choice->verdict);

	row->q_error_now = choice->q_now;
	row->q_error_expected = choice->q_expected;
	switch (choice->verdict)
	{
		case TEND_STATISTICS_PROVEN:
			set_verdict(row, TEND_VERDICT_PROVEN, reason, now, A_DAY);
			break;
		case TEND_STATISTICS_AGAIN:
			set_verdict(row, TEND_VERDICT_LIKELY, reason, now, SOON);
			break;
		case TEND_STATISTICS_NO_EXAMPLES:
			set_verdict(row, TEND_VERDICT_UNVERIFIED, reason, now, A_DAY / 24);
			break;
		default:
			set_verdict(row, TEND_VERDICT_REFUTED, reason, now, A_DAY);
	}
	row->wins = choice->wins;
}

/* Which of the candidates, if any? */
static void
judge_candidates(const Verification *v, TimestampTz now, TendVerdictRow *row)
{
	TendTrial  *list = palloc0(sizeof(TendTrial) * Max(v->chosen.n, 1));
	TendCandidate winner;
	TendTrials	trials = {
		.nexamples = v->nquestions,
		.actual = actual_answers(v),
		.weights = weights_of_questions(v),
		.kinds = kinds_of_questions(v),
		.control = v->whatif.control,
		.covered = is_covered(v),
		.parameters = v->task->samples > 0 ? (double) v->task->parameters / v->task->samples : 0,
		.ntrials = v->chosen.n,
		.trials = list,
		.winner = candidate_of_row(v->task, row, &winner) ? &winner : NULL,
		.wins = row->wins
	};
	TendChoicePolicy policy = tend_choice_policy;
	TendChoice	choice;
	StringInfoData proof;

	for (int i = 0; i < v->chosen.n; i++)
	{
		list[i].candidate = v->chosen.candidates[i];
		list[i].estimated = v->whatif.with[i];
	}
	if (!v->any_example)
		policy.max_harm = ROUGH_HARM;
	choice = tend_statistics_choose(&trials, &policy);
	initStringInfo(&proof);
	tend_statistics_proof(&proof, &trials, &choice, v->task->nqueries, ms_per_day(v->task, now));
	row->proof = proof.data;
	row->evidence = evidence(v, &trials, &choice);
	if (choice.best >= 0)
		set_advised(row, v->task, &v->chosen.candidates[choice.best]);
	judge_choice(v, &choice, now, row);
}

/* Is the object of any use? */
static void
judge_object(const Verification *v, TimestampTz now, TendVerdictRow *row)
{
	double		gain;
	TendStatisticsUse use;

	if (v->chosen.n == 0)
	{
		set_verdict(row, TEND_VERDICT_UNVERIFIED, "the object is gone, or has expressions", now, A_WEEK);
		return;
	}
	set_advised(row, v->task, &v->chosen.candidates[0]);
	use = tend_statistics_use(v->nquestions, actual_answers(v), v->whatif.with[0], v->whatif.control, &gain);
	row->evidence = psprintf("{\"sample_rows\": %d, \"table_rows\": %.0f, \"examples\": %d%s}",
							 v->sample.nrows, v->sample.table_rows, v->nquestions,
							 isnan(gain) ? "" : psprintf(", \"gain\": %.3g", gain));
	if (use == TEND_USE_NONE || use == TEND_USE_HARMS)
	{
		row->wins++;
		row->proof = psprintf("of %d combinations of values, the planner expects %s with it (gain %.2f)",
							  v->nquestions, use == TEND_USE_HARMS ? "worse" : "nothing better", gain);
		set_verdict(row, row->wins >= tend_choice_policy.wins ? TEND_VERDICT_USELESS : TEND_VERDICT_LIKELY,
					tend_statistics_use_name(use), now,
					row->wins >= tend_choice_policy.wins ? A_WEEK : SOON);
	}
	else
		set_verdict(row, use == TEND_USE_HELPS ? TEND_VERDICT_APPLIED : TEND_VERDICT_UNVERIFIED,
					use == TEND_USE_HELPS ? tend_statistics_use_name(use) :
					"too few combinations of values are frequent enough to tell", now, A_WEEK);
}

static void
judge(const Verification *v, int code, TimestampTz now, TendVerdictRow *row)
{
	if (code != 0 || v->result != TEND_SAMPLE_DONE || v->slow)
		judge_failure(v, code, now, row);
	else if (OidIsValid(v->task->object))
		judge_object(v, now, row);
	else if (v->chosen.n == 0)
	{
		row->proof = NULL;
		row->evidence = psprintf("{\"sample_rows\": %d, \"table_rows\": %.0f, \"excess\": %.3g}",
								 v->sample.nrows, v->sample.table_rows, v->chosen.strongest.excess);
		set_verdict(row, TEND_VERDICT_REFUTED, tend_statistics_verdict_text(v->chosen.verdict), now, A_DAY);
	}
	else
		judge_candidates(v, now, row);
}

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

/*
 * Verify once.  "row" is the verdict so far, or zeroes, and gets the new one.
 * Needs a connected SPI and an active snapshot; leaves nothing behind, and
 * holds no lock afterwards.
 */
void
tend_verify(const TendVerifyTask *task, TimestampTz now, TendVerdictRow *row)
{
	Verification *v = palloc0(sizeof(Verification));
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
		disable_timeout(STATEMENT_TIMEOUT, false);
	describe(task, now, row);
	judge(v, code, now, row);
}
