/*-------------------------------------------------------------------------
 *
 * estimate_walk.c
 *	  Find the nodes of an executed plan that the planner was wrong about.
 *
 * What a node gave says something about the estimate only if it ran to its
 * end, and with the rows that the planner had in mind.  Most of this file
 * recognises those that did not.
 *
 * We only look: no node is touched, no catalog read, nothing allocated.  So it
 * costs next to nothing where the planner was right.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/transam.h"
#include "advise/attribute.h"
#include "catalog/pg_class.h"
#include "collect/estimate_walk.h"
#include "collect/plan_columns.h"
#include "common/hashfn.h"
#include "executor/instrument.h"
#include "executor/tuptable.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "store/shared_estimates.h"
#include "utils/rel.h"

/* Deeper plans are not looked at, so that the stack is never too small. */
#define MAX_DEPTH		200

/* Inputs of a join that are off by less than this are right. */
#define RIGHT			2.0

/* What modified more than this share of a table has changed what we measure. */
#define CHANGED_SHARE	0.1

/* A sequential scan of fewer rows costs nothing. */
#define LARGE_SCAN		1000

/* A node, and what those above mean for it */
typedef struct Frame
{
	const struct Frame *above;
	TendEstimateWalk *walk;
	PlanState  *state;
	int			depth;
	bool		early;			/* may have been stopped before its end */
	int			workers;		/* planned by the Gather above */
} Frame;

/* ---- what a node counted ---- */

static double
loops_of(const PlanState *state)
{
	return state->instrument->nloops + (state->instrument->running ? 1 : 0);
}

/* The last loop is not added before it is known to have ended. */
static double
tuples_of(const PlanState *state)
{
	return state->instrument->ntuples + state->instrument->tuplecount;
}

/* Do the processes below a Gather share this node's rows? */
static bool
is_partial(const PlanState *state)
{
	while (state != NULL && !state->plan->parallel_aware)
	{
		if (IsA(state, SubqueryScanState))
			state = ((const SubqueryScanState *) state)->subplan;
		else
			state = outerPlanState(state);
	}
	return state != NULL;
}

/* Into how many shares the planner divides rows, as get_parallel_divisor() */
static double
parallel_divisor(int workers)
{
	double		leader = parallel_leader_participation ? 1.0 - 0.3 * workers : 0;

	return workers + Max(leader, 0);
}

/* Rows of one run of a node, by all processes; false if there was none. */
static bool
rows_of_run(const Frame *frame, const PlanState *state, double *planned, double *actual)
{
	double		loops = loops_of(state);
	double		divisor;

	if (loops == 0)
		return false;
	*planned = state->plan->plan_rows;
	*actual = tuples_of(state) / loops;
	if (frame->workers == 0 || !is_partial(state))
		return true;
	/* started again, it ran more often than it has processes */
	if (loops > frame->workers + 1)
		return false;
	*actual = tuples_of(state);
	divisor = parallel_divisor(frame->workers);
	/* one row each is what the planner says of less, too */
	*planned = *planned > 1 ? *planned * divisor : Min(Max(*actual, 1), divisor);
	return true;
}

/* ---- did it run to its end? ---- */

/* Does a subplan stop as soon as the answer is known? */
static bool
subplan_stops(const List *subplans, const PlanState *child, bool *stops)
{
	ListCell   *lc;

	foreach(lc, subplans)
	{
		SubPlanState *sub = lfirst(lc);
		SubLinkType type = sub->subplan->subLinkType;

		if (sub->planstate != child)
			continue;
		*stops = type == CTE_SUBLINK ||
			(!sub->subplan->useHashTable &&
			 (type == EXISTS_SUBLINK || type == ANY_SUBLINK || type == ALL_SUBLINK));
		return true;
	}
	return false;
}

/* A join without inner rows may be over before all outer ones are read. */
static bool
hash_join_stops(const Frame *join, const PlanState *child)
{
	if (child == innerPlanState(join->state))
		return false;
	return join->early || tuples_of(innerPlanState(join->state)) == 0;
}

