/*-------------------------------------------------------------------------
 *
 * estimate_keep.h
 *	  Which evidence of misestimates is kept when room is short?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_ESTIMATE_KEEP_H
#define TEND_ESTIMATE_KEEP_H

#include "estimate_facts.h"

/* What something in a store of fixed size is worth; it fades with time. */
typedef struct TendWorth
{
	double		weight;			/* a logarithm, base 2 */
	TimestampTz at;				/* when it was last confirmed; 0: a free place */
	bool		under;			/* of examples: more rows came than were
								 * expected */
} TendWorth;

extern double tend_estimate_weight(const TendEstimateSums *sums, double ms);
extern double tend_example_weight(double max_q);
extern int	tend_worth_least(const TendWorth *worths, int n, double half_life_us);
extern int	tend_example_lot(int64 offered, int n, double lot);
extern int	tend_example_place(const TendWorth *worths, int n, const TendWorth *newcomer,
							   double half_life_us);

#endif							/* TEND_ESTIMATE_KEEP_H */
