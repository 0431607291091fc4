/*-------------------------------------------------------------------------
 *
 * estimate_facts.h
 *	  The nouns of misestimates, which all layers share.
 *
 * One "node" is one node of a plan in one sampled execution.  It comes with
 * what the planner expected, what came, and what each of its clauses alone
 * lets expect, so that an error can be attributed.  Evidence of many nodes
 * comes together under a key: a table and a set of its columns, never a query.
 *
 * All numbers of rows are of the whole table: over all loops, and over all
 * processes that took part.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATE_FACTS_H
#define TEND_ESTIMATE_FACTS_H

#include "datatype/timestamp.h"

/* Columns of a key, and clauses of a node that are looked at */
#define TEND_ESTIMATE_COLUMNS	8
#define TEND_ESTIMATE_CLAUSES	8

/* Queries that a key remembers, those that lost most time */
#define TEND_ESTIMATE_QUERIES	8

/*
 * Buckets of the histogram of q-errors: bucket i begins at 2^(i/2), and the
 * last one has no end (from 2^15.5, 46 000).
 */
#define TEND_ESTIMATE_BUCKETS	32

typedef enum TendEstimateKind
{
	TEND_ESTIMATE_FILTER,		/* rows of a scan */
	TEND_ESTIMATE_GROUPS,		/* groups of GROUP BY or DISTINCT */
	TEND_ESTIMATE_JOIN			/* rows of a join, or of a scan that takes the
								 * values of one */
} TendEstimateKind;

/* What a clause is, for statistics on several columns */
typedef enum TendClauseClass
{
	TEND_CLAUSE_EQUAL,			/* column = value, IN, OR of these, boolean */
	TEND_CLAUSE_RANGE,			/* <, <=, >, >=, BETWEEN */
	TEND_CLAUSE_NOT_EQUAL,
	TEND_CLAUSE_NULL,			/* IS NULL, IS NOT NULL */
	TEND_CLAUSE_PATTERN,		/* LIKE, regular expressions */
	TEND_CLAUSE_EXPRESSION,		/* of a function or operator of columns */
	TEND_CLAUSE_COLUMNS,		/* column op column of the same table */
	TEND_CLAUSE_OTHER
} TendClauseClass;

/* One AND clause of a scan */
typedef struct TendClauseFacts
{
	TendClauseClass class;
	int			column;			/* attribute number; 0: none, or several */
	bool		parameter;		/* compares with a parameter of the statement */
	double		rows;			/* T times its selectivity alone, by the
								 * statistics of now */
	bool		no_statistics;	/* the planner had none for it, and took a
								 * default */
	bool		beyond;			/* the value lies beyond all that statistics
								 * have seen */
	bool		list_full;		/* as many most common values as the target
								 * allows */
	bool		no_list;		/* statistics of its type never have most
								 * common values */
	int			target;			/* of its column */
} TendClauseFacts;

typedef struct TendNodeFacts
{
	TendEstimateKind kind;
	Oid			relid;			/* a partition's topmost parent */
	Oid			scanned;		/* the partition itself, or the same */

	double		table_rows;		/* T, as the planner takes it now */
	double		modified;		/* rows modified since the last analyze, NaN */

	double		planned;		/* rows when the plan was made */
	double		actual;
	double		estimated;		/* T * S: planned anew, with parameters */
	double		generic;		/* the same without their values; NaN: it has
								 * none */

	int			nclauses;
	TendClauseFacts clauses[TEND_ESTIMATE_CLAUSES];
	bool		more_clauses;	/* than fit */
	bool		covered;		/* statistics on several columns were used */

	/* GROUP BY: the columns, and how many values each has */
	int			ncolumns;
	int			columns[TEND_ESTIMATE_COLUMNS];
	double		distinct[TEND_ESTIMATE_COLUMNS];
	double		input_planned;	/* rows that were to be grouped */
	double		input_actual;
} TendNodeFacts;

typedef enum TendEstimateCause
{
	TEND_CAUSE_CORRELATED,		/* the order is that of the words in
								 * advise/estimate_words.c */
	TEND_CAUSE_STALE,
	TEND_CAUSE_TARGET,
	TEND_CAUSE_GENERIC_PLAN,
	TEND_CAUSE_EXPRESSION,
	TEND_CAUSE_JOIN,
	TEND_CAUSE_NOT_COVERABLE,
	TEND_CAUSE_UNKNOWN
} TendEstimateCause;

/*
 * What evidence belongs to.  Hashed and compared as bytes: the padding must be
 * zero.
 */
typedef struct TendEstimateKey
{
	Oid			dboid;
	Oid			relid;
	uint8		kind;			/* TendEstimateKind */
	uint8		cause;			/* TendEstimateCause */
	uint8		ncolumns;
	uint8		unused;
	int16		columns[TEND_ESTIMATE_COLUMNS]; /* ascending, the rest 0 */
	uint8		classes[TEND_ESTIMATE_COLUMNS]; /* TendClauseClass of each; 0
												 * for groups */
} TendEstimateKey;

/* Evidence: what sampled nodes of a key showed. */
typedef struct TendEstimateSums
{
	int64		samples;
	double		ln_sum;			/* of ln(actual / expected), both at least 1 */
	double		ln_abs_sum;
	double		max_q;			/* the worst q-error */
	double		expected;		/* rows, of the worst one */
	double		actual;
	int64		parameters;		/* samples with a parameter among its clauses */
	int64		right;			/* other executions with such clauses, in
								 * which the planner was right, or few rows
								 * came */
	uint64		histogram[TEND_ESTIMATE_BUCKETS];	/* of q-errors */
} TendEstimateSums;

/*
 * Large errors by statistics that were stale, of sampled executions that the
 * history of the table does not have yet.
 */
typedef struct TendStaleNews
{
	int64		samples;
	double		ln_q;			/* sum of ln(q-error) */
	double		rows;			/* the fewest rows that were modified since
								 * the last analyze when one came; 0: none
								 * came */
	double		ms;				/* that these executions took */
} TendStaleNews;

/* A query that suffered */
typedef struct TendEstimateQuery
{
	uint64		queryid;
	int64		samples;
	double		ms;				/* that the sampled executions took */
} TendEstimateQuery;

#endif							/* TEND_ESTIMATE_FACTS_H */
