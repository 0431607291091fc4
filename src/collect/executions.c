/*-------------------------------------------------------------------------
 *
 * executions.c
 *	  Count what executions of plans do.
 *
 * The hooks see an execution begin, run (for a cursor, several times) and end.
 * One that fails never ends: then the memory of its executor state goes away,
 * and a callback of that memory context tells us.  It also keeps our notion of
 * nesting right, so that the hooks need no PG_TRY.
 *
 * In the steady state an execution touches private memory only and makes no
 * system call but for the clock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "collect/estimates.h"
#include "collect/executions.h"
#include "collect/guarded.h"
#include "collect/local_plans.h"
#include "collect/plan_id.h"
#include "compat.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "optimizer/planner.h"
#include "plan_counters.h"
#include "portability/instr_time.h"
#include "settings.h"
#include "storage/bufmgr.h"
#include "storage/ipc.h"
#include "tcop/utility.h"
#include "utils/backend_status.h"
#include "utils/memutils.h"

/* Counters are brought in after so many executions, */
#define FOLD_EXECUTIONS		32

/* after so long, */
#define FOLD_US				1000000

/* and at commit, where statements come as far apart as this: nobody hurries. */
#define SPARSE_US			10000

/*
 * CPU time is a system call: it is taken of plans that take at least so long
 * on the average, and of one execution in so many.
 */
#define CPU_MS				0.5
#define CPU_SAMPLE			64

/* A plan that costs so much is described when it is first seen, in any case. */
#define EXPENSIVE			10000

/* What the process had used when something began */
typedef struct Start
{
	instr_time	time;
	double		cpu_ms;
	int64		hit;
	int64		read;
	int64		temp;
	double		read_ms;
} Start;

typedef struct Execution
{
	MemoryContextCallback gone; /* of the executor state's memory */
	struct Execution *next;		/* begun before, or free */
	struct Execution *outer;	/* was running when this one began to run */
	QueryDesc  *query;			/* NULL once it has ended */
	TendLocalPlan *plan;		/* NULL: only here for the nesting */
	bool		running;
	bool		sampled;		/* and has not run: its estimates are looked
								 * at */
	bool		take_cpu;
	int			level;			/* of the (sub)transaction in which it runs */
	Start		start;			/* of what runs now */
	double		ms;
	double		cpu_ms;
	double		read_ms;
	int64		rows;
	int64		hit;
	int64		read;
	int64		temp;
} Execution;

static planner_hook_type previous_planner = NULL;
static ExecutorStart_hook_type previous_start = NULL;
static ExecutorRun_hook_type previous_run = NULL;
static ExecutorFinish_hook_type previous_finish = NULL;
static ExecutorEnd_hook_type previous_end = NULL;
static ProcessUtility_hook_type previous_utility = NULL;

static Execution *executions = NULL;	/* going on, the last begun first */
static Execution *unused = NULL;
static Execution *running = NULL;	/* the innermost one */
static int	planning = 0;
static int	utilities = 0;		/* that run statements of their own */
static const PlannedStmt *lender = NULL;	/* the utility statement around a
											 * query without an id */
static uint64 lent_query_id = 0;	/* of the lender */
static bool fold_at_commit = false;
static bool registered = false;
static uint64 last_end = 0;		/* of an execution, in µs */
static uint64 last_fold = 0;

static bool
nested(void)
{
	return running != NULL || planning > 0 || utilities > 0;
}

/* The id of a query; 0 if there is none, and it cannot be tracked */
static uint64
query_id(const PlannedStmt *stmt)
{
	if (stmt->queryId == 0 && lender != NULL && !nested())
		return lent_query_id;
	return (uint64) stmt->queryId;
}

static double
ms_between(instr_time from, instr_time to)
{
	INSTR_TIME_SUBTRACT(to, from);
	return INSTR_TIME_GET_MILLISEC(to);
}

static double
cpu_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
		return 0;
	return t.tv_sec * 1000.0 + t.tv_nsec / 1000000.0;
}

/* ---- a list of those going on, and a pool of those that are not ---- */

static Execution *
find(const QueryDesc *query)
{
	Execution  *e = executions;

	while (e != NULL && e->query != query)
		e = e->next;
	return e;
}

static void
take_off_list(Execution *e)
{
	Execution **link = &executions;

	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
}

/* An error brought it down in the middle of its run, and what ran inside. */
static void
stop_running(Execution *e)
{
	instr_time	now;
	Execution  *inner;

	INSTR_TIME_SET_CURRENT(now);
	do
	{
		inner = running;
		if (inner->plan != NULL)
			inner->ms += ms_between(inner->start.time, now);
		inner->running = false;
		running = inner->outer;
	} while (inner != e);
}

