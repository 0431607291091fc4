/*-------------------------------------------------------------------------
 *
 * estimate_keep.c
 *	  Which evidence of misestimates is kept when room is short?
 *
 * What is worth least goes: few and small errors, in queries that take little
 * time, long ago.  A weight is a logarithm, so that to lose half of it in each
 * half-life is to subtract, and nothing needs to be touched as time goes by.
 *
 * A newcomer is always let in.  Of a crowd that comes only once each takes the
 * place of the one before, and what has proved itself stays.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/estimate_keep.h"

/* From so many on, a new example has the same chance as the one before. */
#define LOTS	64

/* The error of all samples, times the time of the queries that had it */
double
tend_estimate_weight(const TendEstimateSums *sums, double ms)
{
	return log2(1 + Max(sums->ln_abs_sum, 0)) + log2(1 + Max(ms, 0));
}

double
tend_example_weight(double max_q)
{
	return log2(Max(max_q, 1));
}

/*
 * How much more one is worth than another, as it is seen from any one moment.
 * A difference of times is exact where a sum would not be.
 */
static double
worth_more(const TendWorth *a, const TendWorth *b, double half_life_us)
{
	return a->weight - b->weight + (double) (a->at - b->at) / half_life_us;
}

/* The place to be taken: a free one, or that of what is worth least */
int
tend_worth_least(const TendWorth *worths, int n, double half_life_us)
{
	int			least = 0;

	for (int i = 0; i < n; i++)
	{
		if (worths[i].at == 0)
			return i;
		if (worth_more(&worths[i], &worths[least], half_life_us) < 0)
			least = i;
	}
	return least;
}

/*
 * The place that a new example takes.  The last one is for the latest, so that
 * there is one of the present; the others are for the worst.  Of these one at
 * least is an overestimate and one an underestimate, if both occur: a cure must
 * not make the one better and the other worse.
 */
int
tend_example_place(const TendWorth *worths, int n, const TendWorth *newcomer, double half_life_us)
{
	int			others = 0;		/* of the other direction */
	int			least = -1;

	for (int i = 0; i < n - 1; i++)
	{
		if (worths[i].at == 0)
			return i;
		others += worths[i].under != newcomer->under;
	}
	for (int i = 0; i < n - 1; i++)
	{
		if (worths[i].under != newcomer->under && others == 1 && n > 2)
			continue;
		if (least < 0 || worth_more(&worths[i], &worths[least], half_life_us) < 0)
			least = i;
	}
	if (others == n - 1 || worth_more(newcomer, &worths[least], half_life_us) > 0)
		return least;
	return n - 1;
}

/*
 * The place that an example takes which is drawn by lot, of n places; -1: none.
 * So many were "offered" before, and a "lot" is a random number below 1.  All
 * have the same chance to be there (Vitter's algorithm R), but those of long
 * ago, who make room for the present.
 */
int
tend_example_lot(int64 offered, int n, double lot)
{
	int64		place;

	if (offered < n)
		return (int) offered;
	place = (int64) (lot * Min(offered + 1, LOTS));
	return place < n ? (int) place : -1;
}
