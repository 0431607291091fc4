/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  The settings pg_tend.*
 *
 * Each setting is one row of a table.  doc/settings.md holds the same rows
 * for people; a test compares the two.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>
#include <math.h>

#include "advise/day_windows.h"
#include "disk_facts.h"
#include "settings.h"
#include "utils/guc.h"
#include "utils/varlena.h"

bool		tend_enabled = true;
int			tend_interval = 60;
char	   *tend_databases = NULL;
int			tend_retention = 14 * 86400;
int			tend_history_size = 1024;
int			tend_max_tables = 100000;
int			tend_blocker_age = 300;
double		tend_overdue_ratio = 2;
int			tend_wraparound_warning_age = 500000000;
int			tend_wraparound_critical_age = 1000000000;
int			tend_autovacuum_tuning = TEND_TUNING_ADVISE;
int			tend_vacuum_io_budget = -1;
double		tend_dead_ratio_target = 0.2;
int			tend_max_actions_per_hour = 60;
char	   *tend_change_freeze = NULL;
int			tend_track_plans = TEND_TRACK_TOP;
int			tend_max_plans = 5000;
int			tend_plan_memory = 8192;
bool		tend_plan_constants = false;
double		tend_slow_plan_ratio = 3;
int			tend_min_time_lost = 1000;
double		tend_estimate_sample_rate = 0.01;
char	   *tend_iotrace_dir = NULL;
double		tend_wal_sync_limit = 100;
double		tend_file_sync_limit = 1000;
int			tend_storm_checkpoints = 4;
int			tend_backend_fsyncs = 100;
int			tend_health_rows = 5;
char	   *tend_health_skip = NULL;

/* read by views, in SQL */
static int	metrics_rows = 20;

static double health_thresholds[TEND_HEALTH_CHECKS];

static const struct config_enum_entry tuning_modes[] = {
	{"off", TEND_TUNING_OFF, false},
	{"advise", TEND_TUNING_ADVISE, false},
	{"apply", TEND_TUNING_APPLY, false},
	{NULL, 0, false}
};

static const struct config_enum_entry tracking[] = {
	{"none", TEND_TRACK_NONE, false},
	{"top", TEND_TRACK_TOP, false},
	{"all", TEND_TRACK_ALL, false},
	{NULL, 0, false}
};

typedef struct TendIntSetting
{
	const char *name;
	const char *description;
	int		   *variable;
	int			boot;
	int			min;
	int			max;
	GucContext	context;
	int			flags;
} TendIntSetting;

