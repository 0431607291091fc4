/*-------------------------------------------------------------------------
 *
 * settings_health.h
 *	  The thresholds of tend.health, and which of its checks are left out.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SETTINGS_HEALTH_H
#define TEND_SETTINGS_HEALTH_H

#include "advise/health.h"

extern void tend_settings_define_health(void);
extern bool tend_settings_skip_check(const char *name);
extern double tend_settings_health_threshold(TendHealthCheck check);

#endif							/* TEND_SETTINGS_HEALTH_H */
