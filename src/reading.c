/*-------------------------------------------------------------------------
 *
 * reading.c
 *	  Put together what advise/ needs to judge tables.
 *
 * The views and the visit judge tables from the same reading, so that what
 * is recorded is what a person would have seen.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/cluster.h"
#include "collect/horizon.h"
#include "collect/tables.h"
#include "reading.h"
#include "settings.h"
#include "store/database_history.h"
#include "utils/timestamp.h"

/* Read what all tables have in common.  Needs a connected SPI. */
TendReading
tend_reading_begin(void)
{
	TendReading reading;

	reading.now = GetCurrentTimestamp();
	reading.settings = tend_collect_settings();
	reading.horizon = tend_collect_horizon();
	reading.running = tend_collect_running();
	reading.burn = tend_database_history_burn(reading.now);
	return reading;
}

TendTableCase
tend_reading_case(const TendReading *reading, const TendTableFacts *table,
				  double dead_per_second)
{
	TendTableCase tc = {
		.facts = table,
		.settings = &reading->settings,
		.horizon = &reading->horizon,
		.age_policy = tend_settings_age_policy(),
		.overdue = tend_overdue_ratio,
		.dead_per_second = dead_per_second,
		.burn = reading->burn,
		.now = reading->now
	};

	return tc;
}

/* Bring a rate of the last row of history up to date. */
double
tend_current_rate(double rate, double amount, const TendTableDelta *delta)
{
	return delta->known ? tend_rate_next(rate, amount, delta->seconds, tend_interval) : rate;
}
