/*-------------------------------------------------------------------------
 *
 * health.c
 *	  The checks of tend.health: which there are, and what they share.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/health.h"

static const TendHealthInfo checks[TEND_HEALTH_CHECKS] = {
	[TEND_HEALTH_WRAPAROUND] = {
		"wraparound", "pg_tend.wraparound_warning_age", "transactions",
		"a database comes near to running out of transaction IDs or multixacts: by age and by date",
		"SELECT * FROM tend.wraparound;", tend_health_wraparound
	},
	[TEND_HEALTH_FREEZE] = {
		"freeze due", "pg_tend.wraparound_critical_age", "transactions",
		"a table has reached the age at which autovacuum must freeze it, or a dangerous one",
		"SELECT * FROM tend.tables WHERE freeze_due > 1;", tend_health_freeze
	},
	[TEND_HEALTH_ARCHIVER] = {
		"archiver", "pg_tend.health_archive_queue", "files",
		"archiving of WAL fails, or does not keep up",
		"SELECT * FROM pg_stat_archiver;", tend_health_archiver
	},
	[TEND_HEALTH_WAL] = {
		"pg_wal", "pg_tend.health_wal_ratio", "times",
		"pg_wal is larger than the settings explain",
		"SELECT * FROM pg_ls_waldir();", tend_health_wal
	},
	[TEND_HEALTH_SLOT] = {
		"replication slot", "pg_tend.health_slot_size", "MB",
		"a replication slot retains WAL, or has lost it",
		"SELECT * FROM pg_replication_slots;", tend_health_slot
	},
	[TEND_HEALTH_CONNECTIONS] = {
		"connections", "pg_tend.health_connections", "ratio",
		"connections run out; with the number that the observed load needs",
		"SELECT state, count(*) FROM pg_stat_activity GROUP BY state;", tend_health_connections
	},
	[TEND_HEALTH_BLOCKER] = {
		"vacuum blocked", "pg_tend.blocker_age", "s",
		"somebody has held back vacuum for long",
		"SELECT * FROM tend.vacuum_blockers;", tend_health_blocker
	},
	[TEND_HEALTH_PREPARED] = {
		"prepared transaction", "pg_tend.health_prepared_age", "s",
		"a prepared transaction was left behind",
		"SELECT * FROM pg_prepared_xacts;", tend_health_prepared
	},
	[TEND_HEALTH_IDLE_TRANSACTION] = {
		"idle in transaction", "pg_tend.health_idle_in_transaction", "s",
		"a session does nothing within a transaction, and keeps its locks",
		"SELECT * FROM pg_stat_activity WHERE state LIKE 'idle in transaction%';", tend_health_idle_transaction
	},
	[TEND_HEALTH_REPLICATION_LAG] = {
		"replication lag", "pg_tend.health_replication_lag", "s",
		"what is committed appears late on a standby",
		"SELECT * FROM pg_stat_replication;", tend_health_replication_lag
	},
	[TEND_HEALTH_REPLICATION_BACKLOG] = {
		"replication backlog", "pg_tend.health_replication_backlog", "MB",
		"a receiver of WAL is far behind in bytes",
		"SELECT * FROM pg_stat_replication;", tend_health_replication_backlog
	},
	[TEND_HEALTH_OVERDUE] = {
		"vacuum overdue", "pg_tend.overdue_ratio", "times",
		"a table is far past its vacuum threshold, or nothing will ever vacuum or analyze it",
		"SELECT * FROM tend.tables WHERE verdict IN ('vacuum overdue', 'unattended');", tend_health_overdue
	},
	[TEND_HEALTH_DEAD_ROWS] = {
		"dead rows", "pg_tend.health_dead_ratio", "ratio",
		"a large share of a table's rows is dead",
		"SELECT * FROM tend.tables ORDER BY dead_ratio DESC NULLS LAST;", tend_health_dead_rows
	},
	[TEND_HEALTH_WORKERS] = {
		"autovacuum saturated", "pg_tend.health_autovacuum_queue", "tables per worker",
		"all autovacuum workers are busy and tables wait for them",
		"SELECT * FROM pg_stat_progress_vacuum;", tend_health_workers
	},
	[TEND_HEALTH_THROTTLED] = {
		"autovacuum throttled", "pg_tend.health_autovacuum_duration", "s",
		"an autovacuum runs for long, because of its cost delay",
		"SELECT * FROM pg_stat_progress_vacuum;", tend_health_throttled
	},
	[TEND_HEALTH_CANCELLED] = {
		"autovacuum cancelled", "pg_tend.health_cancelled", "times a day",
		"autovacuum of a table is cancelled again and again",
		"SELECT * FROM tend.events WHERE kind = 'autovacuum cancelled';", tend_health_cancelled
	},
	[TEND_HEALTH_PLAN] = {
		"plan regression", "pg_tend.health_plan_ratio", "times",
		"a query became slower with another plan",
		"SELECT * FROM tend.plan_changes WHERE verdict = 'regressed' AND state <> 'resolved';", tend_health_plan
	},
	[TEND_HEALTH_SLOW_QUERY] = {
		"slow query", "pg_tend.slow_plan_ratio", "times",
		"a query takes many times its usual time with the same plan",
		"SELECT * FROM tend.plan_changes WHERE verdict = 'regressed' AND state <> 'resolved';", tend_health_slow_query
	},
	[TEND_HEALTH_MISESTIMATE] = {
		"misestimate", "pg_tend.health_misestimate", "times",
		"the planner is wrong about rows, and statistics that repair it are proven",
		"SELECT * FROM tend.statistics_advice;", tend_health_misestimate
	},
	[TEND_HEALTH_STALE_STATISTICS] = {
		"stale statistics", "pg_tend.health_analyze_age", "s",
		"a busy table was analyzed long ago, or never",
		"SELECT * FROM tend.tables ORDER BY last_analyze;", tend_health_stale_statistics
	},
	[TEND_HEALTH_PARTITIONED_STATISTICS] = {
		"partitioned table statistics", "pg_tend.health_partitioned_analyze_age", "s",
		"a partitioned table was analyzed long before its partitions: autovacuum never does",
		"SELECT * FROM tend.maintenance_advice WHERE kind = 'analyze';", tend_health_partitioned_statistics
	},
	[TEND_HEALTH_LOST_STATISTICS] = {
		"statistics lost", "pg_tend.health_lost_rows", "rows",
		"counters are younger than the data: autovacuum does not know what is dead",
		"SELECT * FROM tend.tables WHERE verdict = 'statistics lost';", tend_health_lost_statistics
	},
	[TEND_HEALTH_CHECKPOINTS] = {
		"requested checkpoints", "pg_tend.health_requested_checkpoints", "ratio",
		"most checkpoints come because of WAL or commands, not by time",
		"SELECT * FROM tend.checkpoints;", tend_health_checkpoints
	},
	[TEND_HEALTH_STORM] = {
		"checkpoint storm", "pg_tend.storm_checkpoints", "checkpoints",
		"WAL asks for one checkpoint after the other; says whether autovacuum or the sessions write it",
		"SELECT * FROM tend.checkpoints;", tend_health_storm
	},
	[TEND_HEALTH_WAL_SYNC] = {
		"WAL sync slow", "pg_tend.wal_sync_limit", "ms",
		"commits wait for the disk, as pg_tend_iotrace times it",
		"SELECT * FROM tend.io_latency WHERE file_class = 'wal';", tend_health_wal_sync
	},
	[TEND_HEALTH_BACKEND_FSYNCS] = {
		"backend fsyncs", "pg_tend.backend_fsyncs", "files",
		"sessions sync data files themselves, which is the checkpointer's work",
		"SELECT * FROM tend.io_latency WHERE file_class = 'data';", tend_health_backend_fsyncs
	},
	[TEND_HEALTH_SYNC] = {
		"slow sync", "pg_tend.health_fsync_p99", "ms",
		"the disk takes long to sync other files than WAL, as pg_tend_iotrace times it",
		"SELECT * FROM tend.io_latency;", tend_health_sync
	},
	[TEND_HEALTH_SPILL] = {
		"spilling", "pg_tend.health_spill", "MB",
		"sorts or hashes of a query do not fit into work_mem",
		"SELECT * FROM tend.plans WHERE temp_blks_written > 0;", tend_health_spill
	},
	[TEND_HEALTH_WASTED_SCAN] = {
		"wasted scan", "pg_tend.health_wasted_scan", "ratio",
		"sequential scans of a table throw away nearly all rows",
		"SELECT * FROM tend.wasted_scans;", tend_health_wasted_scan
	},
	[TEND_HEALTH_PRUNING] = {
		"partitions not pruned", "pg_tend.health_partitions", "partitions",
		"a query looks into many partitions each time",
		"SELECT * FROM tend.plans WHERE partitions > calls;", tend_health_pruning
	},
	[TEND_HEALTH_INVALID_INDEX] = {
		"invalid index", "pg_tend.health_invalid_index_size", "MB",
		"an index is not used, but costs time with each change",
		"SELECT * FROM pg_index WHERE NOT indisvalid;", tend_health_invalid_index
	},
	[TEND_HEALTH_UNUSED_INDEX] = {
		"unused index", "pg_tend.health_unused_index_size", "MB",
		"an index that nobody reads costs time with each change and vacuum",
		"SELECT * FROM tend.maintenance_advice WHERE kind = 'unused index';", tend_health_unused_index
	},
	[TEND_HEALTH_DUPLICATE_INDEX] = {
		"duplicate index", "pg_tend.health_duplicate_index_size", "MB",
		"two indexes have the same definition",
		"SELECT * FROM pg_indexes;", tend_health_duplicate_index
	},
	[TEND_HEALTH_BLOATED_INDEX] = {
		"bloated index", "pg_tend.health_bloat_ratio", "times",
		"an index is many times as large as its entries need",
		"SELECT * FROM tend.maintenance_advice WHERE kind = 'bloated index';", tend_health_bloated_index
	},
	[TEND_HEALTH_BLOATED_TABLE] = {
		"bloated table", "pg_tend.health_bloat_ratio", "times",
		"a row takes many times the space that it took before",
		"SELECT * FROM tend.maintenance_advice WHERE kind = 'bloated table';", tend_health_bloated_table
	},
	[TEND_HEALTH_HOT] = {
		"HOT updates", "pg_tend.health_hot_ratio", "ratio",
		"most updates of a table need new index entries",
		"SELECT * FROM tend.tables ORDER BY hot_update_ratio;", tend_health_hot
	},
	[TEND_HEALTH_CORRELATION] = {
		"correlation lost", "pg_tend.health_correlation", "ratio",
		"a table is no longer in the order of an index, and range scans read more pages",
		"SELECT * FROM tend.planner_inputs ORDER BY at DESC;", tend_health_correlation
	},
	[TEND_HEALTH_SETTINGS] = {
		"settings", NULL, NULL,
		"settings contradict each other, or leave the server without protection",
		"SELECT name, setting, source FROM pg_settings WHERE source <> 'default';", tend_health_setting
	},
	[TEND_HEALTH_SELF] = {
		"pg_tend", "pg_tend.health_visit_delay", "intervals",
		"pg_tend itself is not at work, or has no room",
		"SELECT * FROM tend.self;", tend_health_self
	}
};

const TendHealthInfo *
tend_health_info(TendHealthCheck check)
{
	return &checks[check];
}

void
tend_health_finding_init(TendHealthFinding *finding)
{
	finding->severity = TEND_OK;
	finding->value = finding->threshold = NAN;
	finding->weight = 0;
	initStringInfo(&finding->message);
	initStringInfo(&finding->remedy);
}

/*
 * Judge one object; is there something to say?
 */
