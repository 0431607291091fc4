/*-------------------------------------------------------------------------
 *
 * page_sample.c
 *	  Look at some pages of a heap or B-tree, chosen at random.
 *
 * Each page is read once, through the buffer manager with a ring of buffers,
 * so that little of what others need is evicted, and is share-locked only
 * while its items are looked at.  The caller's lock on the relation keeps its
 * end from being cut off meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/nbtree.h"
#include "catalog/pg_am.h"
#include "collect/page_sample.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "utils/rel.h"
#include "utils/sampling.h"
#include "utils/snapmgr.h"

/* What one page has */
typedef struct PageSums
{
	double		live_tuples;
	double		live_bytes;
	double		dead_tuples;
	double		dead_bytes;
	double		free_bytes;
} PageSums;

static bool
is_heap(Relation rel)
{
	return rel->rd_rel->relam == HEAP_TABLE_AM_OID;
}

static bool
is_btree(Relation rel)
{
	return rel->rd_rel->relam == BTREE_AM_OID;
}

/* Is it of a kind whose pages we know? */
bool
tend_page_sample_possible(Relation rel)
{
	return is_heap(rel) || is_btree(rel);
}

/* What a page holds after the relation was rewritten */
TendBloatPage
tend_page_of(Relation rel)
{
	TendBloatPage page = {.page_bytes = BLCKSZ};

	if (is_heap(rel))
	{
		page.usable_bytes = BLCKSZ - SizeOfPageHeaderData -
			RelationGetTargetPageFreeSpace(rel, HEAP_DEFAULT_FILLFACTOR);
		page.whole_tuples = true;
	}
	else
	{
		page.usable_bytes = (BLCKSZ - SizeOfPageHeaderData - MAXALIGN(sizeof(BTPageOpaqueData))) *
			BTGetFillFactor(rel) / 100.0;
		/* the meta page, and a root if there is any entry */
		page.least_pages = 2;
	}
	return page;
}

/* ---- one page ---- */

static double
bytes_with_pointer(double bytes)
{
	return bytes + sizeof(ItemIdData);
}

/* Live is what pgstattuple calls live: visible to a snapshot that sees all. */
static void
look_at_heap(Relation rel, Buffer buffer, BlockNumber block, Snapshot dirty, PageSums *sums)
{
	Page		page = BufferGetPage(buffer);
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	for (OffsetNumber offset = FirstOffsetNumber; offset <= last; offset++)
	{
		ItemId		item = PageGetItemId(page, offset);
		HeapTupleData tuple;

		if (ItemIdIsDead(item))
			sums->dead_tuples++;
		if (!ItemIdIsNormal(item))
			continue;
		tuple.t_tableOid = RelationGetRelid(rel);
		tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
		tuple.t_len = ItemIdGetLength(item);
		ItemPointerSet(&tuple.t_self, block, offset);
		if (HeapTupleSatisfiesVisibility(&tuple, dirty, buffer))
		{
			sums->live_tuples++;
			sums->live_bytes += bytes_with_pointer(MAXALIGN(tuple.t_len));
		}
		else
		{
			sums->dead_tuples++;
			sums->dead_bytes += bytes_with_pointer(MAXALIGN(tuple.t_len));
		}
	}
}

/*
 * Entries of dead rows are known only if some scan has met and marked them.
 * Inner pages count as full: there are few of them.
 */
static void
look_at_btree(Page page, double full, PageSums *sums)
{
	BTPageOpaque opaque = BTPageGetOpaque(page);
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	if (P_ISDELETED(opaque) || P_ISHALFDEAD(opaque))
		return;
	if (!P_ISLEAF(opaque) || P_ISMETA(opaque))
	{
		sums->live_bytes = full;
		return;
	}
	for (OffsetNumber offset = P_FIRSTDATAKEY(opaque); offset <= last; offset++)
	{
		ItemId		item = PageGetItemId(page, offset);
		double		bytes = bytes_with_pointer(ItemIdGetLength(item));

		if (ItemIdIsDead(item))
		{
			sums->dead_tuples++;
			sums->dead_bytes += bytes;
		}
		else
		{
			sums->live_tuples++;
			sums->live_bytes += bytes;
		}
	}
	/* the high key comes with the page */
	if (!P_RIGHTMOST(opaque))
		sums->live_bytes += bytes_with_pointer(ItemIdGetLength(PageGetItemId(page, P_HIKEY)));
}

static PageSums
look_at(Relation rel, BlockNumber block, BufferAccessStrategy ring, Snapshot dirty, double full)
{
	PageSums	sums = {0};
	Buffer		buffer = ReadBufferExtended(rel, MAIN_FORKNUM, block, RBM_NORMAL, ring);
	Page		page;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	page = BufferGetPage(buffer);
	if (PageIsNew(page))
		sums.free_bytes = BLCKSZ - SizeOfPageHeaderData;
	else if (is_heap(rel))
		look_at_heap(rel, buffer, block, dirty, &sums);
	/* what is no page of a B-tree is not read as one */
	else if (PageGetSpecialSize(page) == MAXALIGN(sizeof(BTPageOpaqueData)))
		look_at_btree(page, full, &sums);
	if (!PageIsNew(page))
		sums.free_bytes = PageGetExactFreeSpace(page);
	UnlockReleaseBuffer(buffer);
	return sums;
}

/*
 * Look at so many pages at most.  The caller holds a lock on the relation.
 */
TendBloatSample
tend_page_sample(Relation rel, int most)
{
	BlockNumber pages = RelationGetNumberOfBlocks(rel);
	TendBloatSample s = {.pages = pages};
	BufferAccessStrategy ring = GetAccessStrategy(BAS_BULKREAD);
	double		full = tend_page_of(rel).usable_bytes;
	SnapshotData dirty;
	BlockSamplerData sampler;

	InitDirtySnapshot(dirty);
	(void) BlockSampler_Init(&sampler, pages, most, pg_prng_uint32(&pg_global_prng_state));
	while (BlockSampler_HasMore(&sampler))
	{
		PageSums	sums;

		CHECK_FOR_INTERRUPTS();
		sums = look_at(rel, BlockSampler_Next(&sampler), ring, &dirty, full);
		s.sampled++;
		s.live_tuples += sums.live_tuples;
		s.live_bytes += sums.live_bytes;
		s.live_squares += sums.live_bytes * sums.live_bytes;
		s.dead_tuples += sums.dead_tuples;
		s.dead_bytes += sums.dead_bytes;
		s.free_bytes += sums.free_bytes;
	}
	FreeAccessStrategy(ring);
	return s;
}
