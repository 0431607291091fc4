/*-------------------------------------------------------------------------
 *
 * plan_hash.c
 *	  Fingerprint of what a plan means.
 *
 * Two plans of a query are the same if they would do the same work with the
 * same tables, whatever the constants, and whatever things are called.  So
 * we hash nodes, strategies, and where conditions are checked, but no costs,
 * no constants, no target lists and no numbers of workers or partitions.
 *
 * A table is known by its place in the range table, which the query decides:
 * neither a new name nor another OID after dump and restore changes it.  (Which
 * table it is, the query's own id says.)  An index is known by its definition.
 *
 * Partitions, and other children of tables, count as the parent: their
 * numbers are not stable, and only make a difference if they are treated
 * differently.  See hash_append().  So a plan cannot be told from another one
 * that does the same work per partition and not over all, as partitionwise
 * joins do; nor could it be if all partitions but one are pruned.
 *
 * All this happens once per planning, and must cost next to nothing there:
 * the hash mixes words instead of bytes, and catalogs are only asked about
 * operators and functions that did not come with the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "nodes/parsenodes.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "collect/plan_hash.h"
#include "collect/plan_hash_private.h"

/* ---- which table is which ---- */

/*
 * Is this the child of a table?  Members of UNION ALL are no children: the
 * query names them.
 */
static bool
is_child_of_table(AppendRelInfo *appinfo)
{
	return OidIsValid(appinfo->parent_reloid);
}

/*
 * The planner adds children to the range table after what the query has, but
 * before what subqueries bring; so without them the numbers are the query's.
 */
static void
number_tables(TendHashWalk *walk)
{
	ListCell   *lc;
	Index		children = 0;

	if (walk->stmt->appendRelations == NIL)
		return;

	walk->nrtes = list_length(walk->stmt->rtable);
	walk->parents = palloc0((walk->nrtes + 1) * sizeof(AppendRelInfo *));
	walk->numbers = palloc((walk->nrtes + 1) * sizeof(Index));

	foreach(lc, walk->stmt->appendRelations)
	{
		AppendRelInfo *appinfo = lfirst_node(AppendRelInfo, lc);

		if (is_child_of_table(appinfo) &&
			appinfo->child_relid <= (Index) walk->nrtes)
			walk->parents[appinfo->child_relid] = appinfo;
	}

	for (int rti = 0; rti <= walk->nrtes; rti++)
	{
		walk->numbers[rti] = rti - children;
		if (walk->parents[rti] != NULL)
			children++;
	}
}

static AppendRelInfo *
parent_of(TendHashWalk *walk, Index rti)
{
	if (walk->parents == NULL || rti > (Index) walk->nrtes)
		return NULL;
	return walk->parents[rti];
}

static Index
number_of(TendHashWalk *walk, Index rti)
{
	if (walk->numbers == NULL || rti > (Index) walk->nrtes)
		return rti;
	return walk->numbers[rti];
}

uint64
tend_hash_table(TendHashWalk *walk, Index rti)
{
	AppendRelInfo *parent;

	while ((parent = parent_of(walk, rti)) != NULL)
		rti = parent->parent_relid;

	return number_of(walk, rti);
}

/* A column by number, as the topmost parent numbers it */
uint64
tend_hash_column(TendHashWalk *walk, Index rti, AttrNumber attno)
{
	AppendRelInfo *parent;

	while ((parent = parent_of(walk, rti)) != NULL)
	{
		if (attno > 0 && attno <= parent->num_child_cols)
			attno = parent->parent_colnos[attno - 1];
		rti = parent->parent_relid;
	}

	return tend_mix(tend_mix(TEND_SEED_COLUMN, number_of(walk, rti)),
					(uint16) attno);
}

/* ---- hashing ---- */

static int
compare_hashes(const void *a, const void *b)
{
	uint64		x = *(const uint64 *) a;
	uint64		y = *(const uint64 *) b;

	return (x > y) - (x < y);
}

/*
 * Hash of what is in the array at all, in whichever order and how often.
 * What is there alone is its own hash: one of 50 equal partitions is like all
 * of them.  Sorts the array.
 */
uint64
tend_hash_set(uint64 seed, uint64 *members, int n)
{
	uint64		hash = seed;
	bool		alone = true;

	if (n == 0)
		return seed;
	if (n > 1)
		qsort(members, n, sizeof(uint64), compare_hashes);

	for (int i = 0; i < n; i++)
	{
		if (i > 0 && members[i] == members[i - 1])
			continue;
		if (i > 0)
			alone = false;
		hash = tend_mix(hash, members[i]);
	}

	return alone ? members[0] : hash;
}

