/*-------------------------------------------------------------------------
 *
 * bloat.h
 *	  How many pages would a relation need, judged by some of its pages?
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_BLOAT_H
#define TEND_BLOAT_H

/* Pages that were looked at, chosen at random, each once; sums over them */
typedef struct TendBloatSample
{
	double		pages;			/* of the relation */
	double		sampled;
	double		live_tuples;
	double		live_bytes;		/* with what each takes besides itself */
	double		live_squares;	/* of the bytes of a page */
	double		dead_tuples;
	double		dead_bytes;
	double		free_bytes;
} TendBloatSample;

/* What a page of the rewritten relation holds */
typedef struct TendBloatPage
{
	double		usable_bytes;	/* by fillfactor */
	bool		whole_tuples;	/* what does not fit goes to the next page */
	double		least_pages;	/* however little there is */
	double		page_bytes;
} TendBloatPage;

typedef struct TendBloat
{
	double		live_tuples;
	double		live_bytes;
	double		dead_tuples;
	double		dead_bytes;
	double		free_bytes;
	double		bytes;			/* that a rewritten relation would be smaller */
	double		ratio;			/* the same as a share, 0..1; NaN: no pages */
	double		low;			/* 95 % confidence interval of it */
	double		high;
} TendBloat;

extern TendBloat tend_bloat_estimate(const TendBloatSample *sample, const TendBloatPage *page);

#endif							/* TEND_BLOAT_H */