static const TendIntSetting int_settings[] = {
	{
		"pg_tend.interval",
		"Sets the time between two visits of the worker to a database.",
		&tend_interval, 60, 1, 86400, PGC_SIGHUP, GUC_UNIT_S
	},
	{
		"pg_tend.retention",
		"Sets how long history and events are kept.",
		&tend_retention, 14 * 86400, 10, INT_MAX, PGC_SIGHUP, GUC_UNIT_S
	},
	{
		"pg_tend.history_size",
		"Sets the size of history and events in one database above which the oldest part is dropped early.",
		&tend_history_size, 1024, 10, INT_MAX, PGC_SIGHUP, GUC_UNIT_MB
	},
	{
		"pg_tend.max_tables",
		"Sets how many tables of all databases are remembered between visits; others are looked up in history.",
		&tend_max_tables, 100000, 1000, 10000000, PGC_POSTMASTER, 0
	},
	{
		"pg_tend.blocker_age",
		"Sets how long something may hold back vacuum before an event says so.",
		&tend_blocker_age, 300, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_S
	},
	{
		"pg_tend.wraparound_warning_age",
		"Sets the transaction ID or multixact age of a database that is worth a warning.",
		&tend_wraparound_warning_age, 500000000, 1000000, 2000000000, PGC_SIGHUP, 0
	},
	{
		"pg_tend.wraparound_critical_age",
		"Sets the transaction ID or multixact age of a table or database that is critical.",
		&tend_wraparound_critical_age, 1000000000, 1000000, 2000000000, PGC_SIGHUP, 0
	},
	{
		"pg_tend.vacuum_io_budget",
		"Sets the page touches per second that vacuuming the tables of one database may cost; -1 is four tenths of what vacuuming each at 1 % dead rows would.",
		&tend_vacuum_io_budget, -1, -1, INT_MAX, PGC_SIGHUP, 0
	},
	{
		"pg_tend.max_actions_per_hour",
		"Sets how many tables of a database the worker may change in 60 intervals.",
		&tend_max_actions_per_hour, 60, 0, 10000, PGC_SIGHUP, 0
	},
	{
		"pg_tend.max_plans",
		"Sets how many plans of all databases are tracked.",
		&tend_max_plans, 5000, 100, 1000000, PGC_POSTMASTER, 0
	},
	{
		"pg_tend.plan_memory",
		"Sets the shared memory for the texts of plans and their queries.",
		&tend_plan_memory, 8192, 64, 4 * 1024 * 1024, PGC_POSTMASTER, GUC_UNIT_KB
	},
	{
		"pg_tend.min_time_lost",
		"Sets the time that a change of plan must cost or save in 60 intervals to be judged.",
		&tend_min_time_lost, 1000, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS
	},
	{
		"pg_tend.storm_checkpoints",
		"Sets how many checkpoints that WAL asks for in 10 intervals are a storm; 0 disables the event.",
		&tend_storm_checkpoints, 4, 0, 1000, PGC_SIGHUP, 0
	},
	{
		"pg_tend.backend_fsyncs",
		"Sets how many data files sessions may sync themselves in an interval before an event says so; 0 disables it.",
		&tend_backend_fsyncs, 100, 0, INT_MAX, PGC_SIGHUP, 0
	},
	{
		"pg_tend.health_rows",
		"Sets how many rows of tend.health each check may have; further ones are counted.",
		&tend_health_rows, 5, 1, 1000, PGC_USERSET, 0
	},
	{
		"pg_tend.metrics_rows",
		"Sets how many objects, the worst first, each view tend.metrics_* may show.",
		&metrics_rows, 20, 1, 1000, PGC_USERSET, 0
	},
};

/* Thresholds of tend.health, which is for people: anybody may have his own */
typedef struct TendHealthSetting
{
	TendHealthCheck check;		/* which has the name */
	const char *description;
	double		boot;
	double		min;
	double		max;
	int			flags;
} TendHealthSetting;

