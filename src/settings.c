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

#include "advise/day_windows.h"
#include "disk_facts.h"
#include "settings.h"
#include "settings_health.h"
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

typedef struct TendBoolSetting
{
	const char *name;
	const char *description;
	const char *detail;			/* or NULL; so below */
	bool	   *variable;
	bool		boot;
	GucContext	context;
} TendBoolSetting;

static const TendBoolSetting bool_settings[] = {
	{
		"pg_tend.enabled",
		"Lets the worker visit databases.", NULL,
		&tend_enabled, true, PGC_SIGHUP
	},
	{
		"pg_tend.plan_constants",
		"Keeps the constants of queries in the texts of plans and queries.",
		"They may be secrets.",
		&tend_plan_constants, false, PGC_SUSET
	},
};

typedef struct TendRealSetting
{
	const char *name;
	const char *description;
	const char *detail;
	double	   *variable;
	double		boot;
	double		min;
	double		max;
	GucContext	context;
	int			flags;
} TendRealSetting;

static const TendRealSetting real_settings[] = {
	{
		"pg_tend.overdue_ratio",
		"Sets the number of times its vacuum threshold at which a table is overdue.", NULL,
		&tend_overdue_ratio, 2, 1, 1000, PGC_SIGHUP, 0
	},
	{
		"pg_tend.dead_ratio_target",
		"Sets the share of dead rows that a table may have before it is vacuumed, as far as the worker decides.", NULL,
		&tend_dead_ratio_target, 0.2, 0.001, 0.5, PGC_SIGHUP, 0
	},
	{
		"pg_tend.slow_plan_ratio",
		"Sets how many times its usual time a query must take to be reported.", NULL,
		&tend_slow_plan_ratio, 3, 1.5, 1000, PGC_SIGHUP, 0
	},
	{
		"pg_tend.estimate_sample_rate",
		"Sets the share of executions whose row estimates are compared with what came.", NULL,
		&tend_estimate_sample_rate, 0.01, 0, 1, PGC_SUSET, 0
	},
	{
		"pg_tend.wal_sync_limit",
		"Sets the time that 99 of 100 syncs of WAL must stay below before an event says so; 0 disables it.",
		"Needs pg_tend_iotrace.",
		&tend_wal_sync_limit, 100, 0, 1e6, PGC_SIGHUP, GUC_UNIT_MS
	},
	{
		"pg_tend.file_sync_limit",
		"Sets the time that the sync of one file in a checkpoint may take before an event says so; 0 disables it.", NULL,
		&tend_file_sync_limit, 1000, 0, 1e6, PGC_SIGHUP, GUC_UNIT_MS
	},
};

typedef struct TendEnumSetting
{
	const char *name;
	const char *description;
	const char *detail;
	int		   *variable;
	int			boot;
	const struct config_enum_entry *values;
	GucContext	context;
} TendEnumSetting;

static const TendEnumSetting enum_settings[] = {
	{
		"pg_tend.track_plans",
		"Sets of which statements the plans are tracked.",
		"\"top\" are those that clients send, \"all\" those that functions run, too.",
		&tend_track_plans, TEND_TRACK_TOP, tracking, PGC_SUSET
	},
	{
		"pg_tend.autovacuum_tuning",
		"Sets whether the worker leaves autovacuum options of tables alone, advises, or applies.",
		"tend.table_policy decides for single tables.",
		&tend_autovacuum_tuning, TEND_TUNING_ADVISE, tuning_modes, PGC_SIGHUP
	},
};

/* ---- texts ---- */

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

typedef struct TendStringSetting
{
	const char *name;
	const char *description;
	const char *detail;
	char	  **variable;
	const char *boot;
	GucContext	context;
	int			flags;
	GucStringCheckHook check;
} TendStringSetting;

static const TendStringSetting string_settings[] = {
	{
		"pg_tend.iotrace_dir",
		"Sets the directory in which pg_tend_iotrace listens; an empty one means not to look for it.", NULL,
		&tend_iotrace_dir, TEND_IO_DEFAULT_DIR, PGC_SIGHUP, 0, check_iotrace_dir
	},
	{
		"pg_tend.change_freeze",
		"Sets the times of day at which the worker changes no tables.",
		"Daily time ranges in the time zone of log_timezone, separated by commas.",
		&tend_change_freeze, "", PGC_SIGHUP, 0, check_change_freeze
	},
	{
		"pg_tend.databases",
		"Sets which of the databases that have the extension are visited.",
		"\"*\" means all, otherwise a list of names.",
		&tend_databases, "*", PGC_SIGHUP, GUC_LIST_INPUT, check_databases
	},
	{
		"pg_tend.health_skip",
		"Sets which checks tend.health leaves out.",
		"Names of checks, separated by commas.",
		&tend_health_skip, "", PGC_USERSET, 0, NULL
	},
};

/* ---- all of them ---- */

static void
define_int(const TendIntSetting *s)
{
	DefineCustomIntVariable(s->name, s->description, NULL, s->variable, s->boot, s->min, s->max,
							s->context, s->flags, NULL, NULL, NULL);
}

static void
define_bool(const TendBoolSetting *s)
{
	DefineCustomBoolVariable(s->name, s->description, s->detail, s->variable, s->boot,
							 s->context, 0, NULL, NULL, NULL);
}

static void
define_real(const TendRealSetting *s)
{
	DefineCustomRealVariable(s->name, s->description, s->detail, s->variable, s->boot, s->min, s->max,
							 s->context, s->flags, NULL, NULL, NULL);
}

static void
define_enum(const TendEnumSetting *s)
{
	DefineCustomEnumVariable(s->name, s->description, s->detail, s->variable, s->boot, s->values,
							 s->context, 0, NULL, NULL, NULL);
}

static void
define_string(const TendStringSetting *s)
{
	DefineCustomStringVariable(s->name, s->description, s->detail, s->variable, s->boot,
							   s->context, s->flags, s->check, NULL, NULL);
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
		if (int_settings[i].context != PGC_POSTMASTER || preloading)
			define_int(&int_settings[i]);
	}
	for (int i = 0; i < (int) lengthof(bool_settings); i++)
		define_bool(&bool_settings[i]);
	for (int i = 0; i < (int) lengthof(real_settings); i++)
		define_real(&real_settings[i]);
	for (int i = 0; i < (int) lengthof(enum_settings); i++)
		define_enum(&enum_settings[i]);
	for (int i = 0; i < (int) lengthof(string_settings); i++)
		define_string(&string_settings[i]);
	tend_settings_define_health();
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

TendAgePolicy
tend_settings_age_policy(void)
{
	TendAgePolicy policy = {
		.warning_age = tend_wraparound_warning_age,
		.critical_age = tend_wraparound_critical_age
	};

	return policy;
}
