/*-------------------------------------------------------------------------
 *
 * dumbbell.h
 *	  Pairs of values on one scale: what was expected, and what came.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DUMBBELL_H
#define TEND_DUMBBELL_H

#include "draw/figure.h"

typedef struct TendDumbbell
{
	const char *name;
	const char *text;			/* at the right */
	double		expected;
	double		actual;
	double		cured;			/* expected with the cure; NaN without one */
	bool		cure_is_applied;
} TendDumbbell;

extern void tend_dumbbells(StringInfo out, const TendFigure *figure, const TendDumbbell *rows, int n);
extern void tend_dumbbell_legend(StringInfo out);

#endif							/* TEND_DUMBBELL_H */
