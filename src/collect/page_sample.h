/*-------------------------------------------------------------------------
 *
 * page_sample.h
 *	  Look at some pages of a heap or B-tree, chosen at random.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_PAGE_SAMPLE_H
#define TEND_PAGE_SAMPLE_H

#include "advise/bloat.h"
#include "utils/relcache.h"

extern bool tend_page_sample_possible(Relation rel);
extern TendBloatSample tend_page_sample(Relation rel, int most);
extern TendBloatPage tend_page_of(Relation rel);

#endif							/* TEND_PAGE_SAMPLE_H */