static const TendHealthSetting health_settings[] = {
	{
		TEND_HEALTH_ARCHIVER,
		"Sets how many WAL files may wait to be archived.",
		100, 1, 1e6, 0
	},
	{
		TEND_HEALTH_WAL,
		"Sets how many times max_wal_size or wal_keep_size pg_wal may be.",
		3, 1, 1000, 0
	},
	{
		TEND_HEALTH_SLOT,
		"Sets how much WAL a replication slot may retain.",
		10240, 0, 1e9, GUC_UNIT_MB
	},
	{
		TEND_HEALTH_CONNECTIONS,
		"Sets the share of connections that may be in use.",
		0.8, 0, 1, 0
	},
	{
		TEND_HEALTH_PREPARED,
		"Sets how old a prepared transaction may be.",
		300, 0, 1e9, GUC_UNIT_S
	},
	{
		TEND_HEALTH_IDLE_TRANSACTION,
		"Sets how long a session may be idle in a transaction.",
		300, 0, 1e9, GUC_UNIT_S
	},
	{
		TEND_HEALTH_REPLICATION_LAG,
		"Sets how late commits may appear on a standby.",
		60, 0, 1e9, GUC_UNIT_S
	},
	{
		TEND_HEALTH_REPLICATION_BACKLOG,
		"Sets how far a receiver of WAL may be behind.",
		1024, 0, 1e9, GUC_UNIT_MB
	},
	{
		TEND_HEALTH_DEAD_ROWS,
		"Sets the share of dead rows that a table may have before tend.health shows it.",
		0.1, 0, 1, 0
	},
	{
		TEND_HEALTH_WORKERS,
		"Sets how many tables per autovacuum worker may wait while all workers are busy.",
		3, 0, 1e6, 0
	},
	{
		TEND_HEALTH_THROTTLED,
		"Sets how long an autovacuum may run if its cost delay is the reason.",
		3600, 0, 1e9, GUC_UNIT_S
	},
	{
		TEND_HEALTH_CANCELLED,
		"Sets how often autovacuum of a table may be cancelled in 1440 intervals.",
		3, 1, 1e6, 0
	},
	{
		TEND_HEALTH_PLAN,
		"Sets how many times its former time a query must take after a change of plan to be shown.",
		1.2, 1, 1e6, 0
	},
	{
		TEND_HEALTH_MISESTIMATE,
		"Sets how many times estimates must be off for a proven cure to be shown.",
		2, 1, 1e9, 0
	},
	{
		TEND_HEALTH_STALE_STATISTICS,
		"Sets how long ago a busy table may have been analyzed.",
		86400, 0, 1e9, GUC_UNIT_S
	},
	{
		TEND_HEALTH_PARTITIONED_STATISTICS,
		"Sets how long before its partitions a partitioned table may have been analyzed.",
		7 * 86400, 0, 1e9, GUC_UNIT_S
	},
	{
		TEND_HEALTH_LOST_STATISTICS,
		"Sets how many rows a table must have for its lost statistics to be shown.",
		1000, 0, 1e9, 0
	},
	{
		TEND_HEALTH_CHECKPOINTS,
		"Sets the share of checkpoints that may come before their time.",
		0.5, 0, 1, 0
	},
	{
		TEND_HEALTH_SYNC,
		"Sets how long one of a hundred syncs of other files than WAL may take.",
		100, 0, 1e9, GUC_UNIT_MS
	},
	{
		TEND_HEALTH_SPILL,
		"Sets how much an execution of a query may write to temporary files.",
		10, 0, 1e9, GUC_UNIT_MB
	},
	{
		TEND_HEALTH_WASTED_SCAN,
		"Sets the share of rows that sequential scans of a table may throw away.",
		0.99, 0, 1, 0
	},
	{
		TEND_HEALTH_PRUNING,
		"Sets how many partitions an execution of a query may have in its plan.",
		32, 1, 1e6, 0
	},
	{
		TEND_HEALTH_INVALID_INDEX,
		"Sets the size from which on an invalid index is shown.",
		0, 0, 1e9, GUC_UNIT_MB
	},
	{
		TEND_HEALTH_UNUSED_INDEX,
		"Sets the size from which on an unused index is shown.",
		8, 8, 1e9, GUC_UNIT_MB
	},
	{
		TEND_HEALTH_DUPLICATE_INDEX,
		"Sets the size from which on a duplicate index is shown.",
		0, 0, 1e9, GUC_UNIT_MB
	},
	{
		TEND_HEALTH_BLOATED_INDEX,
		"Sets how many times the space that it needs a table or index may take.",
		3, 3, 1000, 0
	},
	{
		TEND_HEALTH_HOT,
		"Sets the share of updates that should be HOT.",
		0.5, 0, 1, 0
	},
	{
		TEND_HEALTH_CORRELATION,
		"Sets the correlation below which a table that was in the order of an index has lost it.",
		0.5, 0, 0.9, 0
	},
	{
		TEND_HEALTH_SELF,
		"Sets how many intervals ago the last visit may have been.",
		10, 2, 1e6, 0
	},
};

static void
define_health_settings(void)
{
	for (int i = 0; i < (int) lengthof(health_settings); i++)
	{
		const TendHealthSetting *s = &health_settings[i];

		DefineCustomRealVariable(tend_health_info(s->check)->setting, s->description, NULL,
								 &health_thresholds[s->check], s->boot, s->min, s->max,
								 PGC_USERSET, s->flags, NULL, NULL, NULL);
	}
}

static List *
split_databases(char *copy)
{
	List	   *names;

	return SplitIdentifierString(copy, ',', &names) ? names : NIL;
}

static bool
check_databases(char **newval, void **extra, GucSource source)
{
	char	   *copy = pstrdup(*newval);
	List	   *names;
	bool		ok;

	if (strcmp(*newval, "*") == 0)
		ok = true;
	else
		ok = SplitIdentifierString(copy, ',', &names);
	if (!ok)
		GUC_check_errdetail("It must be \"*\" or a list of database names separated by commas.");
	pfree(copy);
	return ok;
}

