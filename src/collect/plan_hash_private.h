/*-------------------------------------------------------------------------
 *
 * plan_hash_private.h
 *	  What the parts of the fingerprint share.
 *
 *	plan_hash.c			the questions, and which table is which
 *	plan_hash_node.c	plan nodes
 *	plan_hash_expr.c	expressions
 *	plan_hash_index.c	definitions of indexes
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_HASH_PRIVATE_H
#define TEND_PLAN_HASH_PRIVATE_H

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

/* One walk over a plan */
typedef struct TendHashWalk
{
	PlannedStmt *stmt;
	bool		shape;			/* leave out tables, indexes and conditions */
	bool		find_params;	/* look at target lists too */
	bool		found_param;	/* of the statement */

	/* per RT index, both NULL if no table has children */
	AppendRelInfo **parents;	/* of children of tables, NULL for others */
	Index	   *numbers;		/* RT index as if there were no children */
	int			nrtes;

	/* per PARAM_EXEC: hash of what it stands for, 0 if unknown */
	uint64	   *params;
	int			nparams;

	Plan	   *plan;			/* node whose expressions are being hashed */
	bool		resolving;		/* in an expression of a node below it */
	Index		indexed;		/* while in the definition of an index: the RT
								 * index of its table, otherwise 0 */
} TendHashWalk;

/*
 * Where something stands in a node.  Sets that only differ in who stands
 * where must not have the same hash.
 */
typedef enum TendHashSlot
{
	SLOT_FILTER = 1,
	SLOT_JOIN_FILTER,
	SLOT_HASH_CLAUSES,
	SLOT_MERGE_CLAUSES,
	SLOT_INDEX_COND,
	SLOT_ORDER_BY,
	SLOT_TID_COND,
	SLOT_ONE_TIME_FILTER,
	SLOT_RUN_CONDITION,
	SLOT_CACHE_KEYS,
	SLOT_REMOTE_COND,
	SLOT_REMOTE_EXPRS,
	SLOT_CUSTOM_EXPRS,
	SLOT_ARBITERS,
	SLOT_KEYS,
	SLOT_ORDER_KEYS,
	SLOT_OUTER,
	SLOT_INNER,
	SLOT_PARALLEL,
	SLOT_INDEX_EXPRS,
	SLOT_INDEX_PREDICATE
} TendHashSlot;

/* What hashes begin with that are not of nodes */
#define TEND_SEED_COLUMN	UINT64CONST(0xa0761d6478bd642f)
#define TEND_SEED_SET		UINT64CONST(0xe7037ed1a0b428db)
#define TEND_SEED_INDEX		UINT64CONST(0x8ebc6af09c88c6e3)
#define TEND_SEED_PARAM		UINT64CONST(0x589965cc75374cc3)

/*
 * Hash of every expression without columns: a constant, a parameter of the
 * statement, a call of now(), an array of them.  So another literal, and the
 * generic instead of a custom plan, make no other plan.
 */
#define TEND_HASH_VALUE		UINT64CONST(0x1d8e4e27c47d124f)

static inline uint64
tend_mix(uint64 hash, uint64 more)
{
	hash = (hash ^ more) * UINT64CONST(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 32);
}

/* plan_hash.c */
extern uint64 tend_hash_set(uint64 seed, uint64 *members, int n);
extern uint64 tend_hash_string(uint64 hash, const char *s);
extern uint64 tend_hash_table(TendHashWalk *walk, Index rti);
extern uint64 tend_hash_column(TendHashWalk *walk, Index rti, AttrNumber attno);

/* plan_hash_node.c */
extern uint64 tend_hash_node(TendHashWalk *walk, Plan *plan);

/* plan_hash_expr.c */
extern uint64 tend_hash_expr(TendHashWalk *walk, Node *node);
extern uint64 tend_hash_quals(TendHashWalk *walk, List *quals);
extern uint64 tend_hash_object(int cache, Oid oid);

/* plan_hash_index.c */
extern uint64 tend_hash_index(TendHashWalk *walk, Oid indexid, Index rti);

#endif							/* TEND_PLAN_HASH_PRIVATE_H */