static bool
nested_loop_stops(const Frame *join, const PlanState *child)
{
	const JoinState *state = &((const NestLoopState *) join->state)->js;

	return join->early ||
		(child == innerPlanState(join->state) &&
		 (state->single_match || state->jointype == JOIN_SEMI || state->jointype == JOIN_ANTI));
}

/* May a node have been stopped before its end, by the one above? */
static bool
may_stop_early(const Frame *above, const PlanState *child)
{
	PlanState  *parent = above->state;
	bool		stops;

	if (subplan_stops(parent->initPlan, child, &stops) ||
		subplan_stops(parent->subPlan, child, &stops))
		return stops;
	switch (nodeTag(parent))
	{
			/* these take all before they give anything */
		case T_HashState:
		case T_SortState:
			return false;
		case T_AggState:
			return ((Agg *) parent->plan)->aggstrategy == AGG_SORTED && above->early;
		case T_LimitState:
			return above->early || loops_of(parent) != 1 ||
				((LimitState *) parent)->lstate != LIMIT_SUBPLANEOF;
		case T_NestLoopState:
			return nested_loop_stops(above, child);
		case T_HashJoinState:
			return hash_join_stops(above, child);
			/* over when one side is; or what they do, they alone know */
		case T_MergeJoinState:
		case T_SetOpState:
		case T_WindowAggState:
		case T_ForeignScanState:
		case T_CustomScanState:
			return true;
		default:
			return above->early;
	}
}

/*
 * Did a scan run to its end?  One that did has an empty slot; but the slot
 * knows of the last loop only, and of this process.
 */
static bool
scan_finished(const Frame *frame)
{
	const ScanState *scan = (const ScanState *) frame->state;

	if (frame->workers > 0 || loops_of(frame->state) != 1)
		return !frame->early;
	/* it was made ready for another loop, which emptied the slot */
	if (!frame->state->instrument->running)
		return !frame->early;
	return TupIsNull(scan->ss_ScanTupleSlot);
}

/* ---- suspects ---- */

static void
add_suspect(TendEstimateWalk *walk, const TendSuspect *suspect)
{
	int			least = 0;

	if (walk->nsuspects < TEND_SUSPECTS)
	{
		walk->suspects[walk->nsuspects++] = *suspect;
		return;
	}
	for (int i = 1; i < TEND_SUSPECTS; i++)
	{
		if (walk->suspects[i].q_error < walk->suspects[least].q_error)
			least = i;
	}
	if (suspect->q_error > walk->suspects[least].q_error)
		walk->suspects[least] = *suspect;
}

static bool
is_suspect(TendSuspect *suspect, double table_rows)
{
	suspect->q_error = tend_q_error(suspect->planned, suspect->actual);
	return tend_worth_a_look(suspect->planned, suspect->actual, table_rows);
}

static void
hash_columns(TendSuspect *suspect)
{
	for (int i = 0; i < suspect->ncolumns; i++)
		suspect->columns_hash = hash_combine64(suspect->columns_hash,
											   (uint64) suspect->columns[i]);
}

/* ---- scans ---- */

/* The clauses of a scan: lists, each of AND clauses */
void
tend_scan_quals(const Plan *plan, List *quals[TEND_SCAN_QUALS])
{
	quals[0] = NIL;
	quals[1] = plan->qual;
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			quals[0] = ((const IndexScan *) plan)->indexqualorig;
			break;
		case T_IndexOnlyScan:
			quals[0] = ((const IndexOnlyScan *) plan)->recheckqual;
			break;
		case T_BitmapHeapScan:
			quals[0] = ((const BitmapHeapScan *) plan)->bitmapqualorig;
			break;
		default:
			break;
	}
}

/* What clauses refer to */
typedef struct References
{
	const Frame *frame;
	uint64		columns;		/* a bit for each, and beyond 64 for some */
	bool		of_join;		/* the current row of a nested loop */
	bool		of_other;		/* the result of a subquery */
} References;

