/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  The settings pg_tend.*
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SETTINGS_H
#define TEND_SETTINGS_H

#include "advise/tune.h"
#include "advise/wraparound.h"

extern bool tend_enabled;
extern int	tend_interval;
extern char *tend_databases;
extern int	tend_retention;
extern int	tend_history_size;
extern int	tend_max_tables;
extern int	tend_blocker_age;
extern double tend_overdue_ratio;
extern int	tend_wraparound_warning_age;
extern int	tend_wraparound_critical_age;
extern int	tend_autovacuum_tuning; /* TendTuningMode */
extern int	tend_vacuum_io_budget;
extern double tend_dead_ratio_target;
extern int	tend_max_actions_per_hour;
extern char *tend_change_freeze;

extern int	tend_track_plans;	/* TendTrackPlans */
extern int	tend_max_plans;
extern int	tend_plan_memory;	/* kB */
extern bool tend_plan_constants;
extern double tend_slow_plan_ratio;
extern int	tend_min_time_lost; /* ms */
extern double tend_estimate_sample_rate;

extern char *tend_iotrace_dir;
extern double tend_wal_sync_limit;	/* ms */
extern double tend_file_sync_limit; /* ms */
extern int	tend_storm_checkpoints;
extern int	tend_backend_fsyncs;
extern int	tend_health_rows;
extern char *tend_health_skip;

typedef enum TendTrackPlans
{
	TEND_TRACK_NONE,
	TEND_TRACK_TOP,				/* statements that clients send */
	TEND_TRACK_ALL				/* those that functions run, too */
} TendTrackPlans;

extern void tend_settings_define(bool preloading);
extern void tend_settings_check_memory(void);
extern bool tend_settings_want_database(const char *datname);
extern TendAgePolicy tend_settings_age_policy(void);

#endif							/* TEND_SETTINGS_H */
