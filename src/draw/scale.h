/*-------------------------------------------------------------------------
 *
 * scale.h
 *	  Where a value lies on an axis, and which values to print beside it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_SCALE_H
#define TEND_SCALE_H

#include "draw/draw.h"

#define TEND_MAX_TICKS 16

/* least < most; both above 0 if is_log */
typedef struct TendScale
{
	double		least;
	double		most;
	bool		is_log;
} TendScale;

extern TendScale tend_scale_from_zero(double most);
extern TendScale tend_scale_log(double least, double most);
extern double tend_scale_share(const TendScale *scale, double value);
extern int	tend_scale_ticks(const TendScale *scale, int wanted, double *ticks);

#endif							/* TEND_SCALE_H */