static bool
gives_parameter(const NestLoop *join, int paramno)
{
	ListCell   *lc;

	foreach(lc, join->nestParams)
	{
		if (((NestLoopParam *) lfirst(lc))->paramno == paramno)
			return true;
	}
	return false;
}

static bool
is_of_join(const Frame *frame, int paramno)
{
	for (const Frame *f = frame->above; f != NULL; f = f->above)
	{
		if (f->state != NULL && IsA(f->state, NestLoopState) &&
			gives_parameter((NestLoop *) f->state->plan, paramno))
			return true;
	}
	return false;
}

static bool
note_references(Node *node, void *context)
{
	References *refs = context;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
		refs->columns |= UINT64CONST(1) << (((Var *) node)->varattno & 63);
	else if (IsA(node, SubPlan))
		refs->of_other = true;
	else if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
	{
		if (is_of_join(refs->frame, ((Param *) node)->paramid))
			refs->of_join = true;
		else
			refs->of_other = true;
	}
	return expression_tree_walker(node, note_references, context);
}

/* Tables whose statistics are there to be read, and to be improved */
static bool
is_ordinary(Relation rel)
{
	return rel != NULL && rel->rd_id >= FirstNormalObjectId &&
		(rel->rd_rel->relkind == RELKIND_RELATION || rel->rd_rel->relkind == RELKIND_MATVIEW) &&
		rel->rd_rel->relpersistence != RELPERSISTENCE_TEMP &&
		!rel->rd_rel->relrowsecurity;
}

static bool
is_modified(const List *results, Oid relid)
{
	ListCell   *lc;

	foreach(lc, results)
	{
		if (((ResultRelInfo *) lfirst(lc))->ri_RelationDesc->rd_id == relid)
			return true;
	}
	return false;
}

/* Is the table not any more what was scanned, because of this statement? */
static bool
has_changed(const Frame *frame, Relation rel, double table_rows)
{
	EState	   *estate = frame->state->state;

	return frame->walk->query->operation != CMD_SELECT &&
		estate->es_processed > CHANGED_SHARE * table_rows &&
		(is_modified(estate->es_opened_result_relations, rel->rd_id) ||
		 is_modified(estate->es_tuple_routing_result_relations, rel->rd_id));
}

/*
 * The loops of a scan that takes values of a join differ: all of them count
 * together.
 */
static void
count_all_loops(TendSuspect *suspect)
{
	double		loops = loops_of(suspect->state);

	suspect->planned *= loops;
	suspect->actual *= loops;
}

static bool
is_right(const TendSuspect *scan, double loops)
{
	return tend_q_error(scan->planned * loops, scan->actual * loops) < RIGHT;
}

/*
 * Does a scan that was right, or of few rows, say something about others that
 * were not?  It has to be about several columns of the same table.
 */
static bool
is_witness(const Frame *frame, const TendSuspect *scan, Relation rel)
{
	return scan->kind == TEND_ESTIMATE_FILTER && frame->walk->nright < TEND_WITNESSES &&
		(scan->columns_hash & (scan->columns_hash - 1)) != 0 && loops_of(scan->state) == 1 &&
		tend_estimates_watched(rel->rd_id);
}

/* The columns of the scanned table in an expression, a few of them */
static bool
note_columns(Node *node, void *context)
{
	TendScan   *scan = context;

	if (node == NULL)
		return false;
	if (IsA(node, Var) && ((Var *) node)->varattno > 0)
	{
		for (int i = 0; i < scan->ncolumns; i++)
		{
			if (scan->columns[i] == ((Var *) node)->varattno)
				return false;
		}
		if (scan->ncolumns < TEND_SCAN_COLUMNS)
			scan->columns[scan->ncolumns++] = ((Var *) node)->varattno;
	}
	return expression_tree_walker(node, note_columns, context);
}

/*
 * How often a table was scanned.  All processes share a parallel scan, of which
 * each tells as a loop; any other they make by themselves.
 */
