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

extern void tend_settings_define(bool preloading);
extern bool tend_settings_want_database(const char *datname);
extern TendAgePolicy tend_settings_age_policy(void);

#endif							/* TEND_SETTINGS_H */