/* An execution goes away without having ended. */
static void
abort_execution(Execution *e)
{
	if (e->running)
		stop_running(e);
	if (e->plan != NULL)
	{
		e->plan->delta.counters.aborted++;
		e->plan->delta.counters.aborted_ms += e->ms;
		e->plan->active--;
		e->plan->ended = 0;
		tend_local_plan_touch(e->plan);
		fold_at_commit = true;
	}
	take_off_list(e);
	e->query = NULL;
}

/* The memory of an execution goes away. */
static void
gone(void *arg)
{
	Execution  *e = arg;

	if (e->query != NULL)
		abort_execution(e);
	e->next = unused;
	unused = e;
}

/* ---- bringing in ---- */

static void
fold(void)
{
	tend_local_plans_fold(false);
	fold_at_commit = false;
	last_fold = last_end;
}

/* At the end of an execution: is it time? */
static void
maybe_fold(void)
{
	if (tend_local_plans_pending() < FOLD_EXECUTIONS && last_end - last_fold < FOLD_US)
		return;
	fold();
	if (executions == NULL)
		tend_local_plans_shrink();
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	if (fold_at_commit && (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT))
		fold();
}

/*
 * What ran in a subtransaction that failed does not run any more, though its
 * memory may live on: that of a cursor opened outside of it does.
 */
static void
at_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	while (running != NULL && running->level >= GetCurrentTransactionNestLevel())
		stop_running(running);
}

/*
 * The session ends, perhaps in the middle of a statement.  Nobody waits for us
 * any more: so we may wait a moment for the lock.
 */
static void
at_exit(int code, Datum arg)
{
	while (executions != NULL)
		abort_execution(executions);
	tend_local_plans_fold(true);
}

/* A view wants to show what this session did, too. */
void
tend_executions_flush(void)
{
	if (tend_local_plans_pending() > 0)
		fold();
}

/* ---- one execution ---- */

static Execution *
new_execution(void)
{
	Execution  *e = unused;

	if (e == NULL)
	{
		if (!registered)
		{
			before_shmem_exit(at_exit, (Datum) 0);
			RegisterXactCallback(at_transaction_end, NULL);
			RegisterSubXactCallback(at_subtransaction_end, NULL);
			registered = true;
		}
		return MemoryContextAllocExtended(TopMemoryContext, sizeof(Execution), MCXT_ALLOC_NO_OOM);
	}
	unused = e->next;
	return e;
}

/* Is nobody in a hurry, and room enough? */
static bool
at_leisure(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return INSTR_TIME_GET_MICROSEC(now) - last_end >= SPARSE_US && tend_plans_have_room();
}

/*
 * Is the plan to be described now?  It is when it comes again; at once if it
 * is expensive, or if statements do not follow one on the other.
 */
static bool
worth_describing(const TendLocalPlan *plan, const QueryDesc *query)
{
	return !plan->described &&
		(plan->executions > 0 ||
		 query->plannedstmt->planTree->total_cost >= EXPENSIVE || at_leisure());
}

static TendLocalPlan *
plan_of(QueryDesc *query, bool toplevel)
{
	TendPlanKey key = {
		.dboid = MyDatabaseId,
		.userid = GetUserId(),
		.queryid = query_id(query->plannedstmt),
		.planid = tend_plan_id_get(query->plannedstmt),
		.toplevel = toplevel
	};

	return tend_local_plan(&key, query->plannedstmt);
}

static void
begin(QueryDesc *query, bool toplevel, bool sampled)
{
	bool		counted = query_id(query->plannedstmt) != 0 && OidIsValid(MyDatabaseId);
	TendLocalPlan *plan = counted ? plan_of(query, toplevel) : NULL;
	Execution  *e;

	if (plan != NULL && worth_describing(plan, query))
		tend_describe_plan(plan, query, lender != NULL && !nested() ? lender : query->plannedstmt);
	e = new_execution();
	if (e == NULL)
		return;
	e->outer = NULL;
	e->query = query;
	e->plan = plan;
	e->running = false;
	e->sampled = sampled;
	e->take_cpu = false;
	e->ms = e->cpu_ms = e->read_ms = 0;
	e->rows = e->hit = e->read = e->temp = 0;
	if (plan != NULL)
	{
		plan->active++;
		e->take_cpu = plan->mean_ms >= CPU_MS || plan->executions % CPU_SAMPLE == 0;
		plan->executions++;
	}
	e->next = executions;
	executions = e;
	e->gone.func = gone;
	e->gone.arg = e;
	MemoryContextRegisterResetCallback(query->estate->es_query_cxt, &e->gone);
}