static double
scans_of(const Frame *frame)
{
	double		loops = loops_of(frame->state);

	return frame->state->plan->parallel_aware ? ceil(loops / (frame->workers + 1)) : loops;
}

/*
 * What a large sequential scan read and kept, whether that was expected or not.
 * Those of the workers are in the counters, too.
 */
static void
note_scan(const Frame *frame)
{
	PlanState  *state = frame->state;
	Relation	rel = ((ScanState *) state)->ss_currentRelation;
	TendEstimateWalk *walk = frame->walk;
	double		kept = tuples_of(state);
	double		read = kept + state->instrument->nfiltered1;
	double		scans = scans_of(frame);
	TendScan   *scan;

	if (state->plan->qual == NIL || read < LARGE_SCAN * scans || walk->nscans == TEND_LARGE_SCANS ||
		!is_ordinary(rel))
		return;
	scan = &walk->scans[walk->nscans++];
	memset(scan, 0, sizeof(TendScan));
	scan->relid = rel->rd_id;
	scan->scans = scans;
	scan->rows_read = read;
	scan->rows_kept = kept;
	scan->worst = (read - kept) / scans;
	(void) note_columns((Node *) state->plan->qual, scan);
}

static void
judge_scan(const Frame *frame)
{
	PlanState  *state = frame->state;
	Relation	rel = ((ScanState *) state)->ss_currentRelation;
	References	refs = {.frame = frame};
	TendSuspect suspect = {.kind = TEND_ESTIMATE_FILTER,.state = state};
	List	   *quals[TEND_SCAN_QUALS];
	double		table_rows;

	tend_scan_quals(state->plan, quals);
	if ((quals[0] == NIL && quals[1] == NIL) || !is_ordinary(rel) || !scan_finished(frame) ||
		!rows_of_run(frame, state, &suspect.planned, &suspect.actual) ||
		(is_right(&suspect, loops_of(state)) && !tend_estimates_watched(rel->rd_id)))
		return;
	table_rows = Max(rel->rd_rel->reltuples,
					 Max(suspect.planned, suspect.actual + state->instrument->nfiltered1));
	for (int i = 0; i < TEND_SCAN_QUALS; i++)
		(void) note_references((Node *) quals[i], &refs);
	if (refs.of_other)
		return;
	if (refs.of_join)
	{
		suspect.kind = TEND_ESTIMATE_JOIN;
		suspect.parameterised = true;
		count_all_loops(&suspect);
	}
	if (has_changed(frame, rel, table_rows))
		return;
	suspect.rti = ((Scan *) state->plan)->scanrelid;
	suspect.columns_hash = refs.columns;
	if (is_suspect(&suspect, table_rows))
		add_suspect(frame->walk, &suspect);
	else if (is_witness(frame, &suspect, rel))
		frame->walk->right[frame->walk->nright++] = suspect;
}

/* ---- joins ---- */

static bool
input_is_right(const Frame *join, const PlanState *input, double *actual)
{
	double		planned;

	if (IsA(input, HashState))
		input = outerPlanState(input);
	return rows_of_run(join, input, &planned, actual) && tend_q_error(planned, *actual) < RIGHT;
}

static List *
join_clauses(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_HashJoin:
			return ((const HashJoin *) plan)->hashclauses;
		case T_MergeJoin:
			return ((const MergeJoin *) plan)->mergeclauses;
		default:
			return ((const Join *) plan)->joinqual;
	}
}

