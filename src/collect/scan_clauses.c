/*-------------------------------------------------------------------------
 *
 * scan_clauses.c
 *	  The clauses of a scan, as the planner had them.
 *
 * In a finished plan they are spread over the index and the heap, some twice,
 * some in a form made for the index, and some left out because the index holds
 * only rows that meet them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/clause_shape.h"
#include "collect/estimate_walk.h"
#include "collect/scan_clauses.h"
#include "common/pg_lzcompress.h"
#include "compat.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"

/* Longer texts of clauses are not written down. */
#define TEXT_BYTES		16384

/* Columns of an index, as what they are of the table */
static Node *
to_table_columns(Node *node, void *context)
{
	const IndexOnlyScan *scan = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varno == INDEX_VAR)
	{
		TargetEntry *column = list_nth(scan->indextlist, ((Var *) node)->varattno - 1);

		return copyObject((Node *) column->expr);
	}
	return expression_tree_mutator(node, to_table_columns, context);
}

/* What the index holds no other rows than */
static List *
index_predicate(PlanState *state)
{
	Relation	index = NULL;

	if (IsA(state, IndexScanState))
		index = ((IndexScanState *) state)->iss_RelationDesc;
	else if (IsA(state, IndexOnlyScanState))
		index = ((IndexOnlyScanState *) state)->ioss_RelationDesc;
	return index != NULL ? RelationGetIndexPredicate(index) : NIL;
}

/* A list with Vars of range table entry 1 */
static List *
table_clauses(PlanState *state, List *quals)
{
	List	   *result = copyObject(quals);

	if (IsA(state, IndexOnlyScanState))
		result = (List *) to_table_columns((Node *) result, state->plan);
	ChangeVarNodes((Node *) result, ((Scan *) state->plan)->scanrelid, 1, 0);
	return result;
}

/*
 * Did the planner make this clause of the index from one that the heap checks
 * exactly?  So it does for LIKE, and with networks.
 */
static bool
is_derived(Node *index_clause, const List *heap_clauses)
{
	TendClauseShape derived;
	ListCell   *lc;

	tend_clause_classify(index_clause, &derived);
	if (derived.column == 0 || derived.class > TEND_CLAUSE_RANGE)
		return false;
	foreach(lc, heap_clauses)
	{
		TendClauseShape shape;

		tend_clause_classify(lfirst(lc), &shape);
		if (shape.column == derived.column &&
			(shape.class == TEND_CLAUSE_PATTERN || shape.class == TEND_CLAUSE_OTHER))
			return true;
	}
	return false;
}

/* The AND clauses of a scan, in fresh memory, with Vars of range table entry 1 */
List *
tend_scan_clauses(PlanState *state)
{
	List	   *quals[TEND_SCAN_QUALS];
	List	   *heap;
	List	   *result = NIL;
	ListCell   *lc;

	tend_scan_quals(state->plan, quals);
	heap = table_clauses(state, quals[1]);
	foreach(lc, table_clauses(state, quals[0]))
	{
		if (!is_derived(lfirst(lc), heap))
			result = list_append_unique(result, lfirst(lc));
	}
	foreach(lc, heap)
		result = list_append_unique(result, lfirst(lc));
	foreach(lc, index_predicate(state))
		result = list_append_unique(result, lfirst(lc));
	return result;
}

/* ---- as a text ---- */

/*
 * Is it a value that is elsewhere, or one that does not fit?  As a text it takes
 * two bytes for each at least: of a large one that would be gigabytes.
 */
static bool
is_unwritable_value(const Const *value)
{
	if (value->constisnull || value->constlen != -1)
		return false;
	return VARATT_IS_EXTERNAL(DatumGetPointer(value->constvalue)) ||
		VARSIZE_ANY(DatumGetPointer(value->constvalue)) > TEXT_BYTES / 2;
}

/* Anything but columns, operators on them, and values that are here? */
static bool
is_unwritable(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) || IsA(node, SubPlan))
		return true;
	if (IsA(node, Const))
		return is_unwritable_value((Const *) node);
	return expression_tree_walker(node, is_unwritable, context);
}

/*
 * Write clauses down as nodeToString() does, compressed: the same words come
 * again and again.  Returns the number of bytes; 0 if they do not fit, or have
 * something in them that means nothing elsewhere.
 */
int
tend_clauses_write(List *clauses, char *bytes, int size)
{
	char	   *text;
	char	   *compressed;
	int32		length;
	int32		written;

	if (is_unwritable((Node *) clauses, NULL) || contain_mutable_functions((Node *) clauses))
		return 0;
	text = nodeToString(clauses);

	length = strlen(text);
	if (length > TEXT_BYTES)
		return 0;
	compressed = palloc(PGLZ_MAX_OUTPUT(length));
	written = pglz_compress(text, length, compressed, PGLZ_strategy_always);
	if (written <= 0 || written > size)
		return 0;
	memcpy(bytes, compressed, written);
	return written;
}

/* The clauses that were written down; NIL if these bytes are none */
List *
tend_clauses_read(const char *bytes, int nbytes)
{
	char	   *text;
	int32		length;
	Node	   *node;

	if (nbytes <= 0)
		return NIL;
	text = palloc(TEXT_BYTES + 1);

	length = pglz_decompress(bytes, nbytes, text, TEXT_BYTES, false);
	if (length <= 0)
		return NIL;
	text[		length] = '\0';

	node = stringToNode(text);
	return node != NULL && IsA(node, List) ? (List *) node : NIL;
}