static inline void
start_counting(Execution *e)
{
	e->start.hit = pgBufferUsage.shared_blks_hit;
	e->start.read = pgBufferUsage.shared_blks_read;
	e->start.temp = pgBufferUsage.temp_blks_written;
	if (track_io_timing)
		e->start.read_ms = INSTR_TIME_GET_MILLISEC(TEND_READ_TIME(&pgBufferUsage));
	if (e->take_cpu)
		e->start.cpu_ms = cpu_ms();
	INSTR_TIME_SET_CURRENT(e->start.time);
}

static inline void
stop_counting(Execution *e)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	e->ms += ms_between(e->start.time, now);
	if (e->take_cpu)
		e->cpu_ms += cpu_ms() - e->start.cpu_ms;
	e->hit += pgBufferUsage.shared_blks_hit - e->start.hit;
	e->read += pgBufferUsage.shared_blks_read - e->start.read;
	e->temp += pgBufferUsage.temp_blks_written - e->start.temp;
	if (track_io_timing)
		e->read_ms += INSTR_TIME_GET_MILLISEC(TEND_READ_TIME(&pgBufferUsage)) - e->start.read_ms;

	/* what ran inside may have ended after this began */
	if ((int64) (INSTR_TIME_GET_MICROSEC(e->start.time) - last_end) >= SPARSE_US)
		fold_at_commit = true;
	last_end = INSTR_TIME_GET_MICROSEC(now);
}

static inline void
enter(Execution *e)
{
	e->outer = running;
	e->running = true;
	e->level = GetCurrentTransactionNestLevel();
	running = e;
	if (e->plan != NULL)
		start_counting(e);
}

static inline void
leave(Execution *e)
{
	double		before = e->ms;

	/*
	 * who caught an error without a subtransaction may have left others
	 * inside
	 */
	while (e->running)
	{
		running->running = false;
		running = running->outer;
	}
	if (e->plan == NULL)
		return;
	stop_counting(e);
	if (running == NULL)
		tend_estimates_executed_ms += e->ms - before;
}

static void
count(Execution *e)
{
	TendPlanCounters *counters = &e->plan->delta.counters;

	tend_plan_count_time(counters, e->ms);
	counters->rows += e->rows;
	counters->blks_hit += e->hit;
	counters->blks_read += e->read;
	counters->temp_blks += e->temp;
	counters->read_ms += e->read_ms;
	counters->partitions += list_length(e->query->plannedstmt->appendRelations);
	if (e->take_cpu)
	{
		counters->cpu_ms += e->cpu_ms;
		counters->cpu_wall_ms += e->ms;
	}
	e->plan->active--;
	e->plan->ended = last_end;
	tend_local_plan_touch(e->plan);
}

/* ---- hooks ---- */

static PlannedStmt *
plan_query(TEND_PLANNER_PARAMS)
{
	PlannedStmt *stmt;

	if (tend_track_plans == TEND_TRACK_NONE)
		return previous_planner != NULL ? previous_planner(TEND_PLANNER_ARGS) :
			standard_planner(TEND_PLANNER_ARGS);
	planning++;
	PG_TRY();
	{
		stmt = previous_planner != NULL ? previous_planner(TEND_PLANNER_ARGS) :
			standard_planner(TEND_PLANNER_ARGS);
	}
	PG_FINALLY();
	{
		planning--;
	}
	PG_END_TRY();
	if (query_id(stmt) != 0 && (tend_track_plans == TEND_TRACK_ALL || !nested()))
		tend_plan_id_set(stmt);
	return stmt;
}

