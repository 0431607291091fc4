/*-------------------------------------------------------------------------
 *
 * heat_map.h
 *	  How often what took how long, over time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_HEAT_MAP_H
#define TEND_HEAT_MAP_H

#include "draw/figure.h"

#define TEND_HEAT_COLUMNS	96
#define TEND_HEAT_ROWS		30

typedef struct TendHeatMap
{
	double		counts[TEND_HEAT_COLUMNS][TEND_HEAT_ROWS];
	double		first_end;		/* of the first row; each next one reaches
								 * twice as far */
	TendWord	(*word) (double end);	/* of a row, in words */
	const char *what;			/* what is counted, for tips: "syncs" */
} TendHeatMap;

extern void tend_heat_add(TendHeatMap *map, const TendTimeAxis *time, double at, int row, double count);
extern double tend_heat_map(StringInfo out, const TendFigure *figure, const TendTimeAxis *time,
							const TendHeatMap *map);

#endif							/* TEND_HEAT_MAP_H */
