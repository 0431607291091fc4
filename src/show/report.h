/*-------------------------------------------------------------------------
 *
 * report.h
 *	  tend.report(): one page with everything.
 *
 * Each section reads through SQL, with the rights of who calls, what a person
 * would read in the views, and draws it with draw/.  What it finds to be done
 * it adds to the list that the page begins with; so the body is written first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_REPORT_H
#define TEND_REPORT_H

#include "draw/bullet.h"
#include "draw/clock.h"
#include "draw/lanes.h"
#include "draw/line_chart.h"
#include "draw/page.h"
#include "draw/period.h"

#define TEND_REPORT_MAX_SPANS	200

/* Something to be done */
typedef struct TendFinding
{
	const char *severity;		/* critical, warning or notice */
	const char *object;
	const char *message;
	const char *remedy;			/* to paste; NULL without */
} TendFinding;

/* A number that the page begins with */
typedef struct TendTile
{
	const char *name;
	const char *value;
	const char *detail;
} TendTile;

#define TEND_REPORT_MAX_FINDINGS 60
#define TEND_REPORT_MAX_TILES 8
#define TEND_REPORT_OLDEST 8

typedef struct TendReport
{
	StringInfoData body;
	TendPeriod	period;
	TendPeriod	earlier;		/* to compare with */
	bool		compares;
	TendTimeAxis time;			/* of period */
	double		now;
	double		interval;		/* between two visits, in seconds */
	bool		loaded;			/* there is shared memory */
	int			nfindings;		/* the worst first, as tend.health has them */
	TendFinding findings[TEND_REPORT_MAX_FINDINGS];
	int			ntiles;
	TendTile	tiles[TEND_REPORT_MAX_TILES];
	/* the oldest tables, each against its own limit */
	int			noldest;
	TendBullet	oldest[TEND_REPORT_OLDEST];
	StringInfoData story;		/* what happened, as parts of a sentence */
	/* when somebody held back vacuum */
	int			nspans;
	TendSpan	spans[TEND_REPORT_MAX_SPANS];
} TendReport;

/* report_read.c */
typedef void (*TendReportRow) (void *state, uint64 row);

extern uint64 tend_report_select(const TendReport *r, const char *what, const char *sql);
extern uint64 tend_report_select_of(const TendPeriod *p, const char *what, const char *sql);
extern void tend_report_scan(const TendPeriod *p, Oid relid, const char *what, const char *sql,
							 TendReportRow use, void *state);
extern char *tend_report_text(uint64 row, int col);
extern char *tend_report_words(uint64 row, int col);
extern char *tend_report_utf8(const char *text);
extern void tend_report_tile(TendReport *r, const char *name, const char *value, const char *detail);
extern void tend_report_tell(TendReport *r, const char *part);
extern int	tend_report_utc_offset(double at);

/* report_head.c */
extern void tend_report_head(StringInfo page, const TendReport *r);

/* report_health.c */
extern void tend_report_health(TendReport *r);

/* the sections, in their order */
extern void tend_report_compare(TendReport *r);
extern void tend_report_events(TendReport *r);
extern void tend_report_tables(TendReport *r);
extern void tend_report_freeze(TendReport *r);
extern void tend_report_plans(TendReport *r);
extern void tend_report_estimates(TendReport *r);
extern void tend_report_disk(TendReport *r);
extern void tend_report_actions(TendReport *r);
extern void tend_report_about(TendReport *r);

#endif							/* TEND_REPORT_H */
