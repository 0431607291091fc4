/*-------------------------------------------------------------------------
 *
 * estimate_walk.h
 *	  Find the nodes of an executed plan that the planner was wrong about.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATE_WALK_H
#define TEND_ESTIMATE_WALK_H

#include "access/attnum.h"
#include "estimate_facts.h"
#include "executor/execdesc.h"
#include "nodes/execnodes.h"
#include "store/shared_scans.h"

/* Of one execution, the worst */
#define TEND_SUSPECTS	16

/* Scans of one execution that were right; more are not looked at */
#define TEND_WITNESSES	4

/* Large sequential scans of one execution; more are not looked at */
#define TEND_LARGE_SCANS	4

/* Lists of clauses that a scan has at most */
#define TEND_SCAN_QUALS	2

/* A node that came out otherwise than planned */
typedef struct TendSuspect
{
	TendEstimateKind kind;
	PlanState  *state;
	bool		parameterised;	/* a scan that takes the values of a join */
	Index		rti;			/* the table, as the statement names it; of a
								 * scan the partition */
	int			ncolumns;		/* of groups and joins */
	AttrNumber	columns[TEND_ESTIMATE_COLUMNS];
	uint64		columns_hash;	/* of scans, too */
	double		planned;
	double		actual;
	double		input_planned;
	double		input_actual;
	double		q_error;
} TendSuspect;

typedef struct TendEstimateWalk
{
	QueryDesc  *query;
	double		tuples;			/* that all nodes counted */
	int			nsuspects;
	TendSuspect suspects[TEND_SUSPECTS];
	int			nright;
	TendSuspect right[TEND_WITNESSES];	/* scans that were not wrong, of
										 * tables where others were */
	int			nscans;
	TendScan	scans[TEND_LARGE_SCANS];	/* without database and time */
} TendEstimateWalk;

extern void tend_estimate_walk(QueryDesc *query, bool ended, TendEstimateWalk *walk);
extern void tend_scan_quals(const Plan *plan, List *quals[TEND_SCAN_QUALS]);

#endif							/* TEND_ESTIMATE_WALK_H */
