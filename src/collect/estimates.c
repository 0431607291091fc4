/*-------------------------------------------------------------------------
 *
 * estimates.c
 *	  Compare the planner's estimates with what came, in some executions.
 *
 * An execution that is sampled counts the rows of each node, without clocks.
 * When it has run, its plan is walked, and where it is wrong, planned anew and
 * attributed; evidence goes to shared memory.
 *
 * We look when the run is over, not when the execution ends: that may be in
 * the middle of a commit, where nothing can be guarded.
 *
 * Two things bound the cost: the share of executions that are sampled, and the
 * share of their time.  With a rate of 1 nothing does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "advise/attribute.h"
#include "collect/estimate_walk.h"
#include "collect/estimates.h"
#include "collect/guarded.h"
#include "collect/reestimate.h"
#include "collect/scan_clauses.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "portability/instr_time.h"
#include "settings.h"
#include "store/shared_estimates.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* What counting one row of one node costs, in ms; 23 ns were measured */
#define COUNT_MS		0.00002

/* A new session may spend so much before it has earned it, */
#define FIRST_MS		1.0

/* and nobody saves up more. */
#define MOST_MS			100.0

/* The same columns are looked at again after so long. */
#define AGAIN_US		1000000

/* Sets of columns that are remembered for it; a power of two */
#define REMEMBERED		64

int64		tend_estimates_countdown = 0;
double		tend_estimates_rate = -1;	/* draw at once */
double		tend_estimates_executed_ms = 0;

static double credit_ms = FIRST_MS;

/* What was looked at */
typedef struct Glance
{
	uint64		hash;			/* of a table and its columns */
	int64		us;				/* when, by the clock of instr_time */
	double		q_error;
} Glance;

static Glance glances[REMEMBERED];

/* ---- which executions ---- */

/* How many executions to let pass, so that each has the same chance */
static int64
step(double rate)
{
	if (rate <= 0)
		return PG_INT64_MAX;
	if (rate >= 1)
		return 0;
	return (int64) Min(floor(log1p(-pg_prng_double(&pg_global_prng_state)) / log1p(-rate)), 1e15);
}

static bool
can_afford(void)
{
	credit_ms = Min(credit_ms + tend_estimates_rate * tend_estimates_executed_ms, MOST_MS);
	tend_estimates_executed_ms = 0;
	return credit_ms > 0 || tend_estimates_rate >= 1;
}

/*
 * The countdown is over, or somebody has set another rate.  Only statements of
 * clients are sampled, and not those that go on when they have run.
 */
bool
tend_estimates_draw(const QueryDesc *query)
{
	bool		changed = tend_estimate_sample_rate != tend_estimates_rate;

	if (changed)
	{
		tend_estimates_rate = tend_estimate_sample_rate;
		tend_estimates_countdown = step(tend_estimates_rate) - 1;
		if (tend_estimates_countdown >= 0)
			return false;
	}
	tend_estimates_countdown = step(tend_estimates_rate);
	return MyBackendType == B_BACKEND && query->plannedstmt->commandType != CMD_UTILITY &&
		!query->plannedstmt->hasModifyingCTE && can_afford();
}

/* ---- not the same again and again ---- */

static uint64
hash_of(const QueryDesc *query, const TendSuspect *suspect)
{
	const RangeTblEntry *rte = list_nth(query->plannedstmt->rtable, suspect->rti - 1);

	return hash_combine64(hash_combine64(rte->relid, suspect->kind), suspect->columns_hash);
}

/* Was it looked at a moment ago, and is no worse now? */
static bool
seen_lately(uint64 hash, double q_error, int64 now_us)
{
	Glance	   *glance = &glances[hash % REMEMBERED];

	if (glance->hash == hash && now_us - glance->us < AGAIN_US && q_error <= glance->q_error)
		return true;
	glance->hash = hash;
	glance->us = now_us;
	glance->q_error = q_error;
	return false;
}

/* ---- one node ---- */