bool
tend_health_judge(TendHealthCheck check, const TendHealthFacts *facts, double threshold,
				  TendHealthFinding *finding)
{
	finding->severity = TEND_OK;
	finding->value = NAN;
	finding->threshold = threshold;
	finding->weight = 0;
	resetStringInfo(&finding->message);
	resetStringInfo(&finding->remedy);
	checks[check].judge(facts, threshold, finding);
	return finding->severity != TEND_OK;
}

/* ---- facts ---- */

static TendHealthFact *
add(TendHealthFacts *facts, const char *name)
{
	TendHealthFact *fact = &facts->facts[Min(facts->n, TEND_HEALTH_MAX_FACTS - 1)];

	facts->n = Min(facts->n + 1, TEND_HEALTH_MAX_FACTS);
	fact->name = name;
	fact->word = NULL;
	fact->number = NAN;
	return fact;
}

void
tend_facts_add(TendHealthFacts *facts, const char *name, double number)
{
	add(facts, name)->number = number;
}

/* NULL is an unknown word */
void
tend_facts_add_word(TendHealthFacts *facts, const char *name, const char *word)
{
	add(facts, name)->word = word;
}

static const TendHealthFact *
find(const TendHealthFacts *facts, const char *name)
{
	for (int i = 0; i < facts->n; i++)
	{
		if (strcmp(facts->facts[i].name, name) == 0)
			return &facts->facts[i];
	}
	return NULL;
}