/* Is an expression about one side of a join, and no other? */
static bool
is_of_side(Node *expr, int side)
{
	while (expr != NULL && IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	return expr != NULL && IsA(expr, Var) && ((Var *) expr)->varno == side;
}

static void
add_column(TendSuspect *suspect, const TendPlanColumn *column)
{
	if (suspect->ncolumns == 0)
		suspect->rti = column->rti;
	if (column->rti == suspect->rti && suspect->ncolumns < TEND_ESTIMATE_COLUMNS)
		suspect->columns[suspect->ncolumns++] = column->attno;
}

/* The columns of a join on one side, which must be one table's */
static bool
find_join_columns(const Frame *join, int side, TendSuspect *suspect)
{
	const PlannedStmt *stmt = join->walk->query->plannedstmt;
	Plan	   *plan = join->state->plan;
	ListCell   *lc;

	foreach(lc, join_clauses(plan))
	{
		OpExpr	   *clause = lfirst(lc);
		ListCell   *arg;

		if (!IsA(clause, OpExpr))
			continue;
		foreach(arg, clause->args)
		{
			TendPlanColumn column;

			if (is_of_side(lfirst(arg), side) &&
				tend_plan_column(stmt, plan, lfirst(arg), &column))
				add_column(suspect, &column);
		}
	}
	return suspect->ncolumns > 0;
}

static void
judge_join(const Frame *frame)
{
	PlanState  *state = frame->state;
	TendSuspect suspect = {.kind = TEND_ESTIMATE_JOIN,.state = state};
	double		outer_rows;
	double		inner_rows;
	int			larger;

	/* a nested loop with parameters is as wrong as its inner scan */
	if (frame->early || (IsA(state, NestLoopState) && ((NestLoop *) state->plan)->nestParams != NIL))
		return;
	if ((loops_of(state) != 1 && frame->workers == 0) ||
		!rows_of_run(frame, state, &suspect.planned, &suspect.actual) ||
		!input_is_right(frame, outerPlanState(state), &outer_rows) ||
		!input_is_right(frame, innerPlanState(state), &inner_rows) ||
		!is_suspect(&suspect, Max(outer_rows, inner_rows)))
		return;
	suspect.input_planned = suspect.input_actual = Max(outer_rows, inner_rows);
	larger = outer_rows >= inner_rows ? OUTER_VAR : INNER_VAR;
	if (!find_join_columns(frame, larger, &suspect) &&
		!find_join_columns(frame, larger == OUTER_VAR ? INNER_VAR : OUTER_VAR, &suspect))
		return;
	hash_columns(&suspect);
	add_suspect(frame->walk, &suspect);
}

/* ---- groups ---- */

/* What is grouped: columns of the node below, by position */
static int
group_columns(const Plan *plan, AttrNumber **columns)
{
	switch (nodeTag(plan))
	{
		case T_Agg:
			*columns = ((const Agg *) plan)->grpColIdx;
			return ((const Agg *) plan)->numCols;
		case T_Group:
			*columns = ((const Group *) plan)->grpColIdx;
			return ((const Group *) plan)->numCols;
		case T_Unique:
			*columns = ((const Unique *) plan)->uniqColIdx;
			return ((const Unique *) plan)->numCols;
		default:
			return 0;
	}
}

/* Of several sets of columns none is known; partial groups are not groups. */
static bool
groups_once(const Plan *plan)
{
	const Agg  *agg = (const Agg *) plan;

	if (!IsA(plan, Agg))
		return true;
	return (agg->aggstrategy == AGG_SORTED || agg->aggstrategy == AGG_HASHED) &&
		agg->groupingSets == NIL && agg->chain == NIL && !DO_AGGSPLIT_SKIPFINAL(agg->aggsplit);
}

/* The planner's number of groups, before HAVING */
static double
planned_groups(const Plan *plan)
{
	if (IsA(plan, Agg))
		return (double) ((const Agg *) plan)->numGroups;
	return plan->qual == NIL ? plan->plan_rows : NAN;
}

/* What is grouped in two steps was partly grouped by each process. */
static bool
find_group_input(const Frame *frame, TendSuspect *suspect)
{
	Frame		below = *frame;
	PlanState  *input = outerPlanState(frame->state);

	if (IsA(frame->state, AggState) && DO_AGGSPLIT_COMBINE(((Agg *) frame->state->plan)->aggsplit))
	{
		while (input != NULL && !IsA(input, AggState))
		{
			if (IsA(input, GatherState))
				below.workers = ((Gather *) input->plan)->num_workers;
			else if (IsA(input, GatherMergeState))
				below.workers = ((GatherMerge *) input->plan)->num_workers;
			input = outerPlanState(input);
		}
		if (input == NULL)
			return false;
		input = outerPlanState(input);
	}
	return rows_of_run(&below, input, &suspect->input_planned, &suspect->input_actual);
}

static bool
find_group_columns(const Frame *frame, TendSuspect *suspect)
{
	AttrNumber *columns;
	int			ncolumns = group_columns(frame->state->plan, &columns);

	if (ncolumns == 0 || ncolumns > TEND_ESTIMATE_COLUMNS)
		return false;
	for (int i = 0; i < ncolumns; i++)
	{
		TendPlanColumn column;

		if (!tend_plan_output(frame->walk->query->plannedstmt, outerPlan(frame->state->plan),
							  columns[i], &column))
			return false;
		add_column(suspect, &column);
	}
	/* all of one table */
	return suspect->ncolumns == ncolumns;
}

static void
judge_groups(const Frame *frame)
{
	PlanState  *state = frame->state;
	TendSuspect suspect = {.kind = TEND_ESTIMATE_GROUPS,.state = state};

	if (frame->early || frame->workers > 0 || loops_of(state) != 1 || !groups_once(state->plan))
		return;
	suspect.planned = planned_groups(state->plan);
	suspect.actual = tuples_of(state) + state->instrument->nfiltered1;
	if (!find_group_input(frame, &suspect) || !is_suspect(&suspect, suspect.input_actual) ||
		!find_group_columns(frame, &suspect))
		return;
	hash_columns(&suspect);
	add_suspect(frame->walk, &suspect);
}

/* ---- the walk ---- */

static void
judge(const Frame *frame)
{
	switch (nodeTag(frame->state))
	{
			/*
			 * Others take their rows from elsewhere, or take a sample, or
			 * look up row identifiers; of a bitmap the heap scan knows.
			 */
		case T_SeqScanState:
			note_scan(frame);
			judge_scan(frame);
			break;
		case T_IndexScanState:
		case T_IndexOnlyScanState:
		case T_BitmapHeapScanState:
			judge_scan(frame);
			break;
		case T_NestLoopState:
		case T_MergeJoinState:
		case T_HashJoinState:
			judge_join(frame);
			break;
		case T_AggState:
		case T_GroupState:
		case T_UniqueState:
			judge_groups(frame);
			break;
		default:
			break;
	}
}

static int
workers_below(const Frame *above)
{
	switch (nodeTag(above->state))
	{
		case T_GatherState:
			return ((Gather *) above->state->plan)->num_workers;
		case T_GatherMergeState:
			return ((GatherMerge *) above->state->plan)->num_workers;
		default:
			return above->workers;
	}
}

static bool
visit(PlanState *state, void *context)
{
	const Frame *above = context;
	Frame		frame = {
		.above = above,
		.walk = above->walk,
		.state = state,
		.depth = above->depth + 1
	};

	if (frame.depth > MAX_DEPTH || state->instrument == NULL)
		return true;
	if (above->state == NULL)
		frame.early = above->early;
	else
	{
		frame.early = may_stop_early(above, state);
		frame.workers = workers_below(above);
	}
	frame.walk->tuples += tuples_of(state);
	if (loops_of(state) > 0)
		judge(&frame);
	return planstate_tree_walker(state, visit, &frame);
}

/*
 * Look at a plan that has run, once.  Of one that was stopped before it "ended"
 * some nodes have.
 */
void
tend_estimate_walk(QueryDesc *query, bool ended, TendEstimateWalk *walk)
{
	Frame		top = {.walk = walk,.early = !ended};

	walk->query = query;
	walk->tuples = 0;
	walk->nsuspects = 0;
	walk->nright = 0;
	walk->nscans = 0;
	(void) visit(query->planstate, &top);
}
