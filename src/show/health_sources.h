/*-------------------------------------------------------------------------
 *
 * health_sources.h
 *	  Where the checks of tend.health take their facts from.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_HEALTH_SOURCES_H
#define TEND_HEALTH_SOURCES_H

#include "advise/health.h"
#include "store/history_ring.h"

/* Called for each object that a source knows of */
typedef void (*TendHealthTaker) (const TendHealthFacts *facts, void *arg);

#define TEND_HEALTH_CHECKS_OF_SOURCE	6

typedef struct TendHealthSource
{
	/* one of the two: a query, one row for each object, or a function */
	const char *sql;
	void		(*read) (TendHealthTaker take, void *arg);

	bool		needs_memory;	/* works only in a preloaded library */
	bool		needs_history;	/* reads this series */
	TendSeries	series;
	int			nchecks;
	TendHealthCheck checks[TEND_HEALTH_CHECKS_OF_SOURCE];
} TendHealthSource;

extern int	tend_health_nsources(void);
extern const TendHealthSource *tend_health_source(int number);
extern void tend_health_read(const TendHealthSource *source, TendHealthTaker take, void *arg);

#endif							/* TEND_HEALTH_SOURCES_H */