uint64
tend_hash_string(uint64 hash, const char *s)
{
	for (; *s != '\0'; s++)
		hash = tend_mix(hash, (unsigned char) *s);
	return hash;
}

/*
 * The words went in with one multiplication each, which leaves traces.  0
 * means "no plan" to others.
 */
static uint64
finish(uint64 hash)
{
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xc4ceb9fe1a85ec53);
	hash ^= hash >> 33;

	return hash != 0 ? hash : 1;
}

/*
 * Subplans come after the plan, and in falling order, since whoever refers to
 * a subplan says what its parameters are: an inner subplan was planned, and
 * so numbered, before the one that contains it.
 */
static uint64
walk_statement(TendHashWalk *walk)
{
	List	   *subplans = walk->stmt->subplans;
	uint64		hash;

	number_tables(walk);
	walk->nparams = list_length(walk->stmt->paramExecTypes);
	if (walk->nparams > 0)
		walk->params = palloc0(walk->nparams * sizeof(uint64));

	hash = tend_hash_node(walk, walk->stmt->planTree);
	for (int i = list_length(subplans) - 1; i >= 0; i--)
	{
		Plan	   *subplan = (Plan *) list_nth(subplans, i);

		/* of two ways to run a subplan the one not chosen is NULL */
		if (subplan != NULL)
			hash = tend_mix(tend_mix(hash, i), tend_hash_node(walk, subplan));
	}

	if (walk->params != NULL)
		pfree(walk->params);
	if (walk->parents != NULL)
	{
		pfree(walk->parents);
		pfree(walk->numbers);
	}
	return finish(hash);
}

uint64
tend_plan_hash(PlannedStmt *stmt)
{
	TendHashWalk walk = {.stmt = stmt};

	return walk_statement(&walk);
}

uint64
tend_plan_shape(PlannedStmt *stmt)
{
	TendHashWalk walk = {.stmt = stmt,.shape = true};

	return walk_statement(&walk);
}

bool
tend_plan_is_generic(PlannedStmt *stmt)
{
	TendHashWalk walk = {.stmt = stmt,.find_params = true};

	walk_statement(&walk);
	return walk.found_param;
}

/* ---- tables ---- */

/* Pages of a table, -1 if it is none.  Partitioned tables come first. */
static int64
pages_of(RangeTblEntry *rte)
{
	Relation	rel;
	int64		pages = -1;

	switch (rte->relkind)
	{
		case RELKIND_PARTITIONED_TABLE:
			return PG_INT64_MAX;
		case RELKIND_RELATION:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			break;
		default:
			return -1;
	}

	/* planning locked it */
	rel = RelationIdGetRelation(rte->relid);
	if (RelationIsValid(rel))
	{
		pages = Max((int64) rel->rd_rel->relpages, 0);
		RelationClose(rel);
	}
	return pages;
}

static bool
is_among(Oid relid, const Oid *relids, int n)
{
	for (int i = 0; i < n; i++)
		if (relids[i] == relid)
			return true;
	return false;
}

static Bitmapset *
children_of_tables(PlannedStmt *stmt)
{
	Bitmapset  *children = NULL;
	ListCell   *lc;

	foreach(lc, stmt->appendRelations)
	{
		AppendRelInfo *appinfo = lfirst_node(AppendRelInfo, lc);

		if (is_child_of_table(appinfo))
			children = bms_add_member(children, appinfo->child_relid);
	}
	return children;
}

int
tend_plan_relations(PlannedStmt *stmt, Oid *relids, int max)
{
	Bitmapset  *children = children_of_tables(stmt);
	int64	   *pages = palloc(Max(max, 1) * sizeof(int64));
	int			n = 0;
	int			rti = 0;
	ListCell   *lc;

	foreach(lc, stmt->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		int64		its_pages;
		int			i;

		rti++;
		if (rte->rtekind != RTE_RELATION || bms_is_member(rti, children) ||
			is_among(rte->relid, relids, n))
			continue;
		its_pages = pages_of(rte);
		if (its_pages < 0 || (n == max && (n == 0 || its_pages <= pages[n - 1])))
			continue;

		for (i = n < max ? n++ : n - 1; i > 0 && its_pages > pages[i - 1]; i--)
		{
			pages[i] = pages[i - 1];
			relids[i] = relids[i - 1];
		}
		pages[i] = its_pages;
		relids[i] = rte->relid;
	}

	pfree(pages);
	bms_free(children);
	return n;
}
