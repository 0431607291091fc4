/*-------------------------------------------------------------------------
 *
 * draw.h
 *	  Questions to the planner, drawn from a sample.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_DRAW_H
#define TEND_DRAW_H

#include "act/whatif.h"

extern int	tend_draw(const TendColumnSample *sample, int ncolumns, TendQuestion *questions, int max,
					  int min_same, double weight, TendColumnSample *rest);

#endif							/* TEND_DRAW_H */