/* A path that the launcher can use, wherever it is */
static bool
check_iotrace_dir(char **newval, void **extra, GucSource source)
{
	if ((*newval)[0] == '\0' || (is_absolute_path(*newval) && strlen(*newval) < TEND_IOTRACE_DIR_LEN))
		return true;
	GUC_check_errdetail("It must be empty or an absolute path of less than %d bytes.", TEND_IOTRACE_DIR_LEN);
	return false;
}

static bool
check_change_freeze(char **newval, void **extra, GucSource source)
{
	if (tend_day_windows_valid(*newval))
		return true;
	GUC_check_errdetail("It must be a list of daily time ranges separated by commas, such as \"08:00-18:00, 23:30-00:30\".");
	return false;
}

/*
 * Define the settings.  Sizes of shared memory exist only in a preloaded
 * library: defining them later is an error, which must not reach a session
 * that just loads us, or pg_upgrade.
 */
void
tend_settings_define(bool preloading)
{
	for (int i = 0; i < (int) lengthof(int_settings); i++)
	{
		const TendIntSetting *s = &int_settings[i];

		if (s->context == PGC_POSTMASTER && !preloading)
			continue;
		DefineCustomIntVariable(s->name, s->description, NULL, s->variable,
								s->boot, s->min, s->max, s->context, s->flags,
								NULL, NULL, NULL);
	}
	DefineCustomBoolVariable("pg_tend.enabled",
							 "Lets the worker visit databases.",
							 NULL, &tend_enabled, true, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	DefineCustomRealVariable("pg_tend.overdue_ratio",
							 "Sets the number of times its vacuum threshold at which a table is overdue.",
							 NULL, &tend_overdue_ratio, 2, 1, 1000, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	DefineCustomRealVariable("pg_tend.dead_ratio_target",
							 "Sets the share of dead rows that a table may have before it is vacuumed, as far as the worker decides.",
							 NULL, &tend_dead_ratio_target, 0.2, 0.001, 0.5, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	DefineCustomEnumVariable("pg_tend.track_plans",
							 "Sets of which statements the plans are tracked.",
							 "\"top\" are those that clients send, \"all\" those that functions run, too.",
							 &tend_track_plans, TEND_TRACK_TOP, tracking, PGC_SUSET, 0,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_tend.plan_constants",
							 "Keeps the constants of queries in the texts of plans and queries.",
							 "They may be secrets.",
							 &tend_plan_constants, false, PGC_SUSET, 0,
							 NULL, NULL, NULL);
	DefineCustomRealVariable("pg_tend.slow_plan_ratio",
							 "Sets how many times its usual time a query must take to be reported.",
							 NULL, &tend_slow_plan_ratio, 3, 1.5, 1000, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	DefineCustomRealVariable("pg_tend.estimate_sample_rate",
							 "Sets the share of executions whose row estimates are compared with what came.",
							 NULL, &tend_estimate_sample_rate, 0.01, 0, 1, PGC_SUSET, 0,
							 NULL, NULL, NULL);
	DefineCustomStringVariable("pg_tend.iotrace_dir",
							   "Sets the directory in which pg_tend_iotrace listens; an empty one means not to look for it.",
							   NULL, &tend_iotrace_dir, TEND_IO_DEFAULT_DIR, PGC_SIGHUP, 0,
							   check_iotrace_dir, NULL, NULL);
	DefineCustomRealVariable("pg_tend.wal_sync_limit",
							 "Sets the time that 99 of 100 syncs of WAL must stay below before an event says so; 0 disables it.",
							 "Needs pg_tend_iotrace.",
							 &tend_wal_sync_limit, 100, 0, 1e6, PGC_SIGHUP, GUC_UNIT_MS,
							 NULL, NULL, NULL);
	DefineCustomRealVariable("pg_tend.file_sync_limit",
							 "Sets the time that the sync of one file in a checkpoint may take before an event says so; 0 disables it.",
							 NULL, &tend_file_sync_limit, 1000, 0, 1e6, PGC_SIGHUP, GUC_UNIT_MS,
							 NULL, NULL, NULL);
	DefineCustomEnumVariable("pg_tend.autovacuum_tuning",
							 "Sets whether the worker leaves autovacuum options of tables alone, advises, or applies.",
							 "tend.table_policy decides for single tables.",
							 &tend_autovacuum_tuning, TEND_TUNING_ADVISE, tuning_modes, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	DefineCustomStringVariable("pg_tend.change_freeze",
							   "Sets the times of day at which the worker changes no tables.",
							   "Daily time ranges in the time zone of log_timezone, separated by commas.",
							   &tend_change_freeze, "", PGC_SIGHUP, 0,
							   check_change_freeze, NULL, NULL);
	DefineCustomStringVariable("pg_tend.databases",
							   "Sets which of the databases that have the extension are visited.",
							   "\"*\" means all, otherwise a list of names.",
							   &tend_databases, "*", PGC_SIGHUP, GUC_LIST_INPUT,
							   check_databases, NULL, NULL);
	DefineCustomStringVariable("pg_tend.health_skip",
							   "Sets which checks tend.health leaves out.",
							   "Names of checks, separated by commas.",
							   &tend_health_skip, "", PGC_USERSET, 0,
							   NULL, NULL, NULL);
	define_health_settings();
	MarkGUCPrefixReserved("pg_tend");
}

/*
 * Sizes that do not fit together end the start of the server, with the number
 * that is needed: better than to find out later.
 */
void
tend_settings_check_memory(void)
{
	int			needed = (int) (((int64) tend_max_plans * 256 + 1023) / 1024);

	if (tend_plan_memory < needed)
		ereport(FATAL,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("pg_tend.plan_memory is too small for pg_tend.max_plans"),
				 errdetail("%d plans need at least %d kB.", tend_max_plans, needed),
				 errhint("Set pg_tend.plan_memory to \"%dkB\" or more, or pg_tend.max_plans to %d or less.",
						 needed, tend_plan_memory * 4)));
}

/* Does pg_tend.databases name this database? */
bool
tend_settings_want_database(const char *datname)
{
	char	   *copy;
	List	   *names;
	ListCell   *lc;
	bool		wanted = false;

	if (strcmp(tend_databases, "*") == 0)
		return true;
	copy = pstrdup(tend_databases);
	names = split_databases(copy);
	foreach(lc, names)
	{
		if (strcmp((char *) lfirst(lc), datname) == 0)
			wanted = true;
	}
	list_free(names);
	pfree(copy);
	return wanted;
}

/* Does pg_tend.health_skip name this check? */
bool
tend_settings_skip_check(const char *name)
{
	size_t		len = strlen(name);

	for (const char *item = tend_health_skip; *item != '\0';)
	{
		size_t		width;

		item += strspn(item, " ,\"'");
		width = strcspn(item, ",\"'");
		if (width >= len && pg_strncasecmp(item, name, len) == 0 &&
			strspn(item + len, " ") == width - len)
			return true;
		item += width;
	}
	return false;
}

/* The threshold of a check; where an older setting says the same, that one */
double
tend_settings_health_threshold(TendHealthCheck check)
{
	switch (check)
	{
		case TEND_HEALTH_WRAPAROUND:
			return tend_wraparound_warning_age;
		case TEND_HEALTH_FREEZE:
			return tend_wraparound_critical_age;
		case TEND_HEALTH_BLOCKER:
			return tend_blocker_age;
		case TEND_HEALTH_OVERDUE:
			return tend_overdue_ratio;
		case TEND_HEALTH_SLOW_QUERY:
			return tend_slow_plan_ratio;
		case TEND_HEALTH_STORM:
			return tend_storm_checkpoints;
		case TEND_HEALTH_WAL_SYNC:
			return tend_wal_sync_limit;
		case TEND_HEALTH_BACKEND_FSYNCS:
			return tend_backend_fsyncs;
		case TEND_HEALTH_BLOATED_TABLE:
			return health_thresholds[TEND_HEALTH_BLOATED_INDEX];
		case TEND_HEALTH_SETTINGS:
			return NAN;
		default:
			return health_thresholds[check];
	}
}

TendAgePolicy
tend_settings_age_policy(void)
{
	TendAgePolicy policy = {
		.warning_age = tend_wraparound_warning_age,
		.critical_age = tend_wraparound_critical_age
	};

	return policy;
}
