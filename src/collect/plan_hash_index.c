/*-------------------------------------------------------------------------
 *
 * plan_hash_index.c
 *	  Which index a plan uses: its definition.
 *
 * Not its name, and not its OID: REINDEX CONCURRENTLY changes that.  All that
 * we need lies in the relation cache, where planning has left it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_index.h"
#include "nodes/pg_list.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "collect/plan_hash_private.h"

static uint64
hash_key_columns(TendHashWalk *walk, Relation index, Index rti, uint64 hash)
{
	int			nkeys = index->rd_index->indnkeyatts;

	for (int i = 0; i < index->rd_index->indnatts; i++)
	{
		AttrNumber	attno = index->rd_index->indkey.values[i];

		/* 0: an expression */
		hash = tend_mix(hash, attno != 0 ? tend_hash_column(walk, rti, attno) : 0);
		if (i >= nkeys)
			continue;
		hash = tend_mix(hash, tend_hash_object(OPFAMILYOID, index->rd_opfamily[i]));
		hash = tend_mix(hash, tend_hash_object(COLLOID, index->rd_indcollation[i]));
		hash = tend_mix(hash, index->rd_indoption[i]);
	}
	return hash;
}

/* Have the relation cache hold what we read from it below */
static void
load_expressions(Relation index)
{
	if (index->rd_indexprs == NIL)
		list_free_deep(RelationGetIndexExpressions(index));
	if (index->rd_indpred == NIL)
		list_free_deep(RelationGetIndexPredicate(index));
}

/*
 * Here constants count: an index of the open orders is not one of the closed
 * ones.  The lists stay as long as the entry is open, whatever invalidations
 * come in meanwhile: an index's entry is never built anew.
 */
static uint64
hash_expressions(TendHashWalk *walk, Relation index, Index rti, uint64 hash)
{
	Index		outer = walk->indexed;
	ListCell   *lc;

	load_expressions(index);
	walk->indexed = rti;

	hash = tend_mix(hash, SLOT_INDEX_EXPRS);
	foreach(lc, index->rd_indexprs)
		hash = tend_mix(hash, tend_hash_expr(walk, lfirst(lc)));
	hash = tend_mix(hash, SLOT_INDEX_PREDICATE);
	if (index->rd_indpred != NIL)
		hash = tend_mix(hash, tend_hash_quals(walk, index->rd_indpred));

	walk->indexed = outer;
	return hash;
}

static bool
has_expressions(Relation index)
{
	return !heap_attisnull(index->rd_indextuple, Anum_pg_index_indexprs, NULL) ||
		!heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL);
}

uint64
tend_hash_index(TendHashWalk *walk, Oid indexid, Index rti)
{
	Relation	index;
	uint64		hash;

	if (walk->shape)
		return TEND_SEED_INDEX;

	/* an index that others pretend to have is not there */
	index = RelationIdGetRelation(indexid);
	if (!RelationIsValid(index))
		return tend_mix(TEND_SEED_INDEX, indexid);

	hash = tend_mix(TEND_SEED_INDEX, tend_hash_object(AMOID, index->rd_rel->relam));
	hash = tend_mix(hash, index->rd_index->indnatts);
	hash = tend_mix(hash, index->rd_index->indnkeyatts);
	hash = tend_mix(hash, index->rd_index->indisunique);
	hash = hash_key_columns(walk, index, rti, hash);
	if (has_expressions(index))
		hash = hash_expressions(walk, index, rti, hash);

	RelationClose(index);
	return hash;
}
