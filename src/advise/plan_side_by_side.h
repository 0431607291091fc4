/*-------------------------------------------------------------------------
 *
 * plan_side_by_side.h
 *	  The comparison of two plans as a table for a terminal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PLAN_SIDE_BY_SIDE_H
#define TEND_PLAN_SIDE_BY_SIDE_H

/* A column of the table is never wider than that. */
#define TEND_PLAN_COLUMN_WIDTH 78

/*
 * How to measure text in the encoding at hand: bytes and columns of the
 * character at a place.  In the server these are pg_mblen() and pg_dsplen();
 * NULL takes each byte for a character.
 */
typedef struct TendPlanRuler
{
	int			(*bytes) (const char *character);
	int			(*columns) (const char *character);
} TendPlanRuler;

typedef void (*TendPlanRow) (const char *row, void *arg);

/*
 * Calls row() for each line of the table, the headings first.  Either plan
 * may be NULL.  The row lives until row() returns.
 */
extern void tend_plan_side_by_side(const char *old_heading, const char *old_plan,
								   const char *new_heading, const char *new_plan,
								   const TendPlanRuler *ruler, TendPlanRow row, void *arg);

#endif							/* TEND_PLAN_SIDE_BY_SIDE_H */
