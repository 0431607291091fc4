/*-------------------------------------------------------------------------
 *
 * health_settings.c
 *	  Settings that contradict each other.
 *
 * A rule names the settings that it looks at, which become its facts under
 * their own names: numbers in the unit of the setting, "on" and "off" as 1 and
 * 0, everything else as words.  To them come "memory_kb" and "cores" of the
 * machine, or container.  A fact that the server does not have is unknown, and no rule
 * applies then.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/health.h"
#include "advise/words.h"

#define NAMES	6

typedef struct Rule
{
	const char *names[NAMES];
	TendSeverity severity;
	bool		(*broken) (const TendHealthFacts *f);
	const char *message;
	const char *remedy;
} Rule;

static double
num(const TendHealthFacts *f, const char *name)
{
	return tend_facts_number(f, name);
}

static bool
empty(const TendHealthFacts *f, const char *name)
{
	const char *word = tend_facts_word(f, name);

	return word == NULL || word[0] == '\0';
}

/* ---- what breaks each rule ---- */

static bool
no_fsync(const TendHealthFacts *f)
{
	return num(f, "fsync") == 0;
}

static bool
no_full_pages(const TendHealthFacts *f)
{
	return num(f, "full_page_writes") == 0 && num(f, "fsync") == 1;
}

static bool
no_autovacuum(const TendHealthFacts *f)
{
	return num(f, "autovacuum") == 0;
}

static bool
blind_autovacuum(const TendHealthFacts *f)
{
	return num(f, "autovacuum") == 1 && num(f, "track_counts") == 0;
}

static bool
archive_without_command(const TendHealthFacts *f)
{
	return !empty(f, "archive_mode") && !tend_facts_is(f, "archive_mode", "off") &&
		(empty(f, "archive_command") || tend_facts_is(f, "archive_command", "(disabled)")) &&
		empty(f, "archive_library");
}

static bool
too_much_work_mem(const TendHealthFacts *f)
{
	return num(f, "shared_buffers") * (BLCKSZ / 1024) + num(f, "work_mem") * num(f, "max_connections") >
		num(f, "memory_kb");
}

static bool
too_much_maintenance_memory(const TendHealthFacts *f)
{
	double		own = num(f, "autovacuum_work_mem");

	return (own < 0 ? num(f, "maintenance_work_mem") : own) * num(f, "autovacuum_max_workers") >
		0.5 * num(f, "memory_kb");
}

static bool
too_many_buffers(const TendHealthFacts *f)
{
	return num(f, "shared_buffers") * (BLCKSZ / 1024) > 0.7 * num(f, "memory_kb");
}

static bool
cache_below_buffers(const TendHealthFacts *f)
{
	return num(f, "effective_cache_size") < num(f, "shared_buffers");
}

static bool
random_below_sequential(const TendHealthFacts *f)
{
	return num(f, "random_page_cost") < num(f, "seq_page_cost");
}

static bool
parallel_above_workers(const TendHealthFacts *f)
{
	return num(f, "max_parallel_workers") > num(f, "max_worker_processes");
}

static bool
gather_above_parallel(const TendHealthFacts *f)
{
	return num(f, "max_parallel_workers_per_gather") > num(f, "max_parallel_workers");
}

static bool
freeze_table_age_clamped(const TendHealthFacts *f)
{
	return num(f, "vacuum_freeze_table_age") > 0.95 * num(f, "autovacuum_freeze_max_age");
}

static bool
freeze_min_age_clamped(const TendHealthFacts *f)
{
	return num(f, "vacuum_freeze_min_age") > 0.5 * num(f, "autovacuum_freeze_max_age");
}

static bool
failsafe_below_freeze(const TendHealthFacts *f)
{
	return num(f, "vacuum_failsafe_age") < 1.05 * num(f, "autovacuum_freeze_max_age");
}

static bool
workers_share_a_crumb(const TendHealthFacts *f)
{
	double		limit = num(f, "autovacuum_vacuum_cost_limit");
	double		delay = num(f, "autovacuum_vacuum_cost_delay");

	if (limit < 0)
		limit = num(f, "vacuum_cost_limit");
	if (delay < 0)
		delay = num(f, "vacuum_cost_delay");
	return delay > 0 && limit / num(f, "autovacuum_max_workers") < 40;
}

static bool
lock_after_statement(const TendHealthFacts *f)
{
	return num(f, "statement_timeout") > 0 && num(f, "lock_timeout") >= num(f, "statement_timeout");
}

static bool
lock_before_deadlock(const TendHealthFacts *f)
{
	return num(f, "lock_timeout") > 0 && num(f, "lock_timeout") <= num(f, "deadlock_timeout") &&
		num(f, "log_lock_waits") == 1;
}