/* NaN if it is unknown */
double
tend_facts_number(const TendHealthFacts *facts, const char *name)
{
	const TendHealthFact *fact = find(facts, name);

	return fact != NULL && fact->word == NULL ? fact->number : NAN;
}

/* NULL if it is unknown */
const char *
tend_facts_word(const TendHealthFacts *facts, const char *name)
{
	const TendHealthFact *fact = find(facts, name);

	return fact != NULL ? fact->word : NULL;
}

bool
tend_facts_is(const TendHealthFacts *facts, const char *name, const char *word)
{
	const char *is = tend_facts_word(facts, name);

	return is != NULL && strcmp(is, word) == 0;
}

/* ---- severity ---- */

/*
 * A warning from the threshold on, critical from another value on; with an
 * infinite one, never.  What is unknown is no reason to wake anybody.
 */
TendSeverity
tend_health_grade(double value, double threshold, double critical)
{
	if (isnan(value) || isnan(threshold) || value < threshold)
		return TEND_OK;
	return value >= critical ? TEND_CRITICAL : TEND_WARNING;
}

/* Add the words of a fact; nothing if there are none. */
void
tend_health_put(StringInfo out, const TendHealthFacts *facts, const char *name)
{
	const char *word = tend_facts_word(facts, name);

	if (word != NULL)
		appendStringInfoString(out, word);
}

/* ---- the worst of many ---- */

static bool
is_worse(TendHealthRank a, TendHealthRank b)
{
	return a.severity != b.severity ? a.severity > b.severity : a.weight > b.weight;
}

/*
 * Of n ranks, the worst first, room for max: where does one more belong?  -1
 * if it is not among them.  Of equals the first stays first.
 */
int
tend_health_place(const TendHealthRank *ranks, int n, int max, TendHealthRank rank)
{
	int			place = n;

	while (place > 0 && is_worse(rank, ranks[place - 1]))
		place--;
	return place < max ? place : -1;
}
