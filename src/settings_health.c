/*-------------------------------------------------------------------------
 *
 * settings_health.c
 *	  The thresholds of tend.health, and which of its checks are left out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "settings.h"
#include "settings_health.h"
#include "utils/guc.h"

static double health_thresholds[TEND_HEALTH_CHECKS];

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

void
tend_settings_define_health(void)
{
	for (int i = 0; i < (int) lengthof(health_settings); i++)
	{
		const TendHealthSetting *s = &health_settings[i];

		DefineCustomRealVariable(tend_health_info(s->check)->setting, s->description, NULL,
								 &health_thresholds[s->check], s->boot, s->min, s->max,
								 PGC_USERSET, s->flags, NULL, NULL, NULL);
	}
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