/* What runs inside of another one is known by that, unless all are tracked. */
static bool
is_tracked(int eflags)
{
	return tend_track_plans != TEND_TRACK_NONE && (eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0 &&
		(!nested() || tend_track_plans == TEND_TRACK_ALL) &&
		!IsParallelWorker() && tend_guarded_depth == 0;
}

static void
start_execution(QueryDesc *query, int eflags)
{
	bool		tracked = is_tracked(eflags);
	bool		sampled = tracked && tend_estimates_due(query);

	if (sampled)
		query->instrument_options |= INSTRUMENT_ROWS;
	if (previous_start != NULL)
		previous_start(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	if (tracked)
		begin(query, !nested(), sampled);
}

/*
 * Look at the estimates of an execution that has run for up to "count" rows, 0
 * for all.  Those around it are not charged for it.
 */
static void
look(Execution *e, uint64 count)
{
	const EState *estate = e->query->estate;
	bool		ended = count == 0 || (e->query->operation == CMD_SELECT && estate->es_processed < count);
	Execution  *outer;

	for (outer = running; outer != NULL; outer = outer->outer)
	{
		if (outer->plan == NULL)
			continue;
		stop_counting(outer);
		start_counting(outer);
	}
	tend_estimates_look(e->query, ended, query_id(e->query->plannedstmt), e->ms);
	for (outer = running; outer != NULL; outer = outer->outer)
	{
		if (outer->plan != NULL)
			start_counting(outer);
	}
}

static void
run(TEND_RUN_PARAMS)
{
	Execution  *e = find(query);
	bool		sampled = e != NULL && e->sampled;

	if (e != NULL)
	{
		e->sampled = false;
		enter(e);
	}
	if (previous_run != NULL)
		previous_run(TEND_RUN_ARGS);
	else
		standard_ExecutorRun(TEND_RUN_ARGS);
	if (e == NULL)
		return;
	e->rows += query->estate->es_processed;
	leave(e);
	if (sampled && ScanDirectionIsForward(direction))
		look(e, count);
}

/*
 * Finishing is work where something was modified: it runs triggers.
 */
static void
finish(QueryDesc *query)
{
	bool		modifies = query->operation != CMD_SELECT || query->plannedstmt->hasModifyingCTE;
	Execution  *e = modifies ? find(query) : NULL;

	if (e != NULL)
		enter(e);
	if (previous_finish != NULL)
		previous_finish(query);
	else
		standard_ExecutorFinish(query);
	if (e != NULL)
		leave(e);
}

static void
end_execution(QueryDesc *query)
{
	Execution  *e = find(query);

	if (e != NULL)
	{
		if (e->plan != NULL)
			count(e);
		take_off_list(e);
		/* its memory, which goes away now, gives it back to the pool */
		e->query = NULL;
	}
	if (previous_end != NULL)
		previous_end(query);
	else
		standard_ExecutorEnd(query);
	if (e != NULL)
		maybe_fold();
}

/*
 * Does a utility statement only carry a statement of the client, whose plan is
 * executed for the client?  Others execute statements for themselves.
 */
static bool
carries_statement(Node *utility)
{
	switch (nodeTag(utility))
	{
		case T_CopyStmt:
			return ((CopyStmt *) utility)->query != NULL;
		case T_CreateTableAsStmt:
		case T_DeclareCursorStmt:
		case T_ExecuteStmt:
		case T_FetchStmt:
		case T_PrepareStmt:
		case T_RefreshMatViewStmt:
		case T_TransactionStmt: /* for speed: it executes none */
			return true;
		default:
			return false;
	}
}

/* Before 18 the query inside of these has no id of its own. */
static bool
lends_query_id(Node *utility)
{
	if (IsA(utility, CreateTableAsStmt))
	{
		Node	   *query = ((CreateTableAsStmt *) utility)->query;

		/* EXECUTE runs a statement that has its own id, and its own text */
		return !(IsA(query, Query) && ((Query *) query)->commandType == CMD_UTILITY);
	}
	return IsA(utility, DeclareCursorStmt) || IsA(utility, RefreshMatViewStmt);
}

/*
 * The id of a statement of the client that lends it.  pg_stat_statements takes
 * the ids of utility statements away, inside of our hook or, if it was loaded
 * later, before; but the server has reported what it was.
 */
static uint64
id_to_lend(const PlannedStmt *stmt)
{
	return stmt->queryId != 0 ? (uint64) stmt->queryId : (uint64) pgstat_get_my_query_id();
}

static void
process_utility(PlannedStmt *stmt, const char *query_string, bool read_only_tree,
				ProcessUtilityContext context, ParamListInfo params,
				QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *qc)
{
	ProcessUtility_hook_type volatile next = previous_utility != NULL ? previous_utility : standard_ProcessUtility;
	volatile bool carries = carries_statement(stmt->utilityStmt);
	bool		lends = carries && lends_query_id(stmt->utilityStmt);
	const PlannedStmt *volatile saved = lender;
	volatile uint64 saved_query_id = lent_query_id;

	if (tend_track_plans == TEND_TRACK_NONE || (carries && !lends))
	{
		next(stmt, query_string, read_only_tree, context, params, environment, dest, qc);
		return;
	}
	utilities += !carries;
	lender = lends ? stmt : NULL;
	lent_query_id = lends ? id_to_lend(stmt) : 0;
	PG_TRY();
	{
		next(stmt, query_string, read_only_tree, context, params, environment, dest, qc);
	}
	PG_FINALLY();
	{
		utilities -= !carries;
		lender = saved;
		lent_query_id = saved_query_id;
	}
	PG_END_TRY();
}

void
tend_executions_install(void)
{
	previous_planner = planner_hook;
	planner_hook = plan_query;
	previous_start = ExecutorStart_hook;
	ExecutorStart_hook = start_execution;
	previous_run = ExecutorRun_hook;
	ExecutorRun_hook = run;
	previous_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish;
	previous_end = ExecutorEnd_hook;
	ExecutorEnd_hook = end_execution;
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
