/*-------------------------------------------------------------------------
 *
 * bullet.h
 *	  One value beside others on the same scale: horizontal bars with limits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_BULLET_H
#define TEND_BULLET_H

#include "draw/figure.h"

typedef struct TendBullet
{
	const char *name;
	double		value;			/* NaN: unknown */
	const char *text;			/* the value in words */
	const char *css;
} TendBullet;

typedef struct TendLimit
{
	double		value;
	const char *name;
} TendLimit;

extern double tend_bullets_height(int n, int nlimits);
extern void tend_bullets(StringInfo out, const TendFigure *figure, const TendScale *scale,
						 const TendBullet *bullets, int n, const TendLimit *limits, int nlimits);

#endif							/* TEND_BULLET_H */
