/*-------------------------------------------------------------------------
 *
 * stock.h
 *	  Dead rows as a stock: what it costs to keep them and to clear them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_STOCK_H
#define TEND_STOCK_H

#include "facts.h"

/* Catalogs, maps and the like: pages that even the smallest vacuum touches */
#define TEND_OVERHEAD_PAGES		60.0

/* Vacuum skips indexes when fewer pages have dead rows (BYPASS_THRESHOLD_PAGES) */
#define TEND_INDEX_BYPASS_SHARE	0.02

/* What the law needs to know of one heap. */
typedef struct TendStock
{
	double		rate;			/* rows that die per second */
	double		rows;			/* live rows */
	double		heap_pages;
	double		index_pages;
	double		dead_bytes;		/* pinned per dead row */
	double		price_ratio;	/* pages measured / pages expected, 1 unless
								 * learnt */
	double		wal_price;		/* page touches that the image of a page in
								 * WAL is worth */
	double		checkpoint_seconds; /* between two checkpoints */
	double		round_seconds;	/* between two looks of autovacuum */
	double		burst_rows;		/* dead rows of a burst; 0: they come evenly */
	double		trickle_rows;	/* that die between two bursts */
} TendStock;

/* Thresholds between which the law may choose, in dead rows. */
typedef struct TendRange
{
	double		least;
	double		most;
} TendRange;

/* Thresholds that can be chosen, and what they lead to */
#define TEND_CHOICES 32

typedef struct TendChoices
{
	double		threshold[TEND_CHOICES];
	double		effort[TEND_CHOICES];	/* page touches per second, with WAL */
	double		waste[TEND_CHOICES];	/* bytes */
}			TendChoices;

extern double tend_stock_dead(const TendStock *s, double threshold);
extern double tend_stock_pages(const TendStock *s, double dead);
extern double tend_stock_images(const TendStock *s, double dead);
extern bool tend_stock_is_indexed(const TendStock *s, double dead);
extern double tend_stock_vacuums(const TendStock *s, double threshold);
extern double tend_stock_work(const TendStock *s, double threshold);
extern double tend_stock_effort(const TendStock *s, double threshold);
extern double tend_stock_waste(const TendStock *s, double threshold);
extern double tend_stock_cost(const TendStock *s, double threshold, double bloat_price);
extern TendRange tend_stock_range(const TendStock *s, double ratio_target);
extern TendChoices tend_stock_choices(const TendStock *s, TendRange range);
extern int	tend_stock_cheapest(const TendChoices * choices, double bloat_price);
extern double tend_stock_best(const TendStock *s, TendRange range, double bloat_price);

#endif							/* TEND_STOCK_H */