typedef struct Look
{
	QueryDesc  *query;
	TendSuspect *suspect;
	bool		right;
	TendEstimateQuery sample;
} Look;

static void
look_at(void *arg)
{
	const Look *look = arg;
	TendEstimateDelta *delta;
	TendNodeFacts facts;
	TendFinding finding;
	List	   *clauses;

	if (!tend_reestimate(look->query, look->suspect, &facts, &clauses) ||
		!(look->right ? tend_attribute_right : tend_attribute) (&facts, &finding))
		return;
	delta = palloc0(sizeof(TendEstimateDelta));
	delta->key = finding.key;
	delta->key.dboid = MyDatabaseId;
	tend_estimate_count(&delta->sums, &finding);
	/* partitioned tables have no history, as autovacuum leaves them alone */
	if (facts.scanned == facts.relid)
		tend_stale_count(&delta->stale, &finding, look->sample.ms);
	delta->query = look->sample;
	delta->example.actual = facts.actual;
	delta->example.table_rows = facts.kind == TEND_ESTIMATE_GROUPS ? facts.input_actual :
		facts.table_rows;
	delta->example.scanned = facts.scanned;
	if (facts.kind == TEND_ESTIMATE_FILTER)
		delta->example.nbytes = tend_clauses_write(clauses, delta->example.clauses, TEND_EXAMPLE_BYTES);
	(void) tend_estimates_fold(delta);
}

/* ---- one execution ---- */

static void
look_unless_lately(Look *look, int64 now_us)
{
	uint64		hash = hash_combine64(hash_of(look->query, look->suspect), look->right);

	if (tend_estimates_rate < 1 && seen_lately(hash, look->suspect->q_error, now_us))
		return;
	if (!tend_guarded(look_at, look))
		tend_estimates_count_failure();
}

static void
look_at_all(TendEstimateWalk *walk, const TendEstimateQuery *sample, int64 now_us)
{
	Look		look = {.query = walk->query,.sample = *sample};

	for (int i = 0; i < walk->nsuspects; i++)
	{
		look.suspect = &walk->suspects[i];
		look_unless_lately(&look, now_us);
	}
	look.right = true;
	for (int i = 0; i < walk->nright; i++)
	{
		look.suspect = &walk->right[i];
		look_unless_lately(&look, now_us);
	}
}

/* ---- sequential scans ---- */

static void
add_scans(TendEstimateWalk *walk)
{
	TimestampTz now = GetCurrentTimestamp();

	for (int i = 0; i < walk->nscans; i++)
	{
		walk->scans[i].dboid = MyDatabaseId;
		walk->scans[i].last_seen = now;
		tend_scans_add(&walk->scans[i], now - (int64) TEND_DAY_INTERVALS * tend_interval * USECS_PER_SEC);
	}
}

/*
 * Look at an execution that has run, for the first time, and to its end if it
 * "ended".  "ms" is what it took; it was of a statement of this id.
 */
void
tend_estimates_look(QueryDesc *query, bool ended, uint64 queryid, double ms)
{
	TendEstimateQuery sample = {.queryid = queryid,.samples = 1,.ms = ms};
	BufferUsage buffers = pgBufferUsage;
	TendEstimateWalk walk;
	instr_time	start;
	instr_time	now;

	if (!tend_guarded_possible() || !ActiveSnapshotSet())
		return;
	INSTR_TIME_SET_CURRENT(start);
	tend_estimate_walk(query, ended, &walk);
	look_at_all(&walk, &sample, (int64) INSTR_TIME_GET_MICROSEC(start));
	/* what we have read is not to be blamed on a statement that runs this one */
	pgBufferUsage = buffers;
	if (walk.nscans > 0)
		add_scans(&walk);
	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	credit_ms -= INSTR_TIME_GET_MILLISEC(now) + walk.tuples * COUNT_MS;
	tend_estimates_count_execution(INSTR_TIME_GET_MILLISEC(now) * 1000);
}