static bool
slot_limit_below_keep(const TendHealthFacts *f)
{
	return num(f, "max_slot_wal_keep_size") >= 0 && num(f, "max_slot_wal_keep_size") < num(f, "wal_keep_size");
}

static bool
synchronous_in_name_only(const TendHealthFacts *f)
{
	return !empty(f, "synchronous_standby_names") &&
		(tend_facts_is(f, "synchronous_commit", "off") || tend_facts_is(f, "synchronous_commit", "local"));
}

static bool
plans_without_ids(const TendHealthFacts *f)
{
	return !empty(f, "pg_tend.track_plans") && !tend_facts_is(f, "pg_tend.track_plans", "none") &&
		tend_facts_is(f, "compute_query_id", "off");
}

static bool
ages_upside_down(const TendHealthFacts *f)
{
	return num(f, "pg_tend.wraparound_critical_age") < num(f, "pg_tend.wraparound_warning_age");
}

static bool
feedback_without_need(const TendHealthFacts *f)
{
	return num(f, "hot_standby_feedback") == 1 && num(f, "hot_standby") == 0;
}

static const Rule rules[] = {
	{
		{"fsync"}, TEND_CRITICAL, no_fsync,
		"fsync is off: a crash of the machine can destroy the whole cluster, whatever synchronous_commit says",
		"ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();"
	},
	{
		{"full_page_writes", "fsync"}, TEND_WARNING, no_full_pages,
		"fsync is on and full_page_writes is off: a page that was half written in a crash stays broken",
		"ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf(); -- unless the file system never tears a page"
	},
	{
		{"autovacuum"}, TEND_WARNING, no_autovacuum,
		"autovacuum is off: dead rows stay and statistics grow stale, until wraparound forces it",
		"ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf();"
	},
	{
		{"autovacuum", "track_counts"}, TEND_WARNING, blind_autovacuum,
		"autovacuum is on and track_counts is off: it does not see what to do, and does nothing",
		"ALTER SYSTEM SET track_counts = on; SELECT pg_reload_conf();"
	},
	{
		{"archive_mode", "archive_command", "archive_library"}, TEND_WARNING, archive_without_command,
		"archive_mode is on, but there is neither archive_command nor archive_library: WAL is kept for ever",
		"set archive_command or archive_library to what keeps the WAL elsewhere, or set archive_mode to off and restart the server"
	},
	{
		{"work_mem", "max_connections", "shared_buffers", "memory_kb"}, TEND_NOTICE, too_much_work_mem,
		"if each of max_connections took its work_mem, with shared_buffers it would be more than the memory there is",
		"lower max_connections with a connection pooler in front, or set work_mem for the few roles that need it: ALTER ROLE ... SET work_mem"
	},
	{
		{"maintenance_work_mem", "autovacuum_work_mem", "autovacuum_max_workers", "memory_kb"}, TEND_NOTICE, too_much_maintenance_memory,
		"all autovacuum workers together may take more than half of the memory there is",
		"ALTER SYSTEM SET autovacuum_work_mem = '256MB'; SELECT pg_reload_conf();"
	},
	{
		{"shared_buffers", "memory_kb"}, TEND_NOTICE, too_many_buffers,
		"shared_buffers is more than 70 % of the memory there is: little is left for sessions",
		"lower shared_buffers to a quarter of the memory, and restart"
	},
	{
		{"effective_cache_size", "shared_buffers"}, TEND_NOTICE, cache_below_buffers,
		"effective_cache_size is less than shared_buffers, which it includes: the planner shuns indexes",
		"ALTER SYSTEM RESET effective_cache_size; SELECT pg_reload_conf(); -- or half to three quarters of the memory"
	},
	{
		{"random_page_cost", "seq_page_cost"}, TEND_NOTICE, random_below_sequential,
		"random_page_cost is below seq_page_cost: no disk reads faster in random order",
		"ALTER SYSTEM SET random_page_cost = 1.1; SELECT pg_reload_conf();"
	},
	{
		{"max_parallel_workers", "max_worker_processes"}, TEND_NOTICE, parallel_above_workers,
		"max_parallel_workers is above max_worker_processes, from which they are taken: plans count on workers that never come",
		"raise max_worker_processes and restart, or lower max_parallel_workers"
	},
	{
		{"max_parallel_workers_per_gather", "max_parallel_workers"}, TEND_NOTICE, gather_above_parallel,
		"max_parallel_workers_per_gather is above max_parallel_workers: plans count on workers that never come",
		"ALTER SYSTEM RESET max_parallel_workers_per_gather; SELECT pg_reload_conf();"
	},
	{
		{"vacuum_freeze_table_age", "autovacuum_freeze_max_age"}, TEND_NOTICE, freeze_table_age_clamped,
		"vacuum_freeze_table_age is above 95 % of autovacuum_freeze_max_age, where the server cuts it off: each freeze is forced",
		"ALTER SYSTEM RESET vacuum_freeze_table_age; SELECT pg_reload_conf();"
	},
	{
		{"vacuum_freeze_min_age", "autovacuum_freeze_max_age"}, TEND_NOTICE, freeze_min_age_clamped,
		"vacuum_freeze_min_age is above half of autovacuum_freeze_max_age, where the server cuts it off",
		"ALTER SYSTEM RESET vacuum_freeze_min_age; SELECT pg_reload_conf();"
	},
	{
		{"vacuum_failsafe_age", "autovacuum_freeze_max_age"}, TEND_NOTICE, failsafe_below_freeze,
		"vacuum_failsafe_age is below autovacuum_freeze_max_age, and the server takes the latter: each forced vacuum is an emergency without cost delay",
		"ALTER SYSTEM RESET vacuum_failsafe_age; SELECT pg_reload_conf();"
	},
	{
		{"autovacuum_max_workers", "autovacuum_vacuum_cost_limit", "vacuum_cost_limit", "autovacuum_vacuum_cost_delay", "vacuum_cost_delay"},
		TEND_NOTICE, workers_share_a_crumb,
		"the cost limit is shared by all autovacuum workers: with so many, each is slower and nothing is done sooner",
		"ALTER SYSTEM SET autovacuum_vacuum_cost_limit = 2000; SELECT pg_reload_conf();"
	},
	{
		{"lock_timeout", "statement_timeout"}, TEND_NOTICE, lock_after_statement,
		"statement_timeout ends statements before lock_timeout can",
		"set lock_timeout well below statement_timeout"
	},
	{
		{"lock_timeout", "deadlock_timeout", "log_lock_waits"}, TEND_NOTICE, lock_before_deadlock,
		"lock_timeout ends waits before deadlock_timeout looks: log_lock_waits never logs one",
		"ALTER SYSTEM SET deadlock_timeout = '100ms'; SELECT pg_reload_conf(); -- well below lock_timeout"
	},
	{
		{"max_slot_wal_keep_size", "wal_keep_size"}, TEND_NOTICE, slot_limit_below_keep,
		"max_slot_wal_keep_size is below wal_keep_size: slots are lost although their WAL is there",
		"ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf(); -- above wal_keep_size"
	},
	{
		{"synchronous_standby_names", "synchronous_commit"}, TEND_WARNING, synchronous_in_name_only,
		"synchronous_standby_names is set, but synchronous_commit does not wait for a standby: a failover loses commits",
		"ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf();"
	},
	{
		{"hot_standby_feedback", "hot_standby"}, TEND_NOTICE, feedback_without_need,
		"hot_standby_feedback is on and hot_standby is off: nobody can read there, and nothing is to be protected",
		"ALTER SYSTEM SET hot_standby_feedback = off; SELECT pg_reload_conf();"
	},
	{
		{"pg_tend.track_plans", "compute_query_id"}, TEND_NOTICE, plans_without_ids,
		"pg_tend.track_plans is on and compute_query_id is off: queries have no name, and no plan is tracked",
		"ALTER SYSTEM SET compute_query_id = auto; SELECT pg_reload_conf();"
	},
	{
		{"pg_tend.wraparound_critical_age", "pg_tend.wraparound_warning_age"}, TEND_NOTICE, ages_upside_down,
		"pg_tend.wraparound_critical_age is below pg_tend.wraparound_warning_age: it is critical without a warning",
		"ALTER SYSTEM RESET pg_tend.wraparound_warning_age; SELECT pg_reload_conf();"
	}
};

int
tend_health_setting_rules(void)
{
	return (int) lengthof(rules);
}

/* What a rule looks at; NULL after the last one */
const char *const *
tend_health_setting_names(int rule)
{
	return rules[rule].names;
}

/* "rule" is the number of the rule. */
void
tend_health_setting(const TendHealthFacts *f, double threshold pg_attribute_unused(), TendHealthFinding *out)
{
	double		number = num(f, "rule");
	const Rule *rule;

	out->threshold = NAN;
	if (!(number >= 0) || number >= lengthof(rules))
		return;
	rule = &rules[(int) number];
	if (!rule->broken(f))
		return;
	out->severity = rule->severity;
	out->weight = -number;
	appendStringInfoString(&out->message, rule->message);
	appendStringInfoString(&out->remedy, rule->remedy);
}
