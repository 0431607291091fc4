/*-------------------------------------------------------------------------
 *
 * mask.h
 *	  A statement without its constants.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_MASK_H
#define TEND_MASK_H

#include "draw/draw.h"

extern const char *tend_mask_query(const char *query);
extern const char *tend_mask_plan(const char *plan);

#endif							/* TEND_MASK_H */
